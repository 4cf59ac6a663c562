/* The link key of a fresh `serve --local`: made once, for its owner only.
 *
 * The difficulty: two processes may start at once, and a reader must never see half a key. The key is written to a file
 * of its own name and then linked into place, which only one can win. */
#include "config/settings_table.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 32 };

static bool make_directory(arena *a, const char *path, err *e) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return true;
    const char *directory = arena_strndup(a, path, (size_t)(slash - path));
    if (mkdir(directory, 0700) == 0 || errno == EEXIST)
        return true;
    return err_set(e, ERR_SYSTEM, "cannot make the directory %s for the link key: %s", directory, strerror(errno));
}

static bool write_key(int fd, arena *a) {
    unsigned char bytes[KEY_BYTES];
    crypto_random(bytes, sizeof bytes);
    char *line = text_to_hex(a, bytes, sizeof bytes);
    size_t len = strlen(line);
    line[len] = '\n'; /* over the NUL: what is written is counted */
    bool done = write(fd, line, len + 1) == (ssize_t)len + 1 && fsync(fd) == 0;
    explicit_bzero(line, len + 1);
    explicit_bzero(bytes, sizeof bytes);
    return done;
}

static bool make_file(arena *a, const char *path, err *e) {
    unsigned char unique[8];
    crypto_random(unique, sizeof unique);
    const char *fresh = arena_printf(a, "%s.%s", path, text_to_hex(a, unique, sizeof unique));
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(e, ERR_SYSTEM, "cannot make the link key file %s: %s", path, strerror(errno));
    bool done = write_key(fd, a);
    int why = errno;
    close(fd);
    if (done && link(fresh, path) != 0 && errno != EEXIST) {
        why = errno;
        done = false;
    }
    unlink(fresh);
    return done || err_set(e, ERR_SYSTEM, "cannot write the link key file %s: %s", path, strerror(why));
}

bool link_key_file_make(const char *path, err *e) {
    if (access(path, F_OK) == 0)
        return true;
    arena *a = arena_new();
    bool done = make_directory(a, path, e) && make_file(a, path, e);
    arena_free(a);
    return done;
}
