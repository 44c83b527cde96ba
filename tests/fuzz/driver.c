/*
 * Stands in for libFuzzer where the compiler has none: runs every file of the corpus,
 * then seeded mutations of them, at most a second and the time given. The same seed each
 * time, so that a failure comes back. Takes -max_total_time=SECONDS (other options are
 * ignored), and files or folders; with none of those it starts from the empty input.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { INPUT_MAX = 64 * 1024, INPUTS_MAX = 4096, MUTATE_MS = 1000, CHANGES_MAX = 8 };

struct input {
    uint8_t *bytes;
    size_t size;
};

static struct input inputs[INPUTS_MAX];
static size_t input_count;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each run gets a copy of exactly the input's size: a read past it is found. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) {
        abort();
    }
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void add_file(const char *path)
{
    if (input_count == INPUTS_MAX) {
        return;
    }
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(INPUT_MAX);
    if (!file || !bytes) {
        perror(path);
        exit(1);
    }
    size_t size = fread(bytes, 1, INPUT_MAX, file);
    fclose(file);
    inputs[input_count++] = (struct input){.bytes = bytes, .size = size};
}

static void add_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return; /* a corpus that is not there yet is an empty one */
    }
    if (!S_ISDIR(status.st_mode)) {
        add_file(path);
        return;
    }
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            add_path(name);
        }
        free(entries[i]);
    }
    free(entries);
}

/* xorshift64: the same numbers on every machine. */
static uint64_t next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void change(uint8_t *bytes, size_t *size)
{
    size_t at = *size ? next_random() % *size : 0;
    switch (next_random() % 6) {
    case 0: /* one bit */
        if (*size > 0) {
            bytes[at] ^= (uint8_t)(1U << next_random() % 8);
        }
        break;
    case 1: /* one byte, often an extreme one */
        if (*size > 0) {
            bytes[at] = (uint8_t)(next_random() % 2 ? next_random() : 0xff);
        }
        break;
    case 2: /* the end is missing */
        *size = at;
        break;
    case 3: /* a byte more */
        if (*size < INPUT_MAX) {
            memmove(bytes + at + 1, bytes + at, *size - at);
            bytes[at] = (uint8_t)next_random();
            ++*size;
        }
        break;
    case 4: /* a byte less */
        if (*size > 0) {
            memmove(bytes + at, bytes + at + 1, *size - at - 1);
            --*size;
        }
        break;
    default: /* a piece of another input at the end */
        if (input_count > 0) {
            const struct input *other = &inputs[next_random() % input_count];
            size_t room = INPUT_MAX - *size;
            size_t piece = other->size ? next_random() % other->size : 0;
            piece = piece < room ? piece : room;
            memcpy(bytes + *size, other->bytes + other->size - piece, piece);
            *size += piece;
        }
    }
}

static long elapsed_ms(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static unsigned long mutate(long limit_ms)
{
    static uint8_t bytes[INPUT_MAX + 1];
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    unsigned long runs = 0;
    while (elapsed_ms(&start) < limit_ms) {
        size_t size = 0;
        if (input_count > 0) {
            const struct input *input = &inputs[next_random() % input_count];
            size = input->size;
            memcpy(bytes, input->bytes, size);
        }
        for (uint64_t i = next_random() % CHANGES_MAX + 1; i > 0; i--) {
            change(bytes, &size);
        }
        run(bytes, size);
        runs++;
    }
    return runs;
}

int main(int argc, char **argv)
{
    static const char time_option[] = "-max_total_time=";
    long limit_ms = MUTATE_MS;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], time_option, strlen(time_option)) == 0) {
            long asked_ms = 1000 * strtol(argv[i] + strlen(time_option), NULL, 10);
            limit_ms = asked_ms < limit_ms ? asked_ms : limit_ms;
        } else if (argv[i][0] != '-') {
            add_path(argv[i]);
        }
    }
    run(NULL, 0);
    for (size_t i = 0; i < input_count; i++) {
        run(inputs[i].bytes, inputs[i].size);
    }
    unsigned long runs = mutate(limit_ms);
    printf("%zu corpus inputs, %lu mutations\n", input_count, runs);
    for (size_t i = 0; i < input_count; i++) {
        free(inputs[i].bytes);
    }
    return 0;
}
