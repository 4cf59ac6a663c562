/* The few cryptographic functions Onus needs, over OpenSSL's EVP. */
#ifndef ONUS_CRYPTO_H
#define ONUS_CRYPTO_H

#include "onus/arena.h"

#include <stdint.h>

enum { SHA256_BYTES = 32 };

void crypto_sha256(const void *bytes, size_t len, unsigned char out[SHA256_BYTES]);
/* The digest of everything that follows in an open file, in hex; what does not fit into memory, too. *size: bytes. */
MUST_USE bool crypto_sha256_file(arena *a, int fd, char **hex, int64_t *size, err *e);
void crypto_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                        unsigned char out[SHA256_BYTES]);
char *crypto_sha256_hex(arena *a, const void *bytes, size_t len);
char *crypto_hmac_sha256_hex(arena *a, const char *key, const void *bytes, size_t len);
void crypto_random(void *out, size_t len); /* exits when the kernel has none */
char *crypto_uuid4(arena *a);              /* RFC 9562, 36 characters */

/* Fast 64-bit hash for tables in memory, seeded per process; not for secrets and not stable across runs. */
uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed);

#endif
