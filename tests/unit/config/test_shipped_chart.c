/* The shipped chart against the field: the three reference scenarios exactly; both sides of a handoff; and the golden
 * files of names: field_alerts.tsv, contested_alerts.tsv and not_science_alerts.tsv to the last one, public_alerts.tsv
 * by its measure. */
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

/* ── golden files: fields separated by tabs, the labels last ── */

typedef struct golden {
    const char *loop, *row, *labels; /* row: NULL where the file has none */
} golden;

typedef struct golden_file {
    golden *lines;
    size_t count;
} golden_file;

/* One line; false for comments. */
static bool read_golden_line(char *line, golden *out) {
    char *first = strchr(line, '\t'), *last = strrchr(line, '\t');
    if (line[0] == '#' || !first)
        return false;
    *first = *last = '\0';
    *out = (golden){line, last != first ? first + 1 : NULL, last + 1};
    return true;
}

static golden_file read_golden(arena *a, const char *path) {
    enum { LINES_MAX = 2000 };
    char *text = read_test_file(a, path), *save = NULL;
    cr_assert_not_null(text, "run from the root of the checkout");
    golden_file f = {ARENA_ARRAY(a, golden, LINES_MAX), 0};
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        cr_assert_lt(f.count, LINES_MAX);
        f.count += read_golden_line(line, &f.lines[f.count]);
    }
    return f;
}

static const chart_row *row_of(arena *a, const chart *c, const char *labels) {
    route r;
    chart_route(c, &(route_question){read_labels(a, labels), "", 0}, a, &r);
    return r.row;
}

Test(shipped_chart, every_name_of_the_field_reaches_its_loop) {
    arena *a = arena_new();
    chart *c = shipped(a);
    golden_file f = read_golden(a, "tests/golden/field_alerts.tsv");
    for (size_t i = 0; i < f.count; i++) {
        const chart_row *row = row_of(a, c, f.lines[i].labels);
        cr_expect_str_eq(loop_to_text(row->loop), f.lines[i].loop, "%s went to row %s", f.lines[i].labels, row->id);
    }
    cr_expect_gt(f.count, 120);
    chart_unref(c);
    arena_free(a);
}

Test(shipped_chart, a_second_label_decides_on_contested_names) {
    arena *a = arena_new();
    chart *c = shipped(a);
    golden_file f = read_golden(a, "tests/golden/contested_alerts.tsv");
    for (size_t i = 0; i < f.count; i++) {
        const golden *g = &f.lines[i];
        const chart_row *row = row_of(a, c, g->labels);
        cr_assert_not_null(g->row, "%s: no row is named", g->labels);
        cr_expect_str_eq(loop_to_text(row->loop), g->loop, "%s went to row %s", g->labels, row->id);
        cr_expect_str_eq(row->id, g->row, "%s", g->labels);
    }
    cr_expect_gt(f.count, 60);
    chart_unref(c);
    arena_free(a);
}

/* Drift of what is deployed, F1 the race, the recall of a cache: a word that a model shares is not yet a model. */
Test(shipped_chart, names_that_only_sound_like_a_models) {
    arena *a = arena_new();
    chart *c = shipped(a);
    golden_file f = read_golden(a, "tests/golden/not_science_alerts.tsv");
    for (size_t i = 0; i < f.count; i++) {
        const chart_row *row = row_of(a, c, f.lines[i].labels);
        cr_expect_neq(row->loop, LOOP_SCIENCE, "%s went to row %s", f.lines[i].labels, row->id);
        cr_expect_str_eq(loop_to_text(row->loop), f.lines[i].loop, "%s went to row %s", f.lines[i].labels, row->id);
    }
    cr_expect_gt(f.count, 30);
    chart_unref(c);
    arena_free(a);
}

/* At least 97 of 100 in their loop, and nothing of the platform in the Science Loop. */
Test(shipped_chart, names_of_public_rule_files) {
    arena *a = arena_new();
    chart *c = shipped(a);
    golden_file f = read_golden(a, "tests/golden/public_alerts.tsv");
    size_t right = 0;
    const char *misses = "";
    for (size_t i = 0; i < f.count; i++) {
        const golden *g = &f.lines[i];
        const chart_row *row = row_of(a, c, g->labels);
        bool hit = strcmp(loop_to_text(row->loop), g->loop) == 0;
        right += hit;
        if (!hit)
            misses = arena_printf(a, "%s\n  %s, not %s: %s (row %s)", misses, g->loop, loop_to_text(row->loop),
                                  g->labels, row->id);
        cr_expect(row->loop != LOOP_SCIENCE || strcmp(g->loop, "platform") != 0, "%s went to row %s", g->labels,
                  row->id);
    }
    cr_log_info("%zu of %zu (%.1f %%) in their loop; the others:%s", right, f.count,
                100.0 * (double)right / (double)f.count, misses);
    cr_expect_gt(f.count, 500);
    cr_expect_geq(right * 100, f.count * 97, "%zu of %zu:%s", right, f.count, misses);
    chart_unref(c);
    arena_free(a);
}

/* ── the handoff: one event on both sides of it ── */

typedef struct handoff_case {
    const char *state, *row;
    loop loop;
} handoff_case;

static const handoff_case SERVING[] = {
    {"none", "service-levels", LOOP_SYSTEM},
    {"declared", "model-not-accepted", LOOP_SCIENCE},
    {"validated", "model-not-accepted", LOOP_SCIENCE},
    {"accepted", "accepted-model-serving", LOOP_SYSTEM},
    {"rejected", "model-not-accepted", LOOP_SCIENCE},
    {"superseded", "accepted-model-serving", LOOP_SYSTEM},
    {"handed-back", "model-not-accepted", LOOP_SCIENCE},
};

Test(shipped_chart, before_acceptance_science_after_it_system) {
    static const char *const MODEL_LABELS[] = {"model", "model_name"};
    arena *a = arena_new();
    chart *c = shipped(a);
    for (size_t i = 0; i < sizeof SERVING / sizeof *SERVING; i++)
        for (size_t m = 0; m < 2; m++) {
            const char *text =
                arena_printf(a, "alertname=HighErrorRate,%s=fraud-detection,handoff=%s,handoff_version=7",
                             MODEL_LABELS[m], SERVING[i].state);
            const chart_row *row = row_of(a, c, text);
            cr_expect_str_eq(row->id, SERVING[i].row, "%s", text);
            cr_expect_eq(row->loop, SERVING[i].loop, "%s", text);
        }
    route r;
    labels set = read_labels(a, "alertname=HighErrorRate,model=fraud-detection,handoff=declared");
    chart_route(c, &(route_question){set, "", 0}, a, &r);
    cr_expect_str_eq(r.raci.responsible[0].role_name, "ML Engineer");
    cr_expect_str_eq(r.raci.responsible[0].team_name, "Fraud Data Science");
    cr_expect_str_eq(r.raci.accountable.role_name, "Data Science Lead");
    cr_expect_str_eq(r.raci.consulted[0].role_name, "MLOps Engineer / SRE");
    chart_unref(c);
    arena_free(a);
}

/* Requests and lost ground are nobody's handoff; and a state without a model is no handoff. */
Test(shipped_chart, a_handoff_moves_neither_requests_nor_the_ground) {
    static const struct {
        const char *labels, *row;
    } CASES[] = {
        {"alertname=RetrainingRequested,request=retraining,model=m,handoff=declared", "retraining-request"},
        {"alertname=GPUEnvironmentRequest,request=gpu-environment,model=m,handoff=declared", "environment-request"},
        {"alertname=KubePodCrashLooping,reason=Evicted,model=m,handoff=declared", "workload-lost-its-ground"},
        {"alertname=GPUTemperatureCritical,model=m,handoff=rejected", "gpu-hardware"},
        {"alertname=KubeNodeNotReady,model=m,handoff=declared", "nodes-quotas-and-volumes"},
        {"alertname=KubeQuotaExceeded,model=m,handoff=handed-back", "nodes-quotas-and-volumes"},
        {"alertname=ModelAccuracyDrop,model=m,handoff=accepted", "model-efficacy"},
        {"alertname=TrainingJobFailed,model=m,handoff=accepted", "training"},
        {"alertname=HighErrorRate,handoff=declared", "service-levels"},
    };
    arena *a = arena_new();
    chart *c = shipped(a);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        cr_expect_str_eq(row_of(a, c, CASES[i].labels)->id, CASES[i].row, "%s", CASES[i].labels);
    chart_unref(c);
    arena_free(a);
}
