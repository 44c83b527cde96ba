/*
 * A network of addresses, as the policy names one: "10.20.0.0/16", "2001:db8::/32", or one
 * address. Pure: text in, answer out; trusts nothing of the text.
 */
#ifndef GARITA_NETWORK_H
#define GARITA_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

enum { NETWORK_ADDRESS_SIZE = 16, NETWORK_BITS_MAX = 128 };

/* IPv4 lies in ::ffff:0:0/96. */
struct network {
    uint8_t address[NETWORK_ADDRESS_SIZE];
    uint32_t bits; /* 1 to NETWORK_BITS_MAX; the address is zero behind them */
};

/* A network that is everybody, or that has bits behind its prefix, is none. */
bool network_parse(const char *text, struct network *network);

/* address is numeric, IPv4 or IPv6; a mapped one counts as IPv4. */
bool network_holds(const struct network *network, const char *address);

#endif
