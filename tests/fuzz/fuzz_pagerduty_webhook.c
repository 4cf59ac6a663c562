#define FORMAT "pagerduty-webhook"
#include "ingest_format.h"
