/* What PagerDuty's Events API v2 asks of every body. Owns the wording of faults, the routing key and the answers; the
 * members of an event are pagerduty_event.c's.
 *
 * The difficulty: senders show our answer to people who know the original's, so faults are worded as PagerDuty words
 * them. */
#include "ingest/pagerduty.h"

#include "onus/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ROUTING_KEY_CHARACTERS = 32 };

/* ── faults ── */

void faults_init(faults *f) {
    buf_init(&f->text);
    f->text.limit = ERR_TEXT_MAX - 1;
}

void faults_add(faults *f, const char *fmt, ...) {
    char text[256];
    va_list args;
    va_start(args, fmt);
    int wanted = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (wanted < 0)
        return;
    if (f->text.len)
        buf_puts(&f->text, "; ");
    buf_puts(&f->text, text);
}

bool faults_finish(faults *f, err *e) {
    bool none = f->text.len == 0;
    if (!none)
        (void)err_set(e, ERR_INVALID, "%s", f->text.data);
    buf_release(&f->text);
    return none;
}

/* ── members ── */

static size_t characters(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

const char *pagerduty_required(faults *f, const cJSON *member, const char *name, size_t max) {
    if (member && !cJSON_IsString(member)) {
        faults_add(f, "'%s' is invalid (must be a string)", name);
        return "";
    }
    const char *text = member ? member->valuestring : "";
    if (text[strspn(text, " \t\r\n")] == '\0') {
        faults_add(f, "'%s' is missing or blank", name);
        return "";
    }
    if (max && characters(text) > max) {
        faults_add(f, "'%s' is too long (maximum is %zu characters)", name, max);
        return "";
    }
    return text;
}

const char *pagerduty_routing_key(faults *f, const cJSON *member) {
    const char *key = pagerduty_required(f, member, "routing_key", 0);
    if (*key == '\0')
        return key;
    if (strlen(key) != ROUTING_KEY_CHARACTERS) {
        faults_add(f, "Length of 'routing_key' is incorrect (should be %d characters)", ROUTING_KEY_CHARACTERS);
        return "";
    }
    if (strspn(key, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != ROUTING_KEY_CHARACTERS) {
        faults_add(f, "'routing_key' is invalid (must be letters and digits)");
        return "";
    }
    return key;
}

bool pagerduty_key_is_known(const source *s, const char *routing_key) {
    bool known = s->routing_key_count == 0;
    for (size_t i = 0; i < s->routing_key_count; i++)
        known |= secret_matches(s->routing_keys[i], routing_key);
    return known;
}

/* ── answers ── */

/* The faults, one string each. */
static void put_errors(buf *b, arena *a, const char *why) {
    buf_puts(b, ",\"errors\":[");
    for (const char *from = why; *from;) {
        const char *end = strstr(from, "; ");
        size_t len = end ? (size_t)(end - from) : strlen(from);
        buf_puts(b, from == why ? "" : ",");
        buf_put_json(b, arena_strndup(a, from, len));
        from += len + (end ? 2 : 0);
    }
    buf_puts(b, "]}");
}

void pagerduty_answer_failure(ingest_verdict verdict, const char *why, arena *a, ingest_answer *out) {
    buf b;
    buf_init(&b);
    if (verdict == INGEST_UNAVAILABLE) {
        out->status = 503;
        buf_puts(&b, "{\"status\":\"unavailable\",\"message\":\"Event was not processed, please try again\"}");
    } else {
        out->status = verdict == INGEST_TOO_LARGE ? 413 : 400;
        buf_puts(&b, "{\"status\":\"invalid event\",\"message\":\"Event object is invalid\"");
        put_errors(&b, a, why ? why : "");
    }
    out->content_type = "application/json";
    out->body = buf_to_arena(&b, a);
    buf_release(&b);
}
