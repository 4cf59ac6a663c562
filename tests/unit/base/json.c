/* What counts as JSON, and what a body says when it is not. */
#include "onus/json.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const good[] = {
    "{}",
    "[]",
    " [ ] ",
    "[{},[],{\"a\":[]}]",
    "0",
    "-0",
    "-0.0e-0",
    "1.5",
    "1E5",
    "1e+5",
    "1.7976931348623157e308",
    "-1.7976931348623157e308",
    "17976931348623157000000000000000000000e271",
    "0.00000000000000000000000000001e330",
    "0e999999",
    "0.0e999999999999",
    "1e-400",
    "123456789012345678901234567890",
    "null",
    "true",
    "false",
    "\"\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
    "\"\\ud83d\\ude00\"",
    "\"caf\xc3\xa9 \xf0\x9f\x98\x80\"",
    "\"\x7f\"",
    "\t\r\n{\"a\" : 1 , \"b\" : [ 1 , 2 ] }\n",
    "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}",
    "{\"\":1}",
    "{\"a\":1,\"A\":2}",
    "\xef\xbb\xbf{}",
    "1e400",
    "[-1e309]",
    "1e99999999999999999999",
    "0.00000000000000000000000000000000000000000000000000000000000000001",
};

Test(json, takes) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        err e = {0};
        cr_expect(json_check(good[i], strlen(good[i]), &e), "%s: %s", good[i], e.text);
        cJSON *tree = json_parse(good[i], strlen(good[i]), &e);
        cr_expect_not_null(tree, "%s: %s", good[i], e.text);
        cJSON_Delete(tree);
    }
}

typedef struct refused_json {
    const char *bytes;
    size_t len;
    const char *says;
} refused_json;

#define BODY(text) text, sizeof(text) - 1

static const refused_json refused[] = {
    {BODY(""), "the body is empty"},
    {BODY(" \n"), "the body is empty"},
    {BODY("{"), "at byte 1: a key in quotes"},
    {BODY("["), "at byte 1: the text ends"},
    {BODY("[1"), "at byte 2: the text ends"},
    {BODY("[1,"), "at byte 3: the text ends"},
    {BODY("[1,]"), "at byte 3: a value expected"},
    {BODY("[,1]"), "at byte 1: a value expected"},
    {BODY("[1 2]"), "at byte 3: a comma or ]"},
    {BODY("[1}"), "at byte 2: a comma or ]"},
    {BODY("{\"a\":1]"), "at byte 6: a comma or }"},
    {BODY("{\"a\" 1}"), "at byte 5: a colon"},
    {BODY("{\"a\":}"), "at byte 5: a value expected"},
    {BODY("{\"a\":1,}"), "at byte 7: a key in quotes"},
    {BODY("{a:1}"), "at byte 1: a key in quotes"},
    {BODY("{'a':1}"), "at byte 1: a key in quotes"},
    {BODY("{1:1}"), "at byte 1: a key in quotes"},
    {BODY("{} {}"), "at byte 3: more text"},
    {BODY("1 x"), "at byte 2: more text"},
    {BODY("[]]"), "at byte 2: more text"},
    {BODY("]"), "at byte 0: a value expected"},
    {BODY("nul"), "at byte 0: a value expected"},
    {BODY("nulll"), "at byte 4: more text"},
    {BODY("True"), "at byte 0: a value expected"},
    {BODY("NaN"), "at byte 0: a value expected"},
    {BODY("Infinity"), "at byte 0: a value expected"},
    {BODY("01"), "at byte 0: a number with a leading zero"},
    {BODY("-01"), "at byte 1: a number with a leading zero"},
    {BODY("-"), "at byte 1: a minus without digits"},
    {BODY("+1"), "at byte 0: a value expected"},
    {BODY(".5"), "at byte 0: a value expected"},
    {BODY("1."), "at byte 2: a point without digits"},
    {BODY("1e"), "at byte 2: an exponent without digits"},
    {BODY("1e+"), "at byte 3: an exponent without digits"},
    {BODY("0x10"), "at byte 1: more text"},
    {BODY("\""), "at byte 0: a string without an end"},
    {BODY("\"abc"), "at byte 0: a string without an end"},
    {BODY("\"\\"), "at byte 2: the text ends inside a string"},
    {BODY("\"\\x41\""), "at byte 2: an unknown escape"},
    {BODY("\"\\\0\""), "at byte 2: an unknown escape"},
    {BODY("\"\\u12"), "at byte 2: \\u needs four hex digits"},
    {BODY("\"\\u12g4\""), "at byte 2: \\u needs four hex digits"},
    {BODY("\"a\\u0000b\""), "at byte 3: a NUL"},
    {BODY("\"a\0b\""), "at byte 2: a NUL"},
    {BODY("{}\0"), "at byte 2: more text"},
    {BODY("\"\\ud83d\""), "at byte 2: half of a surrogate"},
    {BODY("\"\\ud83d\\u0041\""), "at byte 2: half of a surrogate"},
    {BODY("\"\\ude00\\ud83d\""), "at byte 2: half of a surrogate"},
    {BODY("\"\\ud83d\\ud83d\""), "at byte 2: half of a surrogate"},
    {BODY("\"a\nb\""), "at byte 2: a control character"},
    {BODY("\"a\tb\""), "at byte 2: a control character"},
    {BODY("\"\xff\""), "at byte 1: not UTF-8"},
    {BODY("\"\xc0\xaf\""), "at byte 1: not UTF-8"},         /* overlong */
    {BODY("\"\xed\xa0\x80\""), "at byte 1: not UTF-8"},     /* a surrogate as bytes */
    {BODY("\"\xf4\x90\x80\x80\""), "at byte 1: not UTF-8"}, /* past U+10FFFF */
    {BODY("\"\xe2\x82"), "at byte 1: not UTF-8"},           /* cut */
    {BODY("\xc3\xa9"), "at byte 0: a value expected"},
    {BODY("[1]\x0b"), "at byte 3: more text"},
    {BODY("// c\n1"), "at byte 0: a value expected"},
    {BODY("{\n \"caf\xc3\xa9\": x}"), "at line 2, column 10: a value expected"},
    {BODY("\xef\xbb\xbf"), "the body is empty"},
    {BODY("[\"a\", \"b\\uD8"), "at byte 9: \\u needs four hex digits"},
};

Test(json, refuses_and_says_where) {
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        err e = {0};
        /* A block of its own exact size, so that reading past the end is seen. */
        char *bytes = malloc(refused[i].len ? refused[i].len : 1);
        memcpy(bytes, refused[i].bytes, refused[i].len);
        cr_expect(!json_check(bytes, refused[i].len, &e), "taken: %s", refused[i].bytes);
        cr_expect_eq(e.kind, ERR_INVALID);
        cr_expect_not_null(strstr(e.text, refused[i].says), "%s: \"%s\" lacks \"%s\"", refused[i].bytes, e.text,
                           refused[i].says);
        cr_expect_null(json_parse(bytes, refused[i].len, &e));
        free(bytes);
    }
}

/* Whichever byte stands at whichever place of a long string: the check passes plain ones eight at a time. */
Test(json, each_byte_of_a_string_is_looked_at) {
    enum { PLACES = 20 };
    for (unsigned byte = 1; byte < 256; byte++) {
        for (size_t place = 1; place < PLACES; place++) {
            char text[PLACES + 12], says[64] = "";
            memset(text, 'a', sizeof text);
            text[0] = '"';
            text[place] = (char)byte;
            text[place + 1] = '#'; /* one above the quote: a borrow marks it, too */
            text[sizeof text - 1] = '"';
            const char *why = byte == '"'    ? "more text after the value"
                              : byte == '\\' ? "an unknown escape"
                              : byte < 0x20  ? "a control character in a string"
                              : byte >= 0x80 ? "not UTF-8"
                                             : NULL;
            size_t wrong_at = place + (byte == '"' || byte == '\\');
            if (why)
                (void)snprintf(says, sizeof says, "not JSON at byte %zu: %s", wrong_at, why);
            err e = {0};
            cr_assert_eq(json_check(text, sizeof text, &e), why == NULL, "0x%02x at %zu", byte, place);
            cr_assert(!why || strcmp(e.text, says) == 0, "0x%02x at %zu: %s", byte, place, e.text);
        }
    }
}

static char *nested(size_t depth, const char *open, const char *inside, char close) {
    size_t width = strlen(open);
    char *text = calloc(depth * (width + 1) + strlen(inside) + 1, 1);
    for (size_t i = 0; i < depth; i++)
        strcat(text + i * width, open);
    strcat(text, inside);
    memset(text + strlen(text), close, depth);
    return text;
}

Test(json, nesting_is_bounded) {
    static const struct {
        size_t depth;
        const char *open, *inside;
        char close;
        bool taken;
    } cases[] = {
        {JSON_DEPTH_MAX, "[", "", ']', true},
        {JSON_DEPTH_MAX + 1, "[", "", ']', false},
        {JSON_DEPTH_MAX, "{\"a\":", "1", '}', true},
        {JSON_DEPTH_MAX + 1, "{\"a\":", "1", '}', false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = nested(cases[i].depth, cases[i].open, cases[i].inside, cases[i].close);
        err e = {0};
        cJSON *tree = json_parse(text, strlen(text), &e);
        cr_expect_eq(tree != NULL, cases[i].taken, "%zu of %s", cases[i].depth, cases[i].open);
        cJSON_Delete(tree);
        free(text);
    }
}

Test(json, a_hundred_thousand_brackets_are_refused_at_the_65th) {
    char *text = malloc(100000);
    memset(text, '[', 100000);
    err e = {0};
    cr_expect(!json_check(text, 100000, &e));
    cr_expect_str_eq(e.text, "not JSON at byte 64: nested deeper than 64 levels");
    free(text);
}

Test(json, a_key_twice_is_refused_however_it_is_spelled) {
    static const char *const twice[] = {
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"b\":2,\"\\u0061\":3}",
        "[{\"x\":{\"labels\":{\"env\":\"dev\",\"env\":\"prod\"}}}]",
        "{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0,\"10\":0,\"3\":0}",
    };
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++) {
        err e = {0};
        cr_expect_null(json_parse(twice[i], strlen(twice[i]), &e), "%s", twice[i]);
        cr_expect_eq(e.kind, ERR_INVALID);
        cr_expect_not_null(strstr(e.text, "occurs twice"), "%s", e.text);
    }
}

/* On both sides of the number of members up to which they are compared in pairs. */
Test(json, a_key_twice_is_found_among_any_number) {
    for (int count = 2; count < 40; count++) {
        for (int again = 0; again < count; again++) {
            char text[1024] = "{", says[64];
            for (int i = 0; i < count; i++)
                (void)sprintf(text + strlen(text), "\"k%d\":0,", i);
            size_t open = strlen(text);
            err e = {0};
            text[open - 1] = '}';
            cJSON *tree = json_parse(text, open, &e);
            cr_assert_not_null(tree, "%s: %s", text, e.text);
            cJSON_Delete(tree);
            text[open - 1] = ',';
            (void)sprintf(text + open, "\"k%d\":0}", again);
            (void)snprintf(says, sizeof says, "not JSON: the key \"k%d\" occurs twice in one object", again);
            cr_assert_null(json_parse(text, strlen(text), &e), "%s", text);
            cr_assert_str_eq(e.text, says);
        }
    }
}

/* ── trees in an arena ── */

static char *printed(const cJSON *tree) {
    buf b;
    buf_init(&b);
    json_print(&b, tree);
    return buf_detach(&b);
}

Test(json, a_tree_in_an_arena_is_the_same_tree) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        err e = {0};
        arena *a = arena_new();
        const cJSON *inside = json_parse_in(a, good[i], strlen(good[i]), &e);
        cJSON *outside = json_parse(good[i], strlen(good[i]), &e);
        cr_assert(inside && outside, "%s: %s", good[i], e.text);
        char *is = printed(inside), *expected = printed(outside);
        cr_expect_str_eq(is, expected);
        cJSON_Delete(outside);
        arena_free(a);
        free(is);
        free(expected);
    }
}

/* Nothing of an arena is given to free, not even what was read before the fault was seen. */
Test(json, an_arena_survives_what_is_refused) {
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        err e = {0}, same = {0};
        cr_expect_null(json_parse_in(a, refused[i].bytes, refused[i].len, &e));
        cr_expect_null(json_parse(refused[i].bytes, refused[i].len, &same));
        cr_expect_str_eq(e.text, same.text);
    }
    static const char twice[] = "{\"a\":[\"text\",{}],\"a\":1}";
    err e = {0};
    cr_expect_null(json_parse_in(a, twice, sizeof twice - 1, &e));
    cr_expect_str_eq(e.text, "not JSON: the key \"a\" occurs twice in one object");
    cr_expect_str_eq(arena_strdup(a, "alive"), "alive");
    arena_free(a);
}

/* The body with the most values a byte. */
enum { VALUES = 100000, VALUES_BYTES = 2 * VALUES + 1 };

static char *many_values(void) {
    char *text = malloc(VALUES_BYTES);
    for (size_t i = 0; i < VALUES; i++)
        memcpy(text + 2 * i, i ? ",0" : "[0", 2);
    text[VALUES_BYTES - 1] = ']';
    return text;
}

Test(json, a_tree_in_an_arena_is_bounded_and_the_only_one_there) {
    char *text = many_values();
    arena *a = arena_new();
    err e = {0};
    const cJSON *inside = json_parse_in(a, text, VALUES_BYTES, &e);
    cr_assert_not_null(inside, "%s", e.text);
    cr_expect_eq(cJSON_GetArraySize(inside), VALUES);
    size_t held = arena_bytes(a);
    cr_expect_gt(held, VALUES * sizeof(cJSON), "%zu bytes: the tree is elsewhere", held);
#if !defined(__SANITIZE_ADDRESS__) /* which puts a guard behind each block */
    cr_expect_lt(held, 41 * VALUES_BYTES + 512 * 1024, "%zu bytes, more than json.h says", held);
#endif
    cJSON *outside = json_parse(text, VALUES_BYTES, &e);
    cr_expect_eq(arena_bytes(a), held, "the next tree is there, too");
    cJSON_Delete(outside);
    arena_free(a);
    free(text);
}

static void *parse_to_the_heap(void *text) {
    enum { TREES = 20 };
    size_t right = 0;
    for (int i = 0; i < TREES; i++) {
        err e = {0};
        cJSON *tree = json_parse(text, VALUES_BYTES, &e);
        right += cJSON_GetArraySize(tree) == VALUES;
        cJSON_Delete(tree);
    }
    return right == TREES ? text : NULL;
}

/* A tree of the one thread must not land in the other's arena: free would be given it. */
Test(json, an_arena_is_its_own_thread_s) {
    char *text = many_values();
    pthread_t other;
    cr_assert_eq(pthread_create(&other, NULL, parse_to_the_heap, text), 0);
    arena *a = arena_new();
    for (int i = 0; i < 20; i++) {
        err e = {0};
        cr_assert_not_null(json_parse_in(a, text, VALUES_BYTES, &e), "%s", e.text);
        arena_reset(a);
    }
    void *right;
    pthread_join(other, &right);
    cr_expect_not_null(right);
    arena_free(a);
    free(text);
}

/* Pairwise comparison would take 10^10 steps here: the test would not come to its end. */
Test(json, a_hundred_thousand_keys_are_no_trouble, .timeout = 30) {
    buf b;
    buf_init(&b);
    buf_putc(&b, '{');
    for (int i = 0; i < 100000; i++)
        buf_printf(&b, "%s\"key%d\":%d", i ? "," : "", i, i);
    size_t open = b.len;
    buf_putc(&b, '}');
    err e = {0};
    cJSON *tree = json_parse(b.data, b.len, &e);
    cr_expect_not_null(tree, "%s", e.text);
    cJSON_Delete(tree);
    b.len = open;
    buf_puts(&b, ",\"key77777\":0}");
    cr_expect_null(json_parse(b.data, b.len, &e));
    cr_expect_str_eq(e.text, "not JSON: the key \"key77777\" occurs twice in one object");
    buf_release(&b);
}

Test(json, members) {
    static const char text[] = "{\"name\":\"drift\",\"Name\":\"other\",\"n\":12,\"big\":1e300,\"half\":0.5,"
                               "\"yes\":true,\"gone\":null,\"list\":[1,{\"a\":\"<\\u00e9>\"}]}";
    err e = {0};
    arena *a = arena_new();
    cJSON *tree = json_parse(text, strlen(text), &e);
    cr_assert_not_null(tree, "%s", e.text);
    const char *name = NULL;
    cr_expect(json_string(tree, "name", &name, &e));
    cr_expect_str_eq(name, "drift");
    cr_expect(json_string(tree, "gone", &name, &e));
    cr_expect_null(name);
    cr_expect(json_string(tree, "missing", &name, &e));
    cr_expect_null(name);
    cr_expect(!json_string(tree, "n", &name, &e));
    cr_expect_str_eq(e.text, "n must be a string");
    cr_expect_null(json_member(tree, "gone"));
    cr_expect_null(json_member(json_member(tree, "list"), "name"));
    cr_expect_null(json_member(NULL, "name"));
    cr_expect_eq(json_int(tree, "n", -1), 12);
    cr_expect_eq(json_int(tree, "big", -1), -1);
    cr_expect_eq(json_int(tree, "half", -1), -1);
    cr_expect_eq(json_int(tree, "name", -1), -1);
    cr_expect(json_bool(tree, "yes", false));
    cr_expect(json_bool(tree, "n", true));
    cr_expect_null(json_scalar_text(a, json_member(tree, "gone")));
    cr_expect_str_eq(json_scalar_text(a, json_member(tree, "name")), "drift");
    cr_expect_str_eq(json_scalar_text(a, json_member(tree, "yes")), "true");
    cr_expect_str_eq(json_scalar_text(a, json_member(tree, "half")), "0.5");
    cr_expect_str_eq(json_scalar_text(a, json_member(tree, "list")), "[1,{\"a\":\"<é>\"}]");
    cJSON_Delete(tree);
    arena_free(a);
}

Test(json, prints_what_it_read) {
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"[1736899200000, 9007199254740992, -5, -0.0]", "[1736899200000,9007199254740992,-5,-0.0]"},
        {"[0.1, 1e300, 1.5e-7, 0.97]", "[0.1,1e300,1.5e-7,0.97]"},
        {"{\"a\\nb\": [true, false, null, \"\\u0001\\\"\\\\\"]}", "{\"a\\nb\":[true,false,null,\"\\u0001\\\"\\\\\"]}"},
        {"[]", "[]"},
        {"{}", "{}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err e = {0};
        buf b;
        buf_init(&b);
        cJSON *tree = json_parse(cases[i].in, strlen(cases[i].in), &e);
        cr_assert_not_null(tree, "%s", e.text);
        json_print(&b, tree);
        cr_expect_str_eq(b.data, cases[i].out);
        cJSON_Delete(tree);
        buf_release(&b);
    }
}

static cJSON *tree_of(const char *text) {
    err e;
    cJSON *tree = json_parse(text, strlen(text), &e);
    cr_assert(tree, "%s", text);
    return tree;
}

/* What a number that was read becomes wherever it is a text again. */
Test(json, a_number_keeps_its_bytes) {
    static const char *const NUMBERS[] = {
        "1199452093415247872",
        "1199452093415247873",
        "-0",
        "0",
        "1.0",
        "1.50",
        "1e400",
        "-1E+5",
        "0e0",
        "9007199254740993",
        "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899",
    };
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        arena *a = arena_new();
        cJSON *tree = tree_of(arena_printf(a, "{\"n\":[%s]}", NUMBERS[i])), *again = cJSON_Duplicate(tree, true);
        cr_expect_str_eq(json_scalar_text(a, json_member(tree, "n")->child), NUMBERS[i]);
        cr_expect_str_eq(json_scalar_text(a, again), arena_printf(a, "{\"n\":[%s]}", NUMBERS[i]));
        cJSON_Delete(tree);
        cJSON_Delete(again);
        arena_free(a);
    }
}

Test(json, a_whole_number_is_never_another_one) {
    cJSON *tree =
        tree_of("{\"a\":9007199254740991,\"b\":9007199254740993,\"c\":-9007199254740993,\"d\":1e2,\"e\":1e400}");
    cr_expect_eq(json_int(tree, "a", -1), INT64_C(9007199254740991));
    cr_expect_eq(json_int(tree, "b", -1), -1);
    cr_expect_eq(json_int(tree, "c", -1), -1);
    cr_expect_eq(json_int(tree, "d", -1), 100);
    cr_expect_eq(json_int(tree, "e", -1), -1);
    cJSON_Delete(tree);
}

/* ── what senders send ── */

#define FFFD "\xef\xbf\xbd"

typedef struct mended_row {
    const char *what, *bytes;
    size_t len;
    const char *mended, *sent; /* the whole value as it is printed; as sent: up to its NUL, NULL: the same */
    json_mends mends;
} mended_row;

#define TEXTS(n)                                                                                                       \
    {                                                                                                                  \
        .count = { [JSON_MEND_TEXT] = (n) }                                                                            \
    }
#define KEYS(n)                                                                                                        \
    {                                                                                                                  \
        .count = { [JSON_MEND_KEY] = (n) }                                                                             \
    }
static const mended_row MENDED[] = {
    {"nothing", BODY("\"caf\xc3\xa9 \\ud83d\\ude00\""), "\"caf\xc3\xa9 \xf0\x9f\x98\x80\"", NULL, TEXTS(0)},
    {"a NUL, escaped", BODY("\"a\\u0000b\""), "\"a" FFFD "b\"",
     "\"a\xc0\x80"
     "b\"",
     TEXTS(1)},
    {"a NUL, raw", BODY("\"a\0b\""), "\"a" FFFD "b\"",
     "\"a\xc0\x80"
     "b\"",
     TEXTS(1)},
    {"half a pair", BODY("\"\\ud83d\""), "\"" FFFD "\"", "\"\xed\xa0\xbd\"", TEXTS(1)},
    {"the other half", BODY("\"\\uDE00x\""), "\"" FFFD "x\"", "\"\xed\xb8\x80x\"", TEXTS(1)},
    {"two first halves", BODY("\"\\ud83d\\ud83d\\ude00\""), "\"" FFFD "\xf0\x9f\x98\x80\"",
     "\"\xed\xa0\xbd\xf0\x9f\x98\x80\"", TEXTS(1)},
    {"half a pair and an escape", BODY("\"\\ud83d\\n\""), "\"" FFFD "\\n\"", "\"\xed\xa0\xbd\\n\"", TEXTS(1)},
    {"bytes of Latin-1", BODY("\"caf\xe9 \xff\""), "\"caf" FFFD " " FFFD "\"", "\"caf\xe9 \xff\"", TEXTS(2)},
    {"a character cut short", BODY("\"\xe2\x82\""), "\"" FFFD FFFD "\"", "\"\xe2\x82\"", TEXTS(2)},
    {"an unknown escape", BODY("\"\\d+ \\x41\""), "\"" FFFD "d+ " FFFD "x41\"",
     "\"\xc1\x9c"
     "d+ \xc1\x9cx41\"",
     TEXTS(2)},
    {"half an escape", BODY("\"\\u12\""), "\"" FFFD "u12\"", "\"\xc1\x9cu12\"", TEXTS(1)},
    {"control characters", BODY("\"a\nb\tc\x01\""), "\"a\\nb\\tc\\u0001\"", NULL, TEXTS(3)},
    {"a bad key", BODY("{\"a\\u0000\":1}"), "{\"a" FFFD "\":1}", "{\"a\xc0\x80\":1}", TEXTS(1)},
    {"a key twice", BODY("{\"a\":[\"x\"],\"b\":2,\"\\u0061\":3}"), "{\"b\":2,\"a\":3}", NULL, KEYS(1)},
    {"a key three times", BODY("[{\"a\":{\"a\":1,\"a\":2},\"a\":1,\"a\":{\"a\":3,\"a\":4}}]"), "[{\"a\":{\"a\":4}}]",
     NULL, KEYS(3)},
    {"a mark", BODY("\xef\xbb\xbf {}"), "{}", NULL, {.count = {[JSON_MEND_MARK] = 1}}},
    {"no numbers",
     BODY("[NaN,Infinity,-Infinity]"),
     "[NaN,Infinity,-Infinity]",
     NULL,
     {.count = {[JSON_MEND_NUMBER] = 3}}},
};

static void expect_mended(const mended_row *row, json_reading reading, arena *memory, const char *expected) {
    char *bytes = malloc(row->len); /* of its own exact size, so that reading past the end is seen */
    memcpy(bytes, row->bytes, row->len);
    json_mends mends = {0};
    err e = {0};
    cJSON *tree = json_read(&(json_input){bytes, row->len, reading, memory, &mends, NULL}, &e);
    cr_assert(tree, "%s: %s", row->what, e.text);
    char *is = printed(tree);
    cr_expect_str_eq(is, expected, "%s: %s, not %s", row->what, is, expected);
    cr_expect(memcmp(&mends, &row->mends, sizeof mends) == 0, "%s is counted otherwise", row->what);
    free(is);
    free(bytes);
    if (!memory)
        cJSON_Delete(tree);
}

Test(json, a_senders_mistake_costs_its_place_only) {
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof MENDED / sizeof *MENDED; i++) {
        const char *sent = MENDED[i].sent ? MENDED[i].sent : MENDED[i].mended;
        expect_mended(&MENDED[i], JSON_MENDED, NULL, MENDED[i].mended);
        expect_mended(&MENDED[i], JSON_MENDED, a, MENDED[i].mended);
        expect_mended(&MENDED[i], JSON_AS_SENT, NULL, sent);
        expect_mended(&MENDED[i], JSON_AS_SENT, a, sent);
        cr_expect_str_eq(text_mended(a, sent), MENDED[i].mended, "%s", MENDED[i].what);
    }
    arena_free(a);
}

Test(json, what_is_nested_too_deep_stays_as_its_text) {
    static const struct {
        size_t depth;
        const char *open, *inside;
        char close;
        const char *kept; /* at the bottom, as text; NULL: all is read */
    } CASES[] = {
        {JSON_DEPTH_MAX, "[", "", ']', NULL},
        {JSON_DEPTH_MAX + 1, "[", "", ']', "[]"},
        {JSON_DEPTH_MAX + 2, "[", "{\"a]\": \"\\\"}\"}", ']', "[[{\"a]\": \"\\\"}\"}]]"},
        {JSON_DEPTH_MAX + 1, "{\"a\":", "1e400", '}', "{\"a\":1e400}"},
        {JSON_DEPTH_MAX + 1, "[", "\"\xff\"", ']', "[\"" FFFD "\"]"},
        {5000, "[", "", ']', NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char *text = nested(CASES[i].depth, CASES[i].open, CASES[i].inside, CASES[i].close);
        json_mends mends = {0};
        err e = {0};
        json_input in = {.bytes = text, .len = strlen(text), .reading = JSON_AS_SENT, .mends = &mends};
        cJSON *tree = json_read(&in, &e);
        cr_assert(tree, "%zu: %s", i, e.text);
        const cJSON *bottom = tree;
        while (bottom->child)
            bottom = bottom->child;
        cr_expect_eq(mends.count[JSON_MEND_DEPTH], CASES[i].depth > JSON_DEPTH_MAX, "%zu", i);
        cr_expect(!CASES[i].kept || strcmp(bottom->valuestring, CASES[i].kept) == 0, "%zu: %s", i, bottom->valuestring);
        cJSON_Delete(tree);
        in.len--; /* without its last bracket */
        cr_expect_null(json_read(&in, &e), "%zu", i);
        free(text);
    }
}

/* What is no JSON at all stays an error, however it is read. */
Test(json, only_mistakes_within_a_value_are_mended) {
    static const char *const BROKEN[] = {"",        "{",     "[1,]", "{\"a\":1,}", "{a:1}",     "01",
                                         "+1",      ".5",    "1.",   "nan",        "True",      "-Inf",
                                         "\"\\",    "\"abc", "[] x", "\xff",       "{\"a\" 1}", "[\"a\xff\" \"b\"]",
                                         "\xfe\xff"};
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++) {
        err e = {0};
        json_input in = {BROKEN[i], strlen(BROKEN[i]), JSON_AS_SENT, NULL, NULL, NULL};
        cr_expect_null(json_read(&in, &e), "%s", BROKEN[i]);
        in.memory = a;
        cr_expect_null(json_read(&in, &e), "%s", BROKEN[i]);
        cr_expect_eq(e.kind, ERR_INVALID);
    }
    arena_free(a);
}

/* On both sides of the number of members up to which they are compared in pairs. */
Test(json, the_last_of_a_key_is_found_among_any_number) {
    for (int count = 1; count < 40; count++)
        for (int again = 0; again < count; again++) {
            buf text, expected;
            buf_init(&text);
            buf_init(&expected);
            for (int i = 0; i < count; i++) {
                buf_printf(&text, "%c\"k%d\":%d", i ? ',' : '{', i, i);
                if (i != again)
                    buf_printf(&expected, "%c\"k%d\":%d", expected.len ? ',' : '{', i, i);
            }
            buf_printf(&text, ",\"k%d\":-1}", again);
            buf_printf(&expected, "%c\"k%d\":-1}", expected.len ? ',' : '{', again);
            mended_row row = {text.data, text.data, text.len, expected.data, NULL, KEYS(1)};
            expect_mended(&row, JSON_AS_SENT, NULL, expected.data);
            buf_release(&text);
            buf_release(&expected);
        }
}

Test(json, equal_is_equal_in_any_order) {
    static const struct {
        const char *a, *b;
        bool equal;
    } CASES[] = {
        {"{\"a\":1,\"b\":[1,{\"c\":null}]}", "{\"b\":[1,{\"c\":null}],\"a\":1.0}", true},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1,1]", false},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
        {"{\"a\":1,\"c\":1}", "{\"a\":1,\"b\":1}", false},
        {"{\"a\":1}", "{\"A\":1}", false},
        {"{}", "[]", false},
        {"\"1\"", "1", false},
        {"true", "false", false},
        {"null", "false", false},
        {"null", "null", true},
        {"1199452093415247872", "1199452093415247873", false},
        {"1199452093415247872", "11994520934152478.720e2", true},
        {"0.1", "0.10000000000000000001", false},
        {"0.1", "1E-1", true},
        {"-0", "0.0", true},
        {"-1", "1", false},
        {"1e400", "10e399", true},
        {"1e400", "1e401", false},
        {"100", "1e2", true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        cJSON *a = tree_of(CASES[i].a), *b = tree_of(CASES[i].b);
        cr_expect_eq(json_equal(a, b), CASES[i].equal, "%s, %s", CASES[i].a, CASES[i].b);
        cr_expect_eq(json_equal(b, a), CASES[i].equal, "%s, %s", CASES[i].b, CASES[i].a);
        cJSON_Delete(a);
        cJSON_Delete(b);
    }
}

Test(json, pointers_find_what_they_name) {
    static const struct {
        const char *pointer, *found; /* NULL: nothing */
    } CASES[] = {
        {"", "{\"a\":[1,{\"b/c\":2}],\"~\":null,\"0\":3}"},
        {"/a/0", "1"},
        {"/a/1/b~1c", "2"},
        {"/~0", "null"},
        {"/0", "3"},
        {"/a/2", NULL},
        {"/a/x", NULL},
        {"/a/-1", NULL},
        {"/a/99999999999999999999", NULL},
        {"/b", NULL},
        {"a", NULL},
        {"/a/0/x", NULL},
    };
    cJSON *tree = tree_of(CASES[0].found);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        buf b;
        buf_init(&b);
        const cJSON *found = json_pointer_find(tree, CASES[i].pointer);
        if (found)
            json_print(&b, found);
        cr_expect_str_eq(b.data, CASES[i].found ? CASES[i].found : "", "%s", CASES[i].pointer);
        buf_release(&b);
    }
    arena *a = arena_new();
    cr_expect_str_eq(json_pointer_step(a, "/a", "b/c~d"), "/a/b~1c~0d");
    arena_free(a);
    cJSON_Delete(tree);
}
