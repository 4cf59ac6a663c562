/* The local cluster's files: directory, lock, programs, initdb.
 *
 * The difficulty is that a first start may be cut off anywhere: the cluster is made beside its place and renamed into
 * it, so that what is in place is whole; and that PostgreSQL refuses to run as root, so that everything must be open to
 * another user and to nobody else. */
#include "local.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char lock_name[] = "onus.lock";

/* What an operator may change in postgresql.conf; what must be so is given on the command line (local_postgres.c). */
static const char settings_text[] =
    "\n# Set by onus when it made this cluster. Edit freely.\n"
    "max_connections = 60\n"
    "shared_buffers = 128MB\n"
    "max_wal_size = 2GB\n"
    "checkpoint_timeout = 15min\n"
    "random_page_cost = 1.1\n"
    "max_parallel_workers_per_gather = 0\n"
    "autovacuum_naptime = 15s\n"
    "timezone = 'UTC'\n"
    "log_timezone = 'UTC'\n"
    "logging_collector = on\n"
    "log_filename = 'postgres-%a.log'\n" /* one for each day of the week, begun anew a week later */
    "log_rotation_age = 1d\n"
    "log_rotation_size = 0\n"
    "log_truncate_on_rotation = on\n"
    "log_min_error_statement = panic\n"; /* a refused statement holds alerts, which are nobody's business in a log */

void local_tell(const local_progress *p, const char *text) {
    if (p->tell != NULL)
        p->tell(p->context, text);
}

/* ── user ── */

/* getpwnam_r, as threads may run already. */
static bool find_user(const char *name, local_user *out) {
    struct passwd entry, *found = NULL;
    char room[4096];
    if (getpwnam_r(name, &entry, room, sizeof room, &found) != 0 || found == NULL)
        return false;
    out->uid = entry.pw_uid;
    out->gid = entry.pw_gid;
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    return true;
}

static bool choose_user(local_user *out, err *e) {
    *out = (local_user){.uid = geteuid(), .gid = getegid(), .name = "this user"};
    if (out->uid != 0)
        return true;
    out->change = true;
    return find_user("postgres", out) || find_user("nobody", out) ||
           err_set(e, ERR_SYSTEM, "the local database cannot run as root, and there is no user postgres or nobody");
}

/* ── directory ── */

static bool make_parents(const char *path, err *e) {
    char partial[PATH_MAX];
    if (strlen(path) >= sizeof partial)
        return err_set(e, ERR_INVALID, "the directory's name is too long");
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        memcpy(partial, path, (size_t)(slash - path));
        partial[slash - path] = '\0';
        if (mkdir(partial, 0755) != 0 && errno != EEXIST)
            return err_set(e, ERR_SYSTEM, "cannot make the directory %s: %s", partial, strerror(errno));
    }
    return true;
}

static bool is_empty(const char *directory) {
    DIR *d = opendir(directory);
    bool empty = d != NULL;
    for (struct dirent *one; d != NULL && empty && (one = readdir(d)) != NULL;)
        empty = text_equal(one->d_name, ".") || text_equal(one->d_name, "..");
    if (d != NULL)
        (void)closedir(d);
    return empty;
}

static const char *path_in(const local_cluster *c, const char *name) {
    return arena_printf(c->memory, "%s/%s", c->directory, name);
}

/* Somebody's home or the working directory must not change hands by a slip. */
static bool check_ours(const local_cluster *c, err *e) {
    if (access(path_in(c, lock_name), F_OK) == 0 || is_empty(c->directory))
        return true;
    return err_set(e, ERR_INVALID,
                   "%s holds other files; name an empty directory, or one that does not exist, for the local database",
                   c->directory);
}

/* The first directory on the way that the user cannot enter. */
static bool check_reachable(const local_cluster *c, err *e) {
    if (local_can_enter(&c->user, c->directory))
        return true;
    for (const char *slash = strchr(c->directory + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        const char *part = arena_strndup(c->memory, c->directory, (size_t)(slash - c->directory));
        if (!local_can_enter(&c->user, part))
            return err_set(
                e, ERR_SYSTEM,
                "the local database runs as user %s, who cannot enter %s: choose a directory elsewhere (such "
                "as /var/lib/onus), or let others pass with chmod o+x %s",
                c->user.name, part, part);
    }
    return err_set(e, ERR_SYSTEM, "user %s cannot enter %s", c->user.name, c->directory);
}

static bool own_directory(const local_cluster *c, const char *path, err *e) {
    if (c->user.change && chown(path, c->user.uid, c->user.gid) != 0)
        return err_set(e, ERR_SYSTEM, "cannot give %s to user %s: %s", path, c->user.name, strerror(errno));
    if (chmod(path, 0700) != 0)
        return err_set(e, ERR_SYSTEM, "cannot close %s to others: %s", path, strerror(errno));
    return true;
}

static bool make_directory(const char *directory, err *e) {
    if (!make_parents(directory, e))
        return false;
    return mkdir(directory, 0700) == 0 || errno == EEXIST ||
           err_set(e, ERR_SYSTEM, "cannot make the directory %s: %s", directory, strerror(errno));
}

/* ── lock: one service a directory ── */

/* Closed on exec: the server must not inherit it, or it would outlive us there. */
static bool take_lock(local_cluster *c, err *e) {
    const char *path = path_in(c, lock_name);
    c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (c->lock < 0)
        return err_set(e, ERR_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    if (flock(c->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    int why = errno;
    (void)close(c->lock);
    c->lock = -1;
    if (why == EWOULDBLOCK)
        return err_set(e, ERR_CONFLICT,
                       "another onus serves with the local database in %s: stop it first, or name another "
                       "directory",
                       c->directory);
    return err_set(e, ERR_SYSTEM, "cannot lock %s: %s", path, strerror(why));
}

/* ── socket ── */

/* A socket's path may have 107 bytes; below a deep directory it goes to a short place, named after the directory. */
static const char *socket_directory_for(const local_cluster *c) {
    const char *here = path_in(c, "run");
    size_t longest = sizeof(((struct sockaddr_un *)0)->sun_path) - sizeof "/.s.PGSQL.65535.lock";
    if (strlen(here) <= longest)
        return here;
    char *hash = crypto_sha256_hex(c->memory, c->directory, strlen(c->directory));
    const char *place = access("/run", W_OK) == 0 ? "/run" : "/tmp";
    return arena_printf(c->memory, "%s/onus-%.16s", place, hash);
}

/* In /tmp anybody could have made it before us. */
static bool make_socket_directory(const local_cluster *c, err *e) {
    const char *path = c->socket_directory;
    struct stat s;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_set(e, ERR_SYSTEM, "cannot make the directory %s: %s", path, strerror(errno));
    if (lstat(path, &s) != 0 || !S_ISDIR(s.st_mode) || (s.st_uid != c->user.uid && s.st_uid != geteuid()))
        return err_set(e, ERR_SYSTEM, "%s belongs to somebody else: remove it", path);
    return own_directory(c, path, e);
}

/* ── programs ── */

static bool has_programs(const char *bin) {
    char path[PATH_MAX];
    static const char *const names[] = {"initdb", "postgres"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int len = snprintf(path, sizeof path, "%s/%s", bin, names[i]);
        if (len < 0 || (size_t)len >= sizeof path || access(path, X_OK) != 0)
            return false;
    }
    return true;
}

static const char *debian_bin(const local_cluster *c, long version) {
    return arena_printf(c->memory, "/usr/lib/postgresql/%ld/bin", version);
}

static long newest_debian_version(const local_cluster *c) {
    DIR *d = opendir("/usr/lib/postgresql");
    long newest = 0;
    for (struct dirent *one; d != NULL && (one = readdir(d)) != NULL;) {
        long version = strtol(one->d_name, NULL, 10);
        if (version > newest && has_programs(debian_bin(c, version)))
            newest = version;
    }
    if (d != NULL)
        (void)closedir(d);
    return newest;
}

/* The version of the cluster that is there; 0: none yet. */
static long cluster_version(const local_cluster *c) {
    FILE *f = fopen(arena_printf(c->memory, "%s/PG_VERSION", c->data), "re");
    char text[16] = "";
    if (f != NULL) {
        if (fgets(text, sizeof text, f) == NULL)
            text[0] = '\0';
        (void)fclose(f);
    }
    return strtol(text, NULL, 10);
}

static const char *configured_bin(const local_cluster *c) {
    static const char *const places[] = {"/usr/bin/pg_config", "/usr/local/bin/pg_config",
                                         "/usr/local/pgsql/bin/pg_config"};
    char line[PATH_MAX];
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *const arguments[] = {places[i], "--bindir", NULL};
        if (access(places[i], X_OK) == 0 && local_first_line(arguments, line, sizeof line) && has_programs(line))
            return arena_strdup(c->memory, line);
    }
    return NULL;
}

static long bin_version(const char *bin) {
    char path[PATH_MAX], line[128];
    int len = snprintf(path, sizeof path, "%s/postgres", bin);
    const char *const arguments[] = {path, "--version", NULL};
    if (len < 0 || (size_t)len >= sizeof path || !local_first_line(arguments, line, sizeof line))
        return 0;
    const char *digits = strpbrk(line, "0123456789");
    return digits != NULL ? strtol(digits, NULL, 10) : 0;
}

/* A cluster that is there wants the server of its own version. */
static bool find_programs(local_cluster *c, err *e) {
    long version = cluster_version(c);
    if (version > 0 && has_programs(debian_bin(c, version))) {
        c->bin = debian_bin(c, version);
        return true;
    }
    c->bin = configured_bin(c);
    if (c->bin == NULL && newest_debian_version(c) > 0)
        c->bin = debian_bin(c, newest_debian_version(c));
    if (c->bin == NULL)
        return err_set(e, ERR_SYSTEM,
                       "PostgreSQL's server is not installed (no initdb was found): install it, on Debian "
                       "with apt-get install postgresql");
    if (version > 0 && bin_version(c->bin) != version)
        return err_set(e, ERR_SYSTEM,
                       "the cluster in %s was made by PostgreSQL %ld, but %ld is installed: install %ld "
                       "too, or move it with pg_upgrade",
                       c->data, version, bin_version(c->bin), version);
    return true;
}

/* ── initdb ── */

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *walk) {
    (void)s;
    (void)type;
    (void)walk;
    return remove(path);
}

static bool append_settings(const local_cluster *c, const char *data, err *e) {
    const char *path = arena_printf(c->memory, "%s/postgresql.conf", data);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    ssize_t len = (ssize_t)strlen(settings_text);
    bool ok = fd >= 0 && write(fd, settings_text, (size_t)len) == len && fsync(fd) == 0;
    if (!ok)
        err_set(e, ERR_SYSTEM, "cannot write %s: %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

static bool move_into_place(const local_cluster *c, const char *made, err *e) {
    int directory = open(c->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = rename(made, c->data) == 0 && directory >= 0 && fsync(directory) == 0;
    if (!ok)
        err_set(e, ERR_SYSTEM, "cannot move %s to %s: %s", made, c->data, strerror(errno));
    if (directory >= 0)
        (void)close(directory);
    return ok;
}

/* What starts that were cut off have left. */
static void remove_unfinished(const local_cluster *c) {
    DIR *d = opendir(c->directory);
    for (struct dirent *one; d != NULL && (one = readdir(d)) != NULL;) {
        if (text_starts_with(one->d_name, "new-"))
            (void)nftw(path_in(c, one->d_name), remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    if (d != NULL)
        (void)closedir(d);
}

/* In a place of its own each time: the initdb of a start that was killed may still be at work in the other. */
static bool make_cluster(const local_cluster *c, err *e) {
    const char *made = arena_printf(c->memory, "%s/new-%s", c->directory, crypto_uuid4(c->memory));
    const char *const arguments[] = {arena_printf(c->memory, "%s/initdb", c->bin),
                                     "--pgdata",
                                     made,
                                     "--username=onus",
                                     "--encoding=UTF8",
                                     "--locale=C.UTF-8",
                                     "--data-checksums",
                                     "--auth-local=trust", /* who reaches the socket's directory is root or the owner */
                                     "--auth-host=reject",
                                     NULL};
    if (!local_run(&(local_command){.arguments = arguments, .user = &c->user, .log = c->log}, e)) {
        char words[LOCAL_WORDS_BYTES];
        local_last_words(c, words);
        return err_set(e, ERR_SYSTEM, "initdb failed: %s", words);
    }
    return append_settings(c, made, e) && move_into_place(c, made, e);
}

/* ── together ── */

bool local_cluster_find(local_cluster *c, const char *directory, err *e) {
    char real[PATH_MAX];
    *c = (local_cluster){.memory = arena_new(), .lock = -1};
    if (!choose_user(&c->user, e))
        return false;
    if (realpath(directory, real) == NULL)
        return err_set(e, ERR_UNAVAILABLE, "no local database in %s: %s", directory, strerror(errno));
    c->directory = arena_strdup(c->memory, real);
    c->data = path_in(c, "data");
    c->log = path_in(c, "postgres.log");
    c->socket_directory = socket_directory_for(c);
    return true;
}

/* The log of starts and of what comes before the server's own logs; it is begun anew when it has grown. */
static void bound_log(const local_cluster *c) {
    enum { LOG_BYTES_MAX = 1024 * 1024 };
    struct stat s;
    if (lstat(c->log, &s) == 0 && s.st_size > LOG_BYTES_MAX)
        (void)unlink(c->log);
}

bool local_cluster_open(local_cluster *c, const char *directory, const local_progress *p, err *e) {
    *c = (local_cluster){.lock = -1};
    if (!make_directory(directory, e) || !local_cluster_find(c, directory, e) || !check_ours(c, e) ||
        !take_lock(c, e) || !own_directory(c, c->directory, e) || !check_reachable(c, e) ||
        !make_socket_directory(c, e) || !find_programs(c, e))
        return false;
    bound_log(c);
    remove_unfinished(c);
    if (cluster_version(c) > 0)
        return true;
    local_tell(p, arena_printf(c->memory, "making a database cluster in %s", c->data));
    return make_cluster(c, e);
}

void local_cluster_close(local_cluster *c) {
    if (c->lock >= 0)
        (void)close(c->lock);
    arena_free(c->memory);
    *c = (local_cluster){.lock = -1};
}

/* ── what is known of a running one ── */

/* Lines: pid, data directory, start time, port, socket directory … */
void local_pidfile_read(const local_cluster *c, local_pidfile *out) {
    FILE *f = fopen(arena_printf(c->memory, "%s/postmaster.pid", c->data), "re");
    char line[PATH_MAX];
    *out = (local_pidfile){0};
    for (int number = 1; f != NULL && number <= 5 && fgets(line, sizeof line, f) != NULL; number++) {
        line[strcspn(line, "\n")] = '\0';
        if (number == 1)
            out->pid = (pid_t)strtol(line, NULL, 10);
        if (number == 5)
            (void)!snprintf(out->socket_directory, sizeof out->socket_directory, "%.127s", line);
    }
    if (f != NULL)
        (void)fclose(f);
}

static void put_quoted(buf *b, const char *text) {
    buf_putc(b, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            buf_putc(b, '\\');
        buf_putc(b, *text);
    }
    buf_putc(b, '\'');
}

secret local_conninfo(const char *socket_directory, const char *database) {
    buf b;
    buf_init(&b);
    buf_puts(&b, "host=");
    put_quoted(&b, socket_directory);
    buf_printf(&b, " port=%d user=onus dbname=%s", LOCAL_SOCKET_PORT, database);
    secret made = secret_from_text(b.data);
    buf_release(&b);
    return made;
}

/* The server writes into one file before its logs are set up and into another afterwards. */
static const char *newest_log(const local_cluster *c, arena *a) {
    DIR *d = opendir(c->directory);
    const char *newest = c->log;
    struct timespec at = {0};
    for (struct dirent *one; d != NULL && (one = readdir(d)) != NULL;) {
        struct stat s;
        const char *path = arena_printf(a, "%s/%s", c->directory, one->d_name);
        if (!text_starts_with(one->d_name, "postgres") || !text_ends_with(one->d_name, ".log") || lstat(path, &s) != 0)
            continue;
        if (s.st_mtim.tv_sec > at.tv_sec || (s.st_mtim.tv_sec == at.tv_sec && s.st_mtim.tv_nsec > at.tv_nsec)) {
            at = s.st_mtim;
            newest = path;
        }
    }
    if (d != NULL)
        (void)closedir(d);
    return newest;
}

void local_last_words(const local_cluster *c, char out[LOCAL_WORDS_BYTES]) {
    arena *a = arena_new();
    const char *log = newest_log(c, a);
    FILE *f = fopen(log, "re");
    char line[LOCAL_WORDS_BYTES];
    (void)!snprintf(out, LOCAL_WORDS_BYTES, "see %.300s", log);
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *why = strstr(line, "FATAL:");
        why = why != NULL ? why : strstr(line, "PANIC:");
        why = why != NULL ? why : strstr(line, "error:");
        if (why != NULL)
            (void)!snprintf(out, LOCAL_WORDS_BYTES, "%s", why);
    }
    if (f != NULL)
        (void)fclose(f);
    arena_free(a);
}
