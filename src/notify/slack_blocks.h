/* The JSON of a Slack message: text, blocks, buttons. */
#ifndef ONUS_SLACK_BLOCKS_H
#define ONUS_SLACK_BLOCKS_H

#include "notify/notify_room.h"

typedef struct slack_post {
    const message *m;
    const message_links *links;
    arena *memory;
    bool bot;              /* else an incoming webhook */
    const char *channel;   /* bot */
    const char *thread_ts; /* bot; "" outside a thread */
    const char *text;      /* mrkdwn, escaped */
    const char *update;    /* what the first message says from now on */
} slack_post;

/* The body of chat.postMessage, or of a post to an incoming webhook. */
const char *slack_message(const slack_post *p);
/* The body of chat.update for the thread's first message. */
const char *slack_update(const slack_post *p);

#endif
