/* Finding the /proc a process sees, and facts about one process read from the machine's own /proc. */
#ifndef PROC_PROCFS_H
#define PROC_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The machine's /proc as this program sees it: opened once, kept for ever. */
int procfs_self(void);

/* Opens the proc file system mounted at /proc inside the root of process pid (machine number): through
 * /proc/PID/root with openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), and only if it really is a procfs
 * (fstatfs f_type). -1 with errno: ENOENT no such directory, ENODEV a directory but nothing mounted there, ESRCH gone,
 * EACCES not ours to read. */
int procfs_of(pid_t pid);

/* Opens the root directory of process pid, O_PATH. -1 with errno. */
int procfs_root_of(pid_t pid);

/* Does procfd number processes as getpid() does, that is, belongs it to our own pid namespace? By its `self` link;
 * false for a plain folder. */
bool procfs_is_ours(int procfd);

/* Inode of namespace `name` ("pid", "mnt", "uts", "pid_for_children", ...) of pid in procfd; 0 when unreadable (EACCES,
 * gone) or when pid_for_children has no init yet. */
uint64_t procfs_ns(int procfd, pid_t pid, const char *name);

/* children of pid, by /proc/PID/task/PID/children; returns how many were stored, at most max. 0 when the kernel lacks
 * the file. */
int procfs_children(int procfd, pid_t pid, pid_t *out, int max);

#endif
