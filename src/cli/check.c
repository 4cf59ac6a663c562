/* `onus check`: every problem of charts and settings files, with its place, in the form that is asked for. Owns the
 * options; what is wrong is found by check_files.c, and printed by check_*.c. */
#include "cli/check.h"

#include "onus/text.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_FORMAT = 'f', KEY_JSON = 'j', KEY_STRICT = 's', KEY_RULES = 'r', KEY_EXPLAIN = 'e', KEY_SINCE = 256 };

typedef struct check_options {
    history_options history;
    const check_format *format;
    bool strict, rules, json;
    const char *explain;
    char **paths;
    size_t count;
} check_options;

static const check_format FORMATS[] = {
    {"text", "for people (the default)", check_print_text},
    {"json", "one object with all problems", check_print_json},
    {"sarif", "SARIF 2.1.0, for code scanning", check_print_sarif},
    {"github", "workflow commands, shown in a pull request", check_print_github},
    {"gitlab", "a code quality report", check_print_gitlab},
};
enum { FORMAT_COUNT = sizeof FORMATS / sizeof *FORMATS, FORMAT_TEXT = 0, FORMAT_JSON = 1 };

const check_format *check_formats(size_t *count) {
    *count = FORMAT_COUNT;
    return FORMATS;
}

static const check_format *find_format(const char *name, struct argp_state *state) {
    const char *names[FORMAT_COUNT];
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        names[i] = FORMATS[i].name;
        if (strcmp(name, names[i]) == 0)
            return &FORMATS[i];
    }
    const char *near = text_did_you_mean(name, names, FORMAT_COUNT);
    argp_error(state, "no format \"%s\"%s%s%s", name,
               near ? "; did you mean \""
                    : "; there are text, json, sarif, "
                      "github and gitlab",
               near ? near : "", near ? "\"?" : "");
    return NULL;
}

static const struct argp_option options[] = {
    {"format", KEY_FORMAT, "FORMAT", 0, "How problems are printed: text, json, sarif, github or gitlab", 0},
    {"json", KEY_JSON, NULL, 0, "The same as --format=json", 0},
    {"strict", KEY_STRICT, NULL, 0, "Warnings fail, too", 0},
    {"rules", KEY_RULES, NULL, 0, "Lists the rules by which files are checked", 0},
    {"since", KEY_SINCE, "WHEN", 0, "Warn of rows that matched no alert recorded since then (180d, or a time)", 0},
    {"explain", KEY_EXPLAIN, "RULE", 0, "Explains one rule", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    check_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        o->history.database.optional = true;
        state->child_inputs[0] = &o->history.database;
        return 0;
    case KEY_SINCE:
        o->history.since = arg;
        return 0;
    case KEY_FORMAT:
        o->format = find_format(arg, state);
        return 0;
    case KEY_JSON:
        o->json = true;
        o->format = &FORMATS[FORMAT_JSON];
        return 0;
    case KEY_STRICT:
        o->strict = true;
        return 0;
    case KEY_RULES:
        o->rules = true;
        return 0;
    case KEY_EXPLAIN:
        o->explain = arg;
        return 0;
    case ARGP_KEY_ARGS:
        o->paths = state->argv + state->next;
        o->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (o->count == 0 && !o->rules && !o->explain)
            argp_error(state, "which file?");
        history_check_usage(state, &o->history);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int check_all(cli *c, const check_options *o) {
    check_report r = {.c = c, .history = o->history.since ? &o->history : NULL};
    check_files(&r, o->paths, o->count);
    buf b;
    buf_init(&b);
    o->format->print(&r, &b);
    fputs(b.data, c->out);
    buf_release(&b);
    check_release(&r);
    return r.errors > 0 || (o->strict && r.warnings > 0) ? EXIT_FAILED : EXIT_DONE;
}

int check_run(cli *c, int argc, char **argv) {
    static const struct argp_child children[] = {{&database_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "FILE...",
        "Finds every error and warning of charts and settings files in one run; - is the standard input. Settings are "
        "checked with their channels and templates, and with the chart that they name. Touches nothing: no network, no "
        "database, no secret is read; with --since, the database alone is.",
        children,
        NULL,
        NULL};
    check_options o = {.format = &FORMATS[FORMAT_TEXT]};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (o.explain)
        return check_explain(c, o.explain, o.json);
    return o.rules ? check_print_rules(c, o.json) : check_all(c, &o);
}
