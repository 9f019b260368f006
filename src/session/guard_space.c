/* Names and namespaces: the stage has a UTS and a mount namespace of its own, and is left by whoever enters one that is
 * not the session's. */
#include "base/mem.h"
#include "proc/pidns.h"
#include "proc/procfs.h"
#include "proc/scan.h"
#include "proc/task.h"
#include "session/guard_private.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static const struct guard_space {
    uint64_t flag;
    const char *name; /* of the link in /proc/PID/ns */
    const char *words;
} guard_spaces[] = {
    {CLONE_NEWNS, "mnt", "mount"},    {CLONE_NEWUTS, "uts", "UTS"},          {CLONE_NEWPID, "pid", "pid"},
    {CLONE_NEWNET, "net", "network"}, {CLONE_NEWIPC, "ipc", "IPC"},          {CLONE_NEWUSER, "user", "user"},
    {CLONE_NEWTIME, "time", "time"},  {CLONE_NEWCGROUP, "cgroup", "cgroup"},
};

bool guard_own_pidns(const struct guard_ask *a)
{
    uint64_t ns = procfs_ns(procfs_self(), a->tid, "pid");
    pid_t init = ns && ns != a->place->machine.pidns ? pidns_translate(a->tid, 1) : 0;
    return init && guard_descends(a->place->warden, init);
}

int guard_names(const struct guard_ask *a)
{
    uint64_t ns = procfs_ns(procfs_self(), a->tid, "uts");
    autofree char *where = xasprintf("%s()", call_row_of(a->call)->name);
    if (!ns || ns != a->place->machine.utsns)
        return 0;
    return guard_refuse(a, where,
                        "the caller is in the machine's own UTS namespace, and the machine itself would be renamed; "
                        "unshare(CLONE_NEWUTS) first");
}

/* Is a process of this session in that namespace, or nobody at all? Else *other is one who is. */
static bool guard_may_enter(const struct guard_ask *a, const struct guard_space *space, uint64_t ns, pid_t *other)
{
    struct scan all = {0};
    bool ours = procfs_ns(procfs_self(), a->place->host, space->name) == ns ||
                procfs_ns(procfs_self(), a->tid, space->name) == ns;
    *other = a->place->porthole;
    if (!ours && (ns == a->place->machine.mntns || ns == a->place->machine.utsns))
        return false; /* even if one has slipped into it */
    *other = 0;
    autofd int dir = ours ? -1 : openat(procfs_self(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0)
        scan_read(dir, &all);
    for (size_t i = 0; i < all.n && !ours; i++) {
        if (procfs_ns(dir, all.v[i].pid, space->name) != ns)
            continue;
        *other = all.v[i].pid;
        ours = guard_descends(a->place->warden, *other);
    }
    scan_free(&all);
    return ours || !*other;
}

static int guard_enter(const struct guard_ask *a, const struct guard_space *space, uint64_t ns)
{
    pid_t other;
    struct task t = {.comm = "?"};
    char where[96];
    if (!ns || guard_may_enter(a, space, ns, &other))
        return 0;
    task_read_stat(procfs_self(), other, &t);
    if (procfs_ns(procfs_self(), a->place->porthole, space->name) == ns)
        snprintf(where, sizeof where, "the machine's own %s namespace", space->words);
    else
        snprintf(where, sizeof where, "the %s namespace of pid %d (%.15s)", space->words, (int)other, t.comm);
    return guard_refuse(a, where,
                        "no process of this session is in it: who enters it has left the stage, and what protects "
                        "the machine from slips");
}

/* A namespace's file, wherever it is mounted. */
static int guard_enter_file(const struct guard_ask *a, int64_t n)
{
    char path[64];
    struct statfs fs;
    struct stat st;
    snprintf(path, sizeof path, "%d/fd/%d", (int)a->tid, (int)n);
    autofd int fd = openat(procfs_self(), path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstatfs(fd, &fs) < 0 || (unsigned long)fs.f_type != NSFS_MAGIC || fstat(fd, &st) < 0)
        return 0;
    snprintf(path, sizeof path, "self/fd/%d", fd);
    autofd int ns = openat(procfs_self(), path, O_RDONLY | O_CLOEXEC);
    int type = ns < 0 ? -1 : ioctl(ns, NS_GET_NSTYPE);
    for (size_t i = 0; type > 0 && i < COUNT(guard_spaces); i++)
        if (guard_spaces[i].flag == (uint64_t)type)
            return guard_enter(a, &guard_spaces[i], st.st_ino);
    return 0;
}

int guard_setns(const struct guard_ask *a)
{
    int64_t fd = call_arg_num(a->call, 0);
    uint64_t types = (uint64_t)call_arg_num(a->call, 1);
    pid_t pid = guard_pidfd(a->tid, fd);
    if (!pid)
        return guard_enter_file(a, fd);
    for (size_t i = 0; i < COUNT(guard_spaces); i++)
        if ((types & guard_spaces[i].flag) &&
            guard_enter(a, &guard_spaces[i], procfs_ns(procfs_self(), pid, guard_spaces[i].name)) < 0)
            return -1;
    return 0;
}
