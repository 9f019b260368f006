/* A process has a number in its own pid namespace and in each one around that. `NSpid:` in its status lists them from
 * our /proc's namespace inwards, and `NSpgid:` its group's. So the number at a caller's depth is the one the caller
 * would use, provided that the two are in the same branch of the tree of namespaces, which NS_GET_PARENT tells. */
#include "proc/pidns.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "proc/procfs.h"
#include "proc/scan.h"
#include "proc/task.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linux 6.11 */
#ifndef NS_GET_PID_FROM_PIDNS
#define NS_GET_PID_FROM_PIDNS _IOR(0xb7, 0x6, int)
#endif

#define PIDNS_DEPTH 33 /* MAX_PID_NS_LEVEL and our own */

struct pidns_caller {
    uint64_t ns; /* inode of its pid namespace */
    int depth;   /* below our /proc's */
};

static int pidns_open(pid_t pid)
{
    char path[48];
    snprintf(path, sizeof path, "%d/ns/pid", (int)pid);
    return openat(procfs_self(), path, O_RDONLY | O_CLOEXEC);
}

/* The numbers behind "NSpid:" or "NSpgid:"; how many there are, 0 when it is gone. */
static int pidns_numbers(const char *status, const char *field, pid_t v[PIDNS_DEPTH])
{
    int n = 0;
    const char *at = strstr(status, field);
    if (!at)
        return 0;
    at += strlen(field);
    const char *end = at + strcspn(at, "\n");
    while (n < PIDNS_DEPTH && at < end) {
        char *next;
        long pid = strtol(at, &next, 10);
        if (next == at || next > end || pid < 0 || pid > INT_MAX)
            break;
        v[n++] = (pid_t)pid;
        at = next;
    }
    return n;
}

static bool pidns_status(const char *path, struct str *out)
{
    str_cut(out, 0);
    return file_read(procfs_self(), path, out, 1 << 20);
}

static bool pidns_caller_read(pid_t pid, struct pidns_caller *c)
{
    char path[32];
    pid_t v[PIDNS_DEPTH];
    autostr struct str text = {0};
    snprintf(path, sizeof path, "%d/status", (int)pid);
    if (!pidns_status(path, &text))
        return false;
    c->depth = pidns_numbers(str_c(&text), "\nNSpid:", v) - 1;
    c->ns = procfs_ns(procfs_self(), pid, "pid");
    return c->depth >= 0 && c->ns;
}

/* Is pid's namespace that of c, or `below` levels inside it? */
static bool pidns_within(const struct pidns_caller *c, pid_t pid, int below)
{
    autofd int fd = pidns_open(pid);
    for (; fd >= 0 && below > 0; below--) {
        int parent = ioctl(fd, NS_GET_PARENT);
        close_fd(&fd);
        fd = parent;
    }
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == c->ns;
}

/* The first number in `field` of one process, when the caller's number for it is n; else 0. */
static pid_t pidns_match(const struct pidns_caller *c, const char *path, pid_t pid, const char *field, pid_t n,
                         struct str *text)
{
    pid_t v[PIDNS_DEPTH];
    int levels = pidns_status(path, text) ? pidns_numbers(str_c(text), field, v) : 0;
    if (levels <= c->depth || v[c->depth] != n || !pidns_within(c, pid, levels - 1 - c->depth))
        return 0;
    return v[0];
}

static pid_t pidns_match_threads(const struct pidns_caller *c, pid_t pid, pid_t n, struct str *text)
{
    char path[64];
    struct scan threads = {0};
    pid_t found = 0;
    snprintf(path, sizeof path, "%d/task", (int)pid);
    autofd int dir = openat(procfs_self(), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0)
        scan_read(dir, &threads);
    for (size_t i = 0; i < threads.n && !found; i++) {
        snprintf(path, sizeof path, "%d/task/%d/status", (int)pid, (int)threads.v[i].pid);
        found = pidns_match(c, path, pid, "\nNSpid:", n, text);
    }
    scan_free(&threads);
    return found;
}

/* Every process; a description of its own, since the offset of procfs_self()'s is another thread's. */
static bool pidns_list(struct scan *all)
{
    autofd int dir = openat(procfs_self(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir >= 0 && scan_read(dir, all);
}

static pid_t pidns_look(pid_t caller, const char *field, pid_t n, bool threads)
{
    struct pidns_caller c;
    struct scan all = {0};
    autostr struct str text = {0};
    pid_t found = 0;
    if (!pidns_caller_read(caller, &c) || !pidns_list(&all))
        return 0;
    for (size_t i = 0; i < all.n && !found; i++) {
        char path[32];
        snprintf(path, sizeof path, "%d/status", (int)all.v[i].pid);
        found = pidns_match(&c, path, all.v[i].pid, field, n, &text);
    }
    for (size_t i = 0; threads && i < all.n && !found; i++)
        found = pidns_match_threads(&c, all.v[i].pid, n, &text);
    scan_free(&all);
    return found;
}

pid_t pidns_search(pid_t caller, pid_t n)
{
    return pidns_look(caller, "\nNSpid:", n, true);
}

static bool pidns_is_ours(pid_t caller)
{
    return procfs_ns(procfs_self(), caller, "pid") == procfs_ns(procfs_self(), getpid(), "pid");
}

pid_t pidns_translate(pid_t caller, pid_t n)
{
    struct task t;
    if (n <= 0)
        return 0;
    if (pidns_is_ours(caller))
        return task_read_stat(procfs_self(), n, &t) ? n : 0;
    autofd int fd = pidns_open(caller);
    if (fd < 0)
        return 0;
    int pid = ioctl(fd, NS_GET_PID_FROM_PIDNS, n);
    if (pid < 0 && (errno == ENOTTY || errno == EINVAL))
        return pidns_search(caller, n);
    return pid > 0 ? pid : 0;
}

pid_t pidns_group(pid_t caller, pid_t n)
{
    if (n <= 0)
        return 0;
    if (pidns_is_ours(caller))
        return n;
    /* One and the same number in the kernel stands for the leader and for its group. */
    pid_t leader = pidns_translate(caller, n);
    return leader ? leader : pidns_look(caller, "\nNSpgid:", n, false);
}

/* The process whose own pid namespace is ns, and who is n in it. */
static pid_t pidns_find_inner(uint64_t ns, pid_t n)
{
    struct scan all = {0};
    autostr struct str text = {0};
    pid_t found = 0, v[PIDNS_DEPTH];
    if (!pidns_list(&all))
        return 0;
    for (size_t i = 0; i < all.n && !found; i++) {
        char path[32];
        snprintf(path, sizeof path, "%d/status", (int)all.v[i].pid);
        if (procfs_ns(procfs_self(), all.v[i].pid, "pid") != ns || !pidns_status(path, &text))
            continue;
        int levels = pidns_numbers(str_c(&text), "\nNSpid:", v);
        found = levels && v[levels - 1] == n ? v[0] : 0;
    }
    scan_free(&all);
    return found;
}

/* That proc may number processes for another namespace than ours, but each process knows its own. */
pid_t pidns_of_directory(int dir)
{
    autostr struct str text = {0};
    pid_t v[PIDNS_DEPTH];
    struct stat st;
    int levels = file_read(dir, "status", &text, 1 << 20) ? pidns_numbers(str_c(&text), "\nNSpid:", v) : 0;
    autofd int ns = levels ? openat(dir, "ns/pid", O_RDONLY | O_CLOEXEC) : -1;
    if (ns < 0 || fstat(ns, &st) < 0)
        return 0;
    int pid = ioctl(ns, NS_GET_PID_FROM_PIDNS, v[levels - 1]);
    if (pid < 0 && (errno == ENOTTY || errno == EINVAL))
        return pidns_find_inner(st.st_ino, v[levels - 1]);
    return pid > 0 ? pid : 0;
}
