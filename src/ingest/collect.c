/* Collecting the events of one body. Owns the bounds of one event, the refusal of one among many, and the defaults that
 * every event has; what a member means is the formats'.
 *
 * The difficulty: this is the hot path. Each text is measured once and copied once, and the arrays of labels under way
 * are reused from event to event. */
#include "ingest/collect.h"

#include "ingest/title.h"
#include "onus/crypto.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

enum { REASONS_BYTES = 1023, FIRST_PAIRS = 32, SHOWN_BYTES = 64 };

const cJSON *body_read(const ingest_request *request, const char *bytes, size_t len, err *e) {
    return json_read(
        &(json_input){
            .bytes = bytes, .len = len, .reading = JSON_AS_SENT, .memory = request->scratch, .mends = request->mends},
        e);
}

/* A text for people and for the database. Most bodies hold nothing else. */
static const char *mended(const collector *c, const char *text) {
    return c->request->mends->count[JSON_MEND_TEXT] ? text_mended(c->memory, text) : text;
}

void collector_init(collector *c, const ingest_request *request, arena *a) {
    *c = (collector){.request = request, .memory = a};
    buf_init(&c->refused_why);
    c->refused_why.limit = REASONS_BYTES;
}

const char *shown(arena *a, const char *text) {
    return text_shorten(a, text_mended(a, text), SHOWN_BYTES);
}

/* ── labels and annotations ── */

static void pairs_put(pairs *p, arena *a, label pair) {
    if (p->count == p->capacity) {
        size_t capacity = p->capacity ? 2 * p->capacity : FIRST_PAIRS;
        label *grown = ARENA_ARRAY(a, label, capacity);
        if (p->count)
            memcpy(grown, p->items, p->count * sizeof *grown);
        p->items = grown, p->capacity = capacity;
    }
    p->items[p->count++] = pair;
}

static const char *pairs_newest(const pairs *p, const char *name) {
    for (size_t i = p->count; i-- > 0;)
        if (strcmp(p->items[i].name, name) == 0)
            return p->items[i].value;
    return NULL;
}

bool label_add(collector *c, const char *name, const char *value, err *e) {
    size_t value_len = strlen(mended(c, value)), name_len = strlen(mended(c, name));
    if (value_len == 0)
        return true;
    if (name_len == 0)
        return err_set(e, ERR_INVALID, "a label has an empty name");
    if (name_len > LIMIT_LABEL_NAME_BYTES)
        return err_set(e, ERR_LIMIT, "a label's name has %zu bytes; %d are allowed (\"%s\")", name_len,
                       LIMIT_LABEL_NAME_BYTES, shown(c->memory, name));
    if (value_len > LIMIT_LABEL_VALUE_BYTES)
        return err_set(e, ERR_LIMIT,
                       "label \"%s\" has %zu bytes; %d are allowed, as labels are identity: put long text into an "
                       "annotation",
                       shown(c->memory, name), value_len, LIMIT_LABEL_VALUE_BYTES);
    if (c->labels.count == LIMIT_LABELS_PER_ALERT)
        return err_set(e, ERR_LIMIT, "more than %d labels", LIMIT_LABELS_PER_ALERT);
    c->set_made = false;
    pairs_put(&c->labels, c->memory, (label){arena_strdup(c->memory, name), arena_strdup(c->memory, value)});
    return true;
}

void label_add_or_annotate(collector *c, const char *name, const char *value) {
    err past;
    if (!label_add(c, name, value, &past))
        annotation_add(c, name, value);
}

bool labels_add_object(collector *c, const cJSON *object, err *e) {
    if (!cJSON_IsObject(object))
        return err_set(e, ERR_INVALID, object ? "\"labels\" is not an object" : "no \"labels\"");
    const cJSON *member;
    cJSON_ArrayForEach(member, object) {
        if (cJSON_IsObject(member) || cJSON_IsArray(member))
            return err_set(e, ERR_INVALID, "the value of label \"%s\" is neither a string nor a number",
                           shown(c->memory, member->string));
        const char *value = cJSON_IsString(member) ? member->valuestring : json_scalar_text(c->memory, member);
        if (value && !label_add(c, member->string, value, e))
            return false;
    }
    return true;
}

labels label_set(collector *c) {
    if (!c->set_made)
        c->set = labels_from_pairs(c->memory, c->labels.items, c->labels.count);
    c->set_made = true;
    return c->set;
}

void annotation_add(collector *c, const char *name, const char *value) {
    name = mended(c, name);
    value = mended(c, value ? value : "");
    size_t name_len = strlen(name), value_len = strlen(value);
    if (name_len == 0 || value_len == 0 || name_len > LIMIT_LABEL_NAME_BYTES ||
        c->annotations.count == LIMIT_LABELS_PER_ALERT)
        return;
    char *copy = value_len > LIMIT_ANNOTATION_BYTES ? text_shorten(c->memory, value, LIMIT_ANNOTATION_BYTES)
                                                    : arena_strndup(c->memory, value, value_len);
    pairs_put(&c->annotations, c->memory, (label){arena_strndup(c->memory, name, name_len), copy});
}

void annotation_add_json(collector *c, const char *name, const cJSON *value) {
    if (cJSON_IsString(value))
        annotation_add(c, name, value->valuestring);
    else if (value && !cJSON_IsNull(value))
        annotation_add(c, name, json_scalar_text(c->memory, value));
}

void annotations_add_object(collector *c, const cJSON *object) {
    const cJSON *member;
    if (cJSON_IsObject(object))
        cJSON_ArrayForEach(member, object) annotation_add_json(c, member->string, member);
}

const char *annotation_given(const collector *c, const char *name) {
    return pairs_newest(&c->annotations, name);
}

/* ── one event ── */

const char *link_or_empty(const char *text) {
    bool web = text_starts_with(text, "http://") || text_starts_with(text, "https://");
    size_t len = strlen(text);
    if (!web || len > LIMIT_URL_BYTES)
        return "";
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p <= ' ' || *p == 0x7F)
            return "";
    return text;
}

/* Cutting it, or mending it, would make two alerts one. */
const char *identity_text(arena *a, const char *sent, size_t max) {
    size_t len = strlen(sent);
    if (len > max || !text_is_utf8(sent, len))
        return arena_printf(a, "sha256:%s", crypto_sha256_hex(a, sent, len));
    return arena_strndup(a, sent, len);
}

static void make_room(collector *c) {
    if (c->count < c->capacity)
        return;
    size_t capacity = c->capacity ? 2 * c->capacity : 1;
    event *events = ARENA_ARRAY(c->memory, event, capacity);
    const char **ids = ARENA_ARRAY(c->memory, const char *, capacity);
    if (c->count) {
        memcpy(events, c->events, c->count * sizeof *events);
        memcpy(ids, c->delivery_ids, c->count * sizeof *ids);
    }
    c->events = events, c->delivery_ids = ids, c->capacity = capacity;
}

static const char *text_copy(arena *a, const char *text) {
    return text && *text ? arena_strdup(a, text) : "";
}

/* Labels for the chart and for people; what was no text stays with the event as it was sent. */
static void set_labels(collector *c, event *draft) {
    pairs text = {0}, sent = {0};
    draft->labels = label_set(c);
    if (!c->request->mends->count[JSON_MEND_TEXT])
        return;
    for (size_t i = 0; i < draft->labels.count; i++) {
        const label *given = &draft->labels.items[i];
        label shown = {mended(c, given->name), mended(c, given->value)};
        pairs_put(&text, c->memory, shown);
        if (shown.value != given->value)
            pairs_put(&sent, c->memory, (label){shown.name, given->value});
    }
    draft->labels = labels_from_pairs(c->memory, text.items, text.count);
    draft->sent = labels_from_pairs(c->memory, sent.items, sent.count);
}

static const char *bounded(const collector *c, const char *text, size_t max) {
    return text ? text_shorten(c->memory, mended(c, text), max) : "";
}

static void keep(collector *c, event *draft) {
    arena *a = c->memory;
    set_labels(c, draft);
    draft->annotations = labels_from_pairs(a, c->annotations.items, c->annotations.count);
    draft->key = identity_text(a, draft->key, LIMIT_KEY_BYTES);
    draft->title = draft->title ? mended(c, draft->title) : NULL;
    draft->title = title_make(a, draft);
    draft->link = text_copy(a, link_or_empty(draft->link ? mended(c, draft->link) : ""));
    draft->actor = bounded(c, draft->actor, LIMIT_TITLE_BYTES);
    draft->note = bounded(c, draft->note, LIMIT_NOTE_BYTES);
    make_room(c);
    if (c->delivery_id)
        c->delivery_ids[c->id_count++] = c->delivery_id;
    c->events[c->count++] = *draft;
}

bool collect_one(collector *c, const cJSON *item, collect_read read, err *e) {
    event draft = {.source = c->request->from->name};
    c->labels.count = c->annotations.count = 0;
    c->set_made = false;
    c->delivery_id = NULL;
    if (!read(c, item, &draft, e))
        return false;
    if (draft.key)
        keep(c, &draft);
    return true;
}

/* ── many ── */

static void refuse(collector *c, err_kind kind, const char *why) {
    if (c->refused++ == 0)
        c->refused_kind = kind;
    buf_puts(&c->refused_why, c->refused_why.len ? "; " : "");
    buf_puts(&c->refused_why, why);
}

bool collect_list(collector *c, const cJSON *list, const char *what, collect_read read, err *e) {
    size_t size = (size_t)cJSON_GetArraySize(list);
    if (size > LIMIT_ALERTS_PER_BODY)
        return err_set(e, ERR_LIMIT, "%zu %ss in one body; %d are allowed: send them in several", size, what,
                       LIMIT_ALERTS_PER_BODY);
    c->capacity = size ? size : 1;
    c->events = ARENA_ARRAY(c->memory, event, c->capacity);
    c->delivery_ids = ARENA_ARRAY(c->memory, const char *, c->capacity);
    const cJSON *item = list->child;
    for (size_t i = 0; i < size; i++, item = item->next) {
        err why;
        if (!collect_one(c, item, read, &why))
            refuse(c, why.kind, arena_printf(c->memory, "%s %zu: %s", what, i + 1, why.text));
    }
    return true;
}

static bool finish(collector *c, ingest_result *out, err *e) {
    *out = (ingest_result){.events = c->events, .count = c->count, .refused = c->refused};
    if (c->refused)
        out->refused_why = text_mended(
            c->memory, arena_printf(c->memory, "%s%s", c->refused_why.data, c->refused_why.overflow ? "; …" : ""));
    if (c->refused && c->count == 0)
        return err_set(e, c->refused_kind, "%s", out->refused_why);
    if (c->id_count && c->id_count == c->count)
        out->delivery_ids = c->delivery_ids, out->delivery_id_count = c->count;
    if (c->count == 0)
        out->noop = c->left_out ? c->left_out : "empty";
    return true;
}

bool collector_finish(collector *c, bool collected, ingest_result *out, err *e) {
    bool done = collected && finish(c, out, e);
    buf_release(&c->refused_why);
    return done;
}

/* ── members ── */

bool members_read(const cJSON *object, const char *const *names, size_t count, const cJSON **out) {
    memset(out, 0, count * sizeof(const cJSON *));
    if (!cJSON_IsObject(object))
        return false;
    const cJSON *member;
    cJSON_ArrayForEach(member, object) {
        for (size_t i = 0; i < count; i++) {
            if (strcmp(member->string, names[i]) == 0) {
                out[i] = cJSON_IsNull(member) ? NULL : member;
                break;
            }
        }
    }
    return true;
}

bool member_text(const cJSON *member, const char *what, const char **out, err *e) {
    *out = "";
    if (member && !cJSON_IsString(member))
        return err_set(e, ERR_INVALID, "\"%s\" is not a string", what);
    if (member)
        *out = member->valuestring;
    return true;
}

const char *text_or_empty(const cJSON *member) {
    return cJSON_IsString(member) ? member->valuestring : "";
}

bool member_time(const cJSON *member, const char *what, usec *out, err *e) {
    const char *text;
    *out = 0;
    if (!member_text(member, what, &text, e))
        return false;
    return *text == '\0' || time_from_text(text, out, e) || err_prefix(e, "\"%s\"", what);
}
