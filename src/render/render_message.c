/* Owns one message's way from facts to text. Leaves facts to facts.c and the choice of a template to templates.c.
 *
 * The one difficulty: the sentences that all channels share (kind "words") are templates themselves, so they are
 * rendered first and join the facts. */
#include "onus/text.h"
#include "render/render_room.h"

#include <stdlib.h>
#include <string.h>

struct message_facts {
    const templates *templates;
    struct mustache_facts *tree;
    raci_letter letter;
    message_reason reason;
};

/* Fact ← template words/….PART */
static const struct shared_words {
    const char *fact, *part;
} shared_words[] = {
    {"why_you", "why"},
    {"first_step", "step"},
    {"headline", "headline"},
    {"ask", "ask"},
};

static void render_to(const struct mustache_template *t, const struct mustache_facts *tree, buf *out) {
    mustache_render(t, tree, out);
    source_decode(out->data, out->len);
    while (out->len > 0 && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == ' '))
        out->data[--out->len] = '\0';
}

static void add_words(message_facts *f, const struct shared_words *words, buf *scratch) {
    const struct mustache_template *t = templates_find(f->templates, "words", words->part, f->letter, f->reason);
    if (t == NULL)
        return;
    buf_clear(scratch);
    render_to(t, f->tree, scratch);
    mustache_facts_set(f->tree, words->fact, scratch->data);
}

static void add_payload(message_facts *f, const message *m, const message_links *links, usec now, arena *a) {
    buf payload;
    buf_init(&payload);
    render_payload(m, links, now, a, &payload);
    mustache_facts_set(f->tree, "payload", payload.data);
    buf_release(&payload);
}

message_facts *message_facts_new(const templates *t, const message *m, const message_links *links, usec now) {
    message_facts *f = mem_zalloc(1, sizeof *f);
    arena *a = arena_new();
    cJSON *tree = facts_build(m, links, now, a);
    *f = (message_facts){t, mustache_facts_new(tree), m->letter, m->reason};
    buf scratch;
    buf_init(&scratch);
    for (size_t i = 0; i < sizeof shared_words / sizeof *shared_words; i++)
        add_words(f, &shared_words[i], &scratch);
    add_payload(f, m, links, now, a);
    buf_release(&scratch);
    cJSON_Delete(tree);
    arena_free(a);
    return f;
}

void message_facts_free(message_facts *f) {
    if (f == NULL)
        return;
    mustache_facts_free(f->tree);
    free(f);
}

char *render_message(const templates *t, const char *kind, const char *part, const message_facts *f, arena *a, err *e) {
    const struct mustache_template *found = templates_find(t, kind, part, f->letter, f->reason);
    if (found == NULL) {
        err_set(e, ERR_NOT_FOUND, "no template %s/%s.%s.%s nor %s/default.%s", kind, raci_letter_to_text(f->letter),
                message_reason_to_text(f->reason), part, kind, part);
        return NULL;
    }
    buf out;
    buf_init(&out);
    render_to(found, f->tree, &out);
    char *text = buf_to_arena(&out, a);
    buf_release(&out);
    return text;
}
