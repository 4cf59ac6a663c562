#include "unit/cli/harness.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char good_chart[] = "version: 1\n"
                          "teams:\n"
                          "  mlops: { name: MLOps, contacts: [chat, \"mail:mlops@example.com\"] }\n"
                          "  leads: { name: Leads, contacts: [\"mail:leads@example.com\"] }\n"
                          "  science: { name: Science, contacts: [chat] }\n"
                          "roles:\n"
                          "  engineer: { name: MLOps Engineer, team: mlops }\n"
                          "  head: { name: Head of MLOps, team: leads }\n"
                          "  scientist: { name: Data Scientist, team: science }\n"
                          "activities:\n"
                          "  - id: model-degraded\n"
                          "    name: A model degrades\n"
                          "    loop: system\n"
                          "    match:\n"
                          "      - [environment = production, model != \"\"]\n"
                          "    responsible: engineer\n"
                          "    accountable: head\n"
                          "    consulted: [scientist]\n"
                          "    informed: []\n"
                          "    group_by: [service]\n"
                          "  - id: nothing-else\n"
                          "    name: Nothing else\n"
                          "    loop: system\n"
                          "    match:\n"
                          "      - [environment = staging, model != \"\"]\n"
                          "    responsible: engineer\n"
                          "    accountable: head\n"
                          "service_labels: [model]\n"
                          "unowned: { loop: system, responsible: engineer, accountable: head }\n";

void outcome_init(outcome *o) {
    setlocale(LC_CTYPE, "C.UTF-8"); /* as main does */
    *o = (outcome){.directory = "/tmp/onus-cli-XXXXXX"};
    cr_assert(mkdtemp(o->directory));
}

static void outcome_clear(outcome *o) {
    if (!o->c.memory)
        return;
    arena_free(o->c.memory);
    free(o->out);
    free(o->err);
    o->c.memory = NULL;
    o->out = o->err = NULL;
}

static const char *path_in(const outcome *o, const char *name, char *path, size_t size) {
    cr_assert_lt(snprintf(path, size, "%s/%s", o->directory, name), (int)size);
    return path;
}

void outcome_release(outcome *o) {
    outcome_clear(o);
    char path[512];
    DIR *all = opendir(o->directory);
    for (struct dirent *one = all ? readdir(all) : NULL; one; one = readdir(all))
        if (one->d_name[0] != '.')
            unlink(path_in(o, one->d_name, path, sizeof path));
    if (all)
        closedir(all);
    rmdir(o->directory);
}

void outcome_file(outcome *o, const char *name, const char *text) {
    char path[512];
    FILE *f = fopen(path_in(o, name, path, sizeof path), "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

void outcome_run(outcome *o, const char *arguments) {
    char *argv[32] = {strdup("onus")}, path[512], *rest = strdup(arguments), *saved;
    int argc = 1;
    for (char *word = strtok_r(rest, " ", &saved); word; word = strtok_r(NULL, " ", &saved))
        argv[argc++] = strdup(word[0] == '@' ? path_in(o, word + 1, path, sizeof path) : word);
    free(rest);
    outcome_clear(o);
    o->c = (cli){.memory = arena_new(), .clock = clock_system(), .program = "onus"};
    o->c.out = open_memstream(&o->out, &o->out_len);
    o->c.err = open_memstream(&o->err, &o->err_len);
    o->status = cli_main(&o->c, argc, argv);
    fclose(o->c.out);
    fclose(o->c.err);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
}

char *project_file(const char *path) {
    char *text = NULL;
    size_t size = 0;
    FILE *f = fopen(path, "r");
    cr_assert(f, "%s is missing", path);
    cr_assert(getdelim(&text, &size, '\0', f) > 0, "%s is empty", path);
    fclose(f);
    return text;
}
