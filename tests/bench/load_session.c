/*
 * A client's session, over libssh's client and an SFTP of our own: libssh's waits for every answer
 * before it asks again, and asyncssh or paramiko cost more than the servers that are measured.
 */
#include "bench/load.h"

#include <stdlib.h>
#include <string.h>

enum {
    OPEN_WRITE = 0x02,
    OPEN_CREATE = 0x08,
    OPEN_TRUNCATE = 0x10,
    INIT = 1,
    OPEN = 3,
    CLOSE = 4,
    WRITE = 6,
    OPENDIR = 11,
    READDIR = 12,
    STAT = 17,
    STATUS = 101,
    HANDLE = 102,
    NAME = 104,
    ATTRS = 105,
    STATUS_OK = 0,
    STATUS_EOF = 1
};

/* ---- logging in --------------------------------------------------------------------------- */

static ssh_session connected(const struct load_target *target)
{
    static const int quiet = SSH_LOG_NOLOG, nodelay = 1, no = 0;
    long seconds = 120;
    ssh_session ssh = ssh_new();
    if (!ssh) {
        load_fail("no memory");
    }
    ssh_options_set(ssh, SSH_OPTIONS_PROCESS_CONFIG, &no);
    ssh_options_set(ssh, SSH_OPTIONS_HOST, target->host);
    ssh_options_set(ssh, SSH_OPTIONS_PORT, &target->port);
    ssh_options_set(ssh, SSH_OPTIONS_USER, target->user);
    ssh_options_set(ssh, SSH_OPTIONS_LOG_VERBOSITY, &quiet);
    ssh_options_set(ssh, SSH_OPTIONS_NODELAY, &nodelay);
    ssh_options_set(ssh, SSH_OPTIONS_TIMEOUT, &seconds);
    ssh_options_set(ssh, SSH_OPTIONS_KEY_EXCHANGE, "curve25519-sha256");
    ssh_options_set(ssh, SSH_OPTIONS_HOSTKEYS, "ssh-ed25519");
    ssh_options_set(ssh, SSH_OPTIONS_CIPHERS_C_S, "aes128-gcm@openssh.com");
    ssh_options_set(ssh, SSH_OPTIONS_CIPHERS_S_C, "aes128-gcm@openssh.com");
    ssh_options_set(ssh, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
    ssh_options_set(ssh, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
    if (ssh_connect(ssh) != SSH_OK) {
        load_fail("connect to %s:%u: %s", target->host, target->port, ssh_get_error(ssh));
    }
    return ssh;
}

struct load_session *load_login(const struct load_target *target)
{
    struct load_session *session = calloc(1, sizeof *session);
    if (!session) {
        load_fail("no memory");
    }
    session->ssh = connected(target);
    if (ssh_userauth_publickey(session->ssh, NULL, target->key) != SSH_AUTH_SUCCESS) {
        load_fail("login of %s: %s", target->user, ssh_get_error(session->ssh));
    }
    return session;
}

void load_leave(struct load_session *session)
{
    if (session->channel) {
        ssh_channel_close(session->channel);
        ssh_channel_free(session->channel);
    }
    ssh_disconnect(session->ssh);
    ssh_free(session->ssh);
    free(session);
}

/* ---- packets ------------------------------------------------------------------------------ */

struct request {
    size_t size;
    uint8_t bytes[LOAD_WRITE_SIZE + 1024];
};

static void put_u32(struct request *request, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        request->bytes[request->size++] = (uint8_t)(value >> shift);
    }
}

static void put_string(struct request *request, const void *bytes, size_t size)
{
    if (size + 8 > sizeof request->bytes - request->size) {
        load_fail("a request of %zu bytes", size);
    }
    put_u32(request, (uint32_t)size);
    memcpy(&request->bytes[request->size], bytes, size);
    request->size += size;
}

static struct request *begin(struct load_session *session, uint8_t type)
{
    static struct request request;
    request.size = 4;
    request.bytes[request.size++] = type;
    put_u32(&request, ++session->last_id);
    return &request;
}

static void send_request(struct load_session *session, struct request *request)
{
    size_t size = request->size;
    request->size = 0;
    put_u32(request, (uint32_t)(size - 4));
    if (ssh_channel_write(session->channel, request->bytes, (uint32_t)size) !=
        (int)size) {
        load_fail("send: %s", ssh_get_error(session->ssh));
    }
}

static void read_all(struct load_session *session, uint8_t *bytes, uint32_t size)
{
    while (size > 0) {
        int got = ssh_channel_read(session->channel, bytes, size, 0);
        if (got <= 0) {
            load_fail("the server ended the session: %s", ssh_get_error(session->ssh));
        }
        bytes += got;
        size -= (uint32_t)got;
    }
}

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           bytes[3];
}

static uint8_t receive(struct load_session *session)
{
    uint8_t length[4];
    read_all(session, length, sizeof length);
    session->packet_size = get_u32(length);
    if (session->packet_size < 5 || session->packet_size > sizeof session->packet) {
        load_fail("an answer of %u bytes", session->packet_size);
    }
    read_all(session, session->packet, session->packet_size);
    return session->packet[0];
}

static void expect(struct load_session *session, uint8_t type, const char *what)
{
    uint8_t got = receive(session);
    if (got != type) {
        const char *text = got == STATUS && session->packet_size > 13
                               ? (const char *)&session->packet[13]
                               : "";
        load_fail("%s: answer %u, %.*s", what, got,
                  got == STATUS ? (int)(session->packet_size - 13) : 0, text);
    }
}

static void expect_ok(struct load_session *session, const char *what)
{
    expect(session, STATUS, what);
    if (get_u32(&session->packet[5]) != STATUS_OK) {
        load_fail("%s: %.*s", what, (int)(session->packet_size - 13),
                  (const char *)&session->packet[13]);
    }
}

void load_begin_sftp(struct load_session *session)
{
    static const uint8_t init[] = {0, 0, 0, 5, INIT, 0, 0, 0, 3};
    session->channel = ssh_channel_new(session->ssh);
    if (!session->channel || ssh_channel_open_session(session->channel) != SSH_OK ||
        ssh_channel_request_sftp(session->channel) != SSH_OK ||
        ssh_channel_write(session->channel, init, sizeof init) != sizeof init) {
        load_fail("begin SFTP: %s", ssh_get_error(session->ssh));
    }
    receive(session);
}

/* ---- requests ----------------------------------------------------------------------------- */

static void get_handle(struct load_session *session, struct load_handle *handle,
                       const char *path)
{
    expect(session, HANDLE, path);
    handle->size = get_u32(&session->packet[5]);
    if (handle->size > sizeof handle->bytes || handle->size + 9 > session->packet_size) {
        load_fail("a handle of %u bytes", handle->size);
    }
    memcpy(handle->bytes, &session->packet[9], handle->size);
}

void load_open(struct load_session *session, const char *path, struct load_handle *handle)
{
    struct request *request = begin(session, OPEN);
    put_string(request, path, strlen(path));
    put_u32(request, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE);
    put_u32(request, 0);
    send_request(session, request);
    get_handle(session, handle, path);
}

void load_open_folder(struct load_session *session, const char *path,
                      struct load_handle *handle)
{
    struct request *request = begin(session, OPENDIR);
    put_string(request, path, strlen(path));
    send_request(session, request);
    get_handle(session, handle, path);
}

void load_write(struct load_session *session, const struct load_handle *handle,
                const uint8_t *bytes, size_t size)
{
    unsigned unanswered = 0;
    for (size_t at = 0; at < size;) {
        size_t part = size - at < LOAD_WRITE_SIZE ? size - at : LOAD_WRITE_SIZE;
        struct request *request = begin(session, WRITE);
        put_string(request, handle->bytes, handle->size);
        put_u32(request, (uint32_t)((uint64_t)at >> 32));
        put_u32(request, (uint32_t)at);
        put_string(request, &bytes[at], part);
        send_request(session, request);
        unanswered++;
        at += part;
    }
    while (unanswered-- > 0) {
        expect_ok(session, "write");
    }
}

void load_close(struct load_session *session, const struct load_handle *handle)
{
    struct request *request = begin(session, CLOSE);
    put_string(request, handle->bytes, handle->size);
    send_request(session, request);
    expect_ok(session, "close");
}

void load_stat(struct load_session *session, const char *path)
{
    struct request *request = begin(session, STAT);
    put_string(request, path, strlen(path));
    send_request(session, request);
    expect(session, ATTRS, path);
}

uint32_t load_read_folder(struct load_session *session, const struct load_handle *handle)
{
    struct request *request = begin(session, READDIR);
    put_string(request, handle->bytes, handle->size);
    send_request(session, request);
    uint8_t type = receive(session);
    if (type == STATUS && get_u32(&session->packet[5]) == STATUS_EOF) {
        return 0;
    }
    if (type != NAME) {
        load_fail("readdir: answer %u", type);
    }
    return get_u32(&session->packet[5]);
}
