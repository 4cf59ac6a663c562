/* What formats ask of a request: headers and signatures. */
#ifndef ONUS_INGEST_REQUEST_H
#define ONUS_INGEST_REQUEST_H

#include "onus/ingest.h"

/* The value of the first header of that name, in any case; NULL when there is none. */
const char *request_header(const ingest_request *request, const char *name);
size_t request_header_count(const ingest_request *request, const char *name);
/* True when the media type of Content-Type starts so, in any case. */
bool request_content_type_is(const ingest_request *request, const char *prefix);

/* 64 hex digits, either case. */
bool signature_is_hex(const char *text);
/* True when the hex is the HMAC-SHA256 of the body (after "prefix:", when there is one) with any of the source's keys.
 * Every key is tried, in constant time. */
bool signature_matches(const ingest_request *request, const char *prefix, const char *hex);

#endif
