/* `onus send`: posts a reference scenario to a running service as its sender would, then shows who was told what, and
 * why. Leaves the bodies to scenario.c, the printing to send_print.c. The difficulty: a webhook's answer does not name
 * the incident, so it is found again by its alerts. */
#include "cli/send.h"

#include "cli/remote.h"
#include "cli/send_source.h"
#include "onus/text.h"

#include <string.h>
#include <time.h>

enum { CANDIDATES = 20, POLL_MS = 200, SCENARIOS_NAMED_MAX = 8 };

typedef struct send_options {
    remote_options remote;
    const char *name;
    send_source_options source;
    bool resolve, dry_run, json;
} send_options;

typedef struct send_job {
    cli *c;
    const send_options *o;
    send_source to;
    const char *needle;
    remote remote;
} send_job;

static const usec patience = 5 * USEC_PER_SECOND;

static const struct argp_option options[] = {
    {"resolve", 'r', NULL, 0, "Send the end of it", 0},
    {"source", 's', "NAME", 0, "Post to this source instead", 0},
    {"config", 'c', "FILE", 0, "Settings that have the source: its format and its credentials are taken from there", 0},
    {"source-token-file", 'k', "FILE", 0, "The source's token (default: the settings', else that of --token-file)", 0},
    {"dry-run", 'n', NULL, 0, "Print the body, send nothing", 0},
    {"json", 'j', NULL, 0, "Print the incident as JSON", 0},
    {0},
};

static void check_name(struct argp_state *state, send_options *o, const char *arg) {
    const char *names[SCENARIOS_NAMED_MAX];
    size_t count = 0;
    const scenario *all = scenarios(&count);
    count = count < SCENARIOS_NAMED_MAX ? count : SCENARIOS_NAMED_MAX;
    for (size_t i = 0; i < count; i++)
        names[i] = all[i].name;
    const char *near = text_did_you_mean(arg, names, count);
    o->name = arg;
    if (!scenario_find(arg))
        argp_error(state, "no scenario \"%s\"%s%s%s", arg, near ? "; did you mean \"" : "", near ? near : "",
                   near ? "\"?" : "");
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    send_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->remote;
        return 0;
    case 'r':
        o->resolve = true;
        return 0;
    case 's':
        o->source.name = arg;
        return 0;
    case 'c':
        o->source.config_path = arg;
        return 0;
    case 'k':
        o->source.token_file = arg;
        return 0;
    case 'n':
        o->dry_run = true;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            return ARGP_ERR_UNKNOWN;
        check_name(state, o, arg);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which scenario? drift, retraining or gpu");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool post(const send_job *j, const char *body, err *e) {
    arena *a = j->c->memory;
    client_request r = {.url = remote_url(&j->remote, arena_printf(a, "/v1/sources/%s", client_escape(a, j->to.name))),
                        .body = body,
                        .content_type = j->to.what->content_type};
    client_reply reply;
    send_source_sign(&j->to, a, j->remote.token, &r);
    if (!client_call(a, &r, &reply, e))
        return false;
    if (reply.status / 100 != 2)
        return err_set(e, ERR_INVALID, "%s answered %ld: %s%s", r.url, reply.status,
                       printable(a, text_shorten(a, reply.body, 300)),
                       reply.status == 401 || reply.status == 403
                           ? " (--config FILE has the source's credentials, or --source-token-file)"
                           : "");
    return true;
}

/* NULL: not there, or e says why. The caller deletes it. */
static cJSON *get(const send_job *j, const char *path, err *e) {
    client_request r = {.url = remote_url(&j->remote, path), .token = j->remote.token};
    client_reply reply;
    if (!client_call(j->c->memory, &r, &reply, e))
        return NULL;
    if (reply.status != 200) {
        (void)err_set(e, reply.status == 404 ? ERR_NOT_FOUND : ERR_DENIED, "%s answered %ld%s", r.url, reply.status,
                      reply.status == 401 ? ": reading incidents needs --token-file or ONUS_TOKEN_FILE here" : "");
        return NULL;
    }
    return json_parse(reply.body, strlen(reply.body), e);
}

static cJSON *show(const send_job *j, int64_t id, err *e) {
    return get(j, arena_printf(j->c->memory, "/v1/incidents/%lld", (long long)id), e);
}

static bool has_our_alert(const cJSON *incident, const char *needle) {
    buf b;
    buf_init(&b);
    json_print(&b, json_member(incident, "alerts"));
    bool found = strstr(b.data, needle) != NULL;
    buf_release(&b);
    return found;
}

/* The newest incident with an alert of the scenario; 0 when there is none. */
static int64_t find_incident(const send_job *j, err *e) {
    cJSON *list = get(j, arena_printf(j->c->memory, "/v1/incidents?limit=%d", CANDIDATES), e);
    int64_t found = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, json_member(list, "incidents")) {
        int64_t id = json_int(item, "id", 0);
        cJSON *whole = found ? NULL : show(j, id, e);
        if (whole && has_our_alert(whole, j->needle))
            found = id;
        cJSON_Delete(whole);
    }
    if (list && !found)
        (void)err_set(e, ERR_NOT_FOUND, "no incident holds what was sent");
    cJSON_Delete(list);
    return found;
}

static void nap(void) {
    struct timespec time = {.tv_nsec = POLL_MS * 1000000L};
    (void)nanosleep(&time, NULL);
}

/* Until everything is delivered or given up, but not for ever: a dead receiver is tried for a day. */
static cJSON *await_deliveries(const send_job *j, int64_t id, err *e) {
    usec until = clock_monotonic(&j->c->clock) + patience;
    for (;;) {
        cJSON *whole = show(j, id, e);
        if (!whole || !incident_is_waiting(whole) || clock_monotonic(&j->c->clock) >= until)
            return whole;
        cJSON_Delete(whole);
        nap();
    }
}

static int tell(const send_job *j) {
    err e = {0};
    int64_t id = find_incident(j, &e);
    cJSON *whole = id ? await_deliveries(j, id, &e) : NULL;
    if (!whole)
        return cli_fail(j->c, "sent, but: %s", e.text);
    if (j->o->json) {
        buf b;
        buf_init(&b);
        json_print(&b, whole);
        fprintf(j->c->out, "%s\n", b.data);
        buf_release(&b);
    } else {
        incident_print(j->c, whole);
        fprintf(j->c->out, "\n%s\n",
                remote_url(&j->remote, arena_printf(j->c->memory, "/incidents/%lld", (long long)id)));
    }
    cJSON_Delete(whole);
    return EXIT_DONE;
}

int send_run(cli *c, int argc, char **argv) {
    static const struct argp_child children[] = {{&remote_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "drift|retraining|gpu",
                                     "Posts a sample event to a running service and shows who was told what, and why:\n"
                                     "  drift       a production model degrades at 2 a.m. (an Alertmanager webhook)\n"
                                     "  retraining  product wants new hyperparameters tried (a CloudEvent)\n"
                                     "  gpu         research needs an environment with A100 GPUs (a CloudEvent)",
                                     children,
                                     NULL,
                                     NULL};
    send_options o = {0};
    err e = {0};
    buf body;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    send_job j = {.c = c, .o = &o};
    buf_init(&body);
    int status = EXIT_DONE;
    if (!send_source_init(&j.to, c, &o.source, scenario_find(o.name), &e)) {
        status = cli_fail(c, "%s", e.text);
        goto out;
    }
    j.needle = j.to.what->put(&body, &(scenario_wish){.memory = c->memory,
                                                      .now = clock_now(&c->clock),
                                                      .resolved = o.resolve,
                                                      .routing_key = send_source_routing_key(&j.to, o.dry_run)});
    if (o.dry_run)
        fprintf(c->out, "%s\n", body.data);
    else if (!remote_init(&j.remote, c, &o.remote, &e) || !post(&j, body.data, &e))
        status = cli_fail(c, "%s", e.text);
    else
        status = tell(&j);
out:
    remote_release(&j.remote);
    send_source_release(&j.to);
    buf_release(&body);
    return status;
}
