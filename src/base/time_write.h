/* A time as text without an arena, for log lines. */
#ifndef BASE_TIME_WRITE_H
#define BASE_TIME_WRITE_H

#include "onus/clock.h"

enum { TIME_WRITE_BYTES = 64 };

/* As time_to_text. */
void time_write(char out[TIME_WRITE_BYTES], usec t);

#endif
