/* Threads under a seccomp filter of their own.
 *
 * Of all filters' answers the kernel takes the strictest, and SECCOMP_RET_TRACE is a mild one: a call that the
 * program's own filter refuses (ERRNO, TRAP, KILL) or hands to another process (USER_NOTIF) never stops for us. So from
 * the moment a thread has such a filter it is run by PTRACE_SYSCALL, which stops every call before any filter is asked,
 * and once more at its end:
 *
 *     RUN --entry stop--> begins(), HELD or not --> INCALL --seccomp stop, if the filters let it pass--> exit stop -->
 * RUN
 *
 * That costs two stops for each call the thread makes, interesting or not. A filter is for ever and inherited, and so
 * is this. SECCOMP_FILTER_FLAG_TSYNC gives the filter to all threads of the process: they are interrupted before that
 * call is made, and go on by PTRACE_SYSCALL. */
#include "base/mem.h"
#include "trace/private.h"
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

/* A call that is to install a filter. *flags: of seccomp(2). */
static bool full_installs(const struct tracee_call *c, uint32_t *flags)
{
    const uint64_t *args = c->made.args;
    *flags = 0;
    if (!c->call)
        return false;
    long nr = call_row_of(c->call)->nr;
    if (nr == __NR_prctl)
        return (uint32_t)args[0] == PR_SET_SECCOMP && (uint32_t)args[1] == SECCOMP_MODE_FILTER && args[2];
    *flags = (uint32_t)args[1];
    return nr == __NR_seccomp && (uint32_t)args[0] == SECCOMP_SET_MODE_FILTER && args[2];
}

static void full_others(struct tracee *t, enum tracee_full from, enum tracee_full to)
{
    struct tracer *tr = t->tracer;
    pid_t pid = tracee_id(t)->pid;
    for (size_t i = 0; i < COUNT(tr->set.bucket); i++)
        for (struct tracee *o = tr->set.bucket[i]; o; o = o->next) {
            if (o == t || o->full != from || tracee_id(o)->pid != pid)
                continue;
            o->full = to;
            if (from == FULL_NO && o->state == TRACEE_RUN)
                (void)ptrace(PTRACE_INTERRUPT, o->id.tid, NULL, NULL);
        }
}

void full_before(struct tracee *t)
{
    uint32_t flags;
    if (full_installs(&t->now, &flags) && (flags & SECCOMP_FILTER_FLAG_TSYNC))
        full_others(t, FULL_NO, FULL_MAYBE);
}

/* With TSYNC a positive result is the thread that stood in the way, with NEW_LISTENER a descriptor. */
void full_after(struct tracee *t, int64_t ret)
{
    uint32_t flags;
    if (!full_installs(&t->now, &flags))
        return;
    bool listener = flags & SECCOMP_FILTER_FLAG_NEW_LISTENER, installed = ret == 0 || (listener && ret > 0);
    if (flags & SECCOMP_FILTER_FLAG_TSYNC)
        full_others(t, FULL_MAYBE, installed ? FULL_YES : FULL_NO);
    if (installed) {
        t->full = FULL_YES;
        t->notifies |= listener;
    }
}
