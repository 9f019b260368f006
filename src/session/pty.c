/* The sides' terminals while something runs there: bytes out, bytes in, and the end. How it is started: pty_open.c.
 *
 * porthole makes the pty and keeps the master; the slave travels to an actor, whose child makes it its controlling
 * terminal (actor/child.c). The actor is that child's parent and tells how it ended; the pidfd tells that it did, even
 * where the actor itself is no more. */
#include "session/pty.h"
#include "base/mem.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/private.h"
#include "session/watch.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PTY_GRACE_MS 1000 /* between SIGHUP and SIGKILL */

struct pty *pty_of(const struct session *s, enum side side)
{
    return (struct pty *)(uintptr_t)&s->pty[side];
}

void pty_tell(struct pty *p, const char *bytes, size_t n)
{
    struct session *s = p->session;
    if (s->events.terminal)
        s->events.terminal(s->events.arg, p->side, bytes, n);
}

/* Output. */

static void pty_watch(struct pty *p)
{
    short events = (short)((p->rest ? 0 : POLLIN) | (p->queue.len ? POLLOUT : 0));
    if (p->master < 0)
        return;
    if (events)
        loop_watch(p->session->loop, p->master, events, pty_on_ready, p);
    else
        loop_unwatch(p->session->loop, p->master);
}

static void pty_on_rested(void *arg)
{
    struct pty *p = arg;
    p->rest = 0;
    p->portion = 0;
    pty_watch(p);
}

/* A portion is over: the rest stays with the kernel for a moment, and its writer waits. */
static void pty_count(struct pty *p, size_t n)
{
    int64_t now = now_ms();
    if (now - p->since >= PTY_PORTION_MS) {
        p->since = now;
        p->portion = 0;
    }
    p->portion += n;
    if (p->portion < PTY_PORTION)
        return;
    int64_t wait = p->since + PTY_PORTION_MS - now;
    p->rest = loop_timer(p->session->loop, wait > 1 ? wait : 1, pty_on_rested, p);
    pty_watch(p);
}

static void pty_flush(struct pty *p)
{
    ssize_t n = p->queue.len ? write(p->master, p->queue.s, p->queue.len) : 0;
    if (n > 0) {
        memmove(p->queue.s, p->queue.s + n, p->queue.len - (size_t)n);
        str_cut(&p->queue, p->queue.len - (size_t)n);
    }
    pty_watch(p);
}

/* EIO: the last descriptor of the slave is closed. Somebody in the background may have kept one. */
static bool pty_read(struct pty *p)
{
    char bytes[PTY_PORTION];
    ssize_t n = read(p->master, bytes, sizeof bytes);
    if (n > 0) {
        watch_flush(p->session); /* the call that started a program is told before what it writes */
        pty_tell(p, bytes, (size_t)n);
    }
    if (n > 0 && p->master >= 0 && p->state == PTY_RUNNING)
        pty_count(p, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

void pty_on_ready(void *arg, int fd, short revents)
{
    struct pty *p = arg;
    if (revents & POLLOUT)
        pty_flush(p);
    if ((revents & (POLLIN | POLLHUP | POLLERR)) && p->master == fd && !p->rest && !pty_read(p))
        loop_unwatch(p->session->loop, fd);
}

/* The end. */

void pty_release(struct pty *p)
{
    struct loop *l = p->session->loop;
    int *fds[] = {&p->master, &p->pidfd, &p->status_fd};
    for (size_t i = 0; i < COUNT(fds); i++) {
        if (*fds[i] >= 0)
            loop_unwatch(l, *fds[i]);
        close_fd(fds[i]);
    }
    int *timers[] = {&p->rest, &p->grace, &p->farewell};
    for (size_t i = 0; i < COUNT(timers); i++) {
        loop_cancel(l, *timers[i]);
        *timers[i] = 0;
    }
    str_free(&p->queue);
    p->member = NULL;
}

static void pty_end(struct pty *p, enum pty_state state)
{
    if (p->state != PTY_RUNNING)
        return;
    while (state == PTY_ENDED && p->master >= 0 && !p->rest && pty_read(p)) { /* what it said last */
        struct pollfd ready = {.fd = p->master, .events = POLLIN};
        if (poll(&ready, 1, 0) <= 0)
            break;
    }
    p->state = state;
    pty_release(p);
    pty_tell(p, NULL, 0);
    if (p->session->events.changed)
        p->session->events.changed(p->session->events.arg);
}

static void pty_on_farewell(void *arg)
{
    struct pty *p = arg;
    p->farewell = 0;
    pty_end(p, PTY_ENDED);
}

/* The program has ended. Its parent says how in a moment, and its last words are still on their way through a kernel
 * worker; should neither come, it has ended all the same. */
void pty_on_exit(void *arg, int fd, short revents)
{
    struct pty *p = arg;
    loop_unwatch(p->session->loop, fd);
    if (!p->farewell)
        p->farewell = loop_timer(p->session->loop, 30, pty_on_farewell, p);
}

void pty_exited(struct member *m, pid_t spawned, int status)
{
    for (int side = 0; side < 2; side++) {
        struct pty *p = &m->session->pty[side];
        if (p->state == PTY_RUNNING && p->member == m && p->spawned && p->spawn_pid == spawned)
            p->status = status;
    }
}

void pty_spawned(struct member *m, const struct wire_head *head)
{
    for (int side = 0; side < 2; side++) {
        struct pty *p = &m->session->pty[side];
        if (p->member != m || p->tag != head->tag)
            continue;
        p->spawned = true;
        p->spawn_pid = head->pid;
        p->err = head->err;
    }
}

void pty_lose(struct session *s)
{
    for (int side = 0; side < 2; side++) {
        struct pty *p = &s->pty[side];
        if (p->state == PTY_ENDED) {
            p->state = PTY_NONE;
            pty_tell(p, NULL, 0);
        }
        pty_end(p, PTY_LOST);
    }
}

static void pty_signal(const struct pty *p, int sig)
{
    if (p->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, p->pidfd, sig, NULL, 0);
}

static void pty_on_grace(void *arg)
{
    struct pty *p = arg;
    p->grace = 0;
    pty_signal(p, SIGKILL);
}

void pty_close(struct session *s, enum side side)
{
    struct pty *p = pty_of(s, side);
    if (p->state != PTY_RUNNING) {
        p->state = PTY_NONE;
        return;
    }
    /* The hang-up itself would take our end away, and with it what the program says about it. */
    pid_t group = -1;
    if (ioctl(p->master, TIOCGPGRP, &group) == 0 && group > 1)
        ioctl(p->master, TIOCSIG, SIGHUP);
    pty_signal(p, SIGHUP);
    pty_signal(p, SIGCONT);
    if (!p->grace)
        p->grace = loop_timer(s->loop, PTY_GRACE_MS, pty_on_grace, p);
}

bool pty_put(struct session *s, enum side side, const char *bytes, size_t n)
{
    struct pty *p = pty_of(s, side);
    if (p->state != PTY_RUNNING || p->queue.len + n > PTY_QUEUE)
        return false;
    str_addn(&p->queue, bytes, n);
    pty_flush(p);
    return true;
}

void pty_forget(struct session *s, enum side side)
{
    struct pty *p = pty_of(s, side);
    str_cut(&p->queue, 0);
    pty_watch(p);
}

void pty_resize(struct session *s, enum side side, int rows, int cols)
{
    struct pty *p = pty_of(s, side);
    struct winsize now = {0}, want = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    if (p->state != PTY_RUNNING || ioctl(p->master, TIOCGWINSZ, &now) < 0)
        return;
    if (now.ws_row != want.ws_row || now.ws_col != want.ws_col)
        ioctl(p->master, TIOCSWINSZ, &want);
}

enum pty_state pty_state(const struct session *s, enum side side)
{
    return pty_of(s, side)->state;
}

int pty_status(const struct session *s, enum side side)
{
    return pty_of(s, side)->status;
}

pid_t pty_pid(const struct session *s, enum side side)
{
    const struct pty *p = pty_of(s, side);
    return p->state == PTY_RUNNING ? p->pid : 0;
}

bool pty_is_shell(const struct session *s, enum side side)
{
    return pty_of(s, side)->shell;
}

const char *pty_program(struct session *s, enum side side)
{
    struct pty *p = pty_of(s, side);
    struct task t = {0};
    pid_t group = 0;
    p->program[0] = '\0';
    if (p->state != PTY_RUNNING)
        return p->program;
    /* TIOCGPGRP on the master gives the number in our own pid namespace; 0 when the group's is another, unseen one. */
    if (ioctl(p->master, TIOCGPGRP, &group) < 0 || group <= 0 || !task_read_stat(procfs_self(), group, &t))
        if (!task_read_stat(procfs_self(), p->pid, &t))
            return p->program;
    text_copy(p->program, sizeof p->program, t.comm);
    return p->program;
}
