/*
 * garita-auth: decides who may log in. Holds password hashes and public keys, in auth.db below
 * its root; answers sessions, tells the registry who came in, and takes operators' changes.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "auth/visitor.h"

enum {
    DESCRIPTORS = 65536 /* one a connection */
};

/* What I may do, beside a loop and threads: SQLite on the files below my root, and mapping the
   policy, which is no file and never code. */
static const struct sandbox_call calls[] = {
    SANDBOX_CALL_IF(mmap, 2, PROT_EXEC, 0),
    SANDBOX_CALL(openat),
    SANDBOX_CALL(fstat),
    SANDBOX_CALL(newfstatat),
    SANDBOX_CALL(access),
    SANDBOX_CALL(faccessat2),
    SANDBOX_CALL(readlink),
    SANDBOX_CALL(getcwd),
    SANDBOX_CALL(lseek),
    SANDBOX_CALL(pread64),
    SANDBOX_CALL(pwrite64),
    SANDBOX_CALL(ftruncate),
    SANDBOX_CALL(fsync),
    SANDBOX_CALL(fdatasync),
    SANDBOX_CALL(unlink),
    SANDBOX_CALL(geteuid),
    SANDBOX_CALL(fchmod),
    SANDBOX_CALL(fchown), /* SQLite as root, when a test starts us so */
    SANDBOX_CALL_IF(fcntl, 1, SANDBOX_INT, F_GETLK),
    SANDBOX_CALL_IF(fcntl, 1, SANDBOX_INT, F_SETLK),
    SANDBOX_CALL_IF(fcntl, 1, SANDBOX_INT, F_GETFD),
    SANDBOX_CALL_IF(fcntl, 1, SANDBOX_INT, F_SETFD),
    SANDBOX_CALL_IF(fcntl, 1, SANDBOX_INT, F_GET_SEALS),
};

static bool prepare(void *context, const struct role_setup *setup,
                    struct sandbox *sandbox, struct err *err)
{
    (void)setup;
    (void)sandbox;
    struct gate *gate = context;
    uint8_t byte;
    gate->owner = getuid(); /* the supervisor's, still */
    umask(077);
    if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) ||
        RAND_bytes(&byte, sizeof byte) != 1) {
        return err_set(err, ERR_SYSTEM, "libcrypto does not start");
    }
    return credentials_init(err);
}

static bool start(void *context, struct loop *loop, struct err *err)
{
    return gate_start(context, loop, err);
}

static bool policy(void *context, int take_fd, struct err *err)
{
    return gate_policy(context, take_fd, err);
}

static void peer(void *context, const struct role_peer *peer, int take_channel)
{
    gate_peer(context, peer, take_channel);
}

static void stop(void *context, uint32_t grace_ms)
{
    (void)grace_ms; /* what waits takes less than a second */
    gate_stop(context);
    role_leave();
}

static void admitted(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    visitor_admitted(context, message);
}

/* Whom I hear, beside peers: the supervisor. */
static const struct wire_permit permits[] = {
    {&connection_admitted_schema, WIRE_STATE_ANY, admitted},
};

static const struct role_body body = {
    .name = "auth",
    .directory = "auth",
    .sandbox = {.files = SANDBOX_FILES_WRITE,
                .file_size = SIZE_MAX,
                .descriptors = DESCRIPTORS,
                .processes = UINT32_MAX,
                .sets = SANDBOX_LOOP | SANDBOX_THREADS,
                .calls = calls,
                .call_count = ARRAY_SIZE(calls)},
    .prepare = prepare,
    .start = start,
    .policy = policy,
    .peer = peer,
    .stop = stop,
    .permits = permits,
    .permit_count = ARRAY_SIZE(permits),
};

int main(void)
{
    static struct gate gate;
    return role_run(&body, &gate);
}
