/* Shell commands on a side, and input for programs.
 *
 * Each command is a child of the side's actor: `/bin/sh -c` in whatever root and namespaces that actor has now. What a
 * shell would keep between two commands, variables, $! and the working directory, comes back through descriptor 9 and
 * goes into the next command's environment, respectively into the actor by chdir. */
#include "base/mem.h"
#include "session/private.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Everything assigned is exported (set -a), so that it survives. Descriptor 9 is closed for the command itself.
 * The script travels in the environment: ps(1) then shows the command, not us. */
static const char run_script[] =
    "porthole=unset porthole\n"
    "porthole_from=$PWD\n"
    "set -a\n"
    "eval \"$1\" 9>&-\n"
    "porthole_status=$?\n"
    "set +a\n"
    "{ echo \"$!\"; porthole_to=$PWD\n"
    "if [ \"$porthole_to\" = \"$porthole_from\" ]; then echo; else echo \"$porthole_to\"; fi\n"
    "export -p; } 2>/dev/null >&9\n"
    "exit $porthole_status\n";

/* Names that are set anew for every command, or belong to the shell. */
static bool run_is_own_name(const char *name)
{
    static const char *const own[] = {"PS1",  "PS2",       "PROMPT_COMMAND", "PWD",  "OLDPWD", "SHLVL",    "_",
                                      "TERM", "container", "host",           "PPID", "IFS",    "SUDO_PS1", "SUDO_USER"};
    for (size_t i = 0; i < COUNT(own); i++)
        if (!strcmp(own[i], name))
            return true;
    return !strncmp(name, "porthole_", 9);
}

void session_env_refresh(struct session *s, const struct member *m)
{
    static const char *const fixed[][2] = {
        /* What our end of the pty understands. */
        {"TERM", "dumb"},
        {"PS1", "\036P$?\036"},
        {"PS2", "\036>\036"},
        {"PROMPT_COMMAND", "PS1='\036P'$?'\036'"}, /* bash: its rc files overwrite PS1 */
        /* Who one is on a stage of our own. */
        {"USER", "root"},
        {"LOGNAME", "root"},
        {"SHELL", "/bin/sh"},
    };
    struct vars *vars = &s->vars[m->pub.side];
    char number[16];
    bool users = s->kind == STAGE_MACHINE;
    for (size_t i = 0; i < (users ? 4 : COUNT(fixed)); i++)
        vars_set(vars, fixed[i][0], fixed[i][1]);
    if (users)
        return;
    if (!vars_get(vars, "PATH"))
        vars_set(vars, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    if (!vars_get(vars, "HOME"))
        vars_set(vars, "HOME", m->pub.side == SIDE_HOST ? s->lab : "/root");
    static const char *const names[] = {"host", "container"};
    for (int side = 0; side < 2; side++) {
        snprintf(number, sizeof number, "%d", s->driven[side] ? (int)s->driven[side]->pub.host_pid : 0);
        vars_set(vars, names[side], number);
    }
}

const char *session_var(struct session *s, enum side side, const char *name)
{
    if (s->driven[side])
        session_env_refresh(s, s->driven[side]);
    const char *value = vars_get(&s->vars[side], name);
    return value ? value : vars_get(&s->vars[!side], name);
}

void session_set_var(struct session *s, const char *name, const char *value)
{
    autofree char *copy = xstrdup(value); /* it may be one of ours */
    for (int side = 0; side < 2; side++)
        vars_set(&s->vars[side], name, copy);
}

/* The request. */

/* Every command is a shell of its own, which knows no $!: the last one's number is put in its place, up to where the
 * command starts something in the background itself. Not inside single quotes. */
static char *run_with_bang(struct session *s, const struct member *m, const char *command)
{
    const char *bang = vars_get(&s->vars[m->pub.side], "!");
    struct str out = {0};
    bool quoted = false, own = !bang;
    for (const char *p = command; *p; p++) {
        if (*p == '\\' && p[1] && !quoted) {
            str_addn(&out, p++, 2);
            continue;
        }
        quoted ^= *p == '\'';
        bool redirection = p > command && (p[-1] == '>' || p[-1] == '<' || p[-1] == '&');
        own |= *p == '&' && p[1] != '&' && p[1] != '>' && !redirection && !quoted;
        if (!own && !quoted && p[0] == '$' && p[1] == '!') {
            str_add(&out, bang);
            p++;
        } else
            str_addc(&out, *p);
    }
    return str_steal(&out);
}

static bool run_compose(struct session *s, struct member *m, const char *line)
{
    autofree char *command = run_with_bang(s, m, line);
    struct wire_message *out = &s->out;
    struct vars *vars = &s->vars[m->pub.side];
    out->head = (struct wire_head){.kind = WIRE_SPAWN};
    const char *const args[] = {"/bin/sh", "-c", "eval \"$porthole\"", "sh", command};
    bool ok = true;
    for (size_t i = 0; i < COUNT(args); i++)
        ok = ok && wire_add(out, args[i], &out->head.nargs);
    session_env_refresh(s, m);
    for (size_t i = 0; i < vars->n; i++)
        ok = ok && (*vars->v[i] == '!' || wire_add(out, vars->v[i], &out->head.nenv));
    return ok && wire_add(out, run_script, &out->head.nenv);
}

/* While it runs. */

struct run {
    struct member *m;
    int state_fd;     /* what the shell would keep; read while it runs, since a pipe holds 64 kB */
    struct str state; /* ... as far as it has come */
    int status_fd;    /* says hello, then exec's failure or its end */
    int exec_err;
    bool exec_known;
};

static void run_on_status(void *arg, int fd, short revents)
{
    struct run *r = arg;
    static struct wire_message in;
    pid_t sender;
    int got = wire_receive(fd, &in, MSG_DONTWAIT, NULL, &sender);
    if (got > 0 && in.head.kind == WIRE_HELLO && r->m->spawn_pidfd < 0)
        r->m->spawn_pidfd = (int)syscall(SYS_pidfd_open, sender, 0);
    else if (got > 0 && in.head.kind == WIRE_SPAWNED)
        r->exec_err = in.head.err;
    else if (got == 0 || (got < 0 && errno != EAGAIN)) {
        r->exec_known = true;
        loop_unwatch(r->m->session->loop, fd);
    }
}

static bool run_is_spawned(void *arg)
{
    struct run *r = arg;
    struct member *m = r->m;
    return m->ended || (m->spawned && (m->spawn_err || r->exec_known));
}

static bool run_is_over(void *arg)
{
    struct run *r = arg;
    return r->m->exited || r->m->prompt || r->m->ended || r->m->pub.state == ACTOR_DEAD;
}

/* ^C first, unless it came often enough, then SIGKILL. */
static void run_end_it(struct session *s, struct run *r, bool insisted)
{
    if (!insisted)
        session_interrupt(s);
    if (!insisted && session_wait(r->m, run_is_over, r, 500, SESSION_INSISTS))
        return;
    if (r->m->spawn_pidfd >= 0)
        syscall(SYS_pidfd_send_signal, r->m->spawn_pidfd, SIGKILL, NULL, 0);
    session_wait(r->m, run_is_over, r, 2000, SESSION_INSISTS);
}

/* What it leaves. */

static void run_chdir(struct session *s, struct member *m, const char *path)
{
    struct str text = {0};
    str_add(&text, "chdir(\"");
    for (; *path; path++)
        str_addf(&text, *path == '"' || *path == '\\' ? "\\%c" : "%c", *path);
    str_add(&text, "\")");
    struct call_error e;
    struct call *c = call_parse(str_c(&text), NULL, &e);
    struct outcome o;
    s->out.head = (struct wire_head){.kind = WIRE_CALL};
    if (c && call_marshal(c, &s->out.image, &o))
        session_exchange(s, m, NULL, 0, &o);
    call_free(c);
    str_free(&text);
}

static void run_take_state(struct session *s, struct member *m, char *text, unsigned flags)
{
    char *bang = text, *cwd = strchr(bang, '\n');
    char *rest = cwd ? strchr(cwd + 1, '\n') : NULL;
    if (!rest)
        return; /* the command ended the shell (exit, a syntax error): nothing came back */
    *cwd++ = '\0';
    *rest++ = '\0';
    autostr struct str too_long = {0};
    if (flags & RUN_EXPORT)
        vars_read_export(&s->vars[!m->pub.side], rest, run_is_own_name, NULL);
    vars_read_export(&s->vars[m->pub.side], rest, run_is_own_name, &too_long);
    if (too_long.len)
        member_emit(m, too_long.s, too_long.len);
    if (*bang)
        vars_set(&s->vars[m->pub.side], "!", bang);
    if (*cwd && m->pub.state == ACTOR_WAITING)
        run_chdir(s, m, cwd);
}

#define RUN_STATE_MAX (1024 * 1024) /* a command that writes to its descriptor 9 for ever is not read for ever */

static void run_on_state(void *arg, int fd, short revents)
{
    struct run *r = arg;
    char buf[8192];
    ssize_t n = 0;
    while (r->state.len < RUN_STATE_MAX && (n = read(fd, buf, sizeof buf)) > 0)
        str_addn(&r->state, buf, (size_t)n);
    if (r->state.len >= RUN_STATE_MAX || n == 0 || (errno != EAGAIN && errno != EINTR)) {
        loop_unwatch(r->m->session->loop, fd);
        close_fd(&r->state_fd);
    }
}

/* The command showed a prompt: it is an interactive shell, and the actor waits for it. */
static void run_became_shell(struct member *m)
{
    m->pub.state = ACTOR_PROGRAM;
    m->pub.nested = true;
    snprintf(m->pub.program, sizeof m->pub.program, "sh");
}

static int run_start(struct session *s, struct run *r, const char *command, struct outcome *o)
{
    struct member *m = r->m;
    int status[2], state[2];
    if (!run_compose(s, m, command))
        return outcome_set(o, E2BIG, "run a command: it and the variables are too long", NULL,
                           s->kind == STAGE_MACHINE ? "porthole trace --plain has no such limit" : NULL);
    if (!wire_pair(status))
        return outcome_set(o, errno, "run a command: socketpair", NULL, NULL);
    if (pipe2(state, O_CLOEXEC) < 0) {
        close(status[0]);
        close(status[1]);
        return outcome_set(o, errno, "run a command: pipe", NULL, NULL);
    }
    fcntl(state[0], F_SETFL, O_NONBLOCK);
    m->spawned = m->exited = m->prompt = false;
    m->spawn_err = 0;
    m->spawn_pid = 0;
    close_fd(&m->spawn_pidfd);
    tcflush(m->slave, TCIFLUSH); /* what an earlier program did not read is not for this one */
    r->status_fd = status[0];
    loop_watch(s->loop, status[0], POLLIN, run_on_status, r);
    bool sent = wire_send(m->control, &s->out, (int[]){status[1], state[1]}, 2);
    close(status[1]);
    close(state[1]);
    r->state_fd = state[0];
    loop_watch(s->loop, state[0], POLLIN, run_on_state, r);
    if (!sent)
        return outcome_set(o, errno, "reach the actor", m->pub.name, ":reset rebuilds the stage");
    session_wait(m, run_is_spawned, r, 5000, SESSION_INSISTS);
    if (m->spawn_err)
        return outcome_set(o, m->spawn_err, "fork a child for the command", m->pub.name, NULL);
    if (r->exec_err)
        return outcome_set(o, r->exec_err, "execve", "/bin/sh",
                           r->exec_err == ENOENT ? "this root has no /bin/sh, or its loader is missing" : NULL);
    return m->spawned ? 0 : session_refuse_silence(m, o);
}

size_t session_quiet_spans(const struct session *s, const struct session_span **v)
{
    *v = s->quiet;
    return s->nquiet < COUNT(s->quiet) ? s->nquiet : COUNT(s->quiet);
}

static struct session_span *run_quiet_begins(struct session *s)
{
    struct session_span *span = &s->quiet[s->nquiet++ % COUNT(s->quiet)];
    *span = (struct session_span){now_ms(), 0};
    return span;
}

int session_run(struct session *s, struct actor *who, const char *command, unsigned flags, int timeout_ms,
                struct str *capture, int *status, struct outcome *o)
{
    struct member *m = member_of(who);
    struct run r = {.m = m, .status_fd = -1, .state_fd = -1};
    if (session_ready(m, o) < 0)
        return -1;
    m->quiet = flags & RUN_QUIET;
    struct session_span *span = m->quiet ? run_quiet_begins(s) : NULL;
    m->capture = capture;
    watch_command(s, m, m->quiet);
    int failed = run_start(s, &r, command, o);
    if (!failed) {
        int limit = timeout_ms > 0 ? timeout_ms : s->patience > 0 ? s->patience : -1;
        int presses = s->interrupts;
        if (!session_wait(m, run_is_over, &r, limit, SESSION_INSISTS))
            run_end_it(s, &r, s->interrupts - presses >= SESSION_INSISTS);
        member_drain(m);
        if (r.state_fd >= 0)
            run_on_state(&r, r.state_fd, POLLIN);
        if (r.state.len)
            run_take_state(s, m, r.state.s, flags);
        *status = m->exited ? m->exit_status : -1;
        if (!run_is_over(&r) && member_is_stopped(m))
            failed = session_refuse_silence(m, o);
        if (!m->exited && m->prompt && m->pub.state == ACTOR_WAITING)
            run_became_shell(m);
    } else
        member_drain(m);
    int *fds[] = {&r.status_fd, &r.state_fd};
    for (size_t i = 0; i < COUNT(fds); i++)
        if (*fds[i] >= 0) {
            loop_unwatch(s->loop, *fds[i]);
            close_fd(fds[i]);
        }
    str_free(&r.state);
    if (!m->pub.nested)
        close_fd(&m->spawn_pidfd);
    watch_flush(s);
    m->quiet = false;
    m->capture = NULL;
    if (span)
        span->to_ms = now_ms();
    if (s->events.changed)
        s->events.changed(s->events.arg);
    return failed;
}

/* Input for programs. */

struct input {
    struct member *m;
    int quiet_ms;
};

static bool input_is_over(void *arg)
{
    struct input *in = arg;
    struct member *m = in->m;
    if (m->prompt || m->continued || m->pub.state != ACTOR_PROGRAM)
        return true;
    return in->quiet_ms > 0 && !m->session->nheld && now_ms() - m->output_ms > in->quiet_ms;
}

static void input_tick(void *arg)
{
}

/* Does the program edit the line itself (and so repeat it)? Then its terminal is not in canonical mode, or echoes. */
static bool input_is_echoed(const struct member *m)
{
    struct termios t;
    return tcgetattr(m->slave, &t) == 0 && (!(t.c_lflag & ICANON) || (t.c_lflag & ECHO));
}

int session_input(struct session *s, struct actor *who, const char *line, int quiet_ms, struct str *capture,
                  int *status, struct outcome *o)
{
    struct member *m = member_of(who);
    struct input in = {m, m->is_shell ? 0 : quiet_ms > 0 ? quiet_ms : 300};
    if (s->busy)
        return outcome_set(o, EBUSY, "a command is still running", NULL, "press ^C to interrupt it");
    if (who->state != ACTOR_PROGRAM)
        return outcome_set(o, ESRCH, "no program reads there", who->name, NULL);
    autofree char *text = xasprintf("%s\n", line);
    m->capture = capture;
    m->quiet = capture != NULL;
    m->prompt = m->continued = false;
    m->output_ms = now_ms();
    m->echo = *line && input_is_echoed(m) ? line : NULL;
    m->echo_tail = !*line && input_is_echoed(m);
    *status = -1;
    watch_command(s, m, m->quiet);
    ssize_t n = write(m->master, text, strlen(text));
    if (n != (ssize_t)strlen(text)) {
        int err = n < 0 ? errno : E2BIG;
        tcflush(m->slave, TCIFLUSH); /* not half a line */
        m->echo = NULL;
        m->capture = NULL;
        m->quiet = m->echo_tail = false;
        return outcome_set(o, err, "write to the program's terminal", who->name,
                           err == E2BIG ? "a terminal takes about 4000 bytes at a time"
                                        : "it does not read its input; ^C ends it");
    }
    int tick = in.quiet_ms ? loop_timer(s->loop, in.quiet_ms + 5, input_tick, NULL) : 0;
    if (!session_wait(m, input_is_over, &in, s->patience > 0 ? s->patience : -1, SESSION_INSISTS)) {
        session_interrupt(s);
        session_wait(m, input_is_over, &in, 1000, SESSION_INSISTS);
    }
    loop_cancel(s->loop, tick);
    if (m->prompt)
        *status = W_EXITCODE(m->prompt_status, 0);
    if (m->pub.state != ACTOR_PROGRAM || !in.quiet_ms)
        member_drain(m);
    watch_flush(s);
    member_end_echo(m);
    m->capture = NULL;
    m->quiet = false;
    if (s->events.changed)
        s->events.changed(s->events.arg);
    return 0;
}
