/*
 * Run by garita-auth on bytes from a session that may have been taken over.
 */
#include "auth/signed_data.h"

#include <string.h>

#include "base/reader.h"

enum { MESSAGE_USERAUTH_REQUEST = 50 };

static bool is_text(struct bytes bytes, const char *text)
{
    return bytes_equal(bytes, bytes_of_text(text));
}

bool signed_data_user(struct bytes name, char user[SIGNED_DATA_USER_SIZE])
{
    if (name.size == 0 || name.size >= SIGNED_DATA_USER_SIZE ||
        memchr(name.at, '\0', name.size)) {
        return false;
    }
    memcpy(user, name.at, name.size);
    user[name.size] = '\0';
    return true;
}

bool signed_data_parse(struct bytes bytes, struct signed_data *data)
{
    struct reader reader = reader_of(bytes);
    struct signed_data parsed = {.session_id = reader_string(&reader)};
    uint8_t type = reader_u8(&reader);
    struct bytes user = reader_string(&reader);
    struct bytes service = reader_string(&reader);
    struct bytes method = reader_string(&reader);
    uint8_t has_signature = reader_u8(&reader);
    parsed.algorithm = reader_string(&reader);
    parsed.key = reader_string(&reader);
    /* RFC 4251 lets any non-zero byte be TRUE and asks writers to put 1; only 1 is signed. */
    if (!reader_finished(&reader) || type != MESSAGE_USERAUTH_REQUEST ||
        !is_text(service, "ssh-connection") || !is_text(method, "publickey") ||
        has_signature != 1 || !signed_data_user(user, parsed.user)) {
        return false;
    }
    *data = parsed;
    return true;
}
