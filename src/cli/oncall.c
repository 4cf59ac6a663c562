/* `onus oncall`: who answers for each role, and where a service has somebody else. */
#include "cli/chart_view.h"

#include "onus/settings.h"

#include <string.h>

typedef struct oncall_options {
    const char *chart_path, *config_path, *at;
    bool json;
} oncall_options;

static const struct argp_option options[] = {
    {"chart", 'f', "FILE", 0, "The chart", 0},
    {"config", 'c', "FILE", 0, "Settings that name the chart", 0},
    {"at", 'a', "TIME", 0, "As of this time (RFC 3339); default: now", 0},
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    oncall_options *o = state->input;
    switch (key) {
    case 'f':
        o->chart_path = arg;
        return 0;
    case 'c':
        o->config_path = arg;
        return 0;
    case 'a':
        o->at = arg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_END:
        if (!o->chart_path == !o->config_path)
            argp_error(state, "which chart? Give --chart FILE or --config FILE");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void put_line_json(buf *b, const char *service, const chart_role *role, const chart_team *team) {
    const char *const texts[] = {"service",  service, "role",   role->id,    "role_name",
                                 role->name, "team",  team->id, "team_name", team->name};
    buf_putc(b, '{');
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i += 2) {
        buf_printf(b, "%s\"%s\":", i ? "," : "", texts[i]);
        buf_put_json(b, texts[i + 1]);
    }
    buf_puts(b, ",\"contacts\":");
    put_contacts_json(b, team->contacts, team->contact_count);
    buf_putc(b, '}');
}

static void print_json(const cli *c, const chart *ch, usec at) {
    buf b;
    buf_init(&b);
    buf_printf(&b, "{\"at\":\"%s\",\"roles\":[", time_to_text(c->memory, at));
    for (size_t i = 0; i < ch->role_count; i++) {
        buf_puts(&b, i ? "," : "");
        put_line_json(&b, NULL, &ch->roles[i], ch->roles[i].team);
    }
    buf_puts(&b, "],\"services\":[");
    size_t printed = 0;
    for (size_t i = 0; i < ch->service_count; i++)
        for (size_t k = 0; k < ch->services[i].role_count; k++) {
            buf_puts(&b, printed++ ? "," : "");
            put_line_json(&b, ch->services[i].id, ch->services[i].roles[k].role, ch->services[i].roles[k].team);
        }
    buf_puts(&b, "]}\n");
    fputs(b.data, c->out);
    buf_release(&b);
}

static void add_line(text_table *t, const char *service, const chart_role *role, const chart_team *team) {
    table_add(t, (const char *const[]){role->name, service, team->name,
                                       contacts_text(t->memory, team->contacts, team->contact_count)});
}

static void print_text(const cli *c, const chart *ch) {
    static const char *const columns[] = {"ROLE", "FOR", "ANSWERED BY", "REACHED AT"};
    text_table t;
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < ch->role_count; i++) {
        add_line(&t, "every service", &ch->roles[i], ch->roles[i].team);
        for (size_t s = 0; s < ch->service_count; s++)
            for (size_t k = 0; k < ch->services[s].role_count; k++)
                if (ch->services[s].roles[k].role == &ch->roles[i])
                    add_line(&t, ch->services[s].id, &ch->roles[i], ch->services[s].roles[k].team);
    }
    table_print(c, &t);
}

/* The chart's path by the settings, whose other values matter not. */
static const char *path_from_settings(cli *c, const char *config_path) {
    diagnostics d;
    diagnostics_init(&d);
    settings *s = settings_load(config_path, &(settings_options){.offline = true}, &d);
    const char *path = s ? arena_strdup(c->memory, s->chart_path) : NULL;
    buf b;
    buf_init(&b);
    for (size_t i = 0; !s && i < d.count; i++) {
        diagnostic_print(&b, &d.items[i]);
        buf_putc(&b, '\n');
    }
    fputs(b.data, c->err);
    buf_release(&b);
    settings_free(s);
    diagnostics_release(&d);
    return path;
}

int oncall_run(cli *c, int argc, char **argv) {
    static const struct argp argp = {
        options, parse, NULL, "Lists who answers for each role, and the services where it is somebody else.",
        NULL,    NULL,  NULL};
    oncall_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    usec at = clock_now(&c->clock);
    err e = {0};
    if (o.at && !time_from_text(o.at, &at, &e))
        return cli_fail(c, "--at: %s", e.text), EXIT_USAGE;
    const char *path = o.chart_path ? o.chart_path : path_from_settings(c, o.config_path);
    chart *ch = path ? chart_open(c, path) : NULL;
    if (!ch)
        return EXIT_FAILED;
    if (o.json)
        print_json(c, ch, at);
    else
        print_text(c, ch);
    chart_unref(ch);
    return EXIT_DONE;
}
