/* `onus version`: which program this is, and which libraries it runs with. */
#include "cli/cli.h"
#include "cli/http_client.h"

#include "onus/http.h"
#include "onus/json.h"

#include <openssl/crypto.h>
#include <string.h>

typedef struct library {
    const char *name, *version;
} library;

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "Print JSON, with the libraries' versions", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    (void)arg;
    if (key != 'j')
        return ARGP_ERR_UNKNOWN;
    *(bool *)state->input = true;
    return 0;
}

static void print_json(const cli *c) {
    const library libraries[] = {
        {"cjson", cJSON_Version()},
        {"libcurl", client_library_version()},
        {"libmicrohttpd", http_library_version()},
        {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
    };
    buf b;
    buf_init(&b);
    buf_puts(&b, "{\"version\":");
    buf_put_json(&b, ONUS_VERSION);
    buf_puts(&b, ",\"libraries\":{");
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        buf_puts(&b, i ? "," : "");
        buf_put_json(&b, libraries[i].name);
        buf_putc(&b, ':');
        buf_put_json(&b, libraries[i].version);
    }
    buf_puts(&b, "}}\n");
    fputs(b.data, c->out);
    buf_release(&b);
}

int version_run(cli *c, int argc, char **argv) {
    static const struct argp argp = {options, parse, NULL, "Prints the version.", NULL, NULL, NULL};
    bool json = false;
    argp_parse(&argp, argc, argv, 0, NULL, &json);
    if (json)
        print_json(c);
    else
        fprintf(c->out, "onus %s\n", ONUS_VERSION);
    return EXIT_DONE;
}
