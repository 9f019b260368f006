/* The life of one call: seccomp stop, verdict, syscall-exit stop, and the cases between.
 *
 *     RUN --seccomp stop--> begins() --hold--> HELD --release, deny--> INCALL --exit stop--> ends() --> RUN
 *                                  \--go, deny-----------------------/
 *
 * Threads under a filter of their own take a longer way, full.c.
 *
 * Restarts. A call that a signal interrupts returns -512..-516 to the kernel's own signal code, which then either makes
 * it again or hands EINTR to the program. Which of the two is seen only later: made again it stops in the filter once
 * more, with the same registers, and is the same call to us; when the thread makes another call from the same depth of
 * its stack, or of one nearer its base, the first had ended with EINTR. A handler's calls come from further down. A
 * program's own loop around EINTR cannot be told from a restart and is one call, too. */
#include "trace/private.h"
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS_RESTART_LEAST 512 /* ERESTARTSYS, of the kernel's include/linux/errno.h */
#define CALLS_RESTART_MOST  516 /* ERESTART_RESTARTBLOCK */

/* A tracee that was killed meanwhile gives ESRCH: its end is reported by waitpid. */
void tracee_resume(struct tracee *t, int sig)
{
    bool in_call = t->state == TRACEE_INCALL;
    (void)ptrace(in_call || t->full ? PTRACE_SYSCALL : PTRACE_CONT, t->id.tid, NULL, (void *)(intptr_t)sig);
}

static struct call_memory calls_memory(struct tracee *t)
{
    return (struct call_memory){.read = memory_read, .arg = &t->id.tid, .word = t->now.word};
}

static void calls_end(struct tracee *t, const struct call_image *result)
{
    const struct trace_events *e = t->tracer->events;
    if (t->now.call && e->ends)
        e->ends(t->tracer->arg, t, t->now.call, result);
    call_free(t->now.call);
    memset(&t->now, 0, sizeof t->now);
}

static void calls_end_with(struct tracee *t, int64_t ret)
{
    struct call_memory m = calls_memory(t);
    call_read_outputs(t->now.call, ret, &m, t->tracer->image);
    calls_end(t, t->tracer->image);
}

/* result NULL: the thread ended before it was clear what became of it. */
static void calls_end_interrupted(struct tracee *t, bool known)
{
    struct tracee_call now = t->now;
    if (!t->interrupted.call)
        return;
    t->now = t->interrupted;
    memset(&t->interrupted, 0, sizeof t->interrupted);
    if (known)
        calls_end_with(t, -EINTR);
    else
        calls_end(t, NULL);
    t->now = now;
}

static void calls_refuse(struct tracee *t)
{
    if (!regs_deny(t->id.tid, t->now.denied))
        /* The call would be made: better no process than that. */
        syscall(SYS_tgkill, tracee_id(t)->pid, t->id.tid, SIGKILL);
}

/* CLONE_UNTRACED would give the child a life of its own. The printed call keeps the flag. */
static void calls_keep_child(struct tracee *t)
{
    const struct decode_call *d = &t->now.made;
    uint64_t *w = t->now.call->clone;
    if (!w || !(w[0] & CLONE_UNTRACED))
        return;
    uint64_t flags = w[0] & ~(uint64_t)CLONE_UNTRACED;
    if (t->now.call->row->nr == __NR_clone3)
        memory_write_word(t->id.tid, d->args[0], flags);
    else
        t->cleared = regs_set_first(t->id.tid, d->arch, flags);
}

static bool calls_same(const struct decode_call *a, const struct decode_call *b)
{
    return a->arch == b->arch && a->nr == b->nr && a->ip == b->ip && a->sp == b->sp &&
           !memcmp(a->args, b->args, sizeof a->args);
}

static void calls_registers(const struct __ptrace_syscall_info *info, struct decode_call *d)
{
    /* Number and arguments lie in the same place in both kinds of stop. */
    *d = (struct decode_call){
        .arch = info->arch, .nr = info->entry.nr, .ip = info->instruction_pointer, .sp = info->stack_pointer};
    for (int i = 0; i < CALL_MAX_ARGS; i++)
        d->args[i] = info->entry.args[i];
}

/* A call of a thread with an interrupted one. true: it is that call, which goes on. */
static bool calls_restarted(struct tracee *t, const struct decode_call *d)
{
    if (!t->interrupted.call)
        return false;
    if (!calls_same(&t->interrupted.made, d)) {
        if (d->sp >= t->interrupted.made.sp)
            calls_end_interrupted(t, true);
        return false;
    }
    t->now = t->interrupted;
    memset(&t->interrupted, 0, sizeof t->interrupted);
    t->state = TRACEE_INCALL;
    calls_keep_child(t);
    tracee_resume(t, 0);
    return true;
}

static void calls_judge(struct tracee *t)
{
    const struct trace_events *e = t->tracer->events;
    t->state = TRACEE_HELD;
    enum trace_verdict v = e->begins ? e->begins(t->tracer->arg, t, t->now.call) : TRACE_GO;
    if (v == TRACE_GO && t->state == TRACEE_HELD)
        trace_release(t);
}

static void calls_stopped(struct tracee *t, const struct __ptrace_syscall_info *info)
{
    struct decode_call d;
    calls_registers(info, &d);
    if (calls_restarted(t, &d))
        return;
    struct decode_call named = d;
    unsigned word;
    const struct call_row *row = decode_row(&named, &word);
    if (!row) {
        t->state = t->entered ? TRACEE_INCALL : TRACEE_RUN;
        tracee_resume(t, 0);
        return;
    }
    if (row->nr == __NR_unshare || row->nr == __NR_setns)
        t->plain = false;
    t->now.made = d;
    t->now.word = word;
    struct call_memory m = calls_memory(t);
    t->now.call = call_from_registers(row, named.args, &m);
    calls_judge(t);
}

static bool calls_info(const struct tracee *t, struct __ptrace_syscall_info *info)
{
    memory_forget();
    *info = (struct __ptrace_syscall_info){0}; /* which request fills it in, valgrind does not know */
    return ptrace(PTRACE_GET_SYSCALL_INFO, t->id.tid, (void *)sizeof *info, info) > 0;
}

/* The filters of a full thread have let its call pass. Only now is it refused: a number that is no call might have been
 * answered by a filter with the death of the process. */
static void calls_passed(struct tracee *t)
{
    t->entered = false;
    if (t->now.denied)
        calls_refuse(t);
    tracee_resume(t, 0);
}

void calls_begin(struct tracee *t)
{
    struct __ptrace_syscall_info info;
    if (t->entered) {
        calls_passed(t);
        return;
    }
    t->state = TRACEE_RUN;
    if (calls_info(t, &info) && info.op == PTRACE_SYSCALL_INFO_SECCOMP)
        calls_stopped(t, &info);
    else
        tracee_resume(t, 0);
}

static void calls_returned(struct tracee *t, const struct __ptrace_syscall_info *info)
{
    int64_t ret = info->exit.rval;
    if (t->cleared)
        regs_restore_first(t->id.tid, t->now.made.arch, t->now.made.args[0]);
    t->cleared = false;
    t->state = TRACEE_RUN;
    bool filtered = t->entered && !t->notifies;
    t->entered = false;
    full_after(t, ret);
    if (filtered)
        t->now.denied = 0; /* the filter has refused it before we could */
    if (filtered && !info->exit.is_error && (uint64_t)ret == t->now.made.nr) {
        calls_end(t, NULL); /* by SIGSYS: the kernel has put the number back, as if there had been no call */
        tracee_resume(t, 0);
        return;
    }
    if (t->now.call && info->exit.is_error && -ret >= CALLS_RESTART_LEAST && -ret <= CALLS_RESTART_MOST) {
        calls_end_interrupted(t, true); /* an outer one, whose handler was interrupted, too */
        t->interrupted = t->now;
        memset(&t->now, 0, sizeof t->now);
    } else if (t->now.call) {
        calls_end_with(t, ret);
    }
    tracee_resume(t, 0);
}

void calls_return(struct tracee *t)
{
    struct __ptrace_syscall_info info;
    bool fine = calls_info(t, &info);
    if (fine && info.op == PTRACE_SYSCALL_INFO_EXIT) {
        calls_returned(t, &info);
    } else if (fine && info.op == PTRACE_SYSCALL_INFO_ENTRY && t->state == TRACEE_RUN) {
        t->entered = true;
        calls_stopped(t, &info);
    } else {
        tracee_resume(t, 0);
    }
}

void calls_abandon(struct tracee *t)
{
    t->forking |= t->now.call && call_row_of(t->now.call)->op == OP_FORK;
    calls_end_interrupted(t, false);
    calls_end(t, NULL);
}

bool trace_release(struct tracee *t)
{
    if (t->state != TRACEE_HELD)
        return false;
    t->state = TRACEE_INCALL;
    calls_keep_child(t);
    full_before(t);
    tracee_resume(t, 0);
    return true;
}

bool trace_deny(struct tracee *t, int err)
{
    if (t->state != TRACEE_HELD)
        return false;
    t->state = TRACEE_INCALL;
    t->now.denied = err;
    if (!t->entered || t->notifies) /* else calls_passed() does it */
        calls_refuse(t);
    tracee_resume(t, 0);
    return true;
}
