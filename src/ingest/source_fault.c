/* What makes a source of the settings useless, told before anybody posts: only the table of formats knows. */
#include "ingest/formats.h"
#include "onus/text.h"

enum { FORMATS_NAMED_MAX = 32 };

static const char *unknown_format(const source *from, arena *a) {
    const char *names[FORMATS_NAMED_MAX], *list = "";
    size_t count = 0;
    const ingest_format *const *all = ingest_formats(&count);
    count = count < FORMATS_NAMED_MAX ? count : FORMATS_NAMED_MAX;
    for (size_t i = 0; i < count; i++) {
        names[i] = all[i]->name;
        list = arena_printf(a, "%s%s%s", list, i ? ", " : "", names[i]);
    }
    const char *near = text_did_you_mean(from->format, names, count);
    return arena_printf(a, "source \"%s\": no format \"%s\"%s%s%s; there are %s", from->name, from->format,
                        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "", list);
}

static bool is_asked(file_span place, size_t count) {
    return count > 0 || place.at.line > 0;
}

bool ingest_source_fault(const source *from, arena *a, source_fault *out) {
    const ingest_format *format = ingest_format_find(from->format);
    if (!format)
        *out = (source_fault){"unknown-format", unknown_format(from, a), from->format_at};
    else if (is_asked(from->secret_at, from->hmac_secret_count) && !format->check_signature)
        *out = (source_fault){
            "never-passes",
            arena_printf(a, "source \"%s\": the format %s has no signature; give a `token` instead of `secret`",
                         from->name, format->name),
            from->secret_at};
    else if (is_asked(from->routing_keys_at, from->routing_key_count) && !format->key_in_body)
        *out = (source_fault){
            "never-passes",
            arena_printf(a, "source \"%s\": the format %s carries no routing key; give a `token` instead", from->name,
                         format->name),
            from->routing_keys_at};
    else
        return false;
    return true;
}
