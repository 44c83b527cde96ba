/*
 * What comes first on a connection from a load balancer. Whatever is taken must be an address in
 * its usual form, and cutting the bytes anywhere must never change the answer but to "more".
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "ssh/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_address(const char *text)
{
    struct in6_addr address;
    char again[INET6_ADDRSTRLEN];
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    check(inet_pton(family, text, &address) == 1);
    check(inet_ntop(family, &address, again, sizeof again) && strcmp(again, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header whole, part;
    enum proxy_header_result result =
        proxy_header_parse((struct bytes){data, size}, &whole);
    check(whole.size >= PROXY_HEADER_FIXED && whole.size <= PROXY_HEADER_MAX);
    if (result == PROXY_HEADER_ADDRESS) {
        check_address(whole.address);
    }
    if (result == PROXY_HEADER_MORE) {
        check(whole.size > size);
        return 0;
    }
    if (result == PROXY_HEADER_WRONG) {
        return 0;
    }
    check(whole.size <= size);
    for (size_t cut = 0; cut < whole.size; cut++) {
        check(proxy_header_parse((struct bytes){data, cut}, &part) == PROXY_HEADER_MORE);
    }
    check(proxy_header_parse((struct bytes){data, whole.size}, &part) == result);
    return 0;
}
