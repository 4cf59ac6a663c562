/* config/onus.schema.json against the tables that it repeats: settings, formats, channel kinds with their options. */
#include "unit/cli/harness.h"

#include "config/settings_table.h"
#include "onus/ingest.h"
#include "onus/json.h"
#include "onus/notify.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static cJSON *read_schema(void) {
    err e;
    char *text = project_file("config/onus.schema.json");
    cJSON *schema = json_parse(text, strlen(text), &e);
    cr_assert(schema, "%s", e.text);
    free(text);
    return schema;
}

static const cJSON *section_of(const cJSON *schema, setting_section section) {
    const cJSON *top = json_member(schema, "properties");
    switch (section) {
    case SECTION_TOP:
        return schema;
    case SECTION_SECRETS:
        return json_member(top, "secrets");
    default:
        return json_member(json_member(top, "sources"), "items");
    }
}

static const char *text_of(const cJSON *object, const char *name) {
    const cJSON *member = json_member(object, name);
    return cJSON_IsString(member) ? member->valuestring : "";
}

/* May it be given as NAME_file and NAME_env? */
static bool goes_outside(const cJSON *section, const char *name) {
    const cJSON *pattern = json_member(section, "patternProperties");
    const char *names = pattern && pattern->child ? pattern->child->string : "";
    size_t len = strlen(name);
    for (const char *at = strstr(names, name); at; at = strstr(at + 1, name))
        if (at > names && strchr("(|", at[-1]) && strchr(")|", at[len]))
            return true;
    return false;
}

static void expect_default(arena *a, const cJSON *property, const char *fallback, const char *name) {
    const cJSON *given = json_member(property, "default");
    const char *text = given ? json_scalar_text(a, given) : NULL;
    cr_expect((text == NULL) == (fallback == NULL) && (!text || strcmp(text, fallback) == 0), "%s: default %s, not %s",
              name, fallback ? fallback : "none", text ? text : "none");
}

Test(schema, every_setting_is_there_and_nothing_else) {
    arena *a = arena_new();
    cJSON *schema = read_schema();
    size_t count, of_section[3] = {0};
    const setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        const cJSON *section = section_of(schema, table[i].section);
        const cJSON *property = json_member(json_member(section, "properties"), table[i].name);
        of_section[table[i].section]++;
        cr_expect_str_eq(text_of(property, "description"), table[i].doc, "%s", table[i].name);
        expect_default(a, property, table[i].fallback, table[i].name);
        cr_expect(goes_outside(section, table[i].name), "%s_file, %s_env", table[i].name, table[i].name);
        if (table[i].type == SETTING_INT)
            cr_expect(json_int(property, "minimum", -1) == table[i].min &&
                          json_int(property, "maximum", -1) == table[i].max,
                      "%s", table[i].name);
    }
    for (int s = SECTION_TOP; s <= SECTION_SOURCE; s++)
        cr_expect_eq(cJSON_GetArraySize(json_member(section_of(schema, (setting_section)s), "properties")),
                     (int)of_section[s] + (s == SECTION_TOP ? 3 : 0),
                     "secrets, sources and channels are the top's own");
    cJSON_Delete(schema);
    arena_free(a);
}

static bool lists(const cJSON *array, const char *word) {
    for (const cJSON *one = array ? array->child : NULL; one; one = one->next)
        if (cJSON_IsString(one) && strcmp(one->valuestring, word) == 0)
            return true;
    return false;
}

Test(schema, every_format_is_there) {
    cJSON *schema = read_schema();
    const cJSON *words =
        json_member(json_member(json_member(section_of(schema, SECTION_SOURCE), "properties"), "format"), "enum");
    size_t count;
    const ingest_format *const *formats = ingest_formats(&count);
    cr_expect_eq(cJSON_GetArraySize(words), (int)count);
    for (size_t i = 0; i < count; i++)
        cr_expect(lists(words, formats[i]->name), "%s", formats[i]->name);
    cJSON_Delete(schema);
}

static void expect_options(arena *a, const cJSON *kind, const option_row *options, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const cJSON *property = json_member(json_member(kind, "properties"), options[i].name);
        cr_expect_str_eq(text_of(property, "description"), options[i].doc, "%s", options[i].name);
        expect_default(a, property, options[i].standard, options[i].name);
        cr_expect(goes_outside(kind, options[i].name), "%s", options[i].name);
        for (const char *word = options[i].words; word && *word;
             word += strcspn(word, "|") + (word[strcspn(word, "|")] != 0))
            cr_expect(lists(json_member(property, "enum"), arena_strndup(a, word, strcspn(word, "|"))), "%s", word);
    }
}

Test(schema, every_channel_kind_is_there_with_its_options) {
    arena *a = arena_new();
    cJSON *schema = read_schema();
    size_t count, common_count;
    const channel_kind *const *kinds = channel_kinds(&count);
    const option_row *common = channel_common_options(&common_count);
    const cJSON *channels = json_member(json_member(schema, "properties"), "channels");
    cr_expect_eq(cJSON_GetArraySize(json_member(json_member(channels, "additionalProperties"), "oneOf")), (int)count);
    for (size_t i = 0; i < count; i++) {
        const cJSON *kind =
            json_member(json_member(schema, "definitions"), arena_printf(a, "channel-%s", kinds[i]->name));
        cr_assert(kind, "%s", kinds[i]->name);
        expect_options(a, kind, kinds[i]->options, kinds[i]->option_count);
        expect_options(a, kind, common, common_count);
        cr_expect_eq(cJSON_GetArraySize(json_member(kind, "properties")),
                     (int)(kinds[i]->option_count + common_count + 1), "%s", kinds[i]->name);
    }
    cJSON_Delete(schema);
    arena_free(a);
}
