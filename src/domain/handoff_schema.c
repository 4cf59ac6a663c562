/* stand-in until written */
#include "domain/handoff_part.h"
void handoff_check_schema(const handoff_checking *k) {
    (void)k;
}
