#define FORMAT "grafana"
#include "ingest_format.h"
