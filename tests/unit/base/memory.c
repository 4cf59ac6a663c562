/* Arenas, buffers, secrets. */
#include "onus/buf.h"
#include "onus/secret.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Test(arena, blocks_are_aligned_apart_and_keep_their_bytes) {
    enum { BLOCKS = 3000 };
    arena *a = arena_new();
    unsigned char *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = arena_alloc(a, i % 97);
        cr_assert_eq((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        memset(blocks[i], (int)(i % 251), i % 97);
        cr_assert_str_eq(arena_strdup(a, "odd"), "odd");
    }
    for (size_t i = 0; i < BLOCKS; i++)
        for (size_t j = 0; j < i % 97; j++)
            cr_assert_eq(blocks[i][j], i % 251);
    arena_free(a);
}

Test(arena, a_new_one_is_small_and_a_huge_block_does_not_waste_the_rest) {
    arena *a = arena_new();
    cr_expect_leq(arena_bytes(a), 4096);
    (void)arena_alloc(a, 100);
    size_t before = arena_bytes(a);
    char *huge = arena_zalloc(a, 1000, 1000);
    cr_expect_eq(huge[999999], 0);
    cr_expect_lt(arena_bytes(a), before + 1000000 + 4096);
    for (int i = 0; i < 1000; i++)
        (void)arena_alloc(a, 1000);
    cr_expect_lt(arena_bytes(a), 3500000);
    arena_free(a);
}

Test(arena, a_reset_gives_back_all_but_a_chunk) {
    arena *a = arena_new();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5000; i++)
            (void)arena_alloc(a, 1000);
        arena_reset(a);
        cr_expect_leq(arena_bytes(a), 300000);
    }
    char *zeroed = arena_zalloc(a, 1, 1000);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(zeroed[i], 0);
    arena_free(a);
    arena_free(NULL);
}

Test(arena, text) {
    arena *a = arena_new();
    cr_expect_null(arena_strdup(a, NULL));
    cr_expect_str_eq(arena_strndup(a, "drift", 3), "dri");
    cr_expect_str_eq(arena_strndup(a, "drift", 30), "drift");
    cr_expect_str_eq(arena_printf(a, "%s-%d", "x", 7), "x-7");
    char *longer = arena_printf(a, "%05000d", 7);
    cr_expect_eq(strlen(longer), 5000);
    arena_free(a);
}

/* On both sides of the length up to which a text is printed only once. */
Test(arena, text_of_any_length_is_printed_whole) {
    for (int len = 0; len < 300; len++) {
        arena *a = arena_new();
        buf b;
        buf_init(&b);
        char expected[512];
        (void)sprintf(expected, "<%*d>", len, 7);
        cr_assert_str_eq(arena_printf(a, "<%*d>", len, 7), expected);
        buf_printf(&b, "<%*d>", len, 7);
        cr_assert_str_eq(b.data, expected);
        cr_assert_eq(b.len, strlen(expected));
        buf_release(&b);
        arena_free(a);
    }
}

/* What has no memory ends with 71 and a line, whichever function noticed. */
static void ask_for_too_much(int which) {
    const size_t half = SIZE_MAX / 2;
    arena *a = arena_new();
    switch (which) {
    case 0:
        (void)arena_zalloc(a, half, 3);
        break;
    case 1:
        (void)arena_alloc(a, half);
        break;
    case 2:
        free(mem_zalloc(half, 3));
        break;
    default:
        free(mem_realloc(NULL, half, 3));
        break;
    }
}

Test(memory, out_of_memory_exits_71_with_a_line) {
    /* AddressSanitizer would report the size before malloc can refuse it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    cr_skip_test("the sanitizer answers in malloc's place");
#endif
    for (int which = 0; which < 4; which++) {
        int ends[2], status;
        char line[64] = "";
        cr_assert_eq(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            dup2(ends[1], STDERR_FILENO);
            ask_for_too_much(which);
            _exit(0);
        }
        close(ends[1]);
        cr_expect_gt(read(ends[0], line, sizeof line - 1), 0);
        close(ends[0]);
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 71, "case %d: status %x", which, (unsigned)status);
        cr_expect_str_eq(line, "onus: out of memory\n");
    }
}

Test(buf, is_a_text_from_the_start) {
    buf b;
    buf_init(&b);
    cr_expect_str_eq(b.data, "");
    buf_put(&b, NULL, 0);
    buf_puts(&b, "");
    cr_expect_str_eq(b.data, "");
    char *text = buf_detach(&b);
    cr_expect_str_eq(text, "");
    free(text);
    buf_puts(&b, "a");
    buf_putc(&b, 'b');
    buf_printf(&b, "%03d", 7);
    buf_put_int(&b, INT64_MIN);
    cr_expect_str_eq(b.data, "ab007-9223372036854775808");
    buf_clear(&b);
    cr_expect_str_eq(b.data, "");
    for (int i = 0; i < 10000; i++)
        buf_puts(&b, "0123456789");
    cr_expect_eq(strlen(b.data), 100000);
    text = buf_detach(&b);
    cr_expect_eq(strlen(text), 100000);
    free(text);
    buf_release(&b);
}

Test(buf, past_its_limit_it_drops_the_append_whole_and_remembers) {
    buf b;
    buf_init(&b);
    b.limit = 5;
    buf_puts(&b, "12345");
    cr_expect(!b.overflow);
    buf_putc(&b, '6');
    cr_expect(b.overflow);
    cr_expect_str_eq(b.data, "12345");
    buf_clear(&b);
    buf_printf(&b, "%s", "123456");
    cr_expect(b.overflow);
    buf_puts(&b, "1");
    cr_expect_str_eq(b.data, "", "nothing follows a gap");
    buf_release(&b);
}

Test(buf, escapes) {
    buf b;
    buf_init(&b);
    buf_put_json(&b, "a\"b\\c\n\r\t\x01\x7f/é<");
    cr_expect_str_eq(b.data, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f/é<\"");
    buf_clear(&b);
    buf_put_json(&b, NULL);
    cr_expect_str_eq(b.data, "null");
    buf_clear(&b);
    buf_put_html(&b, "<a href=\"x\" t='&'>é");
    cr_expect_str_eq(b.data, "&lt;a href=&quot;x&quot; t=&#39;&amp;&#39;&gt;é");
    buf_release(&b);
}

/* Each byte, alone and amid plain ones: as it is, or escaped in one of two ways. */
Test(buf, escapes_exactly_what_json_must_not_hold_as_it_is) {
    static const char letters[256] = {['"'] = '"', ['\\'] = '\\', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    for (int c = 1; c < 256; c++) {
        char text[] = {'p', (char)c, (char)c, 'q', '\0'}, one[8], wanted[32];
        if (letters[c])
            (void)snprintf(one, sizeof one, "\\%c", letters[c]);
        else if (c < 0x20 || c == 0x7f)
            (void)snprintf(one, sizeof one, "\\u%04x", (unsigned)c);
        else
            (void)snprintf(one, sizeof one, "%c", c);
        (void)snprintf(wanted, sizeof wanted, "\"p%s%sq\"", one, one);
        buf b;
        buf_init(&b);
        buf_put_json(&b, text);
        cr_expect_str_eq(b.data, wanted, "byte %d", c);
        buf_release(&b);
    }
}

Test(secret, matches_only_itself) {
    secret unset = secret_from_text(NULL), empty = secret_from_text(""), key = secret_from_text("hunter2");
    cr_expect(!secret_is_set(unset));
    cr_expect(!secret_is_set(empty), "an empty secret would let everybody in");
    cr_expect(!secret_matches(unset, ""));
    cr_expect(!secret_matches(unset, NULL));
    cr_expect_str_eq(secret_reveal(unset), "");
    cr_expect(secret_matches(key, "hunter2"));
    cr_expect(!secret_matches(key, "hunter"));
    cr_expect(!secret_matches(key, NULL));
    secret copy = secret_copy(key);
    secret_release(&key);
    secret_release(&key);
    cr_expect(!secret_is_set(key));
    cr_expect_str_eq(secret_reveal(copy), "hunter2");
    secret_release(&copy);
}
