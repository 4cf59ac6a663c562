/* What the settings ask of other rooms, checked where those rooms meet: sources and templates. Channels are checked as
 * they are made (channels_new). */
#include "onus/app.h"

#include "onus/ingest.h"
#include "onus/render.h"

static void check_sources(const settings *s, diagnostics *d) {
    arena *a = arena_new();
    for (size_t i = 0; i < s->source_count; i++) {
        source_fault fault;
        if (ingest_source_fault(&s->sources[i], a, &fault))
            diagnostics_add(d, DIAGNOSTIC_ERROR, s->path, fault.place.at, fault.place.length, fault.rule, "%s",
                            fault.text);
    }
    arena_free(a);
}

static void check_templates(const settings *s, diagnostics *d) {
    err e = {0};
    templates *t = s->templates_path ? templates_load(s->templates_path, &e) : NULL;
    if (s->templates_path && !t)
        diagnostics_add(d, DIAGNOSTIC_ERROR, s->path, s->templates_at.at, s->templates_at.length, "bad-template", "%s",
                        e.text);
    templates_free(t);
}

void settings_check_rooms(const settings *s, diagnostics *d) {
    check_sources(s, d);
    check_templates(s, d);
}
