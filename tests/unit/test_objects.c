/*
 * The object store: fresh objects, the seal, the walk of recovery, and what is left
 * behind.
 */
#include "support/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "registry/objects.h"

struct place {
    char directory[256];
    struct loop *loop;
    struct objects *objects;
};

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    store_make_directory(place->directory, sizeof place->directory);
    place->loop = loop_new(NULL);
    assert_non_null(place->loop);
    struct err err = {0};
    place->objects = objects_open(place->loop, place->directory, &err);
    if (!place->objects) {
        fail_msg("%s", err.text);
    }
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    objects_close(place->objects);
    loop_free(place->loop);
    store_remove_directory(place->directory);
    free(place);
    return 0;
}

struct object {
    char id[OBJECT_ID_SIZE];
    int write_fd;
    int read_fd;
};

static struct object create(struct place *place)
{
    struct object object;
    struct err err = {0};
    if (!objects_create(place->objects, object.id, &object.write_fd, &object.read_fd,
                        &err)) {
        fail_msg("%s", err.text);
    }
    return object;
}

static void discard(struct place *place, struct object *object)
{
    close(object->write_fd);
    close(object->read_fd);
    objects_destroy(place->objects, object->id);
}

struct seen {
    size_t count;
    char last[OBJECT_ID_SIZE];
};

static void on_object(void *context, const char *id)
{
    struct seen *seen = context;
    seen->count++;
    strcpy(seen->last, id);
}

static struct seen walk(struct objects *objects)
{
    struct seen seen = {0};
    assert_true(objects_each(objects, on_object, &seen, NULL));
    return seen;
}

/* Every file below the folder, the pool's too. */
static size_t files_counted;
static int count_file(const char *path, const struct stat *status, int kind,
                      struct FTW *walk)
{
    (void)path;
    (void)walk;
    files_counted += kind == FTW_F;
    if (kind == FTW_F) {
        assert_int_equal(status->st_mode & 0777, 0600);
        assert_int_equal(status->st_size, 0);
    }
    return 0;
}

static size_t count_files(const struct place *place)
{
    files_counted = 0;
    assert_int_equal(nftw(place->directory, count_file, 16, FTW_PHYS), 0);
    return files_counted;
}

static void objects_create_gives_two_ends_of_one_file(void **state)
{
    struct place *place = *state;
    struct object object = create(place);
    assert_int_equal(strspn(object.id, "0123456789abcdef"), OBJECT_ID_SIZE - 1);
    assert_int_equal(fcntl(object.write_fd, F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(fcntl(object.read_fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_true(fcntl(object.write_fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(object.read_fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(pwrite(object.write_fd, "abc", 3, 0), 3);
    char text[4] = "";
    assert_int_equal(pread(object.read_fd, text, sizeof text, 0), 3);
    assert_string_equal(text, "abc");
    char path[512];
    snprintf(path, sizeof path, "%s/objects/%.2s/%s", place->directory, object.id,
             object.id);
    assert_int_equal(access(path, R_OK), 0);
    discard(place, &object);
    assert_int_equal(access(path, F_OK), -1);
    objects_destroy(place->objects, object.id); /* once more is fine */
}

static void objects_open_again_reads_the_same(void **state)
{
    struct place *place = *state;
    struct object object = create(place);
    int writing = -1, reading = -1;
    assert_true(objects_open_write(place->objects, object.id, &writing, NULL));
    assert_int_equal(pwrite(writing, "xyz", 3, 0), 3);
    assert_true(objects_open_read(place->objects, object.id, &reading, NULL));
    char text[4] = "";
    assert_int_equal(pread(reading, text, 3, 0), 3);
    assert_string_equal(text, "xyz");
    assert_int_equal(write(reading, "x", 1), -1);
    close(writing);
    close(reading);
    discard(place, &object);
    struct err err = {0};
    assert_false(objects_open_read(place->objects, object.id, &reading, &err));
    assert_int_equal(err.sys, ENOENT);
}

static void objects_open_refuses_what_is_no_name(void **state)
{
    struct place *place = *state;
    static const char *const names[] = {"",
                                        "../../../../../../etc/hostname12",
                                        "00000000000000000000000000000",
                                        "000000000000000000000000000000000",
                                        "0000000000000000000000000000000G",
                                        "0000000000000000000000000000000A"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct err err = {0};
        int fd = -1;
        assert_false(objects_open_read(place->objects, names[i], &fd, &err));
        assert_int_equal(err.code, ERR_INPUT);
        assert_int_equal(fd, -1);
    }
    /* A link in the place of an object is not followed. */
    char path[512];
    snprintf(path, sizeof path, "%s/objects/00/%032d", place->directory, 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    struct err err = {0};
    int fd = -1;
    assert_false(
        objects_open_read(place->objects, "00000000000000000000000000000000", &fd, &err));
    assert_int_equal(err.sys, ELOOP);
}

static void objects_lease_is_refused_while_a_writer_is_left(void **state)
{
    struct place *place = *state;
    struct object object = create(place);
    struct err err = {0};
    assert_int_equal(pwrite(object.write_fd, "abc", 3, 0), 3);
    assert_false(objects_lease(object.read_fd, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    void *map = mmap(NULL, 3, PROT_READ | PROT_WRITE, MAP_SHARED, object.write_fd, 0);
    assert_true(map != MAP_FAILED);
    int copy = dup(object.write_fd);
    close(object.write_fd);
    assert_false(objects_lease(object.read_fd, NULL)); /* a copy elsewhere */
    close(copy);
    assert_false(objects_lease(object.read_fd, NULL)); /* a mapping */
    munmap(map, 3);
    assert_true(objects_lease(object.read_fd, NULL));
    assert_int_equal(fcntl(object.read_fd, F_GETLEASE), F_UNLCK);
    /* It was given back: a writer does not wait for it. */
    assert_true(objects_open_write(place->objects, object.id, &object.write_fd, NULL));
    assert_false(objects_lease(object.read_fd, NULL));
    discard(place, &object);
}

struct waiting {
    struct object_sync sync;
    struct loop *loop;
    size_t *left;
};

static void on_synced(struct object_sync *sync)
{
    struct waiting *waiting = sync->context;
    if (--*waiting->left == 0) {
        loop_stop(waiting->loop);
    }
}

static void objects_sync_tells_size_or_error(void **state)
{
    struct place *place = *state;
    struct object object = create(place);
    assert_int_equal(pwrite(object.write_fd, "abc", 3, 4997), 3);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    size_t left = 2;
    struct waiting waiting[2] = {{.sync.fd = object.read_fd}, {.sync.fd = ends[0]}};
    for (size_t i = 0; i < 2; i++) {
        waiting[i].loop = place->loop;
        waiting[i].left = &left;
        waiting[i].sync.done = on_synced;
        waiting[i].sync.context = &waiting[i];
        objects_sync(place->objects, &waiting[i].sync);
    }
    assert_true(loop_run(place->loop, NULL));
    assert_true(waiting[0].sync.synced);
    assert_int_equal(waiting[0].sync.size, 5000);
    assert_int_equal(waiting[0].sync.error, 0);
    assert_false(waiting[1].sync.synced); /* a pipe cannot be synced */
    assert_int_equal(waiting[1].sync.error, EINVAL);
    close(ends[0]);
    close(ends[1]);
    discard(place, &object);
}

static void objects_outlast_the_pool_and_are_distinct(void **state)
{
    struct place *place = *state;
    enum { MANY = 3 * OBJECTS_POOL_SIZE };
    static struct object objects[MANY];
    assert_int_equal(count_files(place), OBJECTS_POOL_SIZE);
    /* The loop does not run, so that no refill comes back: the pool runs dry. */
    for (size_t i = 0; i < MANY; i++) {
        objects[i] = create(place);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(objects[i].id, objects[j].id);
        }
    }
    assert_int_equal(walk(place->objects).count, MANY);
    for (size_t i = 0; i < MANY; i++) {
        discard(place, &objects[i]);
    }
    assert_int_equal(walk(place->objects).count, 0);
}

static void stop_when_synced(struct object_sync *sync)
{
    loop_stop(sync->context);
}

static void objects_pool_is_filled_again(void **state)
{
    struct place *place = *state;
    enum { HALF = OBJECTS_POOL_SIZE / 2 };
    static struct object objects[HALF];
    for (size_t i = 0; i < HALF; i++) {
        objects[i] = create(place);
    }
    /* The pool is half empty: a refill began. It is counted once the store has finished
       it. */
    for (int turn = 0; turn < 1000 && count_files(place) < OBJECTS_POOL_SIZE + HALF;
         turn++) {
        struct object_sync sync = {
            .fd = objects[0].read_fd, .done = stop_when_synced, .context = place->loop};
        objects_sync(place->objects, &sync);
        assert_true(loop_run(place->loop, NULL));
    }
    assert_int_equal(count_files(place), OBJECTS_POOL_SIZE + HALF);
    assert_int_equal(walk(place->objects).count, HALF);
    for (size_t i = 0; i < HALF; i++) {
        discard(place, &objects[i]);
    }
}

static void objects_create_without_descriptors_fails_and_recovers(void **state)
{
    struct place *place = *state;
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    size_t failed = 0;
    for (size_t i = 0; i < 2 * OBJECTS_POOL_SIZE; i++) {
        struct object object = {.id = "unset"};
        struct err err = {0};
        failed += !objects_create(place->objects, object.id, &object.write_fd,
                                  &object.read_fd, &err) &&
                  err.sys == EMFILE && strcmp(object.id, "unset") == 0;
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(failed, 2 * OBJECTS_POOL_SIZE);
    assert_int_equal(walk(place->objects).count, 0); /* nothing was left behind */
    struct object object = create(place);
    assert_int_equal(walk(place->objects).count, 1);
    discard(place, &object);
}

static void objects_close_leaves_only_what_was_given_out(void **state)
{
    struct place *place = *state;
    struct object object = create(place);
    objects_close(place->objects);
    assert_int_equal(count_files(place), 1);
    place->objects = objects_open(place->loop, place->directory, NULL);
    assert_non_null(place->objects);
    struct seen seen = walk(place->objects);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.last, object.id);
    discard(place, &object);
}

static void objects_of_a_crash_are_seen_by_recovery(void **state)
{
    struct place *place = *state;
    /* A second store over the same folder sees the first one's pool as what a crash
       left. */
    struct objects *other = objects_open(place->loop, place->directory, NULL);
    assert_non_null(other);
    assert_int_equal(walk(other).count, OBJECTS_POOL_SIZE);
    objects_close(other);
    assert_int_equal(walk(place->objects).count, 0);
}

static void objects_open_without_a_folder_fails(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    assert_null(objects_open(place->loop, "/nowhere/at/all", &err));
    assert_int_equal(err.sys, ENOENT);
    assert_null(objects_open(place->loop, "/proc", &err));
}

int main(void)
{
#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        HERE(objects_create_gives_two_ends_of_one_file),
        HERE(objects_open_again_reads_the_same),
        HERE(objects_open_refuses_what_is_no_name),
        HERE(objects_lease_is_refused_while_a_writer_is_left),
        HERE(objects_sync_tells_size_or_error),
        HERE(objects_outlast_the_pool_and_are_distinct),
        HERE(objects_pool_is_filled_again),
        HERE(objects_create_without_descriptors_fails_and_recovers),
        HERE(objects_close_leaves_only_what_was_given_out),
        HERE(objects_of_a_crash_are_seen_by_recovery),
        HERE(objects_open_without_a_folder_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
