/*
 * See network.h: inet_pton() reads the addresses, the prefix is compared bit by bit.
 */
#include "policy/network.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

enum { V4_BITS = 96 /* before an IPv4 address */ };

/* The number of bits in front of the part that the text writes: 96 or 0; -1: no address. */
static int read_address(const char *text, uint8_t address[NETWORK_ADDRESS_SIZE])
{
    static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (inet_pton(AF_INET, text, address + sizeof mapped) == 1) {
        memcpy(address, mapped, sizeof mapped);
        return V4_BITS;
    }
    return inet_pton(AF_INET6, text, address) == 1 ? 0 : -1;
}

/* One to three digits without a leading zero. */
static bool read_prefix(const char *text, uint32_t most, uint32_t *bits)
{
    size_t digits = strspn(text, "0123456789");
    *bits = 0;
    for (size_t i = 0; i < digits && i < 3; i++) {
        *bits = *bits * 10 + (uint32_t)(text[i] - '0');
    }
    return digits <= 3 && text[digits] == '\0' && text[0] != '0' && *bits >= 1 &&
           *bits <= most;
}

static bool bit(const uint8_t *address, uint32_t index)
{
    return address[index / 8] >> (7 - index % 8) & 1;
}

bool network_parse(const char *text, struct network *network)
{
    char address[INET6_ADDRSTRLEN];
    size_t size = strcspn(text, "/");
    if (size >= sizeof address) {
        return false;
    }
    memcpy(address, text, size);
    address[size] = '\0';
    struct network read = {.bits = 0};
    int before = read_address(address, read.address);
    if (before < 0) {
        return false;
    }
    read.bits = NETWORK_BITS_MAX - (uint32_t)before;
    if (text[size] == '/' && !read_prefix(text + size + 1, read.bits, &read.bits)) {
        return false;
    }
    read.bits += (uint32_t)before;
    for (uint32_t i = read.bits; i < NETWORK_BITS_MAX; i++) {
        if (bit(read.address, i)) {
            return false;
        }
    }
    *network = read;
    return true;
}

bool network_holds(const struct network *network, const char *address)
{
    uint8_t read[NETWORK_ADDRESS_SIZE];
    if (read_address(address, read) < 0) {
        return false;
    }
    for (uint32_t i = 0; i < network->bits; i++) {
        if (bit(network->address, i) != bit(read, i)) {
            return false;
        }
    }
    return true;
}
