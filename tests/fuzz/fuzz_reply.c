/* Replies: whatever a receiver answers, each kind comes to one of the three verdicts and says why in clean text. The
 * input: a byte for the status, then the body. */
#include "channels.h"
#include "onus/limits.h"
#include "onus/text.h"

static void check_reply(const channel *c, const message *m, const reply *r) {
    arena *a = arena_new();
    delivery_result result = {0};
    channel_kind_of(c)->classify(c, m, r, a, &result);
    MUST(result.verdict == DELIVERED || result.verdict == TRY_LATER || result.verdict == GIVE_UP);
    MUST(result.detail && strlen(result.detail) <= 300 && text_is_utf8(result.detail, strlen(result.detail)));
    MUST(result.verdict != DELIVERED || (r->status >= 200 && r->status < 300));
    MUST(!result.thread || text_is_utf8(result.thread, strlen(result.thread)));
    MUST(result.retry_after >= 0);
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const long statuses[] = {200, 202, 204, 250, 301, 400, 401, 403, 404,
                                    408, 410, 421, 429, 451, 500, 503, 550};
    static channels *all;
    if (!all)
        all = channels_for_fuzzing();
    if (size < 1 || size > LIMIT_REPLY_BYTES)
        return 0;
    char *body = mem_alloc(size);
    memcpy(body, data + 1, size - 1);
    body[size - 1] = '\0';
    incident i = {.id = 7,
                  .title = "t",
                  .service = "",
                  .why = "",
                  .runbook = "",
                  .link = "",
                  .group_key = "g",
                  .activity = "drift",
                  .activity_name = "Drift",
                  .acknowledged_by = "",
                  .contested_by = "",
                  .contest_reason = "",
                  .proposed_role = "",
                  .proposed_name = ""};
    message m = {.id = 42,
                 .incident = &i,
                 .channel = "x",
                 .address = "a@example.com",
                 .role_name = "",
                 .team_name = "",
                 .actor = "",
                 .note = "",
                 .thread = "",
                 .first = true};
    reply r = {.answered = true,
               .status = statuses[data[0] % (sizeof statuses / sizeof *statuses)],
               .body = body,
               .body_len = size - 1};
    for (size_t k = 0; k < CHANNEL_KINDS; k++) {
        bool mail = strcmp(wanted[k].kind, "email") == 0, record = strcmp(wanted[k].kind, "record") == 0;
        if (!record && !(mail && r.status == 301)) /* the transport gives no 3xx of SMTP as an answer */
            check_reply(channels_find(all, wanted[k].name), &m, &r);
    }
    free(body);
    return 0;
}
