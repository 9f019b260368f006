/* What a stop means. See ptrace(2), "Stopped states"; with PTRACE_SEIZE each kind can be told from the others.
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
        births_first(tr, t);
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
        births_end(tr, leader);
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
    if (tr->events->exited && t->told && tracee_id(t)->pid == t->id.tid)
        tr->events->exited(tr->arg, t, status);
    births_end(tr, t);
    tracees_remove(&tr->set, t);
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
        births_event(tr, t);
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
