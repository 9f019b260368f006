/* The mounts of a process's mount namespace, as far as its root reaches. Reads only; libmount does
 * the parsing. proc_pid_mountinfo(5) */
#ifndef PROC_MOUNTINFO_H
#define PROC_MOUNTINFO_H

#include "base/mem.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum mount_propagation { MOUNT_PRIVATE = 0, MOUNT_SHARED = 1, MOUNT_SLAVE = 2, MOUNT_UNBINDABLE = 4 };

/* The texts are as the kernel gave them with \040 and the like undone: sanitise before showing. */
struct mount_row {
    int id, parent;
    dev_t dev;
    char *root;       /* directory of the file system that is mounted here, "/" mostly */
    char *target;     /* where, as seen from the process's root */
    char *type;       /* "tmpfs", "proc", ... */
    char *source;     /* device or whatever mount(2) was given */
    char *options;    /* of this mount: "rw,nosuid,nodev" */
    char *fs_options; /* of the file system: "rw,size=1024k" */
    unsigned propagation;
};

struct mounts {
    struct mount_row *v; /* in the kernel's order: parents before children */
    size_t n, cap;
};
void mounts_free(struct mounts *m);
#define automounts _cleanup_(mounts_free)

/* Reads /proc/PID/mountinfo of procfd; pid 0 is the calling process. false with errno: ENOENT or ESRCH gone, EACCES not
 * ours, EINVAL a zombie or unparsable text. */
bool mounts_read(int procfd, pid_t pid, struct mounts *out);

/* The topmost mount at target, NULL when nothing is mounted there. */
const struct mount_row *mounts_find(const struct mounts *m, const char *target);

#endif
