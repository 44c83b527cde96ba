/*
 * Packets and descriptors between two ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/channel.h"
#include "base/clock.h"

struct ends {
    int a;
    int b;
};

static struct ends pair(void)
{
    int ends[2];
    assert_true(channel_pair(ends, NULL));
    return (struct ends){ends[0], ends[1]};
}

static void close_pair(const struct ends *ends)
{
    close(ends->a);
    close(ends->b);
}

#define PAIR(name) __attribute__((cleanup(close_pair))) struct ends name = pair()

static size_t open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static void channel_pair_is_nonblocking_and_close_on_exec(void **state)
{
    (void)state;
    PAIR(ends);
    assert_true(fcntl(ends.a, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(ends.b, F_GETFD) & FD_CLOEXEC);
    struct channel_message in;
    assert_int_equal(channel_receive(ends.b, &in, NULL), CHANNEL_AGAIN);
}

static void channel_message_arrives_with_descriptors(void **state)
{
    (void)state;
    PAIR(ends);
    size_t before = open_descriptors();
    int fds[CHANNEL_FDS_MAX] = {0, 1, 2, ends.a};
    for (size_t count = 0; count <= CHANNEL_FDS_MAX; count++) {
        assert_int_equal(channel_send(ends.a, bytes_of_text("hello"), fds, count, NULL),
                         CHANNEL_OK);
        struct channel_message in;
        assert_int_equal(channel_receive(ends.b, &in, NULL), CHANNEL_OK);
        assert_int_equal(in.size, 5);
        assert_memory_equal(in.bytes, "hello", 5);
        assert_int_equal(in.fd_count, count);
        for (size_t i = 0; i < count; i++) {
            assert_true(fcntl(in.fds[i], F_GETFD) & FD_CLOEXEC);
        }
        channel_message_done(&in);
    }
    assert_int_equal(open_descriptors(), before);
}

static void channel_taken_descriptor_stays_open(void **state)
{
    (void)state;
    PAIR(ends);
    int fd = STDERR_FILENO;
    channel_send(ends.a, bytes_of_text("x"), &fd, 1, NULL);
    struct channel_message in;
    assert_int_equal(channel_receive(ends.b, &in, NULL), CHANNEL_OK);
    AUTO_CLOSE int taken = channel_message_take_fd(&in, 0);
    assert_true(taken >= 0);
    assert_int_equal(channel_message_take_fd(&in, 0), -1);
    assert_int_equal(channel_message_take_fd(&in, 1), -1);
    channel_message_done(&in);
    assert_true(fcntl(taken, F_GETFD) >= 0);
}

static void channel_largest_message_passes_and_larger_does_not(void **state)
{
    (void)state;
    PAIR(ends);
    static uint8_t large[CHANNEL_MESSAGE_MAX + 1];
    memset(large, 7, sizeof large);
    struct err err = {0};
    struct bytes most = {large, CHANNEL_MESSAGE_MAX};
    assert_int_equal(channel_send(ends.a, most, NULL, 0, &err), CHANNEL_OK);
    struct channel_message in;
    assert_int_equal(channel_receive(ends.b, &in, &err), CHANNEL_OK);
    assert_int_equal(in.size, CHANNEL_MESSAGE_MAX);
    channel_message_done(&in);
    struct bytes more = {large, sizeof large};
    assert_int_equal(channel_send(ends.a, more, NULL, 0, &err), CHANNEL_FAILED);
    assert_int_equal(err.code, ERR_LIMIT);
    struct bytes nothing = {large, 0};
    assert_int_equal(channel_send(ends.a, nothing, NULL, 0, &err), CHANNEL_FAILED);
}

/* A peer that does not go through channel_send(). */
static void send_raw(int fd, size_t size, size_t fd_count)
{
    static char bytes[2 * CHANNEL_MESSAGE_MAX];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(16 * sizeof(int))];
    } control = {0};
    struct iovec part = {bytes, size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > 0) {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        int fds[16] = {0}; /* descriptor 0, each time */
        memcpy(CMSG_DATA(rights), fds, fd_count * sizeof(int));
    }
    assert_int_equal(sendmsg(fd, &header, 0), size);
}

static void channel_cut_message_fails_and_keeps_no_descriptor(void **state)
{
    (void)state;
    PAIR(ends);
    size_t before = open_descriptors();
    struct channel_message in;
    struct err err = {0};
    send_raw(ends.a, CHANNEL_MESSAGE_MAX + 1, 2);
    assert_int_equal(channel_receive(ends.b, &in, &err), CHANNEL_FAILED);
    assert_int_equal(err.code, ERR_INPUT);
    assert_int_equal(in.fd_count, 0);
    send_raw(ends.a, 5, CHANNEL_FDS_MAX + 3);
    assert_int_equal(channel_receive(ends.b, &in, &err), CHANNEL_FAILED);
    assert_int_equal(open_descriptors(), before);
}

static void channel_empty_packet_counts_as_closed(void **state)
{
    (void)state;
    PAIR(ends);
    size_t before = open_descriptors();
    send_raw(ends.a, 0, 2);
    struct channel_message in;
    assert_int_equal(channel_receive(ends.b, &in, NULL), CHANNEL_CLOSED);
    assert_int_equal(open_descriptors(), before);
}

static void channel_full_answers_again(void **state)
{
    (void)state;
    PAIR(ends);
    static uint8_t large[CHANNEL_MESSAGE_MAX];
    enum channel_result result = CHANNEL_OK;
    size_t sent = 0;
    while (result == CHANNEL_OK && sent < 10000) {
        result = channel_send(ends.a, (struct bytes){large, sizeof large}, NULL, 0, NULL);
        sent++;
    }
    assert_int_equal(result, CHANNEL_AGAIN);
}

static void channel_closed_peer_is_told(void **state)
{
    (void)state;
    struct ends ends = pair();
    channel_send(ends.a, bytes_of_text("last"), NULL, 0, NULL);
    close(ends.a);
    struct channel_message in;
    assert_int_equal(channel_receive(ends.b, &in, NULL), CHANNEL_OK);
    channel_message_done(&in);
    assert_int_equal(channel_receive(ends.b, &in, NULL), CHANNEL_CLOSED);
    assert_int_equal(channel_send(ends.b, bytes_of_text("x"), NULL, 0, NULL),
                     CHANNEL_CLOSED);
    close(ends.b);
}

static void channel_wait_ends_at_message_or_deadline(void **state)
{
    (void)state;
    PAIR(ends);
    int64_t now = clock_monotonic_ms();
    assert_int_equal(channel_wait(ends.b, now - 5, NULL), CHANNEL_AGAIN);
    assert_int_equal(channel_wait(ends.b, now + 20, NULL), CHANNEL_AGAIN);
    assert_true(clock_monotonic_ms() >= now + 20);
    channel_send(ends.a, bytes_of_text("x"), NULL, 0, NULL);
    assert_int_equal(channel_wait(ends.b, now - 5, NULL), CHANNEL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channel_pair_is_nonblocking_and_close_on_exec),
        cmocka_unit_test(channel_message_arrives_with_descriptors),
        cmocka_unit_test(channel_taken_descriptor_stays_open),
        cmocka_unit_test(channel_largest_message_passes_and_larger_does_not),
        cmocka_unit_test(channel_cut_message_fails_and_keeps_no_descriptor),
        cmocka_unit_test(channel_empty_packet_counts_as_closed),
        cmocka_unit_test(channel_full_answers_again),
        cmocka_unit_test(channel_closed_peer_is_told),
        cmocka_unit_test(channel_wait_ends_at_message_or_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
