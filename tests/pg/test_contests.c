/* Contests: what an incident keeps of the open one, what is kept of each, and what is counted from them. */
#include "pg.h"

#include "onus/json.h"

#include <string.h>

static const contact contacts[] = {{"slack-platform", ""}};
static const chart_team platform = {"platform", "Platform", contacts, 1, {0}};
static const chart_role roles[] = {{"platform-engineer", "Platform Engineer", &platform, {0}}};
static const chart with_roles = {.revision = 7, .digest = "d", .roles = roles, .role_count = 1};

typedef struct job {
    decide_context context;
    action act;
} job;

static bool decide(void *context, world *w, incident *i, arena *a, changes *out, err *e) {
    job *j = context;
    return decide_action(&j->context, w, i, &j->act, a, out, e);
}

static changes act(pg_test *t, int64_t incident, action_kind kind, const char *note, const char *to) {
    job j = {{&with_roles, t->now, USEC_PER_DAY}, {kind, "Bob", "api", note, to}};
    changes done = {0};
    err e = {0};
    cr_assert(
        store_change_incident(t->one, incident, &(store_incident_decider){decide, &j}, t->now, LEASE, t->a, &done, &e),
        "%s", e.text);
    return done;
}

Test(contests, what_is_written_is_what_is_loaded) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){0}, 1);
    t.now += USEC_PER_MINUTE;
    act(&t, 1, ACTION_CONTEST, "the node's “disk” is full", "platform-engineer");
    t.now += USEC_PER_MINUTE;
    changes noted = act(&t, 1, ACTION_ACKNOWLEDGE, "", ""); /* which loads it, and writes it again */
    const incident *i = noted.incidents[0];
    cr_expect_str_eq(i->contested_by, "Bob");
    cr_expect_eq(i->contested_at, NOON + USEC_PER_MINUTE, "to the microsecond");
    cr_expect_str_eq(i->contest_reason, "the node's “disk” is full");
    cr_expect_str_eq(i->proposed_role, "platform-engineer");
    cr_expect_str_eq(i->proposed_name, "Platform Engineer (Platform)");
    cr_expect_eq(i->decide_within, 20 * USEC_PER_MINUTE);
    cr_expect_str_eq(pg_value(&t, "SELECT role || ' ' || team || ' ' || contested_by || ' ' || proposed_role || ' ' || "
                                  "coalesce(decision, 'open') || ' ' || (labels ->> 'service') || ' ' || "
                                  "onus_time(contested_at) FROM contests"),
                     "mlops-engineer mlops Bob platform-engineer open fraud 2026-05-28T20:27:40.000Z");
    pg_end(&t);
}

Test(contests, a_decision_is_written_with_what_it_decides) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){0}, 1);
    act(&t, 1, ACTION_CONTEST, "why", "");
    t.now += USEC_PER_MINUTE;
    act(&t, 1, ACTION_ACCEPT, "theirs", "platform-engineer");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM contests"), 1, "the same row");
    cr_expect_str_eq(pg_value(&t,
                              "SELECT decision || ' ' || onus_time(decided_at) || ' ' || decided_by || ' ' || "
                              "decision_reason || ' ' || role || ' ' || moved_to_role || ' ' || moved_to_team || ' ' "
                              "|| reason FROM contests"),
                     "accepted 2026-05-28T20:27:40.000Z Bob theirs mlops-engineer platform-engineer platform why");
    cr_expect_str_eq(pg_value(&t,
                              "SELECT contested_by || proposed_role || contest_reason || coalesce(contested_at::text, "
                              "'-') FROM incidents"),
                     "-");
    pg_end(&t);
}

Test(contests, the_end_of_the_last_alert_lets_it_lapse) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.starts_at = NOON}, 1);
    act(&t, 1, ACTION_CONTEST, "why", "");
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = NOON}, 1);
    cr_expect_str_eq(pg_value(&t, "SELECT decision FROM contests"), "lapsed");
    pg_end(&t);
}

/* An older node beside the newer schema knows nothing of these columns. */
Test(contests, an_incident_of_an_older_node) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){0}, 1);
    pg_do(&t, "UPDATE incidents SET decide_within_us = NULL, contested_by = 'Ann', contested_at = NULL");
    t.now += USEC_PER_MINUTE;
    changes done = act(&t, 1, ACTION_DECLINE, "no", "");
    cr_expect_eq(done.incidents[0]->decide_within, 15 * USEC_PER_MINUTE, "as long as acknowledge_within");
    cr_expect_str_eq(
        pg_value(&t, "SELECT decision || ' ' || contested_by || ' ' || onus_time(contested_at) FROM contests"),
        "declined Ann 2026-05-28T20:26:40.000Z");
    pg_end(&t);
}

Test(contests, go_with_their_incidents) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.starts_at = NOON}, 1);
    act(&t, 1, ACTION_REASSIGN, "theirs", "platform-engineer");
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = NOON}, 1);
    pg_commit(&t, &(sample){.key = "b", .group = "b"}, 1);
    act(&t, 2, ACTION_REASSIGN, "theirs", "platform-engineer");
    pg_do(&t, "UPDATE messages SET state = 'delivered'");
    err e = {0};
    cr_assert(store_housekeep(t.one, t.now + 500 * USEC_PER_DAY, 13, &e), "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT incident_id FROM contests"), 2, "of the open one");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM contests"), 1);
    pg_end(&t);
}

/* ── what is counted ── */

static report_span all_of(const pg_test *t) {
    return (report_span){NOON - USEC_PER_DAY, t->now + USEC_PER_DAY, "UTC"};
}

static cJSON *report_of(pg_test *t, const report_span *span) {
    char *json = NULL;
    err e = {0};
    cr_assert(store_report(t->one, span, t->a, &json, &e), "%s", e.text);
    cJSON *tree = json_parse(json, strlen(json), &e);
    cr_assert_not_null(tree, "%s", e.text);
    return tree;
}

/* Four incidents: one accepted after 10 minutes, one reassigned after 30, one there and back, one declined. */
static void four_incidents(pg_test *t) {
    for (int i = 0; i < 4; i++) {
        const char *key = arena_printf(t->a, "k%d", i);
        pg_commit(t, &(sample){.key = key, .group = key}, 1);
    }
    act(t, 1, ACTION_CONTEST, "why", "platform-engineer");
    act(t, 4, ACTION_CONTEST, "why", "");
    act(t, 4, ACTION_DECLINE, "no", "");
    t->now += 10 * USEC_PER_MINUTE;
    act(t, 1, ACTION_ACCEPT, "", "");
    t->now += 20 * USEC_PER_MINUTE;
    act(t, 2, ACTION_REASSIGN, "", "platform-engineer");
    act(t, 3, ACTION_REASSIGN, "", "platform-engineer");
    pg_do(t, "INSERT INTO contests (incident_id, contested_at, activity, chart_revision, loop, service, labels, role, "
             "role_name, team, team_name, contested_by, reason, proposed_role, decision, decided_at, moved_to_role) "
             "SELECT incident_id, contested_at + interval '1 minute', activity, chart_revision, loop, service, labels, "
             "moved_to_role, '', '', '', '', '', '', 'reassigned', decided_at + interval '1 minute', role "
             "FROM contests WHERE incident_id = 3");
}

Test(contests, are_counted_by_row_and_team) {
    pg_test t = pg_begin();
    four_incidents(&t);
    report_span span = all_of(&t);
    cJSON *r = report_of(&t, &span);
    cr_expect_eq(json_int(r, "incidents", -1), 4);
    cr_expect_eq(json_int(r, "contested", -1), 2);
    cr_expect_eq(json_int(r, "misrouted", -1), 2, "what came back was not misrouted");
    const cJSON *row = cJSON_GetArrayItem(json_member(r, "rows"), 0),
                *team = cJSON_GetArrayItem(json_member(r, "teams"), 0);
    cr_expect_eq(json_member(row, "misroute_rate")->valuedouble, 0.5);
    cr_expect_eq(json_member(row, "median_seconds_to_owner")->valuedouble, 20 * 60, "between 10 and 30 minutes");
    cr_expect_str_eq(json_member(team, "team_name")->valuestring, "MLOps", "whose it was at first");
    cr_expect_eq(json_int(team, "incidents", -1), 4);
    cr_expect_eq(json_int(team, "pages", -1), 10, "four openings and a declined contest, by two contacts");
    cr_expect_eq(json_int(team, "night_pages", -1), 0, "at 20:26");
    cJSON_Delete(r);
    span.zone = "Asia/Tokyo";
    r = report_of(&t, &span);
    cr_expect_eq(json_int(r, "night_pages", -1), json_int(r, "pages", 0), "at 05:26");
    cJSON_Delete(r);
    pg_end(&t);
}

Test(contests, a_report_is_about_its_span) {
    pg_test t = pg_begin();
    four_incidents(&t);
    static const struct {
        usec since, until;
        int64_t incidents;
    } cases[] = {{-USEC_PER_DAY, 0, 0}, {0, 1, 4}, {1, USEC_PER_DAY, 0}, {0, USEC_PER_DAY, 4}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        cJSON *r = report_of(&t, &(report_span){NOON + cases[c].since, NOON + cases[c].until, "UTC"});
        cr_expect_eq(json_int(r, "incidents", -1), cases[c].incidents, "%zu", c);
        cJSON_Delete(r);
    }
    char *json = NULL;
    err e = {0};
    cr_expect_not(store_report(t.one, &(report_span){NOON, NOON + 1, "Atlantis/Sunk"}, t.a, &json, &e));
    cr_expect_eq(e.kind, ERR_INVALID, "%s", e.text);
    cr_expect(store_ping(t.one, &e), "the connection is still good: %s", e.text);
    pg_end(&t);
}

Test(contests, routed_incidents_with_where_they_went) {
    pg_test t = pg_begin();
    four_incidents(&t);
    report_span span = all_of(&t);
    routed_incident *all = NULL;
    size_t count = 0;
    err e = {0};
    cr_assert(store_routed_incidents(t.one, &span, 3, t.a, &all, &count, &e), "%s", e.text);
    static const struct {
        int64_t id;
        const char *moved_to;
    } expected[] = {{2, "platform-engineer"}, {1, "platform-engineer"}, {4, ""}};
    cr_assert_eq(count, 3, "at most so many, and the moved ones first");
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(all[i].id, expected[i].id);
        cr_expect_str_eq(all[i].moved_to, expected[i].moved_to);
        cr_expect_str_eq(all[i].activity, "row");
        cr_expect_str_eq(labels_get(all[i].labels, "service"), "fraud");
    }
    pg_end(&t);
}

/* A row may ask for the handoff, which no sender's label is. */
Test(contests, routed_incidents_have_the_handoff_that_they_were_routed_by) {
    pg_test t = pg_begin();
    four_incidents(&t);
    pg_do(&t, "UPDATE incidents SET handoff = '{\"model\":\"m\",\"version\":\"3\",\"state\":\"accepted\"}', labels = "
              "'{\"handoff\":\"none\",\"service\":\"fraud\"}' WHERE id = 1");
    report_span span = all_of(&t);
    routed_incident *all = NULL;
    size_t count = 0;
    err e = {0};
    cr_assert(store_routed_incidents(t.one, &span, 10, t.a, &all, &count, &e), "%s", e.text);
    cr_assert_eq(all[1].id, 1);
    cr_expect_str_eq(labels_get(all[1].labels, "handoff"), "accepted");
    cr_expect_str_eq(labels_get(all[1].labels, "handoff_version"), "3");
    cr_expect_str_eq(labels_get(all[0].labels, "handoff"), "");
    pg_end(&t);
}

Test(contests, figures_for_metrics) {
    pg_test t = pg_begin();
    four_incidents(&t);
    report_span span = all_of(&t);
    char *json = NULL;
    err e = {0};
    cr_assert(store_misroute_figures(t.one, &span, t.a, &json, &e), "%s", e.text);
    cJSON *r = json_parse(json, strlen(json), &e);
    const cJSON *row = cJSON_GetArrayItem(json_member(r, "activity"), 0),
                *team = cJSON_GetArrayItem(json_member(r, "team"), 0);
    cr_expect_str_eq(json_member(row, "name")->valuestring, "row");
    cr_expect_eq(json_int(row, "incidents", -1), 4);
    cr_expect_eq(json_int(row, "misrouted", -1), 2);
    cr_expect_str_eq(json_member(team, "name")->valuestring, "mlops");
    cr_expect_eq(cJSON_GetArraySize(json_member(r, "contests")), 3, "accepted, declined, reassigned");
    cJSON_Delete(r);
    pg_end(&t);
}

Test(contests, a_chart_by_its_revision) {
    pg_test t = pg_begin();
    char *text = NULL;
    int64_t revision;
    err e = {0};
    cr_expect_not(store_chart_text(t.one, 0, t.a, &text, &e));
    cr_expect_eq(e.kind, ERR_NOT_FOUND);
    cr_assert(store_record_chart(t.one, "aa", "first", "p", t.now, &revision, &e));
    cr_assert(store_record_chart(t.one, "bb", "second", "p", t.now, &revision, &e));
    cr_assert(store_chart_text(t.one, 0, t.a, &text, &e), "%s", e.text);
    cr_expect_str_eq(text, "second");
    cr_assert(store_chart_text(t.one, 1, t.a, &text, &e), "%s", e.text);
    cr_expect_str_eq(text, "first");
    pg_end(&t);
}
