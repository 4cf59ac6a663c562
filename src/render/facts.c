/* Owns what a message can say: the facts of docs/templates.md as a tree. Leaves wording to the templates.
 *
 * The one difficulty: texts of the incident are a stranger's, of any length; each is cleaned and cut here, once, so
 * that a template need not care. */
#include "onus/text.h"
#include "render/render_room.h"

#include <stdlib.h>
#include <string.h>

enum { TITLE_MAX = 300, NAME_MAX = 200, WHY_MAX = 700, VALUE_MAX = 300, PROSE_MAX = 1200, LABELS_SHOWN = 40 };

typedef struct facts_work {
    const message *m;
    const message_links *links;
    usec now;
    arena *a;
    cJSON *root;
} facts_work;

static const struct letter_words {
    const char *title, *initial, *does;
} letter_words[RACI_LETTER_COUNT] = {
    [RACI_RESPONSIBLE] = {"Responsible", "R", "does the work"},
    [RACI_ACCOUNTABLE] = {"Accountable", "A", "answers for it"},
    [RACI_CONSULTED] = {"Consulted", "C", "is asked"},
    [RACI_INFORMED] = {"Informed", "I", "is told"},
};

static void put_to(cJSON *object, const char *name, const char *text) {
    if (cJSON_AddStringToObject(object, name, text == NULL ? "" : text) == NULL)
        mem_exhausted();
}

static void put(const facts_work *w, const char *name, const char *text) {
    put_to(w->root, name, text);
}

static void put_line(const facts_work *w, const char *name, const char *text, size_t max) {
    put_to(w->root, name, fact_text(w->a, text, max, false));
}

static cJSON *put_object(cJSON *parent, const char *name) {
    cJSON *object = cJSON_AddObjectToObject(parent, name);
    if (object == NULL)
        mem_exhausted();
    return object;
}

static cJSON *put_array(cJSON *parent, const char *name) {
    cJSON *array = cJSON_AddArrayToObject(parent, name);
    if (array == NULL)
        mem_exhausted();
    return array;
}

static cJSON *append_object(cJSON *array) {
    cJSON *object = cJSON_CreateObject();
    if (object == NULL || !cJSON_AddItemToArray(array, object))
        mem_exhausted();
    return object;
}

static void set_true(cJSON *flags, const char *name) {
    if (cJSON_AddTrueToObject(flags, name) == NULL)
        mem_exhausted();
}

/* ── who ── */

static const char *team_text(const facts_work *w, const party *p) {
    return fact_text(w->a, party_team_text(w->a, p), NAME_MAX, false);
}

static void put_party(const facts_work *w, cJSON *object, const party *p) {
    put_to(object, "role", fact_text(w->a, p->role_name, NAME_MAX, false));
    put_to(object, "team", team_text(w, p));
    put_to(object, "person", fact_text(w->a, p->person_name ? p->person_name : "", NAME_MAX, false));
}

static void put_party_line(const facts_work *w, buf *line, const party *p) {
    if (line->len > 0)
        buf_puts(line, ", ");
    buf_printf(line, "%s (%s)", fact_text(w->a, p->role_name, NAME_MAX, false), team_text(w, p));
}

/* A message names the team with whoever was on call when it was made. */
static bool is_reader(const facts_work *w, raci_letter letter, const party *p) {
    const message *m = w->m;
    return letter == m->letter && text_equal(p->role_name, m->role_name) &&
           text_equal(party_team_text(w->a, p), m->team_name);
}

static const char *does_text(const incident *i, raci_letter letter) {
    const bool later = letter == RACI_CONSULTED && i->consult == CONSULT_POSTMORTEM && i->state != INCIDENT_RESOLVED;
    return later ? "is asked when it is over" : letter_words[letter].does;
}

/* A letter's parties as NAME (a list), NAME_line (one text), and among `others` when they are not the reader. */
static void put_parties(const facts_work *w, raci_letter letter, const party *parties, size_t count, cJSON *others) {
    cJSON *list = put_array(w->root, raci_letter_to_text(letter));
    buf line;
    buf_init(&line);
    for (size_t i = 0; i < count; i++) {
        put_party(w, append_object(list), &parties[i]);
        put_party_line(w, &line, &parties[i]);
        if (is_reader(w, letter, &parties[i]))
            continue;
        cJSON *other = append_object(others);
        put_party(w, other, &parties[i]);
        put_to(other, "letter", letter_words[letter].title);
        put_to(other, "initial", letter_words[letter].initial);
        put_to(other, "does", does_text(w->m->incident, letter));
    }
    put(w, arena_printf(w->a, "%s_line", raci_letter_to_text(letter)), line.data);
    buf_release(&line);
}

static void put_who(const facts_work *w) {
    const raci *r = &w->m->incident->raci;
    cJSON *others = put_array(w->root, "others");
    put_parties(w, RACI_RESPONSIBLE, r->responsible, r->responsible_count, others);
    put_parties(w, RACI_ACCOUNTABLE, &r->accountable, 1, others);
    put_parties(w, RACI_CONSULTED, r->consulted, r->consulted_count, others);
    put_parties(w, RACI_INFORMED, r->informed, r->informed_count, others);
}

/* ── what and when ── */

static void put_time(const facts_work *w, const char *name, usec t) {
    put(w, name, t == 0 ? "" : time_to_short_text(w->a, t));
}

/* Silence is not escalated where a message is only information: then nobody may be threatened with it. */
static const char *silence_text(const facts_work *w) {
    const incident *i = w->m->incident;
    const bool escalates = i->acknowledge_within > 0 && i->severity != SEVERITY_INFO;
    return escalates ? duration_to_text(w->a, i->acknowledge_within) : "";
}

static void put_times(const facts_work *w) {
    const incident *i = w->m->incident;
    const usec since = i->starts_at != 0 ? i->starts_at : i->opened_at;
    put_time(w, "since", since);
    put(w, "since_iso", time_to_text(w->a, since));
    put_time(w, "opened_at", i->opened_at);
    put_time(w, "acknowledged_at", i->acknowledged_at);
    put_time(w, "resolved_at", i->resolved_at);
    put(w, "lasted", duration_to_rough_text(w->a, (i->resolved_at != 0 ? i->resolved_at : w->now) - since));
    put(w, "acknowledge_within", silence_text(w));
    put(w, "decide_within", i->decide_within > 0 ? duration_to_text(w->a, i->decide_within) : "");
}

static void put_incident(const facts_work *w) {
    const incident *i = w->m->incident;
    put(w, "id", arena_printf(w->a, "%lld", (long long)i->id));
    put(w, "state", incident_state_to_text(i->state));
    put(w, "severity", severity_to_text(i->severity));
    put(w, "loop", loop_to_text(i->loop));
    put(w, "loop_title", loop_title(i->loop));
    put_line(w, "activity", i->activity, NAME_MAX);
    put_line(w, "activity_name", i->activity_name, NAME_MAX);
    put_line(w, "service", i->service, NAME_MAX);
    put_line(w, "title", i->title, TITLE_MAX);
    put_line(w, "why", i->why, WHY_MAX);
    put_line(w, "acknowledged_by", i->acknowledged_by, NAME_MAX);
    put_line(w, "contested_by", i->contested_by, NAME_MAX);
    put(w, "contest_reason", fact_text(w->a, i->contest_reason, PROSE_MAX, true));
    put_line(w, "proposed", i->proposed_name, NAME_MAX);
    put(w, "summary", fact_text(w->a, labels_get(i->annotations, "summary"), TITLE_MAX, false));
    put(w, "description", fact_text(w->a, labels_get(i->annotations, "description"), PROSE_MAX, true));
    put_line(w, "handoff", labels_get(i->handoff, "text"), WHY_MAX);
    put(w, "open_alerts", arena_printf(w->a, "%d", i->open_alerts));
    put(w, "total_alerts", arena_printf(w->a, "%d", i->total_alerts));
    put(w, "runbook", fact_url(w->a, i->runbook));
    put(w, "source_link", fact_url(w->a, i->link));
}

static void put_labels(const facts_work *w) {
    const labels *set = &w->m->incident->labels;
    cJSON *list = put_array(w->root, "labels"), *by_name = put_object(w->root, "label");
    for (size_t i = 0; i < set->count && i < LABELS_SHOWN; i++) {
        const char *value = fact_text(w->a, set->items[i].value, VALUE_MAX, false);
        cJSON *one = append_object(list);
        put_to(one, "name", fact_text(w->a, set->items[i].name, VALUE_MAX, false));
        put_to(one, "value", value);
        put_to(by_name, set->items[i].name, value);
    }
}

/* ── the message itself ── */

static void put_message(const facts_work *w) {
    const message *m = w->m;
    put(w, "message_id", arena_printf(w->a, "%lld", (long long)m->id));
    put(w, "reason", message_reason_to_text(m->reason));
    put(w, "letter", raci_letter_to_text(m->letter));
    put(w, "letter_title", letter_words[m->letter].title);
    put(w, "letter_initial", letter_words[m->letter].initial);
    put_line(w, "role", m->role_name, NAME_MAX);
    put_line(w, "team", m->team_name, NAME_MAX);
    put_line(w, "actor", m->actor, NAME_MAX);
    put(w, "note", fact_text(w->a, m->note, PROSE_MAX, true));
    put(w, "act_link", fact_url(w->a, w->links->act));
    put(w, "incident_link", fact_url(w->a, w->links->incident));
}

static void put_flags(const facts_work *w) {
    const incident *i = w->m->incident;
    cJSON *is = put_object(w->root, "is");
    if (message_is_page(w->m->letter, w->m->reason))
        set_true(is, "page");
    if (w->m->first)
        set_true(is, "first");
    if (i->state != INCIDENT_RESOLVED)
        set_true(is, "open");
    if (i->total_alerts > 1)
        set_true(is, "several");
    if (incident_is_contested(i))
        set_true(is, "contested");
    if (message_decides(w->m))
        set_true(is, "deciding");
    if (text_equal(i->activity, "unowned"))
        set_true(is, "unowned");
    if (i->consult == CONSULT_POSTMORTEM)
        set_true(is, "postmortem_later");
    set_true(is, raci_letter_to_text(w->m->letter));
    set_true(is, loop_to_text(i->loop));
    set_true(is, severity_to_text(i->severity));
    set_true(put_object(w->root, "because"), message_reason_to_text(w->m->reason));
    set_true(put_object(w->root, "now"), incident_state_to_text(i->state));
}

cJSON *facts_build(const message *m, const message_links *links, usec now, arena *a) {
    const facts_work w = {m, links, now, a, cJSON_CreateObject()};
    if (w.root == NULL)
        mem_exhausted();
    put_message(&w);
    put_incident(&w);
    put_times(&w);
    put_who(&w);
    put_labels(&w);
    put_flags(&w);
    return w.root;
}
