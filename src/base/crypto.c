/* Hashes, MACs, random numbers, over OpenSSL's EVP and the kernel. When OpenSSL fails here it is for want of memory:
 * the process ends as it does in mem.c. */
#include "onus/crypto.h"

#include "onus/text.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <unistd.h>

static _Noreturn void crypto_failed(const char *what) {
    (void)dprintf(STDERR_FILENO, "onus: %s failed\n", what);
    _exit(EX_OSERR);
}

static EVP_MD *fetched_sha256;

static void fetch_sha256(void) {
    fetched_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!fetched_sha256)
        crypto_failed("SHA-256");
}

/* Fetched once: with EVP_sha256() OpenSSL 3 looks for an implementation each time, which takes longer than a short
 * hash. */
static const EVP_MD *sha256(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, fetch_sha256);
    return fetched_sha256;
}

void crypto_sha256(const void *bytes, size_t len, unsigned char out[SHA256_BYTES]) {
    if (!EVP_Digest(bytes, len, out, NULL, sha256(), NULL))
        crypto_failed("SHA-256");
}

static bool hash_all(EVP_MD_CTX *hash, int fd, int64_t *size, err *e) {
    unsigned char block[64 * 1024];
    for (*size = 0;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(e, ERR_SYSTEM, "cannot be read: %s", strerror(errno));
        if (got == 0)
            return true;
        if (!EVP_DigestUpdate(hash, block, (size_t)got))
            crypto_failed("SHA-256");
        *size += got;
    }
}

bool crypto_sha256_file(arena *a, int fd, char **hex, int64_t *size, err *e) {
    unsigned char out[SHA256_BYTES];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (!hash || !EVP_DigestInit_ex(hash, sha256(), NULL))
        crypto_failed("SHA-256");
    bool done = hash_all(hash, fd, size, e);
    if (done && !EVP_DigestFinal_ex(hash, out, NULL))
        crypto_failed("SHA-256");
    EVP_MD_CTX_free(hash);
    if (done)
        *hex = text_to_hex(a, out, sizeof out);
    return done;
}

static EVP_MAC_CTX *prepared_hmac;

static void prepare_hmac(void) {
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    char digest[] = "SHA256";
    const OSSL_PARAM with[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
    prepared_hmac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    if (!prepared_hmac || !EVP_MAC_init(prepared_hmac, (const unsigned char *)"", 0, with))
        crypto_failed("HMAC-SHA-256");
    EVP_MAC_free(hmac);
}

/* With an empty key, to be copied: HMAC() looks for both implementations each time. */
static const EVP_MAC_CTX *hmac_sha256(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, prepare_hmac);
    return prepared_hmac;
}

void crypto_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                        unsigned char out[SHA256_BYTES]) {
    size_t written = 0;
    EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(hmac_sha256());
    if (!mac || !EVP_MAC_init(mac, key_len > 0 ? key : "", key_len, NULL) || !EVP_MAC_update(mac, bytes, len) ||
        !EVP_MAC_final(mac, out, &written, SHA256_BYTES) || written != SHA256_BYTES)
        crypto_failed("HMAC-SHA-256");
    EVP_MAC_CTX_free(mac);
}

char *crypto_sha256_hex(arena *a, const void *bytes, size_t len) {
    unsigned char hash[SHA256_BYTES];
    crypto_sha256(bytes, len, hash);
    return text_to_hex(a, hash, sizeof hash);
}

char *crypto_hmac_sha256_hex(arena *a, const char *key, const void *bytes, size_t len) {
    unsigned char mac[SHA256_BYTES];
    crypto_hmac_sha256(key, strlen(key), bytes, len, mac);
    return text_to_hex(a, mac, sizeof mac);
}

void crypto_random(void *out, size_t len) {
    unsigned char *at = out;
    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno != EINTR)
            crypto_failed("getrandom");
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

char *crypto_uuid4(arena *a) {
    unsigned char b[16];
    crypto_random(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    const char *hex = text_to_hex(a, b, sizeof b);
    return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}
