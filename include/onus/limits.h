/* Every bound that a stranger can meet, in one place. docs/operations.md lists them; a test compares the two. */
#ifndef ONUS_LIMITS_H
#define ONUS_LIMITS_H

enum {
    LIMIT_BODY_BYTES = 16 * 1024 * 1024,     /* one webhook body; PagerDuty's own paths: 512 KiB */
    LIMIT_PAGERDUTY_BODY_BYTES = 512 * 1024, /* Events API v2, as the original */
    LIMIT_API_BODY_BYTES = 256 * 1024,       /* our own API, links, Slack interactions */
    LIMIT_ALERTS_PER_BODY = 10000,
    LIMIT_LABELS_PER_ALERT = 128,
    LIMIT_LABEL_NAME_BYTES = 1024,
    LIMIT_LABEL_VALUE_BYTES = 16 * 1024, /* a longer label value is refused: it is identity */
    LIMIT_ANNOTATION_BYTES = 32 * 1024,  /* a longer annotation is cut, with "…" */
    LIMIT_TITLE_BYTES = 1024,
    LIMIT_KEY_BYTES = 1024,  /* an alert's own key at its source */
    LIMIT_NOTE_BYTES = 4096, /* a person's note or reason */
    LIMIT_URL_BYTES = 2048,
    LIMIT_HEADER_BYTES = 16 * 1024,                 /* all request headers together */
    LIMIT_HEADERS = 100,                            /* of one request */
    LIMIT_QUERY_FIELDS = 64,                        /* of one query or form */
    LIMIT_BODIES_BYTES = 512 * 1024 * 1024,         /* all bodies under way whose credentials are good; past it 503 */
    LIMIT_UNPROVEN_BODIES_BYTES = 64 * 1024 * 1024, /* the same, of those that the body itself must prove */
    LIMIT_WORKER_QUEUE = 512,                       /* requests that wait for a worker; past it 503 */
    LIMIT_CONNECTIONS = 4096,
    LIMIT_RESERVED_CONNECTIONS = 256, /* of them, kept for links and probes */
    LIMIT_RESERVED_SECONDS = 5,       /* the life of such a connection */
    LIMIT_CONNECTION_IDLE_SECONDS = 60,
    LIMIT_REQUEST_SECONDS = 30,       /* from the first header byte to the last body byte */
    LIMIT_TRUSTED_PROXIES = 64,       /* addresses and networks in the settings */
    LIMIT_DATABASE_ANSWER_MS = 2500,  /* one trip to the database for whom somebody waits */
    LIMIT_DATABASE_SESSIONS_LEFT = 2, /* of one connection, given up and not yet ended by the server */
    LIMIT_READY_CHECK_SECONDS = 2,    /* between two commits that only see whether the database takes writes */
    LIMIT_READY_AGE_SECONDS = 15,     /* what is known of the database says nothing when it is older */
    LIMIT_BATCH_EVENTS = 2000,        /* events in one transaction */
    LIMIT_INTAKE_EVENTS = 50000,      /* events waiting for a committer; past it 503 */
    LIMIT_INTAKE_BYTES = 128 * 1024 * 1024,
    LIMIT_REPLY_BYTES = 64 * 1024,   /* of a receiver's reply that is kept and read */
    LIMIT_SENDS_AT_ONCE = 64,        /* transfers in flight */
    LIMIT_SENDS_PER_DESTINATION = 8, /* of them to one destination, where its kind has no rate limit */
    LIMIT_SEND_SECONDS = 15,
    LIMIT_DISPATCH_QUEUE = 20000, /* messages held in memory; the rest stays in the database */
    LIMIT_CHART_BYTES = 8 * 1024 * 1024,
    LIMIT_SETTINGS_BYTES = 1024 * 1024,
    LIMIT_YAML_DEPTH = 32,
    LIMIT_YAML_NODES = 1000000,
    LIMIT_CHART_ROWS = 20000,
    LIMIT_HANDOFF_VERSIONS = 50000,    /* versions of models, of all models together */
    LIMIT_HANDOFF_CHANGES = 100,       /* lines of one version's timeline */
    LIMIT_HANDOFF_BYTES = 1024 * 1024, /* a handoff's manifest, with its lock file and schemas in it */
    LIMIT_RULE_FILES = 10000,          /* of one run of coverage or diff */
    LIMIT_RULE_FILE_BYTES = 16 * 1024 * 1024,
    LIMIT_RULE_BYTES = 256 * 1024 * 1024, /* all rule files of a run together */
    LIMIT_RULES = 100000,                 /* alerting rules of a run */
    LIMIT_SECRET_BYTES = 64 * 1024,
    LIMIT_MATCHERS_PER_LIST = 64,
    LIMIT_TIMELINE_SHOWN = 1000,
    LIMIT_PAGE_ITEMS = 200,       /* incidents in one answer */
    LIMIT_CELL_BYTES = 120,       /* of one text in a list of the console or the command line; cut with "…" */
    LIMIT_LINK_TEXT_BYTES = 2000, /* of one text on the page behind a link; cut with "…" */
    LIMIT_ALERTS_TOLD = 3,        /* firing alerts that a page tells whole; the rest are counted */
    LIMIT_REPORT_ITEMS = 200,     /* rows, teams, contacts of a report, and series of a family about them */
    LIMIT_REPORT_DAYS = 400,      /* how far a report looks back */
    LIMIT_ZONE_BYTES = 64,        /* the name of a time zone */
};

#endif
