/* Owns reading below one folder. The difficulty: a manifest that a stranger wrote names the files, so that "..", an
 * absolute path, a link that leads away, a pipe or a device must not be opened, and that what is looked at may be
 * changed at the same time. */
#include "cli/folder.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DEPTH_MAX = 16 };

bool folder_open(arena *a, const char *path, folder *out, err *e) {
    char resolved[PATH_MAX];
    if (!realpath(path, resolved))
        return err_set(e, ERR_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
    *out = (folder){arena_strdup(a, path), arena_strdup(a, resolved)};
    return true;
}

const char *folder_path(arena *a, const folder *f, const char *path) {
    size_t len = strlen(f->path);
    if (strcmp(f->path, ".") == 0)
        return arena_strdup(a, path);
    return arena_printf(a, "%s%s%s", f->path, len > 0 && f->path[len - 1] == '/' ? "" : "/", path);
}

static bool is_below(const folder *f, const char *real) {
    size_t len = strlen(f->real);
    if (len == 1) /* "/" */
        return true;
    return strncmp(real, f->real, len) == 0 && (real[len] == '/' || real[len] == '\0');
}

bool folder_find(arena *a, const folder *f, const char *path, const char **within) {
    char real[PATH_MAX];
    struct stat about;
    if (!realpath(path, real) || !is_below(f, real) || stat(real, &about) != 0)
        return false;
    const char *rest = real + strlen(f->real);
    rest += *rest == '/';
    size_t len = strlen(rest);
    while (!S_ISDIR(about.st_mode) && len > 0 && rest[len - 1] != '/')
        len--;
    *within = arena_printf(a, "%.*s%s", (int)len, rest, len > 0 && rest[len - 1] != '/' ? "/" : "");
    return true;
}

static bool resolve(const folder *f, const char *path, char real[PATH_MAX], err *e) {
    char whole[PATH_MAX];
    int len = snprintf(whole, sizeof whole, "%s/%s", f->real, path);
    if (len >= (int)sizeof whole)
        return err_set(e, ERR_LIMIT, "the path is too long");
    if (*path == '/')
        return err_set(e, ERR_DENIED, "%s is an absolute path: write it relative to the folder", path);
    if (!realpath(whole, real))
        return err_set(e, ERR_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
    if (!is_below(f, real))
        return err_set(e, ERR_DENIED, "%s leaves the folder: copy the file into it", path);
    return true;
}

/* What is resolved holds no link, so that one is there now only because somebody has put it there since. */
static int open_resolved(const char *real) {
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, .resolve = RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, real, &how, sizeof how);
    bool unknown = fd < 0 && (errno == ENOSYS || errno == EPERM); /* to a kernel before 5.6, or within a container */
    return unknown ? open(real, (int)how.flags | O_NOFOLLOW) : fd;
}

/* A device is not even opened. */
static int open_regular(const char *path, const char *real, struct stat *about, err *e) {
    *about = (struct stat){.st_mode = S_IFREG};
    int fd = stat(real, about) == 0 && S_ISREG(about->st_mode) ? open_resolved(real) : -1;
    if (fd >= 0 && fstat(fd, about) == 0 && S_ISREG(about->st_mode))
        return fd;
    const char *why = S_ISDIR(about->st_mode)    ? "it is a folder"
                      : !S_ISREG(about->st_mode) ? "it is no file"
                                                 : strerror(errno);
    err_set(e, ERR_NOT_FOUND, "cannot read %s: %s", path, why);
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool is_unchanged(const struct stat *before, const struct stat *after) {
    return before->st_dev == after->st_dev && before->st_ino == after->st_ino && before->st_size == after->st_size &&
           before->st_mtim.tv_sec == after->st_mtim.tv_sec && before->st_mtim.tv_nsec == after->st_mtim.tv_nsec;
}

bool folder_digest(arena *a, const folder *f, const char *path, handoff_file *out, err *e) {
    char real[PATH_MAX], *hex = NULL;
    struct stat before, after;
    *out = (handoff_file){.path = path};
    int fd = resolve(f, path, real, e) ? open_regular(path, real, &before, e) : -1;
    if (fd < 0)
        return false;
    err why;
    bool done =
        crypto_sha256_file(a, fd, &hex, &out->size, &why) || err_set(e, ERR_SYSTEM, "%s %.300s", path, why.text);
    close(fd);
    if (done && (stat(real, &after) != 0 || !is_unchanged(&before, &after)))
        done = err_set(e, ERR_CONFLICT, "%s was changed while it was read", path);
    out->sha256 = hex;
    return done;
}

bool folder_has(const folder *f, const char *path) {
    char whole[PATH_MAX];
    struct stat about;
    int len = snprintf(whole, sizeof whole, "%s/%s", f->real, path);
    return *path != '/' && len < (int)sizeof whole && lstat(whole, &about) == 0;
}

bool folder_read(arena *a, const folder *f, const char *path, size_t max, char **bytes, size_t *len, err *e) {
    char real[PATH_MAX];
    struct stat about;
    int fd = resolve(f, path, real, e) ? open_regular(path, real, &about, e) : -1;
    FILE *file = fd >= 0 ? fdopen(fd, "rb") : NULL;
    stream_bytes got;
    if (fd < 0)
        return false;
    if (!file || !stream_read(a, file, max, &got)) {
        err_set(e, ERR_SYSTEM, "cannot read %s: %s", path, strerror(errno));
        if (!file)
            close(fd);
        return false;
    }
    *bytes = got.bytes;
    *len = got.len;
    return !got.cut || err_set(e, ERR_LIMIT, "%s is larger than %zu KiB", path, max / 1024);
}

/* ── listing ── */

typedef struct listing {
    arena *memory;
    const folder *folder;
    const char **paths;
    size_t count, max;
} listing;

static bool is_folder_within(const folder *f, const char *path) {
    char real[PATH_MAX];
    struct stat about;
    err e;
    return resolve(f, path, real, &e) && stat(real, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool list_below(listing *l, const char *path, int depth, err *e);

static bool list_entry(listing *l, const char *path, int depth, err *e) {
    char whole[PATH_MAX];
    struct stat about;
    int len = snprintf(whole, sizeof whole, "%s/%s", l->folder->real, path);
    if (len >= (int)sizeof whole || lstat(whole, &about) != 0)
        return true; /* it went away */
    if (S_ISDIR(about.st_mode))
        return list_below(l, path, depth + 1, e);
    if (S_ISLNK(about.st_mode) && is_folder_within(l->folder, path))
        return true; /* what it holds is listed where it stands */
    if (l->count == l->max)
        return err_set(e, ERR_LIMIT, "%s holds more than %zu files", l->folder->path, l->max);
    l->paths[l->count++] = path;
    return true;
}

static bool list_below(listing *l, const char *path, int depth, err *e) {
    char whole[PATH_MAX];
    int len = snprintf(whole, sizeof whole, "%s/%s", l->folder->real, path);
    DIR *all = len < (int)sizeof whole && depth <= DEPTH_MAX ? opendir(whole) : NULL;
    if (!all)
        return err_set(e, ERR_SYSTEM, "cannot list %s/%s", l->folder->path, path);
    bool done = true;
    for (struct dirent *one = readdir(all); one && done; one = readdir(all))
        if (one->d_name[0] != '.')
            done = list_entry(l, arena_printf(l->memory, "%s%s%s", path, *path ? "/" : "", one->d_name), depth, e);
    closedir(all);
    return done;
}

static int compare_texts(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

bool folder_list(arena *a, const folder *f, size_t max, const char ***paths, size_t *count, err *e) {
    listing l = {a, f, ARENA_ARRAY(a, const char *, max), 0, max};
    if (!list_below(&l, "", 0, e))
        return false;
    if (l.count > 1)
        qsort(l.paths, l.count, sizeof *l.paths, compare_texts);
    *paths = l.paths;
    *count = l.count;
    return true;
}
