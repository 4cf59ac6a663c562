/* The two files of `onus report`: what is asked, and how the answer is printed. */
#ifndef ONUS_CLI_REPORT_H
#define ONUS_CLI_REPORT_H

#include "cli/cli.h"

#include "onus/json.h"

/* As tables for a terminal, or as Markdown for a review. `report` is the API's Report. */
void report_print(const cli *c, const cJSON *report, bool markdown);

#endif
