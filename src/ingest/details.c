/* Free-form members as labels and annotations. Owns what is a label and what is prose.
 *
 * The difficulty: a chart can only match labels, so what tells who owns an event must become one, while text that
 * changes with every sending should not. */
#include "ingest/details.h"

#include "onus/text.h"

#include <ctype.h>
#include <string.h>

static const char *const prose[] = {
    "summary", "description", "title",       "message", "details",       "comment",       "note",  "reason",
    "runbook", "runbook_url", "runbook_uri", "url",     "dashboard_url", "dashboard_uri", "link",  "text",
    "body",    "query",       "expression",  "error",   "stacktrace",    "trace",         "value", "timestamp",
};

static bool is_listed(const char *name, const char *const *list, size_t count) {
    for (size_t i = 0; i < count && list[i]; i++)
        if (text_equal_nocase(name, list[i]))
            return true;
    return false;
}

/* [a-zA-Z_][a-zA-Z0-9_]*; every other byte becomes an underscore. "" for a name without a letter or digit. */
static const char *label_name(arena *a, const char *name) {
    char *made = arena_printf(a, "%s%s", isdigit((unsigned char)*name) ? "_" : "", name);
    bool telling = false;
    for (char *p = made; *p; p++) {
        if (isalnum((unsigned char)*p))
            telling = true;
        else
            *p = '_';
    }
    return telling ? made : "";
}

static const char *label_value(arena *a, const cJSON *member) {
    if (cJSON_IsString(member))
        return member->valuestring;
    return cJSON_IsNumber(member) || cJSON_IsBool(member) ? json_scalar_text(a, member) : "";
}

static bool is_label(const cJSON *member, const char *value) {
    size_t len = strlen(value);
    return len > 0 && len <= DETAIL_VALUE_BYTES_MAX && !strpbrk(value, "\r\n") &&
           !is_listed(member->string, prose, sizeof prose / sizeof *prose);
}

void details_add(collector *c, const cJSON *object, const char *const *skip) {
    const cJSON *member;
    size_t added = 0;
    cJSON_ArrayForEach(member, object) {
        if (skip && is_listed(member->string, skip, SIZE_MAX))
            continue;
        const char *value = label_value(c->memory, member), *name = label_name(c->memory, member->string);
        err past;
        if (*name && added < DETAIL_LABELS_MAX && is_label(member, value) && label_add(c, name, value, &past))
            added++;
        else
            annotation_add_json(c, member->string, member);
    }
}
