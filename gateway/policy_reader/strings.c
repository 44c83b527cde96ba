/*
 * An open hash table of offsets into the bytes.
 */
#include "policy_reader/strings.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024 };

static size_t hash(const char *text)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++) {
        digest = (digest ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return (size_t)(digest ^ digest >> 32);
}

void strings_init(struct strings *strings, size_t ceiling)
{
    *strings = (struct strings){0};
    buf_init(&strings->bytes, ceiling);
    strings_put(strings, "");
}

void strings_done(struct strings *strings)
{
    buf_done(&strings->bytes);
    free(strings->slots);
    strings->slots = NULL;
}

static const char *text_at(const struct strings *strings, uint32_t offset)
{
    return (const char *)buf_view(&strings->bytes).at + offset;
}

/* The text's slot, or the free one where it belongs. */
static uint32_t *find_slot(const struct strings *strings, const char *text)
{
    size_t at = hash(text) & (strings->room - 1);
    while (strings->slots[at] != 0 &&
           strcmp(text_at(strings, strings->slots[at] - 1), text) != 0) {
        at = (at + 1) & (strings->room - 1);
    }
    return &strings->slots[at];
}

static bool grow(struct strings *strings)
{
    size_t old_room = strings->room;
    uint32_t *old = strings->slots;
    size_t room = old_room ? 2 * old_room : FIRST_ROOM;
    uint32_t *slots = calloc(room, sizeof *slots);
    if (!slots) {
        return false;
    }
    strings->slots = slots;
    strings->room = room;
    for (size_t i = 0; i < old_room; i++) {
        if (old[i] != 0) {
            *find_slot(strings, text_at(strings, old[i] - 1)) = old[i];
        }
    }
    free(old);
    return true;
}

uint32_t strings_put(struct strings *strings, const char *text)
{
    if (2 * (strings->used + 1) > strings->room && !grow(strings)) {
        strings->failed = true;
        return 0;
    }
    uint32_t *slot = find_slot(strings, text);
    if (*slot == 0) {
        size_t offset = buf_size(&strings->bytes);
        buf_put(&strings->bytes, text, strlen(text) + 1);
        if (strings->bytes.failed) {
            strings->failed = true;
            return 0;
        }
        *slot = (uint32_t)offset + 1;
        strings->used++;
    }
    return *slot - 1;
}
