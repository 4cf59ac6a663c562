/* `onus oncall`: who answers for each role at a moment, where a service has somebody else, and the shifts to come.
 *
 * The difficulty: shifts are read by people in different zones, so each is shown in the zone of its own rotation. */
#include "cli/chart_view.h"

#include "onus/settings.h"
#include "onus/text.h"

#include <string.h>

enum { DAYS_MAX = 366, TURNS_MAX = 10000 };

typedef struct oncall_options {
    const char *chart_path, *config_path, *at, *team, *days;
    bool json;
} oncall_options;

/* What is asked of the chart. */
typedef struct oncall_question {
    const chart *chart;
    const chart_team *team; /* NULL: every team */
    usec at;
    int64_t days;        /* of shifts to come; 0: none */
    rotation_turn *room; /* for TURNS_MAX of one team */
} oncall_question;

static const struct argp_option options[] = {
    {"chart", 'f', "FILE", 0, "The chart", 0},
    {"config", 'c', "FILE", 0, "Settings that name the chart", 0},
    {"at", 'a', "TIME", 0, "As of this time (RFC 3339); default: now", 0},
    {"team", 't', "ID", 0, "Only what this team answers for", 0},
    {"days", 'd', "N", 0, "The shifts of the next N days, too", 0},
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
    case 't':
        o->team = arg;
        return 0;
    case 'd':
        o->days = arg;
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

/* ── who answers for which role ── */

typedef struct answer {
    const char *service; /* NULL: every service that says nothing else */
    const chart_role *role;
    const chart_team *team;
} answer;

typedef struct answers {
    answer *items;
    size_t count;
} answers;

static void add_answer(answers *list, const oncall_question *q, answer one) {
    if (!q->team || one.team == q->team)
        list->items[list->count++] = one;
}

static size_t count_most(const chart *ch) {
    size_t most = ch->role_count;
    for (size_t i = 0; i < ch->service_count; i++)
        most += ch->services[i].role_count;
    return most;
}

static answers answers_by_role(const oncall_question *q, arena *a) {
    const chart *ch = q->chart;
    answers list = {ARENA_ARRAY(a, answer, count_most(ch) + 1), 0};
    for (size_t i = 0; i < ch->role_count; i++)
        add_answer(&list, q, (answer){NULL, &ch->roles[i], ch->roles[i].team});
    return list;
}

static answers answers_by_service(const oncall_question *q, arena *a) {
    const chart *ch = q->chart;
    answers list = {ARENA_ARRAY(a, answer, count_most(ch) + 1), 0};
    for (size_t i = 0; i < ch->service_count; i++)
        for (size_t k = 0; k < ch->services[i].role_count; k++) {
            const chart_service_role *own = &ch->services[i].roles[k];
            add_answer(&list, q, (answer){ch->services[i].id, own->role, own->team});
        }
    return list;
}

static party party_of(const oncall_question *q, const answer *one, arena *a) {
    party p = {.role = one->role->id, .role_name = one->role->name};
    party_take_team(&p, one->team, q->at, a);
    return p;
}

/* ── for people ── */

static const char *until_text(const chart_team *team, usec at, arena *a) {
    if (!team->rotation)
        return "";
    const oncall_view v = oncall_at(team, at);
    return v.ends ? zone_to_text(team_zone(team), v.now.until, a) : "";
}

static const char *on_call_text(const chart_team *team, const party *p) {
    if (p->person[0])
        return p->person_name;
    return team->rotation ? person_text(NULL) : "";
}

static void add_line(text_table *t, const oncall_question *q, const answer *one) {
    const party p = party_of(q, one, t->memory);
    const char *contacts = contacts_text(t->memory, p.contacts, p.contact_count);
    table_add(t, (const char *const[]){p.role_name, one->service ? one->service : "every service", p.team_name,
                                       on_call_text(one->team, &p), until_text(one->team, q->at, t->memory), contacts});
}

static void print_answers(const cli *c, const oncall_question *q) {
    static const char *const columns[] = {"ROLE", "FOR", "ANSWERED BY", "ON CALL", "UNTIL", "REACHED AT"};
    const answers roles = answers_by_role(q, c->memory), services = answers_by_service(q, c->memory);
    text_table t;
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < q->chart->role_count; i++) {
        const chart_role *role = &q->chart->roles[i];
        for (size_t k = 0; k < roles.count; k++)
            if (roles.items[k].role == role)
                add_line(&t, q, &roles.items[k]);
        for (size_t k = 0; k < services.count; k++)
            if (services.items[k].role == role)
                add_line(&t, q, &services.items[k]);
    }
    table_print(c, &t);
}

/* In q->room. */
static size_t find_shifts(const oncall_question *q, const chart_team *team) {
    return rotation_turns(team->rotation, q->at, q->at + q->days * USEC_PER_DAY, TURNS_MAX, q->room);
}

static bool has_shifts(const oncall_question *q, const chart_team *team) {
    return team->rotation && q->days > 0 && (!q->team || q->team == team);
}

static void add_shifts(text_table *t, const oncall_question *q, const chart_team *team) {
    const time_zone *zone = team_zone(team);
    size_t count = find_shifts(q, team);
    for (size_t i = 0; i < count; i++)
        table_add(t, (const char *const[]){team->name, zone_to_text(zone, q->room[i].from, t->memory),
                                           zone_to_text(zone, q->room[i].until, t->memory),
                                           person_text(q->room[i].person)});
}

static void print_shifts(const cli *c, const oncall_question *q) {
    static const char *const columns[] = {"TEAM", "FROM", "UNTIL", "ON CALL"};
    text_table t;
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < q->chart->team_count; i++)
        if (has_shifts(q, &q->chart->teams[i]))
            add_shifts(&t, q, &q->chart->teams[i]);
    fputc('\n', c->out);
    if (t.row_count > 0)
        table_print(c, &t);
    else
        fprintf(c->out, "No rotation: each team is told as a whole.\n");
}

/* ── for programs ── */

static void put_answer(buf *b, const oncall_question *q, const answer *one, arena *a) {
    const party p = party_of(q, one, a);
    const oncall_view v = one->team->rotation ? oncall_at(one->team, q->at) : (oncall_view){0};
    buf_putc(b, '{');
    put_json_text(b, "service", one->service);
    put_json_text(b, "role", p.role);
    put_json_text(b, "role_name", p.role_name);
    put_json_text(b, "team", p.team);
    put_json_text(b, "team_name", p.team_name);
    put_json_text(b, "person", p.person[0] ? p.person : NULL);
    put_json_text(b, "person_name", p.person[0] ? p.person_name : NULL);
    put_json_text(b, "until", v.ends ? time_to_text(a, v.now.until) : NULL);
    buf_puts(b, "\"contacts\":");
    put_contacts_json(b, p.contacts, p.contact_count);
    buf_putc(b, '}');
}

static void put_answers(buf *b, const oncall_question *q, const answers *list, arena *a) {
    for (size_t i = 0; i < list->count; i++) {
        buf_puts(b, i ? "," : "");
        put_answer(b, q, &list->items[i], a);
    }
}

static void put_shifts(buf *b, const oncall_question *q, const chart_team *team, arena *a) {
    size_t count = find_shifts(q, team);
    buf_putc(b, '{');
    put_json_text(b, "team", team->id);
    put_json_text(b, "team_name", team->name);
    put_json_text(b, "time_zone", team_zone(team)->name);
    buf_puts(b, "\"shifts\":[");
    for (size_t i = 0; i < count; i++) {
        const rotation_turn *turn = &q->room[i];
        buf_puts(b, i ? ",{" : "{");
        put_json_time(b, "from", turn->from, a);
        put_json_time(b, "until", turn->until, a);
        put_json_text(b, "person", turn->person ? turn->person->id : NULL);
        buf_puts(b, "\"person_name\":");
        buf_put_json(b, turn->person ? turn->person->name : NULL);
        buf_putc(b, '}');
    }
    buf_puts(b, "]}");
}

static void print_json(const cli *c, const oncall_question *q) {
    const answers roles = answers_by_role(q, c->memory), services = answers_by_service(q, c->memory);
    buf b;
    buf_init(&b);
    buf_printf(&b, "{\"at\":\"%s\",\"roles\":[", time_to_text(c->memory, q->at));
    put_answers(&b, q, &roles, c->memory);
    buf_puts(&b, "],\"services\":[");
    put_answers(&b, q, &services, c->memory);
    buf_puts(&b, "],\"rotations\":[");
    size_t printed = 0;
    for (size_t i = 0; i < q->chart->team_count; i++)
        if (has_shifts(q, &q->chart->teams[i])) {
            buf_puts(&b, printed++ ? "," : "");
            put_shifts(&b, q, &q->chart->teams[i], c->memory);
        }
    buf_puts(&b, "]}\n");
    fputs(b.data, c->out);
    buf_release(&b);
}

/* ── the question ── */

static bool read_question(const oncall_options *o, oncall_question *q, err *e) {
    if (o->at && !time_from_text(o->at, &q->at, e))
        return err_prefix(e, "--at");
    return !o->days || text_to_int(o->days, 1, DAYS_MAX, "--days", &q->days, e);
}

static bool find_team(cli *c, const chart *ch, const char *id, const chart_team **out) {
    const char **ids = ARENA_ARRAY(c->memory, const char *, ch->team_count + 1);
    for (size_t i = 0; i < ch->team_count; i++) {
        ids[i] = ch->teams[i].id;
        if (text_equal(ids[i], id)) {
            *out = &ch->teams[i];
            return true;
        }
    }
    const char *near = text_did_you_mean(id, ids, ch->team_count);
    (void)cli_fail(c, "the chart has no team \"%s\"%s%s%s", printable(c->memory, id), near ? "; did you mean \"" : "",
                   near ? near : "", near ? "\"?" : "");
    return false;
}

static int answer_question(cli *c, const oncall_options *o, oncall_question *q) {
    if (o->team && !find_team(c, q->chart, o->team, &q->team))
        return EXIT_USAGE;
    if (o->json) {
        print_json(c, q);
        return EXIT_DONE;
    }
    print_answers(c, q);
    if (q->days > 0)
        print_shifts(c, q);
    return EXIT_DONE;
}

int oncall_run(cli *c, int argc, char **argv) {
    static const struct argp argp = {options,
                                     parse,
                                     NULL,
                                     "Lists who answers for each role and who of them is on call, the services where "
                                     "it is somebody else, and with --days the shifts to come.",
                                     NULL,
                                     NULL,
                                     NULL};
    oncall_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    oncall_question q = {.at = clock_now(&c->clock)};
    err e = {0};
    if (!read_question(&o, &q, &e))
        return cli_fail(c, "%s", e.text), EXIT_USAGE;
    const char *path = o.chart_path ? o.chart_path : settings_chart_path(c, o.config_path);
    chart *ch = path ? chart_open(c, path) : NULL;
    if (!ch)
        return EXIT_FAILED;
    q.chart = ch;
    q.room = ARENA_ARRAY(c->memory, rotation_turn, TURNS_MAX);
    int status = answer_question(c, &o, &q);
    chart_unref(ch);
    return status;
}
