/* Owns reading a file whole, within a bound. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

bool stream_read(arena *a, FILE *file, size_t max, stream_bytes *out) {
    buf b;
    buf_init(&b);
    char block[16 * 1024];
    size_t got;
    while (b.len <= max && (got = fread(block, 1, sizeof block, file)) > 0)
        buf_put(&b, block, got);
    bool done = ferror(file) == 0;
    int why = errno;
    (void)fclose(file);
    if (done) {
        *out = (stream_bytes){.len = b.len > max ? max : b.len, .cut = b.len > max};
        out->bytes = arena_strndup(a, b.data, out->len);
    }
    buf_release(&b);
    errno = why;
    return done;
}

bool file_read(arena *a, const char *path, size_t max, char **bytes, size_t *len, bool *cut, err *e) {
    FILE *file = fopen(path, "rbe");
    stream_bytes got;
    if (!file)
        return err_set(e, ERR_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
    if (!stream_read(a, file, max, &got))
        return err_set(e, ERR_SYSTEM, "cannot read %s: %s", path, strerror(errno));
    *bytes = got.bytes;
    *len = got.len;
    *cut = got.cut;
    return true;
}
