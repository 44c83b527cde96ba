/*
 * What writer and reader of a policy image must agree on. Pure.
 */
#include "policy/image.h"

_Static_assert((int)FINDING_COUNT <= (int)IMAGE_VERDICTS, "findings are bits of 64");
_Static_assert(POLICY_RIGHT_COUNT < 32, "rights are bits of 32");

size_t image_record_size(enum image_section section)
{
    static const size_t sizes[IMAGE_SECTION_COUNT] = {
        [IMAGE_AGENCY] = sizeof(struct image_agency),
        [IMAGE_LISTENERS] = sizeof(struct image_listener),
        [IMAGE_NETWORKS] = sizeof(struct network),
        [IMAGE_OPERATORS] = sizeof(uint32_t),
        [IMAGE_CLIENTS] = sizeof(struct image_client),
        [IMAGE_ROLES] = sizeof(struct image_role),
        [IMAGE_ACCOUNTS] = sizeof(struct image_account),
        [IMAGE_SERVICES] = sizeof(struct image_service),
        [IMAGE_MOUNTS] = sizeof(struct image_mount),
        [IMAGE_NUMBERS] = sizeof(uint32_t),
        [IMAGE_TYPES] = sizeof(struct image_type),
        [IMAGE_RULES] = sizeof(struct image_rule),
        [IMAGE_TEXTS] = sizeof(uint32_t),
        [IMAGE_STRINGS] = 1,
    };
    return sizes[section];
}

static uint64_t fnv1a(uint64_t digest, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++) {
        digest = (digest ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return digest;
}

static const uint64_t fnv1a_start = UINT64_C(0xcbf29ce484222325);

uint32_t image_layout(void)
{
    static const char names[] =
#define LIMIT(name, key, fallback, least, most) key ";"
#include "policy/limits.def"
#undef LIMIT
#define VIEW(name, key) key ";"
#include "policy/views.def"
#undef VIEW
#define RIGHT(name, key) key ";"
#include "policy/rights.def"
#undef RIGHT
#define FINDING(code, verdict, sentence) #code ";"
#include "hooks/finding/finding.def"
#undef FINDING
        "";
    uint64_t digest = fnv1a(fnv1a_start, names, sizeof names);
    for (unsigned section = 0; section < IMAGE_SECTION_COUNT; section++) {
        uint32_t size = (uint32_t)image_record_size((enum image_section)section);
        digest = fnv1a(digest, &size, sizeof size);
    }
    return (uint32_t)(digest ^ digest >> 32);
}

uint64_t image_digest(struct bytes image)
{
    size_t skipped = offsetof(struct image_header, layout);
    if (image.size < skipped) {
        return 0;
    }
    return fnv1a(fnv1a_start, image.at + skipped, image.size - skipped);
}
