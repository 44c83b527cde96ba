/*
 * The header of the PROXY protocol, version 2, by which a load balancer tells for whom it connects
 * (HAProxy's proxy-protocol.txt, section 2.2). Pure: bytes in, answer out. Only addresses of TCP
 * are taken; the ports and what follows the addresses (TLVs) are passed over.
 */
#ifndef GARITA_SSH_PROXY_HEADER_H
#define GARITA_SSH_PROXY_HEADER_H

#include <netinet/in.h>
#include <stddef.h>

#include "base/bytes.h"

enum { PROXY_HEADER_FIXED = 16, PROXY_HEADER_MAX = 536 };

enum proxy_header_result {
    PROXY_HEADER_MORE,    /* right so far; `size` bytes are needed to say more */
    PROXY_HEADER_ADDRESS, /* of a client, who is at `address` */
    PROXY_HEADER_LOCAL,   /* the proxy speaks for itself: a health check */
    PROXY_HEADER_WRONG
};

struct proxy_header {
    size_t size; /* of the header; what follows is the client's */
    char address[INET6_ADDRSTRLEN];
};

/* bytes begin with the header; they may be fewer than it, or more. A mapped IPv4 address is
   told as IPv4. */
enum proxy_header_result proxy_header_parse(struct bytes bytes,
                                            struct proxy_header *header);

#endif
