/*
 * `garita-keys create DIR` and `garita-keys show DIR`: run by hand, by the user who will start the
 * gateway. Prints the public half in the two forms that people compare and copy: the
 * fingerprint as ssh-keygen -lf shows it, and the line of a known_hosts file.
 */
#include "keys/tool.h"

#include <stdio.h>

#include "keys/host_key.h"

static bool show(const char *directory, struct err *err)
{
    AUTO(host_key) key = host_key_read(directory, err);
    if (!key) {
        return false;
    }
    char fingerprint[HOST_KEY_FINGERPRINT_SIZE];
    char line[HOST_KEY_LINE_SIZE];
    host_key_fingerprint(key, fingerprint);
    host_key_line(key, line);
    printf("256 %s garita (ED25519)\n%s\n", fingerprint, line);
    return true;
}

static bool create(const char *directory, struct err *err)
{
    struct err why = {0};
    AUTO(host_key) there = host_key_read(directory, &why);
    if (there) {
        fprintf(stderr, "garita-keys: %s/%s is there already and was kept\n", directory,
                HOST_KEY_FILE);
        return show(directory, err);
    }
    if (why.code != ERR_NOT_FOUND) {
        *err = why;
        return false;
    }
    return host_key_create(directory, err) && show(directory, err);
}

int tool_run(int argc, char **argv)
{
    bool (*run)(const char *, struct err *) = NULL;
    if (argc == 3 && strcmp(argv[1], "create") == 0) {
        run = create;
    } else if (argc == 3 && strcmp(argv[1], "show") == 0) {
        run = show;
    } else {
        fprintf(stderr, "usage: garita-keys create DIR | garita-keys show DIR\n"
                        "DIR is the folder \"keys\" of the agency.\n");
        return 2;
    }
    struct err err = {0};
    if (!host_key_init(&err) || !run(argv[2], &err)) {
        fprintf(stderr, "garita-keys: %s\n", err.text);
        return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
