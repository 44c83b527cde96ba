/*
 * Walks the policy's directory: three files and three folders.
 */
#include "policy_reader/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fd.h"

enum { PATH_ROOM = 320 };

static const struct place {
    const char *path; /* a file, or a folder when it ends in '/' */
    bool required;
} places[SOURCE_KIND_COUNT] = {
    [SOURCE_GARITA] = {"garita.yaml", true},
    [SOURCE_DOCUMENT_TYPES] = {"document-types.yaml", true},
    [SOURCE_NAMES] = {"names.yaml", true},
    [SOURCE_ROLE] = {"roles/", false},
    [SOURCE_CLIENT] = {"clients/", false},
    [SOURCE_ACCOUNT] = {"accounts/", false},
};

static const char ending[] = ".yaml";

struct walk {
    struct arena *arena;
    struct complaints *complaints;
    struct sources *sources;
};

static bool is_folder(enum source_kind kind)
{
    return kind >= SOURCE_ROLE;
}

/* SOURCE_KIND_COUNT for what is no file of a policy. */
static enum source_kind kind_of(const char *path)
{
    for (unsigned kind = 0; kind < SOURCE_KIND_COUNT; kind++) {
        size_t size = strlen(places[kind].path);
        size_t compared = is_folder((enum source_kind)kind) ? size : size + 1;
        if (strncmp(path, places[kind].path, compared) == 0) {
            return (enum source_kind)kind;
        }
    }
    return SOURCE_KIND_COUNT;
}

int source_compare(const char *a, const char *b)
{
    int order = (int)kind_of(a) - (int)kind_of(b);
    return order ? order : strcmp(a, b);
}

static bool is_plain(const char *name)
{
    for (; *name; name++) {
        bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z');
        bool digit = *name >= '0' && *name <= '9';
        if (!letter && !digit && !strchr("._-", *name)) {
            return false;
        }
    }
    return true;
}

static bool is_yaml(const char *name)
{
    size_t size = strlen(name);
    return size >= sizeof ending && strcmp(name + size - strlen(ending), ending) == 0;
}

/* Editors' leftovers. */
static bool is_passed_over(const char *name)
{
    size_t size = strlen(name);
    return name[0] == '.' || (size > 0 && name[size - 1] == '~');
}

/* Doubles in the arena: what is left behind there is less than what stays. */
static bool append(struct sources *sources, struct arena *arena, struct source_file *file)
{
    if (sources->count == sources->room) {
        size_t room = sources->room ? 2 * sources->room : 64;
        struct source_file **files = arena_take_array(arena, room, sizeof(void *));
        if (!files) {
            return false;
        }
        if (sources->count > 0) {
            memcpy(files, sources->files, sources->count * sizeof(void *));
        }
        sources->files = files;
        sources->room = room;
    }
    sources->files[sources->count++] = file;
    return true;
}

static int compare_files(const void *left, const void *right)
{
    const struct source_file *a = *(struct source_file *const *)left;
    const struct source_file *b = *(struct source_file *const *)right;
    return a->kind == b->kind ? strcmp(a->path, b->path) : (int)a->kind - (int)b->kind;
}

void source_finish(struct sources *sources, struct complaints *complaints)
{
    bool present[SOURCE_KIND_COUNT] = {false};
    for (size_t i = 0; i < sources->count; i++) {
        present[sources->files[i]->kind] = true;
    }
    for (unsigned kind = 0; kind < SOURCE_KIND_COUNT; kind++) {
        if (places[kind].required && !present[kind]) {
            struct complaint_place place = {.file = places[kind].path};
            complaints_add(complaints, place, "the file is missing");
        }
    }
    if (sources->count > 0) {
        qsort(sources->files, sources->count, sizeof(void *), compare_files);
    }
}

bool source_add(struct sources *sources, struct arena *arena,
                struct complaints *complaints, const char *path, struct bytes bytes)
{
    struct complaint_place whole = {.file = "policy"};
    enum source_kind kind = kind_of(path);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t folder = kind < SOURCE_KIND_COUNT ? strlen(places[kind].path) : 0;
    bool inside = kind < SOURCE_KIND_COUNT && (!slash || name == path + folder);
    if (!inside || !is_plain(name) || !is_yaml(name)) {
        complaints_add(complaints, whole, "\"%s\" is no file of a policy",
                       complaints_quote(path).text);
        return false;
    }
    if (sources->count == SOURCE_FILES_MAX) {
        complaints_add(complaints, whole, "it has more than %d files", SOURCE_FILES_MAX);
        return false;
    }
    struct source_file *file = arena_take(arena, sizeof *file);
    char *copy = arena_copy(arena, path, strlen(path));
    char *stem = arena_copy(arena, name, strlen(name) - strlen(ending));
    if (!file || !copy || !stem) {
        return false;
    }
    *file =
        (struct source_file){.path = copy, .stem = stem, .kind = kind, .bytes = bytes};
    return append(sources, arena, file);
}

/* The file's bytes in the arena; false with a complaint. */
static bool read_bytes(const struct walk *walk, int fd, const char *path,
                       struct bytes *bytes)
{
    const char *kept = arena_copy(walk->arena, path, strlen(path));
    struct complaint_place place = {.file = kept ? kept : "policy"};
    struct stat status = {0};
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        complaints_add(walk->complaints, place, "not a regular file");
        return false;
    }
    struct err err = {0};
    size_t size = 0;
    AUTO_FREE char *read = NULL;
    if (status.st_size <= SOURCE_FILE_MAX) {
        read = fd_read_all(fd, SOURCE_FILE_MAX, &size, &err);
    } else {
        err_set(&err, ERR_LIMIT, "larger than %d bytes", SOURCE_FILE_MAX);
    }
    if (!read) {
        complaints_add(walk->complaints, place, "%s", err.text);
        return false;
    }
    bytes->at = (const uint8_t *)arena_copy(walk->arena, read, size);
    bytes->size = size;
    return bytes->at != NULL;
}

static void read_file(const struct walk *walk, int directory, const char *name,
                      const char *path)
{
    struct bytes bytes = {0};
    AUTO_CLOSE int fd =
        openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        char *kept = arena_copy(walk->arena, path, strlen(path));
        struct complaint_place place = {.file = kept ? kept : "policy"};
        complaints_add(walk->complaints, place, "cannot be opened: %s",
                       errno == ELOOP ? "it is a symbolic link" : strerror(errno));
        return;
    }
    if (read_bytes(walk, fd, path, &bytes)) {
        source_add(walk->sources, walk->arena, walk->complaints, path, bytes);
    }
}

/* Calls visit for each name that is not passed over. */
static bool each_name(int directory, const struct walk *walk, enum source_kind kind,
                      void (*visit)(const struct walk *walk, int directory,
                                    enum source_kind kind, const char *name),
                      struct err *err)
{
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
    if (!stream) {
        int error = errno;
        if (copy >= 0) {
            close(copy);
        }
        return err_sys(err, error, "read the policy's directory");
    }
    for (struct dirent *entry = readdir(stream); entry && !walk->arena->failed;
         entry = readdir(stream)) {
        if (!is_passed_over(entry->d_name)) {
            visit(walk, directory, kind, entry->d_name);
        }
    }
    closedir(stream);
    return true;
}

static void visit_inside(const struct walk *walk, int directory, enum source_kind kind,
                         const char *name)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s%s", places[kind].path, name);
    if (is_plain(name) && is_yaml(name)) {
        read_file(walk, directory, name, path);
        return;
    }
    struct complaint_place place = {.file = places[kind].path};
    complaints_add(walk->complaints, place,
                   "\"%s\" is no policy file: names are letters, digits, '.', '-', '_' "
                   "and end in .yaml",
                   complaints_quote(name).text);
}

static void read_folder(const struct walk *walk, int directory, enum source_kind kind,
                        const char *name)
{
    struct err err = {0};
    struct complaint_place place = {.file = places[kind].path};
    AUTO_CLOSE int folder =
        openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0) {
        complaints_add(walk->complaints, place, "cannot be opened: %s", strerror(errno));
        return;
    }
    if (!each_name(folder, walk, kind, visit_inside, &err)) {
        complaints_add(walk->complaints, place, "%s", err.text);
    }
}

static void complain_of_stranger(const struct walk *walk, const char *name)
{
    struct complaint_guess guess = {.wrong = name};
    for (unsigned kind = 0; kind < SOURCE_KIND_COUNT; kind++) {
        complaints_guess(&guess, places[kind].path);
    }
    struct complaint_place whole = {.file = "policy"};
    complaints_add(walk->complaints, whole, "\"%s\" is no file of a policy%s",
                   complaints_quote(name).text, complaints_guessed(&guess).text);
}

static void visit_top(const struct walk *walk, int directory, enum source_kind unused,
                      const char *name)
{
    (void)unused;
    char as_folder[PATH_ROOM];
    snprintf(as_folder, sizeof as_folder, "%s/", name);
    for (unsigned kind = 0; kind < SOURCE_KIND_COUNT; kind++) {
        if (strcmp(places[kind].path, name) == 0) {
            read_file(walk, directory, name, name);
            return;
        }
        if (strcmp(places[kind].path, as_folder) == 0) {
            read_folder(walk, directory, (enum source_kind)kind, name);
            return;
        }
    }
    complain_of_stranger(walk, name);
}

bool source_read(int directory, struct arena *arena, struct complaints *complaints,
                 struct sources *sources, struct err *err)
{
    struct walk walk = {.arena = arena, .complaints = complaints, .sources = sources};
    if (!each_name(directory, &walk, SOURCE_KIND_COUNT, visit_top, err)) {
        return false;
    }
    return arena->failed ? err_set(err, ERR_LIMIT, "the policy's files are too large")
                         : true;
}
