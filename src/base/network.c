/* IP addresses and networks: reading, printing, and what lies in what. Leaves names to nobody: none is resolved. */
#include "onus/network.h"

#include "onus/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { ADDRESS_TEXT_BYTES = INET6_ADDRSTRLEN, IPV4_AT = 12, BITS = 128 };

static const ip_network loopback4 = {{{[10] = 0xff, 0xff, 127}}, 104};
static const ip_network mapped = {{{[10] = 0xff, 0xff}}, 96};

bool ip_from_text(const char *text, ip_address *out) {
    ip_address four = mapped.base;
    if (inet_pton(AF_INET, text, four.bytes + IPV4_AT) == 1)
        *out = four;
    else if (inet_pton(AF_INET6, text, out->bytes) != 1)
        return false;
    return true;
}

ip_address ip_from_socket(const struct sockaddr *address) {
    ip_address out = {{0}};
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    if (address->sa_family == AF_INET) {
        memcpy(&four, address, sizeof four);
        out = mapped.base;
        memcpy(out.bytes + IPV4_AT, &four.sin_addr, sizeof four.sin_addr);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&six, address, sizeof six);
        memcpy(out.bytes, &six.sin6_addr, sizeof out.bytes);
    }
    return out;
}

char *ip_to_text(arena *a, const ip_address *address) {
    char text[ADDRESS_TEXT_BYTES] = "";
    bool four = network_has(&mapped, address);
    (void)inet_ntop(four ? AF_INET : AF_INET6, address->bytes + (four ? IPV4_AT : 0), text, sizeof text);
    return arena_strdup(a, text);
}

bool ip_is_loopback(const ip_address *address) {
    return network_has(&loopback4, address) || memcmp(address->bytes, &in6addr_loopback, sizeof address->bytes) == 0;
}

bool bits_are_equal(const unsigned char *a, const unsigned char *b, unsigned bits) {
    const unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

bool network_has(const ip_network *n, const ip_address *address) {
    return bits_are_equal(n->base.bytes, address->bytes, n->bits);
}

bool network_from_text(const char *text, ip_network *out, err *e) {
    char address[ADDRESS_TEXT_BYTES];
    const size_t len = strcspn(text, "/");
    int64_t bits;
    if (len >= sizeof address)
        return err_set(e, ERR_INVALID, "“%.60s” is not an IP address", text);
    memcpy(address, text, len);
    address[len] = '\0';
    if (!ip_from_text(address, &out->base))
        return err_set(e, ERR_INVALID, "“%.60s” is not an IP address", text);
    const int most = strchr(address, ':') ? BITS : BITS - (int)mapped.bits;
    bits = most;
    if (text[len] == '/' && !text_to_int(text + len + 1, 0, most, "the number of bits", &bits, e))
        return false;
    out->bits = (unsigned)(BITS - most + bits);
    return true;
}
