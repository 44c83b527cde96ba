/*
 * Turns the conversation WIRE_DEF into structs and schema declarations. Included once per
 * conversation by its header (wire/tree.h and so on); no include guard on purpose.
 */
#define WIRE_C_U8(name) uint8_t name;
#define WIRE_C_U32(name) uint32_t name;
#define WIRE_C_U64(name) uint64_t name;
#define WIRE_C_I64(name) int64_t name;
#define WIRE_C_TEXT(name) const char *name;
#define WIRE_C_BYTES(name) struct bytes name;
#define WIRE_C_HASH(name) uint8_t name[WIRE_HASH_SIZE];
#define FIELD(kind, name) WIRE_C_##kind(name)
#define MESSAGE(name, type, fd_count, fields) \
    struct name {                             \
        fields                                \
    };                                        \
    extern const struct wire_schema name##_schema;

#include WIRE_DEF

#undef MESSAGE
#undef FIELD
#undef WIRE_C_U8
#undef WIRE_C_U32
#undef WIRE_C_U64
#undef WIRE_C_I64
#undef WIRE_C_TEXT
#undef WIRE_C_BYTES
#undef WIRE_C_HASH
#undef WIRE_DEF
