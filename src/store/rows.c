/* Between rows and structs, both ways, by tables. What the database holds was written by some version of Onus, perhaps
 * a newer one: an unknown word is an error with a sentence, never a guess. */
#include "rows.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define POSTGRES_EPOCH ((usec)946684800 * USEC_PER_SECOND) /* 2000-01-01 */

/* ── values ── */

const char *row_text(const PGresult *r, int row, int column, arena *a) {
    if (PQgetisnull(r, row, column) != 0)
        return "";
    return arena_strndup(a, PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
}

int64_t row_int(const PGresult *r, int row, int column) {
    if (PQgetisnull(r, row, column) != 0)
        return 0;
    uint64_t be64;
    uint32_t be32;
    if (PQgetlength(r, row, column) == sizeof be32) {
        memcpy(&be32, PQgetvalue(r, row, column), sizeof be32);
        return (int32_t)be32toh(be32);
    }
    assert(PQgetlength(r, row, column) == sizeof be64);
    memcpy(&be64, PQgetvalue(r, row, column), sizeof be64);
    return (int64_t)be64toh(be64);
}

usec row_time(const PGresult *r, int row, int column) {
    return PQgetisnull(r, row, column) != 0 ? 0 : row_int(r, row, column) + POSTGRES_EPOCH;
}

bool row_bool(const PGresult *r, int row, int column) {
    return PQgetisnull(r, row, column) == 0 && PQgetvalue(r, row, column)[0] != 0;
}

int column_of(const PGresult *r, const char *name) {
    int column = PQfnumber(r, name);
    assert(column >= 0);
    return column;
}

/* ── the tables ── */

#define INCIDENT(column, member, kind)                                                                                 \
    { column, offsetof(incident, member), kind }

const field incident_fields[] = {
    INCIDENT("id", id, FIELD_INT64),
    INCIDENT("state", state, FIELD_STATE),
    INCIDENT("group_key", group_key, FIELD_TEXT),
    INCIDENT("group_hash", group_key, FIELD_GROUP_HASH),
    INCIDENT("chart_revision", chart_revision, FIELD_INT64),
    INCIDENT("activity", activity, FIELD_TEXT),
    INCIDENT("activity_name", activity_name, FIELD_TEXT),
    INCIDENT("loop", loop, FIELD_LOOP),
    INCIDENT("severity", severity, FIELD_SEVERITY),
    INCIDENT("service", service, FIELD_TEXT),
    INCIDENT("title", title, FIELD_TEXT),
    INCIDENT("why", why, FIELD_TEXT),
    INCIDENT("runbook", runbook, FIELD_TEXT),
    INCIDENT("link", link, FIELD_TEXT),
    INCIDENT("raci", raci, FIELD_RACI),
    INCIDENT("consult", consult, FIELD_CONSULT),
    INCIDENT("labels", labels, FIELD_LABELS),
    INCIDENT("annotations", annotations, FIELD_LABELS),
    INCIDENT("starts_at", starts_at, FIELD_TIME),
    INCIDENT("opened_at", opened_at, FIELD_TIME),
    INCIDENT("acknowledged_at", acknowledged_at, FIELD_TIME),
    INCIDENT("resolved_at", resolved_at, FIELD_TIME),
    INCIDENT("updated_at", updated_at, FIELD_TIME),
    INCIDENT("acknowledged_by", acknowledged_by, FIELD_TEXT),
    INCIDENT("contested_by", contested_by, FIELD_TEXT),
    INCIDENT("contested_at", contested_at, FIELD_TIME),
    INCIDENT("contest_reason", contest_reason, FIELD_TEXT),
    INCIDENT("proposed_role", proposed_role, FIELD_TEXT),
    INCIDENT("proposed_name", proposed_name, FIELD_TEXT),
    INCIDENT("due_at", due_at, FIELD_TIME),
    INCIDENT("step", step, FIELD_INT32),
    INCIDENT("open_alerts", open_alerts, FIELD_INT32),
    INCIDENT("total_alerts", total_alerts, FIELD_INT32),
    INCIDENT("acknowledge_within_us", acknowledge_within, FIELD_INT64),
    INCIDENT("acknowledge_expires_us", acknowledge_expires, FIELD_INT64),
    INCIDENT("decide_within_us", decide_within, FIELD_INT64),
    INCIDENT("reopen_after_us", reopen_after, FIELD_INT64),
    INCIDENT("handoff", handoff, FIELD_LABELS),
    INCIDENT("acknowledged_source", acknowledged_source, FIELD_TEXT),
    INCIDENT("words_alert_id", words_alert_id, FIELD_ID),
};
const size_t incident_field_count = sizeof incident_fields / sizeof *incident_fields;

#define ALERT(column, member, kind)                                                                                    \
    { column, offsetof(alert, member), kind }

const field alert_fields[] = {
    ALERT("id", id, FIELD_INT64),
    ALERT("source", source, FIELD_TEXT),
    ALERT("key", key, FIELD_TEXT),
    ALERT("content_hash", content_hash, FIELD_INT64),
    ALERT("severity", severity, FIELD_SEVERITY),
    ALERT("starts_at", starts_at, FIELD_TIME),
    ALERT("ends_at", ends_at, FIELD_TIME),
    ALERT("received_at", received_at, FIELD_TIME),
    ALERT("last_seen_at", last_seen_at, FIELD_TIME),
    ALERT("expires_at", expires_at, FIELD_TIME),
    ALERT("closed_at", closed_at, FIELD_TIME),
    ALERT("closed_by", closed_by, FIELD_TEXT),
    ALERT("late_at", late_at, FIELD_TIME),
    ALERT("late_starts_at", late_starts_at, FIELD_TIME),
    ALERT("acknowledged_at", acknowledged_at, FIELD_TIME),
    ALERT("labels", labels, FIELD_LABELS),
    ALERT("annotations", annotations, FIELD_LABELS),
    ALERT("title", title, FIELD_TEXT),
    ALERT("link", link, FIELD_TEXT),
};
const size_t alert_field_count = sizeof alert_fields / sizeof *alert_fields;

_Static_assert(sizeof incident_fields / sizeof *incident_fields <= FIELDS_MAX, "FIELDS_MAX is too small");

static const char *const consult_words[] = {[CONSULT_NOW] = "now", [CONSULT_POSTMORTEM] = "postmortem"};

static bool consult_from_text(const char *text, consult_when *out) {
    *out = text_equal(text, consult_words[CONSULT_NOW]) ? CONSULT_NOW : CONSULT_POSTMORTEM;
    return text_equal(text, consult_words[*out]);
}

void group_hash(const char *group_key, char out[GROUP_HASH_BYTES]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[SHA256_BYTES];
    crypto_sha256(group_key, strlen(group_key), digest);
    for (size_t i = 0; i < (GROUP_HASH_BYTES - 1) / 2; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[GROUP_HASH_BYTES - 1] = '\0';
}

/* ── reading ── */

void field_reader_init(field_reader *f, const PGresult *r, const field *fields, size_t count) {
    f->result = r;
    f->fields = fields;
    f->count = count;
    for (size_t i = 0; i < count; i++)
        f->columns[i] = PQfnumber(r, fields[i].column);
}

/* A member without its column, or with NULL in it. */
static void put_empty(const field *f, void *member) {
    if (f->kind == FIELD_TEXT)
        *(const char **)member = "";
}

static bool read_member(const field_reader *f, size_t i, int row, void *member, arena *a, err *e) {
    int column = f->columns[i];
    const char *text = PQgetvalue(f->result, row, column); /* libpq ends every value with a NUL */
    switch (f->fields[i].kind) {
    case FIELD_TEXT:
        *(const char **)member = row_text(f->result, row, column, a);
        return true;
    case FIELD_INT64:
    case FIELD_ID:
        *(int64_t *)member = row_int(f->result, row, column);
        return true;
    case FIELD_INT32:
        *(int *)member = (int)row_int(f->result, row, column);
        return true;
    case FIELD_TIME:
        *(usec *)member = row_time(f->result, row, column);
        return true;
    case FIELD_STATE:
        return incident_state_from_text(text, member);
    case FIELD_LOOP:
        return loop_from_text(text, member);
    case FIELD_SEVERITY:
        return severity_from_text(text, member);
    case FIELD_CONSULT:
        return consult_from_text(text, member);
    case FIELD_LABELS:
        return labels_from_json(a, text, member, e);
    case FIELD_RACI:
        return raci_from_json(a, text, member, e);
    case FIELD_GROUP_HASH:
        return true;
    }
    return false;
}

bool field_read(const field_reader *f, int row, void *out, arena *a, err *e) {
    for (size_t i = 0; i < f->count; i++) {
        const field *one = &f->fields[i];
        void *member = (char *)out + one->offset;
        if (one->kind == FIELD_GROUP_HASH)
            continue;
        if (f->columns[i] < 0 || PQgetisnull(f->result, row, f->columns[i]) != 0)
            put_empty(one, member);
        else if (!read_member(f, i, row, member, a, e))
            return err_set(e, ERR_SYSTEM, "the database holds a value that this onus cannot read, in column %s: %.80s",
                           one->column, PQgetvalue(f->result, row, f->columns[i]));
    }
    return true;
}

/* ── writing ── */

param_type field_param_type(const field *f) {
    switch (f->kind) {
    case FIELD_INT64:
    case FIELD_ID:
        return PARAM_INT;
    case FIELD_INT32:
        return PARAM_INT32;
    case FIELD_TIME:
        return PARAM_TIME;
    default:
        return PARAM_TEXT;
    }
}

size_t field_size(const field *f) {
    static const size_t sizes[] = {
        [FIELD_TEXT] = sizeof(const char *),
        [FIELD_INT64] = sizeof(int64_t),
        [FIELD_ID] = sizeof(int64_t),
        [FIELD_INT32] = sizeof(int),
        [FIELD_TIME] = sizeof(usec),
        [FIELD_STATE] = sizeof(incident_state),
        [FIELD_LOOP] = sizeof(loop),
        [FIELD_SEVERITY] = sizeof(severity),
        [FIELD_CONSULT] = sizeof(consult_when),
        [FIELD_LABELS] = sizeof(labels),
        [FIELD_RACI] = sizeof(raci),
        [FIELD_GROUP_HASH] = sizeof(const char *),
    };
    return sizes[f->kind];
}

static void put_group_hash(param *column, const char *group_key) {
    char hash[GROUP_HASH_BYTES];
    group_hash(group_key, hash);
    column_text(column, hash);
}

static void put_json(param *column, const field *f, const void *member) {
    column_open(column);
    if (f->kind == FIELD_LABELS)
        labels_put_json(&column->value, *(const labels *)member);
    else
        raci_put_json(&column->value, member);
    column_close(column);
}

/* A text that nobody has set is an empty one: no column of texts may be NULL. */
static const char *or_empty(const char *text) {
    return text != NULL ? text : "";
}

void field_put(param *column, const field *f, const void *from) {
    const void *member = (const char *)from + f->offset;
    switch (f->kind) {
    case FIELD_TEXT:
        column_text(column, or_empty(*(const char *const *)member));
        break;
    case FIELD_INT64:
        column_int(column, *(const int64_t *)member);
        break;
    case FIELD_ID:
        column_id(column, *(const int64_t *)member);
        break;
    case FIELD_INT32:
        column_int(column, *(const int *)member);
        break;
    case FIELD_TIME:
        column_time(column, *(const usec *)member);
        break;
    case FIELD_STATE:
        column_text(column, incident_state_to_text(*(const incident_state *)member));
        break;
    case FIELD_LOOP:
        column_text(column, loop_to_text(*(const loop *)member));
        break;
    case FIELD_SEVERITY:
        column_text(column, severity_to_text(*(const severity *)member));
        break;
    case FIELD_CONSULT:
        column_text(column, consult_words[*(const consult_when *)member]);
        break;
    case FIELD_LABELS:
    case FIELD_RACI:
        put_json(column, f, member);
        break;
    case FIELD_GROUP_HASH:
        put_group_hash(column, or_empty(*(const char *const *)member));
        break;
    }
}
