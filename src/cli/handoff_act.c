/* `onus handoff declare`, `accept`, `reject`, `hand-back` and `revalidate`: what is done with a version, at a running
 * service. One table of what each sends; a refusal prints what has to be mended. */
#include "cli/handoff_remote.h"
#include "cli/handoff_validate.h"

#include "onus/text.h"

#include <string.h>

enum { OPTION_DRAFT = 256 };

/* ── options ── */

static const struct argp_option all_options[] = {
    {"json", 'j', NULL, 0, "Print the version as JSON", 0},
    {"by", 'b', "NAME", 0, "Who does it; shown with the token's name", 0},
    {"reason", 'r', "TEXT", 0, "Why; put on the timeline", 0},
    {"draft", OPTION_DRAFT, NULL, 0, "Declare it even with errors, so that others see what is missing", 0},
    {0},
};

static error_t parse_argument(handoff_options *o, char *arg, struct argp_state *state) {
    if (state->arg_num >= (o->names ? 2 : 1))
        return ARGP_ERR_UNKNOWN;
    *(state->arg_num == 0 ? &o->model : &o->version) = arg;
    return 0;
}

static void check_usage(const handoff_options *o, struct argp_state *state) {
    if (o->names && (!o->model || !o->version || !*o->model || !*o->version))
        argp_error(state, "which version of which model? MODEL VERSION");
    else if (!o->model)
        argp_error(state, "which package? a folder with handoff.yaml or MLmodel, or a manifest");
    else if (o->needs_reason && (!o->why || !*o->why))
        argp_error(state, "--reason is needed: the timeline keeps who moved it and why");
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    handoff_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->remote;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case 'b':
        o->by = arg;
        return 0;
    case 'r':
        o->why = arg;
        return 0;
    case OPTION_DRAFT:
        o->is_draft = true;
        return 0;
    case ARGP_KEY_ARG:
        return parse_argument(o, arg, state);
    case ARGP_KEY_END:
        check_usage(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool takes(const handoff_options *o, int key) {
    return key == 'j' || key == 0 || (key == 'b' && (o->reason || o->draft)) || (key == 'r' && o->reason) ||
           (key == OPTION_DRAFT && o->draft);
}

void handoff_options_parse(handoff_options *o, int argc, char **argv) {
    const struct argp_child children[] = {{&remote_argp, 0, NULL, 0}, {0}};
    struct argp_option own[sizeof all_options / sizeof *all_options] = {0};
    size_t count = 0;
    for (size_t i = 0; i < sizeof all_options / sizeof *all_options; i++)
        if (takes(o, all_options[i].key))
            own[count++] = all_options[i];
    const struct argp argp = {own, parse, o->arguments, o->doc, children, NULL, NULL};
    argp_parse(&argp, argc, argv, 0, NULL, o);
}

/* ── sending ── */

/* The service may have found more than was known here. */
static void print_refusal(const cli *c, const cJSON *problem) {
    const cJSON *one;
    cJSON_ArrayForEach(one, json_member(problem, "findings")) {
        const cJSON *path = json_member(one, "path"), *text = json_member(one, "text");
        if (cJSON_IsString(path) && cJSON_IsString(text))
            fprintf(c->err, "  %s: %s\n", printable(c->memory, path->valuestring),
                    printable(c->memory, text->valuestring));
    }
}

/* NULL: refused or not reached, and told. */
static cJSON *post(const remote *r, const char *path, const char *body) {
    err e = {0};
    cJSON *problem = NULL, *done = remote_call(r, path, body, &problem, &e);
    if (!done) {
        (void)cli_fail(r->c, "%s", e.text);
        print_refusal(r->c, problem);
    }
    cJSON_Delete(problem);
    return done;
}

static void print_done(const cli *c, const handoff_options *o, const cJSON *done) {
    if (o->json)
        handoff_print_json(c, done);
    else
        handoff_print(c, done);
}

static const char *body_of(const cli *c, const handoff_options *o) {
    buf b;
    buf_init(&b);
    buf_puts(&b, "{\"reason\":");
    buf_put_json(&b, o->why ? o->why : "");
    buf_puts(&b, ",\"by\":");
    buf_put_json(&b, o->by ? o->by : "");
    buf_puts(&b, "}");
    const char *body = buf_to_arena(&b, c->memory);
    buf_release(&b);
    return body;
}

static bool are_utf8(const handoff_options *o) {
    const char *texts[] = {o->model, o->version, o->why, o->by};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i] && !text_is_utf8(texts[i], strlen(texts[i])))
            return false;
    return true;
}

static int act(cli *c, handoff_options *o, const char *action) {
    remote r;
    err e = {0};
    if (!are_utf8(o))
        return cli_fail(c, "an argument is not UTF-8"), EXIT_USAGE;
    cJSON *done = NULL;
    if (!remote_init(&r, c, &o->remote, &e))
        (void)cli_fail(c, "%s", e.text);
    else
        done = post(&r, handoff_path(&r, o->model, o->version, action), body_of(c, o));
    if (done)
        print_done(c, o, done);
    int status = done ? EXIT_DONE : EXIT_FAILED;
    cJSON_Delete(done);
    remote_release(&r);
    return status;
}

int handoff_accept_run(cli *c, int argc, char **argv) {
    handoff_options o = {.doc = "Takes a validated version over: from now on the System Loop owns its incidents. The "
                                "version that was accepted before is superseded. Says why.",
                         .arguments = "MODEL VERSION",
                         .names = true,
                         .reason = true,
                         .needs_reason = true};
    handoff_options_parse(&o, argc, argv);
    return act(c, &o, "accept");
}

int handoff_reject_run(cli *c, int argc, char **argv) {
    handoff_options o = {.doc = "Does not take a version over, and says why.",
                         .arguments = "MODEL VERSION",
                         .names = true,
                         .reason = true,
                         .needs_reason = true};
    handoff_options_parse(&o, argc, argv);
    return act(c, &o, "reject");
}

int handoff_hand_back_run(cli *c, int argc, char **argv) {
    handoff_options o = {.doc = "Gives an accepted version back to the Science Loop, and says why.",
                         .arguments = "MODEL VERSION",
                         .names = true,
                         .reason = true,
                         .needs_reason = true};
    handoff_options_parse(&o, argc, argv);
    return act(c, &o, "hand-back");
}

int handoff_revalidate_run(cli *c, int argc, char **argv) {
    handoff_options o = {.doc = "Checks a version once more, as it was declared: when the version to roll back to has "
                                "been accepted since, or to offer again what was rejected or handed back.",
                         .arguments = "MODEL VERSION",
                         .names = true,
                         .reason = true};
    handoff_options_parse(&o, argc, argv);
    return act(c, &o, "revalidate");
}

/* ── declare ── */

static void check_here(cli *c, const char *path, validated *v) {
    *v = (validated){.findings.memory = c->memory};
    handoff_load(c, path, &v->loaded);
    v->context =
        (handoff_context){.now = clock_now(&c->clock), .files = v->loaded.files, .file_count = v->loaded.file_count};
    if (v->loaded.package.tree)
        handoff_check(&v->loaded.package, &v->context, &v->findings);
    diagnostics_sort(&v->loaded.found);
    v->errors = v->loaded.found.errors + v->findings.errors;
}

/* What is wrong with the files themselves cannot be declared, nor what is no manifest. */
static bool may_be_declared(const cli *c, const handoff_options *o, const validated *v) {
    if (v->errors)
        validated_print(c, c->err, v);
    return v->loaded.package.tree && !v->loaded.found.errors && (!v->errors || o->is_draft);
}

static cJSON *declare(cli *c, const handoff_options *o, const validated *v) {
    remote r;
    err e = {0};
    const char *path = "/v1/handoffs";
    if (o->by && *o->by)
        path = arena_printf(c->memory, "%s?by=%s", path, client_escape(c->memory, o->by));
    cJSON *done = NULL;
    if (!remote_init(&r, c, &o->remote, &e))
        (void)cli_fail(c, "%s", e.text);
    else
        done = post(&r, path, v->loaded.package.json);
    remote_release(&r);
    return done;
}

static int finish(const cli *c, const handoff_options *o, const cJSON *done) {
    const cJSON *state = json_member(done, "state");
    if (!done)
        return EXIT_FAILED;
    print_done(c, o, done);
    return cJSON_IsString(state) && text_equal(state->valuestring, "declared") ? EXIT_FAILED : EXIT_DONE;
}

int handoff_declare_run(cli *c, int argc, char **argv) {
    handoff_options o = {
        .doc = "Offers a version of a model to the System Loop: checks its package here, digests included, and "
               "declares it "
               "at a running service, which knows the versions before. Exit status 1 when the package has errors.",
        .arguments = "DIR|FILE",
        .draft = true};
    validated v;
    handoff_options_parse(&o, argc, argv);
    check_here(c, o.model, &v);
    int status = EXIT_FAILED;
    if (!may_be_declared(c, &o, &v)) {
        (void)cli_fail(c, "not declared: mend the package%s", v.loaded.found.errors ? "" : ", or use --draft");
    } else {
        cJSON *done = declare(c, &o, &v);
        status = finish(c, &o, done);
        cJSON_Delete(done);
    }
    handoff_loaded_release(&v.loaded);
    return status;
}
