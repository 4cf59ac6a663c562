/* Settings: defaults, every type, values from files and the environment, secrets, and every error. */
#include "onus/settings.h"

#include "config/settings_table.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct fixture {
    arena *memory;
    char directory[64];
    diagnostics d;
} fixture;

static void write_in(const fixture *f, const char *name, const char *text, mode_t mode) {
    const char *path = arena_printf(f->memory, "%s/%s", f->directory, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text, 1, strlen(text), file), strlen(text));
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(path, mode), 0);
}

static fixture begin(void) {
    fixture f = {.memory = arena_new()};
    strcpy(f.directory, "/tmp/onus-settings-XXXXXX");
    cr_assert_not_null(mkdtemp(f.directory));
    diagnostics_init(&f.d);
    return f;
}

static void end(fixture *f) {
    static const char *const FILES[] = {"onus.yaml", "key", "token", "secrets/link-key", "two", "open", "big"};
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
        unlink(arena_printf(f->memory, "%s/%s", f->directory, FILES[i]));
    rmdir(arena_printf(f->memory, "%s/secrets", f->directory));
    cr_expect_eq(rmdir(f->directory), 0, "a file is left in %s", f->directory);
    diagnostics_release(&f->d);
    arena_free(f->memory);
}

static settings *load(fixture *f, const char *text, settings_options options) {
    write_in(f, "onus.yaml", text, 0644);
    diagnostics_release(&f->d);
    diagnostics_init(&f->d);
    return settings_load(arena_printf(f->memory, "%s/onus.yaml", f->directory), &options, &f->d);
}

#define KEY "0123456789abcdef0123456789abcdef"

Test(settings, defaults) {
    fixture f = begin();
    settings *s = load(&f, "database: dbname=onus\nsecrets: { link_key: " KEY " }\n", (settings_options){0});
    cr_assert_not_null(s, "%s", report(f.memory, &f.d));
    cr_expect_str_eq(s->listen_host, "127.0.0.1");
    cr_expect_eq(s->listen_port, 8080);
    cr_expect_str_eq(s->public_url, "http://127.0.0.1:8080");
    cr_expect_str_eq(s->chart_path, arena_printf(f.memory, "%s/raci.yaml", f.directory));
    cr_expect_null(s->templates_path);
    cr_expect_eq(s->link_lifetime, 7 * USEC_PER_DAY);
    cr_expect_eq(s->message_lifetime, USEC_PER_DAY);
    cr_expect_eq(s->loopback_role, API_ROLE_VIEWER);
    cr_expect_eq(s->retention_months, 13);
    cr_expect_eq(s->log_level, LOG_LEVEL_INFO);
    cr_expect_eq(s->log_format, LOG_FORMAT_KEY_VALUE);
    cr_expect_eq(s->api_workers, 2);
    cr_expect_eq(s->http_loops, 0);
    cr_expect_eq(s->committers, 0);
    cr_expect_not(s->allow_private_addresses);
    cr_expect_eq(s->trusted_proxy_count, 0);
    cr_expect_eq(s->connections_per_address, 1024);
    cr_expect_eq(s->link_keys.count, 1);
    cr_expect_str_eq(secret_reveal(s->database), "dbname=onus");
    settings_free(s);
    settings_free(NULL);
    end(&f);
}

Test(settings, everything) {
    fixture f = begin();
    write_in(&f, "key", KEY "\n\n" KEY "2\r\n", 0600);
    write_in(&f, "token", "s3cret\n", 0600);
    write_in(&f, "two", "one\ntwo\n", 0600);
    cr_assert_eq(setenv("ONUS_TEST_DATABASE", "host=x", 1), 0);
    settings *s =
        load(&f,
             "listen: \"[::1]:0\"\n"
             "public_url: https://onus.example.com/base/\n"
             "database_env: ONUS_TEST_DATABASE\n"
             "chart: /etc/onus/raci.yaml\n"
             "templates: mine\n"
             "link_lifetime: 1d12h\n"
             "message_lifetime: 90m\n"
             "loopback_role: admin\n"
             "trusted_proxies: [10.0.0.0/8, \"2001:db8::7\"]\n"
             "allow_private_addresses: true\n"
             "retention_months: 2\n"
             "log_level: debug\n"
             "log_format: json\n"
             "api_workers: 16\n"
             "http_loops: 3\n"
             "connections_per_address: 100\n"
             "committers: 2\n"
             "secrets: { link_key_file: key, slack_signing_secret_file: token }\n"
             "sources:\n"
             "  - { name: am, format: alertmanager, token_file: token }\n"
             "  - { name: gf, format: grafana, username: u, password_file: token, secret: [a, b] }\n"
             "  - { name: pd, format: pagerduty-event, routing_keys_file: two }\n"
             "channels:\n"
             "  chat: { kind: slack, url_file: token, thread: yes }\n"
             "  hook: { kind: webhook, url: \"http://127.0.0.1:9/in\", secret: x, headers: [\"A: 1\", \"B: 2\"] }\n"
             "  log: { kind: record }\n",
             (settings_options){0});
    cr_assert_not_null(s, "%s", report(f.memory, &f.d));
    cr_expect_eq(f.d.count, 0, "%s", report(f.memory, &f.d));
    cr_expect_str_eq(s->listen_host, "::1");
    cr_expect_eq(s->listen_port, 0);
    cr_expect_str_eq(s->public_url, "https://onus.example.com/base");
    cr_expect_str_eq(secret_reveal(s->database), "host=x");
    cr_expect_str_eq(s->chart_path, "/etc/onus/raci.yaml");
    cr_expect_str_eq(s->templates_path, arena_printf(f.memory, "%s/mine", f.directory));
    cr_expect_eq(s->link_lifetime, 36 * USEC_PER_HOUR);
    cr_expect_eq(s->loopback_role, API_ROLE_ADMIN);
    cr_expect(s->allow_private_addresses);
    ip_address inside, outside;
    cr_assert(ip_from_text("10.9.9.9", &inside) && ip_from_text("2001:db8::8", &outside));
    cr_assert_eq(s->trusted_proxy_count, 2);
    cr_expect(network_has(&s->trusted_proxies[0], &inside) && !network_has(&s->trusted_proxies[1], &outside));
    cr_expect_eq(s->log_format, LOG_FORMAT_JSON);
    cr_expect_eq(s->api_workers, 16);
    cr_expect_eq(s->http_loops, 3);
    cr_expect_eq(s->connections_per_address, 100);
    cr_expect_eq(s->committers, 2);
    cr_expect_eq(s->link_keys.count, 2, "one a line, blank lines do not count");
    cr_expect_str_eq(secret_reveal(s->link_keys.keys[1]), KEY "2");
    cr_expect_str_eq(secret_reveal(s->slack_signing_secret), "s3cret", "without the line end");
    cr_assert_eq(s->source_count, 3);
    cr_expect_str_eq(s->sources[0].format, "alertmanager");
    cr_expect(secret_matches(s->sources[0].token, "s3cret"));
    cr_expect_str_eq(s->sources[1].username, "u");
    cr_expect_eq(s->sources[1].hmac_secret_count, 2);
    cr_expect_eq(s->sources[2].routing_key_count, 2);
    cr_assert_eq(s->channel_count, 3);
    const channel_settings *chat = &s->channels[0], *hook = &s->channels[1];
    cr_expect_str_eq(chat->options[0].name, "url");
    cr_expect_null(chat->options[0].text);
    cr_expect(secret_matches(chat->options[0].hidden, "s3cret"));
    cr_expect_str_eq(chat->options[1].text, "yes");
    cr_expect_str_eq(hook->options[0].text, "http://127.0.0.1:9/in");
    cr_expect_null(hook->options[1].text, "an inline secret is hidden too");
    cr_expect_str_eq(hook->options[2].text, "A: 1\nB: 2");
    cr_expect_eq(s->channels[2].option_count, 0);
    settings_free(s);
    end(&f);
}

typedef struct wrong {
    const char *text, *rule, *words;
} wrong;

static const wrong WRONG[] = {
    {"lisen: x:1\n", "unknown-key", "did you mean \"listen\"?"},
    {"listen: nowhere\n", "bad-value", "HOST:PORT"},
    {"listen: a:99999\n", "bad-value", "65535"},
    {"listen: ::1:80\n", "bad-value", "[IPV6]:PORT"},
    {"listen: [a]\n", "bad-value", "not a list"},
    {"listen:\n", "wrong-type", "empty"},
    {"public_url: onus.example.com\n", "bad-value", "https://"},
    {"link_lifetime: 1s\n", "bad-value", "between"},
    {"link_lifetime: tomorrow\n", "bad-value", "7d"},
    {"retention_months: 0\n", "bad-value", "1 to 1200"},
    {"retention_months: many\n", "bad-value", "1 to 1200"},
    {"allow_private_addresses: maybe\n", "bad-value", "true or false"},
    {"trusted_proxies: [10.0.0.0/8, proxy.example]\n", "bad-value", "proxy.example"},
    {"trusted_proxies: 10.0.0.0/33\n", "bad-value", "10.0.0.0/8"},
    {"loopback_role: root\n", "bad-value", "viewer"},
    {"log_level: loud\n", "bad-value", "debug"},
    {"log_format: xml\n", "bad-value", "json"},
    {"api_workers: 17\n", "bad-value", "1 to 16"},
    {"http_loops: -1\n", "bad-value", "0 to 16"},
    {"connections_per_address: 0\n", "bad-value", "1 to 4096"},
    {"committers: 5\n", "bad-value", "0 to 4"},
    {"database: a\ndatabase_file: b\n", "two-values", "keep one"},
    {"database_file: missing\n", "unreadable-file", "No such file"},
    {"database_file: .\n", "unreadable-file", "directory"},
    {"database_env: ONUS_TEST_UNSET\n", "unset-variable", "ONUS_TEST_UNSET"},
    {"secrets: { link_key: short }\n", "bad-value", "openssl rand -hex 32"},
    {"secrets: { link_keys: x }\n", "unknown-key", "did you mean \"link_key\"?"},
    {"secrets: []\n", "wrong-type", "map"},
    {"sources: {}\n", "wrong-type", "list"},
    {"sources: [x]\n", "wrong-type", "map"},
    {"sources: [{ format: alertmanager }]\n", "missing-name", "name"},
    {"sources: [{ name: a }]\n", "missing-format", "format"},
    {"sources: [{ name: A b, format: x }]\n", "bad-value", "a-z"},
    {"sources: [{ name: a, format: x }, { name: a, format: x }]\n", "duplicate-name", "\"a\""},
    {"sources: [{ name: a, format: x, username: u }]\n", "half-basic", "both"},
    {"sources: [{ name: a, format: x, tokn: u }]\n", "unknown-key", "did you mean \"token\"?"},
    {"channels: []\n", "wrong-type", "map"},
    {"channels: { a: { url: x } }\n", "missing-kind", "kind"},
    {"channels: { A B: { kind: record } }\n", "bad-id", "a-z"},
    {"channels: { a: { kind: slack, url: x, url_file: y } }\n", "two-values", "url"},
    {"channels: { a: { kind: slack, url: { b: c } } }\n", "wrong-type", "map"},
    {"- a\n", "wrong-type", "map"},
    {"a: [\n", "yaml-syntax", ""},
};

Test(settings, says_what_is_wrong) {
    fixture f = begin();
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        settings *s = load(&f, WRONG[i].text, (settings_options){0});
        cr_expect_null(s, "%s", WRONG[i].text);
        cr_expect(reported(&f.d, WRONG[i].rule, WRONG[i].words), "%s%s", WRONG[i].text, report(f.memory, &f.d));
        settings_free(s);
    }
    end(&f);
}

Test(settings, what_is_required) {
    fixture f = begin();
    cr_expect_null(load(&f, "{}\n", (settings_options){0}));
    cr_expect(reported(&f.d, "missing-database", "--local"));
    cr_expect(reported(&f.d, "missing-link-key", "openssl rand"));
    end(&f);
}

Test(settings, offline_reads_nothing_outside) {
    fixture f = begin();
    settings *s = load(&f,
                       "database_file: missing\nsecrets: { link_key_file: missing }\nsources: [{ name: a, format: x, "
                       "token_env: NOT_SET }]\n"
                       "channels: { a: { kind: slack, url_file: missing } }\n",
                       (settings_options){.offline = true});
    cr_assert_not_null(s, "%s", report(f.memory, &f.d));
    cr_expect_eq(s->channels[0].option_count, 1);
    cr_expect_null(s->channels[0].options[0].text);
    cr_expect_not(secret_is_set(s->channels[0].options[0].hidden));
    settings_free(s);
    end(&f);
}

Test(settings, a_secret_file_that_others_may_read_is_warned_of) {
    fixture f = begin();
    write_in(&f, "open", KEY "\n", 0644);
    write_in(&f, "key", KEY "\n", 0600);
    static const struct {
        const char *text;
        bool warned;
    } CASES[] = {
        {"secrets: { link_key_file: open }\n", true},
        {"secrets: { link_key_file: key }\nsources: [{ name: a, format: x, token_file: open }]\n", true},
        {"secrets: { link_key_file: key }\nchannels: { a: { kind: webhook, url_file: open } }\n", true},
        {"secrets: { link_key_file: key }\nchannels: { a: { kind: webhook, ca_file: open } }\n", false},
        {"secrets: { link_key_file: key }\n", false},
    };
    for (size_t i = 0; i < 2 * sizeof CASES / sizeof *CASES; i++) {
        const char *text = CASES[i / 2].text;
        const settings_options options = {.offline = i % 2 == 1}; /* as `onus check` loads them */
        settings *s = load(&f, arena_printf(f.memory, "database: x\n%s", text), options);
        cr_assert_not_null(s, "%s", report(f.memory, &f.d));
        cr_expect_eq(reported(&f.d, "open-secret", "chmod 600"), CASES[i / 2].warned, "%zu: %s", i, text);
        cr_expect_eq(f.d.errors, 0);
        settings_free(s);
    }
    end(&f);
}

Test(settings, a_secret_file_has_bounds) {
    fixture f = begin();
    char *big = malloc(70001);
    memset(big, 'x', 70000);
    big[70000] = '\0';
    write_in(&f, "big", big, 0600);
    cr_expect_null(load(&f, "database_file: big\n", (settings_options){0}));
    cr_expect(reported(&f.d, "bad-file", "64 KiB"));
    write_in(&f, "big", "", 0600);
    cr_expect_null(load(&f, "database_file: big\n", (settings_options){0}));
    cr_expect(reported(&f.d, "bad-file", "empty"));
    write_in(&f, "big", "\xff", 0600);
    cr_expect_null(load(&f, "database_file: big\n", (settings_options){0}));
    cr_expect(reported(&f.d, "bad-file", "UTF-8"));
    free(big);
    end(&f);
}

Test(settings, local_makes_the_link_key_once) {
    static const char *const TEXTS[] = {"secrets: { link_key_file: secrets/link-key }\n", "{}\n"};
    for (int t = 0; t < 2; t++) {
        fixture f = begin();
        settings *first = load(&f, TEXTS[t], (settings_options){.local = true});
        cr_assert_not_null(first, "%s", report(f.memory, &f.d));
        struct stat about;
        cr_assert_eq(stat(arena_printf(f.memory, "%s/secrets/link-key", f.directory), &about), 0);
        cr_expect_eq(about.st_mode & 0777, 0600);
        cr_expect_eq(about.st_size, 65, "64 hex digits and a line end");
        cr_assert_eq(first->link_keys.count, 1);
        settings *again = load(&f, TEXTS[t], (settings_options){.local = true});
        cr_assert_not_null(again);
        cr_expect_str_eq(secret_reveal(first->link_keys.keys[0]), secret_reveal(again->link_keys.keys[0]));
        settings_free(first);
        settings_free(again);
        end(&f);
    }
}

/* No rule of settings may be allowed, and a comment that tries to must not go unnoticed. */
Test(settings, comments_that_allow_are_no_help) {
    fixture f = begin();
    settings *s =
        load(&f, "log_level: loud # onus: allow bad-value: we like it\n", (settings_options){.offline = true});
    cr_expect_null(s);
    cr_expect(reported(&f.d, "bad-value", "log_level"), "%s", report(f.memory, &f.d));
    cr_expect(reported(&f.d, "bad-allow", "bad-value cannot be allowed"), "%s", report(f.memory, &f.d));
    end(&f);
}

Test(settings, where_things_stand_is_known_even_when_they_are_not_read) {
    fixture f = begin();
    settings *s = load(&f,
                       "sources:\n  - { name: am, format: alertmanager, secret_file: gone }\n"
                       "templates: mine\nchart: raci.yaml\n"
                       "channels:\n  hook: { kind: webhook, url_file: gone }\n",
                       (settings_options){.offline = true});
    cr_assert_not_null(s, "%s", report(f.memory, &f.d));
    cr_expect_eq(s->sources[0].format_at.at.column, 25);
    cr_expect_eq(s->sources[0].secret_at.at.column, 52);
    cr_expect_eq(s->sources[0].hmac_secret_count, 0);
    cr_expect_eq(s->sources[0].routing_keys_at.at.line, 0);
    cr_expect_eq(s->templates_at.at.line, 3);
    cr_expect_eq(s->chart_at.at.line, 4);
    cr_expect_eq(s->channels[0].kind_at.at.column, 17);
    cr_expect_eq(s->channels[0].options[0].key.at.column, 26);
    settings_free(s);
    end(&f);
}

/* docs/settings.md comes from the table: every row of it, with its default, in its words. */
Test(settings, the_reference_says_what_the_table_says) {
    arena *a = arena_new();
    const char *text = read_test_file(a, "docs/settings.md");
    cr_assert_not_null(text, "run from the root of the checkout");
    size_t count;
    const setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        const setting *s = &table[i];
        const char *row =
            arena_printf(a, "| `%s%s` | %s | %s | %s |", setting_section_prefix(s->section), s->name,
                         setting_type_doc(s->type), s->fallback ? arena_printf(a, "`%s`", s->fallback) : "", s->doc);
        cr_expect_not_null(strstr(text, row), "docs/settings.md lacks this line:\n%s", row);
    }
    buf b;
    buf_init(&b);
    settings_put_reference(&b);
    cr_expect_not_null(strstr(b.data, "link_lifetime (duration; default 7d)"));
    buf_release(&b);
    arena_free(a);
}
