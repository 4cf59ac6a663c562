/* Owns reading below one folder. The difficulty: a manifest that a stranger wrote names the files, so that "..", an
 * absolute path, a link that leads away, a pipe or a device must not be opened. */
#include "cli/folder.h"

#include "onus/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

int folder_open_file(const folder *f, const char *path, err *e) {
    char real[PATH_MAX];
    struct stat about;
    if (!resolve(f, path, real, e))
        return -1;
    int fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
        return fd;
    err_set(e, ERR_NOT_FOUND, "cannot read %s: %s", path, fd < 0 ? strerror(errno) : "it is no file");
    if (fd >= 0)
        close(fd);
    return -1;
}

bool folder_has(const folder *f, const char *path) {
    err e;
    char real[PATH_MAX];
    struct stat about;
    return resolve(f, path, real, &e) && stat(real, &about) == 0 && S_ISREG(about.st_mode);
}

bool folder_read(arena *a, const folder *f, const char *path, size_t max, char **bytes, size_t *len, err *e) {
    char real[PATH_MAX];
    bool cut = false;
    int fd = folder_open_file(f, path, e); /* a pipe must not be waited for */
    if (fd < 0)
        return false;
    close(fd);
    if (!resolve(f, path, real, e) || !file_read(a, real, max, bytes, len, &cut, e))
        return false;
    return !cut || err_set(e, ERR_LIMIT, "%s is larger than %zu KiB", path, max / 1024);
}

/* ── listing ── */

typedef struct listing {
    arena *memory;
    const folder *folder;
    const char **paths;
    size_t count, max;
} listing;

static bool list_below(listing *l, const char *path, int depth, err *e);

static bool list_entry(listing *l, const char *path, int depth, err *e) {
    char whole[PATH_MAX];
    struct stat about;
    int len = snprintf(whole, sizeof whole, "%s/%s", l->folder->real, path);
    if (len >= (int)sizeof whole || lstat(whole, &about) != 0)
        return true; /* it went away */
    if (S_ISDIR(about.st_mode))
        return list_below(l, path, depth + 1, e);
    if (!S_ISREG(about.st_mode))
        return true;
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
