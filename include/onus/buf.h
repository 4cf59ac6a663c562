/* Growing byte buffer, for building text. Holds a NUL after its last byte, always.
 *
 * A buffer may carry a limit; an append past it is dropped whole and latches `overflow`, checked once at the end. */
#ifndef ONUS_BUF_H
#define ONUS_BUF_H

#include "onus/arena.h"

#include <stdint.h>

typedef struct buf {
    char *data; /* "" when empty; owned by the buffer */
    size_t len, cap;
    size_t limit; /* 0: none */
    bool overflow;
} buf;

void buf_init(buf *b);
void buf_release(buf *b);
void buf_clear(buf *b); /* keeps the memory */

void buf_put(buf *b, const char *bytes, size_t len);
void buf_puts(buf *b, const char *text);
void buf_putc(buf *b, char c);
void buf_printf(buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_put_int(buf *b, int64_t value);

/* "text" with the quotes and JSON escapes (RFC 8259). Input must be UTF-8 without NUL. NULL gives null. */
void buf_put_json(buf *b, const char *text);
/* Text for HTML content or a quoted attribute: & < > " ' are escaped. */
void buf_put_html(buf *b, const char *text);

char *buf_to_arena(const buf *b, arena *a);
char *buf_detach(buf *b); /* the caller frees; the buffer is empty afterwards */

#endif
