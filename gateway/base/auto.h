/*
 * Scope-based cleanup. A variable is declared and initialised in one statement; what it
 * owns is released when it leaves its scope. TAKE_PTR and TAKE_FD move ownership out and
 * leave the empty value behind. What must be durable never leans on these: flush, sync
 * and close of such a descriptor are called and checked by name.
 */
#ifndef GARITA_BASE_AUTO_H
#define GARITA_BASE_AUTO_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void auto_free_(void *pointer)
{
    free(*(void **)pointer);
}

static inline void auto_close_(const int *fd)
{
    if (*fd >= 0) {
        int saved = errno;
        close(*fd);
        errno = saved;
    }
}

#define AUTO_FREE __attribute__((cleanup(auto_free_)))
#define AUTO_CLOSE __attribute__((cleanup(auto_close_)))

/* After DEFINE_AUTO(policy, policy_free): `AUTO(policy) p = policy_map(...)`. */
#define DEFINE_AUTO(type, release)                                 \
    static inline void type##_auto_release_(struct type **pointer) \
    {                                                              \
        if (*pointer) {                                            \
            release(*pointer);                                     \
        }                                                          \
    }                                                              \
    struct type
#define AUTO(type) __attribute__((cleanup(type##_auto_release_))) struct type *

#define TAKE_PTR(pointer)                   \
    ({                                      \
        typeof(pointer) taken_ = (pointer); \
        (pointer) = NULL;                   \
        taken_;                             \
    })

#define TAKE_FD(fd)        \
    ({                     \
        int taken_ = (fd); \
        (fd) = -1;         \
        taken_;            \
    })

/* A fixed array that is wiped when it leaves its scope: AUTO_SECRET(password, 1024); */
struct secret_span_ {
    void *bytes;
    size_t size;
};

static inline void auto_wipe_(const struct secret_span_ *span)
{
    explicit_bzero(span->bytes, span->size);
}

#define AUTO_SECRET(name, size)                  \
    unsigned char name[size] = {0};              \
    __attribute__((cleanup(auto_wipe_), unused)) \
    const struct secret_span_ name##_wipe_ = {name, sizeof name}

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
