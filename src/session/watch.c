/* The session's end of the watcher: who is watched, what of the events is told, which calls wait.
 *
 * The witness. A program that was started on the container side may put itself, or a child, into namespaces or a root
 * of its own, as unshare(1) and container runtimes do. From then on the container column looks through that process:
 * they form a stack, the innermost on top, and one that ends is taken out. */
#include "session/watch.h"
#include "base/mem.h"
#include "proc/procfs.h"
#include "session/private.h"
#include "session/why.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The held calls. */

struct watch_held {
    struct watched pub;
    char *text;
    char program[16];
};

static void held_remove(struct session *s, uint64_t call)
{
    for (size_t i = 0; i < s->nheld; i++) {
        if (s->held[i]->pub.call != call)
            continue;
        free(s->held[i]->text);
        free(s->held[i]);
        memmove(s->held + i, s->held + i + 1, (--s->nheld - i) * sizeof *s->held);
        return;
    }
}

static void held_add(struct session *s, const struct watched *w)
{
    struct watch_held *h = xcalloc(1, sizeof *h);
    h->pub = *w;
    h->pub.text = h->text = xstrdup(w->text);
    snprintf(h->program, sizeof h->program, "%s", w->program);
    h->pub.program = h->program;
    h->pub.reason = "";
    GROW(s->held, s->nheld, s->capheld);
    s->held[s->nheld++] = h;
}

static void held_clear(struct session *s)
{
    while (s->nheld)
        held_remove(s, s->held[0]->pub.call);
}

/* One answer may have let go several. */
static void held_review(struct session *s)
{
    for (size_t i = s->nheld; i-- > 0;)
        if (!watcher_holds(s->watcher, s->held[i]->pub.call))
            held_remove(s, s->held[i]->pub.call);
}

const struct watched *session_held(const struct session *s)
{
    return s->nheld ? &s->held[0]->pub : NULL;
}

size_t session_nheld(const struct session *s)
{
    return s->nheld;
}

const struct watched *session_held_at(const struct session *s, size_t i)
{
    return i < s->nheld ? &s->held[i]->pub : NULL;
}

void session_go(struct session *s, enum slow_go how)
{
    uint64_t call = s->nheld ? s->held[0]->pub.call : 0;
    if (!s->watcher)
        return;
    watcher_go(s->watcher, call, how);
    held_review(s);
    if (s->events.changed)
        s->events.changed(s->events.arg);
}

void session_refuse(struct session *s, int err)
{
    uint64_t call = s->nheld ? s->held[0]->pub.call : 0;
    if (!s->watcher || !call)
        return;
    held_remove(s, call);
    watcher_refuse(s->watcher, call, err);
    if (s->events.changed)
        s->events.changed(s->events.arg);
}

void watch_cancel(struct session *s)
{
    if (!s->watcher || s->slow == SLOW_OFF)
        return;
    held_clear(s);
    watcher_refuse_all(s->watcher, EINTR);
}

void session_set_slow(struct session *s, enum slow mode)
{
    s->slow = mode;
    if (mode == SLOW_OFF)
        held_clear(s);
    if (s->watcher)
        watcher_slow(s->watcher, mode);
}

enum slow session_slow(const struct session *s)
{
    return s->slow;
}

/* The witness. */

static void witness_push(struct session *s, pid_t pid)
{
    for (size_t i = 0; i < s->nwitness; i++)
        if (s->witness[i] == pid)
            return;
    if (s->nwitness == COUNT(s->witness)) /* the oldest are the outermost */
        memmove(s->witness, s->witness + 1, --s->nwitness * sizeof *s->witness);
    s->witness[s->nwitness++] = pid;
}

static void witness_gone(struct session *s, pid_t pid)
{
    for (size_t i = 0; i < s->nwitness; i++)
        if (s->witness[i] == pid)
            memmove(s->witness + i, s->witness + i + 1, (--s->nwitness - i) * sizeof *s->witness);
}

static void witness_forked(struct session *s, pid_t parent, pid_t child)
{
    static const char *const kinds[] = {"pid", "mnt", "user"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        uint64_t there = procfs_ns(procfs_self(), child, kinds[i]);
        if (there && there != procfs_ns(procfs_self(), parent, kinds[i])) {
            witness_push(s, child);
            return;
        }
    }
}

static void witness_follow(struct session *s, const struct watcher_event *e)
{
    const struct actor *who = session_actor(s, e->actor);
    if (e->kind == WATCHER_EXIT)
        witness_gone(s, e->pid);
    if (!who || (who->side != SIDE_CONTAINER && s->kind != STAGE_MACHINE))
        return;
    if (e->kind == WATCHER_FORK)
        witness_forked(s, e->pid, e->child);
    else if (e->kind == WATCHER_CALL && e->returned && e->ret >= 0 && e->row->op == OP_SYSCALL &&
             e->row->flags & (CALL_CHANGES_ROOT | CALL_CHANGES_NS))
        witness_push(s, e->pid);
}

pid_t session_witness(const struct session *s)
{
    const struct member *m = s->driven[SIDE_CONTAINER];
    if (s->nwitness)
        return s->witness[s->nwitness - 1];
    return m && m->pub.state != ACTOR_DEAD ? m->pub.pid : 0;
}

/* The stopped. */

static void stopped_set(struct session *s, pid_t pid, bool stopped)
{
    size_t at = 0;
    while (at < s->nstopped && s->stopped[at] != pid)
        at++;
    if (at < s->nstopped && !stopped) {
        s->stopped[at] = s->stopped[--s->nstopped];
    } else if (at == s->nstopped && stopped) {
        GROW(s->stopped, s->nstopped, s->capstopped);
        s->stopped[s->nstopped++] = pid;
    } else {
        return;
    }
    if (s->events.changed)
        s->events.changed(s->events.arg);
}

bool session_is_stopped(const struct session *s, pid_t pid)
{
    for (size_t i = 0; i < s->nstopped; i++)
        if (s->stopped[i] == pid)
            return true;
    return false;
}

size_t session_stopped(const struct session *s, const pid_t **pids)
{
    *pids = s->stopped;
    return s->nstopped;
}

/* The events. */

static void watch_fill(const struct session *s, const struct watcher_event *e, struct watched *w)
{
    static const enum watched_kind kinds[] = {[WATCHER_HELD] = WATCHED_HELD,
                                              [WATCHER_CALL] = WATCHED_CALL,
                                              [WATCHER_EXIT] = WATCHED_EXIT,
                                              [WATCHER_LOST] = WATCHED_LOST};
    *w = (struct watched){.kind = kinds[e->kind],
                          .call = e->call,
                          .who = session_actor((struct session *)(uintptr_t)s, e->actor),
                          .tid = e->tid,
                          .pid = e->pid,
                          .host_pid = s->kind == STAGE_PRACTICE ? e->second : e->pid,
                          .own_pid = e->own,
                          .program = e->program,
                          .row = e->row,
                          .text = e->text  ? e->text
                                  : e->row ? e->row->name
                                           : "",
                          .returned = e->returned,
                          .ret = e->ret,
                          .err = e->err,
                          .denied = e->denied,
                          .reason = e->reason ? e->reason : "",
                          .search = e->search,
                          .why = e->why ? e->why : "",
                          .why_all = e->why_all ? e->why_all : ""};
}

static void watch_changed(struct session *s, const struct watcher_event *e)
{
    const unsigned visible =
        CALL_CHANGES_ROOT | CALL_CHANGES_NS | CALL_CHANGES_CREDS | CALL_CHANGES_MOUNTS | CALL_TASKS;
    bool news = e->kind != WATCHER_CALL || (e->row->flags & visible);
    if (news && s->events.changed)
        s->events.changed(s->events.arg);
}

static void watch_tell(void *arg, const struct watcher_event *e)
{
    struct session *s = arg;
    struct watched w;
    if (e->kind != WATCHER_LOST && e->stage != s->stage)
        return;
    if (e->kind == WATCHER_CALL)
        held_remove(s, e->call);
    if (e->kind != WATCHER_LOST)
        witness_follow(s, e);
    if (e->kind == WATCHER_STOP || e->kind == WATCHER_CONTINUE || e->kind == WATCHER_EXIT)
        stopped_set(s, e->pid, e->kind == WATCHER_STOP);
    if (e->kind == WATCHER_FORK || e->kind == WATCHER_STOP || e->kind == WATCHER_CONTINUE)
        return;
    watch_fill(s, e, &w);
    if (e->kind == WATCHER_HELD && !s->events.held) {
        watcher_go(s->watcher, e->call, GO_ONE);
    } else if (e->kind == WATCHER_HELD && watcher_holds(s->watcher, e->call)) {
        held_add(s, &w);
        s->events.held(s->events.arg, session_held(s));
    } else if (e->kind != WATCHER_HELD && !e->quiet && s->events.watched) {
        s->events.watched(s->events.arg, &w);
    }
    watch_changed(s, e);
}

void watch_flush(struct session *s)
{
    if (s->watched)
        watcher_flush(s->watcher);
}

/* The stage. */

static int watch_refused(struct session *s, const struct outcome *o)
{
    autostr struct str text = {0};
    outcome_print(&text, o);
    snprintf(s->unwatched, sizeof s->unwatched, "%s", str_c(&text));
    return -1;
}

bool session_watches(const struct session *s, const char **why)
{
    if (why)
        *why = s->watched ? "" : s->unwatched;
    return s->watched;
}

void watch_open(struct session *s)
{
    struct outcome o = {0};
    s->watcher = watcher_new(s->loop, watch_tell, s, &o);
    if (!s->watcher)
        watch_refused(s, &o);
}

void watch_close(struct session *s)
{
    held_clear(s);
    free(s->held);
    free(s->stopped);
    s->held = NULL;
    s->stopped = NULL;
    watcher_free(s->watcher);
    s->watcher = NULL;
}

static bool watch_is_filtered(void *arg)
{
    const struct member *m = arg;
    return m->filtered || m->ended;
}

static int watch_send_filter(struct session *s, struct member *m, struct outcome *o)
{
    const struct str *filter = watcher_filter(s->watcher);
    if (filter->len > WIRE_TEXT)
        return outcome_set(o, E2BIG, "load the tracer's filter", NULL, NULL);
    s->out.head = (struct wire_head){.kind = WIRE_FILTER, .text_len = (uint32_t)filter->len};
    memcpy(s->out.text, filter->s, filter->len);
    m->filtered = false;
    if (!wire_send(m->control, &s->out, NULL, 0))
        return outcome_set(o, errno, "load the tracer's filter", m->pub.name, NULL);
    loop_run_until(s->loop, watch_is_filtered, m, 5000);
    return 0;
}

/* On the machine the actor has no capabilities but the user's. seccomp(2) then asks for no_new_privs, which all that it
 * starts inherits. */
static void watch_renounce(struct session *s, struct member *m)
{
    struct call_error e;
    struct outcome o;
    struct call *c = call_parse("prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)", NULL, &e);
    s->out.head = (struct wire_head){.kind = WIRE_CALL};
    s->no_new_privs = c && call_marshal(c, &s->out.image, &o) && session_exchange(s, m, NULL, 0, &o) == 0 &&
                      m->replied && s->reply.ret == 0;
    call_free(c);
}

static int watch_filter(struct session *s, struct member *m, struct outcome *o)
{
    int failed = watch_send_filter(s, m, o);
    if (!failed && s->kind == STAGE_MACHINE && m->filter_err == EACCES) {
        watch_renounce(s, m);
        failed = watch_send_filter(s, m, o);
    }
    if (failed)
        return failed;
    if (!m->filtered || m->filter_err)
        return outcome_set(o, m->filter_err, "seccomp(SECCOMP_SET_MODE_FILTER)", NULL,
                           "the kernel, or a container engine, allows no filters here");
    return 0;
}

void watch_stage(struct session *s, struct member *host)
{
    struct outcome o = {0};
    s->watched = s->no_new_privs = false;
    s->nwitness = s->nstopped = 0;
    held_clear(s);
    if (!s->watcher)
        return;
    struct watcher_place where = {why_stage_of(s), s->place};
    if (watcher_take(s->watcher, host->pub.pid, s->stage, host->pub.id, &where, &o) < 0 ||
        watch_filter(s, host, &o) < 0) {
        watch_refused(s, &o);
        return;
    }
    s->watched = true;
    s->unwatched[0] = '\0';
    watcher_slow(s->watcher, s->slow);
}

void watch_actor(struct session *s, const struct member *m)
{
    if (s->watched)
        watcher_name(s->watcher, m->pub.pid, m->pub.id);
}

void watch_command(struct session *s, const struct member *m, bool quiet)
{
    if (!s->watched)
        return;
    watcher_hush(s->watcher, m->pub.id, quiet);
    if (s->slow != SLOW_OFF)
        watcher_stop_again(s->watcher);
}

bool watch_is_stopped(const struct session *s, pid_t pid)
{
    return !s->watched || watcher_is_stopped(s->watcher, pid);
}
