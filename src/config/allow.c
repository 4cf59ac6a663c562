/* Reads the comments that silence lint rules, and finds the one that silences a problem. Which rules may be silenced is
 * the table's business (lint_rules.c), where comments stand is yaml_comments.c's.
 *
 * The difficulty: a comment that is wrong must not be passed over, for somebody relies on it. So whatever begins with
 * `# onus:` is an instruction, and is reported when it is not understood. */
#include "config/allow.h"

#include "onus/lint.h"
#include "onus/text.h"

#include <string.h>

static const char PREFIX[] = "onus:", WORD[] = "allow";

typedef struct allow_reader {
    const field_reader *r;
    allows *into;
    yaml_node place; /* of the comment, for the reports */
    bool alone;
    bool full;
} allow_reader;

static char *trimmed(arena *a, const char *text, size_t len) {
    while (len > 0 && strchr(" \t", text[0])) {
        text++;
        len--;
    }
    while (len > 0 && strchr(" \t", text[len - 1]))
        len--;
    return arena_strndup(a, text, len);
}

static void add(allow_reader *k, const char *rule, const char *reason) {
    allows *into = k->into;
    if (into->count == into->capacity) {
        into->capacity = into->capacity ? 2 * into->capacity : 16;
        allow *more = ARENA_ARRAY(k->r->d->memory, allow, into->capacity);
        if (into->count > 0)
            memcpy(more, into->items, into->count * sizeof *more);
        into->items = more;
    }
    into->items[into->count++] = (allow){k->place.at.line, rule, reason, k->place.at, k->place.length, k->alone, false};
}

static void read_rule(allow_reader *k, const char *name, const char *reason) {
    const lint_rule *rule = lint_rule_find(name);
    const char *near = rule ? NULL : lint_rule_suggest(name);
    if (!rule)
        field_error(k->r, &k->place, "bad-allow", "there is no rule \"%s\"%s%s%s", field_shown(k->r, name),
                    near ? "; did you mean \"" : "; `onus check --rules` lists them", near ? near : "",
                    near ? "\"?" : "");
    else if (!rule->may_be_allowed)
        field_error(k->r, &k->place, "bad-allow", "%s cannot be allowed; mend it instead: %s", rule->name, rule->mend);
    else
        add(k, rule->name, reason);
}

/* After the word: RULE, RULE: reason */
static void read_rules(allow_reader *k, char *text) {
    char *colon = strchr(text, ':');
    const char *reason = colon ? trimmed(k->r->scratch, colon + 1, strlen(colon + 1)) : "";
    if (reason[0] == '\0') {
        field_error(k->r, &k->place, "bad-allow", "the reason is missing; write `# onus: allow RULE: why`");
        return;
    }
    *colon = '\0';
    reason = text_shorten(k->r->d->memory, reason, ALLOW_REASON_BYTES);
    size_t rules = 0;
    for (char *at = text; at;) {
        char *comma = strchr(at, ',');
        if (rules++ == ALLOW_RULES_MAX) {
            field_error(k->r, &k->place, "bad-allow", "one comment allows at most %d rules", ALLOW_RULES_MAX);
            return;
        }
        read_rule(k, trimmed(k->r->scratch, at, comma ? (size_t)(comma - at) : strlen(at)), reason);
        at = comma ? comma + 1 : NULL;
    }
}

static void read_instruction(allow_reader *k, char *text) {
    size_t len = strlen(WORD);
    if (k->into->count >= ALLOWS_MAX) {
        if (!k->full)
            field_error(k->r, &k->place, "too-many", "more than %d rules are allowed by comments", ALLOWS_MAX);
        k->full = true;
    } else if (!text_starts_with(text, WORD) || !strchr(" \t", text[len]) || text[len] == '\0') {
        field_error(k->r, &k->place, "bad-allow",
                    "\"%s\" is not understood after `# onus:`; write `# onus: allow RULE: why`",
                    field_shown(k->r, text));
    } else {
        read_rules(k, text + len);
    }
}

static unsigned chars_in(const char *text, size_t len) {
    unsigned chars = 0;
    for (size_t i = 0; i < len; i++)
        chars += ((unsigned char)text[i] & 0xC0) != 0x80;
    return chars;
}

static void read_comment(void *context, const yaml_comment *comment) {
    allow_reader *k = context;
    const char *text = comment->text;
    size_t blanks = 0;
    while (blanks < comment->len && strchr(" \t", text[blanks]))
        blanks++;
    size_t left = comment->len - blanks;
    if (k->full || left < strlen(PREFIX) || memcmp(text + blanks, PREFIX, strlen(PREFIX)) != 0)
        return;
    k->place = (yaml_node){.at = comment->at, .length = 1 + chars_in(text, comment->len)};
    k->alone = comment->alone;
    read_instruction(k, trimmed(k->r->scratch, text + blanks + strlen(PREFIX), left - strlen(PREFIX)));
}

/* A comment alone on its line speaks of the next line; several in a row all speak of the one after them. */
static void point_down(allows *a) {
    for (size_t i = a->count; i-- > 0;) {
        allow *one = &a->items[i];
        if (!one->alone)
            continue;
        const allow *next = i + 1 < a->count ? &a->items[i + 1] : NULL;
        bool stacked = next && next->alone && next->at.line <= one->at.line + 1;
        one->line = stacked ? next->line : one->at.line + 1;
    }
}

void allows_read(const field_reader *r, const yaml_input *in, const yaml_node *root) {
    allows *into = ARENA_NEW(r->d->memory, allows);
    into->file = arena_strdup(r->d->memory, r->file);
    allow_reader k = {.r = r, .into = into};
    yaml_comments_find(in, root, read_comment, &k);
    point_down(into);
    r->d->allows = into;
}

/* The first that speaks of this line or a later one. */
static size_t lower_bound(const allows *a, unsigned line) {
    size_t from = 0, to = a->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (a->items[middle].line < line)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const allow *allows_use(allows *a, const char *file, unsigned line, const char *rule) {
    if (line == 0 || strcmp(file, a->file) != 0)
        return NULL;
    for (size_t i = lower_bound(a, line); i < a->count && a->items[i].line == line; i++) {
        if (strcmp(a->items[i].rule, rule) != 0)
            continue;
        a->items[i].used = true;
        return &a->items[i];
    }
    return NULL;
}

void allows_report_unused(const field_reader *r) {
    const allows *a = r->d->allows;
    for (size_t i = 0; i < a->count; i++) {
        const allow *one = &a->items[i];
        yaml_node place = {.at = one->at, .length = one->length};
        bool later = lint_rule_find(one->rule)->scope == LINT_HISTORY; /* found after the file was loaded, if asked */
        if (!one->used && !later)
            field_warning(r, &place, "unused-allow",
                          "%s is not found in line %u; remove the comment, or put it where the problem is", one->rule,
                          one->line);
    }
}
