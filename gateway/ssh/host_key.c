/*
 * Makes the stub as an unencrypted private key in OpenSSH's own format (PROTOCOL.key), since that is
 * what libssh imports.
 */
#include "ssh/host_key.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/reader.h"

enum { PUBLIC_SIZE = 32, SEED_SIZE = 32, STUB_MAX = 1024, BLOCK = 8 };

static void put_private(struct buf *buf, struct bytes public_half)
{
    static const uint8_t seed[SEED_SIZE];
    struct buf section;
    buf_init(&section, STUB_MAX);
    buf_put_u32(&section, 1); /* the two check numbers are equal */
    buf_put_u32(&section, 1);
    buf_put_text(&section, "ssh-ed25519");
    buf_put_string(&section, public_half.at, public_half.size);
    buf_put_u32(&section, SEED_SIZE + PUBLIC_SIZE);
    buf_put(&section, seed, sizeof seed);
    buf_put(&section, public_half.at, public_half.size);
    buf_put_text(&section, "");
    for (uint8_t pad = 1; buf_size(&section) % BLOCK != 0; pad++) {
        buf_put_u8(&section, pad);
    }
    struct bytes view = buf_view(&section);
    buf_put_string(buf, view.at, view.size);
    buf_done(&section);
}

static void put_stub(struct buf *buf, struct bytes blob, struct bytes public_half)
{
    static const char magic[] = "openssh-key-v1"; /* with its NUL */
    buf_put(buf, magic, sizeof magic);
    buf_put_text(buf, "none");
    buf_put_text(buf, "none");
    buf_put_text(buf, "");
    buf_put_u32(buf, 1);
    buf_put_string(buf, blob.at, blob.size);
    put_private(buf, public_half);
}

ssh_key host_key_stub(struct bytes blob, struct err *err)
{
    struct reader reader = reader_of(blob);
    struct bytes type = reader_string(&reader);
    struct bytes public_half = reader_string(&reader);
    if (!reader_finished(&reader) || !bytes_equal(type, bytes_of_text("ssh-ed25519")) ||
        public_half.size != PUBLIC_SIZE) {
        err_set(err, ERR_INPUT, "the host key is not Ed25519");
        return NULL;
    }
    char text[2 * STUB_MAX];
    struct buf stub;
    buf_init(&stub, STUB_MAX);
    put_stub(&stub, blob, public_half);
    struct bytes view = buf_view(&stub);
    int used = snprintf(text, sizeof text, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    used += EVP_EncodeBlock((unsigned char *)text + used, view.at, (int)view.size);
    snprintf(text + used, sizeof text - (size_t)used,
             "\n-----END OPENSSH PRIVATE KEY-----\n");
    buf_done(&stub);
    ssh_key key = NULL;
    if (ssh_pki_import_privkey_base64(text, NULL, NULL, NULL, &key) != SSH_OK) {
        err_set(err, ERR_SYSTEM, "libssh does not take the host key");
        return NULL;
    }
    return key;
}
