#include "onus/event.h"

#include <criterion/criterion.h>

static const label firing_labels[] = {{"alertname", "Drift"}, {"model", "fraud"}};
static const label other_labels[] = {{"alertname", "Drift"}, {"model", "churn"}};
static const label shifted_labels[] = {{"alertname", "Driftm"}, {"odel", "fraud"}};

static event sample(void) {
    return (event){.kind = EVENT_FIRING,
                   .source = "am",
                   .key = "k",
                   .labels = {firing_labels, 2},
                   .annotations = {0},
                   .title = "Drift",
                   .starts_at = 1000,
                   .starts_at_given = true,
                   .link = "",
                   .actor = "",
                   .note = ""};
}

Test(event, kinds_have_names) {
    cr_expect_str_eq(event_kind_to_text(EVENT_FIRING), "firing");
    cr_expect_str_eq(event_kind_to_text(EVENT_RESOLVED), "resolved");
    cr_expect_str_eq(event_kind_to_text(EVENT_ACKNOWLEDGED), "acknowledged");
    cr_expect_str_eq(event_kind_to_text(EVENT_NOTE), "note");
}

/* It is stored: should this number change, every known alert would look changed after an upgrade. */
Test(event, hash_is_the_same_in_every_run) {
    event e = sample();
    cr_expect_eq(event_content_hash(&e), UINT64_C(0x619d15b1a7af39fe), "0x%016lx", event_content_hash(&e));
}

Test(event, hash_follows_the_content) {
    event first = sample(), e = sample();
    uint64_t hash = event_content_hash(&first);
    cr_expect_eq(event_content_hash(&e), hash);
    e.kind = EVENT_RESOLVED;
    cr_expect_neq(event_content_hash(&e), hash, "kind");
    e = sample(), e.labels.items = other_labels;
    cr_expect_neq(event_content_hash(&e), hash, "labels");
    e = sample(), e.labels.items = shifted_labels;
    cr_expect_neq(event_content_hash(&e), hash, "a letter that moves from value to name");
    e = sample(), e.annotations = e.labels, e.labels = (labels){0};
    cr_expect_neq(event_content_hash(&e), hash, "labels as annotations");
    e = sample(), e.title = "Drift!";
    cr_expect_neq(event_content_hash(&e), hash, "title");
    e = sample(), e.link = "https://x";
    cr_expect_neq(event_content_hash(&e), hash, "link");
    e = sample(), e.starts_at = 1001;
    cr_expect_neq(event_content_hash(&e), hash, "episode");
}

Test(event, hash_leaves_out_what_is_no_content) {
    event e = sample();
    uint64_t hash = event_content_hash(&e);
    e.source = "other", e.key = "other", e.expires_at = 99, e.actor = "ann";
    cr_expect_eq(event_content_hash(&e), hash);
    e.starts_at_given = false;
    uint64_t heard_now = event_content_hash(&e);
    e.starts_at = 5000;
    cr_expect_eq(event_content_hash(&e), heard_now, "a start that is only when we heard of it");
}
