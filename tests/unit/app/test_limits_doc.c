/* docs/operations.md tells people every bound of onus/limits.h; this compares the two, name by name and value by value.
 * Both are read as text, so that a limit that is added to one and forgotten in the other is found. */
#include "onus/limits.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMITS_MAX = 200, NAME_BYTES = 64, LINE_BYTES = 1024 };

typedef struct limit_row {
    char name[NAME_BYTES];
    long long value;
    int times; /* how often it is named */
} limit_row;

typedef struct limit_table {
    limit_row rows[LIMITS_MAX];
    size_t count;
} limit_table;

static limit_row *find(limit_table *t, const char *name) {
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->rows[i].name, name) == 0)
            return &t->rows[i];
    return NULL;
}

static limit_row *add(limit_table *t, const char *name, size_t len) {
    char key[NAME_BYTES] = "";
    cr_assert(len < sizeof key && t->count < LIMITS_MAX);
    memcpy(key, name, len);
    limit_row *row = find(t, key);
    if (!row) {
        row = &t->rows[t->count++];
        memcpy(row->name, key, sizeof key);
    }
    row->times++;
    return row;
}

static size_t name_length(const char *text) {
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/* "16 * 1024 * 1024" */
static long long product(const char *text) {
    long long value = 1;
    for (;;) {
        char *end;
        value *= strtoll(text, &end, 10);
        cr_assert(end != text, "no number at \"%s\"", text);
        text = end + strspn(end, " ");
        if (*text++ != '*')
            return value;
    }
}

/* "16 MiB", "1,000,000", "60 s" */
static long long quantity(const char *text, const char *name) {
    static const struct {
        const char *name;
        long long size;
        const char *suffix; /* of the limits that are counted so */
    } units[] = {{"B", 1, "_BYTES"},   {"KiB", 1024, "_BYTES"}, {"MiB", 1024 * 1024, "_BYTES"},
                 {"s", 1, "_SECONDS"}, {"ms", 1, "_MS"},        {"", 1, ""}};
    long long value = 0;
    for (; isdigit((unsigned char)*text) || *text == ','; text++)
        value = *text == ',' ? value : 10 * value + (*text - '0');
    text += strspn(text, " ");
    size_t len = strcspn(text, " |");
    bool counts = !strstr(name, "_BYTES") && !strstr(name, "_SECONDS") && !strstr(name, "_MS");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == len && memcmp(units[i].name, text, len) == 0 &&
            (*units[i].suffix ? strstr(name, units[i].suffix) != NULL : counts))
            return value * units[i].size;
    cr_assert_fail("%s: \"%s\" is in no unit that fits", name, text);
    return -1;
}

/* Lines that begin with `before` and a limit's name; the value stands behind `between`. */
typedef struct line_shape {
    const char *path, *before, *between;
} line_shape;

static void read_lines(const line_shape *shape, bool doc, limit_table *out) {
    FILE *f = fopen(shape->path, "r");
    cr_assert(f, "run from the top of the tree: no %s", shape->path);
    char line[LINE_BYTES];
    *out = (limit_table){0};
    while (fgets(line, sizeof line, f)) {
        const char *name = line + strspn(line, " ");
        if (strncmp(name, shape->before, strlen(shape->before)) != 0)
            continue;
        name += strlen(shape->before);
        size_t len = name_length(name);
        if (strncmp(name, "LIMIT_", 6) != 0 || strncmp(name + len, shape->between, strlen(shape->between)) != 0)
            continue;
        limit_row *row = add(out, name, len);
        const char *value = name + len + strlen(shape->between);
        row->value = doc ? quantity(value, row->name) : product(value);
    }
    cr_assert_eq(fclose(f), 0);
}

Test(limits, the_table_of_the_operations_manual_is_the_header) {
    limit_table header, manual;
    read_lines(&(line_shape){"include/onus/limits.h", "", " = "}, false, &header);
    read_lines(&(line_shape){"docs/operations.md", "| `", "` | "}, true, &manual);
    const limit_row *known = find(&header, "LIMIT_BODY_BYTES");
    cr_assert(known && known->value == LIMIT_BODY_BYTES, "the header is read wrongly");
    for (size_t i = 0; i < header.count; i++) {
        const limit_row *row = &header.rows[i], *told = find(&manual, row->name);
        cr_expect(told, "docs/operations.md does not tell %s", row->name);
        cr_expect(!told || told->value == row->value, "docs/operations.md says %s is %lld; it is %lld", row->name,
                  told ? told->value : 0, row->value);
        cr_expect(!told || told->times == 1, "docs/operations.md tells %s %d times", row->name, told ? told->times : 0);
    }
    for (size_t i = 0; i < manual.count; i++)
        cr_expect(find(&header, manual.rows[i].name), "docs/operations.md tells %s, which is no limit",
                  manual.rows[i].name);
}
