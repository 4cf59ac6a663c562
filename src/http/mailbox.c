/* Owns the way back: completed exchanges from any thread to the loop, and the eventfd that wakes it. Leaves what is
 * done with them to server.c. The difficulty: an exchange may be completed after the server has gone, so the mailbox is
 * counted by reference, and abandoned ones are refused under the same lock. */
#include "http/server.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct http_mailbox {
    pthread_mutex_t lock;
    http_exchange *first, **last;
    bool asleep; /* the loop waits: wake it with the next push */
    int wake_fd;
    _Atomic int references;
};

http_mailbox *mailbox_new(int *wake_fd, err *e) {
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) {
        (void)err_set(e, ERR_SYSTEM, "eventfd: %s", strerror(errno));
        return NULL;
    }
    http_mailbox *m = mem_zalloc(1, sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
    m->last = &m->first;
    m->references = 1;
    *wake_fd = m->wake_fd = fd;
    return m;
}

http_mailbox *mailbox_ref(http_mailbox *m) {
    atomic_fetch_add(&m->references, 1);
    return m;
}

void mailbox_unref(http_mailbox *m) {
    if (!m || atomic_fetch_sub(&m->references, 1) != 1)
        return;
    close(m->wake_fd);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

void mailbox_wake(http_mailbox *m) {
    /* The counter of an eventfd is full after 2^64 - 2 wakes: EAGAIN then means that it is awake anyway. */
    ssize_t written = write(m->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    (void)written;
}

void mailbox_clear_wake(http_mailbox *m) {
    uint64_t count;
    ssize_t got = read(m->wake_fd, &count, sizeof count);
    (void)got; /* EAGAIN: somebody cleared it already */
}

bool mailbox_may_sleep(http_mailbox *m) {
    pthread_mutex_lock(&m->lock);
    m->asleep = m->first == NULL;
    bool may = m->asleep;
    pthread_mutex_unlock(&m->lock);
    return may;
}

http_exchange *mailbox_take_all(http_mailbox *m) {
    pthread_mutex_lock(&m->lock);
    http_exchange *all = m->first;
    m->first = NULL;
    m->last = &m->first;
    m->asleep = false;
    pthread_mutex_unlock(&m->lock);
    return all;
}

bool mailbox_push(http_mailbox *m, http_exchange *x) {
    pthread_mutex_lock(&m->lock);
    bool wanted = !x->abandoned, wake = false;
    if (wanted) {
        x->next = NULL;
        *m->last = x;
        m->last = &x->next;
        wake = m->asleep;
        m->asleep = false;
        x->stage = EXCHANGE_BACK;
    }
    if (wake)
        mailbox_wake(m);
    pthread_mutex_unlock(&m->lock);
    return wanted;
}

bool mailbox_abandon(http_mailbox *m, http_exchange *x) {
    pthread_mutex_lock(&m->lock);
    x->abandoned = x->stage == EXCHANGE_AWAY;
    bool abandoned = x->abandoned;
    pthread_mutex_unlock(&m->lock);
    return abandoned;
}
