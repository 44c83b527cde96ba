/*
 * Images that are not quite images: policy_map() must find every one of them out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "policy/image.h"
#include "support/policy_small.h"

static struct buf whole;

static int write_image(void **state)
{
    (void)state;
    return policy_files_image(policy_small, ARRAY_SIZE(policy_small), &whole) ? 0 : -1;
}

static int drop_image(void **state)
{
    (void)state;
    buf_done(&whole);
    return 0;
}

/* A copy that may be spoilt. */
static uint8_t *copy_image(size_t *size)
{
    struct bytes view = buf_view(&whole);
    uint8_t *copy = malloc(view.size);
    assert_non_null(copy);
    memcpy(copy, view.at, view.size);
    *size = view.size;
    return copy;
}

static bool maps(uint8_t *bytes, size_t size, bool digest)
{
    struct err err = {0};
    if (digest) {
        struct image_header *header = (struct image_header *)(void *)bytes;
        header->version = image_digest((struct bytes){bytes, size});
    }
    struct policy *policy = policy_files_of_image((struct bytes){bytes, size}, &err);
    bool mapped = policy != NULL;
    assert_int_equal(err.code, mapped ? ERR_NONE : ERR_CORRUPT);
    policy_free(policy);
    return mapped;
}

static void policy_map_takes_what_the_reader_writes(void **state)
{
    (void)state;
    size_t size = 0;
    AUTO_FREE uint8_t *bytes = copy_image(&size);
    assert_true(maps(bytes, size, false));
    assert_true(maps(bytes, size, true));
}

static void policy_map_refuses_a_file_that_is_not_sealed(void **state)
{
    (void)state;
    struct err err = {0};
    struct bytes view = buf_view(&whole);
    AUTO_CLOSE int fd = memfd_create("test-policy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0 && fd_write_all(fd, view.at, view.size, &err));
    assert_null(policy_map(fd, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

static void policy_map_refuses_every_shorter_image(void **state)
{
    (void)state;
    size_t size = 0;
    AUTO_FREE uint8_t *bytes = copy_image(&size);
    for (size_t cut = 0; cut < size; cut += cut < 512 ? 1 : 97) {
        assert_false(maps(bytes, cut, cut >= sizeof(struct image_header)));
    }
}

static void policy_map_refuses_a_changed_byte_by_its_digest(void **state)
{
    (void)state;
    size_t size = 0;
    AUTO_FREE uint8_t *bytes = copy_image(&size);
    for (size_t at = 0; at < size; at += at < 512 ? 1 : 61) {
        bytes[at] ^= 0x40;
        assert_false(maps(bytes, size, false));
        bytes[at] ^= 0x40;
    }
}

struct spoil_row {
    enum image_section section;
    size_t record;
    size_t field;
    uint32_t value;
    const char *why;
};

#define FIELD_OF(record, field) offsetof(struct image_##record, field)
static const struct spoil_row spoil_rows[] = {
    {IMAGE_AGENCY, 0, FIELD_OF(agency, name), UINT32_MAX, "text outside"},
    {IMAGE_AGENCY, 0, FIELD_OF(agency, time_zone), 1 << 24, "text outside"},
    {IMAGE_AGENCY, 0, FIELD_OF(agency, partial_endings.first), 9999, "range outside"},
    {IMAGE_AGENCY, 0, FIELD_OF(agency, partial_endings.count), UINT32_MAX, "range wraps"},
    {IMAGE_AGENCY, 0, FIELD_OF(agency, verdicts), 0x03030303, "no such verdict"},
    {IMAGE_LISTENERS, 1, FIELD_OF(listener, address), UINT32_MAX, "text outside"},
    {IMAGE_LISTENERS, 0, FIELD_OF(listener, port), 0, "no port"},
    {IMAGE_LISTENERS, 0, FIELD_OF(listener, port), 65536, "no port"},
    {IMAGE_LISTENERS, 0, FIELD_OF(listener, proxied), 1, "a proxied one without proxies"},
    {IMAGE_LISTENERS, 1, FIELD_OF(listener, proxied), 0, "proxies of an open one"},
    {IMAGE_LISTENERS, 1, FIELD_OF(listener, proxied), 2, "neither yes nor no"},
    {IMAGE_LISTENERS, 1, FIELD_OF(listener, networks.count), 4, "range outside"},
    {IMAGE_NETWORKS, 0, offsetof(struct network, bits), 0, "everybody"},
    {IMAGE_NETWORKS, 0, offsetof(struct network, bits), 129, "longer than an address"},
    {IMAGE_AGENCY, 0, FIELD_OF(agency, language), LANGUAGE_COUNT, "no such language"},
    {IMAGE_OPERATORS, 1, 0, 0, "not ascending"},
    {IMAGE_CLIENTS, 0, FIELD_OF(client, rfc), UINT32_MAX, "text outside"},
    {IMAGE_CLIENTS, 1, FIELD_OF(client, rfc), 0, "not ascending"},
    {IMAGE_CLIENTS, 2, FIELD_OF(client, name), UINT32_MAX, "text outside"},
    {IMAGE_ROLES, 0, FIELD_OF(role, name), UINT32_MAX, "text outside"},
    {IMAGE_ROLES, 0, FIELD_OF(role, place), UINT32_MAX, "text outside"},
    {IMAGE_ROLES, 1, FIELD_OF(role, verdicts), 0x7f7f7f7f, "no such verdict"},
    {IMAGE_ACCOUNTS, 0, FIELD_OF(account, role), 3, "no such role"},
    {IMAGE_ACCOUNTS, 0, FIELD_OF(account, kind), POLICY_MANAGER + 1, "no such kind"},
    {IMAGE_ACCOUNTS, 0, FIELD_OF(account, language), LANGUAGE_COUNT, "no such language"},
    {IMAGE_ACCOUNTS, 0, FIELD_OF(account, max_file_place), UINT32_MAX, "text outside"},
    {IMAGE_ACCOUNTS, 0, FIELD_OF(account, clients_place), UINT32_MAX, "text outside"},
    {IMAGE_ACCOUNTS, 0, FIELD_OF(account, mounts.first), 1000, "range outside"},
    {IMAGE_ACCOUNTS, 0, FIELD_OF(account, mounts.count), 1000, "range outside"},
    {IMAGE_ACCOUNTS, 1, FIELD_OF(account, services.first), 0, "ranges overlap"},
    {IMAGE_ACCOUNTS, 1, FIELD_OF(account, services.count), 1000, "range outside"},
    {IMAGE_ACCOUNTS, 1, FIELD_OF(account, name), 0, "not ascending"},
    {IMAGE_SERVICES, 0, FIELD_OF(service, client), 3, "no such client"},
    {IMAGE_SERVICES, 1, FIELD_OF(service, client), 2, "not ascending"},
    {IMAGE_SERVICES, 0, FIELD_OF(service, place), UINT32_MAX, "text outside"},
    {IMAGE_SERVICES, 1, FIELD_OF(service, aduanas.first), UINT32_MAX, "range outside"},
    {IMAGE_SERVICES, 1, FIELD_OF(service, patentes.count), UINT32_MAX, "range outside"},
    {IMAGE_MOUNTS, 0, FIELD_OF(mount, name), UINT32_MAX, "text outside"},
    {IMAGE_MOUNTS, 0, FIELD_OF(mount, view), POLICY_VIEW_COUNT, "no such view"},
    {IMAGE_MOUNTS, 0, FIELD_OF(mount, rights), UINT32_MAX, "no such right"},
    {IMAGE_MOUNTS, 0, FIELD_OF(mount, place), UINT32_MAX, "text outside"},
    {IMAGE_MOUNTS, 0, FIELD_OF(mount, right_places[0]), UINT32_MAX, "text outside"},
    {IMAGE_TYPES, 0, FIELD_OF(type, code), UINT32_MAX, "text outside"},
    {IMAGE_TYPES, 0, FIELD_OF(type, title), UINT32_MAX, "text outside"},
    {IMAGE_TYPES, 1, FIELD_OF(type, code), 0, "not ascending"},
    {IMAGE_TYPES, 0, FIELD_OF(type, flags), 16, "no such flag"},
    {IMAGE_TYPES, 0, FIELD_OF(type, places[3]), UINT32_MAX, "text outside"},
    {IMAGE_TYPES, 0, FIELD_OF(type, formats.first), UINT32_MAX, "range outside"},
    {IMAGE_TYPES, 0, FIELD_OF(type, verdicts), 4, "no such verdict"},
    {IMAGE_RULES, 0, FIELD_OF(rule, kind), 4, "no such kind"},
    {IMAGE_RULES, 0, FIELD_OF(rule, text), UINT32_MAX, "text outside"},
    {IMAGE_RULES, 0, FIELD_OF(rule, type), 5, "no such type"},
    {IMAGE_TEXTS, 0, 0, UINT32_MAX, "text outside"},
};

static void policy_map_refuses_every_wrong_field_despite_its_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(spoil_rows); i++) {
        const struct spoil_row *row = &spoil_rows[i];
        size_t size = 0;
        AUTO_FREE uint8_t *bytes = copy_image(&size);
        const struct image_header *header = (struct image_header *)(void *)bytes;
        assert_true(row->record < header->sections[row->section].count);
        uint8_t *record = bytes + header->sections[row->section].first +
                          row->record * image_record_size(row->section);
        memcpy(record + row->field, &row->value, sizeof row->value);
        if (maps(bytes, size, true)) {
            fail_msg("row %zu: %s", i, row->why);
        }
    }
}

static void policy_map_refuses_wrong_headers(void **state)
{
    (void)state;
    size_t size = 0;
    for (unsigned section = 0; section < IMAGE_SECTION_COUNT; section++) {
        AUTO_FREE uint8_t *bytes = copy_image(&size);
        struct image_range *range =
            &((struct image_header *)(void *)bytes)->sections[section];
        struct image_range good = *range;
        range->first = 0;
        assert_false(maps(bytes, size, true));
        range->first = good.first + 1;
        assert_false(maps(bytes, size, true));
        range->first = (uint32_t)size + 8;
        assert_false(maps(bytes, size, true));
        *range = (struct image_range){good.first, UINT32_MAX};
        assert_false(maps(bytes, size, true));
        *range = good;
        assert_true(maps(bytes, size, true));
    }
    AUTO_FREE uint8_t *bytes = copy_image(&size);
    ((struct image_header *)(void *)bytes)->layout++;
    assert_false(maps(bytes, size, true));
}

static void policy_map_refuses_strings_without_an_end(void **state)
{
    (void)state;
    size_t size = 0;
    AUTO_FREE uint8_t *bytes = copy_image(&size);
    struct image_range *strings =
        &((struct image_header *)(void *)bytes)->sections[IMAGE_STRINGS];
    strings->count--;
    assert_false(maps(bytes, size, true));
    strings->count = 0;
    assert_false(maps(bytes, size, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_map_takes_what_the_reader_writes),
        cmocka_unit_test(policy_map_refuses_a_file_that_is_not_sealed),
        cmocka_unit_test(policy_map_refuses_every_shorter_image),
        cmocka_unit_test(policy_map_refuses_a_changed_byte_by_its_digest),
        cmocka_unit_test(policy_map_refuses_every_wrong_field_despite_its_digest),
        cmocka_unit_test(policy_map_refuses_wrong_headers),
        cmocka_unit_test(policy_map_refuses_strings_without_an_end),
    };
    return cmocka_run_group_tests(tests, write_image, drop_image);
}
