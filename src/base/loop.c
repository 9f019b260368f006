/* The event loop. Watches live in an array that callbacks may grow: a turn works on a copy of the poll set and looks
 * each descriptor up again before its callback, so that a callback may unwatch any other. */
#include "base/loop.h"
#include "base/mem.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

struct loop_fd {
    int fd;
    short events;
    loop_fd_fn fn;
    void *arg;
};

struct loop_timer {
    int id;
    int64_t due; /* now_us() */
    loop_timer_fn fn;
    void *arg;
};

struct loop {
    struct loop_fd *fds;
    size_t nfds, capfds;
    struct loop_timer *timers;
    size_t ntimers, captimers;
    int last_id;
};

int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t now_ms(void)
{
    return now_us() / 1000;
}

struct loop *loop_new(void)
{
    return xcalloc(1, sizeof(struct loop));
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    free(l->fds);
    free(l->timers);
    free(l);
}

static struct loop_fd *loop_find(struct loop *l, int fd)
{
    for (size_t i = 0; i < l->nfds; i++)
        if (l->fds[i].fd == fd)
            return &l->fds[i];
    return NULL;
}

void loop_watch(struct loop *l, int fd, short events, loop_fd_fn fn, void *arg)
{
    struct loop_fd *w = loop_find(l, fd);
    if (!w) {
        GROW(l->fds, l->nfds, l->capfds);
        w = &l->fds[l->nfds++];
    }
    *w = (struct loop_fd){fd, events, fn, arg};
}

void loop_unwatch(struct loop *l, int fd)
{
    struct loop_fd *w = loop_find(l, fd);
    if (w)
        *w = l->fds[--l->nfds];
}

int loop_timer(struct loop *l, int64_t ms, loop_timer_fn fn, void *arg)
{
    GROW(l->timers, l->ntimers, l->captimers);
    l->timers[l->ntimers++] = (struct loop_timer){++l->last_id, now_us() + ms * 1000, fn, arg};
    return l->last_id;
}

void loop_cancel(struct loop *l, int id)
{
    for (size_t i = 0; i < l->ntimers; i++)
        if (l->timers[i].id == id) {
            l->timers[i] = l->timers[--l->ntimers];
            return;
        }
}

/* Milliseconds until the first timer, rounded up so that it is due when poll returns; -1 without timers. */
static int loop_until_timer(const struct loop *l)
{
    int64_t first = -1;
    for (size_t i = 0; i < l->ntimers; i++)
        if (first < 0 || l->timers[i].due < first)
            first = l->timers[i].due;
    if (first < 0)
        return -1;
    int64_t us = first - now_us();
    return us <= 0 ? 0 : (int)((us + 999) / 1000);
}

static void loop_run_timers(struct loop *l)
{
    int64_t now = now_us();
    int newest = l->last_id; /* timers set by these callbacks wait for the next turn */
    for (;;) {
        struct loop_timer *due = NULL;
        for (size_t i = 0; i < l->ntimers; i++) {
            struct loop_timer *t = &l->timers[i];
            if (t->due <= now && t->id <= newest && (!due || t->due < due->due))
                due = t;
        }
        if (!due)
            return;
        struct loop_timer t = *due;
        *due = l->timers[--l->ntimers];
        t.fn(t.arg);
    }
}

void loop_once(struct loop *l, int timeout_ms)
{
    struct pollfd small[32], *set = small;
    size_t n = l->nfds;
    autofree struct pollfd *big = NULL;
    if (n > COUNT(small))
        set = big = xcalloc(n, sizeof *big);
    for (size_t i = 0; i < n; i++)
        set[i] = (struct pollfd){.fd = l->fds[i].fd, .events = l->fds[i].events};
    int wait = loop_until_timer(l);
    if (wait < 0 || (timeout_ms >= 0 && timeout_ms < wait))
        wait = timeout_ms;
    int ready = poll(set, n, wait);
    for (size_t i = 0; ready > 0 && i < n; i++) {
        if (!set[i].revents)
            continue;
        ready--;
        struct loop_fd *w = loop_find(l, set[i].fd);
        if (w && (set[i].revents & (w->events | POLLHUP | POLLERR | POLLNVAL)))
            w->fn(w->arg, set[i].fd, set[i].revents);
    }
    loop_run_timers(l);
}

bool loop_run_until(struct loop *l, bool (*done)(void *arg), void *arg, int timeout_ms)
{
    int64_t end = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    while (!done(arg)) {
        int64_t left = end < 0 ? -1 : end - now_ms();
        if (end >= 0 && left <= 0)
            return false;
        loop_once(l, (int)left);
    }
    return true;
}
