/* Reading results (binary format), and the tables that say which column of the database is which member of an incident
 * or an alert. */
#ifndef ONUS_STORE_ROWS_H
#define ONUS_STORE_ROWS_H

#include "params.h"

#include "onus/message.h"

#include <libpq-fe.h>

/* Values by place; NULL gives "", 0 or false. Texts are copied into the arena. */
const char *row_text(const PGresult *r, int row, int column, arena *a);
int64_t row_int(const PGresult *r, int row, int column);
usec row_time(const PGresult *r, int row, int column);
bool row_bool(const PGresult *r, int row, int column);
/* By name; the query must have the column. */
int column_of(const PGresult *r, const char *name);

typedef enum field_kind {
    FIELD_TEXT,
    FIELD_INT64,
    FIELD_ID, /* int64_t; 0 is NULL */
    FIELD_INT32,
    FIELD_TIME,
    FIELD_STATE,
    FIELD_LOOP,
    FIELD_SEVERITY,
    FIELD_CONSULT,
    FIELD_LABELS,
    FIELD_RACI,
    FIELD_GROUP_HASH, /* of the text at the offset; written, never read */
} field_kind;

typedef struct field {
    const char *column;
    size_t offset;
    field_kind kind;
} field;

enum { FIELDS_MAX = 48 };

/* A table with the columns of one result. A column that the query does not have leaves its member empty. */
typedef struct field_reader {
    const PGresult *result;
    const field *fields;
    size_t count;
    int columns[FIELDS_MAX];
} field_reader;

extern const field incident_fields[];
extern const size_t incident_field_count;
extern const field alert_fields[];
extern const size_t alert_field_count;

void field_reader_init(field_reader *f, const PGresult *r, const field *fields, size_t count);
/* ERR_SYSTEM: the database holds what this binary does not know. `out` is zeroed first. */
MUST_USE bool field_read(const field_reader *f, int row, void *out, arena *a, err *e);

/* Bytes of the member. */
size_t field_size(const field *f);
/* One item of a column, from the member of `from`. */
void field_put(param *column, const field *f, const void *from);
param_type field_param_type(const field *f);

/* One attempt as a message's log keeps it. */
char *attempt_to_json(const delivery_result *r, arena *a);

/* The first 32 hex digits of the SHA-256 of a group key. */
enum { GROUP_HASH_BYTES = 33 };
void group_hash(const char *group_key, char out[GROUP_HASH_BYTES]);

#endif
