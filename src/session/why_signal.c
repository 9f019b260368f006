/* Signals: who is not there, who may not be reached, and who takes no notice. See kill(2), pid_namespaces(7),
 * landlock(7). */
#include "base/file.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/private.h"
#include "session/stage.h"
#include "session/why_private.h"
#include <errno.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* ---- numbers ---- */

static bool process_has_other_number(const struct why_case *k, const struct task *t, int64_t n)
{
    for (int i = 0; i < t->nspids && i < k->level; i++)
        if (t->nspid[i] == n && why_is_in_sight(k, t))
            return true;
    return false;
}

static bool process_is_descendants_number(const struct why_case *k, const struct task *t, int64_t n)
{
    for (int i = k->level + 1; i < t->nspids; i++)
        if (t->nspid[i] == n && why_is_in_sight(k, t))
            return true;
    return false;
}

/* The namespace around the caller's numbers it so, and the caller's does not contain it. */
static bool process_is_outside(const struct why_case *k, const struct task *t, int64_t n)
{
    if (t->nspids < k->level || t->nspid[k->level - 1] != n || why_is_in_sight(k, t))
        return false;
    autofd int own = why_open_ns(k, "pid");
    autofd int parent = own < 0 ? -1 : ioctl(own, NS_GET_PARENT);
    struct stat st;
    return parent >= 0 && fstat(parent, &st) == 0 && why_is_below(t, st.st_ino);
}

/* tgkill() and rt_tgsigqueueinfo() name process and thread. */
static int64_t kill_signal(const struct why_case *k)
{
    return why_num(k, strstr(k->row->name, "tg") ? 2 : 1);
}

/* ---- errors ---- */

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
    if (k->level == 0 || !why_search(process_has_other_number, k, why_num(k, 0), &t))
        return false;
    return why_saw(k, "%s is %d outside and %d here (NSpid of /proc/PID/status)", t.comm, (int)why_num(k, 0),
                   (int)t.nspid[k->level]);
}

static bool kill_inner_number(struct why_case *k)
{
    struct task t;
    if (!why_search(process_is_descendants_number, k, why_num(k, 0), &t))
        return false;
    return why_saw(k, "%s is %d in its own namespace and %d here (NSpid of /proc/PID/status)", t.comm,
                   (int)why_num(k, 0), (int)t.nspid[k->level]);
}

/* Of the stage's host side, or of what lies between: the machine around a practice host is nobody's business there. */
static bool kill_outside(struct why_case *k)
{
    struct task host = {0}, t;
    if (!task_read(procfs_self(), k->stage->host, &host) || k->level < host.nspids ||
        !why_search(process_is_outside, k, why_num(k, 0), &t))
        return false;
    return why_saw(k, "%s is %lld in the namespace around pid:[%llu], and has no number in it", t.comm,
                   (long long)why_num(k, 0), (unsigned long long)why_ns(k, "pid"));
}

static bool kill_gone(struct why_case *k)
{
    struct task t;
    int64_t n = why_num(k, 0);
    return n > 0 && !why_named(k, n, &t) &&
           why_saw(k, "no process has the number %lld in pid:[%llu]", (long long)n,
                   (unsigned long long)why_ns(k, "pid"));
}

static bool kill_ended(struct why_case *k)
{
    return why_pidfd_ended(k, why_num(k, 0)) &&
           why_saw(k, "/proc/PID/fdinfo/%lld names no process", (long long)why_num(k, 0));
}

static bool kill_no_group(struct why_case *k)
{
    return why_num(k, 0) < -1 &&
           why_saw(k, "%lld means the group %lld", (long long)why_num(k, 0), -(long long)why_num(k, 0));
}

static bool kill_landlock(struct why_case *k)
{
    struct task t;
    if (k->stage->kind != STAGE_REAL || !stage_can_scope_signals() || !why_named(k, why_num(k, 0), &t) ||
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
    if (!why_named(k, why_num(k, 0), &t) || !why_ids(k, "Uid", uid) || (uid_t)uid[0] == t.uid || (uid_t)uid[1] == t.uid)
        return false;
    if (why_has_cap(k, CAP_KILL) && why_maps(k, "uid_map", WHY_OUTSIDE, t.uid))
        return false;
    return why_saw(k, "%s (%d) belongs to user %ld, the caller is %ld without CAP_KILL over it", t.comm,
                   (int)why_num(k, 0), (long)t.uid, uid[1]);
}

static bool kill_bad_signal(struct why_case *k)
{
    int64_t sig = kill_signal(k);
    return (sig < 0 || sig > SIGRTMAX) && why_saw(k, "signal %lld; there are 1 to %d", (long long)sig, SIGRTMAX);
}

/* ---- a 0 that deceives ---- */

static bool process_mask_has(const struct task *t, const char *field, int64_t sig)
{
    autostr struct str line = {0};
    return sig > 0 && sig <= 64 && why_status_line(t->pid, field, &line) &&
           strtoull(str_c(&line), NULL, 16) >> (sig - 1) & 1;
}

static bool kill_target(struct why_case *k, struct task *t)
{
    if (!why_is(k, "pidfd_send_signal"))
        return why_named(k, why_num(k, 0), t);
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
    int64_t sig = kill_signal(k);
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
    int64_t sig = kill_signal(k);
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
    if (!kill_target(k, &t) || t.state != 'Z' || kill_was_deadly(&t, kill_signal(k)))
        return false;
    return why_saw(k, "State: Z in /proc/%d/status; its parent has not waited for it", (int)t.nspid[k->level]);
}

static bool kill_ignored(struct why_case *k)
{
    struct task t;
    int64_t sig = kill_signal(k);
    return sig && kill_target(k, &t) && process_mask_has(&t, "SigIgn", sig) &&
           why_saw(k, "SigIgn of %s (%d) has the signal", t.comm, (int)t.nspid[k->level]);
}

static bool kill_blocked(struct why_case *k)
{
    struct task t;
    int64_t sig = kill_signal(k);
    return sig && kill_target(k, &t) && t.state != 'Z' && process_mask_has(&t, "SigBlk", sig) &&
           process_mask_has(&t, "ShdPnd", sig) &&
           why_saw(k, "SigBlk and ShdPnd of %s (%d) have the signal", t.comm, (int)t.nspid[k->level]);
}

static bool kill_stopped(struct why_case *k)
{
    struct task t;
    int64_t sig = kill_signal(k);
    return sig && sig != SIGKILL && sig != SIGCONT && sig != SIGSTOP && kill_target(k, &t) &&
           (t.state == 'T' || t.state == 't') &&
           why_saw(k, "%s (%d) is in state %c", t.comm, (int)t.nspid[k->level], t.state);
}

#define SENDS "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo"
#define KILLS SENDS " pidfd_send_signal"
#define NAMES SENDS " pidfd_open"
const struct why_row why_rows_signal[] = {
    {NAMES, ESRCH, "stale-proc", kill_stale_proc,
     "The /proc that shows this number belongs to another pid namespace: there the number stands for a process, here "
     "for none.",
     "Mount a fresh proc from within the namespace: mount(\"proc\", \"/proc\", \"proc\", 0, NULL)."},
    {NAMES, ESRCH, "outer-number", kill_outer_number,
     "That is a number of an outer pid namespace; a process has one in each, and a call takes the caller's own.",
     "Use the number that the caller's own ps shows."},
    {NAMES, ESRCH, "inner-number", kill_inner_number,
     "That is the number it has inside its own pid namespace; the caller stands outside.",
     "Use the outer number, the first ones of NSpid."},
    {NAMES, ESRCH, "outside", kill_outside,
     "The process is outside the caller's pid namespace: from inside nobody out there has a number.",
     "That is the purpose of the namespace; signal it from outside."},
    {NAMES, ESRCH, "gone", kill_gone, "No process of that number exists in the caller's pid namespace.",
     "ps, or the column beside, shows who is there; it may have ended and been waited for."},
    {"kill", ESRCH, "no-group", kill_no_group, "A negative number names a process group, and there is none of that id.",
     "Name the process itself, without the minus."},
    {"pidfd_send_signal", ESRCH, "ended", kill_ended,
     "The process that the pidfd stands for has ended and been waited for; a pidfd never means a later one.",
     "Nothing is left to signal."},
    {SENDS, EPERM, "landlock", kill_landlock,
     "The real stage confines signals with Landlock: they reach only processes that this session started.",
     "Signal a process that the session started; the protection is meant."},
    {SENDS, EPERM, "other-user", kill_other_user,
     "It belongs to another user, and the caller has no CAP_KILL in the user namespace that this user is mapped in.",
     "Signal it as its owner, or as root of its user namespace."},
    {KILLS, EINVAL, "no-such-signal", kill_bad_signal, "There is no signal of that number.", "kill -l lists them."},

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
    {0},
};
