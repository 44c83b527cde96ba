/*
 * garita-ssh: the spawner of SFTP sessions, a role started by the supervisor. What it and its
 * children may do stands here; the work is in spawner.c and session.c.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "policy/policy.h"
#include "ssh/spawner.h"
#include "ssh/warm_up.h"
#include "text/text.h"

enum { DESCRIPTORS = 65536 /* four a connection while it waits for the host key */ };

/* A back-stop behind the limits of accounts, which the registry looks at: 1 TiB. */
static const size_t file_size = (size_t)1 << 40;
static const size_t address_space = (size_t)512 * 1024 * 1024;

/* What the spawner may do beside forking, and its children until they enter their filter. */
static const struct sandbox_call calls[] = {
    SANDBOX_CALL(recvfrom),
    SANDBOX_CALL(sendto),
    SANDBOX_CALL(ppoll),
    SANDBOX_CALL(pread64),
    SANDBOX_CALL(pwrite64),
    SANDBOX_CALL(ftruncate),
    SANDBOX_CALL(fdatasync),
    SANDBOX_CALL(newfstatat),
    SANDBOX_CALL(getsockopt),
    SANDBOX_CALL(setsockopt),
    SANDBOX_CALL(fcntl),
    SANDBOX_CALL(dup3),
    SANDBOX_CALL(close_range),
    SANDBOX_CALL(signalfd4),
    SANDBOX_CALL(prlimit64),
    SANDBOX_CALL(setrlimit),
    SANDBOX_CALL(fstat),
    /* The policy is mapped; sessions may map no file. */
    SANDBOX_CALL_IF(mmap, 2, PROT_EXEC, 0),
};

/* Libraries read their files now: settings of OpenSSL, the time zone, sentences. */
static bool prepare(void *context, const struct role_setup *setup,
                    struct sandbox *sandbox, struct err *err)
{
    (void)setup;
    (void)sandbox;
    struct spawner **spawner = context;
    tzset();
    if (!OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) || ssh_init() != SSH_OK) {
        return err_set(err, ERR_SYSTEM, "libraries do not start");
    }
    *spawner = spawner_new(err);
    if (!*spawner || !text_init(NULL, err) || !warm_up(err)) {
        return false;
    }
    strerror(EPIPE); /* libc's own sentences, which libssh asks for */
    return true;
}

static bool start(void *context, struct loop *loop, struct err *err)
{
    struct spawner **spawner = context;
    return spawner_start(*spawner, loop, err);
}

static bool policy(void *context, int take_fd, struct err *err)
{
    struct spawner **spawner = context;
    AUTO_CLOSE int fd = take_fd;
    AUTO(policy) mapped = policy_map(fd, err);
    if (!mapped) {
        return false;
    }
    struct session_limits limits = {
        .login_grace_ms = policy_limit(mapped, POLICY_LIMIT_LOGIN_GRACE_S) * 1000,
        .login_tries = policy_limit(mapped, POLICY_LIMIT_LOGIN_TRIES),
        .handles = policy_limit(mapped, POLICY_LIMIT_HANDLES),
        .idle_ms = policy_limit(mapped, POLICY_LIMIT_IDLE_S) * 1000,
        .stalled_ms = policy_limit(mapped, POLICY_LIMIT_STALLED_S) * 1000,
        .keepalive_ms = policy_limit(mapped, POLICY_LIMIT_KEEPALIVE_S) * 1000,
        .requests_per_s = policy_limit(mapped, POLICY_LIMIT_REQUESTS_PER_S),
        .language = policy_agency(mapped).language};
    spawner_limits(*spawner, &limits);
    spawner_old_macs(*spawner, policy_limit(mapped, POLICY_LIMIT_OLD_MACS) != 0);
    return true;
}

static void peer(void *context, const struct role_peer *peer, int take_channel)
{
    struct spawner **spawner = context;
    if (peer->role == ROLE_KEYS && peer->connection == 0) {
        spawner_keys(*spawner, take_channel);
    } else {
        log_event(LOG_WARNING, "peer_refused", NULL);
        close(take_channel);
    }
}

static void serve(void *context, const void *message, struct channel_message *in)
{
    struct spawner **spawner = context;
    int fds[SPAWNER_FDS];
    for (size_t i = 0; i < SPAWNER_FDS; i++) {
        fds[i] = channel_message_take_fd(in, i);
    }
    spawner_serve(*spawner, message, fds);
}

static const struct wire_permit permits[] = {
    {&connection_serve_schema, WIRE_STATE_ANY, serve},
};

static const struct role_body body = {
    .name = "ssh",
    .sandbox = {.files = SANDBOX_FILES_NONE,
                .address_space = address_space,
                .file_size = file_size,
                .descriptors = DESCRIPTORS,
                .processes = UINT32_MAX,
                .sets = SANDBOX_LOOP | SANDBOX_CHILDREN,
                .calls = calls,
                .call_count = ARRAY_SIZE(calls)},
    .prepare = prepare,
    .start = start,
    .policy = policy,
    .peer = peer,
    .permits = permits,
    .permit_count = ARRAY_SIZE(permits),
};

int main(void)
{
    struct spawner *spawner = NULL;
    return role_run(&body, &spawner);
}
