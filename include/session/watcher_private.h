/* What the two halves of the watcher share: watcher.c, the thread with its mailbox and queue, and watcher_judge.c, what
 * happens at a stop. Everything but the queue and hush belongs to the thread. */
#ifndef SESSION_WATCHER_PRIVATE_H
#define SESSION_WATCHER_PRIVATE_H

#include "session/watcher.h"
#include "session/why.h"
#include "trace/tracer.h"
#include <pthread.h>
#include <stdatomic.h>

/* What a thread is to us, in struct tracee_note's mark: the stage's number and the actor's, and these. */
enum {
    MARK_SILENT = 1 << 8,   /* does porthole's work: an actor, or its child before it executes a program */
    MARK_ACTOR = 1 << 9,    /* is an actor, not a child that will run a command */
    MARK_QUIET = 1 << 10,   /* runs a command that nobody is told of */
    MARK_WRAPPER = 1 << 11, /* is the shell around a typed command: its end is no news */
};
#define MARK_OF(stage, actor) ((unsigned)(stage) << 12 | ((unsigned)(actor)&0xff))
#define MARK_STAGE(mark)      ((int)((mark) >> 12))
#define MARK_WHOSE(mark)      ((int)((mark)&0xff))

#define WATCHER_WHYS 20 /* failures that are explained in a second, at most */

struct watcher_held {
    uint64_t call;
    pid_t tid;
    const struct call_row *row;
};

struct watcher {
    pthread_t thread;
    struct loop *loop; /* the thread's */
    struct tracer *tracer;
    bool over;
    struct str filter;
    /* Slow motion. */
    enum slow mode;
    const struct call_row *pass; /* calls of this row go by, until there is another; NULL: none do */
    bool on;                     /* all go by until the command ends */
    unsigned command;            /* counts the typed lines */
    struct watcher_place place;
    int64_t why_since; /* now_ms(): the explanations of this second are counted from here */
    int whys;
    uint64_t calls; /* the last number given */
    struct watcher_held *held;
    size_t nheld, capheld;
    atomic_int hush; /* the actor whose next children are quiet, 0: none */
    /* The mailbox and the queue. */
    pthread_mutex_t lock;
    pthread_cond_t answered;
    void (*request)(struct watcher *w, void *arg); /* NULL: none, or it has been answered */
    void *request_arg;
    int bell; /* wakes the thread */
    struct loop *main;
    int news;     /* wakes the session */
    int look;     /* the session's timer, 0: none */
    bool napping; /* it has been woken, or looks by itself soon */
    void (*tell)(void *arg, const struct watcher_event *e);
    void *arg;
    struct watcher_event *first, **last;
    size_t waiting;
    int64_t lost;
};

extern const struct trace_events watcher_events;

/* Takes over text and reason. */
void watcher_push(struct watcher *w, const struct watcher_event *e);
bool watcher_is_flooded(struct watcher *w);

/* The thread that is held in that call; NULL: it is not held any more. */
struct tracee *watcher_held(struct watcher *w, uint64_t call);
const struct call_row *watcher_row(const struct watcher *w, uint64_t call);
void watcher_forget(struct watcher *w, uint64_t call);
/* Releases those held in calls of row, NULL: all. */
void watcher_let_go(struct watcher *w, const struct call_row *row);
/* ^C while it is held: its call is not made, and no other program is executed by it before the next command. */
void watcher_cancel(struct watcher *w, struct tracee *t, int err);

#endif
