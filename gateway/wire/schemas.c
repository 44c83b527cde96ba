/*
 * The tables behind the messages: every conversation's .def file read a second time, for
 * the fields of each message, and a third, for the list of all.
 */
#include "wire/message.h"

#include <assert.h>
#include <stddef.h>

#include "wire/console.h"
#include "wire/control.h"
#include "wire/inspection.h"
#include "wire/login.h"
#include "wire/signing.h"
#include "wire/tree.h"

/* `self` names the struct for offsetof() in FIELD, which does not know its message. */
#define FIELD(field_kind, field_name) \
    {.kind = WIRE_##field_kind, .offset = offsetof(self, field_name)},
#define MESSAGE(message, number, descriptors, members)                           \
    static_assert(sizeof(struct message) <= WIRE_MESSAGE_STRUCT_MAX, #message);  \
    static_assert((descriptors) <= CHANNEL_FDS_MAX, #message);                   \
    static const struct wire_field *message##_fields(void)                       \
    {                                                                            \
        typedef struct message self;                                             \
        static const struct wire_field fields[] = {members{.kind = WIRE_END}};   \
        return fields;                                                           \
    }                                                                            \
    const struct wire_schema message##_schema = {.name = #message,               \
                                                 .type = (number),               \
                                                 .fd_count = (descriptors),      \
                                                 .size = sizeof(struct message), \
                                                 .fields = message##_fields};

#include "wire/console.def"
#include "wire/control.def"
#include "wire/inspection.def"
#include "wire/login.def"
#include "wire/signing.def"
#include "wire/tree.def"

#undef MESSAGE
#define MESSAGE(message, number, descriptors, members) &message##_schema,

const struct wire_schema *const wire_schemas[] = {
#include "wire/console.def"
#include "wire/control.def"
#include "wire/inspection.def"
#include "wire/login.def"
#include "wire/signing.def"
#include "wire/tree.def"
    NULL};
