/* Known answers: FIPS 180-4, RFC 4231, RFC 9562. */
#include "onus/crypto.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(crypto, sha256) {
    arena *a = arena_new();
    cr_expect_str_eq(crypto_sha256_hex(a, "", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_expect_str_eq(crypto_sha256_hex(a, "abc", 3),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    arena_free(a);
}

Test(crypto, sha256_of_a_file_is_that_of_its_bytes) {
    arena *a = arena_new();
    enum { BYTES = 200000 }; /* more than one block */
    char *bytes = arena_alloc(a, BYTES), *hex = NULL;
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (char)(i * 7);
    FILE *f = tmpfile();
    cr_assert(f && fwrite(bytes, 1, BYTES, f) == BYTES && fflush(f) == 0 && fseek(f, 0, SEEK_SET) == 0);
    int64_t size = 0;
    err e = {0};
    cr_assert(crypto_sha256_file(a, fileno(f), &hex, &size, &e), "%s", e.text);
    cr_expect_eq(size, BYTES);
    cr_expect_str_eq(hex, crypto_sha256_hex(a, bytes, BYTES));
    fclose(f);
    cr_expect_not(crypto_sha256_file(a, -1, &hex, &size, &e));
    arena_free(a);
}

Test(crypto, hmac_sha256) {
    arena *a = arena_new();
    static const char text[] = "what do ya want for nothing?";
    cr_expect_str_eq(crypto_hmac_sha256_hex(a, "Jefe", text, strlen(text)),
                     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    cr_expect_str_eq(crypto_hmac_sha256_hex(a, "", "", 0),
                     "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    arena_free(a);
}

Test(crypto, uuids_have_their_version_and_differ) {
    arena *a = arena_new();
    const char *one = crypto_uuid4(a), *two = crypto_uuid4(a);
    cr_expect_eq(strlen(one), 36);
    cr_expect_eq(one[14], '4');
    cr_expect_not_null(strchr("89ab", one[19]));
    cr_expect(one[8] == '-' && one[13] == '-' && one[18] == '-' && one[23] == '-');
    cr_expect_str_neq(one, two);
    arena_free(a);
}

Test(crypto, hash_depends_on_every_byte_the_length_and_the_seed) {
    unsigned char bytes[40] = {0};
    uint64_t plain = hash_bytes(bytes, sizeof bytes, 0);
    cr_expect_eq(hash_bytes(bytes, sizeof bytes, 0), plain);
    cr_expect_neq(hash_bytes(bytes, sizeof bytes, 1), plain);
    for (size_t i = 0; i < sizeof bytes; i++) {
        cr_expect_neq(hash_bytes(bytes, i, 0), plain, "length %zu", i);
        bytes[i] = 1;
        cr_expect_neq(hash_bytes(bytes, sizeof bytes, 0), plain, "byte %zu", i);
        bytes[i] = 0;
    }
    (void)hash_bytes(NULL, 0, 0);
}

/* 4,096 keys into 64 slots: 64 each, give or take; a broken hash is far off. */
Test(crypto, hash_spreads) {
    int slots[64] = {0};
    char key[32];
    for (int i = 0; i < 4096; i++) {
        int len = snprintf(key, sizeof key, "instance-%d", i);
        slots[hash_bytes(key, (size_t)len, 0) & 63]++;
    }
    for (int i = 0; i < 64; i++)
        cr_expect(slots[i] > 20 && slots[i] < 140, "slot %d has %d", i, slots[i]);
}
