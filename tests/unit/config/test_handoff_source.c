/* Manifests and MLflow's files as JSON: types, places, signatures. */
#include "onus/handoff_file.h"
#include "onus/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

typedef struct reading {
    arena *memory;
    diagnostics found;
    handoff_places places;
    cJSON *tree;
} reading;

static void read_source(reading *r, const char *path, const char *text, handoff_reading how) {
    *r = (reading){.memory = arena_new()};
    diagnostics_init(&r->found);
    r->tree =
        handoff_source_read(&(handoff_source){path, text, strlen(text), "", how}, r->memory, &r->places, &r->found);
}

static void release(reading *r) {
    cJSON_Delete(r->tree);
    diagnostics_release(&r->found);
    arena_free(r->memory);
}

static void expect_json(const reading *r, const char *expected) {
    buf b;
    buf_init(&b);
    cr_assert(r->tree);
    json_print(&b, r->tree);
    cr_expect_str_eq(b.data, expected);
    buf_release(&b);
}

Test(handoff_source, texts_stay_texts_where_the_manifest_has_texts) {
    reading r;
    read_source(&r, "handoff.yaml",
                "model_version: 1.10\n"
                "artifact: { source_commit: 1234567890, files: [{ path: 007, size: 12, sha256: 1e5 }] }\n"
                "schema: { input: { const: 1.10, enum: [true, \"true\", null, 0x1F, .5] }, input_file: 7 }\n"
                "resources: { requests: { cpu: 2 }, load: { rate: 35.5 } }\n"
                "handoff: 1\n",
                HANDOFF_READ_MANIFEST);
    expect_json(
        &r, "{\"model_version\":\"1.10\",\"artifact\":{\"source_commit\":\"1234567890\",\"files\":[{\"path\":\"007\","
            "\"size\":12,\"sha256\":\"1e5\"}]},\"schema\":{\"input\":{\"const\":1.10,\"enum\":[true,\"true\",null,"
            "\"0x1F\",\".5\"]},\"input_file\":\"7\"},\"resources\":{\"requests\":{\"cpu\":\"2\"},\"load\":{\"rate\":"
            "35.5}},\"handoff\":1}");
    release(&r);
    read_source(&r, "MLmodel", "run_id: 12345\nnothing: null\n", HANDOFF_READ_TEXTS);
    expect_json(&r, "{\"run_id\":\"12345\",\"nothing\":null}");
    release(&r);
}

Test(handoff_source, every_value_knows_its_place) {
    static const struct {
        const char *pointer;
        unsigned text_line, line, column;
    } CASES[] = {
        {"/model", 0, 1, 8},
        {"/dependencies/lock", 0, 3, 9},
        {"/dependencies/lock", 1, 4, 1},
        {"/dependencies/lock", 2, 5, 1},
        {"/artifact/files/1/path", 0, 8, 15},
        {"/artifact/files/1/sha256", 0, 8, 7}, /* missing: what is around it */
        {"/artifact/uri", 0, 7, 3},
        {"/baseline/metrics", 0, 1, 1},
        {"/typo", 0, 9, 1}, /* the key, not its value */
    };
    reading r;
    read_source(&r, "handoff.yaml",
                "model: fraud\n"
                "dependencies:\n"
                "  lock: |\n"
                "    a==1\n"
                "    b\n"
                "artifact:\n"
                "  files: [{ path: a },\n"
                "      { path: b }]\n"
                "typo: 1\n",
                HANDOFF_READ_MANIFEST);
    cr_assert_eq(r.found.count, 0);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        handoff_place at;
        cr_assert(handoff_place_of_line(&r.places, CASES[i].pointer, CASES[i].text_line, &at));
        cr_expect_eq(at.at.line, CASES[i].line, "%s: %u", CASES[i].pointer, at.at.line);
        cr_expect_eq(at.at.column, CASES[i].column, "%s: %u", CASES[i].pointer, at.at.column);
    }
    release(&r);
}

Test(handoff_source, json_is_read_as_json_with_the_places_where_yaml_agrees) {
    reading r;
    handoff_place at;
    read_source(&r, "handoff.json", "{\n  \"model\": \"fr\\u00e4ud\"\n}", HANDOFF_READ_MANIFEST);
    expect_json(&r, "{\"model\":\"fräud\"}");
    cr_assert(handoff_place_of_line(&r.places, "/model", 0, &at));
    cr_expect_eq(at.at.line, 2);
    release(&r);
    read_source(&r, "handoff.json", "{\"model\": 1, }", HANDOFF_READ_MANIFEST);
    cr_expect_null(r.tree);
    cr_expect_str_eq(r.found.items[0].rule, "json-syntax");
    release(&r);
    read_source(&r, "handoff.yaml", "a: [", HANDOFF_READ_MANIFEST);
    cr_expect_null(r.tree);
    cr_expect_str_eq(r.found.items[0].rule, "yaml-syntax");
    release(&r);
}

Test(handoff_source, what_is_no_json_has_its_line_and_column) {
    static const struct {
        const char *text;
        unsigned line, column;
    } CASES[] = {
        {"{\"model\": 1, }", 1, 14},
        {"{\n  \"model\": \"m\",\n  \"description\": \"\xc3\xa4\" x\n}", 3, 22},
        {"{\n\t\"model\": \"m\"", 2, 14},
        {"{}\r\n\r\n7", 3, 1},
        {"", 1, 1},
        {"{\n  \"model\": \"m\",\n  \"model\": \"n\"\n}", 3, 3},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        reading r;
        read_source(&r, "handoff.json", CASES[i].text, HANDOFF_READ_MANIFEST);
        cr_assert_null(r.tree, "%s", CASES[i].text);
        cr_expect_eq(r.found.items[0].at.line, CASES[i].line, "%s: %u", CASES[i].text, r.found.items[0].at.line);
        cr_expect_eq(r.found.items[0].at.column, CASES[i].column, "%s: %u", CASES[i].text, r.found.items[0].at.column);
        release(&r);
    }
}

Test(mlflow, signatures_become_schemas) {
    static const struct {
        const char *signature, *schema; /* NULL: refused */
        bool one_row;
    } CASES[] = {
        {"[{\"type\":\"double\",\"name\":\"a\",\"required\":true},{\"type\":\"long\",\"name\":\"b\",\"optional\":true}"
         "]",
         "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"},\"b\":{"
         "\"type\":"
         "[\"integer\",\"null\"]}},\"required\":[\"a\"]}}"},
        {"[{\"type\":\"string\"}]", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"},
        {"[{\"type\":\"string\"},{\"type\":\"boolean\"}]",
         "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":[{\"type\":\"string\"},{\"type\":\"boolean\"}]}"
         "}"},
        {"[{\"type\":\"binary\",\"name\":\"a\"}]", "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
                                                   "\"a\":{\"type\":\"string\",\"contentEncoding\":"
                                                   "\"base64\"}},\"required\":[\"a\"]}}"},
        {"[{\"type\":\"object\",\"name\":\"o\",\"properties\":{\"p\":{\"type\":\"array\",\"items\":{\"type\":\"float\"}"
         "},\"q\":{"
         "\"type\":\"map\",\"values\":{\"type\":\"integer\"},\"required\":false}}}]",
         "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"o\":{\"type\":\"object\",\"properties\":"
         "{\"p\":{"
         "\"type\":\"array\",\"items\":{\"type\":[\"number\",\"null\"]}},\"q\":{\"type\":[\"object\",\"null\"],"
         "\"additionalProperties\":{"
         "\"type\":"
         "[\"integer\",\"null\"]}}},\"required\":[\"p\"]}},\"required\":[\"o\"]}}"},
        {"[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float32\",\"shape\":[-1,2]}}]",
         "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":[\"number\",\"null\"]},\"minItems\":2,"
         "\"maxItems\":2}}"},
        {"[{\"type\":\"tensor\",\"name\":\"x\",\"tensor-spec\":{\"dtype\":\"int64\",\"shape\":[]}}]",
         "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\"}},\"required\":[\"x\"]}"},
        {"[{\"type\":\"long\",\"name\":0},{\"type\":\"any\",\"name\":[\"a\",\"x\"],\"required\":false}]",
         "{\"type\":\"object\",\"properties\":{\"0\":{\"type\":\"integer\"},\"[\\\"a\\\",\\\"x\\\"]\":{}},\"required\":"
         "["
         "\"0\"]}",
         true},
        {"[{\"type\":\"string\"}]", "{\"type\":\"string\"}", true},
        {"[{\"type\":\"array\",\"items\":{\"type\":\"long\"}}]",
         "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", true},
        {"[{\"type\":\"sparkml_vector\"}]", "{\"type\":[\"array\",\"object\"]}", true},
        {"[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"object\",\"shape\":[-1]}}]",
         "{\"type\":\"array\",\"items\":{}}", true},
        {"[]", NULL},
        {"{}", NULL},
        {"[7]", NULL},
        {"[{\"type\":\"number\"}]", NULL},
        {"[{\"type\":\"array\"}]", NULL},
        {"[{\"type\":\"object\",\"properties\":[]}]", NULL},
        {"[{\"type\":\"tensor\"}]", NULL},
        {"[{\"type\":\"long\",\"name\":\"a\"},{\"type\":\"long\"}]", NULL},
        {"[{\"type\":\"long\",\"name\":\"a\"},{\"type\":\"long\",\"name\":\"a\"}]", NULL},
        {"not json", NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        err e = {0};
        cJSON *schema = mlflow_signature_to_schema(CASES[i].signature, CASES[i].one_row, &e);
        cr_expect_eq(schema != NULL, CASES[i].schema != NULL, "%s: %s", CASES[i].signature, e.text);
        if (schema && CASES[i].schema) {
            cJSON *expected = json_parse(CASES[i].schema, strlen(CASES[i].schema), &e);
            cr_assert(expected);
            cr_expect(json_equal(schema, expected), "%s", CASES[i].signature);
            cJSON_Delete(expected);
        }
        cJSON_Delete(schema);
    }
}

/* What MLflow itself writes is compared in tests/oracle; these are what it wrote before, and what others write. */
Test(mlflow, examples_become_requests) {
    static const struct {
        const char *info, *inputs, *example, *request;
    } CASES[] = {
        {"", "", "{\"columns\":[\"a\",\"b\"],\"index\":[0],\"data\":[[1,\"x\"],[2,null]]}",
         "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":null}]"},
        {"", "", "{\"dataframe_split\":{\"columns\":[\"a\"],\"data\":[[1]]}}", "[{\"a\":1}]"},
        {"", "", "{\"inputs\":[[1,2]]}", "[[1,2]]"},
        {"", "", "{\"instances\":[1]}", "[1]"},
        {"", "", "{\"inputs\":[1],\"params\":{}}", "[1]"},
        {"", "", "{\"inputs\":[1],\"params\":{},\"more\":1}", "{\"inputs\":[1],\"params\":{},\"more\":1}"},
        {"", "", "[1,2]", "[1,2]"},
        {"type: ndarray", "", "{\"inputs\":[[1,NaN]]}", "[[1,null]]"},
        {"type: ndarray", "[{\"name\":\"inputs\",\"type\":\"tensor\"}]", "{\"inputs\":[1]}", "{\"inputs\":[1]}"},
        {"type: json_object", "", "{\"inputs\":[1]}", "{\"inputs\":[1]}"},
        {"type: dataframe", "", "{\"data\":[[1,2]]}", "[[1,2]]"},
        {"type: dataframe", "[{\"name\":\"a\",\"type\":\"long\"}, {\"name\":\"b\",\"type\":\"long\"}]",
         "{\"data\":[[1,2]]}", "[{\"a\":1,\"b\":2}]"},
        {"type: dataframe", "[{\"name\":\"a\",\"type\":\"long\"}]", "{\"data\":[[1,2],[]]}", "[{\"a\":1},{}]"},
        {"type: dataframe", "[{\"type\":\"long\"}]", "{\"columns\":[\"a\"],\"data\":[[1],[]]}", "[1,[]]"},
        {"type: dataframe", "[{\"name\":\"a\",\"type\":\"long\"}]", "[{\"a\":1}]", "[{\"a\":1}]"},
        {"type: sparse_matrix_csr", "", "{\"data\":[7,9],\"indices\":[5,0],\"indptr\":[0,1,9],\"shape\":[2,2]}",
         "[[0,0],[9,0]]"},
        {"type: sparse_matrix_csc", "", "{\"data\":[7],\"indices\":[1],\"indptr\":[],\"shape\":[2,-1]}",
         "{\"data\":[7],\"indices\":[1],\"indptr\":[],\"shape\":[2,-1]}"},
        {"", "", "-Infinity", "null"},
        {"", "", "\"NaN \\\" Infinity\"", "\"NaN \\\" Infinity\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        reading m, model, example;
        char text[512];
        snprintf(text, sizeof text, "saved_input_example_info: { %s }\nsignature: { inputs: '%s' }\n", CASES[i].info,
                 CASES[i].inputs);
        read_source(&m, "handoff.yaml", "model: m\n", HANDOFF_READ_MANIFEST);
        read_source(&model, "MLmodel", text, HANDOFF_READ_TEXTS);
        read_source(&example, "input_example.json", CASES[i].example, HANDOFF_READ_EXAMPLE);
        handoff_assembly to = {m.tree, &m.places, m.memory, &m.found};
        mlflow_model as_read = {"MLmodel", model.tree, &model.places};
        handoff_add_mlflow_example(&to, &as_read, example.tree, NULL);
        handoff_add_mlflow(&to, &as_read);
        err e;
        cJSON *expected = json_parse(CASES[i].request, strlen(CASES[i].request), &e);
        const cJSON *made = json_member(json_member(json_member(m.tree, "schema"), "sample"), "request");
        bool null = cJSON_IsNull(expected);
        cr_expect(null ? !made : json_equal(made, expected), "%s", CASES[i].example);
        cJSON_Delete(expected);
        example.tree = NULL;
        release(&m);
        release(&model);
        release(&example);
    }
}

Test(mlflow, the_manifest_goes_first) {
    reading m, model;
    read_source(&m, "handoff.yaml", "artifact: { run_id: mine }\ndependencies:\n", HANDOFF_READ_MANIFEST);
    read_source(&model, "MLmodel",
                "run_id: theirs\nmlflow_version: 2.9.2\nflavors: { python_function: { python_version: 3.10 } }\n",
                HANDOFF_READ_TEXTS);
    handoff_assembly to = {m.tree, &m.places, m.memory, &m.found};
    handoff_add_mlflow(&to, &(mlflow_model){"MLmodel", model.tree, &model.places});
    expect_json(
        &m, "{\"artifact\":{\"run_id\":\"mine\",\"format\":\"mlflow 2.9.2\"},\"dependencies\":{\"runtime\":\"python "
            "3.10\"}}");
    const handoff_place *at = handoff_place_find(&m.places, "/dependencies/runtime");
    cr_assert(at);
    cr_expect_str_eq(at->file, "MLmodel");
    cr_expect_eq(at->at.line, 3);
    release(&m);
    release(&model);
}
