/* Processes: fork, signals, waiting, pidfds. See pid_namespaces(7), kill(2), wait(2), landlock(7). */
#include "base/file.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/private.h"
#include "session/stage.h"
#include "session/why_private.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- looking among all processes ---- */

/* Calls found for each process until it says true; that one's facts stay in *t. */
static bool process_search(bool (*found)(const struct why_case *k, const struct task *t, int64_t n),
                           const struct why_case *k, int64_t n, struct task *t)
{
    DIR *d = opendir("/proc");
    bool hit = false;
    for (struct dirent *e; d && !hit && (e = readdir(d));) {
        *t = (struct task){0};
        hit = isdigit((unsigned char)e->d_name[0]) && task_read(procfs_self(), (pid_t)atol(e->d_name), t) &&
              found(k, t, n);
    }
    if (d)
        closedir(d);
    return hit;
}

static bool process_in_ns(const struct why_case *k, const struct task *t, int64_t ino)
{
    return t->state != 'Z' && procfs_ns(procfs_self(), t->pid, "pid") == (uint64_t)ino;
}

/* Is it in that pid namespace or below? The namespace of a zombie cannot be read: its parent's tells. */
static bool process_is_below(const struct task *t, uint64_t ino)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)(t->state == 'Z' ? t->ppid : t->pid));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    bool found = false;
    while (fd >= 0 && !(found = fstat(fd, &st) == 0 && st.st_ino == ino)) {
        int parent = ioctl(fd, NS_GET_PARENT);
        close(fd);
        fd = parent;
    }
    close_fd(&fd);
    return found;
}

static bool process_is_in_sight(const struct why_case *k, const struct task *t)
{
    return t->nspids > k->level && (k->level == 0 || process_is_below(t, k->pidns));
}

static bool process_has_number(const struct why_case *k, const struct task *t, int64_t n)
{
    return process_is_in_sight(k, t) && t->nspid[k->level] == n;
}

/* The process that a pid argument names in the caller's numbering. */
static bool process_named(const struct why_case *k, int64_t n, struct task *t)
{
    return n > 0 && process_search(process_has_number, k, n, t);
}

static bool process_has_other_number(const struct why_case *k, const struct task *t, int64_t n)
{
    for (int i = 0; i < t->nspids && i < k->level; i++)
        if (t->nspid[i] == n && process_is_in_sight(k, t))
            return true;
    return false;
}

static bool process_is_descendants_number(const struct why_case *k, const struct task *t, int64_t n)
{
    for (int i = k->level + 1; i < t->nspids; i++)
        if (t->nspid[i] == n && process_is_in_sight(k, t))
            return true;
    return false;
}

/* The namespace around the caller's numbers it so, and the caller's does not contain it. */
static bool process_is_outside(const struct why_case *k, const struct task *t, int64_t n)
{
    if (t->nspids < k->level || t->nspid[k->level - 1] != n || process_is_in_sight(k, t))
        return false;
    autofd int own = why_open_ns(k, "pid");
    autofd int parent = own < 0 ? -1 : ioctl(own, NS_GET_PARENT);
    struct stat st;
    return parent >= 0 && fstat(parent, &st) == 0 && process_is_below(t, st.st_ino);
}

/* ---- fork ---- */

static bool fork_init_died(struct why_case *k)
{
    uint64_t own = why_ns(k, "pid"), kids = why_ns(k, "pid_for_children");
    struct task t;
    if (!kids || kids == own || process_search(process_in_ns, k, (int64_t)kids, &t))
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

/* ---- signals: errors ---- */

static bool kill_stale_proc(struct why_case *k)
{
    autofd int proc = procfs_of(k->pid);
    struct task t = {0}, self = {0};
    uint64_t ns = proc < 0 ? 0 : procfs_ns(proc, 1, "pid"), mine = why_ns(k, "pid");
    if (proc < 0 || !task_read(proc, (pid_t)why_num(k, 0), &t))
        return false;
    if (ns ? ns == mine : task_read(proc, k->own, &self) && self.nspids == 1 && k->level == 0)
        return false;
    return why_saw(k, "the /proc at its root shows %s as %d, and that proc belongs to %s", t.comm, (int)t.pid,
                   "another pid namespace than the caller's");
}

static bool kill_outer_number(struct why_case *k)
{
    struct task t;
    if (k->level == 0 || !process_search(process_has_other_number, k, why_num(k, 0), &t))
        return false;
    return why_saw(k, "%s is %d outside and %d here (NSpid of /proc/PID/status)", t.comm, (int)why_num(k, 0),
                   (int)t.nspid[k->level]);
}

static bool kill_inner_number(struct why_case *k)
{
    struct task t;
    if (!process_search(process_is_descendants_number, k, why_num(k, 0), &t))
        return false;
    return why_saw(k, "%s is %d in its own namespace and %d here (NSpid of /proc/PID/status)", t.comm,
                   (int)why_num(k, 0), (int)t.nspid[k->level]);
}

/* Of the stage's host side, or of what lies between: the machine around a practice host is nobody's business there. */
static bool kill_outside(struct why_case *k)
{
    struct task host = {0}, t;
    if (!task_read(procfs_self(), k->stage->host, &host) || k->level < host.nspids ||
        !process_search(process_is_outside, k, why_num(k, 0), &t))
        return false;
    return why_saw(k, "%s is %lld in the namespace around pid:[%llu], and has no number in it", t.comm,
                   (long long)why_num(k, 0), (unsigned long long)why_ns(k, "pid"));
}

static bool kill_gone(struct why_case *k)
{
    struct task t;
    int64_t n = why_num(k, 0);
    return n > 0 && !process_named(k, n, &t) &&
           why_saw(k, "no process has the number %lld in pid:[%llu]", (long long)n,
                   (unsigned long long)why_ns(k, "pid"));
}

static bool kill_no_group(struct why_case *k)
{
    return why_num(k, 0) < -1 &&
           why_saw(k, "%lld means the group %lld", (long long)why_num(k, 0), -(long long)why_num(k, 0));
}

static bool kill_landlock(struct why_case *k)
{
    struct task t;
    if (k->stage->kind != STAGE_REAL || !stage_can_scope_signals() || !process_named(k, why_num(k, 0), &t) ||
        guard_descends(k->stage->warden, t.pid))
        return false;
    return why_saw(k,
                   "%s (%d) is no descendant of this session, and the real stage is in a Landlock domain that scopes "
                   "signals",
                   t.comm, (int)t.pid);
}

static bool kill_other_user(struct why_case *k)
{
    struct task t;
    long uid[4];
    if (!process_named(k, why_num(k, 0), &t) || !why_ids(k, "Uid", uid) || (uid_t)uid[0] == t.uid ||
        (uid_t)uid[1] == t.uid)
        return false;
    if (why_has_cap(k, CAP_KILL) && why_maps(k, "uid_map", WHY_OUTSIDE, t.uid))
        return false;
    return why_saw(k, "%s (%d) belongs to user %ld, the caller is %ld without CAP_KILL over it", t.comm,
                   (int)why_num(k, 0), (long)t.uid, uid[1]);
}

static bool kill_bad_signal(struct why_case *k)
{
    int64_t sig = why_num(k, 1);
    return (sig < 0 || sig > SIGRTMAX) && why_saw(k, "signal %lld; there are 1 to %d", (long long)sig, SIGRTMAX);
}

/* ---- signals: a 0 that deceives ---- */

static bool process_mask_has(const struct task *t, const char *field, int64_t sig)
{
    autostr struct str line = {0};
    return sig > 0 && sig <= 64 && why_status_line(t->pid, field, &line) &&
           strtoull(str_c(&line), NULL, 16) >> (sig - 1) & 1;
}

static bool kill_target(struct why_case *k, struct task *t)
{
    if (why_is(k, "kill"))
        return process_named(k, why_num(k, 0), t);
    autostr struct str info = {0};
    char path[64];
    snprintf(path, sizeof path, "%d/fdinfo/%d", (int)k->pid, (int)why_num(k, 0));
    const char *at = file_read(procfs_self(), path, &info, 4096) ? strstr(str_c(&info), "Pid:\t") : NULL;
    return at && task_read(procfs_self(), (pid_t)atol(at + 5), t);
}

static bool kill_is_harmless_to(const struct task *t, int64_t sig)
{
    return sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH || sig == SIGCONT || process_mask_has(t, "SigCgt", sig);
}

static bool kill_init_inside(struct why_case *k)
{
    struct task t;
    int64_t sig = why_num(k, 1);
    if (!sig || !kill_target(k, &t) || t.nspid[t.nspids - 1] != 1 || t.state == 'Z' || t.nspids != k->level + 1 ||
        kill_is_harmless_to(&t, sig))
        return false;
    return why_saw(k,
                   "%s is process 1 of the caller's own pid namespace, SigCgt has no handler for the signal, and it "
                   "still lives",
                   t.comm);
}

static bool kill_init_outside(struct why_case *k)
{
    struct task t;
    int64_t sig = why_num(k, 1);
    if (!sig || sig == SIGKILL || sig == SIGSTOP || !kill_target(k, &t) || t.nspid[t.nspids - 1] != 1 ||
        t.state == 'Z' || t.nspids <= k->level + 1 || kill_is_harmless_to(&t, sig))
        return false;
    return why_saw(k,
                   "%s has the numbers %d here and 1 inside, SigCgt has no handler for the signal, and it still lives",
                   t.comm, (int)t.nspid[k->level]);
}

/* Did that signal end the process? Field 52 of stat is its wait status, proc_pid_stat(5). */
static bool kill_was_deadly(const struct task *t, int64_t sig)
{
    char path[32];
    autostr struct str text = {0};
    snprintf(path, sizeof path, "%d/stat", (int)t->pid);
    const char *last = file_read(procfs_self(), path, &text, 4096) ? strrchr(text_trim(text.s), ' ') : NULL;
    return sig && last && (atoi(last + 1) & 0x7f) == sig;
}

static bool kill_zombie(struct why_case *k)
{
    struct task t;
    if (!kill_target(k, &t) || t.state != 'Z' || kill_was_deadly(&t, why_num(k, 1)))
        return false;
    return why_saw(k, "State: Z in /proc/%d/status; its parent has not waited for it", (int)t.nspid[k->level]);
}

static bool kill_ignored(struct why_case *k)
{
    struct task t;
    int64_t sig = why_num(k, 1);
    return sig && kill_target(k, &t) && process_mask_has(&t, "SigIgn", sig) &&
           why_saw(k, "SigIgn of %s (%d) has the signal", t.comm, (int)t.nspid[k->level]);
}

static bool kill_blocked(struct why_case *k)
{
    struct task t;
    int64_t sig = why_num(k, 1);
    return sig && kill_target(k, &t) && t.state != 'Z' && process_mask_has(&t, "SigBlk", sig) &&
           process_mask_has(&t, "ShdPnd", sig) &&
           why_saw(k, "SigBlk and ShdPnd of %s (%d) have the signal", t.comm, (int)t.nspid[k->level]);
}

static bool kill_stopped(struct why_case *k)
{
    struct task t;
    int64_t sig = why_num(k, 1);
    return sig && sig != SIGKILL && sig != SIGCONT && sig != SIGSTOP && kill_target(k, &t) && t.state == 'T' &&
           why_saw(k, "%s (%d) is in state T", t.comm, (int)t.nspid[k->level]);
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
    if (!process_named(k, why_num(k, 0), &t) || t.ppid == k->process)
        return false;
    task_read(procfs_self(), t.ppid, &parent);
    return why_saw(k, "the parent of %s (%d) is %s, not the caller", t.comm, (int)why_num(k, 0),
                   *parent.comm ? parent.comm : "outside");
}

static bool wait_gone(struct why_case *k)
{
    struct task t;
    return why_num(k, 0) > 0 && !process_named(k, why_num(k, 0), &t) &&
           why_saw(k, "no process has the number %d any more, dead or alive", (int)why_num(k, 0));
}

static bool setsid_leader(struct why_case *k)
{
    struct task t = {0};
    return task_read(procfs_self(), k->process, &t) && t.pgrp == t.pid &&
           why_saw(k, "its process group has its own number, %d", (int)k->own);
}

#define FORKS "fork vfork clone clone3"
#define KILLS "kill pidfd_send_signal"
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

    {"kill pidfd_open", ESRCH, "stale-proc", kill_stale_proc,
     "The /proc that shows this number belongs to another pid namespace: there the number stands for a process, here "
     "for none.",
     "Mount a fresh proc from within the namespace: mount(\"proc\", \"/proc\", \"proc\", 0, NULL)."},
    {"kill pidfd_open", ESRCH, "outer-number", kill_outer_number,
     "That is a number of an outer pid namespace; a process has one in each, and a call takes the caller's own.",
     "Use the number that the caller's own ps shows."},
    {"kill pidfd_open", ESRCH, "inner-number", kill_inner_number,
     "That is the number it has inside its own pid namespace; the caller stands outside.",
     "Use the outer number, the first ones of NSpid."},
    {"kill pidfd_open", ESRCH, "outside", kill_outside,
     "The process is outside the caller's pid namespace: from inside nobody out there has a number.",
     "That is the purpose of the namespace; signal it from outside."},
    {"kill pidfd_open", ESRCH, "gone", kill_gone, "No process of that number exists in the caller's pid namespace.",
     "ps, or the column beside, shows who is there; it may have ended and been waited for."},
    {"kill", ESRCH, "no-group", kill_no_group, "A negative number names a process group, and there is none of that id.",
     "Name the process itself, without the minus."},
    {"kill", EPERM, "landlock", kill_landlock,
     "The real stage confines signals with Landlock: they reach only processes that this session started.",
     "Signal a process that the session started; the protection is meant."},
    {"kill", EPERM, "other-user", kill_other_user,
     "It belongs to another user, and the caller has no CAP_KILL in the user namespace that this user is mapped in.",
     "Signal it as its owner, or as root of its user namespace."},
    {"kill pidfd_send_signal", EINVAL, "no-such-signal", kill_bad_signal, "There is no signal of that number.",
     "kill -l lists them."},

    {KILLS, 0, "init-inside", kill_init_inside,
     "Nothing died: from inside its own namespace process 1 gets only signals that it has a handler for, not even "
     "SIGKILL.",
     "Send SIGKILL from outside, by the number it has there."},
    {KILLS, 0, "init-outside", kill_init_outside,
     "Nothing died: process 1 of a namespace ignores what it has no handler for, and from outside only SIGKILL and "
     "SIGSTOP are exempt.",
     "Send SIGKILL; that is what `docker stop` does after its ten seconds."},
    {KILLS, 0, "zombie", kill_zombie,
     "It is a zombie: already dead, and only its parent's wait4() removes it; signals to it succeed and do nothing.",
     "Let its parent wait4() for it, or end the parent."},
    {KILLS, 0, "ignored", kill_ignored, "The process ignores that signal.", "SIGKILL cannot be ignored."},
    {KILLS, 0, "stopped", kill_stopped, "The process is stopped: the signal waits until it goes on.",
     "Send it SIGCONT as well, or SIGKILL."},
    {KILLS, 0, "blocked", kill_blocked, "The process blocks that signal: it is pending until it is let in.",
     "SIGKILL cannot be blocked."},

    {"wait4 waitpid", ECHILD, "no-child", wait_no_child,
     "The caller has no child: none was forked, or all have been waited for.",
     "fork() first; a grandchild is not waited for, nor a process that setns() brought in."},
    {"wait4 waitpid", ECHILD, "not-a-child", wait_not_mine, "Only its parent can wait for a process.",
     "Wait from its parent (:drive), or end the parent: whoever adopts it waits."},
    {"wait4 waitpid", ECHILD, "waited-already", wait_gone,
     "There is no such process, not even a zombie: it has been waited for, or never was.",
     "A status can be fetched only once."},
    {"setsid", EPERM, "group-leader", setsid_leader,
     "The leader of a process group cannot start a session: its group would be in two.", "fork(), and let the child."},
    {0},
};
