/* What a stop means. See ptrace(2), "Stopped states"; with PTRACE_SEIZE each kind can be told from the others.
 *
 * A child and its parent's fork event are two stops of two threads: either may come first. A child that comes first is
 * parked until its parent has told of it, so that nobody hears of a process before its birth.
 *
 * A group stop, PTRACE_EVENT_STOP with the stopping signal, is answered by PTRACE_LISTEN: the thread then really is
 * stopped until SIGCONT. PTRACE_CONT would let it run on, and only look to the shell as if it were stopped.
 *
 * When a thread that is not the first of its process executes a program, all others end and it takes the first one's
 * tid. What was known under its old tid moves there. */
#include "base/mem.h"
#include "trace/private.h"
#include <linux/sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static unsigned long stops_message(pid_t tid)
{
    unsigned long msg = 0;
    return ptrace(PTRACE_GETEVENTMSG, tid, NULL, &msg) == 0 ? msg : 0;
}

void stops_unpark(struct tracer *tr, struct tracee *t)
{
    if (t->parked)
        tr->parked--;
    t->parked = false;
    t->state = TRACEE_RUN;
    tracee_resume(t, 0);
}

/* ---- birth ---- */

/* A child that was killed at once may have been waited for before its parent's event. */
static bool stops_lives(pid_t tid)
{
    siginfo_t info;
    return waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) == 0;
}

static bool stops_is_thread(const struct tracee *parent, struct tracee *child, int event)
{
    if (event != PTRACE_EVENT_CLONE)
        return false;
    const struct call *c = parent->now.call;
    if (c && c->clone)
        return c->clone[0] & CLONE_THREAD;
    return tracee_id(child)->pid != child->id.tid;
}

static void stops_fork(struct tracer *tr, struct tracee *t, int event)
{
    pid_t tid = (pid_t)stops_message(t->id.tid);
    struct tracee *child = tid > 0 ? tracees_find(&tr->set, tid) : NULL;
    if (tid > 0 && !child && stops_lives(tid))
        child = tracees_add(&tr->set, tr, tid);
    if (child) {
        child->note = (struct tracee_note){.mark = t->note.mark};
        child->full = t->full;
        child->notifies = t->notifies;
        if (stops_is_thread(t, child, event)) {
            child->id = *tracee_id(t);
            child->id.tid = tid;
            child->known = t->known;
        } else {
            child->id.pid = tid;
            child->id.parent = tracee_id(t)->pid;
            if (tr->events->forked)
                tr->events->forked(tr->arg, t, child);
        }
        child->born = true;
        if (child->parked)
            stops_unpark(tr, child);
    }
    tracee_resume(t, 0);
}

static void stops_first(struct tracer *tr, struct tracee *t)
{
    t->parked = !t->born;
    if (t->parked)
        tr->parked++;
    else
        stops_unpark(tr, t);
}

/* ---- job control ---- */

static void stops_group(struct tracer *tr, struct tracee *t, int sig)
{
    if (t->state != TRACEE_GROUP)
        t->before = t->state == TRACEE_NEW ? TRACEE_RUN : t->state;
    t->state = TRACEE_GROUP;
    (void)ptrace(PTRACE_LISTEN, t->id.tid, NULL, NULL);
    if (tr->events->stopped && tracee_id(t)->pid == t->id.tid)
        tr->events->stopped(tr->arg, t, sig);
}

static void stops_continued(struct tracer *tr, struct tracee *t)
{
    t->state = t->before;
    if (tr->events->continued && tracee_id(t)->pid == t->id.tid)
        tr->events->continued(tr->arg, t);
    tracee_resume(t, 0);
}

static void stops_trap(struct tracer *tr, struct tracee *t, int sig)
{
    if (sig != SIGTRAP)
        stops_group(tr, t, sig);
    else if (t->state == TRACEE_NEW)
        stops_first(tr, t);
    else if (t->state == TRACEE_GROUP)
        stops_continued(tr, t);
    else
        tracee_resume(t, 0);
}

/* SIGSTOP to the init of a pid namespace, from inside: the kernel ignores it, but only where nobody traces. A sender
 * outside has no pid in there, and si_pid is 0. SIGKILL is ignored in any case, and the rest is where it is delivered.
 */
static bool stops_is_ignored(struct tracee *t, int sig)
{
    siginfo_t info;
    if (sig != SIGSTOP || tracee_id(t)->own != 1 || tracee_id(t)->pid == 1)
        return false;
    return ptrace(PTRACE_GETSIGINFO, t->id.tid, NULL, &info) == 0 && info.si_code <= 0 && info.si_pid != 0;
}

/* ---- another program, and the end ---- */

static void stops_exec(struct tracer *tr, struct tracee *leader)
{
    pid_t tid = leader->id.tid, former = (pid_t)stops_message(tid);
    struct tracee *t = former != tid ? tracees_find(&tr->set, former) : leader;
    if (!t)
        t = leader;
    if (t != leader) {
        calls_abandon(leader);
        t->id.parent = leader->id.parent;
        tracees_remove(&tr->set, leader);
        tracees_rename(&tr->set, t, tid);
    }
    if (tr->events->executed)
        tr->events->executed(tr->arg, t);
    tracee_resume(t, 0);
}

static void stops_exit(struct tracee *t)
{
    tracee_id(t); /* the last moment to ask /proc */
    calls_abandon(t);
    t->state = TRACEE_RUN;
    tracee_resume(t, 0);
}

void stops_gone(struct tracer *tr, struct tracee *t, int status)
{
    calls_abandon(t);
    if (t->parked)
        tr->parked--;
    if (tr->events->exited && tracee_id(t)->pid == t->id.tid)
        tr->events->exited(tr->arg, t, status);
    bool forking = t->forking;
    enum tracee_full full = t->full;
    tracees_remove(&tr->set, t);
    /* A parent that was killed in its fork tells of no child. */
    for (size_t i = 0; forking && tr->parked && i < COUNT(tr->set.bucket); i++)
        for (struct tracee *p = tr->set.bucket[i]; p; p = p->next)
            if (p->parked) {
                p->full = full ? full : p->full;
                stops_unpark(tr, p);
            }
}

void stops_handle(struct tracer *tr, struct tracee *t, int status)
{
    int sig = WSTOPSIG(status), event = status >> 16;
    switch (event) {
    case PTRACE_EVENT_SECCOMP:
        calls_begin(t);
        break;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
        stops_fork(tr, t, event);
        break;
    case PTRACE_EVENT_EXEC:
        stops_exec(tr, t);
        break;
    case PTRACE_EVENT_EXIT:
        stops_exit(t);
        break;
    case PTRACE_EVENT_STOP:
        stops_trap(tr, t, sig);
        break;
    default:
        if (sig == (SIGTRAP | 0x80))
            calls_return(t);
        else
            tracee_resume(t, stops_is_ignored(t, sig) ? 0 : sig); /* on its way to the program */
    }
}
