/*
 * A whole session against OpenSSH's sftp, in its sandbox; the test plays keys, auth and registry. Fails
 * when libssh no longer comes to the functions of interpose.c, or comes round them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/reader.h"
#include "ssh/interpose.h"
#include "ssh/session.h"
#include "ssh/transport.h"
#include "wire/login.h"
#include "wire/signing.h"
#include "wire/tree.h"

enum { REGISTRY, AUTH, KEYS, PEERS, PORT_TEXT = 8, CONTENT = 3000000 };

typedef int (*sign_function)(EVP_MD_CTX *, unsigned char *, size_t *,
                             const unsigned char *, size_t);

struct scene {
    char directory[32];
    char port[PORT_TEXT];
    int listener;
    int ours[PEERS], theirs[PEERS];
    int counts; /* a pipe from the session */
    pid_t session;
    EVP_PKEY *host_key;
    ssh_bind transport;
    struct sandbox_filter *filter;
    int file;           /* what the client puts */
    unsigned questions; /* to auth */
    bool grants;
    const char *login_text; /* what auth was asked last */
};

/* ---- the other roles ------------------------------------------------------------------- */

static struct bytes public_blob(struct scene *scene, struct buf *blob)
{
    uint8_t raw[32];
    size_t size = sizeof raw;
    assert_int_equal(EVP_PKEY_get_raw_public_key(scene->host_key, raw, &size), 1);
    buf_put_text(blob, "ssh-ed25519");
    buf_put_string(blob, raw, size);
    return buf_view(blob);
}

/* The session's own EVP_DigestSign stands before the real one in this executable too. */
static void answer_keys(struct scene *scene, struct channel_message *in)
{
    struct sign_ask ask;
    assert_true(wire_get(in, &sign_ask_schema, &ask, NULL));
    assert_true(ask.exchange_hash.size == 32 || ask.exchange_hash.size == 64);
    void *symbol = dlsym(RTLD_NEXT, "EVP_DigestSign");
    sign_function really_sign;
    memcpy(&really_sign, &symbol, sizeof really_sign);
    uint8_t signature[64];
    size_t size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, scene->host_key), 1);
    assert_int_equal(really_sign(context, signature, &size, ask.exchange_hash.at,
                                 ask.exchange_hash.size),
                     1);
    EVP_MD_CTX_free(context);
    struct sign_answer answer = {.id = ask.id, .signature = {signature, size}};
    wire_send(scene->ours[KEYS], &sign_answer_schema, &answer, NULL, NULL);
}

static void answer_auth(struct scene *scene, struct channel_message *in)
{
    struct reader reader = reader_of((struct bytes){in->bytes, in->size});
    uint16_t type = reader_u16(&reader);
    struct login_answer answer = {.id = reader_u32(&reader), .result = LOGIN_DENIED};
    scene->questions++;
    if (scene->grants) {
        answer.result = type == login_probe_schema.type ? LOGIN_USABLE : LOGIN_GRANTED;
    }
    if (type == login_verify_schema.type) {
        scene->login_text = "signature";
    } else if (type == login_password_schema.type) {
        scene->login_text = "password";
    }
    wire_send(scene->ours[AUTH], &login_answer_schema, &answer, NULL, NULL);
}

static void answer_registry(struct scene *scene, struct channel_message *in)
{
    struct reader reader = reader_of((struct bytes){in->bytes, in->size});
    uint16_t type = reader_u16(&reader);
    uint32_t id = reader_u32(&reader);
    if (type == tree_realpath_schema.type) {
        struct tree_path path = {.id = id, .path = "/"};
        wire_send(scene->ours[REGISTRY], &tree_path_schema, &path, NULL, NULL);
    } else if (type == tree_open_schema.type) {
        struct tree_opened opened = {
            .id = id, .handle = 1, .size = CONTENT, .limit = INT64_MAX};
        wire_send(scene->ours[REGISTRY], &tree_opened_schema, &opened, &scene->file,
                  NULL);
    } else if (type == tree_stat_schema.type) {
        struct tree_attributes found = {
            .id = id, .kind = TREE_FILE, .permissions = 0640, .size = CONTENT};
        wire_send(scene->ours[REGISTRY], &tree_attributes_schema, &found, NULL, NULL);
    } else {
        struct tree_status status = {.id = id};
        wire_send(scene->ours[REGISTRY], &tree_status_schema, &status, NULL, NULL);
    }
}

static void answer_one(struct scene *scene, int peer)
{
    static void (*const answers[PEERS])(struct scene *, struct channel_message *) = {
        [REGISTRY] = answer_registry, [AUTH] = answer_auth, [KEYS] = answer_keys};
    static struct channel_message in;
    struct err err = {0};
    if (channel_receive(scene->ours[peer], &in, &err) == CHANNEL_OK) {
        answers[peer](scene, &in);
        channel_message_done(&in);
    } else {
        close(scene->ours[peer]);
        scene->ours[peer] = -1;
    }
}

/* Until the session has gone and closed all its channels. */
static void play(struct scene *scene)
{
    for (;;) {
        struct pollfd fds[PEERS];
        bool alive = false;
        for (int i = 0; i < PEERS; i++) {
            fds[i] = (struct pollfd){.fd = scene->ours[i], .events = POLLIN};
            alive |= scene->ours[i] >= 0;
        }
        if (!alive) {
            return;
        }
        assert_true(poll(fds, PEERS, 60000) > 0);
        for (int i = 0; i < PEERS; i++) {
            if (fds[i].revents) {
                answer_one(scene, i);
            }
        }
    }
}

/* ---- the session and its client -------------------------------------------------------- */

static void be_session(struct scene *scene, int counts)
{
    int socket = accept4(scene->listener, NULL, NULL, SOCK_CLOEXEC);
    for (int i = 0; i < PEERS; i++) {
        close(scene->ours[i]);
    }
    struct session_options options = {
        .address = "127.0.0.1",
        .socket = socket,
        .registry = scene->theirs[REGISTRY],
        .auth = scene->theirs[AUTH],
        .keys = scene->theirs[KEYS],
        .transport = scene->transport,
        .filter = scene->filter,
        .limits = {
            .login_grace_ms = 20000, .login_tries = 3, .handles = 64, .idle_ms = 20000}};
    enum connection_outcome outcome = session_run(&options);
    struct interpose_counts counted = interpose_counts();
    _exit(write(counts, &counted, sizeof counted) == sizeof counted ? (int)outcome : 99);
}

static void begin_session(struct scene *scene)
{
    int counts[2];
    assert_int_equal(pipe2(counts, O_CLOEXEC), 0);
    scene->session = fork();
    assert_true(scene->session >= 0);
    if (scene->session == 0) {
        be_session(scene, counts[1]);
    }
    close(counts[1]);
    for (int i = 0; i < PEERS; i++) {
        close(scene->theirs[i]);
    }
    scene->counts = counts[0];
}

/* Whatever the client is asked, its password is the question. */
static pid_t begin_client(const struct scene *scene, const char *batch, const char *key)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid != 0) {
        return pid;
    }
    int quiet = open("/dev/null", O_RDWR);
    dup2(quiet, 0);
    dup2(quiet, 1);
    dup2(quiet, 2);
    setenv("SSH_ASKPASS", "/bin/echo", 1);
    setenv("SSH_ASKPASS_REQUIRE", "force", 1);
    char identity[64], use_key[64];
    snprintf(identity, sizeof identity, "IdentityFile=%s", key ? key : "none");
    snprintf(use_key, sizeof use_key, "PubkeyAuthentication=%s", key ? "yes" : "no");
    execl("/usr/bin/sftp", "sftp", "-F", "/dev/null", "-P", scene->port, "-o",
          "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
          "BatchMode=no", "-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes", "-o",
          use_key, "-o", identity, "-o", "RekeyLimit=1M", "-b", batch, "laredo@127.0.0.1",
          (char *)NULL);
    _exit(127);
}

static int end_of(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void make_listener(struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    scene->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(scene->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(scene->listener, 1), 0);
    getsockname(scene->listener, (struct sockaddr *)&address, &size);
    snprintf(scene->port, sizeof scene->port, "%u", ntohs(address.sin_port));
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct err err = {0};
    signal(SIGPIPE, SIG_IGN);
    strcpy(scene->directory, "/tmp/garita-session-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    make_listener(scene);
    for (int i = 0; i < PEERS; i++) {
        int ends[2];
        assert_true(channel_pair(ends, &err));
        scene->ours[i] = ends[0];
        scene->theirs[i] = ends[1];
    }
    scene->host_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct buf blob;
    buf_init(&blob, 128);
    scene->transport = transport_new(public_blob(scene, &blob), &err);
    buf_done(&blob);
    struct sandbox sandbox = {.calls = session_calls, .call_count = session_call_count};
    scene->filter = sandbox_filter_new(&sandbox, &err);
    assert_true(scene->transport && scene->filter);
    scene->file = memfd_create("file", MFD_CLOEXEC);
    scene->grants = true;
    scene->login_text = "";
    *state = scene;
    return 0;
}

static void path_in(const struct scene *scene, const char *name, char path[64])
{
    snprintf(path, 64, "%s/%s", scene->directory, name);
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    static const char *const names[] = {"batch", "content", "fetched", "key", "key.pub"};
    char path[64];
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        path_in(scene, names[i], path);
        unlink(path);
    }
    rmdir(scene->directory);
    ssh_bind_free(scene->transport);
    sandbox_filter_free(scene->filter);
    EVP_PKEY_free(scene->host_key);
    close(scene->listener);
    close(scene->counts);
    close(scene->file);
    free(scene);
    return 0;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
}

static void make_key(const char *path)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl("/usr/bin/ssh-keygen", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
              path, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(end_of(pid), 0);
}

static void assert_same(const char *path, int file, const uint8_t *content)
{
    AUTO_CLOSE int fetched = open(path, O_RDONLY | O_CLOEXEC);
    AUTO_FREE uint8_t *got = malloc(CONTENT);
    assert_int_equal(pread(file, got, CONTENT, 0), CONTENT);
    assert_memory_equal(got, content, CONTENT);
    assert_int_equal(pread(fetched, got, CONTENT, 0), CONTENT);
    assert_memory_equal(got, content, CONTENT);
}

/* Puts and gets a file that is larger than windows, queues and the rekey limit. */
static struct interpose_counts transfer(struct scene *scene, const char *key)
{
    char content[64], fetched[64], batch[64], lines[256];
    AUTO_FREE uint8_t *bytes = malloc(CONTENT);
    for (uint32_t i = 0; i < CONTENT; i++) {
        bytes[i] = (uint8_t)(i * 2654435761u >> 24);
    }
    path_in(scene, "content", content);
    path_in(scene, "fetched", fetched);
    path_in(scene, "batch", batch);
    write_file(content, bytes, CONTENT);
    snprintf(lines, sizeof lines, "put %s /a\nget /a %s\n", content, fetched);
    write_file(batch, lines, strlen(lines));
    begin_session(scene);
    pid_t client = begin_client(scene, batch, key);
    play(scene);
    assert_int_equal(end_of(client), 0);
    assert_same(fetched, scene->file, bytes);
    struct interpose_counts counts = {0};
    assert_int_equal(read(scene->counts, &counts, sizeof counts), sizeof counts);
    assert_int_equal(end_of(scene->session), CONNECTION_SERVED);
    return counts;
}

/* ---- tests ----------------------------------------------------------------------------- */

static void session_with_a_password_transfers_across_rekeys(void **state)
{
    struct scene *scene = *state;
    struct interpose_counts counts = transfer(scene, NULL);
    assert_string_equal(scene->login_text, "password");
    assert_true(counts.signs > 3);
    assert_int_equal(counts.verifies, 0);
}

static void session_with_a_key_has_auth_verify_it(void **state)
{
    struct scene *scene = *state;
    char key[64];
    path_in(scene, "key", key);
    make_key(key);
    struct interpose_counts counts = transfer(scene, key);
    assert_string_equal(scene->login_text, "signature");
    assert_int_equal(counts.verifies, 1);
}

/* 4 KiB a read is libssh's; what it gets must have been read from the socket in larger pieces. */
static void session_socket_is_read_ahead_of_libssh(void **state)
{
    struct scene *scene = *state;
    struct interpose_counts counts = transfer(scene, NULL);
    assert_true(counts.bytes > CONTENT);
    assert_true(counts.reads > CONTENT / 4096);
    assert_true(counts.polls > 0);
    assert_true(counts.fills < counts.reads);
}

static int failing_client(struct scene *scene)
{
    char batch[64];
    path_in(scene, "batch", batch);
    write_file(batch, "pwd\n", 4);
    begin_session(scene);
    pid_t client = begin_client(scene, batch, NULL);
    play(scene);
    assert_int_not_equal(end_of(client), 0);
    return end_of(scene->session);
}

static void session_without_keys_has_no_key_exchange(void **state)
{
    struct scene *scene = *state;
    close(scene->ours[KEYS]);
    scene->ours[KEYS] = -1;
    assert_int_equal(failing_client(scene), CONNECTION_NO_LOGIN);
    assert_int_equal(scene->questions, 0);
}

static void session_that_auth_refuses_ends_as_a_failed_login(void **state)
{
    struct scene *scene = *state;
    scene->grants = false;
    assert_int_equal(failing_client(scene), CONNECTION_LOGIN_FAILED);
    assert_in_range(scene->questions, 1, 3);
}

static void session_ends_when_the_registry_leaves(void **state)
{
    struct scene *scene = *state;
    close(scene->ours[REGISTRY]);
    scene->ours[REGISTRY] = -1;
    assert_int_equal(failing_client(scene), CONNECTION_NO_LOGIN);
}

static void session_filter_is_narrow(void **state)
{
    (void)state;
    enum { ALWAYS = 18 }; /* base/sandbox_calls.c: base_calls */
    assert_true(session_call_count + ALWAYS <= 30);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    if (access("/usr/bin/sftp", X_OK) != 0) {
        return 77;
    }
    const struct CMUnitTest tests[] = {
        TEST(session_with_a_password_transfers_across_rekeys),
        TEST(session_with_a_key_has_auth_verify_it),
        TEST(session_socket_is_read_ahead_of_libssh),
        TEST(session_without_keys_has_no_key_exchange),
        TEST(session_that_auth_refuses_ends_as_a_failed_login),
        TEST(session_ends_when_the_registry_leaves),
        cmocka_unit_test(session_filter_is_narrow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
