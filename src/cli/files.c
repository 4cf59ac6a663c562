/* Owns reading a file whole, within a bound. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

bool file_read(arena *a, const char *path, size_t max, char **bytes, size_t *len, bool *cut, err *e) {
    FILE *file = fopen(path, "rbe");
    if (!file)
        return err_set(e, ERR_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
    buf b;
    buf_init(&b);
    char block[16 * 1024];
    size_t got;
    while (b.len <= max && (got = fread(block, 1, sizeof block, file)) > 0)
        buf_put(&b, block, got);
    bool bad = ferror(file) != 0;
    int why = errno;
    (void)fclose(file);
    if (!bad) {
        *cut = b.len > max;
        *len = *cut ? max : b.len;
        *bytes = arena_alloc(a, *len + 1);
        memcpy(*bytes, b.data, *len);
        (*bytes)[*len] = '\0';
    }
    buf_release(&b);
    return !bad || err_set(e, ERR_SYSTEM, "cannot read %s: %s", path, strerror(why));
}
