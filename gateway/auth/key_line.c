/*
 * The line of an OpenSSH public key file, which operators paste. Run by garita-auth; the line
 * comes from an operator and is still parsed as if it came from anybody.
 */
#include <ctype.h>
#include <string.h>

#include <openssl/evp.h>

#include "auth/key.h"

static const char blanks[] = " \t";
static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Base64 in whole groups of four, padded at its end only. */
static bool decode(const char *text, size_t length, uint8_t *out, size_t *size)
{
    size_t digits = strspn(text, base64);
    if (digits > length) {
        digits = length;
    }
    size_t padding = length - digits;
    if (length == 0 || length % 4 != 0 || padding > 2 ||
        strspn(text + digits, "=") < padding) {
        return false;
    }
    int decoded = EVP_DecodeBlock(out, (const uint8_t *)text, (int)length);
    if (decoded < 0) {
        return false;
    }
    *size = (size_t)decoded - padding;
    return true;
}

static void copy_comment(const char *text, char comment[KEY_COMMENT_SIZE])
{
    size_t length = 0;
    text += strspn(text, blanks);
    for (; *text && *text != '\n' && *text != '\r' && length + 1 < KEY_COMMENT_SIZE;
         text++) {
        /* Printable ASCII: it is shown in terminals and tables. */
        comment[length++] = isprint((unsigned char)*text) ? *text : '?';
    }
    while (length > 0 && comment[length - 1] == ' ') {
        length--;
    }
    comment[length] = '\0';
}

bool key_line_parse(const char *text, struct key_line *line, struct err *err)
{
    uint8_t decoded[KEY_LINE_MAX];
    text += strspn(text, blanks);
    size_t type_length = strcspn(text, " \t\r\n");
    const char *encoded = text + type_length + strspn(text + type_length, blanks);
    size_t encoded_length = strcspn(encoded, " \t\r\n");
    size_t size = 0;
    if (encoded_length > KEY_LINE_MAX ||
        !decode(encoded, encoded_length, decoded, &size) || size > KEY_BLOB_MAX) {
        return err_set(err, ERR_INPUT,
                       "This is not a line of an OpenSSH public key file.");
    }
    struct bytes blob = {decoded, size};
    AUTO(key) key = key_parse(blob, err);
    if (!key) {
        return false;
    }
    const char *type = key_type(key);
    if (strlen(type) != type_length || strncmp(text, type, type_length) != 0) {
        return err_set(err, ERR_INPUT,
                       "The kind that stands before the key is not the kind of the key.");
    }
    memcpy(line->blob, decoded, size);
    line->blob_size = size;
    copy_comment(encoded + encoded_length, line->comment);
    return true;
}
