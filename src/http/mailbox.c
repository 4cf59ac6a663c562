/* Owns the way to a loop: completed exchanges from any thread, connections from the loop that accepted them, and the
 * eventfd that wakes it. Leaves what is done with them to loop.c. The difficulty: an exchange may be completed after
 * the server has gone, so the mailbox is counted by reference, and abandoned ones are refused under the same lock. */
#include "http/server.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct http_mailbox {
    pthread_mutex_t lock;
    http_exchange *first, **last;
    newcomer *newcomers, **last_newcomer;
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
    m->last_newcomer = &m->newcomers;
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
    m->asleep = !m->first && !m->newcomers;
    bool may = m->asleep;
    pthread_mutex_unlock(&m->lock);
    return may;
}

mail mailbox_take_all(http_mailbox *m) {
    pthread_mutex_lock(&m->lock);
    mail all = {m->first, m->newcomers};
    m->first = NULL;
    m->last = &m->first;
    m->newcomers = NULL;
    m->last_newcomer = &m->newcomers;
    m->asleep = false;
    pthread_mutex_unlock(&m->lock);
    return all;
}

/* Under the lock. */
static void wake_sleeper(http_mailbox *m) {
    if (m->asleep)
        mailbox_wake(m);
    m->asleep = false;
}

bool mailbox_push(http_mailbox *m, http_exchange *x) {
    pthread_mutex_lock(&m->lock);
    bool wanted = !x->abandoned;
    if (wanted) {
        x->next = NULL;
        *m->last = x;
        m->last = &x->next;
        x->stage = EXCHANGE_BACK;
        wake_sleeper(m);
    }
    pthread_mutex_unlock(&m->lock);
    return wanted;
}

void mailbox_push_newcomer(http_mailbox *m, newcomer *n) {
    pthread_mutex_lock(&m->lock);
    n->next = NULL;
    *m->last_newcomer = n;
    m->last_newcomer = &n->next;
    wake_sleeper(m);
    pthread_mutex_unlock(&m->lock);
}

bool mailbox_abandon(http_mailbox *m, http_exchange *x) {
    pthread_mutex_lock(&m->lock);
    x->abandoned = x->stage == EXCHANGE_AWAY;
    bool abandoned = x->abandoned;
    pthread_mutex_unlock(&m->lock);
    return abandoned;
}
