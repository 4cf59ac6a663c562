#define FORMAT "alertmanager"
#include "ingest_format.h"
