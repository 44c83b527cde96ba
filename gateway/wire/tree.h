#ifndef GARITA_WIRE_TREE_H
#define GARITA_WIRE_TREE_H

#include "wire/message.h"

enum { TREE_PATH_MAX = 4096 /* bytes of a path */ };

/* What became of a request; each maps to one status of each protocol. */
enum tree_outcome {
    TREE_OK,
    TREE_NO_SUCH,     /* does not exist, or not for this account */
    TREE_DENIED,      /* exists, and may not be done */
    TREE_FAILED,      /* refused with a reason, or the store failed */
    TREE_BAD_REQUEST, /* breaks the protocol (handle unknown, ...) */
    TREE_UNSUPPORTED
};

enum tree_intent {
    TREE_READ = 1,
    TREE_WRITE = 2,
    TREE_APPEND = 4,
    TREE_CREATE = 8,
    TREE_TRUNCATE = 16,
    TREE_EXCLUSIVE = 32
};

enum tree_kind { TREE_FILE = 1, TREE_FOLDER = 2 };

enum tree_attribute {
    TREE_SET_SIZE = 1,
    TREE_SET_MODIFIED = 2,
    TREE_SET_OTHER = 4 /* owner, mode, access time: accepted and forgotten */
};

/* What an account without a quota is told: 1 PiB, 10^9 files. */
#define TREE_SPACE_BYTES (UINT64_C(1) << 50)
#define TREE_SPACE_FILES UINT64_C(1000000000)

#define WIRE_DEF "wire/tree.def"
#include "wire/declare.h"

#endif
