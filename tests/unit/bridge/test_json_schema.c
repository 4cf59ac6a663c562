/* valijson through its C face: verdicts, pointers, nothing thrown. */
#include "bridge/json_schema.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

typedef struct told {
    char pointers[256];
} told;

static void note(void *context, const char *pointer, const char *text) {
    told *t = context;
    size_t len = strlen(t->pointers);
    cr_expect(text[0]);
    snprintf(t->pointers + len, sizeof t->pointers - len, "%s;", pointer);
}

Test(json_schema, tells_what_does_not_fit_and_where) {
    static const struct {
        const char *schema, *value, *pointers; /* NULL: fits */
    } CASES[] = {
        {"{}", "1", NULL},
        {"{\"type\":\"integer\"}", "2", NULL},
        {"{\"type\":\"integer\"}", "2.5", ";"},
        {"{\"type\":\"number\"}", "\"2\"", ";"},
        {"{\"properties\":{\"a/b\":{\"items\":{\"type\":\"string\"}}}}", "{\"a/b\":[\"x\",3]}", "/a~1b/1;/a~1b;;"},
        {"{\"required\":[\"a\"]}", "{}", ";"},
        {"{\"" JSON_SCHEMA_PATTERN "\":\"^[A-Z]{2}$\"}", "\"DE\"", NULL},
        {"{\"" JSON_SCHEMA_PATTERN "\":\"^[A-Z]{2}$\"}", "\"de\"", ";"},
        {"{\"" JSON_SCHEMA_PATTERN "\":\"E\"}", "\"DE\"", NULL}, /* anywhere */
        {"{\"" JSON_SCHEMA_PATTERN "\":\"E\"}", "7", NULL},      /* of texts only */
        {"{\"propertyNames\":{\"" JSON_SCHEMA_PATTERN "\":\"^x\"}}", "{\"xa\":1}", NULL},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":3}]}", "4", NULL},
        {"{\"exclusiveMaximum\":1}", "1", ";"},
        {"{\"multipleOf\":0.5}", "1.5", NULL},
        {"{\"contains\":{\"const\":1}}", "[2]", ";"},
        {"{\"if\":{\"const\":1},\"then\":false}", "1", ";"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        err e = {0};
        told t = {{0}};
        bool fits = false, quiet = false;
        struct json_schema *s = json_schema_new(CASES[i].schema, &e);
        cr_assert(s, "%s: %s", CASES[i].schema, e.text);
        cr_expect(json_schema_fits(s, CASES[i].value, note, &t, &fits, &e), "%s", e.text);
        cr_expect(json_schema_fits(s, CASES[i].value, NULL, NULL, &quiet, &e), "%s", e.text);
        cr_expect_eq(fits, CASES[i].pointers == NULL, "%s: %s", CASES[i].schema, CASES[i].value);
        cr_expect_eq(quiet, fits, "%s: %s", CASES[i].schema, CASES[i].value);
        if (CASES[i].pointers)
            cr_expect_str_eq(t.pointers, CASES[i].pointers, "%s: %s", CASES[i].schema, t.pointers);
        json_schema_free(s);
    }
    json_schema_free(NULL);
}

Test(json_schema, what_it_cannot_take_is_an_error) {
    static const char *const WRONG[] = {"",
                                        "{",
                                        "7",
                                        "{\"type\":\"strin\"}",
                                        "{\"required\":7}",
                                        "{\"" JSON_SCHEMA_PATTERN "\":\"(\"}",
                                        "{\"$ref\":\"http://127.0.0.1:1/schema.json\"}"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        err e = {0};
        cr_expect_null(json_schema_new(WRONG[i], &e), "%s", WRONG[i]);
        cr_expect(e.text[0], "%s", WRONG[i]);
    }
    err e = {0};
    bool fits;
    struct json_schema *s = json_schema_new("{}", &e);
    cr_assert(s);
    cr_expect_not(json_schema_fits(s, "{", NULL, NULL, &fits, &e));
    json_schema_free(s);
}
