/*
 * The table of open handles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ssh/handles.h"

static struct bytes name_of(const struct handle *handle)
{
    return (struct bytes){handle->name, HANDLE_NAME_SIZE};
}

static void handles_full_table_gives_no_more(void **state)
{
    (void)state;
    AUTO(handles) handles = handles_new(2);
    assert_non_null(handles_add(handles, HANDLE_READ));
    struct handle *second = handles_add(handles, HANDLE_WRITE);
    assert_null(handles_add(handles, HANDLE_FOLDER));
    assert_int_equal(handles_used(handles), 2);
    handles_remove(handles, second);
    assert_non_null(handles_add(handles, HANDLE_FOLDER));
}

static void handles_closed_name_finds_nothing_even_when_its_place_is_taken(void **state)
{
    (void)state;
    AUTO(handles) handles = handles_new(1);
    struct handle *first = handles_add(handles, HANDLE_READ);
    uint8_t old[HANDLE_NAME_SIZE];
    memcpy(old, first->name, sizeof old);
    assert_ptr_equal(handles_find(handles, name_of(first)), first);
    handles_remove(handles, first);
    struct bytes old_name = {old, sizeof old};
    assert_null(handles_find(handles, old_name));
    struct handle *second = handles_add(handles, HANDLE_READ);
    assert_ptr_equal(second, first);
    assert_null(handles_find(handles, old_name));
    assert_ptr_equal(handles_find(handles, name_of(second)), second);
}

static void handles_invented_names_find_nothing(void **state)
{
    (void)state;
    AUTO(handles) handles = handles_new(4);
    struct handle *handle = handles_add(handles, HANDLE_READ);
    static const struct {
        const char *name;
        size_t size;
    } rows[] = {{"", 0},
                {"\0\0\0\0\0\0\0", 7},
                {"\0\0\0\0\0\0\0\0", 8},
                {"\0\0\0\0\0\0\0\1\0", 9},
                {"\0\0\0\1\0\0\0\1", 8},
                {"\0\0\0\4\0\0\0\1", 8},
                {"\xff\xff\xff\xff\xff\xff\xff\xff", 8}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct bytes name = {(const uint8_t *)rows[i].name, rows[i].size};
        assert_null(handles_find(handles, name));
    }
    assert_ptr_equal(handles_find(handles, name_of(handle)), handle);
}

static void handles_free_closes_what_is_open(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    struct handles *handles = handles_new(4);
    handles_add(handles, HANDLE_FOLDER);
    handles_add(handles, HANDLE_WRITE)->fd = ends[1];
    handles_free(handles);
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 0); /* the other end is closed */
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_full_table_gives_no_more),
        cmocka_unit_test(handles_closed_name_finds_nothing_even_when_its_place_is_taken),
        cmocka_unit_test(handles_invented_names_find_nothing),
        cmocka_unit_test(handles_free_closes_what_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
