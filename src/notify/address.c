/* Owns the judgement of addresses: which are private, which are nobody's. Pure.
 *
 * The one difficulty: IPv6 has many ways to carry an IPv4 address (mapped, NAT64, 6to4, Teredo); each is judged as the
 * IPv4 address that is reached. */
#include "notify/notify_room.h"
#include "onus/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

typedef struct prefix_row {
    unsigned char bytes[16];
    unsigned bits;
    address_class class;
} prefix_row;

static const prefix_row ipv4_prefixes[] = {
    {{0}, 8, ADDRESS_UNUSABLE},             /* "this network"; connects to the machine itself */
    {{10}, 8, ADDRESS_PRIVATE},             /* RFC 1918 */
    {{100, 64}, 10, ADDRESS_PRIVATE},       /* RFC 6598, carrier-grade NAT */
    {{127}, 8, ADDRESS_PRIVATE},            /* loopback */
    {{169, 254}, 16, ADDRESS_LINK_LOCAL},   /* RFC 3927; 169.254.169.254 holds credentials */
    {{172, 16}, 12, ADDRESS_PRIVATE},       /* RFC 1918 */
    {{192, 0, 0}, 24, ADDRESS_UNUSABLE},    /* RFC 6890 */
    {{192, 0, 2}, 24, ADDRESS_UNUSABLE},    /* documentation */
    {{192, 168}, 16, ADDRESS_PRIVATE},      /* RFC 1918 */
    {{198, 18}, 15, ADDRESS_PRIVATE},       /* RFC 2544, benchmarks */
    {{198, 51, 100}, 24, ADDRESS_UNUSABLE}, /* documentation */
    {{203, 0, 113}, 24, ADDRESS_UNUSABLE},  /* documentation */
    {{224}, 4, ADDRESS_UNUSABLE},           /* multicast */
    {{240}, 4, ADDRESS_UNUSABLE},           /* reserved, broadcast */
};

static const prefix_row ipv6_prefixes[] = {
    {{0xfe, 0x80}, 10, ADDRESS_LINK_LOCAL},
    {{0xfe, 0xc0}, 10, ADDRESS_PRIVATE},              /* site-local, RFC 3879 */
    {{0xfc}, 7, ADDRESS_PRIVATE},                     /* unique local; fd00:ec2::254 is among them */
    {{0xff}, 8, ADDRESS_UNUSABLE},                    /* multicast */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, ADDRESS_UNUSABLE}, /* documentation */
    {{0x01, 0x00}, 64, ADDRESS_UNUSABLE},             /* discard, RFC 6666 */
};

/* Where an IPv6 prefix is followed by an IPv4 address. `flipped`: its bits are inverted. */
static const struct carrier_row {
    unsigned char bytes[16];
    unsigned bits, at;
    bool flipped;
} carriers[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12, false}, /* mapped */
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12, false},       /* translated, RFC 2765 */
    {{0, 0x64, 0xff, 0x9b}, 96, 12, false},                      /* NAT64 */
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 96, 12, false},                /* NAT64, RFC 8215 */
    {{0x20, 0x02}, 16, 2, false},                                /* 6to4 */
    {{0x20, 0x01, 0, 0}, 32, 12, true},                          /* Teredo */
};

static address_class classify_by(const prefix_row *rows, size_t count, const unsigned char *bytes) {
    for (size_t i = 0; i < count; i++)
        if (bits_are_equal(bytes, rows[i].bytes, rows[i].bits))
            return rows[i].class;
    return ADDRESS_PUBLIC;
}

static address_class classify_ipv4(const unsigned char bytes[4]) {
    return classify_by(ipv4_prefixes, sizeof ipv4_prefixes / sizeof *ipv4_prefixes, bytes);
}

static address_class classify_ipv6(const unsigned char bytes[16]) {
    static const unsigned char none[12];
    if (memcmp(bytes, &in6addr_loopback, 16) == 0)
        return ADDRESS_PRIVATE;
    if (memcmp(bytes, none, sizeof none) == 0) /* "::", and IPv4 in a form that nobody uses any more */
        return ADDRESS_UNUSABLE;
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++) {
        if (!bits_are_equal(bytes, carriers[i].bytes, carriers[i].bits))
            continue;
        unsigned char ipv4[4];
        for (size_t b = 0; b < sizeof ipv4; b++)
            ipv4[b] = (unsigned char)(bytes[carriers[i].at + b] ^ (carriers[i].flipped ? 0xff : 0));
        return classify_ipv4(ipv4);
    }
    return classify_by(ipv6_prefixes, sizeof ipv6_prefixes / sizeof *ipv6_prefixes, bytes);
}

address_class address_classify(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return classify_ipv4((const unsigned char *)&in.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        return classify_ipv6(in6.sin6_addr.s6_addr);
    }
    return ADDRESS_UNUSABLE;
}

address_class address_classify_text(const char *address) {
    unsigned char bytes[16];
    if (inet_pton(AF_INET, address, bytes) == 1)
        return classify_ipv4(bytes);
    if (inet_pton(AF_INET6, address, bytes) == 1)
        return classify_ipv6(bytes);
    return ADDRESS_UNUSABLE;
}

bool address_allowed(address_class class, bool allow_private) {
    return class == ADDRESS_PUBLIC || (allow_private && (class == ADDRESS_PRIVATE || class == ADDRESS_LINK_LOCAL));
}
