/* porthole watch: a lesson linted and replayed each time it is saved.
 *
 * The directory is watched, not the file: many editors write a new file and rename it over the old one, which leaves a
 * watch on the old inode behind. Saves come in bursts, so a run starts a moment after the last event.
 *
 * A run is a fork of its own, for a lesson under construction may well hang: a new save ends it. Its stage is cleaned
 * up by its warden, whatever ends it; should this process be killed, the run ends with it (PR_SET_PDEATHSIG). */
#include "base/fork.h"
#include "base/text.h"
#include "shell/headless.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WATCHING_SETTLE_MS 150  /* after the last event of a save */
#define WATCHING_MERCY_MS  3000 /* between SIGTERM and SIGKILL */
#define WATCHING_MASK      (IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct watching {
    struct loop *loop;
    const struct headless_options *opt;
    FILE *out;
    char *dir, *base, *shown; /* shown: sanitised */
    int inotify, signals, pidfd;
    int settle, mercy; /* timers */
    pid_t run;         /* 0: none */
    int64_t began;
    bool again, quit;
    int status;
};

static void watching_say(struct watching *w, const char *text)
{
    char when[16];
    struct tm tm;
    time_t now = time(NULL);
    strftime(when, sizeof when, "%H:%M:%S", localtime_r(&now, &tm));
    fprintf(w->out, "-- %s  %s\n", when, text);
    fflush(w->out);
}

/* In the fork: lint first, and nothing is run that lint refuses. */
static _Noreturn void watching_run(struct watching *w, pid_t parent)
{
    forked_reset_signals();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || !forked_stdio(-1, STDOUT_FILENO, STDERR_FILENO))
        _exit(EXIT_FAILED);
    int status = headless_lint(w->opt->names, 1, w->out);
    fflush(w->out);
    if (status == EXIT_OK) {
        struct loop *l = loop_new();
        status = headless_test(l, w->opt, w->out);
        loop_free(l);
    }
    fflush(w->out);
    _exit(status);
}

static void watching_on_end(void *arg, int fd, short revents);

static void watching_start(struct watching *w)
{
    pid_t parent = getpid();
    w->again = false;
    watching_say(w, w->shown);
    w->began = now_ms();
    w->run = fork();
    if (w->run == 0)
        watching_run(w, parent);
    w->pidfd = w->run > 0 ? (int)syscall(SYS_pidfd_open, w->run, 0) : -1;
    if (w->pidfd < 0) {
        w->run = 0;
        watching_say(w, strerror(errno));
        return;
    }
    loop_watch(w->loop, w->pidfd, POLLIN, watching_on_end, w);
}

static void watching_print_end(const struct watching *w, const siginfo_t *info, struct str *text)
{
    long ms = (long)(now_ms() - w->began);
    if (info->si_code != CLD_EXITED)
        str_add(text, w->quit ? "stopped" : w->again ? "saved again: interrupted" : "FAILED: the run was killed");
    else if (info->si_status == EXIT_OK)
        str_add(text, "ok");
    else
        str_add(text, info->si_status == EXIT_CANNOT_RUN ? "not run" : "FAILED");
    str_addf(text, " (%ld.%ld s)", ms / 1000, ms % 1000 / 100);
    if (!w->quit && !w->again)
        str_add(text, "; waiting for the next save, ^C ends");
}

static void watching_on_end(void *arg, int fd, short revents)
{
    struct watching *w = arg;
    autostr struct str text = {0};
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) < 0 || !info.si_pid)
        return;
    loop_unwatch(w->loop, fd);
    loop_cancel(w->loop, w->mercy);
    close_fd(&w->pidfd);
    w->run = 0;
    watching_print_end(w, &info, &text);
    watching_say(w, str_c(&text));
    if (w->again && !w->quit)
        watching_start(w);
}

static void watching_on_mercy(void *arg)
{
    struct watching *w = arg;
    if (w->run)
        syscall(SYS_pidfd_send_signal, w->pidfd, SIGKILL, NULL, 0);
}

static void watching_stop(struct watching *w)
{
    if (!w->run)
        return;
    syscall(SYS_pidfd_send_signal, w->pidfd, SIGTERM, NULL, 0);
    loop_cancel(w->loop, w->mercy);
    w->mercy = loop_timer(w->loop, WATCHING_MERCY_MS, watching_on_mercy, w);
}

static void watching_on_settled(void *arg)
{
    struct watching *w = arg;
    if (!w->run) {
        watching_start(w);
        return;
    }
    w->again = true;
    watching_stop(w);
}

static void watching_event(struct watching *w, const struct inotify_event *e)
{
    if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) {
        if (!w->quit)
            watching_say(w, "the directory is gone, and so is the lesson");
        w->quit = true;
        w->status = EXIT_FAILED;
        watching_stop(w);
    } else if ((e->mask & IN_Q_OVERFLOW) || (e->len && !strcmp(e->name, w->base))) {
        loop_cancel(w->loop, w->settle);
        w->settle = loop_timer(w->loop, WATCHING_SETTLE_MS, watching_on_settled, w);
    }
}

static void watching_on_inotify(void *arg, int fd, short revents)
{
    _Alignas(struct inotify_event) char buf[8192];
    ssize_t n = read(fd, buf, sizeof buf);
    for (ssize_t at = 0; at < n;) {
        const struct inotify_event *e = (const struct inotify_event *)(buf + at);
        watching_event(arg, e);
        at += (ssize_t)(sizeof *e + e->len);
    }
}

static void watching_on_signal(void *arg, int fd, short revents)
{
    struct watching *w = arg;
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != sizeof info)
        return;
    w->quit = true;
    watching_stop(w);
}

static bool watching_done(void *arg)
{
    const struct watching *w = arg;
    return w->quit && !w->run;
}

/* The directory and the name in it, with links resolved: it is the file itself that an editor writes. */
static int watching_locate(struct watching *w, const char *path, struct outcome *o)
{
    autostr struct str safe = {0};
    autofree char *real = realpath(path, NULL);
    if (!real)
        return outcome_set(o, errno, "watch the lesson", path, NULL);
    char *slash = strrchr(real, '/');
    w->base = xstrdup(slash + 1);
    slash[slash == real] = '\0';
    w->dir = steal_ptr(&real);
    text_sanitise(&safe, path, strlen(path), TEXT_LINE);
    w->shown = str_steal(&safe);
    return 0;
}

static int watching_open(struct watching *w, struct outcome *o)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (w->signals < 0 || w->inotify < 0 || inotify_add_watch(w->inotify, w->dir, WATCHING_MASK) < 0)
        return outcome_set(o, errno, "watch the directory", w->dir, NULL);
    loop_watch(w->loop, w->signals, POLLIN, watching_on_signal, w);
    loop_watch(w->loop, w->inotify, POLLIN, watching_on_inotify, w);
    return 0;
}

static void watching_close(struct watching *w)
{
    close_fd(&w->inotify);
    close_fd(&w->signals);
    free(w->dir);
    free(w->base);
    free(w->shown);
}

int headless_watch(struct loop *l, const struct headless_options *opt, FILE *out)
{
    _cleanup_(watching_close)
    struct watching w = {.loop = l, .opt = opt, .out = out, .inotify = -1, .signals = -1, .pidfd = -1};
    struct outcome o = {0};
    if (watching_locate(&w, opt->names[0], &o) < 0)
        return headless_fail(&o, EXIT_USAGE);
    if (watching_open(&w, &o) < 0)
        return headless_fail(&o, EXIT_FAILED);
    watching_start(&w);
    loop_run_until(l, watching_done, &w, -1);
    loop_unwatch(l, w.signals);
    loop_unwatch(l, w.inotify);
    return w.status;
}
