/* Messages: whatever labels, notes and names say, every kind builds a request whose JSON is JSON, whose headers cannot
 * be added to, and which calls nobody but whom it is for. The input: two bytes that choose kind, letter,
 * reason and the rest, then fields, each ended by a NUL. */
#include "channels.h"
#include "onus/json.h"
#include "onus/text.h"

enum { FIELDS = 10 };

/* The fields as UTF-8, as ingest leaves them; what is not becomes "?". */
static void read_fields(arena *a, const uint8_t *data, size_t size, const char *fields[FIELDS]) {
    const char *at = (const char *)data, *end = at + size;
    for (size_t f = 0; f < FIELDS; f++) {
        size_t len = at < end ? strnlen(at, (size_t)(end - at)) : 0;
        fields[f] = text_is_utf8(at, len) ? arena_strndup(a, at, len) : "?";
        at += len + (at + len < end);
    }
}

static void check_headers(const outgoing *out) {
    for (size_t i = 0; i < out->header_count; i++)
        MUST(!strpbrk(out->headers[i], "\r\n") && strchr(out->headers[i], ':'));
}

static bool says_json(const outgoing *out) {
    for (size_t i = 0; i < out->header_count; i++)
        if (text_starts_with(out->headers[i], "Content-Type: application/json"))
            return true;
    return false;
}

/* RFC 5322: CRLF only, lines of at most 998 bytes, and none of the headers that a stranger would add. */
static void check_mail(const outgoing *out) {
    const char *body = strstr(out->body, "\r\n\r\n");
    MUST(body && strlen(out->body) == out->body_len);
    size_t line = 0;
    for (const char *at = out->body; *at; at++) {
        MUST(*at != '\r' || at[1] == '\n');
        MUST(*at != '\n' || (at > out->body && at[-1] == '\r'));
        line = *at == '\n' ? 0 : line + 1;
        MUST(line <= 999);
    }
    const char *injected = strstr(out->body, "\nBcc:");
    MUST(!injected || injected > body);
}

static void check_outgoing(const char *kind, const outgoing *out) {
    static const char *const calls[] = {"<!channel", "<!here", "<!everyone", "<@U", "<!subteam"};
    err e = {0};
    check_headers(out);
    MUST(out->body || out->protocol == OUTGOING_NONE);
    if (out->protocol == OUTGOING_HTTP && says_json(out))
        MUST(json_check(out->body, out->body_len, &e));
    if (out->protocol == OUTGOING_SMTP)
        check_mail(out);
    for (size_t i = 0; strcmp(kind, "slack") == 0 && i < sizeof calls / sizeof *calls; i++)
        MUST(!strstr(out->body, calls[i]));
}

static void check_message(const templates *t, const channel *c, const char *kind, const message *m) {
    static const message_links links = {.act = "https://onus.example.com/a/token",
                                        .incident = "https://onus.example.com/i/7"};
    arena *a = arena_new();
    outgoing out = {0};
    err e = {0};
    if (channel_kind_of(c)->build(c, m, &links, t, m->created_at, a, &out, &e))
        check_outgoing(kind, &out);
    secret_release(&out.password);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static channels *all;
    static templates *shipped;
    err e = {0};
    if (!all) {
        all = channels_for_fuzzing();
        shipped = templates_load(NULL, &e);
        MUST(shipped);
    }
    if (size < 2)
        return 0;
    arena *a = arena_new();
    const char *f[FIELDS];
    read_fields(a, data + 2, size - 2, f);
    label pairs[] = {{"alertname", f[0]}, {"model", f[1]}, {"summary", f[2]}};
    const contact contacts[] = {{"mail", "a@example.com"}};
    party who = {
        .role = "r", .role_name = f[3], .team = "t", .team_name = f[4], .contacts = contacts, .contact_count = 1};
    incident i = {.id = 7,
                  .title = f[0],
                  .service = f[1],
                  .why = f[5],
                  .runbook = f[6],
                  .link = "",
                  .group_key = "g",
                  .activity = "drift",
                  .activity_name = f[5],
                  .acknowledged_by = f[7],
                  .contested_by = data[1] % 2 ? f[7] : "",
                  .contest_reason = f[5],
                  .proposed_role = "expert", /* an id of the chart */
                  .proposed_name = f[0],
                  .severity = (severity)(data[1] % 3),
                  .loop = (loop)(data[1] / 4 % LOOP_COUNT),
                  .chart_revision = 1,
                  .starts_at = USEC_PER_DAY,
                  .opened_at = USEC_PER_DAY,
                  .open_alerts = 1,
                  .total_alerts = 1};
    i.raci =
        (raci){.responsible = &who, .responsible_count = 1, .accountable = who, .informed = &who, .informed_count = 1};
    i.labels = labels_from_pairs(a, pairs, 2);
    i.annotations = labels_from_pairs(a, pairs + 2, 1);
    message m = {.id = 42,
                 .incident = &i,
                 .letter = (raci_letter)(data[1] / 16 % RACI_LETTER_COUNT),
                 .reason = (message_reason)((data[0] + data[1]) % REASON_COUNT),
                 .role_name = f[3],
                 .team_name = f[4],
                 .actor = f[7],
                 .note = f[8],
                 .thread = f[9],
                 .first = data[0] & 1,
                 .created_at = 2 * USEC_PER_DAY};
    size_t k = data[0] / 16 % CHANNEL_KINDS;
    m.channel = wanted[k].name;
    m.address = wanted[k].address;
    check_message(shipped, channels_find(all, m.channel), wanted[k].kind, &m);
    arena_free(a);
    return 0;
}
