/* Settings: onus.yaml as typed, checked data. One table (src/config/settings_table.c) gives names, types, defaults,
 * limits and doc lines; validation, `onus serve --help` and docs/settings.md come from it. */
#ifndef ONUS_SETTINGS_H
#define ONUS_SETTINGS_H

#include "onus/diagnostic.h"
#include "onus/links.h"
#include "onus/log.h"
#include "onus/network.h"
#include "onus/source.h"

/* One channel as the settings give it; src/notify's kinds check and use the options. */
typedef struct channel_option {
    const char *name; /* as in the file, without _file or _env */
    const char *text; /* NULL when secret, and with `offline` when it comes from a file or the environment */
    secret hidden; /* set when it came from *_file or *_env, or is named token, password, secret or url of a kind that
                      hides it */
    file_position at; /* of the value */
    unsigned length;
    file_span key;
} channel_option;

typedef struct channel_settings {
    const char *name;
    const char *kind;
    const channel_option *options; /* all but kind; each checked against the kind's own table by notify */
    size_t option_count;
    file_position at; /* of the name */
    unsigned length;
    file_span kind_at;
} channel_settings;

typedef enum api_role { API_ROLE_NONE, API_ROLE_VIEWER, API_ROLE_RESPONDER, API_ROLE_ADMIN } api_role; /* ascending */

const char *api_role_to_text(api_role r);
MUST_USE bool api_role_from_text(const char *text, api_role *out);

typedef struct settings {
    const char *path;      /* of the file */
    const char *directory; /* relative paths start here */
    const char *listen_host;
    int listen_port;        /* 0: any free port (tests); the log line says which */
    const char *public_url; /* no slash at the end */
    secret database;        /* libpq connection string */
    const char *chart_path;
    file_span chart_at;         /* where the file names it; {0}: it does not */
    const char *templates_path; /* directory with overriding templates, or NULL */
    file_span templates_at;
    link_keys link_keys;               /* from secrets.link_key_file: one key a line, newest first */
    usec link_lifetime;                /* default 7d */
    secret slack_signing_secret;       /* secrets.slack_signing_secret_file */
    api_role loopback_role;            /* what a loopback peer without a token may do; default viewer */
    const ip_network *trusted_proxies; /* whose word about the client is taken */
    size_t trusted_proxy_count;
    api_role handoff_role; /* the least that may accept, reject and hand back; default responder */
    const source *sources;
    size_t source_count;
    const channel_settings *channels;
    size_t channel_count;
    bool allow_private_addresses; /* may messages go to 10/8, 127/8, fc00::/7 …; default false; per channel:
                                     allow_private */
    usec message_lifetime;        /* default 24h */
    int retention_months;         /* default 13 */
    log_level log_level;
    log_format log_format;
    int api_workers;             /* default 2, 1–16 */
    int http_loops;              /* 0 (the default): by the processors; to 16 */
    int connections_per_address; /* default 1024 */
    int committers;              /* the same; to 4 */
    arena *memory;
} settings;

/* Every problem goes to `d`. NULL when there is any error. Reads the *_file and *_env values unless `offline` (onus
 * check). With `local` the link key file is made when it is missing. */
typedef struct settings_options {
    bool offline;
    bool local;
    const char *bytes; /* the file's, when they have been read already; NULL: settings_load reads them */
    size_t len;
} settings_options;
MUST_USE settings *settings_load(const char *path, const settings_options *options, diagnostics *d);
void settings_free(settings *s);

/* The table for people: each setting, its type, default and doc line. For `onus serve --help`. */
void settings_put_reference(buf *b);

#endif
