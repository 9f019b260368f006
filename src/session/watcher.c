/* The tracer's thread, its mailbox and its queue. What it makes of the stops is in watcher_judge.c.
 *
 * Requests are functions that the thread runs between two stops; the caller waits until that is done, so that what a
 * request says holds for everything the session does next. Events go the other way without waiting: a list under a
 * lock, and an eventfd that wakes the session's loop. Should the session not keep up (a fork bomb), the list stops
 * growing and the number of those that were left out is told. */
#include "base/mem.h"
#include "session/watcher_private.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define WATCHER_QUEUE  8192 /* events that wait at most */
#define WATCHER_NAP_MS 4
#define WATCHER_TURN   256 /* events told before the loop's other descriptors get their turn */

/* The mailbox. */

static void watcher_ask(struct watcher *w, void (*run)(struct watcher *, void *), void *arg)
{
    pthread_mutex_lock(&w->lock);
    w->request = run;
    w->request_arg = arg;
    (void)eventfd_write(w->bell, 1);
    while (w->request)
        pthread_cond_wait(&w->answered, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

static void watcher_on_bell(void *arg, int fd, short revents)
{
    struct watcher *w = arg;
    eventfd_t rung;
    (void)eventfd_read(fd, &rung);
    pthread_mutex_lock(&w->lock);
    void (*request)(struct watcher *, void *) = w->request;
    pthread_mutex_unlock(&w->lock);
    if (!request)
        return;
    request(w, w->request_arg);
    pthread_mutex_lock(&w->lock);
    w->request = NULL;
    pthread_cond_signal(&w->answered);
    pthread_mutex_unlock(&w->lock);
}

static void *watcher_thread(void *arg)
{
    struct watcher *w = arg;
    w->loop = loop_new();
    loop_watch(w->loop, w->bell, POLLIN, watcher_on_bell, w);
    while (!w->over)
        loop_once(w->loop, -1);
    loop_free(w->loop);
    return NULL;
}

/* The queue. */

static void event_free(struct watcher_event *e)
{
    free(e->text);
    free(e->reason);
    free(e->why);
    free(e->why_all);
    free(e);
}

void watcher_push(struct watcher *w, const struct watcher_event *e)
{
    bool wake = false, full;
    pthread_mutex_lock(&w->lock);
    full = w->waiting >= WATCHER_QUEUE && e->kind != WATCHER_HELD;
    if (full) {
        w->lost++;
    } else {
        struct watcher_event *copy = xmalloc(sizeof *copy);
        *copy = *e;
        *w->last = copy;
        w->last = &copy->next;
        w->waiting++;
        wake = !w->napping || e->kind == WATCHER_HELD;
        w->napping = true;
    }
    pthread_mutex_unlock(&w->lock);
    if (wake)
        (void)eventfd_write(w->news, 1);
    if (full) {
        free(e->text);
        free(e->reason);
        free(e->why);
        free(e->why_all);
    }
}

bool watcher_is_flooded(struct watcher *w)
{
    pthread_mutex_lock(&w->lock);
    bool full = w->waiting >= WATCHER_QUEUE;
    pthread_mutex_unlock(&w->lock);
    return full;
}

static struct watcher_event *watcher_pop(struct watcher *w, int64_t *lost)
{
    pthread_mutex_lock(&w->lock);
    struct watcher_event *e = w->first;
    if (e) {
        w->first = e->next;
        w->waiting--;
    }
    if (!w->first)
        w->last = &w->first;
    *lost = e ? 0 : w->lost;
    w->lost -= *lost;
    pthread_mutex_unlock(&w->lock);
    return e;
}

/* false: there was none. */
static bool watcher_tell_one(struct watcher *w)
{
    int64_t lost;
    struct watcher_event *e = watcher_pop(w, &lost);
    if (lost)
        w->tell(w->arg, &(struct watcher_event){.kind = WATCHER_LOST, .ret = lost});
    if (!e)
        return false;
    w->tell(w->arg, e);
    event_free(e);
    return true;
}

void watcher_flush(struct watcher *w)
{
    for (int i = 0; i < 2 * WATCHER_QUEUE && watcher_tell_one(w); i++)
        ;
}

/* After some news the session is not woken for more, but looks again by itself a moment later: a program that makes
 * calls in a row would wake it for each. */
static void watcher_look(void *arg)
{
    struct watcher *w = arg;
    int told = 0;
    w->look = 0;
    while (told < WATCHER_TURN && watcher_tell_one(w))
        told++;
    pthread_mutex_lock(&w->lock);
    w->napping = told > 0 || w->waiting > 0;
    bool again = w->napping;
    pthread_mutex_unlock(&w->lock);
    if (again)
        w->look = loop_timer(w->main, told == WATCHER_TURN ? 0 : WATCHER_NAP_MS, watcher_look, w);
}

static void watcher_on_news(void *arg, int fd, short revents)
{
    struct watcher *w = arg;
    eventfd_t n;
    (void)eventfd_read(fd, &n);
    loop_cancel(w->main, w->look);
    watcher_look(w);
}

/* Start and end. */

struct watcher_start {
    struct outcome *o;
    bool failed;
};

static void watcher_open(struct watcher *w, void *arg)
{
    struct watcher_start *start = arg;
    w->tracer = tracer_new(w->loop, &watcher_events, w, start->o);
    start->failed = !w->tracer || !trace_filter(&w->filter, start->o);
}

static void watcher_close(struct watcher *w, void *arg)
{
    tracer_free(w->tracer);
    w->tracer = NULL;
    w->over = true;
}

static bool watcher_start(struct watcher *w, struct outcome *o)
{
    sigset_t all, child, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&w->thread, NULL, watcher_thread, w);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_sigmask(SIG_BLOCK, &child, NULL);
    if (failed) {
        outcome_set(o, failed, "start the tracer: pthread_create", NULL, NULL);
        return false;
    }
    struct watcher_start start = {.o = o};
    watcher_ask(w, watcher_open, &start);
    if (!start.failed)
        return true;
    watcher_ask(w, watcher_close, NULL);
    pthread_join(w->thread, NULL);
    return false;
}

static void watcher_dispose(struct watcher *w)
{
    int *fds[] = {&w->bell, &w->news};
    for (size_t i = 0; i < COUNT(fds); i++)
        close_fd(fds[i]);
    for (struct watcher_event *e = w->first, *next; e; e = next) {
        next = e->next;
        event_free(e);
    }
    str_free(&w->filter);
    free(w->held);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->answered);
    free(w);
}

struct watcher *watcher_new(struct loop *l, void (*tell)(void *arg, const struct watcher_event *e), void *arg,
                            struct outcome *o)
{
    struct watcher *w = xcalloc(1, sizeof *w);
    *w = (struct watcher){.tell = tell, .arg = arg, .main = l, .bell = -1, .news = -1};
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->answered, NULL);
    w->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->bell < 0 || w->news < 0)
        outcome_set(o, errno, "start the tracer: eventfd", NULL, NULL);
    if (w->bell < 0 || w->news < 0 || !watcher_start(w, o)) {
        watcher_dispose(w);
        return NULL;
    }
    loop_watch(l, w->news, POLLIN, watcher_on_news, w);
    return w;
}

void watcher_free(struct watcher *w)
{
    if (!w)
        return;
    watcher_ask(w, watcher_close, NULL);
    pthread_join(w->thread, NULL);
    loop_unwatch(w->main, w->news);
    loop_cancel(w->main, w->look);
    watcher_dispose(w);
}

const struct str *watcher_filter(const struct watcher *w)
{
    return &w->filter;
}

/* The requests. */

struct watcher_target {
    pid_t pid;
    int stage, actor;
    const struct watcher_place *where;
    struct outcome *o;
    bool answer;
};

static void watcher_take_here(struct watcher *w, void *arg)
{
    struct watcher_target *target = arg;
    struct tracee *t = trace_attach(w->tracer, target->pid, target->o);
    target->answer = t;
    w->place = *target->where;
    if (t)
        tracee_note(t)->mark = MARK_SILENT | MARK_ACTOR | MARK_OF(target->stage, target->actor);
}

int watcher_take(struct watcher *w, pid_t pid, int stage, int actor, const struct watcher_place *where,
                 struct outcome *o)
{
    struct watcher_target target = {pid, stage, actor, where, o, false};
    watcher_ask(w, watcher_take_here, &target);
    return target.answer ? 0 : -1;
}

static void watcher_name_here(struct watcher *w, void *arg)
{
    struct watcher_target *target = arg;
    struct tracee *t = tracer_find(w->tracer, target->pid);
    if (t)
        tracee_note(t)->mark = MARK_SILENT | MARK_ACTOR | MARK_OF(MARK_STAGE(tracee_note(t)->mark), target->actor);
}

void watcher_name(struct watcher *w, pid_t pid, int actor)
{
    watcher_ask(w, watcher_name_here, &(struct watcher_target){.pid = pid, .actor = actor});
}

void watcher_hush(struct watcher *w, int actor, bool on)
{
    atomic_store(&w->hush, on ? actor : 0);
}

static void watcher_is_stopped_here(struct watcher *w, void *arg)
{
    struct watcher_target *target = arg;
    struct tracee *t = tracer_find(w->tracer, target->pid);
    target->answer = t && tracee_is_stopped(t);
}

bool watcher_is_stopped(struct watcher *w, pid_t pid)
{
    struct watcher_target target = {.pid = pid};
    watcher_ask(w, watcher_is_stopped_here, &target);
    return target.answer;
}

struct watcher_word {
    enum slow mode;
    uint64_t call;
    enum slow_go how;
    int err;
    bool held; /* the answer */
};

static void watcher_holds_here(struct watcher *w, void *arg)
{
    struct watcher_word *word = arg;
    word->held = watcher_held(w, word->call);
}

bool watcher_holds(struct watcher *w, uint64_t call)
{
    struct watcher_word word = {.call = call};
    watcher_ask(w, watcher_holds_here, &word);
    return word.held;
}

static void watcher_slow_here(struct watcher *w, void *arg)
{
    const struct watcher_word *word = arg;
    w->mode = word->mode;
    w->pass = NULL;
    w->on = false;
    if (w->mode == SLOW_OFF)
        watcher_let_go(w, NULL);
}

void watcher_slow(struct watcher *w, enum slow mode)
{
    watcher_ask(w, watcher_slow_here, &(struct watcher_word){.mode = mode});
}

static void watcher_stop_again_here(struct watcher *w, void *arg)
{
    w->pass = NULL;
    w->on = false;
    w->command++;
}

void watcher_stop_again(struct watcher *w)
{
    watcher_ask(w, watcher_stop_again_here, NULL);
}

static void watcher_go_here(struct watcher *w, void *arg)
{
    const struct watcher_word *word = arg;
    struct tracee *t = watcher_held(w, word->call);
    const struct call_row *row = t ? watcher_row(w, word->call) : NULL;
    w->pass = word->how == GO_KIND ? row : NULL;
    w->on |= word->how == GO_ON;
    if (t)
        trace_release(t);
    watcher_forget(w, word->call);
    if (word->how != GO_ONE)
        watcher_let_go(w, word->how == GO_KIND ? row : NULL);
}

void watcher_go(struct watcher *w, uint64_t call, enum slow_go how)
{
    watcher_ask(w, watcher_go_here, &(struct watcher_word){.call = call, .how = how});
}

static void watcher_refuse_here(struct watcher *w, void *arg)
{
    const struct watcher_word *word = arg;
    struct tracee *t = watcher_held(w, word->call);
    if (t)
        trace_deny(t, word->err);
    watcher_forget(w, word->call);
}

void watcher_refuse(struct watcher *w, uint64_t call, int err)
{
    watcher_ask(w, watcher_refuse_here, &(struct watcher_word){.call = call, .err = err});
}

static void watcher_refuse_all_here(struct watcher *w, void *arg)
{
    const struct watcher_word *word = arg;
    w->on = true;
    while (w->nheld) {
        uint64_t call = w->held[0].call;
        struct tracee *t = watcher_held(w, call);
        if (t)
            watcher_cancel(w, t, word->err);
        watcher_forget(w, call);
    }
}

void watcher_refuse_all(struct watcher *w, int err)
{
    watcher_ask(w, watcher_refuse_all_here, &(struct watcher_word){.err = err});
}
