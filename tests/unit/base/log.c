/* Log lines: their spelling, and that no value can forge one. */
#include "onus/log.h"
#include "onus/json.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static usec fixed_now(void *context) {
    (void)context;
    return 1767323045678901;
}

static const onus_clock fixed = {.now = fixed_now, .monotonic = fixed_now};

typedef struct capture {
    int ends[2];
    logger *log;
    char text[32768];
} capture;

static capture *capture_start(log_level least, log_format format) {
    capture *c = calloc(1, sizeof *c);
    cr_assert_eq(pipe(c->ends), 0);
    c->log = logger_new(c->ends[1], least, format, fixed);
    return c;
}

static void capture_end(capture *c) {
    logger_free(c->log);
    close(c->ends[1]);
    size_t len = 0;
    for (ssize_t got; (got = read(c->ends[0], c->text + len, sizeof c->text - 1 - len)) > 0;)
        len += (size_t)got;
    close(c->ends[0]);
}

Test(log, key_value) {
    capture *c = capture_start(LOG_LEVEL_INFO, LOG_FORMAT_KEY_VALUE);
    log_debug(c->log, "unseen", "a", "b");
    log_warn(c->log, "delivery", "channel", "slack-mlops", "detail", "429 Too Many Requests", "nothing", (char *)NULL);
    capture_end(c);
    cr_expect_str_eq(c->text, "time=2026-01-02T03:04:05.678Z level=warn event=delivery channel=slack-mlops "
                              "detail=\"429 Too Many Requests\" nothing=\"\"\n");
    free(c);
}

Test(log, json) {
    capture *c = capture_start(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    log_info(c->log, "ready", "listen", "127.0.0.1:8080", "quote", "a\"b\\");
    capture_end(c);
    cr_expect_str_eq(c->text, "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"info\",\"event\":\"ready\","
                              "\"listen\":\"127.0.0.1:8080\",\"quote\":\"a\\\"b\\\\\"}\n");
    free(c);
}

Test(log, a_value_cannot_forge_a_line_or_move_a_terminal) {
    static const struct {
        const char *value, *shown;
    } cases[] = {
        {"x\nlevel=error event=forged", "v=\"x\\nlevel=error event=forged\"\n"},
        {"x level=error", "v=\"x level=error\"\n"},
        {"a=b", "v=\"a=b\"\n"},
        {"\" level=error", "v=\"\\\" level=error\"\n"},
        {"\x1b[2J\r\x07", "v=\"\\u001b[2J\\u000d\\u0007\"\n"},
        {"\xc2\x9b"
         "2J",
         "v=\"\\u009b2J\"\n"},
        {"\xe2\x80\xae"
         "abc",
         "v=\"\\u202eabc\"\n"},
        {"bad \xff utf8 \xed\xa0\x80", "v=\"bad \xef\xbf\xbd utf8 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n"},
        {"caf\xc3\xa9", "v=\"caf\xc3\xa9\"\n"},
        {"", "v=\"\"\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        capture *c = capture_start(LOG_LEVEL_DEBUG, LOG_FORMAT_KEY_VALUE);
        log_info(c->log, "e", "v", cases[i].value);
        capture_end(c);
        cr_expect(text_ends_with(c->text, cases[i].shown), "%s", c->text);
        free(c);
    }
}

Test(log, a_long_line_is_cut_and_still_whole) {
    char *longer = malloc(100001);
    for (int i = 0; i < 100000; i += 2)
        memcpy(longer + i, "\xc3\xa9", 3);
    for (log_format format = LOG_FORMAT_KEY_VALUE; format <= LOG_FORMAT_JSON; format++) {
        capture *c = capture_start(LOG_LEVEL_DEBUG, format);
        log_info(c->log, "e", "v", longer, "after", "unseen");
        capture_end(c);
        size_t len = strlen(c->text);
        cr_expect(len > 8000 && len <= 8192, "%zu", len);
        cr_expect_null(strstr(c->text, "unseen"));
        cr_expect(text_is_utf8(c->text, len));
        cr_expect_eq(strchr(c->text, '\n'), c->text + len - 1);
        err e = {0};
        cr_expect(format != LOG_FORMAT_JSON || json_check(c->text, len, &e), "%s", e.text);
        free(c);
    }
    free(longer);
}

Test(log, many_pairs_are_cut_at_a_pair) {
    char value[240];
    memset(value, 'a', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    capture *c = capture_start(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
#define TEN_PAIRS                                                                                                      \
    "k", value, "k", value, "k", value, "k", value, "k", value, "k", value, "k", value, "k", value, "k", value, "k",   \
        value
    log_info(c->log, "e", TEN_PAIRS, TEN_PAIRS, TEN_PAIRS, TEN_PAIRS);
    capture_end(c);
    err e = {0};
    cJSON *line = json_read(&(json_input){.bytes = c->text, .len = strlen(c->text), .reading = JSON_MENDED}, &e);
    cr_expect(line, "%s", e.text); /* one key many times */
    cJSON_Delete(line);
    free(c);
}

enum { WRITERS = 4, LINES = 60 };

static void *write_lines(void *log) {
    for (int i = 0; i < LINES; i++)
        log_info(log, "tick", "a", "0123456789");
    return NULL;
}

Test(log, threads_do_not_mix_lines) {
    capture *c = capture_start(LOG_LEVEL_DEBUG, LOG_FORMAT_KEY_VALUE);
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, write_lines, c->log), 0);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    capture_end(c);
    static const char want[] = "time=2026-01-02T03:04:05.678Z level=info event=tick a=0123456789\n";
    cr_expect_eq(strlen(c->text), WRITERS * LINES * strlen(want));
    for (size_t at = 0; c->text[at]; at += strlen(want))
        cr_assert_eq(strncmp(c->text + at, want, strlen(want)), 0);
    free(c);
}

Test(log, names) {
    log_level level;
    log_format format;
    cr_expect(log_level_from_text("warn", &level) && level == LOG_LEVEL_WARN);
    cr_expect(!log_level_from_text("loud", &level));
    cr_expect(!log_level_from_text(NULL, &level));
    cr_expect(log_format_from_text("json", &format) && format == LOG_FORMAT_JSON);
    cr_expect(log_format_from_text("key_value", &format) && format == LOG_FORMAT_KEY_VALUE);
    cr_expect(!log_format_from_text("xml", &format));
}
