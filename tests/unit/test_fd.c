/*
 * Whole reads and writes, flags, sealed memory files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"

static int file_of(size_t size)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    memset(bytes, 'x', size);
    assert_true(fd_write_all(fd, bytes, size, NULL));
    free(bytes);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void fd_read_all_reads_up_to_the_ceiling(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 10000};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        AUTO_CLOSE int fd = file_of(sizes[i]);
        size_t size = 99;
        struct err err = {0};
        AUTO_FREE char *text = fd_read_all(fd, sizes[i], &size, &err);
        assert_non_null(text);
        assert_int_equal(size, sizes[i]);
        assert_int_equal(strlen(text), sizes[i]);
    }
}

static void fd_read_all_refuses_a_larger_file(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 4096, 10000};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        AUTO_CLOSE int fd = file_of(sizes[i]);
        size_t size = 99;
        struct err err = {0};
        assert_null(fd_read_all(fd, sizes[i] - 1, &size, &err));
        assert_int_equal(err.code, ERR_LIMIT);
        assert_int_equal(size, 99);
    }
}

static void fd_sealed_cannot_change(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO_CLOSE int fd = fd_sealed("test", bytes_of_text("policy"), &err);
    assert_true(fd >= 0);
    assert_true(fd_is_sealed(fd));
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    size_t size = 0;
    AUTO_FREE char *text = fd_read_all(fd, 100, &size, &err);
    assert_string_equal(text, "policy");
}

static void fd_unsealed_is_told_apart(void **state)
{
    (void)state;
    AUTO_CLOSE int plain = file_of(3);
    assert_false(fd_is_sealed(plain));
    AUTO_CLOSE int partly = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(fcntl(partly, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), 0);
    assert_false(fd_is_sealed(partly));
    AUTO_CLOSE int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_false(fd_is_sealed(null));
}

static void fd_nonblocking_goes_on_and_off(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_true(fd_set_nonblocking(ends[0], true, NULL));
    assert_true(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
    assert_true(fd_set_nonblocking(ends[0], false, NULL));
    assert_false(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
    close(ends[0]);
    close(ends[1]);
    struct err err = {0};
    assert_false(fd_set_nonblocking(-1, true, &err));
    assert_int_equal(err.sys, EBADF);
}

static void fd_close_from_closes_all_above(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int high = fcntl(STDERR_FILENO, F_DUPFD, 100);
        fd_close_from(50);
        _exit(high >= 100 && fcntl(high, F_GETFD) < 0 &&
                      fcntl(STDERR_FILENO, F_GETFD) >= 0
                  ? 0
                  : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fd_read_all_reads_up_to_the_ceiling),
        cmocka_unit_test(fd_read_all_refuses_a_larger_file),
        cmocka_unit_test(fd_sealed_cannot_change),
        cmocka_unit_test(fd_unsealed_is_told_apart),
        cmocka_unit_test(fd_nonblocking_goes_on_and_off),
        cmocka_unit_test(fd_close_from_closes_all_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
