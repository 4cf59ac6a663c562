#include "support.h"

#include <stdio.h>
#include <string.h>

char *chart_text(arena *a, const char *rows) {
    return arena_printf(a,
                        "version: 1\n"
                        "teams:\n"
                        "  mlops: { name: MLOps, contacts: [chat] }\n"
                        "  leads: { name: Leads, contacts: [\"mail:leads@example.com\"] }\n"
                        "  science: { contacts: [chat] }\n"
                        "roles:\n"
                        "  mlops-engineer: { name: MLOps Engineer, team: mlops }\n"
                        "  head-of-mlops: { team: leads }\n"
                        "  ml-engineer: { team: science }\n"
                        "unowned: { loop: system, responsible: mlops-engineer, accountable: head-of-mlops }\n"
                        "activities:\n%s",
                        rows);
}

chart *load_text(const char *text, diagnostics *d) {
    diagnostics_init(d);
    return chart_load_bytes(&(chart_source){text, strlen(text), "raci.yaml"}, NULL, d);
}

char *report(arena *a, const diagnostics *d) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < d->count; i++)
        buf_printf(&b, "%u:%u %s: %s\n", d->items[i].at.line, d->items[i].at.column, d->items[i].rule,
                   d->items[i].text);
    char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

bool reported(const diagnostics *d, const char *rule, const char *words) {
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->items[i].rule, rule) == 0 && strstr(d->items[i].text, words))
            return true;
    return false;
}

char *read_test_file(arena *a, const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    buf b;
    buf_init(&b);
    char piece[4096];
    for (size_t got; (got = fread(piece, 1, sizeof piece, f)) > 0;)
        buf_put(&b, piece, got);
    fclose(f);
    char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}
