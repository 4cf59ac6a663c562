#define FORMAT "pagerduty-event"
#include "ingest_format.h"
