/*
 * garita-policy as the supervisor runs it: a real process, a real channel.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/spawn.h"
#include "policy/policy.h"
#include "wire/control.h"

enum { ANSWER_WAIT_MS = 60 * 1000 };

struct run {
    pid_t process;
    int channel;
    struct channel_message answer;
};

static void start(struct run *run, const char *agency)
{
    struct err err = {0};
    int ends[2];
    assert_true(channel_pair(ends, &err));
    struct spawn spawn = {.executable = BINARY_DIRECTORY "/bin/garita-policy",
                          .name = "garita-policy",
                          .control = ends[1],
                          .standard_error = -1};
    run->process = spawn_role(&spawn, &err);
    run->channel = ends[0];
    close(ends[1]);
    assert_true(run->process > 0);
    AUTO_CLOSE int empty = fd_sealed("empty", (struct bytes){0}, &err);
    struct role_setup setup = {.agency = agency};
    assert_int_equal(wire_send(run->channel, &role_setup_schema, &setup, &empty, &err),
                     CHANNEL_OK);
}

static enum channel_result next_answer(struct run *run)
{
    struct err err = {0};
    int64_t deadline = clock_monotonic_ms() + ANSWER_WAIT_MS;
    enum channel_result result = channel_wait(run->channel, deadline, &err);
    return result == CHANNEL_OK ? channel_receive(run->channel, &run->answer, &err)
                                : result;
}

static int finish(struct run *run)
{
    int status = 0;
    close(run->channel);
    assert_int_equal(waitpid(run->process, &status, 0), run->process);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void policy_process_answers_with_an_image_that_maps(void **state)
{
    (void)state;
    struct err err = {0};
    static struct run run;
    start(&run, SOURCE_DIRECTORY "/deploy/examples/agency");
    assert_int_equal(next_answer(&run), CHANNEL_OK);
    struct role_policy message;
    assert_true(wire_get(&run.answer, &role_policy_schema, &message, &err));
    AUTO_CLOSE int fd = channel_message_take_fd(&run.answer, 0);
    channel_message_done(&run.answer);
    AUTO(policy) policy = policy_map(fd, &err);
    assert_non_null(policy);
    assert_true(policy_version(policy) == message.version);
    assert_non_null(policy_account_find(policy, "laredo"));
    assert_int_equal(next_answer(&run), CHANNEL_CLOSED);
    assert_int_equal(finish(&run), 0);
}

static void policy_process_tells_each_mistake_and_exits_1(void **state)
{
    (void)state;
    char agency[] = "/tmp/garita-policy-XXXXXX";
    char path[64];
    struct err err = {0};
    static struct run run;
    static const char *const wanted[] = {
        "garita.yaml: the file is missing",
        "document-types.yaml: the file is missing",
        "names.yaml: the file is missing",
    };
    assert_non_null(mkdtemp(agency));
    snprintf(path, sizeof path, "%s/policy", agency);
    assert_int_equal(mkdir(path, 0755), 0);
    start(&run, agency);
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        struct policy_wrong message;
        assert_int_equal(next_answer(&run), CHANNEL_OK);
        assert_true(wire_get(&run.answer, &policy_wrong_schema, &message, &err));
        assert_string_equal(message.text, wanted[i]);
        channel_message_done(&run.answer);
    }
    assert_int_equal(next_answer(&run), CHANNEL_CLOSED);
    assert_int_equal(finish(&run), 1);
    rmdir(path);
    rmdir(agency);
}

static void policy_process_tells_when_there_is_no_policy_directory(void **state)
{
    (void)state;
    struct err err = {0};
    static struct run run;
    struct policy_wrong message;
    start(&run, "/nonexistent");
    assert_int_equal(next_answer(&run), CHANNEL_OK);
    assert_true(wire_get(&run.answer, &policy_wrong_schema, &message, &err));
    assert_non_null(strstr(message.text, "/nonexistent/policy"));
    channel_message_done(&run.answer);
    assert_int_equal(finish(&run), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_process_answers_with_an_image_that_maps),
        cmocka_unit_test(policy_process_tells_each_mistake_and_exits_1),
        cmocka_unit_test(policy_process_tells_when_there_is_no_policy_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
