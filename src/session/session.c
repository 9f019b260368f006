/* A session's life: starting a stage with its two first actors, the end, and what may be asked about it. What the sides
 * drive is in session_sides.c, their calls are in session_call.c, shell commands in run.c; what an actor's descriptors
 * say, in members.c. */
#include "base/mem.h"
#include "proc/procfs.h"
#include "session/private.h"
#include "session/stage.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The image as a tar, for the warden's stages. -1 with *o. */
static int session_image_tar(const struct rootfs *image, struct outcome *o)
{
    autofd int tar = memfd_create("image.tar", MFD_CLOEXEC);
    if (tar < 0)
        return outcome_set(o, errno, "memfd_create", "image.tar", NULL);
    if (!rootfs_write_tar(image, tar, o))
        return -1;
    (void)rootfs_dynamic(); /* found before the fork, so that the stages need not look again */
    return steal_fd(&tar);
}

struct session *session_new(struct loop *l, const struct rootfs *image, struct outcome *o)
{
    autofd int tar = image ? session_image_tar(image, o) : -1;
    if (image && tar < 0)
        return NULL;
    struct session *s = xcalloc(1, sizeof *s);
    s->loop = l;
    s->image = image;
    s->host_proc = s->container_proc = -1;
    s->warden = warden_new(image, tar, o);
    s->image_tar = steal_fd(&tar);
    receipt_begin(s);
    if (!s->warden) {
        receipt_end(s);
        close_fd(&s->image_tar);
        free(s);
        return NULL;
    }
    watch_open(s);
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

void session_idle(struct session *s, int ms)
{
    loop_once(s->loop, ms);
}

void session_screen(struct session *s, bool up)
{
    warden_screen(s->warden, up);
}

void session_unlink_at_end(struct session *s, int dir, const char *name, int flags)
{
    warden_unlink(s->warden, dir, name, flags);
}

static void session_forget_members(struct session *s)
{
    pty_lose(s);
    for (size_t i = 0; i < s->nmembers; i++)
        member_free(s->member[i]);
    s->nmembers = 0;
    s->nwitness = 0;
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
    watch_close(s);
    warden_free(s->warden);
    close_fd(&s->image_tar);
    receipt_end(s);
    free(s->plan);
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

/* On the machine the user's own are left as they are. */
static void session_users_vars(struct session *s)
{
    struct vars *vars = &s->vars[SIDE_HOST];
    for (char **v = environ; v && *v; v++) {
        autofree char *name = xstrndup(*v, strcspn(*v, "="));
        if (*name && (*v)[strlen(name)] == '=')
            vars_set(vars, name, *v + strlen(name) + 1);
        vars->room += strlen(*v) + 1;
    }
    vars->room += VARS_ROOM;
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

/* For the receipt. A UTS namespace costs the kernel some hundred bytes, while a mount namespace would keep the lab. Of
 * very many stages the first are forgotten: a descriptor for each would use them up. */
static void session_remember_stage(struct session *s, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/uts", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (s->nuts == SESSION_REMEMBERED) {
        close(s->uts[0]);
        memmove(s->uts, s->uts + 1, --s->nuts * sizeof *s->uts);
    }
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

static int session_build(struct session *s, enum stage_kind kind, struct outcome *o)
{
    s->kind = kind;
    int ends[2];
    struct member *host = member_add(s, "host", SIDE_HOST, 0, ends, o);
    if (!host)
        return session_lose(s, false);
    int stage = warden_stage_start(s->warden, kind, s->watcher, ends[0], ends[1], &s->root, s->lab, o);
    close(ends[0]);
    close(ends[1]);
    if (stage < 0)
        return session_lose(s, false);
    s->stage = stage;
    if (!member_greet(host, o))
        return session_lose(s, true);
    s->host_proc = kind == STAGE_PRACTICE ? procfs_of(host->pub.pid) : fcntl(procfs_self(), F_DUPFD_CLOEXEC, 3);
    if (s->host_proc < 0) {
        outcome_set(o, errno, "open the host side's /proc", NULL, NULL);
        return session_lose(s, true);
    }
    guard_place_fill(&s->place, kind, s->lab, host->pub.pid, warden_pid(s->warden));
    s->driven[SIDE_HOST] = host;
    s->side = kind == STAGE_MACHINE ? SIDE_HOST : SIDE_CONTAINER;
    watch_stage(s, host);
    if (kind == STAGE_MACHINE) {
        session_users_vars(s);
        return 0;
    }
    session_remember_stage(s, host->pub.pid);
    session_standard_vars(s);
    return session_fork_container(s, o) ? 0 : session_lose(s, true);
}

/* A stage that will be watched leaves some refusals to the guard. Where watching then fails another stage is built,
 * that keeps them to itself. */
int session_start(struct session *s, enum stage_kind kind, struct outcome *o)
{
    if (s->busy)
        return outcome_set(o, EBUSY, "start a stage: a command is still running", NULL, "press ^C first");
    if (!s->image && kind != STAGE_MACHINE)
        return outcome_set(o, EINVAL, "start a stage: there is no image", NULL, NULL);
    session_end_stage(s, false);
    session_forget_members(s);
    bool watch = s->watcher;
    if (session_build(s, kind, o) < 0)
        return -1;
    if (!watch || s->watched)
        return 0;
    session_end_stage(s, true);
    watch_close(s);
    return session_build(s, kind, o);
}

bool session_running(const struct session *s)
{
    return s->stage > 0;
}

enum stage_kind session_stage(const struct session *s)
{
    return s->kind;
}

/* Short: on a small screen they stand below the first call that waits. */
#define MACHINE_WORDS                                                                                                  \
    "This is your own machine, and nothing here is guarded. What programs leave running ends with porthole."
#define MACHINE_NO_NEW_PRIVS                                                                                           \
    " Without root, no_new_privs is set: setuid programs (sudo, ping, newuidmap) do not become root."

const char *session_stage_words(const struct session *s)
{
    if (s->kind == STAGE_MACHINE)
        return s->no_new_privs ? MACHINE_WORDS MACHINE_NO_NEW_PRIVS : MACHINE_WORDS;
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
    return s->kind == STAGE_PRACTICE || (s->kind == STAGE_REAL && warden_limits_pids(s->warden));
}

pid_t session_warden_pid(const struct session *s)
{
    return warden_pid(s->warden);
}

pid_t session_root_pid(const struct session *s)
{
    return s->root;
}
