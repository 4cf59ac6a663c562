/* `onus handoff list` and `onus handoff show`: what a running service knows. Owns how a handoff reads on a terminal;
 * handoff_act.c prints through it, too. */
#include "cli/handoff_remote.h"

#include "onus/handoff.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

enum { PAGES_MAX = 1000, CELL_BYTES = 200 };

typedef struct list_options {
    remote_options remote;
    const char *model, *state;
    bool json;
} list_options;

static const struct argp_option list_rows[] = {
    {"model", 'm', "NAME", 0, "Versions of this model only", 0},
    {"state", 's', "STATE", 0,
     "Only those in this state: declared, validated, accepted, superseded, rejected, handed-back", 0},
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {0},
};

/* HANDOFF_NONE is no state to ask for: what was never declared is not known. */
static const char *known_state(char *text, struct argp_state *state) {
    const char *names[HANDOFF_STATE_COUNT];
    size_t count = 0;
    for (int i = HANDOFF_NONE + 1; i < HANDOFF_STATE_COUNT; i++) {
        names[count++] = handoff_state_to_text((handoff_state)i);
        if (strcmp(text, names[count - 1]) == 0)
            return text;
    }
    const char *near = text_did_you_mean(text, names, count);
    if (near)
        argp_error(state, "--state: no \"%.50s\"; did you mean \"%s\"?", text, near);
    else
        argp_error(state,
                   "--state: no \"%.50s\"; it is declared, validated, accepted, superseded, rejected or handed-back",
                   text);
    return NULL;
}

static error_t parse_list(int key, char *arg, struct argp_state *state) {
    list_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->remote;
        return 0;
    case 'm':
        o->model = arg;
        return 0;
    case 's':
        o->state = known_state(arg, state);
        return 0;
    case 'j':
        o->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ── words ── */

static const char *cell(arena *a, const cJSON *object, const char *name) {
    return printable(a, text_shorten(a, json_text(object, name), CELL_BYTES));
}

/* 2026-01-05T12:00:00.000Z → 2026-01-05 12:00 */
static const char *minute(arena *a, const cJSON *object, const char *name) {
    const char *time = cell(a, object, name);
    return strlen(time) < 16 ? time : arena_printf(a, "%.10s %.5s", time, time + 11);
}

static const char *painted_state(const cli *c, const char *state) {
    ink color = text_equal(state, "accepted")                                       ? INK_GREEN
                : text_equal(state, "rejected") || text_equal(state, "handed-back") ? INK_RED
                : text_equal(state, "superseded")                                   ? INK_DIM
                                                                                    : INK_YELLOW;
    return paint(c, color, state);
}

/* ── list ── */

static const char *page_path(arena *a, const list_options *o, const char *cursor) {
    const char *path = arena_printf(a, "/v1/handoffs?limit=%d", LIMIT_PAGE_ITEMS);
    if (o->model)
        path = arena_printf(a, "%s&model=%s", path, client_escape(a, o->model));
    if (o->state)
        path = arena_printf(a, "%s&state=%s", path, client_escape(a, o->state));
    return *cursor ? arena_printf(a, "%s&cursor=%s", path, client_escape(a, cursor)) : path;
}

/* All pages in one list, deleted by the caller. */
static cJSON *fetch_all(const remote *r, const list_options *o, err *e) {
    arena *a = r->c->memory;
    cJSON *all = cJSON_CreateArray();
    const char *cursor = "";
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        cJSON *page = remote_call(r, page_path(a, o, cursor), NULL, NULL, e);
        if (!page) {
            cJSON_Delete(all);
            return NULL;
        }
        cJSON *list = cJSON_GetObjectItemCaseSensitive(page, "handoffs");
        while (list && list->child)
            cJSON_AddItemToArray(all, cJSON_DetachItemViaPointer(list, list->child));
        cursor = arena_strdup(a, json_text(page, "next_cursor"));
        cJSON_Delete(page);
        if (!*cursor)
            break;
    }
    return all;
}

static void print_table(const cli *c, const cJSON *all) {
    static const char *const columns[] = {"MODEL", "VERSION", "STATE", "SINCE (UTC)", "BY", "PACKAGE"};
    arena *a = c->memory;
    text_table t;
    table_init(&t, a, columns, sizeof columns / sizeof *columns);
    const cJSON *one;
    cJSON_ArrayForEach(one, all) {
        int64_t errors = json_int(one, "errors", 0);
        const char *package = errors ? arena_printf(a, "%lld error%s", (long long)errors, errors == 1 ? "" : "s")
                                     : cell(a, one, "summary");
        table_add(&t, (const char *const[]){cell(a, one, "model"), cell(a, one, "version"), cell(a, one, "state"),
                                            minute(a, one, "changed_at"), cell(a, one, "changed_by"), package});
    }
    table_print(c, &t);
}

void handoff_print_json(const cli *c, const cJSON *value) {
    buf b;
    buf_init(&b);
    json_print(&b, value);
    fprintf(c->out, "%s\n", b.data);
    buf_release(&b);
}

static int list(cli *c, const list_options *o) {
    remote r;
    err e = {0};
    cJSON *all = remote_init(&r, c, &o->remote, &e) ? fetch_all(&r, o, &e) : NULL;
    if (all && o->json)
        handoff_print_json(c, all);
    else if (all && !all->child)
        fprintf(c->out, "no version is known\n");
    else if (all)
        print_table(c, all);
    int status = all ? EXIT_DONE : cli_fail(c, "%s", e.text);
    cJSON_Delete(all);
    remote_release(&r);
    return status;
}

int handoff_list_run(cli *c, int argc, char **argv) {
    static const struct argp_child children[] = {{&remote_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        list_rows, parse_list, "",  "Lists the versions of models that a running service knows, newest first.",
        children,  NULL,       NULL};
    list_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    return list(c, &o);
}

/* ── show ── */

static void print_findings(const cli *c, const cJSON *findings) {
    arena *a = c->memory;
    const cJSON *one;
    cJSON_ArrayForEach(one, findings) {
        bool error = text_equal(json_text(one, "level"), "error");
        fprintf(c->out, "  %s %s: %s [%s]\n", paint(c, error ? INK_RED : INK_YELLOW, error ? "error:" : "warning:"),
                cell(a, one, "path"), printable(a, json_text(one, "text")), cell(a, one, "rule"));
    }
}

static void print_timeline(const cli *c, const cJSON *timeline) {
    arena *a = c->memory;
    const cJSON *one;
    cJSON_ArrayForEach(one, timeline) {
        const char *reason = cell(a, one, "reason");
        fprintf(c->out, "  %s  %s by %s%s%s\n", minute(a, one, "at"), painted_state(c, cell(a, one, "state")),
                cell(a, one, "actor"), *reason ? ": " : "", reason);
    }
}

void handoff_print(const cli *c, const cJSON *handoff) {
    arena *a = c->memory;
    const char *summary = cell(a, handoff, "summary"), *rollback = cell(a, handoff, "rollback_version");
    fprintf(c->out, "%s %s is %s\n", paint(c, INK_BOLD, cell(a, handoff, "model")),
            paint(c, INK_BOLD, cell(a, handoff, "version")), painted_state(c, cell(a, handoff, "state")));
    if (*summary)
        fprintf(c->out, "  %s\n", summary);
    if (*rollback)
        fprintf(c->out, "  rolls back to %s\n", rollback);
    print_findings(c, json_member(handoff, "findings"));
    print_timeline(c, json_member(handoff, "timeline"));
}

const char *handoff_path(const remote *r, const char *model, const char *version, const char *action) {
    arena *a = r->c->memory;
    return arena_printf(a, "/v1/handoffs/%s/%s%s%s", client_escape(a, model), client_escape(a, version),
                        *action ? "/" : "", action);
}

int handoff_show_run(cli *c, int argc, char **argv) {
    handoff_options o = {.doc = "Shows one version: its state, what its package lacks, and who did what, when and why.",
                         .arguments = "MODEL VERSION",
                         .names = true};
    remote r;
    err e = {0};
    handoff_options_parse(&o, argc, argv);
    cJSON *shown = remote_init(&r, c, &o.remote, &e)
                       ? remote_call(&r, handoff_path(&r, o.model, o.version, ""), NULL, NULL, &e)
                       : NULL;
    if (shown && o.json)
        handoff_print_json(c, shown);
    else if (shown)
        handoff_print(c, shown);
    int status = shown ? EXIT_DONE : cli_fail(c, "%s", e.text);
    cJSON_Delete(shown);
    remote_release(&r);
    return status;
}
