/* The local cluster: made, stopped, killed, taken over, refused. Each test has a cluster of its own. */
#include "onus/local_postgres.h"
#include "onus/store.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_TICKS = 600 }; /* of 50 ms */

typedef struct local_test {
    char root[64];
    char directory[256];
    char said[1024]; /* by progress */
} local_test;

static local_test begin(void) {
    local_test t = {.root = "/tmp/onus-local-XXXXXX"};
    cr_assert(mkdtemp(t.root));
    cr_assert_eq(chmod(t.root, 0755), 0);
    (void)snprintf(t.directory, sizeof t.directory, "%s/db", t.root);
    return t;
}

static void end(const local_test *t) {
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", t->root);
    cr_expect_eq(system(command), 0);
}

static void note(void *context, const char *text) {
    local_test *t = context;
    size_t len = strlen(t->said);
    (void)snprintf(t->said + len, sizeof t->said - len, "%s|", text);
}

static local_postgres *start(local_test *t) {
    err e = {0};
    t->said[0] = '\0';
    local_postgres *p = local_postgres_start(t->directory, note, t, &e);
    cr_assert(p, "%s", e.text);
    return p;
}

static void pause_briefly(void) {
    (void)usleep(50000);
}

static pid_t postmaster(const local_test *t) {
    char path[320];
    long pid = 0;
    (void)snprintf(path, sizeof path, "%s/data/postmaster.pid", t->directory);
    FILE *f = fopen(path, "r");
    if (f) {
        if (fscanf(f, "%ld", &pid) != 1)
            pid = 0;
        (void)fclose(f);
    }
    return (pid_t)pid;
}

static bool migrated(const local_postgres *p, usec now) {
    secret database = local_postgres_conninfo(p);
    store_conn *c = store_conn_new(database, "test", NULL);
    int applied = 0;
    err e = {0};
    bool ok = store_migrate(c, now, &applied, &e);
    cr_expect(ok, "%s", e.text);
    store_conn_free(c);
    secret_release(&database);
    return ok;
}

static int64_t tokens(const local_postgres *p, const char *add) {
    secret database = local_postgres_conninfo(p);
    store_conn *c = store_conn_new(database, "test", NULL);
    arena *a = arena_new();
    err e = {0};
    char *json = NULL;
    if (add)
        cr_expect(store_add_token(c, add, add, API_ROLE_VIEWER, USEC_PER_DAY, 0, &e), "%s", e.text);
    cr_expect(store_list_tokens(c, a, &json, &e), "%s", e.text);
    int64_t count = 0;
    for (const char *at = json; at && (at = strstr(at, "\"name\"")); at++)
        count++;
    arena_free(a);
    store_conn_free(c);
    secret_release(&database);
    return count;
}

Test(local, what_was_written_is_there_after_a_stop_and_a_start) {
    local_test t = begin();
    local_postgres *p = start(&t);
    cr_expect(strstr(t.said, "making a database cluster"), "%s", t.said);
    cr_assert(migrated(p, USEC_PER_DAY));
    cr_expect_eq(tokens(p, "one"), 1);
    local_postgres_stop(p);
    cr_expect_eq(postmaster(&t), 0, "stopped");
    p = start(&t);
    cr_expect_null(strstr(t.said, "making"), "%s", t.said);
    cr_expect_eq(tokens(p, NULL), 1);
    local_postgres_stop(p);
    end(&t);
}

Test(local, the_directory_is_closed_to_others_and_nothing_listens_on_the_network) {
    local_test t = begin();
    local_postgres *p = start(&t);
    struct stat s;
    cr_assert_eq(stat(t.directory, &s), 0);
    cr_expect_eq(s.st_mode & 0777, 0700);
    char path[320];
    (void)snprintf(path, sizeof path, "%s/run", t.directory);
    cr_assert_eq(stat(path, &s), 0);
    cr_expect_eq(s.st_mode & 0777, 0700);
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)postmaster(&t));
    cr_assert_eq(stat(path, &s), 0);
    cr_expect_neq(s.st_uid, 0, "never as root");
    secret database = local_postgres_conninfo(p);
    cr_expect(strstr(secret_reveal(database), "host='/"), "a socket");
    secret_release(&database);
    local_postgres_stop(p);
    end(&t);
}

Test(local, a_second_service_on_the_same_directory_is_refused_with_a_reason) {
    local_test t = begin();
    local_postgres *p = start(&t);
    err e = {0};
    cr_expect_null(local_postgres_start(t.directory, NULL, NULL, &e));
    cr_expect_eq(e.kind, ERR_CONFLICT);
    cr_expect(strstr(e.text, "another onus"), "%s", e.text);
    cr_expect(local_postgres_watch(p, &e), "and the first is not disturbed: %s", e.text);
    local_postgres_stop(p);
    end(&t);
}

/* The service in a child, so that it can be killed as kill -9 does. */
static pid_t serve_in_child(local_test *t, bool wait_for_it) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        err e = {0};
        local_postgres *p = local_postgres_start(t->directory, NULL, NULL, &e);
        if (p && migrated(p, USEC_PER_DAY) && tokens(p, "written-before") == 1)
            (void)!write(ends[1], "x", 1);
        for (;;)
            (void)pause();
    }
    (void)close(ends[1]);
    char byte;
    if (wait_for_it)
        cr_assert_eq(read(ends[0], &byte, 1), 1);
    (void)close(ends[0]);
    return pid;
}

static void kill_child(pid_t pid) {
    cr_assert_eq(kill(pid, SIGKILL), 0);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

Test(local, after_kill_9_of_the_service_the_next_takes_the_database_over) {
    local_test t = begin();
    kill_child(serve_in_child(&t, true));
    pid_t left = postmaster(&t);
    cr_assert_gt(left, 0);
    cr_assert_eq(kill(left, 0), 0, "the database lives on");
    local_postgres *p = start(&t);
    cr_expect(strstr(t.said, "taking it over"), "%s", t.said);
    cr_expect_eq(postmaster(&t), left);
    cr_expect_eq(tokens(p, NULL), 1);
    local_postgres_stop(p);
    cr_expect_eq(postmaster(&t), 0, "an adopted one is stopped as well");
    end(&t);
}

static void kill_everything(const local_test *t) {
    char data[320], link[64], target[PATH_MAX];
    (void)snprintf(data, sizeof data, "%s/data", t->directory);
    DIR *processes = opendir("/proc");
    for (struct dirent *one; (one = readdir(processes));) {
        (void)snprintf(link, sizeof link, "/proc/%.20s/cwd", one->d_name);
        ssize_t got = readlink(link, target, sizeof target - 1);
        if (got > 0) {
            target[got] = '\0';
            if (strcmp(target, data) == 0)
                (void)kill((pid_t)atol(one->d_name), SIGKILL);
        }
    }
    (void)closedir(processes);
}

Test(local, after_kill_9_of_everything_it_recovers) {
    local_test t = begin();
    pid_t child = serve_in_child(&t, true);
    kill_child(child);
    kill_everything(&t);
    local_postgres *p = start(&t);
    cr_expect_eq(tokens(p, NULL), 1, "what was committed is there");
    local_postgres_stop(p);
    end(&t);
}

/* The number of the dead postmaster belongs to somebody else now: PostgreSQL alone would refuse to start. */
Test(local, a_pid_file_that_names_a_stranger_is_stale) {
    local_test t = begin();
    pid_t child = serve_in_child(&t, true);
    kill_child(child);
    kill_everything(&t);
    char path[320];
    (void)snprintf(path, sizeof path, "%s/data/postmaster.pid", t.directory);
    FILE *f = fopen(path, "r+");
    cr_assert(f);
    (void)fprintf(f, "%-5ld\n", (long)getpid());
    (void)fclose(f);
    local_postgres *p = start(&t);
    cr_expect_eq(tokens(p, NULL), 1);
    local_postgres_stop(p);
    end(&t);
}

static bool has_unfinished(const local_test *t) {
    DIR *d = opendir(t->directory);
    bool found = false;
    for (struct dirent *one; d && (one = readdir(d));)
        found = found || strncmp(one->d_name, "new-", 4) == 0;
    if (d)
        (void)closedir(d);
    return found;
}

Test(local, a_first_start_that_was_cut_off_is_begun_anew) {
    local_test t = begin();
    pid_t child = serve_in_child(&t, false);
    bool unfinished = false;
    for (int i = 0; i < DEADLINE_TICKS && !unfinished; i++) {
        (void)usleep(2000);
        unfinished = has_unfinished(&t);
    }
    cr_assert(unfinished, "caught in the middle");
    kill_child(child);
    local_postgres *p = start(&t);
    cr_expect(strstr(t.said, "making a database cluster"), "%s", t.said);
    cr_assert(migrated(p, USEC_PER_DAY));
    cr_expect_eq(tokens(p, "one"), 1);
    local_postgres_stop(p);
    end(&t);
}

Test(local, a_postmaster_that_dies_is_started_again) {
    local_test t = begin();
    local_postgres *p = start(&t);
    cr_assert(migrated(p, USEC_PER_DAY));
    cr_expect_eq(tokens(p, "one"), 1);
    pid_t before = postmaster(&t);
    cr_assert_eq(kill(before, SIGKILL), 0);
    err e = {0};
    bool noticed = false, back = false;
    for (int i = 0; i < DEADLINE_TICKS && !back; i++) {
        bool ok = local_postgres_watch(p, &e);
        noticed = noticed || !ok;
        back = noticed && ok;
        pause_briefly();
    }
    cr_expect(back, "%s", e.text);
    cr_expect_neq(postmaster(&t), before);
    cr_expect_eq(tokens(p, NULL), 1);
    local_postgres_stop(p);
    end(&t);
}

Test(local, a_directory_with_a_name_too_long_for_a_socket) {
    local_test t = begin();
    char deep[200];
    memset(deep, 'd', sizeof deep);
    (void)snprintf(t.directory, sizeof t.directory, "%s/%.100s/%.50s", t.root, deep, deep);
    local_postgres *p = start(&t);
    cr_assert(migrated(p, USEC_PER_DAY));
    secret found;
    err e = {0};
    cr_expect(local_postgres_find(t.directory, &found, &e), "%s", e.text);
    secret_release(&found);
    local_postgres_stop(p);
    end(&t);
}

Test(local, finding_one_that_does_not_run_says_so) {
    local_test t = begin();
    secret found;
    err e = {0};
    cr_expect_not(local_postgres_find(t.directory, &found, &e));
    cr_expect_eq(e.kind, ERR_UNAVAILABLE);
    local_postgres *p = start(&t);
    cr_expect(local_postgres_find(t.directory, &found, &e), "%s", e.text);
    secret_release(&found);
    local_postgres_stop(p);
    cr_expect_not(local_postgres_find(t.directory, &found, &e));
    cr_expect_eq(e.kind, ERR_UNAVAILABLE);
    cr_expect(strstr(e.text, "does not run"), "%s", e.text);
    end(&t);
}

Test(local, somebody_elses_directory_is_left_alone) {
    local_test t = begin();
    char path[300];
    cr_assert_eq(mkdir(t.directory, 0755), 0);
    (void)snprintf(path, sizeof path, "%s/thesis.tex", t.directory);
    cr_assert_geq(open(path, O_CREAT | O_WRONLY, 0600), 0);
    err e = {0};
    cr_expect_null(local_postgres_start(t.directory, NULL, NULL, &e));
    cr_expect_eq(e.kind, ERR_INVALID);
    cr_expect(strstr(e.text, "holds other files"), "%s", e.text);
    struct stat s;
    cr_assert_eq(stat(t.directory, &s), 0);
    cr_expect_eq(s.st_uid, geteuid());
    end(&t);
}

Test(local, a_way_that_the_servers_user_cannot_go_is_named) {
    local_test t = begin();
    if (geteuid() != 0) {
        end(&t);
        cr_skip_test("only root becomes another user");
    }
    cr_assert_eq(chmod(t.root, 0700), 0);
    err e = {0};
    cr_expect_null(local_postgres_start(t.directory, NULL, NULL, &e));
    cr_expect_eq(e.kind, ERR_SYSTEM);
    char mend[128];
    (void)snprintf(mend, sizeof mend, "chmod o+x %s", t.root);
    cr_expect(strstr(e.text, mend), "%s", e.text);
    cr_assert_eq(chmod(t.root, 0755), 0);
    local_postgres *p = start(&t);
    local_postgres_stop(p);
    end(&t);
}
