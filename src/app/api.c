/* What lists of the API share. Leaves what is listed to its own file. */
#include "app/api.h"

#include "onus/limits.h"
#include "onus/text.h"

bool api_page_from_query(const http_exchange *x, int *limit, int64_t *before_id, err *e) {
    int64_t items = 0;
    if (!text_to_int(http_query_or(x, "limit", "50"), 1, LIMIT_PAGE_ITEMS, "limit", &items, e) ||
        !text_to_int(http_query_or(x, "cursor", "0"), 0, INT64_MAX, "cursor", before_id, e))
        return false;
    *limit = (int)items;
    return true;
}
