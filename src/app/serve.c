/* `onus serve`: brings the rooms up in order, waits, and takes them down in the opposite order so that nothing is lost:
 * first no new requests, then what is queued is committed and answered, then what is being sent is recorded, and the
 * rest stays in the outbox.
 *
 * Its one difficulty is signals in a program with threads: they are blocked before the first thread starts and taken
 * here, one by one, with sigtimedwait. */
#include "onus/app.h"

#include "app/alert_memory.h"
#include "app/api_sources.h"
#include "app/charts.h"
#include "app/database_state.h"
#include "app/dispatcher.h"
#include "app/handoff_view.h"
#include "app/intake.h"
#include "app/ticker.h"
#include "onus/crypto.h"
#include "onus/limits.h"
#include "onus/local_postgres.h"
#include "onus/text.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

enum { STOP_GRACE_SECONDS = 10, WORKER_QUEUE = 512, CLOCK_QUESTIONS = 8 };

typedef struct service {
    app app;
    const serve_options *options;
    local_postgres *postgres;
    store_conn *store;                /* of the main thread */
    committer *committers[LANES_MAX]; /* NULL: not started */
    sigset_t signals;
    bool asked_to_stop; /* before it was up */
    bool found_database;
} service;

/* ── what may be wrong with the files ── */

static bool report(const diagnostics *d) {
    buf line;
    buf_init(&line);
    for (size_t i = 0; i < d->count; i++) {
        buf_clear(&line);
        diagnostic_print(&line, &d->items[i]);
        fprintf(stderr, "%s\n", line.data);
    }
    buf_release(&line);
    return d->errors == 0;
}

static bool load_settings(service *s) {
    app *a = &s->app;
    diagnostics d;
    diagnostics_init(&d);
    a->settings =
        settings_load(s->options->config_path, &(settings_options){.local = s->options->local_dir != NULL}, &d);
    if (a->settings) {
        settings_check_rooms(a->settings, &d);
        a->channels = channels_new(a->settings, &d);
    }
    diagnostics_sort(&d);
    bool ok = report(&d) && a->settings && a->channels;
    diagnostics_release(&d);
    return ok;
}

static bool load_templates(service *s) {
    err e = {0};
    s->app.templates = templates_load(s->app.settings->templates_path, &e);
    if (!s->app.templates)
        fprintf(stderr, "onus: %s\n", e.text);
    return s->app.templates != NULL;
}

/* ── the database ── */

static void on_progress(void *context, const char *text) {
    log_info(context, "local database", "step", text);
}

static bool start_postgres(service *s) {
    app *a = &s->app;
    if (!s->options->local_dir) {
        a->database = secret_copy(a->settings->database);
        return true;
    }
    err e = {0};
    s->postgres = local_postgres_start(s->options->local_dir, on_progress, a->log, &e);
    if (!s->postgres) {
        log_error(a->log, "local database did not start", "error", e.text);
        return false;
    }
    a->database = local_postgres_conninfo(s->postgres);
    return true;
}

/* SIGTERM, SIGINT, SIGHUP, or 0 after `time`. */
static int wait_for_signal(service *s, usec time) {
    struct timespec wait = {.tv_sec = time / USEC_PER_SECOND, .tv_nsec = time % USEC_PER_SECOND * 1000};
    int got = sigtimedwait(&s->signals, NULL, &wait);
    return got > 0 ? got : 0;
}

static const char *database_hint(const service *s) {
    arena *a = s->app.settings->memory;
    if (s->options->local_dir)
        return arena_printf(a, "its log is in %s", s->options->local_dir);
    return arena_printf(a, "is it running? `database` in %s says where it is, and as whom to connect",
                        s->app.settings->path);
}

/* Until it is found the start speaks for itself: it has a hint to give. */
static void on_database(void *context, const patience_news *news) {
    service *s = context;
    if (!s->found_database)
        return;
    char lasted[32];
    (void)!snprintf(lasted, sizeof lasted, "%.1fs", (double)news->lasted / (double)USEC_PER_SECOND);
    if (news->away)
        log_error(s->app.log, "database away", "error", news->why);
    else
        log_info(s->app.log, "database back", "after", lasted);
}

/* All nodes go by the database's time: a lease that one gives another sees end, and what came before an end at one node
 * did so for all. The quickest answer is the surest; the first one had to connect. */
static bool set_clock(service *s, err *e) {
    app *a = &s->app;
    usec quickest = INT64_MAX;
    for (int i = 0; i < CLOCK_QUESTIONS; i++) {
        usec asked = clock_monotonic(&a->clock), at = 0, ahead = 0;
        if (!store_server_time(s->store, &at, &ahead, e))
            return false;
        usec took = clock_monotonic(&a->clock) - asked;
        if (took >= quickest)
            continue;
        quickest = took;
        steady_clock_set(a->steady, at + ahead + took / 2);
    }
    return true;
}

/* True when migrated; waits for a database that is away, because a service that starts with its machine must not give
 * up. */
static bool migrate(service *s) {
    app *a = &s->app;
    const char *hint = database_hint(s);
    for (char said[ERR_TEXT_MAX] = "";;) {
        err e = {0};
        int applied = 0;
        usec now = clock_now(&a->clock);
        if (store_migrate(s->store, now, &applied, &e) && set_clock(s, &e) &&
            store_housekeep(s->store, clock_now(&a->clock), a->settings->retention_months, &e)) {
            if (applied)
                log_info(a->log, "database migrated", "migrations", arena_printf(a->settings->memory, "%d", applied));
            return true;
        }
        if (e.kind != ERR_UNAVAILABLE) {
            log_error(a->log, "the database cannot be used", "error", e.text);
            return false;
        }
        if (!text_equal(said, e.text))
            log_warn(a->log, "no database yet; trying again", "error", e.text, "hint", hint);
        memcpy(said, e.text, sizeof said);
        int got = wait_for_signal(s, patience_left(a->patience) + USEC_PER_MS);
        s->asked_to_stop = got == SIGTERM || got == SIGINT;
        if (s->asked_to_stop)
            return false;
    }
}

static void remember(void *context, const open_alert *known) {
    alert_memory_learn(context, known);
}

static const char *chart_hint(const app *a, const buf *report, const err *e) {
    if (report->len)
        return "mend the places above; `onus check` finds them all";
    if (e->kind == ERR_UNAVAILABLE)
        return "start again when the database is there";
    return arena_printf(a->settings->memory, "`chart` in %s names the file", a->settings->path);
}

static bool load_chart(service *s) {
    app *a = &s->app;
    buf text;
    buf_init(&text);
    err e = {0};
    a->charts = charts_new(a->settings->chart_path, a->channels);
    bool ok = charts_reload(a->charts, s->store, clock_now(&a->clock), &text, &e);
    if (text.len)
        fputs(text.data, stderr);
    if (!ok)
        log_error(a->log, "no chart, no service", "error", e.text, "hint", chart_hint(a, &text, &e));
    buf_release(&text);
    return ok;
}

static bool fill_memory(service *s) {
    err e = {0};
    s->app.memory = alert_memory_new(MEMORY_ALERTS_MAX);
    if (store_each_open_alert(s->store, remember, s->app.memory, &e))
        return true;
    log_error(s->app.log, "open alerts cannot be read", "error", e.text);
    return false;
}

static bool load_handoffs(service *s) {
    err e = {0};
    s->app.handoffs = handoff_view_new();
    if (handoff_view_refresh(s->app.handoffs, s->store, &e)) {
        if (store_passed_over(s->store, &e) > 0)
            app_warn_once(&s->app, UNREADABLE_ROW, &e);
        return true;
    }
    log_error(s->app.log, "handoffs cannot be read", "error", e.text);
    return false;
}

/* ── workers and server ── */

static void *worker_start(void *context) {
    app *a = context;
    worker *w = mem_zalloc(1, sizeof *w);
    w->store = app_connection(a);
    return w;
}

static void worker_stop(void *context, void *made) {
    (void)context;
    worker *w = made;
    store_conn_free(w->store);
    free(w);
}

static void on_finished(void *context, const http_route *route, const char *method, int status, usec took,
                        size_t body_in) {
    (void)route;
    (void)method;
    (void)body_in;
    app *a = context;
    int class = status / 100;
    if (class > 0 && class < METRICS_STATUS_CLASSES)
        atomic_fetch_add_explicit(&a->metrics->requests[class], 1, memory_order_relaxed);
    histogram_observe(&a->metrics->request_seconds, took);
}

/* Threads of a kind, where the settings leave it open: one for each processor that the service may use. More than a few
 * would only wait for each other and for the database. */
static int threads_wanted(int set) {
    enum { ENOUGH = 4 };
    cpu_set_t may;
    if (set > 0)
        return set;
    int processors = sched_getaffinity(0, sizeof may, &may) == 0 ? CPU_COUNT(&may) : 1;
    return processors < ENOUGH ? processors : ENOUGH;
}

static bool start_server(service *s, err *e) {
    app *a = &s->app;
    http_options options = {.host = a->settings->listen_host,
                            .port = a->settings->listen_port,
                            .loops = threads_wanted(a->settings->http_loops),
                            .workers = a->settings->api_workers,
                            .worker_queue = WORKER_QUEUE,
                            .app = a,
                            .worker_start = worker_start,
                            .worker_stop = worker_stop,
                            .authorize = app_authorize,
                            .finished = on_finished,
                            .connections_per_address = (size_t)a->settings->connections_per_address,
                            .trusted_proxies = a->settings->trusted_proxies,
                            .trusted_proxy_count = a->settings->trusted_proxy_count,
                            .clock = a->clock};
    options.routes = app_routes(&options.route_count);
    a->http = http_start(&options, e);
    return a->http != NULL;
}

/* ── up and down ── */

static void name_node(app *a) {
    char host[32] = "onus";
    unsigned char tag[4];
    if (gethostname(host, sizeof host - 1))
        (void)!snprintf(host, sizeof host, "onus");
    crypto_random(tag, sizeof tag);
    (void)!snprintf(a->node, sizeof a->node, "%s-%d-%02x%02x%02x%02x", host, (int)getpid(), tag[0], tag[1], tag[2],
                    tag[3]);
}

static bool start_committers(service *s, err *e) {
    for (size_t i = 0; i < intake_lanes(s->app.intake); i++)
        if (!(s->committers[i] = committer_start(&s->app, i, e)))
            return false;
    return true;
}

static bool committers_are_live(const service *s, usec now) {
    for (size_t i = 0; i < LANES_MAX; i++)
        if (s->committers[i] && !committer_is_live(s->committers[i], now))
            return false;
    return true;
}

static bool start_threads(service *s) {
    app *a = &s->app;
    err e = {0};
    a->metrics = metrics_new(a->channels);
    a->intake = intake_new((size_t)threads_wanted(a->settings->committers));
    bool ok = (a->dispatcher = dispatcher_start(a, &e)) && start_committers(s, &e) &&
              (a->parser = parser_start(a, &e)) && (a->database_state = database_state_start(a, &e)) &&
              (a->ticker = ticker_start(a, &e)) && start_server(s, &e);
    if (!ok)
        log_error(a->log, "cannot start", "error", e.text);
    return ok;
}

/* Before a cluster is made, or a database is waited for. */
static bool find_port_free(const app *a) {
    err e = {0};
    if (http_may_listen(a->settings->listen_host, a->settings->listen_port, &e))
        return true;
    log_error(a->log, "cannot start", "error", e.text);
    return false;
}

static bool start(service *s) {
    app *a = &s->app;
    if (!load_settings(s) || !load_templates(s))
        return false;
    a->log = logger_new(STDERR_FILENO, a->settings->log_level, a->settings->log_format, a->clock);
    if (!find_port_free(a) || !start_postgres(s))
        return false;
    a->patience = patience_new(&(patience_options){.clock = a->clock, .changed = on_database, .context = s});
    s->store = app_connection(a);
    store_unhurried(s->store);
    return (s->found_database = migrate(s)) && load_chart(s) && load_handoffs(s) && fill_memory(s) && start_threads(s);
}

static void say_where(service *s) {
    app *a = &s->app;
    const char *program = s->options->program;
    const char *host = a->settings->listen_host;
    bool v6 = strchr(host, ':') != NULL, all = !*host || text_equal(host, "0.0.0.0") || text_equal(host, "::");
    char *at = arena_printf(a->settings->memory, v6 ? "[%s]:%d" : "%s:%d", host, http_port(a->http));
    log_info(a->log, "ready", "listen", at, "node", a->node, "version",
             s->options->version ? s->options->version : "unknown");
    if (isatty(STDOUT_FILENO) || s->options->local_dir) {
        if (all) /* what one can open in a browser */
            at = arena_printf(a->settings->memory, "127.0.0.1:%d", http_port(a->http));
        printf("\nOnus listens on http://%s/\n"
               "Try, in another terminal:\n"
               "  %s send drift --url http://%s        a production model degrades at 2 a.m.\n"
               "  %s send retraining --url http://%s   product wants new hyperparameters tried\n"
               "  %s send gpu --url http://%s          research needs an environment with A100 GPUs\n"
               "  then open http://%s/ in a browser. Ctrl-C stops the service and its database.\n\n",
               at, program, at, program, at, program, at, at);
        (void)fflush(stdout);
    }
    (void)sd_notifyf(0, "READY=1\nSTATUS=Listening on %s", at);
}

static bool all_live(service *s) {
    usec now = clock_monotonic(&s->app.clock);
    bool http = http_is_live(s->app.http, STALL_SECONDS * USEC_PER_SECOND);
    atomic_store(&s->app.loop_hangs, !http);
    return http && committers_are_live(s, now) && dispatcher_is_live(s->app.dispatcher, now) &&
           ticker_is_live(s->app.ticker, now) && database_state_is_live(s->app.database_state, now);
}

static void run(service *s) {
    for (;;) {
        int got = wait_for_signal(s, USEC_PER_SECOND);
        if (got == SIGTERM || got == SIGINT)
            return;
        if (got == SIGHUP)
            ticker_reload(s->app.ticker);
        if (all_live(s))
            (void)sd_notify(0, "WATCHDOG=1");
        err e = {0};
        if (s->postgres && !local_postgres_watch(s->postgres, &e))
            log_error(s->app.log, "the local database died and did not come back yet", "error", e.text);
    }
}

static void stop(service *s) {
    app *a = &s->app;
    usec grace = STOP_GRACE_SECONDS * USEC_PER_SECOND;
    (void)sd_notify(0, "STOPPING=1");
    if (a->http)
        http_stop(a->http, grace);
    parser_stop(a->parser); /* after the loops, which may give it a body until they end */
    ticker_stop(a->ticker);
    database_state_stop(a->database_state);
    if (a->intake)
        intake_close(a->intake);
    for (size_t i = 0; i < LANES_MAX; i++)
        committer_join(s->committers[i]);
    dispatcher_stop(a->dispatcher, grace);
    intake_free(a->intake);
    alert_memory_free(a->memory);
    charts_free(a->charts);
    handoff_view_free(a->handoffs);
    metrics_free(a->metrics);
    store_conn_free(s->store);
    patience_free(a->patience);
    if (s->postgres)
        local_postgres_stop(s->postgres);
    templates_free(a->templates);
    channels_free(a->channels);
    secret_release(&a->database);
    if (a->log)
        log_info(a->log, "stopped");
    logger_free(a->log);
    settings_free(a->settings);
}

int app_serve(const serve_options *options) {
    service s = {.options = options};
    s.app.steady = steady_clock_new(clock_system());
    s.app.clock = steady_clock_face(s.app.steady);
    pthread_mutex_init(&s.app.said.lock, NULL);
    name_node(&s.app);
    (void)!snprintf(s.app.user_agent, sizeof s.app.user_agent, "onus/%s",
                    options->version ? options->version : "unknown");
    sigemptyset(&s.signals);
    const int taken[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        sigaddset(&s.signals, taken[i]);
    (void)pthread_sigmask(SIG_BLOCK, &s.signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    bool up = start(&s);
    if (up) {
        say_where(&s);
        run(&s);
        log_info(s.app.log, "stopping");
    }
    stop(&s);
    steady_clock_free(s.app.steady);
    return up || s.asked_to_stop ? 0 : 1;
}
