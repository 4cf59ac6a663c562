/* `onus test`: does the chart do what its people wrote down? Reads chart and cases; leaves judging to test_judge.c, and
 * reading to test_print.c and test_junit.c. Routing is the domain's own function, so that what passes here holds in the
 * service. */
#include "cli/test.h"

#include "onus/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

typedef struct test_options {
    const char *chart_path, *junit_path, *word;
    bool json, list, verbose;
    char **paths;
    size_t count;
} test_options;

static const struct argp_option options[] = {
    {"chart", 'f', "FILE", 0, "The chart", 0},
    {"junit", 'J', "FILE", 0, "Write JUnit's XML there, too (-: instead of the text)", 0},
    {"keyword", 'k', "WORD", 0, "Only the cases whose name has this in it, without regard to case", 0},
    {"list", 'L', NULL, 0, "List the cases and judge none", 0},
    {"verbose", 'v', NULL, 0, "Name the cases that pass, too", 0},
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    test_options *o = state->input;
    switch (key) {
    case 'f':
        o->chart_path = arg;
        return 0;
    case 'J':
        o->junit_path = arg;
        return 0;
    case 'k':
        o->word = arg;
        return 0;
    case 'L':
        o->list = true;
        return 0;
    case 'v':
        o->verbose = true;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->paths = state->argv + state->next;
        o->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (!o->chart_path && !o->list)
            argp_error(state, "which chart? Give --chart FILE");
        if (o->count == 0)
            argp_error(state, "which cases? Name at least one file");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool has_word(const char *name, const char *word) {
    size_t len = strlen(word);
    for (; *name; name++) {
        size_t i = 0;
        while (i < len && name[i] && tolower((unsigned char)name[i]) == tolower((unsigned char)word[i]))
            i++;
        if (i == len)
            return true;
    }
    return len == 0;
}

typedef struct case_list {
    const test_case **items;
    size_t count;
} case_list;

static void add_cases(arena *a, case_list *list, const test_cases *more, const char *word) {
    const test_case **items = ARENA_ARRAY(a, const test_case *, list->count + more->count + 1);
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    for (size_t i = 0; i < more->count; i++)
        if (!word || has_word(more->items[i].name, word))
            items[list->count++] = &more->items[i];
    list->items = items;
}

/* Every file is read, so that one run shows what is wrong with any of them. */
static bool read_cases(cli *c, const test_options *o, case_list *out) {
    diagnostics d;
    diagnostics_init(&d);
    for (size_t i = 0; i < o->count; i++) {
        test_cases more = {0};
        if (cases_load(o->paths[i], c->memory, &more, &d))
            add_cases(c->memory, out, &more, o->word);
    }
    bool good = d.errors == 0;
    problems_print(c, &d);
    diagnostics_release(&d);
    return good;
}

static int list_cases(const cli *c, const case_list *list) {
    for (size_t i = 0; i < list->count; i++)
        fprintf(c->out, "%s:%u:%u: %s\n", list->items[i]->file, list->items[i]->at.line, list->items[i]->at.column,
                printable(c->memory, list->items[i]->name));
    return EXIT_DONE;
}

static bool write_junit(cli *c, const char *path, const test_results *r) {
    buf b;
    buf_init(&b);
    test_put_junit(&b, c->memory, r);
    bool to_out = strcmp(path, "-") == 0;
    FILE *file = to_out ? c->out : fopen(path, "we");
    bool good = file && fputs(b.data, file) >= 0;
    if (file && !to_out)
        good = fclose(file) == 0 && good;
    if (!good)
        (void)cli_fail(c, "cannot write %s: %s", path, strerror(errno));
    buf_release(&b);
    return good;
}

static int run_cases(cli *c, const test_options *o, const case_list *list) {
    chart *ch = chart_open(c, o->chart_path);
    if (!ch)
        return EXIT_FAILED;
    test_results r = {.chart_path = o->chart_path};
    cases_judge(&(test_question){ch, list->items, list->count, clock_now(&c->clock)}, c->memory, &r);
    bool written = !o->junit_path || write_junit(c, o->junit_path, &r);
    if (o->json)
        test_print_json(c, &r);
    else if (!o->junit_path || strcmp(o->junit_path, "-") != 0)
        test_print_text(c, &r, o->verbose);
    chart_unref(ch);
    return written && r.failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

int test_run(cli *c, int argc, char **argv) {
    static const struct argp argp = {options,
                                     parse,
                                     "CASES...",
                                     "Judges a chart by cases: labels and a time, and what is expected of them (loop, "
                                     "row, R, A, C, I, who is paged). Exit status 1 when a case fails.",
                                     NULL,
                                     NULL,
                                     NULL};
    test_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    case_list list = {0};
    if (!read_cases(c, &o, &list))
        return EXIT_FAILED;
    if (list.count == 0)
        return cli_fail(c, o.word ? "no case has \"%s\" in its name" : "there are no cases%s", o.word ? o.word : ""),
               EXIT_USAGE;
    return o.list ? list_cases(c, &list) : run_cases(c, &o, &list);
}
