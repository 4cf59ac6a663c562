/* Owns the listening socket: an address of the settings to a bound descriptor. */
#include "http/server.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static int bound_port_of(int fd) {
    struct sockaddr_storage bound;
    struct sockaddr_in four;
    socklen_t len = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
        return 0;
    memcpy(&four, &bound, sizeof four); /* the port stands at the same place in both families */
    return ntohs(four.sin_port);
}

static int open_one(const struct addrinfo *at) {
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* "[::1]" is ::1 */
static const char *host_of(const char *host, char *bare, size_t size) {
    size_t len = strlen(host);
    if (len < 2 || host[0] != '[' || host[len - 1] != ']' || len - 2 >= size)
        return host;
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    return bare;
}

/* How to mend it; "" when the system's words say enough. */
static const char *hint_for(int why) {
    static const struct {
        int why;
        const char *hint;
    } HINTS[] = {
        {EADDRINUSE, "; another program listens there: stop it, or change `listen`"},
        {EADDRNOTAVAIL, "; no network interface has this address: change `listen`"},
        {EACCES, "; ports below 1024 need the capability CAP_NET_BIND_SERVICE: change `listen`"},
    };
    for (size_t i = 0; i < sizeof HINTS / sizeof *HINTS; i++)
        if (HINTS[i].why == why)
            return HINTS[i].hint;
    return "";
}

int listen_open(const char *host, int port, int *bound_port, err *e) {
    char service[16], bare[128];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
    int len = snprintf(service, sizeof service, "%d", port);
    if (len < 0 || (size_t)len >= sizeof service)
        return err_set(e, ERR_INVALID, "port %d is no port", port), -1;
    int why = getaddrinfo(host_of(host, bare, sizeof bare), service, &hints, &found);
    if (why != 0) {
        (void)err_set(e, ERR_INVALID, "cannot listen on %s: %s", host, gai_strerror(why));
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next)
        fd = open_one(at);
    if (fd < 0)
        (void)err_set(e, ERR_SYSTEM, "cannot listen on %s port %d: %s%s", host, port, strerror(errno), hint_for(errno));
    freeaddrinfo(found);
    if (fd >= 0)
        *bound_port = bound_port_of(fd);
    return fd;
}
