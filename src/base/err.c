/* Errors as values. Owns filling and prefixing them; what an error leads to (a status, a retry, a log line) is decided
 * by whoever gets it. The difficulty: callers pass the old text as an argument for the new one, so the text is built
 * aside first. */
#include "onus/err.h"

#include "base/utf8.h"
#include "onus/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A text that was cut by its format ("%.40s") may end in half a character, and an error may become an answer. */
static void mend_characters(char *text) {
    unsigned char *at = (unsigned char *)text, *end = at + strlen(text);
    while (at < end) {
        size_t len = utf8_read(at, end, NULL);
        if (len == 0)
            *at = '?';
        at += len > 0 ? len : 1;
    }
}

static void err_keep(err *e, char *text, int wanted) {
    if (wanted >= ERR_TEXT_MAX)
        text[text_cut(text, ERR_TEXT_MAX - 1)] = '\0';
    if (wanted < 0)
        text[0] = '\0';
    mend_characters(text);
    memcpy(e->text, text, strlen(text) + 1);
}

/* snprintf cuts at a byte, so that the last character may be half: room for a few bytes more lets text_cut see that. */
enum { SCRATCH_BYTES = ERR_TEXT_MAX + 4 };

#undef err_set
bool err_set(err *e, err_kind kind, const char *fmt, ...) {
    char text[SCRATCH_BYTES];
    va_list args;
    va_start(args, fmt);
    int wanted = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    e->kind = kind;
    err_keep(e, text, wanted);
    return false;
}

bool err_prefix(err *e, const char *fmt, ...) {
    char text[SCRATCH_BYTES];
    va_list args;
    va_start(args, fmt);
    int prefix = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (prefix < 0)
        return false;
    if ((size_t)prefix < sizeof text) {
        int rest = snprintf(text + prefix, sizeof text - (size_t)prefix, ": %s", e->text);
        prefix = rest < 0 ? prefix : prefix + rest;
    }
    err_keep(e, text, prefix);
    return false;
}

const char *err_kind_to_text(err_kind kind) {
    static const char *const names[] = {
        [ERR_NONE] = "none",
        [ERR_INVALID] = "invalid",
        [ERR_LIMIT] = "limit",
        [ERR_DENIED] = "denied",
        [ERR_NOT_FOUND] = "not_found",
        [ERR_CONFLICT] = "conflict",
        [ERR_UNAVAILABLE] = "unavailable",
        [ERR_SYSTEM] = "system",
    };
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}
