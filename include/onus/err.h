/* Errors as values: a kind that a program can act on, and one sentence for the person who must act.
 *
 * Every function that can fail for an expected reason returns bool (true: done) or a pointer (NULL: failed), is marked
 * MUST_USE, and takes `err *e` last. `e` is written only on failure and must not be NULL. Bugs assert; out of memory
 * exits (status 71, EX_OSERR): the database recovers the work. */
#ifndef ONUS_ERR_H
#define ONUS_ERR_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

typedef enum err_kind {
    ERR_NONE = 0,
    ERR_INVALID,     /* the input is wrong; sending it again changes nothing */
    ERR_LIMIT,       /* the input passes a documented bound */
    ERR_DENIED,      /* not authenticated or not allowed */
    ERR_NOT_FOUND,   /* no such thing */
    ERR_CONFLICT,    /* somebody else changed it first; load again and decide again */
    ERR_UNAVAILABLE, /* a dependency is away; try later */
    ERR_SYSTEM,      /* the operating system said no */
} err_kind;

enum { ERR_TEXT_MAX = 512 }; /* bytes, with the NUL; longer text is cut at a UTF-8 boundary */

typedef struct err {
    err_kind kind;
    char text[ERR_TEXT_MAX];
} err;

/* Fills *e and returns false, so that a function can `return err_set(e, ERR_INVALID, "…")`. */
bool err_set(err *e, err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
#ifdef __clang_analyzer__ /* it sees one file at a time, and would follow paths on which this is true */
#define err_set(...) (err_set(__VA_ARGS__), false)
#endif

/* Puts "prefix: " before the text that is there; returns false. */
bool err_prefix(err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

const char *err_kind_to_text(err_kind kind);

#ifdef __cplusplus
}
#endif

#endif
