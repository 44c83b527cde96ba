/*
 * The event loop of a role: epoll, one thread, timers on the monotonic clock. Callbacks may
 * watch, unwatch and start or stop timers freely, their own included. Watches and timers
 * belong to the loop and are freed by it. A child after fork() may only loop_free() it.
 */
#ifndef GARITA_BASE_LOOP_H
#define GARITA_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/err.h"

struct loop;
struct loop_watch;
struct loop_timer;

typedef void (*loop_fd_callback)(void *context, int fd, uint32_t epoll_events);
typedef void (*loop_timer_callback)(void *context);

struct loop *loop_new(struct err *err);
void loop_free(struct loop *loop);

/* fd is borrowed: unwatch before closing it. NULL on failure. */
struct loop_watch *loop_watch(struct loop *loop, int fd, uint32_t epoll_events,
                              loop_fd_callback callback, void *context, struct err *err);
bool loop_rewatch(struct loop_watch *watch, uint32_t epoll_events, struct err *err);
void loop_unwatch(struct loop_watch *watch); /* NULL is fine */

/* Fires once after delay_ms; the timer is gone when its callback runs. */
struct loop_timer *loop_after(struct loop *loop, int64_t delay_ms,
                              loop_timer_callback callback, void *context);
void loop_cancel(struct loop_timer *timer); /* NULL is fine */

/* Runs callback once at the end of every turn, after all events of that turn; for work
   that is cheaper in batches. One per loop. */
void loop_at_turn_end(struct loop *loop, loop_timer_callback callback, void *context);

/* Until loop_stop(). False when the kernel failed us. */
bool loop_run(struct loop *loop, struct err *err);
void loop_stop(struct loop *loop);

DEFINE_AUTO(loop, loop_free);

#endif
