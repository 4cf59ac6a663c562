/* `onus handoff validate`: everything that is wrong with a model's package, in one run. Reads files below the package's
 * folder and nothing else: no network, no database. */
#include "cli/handoff_validate.h"

#include "cli/chart_view.h"
#include "cli/handoff.h"

#include "onus/json.h"
#include "onus/text.h"

#include <string.h>

typedef struct validate_options {
    bool json, print;
    char *previous;
    usec age_max;
    char **paths;
    size_t count;
} validate_options;

static void count_all(validated *v) {
    v->errors = v->loaded.found.errors + v->findings.errors;
    for (size_t i = 0; i < v->loaded.found.count; i++)
        v->warnings += v->loaded.found.items[i].level == DIAGNOSTIC_WARNING;
    for (size_t i = 0; i < v->findings.count; i++)
        v->warnings += v->findings.items[i].level == DIAGNOSTIC_WARNING;
}

/* A named file that could not be read is told with the file's own problem already. */
static void drop_told(handoff_findings *f) {
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->items[i].rule, "unread-file") == 0)
            f->errors--;
        else
            f->items[kept++] = f->items[i];
    }
    f->count = kept;
}

static void validate_one(cli *c, const validate_options *o, const handoff_package *previous, const char *path,
                         validated *v) {
    *v = (validated){.findings.memory = c->memory};
    handoff_load(c, path, &v->loaded);
    v->context = (handoff_context){.now = clock_now(&c->clock),
                                   .baseline_age_max = o->age_max,
                                   .previous = previous,
                                   .files = v->loaded.files,
                                   .file_count = v->loaded.file_count};
    if (v->loaded.package.tree)
        handoff_check(&v->loaded.package, &v->context, &v->findings);
    drop_told(&v->findings);
    diagnostics_sort(&v->loaded.found);
    count_all(v);
}

static void print_totals(const cli *c, size_t errors, size_t warnings) {
    const char *text = errors == 1 ? "1 error" : arena_printf(c->memory, "%zu errors", errors);
    fprintf(c->out, "%s, %zu warning%s\n", errors ? paint(c, INK_RED, text) : paint(c, INK_GREEN, "no errors"),
            warnings, warnings == 1 ? "" : "s");
}

static void print_json(const cli *c, const validated *all, size_t count) {
    buf b;
    buf_init(&b);
    validated_put_json(c, &b, all, count);
    fprintf(c->out, "%s\n", b.data);
    buf_release(&b);
}

/* The manifests go to standard output, one a line; what is wrong with them does not stand between. */
static void print_all(const cli *c, const validate_options *o, const validated *all) {
    size_t errors = 0, warnings = 0;
    for (size_t i = 0; i < o->count; i++) {
        errors += all[i].errors;
        warnings += all[i].warnings;
        if (o->print && all[i].loaded.package.json)
            fprintf(c->out, "%s\n", all[i].loaded.package.json);
        if (!o->json)
            validated_print(c, o->print ? c->err : c->out, &all[i]);
    }
    if (o->json)
        print_json(c, all, o->count);
    else if (!o->print)
        print_totals(c, errors, warnings);
}

/* Only what is wrong with its files is told: it was accepted as it is. */
static bool load_previous(cli *c, const validate_options *o, handoff_loaded *previous) {
    handoff_load(c, o->previous, previous);
    problems_print(c, &previous->found);
    return previous->package.tree && previous->found.errors == 0;
}

static int validate_all(cli *c, const validate_options *o) {
    handoff_loaded previous = {0};
    if (o->previous && !load_previous(c, o, &previous)) {
        handoff_loaded_release(&previous);
        return cli_fail(c, "the previous package %s cannot be read", o->previous);
    }
    validated *all = ARENA_ARRAY(c->memory, validated, o->count);
    bool good = true;
    for (size_t i = 0; i < o->count; i++) {
        validate_one(c, o, o->previous ? &previous.package : NULL, o->paths[i], &all[i]);
        good = good && all[i].errors == 0;
    }
    print_all(c, o, all);
    for (size_t i = 0; i < o->count; i++)
        handoff_loaded_release(&all[i].loaded);
    if (o->previous)
        handoff_loaded_release(&previous);
    return good ? EXIT_DONE : EXIT_FAILED;
}

enum { OPTION_PREVIOUS = 'p', OPTION_AGE = 'm', OPTION_PRINT = 256 };

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {"previous", OPTION_PREVIOUS, "DIR|FILE", 0, "The package accepted last: breaking schema changes are found", 0},
    {"max-age", OPTION_AGE, "DURATION", 0, "How old the baseline may be; the default is 90d", 0},
    {"print", OPTION_PRINT, NULL, 0, "Print the manifest as JSON, as the API takes it; findings go to standard error",
     0},
    {0},
};

static void set_age(validate_options *o, const char *text, struct argp_state *state) {
    err e;
    if (!text_to_duration(text, &o->age_max, &e))
        argp_error(state, "--max-age: %s", e.text);
    else if (o->age_max <= 0)
        argp_error(state, "--max-age must be more than nothing");
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    validate_options *o = state->input;
    switch (key) {
    case 'j':
        o->json = true;
        return 0;
    case OPTION_PRINT:
        o->print = true;
        return 0;
    case OPTION_PREVIOUS:
        o->previous = arg;
        return 0;
    case OPTION_AGE:
        set_age(o, arg, state);
        return 0;
    case ARGP_KEY_ARGS:
        o->paths = state->argv + state->next;
        o->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which package? a folder with handoff.yaml or MLmodel, or a manifest");
        return 0;
    case ARGP_KEY_END:
        if (o->json && o->print)
            argp_error(state, "either --json or --print");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int handoff_validate_run(cli *c, int argc, char **argv) {
    static const struct argp argp = {
        options,
        parse,
        "DIR|FILE...",
        "Finds everything that is wrong with a model's handoff package, in one run: artifact, dependencies, schema, "
        "baseline, resources. A folder is read as handoff.yaml (or .json), with MLflow's MLmodel, requirements.txt, "
        "conda.yaml and python_env.yaml for what it does not say. Reads nothing outside the package's folder.",
        NULL,
        NULL,
        NULL};
    validate_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    return validate_all(c, &o);
}
