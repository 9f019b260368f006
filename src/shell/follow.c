/* Following both sides' /procs, and what the views are made from.
 *
 * The session says which /proc is which side's; a container that mounts, unmounts or loses its /proc changes that at
 * any moment. Two mounts of proc are two devices, so device numbers tell whether a watch still looks at the right one.
 */
#include "base/text.h"
#include "proc/procfs.h"
#include "session/watch.h"
#include "shell/private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FOLLOW_CARE_ALL 256 /* up to so many processes each one's state is looked at again */

static void follow_on_change(void *arg)
{
    shell_changed(arg);
}

static void follow_one(struct shell *sh, struct shell_proc *p, int fd)
{
    struct stat st = {0};
    if (fd >= 0 && fstat(fd, &st) < 0)
        fd = -1;
    if (p->watch && p->fd == fd && p->dev == st.st_dev)
        return;
    watch_free(p->watch);
    p->watch = fd >= 0 ? watch_new(sh->loop, fd, follow_on_change, sh) : NULL;
    p->fd = p->watch ? fd : -1;
    p->dev = st.st_dev;
}

void shell_follow(struct shell *sh)
{
    bool running = session_running(sh->session);
    sh->container_why = "no stage is running";
    follow_one(sh, &sh->host, running ? session_host_proc(sh->session) : -1);
    follow_one(sh, &sh->container, running ? session_container_proc(sh->session, &sh->container_why) : -1);
}

void shell_unfollow(struct shell *sh)
{
    follow_one(sh, &sh->host, -1);
    follow_one(sh, &sh->container, -1);
}

/* What to look at closely. */

static bool follow_descends(const struct tasks *set, const struct task *t, pid_t root)
{
    for (int depth = 0; t && depth < 64; depth++) {
        if (t->pid == root || t->ppid == root)
            return true;
        t = tasks_find(set, t->ppid);
    }
    return false;
}

static void follow_care(const struct shell *sh, struct watch *w, pid_t root)
{
    const struct tasks *set = watch_tasks(w);
    autofree pid_t *pids = xcalloc(set->n + 1, sizeof *pids);
    size_t n = 0;
    for (size_t i = 0; i < set->n; i++) {
        const struct task *t = &set->v[i];
        if (!t->died_ms && (set->n <= FOLLOW_CARE_ALL || t->pid == sh->victim || t->pid == sh->selected ||
                            (root && follow_descends(set, t, root))))
            pids[n++] = t->pid;
    }
    watch_care(w, pids, n);
}

void shell_scan(struct shell *sh)
{
    shell_follow(sh);
    if (sh->host.watch)
        watch_scan(sh->host.watch);
    if (sh->container.watch)
        watch_scan(sh->container.watch);
}

/* The views' input. */

static pid_t follow_victim(struct shell *sh)
{
    const char *text = session_var(sh->session, SIDE_HOST, "victim");
    long pid = text ? strtol(text, NULL, 10) : 0;
    return pid > 0 && pid < 1L << 30 ? (pid_t)pid : 0;
}

static pid_t follow_pid(const struct actor *who)
{
    return who && who->state != ACTOR_DEAD ? who->host_pid : 0;
}

/* The machine's process pid, as the stage's host numbers it; 0: gone, or not in there. */
static pid_t follow_number(const struct shell *sh, pid_t pid)
{
    struct task t = {.pid = pid};
    if (session_stage(sh->session) != STAGE_PRACTICE)
        return pid;
    return pid && task_read_status(procfs_self(), &t) && t.nspids > 1 ? t.nspid[1] : 0;
}

/* The process through whose eyes the container column looks, when it is not the side's actor. */
static pid_t follow_witness(const struct shell *sh)
{
    const struct actor *who = session_side_actor(sh->session, SIDE_CONTAINER);
    pid_t witness = session_witness(sh->session);
    return who && who->pid == witness ? 0 : witness;
}

/* What the session started: all below the host side's actor, and what its reaper got since. The practice host's daemons
 * have the same reaper, but were there first. */
static void follow_ours(struct shell *sh, const struct tasks *host)
{
    sh->nours = 0;
    pid_t actor = follow_pid(session_actor(sh->session, 1));
    if (actor)
        sh->ours[sh->nours++] = actor;
    for (size_t i = 0; host && i < host->n && sh->nours < COUNT(sh->ours); i++)
        if (host->v[i].ppid == sh->root && host->v[i].born_ms && host->v[i].pid != actor)
            sh->ours[sh->nours++] = host->v[i].pid;
}

/* The column shows the practice host's pids and the container's; the third one, the machine's, is said once. */
static void follow_host_title(struct shell *sh, bool running)
{
    bool practice = session_stage(sh->session) == STAGE_PRACTICE;
    int at = snprintf(sh->host_title, sizeof sh->host_title, "host: %s", practice ? "practice host" : "this machine");
    if (running && practice)
        snprintf(sh->host_title + at, sizeof sh->host_title - (size_t)at, ", %d outside",
                 (int)session_root_pid(sh->session));
}

/* Whose eyes: the side's own actor's, or those of what a program has put into a container of its own making. */
static void follow_container_title(struct shell *sh, bool running)
{
    struct task t = {.pid = running ? follow_witness(sh) : 0};
    autostr struct str name = {0};
    const char *usual = session_stage(sh->session) == STAGE_MACHINE ? "container" : "container: its own /proc";
    snprintf(sh->container_title, sizeof sh->container_title, "%s", usual);
    if (!t.pid || !task_read_stat(procfs_self(), t.pid, &t) || !task_read_status(procfs_self(), &t))
        return;
    text_sanitise(&name, t.comm, strlen(t.comm), TEXT_LINE);
    snprintf(sh->container_title, sizeof sh->container_title, "container: seen by %d (%s)", (int)t.nspid[t.nspids - 1],
             str_c(&name));
}

/* In /proc a watched process that waits in slow motion looks like one that job control has stopped. */
static void follow_standing(struct shell *sh, struct view_input *in)
{
    const struct watched *held;
    const pid_t *stopped;
    size_t n = session_stopped(sh->session, &stopped);
    for (size_t i = 0; i < COUNT(sh->held) && (held = session_held_at(sh->session, i)); i++)
        sh->held[in->nheld++] = held->host_pid;
    for (size_t i = 0; i < n && i < COUNT(sh->stopped); i++)
        sh->stopped[in->nstopped++] = follow_number(sh, stopped[i]);
    in->held = sh->held;
    in->stopped = sh->stopped;
}

static void follow_unseen(struct shell *sh, struct view_input *in)
{
    const struct session_span *span;
    size_t n = session_quiet_spans(sh->session, &span);
    for (size_t i = 0; i < n && i < COUNT(sh->unseen); i++)
        sh->unseen[i] = (struct view_span){span[i].from_ms, span[i].to_ms};
    in->unseen = sh->unseen;
    in->nunseen = n < COUNT(sh->unseen) ? n : COUNT(sh->unseen);
}

void shell_view_input(struct shell *sh, struct view_input *in, int max_rows)
{
    bool running = session_running(sh->session);
    shell_follow(sh);
    *in = (struct view_input){.host_procfd = -1, .container_procfd = -1, .max_rows = max_rows};
    follow_host_title(sh, running);
    follow_container_title(sh, running);
    in->host_title = sh->host_title;
    in->container_title = sh->container_title;
    in->container_why = sh->container_why;
    if (!running)
        return;
    sh->victim = follow_victim(sh);
    sh->root = session_stage(sh->session) == STAGE_PRACTICE ? 1 : session_warden_pid(sh->session);
    if (sh->host.watch) {
        follow_care(sh, sh->host.watch, sh->root);
        in->host = watch_tasks(sh->host.watch);
        in->host_procfd = watch_procfd(sh->host.watch);
    }
    if (sh->container.watch) {
        follow_care(sh, sh->container.watch, 0);
        in->container = watch_tasks(sh->container.watch);
        in->container_procfd = watch_procfd(sh->container.watch);
    }
    if (sh->selected && in->host && !tasks_find(in->host, sh->selected))
        sh->selected = 0;
    in->driven = follow_pid(session_driven(sh->session));
    pid_t witness = follow_number(sh, follow_witness(sh));
    in->container_pid = witness ? witness : follow_pid(session_side_actor(sh->session, SIDE_CONTAINER));
    const struct watched *held = session_held(sh->session); /* it is what everybody looks at */
    in->selected = sh->selected                                               ? sh->selected
                   : held && in->host && tasks_find(in->host, held->host_pid) ? held->host_pid
                                                                              : 0;
    in->victims = &sh->victim;
    in->nvictims = sh->victim ? 1 : 0;
    follow_ours(sh, in->host);
    in->ours = sh->ours;
    in->nours = sh->nours;
    follow_standing(sh, in);
    follow_unseen(sh, in);
}

/* Moves in the order of the rows. From nothing, the container's process is where one looks first. */
void shell_select(struct shell *sh, int delta)
{
    struct view_input in;
    _cleanup_(view_rows_free)
    struct view_rows rows = {0};
    if (delta == 0) {
        sh->selected = 0;
        shell_changed(sh);
        return;
    }
    shell_view_input(sh, &in, 0);
    sh->view->rows(&in, SIDE_HOST, &rows);
    pid_t from = sh->selected ? sh->selected : in.container_pid;
    long at = -1, n = (long)rows.n;
    for (long i = 0; i < n; i++)
        if (rows.v[i].here == from && from)
            at = i;
    for (long i = at + delta; i >= 0 && i<n; i += delta> 0 ? 1 : -1)
        if (rows.v[i].here && !(rows.v[i].marks & (MARK_FOLDED | MARK_NOTE))) {
            sh->selected = rows.v[i].here;
            break;
        }
    shell_changed(sh);
}
