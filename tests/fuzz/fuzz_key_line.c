/*
 * Lines that operators paste as public keys. What is taken must be a key when it is read again.
 */
#include <stdlib.h>

#include "auth/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = malloc(size + 1);
    struct key_line line;
    if (!text) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (key_line_parse(text, &line, NULL)) {
        AUTO(key) key = key_parse((struct bytes){line.blob, line.blob_size}, NULL);
        if (!key || strlen(line.comment) >= sizeof line.comment) {
            abort();
        }
    }
    return 0;
}
