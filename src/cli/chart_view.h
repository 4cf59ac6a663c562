/* What `route` and `oncall` share: loading a chart for a person, and contacts as one reads them. */
#ifndef ONUS_CLI_CHART_VIEW_H
#define ONUS_CLI_CHART_VIEW_H

#include "cli/cli.h"

#include "onus/diagnostic.h"

/* NULL: its problems are on c->err. */
MUST_USE chart *chart_open(cli *c, const char *path);
/* "slack-mlops, mail:mlops@example.com" */
const char *contacts_text(arena *a, const contact *contacts, size_t count);
void put_contacts_json(buf *b, const contact *contacts, size_t count);
/* Responsible, Accountable … */
const char *letter_title(raci_letter letter);

#endif
