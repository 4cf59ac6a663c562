/* The cluster is made before the first test, by the code under test, and its directory handed to the tests' processes
 * in the environment: whoever finds the name there is one of them. */
#include "pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char directory_variable[] = "ONUS_TEST_CLUSTER";

static void die(const char *what, const err *e) {
    (void)fprintf(stderr, "tests/pg: %s: %s\n", what, e->text);
    exit(1);
}

static secret with_database(const secret base, const char *name) {
    char text[1024];
    (void)snprintf(text, sizeof text, "%s dbname=%s", secret_reveal(base), name);
    return secret_from_text(text);
}

static void run(PGconn *pg, const char *sql) {
    PGresult *r = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        (void)fprintf(stderr, "tests/pg: %s: %s\n", sql, PQerrorMessage(pg));
        abort();
    }
    PQclear(r);
}

/* ── the cluster ── */

static local_postgres *cluster;
static pid_t owner;

static void make_template(void) {
    secret base = local_postgres_conninfo(cluster);
    PGconn *pg = PQconnectdb(secret_reveal(base));
    run(pg, "CREATE DATABASE migrated");
    PQfinish(pg);
    secret database = with_database(base, "migrated");
    store_conn *c = store_conn_new(database, "template", NULL);
    err e = {0};
    int applied = 0;
    if (!store_migrate(c, NOON, &applied, &e))
        die("cannot migrate", &e);
    store_conn_free(c);
    secret_release(&database);
    secret_release(&base);
}

__attribute__((constructor)) static void start_cluster(void) {
    static char directory[] = "/tmp/onus-store-XXXXXX";
    err e = {0};
    if (getenv(directory_variable) != NULL)
        return;
    if (mkdtemp(directory) == NULL || setenv(directory_variable, directory, 1) != 0)
        die("mkdtemp", &e);
    owner = getpid();
    cluster = local_postgres_start(directory, NULL, NULL, &e);
    if (cluster == NULL)
        die("cannot start PostgreSQL", &e);
    make_template();
}

__attribute__((destructor)) static void stop_cluster(void) {
    if (owner != getpid())
        return;
    local_postgres_stop(cluster);
    char command[256];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", getenv(directory_variable));
    if (system(command) != 0)
        (void)fprintf(stderr, "tests/pg: %s failed\n", command);
}

/* ── one test ── */

static pg_test begin(const char *how) {
    pg_test t = {.a = arena_new(), .now = NOON};
    secret base;
    err e = {0};
    if (!local_postgres_find(getenv(directory_variable), &base, &e))
        die("no cluster", &e);
    PGconn *pg = PQconnectdb(secret_reveal(base));
    char name[32], sql[128];
    (void)snprintf(name, sizeof name, "test_%ld", (long)getpid());
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s %s", name, how);
    run(pg, sql);
    PQfinish(pg);
    t.database = with_database(base, name);
    secret_release(&base);
    t.one = store_conn_new(t.database, "node-one", NULL);
    t.two = store_conn_new(t.database, "node-two", NULL);
    store_unhurried(t.one); /* tests take larger batches than the service */
    store_unhurried(t.two);
    t.raw = PQconnectdb(secret_reveal(t.database));
    return t;
}

pg_test pg_begin(void) {
    return begin("TEMPLATE migrated");
}

pg_test pg_begin_empty(void) {
    return begin("");
}

void pg_end(pg_test *t) {
    store_conn_free(t->one);
    store_conn_free(t->two);
    PQfinish(t->raw);
    secret_release(&t->database);
    arena_free(t->a);
}

const char *pg_value(pg_test *t, const char *sql) {
    PGresult *r = PQexec(t->raw, sql);
    cr_assert(PQresultStatus(r) == PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(t->raw));
    const char *value = PQntuples(r) > 0 ? arena_strdup(t->a, PQgetvalue(r, 0, 0)) : "(no row)";
    PQclear(r);
    return value;
}

int64_t pg_number(pg_test *t, const char *sql) {
    return atoll(pg_value(t, sql));
}

void pg_do(pg_test *t, const char *sql) {
    run(t->raw, sql);
}

/* Allocates nothing: whoever waits uses the test's arena. */
void pg_wait_for_a_waiter(pg_test *t) {
    for (bool waits = false; !waits; usleep(1000)) {
        PGresult *r = PQexec(t->raw, "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                                     "WHERE NOT l.granted AND a.datname = current_database()");
        cr_assert_eq(PQresultStatus(r), PGRES_TUPLES_OK, "%s", PQerrorMessage(t->raw));
        waits = PQntuples(r) > 0;
        PQclear(r);
    }
}

/* ── samples ── */

static const contact responsible_contacts[] = {{"slack-mlops", ""}, {"mail", "mlops@example.com"}};
static const contact accountable_contacts[] = {{"mail", "head@example.com"}};
static const party responsible = {"mlops-engineer", "MLOps Engineer", "mlops", "MLOps", responsible_contacts, 2};
static const party informed = {"vp", "VP Engineering", "leadership", "Leadership", NULL, 0};
static const chart_role role;
static const chart_role *const roles[] = {&role};
static chart_row row = {.id = "row",
                        .name = "A row",
                        .loop = LOOP_SYSTEM,
                        .responsible = roles,
                        .responsible_count = 1,
                        .accountable = &role,
                        .runbook = "https://runbook.example/1",
                        .consult = CONSULT_POSTMORTEM,
                        .acknowledge_within = 15 * USEC_PER_MINUTE,
                        .acknowledge_expires = 4 * USEC_PER_HOUR,
                        .decide_within = 20 * USEC_PER_MINUTE,
                        .reopen_after = 10 * USEC_PER_MINUTE};
static chart one_row = {.revision = 7, .digest = "d", .rows = &row, .row_count = 1};

static decide_context context_of(const pg_test *t) {
    return (decide_context){.chart = &one_row, .now = t->now, .message_lifetime = USEC_PER_DAY, .node = "here"};
}

static const char * or (const char *text, const char *otherwise) {
    return text != NULL ? text : otherwise;
}

prepared_event pg_event(pg_test *t, const sample *s) {
    event *e = ARENA_NEW(t->a, event);
    label pairs[] = {{"alertname", or (s->title, "Latency")}, {"service", "fraud"}};
    label notes[] = {{"summary", "It is “slow”, {\"really\"} \\ slow\n"}};
    *e = (event){.kind = s->kind,
                 .source = "alertmanager",
                 .key = or (s->key, "a"),
                 .labels = labels_from_pairs(t->a, pairs, 2),
                 .annotations = labels_from_pairs(t->a, notes, 1),
                 .title = or (s->title, "Latency"),
                 .starts_at = s->starts_at != 0 ? s->starts_at : t->now,
                 .ends_at = s->kind == EVENT_RESOLVED ? t->now : 0,
                 .expires_at = s->expires_at,
                 .starts_at_given = true,
                 .link = "https://prometheus.example/graph",
                 .actor = "",
                 .note = "",
                 .began_at = t->now - 1};
    route r = {.row = &row,
               .severity = s->severity,
               .service = "fraud",
               .raci = {.responsible = &responsible,
                        .responsible_count = 1,
                        .accountable = {"head", "Head of MLOps", "heads", "Heads", accountable_contacts, 1},
                        .informed = &informed,
                        .informed_count = 1},
               .group_key = or (s->group, "row|a")};
    return (prepared_event){.event = e, .route = r, .content_hash = event_content_hash(e), .unheard = s->unheard};
}

typedef struct deciding_job {
    decide_context context;
    arena *a;
    const prepared_event *events;
    size_t count;
    int decisions;
} deciding_job;

static void decide_them(void *context, world *w, changes *out) {
    deciding_job *job = context;
    job->decisions++;
    decide_events(&job->context, w, job->events, job->count, job->a, out);
}

bool pg_commit_as(pg_test *t, store_conn *c, const prepared_event *events, size_t count, changes *out, err *e) {
    deciding_job job = {context_of(t), t->a, events, count, 0};
    intake_batch batch = {.events = events, .event_count = count, .handoffs_serial = t->handoffs_serial};
    bool ok = store_commit_events(c, &batch, &(store_decider){decide_them, &job}, t->now, LEASE, t->a, out, e);
    t->decisions = job.decisions;
    return ok;
}

changes pg_commit(pg_test *t, const sample *samples, size_t count) {
    prepared_event *events = ARENA_ARRAY(t->a, prepared_event, count);
    for (size_t i = 0; i < count; i++)
        events[i] = pg_event(t, &samples[i]);
    changes done = {0};
    err e = {0};
    cr_assert(pg_commit_as(t, t->one, events, count, &done, &e), "%s", e.text);
    return done;
}

typedef struct acting_job {
    decide_context context;
    action act;
} acting_job;

static bool act_on(void *context, world *w, incident *i, arena *a, changes *out, err *e) {
    acting_job *job = context;
    return decide_action(&job->context, w, i, &job->act, a, out, e);
}

bool pg_act(pg_test *t, store_conn *c, int64_t incident, action_kind kind, changes *out, err *e) {
    acting_job job = {context_of(t), {.kind = kind, .actor = "ada", .via = "api", .note = "", .to = ""}};
    return store_change_incident(c, incident, &(store_incident_decider){act_on, &job}, t->now, LEASE, t->a, out, e);
}
