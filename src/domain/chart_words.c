/* Words ↔ values of the chart: loops, severities, RACI letters; and which of a sender's words means which severity. */
#include "domain/chart_index.h"
#include "onus/text.h"

#include <string.h>

static const struct {
    const char *word, *title;
} LOOPS[LOOP_COUNT] = {
    [LOOP_SCIENCE] = {"science", "Science Loop"},
    [LOOP_SYSTEM] = {"system", "System Loop"},
    [LOOP_PLATFORM] = {"platform", "Platform"},
};

static const char *const SEVERITIES[] = {
    [SEVERITY_INFO] = "info",
    [SEVERITY_WARNING] = "warning",
    [SEVERITY_CRITICAL] = "critical",
};

static const char *const LETTERS[RACI_LETTER_COUNT] = {
    [RACI_RESPONSIBLE] = "responsible",
    [RACI_ACCOUNTABLE] = "accountable",
    [RACI_CONSULTED] = "consulted",
    [RACI_INFORMED] = "informed",
};

const char *loop_to_text(loop l) {
    return LOOPS[l].word;
}

const char *loop_title(loop l) {
    return LOOPS[l].title;
}

bool loop_from_text(const char *text, loop *out) {
    for (int i = 0; i < LOOP_COUNT; i++) {
        if (strcmp(text, LOOPS[i].word) != 0)
            continue;
        *out = (loop)i;
        return true;
    }
    return false;
}

const char *severity_to_text(severity s) {
    return SEVERITIES[s];
}

bool severity_from_text(const char *text, severity *out) {
    for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++) {
        if (strcmp(text, SEVERITIES[i]) != 0)
            continue;
        *out = (severity)i;
        return true;
    }
    return false;
}

const char *raci_letter_to_text(raci_letter letter) {
    return LETTERS[letter];
}

bool raci_letter_from_text(const char *text, raci_letter *out) {
    for (int i = 0; i < RACI_LETTER_COUNT; i++) {
        if (strcmp(text, LETTERS[i]) != 0)
            continue;
        *out = (raci_letter)i;
        return true;
    }
    return false;
}

/* What senders write when the chart does not say what it means to them. `error` and `high` page elsewhere too
 * (PagerDuty's high urgency); second-rank priorities can wait for the morning. */
static const char *const CRITICAL_WORDS[] = {"critical", "crit",  "page", "p0",        "p1",       "sev0",  "sev1",
                                             "sev-0",    "sev-1", "high", "emergency", "disaster", "fatal", "error"};
static const char *const WARNING_WORDS[] = {"warning", "warn",  "ticket",  "p2",    "p3",     "sev2",    "sev3",
                                            "sev-2",   "sev-3", "average", "major", "medium", "moderate"};
static const char *const INFO_WORDS[] = {
    "info", "information", "informational", "none", "notify", "notice", "low",   "minor",
    "p4",   "p5",          "sev4",          "sev5", "sev-4",  "sev-5",  "debug", "ok"};

#define WORDS(list)                                                                                                    \
    { list, sizeof list / sizeof *list }
static const chart_severity_words BUILT_IN[] = {
    [SEVERITY_INFO] = WORDS(INFO_WORDS),
    [SEVERITY_WARNING] = WORDS(WARNING_WORDS),
    [SEVERITY_CRITICAL] = WORDS(CRITICAL_WORDS),
};

static bool has_word(const chart_severity_words *words, const char *word) {
    for (size_t i = 0; i < words->count; i++)
        if (text_equal_nocase(words->words[i], word))
            return true;
    return false;
}

chart_severity_words chart_words_of(const chart *c, severity s) {
    return c->severities[s].count > 0 ? c->severities[s] : BUILT_IN[s];
}

severity chart_severity(const chart *c, const char *word) {
    for (int i = SEVERITY_CRITICAL; i >= SEVERITY_INFO; i--)
        if (has_word(&c->severities[i], word))
            return (severity)i;
    for (int i = SEVERITY_CRITICAL; i >= SEVERITY_INFO; i--)
        if (c->severities[i].count == 0 && has_word(&BUILT_IN[i], word))
            return (severity)i;
    return SEVERITY_WARNING;
}
