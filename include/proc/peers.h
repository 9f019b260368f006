/* How mounts are tied to each other: what happens below one of a peer group happens below all of it, in whatever mount
 * namespace. mount_namespaces(7), proc_pid_mountinfo(5) */
#ifndef PROC_PEERS_H
#define PROC_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct peer {
    int id, parent; /* mount ids, which are the same in every mountinfo */
    dev_t dev;      /* of the file system */
    int shared;     /* its peer group, 0: none */
    int master;     /* the group it follows, 0: none */
};
struct peers {
    struct peer *v;
    size_t n, cap;
};
void peers_free(struct peers *p);
#define autopeers _cleanup_(peers_free)

/* Reads /proc/PID/mountinfo of procfd; pid 0 is the calling process. false with errno. Mounts that the process's root
 * hides are not there. */
bool peers_read(int procfd, pid_t pid, struct peers *out);
const struct peer *peers_find(const struct peers *p, int id); /* NULL when absent */

/* Does what is mounted or unmounted below `at` reach a mount of `others` that is in its group, or follows it? */
const struct peer *peers_reached(const struct peer *at, const struct peers *others);

#endif
