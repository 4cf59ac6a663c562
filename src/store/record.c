/* Recording what became of messages, and finding pages to Responsible that reached nobody.
 *
 * The difficulty is finding them exactly once: the last two contacts of a page may be given up at the same time by two
 * nodes, each of which still sees the other's as waiting. So a batch with a given-up message locks the incidents first
 * and looks after its own update, in one transaction; whoever comes second sees both. */
#include "rows.h"
#include "trip.h"

#include "onus/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOG_ATTEMPTS = 100, /* kept with a message: the first and the newest */
    DETAIL_BYTES = 300,
    OFFERS_MAX = 5,
};
#define OFFER_AGAIN_AFTER (30 * USEC_PER_SECOND)

/* ── one message may have several results in a batch: each goes into a round of its own, in their order ── */

typedef struct numbered_result {
    const delivery_result *result;
    size_t place, round;
} numbered_result;

static int by_message(const void *a, const void *b) {
    const numbered_result *x = a, *y = b;
    if (x->result->message_id != y->result->message_id)
        return x->result->message_id > y->result->message_id ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

static int by_round(const void *a, const void *b) {
    const numbered_result *x = a, *y = b;
    if (x->round != y->round)
        return x->round > y->round ? 1 : -1;
    return by_message(a, b);
}

static numbered_result *number_rounds(const delivery_result *results, size_t count, arena *a) {
    numbered_result *n = ARENA_ARRAY(a, numbered_result, count + 1);
    for (size_t i = 0; i < count; i++)
        n[i] = (numbered_result){&results[i], i, 0};
    qsort(n, count, sizeof *n, by_message);
    for (size_t i = 1; i < count; i++) {
        if (n[i].result->message_id == n[i - 1].result->message_id)
            n[i].round = n[i - 1].round + 1;
    }
    qsort(n, count, sizeof *n, by_round);
    return n;
}

/* ── one round ── */

typedef struct recording {
    store_conn *conn;
    usec now;
    arena *memory;
    undeliverable_page *pages;
    size_t page_count, page_room;
} recording;

char *attempt_to_json(const delivery_result *r, arena *a) {
    buf b;
    buf_init(&b);
    buf_printf(&b, "{\"at\":\"%s\",\"verdict\":\"%s\",\"status\":%d,\"took_ms\":%" PRId64 ",\"detail\":",
               time_to_text(a, r->at), delivery_verdict_to_text(r->verdict), r->status,
               (int64_t)(r->took / USEC_PER_MS));
    buf_put_json(&b, text_shorten(a, r->detail != NULL ? r->detail : "", DETAIL_BYTES));
    buf_putc(&b, '}');
    char *json = buf_to_arena(&b, a);
    buf_release(&b);
    return json;
}

static void put_results(params *p, const store_conn *c, const numbered_result *items, size_t count, arena *a) {
    param *id = params_column(p, PARAM_INT), *verdict = params_column(p, PARAM_TEXT);
    param *attempt = params_column(p, PARAM_TEXT), *at = params_column(p, PARAM_TIME);
    param *next_at = params_column(p, PARAM_TIME), *thread = params_column(p, PARAM_TEXT);
    for (size_t i = 0; i < count; i++) {
        const delivery_result *r = items[i].result;
        column_int(id, r->message_id);
        column_text(verdict, delivery_verdict_to_text(r->verdict));
        column_text(attempt, attempt_to_json(r, a));
        column_time(at, r->at);
        column_time(next_at, r->next_at);
        column_text(thread, r->thread);
    }
    params_text(p, c->node);
    params_int32(p, LOG_ATTEMPTS);
}

static size_t put_given_up(params *p, const numbered_result *items, size_t count) {
    param *id = params_column(p, PARAM_INT);
    size_t put = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].result->verdict == GIVE_UP) {
            column_int(id, items[i].result->message_id);
            put++;
        }
    }
    return put;
}

static void keep_pages(recording *rec, const PGresult *r) {
    size_t rows = (size_t)PQntuples(r);
    undeliverable_page *all = ARENA_ARRAY(rec->memory, undeliverable_page, rec->page_count + rows + 1);
    if (rec->page_count > 0)
        memcpy(all, rec->pages, rec->page_count * sizeof *all);
    for (size_t i = 0; i < rows; i++)
        all[rec->page_count + i] = (undeliverable_page){row_int(r, (int)i, 0), row_text(r, (int)i, 1, rec->memory)};
    rec->pages = all;
    rec->page_count += rows;
}

static bool record_round(recording *rec, const numbered_result *items, size_t count, err *e) {
    trip t;
    params given_up, p;
    params_init(&given_up);
    params_init(&p);
    bool gave_up = put_given_up(&given_up, items, count) > 0;
    int found = -1;
    trip_begin(&t, rec->conn);
    trip_command(&t, "BEGIN");
    if (gave_up)
        (void)trip_add(&t, "lock_message_incidents", &given_up);
    put_results(&p, rec->conn, items, count, rec->memory);
    (void)trip_send(&t, "record_results", &p);
    if (gave_up) {
        params_time(&given_up, rec->now);
        found = trip_add(&t, "find_undeliverable", &given_up);
    }
    trip_command(&t, "COMMIT");
    bool ok = trip_run(&t, e);
    if (ok && found >= 0)
        keep_pages(rec, trip_result(&t, found));
    params_release(&given_up);
    trip_end(&t);
    return ok;
}

/* What was recorded although the answer was lost is not recorded twice. */
static bool record_round_surely(recording *rec, const numbered_result *items, size_t count, err *e) {
    store_tries tries = {0};
    do
        if (record_round(rec, items, count, e))
            return true;
    while (store_again(rec->conn, &tries, e));
    return false;
}

bool store_record_results(store_conn *c, const delivery_result *results, size_t count, usec now, arena *a,
                          undeliverable_page **undeliverable, size_t *undeliverable_count, err *e) {
    recording rec = {.conn = c, .now = now, .memory = a};
    numbered_result *all = number_rounds(results, count, a);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && all[to].round == all[from].round;)
            to++;
        if (!record_round_surely(&rec, all + from, to - from, e))
            return false;
    }
    *undeliverable = rec.pages;
    *undeliverable_count = rec.page_count;
    return true;
}

bool store_pending_undeliverable(store_conn *c, usec now, size_t max, arena *a, undeliverable_page **undeliverable,
                                 size_t *count, err *e) {
    recording rec = {.conn = c, .now = now, .memory = a};
    trip t;
    params p;
    params_init(&p);
    params_time(&p, now);
    params_time(&p, now - OFFER_AGAIN_AFTER);
    params_int32(&p, OFFERS_MAX);
    params_int(&p, (int64_t)max);
    bool ok = trip_one(&t, c, "pending_undeliverable", &p, e);
    if (ok) {
        keep_pages(&rec, trip_result(&t, 0));
        *undeliverable = rec.pages;
        *count = rec.page_count;
    }
    trip_end(&t);
    return ok;
}
