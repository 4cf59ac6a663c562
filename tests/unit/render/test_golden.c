/* What people read, word by word: tests/golden/messages/LETTER.REASON.txt holds each message in every channel.
 * ONUS_GOLDEN_WRITE=1 writes the files anew; read the difference before it is committed. */
#include "sample.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct golden_case {
    raci_letter letter;
    message_reason reason;
    const char *actor, *note;
} golden_case;

static const golden_case cases[] = {
    {RACI_RESPONSIBLE, REASON_OPENED, "", ""},
    {RACI_RESPONSIBLE, REASON_SEVERITY_RAISED, "", "“P99” has severity critical; until now the worst was warning."},
    {RACI_RESPONSIBLE, REASON_REOPENED, "", "The incident had ended; “P99” fires 4m later."},
    {RACI_RESPONSIBLE, REASON_ACKNOWLEDGED, "Ada (MLOps)", ""},
    {RACI_RESPONSIBLE, REASON_UNACKNOWLEDGED, "Ada (MLOps)", ""},
    {RACI_RESPONSIBLE, REASON_ACKNOWLEDGEMENT_EXPIRED, "", ""},
    {RACI_RESPONSIBLE, REASON_ESCALATED, "", ""},
    {RACI_RESPONSIBLE, REASON_CONTESTED, "Ada (MLOps)", "The feature store is down."},
    {RACI_RESPONSIBLE, REASON_UNDECIDED, "Ada (MLOps)", "Nobody has decided within 15m (reminder 2 of 5)."},
    {RACI_RESPONSIBLE, REASON_DECLINED, "Grace", "It began with your rollout."},
    {RACI_RESPONSIBLE, REASON_SETTLED, "Grace", "It began with your rollout."},
    {RACI_RESPONSIBLE, REASON_REASSIGNED, "Grace", ""},
    {RACI_RESPONSIBLE, REASON_RESOLVED, "Ada (MLOps)", "Rolled back to 3.1.4."},
    {RACI_ACCOUNTABLE, REASON_OPENED, "", ""},
    {RACI_ACCOUNTABLE, REASON_SEVERITY_RAISED, "", ""},
    {RACI_ACCOUNTABLE, REASON_REOPENED, "", ""},
    {RACI_ACCOUNTABLE, REASON_ACKNOWLEDGED, "Ada (MLOps)", ""},
    {RACI_ACCOUNTABLE, REASON_ACKNOWLEDGEMENT_EXPIRED, "", ""},
    {RACI_ACCOUNTABLE, REASON_ESCALATED, "", ""},
    {RACI_ACCOUNTABLE, REASON_CONTESTED, "Ada (MLOps)", "The feature store is down."},
    {RACI_ACCOUNTABLE, REASON_UNDECIDED, "Ada (MLOps)", "Nobody has decided within 15m (reminder 2 of 5)."},
    {RACI_ACCOUNTABLE, REASON_DECLINED, "Grace", "It began with your rollout."},
    {RACI_ACCOUNTABLE, REASON_SETTLED, "Grace", "It began with your rollout."},
    {RACI_ACCOUNTABLE, REASON_REASSIGNED, "Grace", ""},
    {RACI_ACCOUNTABLE, REASON_UNDELIVERABLE, "", "mail:oncall@example.com: 550 no such mailbox"},
    {RACI_ACCOUNTABLE, REASON_RESOLVED, "Ada (MLOps)", ""},
    {RACI_CONSULTED, REASON_OPENED, "", ""},
    {RACI_CONSULTED, REASON_POSTMORTEM, "", ""},
    {RACI_CONSULTED, REASON_RESOLVED, "", ""},
    {RACI_INFORMED, REASON_OPENED, "", ""},
    {RACI_INFORMED, REASON_REOPENED, "", ""},
    {RACI_INFORMED, REASON_REASSIGNED, "Grace", ""},
    {RACI_INFORMED, REASON_RESOLVED, "", ""},
};

static const struct {
    const char *kind, *part;
} parts[] = {
    {"email", "subject"},     {"email", "text"}, {"slack", "text"},   {"slack", "update"},
    {"pagerduty", "summary"}, {"email", "html"}, {"webhook", "json"},
};

static incident incident_for(const golden_case *c) {
    incident i = sample_incident();
    if (c->reason == REASON_ACKNOWLEDGED) {
        i.state = INCIDENT_ACKNOWLEDGED;
        i.acknowledged_by = c->actor;
    }
    if (c->reason == REASON_ACKNOWLEDGEMENT_EXPIRED)
        i.acknowledged_by = "Ada (MLOps)";
    if (c->reason == REASON_CONTESTED || c->reason == REASON_UNDECIDED) {
        i.contested_by = c->actor;
        i.contest_reason = "The feature store is down.";
        i.contested_at = SAMPLE_NOW;
        i.proposed_role = c->reason == REASON_CONTESTED ? "platform-engineer" : "";
        i.proposed_name = c->reason == REASON_CONTESTED ? "Platform Engineer (Platform)" : "";
    }
    if (c->reason == REASON_SETTLED) {
        i.state = INCIDENT_ACKNOWLEDGED;
        i.acknowledged_by = "Ada (MLOps)";
    }
    if (c->reason == REASON_RESOLVED || c->reason == REASON_POSTMORTEM) {
        i.state = INCIDENT_RESOLVED;
        i.resolved_at = SAMPLE_NOW - 10 * USEC_PER_SECOND;
        i.open_alerts = 0;
    }
    return i;
}

static char *render_all(const templates *t, const golden_case *c, arena *a) {
    const incident i = incident_for(c);
    message m = sample_message(&i, c->letter, c->reason);
    m.actor = c->actor;
    m.note = c->note;
    const bool acts = c->letter <= RACI_ACCOUNTABLE && i.state != INCIDENT_RESOLVED;
    message_facts *facts = message_facts_new(t, &m, acts ? &sample_links : &sample_no_act, SAMPLE_NOW);
    buf all;
    buf_init(&all);
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        err e = {0};
        const char *text = render_message(t, parts[p].kind, parts[p].part, facts, a, &e);
        cr_assert_not_null(text, "%s.%s: %s", parts[p].kind, parts[p].part, e.text);
        buf_printf(&all, "──── %s, %s ────\n%s\n\n", parts[p].kind, parts[p].part, text);
    }
    message_facts_free(facts);
    char *out = buf_to_arena(&all, a);
    buf_release(&all);
    return out;
}

static char *read_file(const char *path, arena *a) {
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return arena_strdup(a, "");
    buf text;
    buf_init(&text);
    char piece[4096];
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_put(&text, piece, got);
    (void)fclose(file);
    char *out = buf_to_arena(&text, a);
    buf_release(&text);
    return out;
}

static void compare(const char *path, const char *text, arena *a) {
    if (getenv("ONUS_GOLDEN_WRITE") != NULL) {
        FILE *file = fopen(path, "w");
        cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
        return;
    }
    const char *expected = read_file(path, a);
    size_t at = 0;
    while (expected[at] != '\0' && expected[at] == text[at])
        at++;
    cr_expect(strcmp(expected, text) == 0, "%s differs at byte %zu: expected \"%.60s\", got \"%.60s\"", path, at,
              expected + at, text + at);
}

Test(golden, every_letter_and_reason_in_every_channel) {
    err e = {0};
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        arena *a = arena_new();
        const char *path = arena_printf(a, "tests/golden/messages/%s.%s.txt", raci_letter_to_text(cases[c].letter),
                                        message_reason_to_text(cases[c].reason));
        compare(path, render_all(t, &cases[c], a), a);
        arena_free(a);
    }
    templates_free(t);
}

/* Each message that anybody hears says why they hear it. */
Test(golden, every_message_says_why_you) {
    err e = {0};
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        arena *a = arena_new();
        const char *all = render_all(t, &cases[c], a);
        const incident i = sample_incident();
        cr_expect(strstr(all, sample_party(cases[c].letter, &i)->role_name) != NULL);
        cr_expect(strstr(all, "production-model-degraded") != NULL);
        arena_free(a);
    }
    templates_free(t);
}
