/* Whom may a signal hit: any process that this session started, but for those that hold the stage up. Signal 0 asks
 * only, and may ask everybody. Where there is nobody, the kernel shall say ESRCH. */
#include "actor/child.h"
#include "base/mem.h"
#include "proc/pidns.h"
#include "proc/procfs.h"
#include "proc/scan.h"
#include "proc/task.h"
#include "session/guard_private.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define GUARD_DEPTH 4096 /* parents; a stage has no more processes than that */

/* Linux 6.9 */
#define GUARD_SIGNAL_PROCESS_GROUP 4 /* PIDFD_SIGNAL_PROCESS_GROUP */
/* Linux 6.14: numbers that stand for a pidfd of the caller itself */
#define GUARD_SELF_THREAD       (-10000) /* PIDFD_SELF_THREAD */
#define GUARD_SELF_THREAD_GROUP (-10001) /* PIDFD_SELF_THREAD_GROUP */

/* 1, 0, or -1: a parent went away while we looked, and pid has another one now. */
static int guard_climb(pid_t warden, pid_t pid)
{
    for (int depth = 0; pid > 1 && depth < GUARD_DEPTH; depth++) {
        struct task t = {0};
        if (!task_read_stat(procfs_self(), pid, &t))
            return depth ? -1 : 0;
        if (t.ppid == warden)
            return 1;
        pid = t.ppid;
    }
    return 0;
}

bool guard_descends(pid_t warden, pid_t pid)
{
    int found = -1;
    for (int round = 0; round < 8 && found < 0; round++)
        found = guard_climb(warden, pid);
    return found > 0;
}

/* Why pid must not be signalled; NULL: it may. */
static const char *guard_spared(const struct guard_place *g, pid_t pid)
{
    char path[48];
    snprintf(path, sizeof path, "%d/task/%d", (int)g->porthole, (int)pid);
    if (faccessat(procfs_self(), path, F_OK, 0) == 0)
        return "that is porthole itself";
    if (pid == g->warden)
        return "that is porthole's warden, which cleans up when the session ends";
    if (pid == g->host)
        return "the host side needs this process, and there is no stage without it";
    struct task t = {0};
    if (!task_read_stat(procfs_self(), pid, &t) || t.state == 'Z' || t.state == 'X' || guard_descends(g->warden, pid))
        return NULL;
    return "this session did not start that process; signal one that it started";
}

static void guard_describe(pid_t pid, char out[48])
{
    struct task t = {.comm = "?"};
    task_read_stat(procfs_self(), pid, &t);
    snprintf(out, 48, "pid %d (%.15s)", (int)pid, t.comm);
}

static int guard_one(const struct guard_ask *a, pid_t pid)
{
    const char *why = pid > 0 ? guard_spared(a->place, pid) : NULL;
    char where[48];
    if (!why)
        return 0;
    guard_describe(pid, where);
    return guard_refuse(a, where, "%s", why);
}

/* Everybody in a group counts, whoever leads it. */
static int guard_group(const struct guard_ask *a, pid_t group)
{
    struct scan all = {0};
    autofd int dir = openat(procfs_self(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *why = NULL;
    pid_t member = 0;
    if (group > 0 && dir >= 0)
        scan_read(dir, &all);
    for (size_t i = 0; i < all.n && !why; i++) {
        struct task t = {0};
        member = all.v[i].pid;
        if (task_read_stat(dir, member, &t) && t.pgrp == group)
            why = guard_spared(a->place, member);
    }
    scan_free(&all);
    char where[48];
    if (!why)
        return 0;
    guard_describe(member, where);
    return guard_refuse(a, where, "a member of process group %d, all of which would get the signal: %s", (int)group,
                        why);
}

int guard_kill(const struct guard_ask *a)
{
    int64_t pid = call_arg_num(a->call, 0);
    struct task own = {0};
    if (call_arg_num(a->call, 1) == 0 || pid == -1) /* guard_never[] has the latter */
        return 0;
    if (pid > 0)
        return guard_one(a, pidns_translate(a->tid, (pid_t)pid));
    if (pid < 0)
        return guard_group(a, pidns_group(a->tid, (pid_t)-pid));
    return task_read_stat(procfs_self(), a->tid, &own) ? guard_group(a, own.pgrp) : 0;
}

/* Argument `who` is a pid of the caller's, argument `sig` the signal. */
static int guard_numbered(const struct guard_ask *a, int who, int sig)
{
    int64_t pid = call_arg_num(a->call, who);
    return call_arg_num(a->call, sig) == 0 || pid <= 0 ? 0 : guard_one(a, pidns_translate(a->tid, (pid_t)pid));
}

int guard_thread(const struct guard_ask *a)
{
    return guard_numbered(a, 0, 1);
}

int guard_threads(const struct guard_ask *a)
{
    return guard_numbered(a, 1, 2);
}

int guard_queue(const struct guard_ask *a)
{
    return guard_numbered(a, 0, 1);
}

/* A directory /proc/PID serves as a pidfd, too. */
static pid_t guard_proc_directory(pid_t tid, int64_t fd)
{
    char path[64];
    struct statfs fs;
    snprintf(path, sizeof path, "%d/fd/%d", (int)tid, (int)fd);
    autofd int dir = openat(procfs_self(), path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fstatfs(dir, &fs) < 0 || (unsigned long)fs.f_type != PROC_SUPER_MAGIC)
        return 0;
    return pidns_of_directory(dir);
}

pid_t guard_pidfd(pid_t tid, int64_t fd)
{
    char path[64], line[64];
    int pid = 0;
    if (fd == GUARD_SELF_THREAD || fd == GUARD_SELF_THREAD_GROUP)
        return tid;
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)tid, (int)fd);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Pid: %d", &pid) == 1)
            break;
    if (f)
        fclose(f);
    return pid > 0 ? pid : guard_proc_directory(tid, fd);
}

int guard_pidfd_signal(const struct guard_ask *a)
{
    pid_t pid = guard_pidfd(a->tid, call_arg_num(a->call, 0));
    if (call_arg_num(a->call, 1) == 0)
        return 0;
    return call_arg_num(a->call, 3) & GUARD_SIGNAL_PROCESS_GROUP ? guard_group(a, pid) : guard_one(a, pid);
}

/* A copy of a descriptor is as good as the original: to the files and sockets of another program. */
int guard_pidfd_getfd(const struct guard_ask *a)
{
    pid_t pid = guard_pidfd(a->tid, call_arg_num(a->call, 0));
    char where[48];
    if (call_arg_num(a->call, 1) == ACTOR_CONTROL_FD)
        return guard_refuse(a, "descriptor 250", "it is porthole's line to an actor");
    if (pid <= 0 || (guard_descends(a->place->warden, pid) && pid != a->place->host))
        return 0;
    guard_describe(pid, where);
    return guard_refuse(a, where, "its descriptors are none of this session's");
}
