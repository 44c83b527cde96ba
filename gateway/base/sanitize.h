/*
 * BUILT_WITH_ASAN: 1 in builds for tests under AddressSanitizer, which needs address
 * space and system calls of its own; 0 in what is shipped. gcc and clang say it in
 * different ways.
 */
#ifndef GARITA_BASE_SANITIZE_H
#define GARITA_BASE_SANITIZE_H

#if defined(__SANITIZE_ADDRESS__)
#define BUILT_WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BUILT_WITH_ASAN 1
#endif
#endif
#ifndef BUILT_WITH_ASAN
#define BUILT_WITH_ASAN 0
#endif

#endif
