/* What Alertmanager says of its alerts to PagerDuty. Its integration sends no labels, but custom_details.firing holds
 * them: as a text up to version 0.29, as a list of alerts since. Owns reading both.
 *
 * The difficulty: a notification is about a group. What goes with the event is only what all its alerts have in common,
 * as with Alertmanager's own commonLabels. */
#include "ingest/pagerduty.h"
#include "onus/limits.h"

#include <string.h>

typedef struct pair_list {
    label items[LIMIT_LABELS_PER_ALERT];
    size_t count;
} pair_list;

typedef struct firing_alert {
    pair_list labels, annotations;
} firing_alert;

typedef struct firing_reader {
    arena *memory;
    firing_alert common, current;
    size_t alerts; /* of them in `common` */
} firing_reader;

static void list_put(pair_list *list, const char *name, const char *value) {
    if (list->count < LIMIT_LABELS_PER_ALERT)
        list->items[list->count++] = (label){name, value};
}

static bool list_has(const pair_list *list, label wanted) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, wanted.name) == 0)
            return strcmp(list->items[i].value, wanted.value) == 0;
    return false;
}

static void list_keep_common(pair_list *common, const pair_list *other) {
    size_t kept = 0;
    for (size_t i = 0; i < common->count; i++)
        if (list_has(other, common->items[i]))
            common->items[kept++] = common->items[i];
    common->count = kept;
}

/* The alert under way is complete. */
static void alert_done(firing_reader *r) {
    if (r->current.labels.count == 0)
        return;
    if (r->alerts++ == 0) {
        r->common = r->current;
    } else {
        list_keep_common(&r->common.labels, &r->current.labels);
        list_keep_common(&r->common.annotations, &r->current.annotations);
    }
    r->current.labels.count = r->current.annotations.count = 0;
}

/* ── text: "Labels:\n - name = value\n…Annotations:\n - name = value\n…Source: URL\n", once per alert ── */

static void read_line(firing_reader *r, char *line, pair_list **section) {
    if (strcmp(line, "Labels:") == 0) {
        alert_done(r);
        *section = &r->current.labels;
    } else if (strcmp(line, "Annotations:") == 0) {
        *section = &r->current.annotations;
    } else if (strncmp(line, "Source: ", 8) == 0) {
        *section = NULL;
    } else if (*section && strncmp(line, " - ", 3) == 0) {
        char *equals = strstr(line + 3, " = ");
        if (!equals)
            return;
        *equals = '\0';
        list_put(*section, line + 3, equals + 3);
    }
}

static void read_text(firing_reader *r, const char *text) {
    char *rest = arena_strdup(r->memory, text), *line;
    pair_list *section = NULL;
    while ((line = strsep(&rest, "\n")))
        read_line(r, line, &section);
    alert_done(r);
}

/* ── a list of alerts ── */

static void read_object(pair_list *list, const cJSON *object) {
    const cJSON *member;
    if (cJSON_IsObject(object))
        cJSON_ArrayForEach(member, object) if (cJSON_IsString(member))
            list_put(list, member->string, member->valuestring);
}

static void read_list(firing_reader *r, const cJSON *list) {
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        read_object(&r->current.labels, json_member(item, "labels"));
        read_object(&r->current.annotations, json_member(item, "annotations"));
        alert_done(r);
    }
}

void pagerduty_read_firing(collector *c, const cJSON *firing) {
    firing_reader *r = ARENA_NEW(c->memory, firing_reader);
    r->memory = c->memory;
    if (cJSON_IsString(firing))
        read_text(r, firing->valuestring);
    else if (cJSON_IsArray(firing))
        read_list(r, firing);
    for (size_t i = 0; i < r->common.labels.count; i++)
        label_add_or_annotate(c, r->common.labels.items[i].name, r->common.labels.items[i].value);
    for (size_t i = 0; i < r->common.annotations.count; i++)
        annotation_add(c, r->common.annotations.items[i].name, r->common.annotations.items[i].value);
}
