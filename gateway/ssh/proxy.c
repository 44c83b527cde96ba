/*
 * See proxy.h. Runs in the session, inside its filter.
 * SECURITY: it reads the header and not one byte more, past the read-ahead of interpose.c (whose
 * recv() leaves calls with flags alone). What the header says is a claim until the supervisor,
 * asked through auth, knows the connection as one that came from a proxy of the policy.
 */
#include "ssh/proxy.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "ssh/ask.h"
#include "ssh/proxy_header.h"
#include "wire/control.h"

enum { ADMISSION_WAIT_MS = 10 * 1000 };

struct reading {
    int socket;
    int64_t deadline_ms;
    size_t size;
    uint8_t bytes[PROXY_HEADER_MAX];
};

static bool wait_for_more(const struct reading *reading, struct err *err)
{
    int64_t left = reading->deadline_ms - clock_monotonic_ms();
    struct pollfd readable = {.fd = reading->socket, .events = POLLIN};
    if (left <= 0 || (poll(&readable, 1, (int)left) == 0)) {
        return err_set(err, ERR_TIMEOUT, "no PROXY header in time");
    }
    return true;
}

/* Takes what is there of the first `wanted` bytes. False: no more will come. */
static bool take(struct reading *reading, size_t wanted, struct err *err)
{
    ssize_t got = recv(reading->socket, &reading->bytes[reading->size],
                       wanted - reading->size, MSG_DONTWAIT);
    if (got > 0) {
        reading->size += (size_t)got;
        return true;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return wait_for_more(reading, err);
    }
    return err_set(err, ERR_CLOSED, "closed within the PROXY header");
}

static enum proxy_outcome read_header(struct reading *reading,
                                      struct proxy_header *header, struct err *err)
{
    for (;;) {
        struct bytes bytes = {reading->bytes, reading->size};
        switch (proxy_header_parse(bytes, header)) {
        case PROXY_HEADER_ADDRESS:
            return PROXY_ADMITTED;
        case PROXY_HEADER_LOCAL:
            return PROXY_LOCAL;
        case PROXY_HEADER_WRONG:
            err_set(err, ERR_INPUT, "a wrong PROXY header");
            return PROXY_REFUSED;
        case PROXY_HEADER_MORE:
            break;
        }
        if (!take(reading, header->size, err)) {
            bool silent = err->code == ERR_CLOSED && reading->size == 0;
            return silent ? PROXY_LOCAL : PROXY_REFUSED;
        }
    }
}

static enum proxy_outcome ask_admission(const struct proxy *proxy, struct err *err)
{
    struct connection_address told = {.connection = proxy->connection,
                                      .address = proxy->address};
    struct ask ask = {.channel = proxy->auth,
                      .deadline_ms = clock_monotonic_ms() + ADMISSION_WAIT_MS,
                      .question_schema = &connection_address_schema,
                      .question = &told,
                      .answer_schema = &connection_admitted_schema};
    struct channel_message in;
    struct connection_admitted answer = {.admitted = 0};
    bool answered = ask_and_wait(&ask, &in, &answer, err);
    channel_message_done(&in);
    if (answered && answer.admitted) {
        return PROXY_ADMITTED;
    }
    err_set(err, ERR_LIMIT, "not admitted");
    return PROXY_REFUSED;
}

enum proxy_outcome proxy_meet(struct proxy *proxy, struct err *err)
{
    struct reading reading = {.socket = proxy->socket,
                              .deadline_ms = clock_monotonic_ms() + PROXY_WAIT_MS};
    struct proxy_header header;
    enum proxy_outcome outcome = read_header(&reading, &header, err);
    if (outcome != PROXY_ADMITTED) {
        return outcome;
    }
    snprintf(proxy->address, sizeof proxy->address, "%s", header.address);
    return ask_admission(proxy, err);
}
