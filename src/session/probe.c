#include "session/probe.h"
#include "base/fork.h"
#include "base/mem.h"
#include "session/stage.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROBE_MS 3000 /* a probe that hangs has failed */

static const struct {
    int flag;
    const char *name;
} probe_ns[] = {
    {CLONE_NEWNS, "CLONE_NEWNS"},   {CLONE_NEWUTS, "CLONE_NEWUTS"},       {CLONE_NEWIPC, "CLONE_NEWIPC"},
    {CLONE_NEWNET, "CLONE_NEWNET"}, {CLONE_NEWCGROUP, "CLONE_NEWCGROUP"}, {CLONE_NEWTIME, "CLONE_NEWTIME"},
    {CLONE_NEWPID, "CLONE_NEWPID"}, {CLONE_NEWUSER, "CLONE_NEWUSER"},
};

bool probe_fail(struct probe_report *p, const char *step, ...)
{
    p->err = errno;
    va_list ap;
    va_start(ap, step);
    vsnprintf(p->step, sizeof p->step, step, ap);
    va_end(ap);
    return false;
}

bool probe_tell(struct probe_report *p, const char *why, const char *cure, ...)
{
    snprintf(p->why, sizeof p->why, "%s", why);
    va_list ap;
    va_start(ap, cure);
    vsnprintf(p->cure, sizeof p->cure, cure, ap);
    va_end(ap);
    return false;
}

/* The child. */

static _Noreturn void probe_report(int fd, const struct probe_report *p)
{
    (void)!write(fd, p, sizeof *p);
    _exit(0);
}

static _Noreturn void probe_try(const struct probe *p, int fd, struct probe_report *report)
{
    report->works = !p->try || p->try(report);
    probe_report(fd, report);
}

static bool probe_become_root(struct probe_report *report, int fd)
{
    char go;
    if (read(fd, &go, 1) != 1) /* the maps are written */
        _exit(1);
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return probe_fail(report, "become root of the user namespace");
    setgroups(0, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* cleared by the change of credentials */
    return true;
}

static _Noreturn void probe_child(const struct probe *p, int fd, bool nested)
{
    struct probe_report report = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    forked_reset_signals();
    if (nested && !probe_become_root(&report, fd))
        probe_report(fd, &report);
    for (size_t i = 0; i < COUNT(probe_ns); i++)
        if (p->ns & probe_ns[i].flag && unshare(probe_ns[i].flag) < 0) {
            probe_fail(&report, "unshare(%s)", probe_ns[i].name);
            probe_report(fd, &report);
        }
    if (!(p->ns & CLONE_NEWPID))
        probe_try(p, fd, &report);
    pid_t first = fork();
    if (first == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        probe_try(p, fd, &report);
    }
    if (first < 0) {
        probe_fail(&report, "fork() into the new pid namespace");
        probe_report(fd, &report);
    }
    waitpid(first, NULL, 0);
    _exit(0);
}

/* The parent. */

/* Forks the child, in a user namespace of its own or not; false with run->failed. */
static bool probe_fork(struct probe_run *run, bool nested)
{
    int end[2];
    run->failed = (struct probe_report){0};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end) < 0)
        return probe_fail(&run->failed, "socketpair()");
    run->pid = (int)syscall(SYS_clone, (nested ? CLONE_NEWUSER : 0) | SIGCHLD, 0, 0, 0, 0);
    if (run->pid == 0) {
        close(end[0]);
        probe_child(run->probe, end[1], nested);
    }
    close(end[1]);
    run->fd = end[0];
    struct outcome o = {0};
    if (run->pid < 0)
        probe_fail(&run->failed, nested ? "clone(CLONE_NEWUSER)" : "fork()");
    else if (nested && !stage_practice_map(run->pid, &o)) {
        errno = o.err;
        probe_fail(&run->failed, "write the id maps of the user namespace");
    } else if (!nested || write(run->fd, "", 1) == 1) {
        return true;
    }
    close_fd(&run->fd); /* the child sees the end of file and leaves */
    if (run->pid > 0)
        waitpid(run->pid, NULL, 0);
    run->pid = -1;
    return false;
}

void probe_start(struct probe_run *run, const struct probe *p)
{
    *run = (struct probe_run){.probe = p, .pid = -1, .fd = -1};
    if (p->place == PROBE_ROOT && geteuid() != 0) {
        errno = EPERM;
        probe_fail(&run->failed, "be root");
        return;
    }
    bool nested = p->place == PROBE_USERNS || p->place == PROBE_EITHER;
    if (!probe_fork(run, nested) && p->place == PROBE_EITHER && geteuid() == 0)
        probe_fork(run, false);
}

static void probe_receive(struct probe_run *run, struct probe_report *report)
{
    struct pollfd poll_fd = {.fd = run->fd, .events = POLLIN};
    int ready;
    do
        ready = poll(&poll_fd, 1, PROBE_MS);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0 || read(run->fd, report, sizeof *report) != sizeof *report) {
        *report = (struct probe_report){0};
        errno = ready == 0 ? ETIMEDOUT : EIO;
        probe_fail(report, "hear from the child that tried");
    }
    kill(run->pid, SIGKILL); /* our own child, not waited for yet */
    while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close_fd(&run->fd);
}

void probe_finish(struct probe_run *run, struct doctor_result *r)
{
    struct probe_report report = run->failed;
    *r = (struct doctor_result){.name = run->probe->name, .what = run->probe->what};
    if (run->pid > 0)
        probe_receive(run, &report);
    run->pid = -1;
    r->works = report.works;
    r->err = report.works ? 0 : report.err;
    if (!report.works)
        probe_explain(run->probe, &report, r);
}
