#include "cli/chart_view.h"

#include "onus/settings.h"

#include "onus/limits.h"

/* With the line of the file, when it can still be read. */
static void print_with_source(cli *c, const char *path, const diagnostics *d) {
    char *bytes = NULL;
    size_t len = 0;
    bool cut = false;
    err e;
    if (!file_read(c->memory, path, LIMIT_CHART_BYTES, &bytes, &len, &cut, &e))
        bytes = NULL;
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < d->count; i++)
        diagnostic_print_with_source(&b, &d->items[i], bytes, bytes ? len : 0);
    fputs(b.data, c->err);
    buf_release(&b);
}

void problems_print(const cli *c, const diagnostics *d) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < d->count; i++) {
        diagnostic_print(&b, &d->items[i]);
        buf_putc(&b, '\n');
    }
    fputs(b.data, c->err);
    buf_release(&b);
}

chart *chart_open(cli *c, const char *path) {
    diagnostics d;
    diagnostics_init(&d);
    chart *ch = chart_load(path, NULL, &d);
    if (!ch)
        print_with_source(c, path, &d);
    diagnostics_release(&d);
    return ch;
}

const char *settings_chart_path(cli *c, const char *config_path) {
    diagnostics d;
    diagnostics_init(&d);
    settings *s = settings_load(config_path, &(settings_options){.offline = true}, &d);
    const char *path = s ? arena_strdup(c->memory, s->chart_path) : NULL;
    if (!s)
        problems_print(c, &d);
    settings_free(s);
    diagnostics_release(&d);
    return path;
}

static void put_contact(buf *b, const contact *one) {
    buf_puts(b, one->channel);
    if (*one->address)
        buf_printf(b, ":%s", one->address);
}

const char *contacts_text(arena *a, const contact *contacts, size_t count) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < count; i++) {
        buf_puts(&b, i ? ", " : "");
        put_contact(&b, &contacts[i]);
    }
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

void put_contacts_json(buf *b, const contact *contacts, size_t count) {
    buf_putc(b, '[');
    for (size_t i = 0; i < count; i++) {
        buf one;
        buf_init(&one);
        put_contact(&one, &contacts[i]);
        buf_puts(b, i ? "," : "");
        buf_put_json(b, one.data);
        buf_release(&one);
    }
    buf_putc(b, ']');
}

const char *letter_title(raci_letter letter) {
    static const char *const titles[] = {
        [RACI_RESPONSIBLE] = "Responsible",
        [RACI_ACCOUNTABLE] = "Accountable",
        [RACI_CONSULTED] = "Consulted",
        [RACI_INFORMED] = "Informed",
    };
    return titles[letter];
}

oncall_view oncall_at(const chart_team *team, usec at) {
    rotation_turn turns[2];
    size_t count = rotation_turns(team->rotation, at, at + TURN_HORIZON, 2, turns);
    oncall_view v = {.team = team, .now = turns[0], .ends = count == 2};
    if (v.ends)
        v.next = turns[1].person;
    return v;
}

const time_zone *team_zone(const chart_team *team) {
    return team->rotation->layers[0].zone;
}

const char *person_text(const chart_person *p) {
    return p ? p->name : "the whole team";
}

void put_json_text(buf *b, const char *name, const char *text) {
    buf_printf(b, "\"%s\":", name);
    buf_put_json(b, text);
    buf_putc(b, ',');
}

void put_json_time(buf *b, const char *name, usec t, arena *a) {
    put_json_text(b, name, time_to_text(a, t));
}
