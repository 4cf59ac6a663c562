/* Why an alert is whose it is: one sentence for those who are told, at night. It says what of the alert's own labels
 * decided, in words; the matchers themselves are for whoever writes the chart, in `onus route`.
 *
 * The difficulty: labels are a stranger's. Each is bounded and kept on one line, and what could be read as more of the
 * sentence stands between quotation marks. */
#include "onus/chart.h"
#include "onus/text.h"

#include <string.h>

enum { WORD_BYTES = 100, DECIDING_BYTES = 600 };

static const char *clean(arena *a, const char *text) {
    char *one_line = text_shorten(a, text, WORD_BYTES);
    for (char *c = one_line; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    return one_line;
}

static const char *word(arena *a, const char *text) {
    const char *shown = clean(a, text);
    return strpbrk(shown, " ,;") ? arena_printf(a, "“%s”", shown) : shown;
}

/* What an alert's own value tells; `environment != staging` tells that it is not staging. */
static bool tells_value(const matcher *m, labels set) {
    return m->op != MATCH_NOT_EQUAL || m->value[0] == '\0' || labels_get(set, m->name)[0] == '\0';
}

/* Each label once, by its value where one of its matchers tells it. */
static bool is_told_by_another(const matchers *list, size_t at, labels set) {
    const matcher *m = &list->items[at];
    bool own = tells_value(m, set);
    for (size_t i = 0; i < list->count; i++)
        if (i != at && strcmp(list->items[i].name, m->name) == 0 && tells_value(&list->items[i], set) &&
            (i < at || !own))
            return true;
    return false;
}

static void put_deciding(buf *b, const matcher *m, labels set, arena *a) {
    const char *value = labels_get(set, m->name), *name = word(a, m->name);
    if (value[0] == '\0')
        buf_printf(b, "no %s", name);
    else if (tells_value(m, set))
        buf_printf(b, "%s is %s", name, word(a, value));
    else
        buf_printf(b, "%s is not %s", name, word(a, m->value));
}

static void put_all_deciding(buf *out, const route *r, arena *a) {
    const char *before = ": ";
    size_t start = out->len;
    for (size_t i = 0; i < r->won->count; i++) {
        if (is_told_by_another(r->won, i, r->set))
            continue;
        buf_puts(out, before);
        if (out->len - start > DECIDING_BYTES) {
            buf_puts(out, "…");
            return;
        }
        put_deciding(out, &r->won->items[i], r->set, a);
        before = ", ";
    }
}

static bool is_played(const chart_row *row, const chart_role *role) {
    for (size_t i = 0; i < row->responsible_count; i++)
        if (row->responsible[i] == role)
            return true;
    return role == row->accountable;
}

static void put_service(buf *out, const route *r, arena *a) {
    if (r->service[0] == '\0')
        return;
    buf_printf(out, "; service %s", word(a, r->service));
    for (size_t i = 0; r->entry && i < r->entry->role_count; i++) {
        const chart_service_role *s = &r->entry->roles[i];
        if (is_played(r->row, s->role))
            buf_printf(out, ", where %s is %s", clean(a, s->role->name), clean(a, s->team->name));
    }
}

const char *route_why(const route *r, arena *a) {
    const chart_row *row = r->row;
    buf out;
    buf_init(&out);
    if (r->won) {
        buf_printf(&out, "Row “%s” claims it", clean(a, row->name[0] ? row->name : row->id));
        put_all_deciding(&out, r, a);
    } else {
        buf_printf(&out, "No row claims it, so it falls to the %s as unowned", loop_title(row->loop));
    }
    put_service(&out, r, a);
    buf_putc(&out, '.');
    const char *why = buf_to_arena(&out, a);
    buf_release(&out);
    return why;
}
