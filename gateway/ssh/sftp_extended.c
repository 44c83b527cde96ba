/*
 * Extended requests that are small: of space, of the home that every account has at "/", of names
 * for user ids. Runs in the session. None tells anything of the machine: no disk, no user, no
 * group.
 */
#include "ssh/sftp_inside.h"

#include "base/reader.h"

enum { IDS_MAX = 4096 /* of users or groups in one request */ };

/* The quota is the account's, whichever file is asked about. */
bool sftp_fstatvfs(struct sftp *sftp, const struct sftp_request *request, struct err *err)
{
    struct sftp_request root = {.id = request->id, .path = bytes_of_text("/")};
    return !sftp_handle(sftp, request) ||
           sftp_ask_path(sftp, &root, SFTP_EXPECT_SPACE, &tree_space_schema, err);
}

/* The path behind its "~"; the same path if it has none. */
static struct bytes behind_home(struct bytes path)
{
    struct reader reader = reader_of(path);
    bool home =
        reader_u8(&reader) == '~' && (reader.rest.size == 0 || reader.rest.at[0] == '/');
    if (!home) {
        return path;
    }
    return reader.rest.size == 0 ? bytes_of_text("/") : reader.rest;
}

/* "~" is "/", and "~/x" is "/x"; other users have no home, and theirs are names like any other. */
bool sftp_expand_path(struct sftp *sftp, const struct sftp_request *request,
                      struct err *err)
{
    struct sftp_request real = *request;
    real.path = behind_home(request->path);
    return sftp_ask_path(sftp, &real, SFTP_EXPECT_PATH, &tree_realpath_schema, err);
}

bool sftp_home_directory(struct sftp *sftp, const struct sftp_request *request,
                         struct err *err)
{
    (void)err;
    sftp_reply_path(&sftp->output, request->id, "/");
    return true;
}

static bool are_ids(struct bytes ids)
{
    return ids.size % sizeof(uint32_t) == 0 && ids.size <= IDS_MAX * sizeof(uint32_t);
}

bool sftp_users_groups(struct sftp *sftp, const struct sftp_request *request,
                       struct err *err)
{
    (void)err;
    if (are_ids(request->data) && are_ids(request->more)) {
        sftp_reply_users_groups(&sftp->output, request->id, request->data, request->more);
    } else {
        sftp_refuse(sftp, request->id, SFTP_BAD_MESSAGE, TEXT_BAD_REQUEST);
    }
    return true;
}
