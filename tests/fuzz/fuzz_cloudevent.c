#define FORMAT "cloudevent"
#include "ingest_format.h"
