/* An actor serves one request at a time from its control socket.
 *
 * Signals. SIGCHLD and SIGTTOU are blocked, not ignored: an ignored signal would be inherited by the programs it
 * executes, a blocked one is unblocked just before. SIGCHLD is let in only while waiting for requests. SIGUSR2 has a
 * handler that does nothing, without SA_RESTART: it makes a blocked call return EINTR. Everything else keeps its
 * default, so that the lessons about signals tell the truth; for an actor that is PID 1 of a namespace that means
 * "ignored from inside".
 *
 * Who reaps whom. The actor waits only for the commands it spawned. Children of a typed fork() are the learner's to
 * wait for: they stay zombies until wait4(). */
#include "actor/child.h"
#include "actor/wire.h"
#include "base/fork.h"
#include "base/mem.h"
#include "base/title.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static struct wire_message actor_in, actor_out; /* too large for a stack, and used one at a time */
static struct {
    pid_t pid;
    bool apart;       /* it has a terminal of its own, not the actor's */
} actor_spawned[256]; /* commands not waited for yet */
static int actor_nspawned;

static void actor_on_signal(int sig)
{
    (void)sig;
}

static void actor_signals(void)
{
    struct sigaction quiet = {.sa_handler = actor_on_signal};
    forked_reset_signals();
    sigaction(SIGCHLD, &quiet, NULL);
    sigaction(SIGUSR2, &quiet, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTTOU);
    sigprocmask(SIG_SETMASK, &set, NULL);
}

static void actor_unblock(sigset_t *old)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, old);
}

/* Control socket to its fixed place, pty on 0-2 and as controlling terminal of a new session. */
static void actor_take_descriptors(int control, int pty)
{
    if (control != ACTOR_CONTROL_FD) {
        dup3(control, ACTOR_CONTROL_FD, O_CLOEXEC);
        close(control);
    }
    setsid();
    for (int fd = 0; fd <= 2; fd++)
        dup2(pty, fd);
    if (pty > 2)
        close(pty);
    ioctl(0, TIOCSCTTY, 0);
    tcsetpgrp(0, getpid());
}

static void actor_send(uint32_t kind, pid_t pid, int err, int status)
{
    actor_out.head = (struct wire_head){.kind = kind, .pid = pid, .err = err, .status = status};
    wire_send(ACTOR_CONTROL_FD, &actor_out, NULL, 0);
}

static void actor_report_exit(int i, int status)
{
    pid_t pid = actor_spawned[i].pid;
    if (!actor_spawned[i].apart)
        tcsetpgrp(0, getpid()); /* the command's group was in the foreground */
    actor_spawned[i] = actor_spawned[--actor_nspawned];
    actor_send(WIRE_EXITED, pid, 0, status);
}

static void actor_reap(void)
{
    for (int i = actor_nspawned - 1; i >= 0; i--) {
        int status;
        if (waitpid(actor_spawned[i].pid, &status, WNOHANG) == actor_spawned[i].pid)
            actor_report_exit(i, status);
    }
}

/* fork() and clone(flags): the child becomes an actor of its own. Raw system calls, since glibc's fork knows no flags.
 */
static void actor_fork(struct call_image *image, const char *name, const int *fds)
{
    uint64_t flags = image->arg[0];
    struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
    /* clone3 only where it is needed (CLONE_NEWTIME sits in clone's exit-signal byte): container engines refuse it. */
    long pid = flags & 0xff ? syscall(SYS_clone3, &args, sizeof args) : syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        char copy[sizeof actor_in.head.name];
        snprintf(copy, sizeof copy, "%s", name);
        /* As in any fork the child keeps what its parent had open, but for the parent's control socket. */
        close(ACTOR_CONTROL_FD);
        actor_nspawned = 0;
        actor_take_descriptors(fds[0], fds[1]);
        title_set(copy);
        prctl(PR_SET_DUMPABLE, 1);
        actor_send(WIRE_HELLO, getpid(), 0, 0);
        return; /* into its own actor_serve(): the caller tells by the sign */
    }
    image->ret = pid;
    image->err = pid < 0 ? errno : 0;
}

static void actor_syscall(struct call_image *image)
{
    uint64_t r[CALL_MAX_ARGS];
    if (!call_image_relocate(image, r)) {
        image->ret = -1;
        image->err = EBADMSG;
        return;
    }
    sigset_t old;
    bool exec = image->op == OP_EXECVE;
    if (exec)
        actor_unblock(&old);
    errno = 0;
    image->ret = syscall(image->nr, r[0], r[1], r[2], r[3], r[4], r[5]);
    image->err = image->ret == -1 ? errno : 0;
    if (exec)
        sigprocmask(SIG_SETMASK, &old, NULL);
    if (image->nr == SYS_wait4 && image->ret > 0)
        for (int i = actor_nspawned - 1; i >= 0; i--)
            if (actor_spawned[i].pid == image->ret) /* the learner's wait4(-1) was faster than ours */
                actor_report_exit(i, 0);
    /* A change of credentials makes a process undumpable and its /proc files root's; porthole must go on reading them.
     */
    prctl(PR_SET_DUMPABLE, 1);
}

/* Makes the call. Returns false in the child of a fork, which must not reply. */
static bool actor_call(int *fds)
{
    struct call_image *image = &actor_in.image;
    switch (image->op) {
    case OP_EXIT:
        _exit((int)image->arg[0]);
    case OP_FORK:
        if (fds[0] < 0 || fds[1] < 0) {
            image->ret = -1;
            image->err = EBADMSG;
            return true;
        }
        image->ret = 0;
        actor_fork(image, actor_in.head.name, fds);
        if (image->ret == 0) {
            fds[0] = fds[1] = -1; /* taken over */
            return false;
        }
        return true;
    default:
        actor_syscall(image);
        return true;
    }
}

/* Splits text into argument and environment vectors. false when it is damaged. */
static bool actor_split(char *text, size_t len, uint32_t nargs, uint32_t nenv, char **vec, size_t max)
{
    if (!len || text[len - 1] || (size_t)nargs + nenv + 2 > max || !nargs)
        return false;
    char *p = text, *end = text + len;
    size_t n = 0;
    for (uint32_t i = 0; i < nargs + nenv; i++) {
        if (p >= end)
            return false;
        if (i == nargs)
            vec[n++] = NULL;
        vec[n++] = p;
        p += strlen(p) + 1;
    }
    if (!nenv)
        vec[n++] = NULL;
    vec[n] = NULL;
    return true;
}

/* The child of a spawn. */

static _Noreturn void actor_exec_failed(int status, const char *step)
{
    static struct wire_message m;
    m.head = (struct wire_head){.kind = WIRE_SPAWNED, .err = errno};
    snprintf(m.head.name, sizeof m.head.name, "%s", step);
    wire_send(status, &m, NULL, 0);
    _exit(127);
}

/* Says who it is: the machine's number of the sender is read from the socket. */
static void actor_exec_hello(int status)
{
    static struct wire_message m;
    m.head = (struct wire_head){.kind = WIRE_HELLO, .pid = (int32_t)syscall(SYS_getpid)};
    wire_send(status, &m, NULL, 0);
}

/* On the actor's own pty: a foreground process group, the state pipe on descriptor 9. */
static void actor_exec_beside(int state)
{
    setpgid(0, 0);
    tcsetpgrp(0, getpgrp());
    if (state >= 0)
        dup2(state, 9);
}

/* A pid namespace is entered by children only. The one that stays waits, and ends as its child did. */
static void actor_exec_below(int status)
{
    int ended;
    pid_t pid = fork();
    if (pid < 0)
        actor_exec_failed(status, "fork");
    if (pid == 0)
        return;
    close(status);
    forked_keep(NULL, 0);
    title_set("enter");
    while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(ended)) {
        signal(WTERMSIG(ended), SIG_DFL);
        raise(WTERMSIG(ended));
    }
    _exit(WIFEXITED(ended) ? WEXITSTATUS(ended) : 127);
}

/* As nsenter(1) does: the namespaces first, then the root, which was opened before. */
static void actor_exec_enter(int status, uint32_t flags, int target, int root)
{
    if (flags && setns(target, (int)flags) < 0)
        actor_exec_failed(status, "setns");
    if (flags & CLONE_NEWPID)
        actor_exec_below(status);
    if (fchdir(root) < 0 || chroot(".") < 0)
        actor_exec_failed(status, "chroot");
    close(target);
    close(root);
}

/* On a terminal of its own: leader of a session, whose controlling terminal it is. */
static void actor_exec_terminal(const int *fds, uint32_t flags)
{
    if (fds[2] >= 0)
        actor_exec_enter(fds[0], flags, fds[2], fds[3]);
    setsid();
    for (int fd = 0; fd <= 2; fd++)
        dup2(fds[1], fd);
    if (ioctl(0, TIOCSCTTY, 0) < 0)
        actor_exec_failed(fds[0], "TIOCSCTTY");
}

static _Noreturn void actor_exec(char **argv, char **envp, const int *fds)
{
    const struct wire_head *h = &actor_in.head;
    if (h->terminal)
        actor_exec_terminal(fds, h->enter.flags);
    actor_exec_hello(fds[0]);
    if (!h->terminal)
        actor_exec_beside(fds[1]);
    actor_unblock(NULL);
    execve(argv[0], argv, envp);
    actor_exec_failed(fds[0], "execve /bin/sh");
}

static void actor_spawned_is(pid_t pid, int err)
{
    actor_out.head = (struct wire_head){.kind = WIRE_SPAWNED, .pid = pid, .err = err, .tag = actor_in.head.tag};
    wire_send(ACTOR_CONTROL_FD, &actor_out, NULL, 0);
}

static void actor_spawn(const int *fds)
{
    static char *vec[2048];
    struct wire_head *h = &actor_in.head;
    bool whole = fds[0] >= 0 && (!h->terminal || (fds[1] >= 0 && (fds[2] < 0) == (fds[3] < 0)));
    if (!whole || !actor_split(actor_in.text, h->text_len, h->nargs, h->nenv, vec, COUNT(vec))) {
        actor_spawned_is(0, EBADMSG);
        return;
    }
    if (actor_nspawned >= (int)COUNT(actor_spawned)) {
        actor_spawned_is(0, EAGAIN);
        return;
    }
    pid_t pid = fork();
    if (pid == 0)
        actor_exec(vec, vec + h->nargs + 1, fds);
    if (pid > 0) {
        if (!h->terminal)
            setpgid(pid, pid); /* both sides do it: whoever comes first */
        actor_spawned[actor_nspawned].pid = pid;
        actor_spawned[actor_nspawned++].apart = h->terminal;
    }
    actor_spawned_is(pid > 0 ? pid : 0, pid < 0 ? errno : 0);
}

/* The tracer has us already, and all that we shall fork inherits the filter. */
static void actor_filter(void)
{
    static struct sock_filter code[WIRE_TEXT / sizeof(struct sock_filter)];
    size_t n = actor_in.head.text_len / sizeof *code;
    struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
    memcpy(code, actor_in.text, n * sizeof *code);
    int failed = n > BPF_MAXINSNS ? -1 : (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
    actor_send(WIRE_FILTERED, 0, failed ? errno : 0, 0);
}

static void actor_request(void)
{
    int fds[WIRE_FDS];
    int got = wire_receive(ACTOR_CONTROL_FD, &actor_in, MSG_DONTWAIT, fds, NULL);
    if (got == 0)
        _exit(0); /* porthole is gone, and so is our purpose */
    if (got < 0)
        return;
    if (actor_in.head.kind == WIRE_SPAWN)
        actor_spawn(fds);
    else if (actor_in.head.kind == WIRE_FILTER)
        actor_filter();
    else if (actor_in.head.kind == WIRE_CALL && actor_call(fds)) {
        actor_in.head = (struct wire_head){.kind = WIRE_REPLY};
        wire_send(ACTOR_CONTROL_FD, &actor_in, NULL, 0);
    }
    for (int i = 0; i < WIRE_FDS; i++)
        close_fd(&fds[i]);
}

_Noreturn void actor_become(int control, int pty, const char *name)
{
    forked_keep((const int[]){control, pty}, 2);
    actor_signals();
    actor_take_descriptors(control, pty);
    title_set(name);
    prctl(PR_SET_DUMPABLE, 1);
    actor_send(WIRE_HELLO, getpid(), 0, 0);
    sigset_t waiting;
    sigemptyset(&waiting);
    sigaddset(&waiting, SIGTTOU);
    for (;;) {
        struct pollfd p = {.fd = ACTOR_CONTROL_FD, .events = POLLIN};
        int n = ppoll(&p, 1, NULL, &waiting);
        actor_reap();
        if (n > 0)
            actor_request();
    }
}
