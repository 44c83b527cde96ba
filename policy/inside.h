/*
 * A mapped policy as the files of this folder see it. Records have been checked once by
 * policy_map(); the accessors here trust every index and offset in them.
 */
#ifndef GARITA_POLICY_INSIDE_H
#define GARITA_POLICY_INSIDE_H

#include "policy/image.h"

struct policy_account {
    const struct policy *policy;
    const struct image_account *record;
};

struct policy {
    const uint8_t *image; /* mapped read-only */
    size_t size;
    struct policy_account *accounts; /* as IMAGE_ACCOUNTS */
};

static inline const struct image_header *inside_header(const struct policy *policy)
{
    return (const struct image_header *)(const void *)policy->image;
}

static inline size_t inside_count(const struct policy *policy, enum image_section section)
{
    return inside_header(policy)->sections[section].count;
}

static inline const void *inside_record(const struct policy *policy,
                                        enum image_section section, size_t index)
{
    return policy->image + inside_header(policy)->sections[section].first +
           index * image_record_size(section);
}

static inline const char *inside_text(const struct policy *policy, uint32_t offset)
{
    return (const char *)inside_record(policy, IMAGE_STRINGS, offset);
}

static inline const struct image_agency *inside_agency(const struct policy *policy)
{
    return inside_record(policy, IMAGE_AGENCY, 0);
}

static inline uint32_t inside_number(const struct policy *policy,
                                     enum image_section section, size_t index)
{
    return *(const uint32_t *)inside_record(policy, section, index);
}

#endif
