/*
 * All the places where this executable stands in front of its libraries (interpose.h). Runs in the
 * session; one session a process, so the state is static.
 * SECURITY: nothing here holds a secret. A session that was taken over can ask for what these
 * functions ask for, and no more: keys and auth judge by themselves.
 */
#include "ssh/interpose.h"

#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { READ_AHEAD = 256 * 1024 };

static struct {
    const struct interpose *session;
    struct interpose_counts counts;
    uint8_t ahead[READ_AHEAD];
    size_t head, tail;
    bool greeted; /* the client's first line was delivered */
} state;

void interpose_session(const struct interpose *interpose)
{
    state.session = interpose;
    state.counts = (struct interpose_counts){0};
    state.head = 0;
    state.tail = 0;
}

static bool pending(void)
{
    return state.head < state.tail;
}

struct interpose_counts interpose_counts(void)
{
    return state.counts;
}

/* ---- the host key's signature -------------------------------------------------------- */

int EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *siglen,
                   const unsigned char *tbs, size_t tbslen)
{
    (void)ctx;
    if (!sig) {
        *siglen = INTERPOSE_SIGNATURE_SIZE; /* asked for the length first */
        return 1;
    }
    state.counts.signs++;
    if (!state.session || *siglen < INTERPOSE_SIGNATURE_SIZE ||
        !state.session->sign(state.session->context, (struct bytes){tbs, tbslen}, sig)) {
        return 0;
    }
    *siglen = INTERPOSE_SIGNATURE_SIZE;
    return 1;
}

/* ---- a user's signature ---------------------------------------------------------------- */

int EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig, size_t siglen,
                     const unsigned char *tbs, size_t tbslen)
{
    (void)ctx;
    state.counts.verifies++;
    return state.session &&
           state.session->verify(state.session->context, (struct bytes){tbs, tbslen},
                                 (struct bytes){sig, siglen});
}

/* ---- the client's socket --------------------------------------------------------------- */

static ssize_t real_recv(int fd, void *bytes, size_t size, int flags)
{
    return syscall(SYS_recvfrom, fd, bytes, size, flags, NULL, NULL);
}

static int real_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    struct timespec wait = {timeout / 1000, (long)(timeout % 1000) * 1000000};
    return (int)syscall(SYS_ppoll, fds, count, timeout < 0 ? NULL : &wait, NULL, 0);
}

/* libssh takes "nothing there yet" for the end of the connection; it asks only after poll, so
   waiting here is short and rare. */
static ssize_t read_ahead(int fd)
{
    ssize_t got;
    while ((got = real_recv(fd, state.ahead, sizeof state.ahead, 0)) < 0 &&
           (errno == EAGAIN || errno == EINTR)) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        real_poll(&readable, 1, -1);
    }
    if (got > 0) {
        state.head = 0;
        state.tail = (size_t)got;
        state.counts.bytes += (size_t)got;
        state.counts.fills++;
    }
    return got;
}

/* The client's first line alone at first: libssh answers it with its list of algorithms, and judges
   the client's, which may be right behind it, only after that answer could leave. Else a client with
   whom nothing can be agreed on would not hear why. */
static size_t deliverable(void)
{
    size_t ready = state.tail - state.head;
    if (!state.greeted) {
        const uint8_t *first = &state.ahead[state.head];
        const uint8_t *end = memchr(first, '\n', ready);
        state.greeted = end != NULL;
        ready = end ? (size_t)(end - first) + 1 : ready;
    }
    return ready;
}

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    if (!state.session || fd != state.session->socket || flags != 0) {
        return real_recv(fd, bytes, size, flags);
    }
    state.counts.reads++;
    if (!pending()) {
        ssize_t got = read_ahead(fd);
        if (got <= 0) {
            return got;
        }
    }
    size_t ready = deliverable();
    size_t taken = size < ready ? size : ready;
    memcpy(bytes, &state.ahead[state.head], taken);
    state.head += taken;
    return (ssize_t)taken;
}

/* What waits to leave goes before what waits to be read. */
static bool can_write(struct pollfd *client)
{
    struct pollfd writable = {.fd = client->fd, .events = POLLOUT};
    return (client->events & POLLOUT) && real_poll(&writable, 1, 0) == 1;
}

/* A socket with bytes read ahead is readable, and the kernel need not be asked. The others wait
   until those bytes are taken: 256 KiB at most. */
int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    state.counts.polls++;
    struct pollfd *client = NULL;
    for (nfds_t i = 0; state.session && pending() && i < count; i++) {
        if (fds[i].fd == state.session->socket && (fds[i].events & POLLIN)) {
            client = &fds[i];
        }
    }
    if (!client) {
        return real_poll(fds, count, timeout);
    }
    for (nfds_t i = 0; i < count; i++) {
        fds[i].revents = 0;
    }
    client->revents = can_write(client) ? POLLOUT : POLLIN;
    return 1;
}
