/* One channel of each kind, for targets of the notify room. */
#include "fuzz.h"
#include "onus/notify.h"

enum { CHANNEL_KINDS = 8, OPTIONS_EACH = 4 };

static const struct {
    const char *name, *kind, *address;
    struct {
        const char *name, *text, *hidden;
    } options[OPTIONS_EACH];
} wanted[CHANNEL_KINDS] = {
    {"slack", "slack", "", {{"url", NULL, "https://hooks.example.com/x"}}},
    {"bot", "slack", "", {{"token", NULL, "xoxb-1"}, {"channel", "#ops", NULL}}},
    {"mail",
     "email",
     "a@example.com",
     {{"smtp", "smtp://mail.example.com", NULL}, {"from", "Onus <o@example.com>", NULL}}},
    {"postmark", "postmark", "a@example.com", {{"token", NULL, "t"}, {"from", "o@example.com", NULL}}},
    {"sendgrid", "sendgrid", "a@example.com", {{"token", NULL, "t"}, {"from", "o@example.com", NULL}}},
    {"hook", "webhook", "", {{"url", NULL, "https://hooks.example.com/y"}, {"secret", NULL, "s"}}},
    {"pager", "pagerduty", "", {{"routing_key", NULL, "0123456789abcdef0123456789abcdef"}}},
    {"outbox", "record", "", {{NULL, NULL, NULL}}},
};

/* Never freed: one set for the whole run. */
static channels *channels_for_fuzzing(void) {
    static channel_option options[CHANNEL_KINDS][OPTIONS_EACH];
    static channel_settings rows[CHANNEL_KINDS];
    for (size_t i = 0; i < CHANNEL_KINDS; i++) {
        rows[i] = (channel_settings){.name = wanted[i].name, .kind = wanted[i].kind, .options = options[i]};
        for (size_t o = 0; o < OPTIONS_EACH && wanted[i].options[o].name; o++) {
            options[i][o] = (channel_option){.name = wanted[i].options[o].name, .text = wanted[i].options[o].text};
            options[i][o].hidden = secret_from_text(wanted[i].options[o].hidden);
            rows[i].option_count++;
        }
    }
    settings s = {.path = "onus.yaml", .channels = rows, .channel_count = CHANNEL_KINDS};
    diagnostics d;
    buf text;
    diagnostics_init(&d);
    buf_init(&text);
    channels *all = channels_new(&s, &d);
    for (size_t i = 0; i < d.count; i++)
        diagnostic_print(&text, &d.items[i]);
    if (!all)
        fprintf(stderr, "%s\n", text.data);
    MUST(all);
    buf_release(&text);
    diagnostics_release(&d);
    return all;
}
