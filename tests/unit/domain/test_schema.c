/* JSON Schemas that strangers wrote: what is made of them, what is refused, and what breaks between two versions. */
#include "domain/schema.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* "path rule;" of each problem, warnings with a ~ before. */
typedef struct told {
    char text[1024];
    arena *memory;
} told;

static void note(const schema_report *r, diagnostic_level level, const char *path, const char *rule, const char *text) {
    told *t = r->context;
    size_t len = strlen(t->text);
    cr_expect(text[0]);
    snprintf(t->text + len, sizeof t->text - len, "%s%s %s;", level == DIAGNOSTIC_WARNING ? "~" : "", path, rule);
}

static cJSON *parsed(const char *json) {
    err e;
    cJSON *tree = json_parse(json, strlen(json), &e);
    cr_assert(tree, "%s: %s", json, e.text);
    return tree;
}

static cJSON *prepared(const char *json, told *t) {
    cJSON *schema = parsed(json);
    schema_report r = {note, t, t->memory};
    cJSON *out = schema_prepare(schema, &r);
    cJSON_Delete(schema);
    return out;
}

Test(schema, is_made_plain) {
    static const struct {
        const char *given, *made, *told;
    } CASES[] = {
        {"true", "true", ""},
        {"{\"title\":\"x\",\"default\":1,\"format\":\"email\",\"type\":\"string\"}", "{\"type\":\"string\"}", ""},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"string\"}}}", "{\"type\":\"string\"}", ""},
        {"{\"$ref\":\"#/$defs/a~1b\",\"minLength\":1,\"$defs\":{\"a/b\":{\"type\":\"string\"}}}",
         "{\"allOf\":[{\"type\":\"string\"},{\"minLength\":1}]}", ""},
        {"{\"pattern\":\"^a\",\"properties\":{\"pattern\":{\"type\":\"string\"}}}",
         "{\"x-onus-pattern\":\"^a\",\"properties\":{\"pattern\":{\"type\":\"string\"}}}", ""},
        {"{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}",
         "{\"items\":[{\"type\":\"string\"}],\"additionalItems\":false}", ""},
        {"{\"minimum\":3,\"exclusiveMinimum\":true,\"exclusiveMaximum\":false}",
         "{\"minimum\":3,\"exclusiveMinimum\":3}", ""},
        {"{\"dependentRequired\":{\"a\":[\"b\"]},\"dependentSchemas\":{\"c\":{\"required\":[\"d\"]}}}",
         "{\"dependencies\":{\"a\":[\"b\"],\"c\":{\"required\":[\"d\"]}}}", ""},
        {"{\"x-unit\":\"EUR\",\"nullable\":true}", "{}", ""},
        {"{\"requierd\":[]}", "{}", "~/requierd unknown-keyword;"},
        {"{\"unevaluatedProperties\":false}", "{}", "~/unevaluatedProperties unsupported-keyword;"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        told t = {.memory = arena_new()};
        cJSON *made = prepared(CASES[i].given, &t), *expected = parsed(CASES[i].made);
        cr_expect(made && json_equal(made, expected), "%s: %s", CASES[i].given,
                  made ? cJSON_PrintUnformatted(made) : t.text);
        cr_expect_str_eq(t.text, CASES[i].told, "%s", CASES[i].given);
        cJSON_Delete(made);
        cJSON_Delete(expected);
        arena_free(t.memory);
    }
}

Test(schema, what_is_wrong_is_told_with_its_place) {
    static const struct {
        const char *given, *told;
    } CASES[] = {
        {"7", " bad-schema;"},
        {"{\"properties\":[]}", "/properties bad-schema;"},
        {"{\"properties\":{\"a\":3}}", "/properties/a bad-schema;"},
        {"{\"items\":{\"type\":\"strng\"}}", "/items/type bad-schema;"},
        {"{\"type\":[]}", "/type bad-schema;"},
        {"{\"type\":[\"string\",5]}", "/type bad-schema;"},
        {"{\"required\":\"a\"}", "/required bad-schema;"},
        {"{\"required\":[1]}", "/required bad-schema;"},
        {"{\"minLength\":-1}", "/minLength bad-schema;"},
        {"{\"minLength\":1.5}", "/minLength bad-schema;"},
        {"{\"minimum\":\"3\"}", "/minimum bad-schema;"},
        {"{\"multipleOf\":0}", "/multipleOf bad-schema;"},
        {"{\"uniqueItems\":1}", "/uniqueItems bad-schema;"},
        {"{\"enum\":[]}", "/enum bad-schema;"},
        {"{\"anyOf\":[]}", "/anyOf bad-schema;"},
        {"{\"allOf\":[{},{\"type\":\"x\"}]}", "/allOf/1/type bad-schema;"},
        {"{\"pattern\":\"(\"}", "/pattern bad-pattern;"},
        {"{\"pattern\":\"(?=a)b\"}", "/pattern bad-pattern;"},
        {"{\"patternProperties\":{\"(a+)+$\":{}}}", "/patternProperties/(a+)+$ bad-pattern;"},
        {"{\"$ref\":\"#/$defs/none\"}", "/$ref unresolved-ref;"},
        {"{\"$ref\":\"https://example.com/a.json\"}", "/$ref unresolved-ref;"},
        {"{\"$ref\":\"other.json#/a\"}", "/$ref unresolved-ref;"},
        {"{\"$ref\":\"#\"}", "/$ref recursive-schema;"},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"items\":{\"$ref\":\"#/$defs/b\"}},\"b\":{\"$ref\":\"#/$defs/"
         "a\"}}}",
         "/$defs/b/$ref recursive-schema;"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        told t = {.memory = arena_new()};
        cr_expect_null(prepared(CASES[i].given, &t), "%s", CASES[i].given);
        cr_expect_str_eq(t.text, CASES[i].told, "%s", CASES[i].given);
        arena_free(t.memory);
    }
}

/* Each step doubles: 2^40 values if it were written out. */
Test(schema, references_that_double_are_bounded) {
    char text[8192] = "{\"$ref\":\"#/$defs/d0\",\"$defs\":{";
    for (int i = 0; i < 40; i++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len,
                 "\"d%d\":{\"allOf\":[{\"$ref\":\"#/$defs/d%d\"},{\"$ref\":\"#/$defs/d%d\"}]},", i, i + 1, i + 1);
    }
    strcat(text, "\"d40\":{}}}");
    told t = {.memory = arena_new()};
    cr_expect_null(prepared(text, &t));
    cr_expect(strstr(t.text, "schema-too-large"), "%s", t.text);
    arena_free(t.memory);
}

static void check_sample(const char *schema, const char *sample, const char *expected) {
    told t = {.memory = arena_new()};
    schema_report r = {note, &t, t.memory};
    cJSON *made = prepared(schema, &t), *value = parsed(sample);
    cr_assert(made, "%s: %s", schema, t.text);
    schema_check_sample(made, value, &r);
    cr_expect_str_eq(t.text, expected, "%s against %s", sample, schema);
    cJSON_Delete(made);
    cJSON_Delete(value);
    arena_free(t.memory);
}

Test(schema, samples_fit_or_the_innermost_misfit_is_told) {
    static const char ROWS[] =
        "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{"
        "\"type\":\"integer\",\"minimum\":0}},\"additionalProperties\":false}}";
    check_sample(ROWS, "[{\"a\":1},{\"a\":2}]", "");
    check_sample(ROWS, "[{\"a\":1},{\"a\":-2}]", "/1/a sample-misfit;");
    check_sample(ROWS, "[{\"a\":1.5}]", "/0/a sample-misfit;");
    check_sample(ROWS, "[{}]", "/0 sample-misfit;");
    check_sample(ROWS, "[{\"a\":1,\"b\":2}]", "/0 sample-misfit;");
    check_sample(ROWS, "{}", " sample-misfit;");
    check_sample("{\"pattern\":\"^[a-z]+$\"}", "\"ABC\"", " sample-misfit;");
    check_sample("{\"multipleOf\":3}", "7", " sample-misfit;");
    check_sample("{\"items\":{\"type\":\"string\"},\"uniqueItems\":true}", "[\"a\",\"a\"]", " sample-misfit;");
}

/* A regular expression that would keep a backtracking engine busy for years. */
Test(schema, patterns_take_linear_time) {
    check_sample("{\"pattern\":\"^(a+)+$\"}",
                 "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", " sample-misfit;");
}

Test(schema, a_sample_that_takes_too_much_work_is_refused) {
    buf b;
    buf_init(&b);
    buf_putc(&b, '[');
    for (int i = 0; i < 20000; i++)
        buf_puts(&b, i ? ",1" : "1");
    buf_putc(&b, ']');
    check_sample("{\"uniqueItems\":true}", b.data, " sample-too-large;");
    check_sample("{\"items\":{\"type\":\"integer\"}}", b.data, "");
    buf_release(&b);
}

#define OBJECT(required, properties) "{\"type\":\"object\",\"required\":[" required "],\"properties\":{" properties "}}"
#define A_INT "\"a\":{\"type\":\"integer\"}"
#define A_NUM "\"a\":{\"type\":\"number\"}"
#define B_STR "\"b\":{\"type\":\"string\"}"

Test(schema, what_breaks_is_found) {
    static const struct {
        const char *older, *newer, *input, *output;
    } CASES[] = {
        {OBJECT("\"a\"", A_INT), OBJECT("\"a\"", A_INT), "", ""},
        {OBJECT("\"a\"", A_INT), OBJECT("\"a\"", A_NUM), "", "/properties/a retyped-field;"},
        {OBJECT("\"a\"", A_NUM), OBJECT("\"a\"", A_INT), "/properties/a retyped-field;", ""},
        {OBJECT("\"a\"", A_INT), OBJECT("", ""), "/properties/a removed-field;", "/properties/a removed-field;"},
        {OBJECT("", A_INT), OBJECT("", ""), "~/properties/a removed-field;", "/properties/a removed-field;"},
        {OBJECT("", A_INT), OBJECT("\"a\"", A_INT), "/required new-required-field;", ""},
        {OBJECT("\"a\"", A_INT), OBJECT("", A_INT), "", "/required removed-field;"},
        {OBJECT("\"a\"", A_INT), OBJECT("\"a\"", A_INT "," B_STR), "", ""},
        {OBJECT("\"a\"", A_INT), OBJECT("\"a\",\"b\"", A_INT "," B_STR), "/required new-required-field;", ""},
        {"{\"enum\":[1,2]}", "{\"enum\":[2,1,3]}", "", "~/enum widened-enum;"},
        {"{\"enum\":[1,2]}", "{\"enum\":[1]}", "/enum narrowed-enum;", ""},
        {"{\"enum\":[1,2]}", "{}", "", "~ widened-enum;"},
        {"{}", "{\"enum\":[1]}", "/enum narrowed-enum;", ""},
        {"{\"minimum\":0}", "{\"minimum\":1}", "/minimum narrowed-range;", ""},
        {"{\"minimum\":1}", "{\"minimum\":0}", "", ""},
        {"{\"maxLength\":9}", "{\"maxLength\":5}", "/maxLength narrowed-range;", ""},
        {"{}", "{\"maxItems\":5}", "/maxItems narrowed-range;", ""},
        {"{\"type\":[\"string\",\"null\"]}", "{\"type\":\"string\"}", " retyped-field;", ""},
        {"{\"items\":{\"type\":\"string\"}}", "{\"items\":{\"type\":\"integer\"}}", "/items retyped-field;",
         "/items retyped-field;"},
        {"{\"items\":[{},{\"type\":\"string\"}]}", "{\"items\":[{},{\"type\":\"null\"}]}", "/items/1 retyped-field;",
         "/items/1 retyped-field;"},
        {"{\"pattern\":\"a\"}", "{\"pattern\":\"b\"}", "~ changed-schema;", "~ changed-schema;"},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"string\"}}}", "{\"type\":\"string\"}", "", ""},
        {"{}", "{\"additionalProperties\":false}", "~/additionalProperties closed-object;", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (int side = SCHEMA_INPUT; side <= SCHEMA_OUTPUT; side++) {
            told t = {.memory = arena_new()};
            schema_report r = {note, &t, t.memory};
            cJSON *older = prepared(CASES[i].older, &t), *newer = prepared(CASES[i].newer, &t);
            cr_assert(older && newer, "%s", t.text);
            schema_compare(older, newer, (schema_side)side, &r);
            cr_expect_str_eq(t.text, side == SCHEMA_INPUT ? CASES[i].input : CASES[i].output, "%s → %s", CASES[i].older,
                             CASES[i].newer);
            cJSON_Delete(older);
            cJSON_Delete(newer);
            arena_free(t.memory);
        }
}
