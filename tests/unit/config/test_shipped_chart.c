/* The shipped chart against the field: the three reference scenarios exactly, and tests/golden/field_alerts.tsv. */
#include "onus/diagnostic.h"
#include "onus/settings.h"
#include "support.h"

#include <criterion/criterion.h>
#include <string.h>

static chart *shipped(arena *a) {
    diagnostics d;
    diagnostics_init(&d);
    settings *s = settings_load("config/onus.yaml", &(settings_options){.offline = true}, &d);
    cr_assert_not_null(s, "%s", report(a, &d));
    const char **channels = ARENA_ARRAY(a, const char *, s->channel_count + 1);
    for (size_t i = 0; i < s->channel_count; i++)
        channels[i] = s->channels[i].name;
    chart *c = chart_load("config/raci.yaml", &(chart_context){channels, s->channel_count}, &d);
    cr_assert_not_null(c, "%s", report(a, &d));
    cr_expect_eq(d.count, 0, "%s", report(a, &d));
    settings_free(s);
    diagnostics_release(&d);
    return c;
}

/* "name=value,name=value" */
static labels read_labels(arena *a, const char *text) {
    label pairs[16];
    size_t count = 0;
    char *save = NULL;
    for (char *t = strtok_r(arena_strdup(a, text), ",", &save); t && count < 16; t = strtok_r(NULL, ",", &save)) {
        char *equals = strchr(t, '=');
        cr_assert_not_null(equals, "%s", text);
        *equals = '\0';
        pairs[count++] = (label){t, equals + 1};
    }
    return labels_from_pairs(a, pairs, count);
}

static const char *names(arena *a, const party *parties, size_t count) {
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", parties[i].role_name);
    return text;
}

typedef struct scenario {
    const char *labels, *row;
    loop loop;
    const char *responsible, *accountable, *consulted, *informed;
    consult_when consult;
} scenario;

static const scenario SCENARIOS[] = {
    {"alertname=com.onus.request.retraining,request=retraining,model=recommendation-engine,requester=product",
     "retraining-request", LOOP_SCIENCE, "ML Engineer", "Data Science Lead", "MLOps Engineer / SRE", "Product Manager",
     CONSULT_NOW},
    {"alertname=RetrainingRequested,model=recommendation-engine", "retraining-request", LOOP_SCIENCE, "ML Engineer",
     "Data Science Lead", "MLOps Engineer / SRE", "Product Manager", CONSULT_NOW},
    {"alertname=FraudModelP99LatencySLOBreach,slo=latency,environment=production,model=fraud-detection,severity="
     "critical",
     "production-model-degraded", LOOP_SYSTEM, "MLOps Engineer / SRE", "Head of MLOps / SRE Lead", "ML Engineer",
     "VP Engineering, Business Stakeholders", CONSULT_POSTMORTEM},
    {"alertname=FraudModelAccuracyDrift,environment=production,model=fraud-detection,severity=critical",
     "production-model-degraded", LOOP_SYSTEM, "MLOps Engineer / SRE", "Head of MLOps / SRE Lead", "ML Engineer",
     "VP Engineering, Business Stakeholders", CONSULT_POSTMORTEM},
    {"alertname=com.onus.request.environment,request=environment,accelerator=a100,requester=research",
     "environment-request", LOOP_PLATFORM, "Platform Engineer", "Head of Platform", "ML Engineer, FinOps",
     "Data Science Lead", CONSULT_NOW},
    {"alertname=GPUEnvironmentRequest,request=gpu-environment", "environment-request", LOOP_PLATFORM,
     "Platform Engineer", "Head of Platform", "ML Engineer, FinOps", "Data Science Lead", CONSULT_NOW},
};

Test(shipped_chart, the_three_reference_scenarios) {
    arena *a = arena_new();
    chart *c = shipped(a);
    for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) {
        const scenario *s = &SCENARIOS[i];
        route r;
        chart_route(c, &(route_question){read_labels(a, s->labels), "source\x1fkey", 0}, a, &r);
        cr_expect_str_eq(r.row->id, s->row, "%s", s->labels);
        cr_expect_eq(r.row->loop, s->loop, "%s", s->labels);
        cr_expect_eq(r.row->consult, s->consult, "%s", s->labels);
        cr_expect_str_eq(names(a, r.raci.responsible, r.raci.responsible_count), s->responsible, "%s", s->labels);
        cr_expect_str_eq(r.raci.accountable.role_name, s->accountable, "%s", s->labels);
        cr_expect_str_eq(names(a, r.raci.consulted, r.raci.consulted_count), s->consulted, "%s", s->labels);
        cr_expect_str_eq(names(a, r.raci.informed, r.raci.informed_count), s->informed, "%s", s->labels);
    }
    chart_unref(c);
    arena_free(a);
}

Test(shipped_chart, latency_and_accuracy_of_one_model_are_one_incident) {
    arena *a = arena_new();
    chart *c = shipped(a);
    route one, two, other;
    chart_route(c,
                &(route_question){read_labels(a, SCENARIOS[2].labels),
                                  "am\x1f"
                                  "1",
                                  0},
                a, &one);
    chart_route(c,
                &(route_question){read_labels(a, SCENARIOS[3].labels),
                                  "am\x1f"
                                  "2",
                                  0},
                a, &two);
    cr_expect_str_eq(one.group_key, two.group_key);
    cr_expect_str_eq(one.service, "fraud-detection");
    cr_expect_eq(one.severity, SEVERITY_CRITICAL);
    cr_expect_str_eq(one.raci.consulted[0].team_name, "Fraud Data Science");
    labels set = labels_with(a, read_labels(a, SCENARIOS[3].labels), "model", "churn");
    chart_route(c,
                &(route_question){set,
                                  "am\x1f"
                                  "3",
                                  0},
                a, &other);
    cr_expect_str_neq(one.group_key, other.group_key);
    chart_unref(c);
    arena_free(a);
}

Test(shipped_chart, every_name_of_the_field_reaches_its_loop) {
    arena *a = arena_new();
    chart *c = shipped(a);
    char *text = read_test_file(a, "tests/golden/field_alerts.tsv"), *save = NULL;
    cr_assert_not_null(text, "run from the root of the checkout");
    size_t checked = 0;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *tab = strchr(line, '\t');
        if (line[0] == '#' || !tab)
            continue;
        *tab = '\0';
        route r;
        chart_route(c, &(route_question){read_labels(a, tab + 1), "", 0}, a, &r);
        cr_expect_str_eq(loop_to_text(r.row->loop), line, "%s went to row %s", tab + 1, r.row->id);
        checked++;
    }
    cr_expect_gt(checked, 120);
    chart_unref(c);
    arena_free(a);
}
