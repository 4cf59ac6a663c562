/* Reading expectation files: bytes → located tree → cases. Knows no chart: a case is right here when it can be judged.
 *
 * The difficulty: a case that says nothing passes whatever the chart does. So what is misspelt, empty, or said twice is
 * an error, never left out. */
#include "config/fields.h"

#include "onus/cases.h"
#include "onus/handoff.h"
#include "onus/hash_table.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

static const char *const FILE_KEYS[] = {"version", "cases"};
static const char *const CASE_KEYS[] = {"name", "labels", "at", "handoff", "handoff_version", "expect"};
static const char *const LOOP_WORDS[] = {"science", "system", "platform"};
static const char *const SEVERITY_WORDS[] = {"critical", "warning", "info"};

/* One row a key of `expect`. */
typedef struct field_row {
    const char *name;
    bool single;     /* one word; several could never be true together */
    bool needed;     /* there always is one, so that none can never be true */
    word_list words; /* NULL: any word */
} field_row;

static const field_row FIELDS[CASE_FIELD_COUNT] = {
    [CASE_LOOP] = {"loop", true, true, {LOOP_WORDS, LOOP_COUNT}},
    [CASE_ROW] = {"row", true, true, {0}},
    [CASE_SERVICE] = {"service", true, false, {0}},
    [CASE_SEVERITY] = {"severity", true, true, {SEVERITY_WORDS, 3}},
    [CASE_RESPONSIBLE] = {"responsible", false, true, {0}},
    [CASE_ACCOUNTABLE] = {"accountable", false, true, {0}},
    [CASE_CONSULTED] = {"consulted", false, false, {0}},
    [CASE_INFORMED] = {"informed", false, false, {0}},
    [CASE_PAGED] = {"paged", false, false, {0}},
    [CASE_GROUP] = {"group", true, true, {0}},
};

const char *case_field_to_text(case_field f) {
    return FIELDS[f].name;
}

typedef struct known_name {
    const char *text;
    file_position at;
    UT_hash_handle hh;
} known_name;

typedef struct cases_reader {
    field_reader in;
    known_name *names;
} cases_reader;

/* ── expect ── */

static void check_word(const field_reader *r, const field_row *f, const yaml_node *word) {
    for (size_t i = 0; i < f->words.count; i++)
        if (strcmp(word->text, f->words.words[i]) == 0)
            return;
    if (f->words.count > 0)
        field_error(r, word, "unknown-word", "\"%s\" cannot be \"%s\"%s", f->name, field_shown(r, word->text),
                    field_suggest(r, word->text, f->words));
}

static void check_count(const field_reader *r, const field_row *f, const yaml_node *value, size_t count) {
    if (f->single && count > 1)
        field_error(r, value, "too-many", "\"%s\" is one word; write another case for the other", f->name);
    if (f->needed && count == 0 && value->kind == YAML_TREE_LIST && value->count == 0)
        field_error(r, value, "impossible-case", "\"%s\" is never empty; write a word or remove the key", f->name);
}

static void read_expectation(const field_reader *r, const yaml_node *map, case_field field, case_expectation *out) {
    const field_row *f = &FIELDS[field];
    const yaml_node *value = yaml_get(map, f->name);
    if (!value)
        return;
    text_list given = field_texts(r, map, f->name, CASE_WORDS_MAX);
    const char **words = ARENA_ARRAY(r->memory, const char *, given.count + 1);
    for (size_t i = 0; i < given.count; i++) {
        words[i] = arena_strdup(r->memory, given.nodes[i]->text);
        check_word(r, f, given.nodes[i]);
    }
    check_count(r, f, value, given.count);
    *out = (case_expectation){.given = true, .words = words, .count = given.count, .at = value->at};
}

static void read_expect(const field_reader *r, const yaml_node *map, test_case *c) {
    const yaml_node *expect = yaml_get(map, "expect");
    if (!expect || (expect->kind == YAML_TREE_MAP && expect->count == 0)) {
        field_error(r, expect ? expect : map, "nothing-expected",
                    "this case expects nothing; write `expect` with at least one key");
        return;
    }
    if (!field_is_map(r, expect, "\"expect\""))
        return;
    const char *known[CASE_FIELD_COUNT];
    for (int f = 0; f < CASE_FIELD_COUNT; f++)
        known[f] = FIELDS[f].name;
    fields_check_keys(r, expect, "\"expect\"", WORD_LIST(known));
    for (int f = 0; f < CASE_FIELD_COUNT; f++)
        read_expectation(r, expect, (case_field)f, &c->expect[f]);
}

/* ── the alert ── */

static bool is_label(const field_reader *r, const yaml_node *key, const yaml_node *value) {
    if (value->kind != YAML_TREE_SCALAR || yaml_is_null(value))
        field_error(r, value, "wrong-type", "the label \"%s\" must be a text; write \"\" for a label that is missing",
                    field_shown(r, key->text));
    else if (key->text[0] == '\0' || strlen(key->text) > LIMIT_LABEL_NAME_BYTES)
        field_error(r, key, "bad-label", "a label's name has 1 to %d bytes", LIMIT_LABEL_NAME_BYTES);
    else if (strlen(value->text) > LIMIT_LABEL_VALUE_BYTES)
        field_error(r, value, "too-long", "a label's value has at most %d bytes", LIMIT_LABEL_VALUE_BYTES);
    else
        return true;
    return false;
}

/* `handoff` and `handoff_version` stand beside the labels, as Onus gives them and no sender does; they are matched like
 * labels. */
static void add_handoff(const field_reader *r, const yaml_node *map, const char *key, label *out, size_t *count) {
    const char *text = field_text(r, map, key, CASE_NAME_BYTES);
    const yaml_node *given = yaml_get(map, "labels");
    if (!text)
        return;
    if (given->kind == YAML_TREE_MAP && yaml_get(given, key))
        field_error(r, yaml_get(map, key), "duplicate-label", "\"%s\" stands among the labels, too; remove one", key);
    out[(*count)++] = (label){arena_strdup(r->memory, key), arena_strdup(r->memory, text)};
}

static void check_handoff(const field_reader *r, const yaml_node *map) {
    const yaml_node *state = yaml_get(map, "handoff");
    if (!state || state->kind != YAML_TREE_SCALAR || state->text[0] == '\0')
        return;
    handoff_state known;
    if (handoff_state_from_text(state->text, &known))
        return;
    const char *words[HANDOFF_STATE_COUNT];
    for (int i = 0; i < HANDOFF_STATE_COUNT; i++)
        words[i] = handoff_state_to_text((handoff_state)i);
    field_error(r, state, "unknown-word", "no handoff is \"%s\"%s", field_shown(r, state->text),
                field_suggest(r, state->text, WORD_LIST(words)));
}

static void read_labels(const field_reader *r, const yaml_node *map, test_case *c) {
    const yaml_node *given = yaml_get(map, "labels");
    if (!given) {
        field_error(r, map, "missing-key", "`labels` is missing: what the alert says");
        return;
    }
    if (!field_is_map(r, given, "\"labels\""))
        return;
    if (given->count > LIMIT_LABELS_PER_ALERT - 2) {
        field_error(r, given, "too-many", "more than %d labels", LIMIT_LABELS_PER_ALERT - 2);
        return;
    }
    label pairs[LIMIT_LABELS_PER_ALERT];
    size_t count = 0;
    for (size_t i = 0; i < given->count; i++)
        if (is_label(r, given->keys[i], given->items[i]))
            pairs[count++] =
                (label){arena_strdup(r->memory, given->keys[i]->text), arena_strdup(r->memory, given->items[i]->text)};
    add_handoff(r, map, "handoff", pairs, &count);
    add_handoff(r, map, "handoff_version", pairs, &count);
    check_handoff(r, map);
    c->labels = labels_from_pairs(r->memory, pairs, count);
}

static void read_moment(const field_reader *r, const yaml_node *map, test_case *c) {
    const char *text = field_text(r, map, "at", CASE_NAME_BYTES);
    err e = {0};
    if (text && !time_from_text(text, &c->moment, &e))
        field_error(r, yaml_get(map, "at"), "bad-time", "%s", e.text);
}

/* ── one case, all cases ── */

static const known_name *find_name(const cases_reader *k, const char *text) {
    known_name *known = NULL;
    HASH_FIND_STR(k->names, text, known);
    return known;
}

static void remember_name(cases_reader *k, const test_case *c) {
    known_name *known = ARENA_NEW(k->in.scratch, known_name);
    *known = (known_name){.text = c->name, .at = c->at};
    HASH_ADD_KEYPTR(hh, k->names, known->text, strlen(known->text), known);
}

static void read_name(cases_reader *k, const yaml_node *map, test_case *c) {
    const field_reader *r = &k->in;
    const yaml_node *node = yaml_get(map, "name");
    const char *text = field_text(r, map, "name", CASE_NAME_BYTES);
    if (!node) {
        field_error(r, map, "missing-key", "`name` is missing: what the case is about, in a few words");
        return;
    }
    if (!text)
        return;
    c->name = arena_strdup(r->memory, text);
    c->at = node->at;
    const known_name *known = find_name(k, text);
    if (known)
        field_error(r, node, "duplicate-name", "the case in line %u has this name, too; give each its own",
                    known->at.line);
    else
        remember_name(k, c);
}

static void read_case(cases_reader *k, const yaml_node *map, test_case *c) {
    const field_reader *r = &k->in;
    *c = (test_case){.file = arena_strdup(r->memory, r->file), .name = "", .at = map->at};
    if (!field_is_map(r, map, "a case"))
        return;
    fields_check_keys(r, map, "a case", WORD_LIST(CASE_KEYS));
    read_name(k, map, c);
    read_labels(r, map, c);
    read_moment(r, map, c);
    read_expect(r, map, c);
}

static void read_cases(cases_reader *k, const yaml_node *root, test_cases *out) {
    const field_reader *r = &k->in;
    const yaml_node *list = yaml_get(root, "cases");
    if (!list || list->kind != YAML_TREE_LIST) {
        field_error(r, list ? list : root, "missing-key", "`cases` must be a list of cases");
        return;
    }
    if (list->count > CASES_MAX) {
        field_error(r, list, "too-many", "%zu cases; at most %d are allowed in one file", list->count, CASES_MAX);
        return;
    }
    out->items = ARENA_ARRAY(r->memory, test_case, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        read_case(k, list->items[i], &out->items[out->count++]);
}

static void read_root(cases_reader *k, const yaml_node *root, test_cases *out) {
    const field_reader *r = &k->in;
    if (!field_is_map(r, root, "a file of cases"))
        return;
    fields_check_keys(r, root, "a file of cases", WORD_LIST(FILE_KEYS));
    const yaml_node *version = yaml_get(root, "version");
    if (!version || version->kind != YAML_TREE_SCALAR || strcmp(version->text, "1") != 0)
        field_error(r, version ? version : root, "bad-version", "the first line must be `version: 1`");
    read_cases(k, root, out);
}

bool cases_load_bytes(const cases_text *text, arena *a, test_cases *out, diagnostics *d) {
    size_t errors_before = d->errors;
    arena *scratch = arena_new();
    yaml_input in = {text->bytes, text->len, text->path, CASES_BYTES_MAX};
    yaml_node *root = yaml_tree_parse(&in, scratch, d);
    cases_reader k = {.in = {a, scratch, d, text->path}};
    test_cases found = {0};
    if (root)
        yaml_join_repeated(root, "cases", scratch);
    if (root)
        read_root(&k, root, &found);
    HASH_CLEAR(hh, k.names);
    arena_free(scratch);
    diagnostics_sort(d);
    if (d->errors > errors_before)
        return false;
    *out = found;
    return true;
}

bool cases_load(const char *path, arena *a, test_cases *out, diagnostics *d) {
    arena *bytes_memory = arena_new();
    size_t len = 0;
    const char *bytes = config_read_file(path, CASES_BYTES_MAX, bytes_memory, &len, d);
    bool loaded = bytes && cases_load_bytes(&(cases_text){bytes, len, path}, a, out, d);
    arena_free(bytes_memory);
    return loaded;
}
