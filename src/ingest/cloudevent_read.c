/* What a CloudEvent means. Owns kind, key and labels of one event; its syntax is cloudevent.c's.
 *
 * The difficulty: CloudEvents have no notion of an alert that begins and ends. An end is told by the last word of the
 * type or by data.status, and finds its beginning by data.key, by the subject, or not at all. */
#include "ingest/cloudevent.h"
#include "ingest/details.h"
#include "onus/crypto.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

enum { DELIVERY_ID_BYTES = 512 };

/* Last words of a type that say where a matter stands; what is before them names it. */
static const char *const ends[] = {"resolved", "completed", "closed"};
static const char *const begins[] = {"requested", "opened", "created", "started", "triggered", "detected", "firing"};

static bool is_one_of(const char *word, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (text_equal_nocase(word, list[i]))
            return true;
    return false;
}

static const char *last_word(const char *type) {
    const char *dot = strrchr(type, '.');
    return dot ? dot + 1 : "";
}

static bool is_end(const char *word) {
    return is_one_of(word, ends, sizeof ends / sizeof *ends);
}

/* The type without its last word when that says where the matter stands. */
static const char *stem(arena *a, const char *type) {
    const char *word = last_word(type);
    bool standing = is_end(word) || is_one_of(word, begins, sizeof begins / sizeof *begins);
    return standing ? arena_strndup(a, type, (size_t)(word - 1 - type)) : type;
}

/* ── duplicates within a batch ── */

cloudevent_seen *cloudevent_seen_new(arena *a, size_t events) {
    cloudevent_seen *seen = ARENA_NEW(a, cloudevent_seen);
    seen->size = 16;
    while (seen->size < 2 * events && seen->size < (size_t)4 * LIMIT_ALERTS_PER_BODY)
        seen->size *= 2;
    seen->slots = ARENA_ARRAY(a, const char *, seen->size);
    return seen;
}

static bool seen_before(cloudevent_seen *seen, const char *id) {
    size_t slot = hash_bytes(id, strlen(id), 0) & (seen->size - 1);
    for (; seen->slots[slot]; slot = (slot + 1) & (seen->size - 1))
        if (strcmp(seen->slots[slot], id) == 0)
            return true;
    seen->slots[slot] = id;
    return false;
}

/* Source and id together name an event for ever. */
static const char *delivery_id(arena *a, const cloudevent *v) {
    const char *id = arena_printf(a, "%s %s", v->attributes[CE_SOURCE], v->attributes[CE_ID]);
    return identity_text(a, id, DELIVERY_ID_BYTES);
}

/* ── parts ── */

static const char *data_text(const cloudevent *v, const char *name) {
    return text_or_empty(json_member(v->data, name));
}

/* The key that the sender gives is taken as it is. A subject alone is not enough: a retraining and a new environment
 * for one model are two matters. */
static const char *key_of(arena *a, const cloudevent *v) {
    const cJSON *given = json_member(v->data, "key");
    char *key = given && !cJSON_IsObject(given) && !cJSON_IsArray(given) ? json_scalar_text(a, given) : NULL;
    if (key && *key)
        return key;
    const char *subject = v->attributes[CE_SUBJECT];
    if (*subject)
        return arena_printf(a, "%s %s", stem(a, v->attributes[CE_TYPE]), subject);
    return arena_printf(a, "%s %s", v->attributes[CE_SOURCE], v->attributes[CE_ID]);
}

/* "com.example.request.retraining" asks for a retraining. */
static const char *request_of(arena *a, const char *type) {
    const char *matter = stem(a, type);
    return strstr(matter, ".request.") ? last_word(matter) : "";
}

/* Later labels overrule earlier ones: data may name the alert, but not pretend another type or source. */
static void add_labels(collector *c, const cloudevent *v) {
    static const char *const not_labels[] = {"key", NULL};
    const char *type = v->attributes[CE_TYPE];
    label_add_or_annotate(c, "alertname", type);
    if (cJSON_IsObject(v->data))
        details_add(c, v->data, not_labels);
    else
        annotation_add_json(c, "data", v->data);
    label_add_or_annotate(c, "request", request_of(c->memory, type));
    label_add_or_annotate(c, "ce_source", v->attributes[CE_SOURCE]);
    label_add_or_annotate(c, "ce_type", type);
    label_add_or_annotate(c, "ce_subject", v->attributes[CE_SUBJECT]);
    annotation_add(c, "data", v->text);
    annotation_add(c, "ce_id", v->attributes[CE_ID]);
}

static const char *first_of(const char *const *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (*texts[i])
            return texts[i];
    return "";
}

static void set_texts(const cloudevent *v, event *draft) {
    const char *titles[] = {data_text(v, "title"), data_text(v, "summary"), v->attributes[CE_SUBJECT]};
    const char *links[] = {link_or_empty(data_text(v, "link")), link_or_empty(data_text(v, "url")),
                           link_or_empty(v->attributes[CE_SOURCE])};
    draft->title = first_of(titles, sizeof titles / sizeof *titles);
    draft->link = first_of(links, sizeof links / sizeof *links);
    draft->actor = data_text(v, "actor");
}

static bool set_times(const collector *c, const cloudevent *v, event *draft, err *e) {
    usec at = 0;
    const char *time = v->attributes[CE_TIME];
    if (*time && !time_from_text(time, &at, e))
        return err_prefix(e, "time");
    if (at == 0)
        at = c->request->now;
    if (draft->kind == EVENT_RESOLVED)
        draft->ends_at = at;
    else
        draft->starts_at = at;
    return true;
}

bool cloudevent_read(collector *c, const cloudevent *v, err *e) {
    event *draft = v->draft;
    const char *id = delivery_id(c->memory, v);
    if (c->context && seen_before(c->context, id))
        return true;
    bool over = is_end(last_word(v->attributes[CE_TYPE])) || text_equal_nocase(data_text(v, "status"), "resolved");
    draft->kind = over ? EVENT_RESOLVED : EVENT_FIRING;
    if (!set_times(c, v, draft, e))
        return false;
    draft->key = key_of(c->memory, v);
    c->delivery_id = id;
    set_texts(v, draft);
    add_labels(c, v);
    return true;
}
