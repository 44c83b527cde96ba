/*
 * garita-keys: holds the host key and signs with it. Started by the supervisor as a role, or by
 * hand to make or show a key (tool.h).
 */
#include <stdio.h>

#include "keys/host_key.h"
#include "keys/signer.h"
#include "keys/tool.h"
#include "role/role.h"

enum {
    ADDRESS_SPACE =
        256 * 1024 * 1024, /* bytes; 4 MiB are in use with 1,000 connections */
    DESCRIPTORS = 65536    /* one a connection */
};

struct keys {
    struct signer *signer;
};

static bool prepare(void *context, const struct role_setup *setup,
                    struct sandbox *sandbox, struct err *err)
{
    (void)sandbox;
    struct keys *keys = context;
    char directory[4096];
    if (snprintf(directory, sizeof directory, "%s/keys", setup->agency) >=
        (int)sizeof directory) {
        return err_set(err, ERR_INPUT, "the agency's path is too long");
    }
    if (!host_key_init(err)) {
        return false;
    }
    AUTO(host_key) key = host_key_read(directory, err);
    if (!key) {
        return false;
    }
    keys->signer = signer_new(TAKE_PTR(key), err);
    return keys->signer != NULL;
}

static bool start(void *context, struct loop *loop, struct err *err)
{
    struct keys *keys = context;
    return signer_start(keys->signer, loop, err);
}

static void peer(void *context, const struct role_peer *peer, int take_channel)
{
    struct keys *keys = context;
    signer_peer(keys->signer, peer, take_channel);
}

static const struct role_body body = {
    .name = "keys",
    /* What I may do: no files, no network, no threads; only what every loop needs. */
    .sandbox = {.files = SANDBOX_FILES_NONE,
                .address_space = ADDRESS_SPACE,
                .descriptors = DESCRIPTORS,
                .processes = UINT32_MAX,
                .sets = SANDBOX_LOOP},
    .prepare = prepare,
    .start = start,
    .peer = peer,
};

int main(int argc, char **argv)
{
    if (argc > 1) {
        return tool_run(argc, argv);
    }
    struct keys keys = {0};
    int code = role_run(&body, &keys);
    signer_free(keys.signer); /* wipes the key */
    return code;
}
