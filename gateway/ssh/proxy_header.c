/*
 * See proxy_header.h. Runs in the session, inside its filter, before libssh has read a byte.
 * SECURITY: the bytes come from a proxy that the policy names, or from whoever took its place.
 */
#include "ssh/proxy_header.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/auto.h"
#include "base/reader.h"

enum {
    VERSION_2_LOCAL = 0x20,
    VERSION_2_PROXY = 0x21,
    TCP_OVER_IPV4 = 0x11,
    TCP_OVER_IPV6 = 0x21,
    IPV4_SIZE = 4,
    IPV6_SIZE = 16,
    PORTS_SIZE = 4
};

static const uint8_t signature[] = "\r\n\r\n\0\r\nQUIT\n";
enum { SIGNATURE_SIZE = sizeof signature - 1 };

static void write_address(struct bytes source, char text[INET6_ADDRSTRLEN])
{
    static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (source.size == IPV4_SIZE) {
        inet_ntop(AF_INET, source.at, text, INET6_ADDRSTRLEN);
    } else if (memcmp(source.at, mapped, sizeof mapped) == 0) {
        inet_ntop(AF_INET, source.at + sizeof mapped, text, INET6_ADDRSTRLEN);
    } else {
        inet_ntop(AF_INET6, source.at, text, INET6_ADDRSTRLEN);
    }
}

static enum proxy_header_result read_source(struct bytes addresses, uint8_t family,
                                            struct proxy_header *header)
{
    size_t size = family == TCP_OVER_IPV4   ? IPV4_SIZE
                  : family == TCP_OVER_IPV6 ? IPV6_SIZE
                                            : 0;
    struct reader reader = reader_of(addresses);
    struct bytes source = reader_take(&reader, size);
    reader_take(&reader, size + PORTS_SIZE); /* the proxy's own, and the ports */
    if (size == 0 || reader.failed) {
        return PROXY_HEADER_WRONG;
    }
    write_address(source, header->address);
    return PROXY_HEADER_ADDRESS;
}

enum proxy_header_result proxy_header_parse(struct bytes bytes,
                                            struct proxy_header *header)
{
    size_t compared = bytes.size < SIGNATURE_SIZE ? bytes.size : SIGNATURE_SIZE;
    *header = (struct proxy_header){.size = PROXY_HEADER_FIXED};
    if (compared > 0 && memcmp(bytes.at, signature, compared) != 0) {
        return PROXY_HEADER_WRONG;
    }
    if (bytes.size < PROXY_HEADER_FIXED) {
        return PROXY_HEADER_MORE;
    }
    struct reader reader = reader_of(bytes);
    reader_take(&reader, SIGNATURE_SIZE);
    uint8_t command = reader_u8(&reader);
    uint8_t family = reader_u8(&reader);
    size_t length = reader_u16(&reader);
    if ((command != VERSION_2_LOCAL && command != VERSION_2_PROXY) ||
        length > PROXY_HEADER_MAX - PROXY_HEADER_FIXED) {
        return PROXY_HEADER_WRONG;
    }
    header->size = PROXY_HEADER_FIXED + length;
    if (bytes.size < header->size) {
        return PROXY_HEADER_MORE;
    }
    return command == VERSION_2_LOCAL
               ? PROXY_HEADER_LOCAL
               : read_source(reader_take(&reader, length), family, header);
}
