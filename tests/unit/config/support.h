/* What the tests of config share: loading from text, and asking what was reported. */
#ifndef ONUS_TESTS_CONFIG_SUPPORT_H
#define ONUS_TESTS_CONFIG_SUPPORT_H

#include "onus/diagnostic.h"

/* A complete little chart; `rows` is put after `activities:`, indented by two. */
char *chart_text(arena *a, const char *rows);
chart *load_text(const char *text, diagnostics *d);
/* "line:column rule" of every item, one a line. */
char *report(arena *a, const diagnostics *d);
/* True when an item has this rule and its text holds `words`. */
bool reported(const diagnostics *d, const char *rule, const char *words);
/* The file at the root of the checkout, or NULL; tests run from there. */
char *read_test_file(arena *a, const char *path);

#endif
