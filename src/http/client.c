/* Owns who asks: a program on this machine, whoever is at the other end of the connection, or whom a proxy forwards
 * that the settings believe. Leaves what they may do to the app.
 *
 * The difficulty: much on this machine speaks for others. A proxy forwards strangers, a browser sends what any page
 * tells it to, and a page may have a name of its own that points to 127.0.0.1. So to be local takes all of the
 * connection, the Host and the absence of every header of a proxy. */
#include "http/server.h"

#include "onus/text.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

/* ── a name of this machine ── */

static bool is_port(const char *text) {
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= 5 && text[digits] == '\0';
}

/* In brackets only ::1, not an IPv4 address in IPv6's clothes. */
static bool is_loopback_literal(const char *host, size_t len, bool bracketed) {
    char bare[64];
    ip_address address;
    if (len >= sizeof bare)
        return false;
    memcpy(bare, host, len);
    bare[len] = '\0';
    return ip_from_text(bare, &address) && ip_is_loopback(&address) &&
           bracketed == (memcmp(address.bytes, &in6addr_loopback, sizeof address.bytes) == 0);
}

/* 127.0.0.0/8, [::1] or localhost, with a port or without: no foreign name reads so, whatever it points to. */
static bool is_loopback_host(const char *host) {
    static const char name[] = "localhost";
    bool bracketed = host[0] == '[';
    const char *start = host + bracketed;
    size_t len = strcspn(start, bracketed ? "]" : ":");
    const char *rest = start + len;
    if (bracketed && *rest++ != ']')
        return false;
    if (*rest != '\0' && (*rest != ':' || !is_port(rest + 1)))
        return false;
    bool is_name = !bracketed && len == sizeof name - 1 && strncasecmp(start, name, len) == 0;
    return is_name || is_loopback_literal(start, len, bracketed);
}

/* ── what proxies add ── */

/* The beginnings of their names, as the proxies and services of the field write them. */
static const char *const proxy_headers[] = {
    "Forwarded",   "X-Forward",      "X-Original-",   "X-Originating-", "X-Real-",     "Via",
    "Client-IP",   "X-Client-IP",    "X-Cluster-",    "True-Client",    "CF-",         "CDN-",
    "Ali-CDN-",    "Fastly-",        "X-Fastly-",     "Akamai-",        "X-Akamai-",   "X-Azure-",
    "X-Amz-Cf-",   "X-Appengine",    "X-Envoy-",      "X-Varnish",      "X-Squid",     "X-Haproxy-",
    "X-Traefik-",  "X-Nginx-",       "X-ARR-",        "Proxy-",         "X-Proxy",     "WL-Proxy-",
    "X-Rewrite-",  "X-Remote-",      "Remote-",       "X-Host",         "X-Scheme",    "X-Url-Scheme",
    "Front-End-",  "X-Ssl-",         "X-Coming-From", "Incap-",         "X-Sucuri-",   "Tailscale-",
    "X-HTTP-Host", "X-Auth-Request", "X-Vercel-",     "Max-Forwards",   "X-Custom-IP",
};

static bool starts_with_nocase(const char *text, const char *prefix) {
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_of_a_proxy(const char *header) {
    for (size_t i = 0; i < sizeof proxy_headers / sizeof *proxy_headers; i++)
        if (starts_with_nocase(header, proxy_headers[i]))
            return true;
    return false;
}

static bool came_through_a_proxy(const http_exchange *x) {
    for (size_t i = 0; i < x->header_count; i++)
        if (is_of_a_proxy(x->headers[i].name))
            return true;
    return false;
}

bool client_is_trusted(const http_options *o, const ip_address *address) {
    for (size_t i = 0; i < o->trusted_proxy_count; i++)
        if (network_has(&o->trusted_proxies[i], address))
            return true;
    return false;
}

/* A page of another site, open in a browser on this machine, may send requests here; its browser names the site. */
static bool is_from_another_site(const http_exchange *x) {
    const char *origin = http_header(x, "Origin");
    const char *site = origin ? strstr(origin, "://") : NULL;
    return origin && (!site || !text_equal_nocase(site + 3, x->host));
}

bool http_is_local(const http_exchange *x) {
    return ip_is_loopback(&x->peer) && x->host && is_loopback_host(x->host) &&
           !client_is_trusted(&x->loop->server->options, &x->peer) && !came_through_a_proxy(x) &&
           !is_from_another_site(x);
}

/* ── whom a proxy forwards ── */

/* 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1]:80; quoted or not. */
static bool read_hop(const char *text, size_t len, ip_address *out) {
    char bare[64];
    while (len > 0 && strchr(" \t\"", text[len - 1]))
        len--;
    for (; len > 0 && strchr(" \t\"", *text); len--)
        text++;
    bool bracketed = len > 0 && *text == '[';
    const char *end = bracketed ? memchr(text, ']', len) : memchr(text, ':', len);
    bool bare_six = !bracketed && end && memchr(end + 1, ':', len - (size_t)(end + 1 - text));
    if (bracketed && !end)
        return false;
    if (end && !bare_six)
        len = (size_t)(end - text);
    if (len >= sizeof bare || len < (size_t)bracketed)
        return false;
    memcpy(bare, text + bracketed, len - bracketed);
    bare[len - bracketed] = '\0';
    return ip_from_text(bare, out);
}

/* The hops from the client on, in their order. Each proxy adds whom it was asked by at the end, so only what trusted
 * proxies have added counts: the last that is none of them. */
typedef struct hop_walk {
    const http_options *o;
    ip_address client;
    bool known;
} hop_walk;

static void walk_hop(hop_walk *w, const char *text, size_t len) {
    ip_address hop;
    if (!read_hop(text, len, &hop))
        w->known = false; /* "unknown", "_hidden", or garbage: what stands before it is nobody's word */
    else if (!w->known || !client_is_trusted(w->o, &hop)) {
        w->client = hop;
        w->known = true;
    }
}

static void walk_forwarded_for(hop_walk *w, const char *value) {
    for (const char *stop; *value; value = *stop ? stop + 1 : stop) {
        stop = value + strcspn(value, ",");
        walk_hop(w, value, (size_t)(stop - value));
    }
}

/* RFC 7239: for=192.0.2.1;proto=https, for="[2001:db8::1]:80" */
static void walk_forwarded(hop_walk *w, const char *value) {
    for (const char *stop; *value; value = *stop ? stop + 1 : stop) {
        const char *found = NULL;
        for (stop = value; *stop && *stop != ','; stop += *stop == ';') {
            stop += strspn(stop, " \t");
            found = strncasecmp(stop, "for=", 4) == 0 ? stop + 4 : found;
            stop += strcspn(stop, ";,");
        }
        walk_hop(w, found ? found : "", found ? strcspn(found, ";,") : 0);
    }
}

ip_address client_find(const http_exchange *x, const http_options *o) {
    if (!client_is_trusted(o, &x->peer))
        return x->peer;
    hop_walk w = {.o = o};
    bool classic = http_header(x, "X-Forwarded-For") != NULL;
    for (size_t i = 0; i < x->header_count; i++) {
        if (classic && strcasecmp(x->headers[i].name, "X-Forwarded-For") == 0)
            walk_forwarded_for(&w, x->headers[i].value);
        else if (!classic && strcasecmp(x->headers[i].name, "Forwarded") == 0)
            walk_forwarded(&w, x->headers[i].value);
    }
    return w.known ? w.client : x->peer;
}
