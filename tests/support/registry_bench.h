/*
 * The registry on a bench, for its unit tests: a true store in a fresh folder below the build
 * directory, the example agency's policy, and one loop that also turns the other ends of the
 * channels. A `client` is what a session process is to the registry; the inspector answers with
 * the true digest and with whatever findings a test wants. Everything happens in this process.
 */
#ifndef GARITA_TESTS_SUPPORT_REGISTRY_BENCH_H
#define GARITA_TESTS_SUPPORT_REGISTRY_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "registry/inspections.h"
#include "registry/intake.h"
#include "registry/recovery.h"
#include "registry/session.h"
#include "support/policy_files.h"
#include "wire/tree.h"

#define ACME "ACM010101AB1"
#define BETA "BET020202CD2"
#define PDF "%PDF-1.4 "

enum { BENCH_PENDING_MAX = 512, BENCH_WRITE = TREE_WRITE | TREE_CREATE | TREE_TRUNCATE };

/* What one request was answered. */
struct reply {
    struct reply *next;
    const struct wire_schema *schema;
    uint32_t id;
    enum tree_outcome outcome; /* TREE_OK for every answer but a tree_status */
    char reason[CATALOGUE_CODE_SIZE];
    char text[1024]; /* of a status; the path of a tree_path */
    uint32_t handle;
    uint64_t size, limit;
    struct tree_space_answer space;
    int64_t modified;
    uint8_t kind;
    uint32_t permissions;
    int fd; /* the test's to close */
    uint32_t count;
    uint8_t entries[CHANNEL_MESSAGE_MAX];
    size_t entries_size;
};

struct bench;

/* A session process. */
struct client {
    struct client *next;
    struct bench *bench;
    int channel; /* -1 once the registry, or the test, closed it */
    struct loop_watch *watch;
    uint64_t connection;
    uint32_t last_id;
    struct reply *replies;
};

struct pending {
    uint64_t id;
    uint8_t sha256[WIRE_HASH_SIZE];
    uint64_t size;
    const char *media_type;
};

struct inspector {
    int channel;
    struct loop_watch *watch;
    /* what it says from now on */
    uint8_t findings[4];
    size_t finding_count;
    const char *media_type; /* NULL: by the first bytes */
    bool mute;              /* answers nothing; bench_speak() makes up for it */
    bool dies;              /* at the next question */
    /* what it was asked */
    size_t asked;
    char name[CATALOGUE_NAME_SIZE];
    struct pending pending[BENCH_PENDING_MAX];
    size_t pending_count;
};

struct bench {
    char directory[256];
    struct registry registry;
    struct inspector inspector;
    struct client *clients;
    uint64_t connections;
    int year;
    char operation[64]; /* laredo's path of one of ACME's operations, which exists */
    char files[64];     /* acme's path of the same */
    bool late;
};

/* ---- the bench --------------------------------------------------------------------- */

int bench_setup(void **state);
int bench_setup_closed(void **state); /* only the folder */
int bench_teardown(void **state);

void bench_open(struct bench *bench);
void bench_close(struct bench *bench);

/* The example's policy with these files in the place of, or beside, its own. */
void bench_policy(struct bench *bench, const struct policy_file *files, size_t count);

/* Runs scenario on this folder in a process that ends without closing anything. */
void bench_crash(struct bench *bench, void (*scenario)(struct bench *bench));

/* One turn of the loop; and turns until done() says so, which is an assertion. */
void bench_turn(struct bench *bench);
void bench_wait(struct bench *bench, bool (*done)(struct bench *bench));
bool bench_quiet(struct bench *bench); /* nothing is being taken in */

/* folder/name in one of a few buffers that take turns. */
const char *bench_path(const char *folder, const char *name);
/* "26-240-3420-6001234" of this year. */
const char *bench_operation_name(const struct bench *bench, const char *aduana,
                                 const char *patente, const char *pedimento);

/* ---- the inspector ------------------------------------------------------------------- */

void bench_inspector_come(struct bench *bench);
void bench_inspector_go(struct bench *bench);
void bench_find(struct bench *bench, enum finding finding); /* from now on */
void bench_find_nothing(struct bench *bench);
void bench_speak(struct bench *bench); /* answers what it kept */

/* ---- clients ----------------------------------------------------------------------- */

struct client *client_new(struct bench *bench, const char *account);
void client_drop(struct client *client); /* the line breaks */

/* Sends a request; message's first field is its id. */
uint32_t client_ask(struct client *client, const struct wire_schema *schema,
                    void *message);
bool client_answered(const struct client *client, uint32_t id);
struct reply client_await(struct client *client, uint32_t id);
struct reply client_request(struct client *client, const struct wire_schema *schema,
                            void *message);

struct reply client_stat(struct client *client, const char *path);
struct reply client_open(struct client *client, const char *path, uint32_t intent);
uint32_t client_ask_close(struct client *client, struct reply *opened);
struct reply client_close(struct client *client, struct reply *opened);
struct reply client_rename(struct client *client, const char *from, const char *to,
                           bool overwrite);
struct reply client_remove(struct client *client, const char *path);
struct reply client_make_folder(struct client *client, const char *path);
struct reply client_remove_folder(struct client *client, const char *path);
struct reply client_set_modified(struct client *client, const char *path,
                                 int64_t modified);

/* Opens, writes, closes: the answer to what failed first, or to the close. */
struct reply client_put(struct client *client, const char *path, const char *bytes);
/* The same up to the CLOSE, which is asked and not awaited. */
uint32_t client_ask_put(struct client *client, const char *path, const char *bytes);
/* The whole file as text, yours; NULL when it could not be opened. */
char *client_get(struct client *client, const char *path);

struct listing {
    size_t count;
    struct {
        char name[CATALOGUE_PATH_SIZE];
        uint8_t kind;
        uint64_t size;
    } * entries;
};
/* Fails the test when the folder does not open. */
struct listing client_list(struct client *client, const char *path);
void listing_free(struct listing *listing);
/* How often name stands in it. */
size_t listing_has(const struct listing *listing, const char *name);
size_t client_lists(struct client *client, const char *path, const char *name);

/* what: said when it fails. */
void assert_reply_to(const char *what, struct reply reply, enum tree_outcome outcome,
                     const char *reason);
#define assert_reply(reply, outcome, reason) assert_reply_to("it", reply, outcome, reason)
void assert_text(const char *text, const char *part);

/* The path of an account's newest receipt under /acuses, whose name ends in word; and what it
   says. */
void client_newest_receipt(struct client *client, const char *account, const char *word,
                           char path[128]);
void assert_receipt(struct client *client, const char *account, const char *word,
                    const char *part);
#define assert_ok(reply) assert_reply(reply, TREE_OK, "")

#endif
