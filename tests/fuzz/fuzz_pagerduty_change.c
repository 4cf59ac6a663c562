#define FORMAT "pagerduty-change"
#include "ingest_format.h"
