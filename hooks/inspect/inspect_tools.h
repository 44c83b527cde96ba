/*
 * Inside struct inspect_tools, for the files that use the libraries themselves.
 */
#ifndef GARITA_HOOKS_INSPECT_TOOLS_H
#define GARITA_HOOKS_INSPECT_TOOLS_H

#include <magic.h>
#include <openssl/evp.h>

#include "hooks/inspect/inspect.h"

struct inspect_tools {
    magic_t magic;
    EVP_MD *sha256;
};

#endif
