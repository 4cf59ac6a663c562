/* Owns which source `onus send` posts to and how it proves who it is: the settings are read, as they have all of it, or
 * the source's token is given by itself. Leaves bodies to scenario.c. */
#include "cli/send_source.h"

#include "cli/chart_view.h"
#include "onus/crypto.h"
#include "onus/text.h"

#include <string.h>

static const source *find(const settings *all, const char *name, const scenario *what) {
    const source *by_format = NULL;
    const char *wanted = name ? name : what->source;
    for (size_t i = 0; i < all->source_count; i++) {
        const source *one = &all->sources[i];
        if (text_equal(one->name, wanted) && (name || scenario_for(what->name, one->format)))
            return one;
        if (!by_format && scenario_for(what->name, one->format))
            by_format = one;
    }
    return name ? NULL : by_format;
}

static bool no_source(const send_source_options *o, const scenario *what, err *e) {
    if (o->name)
        return err_set(e, ERR_NOT_FOUND, "%s has no source \"%s\"", o->config_path, o->name);
    return err_set(e, ERR_NOT_FOUND, "%s has no source that takes %s (format %s)", o->config_path, what->name,
                   what->format);
}

static bool read_settings(send_source *s, cli *c, const send_source_options *o, err *e) {
    diagnostics d;
    diagnostics_init(&d);
    s->settings = settings_load(o->config_path, &(settings_options){0}, &d);
    if (!s->settings)
        problems_print(c, &d);
    diagnostics_release(&d);
    if (!s->settings)
        return err_set(e, ERR_INVALID, "%s cannot be read; --source-token-file gives a token without it",
                       o->config_path);
    s->from = find(s->settings, o->name, s->what);
    if (!s->from)
        return no_source(o, s->what, e);
    const scenario *as = scenario_for(s->what->name, s->from->format);
    if (!as)
        return err_set(e, ERR_INVALID, "%s is not sent to a source of format %s", s->what->name, s->from->format);
    s->what = as;
    s->name = s->from->name;
    return true;
}

bool send_source_init(send_source *s, cli *c, const send_source_options *o, const scenario *what, err *e) {
    *s = (send_source){.name = o->name ? o->name : what->source, .what = what};
    if (o->config_path && !read_settings(s, c, o, e))
        return false;
    if (o->token_file)
        return remote_read_secret(c, o->token_file, &s->token, e);
    if (s->from && secret_is_set(s->from->token))
        s->token = secret_copy(s->from->token);
    return true;
}

void send_source_release(send_source *s) {
    secret_release(&s->token);
    settings_free(s->settings);
}

const char *send_source_routing_key(const send_source *s, bool shown) {
    static const char any[] = "0123456789abcdef0123456789abcdef"; /* what a source without keys takes, too */
    return !shown && s->from && s->from->routing_key_count ? secret_reveal(s->from->routing_keys[0]) : any;
}

static const char *signature(const source *from, arena *a, const char *body) {
    static const struct {
        const char *format, *header;
    } SIGNED[] = {{"cloudevent", "X-Hub-Signature-256: sha256="}, {"grafana", "X-Grafana-Alerting-Signature: "}};
    for (size_t i = 0; i < sizeof SIGNED / sizeof *SIGNED; i++)
        if (text_equal(SIGNED[i].format, from->format))
            return arena_printf(a, "%s%s", SIGNED[i].header,
                                crypto_hmac_sha256_hex(a, secret_reveal(from->hmac_secrets[0]), body, strlen(body)));
    return NULL;
}

void send_source_sign(const send_source *s, arena *a, secret api_token, client_request *r) {
    r->token = s->token;
    if (!s->from && !secret_is_set(s->token))
        r->token = api_token;
    if (!s->from)
        return;
    if (s->from->hmac_secret_count > 0)
        r->header = signature(s->from, a, r->body);
    if (!secret_is_set(s->token) && s->from->username) {
        r->username = s->from->username;
        r->password = s->from->password;
    }
}
