/* Which contacts each kind can reach, and what it says of the others; what is said when only their names are known. */
#include "support.h"

#include "notify/notify_room.h"

#include <criterion/criterion.h>
#include <string.h>

static const channel_spec smtp = {"mail", "email", {"smtp", "smtp://127.0.0.1:25", "from", "onus@b.example", NULL}};
static const channel_spec postmark = {"mail", "postmark", {"token", "t", "from", "onus@b.example", NULL}};
static const channel_spec sendgrid = {"mail", "sendgrid", {"token", "t", "from", "onus@b.example", NULL}};
static const channel_spec hook = {"hook", "webhook", {NULL}};
static const channel_spec inner_hook = {"hook", "webhook", {"allow_private", "true", NULL}};
static const channel_spec fixed_hook = {"hook", "webhook", {"url", "https://hooks.example/in", NULL}};
static const channel_spec bot = {"chat", "slack", {"token", "xoxb-1", NULL}};
static const channel_spec fixed_bot = {"chat", "slack", {"token", "xoxb-1", "channel", "C024BE91L", NULL}};
static const channel_spec chat = {"chat", "slack", {"url", "https://hooks.slack.example/T", NULL}};
static const channel_spec pager = {"pager", "pagerduty", {NULL}};
static const channel_spec other_pager = {"pager", "pagerduty", {"url", "https://events.example/v2/enqueue", NULL}};
static const channel_spec fixed_pager = {"pager", "pagerduty", {"routing_key", "k", NULL}};
static const channel_spec kept = {"out", "record", {NULL}};

#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN
#define KEY "0123456789abcdef0123456789ABCDEF"

/* "" : it can be reached. */
static const struct {
    const channel_spec *channel;
    const char *address, *said;
} CASES[] = {
    {&smtp, "ann@example.com", ""},
    {&smtp, "ann.lee+onus@mail.example.co.uk", ""},
    {&smtp, "o'hara_{x}!#$%&*/=?^`|~@example.com", ""},
    {&smtp, "root@localhost", ""},
    {&smtp, "a@my_host.example", ""},
    {&smtp, "a@xn--exmple-cua.de", ""},
    {&smtp, SIXTY "aaaa@example.com", ""},
    {&smtp, "", "is missing"},
    {&smtp, "ann", "is no mail address"},
    {&smtp, "not an address", "is no mail address"},
    {&smtp, "@example.com", "before the @"},
    {&smtp, "ann@", "no domain"},
    {&smtp, "ann@@example.com", "two @"},
    {&smtp, "a@b.example,c@d.example", "two @"},
    {&smtp, "a@b.example c@d.example", "two @"},
    {&smtp, "a@b.example,", "a contact of its own"},
    {&smtp, "ops;a@b.example", "a contact of its own"},
    {&smtp, "Ann Lee <ann@example.com>", "alone"},
    {&smtp, "<ann@example.com>", "alone"},
    {&smtp, "\"ann lee\"@example.com", "alone"},
    {&smtp, "ann@example.com (Ann)", "alone"},
    {&smtp, " ann@example.com", "white space"},
    {&smtp, "ann@example.com ", "white space"},
    {&smtp, "an\x01n@example.com", "control"},
    {&smtp, "ann@exam\x7fple.com", "control"},
    {&smtp, "j\xc3\xb6rg@example.de", "SMTPUTF8"},
    {&smtp, "joerg@ex\xc3\xa4mple.de", "xn--"},
    {&smtp, ".ann@example.com", "before the @"},
    {&smtp, "ann.@example.com", "before the @"},
    {&smtp, "an..n@example.com", "before the @"},
    {&smtp, "-f@example.com", "before the @"},
    {&smtp, "mailto:ann@example.com", "before the @"},
    {&smtp, "ann@example..com", "no domain"},
    {&smtp, "ann@.example.com", "no domain"},
    {&smtp, "ann@example.com.", "no domain"},
    {&smtp, "ann@-example.com", "no domain"},
    {&smtp, "ann@example-.com", "no domain"},
    {&smtp, "ann@exam!ple.com", "no domain"},
    {&smtp, "ann@" SIXTY "aaaa.example", "no domain"},
    {&smtp, SIXTY "aaaaa@example.com", "64 characters"},
    {&smtp, "a@" SIXTY "." SIXTY "." SIXTY "." SIXTY "." SIXTY, "254"},
    {&postmark, "ann@example.com", ""},
    {&postmark, "j\xc3\xb6rg@example.de", "SMTPUTF8"},
    {&sendgrid, "ann", "is no mail address"},
    {&hook, "https://hooks.example/a?b=c", ""},
    {&hook, "http://hooks.example:8080/", ""},
    {&hook, "https://[2001:4860:4860::8888]/", ""},
    {&hook, "", "is missing"},
    {&hook, "ops", "is no URL"},
    {&hook, "ftp://hooks.example/", "is no URL"},
    {&hook, "https://", "is no URL"},
    {&hook, "https://hooks.example:port/", "is no URL"},
    {&hook, "https://hooks.example/a b", "white space"},
    {&hook, "http://127.0.0.1:9/in", "private"},
    {&hook, "http://LOCALHOST/in", "private"},
    {&hook, "http://10.1.2.3/in", "private"},
    {&hook, "http://127.1/in", "private"}, /* another spelling */
    {&hook, "http://[fd00::1]/in", "private"},
    {&hook, "http://[::ffff:10.0.0.1]/in", "private"},
    {&hook, "http://169.254.169.254/latest", "private"},
    {&hook, "http://0.0.0.0/", "nobody's"},
    {&hook, "http://224.0.0.1/", "nobody's"},
    {&inner_hook, "http://127.0.0.1:9/in", ""},
    {&inner_hook, "http://224.0.0.1/", "nobody's"},
    {&fixed_hook, "", ""},
    {&fixed_hook, "a word for the receiver", ""},
    {&bot, "#fraud", ""},
    {&bot, "fraud-night", ""},
    {&bot, "C024BE91L", ""},
    {&bot, "#h\xc3\xbc\xc3\xb6", ""},
    {&bot, "", "is missing"},
    {&bot, "#", "after #"},
    {&bot, "#fraud night", "no Slack channel"},
    {&bot, "#fraud,#night", "no Slack channel"},
    {&bot, "##fraud", "no Slack channel"},
    {&bot, "ann@example.com", "no Slack channel"},
    {&bot, "https://example.slack.com/archives/C024BE91L", "no Slack channel"},
    {&fixed_bot, "", ""},
    {&fixed_bot, "fraud night", "no Slack channel"},
    {&chat, "", ""},
    {&chat, "fraud night", ""},
    {&pager, KEY, ""},
    {&pager, "", "is missing"},
    {&pager, "platform", "32 letters"},
    {&pager, KEY "0", "32 letters"},
    {&pager, "0123456789abcdef0123456789ABCDE-", "32 letters"},
    {&other_pager, "a-key", ""},
    {&other_pager, "a key", "is no key"},
    {&fixed_pager, "platform leads", ""},
    {&kept, "anything at all", ""},
};

static void expect_said(const char *got, const char *said, const char *of) {
    cr_expect(*said == '\0' ? got == NULL : got != NULL && strstr(got, said) != NULL, "%s: %s", of,
              got == NULL ? "(reached)" : got);
}

Test(contacts, each_kind_judges_its_own_addresses) {
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        test_channels made = channels_from(CASES[i].channel, 1);
        cr_assert_not_null(made.channels);
        const contact who = {CASES[i].channel->name, CASES[i].address};
        expect_said(channels_contact_fault(made.channels, &who), CASES[i].said, CASES[i].address);
        channels_drop(&made);
    }
}

/* A channel that is not there is another mistake, which is said by another rule. */
Test(contacts, a_channel_that_is_not_there_is_not_judged) {
    test_channels made = channels_from(&smtp, 1);
    cr_expect_null(channels_contact_fault(made.channels, &(contact){"post", "nonsense"}));
    channels_drop(&made);
}

Test(contacts, without_the_settings_a_channels_name_and_an_address_tell) {
    static const struct {
        const char *channel, *address, *said;
    } GUESSED[] = {
        {"mail", "ann@example.com", ""},
        {"mail", "not an address", "is no mail address"},
        {"mail", "", "is missing"},
        {"email", "not an address", "is no mail address"},
        {"night-mail", "ops", "is no mail address"},
        {"smtp", "ops", "is no mail address"},
        {"postmark.eu", "ops", "is no mail address"},
        {"sendgrid_2", "j\xc3\xb6rg@example.de", "SMTPUTF8"},
        {"mailbox", "a word", ""},
        {"post", "j\xc3\xb6rg@example.de", "SMTPUTF8"},
        {"post", "a@b.example, c@d.example", "two @"},
        {"post", "a word", ""},
        {"post", "@ann", ""},
        {"post", "https://ann:x@hooks.example/", ""},
        {"hook", "", ""},
        {"webhook", "a word", ""},
        {"slack", "fraud night", ""},
        {"slack", "", ""},
        {"pagerduty", "platform", ""},
        {"record", "", ""},
    };
    for (size_t i = 0; i < sizeof GUESSED / sizeof *GUESSED; i++)
        expect_said(channels_contact_fault(NULL, &(contact){GUESSED[i].channel, GUESSED[i].address}), GUESSED[i].said,
                    GUESSED[i].address);
}
