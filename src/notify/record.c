/* The kind "record": nothing is sent; the message is kept and shown in the console. */
#include "notify/notify_room.h"

static bool build(const channel *c, const message *m, const message_links *links, const templates *t, usec now,
                  arena *a, outgoing *out, err *e) {
    (void)c, (void)m, (void)links, (void)t, (void)now, (void)a, (void)e;
    out->protocol = OUTGOING_NONE;
    return true;
}

static void classify(const channel *c, const message *m, const reply *r, arena *a, delivery_result *out) {
    (void)c, (void)r, (void)a;
    out->message_id = m->id;
    out->verdict = DELIVERED;
    out->detail = "recorded";
}

const channel_kind kind_record = {
    .name = "record",
    .only_records = true,
    .doc = "Kept and shown in the console; nothing is sent.",
    .build = build,
    .classify = classify,
};
