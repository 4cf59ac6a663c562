/* Private to config: MLflow's signatures, for those who read what goes with them. */
#ifndef ONUS_CONFIG_MLFLOW_H
#define ONUS_CONFIG_MLFLOW_H

#include "onus/err.h"

struct cJSON;

/* The columns or tensors, a list of at least one, with texts for names; the caller frees. */
MUST_USE struct cJSON *mlflow_signature_read(const char *json, err *e);
bool mlflow_is_tensor(const struct cJSON *item);
/* A schema with one type takes null as well. */
void mlflow_make_nullable(struct cJSON *schema);
/* Null in place of what JSON has no number for (NaN) in an example, and schema parts that take it. `schema`: NULL when
 * it is not MLflow's. `unnamed`: columns without a name, which cannot be said to be optional, and may be null as well.
 */
void mlflow_settle_example(struct cJSON *schema, struct cJSON *value, bool unnamed);

#endif
