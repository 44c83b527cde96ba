/*
 * Runs of bytes: compare them, write them as hexadecimal digits and back. Every process.
 */
#include "base/bytes.h"

#include <string.h>

#include "base/err.h"

struct bytes bytes_of_text(const char *text)
{
    return (struct bytes){.at = (const uint8_t *)text, .size = strlen(text)};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

bool bytes_equal_secret(struct bytes a, struct bytes b)
{
    if (a.size != b.size) {
        return false;
    }
    /* volatile: the compiler may not leave the loop at the first difference. */
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < a.size; i++) {
        difference = (uint8_t)(difference | (a.at[i] ^ b.at[i]));
    }
    return difference == 0;
}

void hex_encode(struct bytes bytes, char *text, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    if (bytes.size > (SIZE_MAX - 1) / 2 || size < 2 * bytes.size + 1) {
        bug("hex_encode: %zu bytes into %zu characters", bytes.size, size);
    }
    for (size_t i = 0; i < bytes.size; i++) {
        text[2 * i] = digits[bytes.at[i] >> 4];
        text[2 * i + 1] = digits[bytes.at[i] & 15];
    }
    text[2 * bytes.size] = '\0';
}

static unsigned digit_value(char digit)
{
    if (digit <= '9') {
        return (unsigned)(digit - '0');
    }
    return (unsigned)((digit | 0x20) - 'a' + 10); /* either case */
}

bool hex_decode(const char *text, uint8_t *out, size_t size)
{
    size_t length = strlen(text);
    if (length / 2 != size || length % 2 != 0 ||
        strspn(text, "0123456789abcdefABCDEF") != length) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
    }
    return true;
}
