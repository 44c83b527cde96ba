/*
 * Queue, children and deadlines, with true processes and a look that does what the file's name
 * says.
 */
#include "support/inspect_files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sanitize.h"
#include "hooks/inspect/inspect_pool.h"

enum { ANSWERS_MAX = 256, LONG_MS = 60000, MEMORY = 512 << 20 };

struct told {
    uint64_t id;
    bool hashed;
    uint64_t size;
    bool not_inspected;
    char media_type[INSPECT_MEDIA_TYPE_MAX];
    char detail[INSPECT_DETAIL_MAX];
};

struct world {
    struct inspect_tools *tools;
    struct loop *loop;
    struct inspect_pool *pool;
    struct told answers[ANSWERS_MAX];
    size_t count;
    size_t wanted;
};

static struct world world;

static void take_answer(void *asker, const struct inspect_answer *answer)
{
    struct world *told_to = asker;
    struct told *told = &told_to->answers[told_to->count++];
    told->id = answer->id;
    told->hashed = answer->hashed != 0;
    told->size = answer->size;
    told->not_inspected =
        answer->findings.size == 1 && answer->findings.at[0] == FINDING_NOT_INSPECTED;
    snprintf(told->media_type, sizeof told->media_type, "%s",
             answer->media_type ? answer->media_type : "");
    snprintf(told->detail, sizeof told->detail, "%s",
             answer->detail ? answer->detail : "");
    if (told_to->count >= told_to->wanted) {
        loop_stop(told_to->loop);
    }
}

static void work(const struct inspect_tools *tools, int fd, const char *name, size_t most,
                 struct inspection *inspection)
{
    (void)tools;
    (void)fd;
    (void)most;
    *inspection = (struct inspection){0};
    /* The media type is the child's number: the test sees who answered. */
    snprintf(inspection->media_type, sizeof inspection->media_type, "%d", (int)getpid());
    if (strcmp(name, "crash") == 0) {
        signal(SIGSEGV, SIG_DFL); /* cmocka catches it */
        raise(SIGSEGV);
    } else if (strcmp(name, "exit") == 0) {
        _exit(3);
    } else if (strcmp(name, "hang") == 0) {
        pause();
    } else if (strcmp(name, "spin") == 0) {
        for (volatile int always = 1; always;) {
        }
    } else if (strcmp(name, "finding") == 0) {
        inspection->findings = finding_bit(FINDING_NOT_INSPECTED);
    } else if (strcmp(name, "socket") == 0) {
        _exit(socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 4 : 5);
    } else if (strcmp(name, "open") == 0) {
        _exit(open("/etc/passwd", O_RDONLY) < 0 ? 4 : 5);
    } else if (strcmp(name, "fork") == 0) {
        _exit(fork() < 0 ? 4 : 5);
    } else if (strcmp(name, "share") == 0) {
        void *shared =
            mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        _exit(shared == MAP_FAILED ? 4 : 5);
    } else if (strcmp(name, "unprintable") == 0) {
        strcpy(inspection->media_type, "\x1b[2J");
    } else if (strcmp(name, "memory") == 0) {
        bool refused = malloc(MEMORY) == NULL;
        strcpy(inspection->media_type, refused ? "refused" : "given");
    } else if (strcmp(name, "descriptors") == 0) {
        bool closed = fcntl(4, F_GETFD) < 0 || fd == 4;
        strcpy(inspection->media_type, closed ? "closed" : "open");
    }
}

static int set_up_with(const struct sandbox_filter *child_filter)
{
    struct inspect_tools *tools = world.tools;
    world = (struct world){.tools = tools ? tools : inspect_tools_load(NULL),
                           .loop = loop_new(NULL)};
    struct inspect_pool_options options = {.loop = world.loop,
                                           .children = 2,
                                           .child = {.tools = world.tools,
                                                     .work = work,
                                                     .filter = child_filter,
                                                     .memory = MEMORY,
                                                     .cpu_s = 1},
                                           .answer = take_answer};
    world.pool = inspect_pool_new(&options, NULL);
    return world.tools && world.loop && world.pool ? 0 : -1;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_with(NULL);
}

static struct sandbox_filter *filter;

static int set_up_filtered(void **state)
{
    (void)state;
    struct sandbox narrow = {.sets = SANDBOX_LOOP,
                             .calls = inspect_child_calls,
                             .call_count = inspect_child_call_count};
    filter = sandbox_filter_new(&narrow, NULL);
    return filter ? set_up_with(filter) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    inspect_pool_free(world.pool);
    loop_free(world.loop);
    sandbox_filter_free(TAKE_PTR(filter));
    return 0;
}

static void ask(uint64_t id, const char *account, const char *name, uint32_t deadline_ms)
{
    struct inspect_ask message = {
        .id = id, .account = account, .name = name, .deadline_ms = deadline_ms};
    inspect_pool_submit(world.pool, &world, &message, memory_file(bytes_of_text("abc")));
}

static void run_until(size_t wanted)
{
    world.wanted = wanted;
    if (world.count < wanted) {
        assert_true(loop_run(world.loop, NULL));
    }
    assert_int_equal(world.count, wanted);
}

static const struct told *answer_to(uint64_t id)
{
    for (size_t at = 0; at < world.count; at++) {
        if (world.answers[at].id == id) {
            return &world.answers[at];
        }
    }
    fail_msg("no answer to %llu", (unsigned long long)id);
    return NULL;
}

static void inspect_pool_answers_each_file_once(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 100; id++) {
        ask(id, id % 3 ? "laredo" : "manzanillo", "fine", LONG_MS);
    }
    run_until(100);
    for (uint64_t id = 1; id <= 100; id++) {
        const struct told *told = answer_to(id);
        assert_true(told->hashed);
        assert_int_equal(told->size, 3);
        assert_false(told->not_inspected);
    }
}

static void inspect_pool_child_serves_one_account(void **state)
{
    (void)state;
    ask(1, "laredo", "fine", LONG_MS);
    run_until(1);
    ask(2, "laredo", "fine", LONG_MS);
    run_until(2);
    ask(3, "manzanillo", "fine", LONG_MS);
    run_until(3);
    assert_string_equal(answer_to(1)->media_type, answer_to(2)->media_type);
    assert_string_not_equal(answer_to(1)->media_type, answer_to(3)->media_type);
    /* Both places are taken: one of them is given up for a third account. */
    ask(4, "veracruz", "fine", LONG_MS);
    run_until(4);
    assert_string_not_equal(answer_to(4)->media_type, answer_to(1)->media_type);
    assert_string_not_equal(answer_to(4)->media_type, answer_to(3)->media_type);
}

static void inspect_pool_child_is_discarded_after_a_finding(void **state)
{
    (void)state;
    ask(1, "laredo", "finding", LONG_MS);
    run_until(1);
    ask(2, "laredo", "fine", LONG_MS);
    run_until(2);
    assert_string_not_equal(answer_to(1)->media_type, answer_to(2)->media_type);
}

static void inspect_pool_child_is_discarded_after_100_files(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 101; id++) {
        ask(id, "laredo", "fine", LONG_MS);
        run_until(id);
    }
    assert_string_not_equal(answer_to(1)->media_type, answer_to(101)->media_type);
}

static void inspect_pool_dead_child_leaves_the_digest(void **state)
{
    (void)state;
    ask(1, "laredo", "crash", LONG_MS);
    ask(2, "laredo", "exit", LONG_MS);
    ask(3, "laredo", "fine", LONG_MS);
    run_until(3);
    assert_true(answer_to(1)->not_inspected);
    assert_true(answer_to(1)->hashed);
    assert_int_equal(answer_to(1)->size, 3);
    assert_string_equal(answer_to(1)->detail, "the inspector died of SIGSEGV");
    assert_true(answer_to(2)->not_inspected);
    assert_string_equal(answer_to(2)->detail, "the inspector exited with 3");
    assert_false(answer_to(3)->not_inspected);
}

static void inspect_pool_deadline_ends_a_child_that_hangs(void **state)
{
    (void)state;
    ask(1, "laredo", "hang", 200);
    ask(2, "laredo", "fine", LONG_MS);
    run_until(2);
    assert_true(answer_to(1)->not_inspected);
    assert_true(answer_to(1)->hashed);
    assert_non_null(strstr(answer_to(1)->detail, "during the inspection"));
    assert_false(answer_to(2)->not_inspected);
}

static void inspect_pool_deadline_passes_in_the_queue(void **state)
{
    (void)state;
    ask(1, "laredo", "hang", 400);
    ask(2, "laredo", "hang", 400);
    ask(3, "laredo", "fine", 50);
    run_until(3);
    assert_int_equal(world.answers[0].id, 3);
    assert_true(answer_to(3)->not_inspected);
    assert_false(answer_to(3)->hashed);
}

static void inspect_pool_cpu_limit_ends_a_child_that_spins(void **state)
{
    (void)state;
    ask(1, "laredo", "spin", LONG_MS);
    run_until(1);
    assert_true(answer_to(1)->not_inspected);
    assert_string_equal(answer_to(1)->detail, "the inspector died of SIGXCPU");
}

static void inspect_pool_child_has_its_limits(void **state)
{
    (void)state;
    ask(1, "laredo", "memory", LONG_MS);
    ask(2, "laredo", "descriptors", LONG_MS);
    run_until(2);
    assert_string_equal(answer_to(1)->media_type, BUILT_WITH_ASAN ? "given" : "refused");
    assert_string_equal(answer_to(2)->media_type, "closed");
}

static void inspect_pool_child_can_open_and_start_nothing(void **state)
{
    (void)state;
    /* "share": memory that RLIMIT_DATA does not count. */
    static const char *const acts[] = {"socket", "fork", "share", "open"};
    /* AddressSanitizer is allowed to open files and to map what it likes. */
    enum { ACTS = ARRAY_SIZE(acts) - 2 * BUILT_WITH_ASAN };
    for (size_t at = 0; at < ACTS; at++) {
        ask(at + 1, "laredo", acts[at], LONG_MS);
        run_until(at + 1);
        assert_string_equal(answer_to(at + 1)->detail, "the inspector died of SIGSYS");
    }
    ask(9, "laredo", "fine", LONG_MS);
    run_until(ACTS + 1);
    assert_false(answer_to(9)->not_inspected);
}

static void inspect_pool_child_that_breaks_the_protocol_is_not_believed(void **state)
{
    (void)state;
    ask(1, "laredo", "unprintable", LONG_MS);
    run_until(1);
    assert_true(answer_to(1)->not_inspected);
    assert_string_equal(answer_to(1)->detail, "the inspector broke its protocol");
}

static void inspect_pool_other_accounts_are_not_starved(void **state)
{
    (void)state;
    ask(1, "laredo", "hang", 300);
    ask(2, "laredo", "fine", LONG_MS);
    for (uint64_t id = 3; id < 20; id++) {
        ask(id, "laredo", "finding", LONG_MS); /* a new child each */
    }
    ask(100, "manzanillo", "fine", LONG_MS);
    run_until(19);
    size_t place = 0;
    while (world.answers[place].id != 100) {
        place++;
    }
    assert_true(place <=
                2); /* behind the two that were under way when it came, at most */
}

static void inspect_pool_forgets_who_left(void **state)
{
    (void)state;
    static struct world gone;
    gone.loop = world.loop;
    gone.wanted = ANSWERS_MAX;
    for (uint64_t id = 1; id <= 4; id++) {
        struct inspect_ask message = {
            .id = id, .account = "laredo", .name = "fine", .deadline_ms = LONG_MS};
        inspect_pool_submit(world.pool, &gone, &message,
                            memory_file(bytes_of_text("abc")));
    }
    inspect_pool_forget(world.pool, &gone);
    ask(5, "laredo", "fine", LONG_MS);
    run_until(1);
    assert_int_equal(gone.count, 0);
}

static void inspect_pool_new_limits_are_for_new_children(void **state)
{
    (void)state;
    ask(1, "laredo", "fine", LONG_MS);
    run_until(1);
    inspect_pool_limits(world.pool, (uint64_t)4 * MEMORY, 2);
    ask(2, "laredo", "memory", LONG_MS);
    run_until(2);
    assert_string_equal(answer_to(2)->media_type, "given");
}

static void inspect_pool_full_queue_is_an_answer(void **state)
{
    (void)state;
    enum { QUEUED = 512, CHILDREN = 2 };
    ask(1, "laredo", "hang", LONG_MS);
    ask(2, "laredo", "hang", LONG_MS);
    for (uint64_t id = 3; id < 3 + QUEUED; id++) {
        ask(id, "laredo", "fine", LONG_MS);
    }
    assert_int_equal(world.count, 0);
    ask(9999, "laredo", "fine", LONG_MS);
    assert_int_equal(world.count, 1);
    assert_true(answer_to(9999)->not_inspected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(inspect_pool_answers_each_file_once),
        TEST(inspect_pool_child_serves_one_account),
        TEST(inspect_pool_child_is_discarded_after_a_finding),
        TEST(inspect_pool_child_is_discarded_after_100_files),
        TEST(inspect_pool_dead_child_leaves_the_digest),
        TEST(inspect_pool_deadline_ends_a_child_that_hangs),
        TEST(inspect_pool_deadline_passes_in_the_queue),
        TEST(inspect_pool_cpu_limit_ends_a_child_that_spins),
        TEST(inspect_pool_child_has_its_limits),
        cmocka_unit_test_setup_teardown(inspect_pool_child_can_open_and_start_nothing,
                                        set_up_filtered, tear_down),
        TEST(inspect_pool_child_that_breaks_the_protocol_is_not_believed),
        TEST(inspect_pool_other_accounts_are_not_starved),
        TEST(inspect_pool_forgets_who_left),
        TEST(inspect_pool_new_limits_are_for_new_children),
        TEST(inspect_pool_full_queue_is_an_answer),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    inspect_tools_free(world.tools);
    return failed;
}
