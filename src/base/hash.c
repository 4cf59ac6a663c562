/* Hash for tables in memory: SipHash-1-3 (Aumasson, Bernstein). Strangers choose the keys, so it must be keyed: the key
 * is the sixteen random bytes that the kernel gives each process (AT_RANDOM). */
#include "onus/crypto.h"

#include <string.h>
#include <sys/auxv.h>

typedef struct sip {
    uint64_t a, b, c, d;
} sip;

static uint64_t rotate(uint64_t x, unsigned by) {
    return x << by | x >> (64 - by);
}

static void sip_round(sip *s) {
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32) + s->d;
    s->c += s->b;
    s->b = rotate(s->b, 17) ^ s->c;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c = rotate(s->c, 32);
}

static void sip_word(sip *s, uint64_t word) {
    s->d ^= word;
    sip_round(s);
    s->a ^= word;
}

static uint64_t process_key[2];

/* Before main, so that no thread ever sees it half read; getauxval walks a list each time. */
__attribute__((constructor)) static void take_process_key(void) {
    unsigned long at = getauxval(AT_RANDOM);
    if (at)
        memcpy(process_key, (const void *)at, sizeof process_key); /* NOLINT(performance-no-int-to-ptr): an address */
    else
        memset(process_key, 0x5a, sizeof process_key);
}

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed) {
    uint64_t key[2] = {process_key[0] ^ seed, process_key[1]}, word;
    sip s = {key[0] ^ 0x736f6d6570736575U, key[1] ^ 0x646f72616e646f6dU, key[0] ^ 0x6c7967656e657261U,
             key[1] ^ 0x7465646279746573U};
    const unsigned char *at = bytes;
    for (size_t left = len; left >= sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        sip_word(&s, word);
    }
    word = (uint64_t)len << 56;
    for (size_t i = 0; i < len % sizeof word; i++)
        word |= (uint64_t)at[i] << (8 * i);
    sip_word(&s, word);
    s.c ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
