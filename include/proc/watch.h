/* Following one /proc: a scan at the start, then only what changes.
 *
 * Sources, best first: the process connector (netlink, as root in the first pid namespace: exact and free when idle);
 * the same as a hint, for the /proc of a namespace below, where an event or the caller's watch_poke() triggers one
 * getdents; and a poll that feels the machine's pulse (proc/pulse.h) and does the getdents when that moved. New pids
 * are opened; known ones are not, except rows marked with watch_care() and children of vanished parents. Cost follows
 * what changed, not how many processes there are. */
#ifndef PROC_WATCH_H
#define PROC_WATCH_H

#include "base/loop.h"
#include "proc/task.h"

struct watch;

/* Follows the /proc at procfd (duplicated; the caller keeps its own). changed(arg) is called from the loop after the
 * set has changed, at most once per loop turn. NULL with errno when procfd is not readable. */
struct watch *watch_new(struct loop *l, int procfd, void (*changed)(void *arg), void *arg);
void watch_free(struct watch *w);

const struct tasks *watch_tasks(const struct watch *w); /* live rows, and rows that died less than 1 s ago */
int watch_procfd(const struct watch *w);

void watch_poke(struct watch *w); /* something happened: look in the next loop turn */
void watch_scan(struct watch *w); /* look now; for headless use and before a check */
/* These pids' state, parent and comm are re-read on every look (visible rows, the session's processes). Replaces the
 * earlier list; n may be 0. */
void watch_care(struct watch *w, const pid_t *pids, size_t n);

/* "process connector", "getdents, woken by the process connector" or "getdents poll": for tests and measurements. */
const char *watch_source(const struct watch *w);

#endif
