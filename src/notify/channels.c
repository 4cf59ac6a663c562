/* Owns the configured channels: made from the settings once, immutable afterwards. Leaves options to options.c and what
 * a kind does to its own file. */
#include "notify/notify_room.h"
#include "onus/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct channels {
    channel *items;
    const char **names;
    size_t count;
    arena *memory;
};

static void report_kind(const channel_settings *s, const char *file, diagnostics *d) {
    const char *names[16];
    size_t count = 0;
    const channel_kind *const *all = channel_kinds(&count);
    buf list;
    buf_init(&list);
    for (size_t i = 0; i < count && i < sizeof names / sizeof *names; i++) {
        names[i] = all[i]->name;
        buf_printf(&list, "%s%s", i == 0 ? "" : ", ", names[i]);
    }
    const char *meant = s->kind == NULL ? NULL : text_did_you_mean(s->kind, names, count);
    file_span place = s->kind_at.at.line > 0 ? s->kind_at : (file_span){s->at, s->length};
    diagnostics_add(d, DIAGNOSTIC_ERROR, file, place.at, place.length, "unknown-kind",
                    "channel \"%s\": no kind \"%s\"%s%s%s; there are %s", s->name, s->kind == NULL ? "" : s->kind,
                    meant == NULL ? "" : "; did you mean \"", meant == NULL ? "" : meant, meant == NULL ? "" : "\"?",
                    list.data);
    buf_release(&list);
}

static bool read_channel(const settings *s, const channel_settings *from, channel *c, diagnostics *d) {
    c->name = from->name;
    c->kind = channel_kind_find(from->kind);
    c->settings_allow_private = s->allow_private_addresses;
    if (c->kind == NULL) {
        report_kind(from, s->path, d);
        return false;
    }
    if (!options_read(from, s->path, c, d))
        return false;
    const char *wrong = c->kind->check == NULL ? NULL : c->kind->check(c);
    if (wrong != NULL)
        diagnostics_add(d, DIAGNOSTIC_ERROR, s->path, from->at, from->length, "channel-options", "channel \"%s\": %s",
                        from->name, wrong);
    return wrong == NULL;
}

channels *channels_new(const settings *s, diagnostics *d) {
    arena *memory = arena_new();
    channels *all = mem_zalloc(1, sizeof *all);
    *all = (channels){ARENA_ARRAY(memory, channel, s->channel_count),
                      ARENA_ARRAY(memory, const char *, s->channel_count), s->channel_count, memory};
    bool ok = true;
    for (size_t i = 0; i < s->channel_count; i++) {
        all->items[i].index = i;
        ok = read_channel(s, &s->channels[i], &all->items[i], d) && ok;
        all->items[i].name = arena_strdup(memory, all->items[i].name);
        all->names[i] = all->items[i].name;
        for (size_t o = 0; o < CHANNEL_OPTIONS_MAX; o++)
            all->items[i].values[o].text = arena_strdup(memory, all->items[i].values[o].text);
        all->items[i].allow_private.text = arena_strdup(memory, all->items[i].allow_private.text);
        all->items[i].ca.text = arena_strdup(memory, all->items[i].ca.text);
    }
    if (ok)
        return all;
    channels_free(all);
    return NULL;
}

void channels_free(channels *c) {
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->count; i++)
        options_release(&c->items[i]);
    arena_free(c->memory);
    free(c);
}

const channel *channels_find(const channels *c, const char *name) {
    for (size_t i = 0; i < c->count; i++)
        if (text_equal(c->names[i], name))
            return &c->items[i];
    return NULL;
}

const char *const *channels_names(const channels *c, size_t *count) {
    *count = c->count;
    return c->names;
}

const channel_kind *channel_kind_of(const channel *c) {
    return c->kind;
}

const char *channel_name(const channel *c) {
    return c->name;
}

/* ── contacts ── */

/* The kind that a channel's name speaks of: a word of it is the kind's, or "mail" or "smtp". */
static const channel_kind *kind_spoken_of(const char *name) {
    static const char separators[] = "-_.";
    while (*name != '\0') {
        const size_t len = strcspn(name, separators);
        char word[32];
        (void)!snprintf(word, sizeof word, "%.*s", (int)len, name);
        const bool mail = text_equal(word, "mail") || text_equal(word, "smtp");
        const channel_kind *kind = mail ? &kind_email : channel_kind_find(word);
        if (kind != NULL)
            return kind;
        name += len;
        name += *name != '\0';
    }
    return NULL;
}

static bool looks_like_mail(const char *address) {
    return strchr(address, '@') != NULL && address[0] != '@' && strstr(address, "://") == NULL;
}

/* Without the settings: the kind that the name speaks of, or that the address looks like. */
static const char *likely_fault(const contact *who) {
    const channel_kind *kind = kind_spoken_of(who->channel);
    if (kind == NULL && looks_like_mail(who->address))
        kind = &kind_email;
    return kind == NULL || kind->address_fault == NULL ? NULL : kind->address_fault(NULL, who->address);
}

const char *channels_contact_fault(const void *all, const contact *who) {
    if (all == NULL)
        return likely_fault(who);
    const channel *c = channels_find(all, who->channel);
    return c == NULL || c->kind->address_fault == NULL ? NULL : c->kind->address_fault(c, who->address);
}
