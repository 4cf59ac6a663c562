/* Options of channels: what is refused, where, and in which words. */
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

typedef struct option_case {
    channel_spec spec;
    const char *expected; /* NULL: fine */
} option_case;

static const option_case cases[] = {
    {{"a", "record", {NULL}}, NULL},
    {{"a", "webhook", {"url", "https://x.example/in", NULL}}, NULL},
    {{"a", "webhook", {NULL}}, NULL},
    {{"a", "slack", {"url", "https://hooks.slack.example/T/B/x", NULL}}, NULL},
    {{"a", "slack", {"token", "xoxb-1", "channel", "C1", NULL}}, NULL},
    {{"a", "email", {"smtp", "smtp://mail:25", "from", "Onus <onus@example.com>", NULL}}, NULL},
    {{"a", "postmark", {"token", "t", "from", "onus@example.com", NULL}}, NULL},
    {{"a", "pagerduty", {"routing_key", "k", "allow_private", "true", NULL}}, NULL},
    {{"a", "webhok", {NULL}}, "onus.yaml:1:3: error: channel \"a\": no kind \"webhok\"; did you mean \"webhook\"?"},
    {{"a", "webhook", {"ulr", "https://x.example", NULL}},
     "onus.yaml:1:5: error: channel \"a\": a channel of kind webhook has no option \"ulr\"; did you mean \"url\"?"},
    {{"a", "webhook", {"url", "ftp://x.example", NULL}}, "url must be a URL that begins with https:// or http://"},
    {{"a", "webhook", {"url", "https://", NULL}}, "url must be a URL"},
    {{"a", "webhook", {"url", "https://x.example", "method", "GET", NULL}}, "must be POST or PUT"},
    {{"a", "webhook", {"url", "https://x.example", "headers", "no colon", NULL}}, "Name: value"},
    {{"a", "webhook", {"url", "https://x.example", "headers", "X Y: 1", NULL}}, "Name: value"},
    {{"a", "webhook", {"url", "https://x.example", "headers", "X-A: 1\nX-B: 2\n", NULL}}, NULL},
    {{"a", "webhook", {"url", "https://x.example", "allow_private", "yes", NULL}}, "must be true or false"},
    {{"a", "webhook", {"url", "https://x.example", "url", "https://y.example", NULL}}, "is given twice"},
    {{"a", "webhook", {"url", "https://x.example", "secret", "", NULL}}, "must not be empty"},
    {{"a", "slack", {NULL}}, "needs either url (an incoming webhook) or token"},
    {{"a", "slack", {"url", "https://x.example", "token", "t", NULL}}, "and not both"},
    {{"a", "slack", {"url", "https://x.example", "channel", "C1", NULL}}, "channel is for a bot's token"},
    {{"a", "email", {"from", "onus@example.com", NULL}}, "needs the option \"smtp\""},
    {{"a", "email", {"smtp", "http://mail", "from", "onus@example.com", NULL}}, "smtp must be a URL like"},
    {{"a", "email", {"smtp", "smtp://mail", "from", "onus", NULL}}, "from must be a mail address"},
    {{"a", "email", {"smtp", "smtp://mail", "from", "a@b.c", "starttls", "maybe", NULL}}, "required, opportunistic"},
    {{"a", "email", {"smtp", "smtp://mail", "from", "a@b.c", "username", "u", NULL}}, "go together"},
    {{"a",
      "email",
      {"smtp", "smtp://mail", "from", "a@b.c", "username", "u", "password", "p", "starttls", "off", NULL}},
     "must not cross the network in clear"},
    {{"a", "postmark", {"token", "t", NULL}}, "needs the option \"from\""},
};

Test(options, each_problem_has_its_place_and_its_words) {
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        arena *a = arena_new();
        test_channels made = channels_from(&cases[c].spec, 1);
        const char *problems = problems_text(&made, a);
        if (cases[c].expected == NULL)
            cr_expect(made.channels != NULL, "case %zu: %s", c, problems);
        else
            cr_expect(made.channels == NULL && strstr(problems, cases[c].expected) != NULL,
                      "case %zu: expected %s in %s", c, cases[c].expected, problems);
        channels_drop(&made);
        arena_free(a);
    }
}

Test(options, all_problems_come_in_one_run) {
    static const channel_spec specs[] = {{"a", "webhook", {"ulr", "x", NULL}},
                                         {"b", "email", {NULL}},
                                         {"c", "nothing", {NULL}},
                                         {"d", "record", {NULL}}};
    test_channels made = channels_from(specs, 4);
    cr_expect_null(made.channels);
    cr_expect_eq(made.problems.errors, 4); /* b lacks two */
    channels_drop(&made);
}

/* onus check reads no files: an option that is given as NAME_file is there and has no value. */
Test(options, a_value_that_was_not_read_counts_as_given) {
    const channel_option options[] = {{.name = "url", .text = NULL, .at = {2, 5}}};
    const channel_settings one = {"a", "slack", options, 1, {1, 1}};
    const settings s = {.path = "onus.yaml", .channels = &one, .channel_count = 1};
    diagnostics d;
    diagnostics_init(&d);
    channels *made = channels_new(&s, &d);
    cr_expect_not_null(made);
    channels_free(made);
    diagnostics_release(&d);
}

Test(options, kinds_are_listed_by_name) {
    size_t count = 0;
    const channel_kind *const *kinds = channel_kinds(&count);
    cr_expect_eq(count, 7);
    for (size_t k = 0; k < count; k++) {
        cr_expect(channel_kind_find(kinds[k]->name) == kinds[k]);
        cr_expect(kinds[k]->option_count <= CHANNEL_OPTIONS_MAX);
        cr_expect(k == 0 || strcmp(kinds[k - 1]->name, kinds[k]->name) < 0);
    }
}

/* docs/channels.md names every kind and option. */
Test(options, are_documented) {
    FILE *file = fopen("docs/channels.md", "r");
    cr_assert_not_null(file);
    static char text[100000];
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    size_t count = 0;
    const channel_kind *const *kinds = channel_kinds(&count);
    arena *a = arena_new();
    for (size_t k = 0; k < count; k++) {
        cr_expect(strstr(text, arena_printf(a, "%s", kinds[k]->name)) != NULL, "%s", kinds[k]->name);
        for (size_t o = 0; o < kinds[k]->option_count; o++)
            cr_expect(strstr(text, arena_printf(a, "`%s`", kinds[k]->options[o].name)) != NULL, "%s of %s",
                      kinds[k]->options[o].name, kinds[k]->name);
    }
    const option_row *common = channel_common_options(&count);
    for (size_t o = 0; o < count; o++)
        cr_expect(strstr(text, arena_printf(a, "| `%s` |", common[o].name)) != NULL, "%s", common[o].name);
    arena_free(a);
}
