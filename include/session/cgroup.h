/* The cgroups of a real stage: one that kills (cgroup2's cgroup.kill) and one that limits the number of processes
 * (pids, of either version). They may be the same directory. Private to session/.
 *
 * All descriptors are opened when the groups are made; joining, killing and removing need no new one. See
 * Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/pids.rst. */
#ifndef SESSION_CGROUP_H
#define SESSION_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

struct cgroup_dir {
    char path[512];
    char name[64];
    int parent, procs, kill, events; /* -1 where absent */
};

struct cgroup {
    struct cgroup_dir unified, pids; /* path "" where there is none */
    bool limited;                    /* a pids limit is in force */
};

/* Makes the groups below our own ones, with at most max_pids processes. What this machine refuses is left out: the
 * caller looks at the paths. */
void cgroup_make(struct cgroup *g, const char *name, int max_pids);
bool cgroup_join(const struct cgroup *g, pid_t pid); /* true when at least one group was joined */
bool cgroup_kill(const struct cgroup *g);            /* SIGKILL to every member; false when there is no cgroup.kill */
bool cgroup_populated(const struct cgroup *g);       /* has members still */
bool cgroup_remove(struct cgroup *g);                /* rmdir; false while members are left */

#endif
