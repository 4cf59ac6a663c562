/* Text: UTF-8, numbers, durations, hex, base64, and what somebody meant. */
#include "onus/text.h"

#include <criterion/criterion.h>
#include <string.h>

Test(text, utf8) {
    static const struct {
        const char *bytes;
        size_t len;
        bool good;
    } cases[] = {
        {"", 0, true},
        {"plain", 5, true},
        {"caf\xc3\xa9", 5, true},
        {"\xf0\x9f\x98\x80", 4, true},
        {"\xf4\x8f\xbf\xbf", 4, true},
        {"\xed\x9f\xbf\xee\x80\x80", 6, true}, /* both sides of the surrogates */
        {"a\0b", 3, false},
        {"\xc3", 1, false},
        {"\x80", 1, false},
        {"\xc0\x80", 2, false},
        {"\xe0\x80\x80", 3, false},
        {"\xf0\x80\x80\x80", 4, false},
        {"\xed\xa0\x80", 3, false},
        {"\xf4\x90\x80\x80", 4, false},
        {"\xf5\x80\x80\x80", 4, false},
        {"\xe2\x82 ", 3, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(text_is_utf8(cases[i].bytes, cases[i].len), cases[i].good, "case %zu", i);
}

Test(text, cuts_between_characters) {
    cr_expect_eq(text_cut("drift", 10), 5);
    cr_expect_eq(text_cut("drift", 5), 5);
    cr_expect_eq(text_cut("drift", 3), 3);
    cr_expect_eq(text_cut("drift", 0), 0);
    cr_expect_eq(text_cut("a\xc3\xa9", 2), 1);
    cr_expect_eq(text_cut("a\xc3\xa9", 3), 3);
    cr_expect_eq(text_cut("\xf0\x9f\x98\x80", 3), 0);
    cr_expect_eq(text_cut("\x80\x80\x80\x80\x80\x80", 5), 5); /* not UTF-8: where asked */
}

/* Each is invisible, or turns the order of what stands beside it. */
Test(text, what_nobody_sees_is_named) {
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"", ""},
        {"plain, Ä, 数, العربية, עברית, 🦊, naïve, a\u0301, ❤\ufe0f",
         "plain, Ä, 数, العربية, עברית, 🦊, naïve, a\u0301, ❤\ufe0f"},
        {"pay\u202egnp.exe", "pay⟨U+202E⟩gnp.exe"},
        {"\u202a\u202b\u202c\u202d", "⟨U+202A⟩⟨U+202B⟩⟨U+202C⟩⟨U+202D⟩"},
        {"\u2066a\u2067b\u2068c\u2069", "⟨U+2066⟩a⟨U+2067⟩b⟨U+2068⟩c⟨U+2069⟩"},
        {"a\u200eb\u200fc\u061cd", "a⟨U+200E⟩b⟨U+200F⟩c⟨U+061C⟩d"},
        {"a\u200bb\u200cc\u200dd\u2060e\ufeff", "a⟨U+200B⟩b⟨U+200C⟩c⟨U+200D⟩d⟨U+2060⟩e⟨U+FEFF⟩"},
        {"a\u00adb\u3164c\u115fd\uffa0", "a⟨U+00AD⟩b⟨U+3164⟩c⟨U+115F⟩d⟨U+FFA0⟩"},
        {"a\u2028b\u2029c\xc2\x85"
         "d\xc2\x9b",
         "a⟨U+2028⟩b⟨U+2029⟩c⟨U+0085⟩d⟨U+009B⟩"},
        {"\U000e0041\U000e007f", "⟨U+E0041⟩⟨U+E007F⟩"},
        {"cut \xe2\x80", "cut \xe2\x80"},
    };
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(text_visible(a, rows[i].text), rows[i].shown);
    cr_expect_eq(text_visible(a, rows[1].text), rows[1].text, "nothing is copied where nothing is to be named");
    arena_free(a);
}

Test(text, shortens_visibly) {
    arena *a = arena_new();
    cr_expect_str_eq(text_shorten(a, "model drift", 11), "model drift");
    cr_expect_str_eq(text_shorten(a, "model drift", 10), "model d…");
    cr_expect_str_eq(text_shorten(a, "caf\xc3\xa9 au lait", 7), "caf…");
    cr_expect_str_eq(text_shorten(a, "model drift", 2), "mo");
    cr_expect_str_eq(text_shorten(a, "model drift", 0), "");
    arena_free(a);
}

Test(text, compares) {
    cr_expect(text_equal(NULL, NULL));
    cr_expect(!text_equal(NULL, ""));
    cr_expect(text_equal("a", "a"));
    cr_expect(text_equal_nocase("Critical", "cRITICAL"));
    cr_expect(!text_equal_nocase("critical", "criticality"));
    cr_expect(!text_equal_nocase("[", "{"));
    cr_expect(!text_equal_nocase(NULL, ""));
    cr_expect(text_starts_with("mail:a@b", "mail:"));
    cr_expect(!text_starts_with("mai", "mail:"));
    cr_expect(text_ends_with("raci.yaml", ".yaml"));
    cr_expect(!text_ends_with("yaml", ".yaml"));
    cr_expect(text_equal_secret("k", "k"));
    cr_expect(!text_equal_secret("k", "l"));
    cr_expect(!text_equal_secret("k", "kk"));
    cr_expect(!text_equal_secret(NULL, NULL), "no secret is like any other");
}

Test(text, integers_within_a_range) {
    static const struct {
        const char *text;
        int64_t min, max, is;
        bool good;
    } cases[] = {
        {"0", 0, 10, 0, true},
        {"10", 0, 10, 10, true},
        {"-5", -5, 5, -5, true},
        {"007", 0, 10, 7, true},
        {"9223372036854775807", 0, INT64_MAX, INT64_MAX, true},
        {"-9223372036854775808", INT64_MIN, 0, INT64_MIN, true},
        {"9223372036854775808", 0, INT64_MAX, 0, false},
        {"99999999999999999999999", 0, INT64_MAX, 0, false},
        {"11", 0, 10, 0, false},
        {"-1", 0, 10, 0, false},
        {"", 0, 10, 0, false},
        {"-", -5, 10, 0, false},
        {"+1", 0, 10, 0, false},
        {" 1", 0, 10, 0, false},
        {"1 ", 0, 10, 0, false},
        {"1.0", 0, 10, 0, false},
        {"0x1", 0, 10, 0, false},
        {NULL, 0, 10, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 42;
        err e = {0};
        bool good = text_to_int(cases[i].text, cases[i].min, cases[i].max, "limit", &value, &e);
        cr_expect_eq(good, cases[i].good, "%s", cases[i].text);
        cr_expect_eq(value, good ? cases[i].is : 42, "%s", cases[i].text);
        cr_expect(good || strncmp(e.text, "limit: ", 7) == 0, "%s", e.text);
    }
}

Test(text, durations_as_prometheus_writes_them) {
    static const struct {
        const char *in;
        int64_t ms;
        const char *out;
    } cases[] = {
        {"0", 0, "0s"},
        {"0s", 0, "0s"},
        {"15s", 15000, "15s"},
        {"500ms", 500, "500ms"},
        {"1h30m", 5400000, "1h30m"},
        {"90m", 5400000, "1h30m"},
        {"2d", 172800000, "2d"},
        {"1w", 604800000, "1w"},
        {"8d", 691200000, "8d"},
        {"1y", INT64_C(31536000000), "1y"},
        {"1d1ms", 86400001, "1d1ms"},
        {"1y2w3d4h5m6s7ms", INT64_C(33019506007), "382d4h5m6s7ms"},
    };
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = -1;
        err e = {0};
        cr_expect(text_to_duration(cases[i].in, &value, &e), "%s", e.text);
        cr_expect_eq(value, cases[i].ms * 1000, "%s: %lld", cases[i].in, (long long)value);
        cr_expect_str_eq(duration_to_text(a, value), cases[i].out);
    }
    cr_expect_str_eq(duration_to_text(a, -1500000), "-1s500ms");
    cr_expect_str_eq(duration_to_text(a, 999), "0s");
    cr_expect_not_null(duration_to_text(a, INT64_MIN));
    arena_free(a);
}

Test(text, durations_as_people_say_them) {
    arena *a = arena_new();
    const struct {
        int64_t usec;
        const char *out;
    } cases[] = {
        {-5, "0s"},
        {999999, "0s"},
        {INT64_C(59999999), "59s"},
        {INT64_C(3599) * 1000000, "59m59s"},
        {INT64_C(3661) * 1000000, "1h1m"},
        {INT64_C(90061) * 1000000, "1d1h1m"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(duration_to_rough_text(a, cases[i].usec), cases[i].out);
    arena_free(a);
}

Test(text, durations_that_are_none) {
    static const char *const bad[] = {"",     "5",     "s",   "5x", "-5s",   "1.5h",        "5m1h",
                                      "1s1s", "1h 5m", "5 m", "5M", "5ms5s", "9999999999y", "99999999999999999999s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t value = 42;
        err e = {0};
        cr_expect(!text_to_duration(bad[i], &value, &e), "%s was taken as %lld", bad[i], (long long)value);
        cr_expect_eq(e.kind, ERR_INVALID);
        cr_expect_eq(value, 42);
    }
}

Test(text, hex) {
    arena *a = arena_new();
    err e = {0};
    unsigned char *bytes;
    size_t len;
    cr_expect_str_eq(text_to_hex(a, "\x00\xff\x1a", 3), "00ff1a");
    cr_assert(text_from_hex(a, "00FF1a", &bytes, &len, &e));
    cr_expect(len == 3 && memcmp(bytes, "\x00\xff\x1a", 3) == 0);
    cr_assert(text_from_hex(a, "", &bytes, &len, &e));
    cr_expect_eq(len, 0);
    cr_expect(!text_from_hex(a, "abc", &bytes, &len, &e));
    cr_expect(!text_from_hex(a, "0g", &bytes, &len, &e));
    arena_free(a);
}

/* RFC 4648 §10, and what it leaves out. */
Test(text, base64) {
    static const struct {
        const char *bytes, *padded, *url;
    } cases[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"\xfb\xff\xfe", "+//+", "-__-"},
    };
    static const char *const bad[] = {"Z", "Zg=", "Zg===", "Zh", "Zm9v====", "Zm 9v", "=", "Zg==Zg==", "Zm8*"};
    arena *a = arena_new();
    err e = {0};
    unsigned char *bytes;
    size_t len;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t want = strlen(cases[i].bytes);
        cr_expect_str_eq(text_to_base64url(a, cases[i].bytes, want), cases[i].url);
        cr_expect(text_from_base64(a, cases[i].padded, &bytes, &len, &e), "%s: %s", cases[i].padded, e.text);
        cr_expect(len == want && memcmp(bytes, cases[i].bytes, want) == 0);
        cr_expect(text_from_base64(a, cases[i].url, &bytes, &len, &e), "%s: %s", cases[i].url, e.text);
        cr_expect(len == want && memcmp(bytes, cases[i].bytes, want) == 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(!text_from_base64(a, bad[i], &bytes, &len, &e), "%s was taken", bad[i]);
    arena_free(a);
}

Test(text, guesses_a_slip_and_no_more) {
    static const char *const words[] = {"responsible", "accountable", "consulted", "informed", "ml-engineer", "id"};
    static const struct {
        const char *typed, *meant;
    } cases[] = {
        {"responsable", "responsible"},
        {"Accountable", "accountable"},
        {"infromed", "informed"},
        {"ml-enginer", "ml-engineer"},
        {"consult", "consulted"},
        {"runbook", NULL},
        {"", NULL},
        {"it", NULL},
        {"xyz", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *guess = text_did_you_mean(cases[i].typed, words, sizeof words / sizeof *words);
        cr_expect(text_equal(guess, cases[i].meant), "%s: %s", cases[i].typed, guess ? guess : "nothing");
    }
    char longer[2000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    cr_expect_null(text_did_you_mean(longer, words, sizeof words / sizeof *words));
}

Test(err, half_a_character_does_not_leave) {
    err e;
    (void)err_set(&e, ERR_INVALID, "\"%.3s\" is no time", "ab\u0ed0");
    cr_expect_str_eq(e.text, "\"ab?\" is no time");
    (void)err_prefix(&e, "%.2s", "a\u0ed0");
    cr_expect(text_is_utf8(e.text, strlen(e.text)), "%s", e.text);
}

Test(err, keeps_whole_characters_and_takes_its_own_text) {
    char longer[2 * ERR_TEXT_MAX];
    err e = {0};
    for (size_t i = 0; i + 2 < sizeof longer; i += 2)
        memcpy(longer + i, "\xc3\xa9", 3);
    cr_expect(!err_set(&e, ERR_LIMIT, "x%s", longer));
    cr_expect_eq(e.kind, ERR_LIMIT);
    cr_expect_eq(strlen(e.text), ERR_TEXT_MAX - 1);
    cr_expect(text_is_utf8(e.text, strlen(e.text)));
    cr_expect(!err_set(&e, ERR_LIMIT, "%s", longer));
    cr_expect_eq(strlen(e.text), ERR_TEXT_MAX - 2);
    cr_expect(!err_prefix(&e, "chart %d", 7));
    cr_expect(text_starts_with(e.text, "chart 7: \xc3\xa9"));
    cr_expect(text_is_utf8(e.text, strlen(e.text)));
    (void)err_set(&e, ERR_INVALID, "no such role");
    (void)err_set(&e, ERR_INVALID, "row 3: %s", e.text);
    cr_expect_str_eq(e.text, "row 3: no such role");
    cr_expect_str_eq(err_kind_to_text(ERR_NOT_FOUND), "not_found");
}
