/* The row edits that would have prevented misroutes. Leaves what tells labels apart to the domain, and the chart's
 * checks to its loader.
 *
 * The difficulty is honesty. The chart may have changed since the incidents opened, so they are routed anew by the
 * chart as it is, and only what it still gets wrong counts. A new row stands before the one that it corrects, and so
 * takes from all rows below it, too: all of their incidents are among those that it must not match. */
#include "onus/row_edit.h"

#include "config/chart_loader.h"
#include "onus/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MOVED_AT_ONCE = 1000, LISTS_MAX = 32, ID_BYTES = 63 };

/* An incident, and where the chart as it is sends it. */
typedef struct replayed {
    const routed_incident *was;
    size_t row; /* its index; row_count: unowned */
} replayed;

typedef struct finder {
    const char *text;
    chart *chart;
    replayed *all;
    size_t count;
    arena *memory;
} finder;

/* ── where incidents go ── */

static size_t row_of(const chart *c, labels set, arena *scratch) {
    route r;
    chart_route(c, &(route_question){.set = set, .identity = ""}, scratch, &r);
    return r.row->index == UNOWNED_ROW ? c->row_count : (size_t)r.row->index;
}

static const chart_row *row_at(const chart *c, size_t row) {
    return row < c->row_count ? &c->rows[row] : &c->unowned;
}

static void replay_all(finder *f, const routed_incident *all, size_t count) {
    arena *scratch = arena_new();
    f->all = ARENA_ARRAY(f->memory, replayed, count + 1);
    f->count = count;
    for (size_t i = 0; i < count; i++) {
        f->all[i] = (replayed){&all[i], row_of(f->chart, all[i].labels, scratch)};
        arena_reset(scratch);
    }
    arena_free(scratch);
}

static bool has_responsible(const chart_row *row, const char *role) {
    for (size_t i = 0; i < row->responsible_count; i++)
        if (text_equal(row->responsible[i]->id, role))
            return true;
    return false;
}

/* ── pairs of a row and a role ── */

typedef struct misroute_pair {
    size_t row;
    const char *to;
    size_t moved;
} misroute_pair;

static bool is_moved(const replayed *r, const misroute_pair *p) {
    return r->row == p->row && text_equal(r->was->moved_to, p->to);
}

static int by_moved(const void *a, const void *b) {
    const misroute_pair *x = a, *y = b;
    if (x->moved != y->moved)
        return x->moved > y->moved ? -1 : 1;
    return x->row != y->row ? (x->row < y->row ? -1 : 1) : strcmp(x->to, y->to);
}

/* What the chart as it is still sends to others than those who had it in the end. */
static size_t find_pairs(const finder *f, misroute_pair **out) {
    misroute_pair *pairs = ARENA_ARRAY(f->memory, misroute_pair, f->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++) {
        const replayed *r = &f->all[i];
        if (r->was->moved_to[0] == '\0' || has_responsible(row_at(f->chart, r->row), r->was->moved_to))
            continue;
        size_t p = 0;
        while (p < count && !is_moved(r, &pairs[p]))
            p++;
        if (p == count)
            pairs[count++] = (misroute_pair){r->row, r->was->moved_to, 0};
        pairs[p].moved++;
    }
    qsort(pairs, count, sizeof *pairs, by_moved);
    *out = pairs;
    return count < ROW_EDITS_MAX ? count : ROW_EDITS_MAX;
}

/* ── one edit ── */

typedef struct making {
    const finder *f;
    const misroute_pair *pair;
    const chart_row *row;     /* that claims them */
    const chart_role *role;   /* that had them in the end */
    const chart_row *of_role; /* a row of that role; NULL */
    labels *moved, *others;
    size_t moved_count;
    const char *id; /* of the row that the edit makes or changes */
    row_edit *edit;
} making;

/* What the edit must not move: all that belongs to somebody else. */
static bool must_stay(const making *m, const replayed *r) {
    return !text_equal(r->was->moved_to, m->pair->to) &&
           !(r->was->moved_to[0] == '\0' && has_responsible(row_at(m->f->chart, r->row), m->pair->to));
}

static void gather(making *m) {
    const finder *f = m->f;
    m->moved = ARENA_ARRAY(f->memory, labels, MOVED_AT_ONCE);
    m->others = ARENA_ARRAY(f->memory, labels, f->count + 1);
    for (size_t i = 0; i < f->count; i++) {
        const replayed *r = &f->all[i];
        if (is_moved(r, m->pair) && m->moved_count < MOVED_AT_ONCE)
            m->moved[m->moved_count++] = r->was->labels;
        else if (r->row == m->pair->row && must_stay(m, r))
            m->others[m->edit->kept++] = r->was->labels;
    }
}

static const chart_role *find_role(const chart *c, const char *id) {
    for (size_t i = 0; i < c->role_count; i++)
        if (text_equal(c->roles[i].id, id))
            return &c->roles[i];
    return NULL;
}

static const chart_row *find_row_of(const chart *c, const char *role) {
    for (size_t i = 0; i <= c->row_count; i++)
        if (has_responsible(row_at(c, i), role))
            return row_at(c, i);
    return NULL;
}

/* There is no edit, and this is why. */
static void refuse(const making *m, const char *problem) {
    m->edit->yaml = m->edit->where = "";
    m->edit->problem = problem;
}

/* ── its YAML ── */

/* Between single quotes, where YAML knows one escape only. */
static void put_quoted(buf *b, const char *text) {
    buf_putc(b, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_putc(b, '\'');
        buf_putc(b, *text);
    }
    buf_putc(b, '\'');
}

static bool has_matcher(const matchers *list, const matcher *m) {
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].op == m->op && text_equal(list->items[i].name, m->name) &&
            text_equal(list->items[i].value, m->value))
            return true;
    return false;
}

static void put_matcher(buf *b, const matcher *m, bool first) {
    buf text;
    buf_init(&text);
    matcher_print(&text, m);
    buf_puts(b, first ? "" : ", ");
    put_quoted(b, text.data);
    buf_release(&text);
}

/* What the row asks for, and what tells the moved ones apart. */
static void put_list(buf *b, const matchers *of_row, const matchers *difference) {
    bool first = true;
    buf_puts(b, "      - [");
    for (size_t i = 0; i < of_row->count; i++, first = false)
        put_matcher(b, &of_row->items[i], first);
    for (size_t i = 0; i < difference->count; i++) {
        if (has_matcher(of_row, &difference->items[i]))
            continue;
        put_matcher(b, &difference->items[i], first);
        first = false;
    }
    buf_puts(b, "]\n");
}

static bool is_needed(const making *m, const matchers *of_row, const matchers *difference) {
    for (size_t i = 0; i < m->moved_count; i++)
        if (matchers_match(of_row, m->moved[i]) && matchers_match(difference, m->moved[i]))
            return true;
    return false;
}

/* The new row only narrows the old one: whatever else bears such labels stays with the rows below. */
static void put_match(buf *b, const making *m, const separation *s) {
    static const matchers nothing = {0};
    size_t put = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (m->row->match_count == 0)
            put_list(b, &nothing, &s->lists[i]);
        for (size_t l = 0; l < m->row->match_count && put < LISTS_MAX; l++)
            if (is_needed(m, &m->row->match[l], &s->lists[i])) {
                put_list(b, &m->row->match[l], &s->lists[i]);
                put++;
            }
    }
}

static const char *new_id(const making *m) {
    const chart *c = m->f->chart;
    arena *a = m->f->memory;
    const char *base = arena_printf(a, "%s-%s", m->row->id, m->role->id);
    for (int n = 1;; n++) {
        const char *tail = n == 1 ? "" : arena_printf(a, "-%d", n);
        const char *id = arena_printf(a, "%.*s%s", (int)(ID_BYTES - strlen(tail)), base, tail);
        size_t r = 0;
        while (r < c->row_count && !text_equal(c->rows[r].id, id))
            r++;
        if (r == c->row_count)
            return id;
    }
}

static const char *new_row_yaml(making *m, const separation *s) {
    const chart_row *like = m->of_role != NULL ? m->of_role : m->row;
    buf b;
    buf_init(&b);
    m->id = new_id(m);
    buf_printf(&b, "  - id: %s\n    name: ", m->id);
    put_quoted(&b, text_shorten(m->f->memory, arena_printf(m->f->memory, "%s (%s)", m->row->name, m->role->name), 200));
    buf_printf(&b, "\n    loop: %s\n    match:\n", loop_to_text(like->loop));
    put_match(&b, m, s);
    buf_printf(&b, "    responsible: %s\n    accountable: %s\n", m->role->id, like->accountable->id);
    const char *yaml = buf_to_arena(&b, m->f->memory);
    buf_release(&b);
    return yaml;
}

/* "namespace = ml-training in 5 of 5 moved and 0 of 40 kept" */
static const char *difference(const making *m, const separation *s) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < s->count; i++) {
        buf_puts(&b, i > 0 ? ", or " : "");
        matchers_print(&b, &s->lists[i]);
        buf_printf(&b, " in %zu of %zu moved and 0 of %zu kept", s->covered[i], m->moved_count, m->edit->kept);
    }
    const char *text = buf_to_arena(&b, m->f->memory);
    buf_release(&b);
    return text;
}

/* ── the three outcomes: a new row, another owner of the row, nothing ── */

/* Every incident of the row went there: the row is not too wide, it names the wrong people. */
static void change_row(making *m) {
    const chart_row *like = m->of_role != NULL ? m->of_role : m->row;
    const char *in =
        arena_printf(m->f->memory, "responsible: %s\naccountable: %s\n", m->role->id, like->accountable->id);
    if (m->row->index == UNOWNED_ROW) {
        refuse(m, "All that no row claims went there: name them in `unowned`, or write a row for it.");
        return;
    }
    m->edit->difference =
        arena_printf(m->f->memory, "%zu of %zu incidents of the row were moved", m->moved_count, m->moved_count);
    m->edit->where = arena_printf(m->f->memory, "in row \"%s\"", m->row->id);
    m->edit->yaml = in;
    m->id = m->row->id;
}

static void insert_row(making *m) {
    separation s;
    labels_separate(m->moved, m->moved_count, m->others, m->edit->kept, m->f->memory, &s);
    if (s.count == 0) {
        refuse(m, "No label tells them apart from those that stayed.");
        return;
    }
    m->edit->difference = difference(m, &s);
    m->edit->where = m->row->index == UNOWNED_ROW ? "after the last row"
                                                  : arena_printf(m->f->memory, "before row \"%s\"", m->row->id);
    m->edit->yaml = new_row_yaml(m, &s);
}

static making make_edit(const finder *f, const misroute_pair *pair, row_edit *edit) {
    making m = {.f = f, .pair = pair, .row = row_at(f->chart, pair->row), .edit = edit};
    m.role = find_role(f->chart, pair->to);
    m.of_role = find_row_of(f->chart, pair->to);
    *edit = (row_edit){.activity = arena_strdup(f->memory, m.row->id),
                       .to = arena_strdup(f->memory, pair->to),
                       .to_name = arena_strdup(f->memory, m.role != NULL ? m.role->name : pair->to),
                       .moved = pair->moved,
                       .difference = "",
                       .where = "",
                       .yaml = "",
                       .problem = ""};
    gather(&m);
    if (m.role == NULL)
        edit->problem = "The chart has no such role any more.";
    else if (edit->kept == 0)
        change_row(&m);
    else
        insert_row(&m);
    return m;
}

/* ── the check: the chart with the edits compiled in, and the incidents routed again ── */

static void count_incident(const making *m, const replayed *r, const chart_row *now) {
    bool theirs = has_responsible(now, m->pair->to);
    if (is_moved(r, m->pair))
        *(theirs ? &m->edit->rightly : &m->edit->missed) += 1;
    else if (must_stay(m, r) && theirs && text_equal(now->id, m->id))
        m->edit->wrongly++;
}

static void count_replayed(const finder *f, const chart *edited, const making *makings, size_t count) {
    arena *scratch = arena_new();
    for (size_t i = 0; i < f->count; i++) {
        const chart_row *now = row_at(edited, row_of(edited, f->all[i].was->labels, scratch));
        for (size_t m = 0; m < count; m++)
            count_incident(&makings[m], &f->all[i], now);
        arena_reset(scratch);
    }
    arena_free(scratch);
}

/* NULL, with the first reason in *why. */
static chart *load_with(const finder *f, const making *makings, size_t count, const char **why) {
    chart_edit edits[ROW_EDITS_MAX];
    diagnostics d;
    diagnostics_init(&d);
    for (size_t i = 0; i < count; i++)
        edits[i] = (chart_edit){makings[i].edit->yaml, makings[i].pair->row};
    chart *edited =
        chart_load_edited(&(chart_source){f->text, strlen(f->text), "edited chart"}, &(chart_edits){edits, count}, &d);
    if (!edited)
        *why = arena_strdup(f->memory, d.count > 0 ? d.items[0].text : "it does not compile");
    diagnostics_release(&d);
    return edited;
}

static void check_each(const finder *f, const making *makings, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *why = "";
        chart *edited = load_with(f, &makings[i], 1, &why);
        if (edited)
            count_replayed(f, edited, &makings[i], 1);
        else
            refuse(&makings[i], arena_printf(f->memory, "The chart would not take the edit: %s.", why));
        chart_unref(edited);
    }
}

/* All at once, as loading a large chart is what takes time; each by itself only when they do not go together. */
static void check_all(const finder *f, const making *makings, size_t count) {
    const char *why = "";
    chart *edited = load_with(f, makings, count, &why);
    if (edited)
        count_replayed(f, edited, makings, count);
    else
        check_each(f, makings, count);
    chart_unref(edited);
    for (size_t i = 0; i < count; i++)
        if (makings[i].edit->rightly == 0 && makings[i].edit->problem[0] == '\0')
            refuse(&makings[i], "No row that could be written for them would claim them.");
}

bool row_edits_find(const char *chart_text, const routed_incident *all, size_t count, arena *a, row_edit **out,
                    size_t *out_count, err *e) {
    diagnostics d;
    diagnostics_init(&d);
    finder f = {.text = chart_text, .memory = a};
    f.chart = chart_load_bytes(&(chart_source){chart_text, strlen(chart_text), "chart"}, NULL, &d);
    bool loaded = f.chart != NULL;
    if (!loaded)
        (void)err_set(e, ERR_INVALID, "the chart cannot be loaded: %s", d.count > 0 ? d.items[0].text : "");
    diagnostics_release(&d);
    if (!loaded)
        return false;
    misroute_pair *pairs;
    replay_all(&f, all, count < ROW_EDIT_INCIDENTS ? count : ROW_EDIT_INCIDENTS);
    *out_count = find_pairs(&f, &pairs);
    *out = ARENA_ARRAY(a, row_edit, *out_count + 1);
    making makings[ROW_EDITS_MAX];
    size_t made = 0;
    for (size_t i = 0; i < *out_count; i++) {
        makings[made] = make_edit(&f, &pairs[i], &(*out)[i]);
        made += (*out)[i].problem[0] == '\0';
    }
    check_all(&f, makings, made);
    chart_unref(f.chart);
    return true;
}

static void put_texts(buf *b, const row_edit *x) {
    const char *const texts[] = {"activity",    x->activity, "to",     x->to,  "to_name", x->to_name, "difference",
                                 x->difference, "where",     x->where, "yaml", x->yaml,   "problem",  x->problem};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i += 2) {
        buf_printf(b, "%s\"%s\":", i > 0 ? "," : "", texts[i]);
        buf_put_json(b, texts[i + 1]);
    }
}

const char *report_with_edits(arena *a, const char *report_json, const char *edits_json) {
    const char *end = strrchr(report_json, '}');
    assert(end != NULL && end[1] == '\0');
    return arena_printf(a, "%.*s, \"edits\" : %s}", (int)(end - report_json), report_json, edits_json);
}

void row_edits_put_json(buf *b, const row_edit *edits, size_t count) {
    buf_putc(b, '[');
    for (size_t i = 0; i < count; i++) {
        const row_edit *x = &edits[i];
        buf_puts(b, i > 0 ? ",{" : "{");
        put_texts(b, x);
        buf_printf(b, ",\"moved\":%zu,\"kept\":%zu,\"rightly\":%zu,\"wrongly\":%zu,\"missed\":%zu}", x->moved, x->kept,
                   x->rightly, x->wrongly, x->missed);
    }
    buf_putc(b, ']');
}
