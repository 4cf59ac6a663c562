/* Owns what each address holds of the server: connections, and bytes of bodies that nothing vouches for yet. Leaves
 * what is done about too much to accept.c and dispatch.c. There are never more addresses in it than connections and
 * requests under way. */
#include "http/server.h"

#include "onus/hash_table.h"

#include <string.h>

typedef struct peer {
    ip_address address;
    size_t held[PEER_HOLDINGS];
    UT_hash_handle hh;
} peer;

struct peers {
    pthread_mutex_t lock;
    peer *all;
};

peers *peers_new(void) {
    peers *p = mem_zalloc(1, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void peers_free(peers *p) {
    peer *one = NULL, *next = NULL;
    if (!p)
        return;
    HASH_ITER (hh, p->all, one, next) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the head moves on with each deletion */
        HASH_DEL(p->all, one);
        free(one);
    }
    pthread_mutex_destroy(&p->lock);
    free(p);
}

/* A site has 2^64 addresses of IPv6: its network is one peer. */
static ip_address key_of(const ip_address *address) {
    static const unsigned char mapped[12] = {[10] = 0xff, 0xff};
    ip_address key = *address;
    if (memcmp(key.bytes, mapped, sizeof mapped) != 0)
        memset(key.bytes + 8, 0, 8);
    return key;
}

/* Under the lock. */
static peer *find(peers *p, const ip_address *key) {
    peer *one = NULL;
    HASH_FIND(hh, p->all, key, sizeof *key, one);
    return one;
}

bool peers_take(peers *p, const ip_address *address, peer_holding what, size_t amount, size_t most) {
    const ip_address key = key_of(address);
    pthread_mutex_lock(&p->lock);
    peer *one = find(p, &key);
    bool room = amount <= most && (!one || one->held[what] <= most - amount);
    if (room && !one) {
        one = mem_zalloc(1, sizeof *one);
        one->address = key;
        HASH_ADD(hh, p->all, address, sizeof one->address, one);
    }
    if (room)
        one->held[what] += amount;
    pthread_mutex_unlock(&p->lock);
    return room;
}

static bool holds_nothing(const peer *one) {
    for (int i = 0; i < PEER_HOLDINGS; i++)
        if (one->held[i] > 0)
            return false;
    return true;
}

void peers_give(peers *p, const ip_address *address, peer_holding what, size_t amount) {
    const ip_address key = key_of(address);
    pthread_mutex_lock(&p->lock);
    peer *one = find(p, &key);
    if (one) {
        one->held[what] -= amount;
        if (holds_nothing(one)) {
            HASH_DEL(p->all, one);
            free(one);
        }
    }
    pthread_mutex_unlock(&p->lock);
}
