/* How many pages alerts would have caused: incidents are paged, not alerts. */
#ifndef ONUS_CLI_PAGES_H
#define ONUS_CLI_PAGES_H

#include "onus/chart.h"

typedef struct pages pages;

typedef struct page_question {
    const char *group_key;
    severity severity;
    usec at;      /* when the alert was first heard of */
    usec ends_at; /* 0: it still fires */
    usec reopen_after;
} page_question;

pages *pages_new(void);
void pages_free(pages *p); /* NULL is fine */
/* Must be asked oldest first. True: the alert pages Responsible (it opens or reopens its group's incident, or is worse
 * than all that the incident had). */
bool pages_count(pages *p, const page_question *q);

#endif
