/*
 * garita-policy: reads the policy's YAML files and answers with an image, or with all that is
 * wrong in them. Two ways to run it:
 *
 *   garita-policy              started by the supervisor, channel on descriptor 3: hears
 *                              role_setup, answers role_policy or policy_wrong, exits
 *   garita-policy check DIR    by hand: prints what is wrong, or "ok, version ..."
 *
 * SECURITY: no file is opened before the sandbox is closed; its root is the policy's
 * directory. It trusts the supervisor, and nothing in the files.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/spawn.h"
#include "policy/image.h"
#include "policy_reader/policy_reader.h"
#include "wire/control.h"

enum {
    SUPERVISOR_WAIT_MS = 60 * 1000,
    SEND_WAIT_MS = 10 * 1000,
    ADDRESS_SPACE = 1536 * 1024 * 1024
};

/* ---- what I may do ----------------------------------------------------------------- */

static const struct sandbox_call calls[] = {
    SANDBOX_CALL(openat),       SANDBOX_CALL(getdents64), SANDBOX_CALL(newfstatat),
    SANDBOX_CALL(fstat),        SANDBOX_CALL(lseek),      SANDBOX_CALL(fcntl),
    SANDBOX_CALL(memfd_create), SANDBOX_CALL(sysinfo), /* glibc's qsort */
};

static bool enter_sandbox(const char *root, uid_t uid, struct err *err)
{
    struct sandbox sandbox = {
        .uid = uid,
        .root = root,
        .files = SANDBOX_FILES_READ,
        .address_space = ADDRESS_SPACE,
        .file_size = IMAGE_SIZE_MAX,
        .descriptors = 16,
        .processes = UINT32_MAX,
        .sets = SANDBOX_LOOP,
        .calls = calls,
        .call_count = ARRAY_SIZE(calls),
    };
    return sandbox_enter(&sandbox, err) && sandbox_check(&sandbox, err);
}

/* ---- what both ways do ------------------------------------------------------------- */

/* Inside the sandbox. False with complaints in the reader, or with err. */
static bool read_policy(struct policy_reader *reader, struct buf *image, struct err *err)
{
    AUTO_CLOSE int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return err_sys(err, errno, "open the policy's directory");
    }
    return policy_reader_directory(reader, directory, err) &&
           policy_reader_image(reader, image, err);
}

static uint64_t version_of(const struct buf *image)
{
    return image_digest(buf_view(image));
}

/* ---- for the supervisor ------------------------------------------------------------ */

static bool hear_setup(struct channel_message *in, struct role_setup *setup,
                       struct err *err)
{
    int64_t deadline = clock_monotonic_ms() + SUPERVISOR_WAIT_MS;
    enum channel_result result = channel_wait(SPAWN_CONTROL_FD, deadline, err);
    if (result == CHANNEL_OK) {
        result = channel_receive(SPAWN_CONTROL_FD, in, err);
    }
    if (result == CHANNEL_FAILED) {
        return false;
    }
    return result == CHANNEL_OK ? wire_get(in, &role_setup_schema, setup, err)
                                : err_set(err, ERR_CLOSED, "no setup came");
}

/* Waits for room: there is nothing else that this process could do. */
static bool tell(const struct wire_schema *schema, const void *message, const int *fds,
                 struct err *err)
{
    int64_t deadline = clock_monotonic_ms() + SEND_WAIT_MS;
    for (;;) {
        enum channel_result result =
            wire_send(SPAWN_CONTROL_FD, schema, message, fds, err);
        if (result != CHANNEL_AGAIN) {
            return result == CHANNEL_OK;
        }
        int64_t left = deadline - clock_monotonic_ms();
        struct pollfd room = {.fd = SPAWN_CONTROL_FD, .events = POLLOUT};
        if (left <= 0 || poll(&room, 1, (int)left) <= 0) {
            return err_set(err, ERR_TIMEOUT, "the supervisor does not hear");
        }
    }
}

static bool tell_policy(const struct buf *image, struct err *err)
{
    AUTO_CLOSE int fd = fd_sealed("garita-policy", buf_view(image), err);
    struct role_policy message = {.version = version_of(image)};
    return fd >= 0 && tell(&role_policy_schema, &message, &fd, err);
}

static bool tell_text(const char *text, struct err *err)
{
    struct policy_wrong message = {.text = text};
    return tell(&policy_wrong_schema, &message, NULL, err);
}

static bool tell_complaints(const struct complaints *complaints, struct err *err)
{
    char line[COMPLAINT_LINE_MAX];
    for (size_t i = 0; i < complaints->count; i++) {
        if (!tell_text(complaints_line(complaints, i, line), err)) {
            return false;
        }
    }
    if (complaints->left_out > 0) {
        snprintf(line, sizeof line, "policy: and %zu more", complaints->left_out);
        return tell_text(line, err);
    }
    return true;
}

/* True when the supervisor got an image. */
static bool serve(struct policy_reader *reader, struct buf *image, struct err *err)
{
    struct channel_message in = {.size = 0};
    struct role_setup setup = {0};
    char root[PATH_MAX];
    bool heard = hear_setup(&in, &setup, err);
    int length = heard ? snprintf(root, sizeof root, "%s/policy", setup.agency) : 0;
    channel_message_done(&in);
    if (!heard) {
        return false;
    }
    if (length < 0 || (size_t)length >= sizeof root) {
        return err_set(err, ERR_LIMIT, "the agency's path is too long");
    }
    if (!enter_sandbox(root, setup.uid, err)) {
        return false;
    }
    if (read_policy(reader, image, err)) {
        return tell_policy(image, err);
    }
    return tell_complaints(policy_reader_complaints(reader), err) && false;
}

static int run_for_supervisor(struct policy_reader *reader, struct buf *image)
{
    struct err err = {0};
    log_init("policy", LOG_INFO);
    if (serve(reader, image, &err)) {
        return 0;
    }
    if (err.code != ERR_NONE) {
        log_text(LOG_ERROR, "policy_not_read", "%s", err.text);
        /* What is not a complaint about a file is told too, or nobody sees why. */
        struct err ignored = {0};
        tell_text(err.text, &ignored);
    }
    return 1;
}

/* ---- for people -------------------------------------------------------------------- */

static int print_answer(const struct complaints *complaints, const struct buf *image,
                        const struct err *err)
{
    char line[COMPLAINT_LINE_MAX];
    for (size_t i = 0; i < complaints->count; i++) {
        printf("%s\n", complaints_line(complaints, i, line));
    }
    if (complaints->left_out > 0) {
        printf("and %zu more\n", complaints->left_out);
    }
    if (complaints->count == 0 && err->code != ERR_NONE) {
        printf("%s\n", err->text);
    }
    if (buf_size(image) > 0) {
        printf("ok, version %016" PRIx64 "\n", version_of(image));
    }
    return fflush(stdout) == 0 && buf_size(image) > 0 ? 0 : 1;
}

static int run_by_hand(const char *directory, struct policy_reader *reader,
                       struct buf *image)
{
    struct err err = {0};
    char root[PATH_MAX];
    log_init("policy", LOG_INFO);
    if (!realpath(directory, root)) {
        err_sys(&err, errno, "%s", directory);
    } else if (enter_sandbox(root, 0, &err)) {
        read_policy(reader, image, &err);
    }
    return print_answer(policy_reader_complaints(reader), image, &err);
}

int main(int argc, char **argv)
{
    AUTO(policy_reader) reader = policy_reader_new();
    struct buf image;
    buf_init(&image, IMAGE_SIZE_MAX);
    if (!reader) {
        die("out of memory");
    }
    int code = 2;
    if (argc == 1) {
        code = run_for_supervisor(reader, &image);
    } else if (argc == 3 && strcmp(argv[1], "check") == 0) {
        code = run_by_hand(argv[2], reader, &image);
    } else {
        fprintf(stderr, "usage: garita-policy check DIRECTORY\n");
    }
    buf_done(&image);
    return code;
}
