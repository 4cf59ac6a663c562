/* Addresses and networks, with the pairs that an operator would try. */
#include "onus/network.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

Test(network, what_lies_in_what) {
    static const struct {
        const char *network, *address;
        bool has;
    } rows[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.130/25", "192.0.2.255", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
        {"::1", "::1", true},
        {"127.0.0.1/32", "127.0.0.2", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ip_network n;
        ip_address a;
        err e = {0};
        cr_assert(network_from_text(rows[i].network, &n, &e), "%s: %s", rows[i].network, e.text);
        cr_assert(ip_from_text(rows[i].address, &a), "%s", rows[i].address);
        cr_expect_eq(network_has(&n, &a), rows[i].has, "%s in %s", rows[i].address, rows[i].network);
    }
}

Test(network, what_is_none) {
    static const char *const wrong[] = {
        "",           "10/8",        "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "proxy.example",
        "::/129",     "[::1]",       "10.0.0.1:80", "1.2.3.4.5",   "010.0.0.1", "0x7f.0.0.1",
        "fe80::1%lo", "10.0.0.0/8 ", "10.0.0.0/8/8"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ip_network n;
        err e = {0};
        cr_expect_not(network_from_text(wrong[i], &n, &e), "\"%s\"", wrong[i]);
        cr_expect(e.text[0] != '\0', "\"%s\" says why", wrong[i]);
    }
}

Test(network, of_a_socket) {
    arena *a = arena_new();
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6};
    memcpy(&mapped.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
    const struct {
        const void *socket;
        const char *text;
        bool loopback;
    } rows[] = {{&four, "127.0.0.2", true}, {&six, "::1", true}, {&mapped, "192.0.2.1", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ip_address address = ip_from_socket(rows[i].socket);
        cr_expect_str_eq(ip_to_text(a, &address), rows[i].text);
        cr_expect_eq(ip_is_loopback(&address), rows[i].loopback, "%s", rows[i].text);
    }
    arena_free(a);
}
