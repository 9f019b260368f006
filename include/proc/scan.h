/* One look at the top directory of a /proc: which pids there are, and the inode of each. */
#ifndef PROC_SCAN_H
#define PROC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct scan_entry {
    pid_t pid;
    uint64_t ino; /* of the directory /proc/PID: another one when the pid was given to another process */
};

struct scan {
    struct scan_entry *v; /* sorted by pid */
    size_t n, cap;
};

/* Lists procfd by getdents64(2), about a microsecond a process, opening none of them. The entries are reused from call
 * to call. false with errno when the directory is not readable. */
bool scan_read(int procfd, struct scan *s);
void scan_free(struct scan *s);

#endif
