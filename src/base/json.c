/* JSON trees: what becomes of a key that occurs twice, reading members, comparing, printing. Leaves the grammar to
 * json_read.c. The difficulty: an object may have a million members, so that duplicates are found with a hash table
 * above a few. */
#include "onus/json.h"

#include "json_read.h"
#include "onus/crypto.h"
#include "onus/text.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double exact_integer_max = 9007199254740992.0; /* 2^53, which 2^53 + 1 is rounded to */

const char *json_mend_to_text(json_mend kind) {
    static const char *const NAMES[JSON_MEND_COUNT] = {[JSON_MEND_TEXT] = "text",
                                                       [JSON_MEND_KEY] = "key",
                                                       [JSON_MEND_MARK] = "mark",
                                                       [JSON_MEND_NUMBER] = "number",
                                                       [JSON_MEND_DEPTH] = "depth"};
    return NAMES[kind];
}

/* ── duplicate keys ── */
typedef struct twins {
    const json_input *in;
    cJSON **slots; /* kept from object to object */
    size_t capacity;
    const cJSON *found; /* in a strict reading: the first */
} twins;

enum { PAIRWISE_MAX = 16 };

static size_t member_count(const cJSON *object) {
    size_t count = 0;
    for (const cJSON *member = object->child; member; member = member->next)
        count++;
    return count;
}

/* The later one overrules the earlier, as in most readers. */
static void overrule(twins *t, cJSON *object, cJSON *earlier, const cJSON *later) {
    if (t->in->reading == JSON_STRICT) {
        t->found = later;
        return;
    }
    t->in->mends->count[JSON_MEND_KEY]++;
    (void)cJSON_DetachItemViaPointer(object, earlier);
    if (!t->in->memory)
        cJSON_Delete(earlier);
}

static void part_few(twins *t, cJSON *object) {
    for (cJSON *member = object->child; member && !t->found; member = member->next)
        for (cJSON *earlier = object->child; earlier != member; earlier = earlier->next)
            if (*member->string == *earlier->string && strcmp(member->string, earlier->string) == 0) {
                overrule(t, object, earlier, member);
                break;
            }
}

static void part_many(twins *t, cJSON *object, size_t count) {
    size_t size = 16;
    while (size < 2 * count)
        size *= 2;
    if (size > t->capacity) {
        free(t->slots);
        t->slots = mem_alloc(size * sizeof *t->slots);
        t->capacity = size;
    }
    memset(t->slots, 0, size * sizeof *t->slots);
    for (cJSON *member = object->child; member && !t->found; member = member->next) {
        size_t slot = hash_bytes(member->string, strlen(member->string), 0) & (size - 1);
        while (t->slots[slot] && strcmp(t->slots[slot]->string, member->string) != 0)
            slot = (slot + 1) & (size - 1);
        if (t->slots[slot])
            overrule(t, object, t->slots[slot], member);
        t->slots[slot] = member;
    }
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static void part_twins(twins *t, cJSON *value) {
    if (cJSON_IsObject(value)) {
        size_t count = member_count(value);
        if (count <= PAIRWISE_MAX)
            part_few(t, value);
        else
            part_many(t, value, count);
    }
    for (cJSON *child = value->child; child && !t->found; child = child->next)
        if (child->child)
            part_twins(t, child);
}

/* ── trees ── */
cJSON *json_read(const json_input *given, err *e) {
    json_input in = *given;
    json_mends unasked = {0};
    in.mends = in.mends ? in.mends : &unasked;
    cJSON *tree = json_read_tree(&in, e);
    if (!tree)
        return NULL;
    twins t = {.in = &in};
    part_twins(&t, tree);
    free(t.slots);
    if (!t.found)
        return tree;
    if (in.wrong_at)
        *in.wrong_at = SIZE_MAX;
    err_set(e, ERR_INVALID, "not JSON: the key \"%.100s\" occurs twice in one object", t.found->string);
    if (!in.memory)
        cJSON_Delete(tree);
    return NULL;
}

cJSON *json_parse(const char *bytes, size_t len, err *e) {
    return json_read(&(json_input){.bytes = bytes, .len = len}, e);
}

cJSON *json_parse_mended(const char *bytes, size_t len, err *e) {
    return json_read(&(json_input){.bytes = bytes, .len = len, .reading = JSON_MENDED}, e);
}

const cJSON *json_parse_in(arena *a, const char *bytes, size_t len, err *e) {
    return json_read(&(json_input){.bytes = bytes, .len = len, .memory = a}, e);
}

bool json_check(const char *bytes, size_t len, err *e) {
    cJSON *tree = json_parse(bytes, len, e);
    cJSON_Delete(tree);
    return tree != NULL;
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
    return value > -exact_integer_max && value < exact_integer_max && trunc(value) == value;
}

int64_t json_int(const cJSON *object, const char *name, int64_t fallback) {
    const cJSON *member = json_member(object, name);
    return cJSON_IsNumber(member) && is_exact_integer(member->valuedouble) ? (int64_t)member->valuedouble : fallback;
}

bool json_bool(const cJSON *object, const char *name, bool fallback) {
    const cJSON *member = json_member(object, name);
    return cJSON_IsBool(member) ? cJSON_IsTrue(member) : fallback;
}

/* As it was written; what was computed, in the shortest form that reads back the same. */
static void put_number(buf *b, const cJSON *number) {
    if (number->valuestring) {
        buf_puts(b, number->valuestring);
        return;
    }
    if (is_exact_integer(number->valuedouble)) {
        buf_put_int(b, (int64_t)number->valuedouble);
        return;
    }
    char text[64];
    buf_puts(b, cJSON_PrintPreallocated((cJSON *)(uintptr_t)number, text, sizeof text, false) ? text : "null");
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

/* A number's value as one text, whatever its spelling: sign, digits without zeros at either end, power of ten. */
static void put_value(buf *b, const cJSON *number) {
    buf digits;
    buf_init(&digits);
    put_number(&digits, number);
    size_t kept = 0;
    int64_t power = 0;
    bool fraction = false;
    const char *at = digits.data;
    for (; *at && *at != 'e' && *at != 'E'; at++) {
        bool digit = *at >= '0' && *at <= '9';
        fraction = fraction || *at == '.';
        power -= digit && fraction;
        if (digit && (kept || *at != '0')) {
            buf_putc(b, *at);
            kept++;
        }
    }
    power += *at ? strtol(at + 1, NULL, 10) : 0; /* what is past a long is as good as any */
    for (; kept && b->data[b->len - 1] == '0'; kept--, power++)
        b->data[--b->len] = '\0';
    if (kept)
        buf_printf(b, "e%lld%s", (long long)power, *digits.data == '-' ? "-" : "");
    buf_release(&digits);
}

static bool numbers_equal(const cJSON *a, const cJSON *b) {
    if (a->valuedouble != b->valuedouble)
        return false;
    buf left, right;
    buf_init(&left);
    buf_init(&right);
    put_value(&left, a);
    put_value(&right, b);
    bool equal = strcmp(left.data, right.data) == 0;
    buf_release(&left);
    buf_release(&right);
    return equal;
}

bool json_equal(const cJSON *a, const cJSON *b) {
    if (cJSON_IsObject(a))
        return cJSON_IsObject(b) && members_equal(a, b);
    if (cJSON_IsArray(a))
        return cJSON_IsArray(b) && items_equal(a, b);
    if (cJSON_IsString(a))
        return cJSON_IsString(b) && strcmp(a->valuestring, b->valuestring) == 0;
    if (cJSON_IsNumber(a))
        return cJSON_IsNumber(b) && numbers_equal(a, b);
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
        put_number(b, value);
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
