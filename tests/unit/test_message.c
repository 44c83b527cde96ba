/*
 * Messages between roles: every schema there and back, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "wire/console.h"
#include "wire/control.h"
#include "wire/inspection.h"
#include "wire/login.h"
#include "wire/tree.h"

static int ends[2];

static int set_up(void **state)
{
    (void)state;
    return channel_pair(ends, NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void receive(struct channel_message *in)
{
    assert_int_equal(channel_receive(ends[1], in, NULL), CHANNEL_OK);
}

/* Values that differ from field to field, and from zero. */
static void fill(const struct wire_schema *schema, uint8_t *message)
{
    static const char *const texts[] = {"", "a", "se\xc3\xb1or", "x y=z"};
    size_t number = 1;
    for (const struct wire_field *field = schema->fields(); field->kind != WIRE_END;
         field++, number++) {
        void *member = message + field->offset;
        const char *text = texts[number % ARRAY_SIZE(texts)];
        switch (field->kind) {
        case WIRE_U8:
            *(uint8_t *)member = (uint8_t)(0xf0 + number);
            break;
        case WIRE_U32:
            *(uint32_t *)member = 0xfedcba00U + (uint32_t)number;
            break;
        case WIRE_U64:
            *(uint64_t *)member = UINT64_MAX - number;
            break;
        case WIRE_I64:
            *(int64_t *)member = INT64_MIN + (int64_t)number;
            break;
        case WIRE_TEXT:
            *(const char **)member = text;
            break;
        case WIRE_BYTES:
            *(struct bytes *)member = (struct bytes){(const uint8_t *)"a\0b", number % 4};
            break;
        case WIRE_HASH:
            memset(member, (int)number, WIRE_HASH_SIZE);
            break;
        case WIRE_END:
            break;
        }
    }
}

static bool same_field(enum wire_kind kind, const void *a, const void *b)
{
    switch (kind) {
    case WIRE_U8:
        return *(const uint8_t *)a == *(const uint8_t *)b;
    case WIRE_U32:
        return *(const uint32_t *)a == *(const uint32_t *)b;
    case WIRE_U64:
    case WIRE_I64:
        return *(const uint64_t *)a == *(const uint64_t *)b;
    case WIRE_TEXT:
        return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
    case WIRE_BYTES:
        return bytes_equal(*(const struct bytes *)a, *(const struct bytes *)b);
    case WIRE_HASH:
        return memcmp(a, b, WIRE_HASH_SIZE) == 0;
    case WIRE_END:
        break;
    }
    return false;
}

static void message_every_schema_goes_there_and_back(void **state)
{
    (void)state;
    static const int fds[CHANNEL_FDS_MAX] = {0, 1, 2, 2};
    size_t count = 0;
    for (const struct wire_schema *const *schema = wire_schemas; *schema; schema++) {
        alignas(max_align_t) uint8_t sent[WIRE_MESSAGE_STRUCT_MAX] = {0};
        alignas(max_align_t) uint8_t got[WIRE_MESSAGE_STRUCT_MAX] = {0};
        fill(*schema, sent);
        assert_int_equal(wire_send(ends[0], *schema, sent, fds, NULL), CHANNEL_OK);
        struct channel_message in;
        receive(&in);
        assert_int_equal(wire_type(&in), (*schema)->type);
        assert_int_equal(in.fd_count, (*schema)->fd_count);
        assert_true(wire_get(&in, *schema, got, NULL));
        for (const struct wire_field *field = (*schema)->fields();
             field->kind != WIRE_END; field++) {
            if (!same_field(field->kind, sent + field->offset, got + field->offset)) {
                fail_msg("%s: field at %zu", (*schema)->name, field->offset);
            }
        }
        channel_message_done(&in);
        count++;
    }
    assert_true(count > 30);
}

static void message_types_are_unique(void **state)
{
    (void)state;
    for (const struct wire_schema *const *a = wire_schemas; *a; a++) {
        assert_int_not_equal((*a)->type, 0);
        for (const struct wire_schema *const *b = a + 1; *b; b++) {
            if ((*a)->type == (*b)->type) {
                fail_msg("%s and %s have one type", (*a)->name, (*b)->name);
            }
        }
    }
}

static void message_layout_is_as_documented(void **state)
{
    (void)state;
    const struct login_event event = {
        .kind = "k", .account = NULL, .address = "", .detail = "dd"};
    assert_int_equal(wire_send(ends[0], &login_event_schema, &event, NULL, NULL),
                     CHANNEL_OK);
    struct channel_message in;
    receive(&in);
    static const uint8_t wanted[] = {3, 0x11, 0, 0, 0, 1, 'k', 0, 0, 0,   0,   0, 0,
                                     0, 0,    0, 0, 0, 0, 0,   0, 2, 'd', 'd', 0};
    assert_int_equal(in.size, sizeof wanted);
    assert_memory_equal(in.bytes, wanted, sizeof wanted);
    channel_message_done(&in);
}

/* Every schema, cut after each byte, and with one too many. */
static void message_of_wrong_length_is_refused(void **state)
{
    (void)state;
    static const int fds[CHANNEL_FDS_MAX] = {0, 1, 2, 2};
    for (const struct wire_schema *const *schema = wire_schemas; *schema; schema++) {
        alignas(max_align_t) uint8_t message[WIRE_MESSAGE_STRUCT_MAX] = {0};
        fill(*schema, message);
        assert_int_equal(wire_send(ends[0], *schema, message, fds, NULL), CHANNEL_OK);
        struct channel_message in;
        receive(&in);
        size_t size = in.size;
        in.bytes[size] = 0;
        memset(message, 0x5a, sizeof message);
        for (in.size = 0; in.size <= size + 1; in.size++) {
            struct err err = {0};
            if (in.size == size) {
                continue;
            }
            assert_false(wire_get(&in, *schema, message, &err));
            assert_int_equal(err.code, ERR_INPUT);
        }
        for (size_t i = 0; i < sizeof message; i++) {
            assert_int_equal(message[i], 0x5a); /* outputs are untouched */
        }
        channel_message_done(&in);
    }
}

static struct channel_message raw(const void *bytes, size_t size)
{
    struct channel_message in = {.size = size};
    memcpy(in.bytes, bytes, size);
    return in;
}

static void message_text_must_be_text(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *why;
        bool good;
    } rows[] = {
        {"\6\2\0\0\0\2ab\0", 9, "well formed", true},
        {"\6\2\0\0\0\2a\0\0", 9, "a NUL inside", false},
        {"\6\2\0\0\0\2abc", 9, "no closing NUL", false},
        {"\6\2\0\0\0\2ab", 8, "the closing NUL is cut", false},
        {"\6\2\377\377\377\377ab\0", 9, "a length past the end", false},
        {"\6\3\0\0\0\2ab\0", 9, "another type", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct channel_message in = raw(rows[i].bytes, rows[i].size);
        struct console_output output;
        if (wire_get(&in, &console_output_schema, &output, NULL) != rows[i].good) {
            fail_msg("%s", rows[i].why);
        }
    }
}

static void message_descriptor_count_must_fit(void **state)
{
    (void)state;
    const struct role_policy policy = {.version = 7};
    int fd = STDERR_FILENO;
    assert_int_equal(wire_send(ends[0], &role_policy_schema, &policy, &fd, NULL),
                     CHANNEL_OK);
    struct channel_message in;
    receive(&in);
    struct role_policy got;
    assert_true(wire_get(&in, &role_policy_schema, &got, NULL));
    struct channel_message without = raw(in.bytes, in.size);
    struct err err = {0};
    assert_false(wire_get(&without, &role_policy_schema, &got, &err));
    assert_int_equal(err.code, ERR_INPUT);
    channel_message_done(&in);
}

static void message_too_large_is_not_sent(void **state)
{
    (void)state;
    static uint8_t large[CHANNEL_MESSAGE_MAX];
    struct tree_entries entries = {.id = 1, .entries = {large, sizeof large}};
    struct err err = {0};
    assert_int_equal(wire_send(ends[0], &tree_entries_schema, &entries, NULL, &err),
                     CHANNEL_FAILED);
    assert_int_equal(err.code, ERR_LIMIT);
    entries.entries.size = CHANNEL_MESSAGE_MAX - 2 - 4 - 4 - 4;
    assert_int_equal(wire_send(ends[0], &tree_entries_schema, &entries, NULL, &err),
                     CHANNEL_OK);
}

static uint32_t handled_id;
static size_t handled_count;

static void handle_close(void *context, const void *message, struct channel_message *in)
{
    assert_ptr_equal(context, &handled_count);
    assert_non_null(in);
    handled_id = ((const struct tree_close *)message)->id;
    handled_count++;
}

static void message_dispatch_follows_the_permit_table(void **state)
{
    (void)state;
    enum { BEFORE_LOGIN = 1, AFTER_LOGIN = 2 };
    static const struct wire_permit permits[] = {
        {&tree_close_schema, AFTER_LOGIN, handle_close},
    };
    static const uint8_t close_7[] = {4, 8, 0, 0, 0, 7, 0, 0, 0, 1};
    static const struct {
        size_t size;
        uint8_t type_low;
        uint32_t state;
        bool good;
        const char *why;
    } rows[] = {
        {10, 8, AFTER_LOGIN, true, "permitted"},
        {10, 8, BEFORE_LOGIN, false, "in another state"},
        {10, 9, AFTER_LOGIN, false, "not in the table"},
        {9, 8, AFTER_LOGIN, false, "malformed"},
        {1, 8, AFTER_LOGIN, false, "too short for a type"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct channel_message in = raw(close_7, rows[i].size);
        in.bytes[1] = rows[i].type_low;
        handled_count = 0;
        struct err err = {0};
        bool good = wire_dispatch(permits, ARRAY_SIZE(permits), rows[i].state, &in,
                                  &handled_count, &err);
        if (good != rows[i].good || handled_count != (rows[i].good ? 1 : 0)) {
            fail_msg("%s", rows[i].why);
        }
        assert_int_equal(err.code, good ? ERR_NONE : ERR_INPUT);
    }
    assert_int_equal(handled_id, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(message_every_schema_goes_there_and_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(message_types_are_unique, set_up, tear_down),
        cmocka_unit_test_setup_teardown(message_layout_is_as_documented, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(message_of_wrong_length_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(message_text_must_be_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(message_descriptor_count_must_fit, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(message_too_large_is_not_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(message_dispatch_follows_the_permit_table, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
