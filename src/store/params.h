/* Parameters of one statement, in PostgreSQL's binary format: scalars, and columns (arrays) for UNNEST. */
#ifndef ONUS_STORE_PARAMS_H
#define ONUS_STORE_PARAMS_H

#include "onus/buf.h"
#include "onus/clock.h"

#include <stdint.h>

enum { PARAMS_MAX = 48 };

typedef enum param_type { PARAM_TEXT, PARAM_INT, PARAM_INT32, PARAM_TIME, PARAM_BOOL } param_type;

typedef struct param {
    buf value;
    bool null;
    bool is_column;
    param_type type;
    uint32_t items;
    size_t open_at; /* where the length of the item that is being written stands */
} param;

typedef struct params {
    int count;
    param items[PARAMS_MAX];
} params;

void params_init(params *p);
void params_release(params *p);

/* Scalars, in the order of $1, $2 …; NULL and a time of 0 give NULL. */
void params_text(params *p, const char *text);
void params_int(params *p, int64_t value);
void params_int32(params *p, int32_t value);
void params_time(params *p, usec t);

/* A column: an array that grows by one item a row. */
param *params_column(params *p, param_type type);
void column_text(param *c, const char *text); /* NULL gives NULL */
void column_int(param *c, int64_t value);     /* PARAM_INT or PARAM_INT32 */
void column_id(param *c, int64_t id);         /* 0 gives NULL */
void column_time(param *c, usec t);           /* 0 gives NULL */
void column_bool(param *c, bool value);
void column_null(param *c);
/* An item of text that is written into c->value in between. */
void column_open(param *c);
void column_close(param *c);

/* The bytes to bind; completes a column's header. */
const char *param_bytes(param *p, int *len);

#endif
