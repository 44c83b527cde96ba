/*
 * Both ends of an SSH connection in one process, over a pair of sockets. Runs in the spawner, once.
 * No key is involved: the host key is a stub with a made-up public half, its signature is zeros,
 * and the other end, which is ours as well, takes it. Nobody else can reach these sockets.
 */
#include "ssh/warm_up.h"

#include <libssh/libssh.h>
#include <libssh/server.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "ssh/interpose.h"
#include "ssh/transport.h"

enum { TURNS_MAX = 1000, PUBLIC_SIZE = 32 };

static bool sign(void *context, struct bytes exchange_hash, unsigned char *signature)
{
    (void)context;
    (void)exchange_hash;
    memset(signature, 0, INTERPOSE_SIGNATURE_SIZE);
    return true;
}

static bool verify(void *context, struct bytes signed_data, struct bytes signature)
{
    (void)context;
    (void)signed_data;
    (void)signature;
    return true;
}

static ssh_bind made_up_transport(struct err *err)
{
    static const uint8_t public_half[PUBLIC_SIZE];
    struct buf blob;
    buf_init(&blob, 128);
    buf_put_text(&blob, "ssh-ed25519");
    buf_put_string(&blob, public_half, sizeof public_half);
    ssh_bind transport = transport_new(buf_view(&blob), err);
    buf_done(&blob);
    return transport;
}

static ssh_session client_on(int fd)
{
    bool no = false;
    int verbosity = SSH_LOG_NOLOG;
    ssh_session client = ssh_new();
    if (client && ssh_options_set(client, SSH_OPTIONS_PROCESS_CONFIG, &no) == SSH_OK &&
        ssh_options_set(client, SSH_OPTIONS_LOG_VERBOSITY, &verbosity) == SSH_OK &&
        ssh_options_set(client, SSH_OPTIONS_HOST, "here") == SSH_OK &&
        ssh_options_set(client, SSH_OPTIONS_USER, "nobody") == SSH_OK &&
        ssh_options_set(client, SSH_OPTIONS_SSH_DIR, "/") == SSH_OK &&
        ssh_options_set(client, SSH_OPTIONS_FD, &fd) == SSH_OK) {
        ssh_set_blocking(client, 0);
        return client;
    }
    ssh_free(client);
    return NULL;
}

/* Each end has its turn until both have what they need. */
static bool meet(ssh_session client, ssh_session server)
{
    int connected = SSH_AGAIN;
    int exchanged = SSH_AGAIN;
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        connected = connected == SSH_AGAIN ? ssh_connect(client) : connected;
        exchanged = exchanged == SSH_AGAIN ? ssh_handle_key_exchange(server) : exchanged;
        if (connected == SSH_ERROR || exchanged == SSH_ERROR) {
            return false;
        }
        if (connected == SSH_OK && exchanged == SSH_OK) {
            return true;
        }
    }
    return false;
}

static bool run(ssh_bind transport, int ends[2], struct err *err)
{
    ssh_session server = transport_accept(transport, ends[0], err);
    ssh_session client = server ? client_on(ends[1]) : NULL;
    bool met = false;
    if (!client) {
        close(ends[1]);
    } else {
        met = meet(client, server);
    }
    if (!met && server) {
        err_set(err, ERR_SYSTEM, "libssh with itself: %s / %s", ssh_get_error(server),
                client ? ssh_get_error(client) : "no client");
    }
    ssh_free(client);
    ssh_free(server);
    return met;
}

bool warm_up(struct err *err)
{
    int ends[2];
    ssh_bind transport = made_up_transport(err);
    if (!transport) {
        return false;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
        ssh_bind_free(transport);
        return err_sys(err, errno, "make a pair of sockets");
    }
    struct interpose interpose = {.sign = sign, .verify = verify, .socket = ends[0]};
    interpose_session(&interpose);
    bool met = run(transport, ends, err);
    interpose_session(NULL);
    ssh_bind_free(transport);
    return met;
}
