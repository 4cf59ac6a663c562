/* What `onus send` shows of an incident. */
#ifndef ONUS_CLI_SEND_H
#define ONUS_CLI_SEND_H

#include "cli/cli.h"

#include "onus/json.h"

void incident_print(const cli *c, const cJSON *incident);
/* True while a delivery still waits. */
bool incident_is_waiting(const cJSON *incident);

#endif
