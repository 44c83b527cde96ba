/*
 * What sftp.c (requests of the client), sftp_file.c (those that need no registry) and
 * sftp_answer.c (answers of the registry) share.
 */
#ifndef GARITA_SSH_SFTP_INSIDE_H
#define GARITA_SSH_SFTP_INSIDE_H

#include "ssh/handles.h"
#include "ssh/pace.h"
#include "ssh/sftp.h"
#include "ssh/sftp_decode.h"
#include "ssh/sftp_reply.h"
#include "text/text.h"
#include "wire/tree.h"

enum {
    SFTP_WAITING_MAX = 16, /* unanswered questions to the registry */
    SFTP_CHECKS_MAX = 16,  /* files being hashed; above it no request is taken */
    /* No request is taken while more bytes than this wait for the client: a short queue is copied
       less, and libssh has one of its own. */
    SFTP_HIGH_WATER = 64 * 1024,
    SFTP_RESERVED_MAX = 512 * 1024, /* for answers of the registry */
    SFTP_OUTPUT_MAX = SFTP_HIGH_WATER + SFTP_PACKET_MAX + SFTP_PACKET_GRACE +
                      SFTP_RESERVED_MAX + SFTP_NAMES_MAX
};

/* What a question may be answered with, beside a status. */
enum sftp_expected {
    SFTP_EXPECT_STATUS,
    SFTP_EXPECT_PATH,
    SFTP_EXPECT_ATTRIBUTES,
    SFTP_EXPECT_FILE,
    SFTP_EXPECT_FOLDER,
    SFTP_EXPECT_ENTRIES,
    SFTP_EXPECT_SPACE,
    SFTP_EXPECT_CHECK /* a file, to be hashed */
};

/* What a check-file asks for. */
struct sftp_extent {
    uint64_t offset;
    uint64_t size;  /* 0: all there is */
    uint32_t block; /* bytes of one hash; 0: all in one */
    bool old;       /* SFTP_CHECK_OLD */
};

/* A question that the registry has not answered. */
struct sftp_waiting {
    bool used;
    bool dropped; /* its channel ended: the answer is for nobody */
    bool writes;  /* SFTP_EXPECT_FILE: what was asked for */
    bool append;
    enum sftp_expected expected;
    struct sftp_extent extent; /* SFTP_EXPECT_CHECK */
    uint32_t id;               /* ours */
    uint32_t client;           /* the client's id */
    size_t reserved;           /* bytes of output kept for the answer */
};

struct sftp {
    int registry;
    bool greeted; /* INIT came */
    struct handles *handles;
    size_t handles_promised; /* to OPENs that wait */
    struct buf output;
    size_t reserved; /* sum over waiting */
    size_t waiting_count;
    uint32_t last_id;
    struct sftp_waiting waiting[SFTP_WAITING_MAX];
    uint64_t requests;
    struct pace pace;          /* of questions to the registry */
    struct sftp_check *checks; /* in the order in which they came */
    size_t check_count;
};

/* A refusal of our own. The session does not know the account's language; most people here
   read Spanish, and the code is the same in all. */
void sftp_refuse(struct sftp *sftp, uint32_t id, enum sftp_status status,
                 enum text reason);
void sftp_succeed(struct sftp *sftp, uint32_t id);

/* The open handle that the request names; NULL, and it has been refused. */
struct handle *sftp_handle(struct sftp *sftp, const struct sftp_request *request);

/* Asking the registry: what the answer is to be matched with, and the question. sftp_ask_path() is
   both, for questions that are one path. False: the session is over. */
struct sftp_waiting *sftp_wait_for(struct sftp *sftp, const struct sftp_request *request,
                                   enum sftp_expected expected);
bool sftp_ask(struct sftp *sftp, const struct wire_schema *schema, const void *message,
              struct err *err);
bool sftp_ask_path(struct sftp *sftp, const struct sftp_request *request,
                   enum sftp_expected expected, const struct wire_schema *schema,
                   struct err *err);
/* False: a path is too long, and the request has been refused. */
bool sftp_path_fits(struct sftp *sftp, const struct sftp_request *request);

/* sftp_extended.c */
bool sftp_fstatvfs(struct sftp *sftp, const struct sftp_request *request,
                   struct err *err);
bool sftp_expand_path(struct sftp *sftp, const struct sftp_request *request,
                      struct err *err);
bool sftp_home_directory(struct sftp *sftp, const struct sftp_request *request,
                         struct err *err);
bool sftp_users_groups(struct sftp *sftp, const struct sftp_request *request,
                       struct err *err);

/* sftp_check.c */
bool sftp_check_name(struct sftp *sftp, const struct sftp_request *request,
                     struct err *err);
bool sftp_check_handle(struct sftp *sftp, const struct sftp_request *request,
                       struct err *err);
/* The registry opened what sftp_check_name() asked for. */
void sftp_check_opened(struct sftp *sftp, const struct sftp_waiting *waiting,
                       int take_fd);
/* The client closes this handle: checks of it go on and keep its descriptor. */
void sftp_check_closing(struct sftp *sftp, struct handle *handle);
void sftp_checks_drop(struct sftp *sftp); /* all of them, unanswered */

/* Requests that are done here. False: the session is over. */
bool sftp_read(struct sftp *sftp, const struct sftp_request *request, struct err *err);
bool sftp_write(struct sftp *sftp, const struct sftp_request *request, struct err *err);
bool sftp_fstat(struct sftp *sftp, const struct sftp_request *request, struct err *err);
bool sftp_fsync(struct sftp *sftp, const struct sftp_request *request, struct err *err);
/* Sets the size of a file that is being written; false: refused. */
bool sftp_truncate(struct sftp *sftp, const struct sftp_request *request,
                   struct handle *handle);

#endif
