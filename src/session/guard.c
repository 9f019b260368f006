/* The guard: typed calls that a slip of the fingers would make regretted are refused before the kernel sees them, with
 * the reason. In the practice stage almost everything is allowed, since the user namespace holds; in the real stage the
 * kernel refuses most of this too (stage_guard.c), but cannot say why.
 *
 * It is a guard against accidents, no boundary. */
#include "actor/child.h"
#include "base/mem.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/private.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GUARD_REFUSED "porthole did not make this call"

bool guard_descends(pid_t warden, pid_t pid)
{
    for (int depth = 0; pid > 1 && depth < 64; depth++) {
        struct task t = {0};
        if (!task_read_stat(procfs_self(), pid, &t))
            return false;
        if (t.ppid == warden)
            return true;
        pid = t.ppid;
    }
    return false;
}

bool guard_is_ours(const struct session *s, pid_t pid)
{
    return guard_descends(warden_pid(s->warden), pid);
}

/* Does the actor number processes as the machine does? Otherwise it cannot name a process of the machine at all. */
static bool guard_sees_machine(const struct actor *who)
{
    return procfs_ns(procfs_self(), who->pid, "pid") == procfs_ns(procfs_self(), getpid(), "pid");
}

static int guard_signal_one(struct session *s, pid_t pid, struct outcome *o)
{
    struct task t = {0};
    char where[32];
    if (!task_read_stat(procfs_self(), pid, &t) || guard_is_ours(s, pid))
        return 0; /* nobody there: the kernel will say ESRCH */
    if (t.ppid == 0 && (t.state == 'Z' || t.state == 'X'))
        return 0; /* being reaped at this moment: it has no parent any more */
    snprintf(where, sizeof where, "pid %d (%.15s)", (int)pid, t.comm);
    return outcome_set(o, 0, GUARD_REFUSED, where,
                       "this session did not start that process; signal one that it started");
}

/* kill(2): 0 is the caller's own group, -1 everybody, below that a process group. */
static int guard_kill(struct session *s, const struct actor *who, int64_t pid, struct outcome *o)
{
    if (!guard_sees_machine(who) || pid == 0)
        return 0;
    if (pid == -1)
        return outcome_set(o, 0, GUARD_REFUSED, "kill(-1)", "it would signal every process; name one pid");
    if (pid > 0)
        return guard_signal_one(s, (pid_t)pid, o);
    int procfd = procfs_self();
    struct task t = {0};
    /* A group's leader has the group's number; without a leader the group is an orphan of ours or nobody we know. */
    if (task_read_stat(procfd, (pid_t)-pid, &t))
        return guard_signal_one(s, (pid_t)-pid, o);
    return outcome_set(o, 0, GUARD_REFUSED, "a process group whose leader is gone", "name one pid");
}

/* The target of a pidfd: `Pid:` of /proc/PID/fdinfo/N, in our numbering since it is our /proc. */
static int guard_pidfd(struct session *s, const struct actor *who, int64_t fd, struct outcome *o)
{
    char path[64], line[64];
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)who->pid, (int)fd);
    FILE *f = fopen(path, "re");
    int pid = 0;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Pid: %d", &pid) == 1)
            break;
    if (f)
        fclose(f);
    return pid > 0 ? guard_signal_one(s, pid, o) : 0;
}

/* Where a path leads, as the machine names it: opened in the actor's root or working directory, without following it
 * out. */
static bool guard_resolve(const struct actor *who, const char *path, char out[512])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/%s", (int)who->pid, *path == '/' ? "root" : "cwd");
    autofd int dir = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = *path == '/' ? RESOLVE_IN_ROOT : 0};
    how.resolve |= RESOLVE_NO_MAGICLINKS;
    autofd int fd = dir < 0 ? -1 : (int)syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof how);
    if (fd < 0)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, out, 511);
    out[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* A mount or unmount in the mount namespace that the host side lives in, outside the lab. */
static int guard_mount(struct session *s, const struct actor *who, const char *target, unsigned long flags,
                       struct outcome *o)
{
    char path[512];
    size_t n = strlen(s->lab);
    bool shared = procfs_ns(procfs_self(), who->pid, "mnt") == s->mntns;
    bool propagation = flags & (MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE);
    if (!target || !shared || propagation || !guard_resolve(who, target, path))
        return 0;
    if (!strncmp(path, s->lab, n) && (path[n] == '/' || !path[n]))
        return 0;
    return outcome_set(o, 0, GUARD_REFUSED, path,
                       "that mount point is the host side's, outside the lab %s; mount below the rootfs, or "
                       "unshare(CLONE_NEWNS) first",
                       s->lab);
}

static int guard_own_descriptor(int64_t fd, struct outcome *o)
{
    if (fd != ACTOR_CONTROL_FD)
        return 0;
    return outcome_set(o, 0, GUARD_REFUSED, "descriptor 250", "it is porthole's line to this actor");
}

static int guard_host_actor(const struct actor *who, const struct call_row *row, struct outcome *o)
{
    if (who->id != 1 || (row->op != OP_EXECVE && row->op != OP_EXIT))
        return 0;
    return outcome_set(o, 0, GUARD_REFUSED, who->name,
                       "the host side needs this actor; fork() first, then drive the child");
}

/* What is looked at in which argument of which call. */
static const struct guard_rule {
    const char *name;
    int arg;
    enum { GUARD_FD, GUARD_PID, GUARD_PIDFD, GUARD_TARGET } what;
    int flags_arg; /* GUARD_TARGET: where the mount flags are, -1 nowhere */
} guard_rules[] = {
    {"close", 0, GUARD_FD, -1},
    {"dup", 0, GUARD_FD, -1}, /* a copy would outlive execve(), whose success the socket's end tells */
    {"dup2", 0, GUARD_FD, -1},
    {"dup2", 1, GUARD_FD, -1},
    {"dup3", 0, GUARD_FD, -1},
    {"dup3", 1, GUARD_FD, -1},
    {"fcntl", 0, GUARD_FD, -1},
    {"pidfd_getfd", 1, GUARD_FD, -1},
    {"read", 0, GUARD_FD, -1},
    {"write", 0, GUARD_FD, -1},
    {"kill", 0, GUARD_PID, -1},
    {"pidfd_send_signal", 0, GUARD_PIDFD, -1},
    {"mount", 1, GUARD_TARGET, 3},
    {"umount2", 0, GUARD_TARGET, -1},
    {"move_mount", 3, GUARD_TARGET, -1},
    {"mount_setattr", 1, GUARD_TARGET, -1},
    {"pivot_root", 0, GUARD_TARGET, -1},
};

static int guard_apply(struct session *s, const struct actor *who, const struct call *c, const struct guard_rule *r,
                       struct outcome *o)
{
    if (r->what == GUARD_FD)
        return guard_own_descriptor(call_arg_num(c, r->arg), o);
    if (s->kind != STAGE_REAL) /* there the user namespace holds */
        return 0;
    if (r->what == GUARD_PID)
        return guard_kill(s, who, call_arg_num(c, r->arg), o);
    if (r->what == GUARD_PIDFD)
        return guard_pidfd(s, who, call_arg_num(c, r->arg), o);
    unsigned long flags = r->flags_arg >= 0 ? (unsigned long)call_arg_num(c, r->flags_arg) : 0;
    return guard_mount(s, who, call_arg_text(c, r->arg), flags, o);
}

int guard_check(struct session *s, const struct actor *who, const struct call *c, struct outcome *o)
{
    const struct call_row *row = call_row_of(c);
    if (guard_host_actor(who, row, o) < 0)
        return -1;
    for (size_t i = 0; i < COUNT(guard_rules); i++)
        if (!strcmp(guard_rules[i].name, row->name) && guard_apply(s, who, c, &guard_rules[i], o) < 0)
            return -1;
    return 0;
}
