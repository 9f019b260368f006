/* What the files of the guard share. */
#ifndef SESSION_GUARD_PRIVATE_H
#define SESSION_GUARD_PRIVATE_H

#include "session/guard.h"

struct guard_ask {
    const struct guard_place *place;
    pid_t tid;
    const struct call *call;
    struct outcome *o; /* where refusals go */
};

/* Fills in the outcome and returns -1. */
int guard_refuse(const struct guard_ask *a, const char *where, const char *hint, ...)
    __attribute__((format(printf, 3, 4)));

/* The process or thread of a pidfd of the caller; 0: it is none, or its process is gone. */
pid_t guard_pidfd(pid_t tid, int64_t fd);

/* Opens a path (O_PATH) as the caller would. dirfd: a descriptor of the caller or AT_FDCWD. -1 with errno. */
int guard_open(pid_t tid, int64_t dirfd, const char *path, bool nofollow);
/* How the machine names what fd stands for; "" when it has no name. */
void guard_name(int fd, char out[512]);

/* guard_signal.c */
int guard_kill(const struct guard_ask *a);
int guard_thread(const struct guard_ask *a);  /* tkill */
int guard_threads(const struct guard_ask *a); /* tgkill, rt_tgsigqueueinfo: the thread is the second argument */
int guard_queue(const struct guard_ask *a);
int guard_pidfd_signal(const struct guard_ask *a);
int guard_pidfd_getfd(const struct guard_ask *a);

/* guard_mount.c */
int guard_mount(const struct guard_ask *a);
int guard_umount(const struct guard_ask *a);
int guard_move_mount(const struct guard_ask *a);
int guard_mount_setattr(const struct guard_ask *a);
int guard_pivot_root(const struct guard_ask *a);
bool guard_own_filesystem(
    const struct guard_ask *a); /* mount(MS_REMOUNT): one that the machine does not have mounted */

/* guard_space.c */
int guard_names(const struct guard_ask *a); /* sethostname, setdomainname */
int guard_setns(const struct guard_ask *a);
/* Is the caller in a pid namespace that the session made? */
bool guard_own_pidns(const struct guard_ask *a);

#endif
