/* Porthole's handle of the warden: what it asks and what it remembers of the answers. */
#include "actor/wire.h"
#include "base/mem.h"
#include "proc/procfs.h"
#include "session/warden_private.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARDEN_ORPHANS 1000 /* rounds: each orphan may hand us its own children */

struct warden {
    pid_t pid;
    int control, pidfd;
    char cgroups[WARDEN_CGROUPS];
    bool limited;
};

struct warden *warden_new(const struct rootfs *image, int image_tar, struct outcome *o)
{
    int pair[2];
    pid_t self = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        outcome_set(o, errno, "start the warden: socketpair", NULL, NULL);
        return NULL;
    }
    /* Should the warden be killed, what it looked after comes to us. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t pid = fork();
    if (pid == 0)
        warden_become(pair[1], image, image_tar, self);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        outcome_set(o, errno, "start the warden: fork", NULL, NULL);
        return NULL;
    }
    struct warden *w = xcalloc(1, sizeof *w);
    *w = (struct warden){.pid = pid, .control = pair[0], .pidfd = (int)syscall(SYS_pidfd_open, pid, 0)};
    return w;
}

/* Somebody may have stopped it, and we are about to wait for it. */
static void warden_wake(const struct warden *w)
{
    if (w->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, w->pidfd, SIGCONT, NULL, 0);
}

static bool warden_ask(struct warden *w, const struct warden_request *q, const int *fds, int nfds,
                       struct warden_answer *a)
{
    if (!wire_send_bytes(w->control, q, sizeof *q, fds, nfds))
        return false;
    struct pollfd p = {.fd = w->control, .events = POLLIN};
    while (a) {
        warden_wake(w);
        if (poll(&p, 1, 1000) <= 0)
            continue;
        if (recv(w->control, a, sizeof *a, MSG_DONTWAIT) != sizeof *a)
            return false;
        if (q->kind == WARDEN_START) {
            memcpy(w->cgroups, a->cgroups, sizeof w->cgroups);
            w->limited = a->limited;
        }
        if (a->stage != 0)
            return true;
    }
    return true;
}

int warden_stage_start(struct warden *w, enum stage_kind kind, bool watched, int control, int pty, pid_t *root,
                       char lab[64], struct outcome *o)
{
    struct warden_request q = {.kind = WARDEN_START, .stage_kind = kind, .watched = watched};
    struct warden_answer a;
    if (!warden_ask(w, &q, (int[]){control, pty}, 2, &a))
        return outcome_set(o, EPIPE, "start a stage: the warden is gone", NULL, "start porthole again");
    if (a.stage < 0) {
        *o = a.outcome;
        return -1;
    }
    *root = a.pid;
    memcpy(lab, a.lab, sizeof a.lab);
    return a.stage;
}

void warden_stage_end(struct warden *w, int stage, bool wait)
{
    struct warden_request q = {.kind = WARDEN_END, .stage = stage, .wait = wait};
    struct warden_answer a;
    warden_ask(w, &q, NULL, 0, wait ? &a : NULL);
}

void warden_screen(struct warden *w, bool up)
{
    struct warden_request q = {.kind = up ? WARDEN_SCREEN_UP : WARDEN_SCREEN_DOWN};
    warden_ask(w, &q, NULL, 0, NULL);
}

void warden_unlink(struct warden *w, int dir, const char *name, int flags)
{
    struct warden_request q = {.kind = WARDEN_UNLINK, .flags = flags};
    snprintf(q.name, sizeof q.name, "%s", name);
    warden_ask(w, &q, &dir, 1, NULL);
}

/* Orphans that came to us because the warden was killed: end and reap them. */
static void warden_inherit(void)
{
    pid_t pid;
    for (int round = 0; round < WARDEN_ORPHANS && procfs_children(procfs_self(), getpid(), &pid, 1) == 1; round++) {
        kill(pid, SIGKILL); /* our own unreaped child */
        waitpid(pid, NULL, 0);
    }
}

/* Nobody else removes its cgroups then, which are empty as soon as the last member is reaped. */
static void warden_inherit_cgroups(const struct warden *w)
{
    for (const char *p = w->cgroups; *p; p += strcspn(p, "\n"), p += *p == '\n') {
        autofree char *path = xstrndup(p, strcspn(p, "\n"));
        for (int round = 0; round < 200 && rmdir(path) < 0 && errno == EBUSY; round++)
            poll(NULL, 0, 5);
    }
}

static bool warden_alive(const struct warden *w)
{
    struct pollfd p = {.fd = w->pidfd, .events = POLLIN};
    return w->pidfd < 0 || poll(&p, 1, 0) == 0;
}

void warden_retire(struct warden *w)
{
    if (w->control < 0)
        return;
    bool killed = !warden_alive(w);
    warden_ask(w, &(struct warden_request){.kind = WARDEN_BYE}, NULL, 0, NULL);
    close_fd(&w->control);
    struct pollfd p = {.fd = w->pidfd, .events = POLLIN};
    do
        warden_wake(w);
    while (w->pidfd >= 0 && poll(&p, 1, 1000) <= 0);
    while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (killed) {
        warden_inherit();
        warden_inherit_cgroups(w);
    }
    close_fd(&w->pidfd);
}

void warden_free(struct warden *w)
{
    if (w)
        warden_retire(w);
    free(w);
}

pid_t warden_pid(const struct warden *w)
{
    return w->pid;
}

const char *warden_cgroups(const struct warden *w)
{
    return w->cgroups;
}

bool warden_limits_pids(const struct warden *w)
{
    return w->limited;
}
