/* Owns comparing two routings of one alert by what people notice: who is paged, who is told and when, by which contact.
 * The plan is deciding's own, so that nothing is compared which would not happen. */
#include "cli/whom.h"

#include "onus/text.h"

#include <string.h>

#define SEPARATOR '\x1f'

typedef struct kind_row {
    const char *word, *title;
} kind_row;

static const kind_row KINDS[CHANGE_KIND_COUNT] = {
    [CHANGE_MOVED] = {"moved", "moved to another Responsible"},
    [CHANGE_TOLD] = {"told", "other people are told, or at another time"},
    [CHANGE_REACHED] = {"reached", "the same people, by other contacts"},
    [CHANGE_SEVERITY] = {"severity", "another severity"},
    [CHANGE_GROUPED] = {"grouped", "grouped otherwise"},
};

const char *change_kind_to_text(change_kind k) {
    return KINDS[k].word;
}

const char *change_kind_to_title(change_kind k) {
    return KINDS[k].title;
}

typedef struct plan {
    const plan_step *steps;
    size_t count;
    const char *word; /* of its steps that the other plan lacks */
} plan;

static plan plan_of(const route *r, arena *a, const char *word) {
    plan_step *steps;
    size_t count = decide_plan(r, a, &steps);
    return (plan){steps, count, word};
}

static const char *person_of(const party *p) {
    return p->person ? p->person : "";
}

static bool same_people(const party *a, const party *b) {
    return strcmp(a->team, b->team) == 0 && strcmp(person_of(a), person_of(b)) == 0;
}

static bool same_step(const plan_step *a, const plan_step *b) {
    return a->letter == b->letter && a->reason == b->reason && a->after == b->after && same_people(a->who, b->who);
}

static bool same_page(const plan_step *a, const plan_step *b) {
    return a->letter == b->letter && a->reason == b->reason && same_people(a->who, b->who);
}

static bool has_contact(const party *p, const contact *c) {
    for (size_t i = 0; i < p->contact_count; i++)
        if (strcmp(p->contacts[i].channel, c->channel) == 0 && strcmp(p->contacts[i].address, c->address) == 0)
            return true;
    return false;
}

static bool same_contacts(const plan_step *a, const plan_step *b) {
    if (!same_step(a, b) || a->who->contact_count != b->who->contact_count)
        return false;
    for (size_t i = 0; i < a->who->contact_count; i++)
        if (!has_contact(b->who, &a->who->contacts[i]))
            return false;
    return true;
}

typedef bool (*same_fn)(const plan_step *a, const plan_step *b);

static bool is_among(const plan_step *s, const plan *others, same_fn same) {
    for (size_t i = 0; i < others->count; i++)
        if (same(s, &others->steps[i]))
            return true;
    return false;
}

static bool is_opening_page(const plan_step *s) {
    return s->letter == RACI_RESPONSIBLE && s->reason == REASON_OPENED;
}

/* Every step of `one` has its like in `other`; `pages`: only the pages to R. */
static bool is_within(const plan *one, const plan *other, same_fn same, bool pages) {
    for (size_t i = 0; i < one->count; i++)
        if ((!pages || is_opening_page(&one->steps[i])) && !is_among(&one->steps[i], other, same))
            return false;
    return true;
}

static bool plans_agree(const plan *was, const plan *is, same_fn same, bool pages) {
    return is_within(was, is, same, pages) && is_within(is, was, same, pages);
}

/* ── in words ── */

/* "MLOps", "Ann Lee (MLOps)", "Ann Lee" for a team of one. */
static const char *who_text(arena *a, const party *p) {
    const char *person = p->person_name && p->person_name[0] ? p->person_name : person_of(p);
    bool alone = !person[0] || strcmp(person_of(p), p->team) == 0;
    return alone ? p->team_name : arena_printf(a, "%s (%s)", person, p->team_name);
}

static const char *when_text(arena *a, usec after) {
    return after < 0    ? "when it is over"
           : after == 0 ? "at once"
                        : arena_printf(a, "after %s", duration_to_text(a, after));
}

typedef struct letter_parties {
    const party *items;
    size_t count;
} letter_parties;

static letter_parties parties_of(const raci *r, raci_letter letter) {
    if (letter == RACI_ACCOUNTABLE)
        return (letter_parties){&r->accountable, 1};
    if (letter == RACI_CONSULTED)
        return (letter_parties){r->consulted, r->consulted_count};
    return letter == RACI_INFORMED ? (letter_parties){r->informed, r->informed_count}
                                   : (letter_parties){r->responsible, r->responsible_count};
}

static bool has_people(letter_parties list, const party *p) {
    for (size_t i = 0; i < list.count; i++)
        if (same_people(&list.items[i], p))
            return true;
    return false;
}

static bool same_parties(letter_parties a, letter_parties b) {
    bool same = true;
    for (size_t i = 0; i < a.count; i++)
        same = same && has_people(b, &a.items[i]);
    for (size_t i = 0; i < b.count; i++)
        same = same && has_people(a, &b.items[i]);
    return same;
}

static const char *parties_text(arena *a, letter_parties list) {
    const char *text = "";
    for (size_t i = 0; i < list.count; i++)
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", who_text(a, &list.items[i]));
    return list.count ? text : "nobody";
}

static void put_letters(buf *b, arena *a, const route *before, const route *after) {
    for (int letter = RACI_ACCOUNTABLE; letter < RACI_LETTER_COUNT; letter++) {
        letter_parties was = parties_of(&before->raci, (raci_letter)letter);
        letter_parties is = parties_of(&after->raci, (raci_letter)letter);
        if (!same_parties(was, is))
            buf_printf(b, "%s%s: %s → %s", b->len ? "; " : "", raci_letter_to_text((raci_letter)letter),
                       parties_text(a, was), parties_text(a, is));
    }
}

/* The steps of `one` that `other` lacks, of people who bear the letter in both: only the time is another. */
static void put_steps(buf *b, arena *a, const plan *one, const plan *other, const route *of_other) {
    for (size_t i = 0; i < one->count; i++) {
        const plan_step *s = &one->steps[i];
        if (!is_among(s, other, same_step) && has_people(parties_of(&of_other->raci, s->letter), s->who))
            buf_printf(b, "%s%s %s (%s, %s)", b->len ? "; " : "", one->word, who_text(a, s->who),
                       raci_letter_to_text(s->letter), when_text(a, s->after));
    }
}

static void put_contacts(buf *b, const party *p) {
    for (size_t i = 0; i < p->contact_count; i++)
        buf_printf(b, "%s%s%s%s", i ? ", " : "", p->contacts[i].channel, p->contacts[i].address[0] ? ":" : "",
                   p->contacts[i].address);
}

static void put_reached(buf *b, arena *a, const plan *before, const plan *after) {
    for (size_t i = 0; i < before->count; i++) {
        const plan_step *s = &before->steps[i];
        if (is_among(s, after, same_contacts))
            continue;
        for (size_t k = 0; k < after->count; k++) {
            if (!same_step(s, &after->steps[k]))
                continue;
            buf_printf(b, "%s%s: ", b->len ? "; " : "", who_text(a, s->who));
            put_contacts(b, s->who);
            buf_puts(b, " → ");
            put_contacts(b, after->steps[k].who);
            return; /* one says enough */
        }
    }
}

static const char *group_by_text(arena *a, const chart_row *row) {
    if (row->group_by_alert)
        return "[...]";
    if (!row->group_by)
        return "[service, alertname]";
    const char *text = "";
    for (size_t i = 0; i < row->group_by_count; i++)
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", row->group_by[i]);
    return arena_printf(a, "[%s]", text);
}

/* What follows the row's id: the values that open an incident. */
static const char *group_values(const route *r) {
    const char *at = strchr(r->group_key, SEPARATOR);
    return at ? at + 1 : "";
}

static const char *values_text(arena *a, const route *r) {
    char *text = arena_strdup(a, group_values(r));
    for (char *at = text; *at; at++)
        *at = *at == SEPARATOR ? '/' : *at;
    return text[0] ? text : "nothing";
}

/* By other labels; or by the same, of which the service is another. */
static const char *grouped_text(const route *before, const route *after, arena *a) {
    const char *was = group_by_text(a, before->row), *is = group_by_text(a, after->row);
    if (strcmp(was, is) != 0)
        return arena_printf(a, "%s → %s", was, is);
    return arena_printf(a, "%s → %s", values_text(a, before), values_text(a, after));
}

static const char *change_text(change_kind kind, const route *before, const route *after, arena *a) {
    plan was = plan_of(before, a, "no longer"), is = plan_of(after, a, "now");
    if (kind == CHANGE_MOVED)
        return arena_printf(a, "%s → %s", parties_text(a, parties_of(&before->raci, RACI_RESPONSIBLE)),
                            parties_text(a, parties_of(&after->raci, RACI_RESPONSIBLE)));
    if (kind == CHANGE_SEVERITY)
        return arena_printf(a, "%s → %s", severity_to_text(before->severity), severity_to_text(after->severity));
    if (kind == CHANGE_GROUPED)
        return grouped_text(before, after, a);
    buf b;
    buf_init(&b);
    if (kind == CHANGE_TOLD) {
        put_letters(&b, a, before, after);
        put_steps(&b, a, &was, &is, after);
        put_steps(&b, a, &is, &was, before);
    } else {
        put_reached(&b, a, &was, &is);
    }
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static change_kind kind_of(const route *before, const route *after, arena *a) {
    plan was = plan_of(before, a, "no longer"), is = plan_of(after, a, "now");
    if (!plans_agree(&was, &is, same_page, true))
        return CHANGE_MOVED;
    if (!plans_agree(&was, &is, same_step, false))
        return CHANGE_TOLD;
    if (!plans_agree(&was, &is, same_contacts, false))
        return CHANGE_REACHED;
    if (before->severity != after->severity)
        return CHANGE_SEVERITY;
    return strcmp(group_values(before), group_values(after)) != 0 ? CHANGE_GROUPED : CHANGE_NONE;
}

whom_change whom_compare(const route *before, const route *after, arena *a) {
    change_kind kind = kind_of(before, after, a);
    return (whom_change){kind, kind == CHANGE_NONE ? "" : change_text(kind, before, after, a)};
}
