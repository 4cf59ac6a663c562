/* Log lines. Owns the two spellings of a line and its length. Needs no memory of the heap, so that it works when there
 * is none. The difficulty: values come from strangers; none of them may end a line, forge a field, or move a terminal.
 */
#include "onus/log.h"

#include "onus/text.h"
#include "time_write.h"
#include "utf8.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_BYTES = 8192,
    CLOSE_BYTES = 32, /* kept for what ends a line that was cut */
};

struct logger {
    int fd;
    log_level least;
    log_format format;
    onus_clock clock;
    pthread_mutex_t lock; /* a line that the pipe takes in parts must not mix with another */
};

typedef struct line {
    char text[LINE_BYTES];
    size_t len;
    bool cut;
} line;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

logger *logger_new(int fd, log_level least, log_format format, onus_clock clock) {
    logger *l = mem_alloc(sizeof *l);
    *l = (logger){.fd = fd, .least = least, .format = format, .clock = clock};
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void logger_free(logger *l) {
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* Whole or not at all. */
static void line_put(line *out, const char *bytes, size_t len) {
    if (out->cut || len > LINE_BYTES - CLOSE_BYTES - out->len) {
        out->cut = true;
        return;
    }
    memcpy(out->text + out->len, bytes, len);
    out->len += len;
}

static void line_add(line *out, const char *text) {
    line_put(out, text, strlen(text));
}

/* What closes a line fits always. */
static void line_close(line *out, const char *text) {
    size_t len = strlen(text);
    assert(len <= LINE_BYTES - out->len);
    memcpy(out->text + out->len, text, len);
    out->len += len;
}

/* Characters that a terminal acts on, or that reorder or break what is shown. */
static bool is_unsafe(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x2069) || code == 0xfeff;
}

static void line_add_quoted(line *out, const char *value) {
    const unsigned char *at = (const unsigned char *)value;
    const unsigned char *end = at + strlen(value);
    char escaped[8];
    line_add(out, "\"");
    while (at < end && !out->cut) {
        uint32_t code = 0;
        size_t step = utf8_read(at, end, &code);
        if (!step) {
            line_add(out, "\xef\xbf\xbd");
        } else if (code == '"' || code == '\\') {
            escaped[0] = '\\';
            escaped[1] = (char)code;
            line_put(out, escaped, 2);
        } else if (code == '\n') {
            line_add(out, "\\n");
        } else if (is_unsafe(code)) {
            (void)snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)(code & 0xffff));
            line_add(out, escaped);
        } else {
            line_put(out, (const char *)at, step);
        }
        at += step ? step : 1;
    }
    if (out->cut)
        line_close(out, "…\"");
    else
        line_add(out, "\"");
}

static bool is_plain(const char *value) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@+,%";
    return *value && strspn(value, plain) == strlen(value) && strlen(value) < 256;
}

static void line_pair(line *out, log_format format, const char *name, const char *value) {
    bool json = format == LOG_FORMAT_JSON;
    size_t before = out->len;
    if (before > 1) /* the first follows nothing, or the opening brace */
        line_add(out, json ? "," : " ");
    line_add(out, json ? "\"" : "");
    line_add(out, name);
    line_add(out, json ? "\":" : "=");
    if (out->cut) {
        out->len = before;
        return;
    }
    if (!json && is_plain(value))
        line_add(out, value);
    else
        line_add_quoted(out, value);
}

static void line_write(logger *l, const line *out) {
    size_t done = 0;
    pthread_mutex_lock(&l->lock);
    while (done < out->len) {
        ssize_t put = write(l->fd, out->text + done, out->len - done);
        if (put < 0 && errno != EINTR)
            break; /* nobody is left to tell */
        done += put > 0 ? (size_t)put : 0;
    }
    pthread_mutex_unlock(&l->lock);
}

void log_event(logger *l, log_level level, const char *event, ...) {
    if (level < l->least)
        return;
    line out = {.len = 0};
    char when[TIME_WRITE_BYTES];
    time_write(when, clock_now(&l->clock));
    if (l->format == LOG_FORMAT_JSON)
        line_add(&out, "{");
    line_pair(&out, l->format, "time", when);
    line_pair(&out, l->format, "level", level_names[level]);
    line_pair(&out, l->format, "event", event);
    va_list args;
    va_start(args, event);
    for (const char *name = va_arg(args, const char *); name && !out.cut; name = va_arg(args, const char *)) {
        const char *value = va_arg(args, const char *);
        line_pair(&out, l->format, name, value ? value : "");
    }
    va_end(args);
    line_close(&out, l->format == LOG_FORMAT_JSON ? "}\n" : "\n");
    line_write(l, &out);
}

bool log_level_from_text(const char *text, log_level *out) {
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (text_equal(text, level_names[i])) {
            *out = (log_level)i;
            return true;
        }
    }
    return false;
}

bool log_format_from_text(const char *text, log_format *out) {
    static const char *const names[] = {[LOG_FORMAT_KEY_VALUE] = "key_value", [LOG_FORMAT_JSON] = "json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (text_equal(text, names[i])) {
            *out = (log_format)i;
            return true;
        }
    }
    return false;
}
