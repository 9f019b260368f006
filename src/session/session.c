/* A session's life: start a stage, its two first actors, calls, variables for the prompt, the end. What an actor's
 * descriptors say is in members.c, shell commands are in run.c. */
#include "base/mem.h"
#include "proc/procfs.h"
#include "session/private.h"
#include "session/stage.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct session *session_new(struct loop *l, const struct rootfs *image, struct outcome *o)
{
    autofd int tar = memfd_create("image.tar", MFD_CLOEXEC);
    if (tar < 0) {
        outcome_set(o, errno, "memfd_create", "image.tar", NULL);
        return NULL;
    }
    if (!rootfs_write_tar(image, tar, o))
        return NULL;
    (void)rootfs_dynamic(); /* found before the fork, so that the stages need not look again */
    struct session *s = xcalloc(1, sizeof *s);
    s->loop = l;
    s->image = image;
    s->host_proc = s->container_proc = -1;
    s->warden = warden_new(image, tar, o);
    s->image_tar = steal_fd(&tar);
    receipt_begin(s);
    if (!s->warden) {
        close_fd(&s->image_tar);
        free(s);
        return NULL;
    }
    return s;
}

void session_set_events(struct session *s, const struct session_events *ev)
{
    s->events = *ev;
}

void session_set_patience(struct session *s, int ms)
{
    s->patience = ms;
}

bool session_busy(const struct session *s)
{
    return s->busy;
}

void session_screen(struct session *s, bool up)
{
    warden_screen(s->warden, up);
}

/* ---- starting and stopping ---- */

static void session_forget_members(struct session *s)
{
    for (size_t i = 0; i < s->nmembers; i++)
        member_free(s->member[i]);
    s->nmembers = 0;
    s->last_id = 0;
    s->driven[SIDE_HOST] = s->driven[SIDE_CONTAINER] = NULL;
    for (int side = 0; side < 2; side++)
        vars_clear(&s->vars[side]);
    int *procs[] = {&s->host_proc, &s->container_proc};
    for (size_t i = 0; i < COUNT(procs); i++)
        close_fd(procs[i]);
}

/* Ends the current stage. */
static void session_end_stage(struct session *s, bool wait)
{
    if (!s->stage)
        return;
    warden_stage_end(s->warden, s->stage, wait);
    s->stage = 0;
    s->root = 0;
    session_forget_members(s);
}

void session_stop(struct session *s)
{
    session_end_stage(s, true);
}

void session_free(struct session *s)
{
    if (!s)
        return;
    session_end_stage(s, true);
    session_forget_members(s);
    warden_free(s->warden);
    close_fd(&s->image_tar);
    str_free(&s->receipt_before);
    for (size_t i = 0; i < s->nuts; i++)
        close(s->uts[i]);
    free(s->uts);
    free(s);
}

/* The variables every block of a lesson may use. */
static void session_standard_vars(struct session *s)
{
    char path[96];
    snprintf(path, sizeof path, "%s/rootfs", s->lab);
    session_set_var(s, "lab", s->lab);
    session_set_var(s, "rootfs", path);
    session_set_var(s, "dynamic", rootfs_dynamic());
    session_set_var(s, "dynamic_loader", rootfs_dynamic_loader());
    session_set_var(s, "dynamic_libs", rootfs_dynamic_libs());
}

static bool session_fork_container(struct session *s, struct outcome *o)
{
    struct call_error e;
    struct call *c = call_parse("fork()", NULL, &e);
    struct call_image image;
    struct actor *child = NULL;
    int failed =
        c ? session_call(s, &s->member[0]->pub, c, &image, &child, o) : outcome_set(o, EINVAL, e.text, NULL, NULL);
    call_free(c);
    if (failed || !child) {
        if (!failed)
            outcome_set(o, image.err, "fork the container side's actor", NULL, NULL);
        return false;
    }
    return true;
}

/* For the receipt. A UTS namespace costs the kernel some hundred bytes, while a mount namespace would keep the lab. */
static void session_remember_stage(struct session *s, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/uts", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    GROW(s->uts, s->nuts, s->caputs);
    s->uts[s->nuts++] = fd;
}

static int session_lose(struct session *s, bool started)
{
    if (started)
        session_end_stage(s, true);
    session_forget_members(s);
    return -1;
}

int session_start(struct session *s, enum stage_kind kind, struct outcome *o)
{
    if (s->busy)
        return outcome_set(o, EBUSY, "start a stage: a command is still running", NULL, "press ^C first");
    session_end_stage(s, false);
    session_forget_members(s);
    s->kind = kind;
    int ends[2];
    struct member *host = member_add(s, "host", SIDE_HOST, 0, ends, o);
    if (!host)
        return session_lose(s, false);
    int stage = warden_stage_start(s->warden, kind, ends[0], ends[1], &s->root, s->lab, o);
    close(ends[0]);
    close(ends[1]);
    if (stage < 0)
        return session_lose(s, false);
    s->stage = stage;
    if (!member_greet(host, o))
        return session_lose(s, true);
    s->host_proc = kind == STAGE_REAL ? dup(procfs_self()) : procfs_of(host->pub.pid);
    if (s->host_proc < 0) {
        outcome_set(o, errno, "open the host side's /proc", NULL, NULL);
        return session_lose(s, true);
    }
    s->mntns = procfs_ns(procfs_self(), host->pub.pid, "mnt");
    session_remember_stage(s, host->pub.pid);
    s->driven[SIDE_HOST] = host;
    session_standard_vars(s);
    if (!session_fork_container(s, o))
        return session_lose(s, true);
    s->side = SIDE_CONTAINER;
    return 0;
}

bool session_running(const struct session *s)
{
    return s->stage > 0;
}

enum stage_kind session_stage(const struct session *s)
{
    return s->kind;
}

const char *session_stage_words(const struct session *s)
{
    if (s->kind == STAGE_PRACTICE)
        return "This is the practice stage: \"host\" is a disposable practice host made of namespaces, with processes "
               "and files of its own. You are root in it and nowhere else. Break what you like: a new one takes the "
               "blink of an eye (:reset).";
#define REAL_WORDS(signals)                                                                                            \
    "This is the real stage: \"host\" is this machine, with its true process tree. Its files are read-only here but "  \
    "for the lab directory and /tmp, " signals ", and what could hurt the machine is switched off. That guards "       \
    "against accidents, not against intent."
    if (stage_can_scope_signals())
        return REAL_WORDS("signals reach only what this session started");
    return REAL_WORDS("this kernel cannot keep the signals of programs inside the session (Landlock, Linux 6.12: mind "
                      "what you kill)");
#undef REAL_WORDS
}

bool session_limits_processes(const struct session *s)
{
    return s->kind == STAGE_PRACTICE || warden_limits_pids(s->warden);
}

pid_t session_warden_pid(const struct session *s)
{
    return warden_pid(s->warden);
}

pid_t session_root_pid(const struct session *s)
{
    return s->root;
}

/* ---- actors ---- */

size_t session_actors(const struct session *s, const struct actor **out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < s->nmembers && n < max; i++)
        out[n++] = &s->member[i]->pub;
    return n;
}

struct actor *session_actor(struct session *s, int id)
{
    for (size_t i = 0; i < s->nmembers; i++)
        if (s->member[i]->pub.id == id)
            return &s->member[i]->pub;
    return NULL;
}

struct actor *session_side_actor(const struct session *s, enum side side)
{
    return s->driven[side] ? &s->driven[side]->pub : NULL;
}

struct actor *session_driven(const struct session *s)
{
    return session_side_actor(s, s->side);
}

bool session_drive(struct session *s, int id, struct outcome *o)
{
    struct actor *a = session_actor(s, id);
    if (!a || a->state == ACTOR_DEAD) {
        outcome_set(o, ESRCH, a ? "that actor is dead" : "there is no such actor", a ? a->name : "",
                    ":actors lists them");
        return false;
    }
    s->driven[a->side] = member_of(a);
    s->side = a->side;
    if (s->events.changed)
        s->events.changed(s->events.arg);
    return true;
}

void session_set_side(struct session *s, enum side side)
{
    s->side = side;
    if (s->events.changed)
        s->events.changed(s->events.arg);
}

enum side session_side(const struct session *s)
{
    return s->side;
}

/* ---- calls ---- */

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
    autostr struct str safe = {0};
    text_sanitise(&safe, base, strlen(base), TEXT_LINE);
    snprintf(m->pub.program, sizeof m->pub.program, "%s", str_c(&safe));
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
    bool first = s->last_id == 1; /* the stage's own second actor */
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
    if (row->op == OP_EXECVE)
        session_give_environment(s, m, (struct call *)(uintptr_t)c);
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
    if (row->flags & (CALL_CHANGES_NS | CALL_CHANGES_CREDS | CALL_TASKS))
        member_refresh(m);
    if (s->events.changed)
        s->events.changed(s->events.arg);
    return 0;
}

/* As the terminal's ^C does it, except where that would hit the actor itself: its group is in the foreground before a
 * command's is, and always when it closed its descriptor 0. */
static void session_interrupt_terminal(struct member *m)
{
    pid_t group = -1;
    if (ioctl(m->master, TIOCGPGRP, &group) == 0 && group == m->pub.pid && m->spawn_pidfd >= 0)
        syscall(SYS_pidfd_send_signal, m->spawn_pidfd, SIGINT, NULL, 0);
    else
        (void)!write(m->master, "\003", 1); /* the line discipline signals the foreground group */
}

void session_give_up(struct session *s)
{
    s->given_up = true;
    session_interrupt(s);
}

void session_interrupt(struct session *s)
{
    s->interrupts++;
    for (size_t i = 0; i < s->nmembers; i++) {
        struct member *m = s->member[i];
        if (m->pub.state == ACTOR_CALLING && m->pidfd >= 0)
            syscall(SYS_pidfd_send_signal, m->pidfd, SIGUSR2, NULL, 0);
        bool program = m->pub.state == ACTOR_PROGRAM && m == s->driven[s->side];
        if (m->spawn_pidfd >= 0 || program)
            session_interrupt_terminal(m);
    }
}

/* ---- what presenters ask ---- */

int session_host_proc(struct session *s)
{
    return s->host_proc;
}

int session_container_proc(struct session *s, const char **why)
{
    struct member *m = s->driven[SIDE_CONTAINER];
    int fd = m && m->pub.state != ACTOR_DEAD ? procfs_of(m->pub.pid) : -1;
    if (!m || m->pub.state == ACTOR_DEAD)
        errno = ESRCH;
    if (fd < 0) {
        *why = errno == ENODEV   ? "nothing is mounted on /proc in the container: ps would find no process there"
               : errno == ENOENT ? "the container's root has no directory /proc"
               : errno == ESRCH  ? "the process that the container side drove is gone"
                                 : "the container's /proc cannot be read from here";
        close_fd(&s->container_proc);
        return -1;
    }
    struct stat now, old;
    if (s->container_proc >= 0 && fstat(fd, &now) == 0 && fstat(s->container_proc, &old) == 0 &&
        now.st_dev == old.st_dev) {
        close(fd);
        return s->container_proc;
    }
    close_fd(&s->container_proc);
    return s->container_proc = fd;
}

const char *session_cwd(struct session *s, enum side side)
{
    struct member *m = s->driven[side];
    char link[64], root[512], cwd[512];
    if (!m || m->pub.state == ACTOR_DEAD)
        return "?";
    snprintf(link, sizeof link, "/proc/%d/root", (int)m->pub.pid);
    ssize_t nroot = readlink(link, root, sizeof root - 1);
    snprintf(link, sizeof link, "/proc/%d/cwd", (int)m->pub.pid);
    ssize_t ncwd = readlink(link, cwd, sizeof cwd - 1);
    if (nroot < 0 || ncwd < 0)
        return "?";
    root[nroot] = cwd[ncwd] = '\0';
    if (nroot == 1)
        nroot = 0;
    bool inside = !strncmp(cwd, root, (size_t)nroot) && (cwd[nroot] == '/' || !cwd[nroot]);
    autostr struct str safe = {0};
    const char *shown = inside ? cwd + nroot : cwd;
    text_sanitise(&safe, *shown ? shown : "/", strlen(*shown ? shown : "/"), TEXT_LINE);
    snprintf(s->cwd, sizeof s->cwd, "%s%.480s", inside ? "" : "(outside) ", str_c(&safe));
    return s->cwd;
}
