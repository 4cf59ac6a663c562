/* IP addresses and networks. An IPv4 address is kept as IPv6 writes it (::ffff:0:0/96), so that a peer is the same one
 * whichever socket it comes through. */
#ifndef ONUS_NETWORK_H
#define ONUS_NETWORK_H

#include "onus/arena.h"
#include "onus/err.h"

#include <sys/socket.h>

typedef struct ip_address {
    unsigned char bytes[16];
} ip_address;

typedef struct ip_network {
    ip_address base;
    unsigned bits; /* of the 128 */
} ip_network;

/* 192.0.2.1 or 2001:db8::1, without brackets, port or zone. */
bool ip_from_text(const char *text, ip_address *out);
/* All zeros when it is neither IPv4 nor IPv6. */
ip_address ip_from_socket(const struct sockaddr *address);
char *ip_to_text(arena *a, const ip_address *address);
bool ip_is_loopback(const ip_address *address); /* 127.0.0.0/8, ::1 */

/* ADDRESS or ADDRESS/BITS. */
MUST_USE bool network_from_text(const char *text, ip_network *out, err *e);
bool network_has(const ip_network *n, const ip_address *address);

/* True when the first `bits` are equal. */
bool bits_are_equal(const unsigned char *a, const unsigned char *b, unsigned bits);

#endif
