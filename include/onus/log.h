/* Log lines: one event a line, key=value or JSON, on stderr. Only the top (app, cli) logs; lower rooms report errors.
 */
#ifndef ONUS_LOG_H
#define ONUS_LOG_H

#include "onus/clock.h"

typedef enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR } log_level;
typedef enum log_format { LOG_FORMAT_KEY_VALUE, LOG_FORMAT_JSON } log_format;

typedef struct logger logger; /* thread-safe */

logger *logger_new(int fd, log_level least, log_format format, onus_clock clock);
void logger_free(logger *l);

/* Pairs of name, value (both const char *), ended by NULL. A NULL value is written as an empty one.
 * A line is cut at 8 KiB. Values are quoted and escaped where needed: a log line cannot be forged from a label. */
void log_event(logger *l, log_level level, const char *event, ...) __attribute__((sentinel));

#define log_debug(l, ...) log_event((l), LOG_LEVEL_DEBUG, __VA_ARGS__, (char *)0)
#define log_info(l, ...) log_event((l), LOG_LEVEL_INFO, __VA_ARGS__, (char *)0)
#define log_warn(l, ...) log_event((l), LOG_LEVEL_WARN, __VA_ARGS__, (char *)0)
#define log_error(l, ...) log_event((l), LOG_LEVEL_ERROR, __VA_ARGS__, (char *)0)

MUST_USE bool log_level_from_text(const char *text, log_level *out);
MUST_USE bool log_format_from_text(const char *text, log_format *out);

#endif
