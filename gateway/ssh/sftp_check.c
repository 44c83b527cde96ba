/*
 * check-file (draft-ietf-secsh-filexfer-extensions-00): SHA-256 of a file, or of each block of it,
 * so that a client can prove what arrived without fetching it. Runs in the session, on
 * descriptors for reading that the registry gave: by name it opens the file as a download does,
 * with the same permission and the same line in the ledger.
 *
 * A file may be of any size. It is hashed in slices, one a turn of the loop, so that other requests,
 * rekeys and keepalives go on meanwhile.
 */
#include "ssh/sftp_inside.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reader.h"

enum {
    HASH_SIZE = 32,
    HASHES_MAX = 4096,  /* 128 KiB: what one answer holds in any case */
    BLOCK_MIN = 256,    /* the draft's */
    PIECE = 32 * 1024,  /* read at once */
    SLICE = 4096 * 1024 /* hashed in one turn: some milliseconds */
};

struct sftp_check {
    struct sftp_check *next;
    uint32_t client; /* the request's id */
    bool old;
    int fd;
    bool owns_fd; /* else it is an open handle's */
    uint64_t at, stop, end;
    uint32_t block;
    size_t hashes_left;
    EVP_MD_CTX *digest;
    struct buf hashes;
};

static void check_free(struct sftp_check *check)
{
    if (check->owns_fd) {
        close(check->fd);
    }
    EVP_MD_CTX_free(check->digest);
    buf_done(&check->hashes);
    free(check);
}

/* ---- beginning ------------------------------------------------------------------------- */

static bool names_sha256(struct bytes list)
{
    struct reader names = reader_of(list);
    bool found = false;
    while (!found && names.rest.size > 0) {
        size_t size = 0;
        while (size < names.rest.size && names.rest.at[size] != ',') {
            size++;
        }
        found = bytes_equal(reader_take(&names, size), bytes_of_text("sha256"));
        reader_take(&names, names.rest.size > 0); /* the comma */
    }
    return found;
}

/* False: refused. */
static bool can_be_checked(struct sftp *sftp, const struct sftp_request *request)
{
    if (!names_sha256(request->data)) {
        sftp_refuse(sftp, request->id, SFTP_OP_UNSUPPORTED, TEXT_UNSUPPORTED);
        return false;
    }
    if (request->length != 0 && request->length < BLOCK_MIN) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_BAD_REQUEST);
        return false;
    }
    return true;
}

static struct sftp_extent extent_of(const struct sftp_request *request)
{
    return (struct sftp_extent){.offset = request->offset,
                                .size = request->extent,
                                .block = request->length,
                                .old = request->type == SFTP_CHECK_OLD};
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* SFTP_OK's place is taken by TEXT_COUNT, as in sftp_file.c. */
static enum text lay_out(struct sftp_check *check, const struct sftp_extent *extent)
{
    struct stat status;
    if (fstat(check->fd, &status) < 0) {
        return TEXT_STORE_FAILED;
    }
    uint64_t size = (uint64_t)status.st_size;
    if (extent->offset > size) {
        return TEXT_BAD_REQUEST;
    }
    uint64_t rest = size - extent->offset;
    rest = extent->size > 0 ? least(rest, extent->size) : rest;
    uint64_t hashes = 1;
    if (extent->block > 0) {
        hashes = rest / extent->block + (rest % extent->block > 0);
    }
    if (hashes > HASHES_MAX) {
        return TEXT_TOO_MANY_HASHES;
    }
    check->hashes_left = (size_t)hashes;
    check->at = extent->offset;
    check->end = check->at + rest;
    check->stop =
        extent->block > 0 ? least(check->at + extent->block, check->end) : check->end;
    return TEXT_COUNT;
}

static void append(struct sftp *sftp, struct sftp_check *check)
{
    struct sftp_check **link = &sftp->checks;
    while (*link) {
        link = &(*link)->next;
    }
    *link = check;
    sftp->check_count++;
}

/* Takes fd when owns_fd. */
static void begin(struct sftp *sftp, uint32_t client, int fd, bool owns_fd,
                  const struct sftp_extent *extent)
{
    struct sftp_check *check = calloc(1, sizeof *check);
    if (!check) {
        die("no memory to hash a file");
    }
    *check = (struct sftp_check){.client = client,
                                 .old = extent->old,
                                 .fd = fd,
                                 .owns_fd = owns_fd,
                                 .block = extent->block,
                                 .digest = EVP_MD_CTX_new()};
    buf_init(&check->hashes, HASHES_MAX * HASH_SIZE);
    enum text wrong = lay_out(check, extent);
    if (wrong == TEXT_COUNT &&
        (!check->digest || EVP_DigestInit_ex(check->digest, EVP_sha256(), NULL) != 1)) {
        wrong = TEXT_STORE_FAILED;
    }
    if (wrong == TEXT_COUNT) {
        append(sftp, check);
    } else {
        sftp_refuse(sftp, client, SFTP_FAILURE, wrong);
        check_free(check);
    }
}

bool sftp_check_handle(struct sftp *sftp, const struct sftp_request *request,
                       struct err *err)
{
    (void)err;
    struct handle *handle = sftp_handle(sftp, request);
    if (!handle || !can_be_checked(sftp, request)) {
        return true;
    }
    if (handle->kind != HANDLE_READ) {
        bool folder = handle->kind == HANDLE_FOLDER;
        sftp_refuse(sftp, request->id, folder ? SFTP_FAILURE : SFTP_PERMISSION_DENIED,
                    folder ? TEXT_IS_FOLDER : TEXT_NOT_GRANTED);
        return true;
    }
    struct sftp_extent extent = extent_of(request);
    begin(sftp, request->id, handle->fd, false, &extent);
    return true;
}

bool sftp_check_name(struct sftp *sftp, const struct sftp_request *request,
                     struct err *err)
{
    if (!sftp_path_fits(sftp, request) || !can_be_checked(sftp, request)) {
        return true;
    }
    struct sftp_waiting *waiting = sftp_wait_for(sftp, request, SFTP_EXPECT_CHECK);
    waiting->extent = extent_of(request);
    struct tree_open message = {
        .id = waiting->id, .intent = TREE_READ, .path = request->path};
    return sftp_ask(sftp, &tree_open_schema, &message, err);
}

void sftp_check_opened(struct sftp *sftp, const struct sftp_waiting *waiting, int take_fd)
{
    if (waiting->dropped) {
        close(take_fd);
    } else {
        begin(sftp, waiting->client, take_fd, true, &waiting->extent);
    }
}

/* ---- going on -------------------------------------------------------------------------- */

/* Some bytes of the block. False: they are not there. */
static bool hash_piece(struct sftp_check *check, size_t *budget)
{
    uint8_t piece[PIECE];
    size_t size = (size_t)least(check->stop - check->at, least(sizeof piece, *budget));
    ssize_t got = pread(check->fd, piece, size, (off_t)check->at);
    if (got < 0 && errno == EINTR) {
        return true;
    }
    if (got <= 0) {
        return false; /* also when an upload became shorter meanwhile */
    }
    check->at += (uint64_t)got;
    *budget -= (size_t)got;
    return EVP_DigestUpdate(check->digest, piece, (size_t)got) == 1;
}

static bool finish_hash(struct sftp_check *check)
{
    uint8_t hash[HASH_SIZE];
    if (EVP_DigestFinal_ex(check->digest, hash, NULL) != 1 ||
        EVP_DigestInit_ex(check->digest, EVP_sha256(), NULL) != 1) {
        return false;
    }
    buf_put(&check->hashes, hash, sizeof hash);
    check->hashes_left--;
    check->stop = least(check->stop + check->block, check->end);
    return !check->hashes.failed;
}

/* False: it failed. */
static bool go_on(struct sftp_check *check, size_t *budget)
{
    bool good = true;
    while (good && check->hashes_left > 0 && *budget > 0) {
        good = check->at < check->stop ? hash_piece(check, budget) : finish_hash(check);
    }
    return good;
}

static void finish_first(struct sftp *sftp, bool good)
{
    struct sftp_check *check = sftp->checks;
    sftp->checks = check->next;
    sftp->check_count--;
    if (good) {
        sftp_reply_hashes(&sftp->output, check->client, check->old,
                          buf_view(&check->hashes));
    } else {
        sftp_refuse(sftp, check->client, SFTP_FAILURE, TEXT_STORE_FAILED);
    }
    check_free(check);
}

void sftp_work(struct sftp *sftp)
{
    size_t budget = SLICE;
    while (budget > 0 && sftp_busy(sftp)) {
        bool good = go_on(sftp->checks, &budget);
        if (!good || sftp->checks->hashes_left == 0) {
            finish_first(sftp, good);
        }
    }
}

bool sftp_busy(const struct sftp *sftp)
{
    return sftp->checks && buf_size(&sftp->output) < SFTP_HIGH_WATER;
}

/* ---- ending ---------------------------------------------------------------------------- */

void sftp_check_closing(struct sftp *sftp, struct handle *handle)
{
    struct sftp_check *last = NULL;
    for (struct sftp_check *check = sftp->checks; check; check = check->next) {
        last = check->fd == handle->fd ? check : last;
    }
    if (last && handle->fd >= 0) {
        last->owns_fd = true; /* those before it are done before it */
        handle->fd = -1;
    }
}

void sftp_checks_drop(struct sftp *sftp)
{
    while (sftp->checks) {
        struct sftp_check *check = sftp->checks;
        sftp->checks = check->next;
        check_free(check);
    }
    sftp->check_count = 0;
}
