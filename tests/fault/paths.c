/* The paths whose every allocation is refused: from a webhook's bytes to a rendered message, and what they stand on. */
#include "exhaust.h"
#include "fuzz/channels.h"
#include "onus/crypto.h"
#include "onus/decide.h"
#include "onus/diagnostic.h"
#include "onus/ingest.h"
#include "onus/json.h"
#include "onus/links.h"
#include "onus/log.h"
#include "onus/render.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const usec now = 1767323100000000;

static const char webhook[] =
    "{\"version\":\"4\",\"status\":\"firing\",\"receiver\":\"onus\",\"groupKey\":\"{}\",\"groupLabels\":{},"
    "\"commonLabels\":{},\"commonAnnotations\":{},\"externalURL\":\"http://"
    "am:9093\",\"alerts\":[{\"status\":\"firing\","
    "\"labels\":{\"alertname\":\"DataDrift\",\"environment\":\"production\",\"model\":\"fraud\",\"severity\":"
    "\"critical\"},\"annotations\":{\"summary\":\"PSI 0.31\"},\"startsAt\":\"2026-01-02T03:04:05.678Z\",\"endsAt\":"
    "\"0001-01-01T00:00:00Z\",\"generatorURL\":\"http://p:9090/g\",\"fingerprint\":\"0\"},{\"status\":\"resolved\","
    "\"labels\":{\"alertname\":\"Old\"},\"annotations\":{},\"startsAt\":\"2026-01-02T03:00:00Z\",\"endsAt\":"
    "\"2026-01-02T03:04:00Z\",\"generatorURL\":\"\",\"fingerprint\":\"0\"}]}";

static const char chart_text[] = "version: 1\n"
                                 "people:\n"
                                 "  ann: { name: Ann Lee, contacts: [\"mail:ann@example.com\"] }\n"
                                 "teams:\n"
                                 "  mlops: { name: MLOps, contacts: [slack, \"mail:mlops@example.com\"],\n"
                                 "    rotation: { people: [ann], begins: 2026-01-01T09:00, shift: 1w } }\n"
                                 "  leads: { name: Leads, contacts: [\"mail:leads@example.com\"] }\n"
                                 "roles:\n"
                                 "  engineer: { name: MLOps Engineer, team: mlops }\n"
                                 "  head: { name: Head of MLOps, team: leads }\n"
                                 "severities: { critical: [critical], warning: [warning], info: [info] }\n"
                                 "activities:\n"
                                 "  - id: drift\n"
                                 "    name: Production drift\n"
                                 "    loop: system\n"
                                 "    match: [[environment = production, 'alertname =~ \"(?i).*drift.*\"']]\n"
                                 "    responsible: engineer\n"
                                 "    accountable: head\n"
                                 "unowned: { loop: platform, responsible: engineer, accountable: head }\n";

/* ── what a path needs from the one before it ── */
static chart *ready_chart;
static const event *ready_events;
static size_t ready_event_count;
static templates *ready_templates;
static message ready_message;

static bool parse_webhook(arena *a, ingest_result *out, err *e) {
    static const source from = {.name = "alertmanager", .format = "alertmanager"};
    ingest_request request = {.from = &from, .body = webhook, .body_len = sizeof webhook - 1, .now = now};
    return ingest_parse(ingest_format_find("alertmanager"), &request, a, out, e);
}

static chart *load_chart(void) {
    diagnostics d;
    diagnostics_init(&d);
    chart *c = chart_load_bytes(&(chart_source){chart_text, sizeof chart_text - 1, "raci.yaml"}, NULL, &d);
    diagnostics_release(&d);
    return c;
}

/* OpenSSL's own first use does not survive every refusal; the service has that behind it when it starts. */
static void prepare_crypto(void) {
    unsigned char hash[SHA256_BYTES];
    crypto_hmac_sha256("k", 1, "", 0, hash);
}

static void prepare_chart(void) {
    prepare_crypto();
    ready_chart = load_chart();
}

static void prepare_events(void) {
    ingest_result result = {0};
    err e = {0};
    prepare_chart();
    if (!parse_webhook(arena_new(), &result, &e))
        return;
    ready_events = result.events;
    ready_event_count = result.count;
}

static void decide(arena *a, changes *out) {
    decide_context context = {.chart = ready_chart, .now = now, .message_lifetime = USEC_PER_DAY};
    prepared_event *events = decide_prepare(&context, ready_events, ready_event_count, a);
    decide_events(&context, world_new(a), events, ready_event_count, a, out);
}

static bool write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    return fd >= 0 && close(fd) == 0 && written;
}

/* A template of one's own, in a folder that is gone once it is loaded. */
static char template_folder[64], template_file[128];

static void prepare_template_files(void) {
    static const char text[] = "{{title}} {{#responsible}}{{name}} {{/responsible}}{{why}}\n";
    char kind[96];
    (void)snprintf(template_folder, sizeof template_folder, "/tmp/onus-fault-XXXXXX");
    if (!mkdtemp(template_folder))
        abort();
    (void)snprintf(kind, sizeof kind, "%s/webhook", template_folder);
    (void)snprintf(template_file, sizeof template_file, "%s/default.text", kind);
    if (mkdir(kind, 0700) != 0 || !write_file(template_file, text))
        abort();
}

static void remove_template_files(void) {
    char kind[96];
    (void)snprintf(kind, sizeof kind, "%s/webhook", template_folder);
    (void)unlink(template_file);
    (void)rmdir(kind);
    (void)rmdir(template_folder);
}

static void prepare_message(void) {
    changes out = {0};
    err e = {0};
    prepare_events();
    decide(arena_new(), &out);
    prepare_template_files();
    ready_templates = templates_load(template_folder, &e);
    remove_template_files();
    if (!ready_templates || !out.message_count)
        abort();
    ready_message = out.messages[0];
}

static channels *ready_channels;

static void prepare_channels(void) {
    prepare_message();
    ready_channels = channels_for_fuzzing();
}

/* ── the paths ── */
static bool run_json(buf *result) {
    err e = {0};
    cJSON *tree = json_parse(webhook, sizeof webhook - 1, &e);
    if (!tree)
        return false;
    json_print(result, tree);
    cJSON_Delete(tree);
    return true;
}

static bool run_ingest(buf *result) {
    arena *a = arena_new();
    ingest_result parsed = {0};
    err e = {0};
    bool done = parse_webhook(a, &parsed, &e);
    for (size_t i = 0; done && i < parsed.count; i++) {
        buf_printf(result, "%d %s %s ", (int)parsed.events[i].kind, parsed.events[i].key, parsed.events[i].title);
        labels_put_json(result, parsed.events[i].labels);
        labels_put_json(result, parsed.events[i].annotations);
    }
    arena_free(a);
    return done;
}

static bool run_chart(buf *result) {
    static const label drift[] = {{"alertname", "DataDrift"}, {"environment", "production"}};
    chart *c = load_chart();
    if (!c)
        return false;
    arena *a = arena_new();
    route found;
    chart_route(c, &(route_question){labels_from_pairs(a, drift, 2), "identity", 0}, a, &found);
    buf_printf(result, "%s %s ", found.row->id, route_why(&found, a));
    raci_put_json(result, &found.raci);
    arena_free(a);
    chart_unref(c);
    return true;
}

static bool run_decide(buf *result) {
    arena *a = arena_new();
    changes out = {0};
    decide(a, &out);
    for (size_t i = 0; i < out.outcome_count; i++)
        buf_printf(result, "%s ", event_outcome_to_text(out.outcomes[i]));
    for (size_t i = 0; i < out.message_count; i++)
        buf_printf(result, "%s:%s %s, ", out.messages[i].channel, out.messages[i].address,
                   message_reason_to_text(out.messages[i].reason));
    for (size_t i = 0; i < out.timeline_count; i++)
        buf_printf(result, "%s %s; ", out.timeline[i].kind, out.timeline[i].text);
    arena_free(a);
    return true;
}

/* What a node knows of handoffs grows change by change; an alert asks what was known. */
static bool run_handoffs(buf *result) {
    static const handoff_change changes[] = {{1, "fraud", "1", HANDOFF_VALIDATED, 10, "ci", "baseline auc 0.9"},
                                             {2, "fraud", "1", HANDOFF_ACCEPTED, 20, "Ann", "baseline auc 0.9"}};
    static const label fraud[] = {{"alertname", "Drift"}, {"model", "fraud"}};
    arena *a = arena_new();
    handoffs *before = handoffs_new(NULL, changes, 1, 0), *after = handoffs_new(before, changes + 1, 1, 0);
    handoffs_unref(before);
    handoff_fact f = handoffs_find(after, (labels){fraud, 2}, 30);
    labels_put_json(result, handoff_fact_labels(a, (labels){fraud, 2}, &f));
    labels_put_json(result, handoff_fact_kept(a, &f, "0.7"));
    handoffs_unref(after);
    arena_free(a);
    return true;
}

static bool run_templates(buf *result) {
    err e = {0};
    templates *t = templates_load(template_folder, &e);
    buf_puts(result, "loaded");
    templates_free(t);
    return t != NULL;
}

static bool run_render(buf *result) {
    static const struct { const char *kind, *part; } parts[] = {{"webhook", "text"}, {"email", "html"}};
    static const message_links links = {.act = "https://onus.example.com/a/token", .incident = ""};
    arena *a = arena_new();
    err e = {0};
    bool done = true;
    message_facts *facts = message_facts_new(ready_templates, &ready_message, &links, now);
    for (size_t i = 0; done && i < sizeof parts / sizeof *parts; i++) {
        char *text = render_message(ready_templates, parts[i].kind, parts[i].part, facts, a, &e);
        buf_puts(result, text ? text : "");
        done = text != NULL;
    }
    message_facts_free(facts);
    arena_free(a);
    return done;
}

static bool run_build(buf *result) {
    static const message_links links = {.act = "https://onus.example.com/a/token", .incident = ""};
    arena *a = arena_new();
    bool done = true;
    for (size_t i = 0; done && i < CHANNEL_KINDS; i++) {
        const channel *c = channels_find(ready_channels, wanted[i].name);
        message m = ready_message;
        outgoing out = {0};
        err e = {0};
        m.channel = wanted[i].name;
        m.address = wanted[i].address;
        done = channel_kind_of(c)->build(c, &m, &links, ready_templates, now, a, &out, &e);
        buf_puts(result, done && out.body ? out.body : "-");
        secret_release(&out.password);
    }
    arena_free(a);
    return done;
}

static bool run_links(buf *result) {
    arena *a = arena_new();
    link_keys keys = {.keys = {secret_from_text("0123456789abcdef0123456789abcdef")}, .count = 1};
    link_claim claim = {.incident = 7, .who = "MLOps (slack:)", .expires_at = now + USEC_PER_DAY}, read;
    err e = {0};
    bool done = link_verify(a, &keys, link_token(a, &keys, &claim), now, &read, &e);
    if (done)
        buf_printf(result, "%lld %s", (long long)read.incident, read.who);
    secret_release(&keys.keys[0]);
    arena_free(a);
    return done;
}

static usec fixed_now(void *context) {
    (void)context;
    return now;
}

static bool run_log(buf *result) {
    onus_clock clock = {.now = fixed_now, .monotonic = fixed_now};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    logger *l = logger_new(null, LOG_LEVEL_INFO, LOG_FORMAT_JSON, clock);
    log_error(l, "delivery", "detail", "429 Too Many Requests\n");
    logger_free(l);
    buf_puts(result, "logged");
    return close(null) == 0;
}

const fault_path fault_paths[] = {
    {"json", NULL, run_json, NULL},
    {"ingest", NULL, run_ingest, NULL},
    {"chart", prepare_crypto, run_chart, NULL},
    {"decide", prepare_events, run_decide, NULL},
    {"handoffs", NULL, run_handoffs, NULL},
    {"templates", prepare_template_files, run_templates, remove_template_files},
    {"render", prepare_message, run_render, NULL},
    {"build", prepare_channels, run_build, NULL},
    {"links", prepare_crypto, run_links, NULL},
    {"log", NULL, run_log, NULL},
    {NULL, NULL, NULL, NULL},
};
