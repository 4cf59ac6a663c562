/* The table of channel kinds. A new kind is a file beside this one and a row here. */
#include "notify/notify_room.h"
#include "onus/text.h"

static const channel_kind *const kinds[] = {
    &kind_email, &kind_pagerduty, &kind_postmark, &kind_record, &kind_sendgrid, &kind_slack, &kind_webhook,
};

const channel_kind *const *channel_kinds(size_t *count) {
    *count = sizeof kinds / sizeof *kinds;
    return kinds;
}

const channel_kind *channel_kind_find(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_equal(kinds[i]->name, name))
            return kinds[i];
    return NULL;
}
