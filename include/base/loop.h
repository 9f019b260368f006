/* The event loop: descriptors, timers, child exits are the callers' business by pidfd. One loop, one thread.
 *
 * Nested use is deliberate: loop_run_until() lets a command wait for its process while panes go on being drawn. A
 * callback may add and remove watches and timers, its own included. poll(2) underneath. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
typedef void (*loop_fd_fn)(void *arg, int fd, short revents);
typedef void (*loop_timer_fn)(void *arg);

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Calls fn when fd has one of events (POLLIN | POLLOUT), or POLLHUP/POLLERR. The fd stays the caller's; unwatch before
 * closing it. Watching an fd again replaces its events and callback. */
void loop_watch(struct loop *l, int fd, short events, loop_fd_fn fn, void *arg);
void loop_unwatch(struct loop *l, int fd);

/* Calls fn once, after ms milliseconds. Returns an id > 0 for loop_cancel(); ids are not reused. */
int loop_timer(struct loop *l, int64_t ms, loop_timer_fn fn, void *arg);
void loop_cancel(struct loop *l, int id); /* 0 and spent ids are ignored */

/* Waits at most timeout_ms (-1: no limit) for events and runs their callbacks. */
void loop_once(struct loop *l, int timeout_ms);

/* Runs the loop until done(arg) is true (returns true) or timeout_ms has passed (-1: none; returns false). */
bool loop_run_until(struct loop *l, bool (*done)(void *arg), void *arg, int timeout_ms);

int64_t now_ms(void); /* CLOCK_MONOTONIC in milliseconds */
int64_t now_us(void); /* the same in microseconds */

#endif
