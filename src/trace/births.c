/* Births. A child and its parent's fork event are two stops of two threads: either may come first. A child that comes
 * first is parked until its parent has told of it, so that nobody hears of a process before its birth.
 *
 * A parent that is killed in its fork tells of no child, and what it has begun may come at any time later. Such a child
 * is known by what it is not: its parent in /proc, or the maker of a sibling, is in no fork that we could wait for. */
#include "base/mem.h"
#include "base/str.h"
#include "trace/private.h"
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* A child that was killed at once may have been waited for before its parent's event. */
static bool births_lives(pid_t tid)
{
    siginfo_t info;
    return waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) == 0;
}

static bool births_is_thread(const struct tracee *parent, struct tracee *child)
{
    const struct call *c = parent->now.call;
    if (c && c->clone)
        return c->clone[0] & CLONE_THREAD;
    return !(c && call_row_of(c)->op == OP_FORK && !c->nargs) && tracee_id(child)->pid != child->id.tid;
}

/* In the pid namespace that we see from outside: what it is called needs not be asked. */
static bool births_is_plain(const struct tracee *parent)
{
    const struct call *c = parent->now.call;
    if (!parent->plain || !c || call_row_of(c)->op != OP_FORK)
        return false;
    return c->clone ? !(c->clone[0] & CLONE_NEWPID) : !c->nargs;
}

static void births_unpark(struct tracer *tr, struct tracee *t)
{
    if (t->parked)
        tr->parked--;
    t->parked = false;
    t->state = TRACEE_RUN;
    tracee_resume(t, 0);
}

static void births_tell(struct tracer *tr, struct tracee *parent, struct tracee *child)
{
    pid_t tid = child->id.tid;
    child->note.mark = parent->note.mark;
    child->full = parent->full;
    child->notifies = parent->notifies;
    child->born = child->told = true;
    if (births_is_thread(parent, child)) {
        child->id = *tracee_id(parent);
        child->id.tid = tid;
        child->known = parent->known;
        child->plain = parent->plain;
    } else {
        if (births_is_plain(parent)) {
            child->plain = child->known = true;
            child->id.own = child->id.second = tid;
        }
        child->id.pid = tid;
        child->id.parent = tracee_id(parent)->pid;
        if (tr->events->forked)
            tr->events->forked(tr->arg, parent, child);
    }
    if (child->parked)
        births_unpark(tr, child);
}

void births_event(struct tracer *tr, struct tracee *t)
{
    unsigned long msg = 0;
    pid_t tid = ptrace(PTRACE_GETEVENTMSG, t->id.tid, NULL, &msg) == 0 ? (pid_t)msg : 0;
    struct tracee *child = tid > 0 ? tracees_find(&tr->set, tid) : NULL;
    if (tid > 0 && !child && births_lives(tid))
        child = tracees_add(&tr->set, tr, tid);
    if (child)
        births_tell(tr, t, child);
    tracee_resume(t, 0);
}

/* ---- parents that were killed in their fork ---- */

static pid_t births_number(const struct str *status, const char *name)
{
    const char *at = strstr(str_c(status), name);
    return at ? (pid_t)strtol(at + strlen(name), NULL, 10) : 0;
}

static bool births_awaited(struct tracer *tr, const struct tracee *child, const struct tracee *dead)
{
    autostr struct str status = {0};
    if (!tracee_status(child, &status))
        return false;
    pid_t parent = births_number(&status, "\nPPid:"), process = births_number(&status, "\nTgid:");
    for (size_t i = 0; i < COUNT(tr->set.bucket); i++)
        for (struct tracee *t = tr->set.bucket[i]; t; t = t->next) {
            bool forks = t->forking || (t->now.call && call_row_of(t->now.call)->op == OP_FORK);
            if (forks && t != dead &&
                (t->id.parent == parent || tracee_id(t)->pid == parent || tracee_id(t)->pid == process))
                return true;
        }
    return false;
}

void births_first(struct tracer *tr, struct tracee *t)
{
    if (t->born) {
        births_unpark(tr, t);
        return;
    }
    t->parked = true;
    tr->parked++;
    if (tr->lost.id.pid && !births_awaited(tr, t, NULL))
        births_tell(tr, &tr->lost, t);
}

void births_end(struct tracer *tr, struct tracee *t)
{
    bool found = false;
    if (t->parked)
        tr->parked--;
    t->parked = false;
    if (!t->forking)
        return;
    for (size_t i = 0; tr->parked && i < COUNT(tr->set.bucket); i++)
        for (struct tracee *p = tr->set.bucket[i]; p; p = p->next)
            if (p->parked && !births_awaited(tr, p, t)) {
                births_tell(tr, t, p);
                found = true;
            }
    if (!found) /* it comes yet, or never was */
        tr->lost = (struct tracee){.id = *tracee_id(t),
                                   .tracer = tr,
                                   .known = true,
                                   .note.mark = t->note.mark,
                                   .full = t->full,
                                   .notifies = t->notifies};
}
