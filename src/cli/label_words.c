/* Owns reading labels from the command line: name=value, or a series as Prometheus prints it. */
#include "cli/cli.h"

#include "onus/handoffs.h"
#include "onus/limits.h"
#include "onus/matcher.h"
#include "onus/text.h"

#include <string.h>

typedef struct label_list {
    label items[LIMIT_LABELS_PER_ALERT];
    size_t count;
} label_list;

static bool add_label(label_list *list, const char *name, const char *value, err *e) {
    if (list->count == LIMIT_LABELS_PER_ALERT)
        return err_set(e, ERR_LIMIT, "more than %d labels", LIMIT_LABELS_PER_ALERT);
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return err_set(e, ERR_INVALID, "the label \"%.200s\" is given twice; an alert has one value of it", name);
    list->items[list->count++] = (label){name, value};
    return true;
}

/* {a="b", c="d"}; the metric's name before it is passed over. */
static bool add_series(arena *a, const char *text, label_list *list, err *e) {
    matchers set = {0};
    size_t at = 0;
    if (!matchers_parse(a, strchr(text, '{'), &set, &at, e))
        return err_prefix(e, "\"%.200s\"", text);
    bool good = true;
    for (size_t i = 0; i < set.count && good; i++)
        good = set.items[i].op == MATCH_EQUAL
                   ? add_label(list, set.items[i].name, set.items[i].value, e)
                   : err_set(e, ERR_INVALID, "\"%.200s\": an alert's label has one value; write name=\"value\"", text);
    matchers_release(&set);
    return good;
}

static bool is_series(const char *text) {
    return text[strcspn(text, "{=")] == '{';
}

static bool add_word(arena *a, const char *text, label_list *list, err *e) {
    const char *equals = strchr(text, '=');
    if (!text_is_utf8(text, strlen(text)))
        return err_set(e, ERR_INVALID, "a label is not UTF-8");
    if (is_series(text))
        return add_series(a, text, list, e);
    if (!equals || equals == text)
        return err_set(e, ERR_INVALID, "\"%.200s\" is no label; write name=value, or {name=\"value\"}", text);
    return add_label(list, arena_strndup(a, text, (size_t)(equals - text)), equals + 1, e);
}

bool labels_from_words(arena *a, const char *const *words, size_t count, labels *out, err *e) {
    label_list list = {.count = 0};
    for (size_t i = 0; i < count; i++)
        if (!add_word(a, words[i], &list, e))
            return false;
    *out = labels_from_pairs(a, list.items, list.count);
    return true;
}

labels labels_with_extra(arena *a, labels own, labels extra) {
    if (extra.count == 0)
        return own;
    label *pairs = ARENA_ARRAY(a, label, own.count + extra.count);
    memcpy(pairs, extra.items, extra.count * sizeof *pairs);
    if (own.count > 0)
        memcpy(pairs + extra.count, own.items, own.count * sizeof *pairs);
    return labels_from_pairs(a, pairs, own.count + extra.count);
}

labels labels_with_handoff(arena *a, labels set) {
    if (*labels_get(set, "handoff"))
        return set;
    handoff_fact unknown = handoffs_find(NULL, set, 0);
    return handoff_fact_labels(a, set, &unknown);
}
