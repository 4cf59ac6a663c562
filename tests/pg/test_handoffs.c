/* Handoffs in the database: one change at a time, timelines, serials, and that events which were routed by less than
 * what is committed are routed again. */
#include "pg.h"

#include "onus/json.h"
#include "onus/limits.h"

#include <pthread.h>
#include <string.h>

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Evaluated eight days before NOON. */
static const char *manifest(pg_test *t, const char *model, const char *version, const char *rollback) {
    return arena_printf(
        t->a,
        "{\"handoff\":1,\"model\":\"%s\",\"model_version\":\"%s\",\"artifact\":{\"uri\":\"s3://m/"
        "1\",\"files\":[{\"path\":"
        "\"model.pkl\",\"size\":10,\"sha256\":\"" SHA "\"}],\"source_commit\":"
        "\"0123456789abcdef0123456789abcdef01234567\",\"rollback_version\":\"%s\"},\"dependencies\":{\"lock\":"
        "\"numpy==1.26.4\\n\",\"runtime\":\"python 3.10.12\",\"image\":\"registry.example.com/m@sha256:" SHA "\"},"
        "\"schema\":{\"input\":{\"type\":\"object\"},\"output\":{\"type\":\"object\"},\"sample\":{\"request\":{},"
        "\"response\":{}}},\"baseline\":{\"dataset\":{\"id\":\"golden-7\",\"sha256\":\"" SHA "\"},\"evaluated_at\":"
        "\"2026-05-20T00:00:00Z\",\"metrics\":[{\"name\":\"accuracy\",\"value\":0.94,\"direction\":\"higher\","
        "\"threshold\":"
        "0.9}]},\"resources\":{\"requests\":{\"cpu\":\"1\",\"memory\":\"1Gi\",\"gpu\":0},\"limits\":{\"cpu\":\"2\","
        "\"memory\":\"2Gi\",\"gpu\":0},\"load\":{\"rate\":50},\"latency\":{\"p50\":\"10ms\",\"p99\":\"40ms\",\"slo\":"
        "\"100ms\"},\"peak_memory\":\"1.5Gi\"}}",
        model, version, rollback);
}

typedef struct act {
    handoff_request request;
    bool gives_up;
} act;

static bool decide(void *context, const handoff_known *known, arena *a, handoff_decision *out, err *e) {
    const act *job = context;
    if (job->gives_up)
        return err_set(e, ERR_CONFLICT, "not today");
    return handoff_decide(known, &job->request, a, out, e);
}

static bool change(pg_test *t, store_conn *c, handoff_key key, act job, err *e) {
    handoff_decision done = {0};
    bool created = false;
    job.request.now = t->now;
    store_handoff_change w = {key, decide, &job, "ann", t->now};
    t->now += USEC_PER_MINUTE;
    return store_change_handoff(c, &w, t->a, &done, &created, e);
}

static void declare(pg_test *t, const char *model, const char *version, const char *rollback) {
    handoff_package p = {0};
    err e = {0};
    const char *json = manifest(t, model, version, rollback);
    cr_assert(handoff_package_read(t->a, json, strlen(json), &p, &e), "%s", e.text);
    act job = {.request = {.action = HANDOFF_DECLARE, .package = &p, .reason = ""}};
    handoff_key key = {p.model, p.version, p.rollback_version};
    cr_assert(change(t, t->one, key, job, &e), "%s", e.text);
    handoff_package_release(&p);
}

static bool perform(pg_test *t, handoff_action action, const char *model, const char *version, err *e) {
    act job = {.request = {.action = action, .reason = "because"}};
    return change(t, t->two, (handoff_key){model, version, NULL}, job, e);
}

static void must(pg_test *t, handoff_action action, const char *model, const char *version) {
    err e = {0};
    cr_assert(perform(t, action, model, version, &e), "%s %s: %s", handoff_action_to_text(action), version, e.text);
}

static const char *states(pg_test *t, const char *model) {
    return pg_value(t, arena_printf(t->a,
                                    "SELECT string_agg(version || ' ' || state, ', ' ORDER BY version) FROM handoffs "
                                    "WHERE model = '%s'",
                                    model));
}

Test(handoffs, accepting_one_supersedes_the_other) {
    pg_test t = pg_begin();
    declare(&t, "fraud", "1", "none");
    declare(&t, "ranking", "7", "none");
    must(&t, HANDOFF_ACCEPT, "fraud", "1");
    must(&t, HANDOFF_ACCEPT, "ranking", "7");
    declare(&t, "fraud", "2", "1");
    cr_expect_str_eq(states(&t, "fraud"), "1 accepted, 2 validated");
    must(&t, HANDOFF_ACCEPT, "fraud", "2");
    cr_expect_str_eq(states(&t, "fraud"), "1 superseded, 2 accepted");
    cr_expect_str_eq(states(&t, "ranking"), "7 accepted", "of its own model only");
    must(&t, HANDOFF_HAND_BACK, "fraud", "2");
    must(&t, HANDOFF_ACCEPT, "fraud", "1");
    cr_expect_str_eq(states(&t, "fraud"), "1 accepted, 2 handed-back", "rolled back");
    cr_expect_str_eq(
        pg_value(&t, "SELECT string_agg(e.state || ':' || e.reason, ', ' ORDER BY serial) FROM handoff_events e "
                     "JOIN handoffs h ON h.id = handoff_id WHERE model = 'fraud' AND version = '1'"),
        "validated:, accepted:because, superseded:2 was accepted, accepted:because");
    pg_end(&t);
}

Test(handoffs, what_changes_nothing_writes_nothing) {
    pg_test t = pg_begin();
    declare(&t, "fraud", "1", "none");
    must(&t, HANDOFF_ACCEPT, "fraud", "1");
    const char *before =
        pg_value(&t, "SELECT md5(string_agg(h::text, '' ORDER BY id)) || (SELECT serial FROM handoff_serial) "
                     "FROM handoffs h");
    declare(&t, "fraud", "1", "none");
    must(&t, HANDOFF_ACCEPT, "fraud", "1");
    err e = {0};
    cr_expect_not(change(&t, t.one, (handoff_key){"fraud", "1", NULL}, (act){.gives_up = true}, &e));
    cr_expect_eq(e.kind, ERR_CONFLICT);
    cr_expect_not(perform(&t, HANDOFF_REJECT, "fraud", "1", &e));
    cr_expect_not(perform(&t, HANDOFF_ACCEPT, "fraud", "9", &e));
    cr_expect_eq(e.kind, ERR_NOT_FOUND);
    cr_expect_str_eq(pg_value(&t,
                              "SELECT md5(string_agg(h::text, '' ORDER BY id)) || (SELECT serial FROM handoff_serial) "
                              "FROM handoffs h"),
                     before);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM handoff_events"), 2);
    pg_end(&t);
}

Test(handoffs, the_rollback_version_is_looked_up) {
    pg_test t = pg_begin();
    declare(&t, "fraud", "1", "none");
    declare(&t, "fraud", "2", "1");
    cr_expect_str_eq(states(&t, "fraud"), "1 validated, 2 declared", "1 was never accepted");
    err e = {0};
    cr_expect_not(perform(&t, HANDOFF_ACCEPT, "fraud", "2", &e));
    cr_expect(strstr(e.text, "1 error"), "%s", e.text);
    must(&t, HANDOFF_ACCEPT, "fraud", "1");
    must(&t, HANDOFF_REVALIDATE, "fraud", "2");
    cr_expect_str_eq(states(&t, "fraud"), "1 accepted, 2 validated", "now it was");
    must(&t, HANDOFF_ACCEPT, "fraud", "2");
    declare(&t, "fraud", "3", "none");
    cr_expect(strstr(pg_value(&t, "SELECT findings FROM handoffs WHERE version = '3'"), "rollback-missing"));
    pg_end(&t);
}

/* ── serials and timelines ── */

static const char *read_changes(pg_test *t, int64_t after) {
    handoff_change *changes = NULL;
    size_t count = 0;
    err e = {0};
    const char *text = "";
    cr_assert(store_handoff_changes(t->one, after, t->a, &changes, &count, &e), "%s", e.text);
    for (size_t i = 0; i < count; i++)
        text = arena_printf(t->a, "%s%lld %s/%s %s\n", text, (long long)changes[i].serial, changes[i].model,
                            changes[i].version, handoff_state_to_text(changes[i].state));
    return text;
}

Test(handoffs, changes_are_counted_in_the_order_of_their_commits) {
    pg_test t = pg_begin();
    int64_t serial = -1;
    err e = {0};
    cr_assert(store_handoffs_serial(t.one, &serial, &e), "%s", e.text);
    cr_expect_eq(serial, 0);
    declare(&t, "fraud", "1", "none");
    must(&t, HANDOFF_ACCEPT, "fraud", "1");
    declare(&t, "fraud", "2", "1");
    must(&t, HANDOFF_ACCEPT, "fraud", "2");
    cr_expect_str_eq(read_changes(&t, 0), "1 fraud/1 validated\n2 fraud/1 accepted\n3 fraud/2 validated\n"
                                          "4 fraud/1 superseded\n5 fraud/2 accepted\n");
    cr_expect_str_eq(read_changes(&t, 4), "5 fraud/2 accepted\n");
    cr_expect_str_eq(read_changes(&t, 5), "");
    cr_assert(store_handoffs_serial(t.two, &serial, &e), "%s", e.text);
    cr_expect_eq(serial, 5);
    pg_end(&t);
}

typedef struct accepting {
    pg_test *t;
    store_conn *conn;
    const char *version;
    bool ok;
    err why;
} accepting;

static void *accept_one(void *context) {
    accepting *job = context;
    act what = {.request = {.action = HANDOFF_ACCEPT, .reason = "tried", .now = NOON}};
    arena *a = arena_new();
    handoff_decision done = {0};
    bool created = false;
    store_handoff_change w = {{"fraud", job->version, NULL}, decide, &what, "ann", NOON};
    job->ok = store_change_handoff(job->conn, &w, a, &done, &created, &job->why);
    arena_free(a);
    return NULL;
}

/* Else no node of this version could commit anything any more: each commit asks for what has changed. */
Test(handoffs, a_state_that_only_a_newer_version_knows_is_passed_over) {
    pg_test t = pg_begin();
    declare(&t, "fraud", "1", "0");
    declare(&t, "fraud", "2", "1");
    pg_do(&t, "UPDATE handoff_events SET state = 'pondered' WHERE serial = 1");
    handoff_change *changes = NULL;
    size_t count = 0;
    err e = {0};
    cr_assert(store_handoff_changes(t.two, 0, t.a, &changes, &count, &e), "%s", e.text);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(changes[0].version, "2");
    cr_expect_eq(store_passed_over(t.two, &e), 1);
    cr_expect(strstr(e.text, "pondered"), "%s", e.text);
    pg_end(&t);
}

Test(handoffs, of_two_accepted_at_once_one_stays) {
    pg_test t = pg_begin();
    declare(&t, "fraud", "1", "none");
    declare(&t, "fraud", "2", "none");
    for (int round = 0; round < 20; round++) {
        accepting jobs[] = {{.t = &t, .conn = t.one, .version = "1"}, {.t = &t, .conn = t.two, .version = "2"}};
        pthread_t threads[2];
        for (int i = 0; i < 2; i++)
            cr_assert_eq(pthread_create(&threads[i], NULL, accept_one, &jobs[i]), 0);
        for (int i = 0; i < 2; i++) {
            pthread_join(threads[i], NULL);
            cr_expect(jobs[i].ok, "%s", jobs[i].why.text);
        }
        cr_expect_eq(pg_number(&t, "SELECT count(*) FROM handoffs WHERE state = 'accepted'"), 1);
    }
    cr_expect_eq(pg_number(&t, "SELECT max(serial) FROM handoff_events"),
                 pg_number(&t, "SELECT serial FROM handoff_serial"));
    pg_end(&t);
}

/* ── events ── */

typedef struct routing {
    decide_context context;
    arena *a;
    const prepared_event *events;
    int decided;
} routing;

static void decide_them(void *context, world *w, changes *out) {
    routing *job = context;
    job->decided++;
    decide_events(&job->context, w, job->events, 1, job->a, out);
}

Test(handoffs, events_routed_by_less_than_what_is_committed_are_routed_again) {
    pg_test t = pg_begin();
    prepared_event one = pg_event(&t, &(sample){.key = "a"});
    static const chart any = {.revision = 7};
    routing job = {{.chart = &any, .now = t.now, .message_lifetime = USEC_PER_DAY}, t.a, &one, 0};
    intake_batch batch = {.events = &one, .event_count = 1};
    changes out = {0};
    err e = {0};
    declare(&t, "fraud", "1", "none");
    cr_expect_not(store_commit_events(t.two, &batch, &(store_decider){decide_them, &job}, t.now, LEASE, t.a, &out, &e));
    cr_expect_eq(e.kind, ERR_CONFLICT);
    cr_expect_eq(job.decided, 0, "not even decided");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 0);
    batch.handoffs_serial = 1;
    cr_expect(store_commit_events(t.two, &batch, &(store_decider){decide_them, &job}, t.now, LEASE, t.a, &out, &e),
              "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 1);
    pg_end(&t);
}

static cJSON *show_incident(pg_test *t, int64_t id) {
    char *json = NULL;
    err e = {0};
    cr_assert(store_show_incident(t->one, id, t->a, &json, &e), "%s", e.text);
    return json_parse(json, strlen(json), &e);
}

static const char *text_at(const cJSON *object, const char *name) {
    const cJSON *value = json_member(object, name);
    return cJSON_IsString(value) ? value->valuestring : "(no text)";
}

Test(handoffs, an_incident_shows_what_was_known_when_it_began) {
    pg_test t = pg_begin();
    prepared_event with = pg_event(&t, &(sample){.key = "a", .group = "a"});
    prepared_event without = pg_event(&t, &(sample){.key = "b", .group = "b"});
    changes out = {0};
    err e = {0};
    with.handoff = (handoff_fact){"fraud", "1", HANDOFF_VALIDATED, NOON, "ci", "baseline accuracy 0.94"};
    cr_assert(pg_commit_as(&t, t.one, &with, 1, &out, &e), "%s", e.text);
    cr_assert(pg_commit_as(&t, t.one, &without, 1, &out, &e), "%s", e.text);
    declare(&t, "fraud", "1", "none");
    must(&t, HANDOFF_ACCEPT, "fraud", "1");
    cJSON *first = show_incident(&t, 1), *second = show_incident(&t, 2);
    const cJSON *h = json_member(first, "handoff");
    cr_expect_str_eq(text_at(h, "model"), "fraud");
    cr_expect_str_eq(text_at(h, "version"), "1");
    cr_expect_str_eq(text_at(h, "state"), "validated", "as of its beginning");
    cr_expect_str_eq(text_at(h, "state_now"), "accepted");
    cr_expect_str_eq(text_at(h, "text"), "version 1, validated 2026-05-28 by ci; baseline accuracy 0.94");
    cr_expect_str_eq(text_at(cJSON_GetArrayItem(json_member(json_member(h, "baseline"), "metrics"), 0), "name"),
                     "accuracy");
    cr_expect_str_eq(text_at(json_member(json_member(h, "resources"), "limits"), "memory"), "2Gi");
    cr_expect(json_member(second, "handoff") == NULL, "nothing is known");
    cJSON_Delete(first);
    cJSON_Delete(second);
    /* A message that another node claims says it, too. */
    pg_do(&t, "UPDATE messages SET ready_at = next_at, leased_by = NULL");
    claimed_message claimed[20];
    size_t count = 0;
    cr_assert(store_claim_messages(t.two, t.now, LEASE, 20, claimed, &count, &e), "%s", e.text);
    cr_assert_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        const incident *of = claimed[i].message.incident;
        cr_expect_str_eq(labels_get(of->handoff, "version"), of->id == 1 ? "1" : "");
        arena_free(claimed[i].memory);
    }
    pg_end(&t);
}

/* ── reading ── */

Test(handoffs, lists_are_filtered_and_paged_from_the_newest) {
    pg_test t = pg_begin();
    for (int i = 1; i <= 5; i++)
        declare(&t, i % 2 ? "fraud" : "ranking", arena_printf(t.a, "%d", i), "none");
    must(&t, HANDOFF_ACCEPT, "fraud", "3");
    static const struct {
        handoff_filter filter;
        const char *versions, *cursor;
    } pages[] = {
        {{"", "", 10, 0}, "5 4 3 2 1", ""}, {{"fraud", "", 10, 0}, "5 3 1", ""},
        {{"", "accepted", 10, 0}, "3", ""}, {{"ranking", "accepted", 10, 0}, "", ""},
        {{"", "", 2, 0}, "5 4", "4"},       {{"", "", 3, 4}, "3 2 1", ""},
    };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        char *json = NULL;
        err e = {0};
        const char *versions = "";
        cr_assert(store_list_handoffs(t.one, &pages[i].filter, t.a, &json, &e), "%s", e.text);
        cJSON *page = json_parse(json, strlen(json), &e);
        const cJSON *one, *next = json_member(page, "next_cursor");
        cJSON_ArrayForEach(one, json_member(page, "handoffs")) versions =
            arena_printf(t.a, "%s%s%s", versions, versions[0] ? " " : "", text_at(one, "version"));
        cr_expect_str_eq(versions, pages[i].versions, "page %zu", i);
        cr_expect_str_eq(cJSON_IsString(next) ? next->valuestring : "", pages[i].cursor, "page %zu", i);
        cJSON_Delete(page);
    }
    pg_end(&t);
}

Test(handoffs, one_with_everything) {
    pg_test t = pg_begin();
    declare(&t, "org/fraud", "1", "none");
    must(&t, HANDOFF_ACCEPT, "org/fraud", "1");
    char *json = NULL;
    err e = {0};
    cr_assert(store_show_handoff(t.one, &(handoff_key){"org/fraud", "1", NULL}, t.a, &json, &e), "%s", e.text);
    cJSON *shown = json_parse(json, strlen(json), &e);
    cr_expect_str_eq(text_at(shown, "state"), "accepted");
    cr_expect_str_eq(text_at(shown, "declared_by"), "ann");
    cr_expect_str_eq(text_at(shown, "summary"), "baseline accuracy 0.94 (threshold 0.9)");
    cr_expect_str_eq(text_at(json_member(shown, "manifest"), "model"), "org/fraud");
    cr_expect(cJSON_IsArray(json_member(shown, "findings")));
    const cJSON *last = cJSON_GetArrayItem(json_member(shown, "timeline"), 1);
    cr_expect_str_eq(text_at(last, "state"), "accepted");
    cr_expect_str_eq(text_at(last, "actor"), "ann");
    cr_expect_str_eq(text_at(last, "reason"), "because");
    cr_expect_str_eq(text_at(last, "at"), "2026-05-28T20:27:40.000Z");
    cJSON_Delete(shown);
    cr_expect_not(store_show_handoff(t.one, &(handoff_key){"org/fraud", "2", NULL}, t.a, &json, &e));
    cr_expect_eq(e.kind, ERR_NOT_FOUND);
    pg_end(&t);
}
