/* Pids across namespaces: whom does a process mean by a number? Nothing here keeps state, so any thread may ask.
 * pid_namespaces(7), ioctl_ns(2) */
#ifndef PROC_PIDNS_H
#define PROC_PIDNS_H

#include <stdbool.h>
#include <sys/types.h>

/* The process or thread that `caller` calls n, as our /proc numbers it; 0: there is none, or the caller is gone. */
pid_t pidns_translate(pid_t caller, pid_t n);

/* As above where the kernel cannot be asked (before Linux 6.11): looks through all of /proc. */
pid_t pidns_search(pid_t caller, pid_t n);

/* The process group that `caller` calls n, as our /proc numbers it; 0: nobody is in such a group. Its leader may have
 * ended. */
pid_t pidns_group(pid_t caller, pid_t n);

/* The process that a directory /proc/PID of any proc stands for; 0: none, or it cannot be said. */
pid_t pidns_of_directory(int dir);

#endif
