/* Templates: how they are found and overridden, what is wrong with a bad one, and that strangers' text stays text. */
#include "sample.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ── a directory of the user's ── */

typedef struct folder {
    char path[64];
} folder;

static folder folder_new(void) {
    folder f = {"/tmp/onus-templates-XXXXXX"};
    cr_assert_not_null(mkdtemp(f.path));
    return f;
}

static void folder_write(const folder *f, const char *kind, const char *name, const char *text) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", f->path, kind);
    cr_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
    (void)snprintf(path, sizeof path, "%s/%s/%s", f->path, kind, name);
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void folder_remove(const folder *f) {
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", f->path);
    cr_assert(system(command) == 0);
}

static char *render_one(const templates *t, const char *kind, const char *part, const incident *i, raci_letter letter,
                        arena *a) {
    const message m = sample_message(i, letter, REASON_OPENED);
    message_facts *facts = message_facts_new(t, &m, &sample_links, SAMPLE_NOW);
    err e = {0};
    char *text = render_message(t, kind, part, facts, a, &e);
    cr_assert_not_null(text, "%s", e.text);
    message_facts_free(facts);
    return text;
}

Test(templates, the_nearest_name_wins) {
    static const char *const names[] = {"default.text", "responsible.text", "opened.text", "responsible.opened.text"};
    const folder f = folder_new();
    const incident i = sample_incident();
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        folder_write(&f, "hook", names[n], names[n]);
        err e = {0};
        templates *t = templates_load(f.path, &e);
        cr_assert_not_null(t, "%s", e.text);
        arena *a = arena_new();
        cr_expect_str_eq(render_one(t, "hook", "text", &i, RACI_RESPONSIBLE, a), names[n]);
        arena_free(a);
        templates_free(t);
    }
    folder_remove(&f);
}

/* One line, for those who work on it, and escaped where it stands. */
Test(templates, a_handoff_is_told_in_a_line) {
    static const label known[] = {{"model", "fraud"}, {"text", "version 3.2.0, accepted by\n<b>Ann & co"}};
    static const struct {
        const char *kind, *part;
        raci_letter letter;
        const char *line;
    } cases[] = {
        {"email", "text", RACI_RESPONSIBLE, "\nHandoff  version 3.2.0, accepted by <b>Ann & co\n"},
        {"email", "html", RACI_ACCOUNTABLE,
         "<strong>Handoff</strong><br>version 3.2.0, accepted by &lt;b&gt;Ann &amp; co</p>"},
        {"slack", "text", RACI_RESPONSIBLE, "\n*Handoff*  version 3.2.0, accepted by &lt;b&gt;Ann &amp; co\n"},
        {"webhook", "json", RACI_RESPONSIBLE,
         "\"handoff\":{\"model\":\"fraud\",\"text\":\"version 3.2.0, accepted by\\n<b>Ann & co\"}"},
    };
    err e = {0};
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    arena *a = arena_new();
    incident i = sample_incident();
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        i.handoff = (labels){0};
        cr_expect(strcasestr(render_one(t, cases[c].kind, cases[c].part, &i, cases[c].letter, a), "handoff") == NULL);
        i.handoff = (labels){known, 2};
        const char *text = render_one(t, cases[c].kind, cases[c].part, &i, cases[c].letter, a);
        cr_expect(strstr(text, cases[c].line) != NULL, "%s", text);
    }
    cr_expect(strstr(render_one(t, "email", "text", &i, RACI_INFORMED, a), "Handoff") == NULL, "nothing for Informed");
    arena_free(a);
    templates_free(t);
}

Test(templates, nobody_is_threatened_with_what_does_not_come) {
    err e = {0};
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    arena *a = arena_new();
    incident i = sample_incident();
    static const char threat[] = "you are paged", later[] = "is asked when it is over";
    cr_expect(strstr(render_one(t, "email", "text", &i, RACI_ACCOUNTABLE, a), threat) != NULL);
    cr_expect(strstr(render_one(t, "email", "text", &i, RACI_ACCOUNTABLE, a), later) != NULL);
    i.severity = SEVERITY_INFO;
    i.consult = CONSULT_NOW;
    cr_expect(strstr(render_one(t, "email", "text", &i, RACI_ACCOUNTABLE, a), threat) == NULL, "info is not escalated");
    cr_expect(strstr(render_one(t, "email", "text", &i, RACI_ACCOUNTABLE, a), later) == NULL);
    arena_free(a);
    templates_free(t);
}

Test(templates, a_partial_of_the_user_reaches_shipped_templates) {
    const folder f = folder_new();
    folder_write(&f, "email", "_links.text", "Ask the office.\n");
    err e = {0};
    templates *t = templates_load(f.path, &e);
    cr_assert_not_null(t, "%s", e.text);
    arena *a = arena_new();
    const incident i = sample_incident();
    const char *text = render_one(t, "email", "text", &i, RACI_RESPONSIBLE, a);
    cr_expect(strstr(text, "Ask the office.") != NULL && strstr(text, "Where it was raised") == NULL);
    arena_free(a);
    templates_free(t);
    folder_remove(&f);
}

Test(templates, sections_leave_no_empty_lines) {
    const folder f = folder_new();
    folder_write(
        &f, "hook", "default.text",
        "a\n{{#runbook}}\nwith\n{{/runbook}}\n{{^runbook}}\nwithout\n{{/runbook}}\n\nb {{#service}}[{{service}}]"
        "{{/service}}\n{{! a comment }}\n  {{#others}}\n- {{initial}}\n  {{/others}}\nend\n");
    err e = {0};
    templates *t = templates_load(f.path, &e);
    cr_assert_not_null(t, "%s", e.text);
    arena *a = arena_new();
    incident i = sample_incident();
    cr_expect_str_eq(render_one(t, "hook", "text", &i, RACI_RESPONSIBLE, a),
                     "a\nwith\n\nb [fraud-detection]\n- A\n- C\n- I\n- I\nend");
    i.runbook = "";
    i.service = "";
    cr_expect_str_eq(render_one(t, "hook", "text", &i, RACI_RESPONSIBLE, a),
                     "a\nwithout\n\nb \n- A\n- C\n- I\n- I\nend");
    arena_free(a);
    templates_free(t);
    folder_remove(&f);
}

Test(templates, a_bad_template_names_file_and_line) {
    static const struct {
        const char *text, *expected;
    } bad[] = {
        {"one\ntwo {{#open}} three\n", "hook/default.text:2: Unclosed section \"open\""},
        {"one\n\n{{/closed}}\n", "hook/default.text:3: Unopened section \"closed\""},
        {"one {{never closed\n", "hook/default.text:1: Unclosed tag"},
        {"{{> missing}}\n", "no partial \"missing\""},
        {"\xff\n", "not UTF-8"},
    };
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
        const folder f = folder_new();
        folder_write(&f, "hook", "default.text", bad[b].text);
        err e = {0};
        cr_expect_null(templates_load(f.path, &e));
        cr_expect(strstr(e.text, bad[b].expected) != NULL, "%s", e.text);
        folder_remove(&f);
    }
}

Test(templates, a_partial_that_includes_itself_is_refused) {
    const folder f = folder_new();
    folder_write(&f, "hook", "_a.text", "{{> a}}\n");
    folder_write(&f, "hook", "default.text", "{{> a}}\n");
    err e = {0};
    cr_expect_null(templates_load(f.path, &e));
    cr_expect(strstr(e.text, "include itself") != NULL, "%s", e.text);
    folder_remove(&f);
}

Test(templates, a_missing_directory_is_an_error) {
    err e = {0};
    cr_expect_null(templates_load("/nonexistent/templates", &e));
    cr_expect_eq(e.kind, ERR_SYSTEM);
}

/* ── strangers' text ── */

static incident hostile_incident(void) {
    static char huge[40000];
    memset(huge, '<', sizeof huge - 1);
    static label labels_of[] = {{"evil", "<!channel>"}, {"huge", huge}};
    incident i = sample_incident();
    i.title = "<!channel> & <https://evil.example|click> \"q\"\r\nBcc: all@example.com";
    i.service = "<script>alert(1)</script>";
    i.why = huge;
    i.runbook = "javascript:alert(1)";
    i.link = "https://ok.example/a|b>c\"d";
    i.labels = (labels){labels_of, 2};
    i.annotations = (labels){NULL, 0};
    return i;
}

Test(hostile, slack_gets_no_markup_of_strangers) {
    err e = {0};
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    arena *a = arena_new();
    const incident i = hostile_incident();
    const char *text = render_one(t, "slack", "text", &i, RACI_RESPONSIBLE, a);
    cr_expect(strstr(text, "<!channel>") == NULL && strstr(text, "&lt;!channel&gt; &amp; ") != NULL);
    cr_expect(strstr(text, "<https://evil") == NULL && strstr(text, "javascript:") == NULL);
    cr_expect(strstr(text, "<https://ok.example/a%7Cb%3Ec%22d|Where it was raised>") != NULL, "%s", text);
    cr_expect(strlen(text) < 8000);
    arena_free(a);
    templates_free(t);
}

Test(hostile, html_gets_no_markup_of_strangers) {
    err e = {0};
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    arena *a = arena_new();
    const incident i = hostile_incident();
    const char *html = render_one(t, "email", "html", &i, RACI_RESPONSIBLE, a);
    cr_expect(strstr(html, "<script>") == NULL && strstr(html, "&lt;script&gt;") != NULL);
    cr_expect(strstr(html, "javascript:") == NULL);
    arena_free(a);
    templates_free(t);
}

Test(hostile, a_subject_is_one_line) {
    err e = {0};
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    arena *a = arena_new();
    const incident i = hostile_incident();
    const char *subject = render_one(t, "email", "subject", &i, RACI_RESPONSIBLE, a);
    cr_expect(strpbrk(subject, "\r\n") == NULL);
    arena_free(a);
    templates_free(t);
}

Test(hostile, the_payload_is_json_whatever_is_in_it) {
    err e = {0};
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    arena *a = arena_new();
    const incident i = hostile_incident();
    const char *json = render_one(t, "webhook", "json", &i, RACI_RESPONSIBLE, a);
    cJSON *tree = json_parse(json, strlen(json), &e);
    cr_assert_not_null(tree, "%s", e.text);
    const cJSON *told = json_member(tree, "incident");
    cr_expect_str_eq(cJSON_GetStringValue(json_member(told, "title")), i.title);
    cr_expect_str_eq(cJSON_GetStringValue(json_member(tree, "reason")), "opened");
    cr_expect_eq(json_int(tree, "id", 0), 1000);
    cr_expect(strlen(json) < 16000, "long values are cut");
    cJSON_Delete(tree);
    arena_free(a);
    templates_free(t);
}

Test(hostile, a_json_template_escapes_facts) {
    const folder f = folder_new();
    folder_write(&f, "webhook", "default.json", "{\"text\": \"{{title}}\"}\n");
    err e = {0};
    templates *t = templates_load(f.path, &e);
    cr_assert_not_null(t, "%s", e.text);
    arena *a = arena_new();
    const incident i = hostile_incident();
    const char *json = render_one(t, "webhook", "json", &i, RACI_RESPONSIBLE, a);
    cJSON *tree = json_parse(json, strlen(json), &e);
    cr_assert_not_null(tree, "%s in %s", e.text, json);
    cr_expect(strstr(cJSON_GetStringValue(json_member(tree, "text")), "\"q\"") != NULL);
    cJSON_Delete(tree);
    arena_free(a);
    templates_free(t);
    folder_remove(&f);
}

/* ── cuts ── */

Test(cut, never_inside_an_entity_a_link_or_a_character) {
    static const struct {
        const char *text;
        size_t max;
        const char *expected;
    } cuts[] = {
        {"short", 10, "short"},
        {"abcdefgh", 8, "abcdefgh"},
        {"abcdefghi", 8, "abcde…"},
        {"abc&amp;defgh", 8, "abc…"},
        {"abc&amp;defgh", 11, "abc&amp;…"},
        {"ab&lt;&lt;&lt;&lt;", 10, "ab&lt;…"},
        {"ab 🔥🔥🔥", 11, "ab 🔥…"},
        {"go <https://x.example|there>", 20, "go …"},
        {"go <https://x.example|there> and on", 32, "go <https://x.example|there> …"},
    };
    arena *a = arena_new();
    for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
        const char *cut = slack_cut(a, cuts[c].text, cuts[c].max);
        cr_expect_str_eq(cut, cuts[c].expected);
        cr_expect(strlen(cut) <= cuts[c].max);
    }
    arena_free(a);
}

/* ── pages ── */

Test(pages, every_page_renders_with_nothing_and_with_strangers) {
    static const char *const pages[] = {"link", "done", "gone", "incidents", "incident", "missing"};
    err e = {0};
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    cJSON *nothing = cJSON_CreateObject();
    static const char facts[] =
        "{\"incident\":{\"id\":42,\"title\":\"<img src=x>\",\"state\":\"triggered\",\"severity\":\"critical\","
        "\"activity\":\"row\",\"timeline\":[{\"at\":\"now\",\"text\":\"<b>\",\"kind\":\"opened\",\"actor\":\"onus\"}]},"
        "\"nonce\":\"N0NCE\",\"who\":\"<i>\",\"can_acknowledge\":true,\"why\":\"<u>\",\"done\":\"<s>\"}";
    cJSON *strangers = json_parse(facts, sizeof facts - 1, &e);
    cr_assert_not_null(strangers, "%s", e.text);
    for (size_t p = 0; p < sizeof pages / sizeof *pages; p++) {
        arena *a = arena_new();
        cr_expect_not_null(render_page(t, pages[p], nothing, a, &e), "%s", e.text);
        const char *html = render_page(t, pages[p], strangers, a, &e);
        cr_assert_not_null(html, "%s", e.text);
        cr_expect(strstr(html, "<!DOCTYPE html>") == html && strstr(html, "</html>") != NULL);
        cr_expect(strstr(html, "<img") == NULL && strstr(html, "<b>") == NULL && strstr(html, "<i>") == NULL &&
                  strstr(html, "<u>") == NULL && strstr(html, "<s>") == NULL);
        cr_expect(strstr(html, "<script") == NULL && strstr(html, "{{") == NULL);
        arena_free(a);
    }
    arena *a = arena_new();
    const char *link = render_page(t, "link", strangers, a, &e);
    cr_expect(strstr(link, "name=\"nonce\" value=\"N0NCE\"") != NULL && strstr(link, "value=\"acknowledge\"") != NULL);
    cr_expect(strstr(link, "value=\"resolve\"") == NULL, "a button that makes no sense is not shown");
    arena_free(a);
    cJSON_Delete(nothing);
    cJSON_Delete(strangers);
    templates_free(t);
}

/* ── threads ── */

static void *render_many(void *context) {
    const templates *t = context;
    const incident i = sample_incident();
    bool same = true;
    arena *a = arena_new();
    const char *first = render_one(t, "email", "html", &i, RACI_RESPONSIBLE, a);
    for (int n = 0; n < 50; n++)
        same = same && strcmp(first, render_one(t, "email", "html", &i, RACI_RESPONSIBLE, a)) == 0;
    arena_free(a);
    return same ? context : NULL;
}

Test(templates, several_threads_render_one_template) {
    err e = {0};
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    pthread_t threads[4];
    for (size_t n = 0; n < 4; n++)
        cr_assert_eq(pthread_create(&threads[n], NULL, render_many, t), 0);
    for (size_t n = 0; n < 4; n++) {
        void *same = NULL;
        cr_assert_eq(pthread_join(threads[n], &same), 0);
        cr_expect_not_null(same);
    }
    templates_free(t);
}

Test(templates, who_is_on_call_is_named_and_the_reader_is_nobody_else) {
    err e = {0};
    arena *a = arena_new();
    templates *t = templates_load(NULL, &e);
    cr_assert_not_null(t, "%s", e.text);
    incident i = sample_incident();
    party responsible = sample_responsible;
    responsible.person = "ann";
    responsible.person_name = "Ann Lee";
    i.raci.responsible = &responsible;
    message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    m.team_name = party_team_text(a, &responsible);
    message_facts *facts = message_facts_new(t, &m, &sample_links, SAMPLE_NOW);
    const char *text = render_message(t, "email", "text", facts, a, &e);
    cr_assert_not_null(text, "%s", e.text);
    cr_expect(strstr(text, "You play MLOps Engineer / SRE (MLOps, on call: Ann Lee), Responsible here."), "%s", text);
    cr_expect_null(strstr(text, "Responsible: MLOps Engineer / SRE"), "the reader is listed too: %s", text);
    message_facts_free(facts);
    m.letter = RACI_ACCOUNTABLE;
    m.role_name = i.raci.accountable.role_name;
    m.team_name = i.raci.accountable.team_name;
    facts = message_facts_new(t, &m, &sample_links, SAMPLE_NOW);
    text = render_message(t, "email", "text", facts, a, &e);
    cr_expect(text && strstr(text, "MLOps Engineer / SRE (MLOps, on call: Ann Lee)"), "%s", text);
    const char *json = render_message(t, "webhook", "json", facts, a, &e);
    cr_expect(json && strstr(json, "\"team_name\":\"MLOps\",\"person\":\"ann\",\"person_name\":\"Ann Lee\""), "%s",
              json);
    message_facts_free(facts);
    templates_free(t);
    arena_free(a);
}
