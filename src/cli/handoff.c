/* `onus handoff VERB`: owns the table of verbs and the help that is printed from it. Leaves each verb's options to its
 * file. */
#include "cli/handoff.h"

#include "onus/text.h"

#include <string.h>

static const handoff_verb VERBS[] = {
    {"validate", "finds everything that is wrong with a model's package", handoff_validate_run},
    {"declare", "offers a version of a model to the System Loop", handoff_declare_run},
    {"list", "lists the versions that a running service knows", handoff_list_run},
    {"show", "shows one version, whole", handoff_show_run},
    {"accept", "takes a version over", handoff_accept_run},
    {"reject", "does not take a version over", handoff_reject_run},
    {"hand-back", "gives an accepted version back to the Science Loop", handoff_hand_back_run},
    {"revalidate", "checks a version once more, as it was declared", handoff_revalidate_run},
};
enum { VERB_COUNT = sizeof VERBS / sizeof *VERBS };

const handoff_verb *handoff_verbs(size_t *count) {
    *count = VERB_COUNT;
    return VERBS;
}

static void print_overview(const cli *c, FILE *to) {
    fprintf(to, "Usage: onus handoff VERB [OPTION...]\n\n"
                "How a model crosses from the Science Loop to the System Loop: by a package that is complete.\n\n");
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(to, "  %s%*s %s\n", paint(c, INK_BOLD, VERBS[i].name), 11 - (int)strlen(VERBS[i].name), "",
                VERBS[i].doc);
    fprintf(to, "\n`onus handoff VERB --help` explains one.\n");
}

static int unknown(cli *c, const char *name) {
    const char *names[VERB_COUNT];
    for (size_t i = 0; i < VERB_COUNT; i++)
        names[i] = VERBS[i].name;
    const char *near = text_did_you_mean(name, names, VERB_COUNT);
    fprintf(c->err, "onus handoff: no verb \"%s\"", printable(c->memory, name));
    if (near)
        fprintf(c->err, "; did you mean \"%s\"?", near);
    fprintf(c->err, "\nTry `onus handoff --help`.\n");
    return EXIT_USAGE;
}

static bool asks_for_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0 || strcmp(word, "-h") == 0 ||
           strcmp(word, "help") == 0;
}

int handoff_run(cli *c, int argc, char **argv) {
    if (argc < 2) {
        print_overview(c, c->err);
        return EXIT_USAGE;
    }
    if (asks_for_help(argv[1])) {
        print_overview(c, c->out);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(argv[1], VERBS[i].name) != 0)
            continue;
        char *saved = argv[1];
        argv[1] = arena_printf(c->memory, "onus handoff %s", VERBS[i].name);
        int status = VERBS[i].run(c, argc - 1, argv + 1);
        argv[1] = saved;
        return status;
    }
    return unknown(c, argv[1]);
}
