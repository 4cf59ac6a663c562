/* Mail to a real SMTP server (tests/servers/smtp_sink.py): outcomes by recipient, STARTTLS, credentials. */
#include "support.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct smtp_server {
    pid_t pid;
    FILE *lines;
    int port;
    char url[64];
} smtp_server;

static smtp_server smtp_start(const char *const *more) {
    const char *arguments[16] = {"python3", "tests/servers/smtp_sink.py"};
    for (size_t n = 0; more != NULL && more[n] != NULL && n < 12; n++)
        arguments[n + 2] = more[n];
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    smtp_server s = {.pid = fork()};
    cr_assert(s.pid >= 0);
    if (s.pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(127);
        execv("/usr/bin/python3", (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(ends[1]);
    s.lines = fdopen(ends[0], "r");
    char line[128];
    cr_assert(fgets(line, sizeof line, s.lines) != NULL && sscanf(line, "port %d", &s.port) == 1);
    (void)snprintf(s.url, sizeof s.url, "smtp://127.0.0.1:%d", s.port);
    return s;
}

static void smtp_stop(smtp_server *s) {
    (void)kill(s->pid, SIGTERM);
    (void)waitpid(s->pid, NULL, 0);
    (void)fclose(s->lines);
}

/* The next mail that was kept, as JSON. */
static cJSON *next_mail(smtp_server *s) {
    static char line[200000];
    err e = {0};
    cr_assert_not_null(fgets(line, sizeof line, s->lines));
    line[strcspn(line, "\n")] = '\0';
    cJSON *mail = json_parse(line, strlen(line), &e);
    cr_assert_not_null(mail, "%s", e.text);
    return mail;
}

static send_spec mail_to(int64_t id, const char *address) {
    return (send_spec){.id = id,
                       .incident = 42,
                       .channel = "mail",
                       .address = address,
                       .letter = RACI_RESPONSIBLE,
                       .reason = REASON_OPENED,
                       .first = true};
}

Test(smtp, one_recipients_outcome_is_not_anothers) {
    smtp_server s = smtp_start(NULL);
    const channel_spec spec = {"mail", "email", {"smtp", s.url, "from", "Onus <onus@example.com>", NULL}};
    bench b = bench_start(&spec, 1);
    static const char *const people[] = {"oncall@example.com", "refuse@example.com", "later@example.com",
                                         "second@example.com"};
    static const struct {
        delivery_verdict verdict;
        int status;
        const char *detail;
    } expected[] = {
        {DELIVERED, 250, "250"}, {GIVE_UP, 550, "no such mailbox"}, {TRY_LATER, 451, "451"}, {DELIVERED, 250, ""}};
    for (int64_t n = 0; n < 4; n++) {
        const send_spec m = mail_to(n + 1, people[n]);
        bench_send(&b, &m);
    }
    cr_assert(outcomes_wait(b.outcomes, 4));
    for (int64_t n = 0; n < 4; n++) {
        const outcome *o = outcomes_find(b.outcomes, n + 1);
        cr_expect_eq(o->verdict, expected[n].verdict, "%s: %s", people[n], o->detail);
        cr_expect_eq(o->status, expected[n].status, "%s: %d", people[n], o->status);
        cr_expect(strstr(o->detail, expected[n].detail) != NULL, "%s: %s", people[n], o->detail);
    }
    for (int n = 0; n < 2; n++) {
        cJSON *mail = next_mail(&s);
        const char *data = cJSON_GetStringValue(json_member(mail, "data"));
        cr_expect_str_eq(cJSON_GetStringValue(json_member(mail, "from")), "onus@example.com");
        cr_expect(strstr(data, "Subject: Page: P99 latency") != NULL || strstr(data, "Subject: =?UTF-8?Q?Page") != NULL,
                  "%s", data);
        cr_expect(strstr(data, "Message-ID: <onus.incident.42.") != NULL);
        cr_expect(strstr(data, "multipart/alternative") != NULL);
        cJSON_Delete(mail);
    }
    bench_stop(&b, 0);
    smtp_stop(&s);
}

/* ── STARTTLS and credentials ── */

typedef struct certificate {
    char folder[64], key[96], pem[96], text[8192];
} certificate;

static certificate certificate_new(void) {
    certificate c = {.folder = "/tmp/onus-certificate-XXXXXX"};
    cr_assert_not_null(mkdtemp(c.folder));
    (void)snprintf(c.key, sizeof c.key, "%s/key", c.folder);
    (void)snprintf(c.pem, sizeof c.pem, "%s/pem", c.folder);
    char command[512];
    (void)snprintf(command, sizeof command,
                   "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s -out %s -days 2 "
                   "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null",
                   c.key, c.pem);
    cr_assert_eq(system(command), 0);
    FILE *file = fopen(c.pem, "r");
    cr_assert_not_null(file);
    c.text[fread(c.text, 1, sizeof c.text - 1, file)] = '\0';
    (void)fclose(file);
    return c;
}

static void certificate_remove(const certificate *c) {
    (void)unlink(c->key);
    (void)unlink(c->pem);
    (void)rmdir(c->folder);
}

static outcome send_one(const channel_spec *spec) {
    bench b = bench_start(spec, 1);
    const send_spec m = mail_to(1, "oncall@example.com");
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 1));
    const outcome o = *outcomes_find(b.outcomes, 1);
    bench_stop(&b, 0);
    return o;
}

Test(smtp, starttls_and_credentials) {
    const certificate c = certificate_new();
    const char *const more[] = {"--tls", c.pem, c.key, "--login", "onus", "s3cret", NULL};
    smtp_server s = smtp_start(more);
    const channel_spec good = {
        "mail",
        "email",
        {"smtp", s.url, "from", "onus@example.com", "username", "onus", "password", "s3cret", "ca", c.text, NULL}};
    outcome o = send_one(&good);
    cr_expect_eq(o.verdict, DELIVERED, "%s", o.detail);
    cJSON *mail = next_mail(&s);
    cr_expect(cJSON_IsTrue(json_member(mail, "tls")));
    cr_expect_str_eq(cJSON_GetStringValue(json_member(mail, "user")), "onus");
    cJSON_Delete(mail);

    const channel_spec wrong = {
        "mail",
        "email",
        {"smtp", s.url, "from", "onus@example.com", "username", "onus", "password", "guess", "ca", c.text, NULL}};
    o = send_one(&wrong);
    cr_expect_eq(o.verdict, GIVE_UP, "%s", o.detail);
    cr_expect(strstr(o.detail, "refused its credentials") != NULL && strstr(o.detail, "guess") == NULL, "%s", o.detail);

    const channel_spec stranger = {
        "mail", "email", {"smtp", s.url, "from", "onus@example.com", "username", "onus", "password", "s3cret", NULL}};
    o = send_one(&stranger);
    cr_expect_eq(o.verdict, TRY_LATER, "a certificate that is not trusted: %s", o.detail);
    smtp_stop(&s);
    certificate_remove(&c);
}

/* A relay that would take the password in clear is not given it: with a password, STARTTLS is required unless the
 * settings say otherwise. */
Test(smtp, a_password_is_not_sent_in_clear) {
    const char *const more[] = {"--login", "onus", "s3cret", "--show-logins", NULL};
    smtp_server s = smtp_start(more);
    const channel_spec spec = {
        "mail", "email", {"smtp", s.url, "from", "onus@example.com", "username", "onus", "password", "s3cret", NULL}};
    const outcome o = send_one(&spec);
    cr_expect_eq(o.verdict, GIVE_UP, "%s", o.detail);
    cr_expect(strstr(o.detail, "STARTTLS"), "%s", o.detail);
    (void)kill(s.pid, SIGTERM);
    char line[1000] = "";
    cr_expect_null(fgets(line, sizeof line, s.lines), "neither a login was tried nor a mail sent: %s", line);
    smtp_stop(&s);
}

Test(smtp, required_tls_is_required) {
    smtp_server s = smtp_start(NULL);
    const channel_spec spec = {
        "mail", "email", {"smtp", s.url, "from", "onus@example.com", "starttls", "required", NULL}};
    const outcome o = send_one(&spec);
    cr_expect_eq(o.verdict, GIVE_UP, "%s", o.detail);
    const channel_spec opportunistic = {"mail", "email", {"smtp", s.url, "from", "onus@example.com", NULL}};
    cr_expect_eq(send_one(&opportunistic).verdict, DELIVERED);
    smtp_stop(&s);
}

/* A connection that was opened in clear is there to be used again: who requires TLS must not get it. */
Test(smtp, a_clear_connection_is_not_used_where_tls_is_required) {
    smtp_server s = smtp_start(NULL);
    const channel_spec specs[] = {
        {"mail", "email", {"smtp", s.url, "from", "onus@example.com", NULL}},
        {"strict", "email", {"smtp", s.url, "from", "onus@example.com", "starttls", "required", NULL}}};
    bench b = bench_start(specs, 2);
    send_spec m = mail_to(1, "oncall@example.com");
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 1));
    m.id = 2;
    m.channel = "strict";
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 2));
    cr_expect_eq(outcomes_find(b.outcomes, 1)->verdict, DELIVERED);
    cr_expect_eq(outcomes_find(b.outcomes, 2)->verdict, GIVE_UP, "%s", outcomes_find(b.outcomes, 2)->detail);
    bench_stop(&b, 0);
    smtp_stop(&s);
}
