/* Suggestions: who could own what nobody owns. Pure. Alerts whose names begin with one word are one family and get one
 * list; the row for it is the one that owns their like: alerts with the same words, of the same group, of the same
 * file; or whose own name says it. When nothing is alike, a new row.
 *
 * The difficulty is to propose nothing that takes an alert from its owner: names are a family only where no owned alert
 * begins with its word; otherwise each has a list of its own. */
#include "cli/coverage.h"

#include "onus/hash_table.h"
#include "onus/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_PER_KEY = 16,      /* rows that are remembered as owners of one word's alerts */
    ASKED_MAX = 64,         /* alerts of a family whose like is looked for */
    NAME_BYTES = 100,       /* of a row's name */
    FAMILY_LETTERS_MIN = 3, /* of the word that a family's names begin with */
};

/* What says nothing about whose an alert is. */
static const char *const COMMON_WORDS[] = {
    "high",  "low",    "too",     "no",      "not",   "many",    "much",   "large", "slow",   "critical", "warning",
    "error", "errors", "rate",    "down",    "is",    "the",     "of",     "in",    "on",     "to",       "a",
    "alert", "alerts", "missing", "failed",  "usage", "failing", "absent", "large", "count",  "over",     "under",
    "and",   "for",    "with",    "failure", "all",   "any",     "new",    "out",   "than",   "more",     "less",
    "it",    "its",    "this",    "that",    "these", "those",   "an",     "are",   "was",    "were",     "be",
    "been",  "being",  "has",     "have",    "had",   "by",      "at",     "from",  "or",     "but",      "as",
    "if",    "when",   "while",   "then",    "since", "after",   "before", "still", "very",   "per",      "via",
    "into",  "does",   "do",      "did",     "will",  "should",  "must",   "can",   "cannot", "we",       "you",
    "our",   "your",   "their",   "there",   "here",  "so",      "only",   "also",  "again",  "some",     "other"};

/* How often alerts with one word (or of one group or file) are owned by which row. */
typedef struct votes {
    const char *key;
    size_t total;
    struct {
        const chart_row *row;
        size_t count;
    } rows[ROWS_PER_KEY];
    size_t row_count;
    UT_hash_handle hh;
} votes;

typedef struct family {
    const char *key, *word; /* the word with which all its names begin; "": one name by itself */
    const covered_alert **alerts;
    size_t count, capacity;
    UT_hash_handle hh;
} family;

/* A row's id, of the chart or proposed. */
typedef struct taken_id {
    const char *id;
    UT_hash_handle hh;
} taken_id;

typedef struct proposer {
    coverage *v;
    arena *memory; /* of the work */
    votes *by_key;
    family *families;
    taken_id *ids;
    const char **owned_names; /* in lower case, sorted */
    size_t owned_count;
    double *score, *greatest; /* by the row's number: the sum, and its greatest part */
    const char **reason;      /* of that part */
    size_t *touched, touched_count;
} proposer;

static bool is_common(const char *word) {
    for (size_t i = 0; i < sizeof COMMON_WORDS / sizeof *COMMON_WORDS; i++)
        if (strcmp(COMMON_WORDS[i], word) == 0)
            return true;
    return strlen(word) < 2 || isdigit((unsigned char)word[0]);
}

/* ── what is known of owned alerts ── */

static votes *find_votes(const proposer *p, const char *key) {
    votes *v = NULL;
    HASH_FIND_STR(p->by_key, key, v);
    return v;
}

static votes *add_votes(proposer *p, const char *key) {
    votes *v = ARENA_NEW(p->memory, votes);
    v->key = key;
    HASH_ADD_KEYPTR(hh, p->by_key, v->key, strlen(v->key), v);
    return v;
}

static void vote(proposer *p, const char *key, const chart_row *row) {
    votes *v = find_votes(p, key);
    if (!v)
        v = add_votes(p, key);
    v->total++;
    size_t i = 0;
    while (i < v->row_count && v->rows[i].row != row)
        i++;
    if (i == ROWS_PER_KEY)
        return;
    v->row_count += i == v->row_count;
    v->rows[i].row = row;
    v->rows[i].count++;
}

static const char *word_key(arena *a, const char *word) {
    return arena_printf(a, "w%s", word);
}

static const char *file_key(arena *a, const alert_rule *rule) {
    return arena_printf(a, "f%s", rule->file);
}

static const char *group_key(arena *a, const alert_rule *rule) {
    return arena_printf(a, "g%s\x1f%s", rule->file, rule->group);
}

static void vote_words(proposer *p, const char *name, const chart_row *row) {
    const char *words[NAME_WORDS_MAX];
    size_t count = name_words(p->memory, name, words);
    for (size_t i = 0; i < count; i++)
        if (!is_common(words[i]))
            vote(p, word_key(p->memory, words[i]), row);
}

static const char *lower_case(arena *a, const char *text) {
    char *copy = arena_strdup(a, text);
    for (char *at = copy; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return copy;
}

static int compare_texts(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Behind a syntax error, and in a file without groups, no group is known: that two rules lack one says nothing. */
static bool has_group(const alert_rule *rule) {
    return rule->group[0] != '\0';
}

/* A row's own name speaks like one of its alerts. */
static void learn(proposer *p) {
    const coverage *v = p->v;
    p->owned_names = ARENA_ARRAY(p->memory, const char *, v->count ? v->count : 1);
    for (size_t i = 0; i < v->count; i++) {
        const covered_alert *one = &v->alerts[i];
        if (!one->owned)
            continue;
        vote_words(p, one->name, one->row);
        if (has_group(one->rule))
            vote(p, group_key(p->memory, one->rule), one->row);
        vote(p, file_key(p->memory, one->rule), one->row);
        p->owned_names[p->owned_count++] = lower_case(p->memory, one->name);
    }
    for (size_t i = 0; i < v->chart->row_count; i++)
        vote_words(p, v->chart->rows[i].name, &v->chart->rows[i]);
    if (p->owned_count > 1)
        qsort(p->owned_names, p->owned_count, sizeof *p->owned_names, compare_texts);
}

/* Whether an owned alert's name begins so. */
static bool is_taken(const proposer *p, const char *prefix) {
    size_t low = 0, high = p->owned_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(p->owned_names[middle], prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->owned_count && text_starts_with(p->owned_names[low], prefix);
}

/* ── families ── */

static const char *family_word(proposer *p, const char *name) {
    const char *words[NAME_WORDS_MAX];
    size_t count = name_words(p->memory, name, words);
    bool usable = count > 1 && strlen(words[0]) >= FAMILY_LETTERS_MIN && !is_common(words[0]) &&
                  text_starts_with(lower_case(p->memory, name), words[0]) && !is_taken(p, words[0]);
    return usable ? words[0] : "";
}

static family *find_family(const proposer *p, const char *key) {
    family *f = NULL;
    HASH_FIND_STR(p->families, key, f);
    return f;
}

static family *add_family(proposer *p, const char *key, const char *word) {
    family *f = ARENA_NEW(p->memory, family);
    f->key = key;
    f->word = word;
    HASH_ADD_KEYPTR(hh, p->families, f->key, strlen(f->key), f);
    return f;
}

static void join_family(proposer *p, const covered_alert *one) {
    const char *word = family_word(p, one->name);
    const char *key = *word ? word_key(p->memory, word) : arena_printf(p->memory, "=%s", one->name);
    family *f = find_family(p, key);
    if (!f)
        f = add_family(p, key, word);
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : 4;
        const covered_alert **more = ARENA_ARRAY(p->v->c->memory, const covered_alert *, f->capacity);
        if (f->count > 0)
            memcpy(more, f->alerts, f->count * sizeof *more);
        f->alerts = more;
    }
    f->alerts[f->count++] = one;
}

/* ── the row ── */

typedef struct evidence {
    double weight;
    const char *why; /* for people; about the row */
} evidence;

static void weigh(proposer *p, const chart_row *row, double points, const char *why) {
    size_t i = (size_t)row->index;
    if (points <= 0)
        return;
    if (p->score[i] == 0)
        p->touched[p->touched_count++] = i;
    p->score[i] += points;
    if (points > p->greatest[i]) {
        p->greatest[i] = points;
        p->reason[i] = why;
    }
}

/* A word that one row has to itself says more than one that many share: so the share counts squared. */
static void weigh_key(proposer *p, const char *key, const evidence *e) {
    const votes *v = find_votes(p, key);
    for (size_t i = 0; v && i < v->row_count; i++) {
        double share = (double)v->rows[i].count / (double)v->total;
        weigh(p, v->rows[i].row, e->weight * share * share, e->why);
    }
}

static void weigh_alert(proposer *p, const covered_alert *one, double part) {
    const char *words[NAME_WORDS_MAX];
    arena *a = p->v->c->memory;
    size_t count = name_words(p->memory, one->name, words);
    for (size_t i = 0; i < count; i++)
        if (!is_common(words[i]))
            weigh_key(
                p, word_key(p->memory, words[i]),
                &(evidence){(i == 0 ? 3 : 1.2) * part, arena_printf(a, "it has alerts like it: \"%s\"", words[i])});
    if (has_group(one->rule))
        weigh_key(p, group_key(p->memory, one->rule), &(evidence){1.5 * part, "it owns others of the same group"});
    weigh_key(p, file_key(p->memory, one->rule), &(evidence){0.6 * part, "it owns others of the same file"});
    if (one->rival.key_count > 0)
        weigh(p, one->rival.row, 1.1 * part,
              arena_printf(a, "it would own it with %s", rival_keys_text(a, &one->rival)));
}

static void forget_scores(proposer *p) {
    for (size_t i = 0; i < p->touched_count; i++)
        p->score[p->touched[i]] = p->greatest[p->touched[i]] = 0;
    p->touched_count = 0;
}

/* NULL: no row has anything like it. */
static const chart_row *best_row(proposer *p, const family *f, const char **why) {
    static const double LEAST = 0.5;
    const chart_row *best = NULL;
    double best_score = LEAST;
    size_t asked = f->count < ASKED_MAX ? f->count : ASKED_MAX;
    for (size_t i = 0; i < asked; i++)
        weigh_alert(p, f->alerts[i], 1.0 / (double)asked);
    for (size_t i = 0; i < p->touched_count; i++) {
        size_t row = p->touched[i];
        if (p->score[row] < best_score || (best && p->score[row] == best_score && row > (size_t)best->index))
            continue;
        best = &p->v->chart->rows[row];
        best_score = p->score[row];
        *why = p->reason[row];
    }
    forget_scores(p);
    return best;
}

/* ── the list ── */

/* RE2's special characters are escaped; a template may come to anything. */
static void put_regex(buf *b, const char *name) {
    while (*name) {
        const char *past = name_past_template(name);
        if (past) {
            buf_puts(b, ".*");
            name = past;
            continue;
        }
        if (strchr("\\.+*?()[]{}^$|", *name))
            buf_putc(b, '\\');
        buf_putc(b, *name++);
    }
}

static bool is_one_name(const family *f) {
    for (size_t i = 1; i < f->count; i++)
        if (strcmp(f->alerts[i]->name, f->alerts[0]->name) != 0)
            return false;
    return true;
}

/* A family is one name, or all that begin with its word. */
static const char *match_text(arena *a, const family *f) {
    const char *name = f->alerts[0]->name;
    buf value, text;
    buf_init(&value);
    buf_init(&text);
    if (!is_one_name(f))
        buf_printf(&value, "(?i)%s.*", f->word);
    else
        put_regex(&value, name);
    bool plain = strcmp(value.data, name) == 0;
    matcher_print(&text, &(matcher){"alertname", value.data, plain ? MATCH_EQUAL : MATCH_REGEX, NULL});
    const char *out = buf_to_arena(&text, a);
    buf_release(&value);
    buf_release(&text);
    return out;
}

static void put_quoted(buf *b, const char *text) {
    buf_putc(b, '\'');
    for (; *text; text++)
        buf_puts(b, *text == '\'' ? "''" : (const char[]){*text, '\0'});
    buf_putc(b, '\'');
}

static bool is_free(const proposer *p, const char *id) {
    taken_id *found = NULL;
    HASH_FIND_STR(p->ids, id, found);
    return !found;
}

static void take_id(proposer *p, const char *id) {
    taken_id *one = ARENA_NEW(p->memory, taken_id);
    one->id = id;
    HASH_ADD_KEYPTR(hh, p->ids, one->id, strlen(one->id), one);
}

static void take_row_ids(proposer *p) {
    const chart *c = p->v->chart;
    for (size_t i = 0; i < c->row_count; i++)
        take_id(p, c->rows[i].id);
    if (is_free(p, c->unowned.id))
        take_id(p, c->unowned.id);
}

/* [a-z0-9-], of the name's first words; a number behind it when there is such a row. */
static const char *free_id(proposer *p, const char *name) {
    enum { ID_WORDS = 3, ID_LETTERS = 50 };
    const char *words[NAME_WORDS_MAX];
    arena *a = p->v->c->memory;
    size_t count = name_words(a, name, words);
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < count && i < ID_WORDS; i++) {
        if (b.len > 0)
            buf_putc(&b, '-');
        for (const char *at = words[i]; *at && b.len < ID_LETTERS; at++)
            if ((unsigned char)*at < 0x80)
                buf_putc(&b, *at);
    }
    const char *id = b.len > 0 && isalnum((unsigned char)b.data[0]) ? buf_to_arena(&b, a) : "new-row", *base = id;
    buf_release(&b);
    for (unsigned i = 2; !is_free(p, id); i++)
        id = arena_printf(a, "%s-%u", base, i);
    take_id(p, id);
    return id;
}

static const char *list_yaml(arena *a, const char *match) {
    buf b;
    buf_init(&b);
    buf_puts(&b, "- [");
    put_quoted(&b, match);
    buf_puts(&b, "]");
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static const char *row_yaml(proposer *p, const family *f, const char *match) {
    const chart_row *like = &p->v->chart->unowned;
    arena *a = p->v->c->memory;
    const char *first = f->alerts[0]->name, *word = is_one_name(f) ? "" : f->word;
    const char *id = free_id(p, *word ? word : first);
    buf name;
    buf_init(&name);
    put_quoted(&name, *word ? arena_printf(a, "%s alerts", word) : text_shorten(a, first, NAME_BYTES));
    const char *yaml = arena_printf(a,
                                    "- id: %s\n  name: %s\n  loop: %s\n  match:\n    %s\n  responsible: %s\n"
                                    "  accountable: %s",
                                    id, name.data, loop_to_text(like->loop), list_yaml(a, match),
                                    like->responsible[0]->id, like->accountable->id);
    buf_release(&name);
    return yaml;
}

/* Whether anything of the name is known before its template is rendered; without one, all of it is. */
static bool is_known(const char *name) {
    size_t letters = 0;
    bool templated = false;
    while (*name) {
        const char *past = name_past_template(name);
        letters += !past;
        templated = templated || past;
        name = past ? past : name + 1;
    }
    return !templated || letters >= FAMILY_LETTERS_MIN;
}

static void propose(proposer *p, const family *f) {
    arena *a = p->v->c->memory;
    proposal *out = &p->v->proposals[p->v->proposal_count++];
    *out = (proposal){.alerts = f->alerts, .count = f->count, .match = "", .yaml = ""};
    if (!is_known(f->alerts[0]->name)) {
        out->why = "its name is a template: render the rules first, and give them on standard input (-)";
        return;
    }
    out->why = "no row owns anything like it";
    out->row = best_row(p, f, &out->why);
    out->match = match_text(a, f);
    out->yaml = out->row ? list_yaml(a, out->match) : row_yaml(p, f, out->match);
}

static void propose_all(proposer *p) {
    coverage *v = p->v;
    for (size_t i = 0; i < v->count; i++)
        if (!v->alerts[i].owned)
            join_family(p, &v->alerts[i]);
    v->proposals = ARENA_ARRAY(v->c->memory, proposal, v->unowned + 1);
    for (const family *f = p->families; f; f = f->hh.next)
        propose(p, f);
}

void coverage_propose(coverage *v) {
    if (v->unowned == 0)
        return;
    size_t rows = v->chart->row_count + 1;
    proposer p = {.v = v, .memory = arena_new()};
    p.score = ARENA_ARRAY(p.memory, double, rows);
    p.greatest = ARENA_ARRAY(p.memory, double, rows);
    p.reason = ARENA_ARRAY(p.memory, const char *, rows);
    p.touched = ARENA_ARRAY(p.memory, size_t, rows);
    learn(&p);
    take_row_ids(&p);
    propose_all(&p);
    HASH_CLEAR(hh, p.ids);
    HASH_CLEAR(hh, p.by_key);
    HASH_CLEAR(hh, p.families);
    arena_free(p.memory);
}
