/* Processes: fork, waiting, sessions and groups. See fork(2), pid_namespaces(7), wait(2), credentials(7). */
#include "base/file.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/why_private.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- fork ---- */

static bool process_in_ns(const struct why_case *k, const struct task *t, int64_t ino)
{
    return t->state != 'Z' && procfs_ns(procfs_self(), t->pid, "pid") == (uint64_t)ino;
}

static bool fork_init_died(struct why_case *k)
{
    uint64_t own = why_ns(k, "pid"), kids = why_ns(k, "pid_for_children");
    struct task t;
    if (!kids || kids == own || why_search(process_in_ns, k, (int64_t)kids, &t))
        return false;
    return why_saw(k, "children go to pid:[%llu], where no process lives any more, while the caller is in pid:[%llu]",
                   (unsigned long long)kids, (unsigned long long)own);
}

static bool fork_process_limit(struct why_case *k)
{
    long limit = why_limit(k, "Max processes"), uid[4];
    if (limit < 0 || !why_ids(k, "Uid", uid) || (!why_in_child_userns(k) && uid[0] == 0))
        return false;
    DIR *d = opendir("/proc");
    long n = 0;
    for (struct dirent *e; d && (e = readdir(d));) {
        struct task t = {0};
        if (isdigit((unsigned char)e->d_name[0]) && task_read(procfs_self(), (pid_t)atol(e->d_name), &t))
            n += t.uid == (uid_t)uid[1];
    }
    if (d)
        closedir(d);
    return n >= limit &&
           why_saw(k, "%ld processes of this user, \"Max processes\" in /proc/PID/limits is %ld", n, limit);
}

/* The directory of the caller's group in the hierarchy that limits tasks: v1's "pids" or the one tree of v2. */
static bool process_cgroup(const struct why_case *k, bool v1, char where[512])
{
    char path[48];
    autostr struct str text = {0};
    automounts struct mounts mounts = {0};
    snprintf(path, sizeof path, "%d/cgroup", (int)k->pid);
    if (!file_read(procfs_self(), path, &text, 65536) || !mounts_read(procfs_self(), 0, &mounts))
        return false;
    const char *group = strstr(str_c(&text), v1 ? ":pids:" : "0::");
    if (!group)
        return false;
    group += v1 ? 6 : 3;
    int n = (int)strcspn(group, "\n");
    for (size_t i = 0; i < mounts.n; i++) {
        const struct mount_row *m = &mounts.v[i];
        size_t cut = strcmp(m->root, "/") ? strlen(m->root) : 0;
        if (strcmp(m->type, v1 ? "cgroup" : "cgroup2") || (v1 && !why_has_option(m->fs_options, "pids")) ||
            strncmp(group, m->root, cut))
            continue;
        snprintf(where, 512, "%s%.*s", m->target, n - (int)cut, group + cut);
        return true;
    }
    return false;
}

static long process_cgroup_number(const char *dir, const char *name)
{
    autostr struct str value = {0};
    autofree char *file = xasprintf("%s/%s", dir, name);
    return file_read(AT_FDCWD, file, &value, 64) && isdigit((unsigned char)*str_c(&value)) ? atol(value.s) : -1;
}

static bool fork_cgroup_limit(struct why_case *k)
{
    char where[512];
    for (int v1 = 0; v1 < 2; v1++) {
        if (!process_cgroup(k, v1, where))
            continue;
        long max = process_cgroup_number(where, "pids.max"), now = process_cgroup_number(where, "pids.current");
        if (max >= 0 && now >= max)
            return why_saw(k, "pids.current is %ld, pids.max is %ld in %s", now, max, where);
    }
    return false;
}

/* ---- waiting ---- */

static bool wait_no_child(struct why_case *k)
{
    pid_t kid;
    return why_num(k, 0) == -1 && !procfs_children(procfs_self(), k->process, &kid, 1) &&
           why_saw(k, "/proc/%d/task/%d/children is empty", (int)k->own, (int)k->own);
}

static bool wait_not_mine(struct why_case *k)
{
    struct task t, parent = {0};
    if (!why_named(k, why_num(k, 0), &t) || t.ppid == k->process)
        return false;
    task_read(procfs_self(), t.ppid, &parent);
    return why_saw(k, "the parent of %s (%d) is %s, not the caller", t.comm, (int)why_num(k, 0),
                   *parent.comm ? parent.comm : "outside");
}

static bool wait_gone(struct why_case *k)
{
    struct task t;
    return why_num(k, 0) > 0 && !why_named(k, why_num(k, 0), &t) &&
           why_saw(k, "no process has the number %d any more, dead or alive", (int)why_num(k, 0));
}

static bool wait_nobody_yet(struct why_case *k)
{
    pid_t kid[1];
    return k->image->ret == 0 && procfs_children(procfs_self(), k->process, kid, 1) == 1 &&
           why_saw(k, "it has children, and none of those asked for has ended");
}

/* ---- groups and sessions ---- */

/* Session, and flags of the kernel's own, from stat: fields 6 and 9 of proc_pid_stat(5). */
static bool group_read(pid_t pid, int *session, unsigned long *flags)
{
    char path[32];
    autostr struct str text = {0};
    snprintf(path, sizeof path, "%d/stat", (int)pid);
    const char *p = file_read(procfs_self(), path, &text, 4096) ? strrchr(str_c(&text), ')') : NULL;
    return p && sscanf(p + 1, " %*c %*d %*d %d %*d %*d %lu", session, flags) == 2;
}

static bool group_target(const struct why_case *k, struct task *t)
{
    return why_num(k, 0) ? why_named(k, why_num(k, 0), t) : task_read(procfs_self(), k->process, t);
}

static bool group_not_mine(struct why_case *k)
{
    struct task t;
    return why_num(k, 0) && why_named(k, why_num(k, 0), &t) && t.pid != k->process && t.ppid != k->process &&
           why_saw(k, "%s (%lld) is neither the caller nor its child", t.comm, (long long)why_num(k, 0));
}

#define GROUP_FORKED_ONLY 0x40 /* PF_FORKNOEXEC of the kernel's sched.h */
static bool group_has_executed(struct why_case *k)
{
    struct task t;
    int session;
    unsigned long flags;
    return group_target(k, &t) && t.ppid == k->process && group_read(t.pid, &session, &flags) &&
           !(flags & GROUP_FORKED_ONLY) &&
           why_saw(k, "%s (%lld) has executed a program", t.comm, (long long)why_num(k, 0));
}

static bool group_session_leader(struct why_case *k)
{
    struct task t;
    int session;
    unsigned long flags;
    return group_target(k, &t) && group_read(t.pid, &session, &flags) && session == t.pid &&
           why_saw(k, "its session has its own number");
}

static bool group_in_session(const struct why_case *k, const struct task *t, int64_t n)
{
    int session, mine;
    unsigned long flags;
    struct task leader = {0};
    return group_read(t->pid, &session, &flags) && group_read(k->process, &mine, &flags) && session == mine &&
           task_read(procfs_self(), t->pgrp, &leader) && leader.nspids > k->level && leader.nspid[k->level] == n;
}

static bool group_elsewhere(struct why_case *k)
{
    struct task t;
    int64_t group = why_num(k, 1);
    return group > 0 && group != why_num(k, 0) && !why_search(group_in_session, k, group, &t) &&
           why_saw(k, "no process of its session is in group %lld", (long long)group);
}

static bool setsid_leader(struct why_case *k)
{
    struct task t = {0};
    return task_read(procfs_self(), k->process, &t) && t.pgrp == t.pid &&
           why_saw(k, "its process group has its own number, %d", (int)k->own);
}

#define FORKS "fork vfork clone clone3"
const struct why_row why_rows_process[] = {
    {FORKS, ENOMEM, "init-died", fork_init_died,
     "The first process of the pid namespace for its children has died, and a pid namespace without its process 1 "
     "takes "
     "no new ones; memory has nothing to do with it.",
     "Make a new namespace from a process that still has a living one: fork before each unshare(CLONE_NEWPID)."},
    {FORKS, EAGAIN, "process-limit", fork_process_limit, "The user has as many processes as RLIMIT_NPROC allows.",
     "End some of them, or :reset the stage."},
    {FORKS, EAGAIN, "cgroup-limit", fork_cgroup_limit, "The cgroup has as many tasks as its pids.max allows.",
     "End some of them, or raise pids.max."},

    {"wait4 waitpid", ECHILD, "no-child", wait_no_child,
     "The caller has no child: none was forked, or all have been waited for.",
     "fork() first; a grandchild is not waited for, nor a process that setns() brought in."},
    {"wait4 waitpid", ECHILD, "not-a-child", wait_not_mine, "Only its parent can wait for a process.",
     "Wait from its parent (:drive), or end the parent: whoever adopts it waits."},
    {"wait4 waitpid", ECHILD, "waited-already", wait_gone,
     "There is no such process, not even a zombie: it has been waited for, or never was.",
     "A status can be fetched only once."},
    {"wait4 waitpid", 0, "nobody-yet", wait_nobody_yet,
     "Nothing was waited for: WNOHANG returns 0 at once when no child has ended.",
     "Ask again later, or without WNOHANG."},
    {"setpgid", ESRCH, "not-mine", group_not_mine, "A process can move only itself and its children.",
     "Let it do that itself."},
    {"setpgid", EACCES, "has-executed", group_has_executed,
     "A child can be moved only until it executes a program: from then on its group is its own business.",
     "Call it before the execve(), in the child as well; shells do both."},
    {"setpgid", EPERM, "session-leader", group_session_leader, "The leader of a session stays in its own group.",
     "fork(), and let the child."},
    {"setpgid", EPERM, "group-elsewhere", group_elsewhere, "A process can join only a group of its own session.",
     "Take 0 for a group of its own, or one of the same session."},
    {"setsid", EPERM, "group-leader", setsid_leader,
     "The leader of a process group cannot start a session: its group would be in two.", "fork(), and let the child."},
    {0},
};
