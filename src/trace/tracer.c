/* The tracer's place in the event loop: SIGCHLD by signalfd, then every stop there is by waitpid(-1).
 *
 * Signals merge, so one SIGCHLD may stand for many stops: waitpid is asked until it has nothing more. A pidfd does not
 * report stops, and SA_NOCLDSTOP would silence the signalfd, too. */
#include "base/die.h"
#include "base/mem.h"
#include "trace/private.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACER_TURN 256                    /* stops handled before the loop's other descriptors get their turn */
#define TRACER_WAIT (__WALL | __WNOTHREAD) /* other threads have children of their own */

static void tracer_handle(struct tracer *tr, pid_t pid, int status)
{
    struct tracee *t = tracees_find(&tr->set, pid);
    if (!t && WIFSTOPPED(status)) /* without WUNTRACED only what is traced reports stops */
        t = tracees_add(&tr->set, tr, pid);
    if (t && WIFSTOPPED(status))
        stops_handle(tr, t, status);
    else if (t)
        stops_gone(tr, t, status);
    else if (tr->events->other)
        tr->events->other(tr->arg, pid, status);
}

static void tracer_drain(void *arg)
{
    struct tracer *tr = arg;
    tr->again = 0;
    for (int i = 0; i < TRACER_TURN; i++) {
        int status;
        pid_t pid = waitpid(-1, &status, TRACER_WAIT | WNOHANG);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid <= 0)
            return;
        tracer_handle(tr, pid, status);
    }
    tr->again = loop_timer(tr->loop, 0, tracer_drain, tr);
}

static void tracer_on_signal(void *arg, int fd, short revents)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) < 0 && errno != EAGAIN) /* one at most: signals merge */
        return;
    tracer_drain(arg);
}

bool tracer_wait(struct tracer *tr)
{
    int status;
    if (!tr->set.n)
        return false;
    pid_t pid = waitpid(-1, &status, TRACER_WAIT);
    if (pid > 0)
        tracer_handle(tr, pid, status);
    return pid > 0 || errno == EINTR;
}

void tracer_reap_orphans(struct tracer *tr)
{
    int was = 0;
    if (tr->reaps)
        return;
    tr->reaps = true;
    tr->was_subreaper = prctl(PR_GET_CHILD_SUBREAPER, &was) == 0 && was;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

struct tracer *tracer_new(struct loop *l, const struct trace_events *events, void *arg, struct outcome *o)
{
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    autofd int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0) {
        outcome_set(o, errno, "open", "/proc", "mount a proc there");
        return NULL;
    }
    sigprocmask(SIG_BLOCK, &set, &old);
    autofd int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) {
        outcome_set(o, errno, "signalfd", "", NULL);
        sigprocmask(SIG_SETMASK, &old, NULL);
        return NULL;
    }
    struct tracer *tr = xcalloc(1, sizeof *tr);
    *tr = (struct tracer){.loop = l, .events = events, .arg = arg, .mask = old, .filtered = prctl(PR_GET_SECCOMP) > 0};
    tr->image = xcalloc(1, sizeof *tr->image);
    tr->signals = steal_fd(&signals);
    tr->proc = steal_fd(&proc);
    loop_watch(l, tr->signals, POLLIN, tracer_on_signal, tr);
    return tr;
}

/* Their pids cannot have been given to others: a traced process keeps its pid until its tracer has waited for it. */
static void tracer_kill_all(struct tracer *tr)
{
    for (size_t i = 0; i < COUNT(tr->set.bucket); i++)
        for (struct tracee *t = tr->set.bucket[i]; t; t = t->next)
            kill(t->id.tid, SIGKILL);
}

void tracer_free(struct tracer *tr)
{
    static const struct trace_events quiet;
    if (!tr)
        return;
    tr->events = &quiet;
    tracer_kill_all(tr);
    while (tr->set.n) {
        int status;
        pid_t pid = waitpid(-1, &status, TRACER_WAIT);
        if (pid < 0 && errno != EINTR)
            break;
        if (pid <= 0)
            continue;
        if (WIFSTOPPED(status)) /* born meanwhile */
            kill(pid, SIGKILL);
        tracer_handle(tr, pid, status);
    }
    loop_cancel(tr->loop, tr->again);
    loop_unwatch(tr->loop, tr->signals);
    if (tr->reaps && !tr->was_subreaper)
        (void)prctl(PR_SET_CHILD_SUBREAPER, 0);
    sigprocmask(SIG_SETMASK, &tr->mask, NULL);
    close_fd(&tr->signals);
    close_fd(&tr->proc);
    free(tr->image);
    free(tr);
}

struct tracee *tracer_find(struct tracer *tr, pid_t tid)
{
    return tracees_find(&tr->set, tid);
}

size_t tracer_count(const struct tracer *tr)
{
    return tr->set.n;
}
