#define FORMAT "prometheus"
#include "ingest_format.h"
