/*
 * Messages between roles, described once. Each conversation is a .def file that lists its
 * messages and their fields; wire/declare.h turns it into C structs, wire/schemas.c into
 * tables that put and get them. So a message's layout, its bounds check and its fuzz test
 * come from one line.
 *
 * On the channel: u16 type, then the fields in order, big-endian. TEXT is u32 length, bytes
 * without NUL, and a closing NUL; BYTES is u32 length and bytes; HASH is 32 bytes.
 */
#ifndef GARITA_WIRE_MESSAGE_H
#define GARITA_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/channel.h"
#include "base/err.h"

enum { WIRE_HASH_SIZE = 32 };

enum wire_kind {
    WIRE_END,
    WIRE_U8,    /* uint8_t */
    WIRE_U32,   /* uint32_t */
    WIRE_U64,   /* uint64_t */
    WIRE_I64,   /* int64_t */
    WIRE_TEXT,  /* const char *, borrowed; NULL is put as "" */
    WIRE_BYTES, /* struct bytes, borrowed */
    WIRE_HASH   /* uint8_t[WIRE_HASH_SIZE] */
};

struct wire_field {
    enum wire_kind kind;
    size_t offset;
};

struct wire_schema {
    const char *name;
    uint16_t type;
    uint8_t fd_count; /* exactly so many descriptors travel with it */
    size_t size;      /* of the C struct */
    const struct wire_field *(*fields)(void);
};

/* Sends message, a struct of the schema's type, with its descriptors (borrowed). */
enum channel_result wire_send(int channel, const struct wire_schema *schema,
                              const void *message, const int *fds, struct err *err);

/* The type of a received message; 0 for one too short to have one. */
uint16_t wire_type(const struct channel_message *in);

/* Fills message from in: right type, right number of descriptors, every byte used. What it
   borrows lives as long as in. Descriptors stay in `in` to be taken. */
bool wire_get(const struct channel_message *in, const struct wire_schema *schema,
              void *message, struct err *err);

/* What a role hears on one kind of channel: its permit table. */
struct wire_permit {
    const struct wire_schema *schema;
    uint32_t states; /* bit set of states of the conversation in which it may come */
    void (*handle)(void *context, const void *message, struct channel_message *in);
};

enum { WIRE_STATE_ANY = UINT32_MAX, WIRE_MESSAGE_STRUCT_MAX = 512 };

/* Finds the permit for `in`, checks the state, gets the message and calls its handler.
   False, nothing called: not permitted or malformed; the caller ends the conversation. */
bool wire_dispatch(const struct wire_permit *permits, size_t count, uint32_t state,
                   struct channel_message *in, void *context, struct err *err);

/* Every schema there is, for tests and fuzzing; closed by NULL. */
extern const struct wire_schema *const wire_schemas[];

#endif
