/* The session's end of its actors: control sockets, ptys, and what comes out of them.
 *
 * A pty's output carries marks of our own between two RS characters (SESSION_RS):
 *     RS S n RS   a sync mark that we wrote into the slave ourselves: everything before it has arrived
 *     RS P n RS   a shell's prompt (PS1 is set to it): n is $?
 *     RS > RS     a shell's continuation prompt (PS2)
 * They are taken out before anybody sees the text. */
#include "actor/child.h"
#include "actor/wire.h"
#include "base/mem.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/private.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static void member_changed(struct member *m)
{
    if (m->session->events.changed)
        m->session->events.changed(m->session->events.arg);
}

/* Output. */

void member_emit(struct member *m, const char *bytes, size_t n)
{
    if (!n)
        return;
    m->output_ms = now_ms();
    if (m->capture)
        str_addn(m->capture, bytes, n);
    if (!m->quiet)
        watch_flush(m->session); /* the call that started a program is told before what the program writes */
    if (!m->quiet && m->session->events.output)
        m->session->events.output(m->session->events.arg, &m->pub, bytes, n);
}

/* A whole mark, its last RS replaced by NUL. false when it is none of ours: `env` prints PS1 as it is. */
static bool member_mark(struct member *m)
{
    const char *mark = m->mark + 1;
    size_t digits = strspn(*mark ? mark + 1 : mark, "0123456789");
    if (!strcmp(mark, ">"))
        return m->continued = true;
    if (!digits || mark[1 + digits])
        return false;
    if (*mark == 'S') {
        long number = atol(mark + 1);
        if (number > m->session->syncs)
            return false; /* a program imitates us */
        m->sync_seen = number;
    } else if (*mark == 'P') {
        m->prompt = m->is_shell = true;
        m->prompt_status = atoi(mark + 1);
    } else
        return false;
    return true;
}

/* What was taken for the repetition of a line is output after all. */
void member_end_echo(struct member *m)
{
    struct str kept = m->unsure;
    m->unsure = (struct str){0};
    m->echo = NULL;
    m->echo_tail = false;
    m->echo_escape = 0;
    member_emit(m, str_c(&kept), kept.len);
    str_free(&kept);
}

/* Line editors put control characters and CSI sequences between the letters. */
static bool member_is_letter(struct member *m, char c)
{
    if (m->echo_escape == '\033')
        m->echo_escape = c == '[' ? '[' : 0;
    else if (m->echo_escape == '[')
        m->echo_escape = c >= '@' && c <= '~' ? 0 : '[';
    else if (c == '\033')
        m->echo_escape = c;
    else
        return (unsigned char)c >= ' ';
    return false;
}

/* Swallows the repetition of a line we sent, which not every program makes: bash does not edit visibly where the
 * terminal does not echo. Returns true when the byte is dealt with. */
static bool member_swallow_echo(struct member *m, char c)
{
    if (m->echo_tail) {
        m->echo_tail = c != '\n';
        return true;
    }
    if (!m->echo)
        return false;
    str_addc(&m->unsure, c);
    bool letter = member_is_letter(m, c);
    if (letter && c != *m->echo) {
        member_end_echo(m);
    } else if (letter && !*++m->echo) {
        str_cut(&m->unsure, 0);
        m->echo = NULL;
        m->echo_tail = true;
    }
    return true;
}

/* Sorts the bytes into text and marks; plain runs are passed on in one piece. */
static void member_sort(struct member *m, const char *s, size_t n)
{
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        if (m->mark_len) {
            m->mark[m->mark_len++] = s[i];
            if (s[i] == SESSION_RS) {
                m->mark[m->mark_len - 1] = '\0';
                bool ours = member_mark(m);
                if (ours)
                    member_end_echo(m);
                if (!ours)
                    member_emit(m, m->mark + 1, (size_t)m->mark_len - 2);
                m->mark_len = !ours; /* an RS of somebody else's: this one may begin a mark of ours */
            } else if (m->mark_len == (int)sizeof m->mark - 1) {
                member_emit(m, m->mark, (size_t)m->mark_len); /* no mark of ours after all */
                m->mark_len = 0;
            }
            from = i + 1;
        } else if (s[i] == SESSION_RS) {
            member_emit(m, s + from, i - from);
            m->mark[m->mark_len++] = s[i];
            from = i + 1;
        } else if (member_swallow_echo(m, s[i])) {
            member_emit(m, s + from, i - from);
            from = i + 1;
        }
    }
    member_emit(m, s + from, n - from);
}

static void member_on_output(void *arg, int fd, short revents)
{
    struct member *m = arg;
    char buf[16384];
    ssize_t n = read(fd, buf, sizeof buf);
    if (n > 0)
        member_sort(m, buf, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        loop_unwatch(m->session->loop, fd);
}

struct member_sync {
    struct member *m;
    long number;
};

static bool member_is_synced(void *arg)
{
    struct member_sync *sync = arg;
    return sync->m->sync_seen >= sync->number;
}

/* A pty hands bytes over in a kernel worker: that the writer has exited does not mean that its output can be read. A
 * mark written behind it through the same slave is the proof. */
void member_drain(struct member *m)
{
    char mark[32];
    struct member_sync sync = {m, ++m->session->syncs};
    int n = snprintf(mark, sizeof mark, "%cS%ld%c", SESSION_RS, sync.number, SESSION_RS);
    member_end_echo(m);
    if (m->slave < 0 || write(m->slave, mark, (size_t)n) != n)
        return; /* the pty is stopped or flooded: what came is what there is */
    loop_run_until(m->session->loop, member_is_synced, &sync, 300);
}

/* The control socket. */

/* The side drives on: the nearest living ancestor of the dead one on its side, as a shell comes back when its child
 * ends. */
static void member_hand_over(struct member *m)
{
    struct session *s = m->session;
    if (s->driven[m->pub.side] != m)
        return;
    m->pub.was_driven = true;
    struct actor *heir = session_actor(s, m->pub.parent_id);
    while (heir && heir->state == ACTOR_DEAD)
        heir = session_actor(s, heir->parent_id);
    if (heir && heir->side == m->pub.side)
        s->driven[m->pub.side] = member_of(heir);
}

static void member_dead(struct member *m)
{
    struct session *s = m->session;
    if (m->pub.state == ACTOR_DEAD)
        return;
    m->pub.state = ACTOR_DEAD;
    m->ended = true;
    if (m->pidfd >= 0)
        loop_unwatch(s->loop, m->pidfd);
    if (m->control >= 0)
        loop_unwatch(s->loop, m->control);
    member_hand_over(m);
    if (s->events.gone)
        s->events.gone(s->events.arg, &m->pub);
    member_changed(m);
}

static void member_on_exit(void *arg, int fd, short revents)
{
    member_dead(arg);
}

static void member_take(struct member *m, const struct wire_message *in, pid_t sender)
{
    switch (in->head.kind) {
    case WIRE_HELLO:
        m->hello = true;
        m->pub.pid = sender;
        m->pub.own_pid = in->head.pid;
        break;
    case WIRE_REPLY:
        if (m->called) {
            m->replied = true;
            m->session->reply = in->image;
        } else if (m->pub.state == ACTOR_CALLING) {
            m->pub.state = ACTOR_WAITING; /* nobody waits for this answer any more */
        }
        break;
    case WIRE_FILTERED:
        m->filtered = true;
        m->filter_err = in->head.err;
        break;
    case WIRE_SPAWNED:
        if (in->head.tag) {
            pty_spawned(m, &in->head);
            break;
        }
        m->spawned = true;
        m->spawn_pid = in->head.pid;
        m->spawn_err = in->head.err;
        break;
    case WIRE_EXITED:
        pty_exited(m, in->head.pid, in->head.status);
        if (in->head.pid == m->spawn_pid) {
            m->exited = true;
            m->pub.ended = m->exit_status = in->head.status;
            if (m->pub.nested) {
                m->pub.nested = false;
                m->pub.state = ACTOR_WAITING;
                m->pub.program[0] = '\0';
            }
        }
        member_changed(m);
        break;
    }
}

static void member_on_control(void *arg, int fd, short revents)
{
    struct member *m = arg;
    pid_t sender;
    int got = wire_receive(fd, &m->session->in, MSG_DONTWAIT, NULL, &sender);
    if (got > 0)
        member_take(m, &m->session->in, sender);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR && errno != EBADMSG)) {
        m->ended = true;
        loop_unwatch(m->session->loop, fd);
    }
}

/* Coming and going. */

static bool member_open_pty(struct member *m)
{
    m->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (m->master < 0 || grantpt(m->master) < 0 || unlockpt(m->master) < 0)
        return false;
    /* TIOCGPTPEER: no path is looked up, so it works whatever is mounted on /dev/pts here (ioctl_tty(2)). */
    m->slave = ioctl(m->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (m->slave < 0)
        return false;
    struct termios t;
    tcgetattr(m->slave, &t);
    t.c_lflag &= ~(tcflag_t)ECHO; /* we show the typed line ourselves */
    t.c_oflag &= ~(tcflag_t)ONLCR;
    t.c_iflag |= IUTF8;
    tcsetattr(m->slave, TCSANOW, &t);
    ioctl(m->slave, TIOCSWINSZ, &(struct winsize){.ws_row = 24, .ws_col = 80});
    return true;
}

void session_plan(struct session *s, const struct actor_plan *plan, size_t n)
{
    free(s->plan);
    s->plan = xcalloc(n + 1, sizeof *s->plan);
    for (size_t i = 0; i < n; i++)
        s->plan[i] = plan[i];
    s->nplan = n;
}

void session_expect_child(struct session *s, const char *set)
{
    snprintf(s->child_set, sizeof s->child_set, "%s", set);
}

static bool member_name_is_free(const struct session *s, const char *name)
{
    for (size_t i = 0; i < s->nmembers; i++)
        if (!strcmp(s->member[i]->pub.name, name))
            return false;
    return true;
}

/* A replay forks in the same order and expects the same children, so that it gives the same names. */
static void member_choose_name(const struct session *s, struct actor *a)
{
    for (size_t i = 0; i < s->nplan; i++)
        if (s->child_set[0] && !strcmp(s->plan[i].set, s->child_set) && member_name_is_free(s, s->plan[i].name)) {
            snprintf(a->name, sizeof a->name, "%s", s->plan[i].name);
            return;
        }
    int number = s->nplan ? 3 + (int)s->nplan : a->id;
    do
        snprintf(a->name, sizeof a->name, "fork%d", number++);
    while (!member_name_is_free(s, a->name));
}

struct member *member_add(struct session *s, const char *name, enum side side, int parent_id, int child_end[2],
                          struct outcome *o)
{
    if (s->nmembers >= SESSION_ACTORS) {
        outcome_set(o, EAGAIN, "add an actor", name, "there are %d already; :reset starts over", SESSION_ACTORS);
        return NULL;
    }
    struct member *m = xcalloc(1, sizeof *m);
    *m = (struct member){.session = s, .control = -1, .pidfd = -1, .master = -1, .slave = -1, .spawn_pidfd = -1};
    int pair[2];
    if (!member_open_pty(m) || !wire_pair(pair)) {
        outcome_set(o, errno, "add an actor: open its pty and socket", name, NULL);
        member_free(m);
        return NULL;
    }
    m->control = pair[0];
    child_end[0] = pair[1];
    /* The child gets a slave of its own, a blocking one: O_NONBLOCK belongs to the open file description. */
    child_end[1] = ioctl(m->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    m->pub.id = ++s->last_id;
    m->pub.side = side;
    m->pub.parent_id = parent_id;
    m->pub.status = m->pub.ended = -1;
    if (name)
        snprintf(m->pub.name, sizeof m->pub.name, "%s", name);
    else
        member_choose_name(s, &m->pub);
    s->member[s->nmembers++] = m;
    loop_watch(s->loop, m->control, POLLIN, member_on_control, m);
    loop_watch(s->loop, m->master, POLLIN, member_on_output, m);
    return m;
}

static bool member_said_hello(void *arg)
{
    struct member *m = arg;
    return m->hello || m->ended;
}

void member_refresh(struct member *m)
{
    struct task t = {0};
    if (m->pub.pid <= 0 || !task_read(procfs_self(), m->pub.pid, &t))
        return;
    m->start = t.start;
    m->pub.own_pid = t.nspid[t.nspids - 1];
    bool deeper = m->session->kind == STAGE_PRACTICE && t.nspids > 1;
    m->pub.host_pid = t.nspid[deeper ? 1 : 0];
    free(t.args);
}

bool member_greet(struct member *m, struct outcome *o)
{
    loop_run_until(m->session->loop, member_said_hello, m, 5000);
    if (!m->hello || m->pub.pid <= 0) {
        struct rlimit files;
        bool few = getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur <= ACTOR_CONTROL_FD;
        outcome_set(o, EIO, "an actor did not come up", m->pub.name,
                    few ? "it needs descriptor %d: raise the limit of open files, `ulimit -n 1024`" : NULL,
                    ACTOR_CONTROL_FD);
        return false;
    }
    m->pidfd = (int)syscall(SYS_pidfd_open, m->pub.pid, 0);
    if (m->pidfd >= 0)
        loop_watch(m->session->loop, m->pidfd, POLLIN, member_on_exit, m);
    m->pub.state = ACTOR_WAITING;
    member_refresh(m);
    return true;
}

void member_free(struct member *m)
{
    if (!m)
        return;
    struct loop *l = m->session->loop;
    int *fds[] = {&m->control, &m->pidfd, &m->master, &m->slave, &m->spawn_pidfd};
    for (size_t i = 0; i < COUNT(fds); i++) {
        if (*fds[i] >= 0)
            loop_unwatch(l, *fds[i]);
        close_fd(fds[i]);
    }
    str_free(&m->unsure);
    free(m);
}

struct member_wait {
    const struct session *session;
    bool (*done)(void *);
    void *arg;
    int interrupts;
};

static bool member_wait_is_over(void *arg)
{
    const struct member_wait *w = arg;
    const struct session *s = w->session;
    return w->done(w->arg) || s->given_up || (w->interrupts && s->interrupts >= w->interrupts);
}

bool member_is_stopped(const struct member *m)
{
    struct task t = {0};
    if (!task_read_stat(procfs_self(), m->pub.pid, &t))
        return false;
    return t.state == 'T' || (t.state == 't' && watch_is_stopped(m->session, m->pub.pid));
}

/* A stopped process answers nobody, and nobody is told that it is stopped: its state is looked at twice a second. */
bool session_wait(struct member *m, bool (*done)(void *), void *arg, int timeout_ms, int interrupts)
{
    struct session *s = m->session;
    struct member_wait w = {s, done, arg, interrupts ? s->interrupts + interrupts : 0};
    int64_t end = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;
    bool was = s->busy;
    s->busy = true;
    for (int stopped = 0; stopped < 2;) {
        int64_t left = s->nheld && timeout_ms >= 0 ? timeout_ms : end - now_ms(); /* the learner takes their time */
        if (left <= 0 || loop_run_until(s->loop, member_wait_is_over, &w, left < 250 ? (int)left : 250))
            break;
        stopped = member_is_stopped(m) ? stopped + 1 : 0;
    }
    s->busy = was;
    return done(arg);
}
