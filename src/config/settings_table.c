/* The one table of settings: name, type, place, default, limits, and a line for people. Validation, --help and
 * docs/settings.md come from it; reading is settings_load.c's. */
#include "config/settings_table.h"

#include "onus/limits.h"

#include <stddef.h>

#define TOP(name) SECTION_TOP, #name
#define AT(member) offsetof(settings, member), 0
#define OF(member) offsetof(source, member), 0

static const setting TABLE[] = {
    {TOP(listen), SETTING_LISTEN, AT(listen_host), "127.0.0.1:8080", 0, 65535,
     "Where the service listens: HOST:PORT, [IPV6]:PORT, or :PORT for all addresses. Port 0 takes a free one."},
    {TOP(public_url), SETTING_URL, AT(public_url), NULL, 0, 0,
     "The base of the links in messages, as people reach the service. Default: http:// and `listen`."},
    {TOP(database), SETTING_SECRET, AT(database), NULL, 0, 0,
     "libpq connection string of the PostgreSQL database. Required, but for `serve --local`, which ignores it."},
    {TOP(chart), SETTING_PATH, AT(chart_path), "raci.yaml", 0, 0, "The RACI chart."},
    {TOP(templates), SETTING_PATH, AT(templates_path), NULL, 0, 0,
     "A directory whose files override the built-in message templates of the same name."},
    {SECTION_SECRETS, "link_key", SETTING_LINK_KEYS, AT(link_keys), NULL, 1, LINK_KEYS_MAX,
     "Keys that sign the links in messages: one a line, newest first, 32 bytes or more each. `serve --local` makes the "
     "file when it is missing."},
    {SECTION_SECRETS, "slack_signing_secret", SETTING_SECRET, AT(slack_signing_secret), NULL, 0, 0,
     "The signing secret of the Slack app, for its buttons. Without it POST /v1/slack/interactions is refused."},
    {TOP(link_lifetime), SETTING_DURATION, AT(link_lifetime), "7d", USEC_PER_MINUTE, 90 * USEC_PER_DAY,
     "How long a link in a message works."},
    {TOP(loopback_role), SETTING_API_ROLE, AT(loopback_role), "viewer", 0, 0,
     "What a caller from this machine may do without a token: none, viewer, responder or admin."},
    {TOP(trusted_proxies), SETTING_NETWORKS, offsetof(settings, trusted_proxies),
     offsetof(settings, trusted_proxy_count), NULL, 0, LIMIT_TRUSTED_PROXIES,
     "Proxies that are believed: addresses or networks (10.0.0.0/8). The client is whom they forward, and they are "
     "never "
     "taken for a caller from this machine."},
    {TOP(handoff_role), SETTING_API_ROLE, AT(handoff_role), "responder", 0, 0,
     "The least role that may accept, reject and hand back versions of models: responder or admin."},
    {TOP(allow_private_addresses), SETTING_BOOL, AT(allow_private_addresses), "false", 0, 0,
     "Whether messages may go to private addresses (127/8, 10/8, fc00::/7 …). A channel's allow_private overrides it."},
    {TOP(message_lifetime), SETTING_DURATION, AT(message_lifetime), "24h", USEC_PER_MINUTE, 30 * USEC_PER_DAY,
     "A message that could not be delivered for so long is given up, loudly."},
    {TOP(retention_months), SETTING_INT, AT(retention_months), "13", 1, 1200,
     "Months for which the history of ended incidents is kept."},
    {TOP(log_level), SETTING_LOG_LEVEL, AT(log_level), "info", 0, 0,
     "The least level that is logged: debug, info, warn or error."},
    {TOP(log_format), SETTING_LOG_FORMAT, AT(log_format), "key_value", 0, 0,
     "How log lines are written: key_value or json."},
    {TOP(api_workers), SETTING_INT, AT(api_workers), "2", 1, 16, "Threads that answer the API and the console."},
    {TOP(http_loops), SETTING_INT, AT(http_loops), "0", 0, 16,
     "Threads that take in HTTP requests. 0: one for each processor that the service may use, at most 4."},
    {TOP(connections_per_address), SETTING_INT, AT(connections_per_address), "1024", 1, LIMIT_CONNECTIONS,
     "Connections that one address may hold, of 4,096. Proxies in `trusted_proxies` hold more; the requests that they "
     "forward count for the address that they name."},
    {TOP(committers), SETTING_INT, AT(committers), "0", 0, 4,
     "Threads that commit events, each with a database connection. 0: one for each processor that the service may use, "
     "at most 4."},

    {SECTION_SOURCE, "name", SETTING_NAME, OF(name), NULL, 0, 0,
     "Required. The source's name, in its URL: POST /v1/sources/NAME."},
    {SECTION_SOURCE, "format", SETTING_NAME, OF(format), NULL, 0, 0,
     "Required. alertmanager, grafana, prometheus, pagerduty-event, pagerduty-webhook or cloudevent."},
    {SECTION_SOURCE, "token", SETTING_SECRET, OF(token), NULL, 0, 0,
     "The sender shows it: Authorization: Bearer TOKEN."},
    {SECTION_SOURCE, "username", SETTING_TEXT, OF(username), NULL, 0, 0,
     "The sender's name for HTTP basic authentication, with `password`."},
    {SECTION_SOURCE, "password", SETTING_SECRET, OF(password), NULL, 0, 0,
     "The password for HTTP basic authentication."},
    {SECTION_SOURCE, "secret", SETTING_SECRETS, offsetof(source, hmac_secrets), offsetof(source, hmac_secret_count),
     NULL, 1, 16, "Secrets of the format's own signature; any may match, so that they can be changed one at a time."},
    {SECTION_SOURCE, "routing_keys", SETTING_SECRETS, offsetof(source, routing_keys),
     offsetof(source, routing_key_count), NULL, 1, 1000,
     "pagerduty-event: the integration keys that a body may carry."},
};

const setting *settings_table(size_t *count) {
    *count = sizeof TABLE / sizeof *TABLE;
    return TABLE;
}

const char *setting_type_doc(setting_type type) {
    static const char *const DOCS[SETTING_TYPE_COUNT] = {
        [SETTING_TEXT] = "text",          [SETTING_NAME] = "name",         [SETTING_SECRET] = "secret",
        [SETTING_SECRETS] = "secrets",    [SETTING_LINK_KEYS] = "secrets", [SETTING_PATH] = "path",
        [SETTING_LISTEN] = "address",     [SETTING_URL] = "URL",           [SETTING_INT] = "number",
        [SETTING_BOOL] = "true or false", [SETTING_DURATION] = "duration", [SETTING_LOG_LEVEL] = "word",
        [SETTING_LOG_FORMAT] = "word",    [SETTING_API_ROLE] = "word",     [SETTING_NETWORKS] = "addresses",
    };
    return DOCS[type];
}

const char *setting_section_prefix(setting_section section) {
    static const char *const PREFIXES[] = {[SECTION_TOP] = "",
                                           [SECTION_SECRETS] = "secrets.",
                                           [SECTION_SOURCE] = "sources[].",
                                           [SECTION_CHANNEL] = "channels.NAME."};
    return PREFIXES[section];
}

void settings_put_reference(buf *b) {
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        const setting *s = &TABLE[i];
        buf_printf(b, "%s%s (%s%s%s)\n    %s\n", setting_section_prefix(s->section), s->name, setting_type_doc(s->type),
                   s->fallback ? "; default " : "", s->fallback ? s->fallback : "", s->doc);
    }
}
