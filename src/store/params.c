/* Builds parameters in PostgreSQL's binary format. Binary spares escaping text inside arrays, and keeps times exact to
 * the microsecond. The one difficulty is the array header, which names the count: it is written when the array is
 * bound. */
#include "params.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define POSTGRES_EPOCH ((usec)946684800 * USEC_PER_SECOND) /* 2000-01-01 */

enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT4 = 23, OID_TEXT = 25, OID_TIMESTAMPTZ = 1184 };

static const uint32_t oids[] = {
    [PARAM_TEXT] = OID_TEXT,        [PARAM_INT] = OID_INT8,  [PARAM_INT32] = OID_INT4,
    [PARAM_TIME] = OID_TIMESTAMPTZ, [PARAM_BOOL] = OID_BOOL,
};

/* Dimensions, has-null flag, element type, length, lower bound. */
typedef struct array_header {
    uint32_t dimensions, has_null, element, length, lower_bound;
} array_header;

static void put32(buf *b, uint32_t value) {
    uint32_t be = htobe32(value);
    buf_put(b, (const char *)&be, sizeof be);
}

static void put64(buf *b, uint64_t value) {
    uint64_t be = htobe64(value);
    buf_put(b, (const char *)&be, sizeof be);
}

void params_init(params *p) {
    p->count = 0;
}

void params_release(params *p) {
    for (int i = 0; i < p->count; i++)
        buf_release(&p->items[i].value);
    p->count = 0;
}

static param *add(params *p, param_type type) {
    assert(p->count < PARAMS_MAX);
    param *one = &p->items[p->count++];
    *one = (param){.type = type};
    buf_init(&one->value);
    return one;
}

void params_text(params *p, const char *text) {
    param *one = add(p, PARAM_TEXT);
    one->null = text == NULL;
    if (text != NULL)
        buf_puts(&one->value, text);
}

void params_int(params *p, int64_t value) {
    put64(&add(p, PARAM_INT)->value, (uint64_t)value);
}

void params_int32(params *p, int32_t value) {
    put32(&add(p, PARAM_INT32)->value, (uint32_t)value);
}

void params_time(params *p, usec t) {
    param *one = add(p, PARAM_TIME);
    one->null = t == 0;
    put64(&one->value, (uint64_t)(t - POSTGRES_EPOCH));
}

param *params_column(params *p, param_type type) {
    param *c = add(p, type);
    c->is_column = true;
    array_header blank = {0};
    buf_put(&c->value, (const char *)&blank, sizeof blank);
    return c;
}

void column_null(param *c) {
    c->null = true;
    c->items++;
    put32(&c->value, UINT32_MAX);
}

void column_text(param *c, const char *text) {
    if (text == NULL) {
        column_null(c);
        return;
    }
    size_t len = strlen(text);
    c->items++;
    put32(&c->value, (uint32_t)len);
    buf_put(&c->value, text, len);
}

void column_int(param *c, int64_t value) {
    c->items++;
    if (c->type == PARAM_INT32) {
        put32(&c->value, 4);
        put32(&c->value, (uint32_t)value);
        return;
    }
    assert(c->type == PARAM_INT);
    put32(&c->value, 8);
    put64(&c->value, (uint64_t)value);
}

void column_id(param *c, int64_t id) {
    if (id == 0)
        column_null(c);
    else
        column_int(c, id);
}

void column_time(param *c, usec t) {
    if (t == 0) {
        column_null(c);
        return;
    }
    c->items++;
    put32(&c->value, 8);
    put64(&c->value, (uint64_t)(t - POSTGRES_EPOCH));
}

void column_bool(param *c, bool value) {
    c->items++;
    put32(&c->value, 1);
    buf_putc(&c->value, value ? 1 : 0);
}

void column_open(param *c) {
    c->items++;
    c->open_at = c->value.len;
    put32(&c->value, 0);
}

void column_close(param *c) {
    uint32_t len = htobe32((uint32_t)(c->value.len - c->open_at - sizeof len));
    memcpy(c->value.data + c->open_at, &len, sizeof len);
}

const char *param_bytes(param *p, int *len) {
    if (p->is_column) {
        array_header h = {htobe32(p->items > 0), htobe32(p->null), htobe32(oids[p->type]), htobe32(p->items),
                          htobe32(1)};
        memcpy(p->value.data, &h, sizeof h);
    }
    /* An empty array ends behind its element type. */
    *len = p->is_column && p->items == 0 ? (int)(3 * sizeof(uint32_t)) : (int)p->value.len;
    return p->null && !p->is_column ? NULL : p->value.data;
}
