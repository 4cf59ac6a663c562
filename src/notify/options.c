/* Owns the options of channels: found in the kind's table, checked by type, kept as text or as a secret. Leaves what
 * they mean together to the kind's check().
 *
 * The one difficulty: `onus check` reads no *_file, so an option may be given and yet have no value; then only its
 * presence is checked. */
#include "notify/notify_room.h"
#include "onus/text.h"

#include <curl/curl.h>
#include <string.h>

enum { COMMON_ALLOW_PRIVATE, COMMON_CA, COMMON_COUNT };

static const option_row common_options[COMMON_COUNT] = {
    [COMMON_ALLOW_PRIVATE] = {"allow_private", OPTION_BOOL, false, false, NULL, NULL,
                              "May it reach private addresses? Not given: as the settings' allow_private_addresses "
                              "say, and a private address that its URL names literally."},
    [COMMON_CA] = {"ca", OPTION_TEXT, false, false, NULL, NULL,
                   "PEM certificates that are trusted instead of the system's; usually given as ca_file."},
};

const option_row *channel_common_options(size_t *count) {
    *count = COMMON_COUNT;
    return common_options;
}

/* ── types ── */

static bool is_url(const char *text, const char *const *schemes) {
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL;
    bool ok = url != NULL && curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && *host != '\0';
    ok = ok && (text_equal(scheme, schemes[0]) || text_equal(scheme, schemes[1]));
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return ok;
}

static bool is_header_line(const char *line, size_t len) {
    const char *colon = memchr(line, ':', len);
    if (colon == NULL || colon == line)
        return false;
    for (const char *c = line; c < colon; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("()<>@,;\\\"/[]?={}", *c) != NULL)
            return false;
    for (const char *c = colon; c < line + len; c++)
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
            return false;
    return true;
}

static bool is_headers(const char *text) {
    while (*text != '\0') {
        const size_t len = strcspn(text, "\n");
        if (len > 0 && !is_header_line(text, len))
            return false;
        text += len + (text[len] == '\n');
    }
    return true;
}

static bool is_word(const char *text, const char *words) {
    const size_t len = strlen(text);
    for (const char *word = words; *word != '\0'; word += *word == '|') {
        const size_t word_len = strcspn(word, "|");
        if (word_len == len && memcmp(word, text, len) == 0)
            return true;
        word += word_len;
    }
    return false;
}

static bool is_mailbox(const char *text) {
    arena *a = arena_new();
    const bool ok = mail_address_of(text, a) != NULL;
    arena_free(a);
    return ok;
}

/* What is wrong with the value, or NULL. */
static const char *value_problem(const option_row *row, const char *text) {
    static const char *const http[] = {"http", "https"}, *const smtp[] = {"smtp", "smtps"};
    switch (row->type) {
    case OPTION_URL:
        return is_url(text, http)
                   ? NULL
                   : "must be a URL that begins with https:// or http://, with a host and without white space";
    case OPTION_SMTP_URL:
        return is_url(text, smtp)
                   ? NULL
                   : "must be a URL like smtp://mail.example.com:587 or smtps://…, with a host and without white space";
    case OPTION_MAIL:
        return is_mailbox(text) ? NULL : "must be a mail address, as onus@example.com or Onus <onus@example.com>";
    case OPTION_BOOL:
        return is_word(text, "true|false") ? NULL : "must be true or false";
    case OPTION_WORD:
        return is_word(text, row->words) ? NULL : row->doc;
    case OPTION_HEADERS:
        return is_headers(text) ? NULL : "must hold lines of the form Name: value";
    case OPTION_TEXT:
        break;
    }
    return *text != '\0' ? NULL : "must not be empty";
}

/* ── reading ── */

typedef struct options_work {
    const channel_settings *from;
    const char *file;
    channel *c;
    diagnostics *d;
} options_work;

static option_value *find_value(const options_work *w, const char *name, const option_row **row) {
    const channel_kind *kind = w->c->kind;
    for (size_t i = 0; i < kind->option_count; i++)
        if (text_equal(kind->options[i].name, name)) {
            *row = &kind->options[i];
            return &w->c->values[i];
        }
    for (size_t i = 0; i < COMMON_COUNT; i++)
        if (text_equal(common_options[i].name, name)) {
            *row = &common_options[i];
            return i == COMMON_CA ? &w->c->ca : &w->c->allow_private;
        }
    return NULL;
}

static bool report(const options_work *w, file_span place, const char *rule, const char *text) {
    diagnostics_add(w->d, DIAGNOSTIC_ERROR, w->file, place.at, place.length, rule, "channel \"%s\": %s", w->from->name,
                    text);
    return false;
}

static bool report_unknown(const options_work *w, const channel_option *o) {
    const char *names[CHANNEL_OPTIONS_MAX + COMMON_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < w->c->kind->option_count; i++)
        names[count++] = w->c->kind->options[i].name;
    for (size_t i = 0; i < COMMON_COUNT; i++)
        names[count++] = common_options[i].name;
    const char *meant = text_did_you_mean(o->name, names, count);
    arena *a = arena_new();
    const char *hint = meant == NULL ? "" : arena_printf(a, "; did you mean \"%s\"?", meant);
    report(w, o->key.at.line > 0 ? o->key : (file_span){o->at, o->length}, "unknown-option",
           arena_printf(a, "a channel of kind %s has no option \"%s\"%s", w->c->kind->name, o->name, hint));
    arena_free(a);
    return false;
}

static bool read_option(const options_work *w, const channel_option *o) {
    const option_row *row = NULL;
    option_value *value = find_value(w, o->name, &row);
    if (value == NULL)
        return report_unknown(w, o);
    arena *a = arena_new();
    const char *text = secret_is_set(o->hidden) ? secret_reveal(o->hidden) : o->text;
    const char *problem = value->set ? "is given twice" : text == NULL ? NULL : value_problem(row, text);
    if (problem != NULL)
        report(w, (file_span){o->at, o->length}, "option-value", arena_printf(a, "%s %s", o->name, problem));
    else {
        value->set = true;
        if (secret_is_set(o->hidden))
            value->hidden = secret_copy(o->hidden);
        else if (row->secret && o->text != NULL)
            value->hidden = secret_from_text(o->text);
        else
            value->text = o->text;
    }
    arena_free(a);
    return problem == NULL;
}

static bool check_required(const options_work *w) {
    const channel_kind *kind = w->c->kind;
    bool ok = true;
    arena *a = arena_new();
    for (size_t i = 0; i < kind->option_count; i++)
        if (kind->options[i].required && !w->c->values[i].set)
            ok = report(w, (file_span){w->from->at, w->from->length}, "missing-option",
                        arena_printf(a, "a channel of kind %s needs the option \"%s\": %s", kind->name,
                                     kind->options[i].name, kind->options[i].doc));
    arena_free(a);
    return ok;
}

bool options_read(const channel_settings *s, const char *file, channel *c, diagnostics *d) {
    const options_work w = {s, file, c, d};
    bool ok = true;
    for (size_t i = 0; i < s->option_count; i++)
        ok = read_option(&w, &s->options[i]) && ok;
    return check_required(&w) && ok;
}

void options_release(channel *c) {
    for (size_t i = 0; i < CHANNEL_OPTIONS_MAX; i++)
        secret_release(&c->values[i].hidden);
    secret_release(&c->ca.hidden);
    secret_release(&c->allow_private.hidden);
}

/* ── using ── */

static const char *value_text(const option_value *v) {
    return secret_is_set(v->hidden) ? secret_reveal(v->hidden) : v->text;
}

const char *option_text(const channel *c, size_t option) {
    const char *text = value_text(&c->values[option]);
    if (text == NULL)
        text = c->kind->options[option].standard;
    return text == NULL ? "" : text;
}

bool option_is_set(const channel *c, size_t option) {
    return c->values[option].set;
}

const char *option_ca(const channel *c) {
    return value_text(&c->ca);
}
