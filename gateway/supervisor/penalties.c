/*
 * See penalties.h (supervisor): a table of sources, searched as a whole; it is asked once a
 * connection, which costs far more.
 */
#include "supervisor/penalties.h"

#include <arpa/inet.h>
#include <string.h>

enum { SOURCE_SIZE = 16, NETWORK_SIZE = 8 };

struct source {
    uint8_t address[SOURCE_SIZE];
    int64_t until_ms; /* 0: a free place */
};

struct penalties {
    struct source sources[PENALTIES_SOURCES];
};

struct penalties *penalties_new(struct err *err)
{
    struct penalties *penalties = calloc(1, sizeof *penalties);
    if (!penalties) {
        err_sys(err, errno, "make the table of penalties");
    }
    return penalties;
}

void penalties_free(struct penalties *penalties)
{
    free(penalties);
}

/* IPv4 as a mapped address; of IPv6 the network that one customer usually has. */
static void source_of(const char *address, uint8_t source[SOURCE_SIZE])
{
    static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    memset(source, 0, SOURCE_SIZE);
    if (inet_pton(AF_INET, address, source + sizeof mapped) == 1) {
        memcpy(source, mapped, sizeof mapped);
    } else if (inet_pton(AF_INET6, address, source) == 1) {
        memset(source + NETWORK_SIZE, 0, SOURCE_SIZE - NETWORK_SIZE);
    }
}

static const struct source *find(const struct penalties *penalties,
                                 const uint8_t source[SOURCE_SIZE])
{
    for (size_t i = 0; i < PENALTIES_SOURCES; i++) {
        if (penalties->sources[i].until_ms != 0 &&
            memcmp(penalties->sources[i].address, source, SOURCE_SIZE) == 0) {
            return &penalties->sources[i];
        }
    }
    return NULL;
}

/* A free place counts as one whose penalty ended long ago. */
static struct source *place_for(struct penalties *penalties,
                                const uint8_t source[SOURCE_SIZE])
{
    const struct source *known = find(penalties, source);
    if (known) {
        return &penalties->sources[known - penalties->sources];
    }
    struct source *first = &penalties->sources[0];
    for (size_t i = 1; i < PENALTIES_SOURCES; i++) {
        if (penalties->sources[i].until_ms < first->until_ms) {
            first = &penalties->sources[i];
        }
    }
    memcpy(first->address, source, SOURCE_SIZE);
    first->until_ms = 0;
    return first;
}

void penalties_add(struct penalties *penalties, const char *address, int64_t now_ms,
                   int64_t added_ms, int64_t most_ms)
{
    uint8_t source[SOURCE_SIZE];
    if (added_ms <= 0) {
        return;
    }
    source_of(address, source);
    struct source *place = place_for(penalties, source);
    int64_t from = place->until_ms > now_ms ? place->until_ms : now_ms;
    int64_t until = from + added_ms;
    place->until_ms = until < now_ms + most_ms ? until : now_ms + most_ms;
}

int64_t penalties_left(const struct penalties *penalties, const char *address,
                       int64_t now_ms)
{
    uint8_t source[SOURCE_SIZE];
    source_of(address, source);
    const struct source *known = find(penalties, source);
    return known && known->until_ms > now_ms ? known->until_ms - now_ms : 0;
}
