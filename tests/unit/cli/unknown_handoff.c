/* What nobody has declared has the handoff `none`, wherever a chart is asked without a service. */
#include "cli/cli.h"
#include "harness.h"

#include <criterion/criterion.h>
#include <string.h>

static const char chart[] = "version: 1\n"
                            "teams:\n"
                            "  a: { name: A, contacts: [chat] }\n"
                            "  b: { name: B, contacts: [mail] }\n"
                            "roles:\n"
                            "  doer: { team: a }\n"
                            "  head: { team: b }\n"
                            "activities:\n"
                            "  - { id: unknown-model, loop: science, match: [handoff = none], responsible: doer, "
                            "accountable: head }\n"
                            "  - { id: the-rest, loop: system, match: ['alertname != \"\"'], responsible: doer, "
                            "accountable: head }\n"
                            "unowned: { loop: system, responsible: doer, accountable: head }\n";

static const char rules[] = "groups:\n"
                            "  - name: g\n"
                            "    rules:\n"
                            "      - { alert: Slow, expr: up, labels: { model: fraud } }\n";

static const char cases[] = "version: 1\n"
                            "cases:\n"
                            "  - { name: a model, labels: { alertname: Slow, model: fraud }, expect: { row: "
                            "unknown-model } }\n"
                            "  - { name: accepted, labels: { alertname: Slow, model: fraud }, handoff: accepted, "
                            "expect: { row: the-rest } }\n"
                            "  - { name: no model, labels: { alertname: Slow }, expect: { row: the-rest } }\n";

Test(unknown_handoff, is_none_for_whatever_has_a_model) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", chart);
    outcome_file(&o, "rules.yaml", rules);
    outcome_file(&o, "cases.yaml", cases);
    static const struct {
        const char *words, *said;
    } RUNS[] = {
        {"route --json --chart @raci.yaml alertname=Slow model=fraud", "\"activity\":\"unknown-model\""},
        {"route --json --chart @raci.yaml alertname=Slow model_name=fraud", "\"activity\":\"unknown-model\""},
        {"route --json --chart @raci.yaml alertname=Slow model=fraud handoff=accepted", "\"activity\":\"the-rest\""},
        {"route --json --chart @raci.yaml alertname=Slow", "\"activity\":\"the-rest\""},
        {"coverage --json --chart @raci.yaml @rules.yaml", "\"row\":\"unknown-model\""},
        {"test --chart @raci.yaml @cases.yaml", "3 passed, 0 failed"},
    };
    for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++) {
        outcome_run(&o, RUNS[i].words);
        cr_expect_eq(o.status, 0, "%s: %s", RUNS[i].words, o.err);
        cr_expect(strstr(o.out, RUNS[i].said), "%s:\n%s", RUNS[i].words, o.out);
    }
    outcome_release(&o);
}
