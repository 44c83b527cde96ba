/*
 * What sftp.c (requests of the client), sftp_file.c (those that need no registry) and
 * sftp_answer.c (answers of the registry) share.
 */
#ifndef GARITA_SSH_SFTP_INSIDE_H
#define GARITA_SSH_SFTP_INSIDE_H

#include "ssh/handles.h"
#include "ssh/sftp.h"
#include "ssh/sftp_decode.h"
#include "ssh/sftp_reply.h"
#include "text/text.h"
#include "wire/tree.h"

enum {
    SFTP_WAITING_MAX = 16, /* unanswered questions to the registry */
    SFTP_HIGH_WATER =
        768 * 1024, /* bytes for the client above which no request is taken */
    SFTP_OUTPUT_MAX = SFTP_HIGH_WATER + SFTP_PACKET_MAX + SFTP_PACKET_GRACE
};

/* What a question may be answered with, beside a status. */
enum sftp_expected {
    SFTP_EXPECT_STATUS,
    SFTP_EXPECT_PATH,
    SFTP_EXPECT_ATTRIBUTES,
    SFTP_EXPECT_FILE,
    SFTP_EXPECT_FOLDER,
    SFTP_EXPECT_ENTRIES
};

/* A question that the registry has not answered. */
struct sftp_waiting {
    bool used;
    bool dropped; /* its channel ended: the answer is for nobody */
    bool writes;  /* SFTP_EXPECT_FILE: what was asked for */
    bool append;
    enum sftp_expected expected;
    uint32_t id;     /* ours */
    uint32_t client; /* the client's id */
    size_t reserved; /* bytes of output kept for the answer */
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
};

/* A refusal of our own. The session does not know the account's language; most people here
   read Spanish, and the code is the same in all. */
void sftp_refuse(struct sftp *sftp, uint32_t id, enum sftp_status status,
                 enum text reason);
void sftp_succeed(struct sftp *sftp, uint32_t id);

/* The open handle that the request names; NULL, and it has been refused. */
struct handle *sftp_handle(struct sftp *sftp, const struct sftp_request *request);

/* Requests that are done here. False: the session is over. */
bool sftp_read(struct sftp *sftp, const struct sftp_request *request, struct err *err);
bool sftp_write(struct sftp *sftp, const struct sftp_request *request, struct err *err);
bool sftp_fstat(struct sftp *sftp, const struct sftp_request *request, struct err *err);
bool sftp_fsync(struct sftp *sftp, const struct sftp_request *request, struct err *err);
/* Sets the size of a file that is being written; false: refused. */
bool sftp_truncate(struct sftp *sftp, const struct sftp_request *request,
                   struct handle *handle);

#endif
