/* The chart: routing, the index against a plain search, people, group keys, near misses, and raci as JSON. */
#include "domain/list_index.h"
#include "onus/chart.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static chart_team TEAMS[] = {
    {.id = "mlops", .name = "MLOps", .contacts = (const contact[]){{"chat", ""}, {"mail", "m@x"}}, .contact_count = 2},
    {.id = "science", .name = "Science"},
    {.id = "fraud", .name = "Fraud Science"},
};
static chart_role ROLES[] = {
    {.id = "sre", .name = "SRE", .team = &TEAMS[0]},
    {.id = "mle", .name = "ML Engineer", .team = &TEAMS[1]},
};
static const chart_role *const SRE[] = {&ROLES[0]};
static const chart_role *const MLE[] = {&ROLES[1]};
static const char *const SERVICE_LABELS[] = {"model", "service"};
static const chart_service_role FRAUD_ROLES[] = {{&ROLES[1], &TEAMS[2]}};

static matchers list(arena *a, const char *text) {
    matchers m;
    size_t at;
    err e = {0};
    cr_assert(matchers_parse(a, text, &m, &at, &e), "%s: %s", text, e.text);
    return m;
}

/* One row per text, ids r0, r1 …; a `|` separates lists. */
static chart *make_chart(const char *const *rows, size_t count) {
    arena *a = arena_new();
    chart *c = ARENA_NEW(a, chart);
    c->memory = a;
    c->references = 1;
    c->rows = ARENA_ARRAY(a, chart_row, count + 1);
    c->row_count = count;
    c->service_labels = SERVICE_LABELS;
    c->service_label_count = 2;
    for (size_t i = 0; i < count; i++) {
        chart_row *r = &c->rows[i];
        *r = (chart_row){
            .id = arena_printf(a, "r%zu", i), .name = "Row", .loop = LOOP_SYSTEM, .index = (int)i, .runbook = ""};
        r->responsible = SRE;
        r->responsible_count = 1;
        r->accountable = &ROLES[1];
        r->match = ARENA_ARRAY(a, matchers, 8);
        char *save = NULL, *copy = arena_strdup(a, rows[i]);
        for (char *t = strtok_r(copy, ";", &save); t; t = strtok_r(NULL, ";", &save))
            r->match[r->match_count++] = list(a, t);
    }
    c->unowned = (chart_row){.id = "unowned",
                             .name = "nobody's",
                             .loop = LOOP_SYSTEM,
                             .index = UNOWNED_ROW,
                             .responsible = SRE,
                             .responsible_count = 1,
                             .accountable = &ROLES[1],
                             .runbook = ""};
    chart_service *services = ARENA_ARRAY(a, chart_service, 1);
    services[0] = (chart_service){
        .id = "fraud-detection", .match = list(a, "model=~\"fraud.*\""), .roles = FRAUD_ROLES, .role_count = 1};
    c->services = services;
    c->service_count = 1;
    return c;
}

static chart *compiled(const char *const *rows, size_t count) {
    chart *c = make_chart(rows, count);
    err e = {0};
    cr_assert(chart_compile(c, &e), "%s", e.text);
    return c;
}

static labels event(arena *a, const char *text) {
    matchers m = list(a, text);
    label *pairs = ARENA_ARRAY(a, label, m.count + 1);
    for (size_t i = 0; i < m.count; i++)
        pairs[i] = (label){m.items[i].name, m.items[i].value};
    return labels_from_pairs(a, pairs, m.count);
}

Test(chart, the_first_row_of_the_file_wins) {
    static const char *const ROWS[] = {
        "env=prod,alertname=~\"(?i).*drift.*\"; slo=latency,model!=\"\"", /* 0 */
        "alertname=A|x",                                                  /* 1: | is a plain character here */
        "alertname=~\"A|B|C\"",                                           /* 2: an alternation of values */
        "zone=\"\",team=~\"ml-.*\"",                                      /* 3: a missing label */
        "alertname=~\".*Down\"",                                          /* 4 */
        "env!=prod,cluster!~\"dev.*\"",                                   /* 5: nothing but negatives */
        "alertname=B",                                                    /* 6: hidden by 2 */
    };
    static const struct {
        const char *labels, *row;
    } CASES[] = {
        {"env=prod,alertname=ModelDrift", "r0"},
        {"env=prod,alertname=x,slo=latency", "unowned"},
        {"env=prod,slo=latency,model=m", "r0"},
        {"env=prod,alertname=A", "r2"},
        {"env=prod,alertname=\"A|x\"", "r1"},
        {"alertname=B", "r2"},
        {"env=prod,team=ml-fraud", "r3"},
        {"env=prod,team=ml-fraud,zone=eu", "unowned"},
        {"env=prod,alertname=HostDown", "r4"},
        {"alertname=HostUp", "r5"},
        {"alertname=HostUp,cluster=dev-1", "unowned"},
        {"", "r5"},
    };
    chart *c = compiled(ROWS, sizeof ROWS / sizeof *ROWS);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        route r;
        chart_route(c, &(route_question){event(a, CASES[i].labels), "src\x1fkey", 0}, a, &r);
        cr_expect_str_eq(r.row->id, CASES[i].row, "%s went to %s", CASES[i].labels, r.row->id);
        cr_expect_eq(r.won == NULL, r.row == &c->unowned);
        cr_expect_gt(strlen(route_why(&r, a)), 10);
        arena_free(a);
    }
    chart_unref(c);
}

/* The index must be invisible: thousands of random charts and events, against trying every list in turn. */
Test(chart, the_index_finds_what_a_plain_search_finds) {
    static const char *const NAMES[] = {"a", "b", "c"};
    static const char *const VALUES[] = {"x", "y", "\"\"", "xy"};
    static const char *const REGEXES[] = {"\"x|y\"", "\"x.*\"", "\".*\"", "\".+\"", "\"(?i)X\"", "\"|x\"", "\".*y\""};
    static const char *const OPS[] = {"=", "!=", "=~", "!~"};
    srand(11);
    for (int round = 0; round < 300; round++) {
        arena *a = arena_new();
        const char *rows[40];
        for (size_t i = 0; i < 40; i++) {
            buf b;
            buf_init(&b);
            for (int m = rand() % 3; m >= 0; m--) {
                int op = rand() % 4;
                buf_printf(&b, "%s%s%s,", NAMES[rand() % 3], OPS[op],
                           op < 2 ? VALUES[rand() % 4] : REGEXES[rand() % 7]);
            }
            rows[i] = buf_to_arena(&b, a);
            buf_release(&b);
        }
        chart *c = compiled(rows, 40);
        for (int probe = 0; probe < 30; probe++) {
            label pairs[3];
            for (size_t n = 0; n < 3; n++)
                pairs[n] = (label){NAMES[n], (const char *[]){"x", "y", "", "xy", "q"}[rand() % 5]};
            labels set = labels_from_pairs(a, pairs, 3);
            const chart_row *expected = &c->unowned;
            for (size_t i = c->row_count; i-- > 0;)
                if (matchers_match(&c->rows[i].match[0], set))
                    expected = &c->rows[i];
            route r;
            chart_route(c, &(route_question){set, "", 0}, a, &r);
            cr_assert_str_eq(r.row->id, expected->id);
        }
        chart_unref(c);
        arena_free(a);
    }
}

/* Values beyond ASCII take another way through the index: the lower case of K (a letter of its own) is k. */
Test(chart, values_beyond_ascii_are_found_too) {
    static const char *const ROWS[] = {"alertname=~\"(?i).*größe.*\"", "alertname=~\"(?i).*kelvin.*\"",
                                       "alertname=~\"[^a].*\""};
    static const struct {
        const char *labels, *row;
    } CASES[] = {
        {"alertname=DieGRÖßE", "r0"}, {"alertname=\u212Aelvin", "r1"}, {"alertname=Kelvin", "r1"},
        {"alertname=ä", "r2"},        {"alertname=abc", "unowned"},
    };
    chart *c = compiled(ROWS, 3);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        route r;
        chart_route(c, &(route_question){event(a, CASES[i].labels), "", 0}, a, &r);
        cr_expect_str_eq(r.row->id, CASES[i].row, "%s went to %s", CASES[i].labels, r.row->id);
        arena_free(a);
    }
    chart_unref(c);
}

/* What people are told: the labels of their alert that decided, each once; no regex. */
Test(chart, the_reason_names_the_labels_that_decided) {
    static const struct {
        const char *row, *labels, *why;
    } CASES[] = {
        {"environment=~\"(?i)prod.*\",model!=\"\",slo!=\"\"", "environment=production,model=cats,slo=latency",
         "Row “Row” claims it: environment is production, model is cats, slo is latency; service cats."},
        {"environment!=staging", "environment=production", "Row “Row” claims it: environment is not staging."},
        {"environment!=staging", "zone=eu", "Row “Row” claims it: no environment."},
        {"environment!=staging,environment!=dev", "environment=production",
         "Row “Row” claims it: environment is not staging, environment is not dev."},
        {"environment!=staging,environment=~\"p.*\"", "environment=production",
         "Row “Row” claims it: environment is production."},
        {"environment=~\"p.*\",environment!=staging,environment!~\".*n2\"", "environment=production",
         "Row “Row” claims it: environment is production."},
        {"alertname!~\"Watchdog|Info.*\"", "alertname=HostDown", "Row “Row” claims it: alertname is HostDown."},
        {"alertname!~\"Watchdog|Info.*\",team=\"\"", "zone=eu", "Row “Row” claims it: no alertname, no team."},
        {"team=~\"|ml\",team!~\"x\"", "zone=eu", "Row “Row” claims it: no team."},
        {"summary=~\".*full.*\"", "summary=\"disk full, again\"",
         "Row “Row” claims it: summary is “disk full, again”."},
        {"summary!=\"a b\"", "summary=\"two\\nlines\"", "Row “Row” claims it: summary is not “a b”."},
        {"summary=~\"(?s).*lines\"", "summary=\"two\\nlines\"", "Row “Row” claims it: summary is “two lines”."},
        {"city=مدينة", "city=مدينة", "Row “Row” claims it: city is مدينة."},
        {"a=b", "a=c", "No row claims it, so it falls to the System Loop as unowned."},
        {"a=b", "a=c,service=\"one; two\"",
         "No row claims it, so it falls to the System Loop as unowned; service “one; two”."},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        chart *c = compiled(&CASES[i].row, 1);
        arena *a = arena_new();
        route r;
        chart_route(c, &(route_question){event(a, CASES[i].labels), "", 0}, a, &r);
        cr_expect_str_eq(route_why(&r, a), CASES[i].why, "%s: %s", CASES[i].row, route_why(&r, a));
        arena_free(a);
        chart_unref(c);
    }
}

/* Sixty labels of 3,000 characters are still a sentence, which ends with the service. */
Test(chart, the_reason_is_bounded_whatever_an_alert_says) {
    arena *a = arena_new();
    buf b;
    buf_init(&b);
    label pairs[60];
    char *huge = arena_alloc(a, 3001);
    memset(huge, 'x', 3000);
    huge[3000] = '\0';
    for (int i = 0; i < 60; i++) {
        pairs[i] = (label){arena_printf(a, "l%02d", i), huge};
        buf_printf(&b, "%sl%02d!=\"\"", i ? "," : "", i);
    }
    chart *c = compiled((const char *const[]){b.data}, 1);
    route r;
    labels set = labels_with(a, labels_from_pairs(a, pairs, 60), "service", huge);
    chart_route(c, &(route_question){set, "", 0}, a, &r);
    const char *why = route_why(&r, a);
    cr_expect_leq(strlen(why), 1000, "%zu", strlen(why));
    cr_expect_not_null(strstr(why, ", …; service xxx"), "%s", why);
    cr_expect(text_ends_with(why, "x…."), "%s", why);
    chart_unref(c);
    buf_release(&b);
    arena_free(a);
}

/* A label that was no text is matched and shown mended, but groups by what was sent. */
Test(chart, what_was_no_text_parts_groups) {
    static const char *const ROWS[] = {"alertname=~\".+\""};
    static const label SENT[] = {{"service", "a\xc0\x80"}, {"service", "a\xed\xa0\xbd"}, {"alertname", "A\xff"}};
    static const struct {
        const char *labels;
        const label *sent; /* NULL: all was text */
    } CASES[] = {
        {"alertname=A,service=a\ufffd", NULL},     {"alertname=A,service=a\ufffd", &SENT[0]},
        {"alertname=A,service=a\ufffd", &SENT[1]}, {"alertname=A\ufffd,service=a", &SENT[2]},
        {"alertname=A\ufffd,service=a", NULL},
    };
    enum { CASE_COUNT = sizeof CASES / sizeof *CASES };
    arena *a = arena_new();
    chart *c = compiled(ROWS, 1);
    const char *keys[CASE_COUNT];
    for (size_t i = 0; i < CASE_COUNT; i++) {
        labels sent = {CASES[i].sent, CASES[i].sent ? 1 : 0};
        for (int again = 0; again < 2; again++) {
            route r;
            chart_route(c, &(route_question){.set = event(a, CASES[i].labels), .identity = "", .sent = sent}, a, &r);
            cr_expect(text_is_utf8(r.group_key, strlen(r.group_key)), "%zu", i);
            cr_expect(text_is_utf8(r.service, strlen(r.service)), "%zu", i);
            cr_expect(!again || strcmp(keys[i], r.group_key) == 0, "%zu", i);
            keys[i] = r.group_key;
        }
        for (size_t k = 0; k < i; k++)
            cr_expect_str_neq(keys[i], keys[k], "%zu and %zu", i, k);
    }
    chart_unref(c);
    arena_free(a);
}

/* What is told to people stays short, however long a regex is. */
Test(chart, the_reason_is_a_sentence_not_a_page) {
    arena *a = arena_new();
    buf b;
    buf_init(&b);
    buf_puts(&b, "alertname=~\"(?i).*(");
    for (int i = 0; i < 500; i++)
        buf_printf(&b, "word%d|", i);
    buf_puts(&b, "end).*\"");
    const char *rows[] = {b.data};
    chart *c = compiled(rows, 1);
    route r;
    chart_route(c, &(route_question){event(a, "alertname=AWord77X,model=m"), "", 0}, a, &r);
    cr_expect_str_eq(r.row->id, "r0");
    cr_expect_str_eq(route_why(&r, a), "Row “Row” claims it: alertname is AWord77X; service m.");
    chart_unref(c);
    buf_release(&b);
    arena_free(a);
}

typedef struct many_lists {
    arena *memory;
    matchers *lists;
    indexed_list *indexed;
    list_index *index;
} many_lists;

static many_lists make_lists(size_t count, const char *format) {
    many_lists m = {.memory = arena_new()};
    m.lists = ARENA_ARRAY(m.memory, matchers, count);
    m.indexed = ARENA_ARRAY(m.memory, indexed_list, count);
    for (size_t i = 0; i < count; i++) {
        buf b;
        buf_init(&b);
        for (const char *at = format; *at; at++)
            if (*at == '#')
                buf_put_int(&b, (int64_t)i);
            else
                buf_putc(&b, *at);
        m.lists[i] = list(m.memory, b.data);
        m.indexed[i] = (indexed_list){&m.lists[i], i};
        buf_release(&b);
    }
    m.index = list_index_new(m.indexed, count);
    return m;
}

static void release_lists(many_lists *m, size_t count) {
    list_index_free(m->index);
    for (size_t i = 0; i < count; i++)
        matchers_release(&m->lists[i]);
    arena_free(m->memory);
}

/* Not a clock: the number of lists that are looked at must not grow with the chart. */
Test(chart, ten_thousand_rows_are_not_ten_thousand_comparisons) {
    static const char *const SHAPES[] = {
        "environment=production,model=m#",
        "environment=production,alertname=~\"Service#(Down|Slow)\"",
        "environment=production,alertname=~\"a#|b#\"",
        "team=~\"team-#-.*\",alertname=~\".*\"",
        "alertname=~\"(?i).*service#[a-z]*down.*\"",
    };
    enum { COUNT = 10000 };
    for (size_t s = 0; s < 5; s++) {
        many_lists m = make_lists(COUNT, SHAPES[s]);
        arena *a = arena_new();
        labels set = event(a, "environment=production,model=m77,alertname=Service77Down,team=team-77-x");
        if (s == 2)
            set = event(a, "environment=production,alertname=b77");
        const indexed_list *won = list_index_first(m.index, set);
        cr_assert_not_null(won, "%s", SHAPES[s]);
        cr_expect_eq(won->owner, 77);
        cr_expect_leq(list_index_candidates(m.index, set), 4, "%s", SHAPES[s]);
        release_lists(&m, COUNT);
        arena_free(a);
    }
}

Test(chart, people_are_those_of_the_service) {
    static const char *const ROWS[] = {"alertname=A"};
    chart *c = make_chart(ROWS, 1);
    c->rows[0].consulted = MLE;
    c->rows[0].consulted_count = 1;
    err e;
    cr_assert(chart_compile(c, &e));
    arena *a = arena_new();
    route r;
    chart_route(c, &(route_question){event(a, "alertname=A,model=fraud-2"), "", 0}, a, &r);
    cr_expect_str_eq(r.service, "fraud-detection");
    cr_expect_str_eq(r.raci.responsible[0].team, "mlops");
    cr_expect_eq(r.raci.responsible[0].contact_count, 2);
    cr_expect_str_eq(r.raci.accountable.team_name, "Fraud Science");
    cr_expect_str_eq(r.raci.consulted[0].team, "fraud");
    cr_expect_not_null(strstr(route_why(&r, a), "; service fraud-detection, where ML Engineer is Fraud Science."));
    chart_route(c, &(route_question){event(a, "alertname=A,service=other"), "", 0}, a, &r);
    cr_expect_str_eq(r.service, "other");
    cr_expect_str_eq(r.raci.accountable.team, "science");
    chart_route(c, &(route_question){event(a, "alertname=A"), "", 0}, a, &r);
    cr_expect_str_eq(r.service, "");
    arena_free(a);
    chart_unref(c);
}

Test(chart, group_keys_are_identity) {
    static const char *const ROWS[] = {"g=default", "g=service", "g=alert", "g=labels"};
    static const char *const SERVICE[] = {"service"}, *const BY[] = {"cluster", "zone"};
    chart *c = make_chart(ROWS, 4);
    c->rows[1].group_by = SERVICE;
    c->rows[1].group_by_count = 1;
    c->rows[2].group_by_alert = true;
    c->rows[3].group_by = BY;
    c->rows[3].group_by_count = 2;
    err e;
    cr_assert(chart_compile(c, &e));
    static const struct {
        const char *labels, *key;
    } CASES[] = {
        {"g=default,model=m,alertname=A", "r0\x1fm\x1f"
                                          "A"},
        {"g=service,model=m,alertname=A", "r1\x1fm"},
        {"g=service,model=m,alertname=B", "r1\x1fm"},
        {"g=alert,alertname=A", "r2\x1fsrc\x1fkey"},
        {"g=labels,cluster=c", "r3\x1f"
                               "c\x1f"},
        {"none=1,model=m", "unowned\x1fm\x1f"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        route r;
        chart_route(c, &(route_question){event(a, CASES[i].labels), "src\x1fkey", 0}, a, &r);
        cr_expect_str_eq(r.group_key, CASES[i].key, "%s", CASES[i].labels);
        arena_free(a);
    }
    arena *a = arena_new();
    route one, two;
    char *long_text = arena_alloc(a, 5001);
    memset(long_text, 'x', 5000);
    long_text[5000] = '\0';
    labels set = event(a, "g=labels");
    chart_route(c, &(route_question){labels_with(a, set, "cluster", long_text), "", 0}, a, &one);
    chart_route(c, &(route_question){labels_with(a, set, "zone", long_text), "", 0}, a, &two);
    cr_expect_leq(strlen(one.group_key), 128);
    cr_expect_str_neq(one.group_key, two.group_key);
    chart_route(c,
                &(route_question){labels_with(a,
                                              labels_with(a, set, "cluster",
                                                          "a\x1f"
                                                          "b"),
                                              "zone", "c"),
                                  "", 0},
                a, &one);
    chart_route(c,
                &(route_question){labels_with(a, labels_with(a, set, "cluster", "a"), "zone",
                                              "b\x1f"
                                              "c"),
                                  "", 0},
                a, &two);
    cr_expect_str_neq(one.group_key, two.group_key, "a separator inside a value must not join two groups");
    cr_expect_not_null(strstr(one.group_key, "sha256:"), "in the first label");
    cr_expect_not_null(strstr(two.group_key, "sha256:"), "in the last one");
    arena_free(a);
    chart_unref(c);
}

Test(chart, severity_words_without_regard_to_case) {
    static const char *const ROWS[] = {"g=x"};
    static const char *const CRITICAL[] = {"Alarm"};
    chart *c = make_chart(ROWS, 1);
    err e;
    cr_assert(chart_compile(c, &e));
    static const struct {
        const char *word;
        severity before, after;
    } CASES[] = {
        {"critical", SEVERITY_CRITICAL, SEVERITY_WARNING},
        {"PAGE", SEVERITY_CRITICAL, SEVERITY_WARNING},
        {"P1", SEVERITY_CRITICAL, SEVERITY_WARNING},
        {"warning", SEVERITY_WARNING, SEVERITY_WARNING},
        {"Info", SEVERITY_INFO, SEVERITY_INFO},
        {"none", SEVERITY_INFO, SEVERITY_INFO},
        {"alarm", SEVERITY_WARNING, SEVERITY_CRITICAL},
        {"whatever", SEVERITY_WARNING, SEVERITY_WARNING},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        route r;
        labels set = labels_with(a, (labels){0}, "severity", CASES[i].word);
        c->severities[SEVERITY_CRITICAL] = (chart_severity_words){0};
        chart_route(c, &(route_question){set, "", 0}, a, &r);
        cr_expect_eq(r.severity, CASES[i].before, "%s", CASES[i].word);
        c->severities[SEVERITY_CRITICAL] = (chart_severity_words){CRITICAL, 1};
        chart_route(c, &(route_question){set, "", 0}, a, &r);
        cr_expect_eq(r.severity, CASES[i].after, "%s, with words of its own", CASES[i].word);
        arena_free(a);
    }
    chart_unref(c);
}

Test(chart, near_misses_name_the_matcher_that_failed) {
    static const char *const ROWS[] = {"a=1,b=2,c=3", "a=1,b=9", "z=1", "a=1,b=2"};
    chart *c = compiled(ROWS, 4);
    arena *a = arena_new();
    near_miss near[8];
    size_t count = chart_near_misses(c, event(a, "a=1,b=2"), a, 8, near);
    cr_assert_eq(count, 2, "the winner and the row without anything in common are left out");
    cr_expect_str_eq(near[0].row->id, "r0");
    cr_expect_eq(near[0].passed, 2);
    cr_expect_str_eq(near[0].failed->name, "c");
    cr_expect_str_eq(near[1].row->id, "r1");
    count = chart_near_misses(c, event(a, "a=1,b=2,c=3"), a, 1, near);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(near[0].row->id, "r3");
    cr_expect(near[0].hidden);
    cr_expect_null(near[0].failed);
    arena_free(a);
    chart_unref(c);
}

/* What a missing label satisfies is no likeness; a row that matches whole is shown even so. */
Test(chart, near_misses_have_something_that_is_asked_for) {
    static const char *const ROWS[] = {"a=1,b!=2", "z=1,b!=2,c=\"\"", "a=1,z=1,b!=2,d!~\"x\"", "b!=2"};
    chart *c = compiled(ROWS, 4);
    arena *a = arena_new();
    near_miss near[8];
    size_t count = chart_near_misses(c, event(a, "a=1"), a, 8, near);
    cr_assert_eq(count, 2, "not the one of which only z is asked");
    cr_expect_str_eq(near[0].row->id, "r3");
    cr_expect(near[0].hidden);
    cr_expect_str_eq(near[1].row->id, "r2");
    cr_expect(near[1].passed == 1 && near[1].asked == 2, "a of a and z: %zu of %zu", near[1].passed, near[1].asked);
    near_miss far = chart_near_miss(&c->rows[1], event(a, "a=1"));
    cr_expect(far.passed == 0 && far.asked == 1, "%zu of %zu", far.passed, far.asked);
    arena_free(a);
    chart_unref(c);
}

Test(chart, lives_until_the_last_reference) {
    static const char *const ROWS[] = {"a=~\"x.*\""};
    chart *c = compiled(ROWS, 1);
    cr_assert_eq(chart_ref(c), c);
    chart_unref(c);
    arena *a = arena_new();
    route r;
    chart_route(c, &(route_question){event(a, "a=xy"), "", 0}, a, &r);
    cr_expect_str_eq(r.row->id, "r0");
    arena_free(a);
    chart_unref(c);
    chart_unref(NULL);
}

Test(chart, refuses_a_row_without_people) {
    static const char *const ROWS[] = {"a=b"};
    chart *c = make_chart(ROWS, 1);
    c->rows[0].responsible_count = 0;
    err e = {0};
    cr_expect_not(chart_compile(c, &e));
    cr_expect_eq(e.kind, ERR_INVALID);
    chart_unref(c);
}

Test(chart, raci_as_json_and_back) {
    static const char *const ROWS[] = {"alertname=A"};
    chart *c = compiled(ROWS, 1);
    arena *a = arena_new();
    route r;
    chart_route(c, &(route_question){event(a, "alertname=A"), "", 0}, a, &r);
    buf one, two;
    buf_init(&one);
    buf_init(&two);
    raci_put_json(&one, &r.raci);
    cr_expect_str_eq(one.data,
                     "{\"responsible\":[{\"role\":\"sre\",\"role_name\":\"SRE\",\"team\":\"mlops\",\"team_name\":"
                     "\"MLOps\",\"contacts\":[\"chat\",\"mail:m@x\"]}],\"accountable\":{\"role\":\"mle\",\"role_name\":"
                     "\"ML Engineer\",\"team\":\"science\",\"team_name\":\"Science\",\"contacts\":[]},\"consulted\":[],"
                     "\"informed\":[]}");
    raci back;
    err e = {0};
    cr_assert(raci_from_json(a, one.data, &back, &e), "%s", e.text);
    raci_put_json(&two, &back);
    cr_expect_str_eq(one.data, two.data);
    static const char *const WRONG[] = {"",
                                        "[]",
                                        "{}",
                                        "{\"responsible\":{},\"accountable\":{}}",
                                        "{\"accountable\":{\"role\":1}}",
                                        "{\"accountable\":{\"role\":\"a\",\"role_name\":\"a\",\"team\":\"t\"}}"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        cr_expect_not(raci_from_json(a, WRONG[i], &back, &e), "%s", WRONG[i]);
    buf_release(&one);
    buf_release(&two);
    arena_free(a);
    chart_unref(c);
}

Test(chart, words_both_ways) {
    for (int i = 0; i < LOOP_COUNT; i++) {
        loop l;
        cr_expect(loop_from_text(loop_to_text((loop)i), &l) && l == (loop)i);
        cr_expect_gt(strlen(loop_title((loop)i)), 3);
    }
    for (int i = 0; i < RACI_LETTER_COUNT; i++) {
        raci_letter l;
        cr_expect(raci_letter_from_text(raci_letter_to_text((raci_letter)i), &l) && l == (raci_letter)i);
    }
    severity s;
    cr_expect(severity_from_text("critical", &s) && s == SEVERITY_CRITICAL);
    cr_expect_not(severity_from_text("page", &s));
}
