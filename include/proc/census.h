/* The set of processes of one /proc, and what it takes to keep it true: visit one, compare with a scan, forget the
 * dead. When to do which is watch.c's business. */
#ifndef PROC_CENSUS_H
#define PROC_CENSUS_H

#include "proc/scan.h"
#include "proc/task.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CENSUS_DEAD_MS = 1000,  /* how long the rows of the dead are kept */
    CENSUS_YOUNG_MS = 2000, /* how long a newcomer is expected to execve or to take another name */
    CENSUS_YOUNG_MAX = 64,  /* newcomers, the latest first, that census_visit_young() re-reads */
};

struct pids {
    pid_t *v;
    size_t n, cap;
};
void pids_add(struct pids *p, pid_t pid);
void pids_sort(struct pids *p); /* and drops doubles */
bool pids_has(const struct pids *sorted, pid_t pid);
void pids_free(struct pids *p);

struct census {
    int procfd;         /* borrowed */
    struct tasks set;   /* live rows, and dead ones until they are forgotten */
    struct tasks fresh; /* found since the last census_settle(), not yet in order */
    struct pids ended;  /* their children may have another parent now */
    struct pids young;  /* newcomers of the last CENSUS_YOUNG_MS */
    struct scan scan;
    bool counted; /* the first scan is done: who comes now is new */
    bool changed; /* something that a view shows; the reader clears it */
    bool active;  /* something began, ended or became another program; the reader clears it */
    size_t dead, zombies;
    int64_t last_born;
    size_t rotation;
};

void census_init(struct census *c, int procfd);
void census_free(struct census *c);

/* Re-reads one process, or takes it up. fresh_image: it is known to have executed a program, or to have changed ids. */
void census_visit(struct census *c, pid_t pid, bool fresh_image);
void census_visit_list(struct census *c, const pid_t *pids, size_t n); /* only those in the set */
void census_visit_zombies(struct census *c);
void census_visit_young(struct census *c);
void census_visit_some(struct census *c, size_t n); /* the next n of all, round and round */
/* Compares with the directory: opens the new, and those whose inode tells that the pid was reused. false when the
 * directory is not readable any more. */
bool census_scan(struct census *c);
/* Brings visits into effect: newcomers enter the set, children of the ended are re-read. Call after visits and scans.
 */
void census_settle(struct census *c);
/* Drops rows of the long dead. Returns milliseconds until the next row wants to be dropped or is no longer new, -1
 * when there is none. */
int64_t census_forget(struct census *c);

#endif
