/*
 * Encodes answers. Runs in the session. Names come from the registry, which has checked them;
 * whether the entries hold what they say is checked here all the same.
 */
#include "ssh/sftp_reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/reader.h"
#include "wire/tree.h"

enum reply_type {
    REPLY_VERSION = 2,
    REPLY_STATUS = 101,
    REPLY_HANDLE,
    REPLY_DATA,
    REPLY_NAME,
    REPLY_ATTRS,
    REPLY_EXTENDED = 201
};

enum { VERSION = 3, HALF_A_YEAR = 182 * 24 * 3600, MODE_SIZE = 11, WHEN_SIZE = 24 };

/* A packet's length is known when its end is: where it starts goes from begin() to end(). */
static size_t begin(struct buf *out, enum reply_type type, uint32_t id)
{
    size_t start = buf_size(out);
    buf_put_u32(out, 0);
    buf_put_u8(out, (uint8_t)type);
    buf_put_u32(out, id);
    return start;
}

static void end(struct buf *out, size_t start)
{
    buf_patch_u32(out, start, (uint32_t)(buf_size(out) - start - sizeof(uint32_t)));
}

void sftp_reply_version(struct buf *out)
{
    const char *name, *version;
    size_t start = begin(out, REPLY_VERSION, VERSION);
    for (size_t i = 0; (name = sftp_extension(i, &version)); i++) {
        buf_put_text(out, name);
        buf_put_text(out, version);
    }
    end(out, start);
}

void sftp_reply_status(struct buf *out, uint32_t id, enum sftp_status status,
                       const char *text, const char *code)
{
    char whole[SFTP_STATUS_TEXT_MAX];
    bool bare = code[0] == '\0';
    snprintf(whole, sizeof whole, "%s%s%s%s", text, bare ? "" : " [", code,
             bare ? "" : "]");
    size_t start = begin(out, REPLY_STATUS, id);
    buf_put_u32(out, status);
    buf_put_text(out, whole);
    buf_put_text(out, ""); /* language */
    end(out, start);
}

void sftp_reply_handle(struct buf *out, uint32_t id, struct bytes handle)
{
    size_t start = begin(out, REPLY_HANDLE, id);
    buf_put_string(out, handle.at, handle.size);
    end(out, start);
}

ssize_t sftp_reply_data(struct buf *out, uint32_t id, int fd, uint64_t offset,
                        uint32_t size)
{
    uint8_t *room = buf_reserve(out, SFTP_DATA_HEADER + (size_t)size);
    if (!room) {
        return -1;
    }
    ssize_t got = pread(fd, &room[SFTP_DATA_HEADER], size, (off_t)offset);
    if (got < 0 || (got == 0 && size > 0)) {
        return got;
    }
    /* The header goes before the data, into the room that was left for it. */
    buf_put_u32(out, (uint32_t)got + SFTP_DATA_HEADER - (uint32_t)sizeof(uint32_t));
    buf_put_u8(out, REPLY_DATA);
    buf_put_u32(out, id);
    buf_put_u32(out, (uint32_t)got);
    buf_commit(out, (size_t)got);
    return got;
}

static void put_attributes(struct buf *out, const struct sftp_attributes *attributes)
{
    uint32_t flags = attributes->flags;
    buf_put_u32(out, flags);
    if (flags & SFTP_ATTR_SIZE) {
        buf_put_u64(out, attributes->size);
    }
    if (flags & SFTP_ATTR_PERMISSIONS) {
        buf_put_u32(out, attributes->permissions);
    }
    if (flags & SFTP_ATTR_TIMES) {
        buf_put_u32(out, attributes->modified); /* of access: nobody keeps it */
        buf_put_u32(out, attributes->modified);
    }
}

void sftp_reply_attributes(struct buf *out, uint32_t id,
                           const struct sftp_attributes *attributes)
{
    size_t start = begin(out, REPLY_ATTRS, id);
    put_attributes(out, attributes);
    end(out, start);
}

void sftp_reply_limits(struct buf *out, uint32_t id, uint64_t handles)
{
    size_t start = begin(out, REPLY_EXTENDED, id);
    buf_put_u64(out, SFTP_PACKET_MAX);
    buf_put_u64(out, SFTP_READ_MAX);
    buf_put_u64(out, SFTP_READ_MAX);
    buf_put_u64(out, handles);
    end(out, start);
}

/* Blocks are the unit of everything; the same is free for all, since there is no superuser. */
void sftp_reply_space(struct buf *out, uint32_t id, const struct sftp_space *space)
{
    enum { BLOCK = 4096, NO_SETUID = 2, NAME_BYTES_MAX = 255 };
    uint64_t blocks = space->bytes_total / BLOCK;
    uint64_t blocks_free = space->bytes_free / BLOCK;
    const uint64_t fields[] = {BLOCK,
                               BLOCK,
                               blocks,
                               blocks_free,
                               blocks_free,
                               space->files_total,
                               space->files_free,
                               space->files_free,
                               0, /* id of the file system */
                               NO_SETUID,
                               NAME_BYTES_MAX};
    size_t start = begin(out, REPLY_EXTENDED, id);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        buf_put_u64(out, fields[i]);
    }
    end(out, start);
}

/* One name an id, in a string of strings: 0 is whom longnames show, nobody else exists. */
static void put_names(struct buf *out, struct bytes ids)
{
    struct reader reader = reader_of(ids);
    size_t start = buf_size(out);
    buf_put_u32(out, 0);
    while (reader.rest.size > 0) {
        buf_put_text(out, reader_u32(&reader) == 0 ? "garita" : "");
    }
    buf_patch_u32(out, start, (uint32_t)(buf_size(out) - start - sizeof(uint32_t)));
}

void sftp_reply_users_groups(struct buf *out, uint32_t id, struct bytes users,
                             struct bytes groups)
{
    size_t start = begin(out, REPLY_EXTENDED, id);
    put_names(out, users);
    put_names(out, groups);
    end(out, start);
}

void sftp_reply_hashes(struct buf *out, uint32_t id, bool old, struct bytes hashes)
{
    size_t start = begin(out, REPLY_EXTENDED, id);
    if (old) {
        buf_put_text(out, "check-file");
    }
    buf_put_text(out, "sha256");
    buf_put(out, hashes.at, hashes.size);
    end(out, start);
}

void sftp_reply_path(struct buf *out, uint32_t id, const char *path)
{
    static const struct sftp_attributes none;
    size_t start = begin(out, REPLY_NAME, id);
    buf_put_u32(out, 1);
    buf_put_text(out, path);
    buf_put_text(out, path);
    put_attributes(out, &none);
    end(out, start);
}

uint32_t sftp_seconds(int64_t time)
{
    if (time < 0) {
        return 0;
    }
    return time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
}

static void format_mode(char mode[MODE_SIZE], uint32_t permissions)
{
    mode[0] = S_ISDIR(permissions) ? 'd' : '-';
    for (unsigned bit = 0; bit < 9; bit++) {
        mode[1 + bit] = permissions & (0400u >> bit) ? "rwxrwxrwx"[bit] : '-';
    }
    mode[10] = '\0';
}

/* English names of months whatever the locale is: clients look for them. */
static void format_time(char text[WHEN_SIZE], int64_t modified, int64_t now)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)modified;
    struct tm parts = {0};
    gmtime_r(&seconds, &parts);
    int used = snprintf(text, WHEN_SIZE, "%s %2d ", months[parts.tm_mon % 12],
                        parts.tm_mday % 100);
    if (modified <= now && now - modified < HALF_A_YEAR) {
        snprintf(&text[used], WHEN_SIZE - (size_t)used, "%02d:%02d", parts.tm_hour % 100,
                 parts.tm_min % 100);
    } else {
        snprintf(&text[used], WHEN_SIZE - (size_t)used, " %4d",
                 (parts.tm_year + 1900) % 10000);
    }
}

const char *sftp_longname(char text[SFTP_LONGNAME_MAX],
                          const struct sftp_attributes *attributes, int64_t now)
{
    char mode[MODE_SIZE], when[WHEN_SIZE];
    format_mode(mode, attributes->permissions);
    format_time(when, attributes->modified, now);
    snprintf(text, SFTP_LONGNAME_MAX, "%s %4d %-8s %-8s %10" PRIu64 " %s ", mode, 1,
             "garita", "garita", attributes->size, when);
    return text;
}

/* One entry: u32 length and name, u8 kind, u32 permissions, u64 size, i64 modified. */
static bool put_entry(struct buf *out, struct reader *entries, int64_t now)
{
    struct bytes name = reader_string(entries);
    uint32_t kind = reader_u8(entries) == TREE_FOLDER ? S_IFDIR : S_IFREG;
    uint32_t permissions = reader_u32(entries);
    uint64_t size = reader_u64(entries);
    int64_t modified = (int64_t)reader_u64(entries);
    if (entries->failed || name.size == 0) {
        return false;
    }
    struct sftp_attributes attributes = {.flags = SFTP_ATTR_SIZE | SFTP_ATTR_PERMISSIONS |
                                                  SFTP_ATTR_TIMES,
                                         .size = size,
                                         .permissions = kind | (permissions & 07777),
                                         .modified = sftp_seconds(modified)};
    char before[SFTP_LONGNAME_MAX];
    size_t length = strlen(sftp_longname(before, &attributes, now));
    buf_put_string(out, name.at, name.size);
    buf_put_u32(out, (uint32_t)(length + name.size));
    buf_put(out, before, length);
    buf_put(out, name.at, name.size);
    put_attributes(out, &attributes);
    return true;
}

bool sftp_reply_names(struct buf *out, uint32_t id, uint32_t count, struct bytes entries)
{
    struct reader reader = reader_of(entries);
    int64_t now = clock_wall_us() / 1000000;
    size_t start = begin(out, REPLY_NAME, id);
    buf_put_u32(out, count);
    for (uint32_t i = 0; i < count; i++) {
        if (!put_entry(out, &reader, now)) {
            return false;
        }
    }
    end(out, start);
    return reader_finished(&reader);
}
