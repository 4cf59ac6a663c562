/* Rule files: any bytes give rules with a name and a place, or say what is wrong; nothing of a template's mask is left.
 */
#include "fuzz.h"
#include "onus/limits.h"
#include "onus/rules.h"
#include "onus/text.h"

#include <string.h>

static void check_rule(const alert_rule *one) {
    MUST(labels_get(one->labels, "alertname")[0] != '\0');
    MUST(one->at.line > 0 && one->at.column > 0);
    MUST(one->file && one->group && one->summary && one->expression && one->annotations);
    MUST(one->labels.count <= LIMIT_LABELS_PER_ALERT);
    for (size_t i = 0; i < one->labels.count; i++)
        MUST(text_is_utf8(one->labels.items[i].value, strlen(one->labels.items[i].value)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    diagnostics d;
    alert_rules rules;
    diagnostics_init(&d);
    bool read = alert_rules_load_bytes((const char *)data, size, "rules.yaml", a, &rules, &d);
    MUST(read || d.errors > 0);
    MUST(rules.count > 0 || d.count > 0);
    for (size_t i = 0; i < rules.count; i++)
        check_rule(&rules.items[i]);
    diagnostics_release(&d);
    arena_free(a);
    return 0;
}
