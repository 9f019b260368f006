/* Starting something on a side's terminal: who starts it, and where that one has to go first. */
#include "actor/wire.h"
#include "base/mem.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/private.h"
#include "session/watch.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

struct pty_way {
    struct member *by;       /* the actor whose child it will be */
    pid_t target;            /* machine pid of the process whose namespaces and root it enters, 0: stays with by's */
    struct wire_enter enter; /* what of them differs */
    int fds[2];              /* pidfd and root of the target; -1 */
};

static bool pty_serves(const struct member *m)
{
    bool waits = m->pub.state == ACTOR_WAITING || (m->pub.state == ACTOR_PROGRAM && m->pub.nested);
    return waits && !m->ended && !member_is_stopped(m);
}

/* The nearest ancestor of m, itself included, that can start something; NULL: none. */
static struct member *pty_starter(struct session *s, struct member *m)
{
    while (m && !pty_serves(m)) {
        struct actor *parent = session_actor(s, m->pub.parent_id);
        m = parent ? member_of(parent) : NULL;
    }
    return m;
}

/* Which namespaces of the target are others than by's. pid stands for those of its children here: what was unshared and
 * not forked into belongs to nobody yet. */
static uint32_t pty_differing(pid_t by, pid_t target)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } kinds[] = {
        {"user", CLONE_NEWUSER}, {"pid", CLONE_NEWPID}, {"mnt", CLONE_NEWNS},        {"uts", CLONE_NEWUTS},
        {"ipc", CLONE_NEWIPC},   {"net", CLONE_NEWNET}, {"cgroup", CLONE_NEWCGROUP},
    };
    uint32_t flags = 0;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        uint64_t there = procfs_ns(procfs_self(), target, kinds[i].name);
        if (there && there != procfs_ns(procfs_self(), by, kinds[i].name))
            flags |= kinds[i].flag;
    }
    return flags;
}

static int pty_find_way(struct session *s, enum side side, struct pty_way *way, struct outcome *o)
{
    struct member *m = s->driven[side];
    *way = (struct pty_way){.fds = {-1, -1}};
    if (!m || m->pub.state == ACTOR_DEAD)
        return outcome_set(o, ESRCH, "open a terminal: nobody lives on that side", m ? m->pub.name : NULL,
                           ":reset builds a fresh stage");
    if (m->pub.state == ACTOR_CALLING)
        return outcome_set(o, EBUSY, "open a terminal: it is inside a call", m->pub.name, "press ^C to interrupt it");
    pid_t witness = side == SIDE_CONTAINER ? session_witness(s) : m->pub.pid;
    way->target = m->pub.state == ACTOR_PROGRAM ? (m->pub.nested ? witness : m->pub.pid) : 0;
    way->by = pty_starter(s, m);
    if (!way->by)
        return outcome_set(o, EBUSY, "open a terminal: no process of porthole's is left to start it", m->pub.name,
                           ":reset builds a fresh stage");
    if (way->target == way->by->pub.pid)
        way->target = 0;
    if (!way->target)
        return 0;
    way->enter.flags = pty_differing(way->by->pub.pid, way->target);
    way->fds[0] = (int)syscall(SYS_pidfd_open, way->target, 0);
    way->fds[1] = procfs_root_of(way->target);
    if (way->fds[0] < 0 || way->fds[1] < 0)
        return outcome_set(o, errno, "open a terminal: enter the namespaces of", m->pub.program, NULL);
    return 0;
}

/* bash where there is one, since it edits lines; busybox does, too. Startup files are somebody's own business, not the
 * stage's. */
static const char pty_shell[] =
    "[ -x /bin/bash ] && exec /bin/bash --norc\n"
    "for porthole in /bin/busybox /bin/ash; do\n"
    "  [ -x $porthole ] && { [ $porthole = /bin/ash ] && exec ash || exec $porthole ash; }\n"
    "done\n"
    "exec /bin/sh -i";
static const char pty_users_shell[] = "exec \"${SHELL:-/bin/sh}\"";

static bool pty_is_left_out(const char *var)
{
    static const char *const names[] = {
        "!=", "TERM=", "PS1=", "PS2=", "PROMPT_COMMAND=", "LINES=", "COLUMNS=", "TMUX=", "STY="};
    for (size_t i = 0; i < COUNT(names); i++)
        if (!strncmp(var, names[i], strlen(names[i])))
            return true;
    return false;
}

static bool pty_compose(struct session *s, const struct pty *p, const struct pty_way *way, const char *command)
{
    struct wire_message *out = &s->out;
    const char *shell = s->kind == STAGE_MACHINE ? pty_users_shell : pty_shell;
    const char *const args[] = {"/bin/sh", "-c", command ? command : shell, "sh"};
    out->head = (struct wire_head){.kind = WIRE_SPAWN, .tag = p->tag, .enter = way->enter};
    bool ok = true;
    for (size_t i = 0; i < COUNT(args); i++)
        ok = ok && wire_add(out, args[i], &out->head.nargs);
    session_env_refresh(s, way->by);
    const struct vars *vars = &s->vars[p->side];
    for (size_t i = 0; i < vars->n; i++)
        ok = ok && (pty_is_left_out(vars->v[i]) || wire_add(out, vars->v[i], &out->head.nenv));
    autofree char *prompt = xasprintf("PS1=%s:$PWD# ", p->side == SIDE_HOST ? "host" : "container");
    if (s->kind != STAGE_MACHINE)
        ok = ok && wire_add(out, prompt, &out->head.nenv);
    return ok && wire_add(out, "TERM=xterm-256color", &out->head.nenv);
}

static void pty_on_status(void *arg, int fd, short revents)
{
    struct pty *p = arg;
    static struct wire_message in;
    pid_t sender;
    int got = wire_receive(fd, &in, MSG_DONTWAIT, NULL, &sender);
    if (got > 0 && in.head.kind == WIRE_HELLO && p->pidfd < 0) {
        p->pid = sender;
        p->pidfd = (int)syscall(SYS_pidfd_open, sender, 0);
        if (p->pidfd >= 0)
            loop_watch(p->session->loop, p->pidfd, POLLIN, pty_on_exit, p);
    } else if (got > 0 && in.head.kind == WIRE_SPAWNED) {
        p->exec_err = in.head.err;
        text_copy(p->exec_step, sizeof p->exec_step, in.head.name);
    } else if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        p->exec_known = true;
        loop_unwatch(p->session->loop, fd);
    }
}

static bool pty_is_up(void *arg)
{
    const struct pty *p = arg;
    return p->member->ended || (p->spawned && (p->err || p->exec_known));
}

static int pty_make(struct pty *p, int rows, int cols, struct outcome *o)
{
    p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (p->master < 0 || grantpt(p->master) < 0 || unlockpt(p->master) < 0)
        return outcome_set(o, errno, "open a terminal: posix_openpt", NULL, NULL);
    int slave = ioctl(p->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        return outcome_set(o, errno, "open a terminal: TIOCGPTPEER", NULL, NULL);
    struct termios t;
    tcgetattr(slave, &t);
    t.c_iflag |= IUTF8;
    tcsetattr(slave, TCSANOW, &t);
    ioctl(slave, TIOCSWINSZ, &(struct winsize){.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols});
    return slave;
}

static int pty_refuse(const struct pty *p, struct outcome *o)
{
    if (p->err)
        return outcome_set(o, p->err, "open a terminal: fork a child", p->member->pub.name, NULL);
    if (p->exec_err)
        return outcome_set(o, p->exec_err, "open a terminal", p->exec_step[0] ? p->exec_step : "execve /bin/sh",
                           p->exec_err == ENOENT ? "this root has no /bin/sh, or its loader is missing" : NULL);
    return session_refuse_silence(p->member, o);
}

static int pty_start(struct pty *p, const struct pty_way *way, const char *command, int slave, struct outcome *o)
{
    struct session *s = p->session;
    int status[2];
    if (!pty_compose(s, p, way, command))
        return outcome_set(o, E2BIG, "open a terminal: the command and the variables are too long", NULL, NULL);
    if (!wire_pair(status))
        return outcome_set(o, errno, "open a terminal: socketpair", NULL, NULL);
    p->status_fd = status[0];
    loop_watch(s->loop, status[0], POLLIN, pty_on_status, p);
    loop_watch(s->loop, p->master, POLLIN, pty_on_ready, p);
    watch_command(s, way->by, false);
    int fds[WIRE_FDS] = {status[1], slave, way->fds[0], way->fds[1]};
    s->out.head.terminal = 1;
    bool sent = wire_send(way->by->control, &s->out, fds, way->target ? 4 : 2);
    close(status[1]);
    if (!sent)
        return outcome_set(o, errno, "reach the actor", way->by->pub.name, ":reset rebuilds the stage");
    session_wait(way->by, pty_is_up, p, 5000, SESSION_INSISTS);
    bool up = p->spawned && !p->err && p->exec_known && !p->exec_err;
    return up ? 0 : pty_refuse(p, o);
}

int pty_open(struct session *s, enum side side, const char *command, int rows, int cols, struct outcome *o)
{
    struct pty *p = pty_of(s, side);
    struct pty_way way;
    if (p->state == PTY_RUNNING)
        return outcome_set(o, EBUSY, "a program runs in that terminal", pty_program(s, side), NULL);
    if (s->busy || !s->stage)
        return outcome_set(o, EBUSY, s->busy ? "a command is still running" : "no stage runs", NULL, NULL);
    if (pty_find_way(s, side, &way, o) < 0) {
        close_fd(&way.fds[0]);
        return -1;
    }
    *p = (struct pty){.session = s,
                      .side = side,
                      .member = way.by,
                      .tag = ++s->pty_tag,
                      .state = PTY_RUNNING,
                      .status = -1,
                      .pidfd = -1,
                      .status_fd = -1,
                      .shell = !command};
    int slave = pty_make(p, rows, cols, o);
    pty_tell(p, NULL, 0);
    int failed = slave < 0 ? -1 : pty_start(p, &way, command, slave, o);
    int *fds[] = {&slave, &way.fds[0], &way.fds[1], &p->status_fd};
    for (size_t i = 0; i < COUNT(fds); i++) {
        if (*fds[i] >= 0)
            loop_unwatch(s->loop, *fds[i]);
        close_fd(fds[i]);
    }
    if (failed) {
        pty_release(p);
        p->state = PTY_NONE;
        pty_tell(p, NULL, 0);
    }
    if (s->events.changed)
        s->events.changed(s->events.arg);
    return failed;
}

#define PTY_ROWS 24 /* until a presenter says better */
#define PTY_COLS 80

int pty_run(struct session *s, enum side side, const char *name, const char *command, struct outcome *o)
{
    struct task t = {0};
    char number[16];
    if (pty_open(s, side, command, PTY_ROWS, PTY_COLS, o) < 0)
        return -1;
    bool known = task_read(procfs_self(), pty_pid(s, side), &t);
    bool deeper = s->kind == STAGE_PRACTICE && t.nspids > 1;
    snprintf(number, sizeof number, "%d", known ? (int)t.nspid[deeper ? 1 : 0] : 0);
    session_set_var(s, name, number);
    return 0;
}
