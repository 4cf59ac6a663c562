/* The life of the local database: start, adopt, watch, stop.
 *
 * The difficulty is kill -9, of any part. Of us alone: the server lives on, and the next start adopts it. Of the server
 * alone: we start it again, which it refuses until the last orphan of the old one has gone. Of both: it recovers from
 * its log, and a pid file may name a process that is somebody else's by now. */
#include "local.h"

#include "onus/text.h"

#include <assert.h>
#include <errno.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK_MS = 50,
    TICKS_PER_SECOND = 1000 / TICK_MS,
    START_TICKS = 60 * TICKS_PER_SECOND,
    FAST_STOP_TICKS = 30 * TICKS_PER_SECOND,
    IMMEDIATE_STOP_TICKS = 10 * TICKS_PER_SECOND,
    SPAWNS_MIN = 3,
    MAKE_TRIES = 3 * TICKS_PER_SECOND,
};

static const char database_name[] = "onus";

struct local_postgres {
    local_cluster cluster;
    pid_t pid;  /* of the postmaster; 0: none */
    bool child; /* started by us: we must reap it */
    bool ready;
};

static void tick(void) {
    struct timespec left = {.tv_nsec = TICK_MS * 1000000L};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* ── is it there ── */

static bool is_alive(local_postgres *p) {
    if (p->pid == 0)
        return false;
    if (p->child) {
        pid_t gone = waitpid(p->pid, NULL, WNOHANG);
        if (gone == 0 || (gone < 0 && errno == EINTR))
            return true;
    } else if (local_works_in(p->pid, p->cluster.data)) {
        return true;
    }
    p->pid = 0;
    p->ready = false;
    return false;
}

static PGPing ping(const char *socket_directory) {
    secret conninfo = local_conninfo(socket_directory, "postgres");
    buf text;
    buf_init(&text);
    buf_printf(&text, "%s connect_timeout=2", secret_reveal(conninfo));
    PGPing answer = PQping(text.data);
    buf_release(&text);
    secret_release(&conninfo);
    return answer;
}

/* A server of an earlier life of ours. */
static bool adopt(local_postgres *p) {
    local_pidfile file;
    local_pidfile_read(&p->cluster, &file);
    if (file.pid <= 0 || !local_works_in(file.pid, p->cluster.data))
        return false;
    p->pid = file.pid;
    p->child = false;
    if (file.socket_directory[0] != '\0')
        p->cluster.socket_directory = arena_strdup(p->cluster.memory, file.socket_directory);
    return true;
}

/* Lock files name a process, and PostgreSQL refuses to start while there is a process of that number, be it a
 * stranger's by now or a zombie. When nobody at all works in the data directory, they are stale. */
static void remove_stale_locks(const local_postgres *p, arena *a) {
    const local_cluster *c = &p->cluster;
    if (local_anyone_works_in(c->data))
        return;
    (void)unlink(arena_printf(a, "%s/postmaster.pid", c->data));
    (void)unlink(arena_printf(a, "%s/.s.PGSQL.%d", c->socket_directory, LOCAL_SOCKET_PORT));
    (void)unlink(arena_printf(a, "%s/.s.PGSQL.%d.lock", c->socket_directory, LOCAL_SOCKET_PORT));
}

/* ── starting ── */

/* What must be so, whatever postgresql.conf says. */
static bool spawn_server(local_postgres *p, err *e) {
    const local_cluster *c = &p->cluster;
    arena *a = arena_new(); /* of this attempt: there may be many */
    const char *const arguments[] = {arena_printf(a, "%s/postgres", c->bin),
                                     "-D",
                                     c->data,
                                     "-c",
                                     "listen_addresses=",
                                     "-c",
                                     arena_printf(a, "port=%d", LOCAL_SOCKET_PORT),
                                     "-c",
                                     arena_printf(a, "unix_socket_directories=%s", c->socket_directory),
                                     "-c",
                                     "unix_socket_permissions=0700",
                                     "-c",
                                     "fsync=on",
                                     "-c",
                                     "full_page_writes=on",
                                     "-c",
                                     "synchronous_commit=on",
                                     "-c",
                                     arena_printf(a, "log_directory=%s", c->directory),
                                     NULL};
    local_command command = {.arguments = arguments, .user = &c->user, .log = c->log, .detached = true};
    remove_stale_locks(p, a);
    p->child = local_spawn(&command, &p->pid, e);
    p->ready = false;
    arena_free(a);
    return p->child;
}

static bool not_started(const local_postgres *p, const char *what, err *e) {
    char words[LOCAL_WORDS_BYTES];
    local_last_words(&p->cluster, words);
    return err_set(e, ERR_UNAVAILABLE, "PostgreSQL %s: %s", what, words);
}

static bool start_or_adopt(local_postgres *p, const local_progress *progress, err *e) {
    if (adopt(p)) {
        local_tell(progress, "PostgreSQL runs already, left by an earlier life: taking it over");
        return true;
    }
    local_tell(progress, "starting PostgreSQL");
    return spawn_server(p, e);
}

/* What is left of an earlier server may hold up a new one for a moment: it is tried again, for as long as there is
 * something, and a few times in any case. */
static bool try_again(local_postgres *p, int ticks, int *spawns, err *e) {
    if (*spawns >= SPAWNS_MIN && !local_anyone_works_in(p->cluster.data))
        return not_started(p, "ended at its start", e);
    if (ticks % TICKS_PER_SECOND != 0)
        return true;
    ++*spawns;
    return spawn_server(p, e);
}

static bool wait_until_ready(local_postgres *p, const local_progress *progress, err *e) {
    int spawns = 1;
    for (int ticks = 0; ticks < START_TICKS; ticks++) {
        tick();
        if (!is_alive(p)) {
            if (!try_again(p, ticks, &spawns, e))
                return false;
            continue;
        }
        PGPing answer = ping(p->cluster.socket_directory);
        if (answer == PQPING_OK) {
            p->ready = true;
            return true;
        }
        if (answer == PQPING_REJECT && ticks % (5 * TICKS_PER_SECOND) == TICKS_PER_SECOND)
            local_tell(progress, "PostgreSQL recovers what was cut off");
    }
    return not_started(p, "did not accept connections within 60 s", e);
}

static bool run_sql(PGconn *pg, const char *sql, int *rows, err *e) {
    PGresult *r = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(r);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!ok) {
        const char *message = PQerrorMessage(pg);
        err_set(e, ERR_UNAVAILABLE, "local database: %.*s", (int)strcspn(message, "\n"), message);
    }
    *rows = PQntuples(r);
    PQclear(r);
    return ok;
}

/* The session of a life that was killed may still be making it: then this one fails, and finds it there a moment later.
 */
static bool make_database(const local_postgres *p, err *e) {
    secret conninfo = local_conninfo(p->cluster.socket_directory, "postgres");
    bool ok = false;
    for (int tries = 0; tries < MAKE_TRIES && !ok; tries++) {
        if (tries > 0)
            tick();
        PGconn *pg = PQconnectdb(secret_reveal(conninfo));
        int rows = 0;
        ok = run_sql(pg, "SELECT FROM pg_database WHERE datname = 'onus'", &rows, e) &&
             (rows > 0 || run_sql(pg, "CREATE DATABASE onus", &rows, e));
        PQfinish(pg);
    }
    secret_release(&conninfo);
    return ok;
}

local_postgres *local_postgres_start(const char *directory, void (*progress)(void *context, const char *text),
                                     void *context, err *e) {
    local_progress steps = {progress, context};
    local_postgres *p = mem_zalloc(1, sizeof *p);
    bool ok = local_cluster_open(&p->cluster, directory, &steps, e) && start_or_adopt(p, &steps, e) &&
              wait_until_ready(p, &steps, e) && make_database(p, e);
    if (ok)
        return p;
    local_postgres_stop(p);
    return NULL;
}

secret local_postgres_conninfo(const local_postgres *p) {
    return local_conninfo(p->cluster.socket_directory, database_name);
}

bool local_postgres_find(const char *directory, secret *conninfo, err *e) {
    local_cluster c;
    local_pidfile file = {0};
    bool ok = local_cluster_find(&c, directory, e);
    if (ok) {
        local_pidfile_read(&c, &file);
        ok = file.socket_directory[0] != '\0' && ping(file.socket_directory) == PQPING_OK;
        if (!ok)
            err_set(e, ERR_UNAVAILABLE, "the local database in %s does not run: start it with onus serve --local",
                    directory);
    }
    if (ok)
        *conninfo = local_conninfo(file.socket_directory, database_name);
    local_cluster_close(&c);
    return ok;
}

/* ── watching and stopping ── */

/* Never waits: the caller feeds a watchdog. */
bool local_postgres_watch(local_postgres *p, err *e) {
    if (!is_alive(p)) {
        if (!spawn_server(p, e))
            return false;
        return not_started(p, "had died and is started again", e);
    }
    if (!p->ready)
        p->ready = ping(p->cluster.socket_directory) == PQPING_OK;
    return p->ready || err_set(e, ERR_UNAVAILABLE, "PostgreSQL is starting");
}

static bool stop_with(local_postgres *p, int signal, int ticks) {
    if (!is_alive(p))
        return true;
    (void)kill(p->pid, signal);
    for (int i = 0; i < ticks; i++) {
        if (!is_alive(p))
            return true;
        tick();
    }
    return !is_alive(p);
}

/* SIGINT: no new work, sessions end, checkpoint. SIGQUIT: at once; the next start recovers. */
void local_postgres_stop(local_postgres *p) {
    if (p == NULL)
        return;
    if (!stop_with(p, SIGINT, FAST_STOP_TICKS))
        (void)stop_with(p, SIGQUIT, IMMEDIATE_STOP_TICKS);
    local_cluster_close(&p->cluster);
    free(p);
}
