/*
 * What a session claims that its client signed, and the key inside it. Whatever parses must read
 * back byte by byte, and no signature of zeros verifies.
 */
#include <stdlib.h>

#include "auth/key.h"
#include "auth/signed_data.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_written_again(const struct signed_data *data, struct bytes original)
{
    struct buf buf;
    buf_init(&buf, original.size);
    buf_put_string(&buf, data->session_id.at, data->session_id.size);
    buf_put_u8(&buf, 50);
    buf_put_text(&buf, data->user);
    buf_put_text(&buf, "ssh-connection");
    buf_put_text(&buf, "publickey");
    buf_put_u8(&buf, 1);
    buf_put_string(&buf, data->algorithm.at, data->algorithm.size);
    buf_put_string(&buf, data->key.at, data->key.size);
    check(!buf.failed && bytes_equal(buf_view(&buf), original));
    buf_done(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t zeros[64];
    struct bytes bytes = {data, size};
    struct signed_data parsed;
    if (!signed_data_parse(bytes, &parsed)) {
        return 0;
    }
    check(strlen(parsed.user) > 0);
    check_written_again(&parsed, bytes);
    AUTO(key) key = key_parse(parsed.key, NULL);
    if (key) {
        check(!key_verify(key, parsed.algorithm, bytes,
                          (struct bytes){zeros, sizeof zeros}));
    }
    return 0;
}
