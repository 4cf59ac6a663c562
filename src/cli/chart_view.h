/* What `route` and `oncall` share: loading a chart for a person, contacts and shifts as one reads them. */
#ifndef ONUS_CLI_CHART_VIEW_H
#define ONUS_CLI_CHART_VIEW_H

#include "cli/cli.h"

#include "onus/diagnostic.h"
#include "onus/rotation.h"

/* One a line, on c->err, so that the answer on c->out stays whole. */
void problems_print(const cli *c, const diagnostics *d);
/* NULL: its problems are on c->err. */
MUST_USE chart *chart_open(cli *c, const char *path);
/* The chart's path by the settings, whose other values matter not. NULL: what is wrong is on c->err. */
const char *settings_chart_path(cli *c, const char *config_path);
/* "slack-mlops, mail:mlops@example.com" */
const char *contacts_text(arena *a, const contact *contacts, size_t count);
void put_contacts_json(buf *b, const contact *contacts, size_t count);
/* Responsible, Accountable … */
const char *letter_title(raci_letter letter);

/* How far ahead a turn's end is looked for. */
#define TURN_HORIZON (366 * USEC_PER_DAY)
/* Who is on call for a team at a moment, until when, and who comes after. */
typedef struct oncall_view {
    const chart_team *team;
    rotation_turn now;
    const chart_person *next; /* NULL: the whole team, or not known within TURN_HORIZON */
    bool ends;                /* within TURN_HORIZON */
} oncall_view;
/* The team has a rotation. */
oncall_view oncall_at(const chart_team *team, usec at);
/* The zone in which a team's shifts are written. */
const time_zone *team_zone(const chart_team *team);
const char *person_text(const chart_person *p); /* "Ann Lee"; "the whole team" for NULL */

/* "name":"text", with a comma behind. NULL gives null. */
void put_json_text(buf *b, const char *name, const char *text);
/* The same with a time. */
void put_json_time(buf *b, const char *name, usec t, arena *a);

#endif
