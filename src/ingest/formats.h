/* The formats' rows, one per file; formats.c lists them. */
#ifndef ONUS_INGEST_FORMATS_H
#define ONUS_INGEST_FORMATS_H

#include "onus/ingest.h"

extern const ingest_format format_alertmanager;
extern const ingest_format format_grafana;
extern const ingest_format format_prometheus;
extern const ingest_format format_pagerduty_event;
extern const ingest_format format_pagerduty_change;
extern const ingest_format format_pagerduty_webhook;
extern const ingest_format format_cloudevent;

#endif
