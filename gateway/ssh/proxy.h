/*
 * The first moment of a connection that comes through a load balancer: its PROXY header is read, and
 * auth is told who the client is. Nothing of the client's own bytes is touched.
 */
#ifndef GARITA_SSH_PROXY_H
#define GARITA_SSH_PROXY_H

#include <netinet/in.h>
#include <stdint.h>

#include "base/err.h"

enum { PROXY_WAIT_MS = 3000 /* for the whole header */ };

enum proxy_outcome {
    PROXY_ADMITTED, /* `address` is the client's, and may connect */
    PROXY_LOCAL,    /* a health check, or a proxy that left: nobody is there */
    PROXY_REFUSED   /* err says why */
};

struct proxy {
    uint64_t connection;
    int socket; /* borrowed, non-blocking */
    int auth;   /* borrowed */
    char address[INET6_ADDRSTRLEN];
};

enum proxy_outcome proxy_meet(struct proxy *proxy, struct err *err);

#endif
