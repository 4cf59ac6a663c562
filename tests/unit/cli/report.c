/* `onus report` as it reads: from the JSON that a service or the database gives. */
#include "unit/cli/harness.h"

#include "cli/report.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char told[] =
    "{\"since\":\"2026-01-01T00:00:00.000Z\",\"until\":\"2026-01-31T00:00:00.000Z\",\"time_zone\":\"Europe/Berlin\","
    "\"incidents\":45,\"contested\":6,\"misrouted\":5,\"misroute_rate\":0.1111,\"median_seconds_to_owner\":720.5,"
    "\"rows\":[{\"activity\":\"jobs\",\"loop\":\"system\",\"incidents\":45,\"contested\":6,\"misrouted\":5,"
    "\"misroute_rate\":0.1111,\"median_seconds_to_owner\":720.5}],"
    "\"teams\":[{\"team\":\"mlops\",\"team_name\":\"ML|Ops\\u001b[31m\",\"incidents\":0,\"contested\":0,\"misrouted\":"
    "0,"
    "\"misroute_rate\":null,\"median_seconds_to_owner\":null,\"pages\":7,\"night_pages\":1}],"
    "\"unowned\":{\"incidents\":1,\"events\":2,\"titles\":[{\"title\":\"Disk\\nfull\",\"incidents\":1}]},"
    "\"pages\":7,\"night_pages\":1,"
    "\"gave_up\":[{\"channel\":\"mail\",\"address\":\"x@example.com\",\"messages\":3,\"last_at\":\"2026-01-02\","
    "\"detail\":\"550 no such mailbox\"}],\"truncated\":false,"
    "\"edits\":[{\"activity\":\"jobs\",\"to\":\"p\",\"to_name\":\"Platform Engineer\",\"moved\":5,\"kept\":40,"
    "\"difference\":\"namespace = ml in 5 of 5 moved and 0 of 40 kept\",\"where\":\"before row \\\"jobs\\\"\","
    "\"yaml\":\"  - id: jobs-p\\n    loop: platform\\n\",\"problem\":\"\",\"rightly\":5,\"wrongly\":0,\"missed\":0},"
    "{\"activity\":\"disks\",\"to\":\"p\",\"to_name\":\"Platform Engineer\",\"moved\":1,\"kept\":9,\"difference\":\"\","
    "\"where\":\"\",\"yaml\":\"\",\"problem\":\"No label tells them apart from those that stayed.\",\"rightly\":0,"
    "\"wrongly\":0,\"missed\":0},"
    "{\"activity\":\"one\",\"to\":\"p\",\"to_name\":\"Platform Engineer\",\"moved\":1,\"kept\":0,\"difference\":\"\","
    "\"where\":\"before row \\\"one\\\"\",\"yaml\":\"  - id: "
    "one-p\\n\",\"problem\":\"\",\"rightly\":1,\"wrongly\":0,\"missed\":0}"
    "]}";

static char *printed(const char *json, bool markdown) {
    char *text = NULL;
    size_t len = 0;
    cli c = {.memory = arena_new(), .out = open_memstream(&text, &len)};
    err e = {0};
    cJSON *report = json_parse(json, strlen(json), &e);
    cr_assert_not_null(report, "%s", e.text);
    report_print(&c, report, markdown);
    cJSON_Delete(report);
    fclose(c.out);
    arena_free(c.memory);
    return text;
}

static void expect_said(const char *text, const char *const *said, size_t count) {
    for (size_t i = 0; i < count; i++)
        cr_expect(strstr(text, said[i]), "\"%s\" is not in:\n%s", said[i], text);
}

Test(report, reads_like_this_on_a_terminal) {
    static const char *const said[] = {
        "45 incidents opened from 2026-01-01 to 2026-01-31: 6 contested, 5 misrouted (11.1 %), with their owner after "
        "12m "
        "(median).",
        "ROW  LOOP   INCIDENTS CONTESTED MISROUTED RATE   TIME TO OWNER",
        "jobs system 45        6         5         11.1 % 12m",
        "7 pages, 1 of them between 22:00 and 07:00 (Europe/Berlin).",
        "Claimed by no row: 1 incident, 2 alerts",
        "mail:x@example.com",
        "550 no such mailbox",
        "5 incidents of row jobs went to Platform Engineer; 40 stayed. What differs: namespace = ml in 5 of 5 moved "
        "and 0 "
        "of 40 kept. Put before row \"jobs\":\n  - id: jobs-p\n    loop: platform\n",
        "Replayed on the recorded incidents: 5 moved rightly, 0 wrongly, 0 not moved.",
        "1 incident of row disks went to Platform Engineer; 9 stayed. No label tells them apart from those that "
        "stayed.\n\n1 incident of row one went to Platform Engineer; 0 stayed. From a single incident: look before you "
        "paste. Put before row \"one\":\n",
    };
    char *text = printed(told, false);
    expect_said(text, said, sizeof said / sizeof *said);
    cr_expect_null(strstr(text, "40 stayed. From a single"), "%s", text);
    cr_expect_null(strchr(text, '\033'), "what strangers wrote does not steer the terminal");
    cr_expect_null(strstr(text, "Disk\n"), "nor break its lines");
    free(text);
}

Test(report, reads_like_this_in_a_review) {
    static const char *const said[] = {
        "## How the chart routes\n\n45 incidents",
        "### By row\n\n| ROW | LOOP | INCIDENTS | CONTESTED | MISROUTED | RATE | TIME TO OWNER "
        "|\n|---|---|---|---|---|---|---|\n"
        "| jobs | system | 45 | 6 | 5 | 11.1 % | 12m |\n",
        "| ML\\|Ops [31m | 0 | 0 | 0 | - | - | 7 | 1 |\n",
        "\n```yaml\n  - id: jobs-p\n    loop: platform\n```\n",
        "from those that stayed.\n\n1 incident of row one",
    };
    char *text = printed(told, true);
    expect_said(text, said, sizeof said / sizeof *said);
    free(text);
}

Test(report, of_nothing_says_nothing_that_is_not_so) {
    char *text =
        printed("{\"since\":\"2026-01-01T00:00:00.000Z\",\"until\":\"2026-01-02T00:00:00.000Z\",\"incidents\":0,"
                "\"misroute_rate\":null,\"rows\":[],\"teams\":[],\"edits\":[],\"time_zone\":\"UTC\"}",
                false);
    cr_expect(strstr(text, "0 incidents opened from 2026-01-01 to 2026-01-02: 0 contested, 0 misrouted (-).\n"), "%s",
              text);
    cr_expect_null(strstr(text, "What would have prevented it"));
    cr_expect_null(strstr(text, "Claimed by no row"));
    free(text);
}

Test(report, says_what_is_wrong_with_the_question) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, "report --url http://127.0.0.1:1");
    cr_expect_eq(o.status, 1, "nobody answers there");
    cr_expect(strstr(o.err, "http://127.0.0.1:1/v1/report"), "%s", o.err);
    outcome_run(&o, "report --url http://127.0.0.1:1 --token-file @none");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "none"), "%s", o.err);
    outcome_release(&o);
}
