/*
 * The SFTP parser. Runs in the session, the process that an attacker reaches first; trusts
 * nothing. Which fields a request has stands in a table, and one loop reads them all, so
 * that there is one place where lengths are checked: base/reader.c.
 */
#include "ssh/sftp_decode.h"

#include "base/auto.h"
#include "base/reader.h"

enum field {
    NOTHING,
    PATH,
    TARGET,
    HANDLE,
    DATA,
    MORE,
    OFFSET,
    EXTENT,
    LENGTH,
    FLAGS,
    ATTRIBUTES
};

enum { FIELDS_MAX = 5, EXTENDED_PAIRS_MAX = 64 };

struct layout {
    unsigned type;
    const char *extension; /* NULL: a type of its own */
    enum field fields[FIELDS_MAX];
    const char *version; /* of an extension */
};

static const struct layout layouts[] = {
    {SFTP_OPEN, NULL, {PATH, FLAGS, ATTRIBUTES}, NULL},
    {SFTP_CLOSE, NULL, {HANDLE}, NULL},
    {SFTP_READ, NULL, {HANDLE, OFFSET, LENGTH}, NULL},
    {SFTP_WRITE, NULL, {HANDLE, OFFSET, DATA}, NULL},
    {SFTP_LSTAT, NULL, {PATH}, NULL},
    {SFTP_FSTAT, NULL, {HANDLE}, NULL},
    {SFTP_SETSTAT, NULL, {PATH, ATTRIBUTES}, NULL},
    {SFTP_FSETSTAT, NULL, {HANDLE, ATTRIBUTES}, NULL},
    {SFTP_OPENDIR, NULL, {PATH}, NULL},
    {SFTP_READDIR, NULL, {HANDLE}, NULL},
    {SFTP_REMOVE, NULL, {PATH}, NULL},
    {SFTP_MKDIR, NULL, {PATH, ATTRIBUTES}, NULL},
    {SFTP_RMDIR, NULL, {PATH}, NULL},
    {SFTP_REALPATH, NULL, {PATH}, NULL},
    {SFTP_STAT, NULL, {PATH}, NULL},
    {SFTP_RENAME, NULL, {PATH, TARGET}, NULL},
    {SFTP_READLINK, NULL, {PATH}, NULL},
    {SFTP_SYMLINK, NULL, {PATH, TARGET}, NULL},
    /* OpenSSH's PROTOCOL, 4. */
    {SFTP_POSIX_RENAME, "posix-rename@openssh.com", {PATH, TARGET}, "1"},
    {SFTP_STATVFS, "statvfs@openssh.com", {PATH}, "2"},
    {SFTP_FSTATVFS, "fstatvfs@openssh.com", {HANDLE}, "2"},
    {SFTP_FSYNC, "fsync@openssh.com", {HANDLE}, "1"},
    {SFTP_LSETSTAT, "lsetstat@openssh.com", {PATH, ATTRIBUTES}, "1"},
    {SFTP_LIMITS, "limits@openssh.com", {NOTHING}, "1"},
    {SFTP_EXPAND_PATH, "expand-path@openssh.com", {PATH}, "1"},
    {SFTP_HOME_DIRECTORY, "home-directory", {DATA}, "1"},
    {SFTP_USERS_GROUPS, "users-groups-by-id@openssh.com", {DATA, MORE}, "1"},
    /* draft-ietf-secsh-filexfer-extensions-00, 3; the short name is what WinSCP looks for. */
    {SFTP_CHECK_OLD, "check-file", {HANDLE, DATA, OFFSET, EXTENT, LENGTH}, "1"},
    {SFTP_CHECK_NAME, "check-file-name", {PATH, DATA, OFFSET, EXTENT, LENGTH}, "1"},
    {SFTP_CHECK_HANDLE, "check-file-handle", {HANDLE, DATA, OFFSET, EXTENT, LENGTH}, "1"},
};

enum sftp_framing sftp_frame(struct bytes input, struct bytes *packet, size_t *missing)
{
    struct reader reader = reader_of(input);
    uint32_t length = reader_u32(&reader);
    if (reader.failed) {
        *missing = sizeof length - input.size;
        return SFTP_PARTIAL;
    }
    if (length == 0 || length > SFTP_PACKET_MAX + SFTP_PACKET_GRACE) {
        return SFTP_BROKEN;
    }
    if (reader.rest.size < length) {
        *missing = length - reader.rest.size;
        return SFTP_PARTIAL;
    }
    *packet = reader_take(&reader, length);
    return SFTP_WHOLE;
}

static void read_attributes(struct reader *reader, struct sftp_attributes *attributes)
{
    uint32_t flags = attributes->flags = reader_u32(reader);
    if (flags & SFTP_ATTR_SIZE) {
        attributes->size = reader_u64(reader);
    }
    if (flags & SFTP_ATTR_OWNER) {
        reader_u32(reader);
        reader_u32(reader);
    }
    if (flags & SFTP_ATTR_PERMISSIONS) {
        attributes->permissions = reader_u32(reader);
    }
    if (flags & SFTP_ATTR_TIMES) {
        reader_u32(reader); /* of access, which nobody keeps */
        attributes->modified = reader_u32(reader);
    }
    if (flags & SFTP_ATTR_EXTENDED) {
        uint32_t pairs = reader_u32(reader);
        reader->failed |= pairs > EXTENDED_PAIRS_MAX;
        for (uint32_t i = 0; i < 2 * pairs && !reader->failed; i++) {
            reader_string(reader);
        }
    }
}

static void read_field(struct reader *reader, enum field field,
                       struct sftp_request *request)
{
    switch (field) {
    case PATH:
        request->path = reader_string(reader);
        break;
    case TARGET:
        request->target = reader_string(reader);
        break;
    case HANDLE:
        request->handle = reader_string(reader);
        break;
    case DATA:
        request->data = reader_string(reader);
        break;
    case MORE:
        request->more = reader_string(reader);
        break;
    case OFFSET:
        request->offset = reader_u64(reader);
        break;
    case EXTENT:
        request->extent = reader_u64(reader);
        break;
    case LENGTH:
        request->length = reader_u32(reader);
        break;
    case FLAGS:
        request->flags = reader_u32(reader);
        break;
    case ATTRIBUTES:
        read_attributes(reader, &request->attributes);
        break;
    case NOTHING:
        break;
    }
}

static const struct layout *find_layout(unsigned type)
{
    for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
        if (layouts[i].type == type && !layouts[i].extension) {
            return &layouts[i];
        }
    }
    return NULL;
}

static const struct layout *find_extension(struct bytes name)
{
    for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
        if (layouts[i].extension &&
            bytes_equal(bytes_of_text(layouts[i].extension), name)) {
            return &layouts[i];
        }
    }
    return NULL;
}

const char *sftp_extension(size_t index, const char **version)
{
    for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
        if (layouts[i].extension && index-- == 0) {
            *version = layouts[i].version;
            return layouts[i].extension;
        }
    }
    return NULL;
}

enum sftp_decoding sftp_decode(struct bytes packet, struct sftp_request *request)
{
    struct reader reader = reader_of(packet);
    *request = (struct sftp_request){.type = reader_u8(&reader)};
    request->id = reader_u32(&reader);
    if (reader.failed) {
        return SFTP_NO_ID;
    }
    if (request->type == SFTP_INIT) {
        return SFTP_DECODED; /* pairs of extensions may follow; none means anything to us */
    }
    const struct layout *layout = find_layout(request->type);
    if (request->type == SFTP_EXTENDED) {
        layout = find_extension(reader_string(&reader));
        if (reader.failed) {
            return SFTP_SHORT;
        }
    }
    if (!layout) {
        return SFTP_UNKNOWN;
    }
    request->type = layout->type;
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        read_field(&reader, layout->fields[i], request);
    }
    return reader.failed ? SFTP_SHORT : SFTP_DECODED;
}
