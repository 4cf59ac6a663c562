/* JSON trees: parsing behind the check, refusing duplicate keys, reading members, printing. Leaves the grammar to
 * json_check.c. The difficulty: an object may have a million members, so that duplicates are found with a hash table
 * above a few. */
#include "onus/json.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double exact_integer_max = 9007199254740992.0; /* 2^53 */

/* ── duplicate keys ── */
typedef struct key_table {
    const cJSON **slots; /* kept from object to object */
    size_t capacity;
} key_table;

enum { PAIRWISE_MAX = 16 };

static size_t member_count(const cJSON *object) {
    size_t count = 0;
    for (const cJSON *member = object->child; member; member = member->next)
        count++;
    return count;
}

static const cJSON *duplicate_among_few(const cJSON *object) {
    for (const cJSON *member = object->child; member; member = member->next)
        for (const cJSON *earlier = object->child; earlier != member; earlier = earlier->next)
            if (*member->string == *earlier->string && strcmp(member->string, earlier->string) == 0)
                return member;
    return NULL;
}

static const cJSON *duplicate_among_many(const cJSON *object, size_t count, key_table *table) {
    size_t size = 16;
    while (size < 2 * count)
        size *= 2;
    if (size > table->capacity) {
        free(table->slots);
        table->slots = mem_alloc(size * sizeof(const cJSON *));
        table->capacity = size;
    }
    memset(table->slots, 0, size * sizeof(const cJSON *));
    for (const cJSON *member = object->child; member; member = member->next) {
        size_t slot = hash_bytes(member->string, strlen(member->string), 0) & (size - 1);
        for (; table->slots[slot]; slot = (slot + 1) & (size - 1))
            if (strcmp(table->slots[slot]->string, member->string) == 0)
                return member;
        table->slots[slot] = member;
    }
    return NULL;
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static const cJSON *find_duplicate(const cJSON *value, key_table *table) {
    if (cJSON_IsObject(value)) {
        size_t count = member_count(value);
        const cJSON *found =
            count <= PAIRWISE_MAX ? duplicate_among_few(value) : duplicate_among_many(value, count, table);
        if (found)
            return found;
    }
    for (const cJSON *child = value->child; child; child = child->next) {
        const cJSON *found = child->child ? find_duplicate(child, table) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

/* ── trees ── */
/* Where a tree under way on this thread goes; NULL: to the heap. cJSON has no argument for it. */
static _Thread_local arena *tree_memory;

static void *tree_alloc(size_t size) {
    return tree_memory ? arena_alloc(tree_memory, size) : malloc(size);
}

static void tree_free(void *block) {
    if (!tree_memory)
        free(block);
}

/* Before main, because cJSON keeps its allocator in a global that threads read without a lock. */
__attribute__((constructor)) static void set_allocator(void) {
    cJSON_InitHooks(&(cJSON_Hooks){tree_alloc, tree_free});
}

cJSON *json_parse(const char *bytes, size_t len, err *e) {
    if (!json_check(bytes, len, e))
        return NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts(bytes, len, NULL, false);
    if (!tree) {
        err_set(e, ERR_UNAVAILABLE, "the JSON could not be read: no memory for it");
        return NULL;
    }
    key_table table = {0};
    const cJSON *duplicate = find_duplicate(tree, &table);
    free(table.slots);
    if (!duplicate)
        return tree;
    err_set(e, ERR_INVALID, "not JSON: the key \"%.100s\" occurs twice in one object", duplicate->string);
    cJSON_Delete(tree);
    return NULL;
}

const cJSON *json_parse_in(arena *a, const char *bytes, size_t len, err *e) {
    tree_memory = a;
    const cJSON *tree = json_parse(bytes, len, e);
    tree_memory = NULL;
    return tree;
}

/* ── members ── */
const cJSON *json_member(const cJSON *object, const char *name) {
    const cJSON *member = cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
    return cJSON_IsNull(member) ? NULL : member;
}

const char *json_text(const cJSON *object, const char *name) {
    const cJSON *value = json_member(object, name);
    return cJSON_IsString(value) ? value->valuestring : "";
}

bool json_string(const cJSON *object, const char *name, const char **out, err *e) {
    const cJSON *member = json_member(object, name);
    if (member && !cJSON_IsString(member))
        return err_set(e, ERR_INVALID, "%s must be a string", name);
    *out = member ? member->valuestring : NULL;
    return true;
}

static bool is_exact_integer(double value) {
    return value >= -exact_integer_max && value <= exact_integer_max && trunc(value) == value;
}

int64_t json_int(const cJSON *object, const char *name, int64_t fallback) {
    const cJSON *member = json_member(object, name);
    return cJSON_IsNumber(member) && is_exact_integer(member->valuedouble) ? (int64_t)member->valuedouble : fallback;
}

bool json_bool(const cJSON *object, const char *name, bool fallback) {
    const cJSON *member = json_member(object, name);
    return cJSON_IsBool(member) ? cJSON_IsTrue(member) : fallback;
}

static bool members_equal(const cJSON *a, const cJSON *b) {
    if (member_count(a) != member_count(b))
        return false;
    for (const cJSON *member = a->child; member; member = member->next) {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(b, member->string);
        if (!other || !json_equal(member, other))
            return false;
    }
    return true;
}

static bool items_equal(const cJSON *a, const cJSON *b) {
    const cJSON *left = a->child, *right = b->child;
    for (; left && right; left = left->next, right = right->next)
        if (!json_equal(left, right))
            return false;
    return !left && !right;
}

bool json_equal(const cJSON *a, const cJSON *b) {
    if (cJSON_IsObject(a))
        return cJSON_IsObject(b) && members_equal(a, b);
    if (cJSON_IsArray(a))
        return cJSON_IsArray(b) && items_equal(a, b);
    if (cJSON_IsString(a))
        return cJSON_IsString(b) && strcmp(a->valuestring, b->valuestring) == 0;
    if (cJSON_IsNumber(a))
        return cJSON_IsNumber(b) && a->valuedouble == b->valuedouble;
    return (a->type & 0xFF) == (b->type & 0xFF);
}

/* A pointer's step, up to its / or end, against a key. */
static bool step_is(const char *step, const char *key) {
    for (; *key && *step && *step != '/'; key++, step++) {
        bool escaped = step[0] == '~' && (step[1] == '0' || step[1] == '1');
        char c = escaped ? (step[1] == '0' ? '~' : '/') : *step;
        if (c != *key)
            return false;
        step += escaped;
    }
    return !*key && (!*step || *step == '/');
}

static const cJSON *child_at(const cJSON *parent, const char *step) {
    char *end;
    if (cJSON_IsArray(parent) && *step >= '0' && *step <= '9') {
        long index = strtol(step, &end, 10);
        return (*end == '\0' || *end == '/') && index <= INT_MAX ? cJSON_GetArrayItem(parent, (int)index) : NULL;
    }
    for (const cJSON *child = cJSON_IsObject(parent) ? parent->child : NULL; child; child = child->next)
        if (step_is(step, child->string))
            return child;
    return NULL;
}

const cJSON *json_pointer_find(const cJSON *root, const char *pointer) {
    while (root && *pointer == '/') {
        root = child_at(root, ++pointer);
        pointer += strcspn(pointer, "/");
    }
    return *pointer ? NULL : root;
}

char *json_pointer_step(arena *a, const char *pointer, const char *key) {
    buf b;
    buf_init(&b);
    buf_puts(&b, pointer);
    buf_putc(&b, '/');
    for (; *key; key++)
        if (*key == '~' || *key == '/')
            buf_puts(&b, *key == '~' ? "~0" : "~1");
        else
            buf_putc(&b, *key);
    char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

/* ── printing ── */
static void print_number(buf *b, double value) {
    if (is_exact_integer(value)) {
        buf_put_int(b, (int64_t)value);
        return;
    }
    /* cJSON prints the shortest form that reads back the same, whatever the locale. */
    char text[64];
    cJSON number = {.type = cJSON_Number, .valuedouble = value, .valueint = value < 0 ? -1 : 0};
    buf_puts(b, cJSON_PrintPreallocated(&number, text, sizeof text, false) ? text : "null");
}

static void print_members(buf *b, const cJSON *parent, bool named) {
    for (const cJSON *child = parent->child; child; child = child->next) {
        if (named) {
            buf_put_json(b, child->string);
            buf_putc(b, ':');
        }
        json_print(b, child);
        if (child->next)
            buf_putc(b, ',');
    }
}

void json_print(buf *b, const cJSON *value) {
    if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
        bool named = cJSON_IsObject(value);
        buf_putc(b, named ? '{' : '[');
        print_members(b, value, named);
        buf_putc(b, named ? '}' : ']');
    } else if (cJSON_IsString(value)) {
        buf_put_json(b, value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        print_number(b, value->valuedouble);
    } else if (cJSON_IsBool(value)) {
        buf_puts(b, cJSON_IsTrue(value) ? "true" : "false");
    } else if (cJSON_IsRaw(value)) {
        buf_puts(b, value->valuestring);
    } else {
        buf_puts(b, "null");
    }
}

char *json_scalar_text(arena *a, const cJSON *value) {
    if (!value || cJSON_IsNull(value))
        return NULL;
    if (cJSON_IsString(value))
        return arena_strdup(a, value->valuestring);
    buf b;
    buf_init(&b);
    json_print(&b, value);
    char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}
