/* Which characters a matcher may hold only between quotes; shared by the reader and the printer. */
#ifndef ONUS_DOMAIN_MATCHER_TEXT_H
#define ONUS_DOMAIN_MATCHER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* White space as Unicode has it (Go's unicode.IsSpace). `*len` gets the bytes of the character at `text`, valid UTF-8.
 */
bool matcher_char_is_space(const char *text, size_t *len);
/* White space, or one of { } ! = ~ , \ " ' ` */
bool matcher_char_is_reserved(const char *text, size_t *len);

#endif
