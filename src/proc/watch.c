/* When to look at a /proc.
 *
 *     source     what we are told                 what we do                                      idle cost
 *     EXACT      pids, by the process connector   visit just these                                a pulse each 2 s
 *     HINT       "something happened, somewhere"  one getdents and the rows that are cared for    a pulse each 1 s
 *     POLL       nothing                          feel the pulse each tick; look when it moved    a pulse each tick
 *
 * EXACT needs a /proc that numbers processes as the events do. HINT is for the /proc of a namespace below: its numbers
 * are not ours. No event tells that a zombie was waited for, that a process stopped or slept, or (POLL) executed a
 * program: so after any activity the ticks come fast and then slow down, and re-read zombies, the young and the rows
 * that are cared for. One rule bounds it all: ticks get at most one part in twenty of a CPU. */
#include "proc/watch.h"
#include "base/mem.h"
#include "proc/census.h"
#include "proc/connector.h"
#include "proc/procfs.h"
#include "proc/pulse.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum watch_source { WATCH_POLL, WATCH_HINT, WATCH_EXACT };

enum {
    WATCH_QUICK_MS = 8, /* POLL: ticks for two seconds after something happened */
    WATCH_CARE_MS = 50, /* POLL, then: how often cared-for rows are re-read */
    WATCH_IDLE_CARE_MS = 500,
    WATCH_NET_MS = 1000,  /* POLL: getdents even though the pulse stands still */
    WATCH_SOME = 16,      /* POLL: rows of all the others re-read with each care */
    WATCH_SHARE = 20,     /* one part in this many of a CPU at most */
    WATCH_POKE_SHARE = 4, /* and in this many for looks that were asked for */
};

struct watch {
    struct loop *loop;
    int procfd;
    bool has_pulse; /* a real /proc, not a plain folder */
    enum watch_source source;
    struct connector_user ear;
    struct census census;
    struct pids care;
    struct pids dirty, replaced; /* heard of since the last drained(): all, and those that executed or changed ids */
    bool lost, hinted, poked;
    struct pulse pulse;
    unsigned long heard;     /* connector_count() at the last tick */
    int64_t activity_ms;     /* when something last began, ended, executed or was poked */
    int64_t settle_ms;       /* delay of the next tick while things settle: doubles */
    int64_t care_ms, net_ms; /* when cared-for rows, and the directory, were last read */
    int64_t end_us, cost_us; /* of the last tick */
    int tick_timer, forget_timer, notify_timer;
    int64_t tick_due; /* now_ms() the tick timer is set for */
    void (*changed)(void *arg);
    void *arg;
};

static void watch_tick(void *arg);

static void watch_notify(void *arg)
{
    struct watch *w = arg;
    w->notify_timer = 0;
    w->changed(w->arg); /* may free w */
}

static void watch_forget(void *arg);

/* After any work on the census: sets the timers that it calls for. */
static void watch_settle(struct watch *w)
{
    census_settle(&w->census);
    int64_t forget = census_forget(&w->census);
    loop_cancel(w->loop, w->forget_timer);
    w->forget_timer = forget < 0 ? 0 : loop_timer(w->loop, forget + 1, watch_forget, w);
    if (w->census.active) {
        w->activity_ms = now_ms();
        w->settle_ms = 1;
    }
    if (w->census.changed && w->changed && !w->notify_timer)
        w->notify_timer = loop_timer(w->loop, 0, watch_notify, w);
    w->census.active = w->census.changed = false;
}

static void watch_forget(void *arg)
{
    struct watch *w = arg;
    w->forget_timer = 0;
    watch_settle(w);
}

/* Milliseconds to the next tick if nothing else asks for one. */
static int64_t watch_pause(const struct watch *w)
{
    int64_t quiet = now_ms() - w->activity_ms;
    if (w->source == WATCH_POLL)
        return quiet < 2000 ? WATCH_QUICK_MS : quiet < 10000 ? 50 : quiet < 60000 ? 100 : 250;
    int64_t longest = w->care.n || w->census.zombies ? WATCH_IDLE_CARE_MS : w->source == WATCH_HINT ? 1000 : 2000;
    return w->settle_ms < longest ? w->settle_ms : longest;
}

/* Sets the tick timer to fire in `ms`, or later when the last tick was dear; an earlier one that is set stays. */
static void watch_tick_in(struct watch *w, int64_t ms, int share)
{
    int64_t now = now_ms(), rest = (w->end_us + w->cost_us * share) / 1000 - now;
    int64_t due = now + (ms > rest ? ms : rest < 1000 ? rest : 1000);
    if (w->tick_timer && w->tick_due <= due)
        return;
    loop_cancel(w->loop, w->tick_timer);
    w->tick_due = due;
    w->tick_timer = loop_timer(w->loop, due - now, watch_tick, w);
}

/* The pulse moved and no event came: ask whether any still come, and poll from now on if not. */
static void watch_check_ear(struct watch *w)
{
    connector_drain();
    if (w->heard != connector_count() || connector_alive())
        return;
    connector_leave(&w->ear);
    w->source = WATCH_POLL;
    w->lost = true;
}

static void watch_visit_cared(struct watch *w, int64_t now)
{
    w->care_ms = now;
    census_visit_list(&w->census, w->care.v, w->care.n);
    if (w->source != WATCH_EXACT) {
        census_visit_young(&w->census);
        census_visit_some(&w->census, WATCH_SOME);
    }
}

/* What one tick looks at, by what is known. */
static void watch_look(struct watch *w)
{
    int64_t now = now_ms();
    bool moved = !w->has_pulse || pulse_moved(&w->pulse);
    if (w->source != WATCH_POLL && moved && w->heard == connector_count())
        watch_check_ear(w);
    bool asked = w->poked || w->hinted || w->lost;
    bool scan = w->lost || (w->source != WATCH_EXACT && (asked || moved));
    if (w->source == WATCH_POLL && now - w->net_ms >= WATCH_NET_MS)
        scan = true;
    if (scan) {
        w->net_ms = now;
        census_scan(&w->census);
    } else if (moved || w->poked || w->settle_ms <= 4) {
        census_visit_zombies(&w->census);
    }
    bool quick = w->source == WATCH_POLL && now - w->activity_ms < 2000;
    if (w->poked || w->hinted || now - w->care_ms >= (quick ? WATCH_CARE_MS : WATCH_IDLE_CARE_MS))
        watch_visit_cared(w, now);
    else if (w->source != WATCH_EXACT && (quick || moved))
        census_visit_young(&w->census);
    w->lost = w->hinted = w->poked = false;
}

static void watch_tick(void *arg)
{
    struct watch *w = arg;
    int64_t start = now_us();
    w->tick_timer = 0;
    w->settle_ms = w->settle_ms < 1000 ? w->settle_ms * 2 : w->settle_ms;
    watch_look(w);
    watch_settle(w);
    w->heard = connector_count();
    w->end_us = now_us();
    w->cost_us = w->end_us - start;
    watch_tick_in(w, watch_pause(w), WATCH_SHARE);
}

static void watch_hear(void *arg, enum connector_what what, pid_t pid)
{
    struct watch *w = arg;
    if (what == CONNECTOR_LOST) {
        w->lost = true;
        return;
    }
    if (w->source == WATCH_HINT) {
        w->hinted = true;
        return;
    }
    pids_add(&w->dirty, pid);
    if (what == CONNECTOR_EXEC || what == CONNECTOR_IDS)
        pids_add(&w->replaced, pid);
}

static void watch_visit_dirty(struct watch *w)
{
    pids_sort(&w->dirty);
    pids_sort(&w->replaced);
    for (size_t i = 0; i < w->dirty.n; i++)
        census_visit(&w->census, w->dirty.v[i], pids_has(&w->replaced, w->dirty.v[i]));
    w->dirty.n = w->replaced.n = 0;
    watch_settle(w);
}

/* A batch of events is complete. A process that forked, executed and ended within it is visited once. */
static void watch_drained(void *arg)
{
    struct watch *w = arg;
    if (w->dirty.n)
        watch_visit_dirty(w);
    if (w->lost) {
        watch_tick_in(w, 0, WATCH_POKE_SHARE);
    } else if (w->hinted) {
        w->settle_ms = 2;
        watch_tick_in(w, 0, WATCH_SHARE);
    } else if (w->census.zombies && w->settle_ms == 1) { /* most are waited for at once, and no event tells */
        watch_tick_in(w, 1, WATCH_SHARE);
    }
}

static bool watch_is_proc(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == PROC_SUPER_MAGIC;
}

static void watch_choose_source(struct watch *w)
{
    w->has_pulse = watch_is_proc(w->procfd);
    w->ear = (struct connector_user){.event = watch_hear, .drained = watch_drained, .arg = w};
    w->source = WATCH_POLL;
    if (w->has_pulse && connector_join(w->loop, &w->ear))
        w->source = procfs_is_ours(w->procfd) ? WATCH_EXACT : WATCH_HINT;
}

struct watch *watch_new(struct loop *l, int procfd, void (*changed)(void *arg), void *arg)
{
    /* Opened anew: a duplicate would share its reading position with the caller's. */
    autofd int fd = openat(procfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct watch *w = xcalloc(1, sizeof *w);
    *w = (struct watch){.loop = l, .procfd = steal_fd(&fd), .changed = changed, .arg = arg, .settle_ms = 1};
    census_init(&w->census, w->procfd);
    watch_choose_source(w); /* before the scan: what happens during it must be heard */
    pulse_moved(&w->pulse);
    if (!census_scan(&w->census)) {
        int saved = errno;
        watch_free(w);
        errno = saved;
        return NULL;
    }
    w->activity_ms = w->care_ms = w->net_ms = now_ms();
    watch_settle(w);
    watch_tick_in(w, watch_pause(w), WATCH_SHARE);
    return w;
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    if (w->source != WATCH_POLL)
        connector_leave(&w->ear);
    loop_cancel(w->loop, w->tick_timer);
    loop_cancel(w->loop, w->forget_timer);
    loop_cancel(w->loop, w->notify_timer);
    census_free(&w->census);
    pids_free(&w->care);
    pids_free(&w->dirty);
    pids_free(&w->replaced);
    close_fd(&w->procfd);
    free(w);
}

const struct tasks *watch_tasks(const struct watch *w)
{
    return &w->census.set;
}

int watch_procfd(const struct watch *w)
{
    return w->procfd;
}

void watch_poke(struct watch *w)
{
    w->poked = true;
    w->activity_ms = now_ms();
    w->settle_ms = 1;
    watch_tick_in(w, 0, WATCH_POKE_SHARE);
}

void watch_scan(struct watch *w)
{
    if (w->source != WATCH_POLL)
        connector_drain();
    pulse_moved(&w->pulse);
    w->net_ms = w->care_ms = now_ms();
    census_scan(&w->census);
    census_visit_list(&w->census, w->care.v, w->care.n);
    census_visit_zombies(&w->census);
    census_visit_young(&w->census);
    watch_settle(w);
}

void watch_care(struct watch *w, const pid_t *pids, size_t n)
{
    w->care.n = 0;
    for (size_t i = 0; i < n; i++)
        pids_add(&w->care, pids[i]);
    pids_sort(&w->care);
}

const char *watch_source(const struct watch *w)
{
    static const char *const names[] = {
        [WATCH_POLL] = "getdents poll",
        [WATCH_HINT] = "getdents, woken by the process connector",
        [WATCH_EXACT] = "process connector",
    };
    return names[w->source];
}
