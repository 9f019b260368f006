/* The warden's process: it starts stages, ends them, and outlives porthole just long enough to clean up.
 *
 * Order matters when porthole has died. First the terminal, since a person sits in front of it; then the processes;
 * then the cgroups, which can be removed only when they are empty. */
#include "actor/wire.h"
#include "base/fork.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/title.h"
#include "session/cgroup.h"
#include "session/stage.h"
#include "session/terminal.h"
#include "session/warden_private.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARDEN_STAGES   8
#define WARDEN_NAMES    8 /* to be removed */
#define WARDEN_MAX_PIDS 2000
#define WARDEN_PATIENCE 3000 /* ms for porthole to notice a hang-up before it is ended */
#define WARDEN_BUILD_MS 15000
#define WARDEN_ROUNDS   2000 /* looks at what will not end, before it is left alone: about ten seconds */

struct warden_stage {
    int number; /* 0: free */
    enum stage_kind kind;
    pid_t pid;
    bool ending, answer; /* being killed; somebody waits to hear of the end */
};

/* The process' own state: static, so that cleaning up allocates nothing. */
static struct {
    int control, children, porthole; /* socket, /proc/self/task/TID/children, pidfd of porthole */
    const struct rootfs *image;
    int image_tar;
    struct warden_stage stage[WARDEN_STAGES];
    int numbers;
    struct cgroup cgroup;
    bool has_cgroup;
    struct terminal_saved terminal;
    bool screen_up;
    struct warden_name {
        int dir, flags;
        char name[64];
    } names[WARDEN_NAMES];
    int nnames;
} warden;

static void warden_on_signal(int sig)
{
    (void)sig;
}

static struct warden_stage *warden_find(int number)
{
    for (int i = 0; i < WARDEN_STAGES; i++)
        if (warden.stage[i].number == number)
            return &warden.stage[i];
    return NULL;
}

/* The stage whose first process is pid. */
static struct warden_stage *warden_stage_of(pid_t pid)
{
    for (int i = 0; i < WARDEN_STAGES; i++)
        if (warden.stage[i].number && warden.stage[i].pid == pid)
            return &warden.stage[i];
    return NULL;
}

/* Our children, as text that warden_next_child() reads: anew from the start, with the descriptor that is open since the
 * beginning. More than fit come in the next round. */
static char *warden_children(char *text, size_t size)
{
    ssize_t n = pread(warden.children, text, size - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    char *last = n == (ssize_t)size - 1 ? strrchr(text, ' ') : NULL;
    if (last) /* do not take a pid that was cut for a whole one */
        last[1] = '\0';
    return text;
}

static pid_t warden_next_child(char **at)
{
    char *end;
    long pid = strtol(*at, &end, 10);
    bool found = end != *at && pid > 0;
    *at = end;
    return found ? (pid_t)pid : 0;
}

/* Kills every child but the first processes of live practice stages. Children of the killed come to us next, and are
 * killed in the next round. */
static void warden_kill_children(void)
{
    char text[8192], *at = warden_children(text, sizeof text);
    for (pid_t pid; (pid = warden_next_child(&at));) {
        const struct warden_stage *s = warden_stage_of(pid);
        if (!s || s->ending)
            kill(pid, SIGKILL); /* our own unreaped child: its number cannot have been given away */
    }
}

static void warden_kill(struct warden_stage *s)
{
    s->ending = true;
    if (s->kind == STAGE_REAL && warden.has_cgroup)
        cgroup_kill(&warden.cgroup);
    if (s->pid > 0)
        kill(s->pid, SIGKILL);
    if (s->kind != STAGE_PRACTICE)
        warden_kill_children();
}

/* Is there a child besides the first processes of live stages? */
static bool warden_has_strays(void)
{
    char text[4096], *at = warden_children(text, sizeof text);
    for (pid_t pid; (pid = warden_next_child(&at));)
        if (!warden_stage_of(pid))
            return true;
    return false;
}

static bool warden_is_over(const struct warden_stage *s)
{
    if (s->pid > 0)
        return false;
    if (s->kind == STAGE_PRACTICE)
        return true; /* PID 1 of a namespace is reaped only after all its processes are gone */
    bool populated = s->kind == STAGE_REAL && warden.has_cgroup && cgroup_populated(&warden.cgroup);
    return !warden_has_strays() && !populated;
}

static void warden_answer_end(struct warden_stage *s)
{
    struct warden_answer a = {.stage = s->number};
    if (s->answer)
        wire_send_bytes(warden.control, &a, sizeof a, NULL, 0);
    *s = (struct warden_stage){0};
}

static void warden_reap(void)
{
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        struct warden_stage *s = warden_stage_of(pid);
        if (s)
            s->pid = 0;
    }
}

/* One round of work on stages that are being ended. Returns true while there is one. */
static bool warden_press_on(void)
{
    bool busy = false;
    warden_reap();
    for (int i = 0; i < WARDEN_STAGES; i++) {
        struct warden_stage *s = &warden.stage[i];
        if (!s->number || !s->ending)
            continue;
        if (warden_is_over(s)) {
            warden_answer_end(s);
            continue;
        }
        warden_kill(s);
        busy = true;
    }
    return busy;
}

/* Most things end at once, the rest takes its time. */
static void warden_pause(int round)
{
    poll(NULL, 0, round < 50 ? 1 : 5);
}

/* Waits until every stage that is being ended is over, at most some seconds. */
static void warden_settle(void)
{
    for (int round = 0; round < WARDEN_ROUNDS && warden_press_on(); round++)
        warden_pause(round);
}

static void warden_want_cgroup(void)
{
    if (warden.has_cgroup || geteuid() != 0)
        return;
    char name[64];
    snprintf(name, sizeof name, "porthole-%d-%lx", (int)getpid(), (unsigned long)time(NULL));
    cgroup_make(&warden.cgroup, name, WARDEN_MAX_PIDS);
    warden.has_cgroup = warden.cgroup.unified.path[0] || warden.cgroup.pids.path[0];
}

static void warden_answer_start(struct warden_answer *a)
{
    snprintf(a->cgroups, sizeof a->cgroups, "%s%s%s", warden.cgroup.unified.path,
             warden.cgroup.pids.path[0] ? "\n" : "", warden.cgroup.pids.path);
    a->limited = warden.cgroup.limited;
    wire_send_bytes(warden.control, a, sizeof *a, NULL, 0);
}

/* Lets the stage's first process go on when it is held (ids mapped, cgroup joined), and hears how the building went. */
static bool warden_attend(enum stage_kind kind, pid_t pid, int report, struct stage_report *r)
{
    outcome_set(&r->outcome, EIO, "stage: its first process ended before it was ready", NULL, "see `porthole doctor`");
    if (kind == STAGE_PRACTICE && !stage_practice_map(pid, &r->outcome))
        return false;
    if (kind == STAGE_REAL && warden.has_cgroup)
        cgroup_join(&warden.cgroup, pid);
    if (!wire_send_bytes(report, "g", 1, NULL, 0))
        return false;
    struct pollfd p = {.fd = report, .events = POLLIN};
    int n;
    while ((n = poll(&p, 1, WARDEN_BUILD_MS)) < 0 && errno == EINTR)
        ;
    struct outcome early = r->outcome;
    if (n > 0 && recv(report, r, sizeof *r, 0) == sizeof *r)
        return r->ready;
    r->outcome = early;
    return false;
}

static void warden_start(const struct warden_request *q, int *fds)
{
    struct warden_answer a = {.stage = -1};
    struct warden_stage *s = warden_find(0);
    int pair[2] = {-1, -1};
    if (!s || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        outcome_set(&a.outcome, s ? errno : EAGAIN, "stage: start", NULL, NULL);
        warden_answer_start(&a);
        return;
    }
    if (q->stage_kind != STAGE_PRACTICE)
        warden_settle(); /* two such stages would share one cgroup and one reaper: ending the old would end the new */
    if (q->stage_kind == STAGE_REAL) {
        warden_want_cgroup();
        warden_answer_start(&(struct warden_answer){.stage = 0}); /* should we be killed while it is built */
    }
    struct stage_plan plan = {.kind = q->stage_kind,
                              .watched = q->watched,
                              .image = warden.image,
                              .image_tar = warden.image_tar,
                              .control = fds[0],
                              .pty = fds[1],
                              .report = pair[1]};
    struct stage_report report = {0};
    static pid_t (*const forks[])(const struct stage_plan *plan, struct outcome *o) = {
        [STAGE_PRACTICE] = stage_practice_fork, [STAGE_REAL] = stage_real_fork, [STAGE_MACHINE] = stage_machine_fork};
    pid_t pid = forks[q->stage_kind](&plan, &a.outcome);
    close_fd(&pair[1]);
    if (pid > 0) {
        *s = (struct warden_stage){.number = ++warden.numbers, .kind = q->stage_kind, .pid = pid};
        if (warden_attend(q->stage_kind, pid, pair[0], &report)) {
            a.stage = s->number;
            a.pid = pid;
            memcpy(a.lab, report.lab, sizeof a.lab);
        } else {
            a.outcome = report.outcome;
            warden_kill(s);
        }
    }
    close_fd(&pair[0]);
    warden_answer_start(&a);
}

static _Noreturn void warden_finish(void)
{
    if (warden.screen_up)
        terminal_restore(&warden.terminal);
    for (int i = 0; i < warden.nnames; i++)
        unlinkat(warden.names[i].dir, warden.names[i].name, warden.names[i].flags);
    for (int i = 0; i < WARDEN_STAGES; i++)
        if (warden.stage[i].number)
            warden_kill(&warden.stage[i]);
    for (int round = 0; round < WARDEN_ROUNDS && (warden_press_on() || warden_has_strays()); round++) {
        warden_kill_children();
        warden_pause(round);
    }
    for (int round = 0; warden.has_cgroup && round < 500 && !cgroup_remove(&warden.cgroup); round++)
        poll(NULL, 0, 2);
    _exit(0);
}

/* Those that are not there any more are no concern. */
static void warden_drop_names(void)
{
    struct stat st;
    int kept = 0;
    for (int i = 0; i < warden.nnames; i++) {
        struct warden_name *n = &warden.names[i];
        if (fstatat(n->dir, n->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            warden.names[kept++] = *n;
        else
            close_fd(&n->dir);
    }
    warden.nnames = kept;
}

/* The directory's descriptor is kept until then. */
static void warden_keep_name(const struct warden_request *q, int *dir)
{
    warden_drop_names();
    if (*dir < 0 || warden.nnames == WARDEN_NAMES)
        return;
    struct warden_name *n = &warden.names[warden.nnames++];
    *n = (struct warden_name){.dir = steal_fd(dir), .flags = q->flags};
    memcpy(n->name, q->name, sizeof n->name);
    n->name[sizeof n->name - 1] = '\0';
}

static void warden_request(void)
{
    struct warden_request q;
    int fds[WIRE_FDS];
    ssize_t n = wire_receive_bytes(warden.control, &q, sizeof q, MSG_DONTWAIT, fds, NULL);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        warden_finish();
    if (n != sizeof q)
        return;
    struct warden_stage *s = q.stage > 0 ? warden_find(q.stage) : NULL;
    switch (q.kind) {
    case WARDEN_START:
        warden_start(&q, fds);
        break;
    case WARDEN_END:
        if (s) {
            s->answer = q.wait;
            warden_kill(s);
        } else if (q.wait) {
            struct warden_answer a = {.stage = q.stage}; /* over already */
            wire_send_bytes(warden.control, &a, sizeof a, NULL, 0);
        }
        break;
    case WARDEN_UNLINK:
        warden_keep_name(&q, &fds[0]);
        break;
    case WARDEN_BYE: /* said, not only hung up: a fork of porthole may still hold the socket */
        warden_finish();
    case WARDEN_SCREEN_UP:
        terminal_note_raw(&warden.terminal);
        warden.screen_up = true;
        break;
    case WARDEN_SCREEN_DOWN:
        warden.screen_up = false;
        break;
    }
    for (int i = 0; i < WIRE_FDS; i++)
        close_fd(&fds[i]);
}

static void warden_signals(void)
{
    struct sigaction quiet = {.sa_handler = warden_on_signal};
    static const int harmless[] = {SIGINT,  SIGQUIT, SIGHUP,  SIGTERM, SIGPIPE, SIGTSTP,
                                   SIGTTIN, SIGTTOU, SIGCHLD, SIGUSR1, SIGUSR2};
    forked_reset_signals();
    for (size_t i = 0; i < COUNT(harmless); i++)
        sigaction(harmless[i], &quiet, NULL); /* handlers, not SIG_IGN: our children start clean */
}

/* The terminal hung up: porthole should quit by itself. If it does not, it is ended. */
static int warden_hangup(int64_t *since, int64_t now)
{
    if (!*since)
        *since = now;
    if (now - *since < WARDEN_PATIENCE)
        return 200;
    if (warden.porthole >= 0)
        syscall(SYS_pidfd_send_signal, warden.porthole, SIGKILL, NULL, 0);
    return 200;
}

static _Noreturn void warden_main(void)
{
    int64_t hung = 0;
    for (;;) {
        bool watch_tty = warden.screen_up && warden.terminal.fd >= 0 && !hung;
        struct pollfd p[2] = {{.fd = warden.control, .events = POLLIN}, {.fd = watch_tty ? warden.terminal.fd : -1}};
        int wait = warden_press_on() ? 2 : -1;
        if (hung)
            wait = warden_hangup(&hung, now_ms());
        int n = poll(p, 2, wait);
        if (n > 0 && p[0].revents)
            warden_request();
        if (n > 0 && (p[1].revents & (POLLHUP | POLLERR)))
            hung = now_ms();
    }
}

_Noreturn void warden_become(int control, const struct rootfs *image, int image_tar, pid_t porthole)
{
    char path[64];
    setsid();
    title_set("warden");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    warden.terminal = *terminal_saved();
    warden.control = control;
    warden.image = image;
    warden.image_tar = image_tar;
    warden.children = open(path, O_RDONLY | O_CLOEXEC);
    warden.porthole = (int)syscall(SYS_pidfd_open, porthole, 0);
    const int keep[] = {control, image_tar, warden.children, warden.porthole, warden.terminal.fd};
    forked_keep(keep, COUNT(keep));
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2 && null >= 0; fd++)
        if (fd != warden.terminal.fd)
            dup2(null, fd);
    warden_signals();
    warden_main();
}
