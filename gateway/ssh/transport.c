/*
 * The settings of libssh. Runs in the spawner and, for the accepting, in the session.
 * SECURITY: these lists are the whole choice. No CBC, no SHA-1, no encrypt-and-MAC (but see
 * OLD_MACS), no compression (its state is a second parser), no group exchange (it reads a file),
 * one host key. Strict key exchange (kex-strict-s-v00@openssh.com) libssh offers by itself.
 */
#include "ssh/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "base/fd.h"
#include "ssh/host_key.h"

#define CIPHERS                                      \
    "aes128-gcm@openssh.com,aes256-gcm@openssh.com," \
    "chacha20-poly1305@openssh.com,aes256-ctr"
#define MACS "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com"
/* Last, and only where the policy says so (old_macs). With a counter mode nothing is known against
   them; without a client of that age nobody needs them. */
#define OLD_MACS "hmac-sha2-256,hmac-sha2-512"

static const struct {
    enum ssh_bind_options_e option;
    const char *value;
} options[] = {
    {SSH_BIND_OPTIONS_KEY_EXCHANGE,
     "curve25519-sha256,curve25519-sha256@libssh.org,"
     "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512"},
    {SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, "ssh-ed25519"},
    {SSH_BIND_OPTIONS_CIPHERS_C_S, CIPHERS},
    {SSH_BIND_OPTIONS_CIPHERS_S_C, CIPHERS},
    {SSH_BIND_OPTIONS_HMAC_C_S, MACS},
    {SSH_BIND_OPTIONS_HMAC_S_C, MACS},
    /* The kinds of keys that garita-auth knows. */
    {SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES,
     "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
     "rsa-sha2-512,rsa-sha2-256"},
    {SSH_BIND_OPTIONS_BANNER, "Garita"},
};

static bool set_options(ssh_bind transport, ssh_key key)
{
    bool no = false;
    int verbosity = SSH_LOG_NOLOG;
    if (ssh_bind_options_set(transport, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no) != SSH_OK ||
        ssh_bind_options_set(transport, SSH_BIND_OPTIONS_LOG_VERBOSITY, &verbosity) !=
            SSH_OK) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (ssh_bind_options_set(transport, options[i].option, options[i].value) !=
            SSH_OK) {
            return false;
        }
    }
    return ssh_bind_options_set(transport, SSH_BIND_OPTIONS_IMPORT_KEY, key) == SSH_OK;
}

bool transport_old_macs(ssh_bind transport, bool allowed)
{
    const char *macs = allowed ? MACS "," OLD_MACS : MACS;
    return ssh_bind_options_set(transport, SSH_BIND_OPTIONS_HMAC_C_S, macs) == SSH_OK &&
           ssh_bind_options_set(transport, SSH_BIND_OPTIONS_HMAC_S_C, macs) == SSH_OK;
}

ssh_bind transport_new(struct bytes host_key, struct err *err)
{
    ssh_key key = host_key_stub(host_key, err);
    if (!key) {
        return NULL;
    }
    ssh_bind transport = ssh_bind_new();
    if (!transport) {
        ssh_key_free(key);
        err_set(err, ERR_SYSTEM, "libssh has no memory");
        return NULL;
    }
    /* The key belongs to the transport from here on. */
    if (!set_options(transport, key)) {
        err_set(err, ERR_SYSTEM, "libssh: %s", ssh_get_error(transport));
        ssh_bind_free(transport);
        return NULL;
    }
    return transport;
}

ssh_session transport_accept(ssh_bind transport, int take_socket, struct err *err)
{
    AUTO_CLOSE int socket = take_socket;
    int yes = 1;
    /* Answers are small and one waits for the next. A socket that is no TCP socket (a test's)
       knows no such option. */
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!fd_set_nonblocking(socket, true, err)) {
        return NULL;
    }
    ssh_session session = ssh_new();
    if (!session) {
        err_set(err, ERR_SYSTEM, "libssh has no memory");
        return NULL;
    }
    if (ssh_bind_accept_fd(transport, session, socket) != SSH_OK) {
        err_set(err, ERR_SYSTEM, "libssh: %s", ssh_get_error(transport));
        ssh_free(session);
        return NULL;
    }
    (void)TAKE_FD(socket);
    ssh_set_blocking(session, 0);
    return session;
}
