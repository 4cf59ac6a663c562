#include "onus/links.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW ((usec)1767268800 * USEC_PER_SECOND)

typedef struct ring {
    arena *memory;
    link_keys keys;
} ring;

static ring ring_new(const char *newest, const char *older) {
    ring r = {.memory = arena_new()};
    r.keys.keys[r.keys.count++] = secret_from_text(newest);
    if (older != NULL)
        r.keys.keys[r.keys.count++] = secret_from_text(older);
    return r;
}

static void ring_free(ring *r) {
    for (size_t k = 0; k < r->keys.count; k++)
        secret_release(&r->keys.keys[k]);
    arena_free(r->memory);
}

static const char first_key[] = "0123456789abcdef0123456789abcdef";
static const char second_key[] = "fedcba9876543210fedcba9876543210";

static link_claim sample(const char *who) {
    return (link_claim){
        .incident = 4711, .letter = RACI_ACCOUNTABLE, .team = "ops", .who = who, .expires_at = NOW + USEC_PER_HOUR};
}

static err_kind verify(ring *r, const char *token, usec now, link_claim *out) {
    err e = {0};
    return link_verify(r->memory, &r->keys, token, now, out, &e) ? ERR_NONE : e.kind;
}

Test(links, a_token_says_what_it_was_given) {
    static const char *const names[] = {"MLOps (slack:#mlops)", "a|b||1|2", "", "Équipe “Fraude” 🦊 | nuit",
                                        "x.y"};
    ring r = ring_new(first_key, NULL);
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        link_claim claim = sample(names[n]), got = {0};
        char *token = link_token(r.memory, &r.keys, &claim);
        cr_expect_eq(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."), strlen(token));
        cr_assert_eq(verify(&r, token, NOW, &got), ERR_NONE, "%s", names[n]);
        cr_expect_eq(got.incident, 4711);
        cr_expect_eq(got.letter, RACI_ACCOUNTABLE);
        cr_expect_str_eq(got.who, names[n]);
        cr_expect_str_eq(got.team, "ops");
        cr_expect_eq(got.expires_at, claim.expires_at);
    }
    ring_free(&r);
}

Test(links, a_very_long_name_is_shortened_to_fit) {
    ring r = ring_new(first_key, NULL);
    char name[4096];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    link_claim claim = sample(name), got = {0};
    claim.incident = INT64_MAX;
    char *token = link_token(r.memory, &r.keys, &claim);
    cr_expect_leq(strlen(token), LINK_TOKEN_BYTES_MAX);
    cr_expect_eq(verify(&r, token, NOW, &got), ERR_NONE);
    cr_expect_eq(got.incident, INT64_MAX);
    cr_expect(text_starts_with(got.who, "xxxx"));
    ring_free(&r);
}

Test(links, expire_to_the_second) {
    ring r = ring_new(first_key, NULL);
    link_claim claim = sample("Ann"), got = {0};
    char *token = link_token(r.memory, &r.keys, &claim);
    cr_expect_eq(verify(&r, token, claim.expires_at - 1, &got), ERR_NONE);
    cr_expect_eq(verify(&r, token, claim.expires_at, &got), ERR_NOT_FOUND);
    ring_free(&r);
}

Test(links, keys_rotate) {
    ring before = ring_new(first_key, NULL), during = ring_new(second_key, first_key),
         after = ring_new(second_key, NULL);
    link_claim claim = sample("Ann"), got = {0};
    char *token = link_token(before.memory, &before.keys, &claim);
    cr_expect_eq(verify(&during, token, NOW, &got), ERR_NONE);
    cr_expect_eq(verify(&after, token, NOW, &got), ERR_NOT_FOUND, "its key is gone");
    cr_expect_eq(verify(&before, link_token(during.memory, &during.keys, &claim), NOW, &got), ERR_NOT_FOUND,
                 "the newest key signs");
    ring_free(&before), ring_free(&during), ring_free(&after);
}

/* Any change of any letter, to any other letter of the alphabet, is found. */
Test(links, no_letter_can_be_changed) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=|+";
    ring r = ring_new(first_key, NULL);
    link_claim claim = sample("Ann"), got = {0};
    char *token = link_token(r.memory, &r.keys, &claim);
    for (size_t at = 0; token[at] != '\0'; at++) {
        char right = token[at];
        for (const char *wrong = alphabet; *wrong != '\0'; wrong++) {
            token[at] = *wrong;
            if (*wrong != right)
                cr_expect_neq(verify(&r, token, NOW, &got), ERR_NONE, "%c for %c at %zu", *wrong, right, at);
        }
        token[at] = right;
    }
    ring_free(&r);
}

/* base64 has several spellings for the same bytes; a token has one. */
Test(links, the_other_alphabet_and_padding_are_no_second_spelling) {
    ring r = ring_new(first_key, NULL);
    link_claim claim = sample("\u07ff\u07fe\u07ff\u07fe>>>"), got = {0};
    char *token = link_token(r.memory, &r.keys, &claim), *dot = strchr(token, '.'), *special = strpbrk(token, "-_");
    cr_assert(special != NULL && special < dot, "the payload must hold a letter that the alphabets spell differently");
    cr_expect_eq(verify(&r, token, NOW, &got), ERR_NONE);
    *special = *special == '-' ? '+' : '/';
    cr_expect_eq(verify(&r, token, NOW, &got), ERR_DENIED);
    ring_free(&r);
}

Test(links, nonsense_is_denied) {
    ring r = ring_new(first_key, NULL);
    link_claim claim = sample("Ann"), got = {0};
    char *token = link_token(r.memory, &r.keys, &claim), *long_token = arena_zalloc(r.memory, 1, 100001);
    memset(long_token, 'A', 100000);
    const char *const cases[] = {"",
                                 ".",
                                 "..",
                                 "a.b",
                                 "MXw.MXw",
                                 long_token,
                                 "\xff\xfe.\xff",
                                 arena_printf(r.memory, "%s=", token),
                                 arena_printf(r.memory, "%s.x", token),
                                 arena_strndup(r.memory, token, strlen(token) - 1),
                                 strchr(token, '.')};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        cr_expect_eq(verify(&r, cases[c], NOW, &got), ERR_DENIED, "case %zu", c);
    link_keys none = {.count = 0};
    cr_expect_str_eq(link_token(r.memory, &none, &claim), "");
    ring_free(&r);
}

Test(links, a_nonce_is_good_for_an_hour_or_two_of_its_own_page) {
    ring r = ring_new(first_key, NULL), rotated = ring_new(second_key, first_key);
    link_claim claim = sample("Ann");
    const char *token = link_token(r.memory, &r.keys, &claim);
    const char *nonce = link_nonce(r.memory, &r.keys, token, NOW);
    static const struct {
        const char *what;
        usec after;
        bool good;
    } cases[] = {{"at once", 0, true},
                 {"an hour later", USEC_PER_HOUR, true},
                 {"short of two hours later", 2 * USEC_PER_HOUR - 1, true},
                 {"two hours later", 2 * USEC_PER_HOUR, false},
                 {"before it was made", -USEC_PER_HOUR, false}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        cr_expect_eq(link_nonce_ok(r.memory, &r.keys, token, nonce, NOW + cases[c].after), cases[c].good, "%s",
                     cases[c].what);
    cr_expect(link_nonce_ok(r.memory, &rotated.keys, token, nonce, NOW), "while keys rotate");
    cr_expect_not(link_nonce_ok(r.memory, &r.keys, "another.token", nonce, NOW));
    cr_expect_not(link_nonce_ok(r.memory, &r.keys, token, "", NOW));
    cr_expect_not(link_nonce_ok(r.memory, &r.keys, token, strchr(token, '.') + 1, NOW), "a MAC is no nonce");
    ring_free(&r), ring_free(&rotated);
}

/* By the team's id; links of before have none, and go by the name. */
Test(links, are_of_a_team_whoever_was_on_call) {
    static const struct {
        const char *what, *team, *who;
        bool is_theirs;
    } cases[] = {
        {"its id", "mlops", "whatever (slack:x)", true},
        {"another team of that name", "mlops-eu", "MLOps (slack:mlops)", false},
        {"an address with a bracket", "mlops", "MLOps (slack:a (b)", true},
        {"no id", "", "MLOps (slack:mlops)", true},
        {"no id, on call", "", "MLOps, on call: Ann Lee (mail:ann@example.com)", true},
        {"no id, without an address", NULL, "MLOps (log)", true},
        {"no id, an address with a bracket", "", "MLOps (slack:a (b))", true},
        {"no id, a name that goes on", "", "MLOps (EU) (slack:eu)", false},
        {"no id, a name that goes on in lower case", "", "MLOps (eu) (slack:eu)", false},
        {"no id, a longer name", "", "MLOps EU (slack:eu)", false},
        {"no id, a shorter name", "", "ML (slack:ml)", false},
        {"nothing", "", "", false},
    };
    const party mlops = {.team = "mlops", .team_name = "MLOps"}, eu = {.team = "eu", .team_name = "MLOps (EU)"};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        cr_expect_eq(link_is_of(cases[c].team, cases[c].who, &mlops), cases[c].is_theirs, "%s", cases[c].what);
    cr_expect(link_is_of("", "MLOps (EU) (slack:eu)", &eu));
}

/* Made with the key above by the release before: sent, and to be good until they expire. */
Test(links, of_the_release_before_are_good) {
    ring r = ring_new(first_key, NULL);
    link_claim before = sample("MLOps (slack:#mlops)"), got = {0};
    before.team = "";
    char *token = link_token(r.memory, &r.keys, &before);
    unsigned char *payload;
    size_t len;
    err e;
    cr_assert(text_from_base64(r.memory, arena_strndup(r.memory, token, strcspn(token, ".")), &payload, &len, &e));
    cr_expect_eq(strncmp((char *)payload, "1|", 2), 0);
    cr_expect_eq(strncmp(strchr((char *)payload, 'A'), "A|MLOps (slack:#mlops)", 22), 0);
    cr_assert_eq(verify(&r, token, NOW, &got), ERR_NONE);
    cr_expect_str_eq(got.team, "");
    cr_expect_str_eq(got.who, "MLOps (slack:#mlops)");
    ring_free(&r);
}
