/* Reading as JSON, chart revisions, tokens. */
#include "pg.h"

#include "onus/json.h"
#include "onus/limits.h"

#include <string.h>

static cJSON *show(pg_test *t, int64_t id) {
    char *json = NULL;
    err e = {0};
    cr_assert(store_show_incident(t->one, id, t->a, &json, &e), "%s", e.text);
    cJSON *tree = json_parse(json, strlen(json), &e);
    cr_assert(tree, "%s", e.text);
    return tree;
}

static cJSON *list(pg_test *t, incident_filter f) {
    char *json = NULL;
    err e = {0};
    cr_assert(store_list_incidents(t->one, &f, t->a, &json, &e), "%s", e.text);
    cJSON *tree = json_parse(json, strlen(json), &e);
    cr_assert(tree, "%s", e.text);
    return tree;
}

static const char *text_at(const cJSON *object, const char *name) {
    const cJSON *value = json_member(object, name);
    return cJSON_IsString(value) ? value->valuestring : "(no text)";
}

static const cJSON *item(const cJSON *object, const char *name, int place) {
    return cJSON_GetArrayItem(json_member(object, name), place);
}

Test(reading, an_incident_with_everything) {
    pg_test t = pg_begin();
    changes done = pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL}, 1);
    delivery_result r = {
        .message_id = done.messages[0].id, .verdict = DELIVERED, .status = 200, .detail = "ok", .at = t.now};
    undeliverable_page *pages;
    size_t count;
    err e = {0};
    cr_assert(store_record_results(t.one, &r, 1, t.now, t.a, &pages, &count, &e), "%s", e.text);
    cJSON *i = show(&t, 1);
    cr_expect_eq(json_int(i, "id", 0), 1);
    static const char *const rows[][2] = {
        {"state", "triggered"},
        {"loop", "system"},
        {"activity", "row"},
        {"activity_name", "A row"},
        {"service", "fraud"},
        {"title", "Latency"},
        {"why", "No row claims it, so it falls to the System Loop as unowned; service fraud."},
        {"severity", "critical"},
        {"acknowledged_by", ""},
        {"runbook", "https://runbook.example/1"},
        {"opened_at", "2026-05-28T20:26:40.000Z"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        cr_expect_str_eq(text_at(i, rows[k][0]), rows[k][1], "%s: %s", rows[k][0], text_at(i, rows[k][0]));
    cr_expect_eq(json_int(i, "chart_revision", 0), 7);
    cr_expect(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(i, "resolved_at")));
    const cJSON *raci = json_member(i, "raci");
    cr_expect_str_eq(text_at(item(raci, "responsible", 0), "team"), "mlops");
    cr_expect_str_eq(text_at(json_member(raci, "accountable"), "role_name"), "Head of MLOps");
    const cJSON *alert = item(i, "alerts", 0);
    cr_expect_str_eq(text_at(alert, "state"), "firing");
    cr_expect_str_eq(text_at(json_member(alert, "labels"), "alertname"), "Latency");
    cr_expect_str_eq(text_at(item(i, "timeline", 0), "kind"), "opened");
    cr_expect_str_eq(text_at(item(i, "timeline", 1), "kind"), "delivered");
    const cJSON *delivery = item(i, "deliveries", 0);
    cr_expect_str_eq(text_at(delivery, "letter"), "responsible");
    cr_expect_str_eq(text_at(delivery, "state"), "delivered");
    cr_expect_str_eq(text_at(delivery, "role"), "MLOps Engineer");
    cr_expect_str_eq(text_at(item(delivery, "attempts", 0), "detail"), "ok");
    cr_expect_not(json_bool(i, "truncated", true));
    cJSON_Delete(i);
    char *json = NULL;
    cr_expect_not(store_show_incident(t.one, 2, t.a, &json, &e));
    cr_expect_eq(e.kind, ERR_NOT_FOUND);
    pg_end(&t);
}

Test(reading, a_long_timeline_is_cut_to_the_newest_and_says_so) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){0}, 1);
    pg_do(&t, "INSERT INTO timeline (incident_id, at, kind, actor, text) SELECT 1, opened_at + n * interval '1 "
              "second', 'note', "
              "'ada', 'note ' || n FROM incidents, generate_series(1, 1500) n");
    cJSON *i = show(&t, 1);
    cr_expect_eq(cJSON_GetArraySize(json_member(i, "timeline")), LIMIT_TIMELINE_SHOWN);
    cr_expect_str_eq(text_at(item(i, "timeline", 0), "text"), "note 501");
    cr_expect_str_eq(text_at(item(i, "timeline", LIMIT_TIMELINE_SHOWN - 1), "text"), "note 1500");
    cr_expect(json_bool(i, "truncated", false));
    cJSON_Delete(i);
    pg_end(&t);
}

static void expect_ids(pg_test *t, incident_filter f, const char *ids, const char *cursor) {
    cJSON *page = list(t, f);
    buf b;
    buf_init(&b);
    const cJSON *one;
    cJSON_ArrayForEach(one, json_member(page, "incidents"))
        buf_printf(&b, "%s%lld", b.len ? " " : "", (long long)json_int(one, "id", 0));
    cr_expect_str_eq(b.data, ids);
    const cJSON *next = json_member(page, "next_cursor");
    cr_expect_str_eq(cJSON_IsString(next) ? next->valuestring : "", cursor, "after %s", ids);
    buf_release(&b);
    cJSON_Delete(page);
}

Test(reading, lists_are_filtered_and_paged_from_the_newest) {
    pg_test t = pg_begin();
    expect_ids(&t, (incident_filter){.limit = 10}, "", "");
    for (int i = 0; i < 5; i++) {
        char *key = arena_printf(t.a, "k%d", i);
        pg_commit(&t, &(sample){.key = key, .group = key}, 1);
    }
    pg_commit(&t, &(sample){.key = "k1", .group = "k1", .kind = EVENT_RESOLVED}, 1);
    pg_do(&t, "UPDATE incidents SET loop = 'science' WHERE id = 4");
    expect_ids(&t, (incident_filter){.state = "", .limit = 10}, "5 4 3 2 1", "");
    expect_ids(&t, (incident_filter){.state = "open", .limit = 10}, "5 4 3 1", "");
    expect_ids(&t, (incident_filter){.state = "resolved", .limit = 10}, "2", "");
    expect_ids(&t, (incident_filter){.state = "triggered", .limit = 10}, "5 4 3 1", "");
    expect_ids(&t, (incident_filter){.loop = "science", .limit = 10}, "4", "");
    expect_ids(&t, (incident_filter){.service = "fraud", .limit = 1}, "5", "5");
    expect_ids(&t, (incident_filter){.service = "other", .limit = 10}, "", "");
    expect_ids(&t, (incident_filter){.team = "mlops", .limit = 10}, "5 4 3 2 1", "");
    expect_ids(&t, (incident_filter){.team = "heads", .limit = 10}, "5 4 3 2 1", "");
    expect_ids(&t, (incident_filter){.team = "nobody", .limit = 10}, "", "");
    expect_ids(&t, (incident_filter){.limit = 2}, "5 4", "4");
    expect_ids(&t, (incident_filter){.limit = 2, .before_id = 4}, "3 2", "2");
    expect_ids(&t, (incident_filter){.limit = 2, .before_id = 2}, "1", "");
    pg_end(&t);
}

Test(reading, counts_for_metrics) {
    pg_test t = pg_begin();
    char *json = NULL;
    err e = {0};
    cr_assert(store_incident_counts(t.one, t.a, &json, &e), "%s", e.text);
    cr_expect_str_eq(json, "[]");
    pg_commit(&t, &(sample){.key = "a", .group = "a", .severity = SEVERITY_CRITICAL}, 1);
    pg_commit(&t, &(sample){.key = "b", .group = "b", .severity = SEVERITY_CRITICAL}, 1);
    cr_assert(store_incident_counts(t.one, t.a, &json, &e), "%s", e.text);
    cr_expect_str_eq(
        json, "[{\"loop\" : \"system\", \"state\" : \"triggered\", \"severity\" : \"critical\", \"count\" : 2}]");
    pg_end(&t);
}

Test(reading, a_chart_has_one_revision_for_each_text) {
    pg_test t = pg_begin();
    static const char *const digests[] = {"aa", "aa", "bb", "aa", "bb", "cc"};
    static const int64_t revisions[] = {1, 1, 2, 1, 2, 3};
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        int64_t revision = 0;
        err e = {0};
        cr_assert(
            store_record_chart(i % 2 ? t.one : t.two, digests[i], "version: 1\n", "raci.yaml", t.now, &revision, &e),
            "%s", e.text);
        cr_expect_eq(revision, revisions[i]);
    }
    pg_end(&t);
}

Test(reading, tokens_expire_and_are_revoked) {
    pg_test t = pg_begin();
    const char *name = NULL;
    api_role role = API_ROLE_NONE;
    err e = {0};
    cr_assert(store_add_token(t.one, "ci", "d1", API_ROLE_RESPONDER, t.now, t.now + USEC_PER_HOUR, &e), "%s", e.text);
    cr_expect_not(store_add_token(t.one, "ci", "d2", API_ROLE_VIEWER, t.now, 0, &e));
    cr_expect_eq(e.kind, ERR_CONFLICT, "%s", e.text);
    cr_assert(store_find_token(t.one, "d1", t.now, t.a, &name, &role, &e), "%s", e.text);
    cr_expect_str_eq(name, "ci");
    cr_expect_eq(role, API_ROLE_RESPONDER);
    cr_expect_not(store_find_token(t.one, "d1", t.now + USEC_PER_HOUR, t.a, &name, &role, &e));
    cr_expect_eq(e.kind, ERR_NOT_FOUND);
    cr_expect_not(store_find_token(t.one, "d2", t.now, t.a, &name, &role, &e));
    cr_assert(store_revoke_token(t.one, "ci", t.now, &e), "%s", e.text);
    cr_expect_not(store_revoke_token(t.one, "ci", t.now, &e));
    cr_expect_eq(e.kind, ERR_NOT_FOUND);
    cr_expect_not(store_find_token(t.one, "d1", t.now, t.a, &name, &role, &e));
    cr_expect(store_add_token(t.one, "ci", "d3", API_ROLE_VIEWER, t.now, 0, &e), "the name is free again: %s", e.text);
    char *json = NULL;
    cr_assert(store_list_tokens(t.one, t.a, &json, &e), "%s", e.text);
    cr_expect(strstr(json, "\"ci\"") && strstr(json, "viewer") && !strstr(json, "d3"), "%s", json);
    pg_end(&t);
}

/* The session is ended in the midst of the statement that reads, once. */
static void break_reading(pg_test *t, const char *table) {
    pg_do(t, "CREATE TABLE victim AS SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
             "application_name = 'onus'");
    pg_do(t,
          "CREATE FUNCTION spare() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN IF EXISTS (SELECT FROM victim "
          "WHERE pid = pg_backend_pid()) THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); "
          "END IF; RETURN true; END $$");
    pg_do(t, arena_printf(t->a, "ALTER TABLE %s RENAME TO whole", table));
    pg_do(t, arena_printf(t->a, "CREATE VIEW %s AS SELECT * FROM whole WHERE spare()", table));
}

Test(reading, a_connection_that_breaks_under_a_read_is_replaced_once) {
    pg_test t = pg_begin();
    err e = {0};
    char *json = NULL;
    cr_assert(store_list_tokens(t.one, t.a, &json, &e), "%s", e.text);
    break_reading(&t, "api_tokens");
    cr_expect(store_list_tokens(t.one, t.a, &json, &e), "%s", e.text);
    pg_end(&t);
}

Test(reading, so_it_is_under_a_list_of_incidents) {
    pg_test t = pg_begin();
    err e = {0};
    char *json = NULL;
    (void)pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL}, 1);
    break_reading(&t, "incidents");
    cr_expect(store_list_incidents(t.one, &(incident_filter){.limit = 10}, t.a, &json, &e), "%s", e.text);
    pg_end(&t);
}
