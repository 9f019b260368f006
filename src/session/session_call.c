/* A call made by an actor: asked of the guard, sent, waited for, and what became of the actor by it. */
#include "base/mem.h"
#include "session/private.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static bool session_call_done(void *arg)
{
    struct member *m = arg;
    return m->replied || m->ended;
}

/* A program that was just executed: does it turn out to be a shell that prompts? */
static bool session_prompt_seen(void *arg)
{
    struct member *m = arg;
    return m->prompt || m->pub.state == ACTOR_DEAD;
}

static void session_became_program(struct session *s, struct member *m, const struct call *c)
{
    const char *path = call_arg_text(c, 0), *base = path ? strrchr(path, '/') : NULL;
    base = base ? base + 1 : path ? path : "?";
    text_copy(m->pub.program, sizeof m->pub.program, base);
    struct pollfd p = {.fd = m->pidfd, .events = POLLIN};
    if (m->pidfd >= 0 && poll(&p, 1, 0) > 0)
        return; /* it has ended already: member_on_exit says so */
    m->pub.state = ACTOR_PROGRAM;
    bool shell = strlen(base) >= 2 && !strcmp(base + strlen(base) - 2, "sh");
    /* A shell is waited for until it prompts; another program a moment, since many say one line and end. */
    session_wait(m, session_prompt_seen, m, shell ? 500 : 40, SESSION_INSISTS);
    member_drain(m);
}

static int session_refuse_state(const struct actor *who, struct outcome *o)
{
    if (who->state == ACTOR_DEAD)
        return outcome_set(o, ESRCH, "this actor is dead", who->name, ":actors lists the living, :fork makes another");
    if (who->state == ACTOR_PROGRAM && who->nested)
        return outcome_set(o, EBUSY, "it waits for the shell it started", who->name, "type `exit` to leave that shell");
    if (who->state == ACTOR_PROGRAM)
        return outcome_set(o, EBUSY, "it is a program now and makes its own calls", who->program,
                           ":actors lists others, :fork makes one");
    return outcome_set(o, EBUSY, "it is inside a call", who->name, "press ^C to interrupt it");
}

static int session_refuse_stopped(const struct member *m, struct outcome *o)
{
    return outcome_set(o, 0, "it is stopped, and does nothing until it is sent SIGCONT", m->pub.name,
                       "from another process: kill(%d, SIGCONT); or :reset", (int)m->pub.host_pid);
}

int session_refuse_silence(const struct member *m, struct outcome *o)
{
    if (m->ended)
        return outcome_set(o, EIO, "the actor ended", m->pub.name, ":reset rebuilds the stage");
    if (member_is_stopped(m))
        return session_refuse_stopped(m, o);
    return outcome_set(o, EINTR, "it does not answer", m->pub.name, ":reset rebuilds the stage");
}

int session_ready(const struct member *m, struct outcome *o)
{
    const struct session *s = m->session;
    if (s->busy)
        return outcome_set(o, EBUSY, "a command is still running", NULL, "press ^C to interrupt it");
    if (s->given_up)
        return outcome_set(o, EINTR, "porthole ends", NULL, NULL);
    if (m->pub.state != ACTOR_DEAD && member_is_stopped(m))
        return session_refuse_stopped(m, o);
    return m->pub.state == ACTOR_WAITING ? 0 : session_refuse_state(&m->pub, o);
}

/* The environment an execve() without envp gets: the side's. */
static void session_give_environment(struct session *s, const struct member *m, struct call *c)
{
    session_env_refresh(s, m);
    struct vars *vars = &s->vars[m->pub.side];
    autofree char **env = xcalloc(vars->n + 1, sizeof *env);
    for (size_t i = 0; i < vars->n; i++)
        env[i] = vars->v[i];
    call_set_environment(c, env);
}

/* Sends the request and waits for the answer or the end of the socket. */
int session_exchange(struct session *s, struct member *m, const int *fds, int nfds, struct outcome *o)
{
    m->replied = false;
    m->prompt = false;
    m->called = true;
    m->pub.state = ACTOR_CALLING;
    if (!wire_send(m->control, &s->out, fds, nfds)) {
        m->called = false;
        m->pub.state = ACTOR_WAITING;
        return outcome_set(o, errno, "reach the actor", m->pub.name, ":reset rebuilds the stage");
    }
    if (!session_wait(m, session_call_done, m, s->patience > 0 ? s->patience : -1, 1)) {
        session_interrupt(s);
        session_wait(m, session_call_done, m, 1000, SESSION_INSISTS);
    }
    m->called = false;
    if (!m->replied && !m->ended) /* its answer, should one come, makes it an actor that waits again */
        return session_refuse_silence(m, o);
    if (m->replied && m->pub.state == ACTOR_CALLING)
        m->pub.state = ACTOR_WAITING;
    return 0;
}

/* fork() and clone(): two descriptors for the child travel with the request. */
static int session_call_fork(struct session *s, struct member *m, struct actor **child, struct outcome *o)
{
    int ends[2];
    bool first = s->last_id == 1 && s->kind != STAGE_MACHINE; /* the stage's own second actor */
    struct member *kid =
        member_add(s, first ? "container" : NULL, first ? SIDE_CONTAINER : m->pub.side, m->pub.id, ends, o);
    if (!kid)
        return -1;
    snprintf(s->out.head.name, sizeof s->out.head.name, "%s", kid->pub.name);
    int failed = session_exchange(s, m, ends, 2, o);
    close(ends[0]);
    close(ends[1]);
    if (failed || !m->replied || s->reply.ret < 0 || !member_greet(kid, o)) {
        bool kernel_said_no = !failed && m->replied && s->reply.ret < 0;
        s->nmembers--;
        s->last_id--;
        member_free(kid);
        return failed || kernel_said_no || !m->replied ? failed : -1;
    }
    watch_actor(s, kid);
    s->child_set[0] = '\0';
    if (first)
        s->driven[SIDE_CONTAINER] = kid;
    if (child)
        *child = &kid->pub;
    return 0;
}

int session_call(struct session *s, struct actor *who, const struct call *c, struct call_image *image,
                 struct actor **child, struct outcome *o)
{
    struct member *m = member_of(who);
    const struct call_row *row = call_row_of(c);
    if (child)
        *child = NULL;
    if (session_ready(m, o) < 0)
        return -1;
    if (guard_check(s, who, c, o) < 0)
        return -1;
    if (row->op == OP_EXECVE) {
        m->is_shell = false; /* whatever was run before */
        session_give_environment(s, m, (struct call *)(uintptr_t)c);
    }
    s->out.head = (struct wire_head){.kind = WIRE_CALL};
    if (!call_marshal(c, &s->out.image, o))
        return -1;
    int failed = row->op == OP_FORK ? session_call_fork(s, m, child, o) : session_exchange(s, m, NULL, 0, o);
    if (failed)
        return -1;
    if (m->replied)
        *image = s->reply;
    else { /* its socket ended: it executed a program, exited, or was killed inside the call */
        *image = s->out.image;
        image->ret = 0;
        image->err = 0;
        if (row->op == OP_EXECVE)
            session_became_program(s, m, c);
        else
            session_wait(m, session_prompt_seen, m, 500, SESSION_INSISTS);
    }
    member_drain(m);
    watch_flush(s);
    if (row->flags & (CALL_CHANGES_NS | CALL_CHANGES_CREDS | CALL_TASKS))
        member_refresh(m);
    if (s->events.changed)
        s->events.changed(s->events.arg);
    return 0;
}

/* What the terminal does at ^C, but at once: a byte written to the master is looked at later, by a kernel worker, and
 * its signal would hit the actor if the command had ended meanwhile. The actor's own group is spared in any case: it is
 * in the foreground before a command's is, and always when it closed its descriptor 0. */
static void session_interrupt_terminal(struct member *m)
{
    pid_t group = -1;
    struct termios t;
    if (ioctl(m->master, TIOCGPGRP, &group) == 0 && group == m->pub.pid && m->spawn_pidfd >= 0)
        syscall(SYS_pidfd_send_signal, m->spawn_pidfd, SIGINT, NULL, 0);
    else if (tcgetattr(m->slave, &t) == 0 && !(t.c_lflag & ISIG))
        (void)!write(m->master, "\003", 1); /* it reads the key itself */
    else
        ioctl(m->master, TIOCSIG, SIGINT);
}

void session_give_up(struct session *s)
{
    s->given_up = true;
    session_interrupt(s);
}

void session_interrupt(struct session *s)
{
    s->interrupts++;
    watch_cancel(s);
    for (size_t i = 0; i < s->nmembers; i++) {
        struct member *m = s->member[i];
        if (m->pub.state == ACTOR_CALLING && m->pidfd >= 0)
            syscall(SYS_pidfd_send_signal, m->pidfd, SIGUSR2, NULL, 0);
        bool program = m->pub.state == ACTOR_PROGRAM && m == s->driven[s->side];
        if (m->spawn_pidfd >= 0 || program)
            session_interrupt_terminal(m);
    }
}
