/* MLflow's input examples as the sample's request. Leaves the schema to mlflow_signature.c. The difficulty: what a file
 * holds is told by three things together: its kind in the MLmodel (saved_input_example_info), whether parameters stand
 * beside it, and the signature, since {"inputs": …} may be a wrapper or a column of that name. */
#include "config/mlflow.h"

#include "onus/handoff_file.h"
#include "onus/json.h"
#include "onus/text.h"

#include <string.h>

enum { ROWS_MAX = 100, CELLS_MAX = 100000 }; /* the first rows are sample enough */

typedef struct example {
    const cJSON *signature; /* its inputs; NULL: unknown, or the manifest has a schema of its own */
    const char *type;       /* "dataframe", "ndarray", …; "": not said */
    bool params;            /* {"inputs": …, "params": …} */
    arena *memory;
} example;

static void append(cJSON *list, cJSON *value) {
    if (!value || !cJSON_AddItemToArray(list, value))
        mem_exhausted();
}

static void put(cJSON *object, const char *key, cJSON *value) {
    if (!value || !cJSON_AddItemToObject(object, key, value))
        mem_exhausted();
}

/* ── what the signature has ── */

static bool has_names(const example *x) {
    return x->signature && json_member(x->signature->child, "name");
}

static bool has_columns(const example *x) {
    return x->signature && !mlflow_is_tensor(x->signature->child);
}

static bool is_named(const example *x, const char *name) {
    for (const cJSON *item = has_names(x) ? x->signature->child : NULL; item; item = item->next)
        if (strcmp(json_text(item, "name"), name) == 0)
            return true;
    return false;
}

static bool is_one_column(const example *x) {
    return has_columns(x) && !has_names(x) && !x->signature->child->next;
}

static bool is_nested(const cJSON *column) {
    const char *type = json_text(column, "type");
    return strcmp(type, "array") == 0 || strcmp(type, "object") == 0;
}

static bool is_type(const example *x, const char *type) {
    return strcmp(x->type, type) == 0;
}

/* ── wrappers ── */

static const char *wrapper_of(const example *x, const cJSON *value) {
    static const char *const WRAPPERS[] = {"inputs", "instances", "dataframe_split", "dataframe_records"};
    const cJSON *first = cJSON_IsObject(value) ? value->child : NULL;
    bool with_params = first && json_member(value, "params") && first->next && !first->next->next;
    if (with_params && json_member(value, "inputs") && (x->params || !is_named(x, "inputs")))
        return "inputs";
    bool only = first && !first->next && !is_named(x, first->string) && !is_type(x, "json_object");
    for (size_t i = 0; i < sizeof WRAPPERS / sizeof *WRAPPERS && only; i++)
        if (strcmp(first->string, WRAPPERS[i]) == 0)
            return WRAPPERS[i];
    return NULL;
}

static cJSON *unwrapped(example *x, cJSON *value) {
    for (const char *key = wrapper_of(x, value); key; key = wrapper_of(x, value)) {
        cJSON *inner = cJSON_DetachItemFromObjectCaseSensitive(value, key);
        x->params = false; /* they stand outermost */
        cJSON_Delete(value);
        value = inner;
    }
    return value;
}

/* ── tables: {"columns": [...], "data": [[...], ...]}, without columns where they are only numbered ── */

static bool is_split(const example *x, const cJSON *value) {
    const cJSON *columns = json_member(value, "columns"), *data = json_member(value, "data");
    bool good = cJSON_IsArray(data) && (!data->child || cJSON_IsArray(data->child));
    if (is_type(x, "dataframe"))
        return good && (!columns || cJSON_IsArray(columns));
    return good && !*x->type && cJSON_IsArray(columns) && cJSON_IsString(columns->child) && data->child;
}

/* The column's name in the table, else in the signature; NULL: neither has one. */
static const char *column_name(const example *x, const cJSON *columns, int index) {
    const cJSON *name = columns        ? cJSON_GetArrayItem(columns, index)
                        : has_names(x) ? json_member(cJSON_GetArrayItem(x->signature, index), "name")
                                       : NULL;
    return name ? json_scalar_text(x->memory, name) : NULL;
}

/* The names of a row's values, as many as there are. */
static const char **column_names(const example *x, const cJSON *table, size_t *count) {
    const cJSON *columns = json_member(table, "columns");
    int known = cJSON_GetArraySize(columns ? columns : x->signature);
    const char **names = ARENA_ARRAY(x->memory, const char *, (size_t)known + 1);
    for (*count = 0; (int)*count < known; (*count)++) {
        names[*count] = column_name(x, columns, (int)*count);
        if (!names[*count])
            break;
    }
    return names;
}

static cJSON *row_to_record(const char *const *names, size_t count, const cJSON *row) {
    cJSON *record = cJSON_CreateObject();
    size_t i = 0;
    for (const cJSON *value = row->child; record && value && i < count; value = value->next, i++)
        put(record, names[i], cJSON_Duplicate(value, true));
    return record;
}

/* {"a": [1, 2]} for a signature of named tensors. */
static cJSON *table_to_tensors(const char *const *names, size_t count, const cJSON *data) {
    cJSON *tensors = cJSON_CreateObject();
    for (size_t i = 0; tensors && i < count; i++)
        put(tensors, names[i], cJSON_CreateArray());
    for (const cJSON *row = data->child; row; row = row->next) {
        cJSON *tensor = tensors ? tensors->child : NULL;
        for (const cJSON *value = row->child; tensor && value; value = value->next, tensor = tensor->next)
            append(tensor, cJSON_Duplicate(value, true));
    }
    return tensors;
}

static cJSON *table_to_rows(const example *x, const cJSON *table) {
    size_t count, limit = x->signature && !has_columns(x) ? SIZE_MAX : ROWS_MAX;
    const char **names = column_names(x, table, &count);
    const cJSON *data = json_member(table, "data");
    bool named = x->signature ? has_names(x) : json_member(table, "columns") != NULL;
    if (named && x->signature && !has_columns(x))
        return table_to_tensors(names, count, data);
    cJSON *rows = cJSON_CreateArray();
    for (const cJSON *row = data->child; rows && row && limit > 0; row = row->next, limit--)
        append(rows, named ? row_to_record(names, count, row)
                           : cJSON_Duplicate(is_one_column(x) && row->child ? row->child : row, true));
    return rows;
}

/* ── {"a": [1, 2], "b": [3, 4]} with columns of plain values: two rows, as pandas reads it ── */

static bool is_by_column(const example *x, const cJSON *value) {
    bool lists = false;
    if (!cJSON_IsObject(value) || !has_columns(x) || !has_names(x))
        return false;
    for (const cJSON *item = x->signature->child; item; item = item->next) {
        const char *type = json_text(item, "type");
        const cJSON *given = cJSON_GetObjectItemCaseSensitive(value, json_text(item, "name"));
        if (is_nested(item))
            return false;
        bool plain = strcmp(type, "any") != 0 && strcmp(type, "map") != 0 && strcmp(type, "sparkml_vector") != 0;
        lists = lists || (plain && cJSON_IsArray(given));
    }
    return lists;
}

/* The columns are consumed side by side. */
static cJSON *columns_to_rows(cJSON *columns) {
    cJSON *rows = cJSON_CreateArray();
    for (size_t i = 0; rows && i < ROWS_MAX; i++) {
        cJSON *row = cJSON_CreateObject();
        bool any = false;
        for (cJSON *column = columns->child; column; column = column->next) {
            cJSON *value = cJSON_IsArray(column) ? cJSON_DetachItemFromArray(column, 0) : cJSON_Duplicate(column, true);
            any = any || (value && cJSON_IsArray(column));
            if (value)
                put(row, column->string, value);
        }
        if (!any) {
            cJSON_Delete(row);
            break;
        }
        append(rows, row);
    }
    return rows;
}

/* ── sparse matrices: {"data", "indices", "indptr", "shape"} ── */

typedef struct matrix {
    const cJSON **cells; /* row by row; NULL: 0 */
    int64_t rows, columns;
} matrix;

static int64_t whole_at(const cJSON *item) {
    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < CELLS_MAX * 100.0
               ? (int64_t)item->valuedouble
               : -1;
}

/* indptr says where each row (csr) or column (csc) of the values begins and ends. */
static void fill(matrix *m, const cJSON *value, bool by_column) {
    const cJSON *data = json_member(value, "data"), *index = json_member(value, "indices"),
                *pointer = json_member(value, "indptr");
    const cJSON *cell = cJSON_IsArray(data) ? data->child : NULL, *end = cJSON_IsArray(pointer) ? pointer->child : NULL;
    index = cJSON_IsArray(index) ? index->child : NULL;
    int64_t major = -1;
    for (int64_t i = 0; cell && index && end; cell = cell->next, index = index->next, i++) {
        for (; end && whole_at(end) <= i; end = end->next)
            major++;
        int64_t minor = whole_at(index), row = by_column ? minor : major, column = by_column ? major : minor;
        if (row >= 0 && row < m->rows && column >= 0 && column < m->columns)
            m->cells[row * m->columns + column] = cell;
    }
}

static cJSON *matrix_to_lists(const matrix *m) {
    cJSON *rows = cJSON_CreateArray();
    for (int64_t i = 0; rows && i < m->rows; i++) {
        cJSON *row = cJSON_CreateArray();
        for (int64_t j = 0; row && j < m->columns; j++) {
            const cJSON *cell = m->cells[i * m->columns + j];
            append(row, cell ? cJSON_Duplicate(cell, true) : cJSON_CreateNumber(0));
        }
        append(rows, row);
    }
    return rows;
}

/* NULL when it is none, or too wide to be written out. */
static cJSON *sparse_to_lists(const example *x, const cJSON *value) {
    const cJSON *shape = json_member(value, "shape");
    if (!text_starts_with(x->type, "sparse_matrix_") || cJSON_GetArraySize(shape) != 2)
        return NULL;
    matrix m = {.rows = whole_at(shape->child), .columns = whole_at(shape->child->next)};
    if (m.rows < 0 || m.columns < 1 || m.columns > CELLS_MAX)
        return NULL;
    int64_t most = CELLS_MAX / m.columns;
    m.rows = m.rows < most ? m.rows : most;
    m.cells = ARENA_ARRAY(x->memory, const cJSON *, (size_t)(m.rows * m.columns) + 1);
    memset(m.cells, 0, (size_t)(m.rows * m.columns) * sizeof *m.cells);
    fill(&m, value, is_type(x, "sparse_matrix_csc"));
    return matrix_to_lists(&m);
}

/* An array's rows of one value each, for one column without a name. */
static void unwrap_rows(cJSON *rows) {
    for (cJSON *row = rows->child, *next; row; row = next) {
        next = row->next;
        if (!cJSON_IsArray(row) || cJSON_GetArraySize(row) != 1)
            continue;
        cJSON *value = cJSON_DetachItemFromArray(row, 0);
        if (!cJSON_ReplaceItemViaPointer(rows, row, value))
            mem_exhausted();
    }
}

static cJSON *to_request(example *x, cJSON *value) {
    cJSON *made = NULL;
    value = unwrapped(x, value);
    if (is_split(x, value))
        made = table_to_rows(x, value);
    else if (is_by_column(x, value))
        made = columns_to_rows(value);
    else
        made = sparse_to_lists(x, value);
    if (made) {
        cJSON_Delete(value);
        return made;
    }
    if (is_type(x, "ndarray") && is_one_column(x) && !is_nested(x->signature->child) && cJSON_IsArray(value))
        unwrap_rows(value);
    return value;
}

/* ── what JSON has no number for ── */

static bool is_no_number(const cJSON *value) {
    static const char *const ALL[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL && cJSON_IsNumber(value) && value->valuestring; i++)
        if (strcmp(value->valuestring, ALL[i]) == 0)
            return true;
    return false;
}

static cJSON *schema_below(const cJSON *schema, const cJSON *value, int index) {
    cJSON *items = cJSON_GetObjectItemCaseSensitive(schema, "items"),
          *property =
              value->string ? cJSON_GetObjectItemCaseSensitive(json_member(schema, "properties"), value->string) : NULL;
    if (value->string)
        return property ? property : cJSON_GetObjectItemCaseSensitive(schema, "additionalProperties");
    return cJSON_IsArray(items) ? cJSON_GetArrayItem(items, index) : items;
}

/* What is written as null for a number makes the column, which the example shows to have such, take null. */
void mlflow_settle_example(cJSON *schema, cJSON *value, bool unnamed) {
    int index = 0;
    if (is_no_number(value)) {
        if (strcmp(json_text(schema, "type"), "number") == 0)
            mlflow_make_nullable(schema);
        value->type = cJSON_NULL;
    } else if (cJSON_IsNull(value) && unnamed && schema) {
        mlflow_make_nullable(schema);
    }
    for (cJSON *item = value->child; item; item = item->next, index++)
        mlflow_settle_example(schema ? schema_below(schema, item, index) : NULL, item, unnamed && cJSON_IsArray(value));
}

/* ── putting it in ── */

static const char *info_text(const mlflow_model *m, const char *key) {
    return json_text(json_member(m->tree, "saved_input_example_info"), key);
}

const char *mlflow_example_path(const mlflow_model *m) {
    const char *path = info_text(m, "artifact_path");
    return *path ? path : NULL;
}

void handoff_add_mlflow_example(handoff_assembly *to, const mlflow_model *m, cJSON *value, const handoff_place *at) {
    err unshown; /* handoff_add_mlflow says what is wrong with the signature */
    const char *inputs = json_text(json_member(m->tree, "signature"), "inputs");
    const cJSON *own = json_member(json_member(to->manifest, "schema"), "input");
    cJSON *signature = own || !*inputs ? NULL : mlflow_signature_read(inputs, &unshown);
    example x = {signature, info_text(m, "type"), strcmp(info_text(m, "params"), "true") == 0, to->memory};
    handoff_assembly_put(to, "/schema/sample/request", to_request(&x, value), at);
    cJSON_Delete(signature);
}
