/* Documents that repeat what the code says are compared with it. */
#include "unit/cli/harness.h"

#include "app/api.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

Test(documents, the_manual_names_every_command) {
    char *manual = project_file("docs/onus.1");
    size_t count;
    const command *all = cli_commands(&count);
    for (size_t i = 0; i < count; i++) {
        char line[64];
        if (strcmp(all[i].name, "help") == 0)
            continue;
        snprintf(line, sizeof line, "\n.SS onus %s\n", all[i].name);
        cr_expect(strstr(manual, line), "%s", all[i].name);
    }
    free(manual);
}

static bool is_page(const http_route *r) {
    return strcmp(r->pattern, "/") == 0 || text_starts_with(r->pattern, "/incidents/") ||
           text_ends_with(r->pattern, ".css") || text_ends_with(r->pattern, ".js");
}

Test(documents, the_api_names_every_path_and_method) {
    char *api = project_file("docs/api.yaml");
    size_t count;
    const http_route *all = app_routes(&count);
    for (size_t i = 0; i < count; i++) {
        char path[128], method[16] = "    ";
        if (is_page(&all[i]))
            continue;
        snprintf(path, sizeof path, "\n  %s:\n", all[i].pattern);
        const char *at = strstr(api, path);
        cr_assert(at, "docs/api.yaml lacks %s", all[i].pattern);
        at += strlen(path);
        for (size_t k = 0; all[i].method[k]; k++)
            method[4 + k] = (char)tolower((unsigned char)all[i].method[k]);
        strcat(method, ":\n");
        const char *next = strstr(at, "\n  /"), *found = strstr(at, method);
        cr_expect(found && (!next || found < next), "docs/api.yaml lacks %s %s", all[i].method, all[i].pattern);
    }
    free(api);
}
