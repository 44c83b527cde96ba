/*
 * What a session process does, for tests of the registry: it sends requests, keeps the answers by
 * their ids, and writes into the descriptors that it is given.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "base/reader.h"
#include "registry/calendar.h"
#include "support/registry_bench.h"

/* ---- answers ----------------------------------------------------------------------- */

static void read_status(struct reply *reply, const void *message)
{
    const struct tree_status *status = message;
    reply->id = status->id;
    reply->outcome = status->outcome;
    snprintf(reply->reason, sizeof reply->reason, "%s", status->reason);
    snprintf(reply->text, sizeof reply->text, "%s", status->text);
}

static void read_path(struct reply *reply, const void *message)
{
    const struct tree_path *path = message;
    reply->id = path->id;
    snprintf(reply->text, sizeof reply->text, "%s", path->path);
}

static void read_attributes(struct reply *reply, const void *message)
{
    const struct tree_attributes *attributes = message;
    reply->id = attributes->id;
    reply->kind = attributes->kind;
    reply->permissions = attributes->permissions;
    reply->size = attributes->size;
    reply->modified = attributes->modified;
}

static void read_opened(struct reply *reply, const void *message)
{
    const struct tree_opened *opened = message;
    reply->id = opened->id;
    reply->handle = opened->handle;
    reply->size = opened->size;
    reply->limit = opened->limit;
    reply->modified = opened->modified;
}

static void read_folder(struct reply *reply, const void *message)
{
    const struct tree_folder *folder = message;
    reply->id = folder->id;
    reply->handle = folder->handle;
}

static void read_entries(struct reply *reply, const void *message)
{
    const struct tree_entries *page = message;
    reply->id = page->id;
    reply->count = page->count;
    reply->entries_size = page->entries.size;
    if (page->entries.size > 0) {
        memcpy(reply->entries, page->entries.at, page->entries.size);
    }
}

static void read_space(struct reply *reply, const void *message)
{
    reply->space = *(const struct tree_space_answer *)message;
    reply->id = reply->space.id;
}

static const struct {
    const struct wire_schema *schema;
    void (*read)(struct reply *reply, const void *message);
} readers[] = {
    {&tree_status_schema, read_status},         {&tree_path_schema, read_path},
    {&tree_attributes_schema, read_attributes}, {&tree_opened_schema, read_opened},
    {&tree_folder_schema, read_folder},         {&tree_entries_schema, read_entries},
    {&tree_space_answer_schema, read_space}};

static void keep_reply(struct client *client, struct channel_message *in)
{
    union {
        max_align_t aligned;
        uint8_t bytes[WIRE_MESSAGE_STRUCT_MAX];
    } message;
    struct reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    reply->fd = -1;
    for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
        if (readers[i].schema->type == wire_type(in)) {
            reply->schema = readers[i].schema;
            assert_true(wire_get(in, reply->schema, &message, NULL));
            readers[i].read(reply, &message);
        }
    }
    assert_non_null(reply->schema);
    if (in->fd_count > 0) {
        reply->fd = channel_message_take_fd(in, 0);
    }
    assert_false(client_answered(client, reply->id));
    reply->next = client->replies;
    client->replies = reply;
}

static void hang_up(struct client *client)
{
    if (client->channel >= 0) {
        loop_unwatch(client->watch);
        close(TAKE_FD(client->channel));
    }
}

static void on_answer(void *context, int fd, uint32_t events)
{
    (void)events;
    struct client *client = context;
    struct channel_message in;
    if (channel_receive(fd, &in, NULL) != CHANNEL_OK) {
        hang_up(client);
        return;
    }
    keep_reply(client, &in);
    channel_message_done(&in);
}

/* ---- life -------------------------------------------------------------------------- */

struct client *client_new(struct bench *bench, const char *account)
{
    struct err err = {0};
    int ends[2];
    struct client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    assert_true(channel_pair(ends, &err));
    client->bench = bench;
    client->connection = ++bench->connections;
    client->channel = ends[1];
    client->next = bench->clients;
    bench->clients = client;
    struct role_peer peer = {
        .role = ROLE_SSH, .connection = client->connection, .address = "203.0.113.7"};
    struct login_grant grant = {.connection = client->connection,
                                .account = account,
                                .address = "203.0.113.7",
                                .method = "publickey",
                                .credential = "SHA256:x"};
    session_open(&bench->registry, &peer, ends[0]);
    session_grant(&bench->registry, &grant);
    client->watch =
        loop_watch(bench->registry.loop, ends[1], EPOLLIN, on_answer, client, &err);
    assert_non_null(client->watch);
    return client;
}

void client_drop(struct client *client)
{
    struct client **link = &client->bench->clients;
    while (*link != client) {
        link = &(*link)->next;
    }
    *link = client->next;
    while (client->replies) {
        struct reply *reply = client->replies;
        client->replies = reply->next;
        if (reply->fd >= 0) {
            close(reply->fd);
        }
        free(reply);
    }
    hang_up(client);
    free(client);
}

/* ---- requests ---------------------------------------------------------------------- */

uint32_t client_ask(struct client *client, const struct wire_schema *schema,
                    void *message)
{
    uint32_t id = ++client->last_id;
    memcpy(message, &id, sizeof id); /* the first field of every request */
    assert_int_equal(wire_send(client->channel, schema, message, NULL, NULL), CHANNEL_OK);
    return id;
}

static struct reply **find_reply(const struct client *client, uint32_t id)
{
    struct reply **link = (struct reply **)&client->replies;
    while (*link && (*link)->id != id) {
        link = &(*link)->next;
    }
    return link;
}

bool client_answered(const struct client *client, uint32_t id)
{
    return *find_reply(client, id) != NULL;
}

static struct client *awaiting;
static uint32_t awaited;

static bool has_answer(struct bench *bench)
{
    (void)bench;
    return client_answered(awaiting, awaited) || awaiting->channel < 0;
}

struct reply client_await(struct client *client, uint32_t id)
{
    awaiting = client;
    awaited = id;
    bench_wait(client->bench, has_answer);
    struct reply **link = find_reply(client, id);
    struct reply *found = *link;
    if (!found) {
        fail_msg("the registry closed the channel");
    }
    struct reply reply = *found;
    *link = found->next;
    free(found);
    return reply;
}

struct reply client_request(struct client *client, const struct wire_schema *schema,
                            void *message)
{
    return client_await(client, client_ask(client, schema, message));
}

struct reply client_stat(struct client *client, const char *path)
{
    struct tree_stat message = {.path = bytes_of_text(path)};
    return client_request(client, &tree_stat_schema, &message);
}

struct reply client_open(struct client *client, const char *path, uint32_t intent)
{
    struct tree_open message = {.intent = intent, .path = bytes_of_text(path)};
    return client_request(client, &tree_open_schema, &message);
}

uint32_t client_ask_close(struct client *client, struct reply *opened)
{
    struct tree_close message = {.handle = opened->handle};
    if (opened->fd >= 0) {
        close(TAKE_FD(opened->fd));
    }
    return client_ask(client, &tree_close_schema, &message);
}

struct reply client_close(struct client *client, struct reply *opened)
{
    return client_await(client, client_ask_close(client, opened));
}

struct reply client_rename(struct client *client, const char *from, const char *to,
                           bool overwrite)
{
    struct tree_rename message = {
        .overwrite = overwrite, .from = bytes_of_text(from), .to = bytes_of_text(to)};
    return client_request(client, &tree_rename_schema, &message);
}

struct reply client_remove(struct client *client, const char *path)
{
    struct tree_remove message = {.path = bytes_of_text(path)};
    return client_request(client, &tree_remove_schema, &message);
}

struct reply client_make_folder(struct client *client, const char *path)
{
    struct tree_make_folder message = {.path = bytes_of_text(path)};
    return client_request(client, &tree_make_folder_schema, &message);
}

struct reply client_remove_folder(struct client *client, const char *path)
{
    struct tree_remove_folder message = {.path = bytes_of_text(path)};
    return client_request(client, &tree_remove_folder_schema, &message);
}

struct reply client_set_modified(struct client *client, const char *path,
                                 int64_t modified)
{
    struct tree_set message = {
        .path = bytes_of_text(path), .which = TREE_SET_MODIFIED, .modified = modified};
    return client_request(client, &tree_set_schema, &message);
}

/* ---- whole files --------------------------------------------------------------------- */

uint32_t client_ask_put(struct client *client, const char *path, const char *bytes)
{
    struct reply opened = client_open(client, path, BENCH_WRITE);
    assert_ok(opened);
    assert_true(fd_write_all(opened.fd, bytes, strlen(bytes), NULL));
    return client_ask_close(client, &opened);
}

struct reply client_put(struct client *client, const char *path, const char *bytes)
{
    struct reply opened = client_open(client, path, BENCH_WRITE);
    if (opened.outcome != TREE_OK) {
        return opened;
    }
    assert_true(fd_write_all(opened.fd, bytes, strlen(bytes), NULL));
    return client_close(client, &opened);
}

char *client_get(struct client *client, const char *path)
{
    struct reply opened = client_open(client, path, TREE_READ);
    size_t size = 0;
    if (opened.outcome != TREE_OK) {
        return NULL;
    }
    char *bytes = fd_read_all(opened.fd, 1 << 20, &size, NULL);
    assert_non_null(bytes);
    assert_int_equal(size, opened.size);
    assert_ok(client_close(client, &opened));
    return bytes;
}

/* ---- listings ---------------------------------------------------------------------- */

static void add_entry(struct listing *listing, struct reader *reader)
{
    size_t at = listing->count++;
    listing->entries =
        reallocarray(listing->entries, listing->count, sizeof listing->entries[0]);
    assert_non_null(listing->entries);
    struct bytes name = reader_string(reader);
    assert_in_range(name.size, 1, sizeof listing->entries[0].name - 1);
    memcpy(listing->entries[at].name, name.at, name.size);
    listing->entries[at].name[name.size] = '\0';
    listing->entries[at].kind = reader_u8(reader);
    reader_u32(reader);
    listing->entries[at].size = reader_u64(reader);
    reader_u64(reader);
}

struct listing client_list(struct client *client, const char *path)
{
    struct listing listing = {0};
    struct tree_open_folder open = {.path = bytes_of_text(path)};
    struct reply folder = client_request(client, &tree_open_folder_schema, &open);
    assert_ok(folder);
    uint32_t count;
    do {
        struct tree_read_folder read = {.handle = folder.handle};
        struct reply page = client_request(client, &tree_read_folder_schema, &read);
        struct reader reader = reader_of((struct bytes){page.entries, page.entries_size});
        assert_ok(page);
        assert_ptr_equal(page.schema, &tree_entries_schema);
        count = page.count;
        for (uint32_t i = 0; i < count; i++) {
            add_entry(&listing, &reader);
        }
        assert_true(reader_finished(&reader));
    } while (count > 0);
    assert_ok(client_close(client, &folder));
    return listing;
}

void listing_free(struct listing *listing)
{
    free(listing->entries);
    *listing = (struct listing){0};
}

size_t listing_has(const struct listing *listing, const char *name)
{
    size_t times = 0;
    for (size_t i = 0; i < listing->count; i++) {
        times += strcmp(listing->entries[i].name, name) == 0;
    }
    return times;
}

size_t client_lists(struct client *client, const char *path, const char *name)
{
    struct listing listing = client_list(client, path);
    size_t times = listing_has(&listing, name);
    listing_free(&listing);
    return times;
}

/* ---- assertions -------------------------------------------------------------------- */

void assert_reply_to(const char *what, struct reply reply, enum tree_outcome outcome,
                     const char *reason)
{
    if (reply.outcome != outcome || strcmp(reply.reason, reason) != 0) {
        fail_msg("%s was answered %d %s (%s), not %d %s", what, reply.outcome,
                 reply.reason, reply.text, outcome, reason);
    }
}

void assert_text(const char *text, const char *part)
{
    if (!text || !strstr(text, part)) {
        fail_msg("\"%s\" is not in \"%s\"", part, text ? text : "(nothing)");
    }
}

void client_newest_receipt(struct client *client, const char *account, const char *word,
                           char path[128])
{
    struct receipt_row row;
    int year, month;
    assert_int_equal(
        catalogue_receipts_newest(client->bench->registry.catalogue, account, &row, 1),
        1);
    calendar_month_of(row.received, &year, &month);
    snprintf(path, 128, "/acuses/%04d/%02d/%s-%s.txt", year, month, row.folio, word);
}

void assert_receipt(struct client *client, const char *account, const char *word,
                    const char *part)
{
    char path[128];
    client_newest_receipt(client, account, word, path);
    AUTO_FREE char *text = client_get(client, path);
    assert_text(text, part);
}
