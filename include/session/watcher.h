/* The thread that is the tracer of a session's stages, and what it tells the session. Private to session/.
 *
 *     session (its loop)                         the thread (a loop of its own)
 *     watcher_take(), watcher_go(), ...  ----->  runs the request between two stops; the caller waits for that
 *     tell()                             <-----  a queue of events, in the order in which the calls were made
 *
 * The thread never waits for the session: a stop is answered at once, or held until the learner says. It touches
 * nothing of the session but what is in here. */
#ifndef SESSION_WATCHER_H
#define SESSION_WATCHER_H

#include "base/loop.h"
#include "base/outcome.h"
#include "session/guard.h"
#include "session/watch.h"
#include "session/why.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct watcher;

enum watcher_kind {
    WATCHER_HELD,
    WATCHER_CALL,
    WATCHER_EXIT,
    WATCHER_FORK,
    WATCHER_STOP,
    WATCHER_CONTINUE,
    WATCHER_LOST
};

struct watcher_event {
    struct watcher_event *next;
    enum watcher_kind kind;
    int stage, actor; /* whose process it is: as watcher_take() and watcher_name() said */
    bool quiet;       /* for porthole only: nobody is told of it */
    uint64_t call;
    pid_t tid, pid, second, own; /* as in struct tracee_id */
    pid_t child;                 /* FORK */
    const struct call_row *row;
    bool returned, denied, search;
    int64_t ret;
    int err;
    char program[16];
    char *text, *reason, *why, *why_all; /* owned by the event; NULL: none */
};

/* tell() runs on loop l, and may be called from within watcher_flush(), too. Blocks SIGCHLD in the calling thread for
 * good: the tracer hears it. NULL with *o. */
struct watcher *watcher_new(struct loop *l, void (*tell)(void *arg, const struct watcher_event *e), void *arg,
                            struct outcome *o);
/* Kills what is still watched. */
void watcher_free(struct watcher *w);

/* The process pid, an actor, and all it will fork are watched from now on. It must load watcher_filter() next. -1 with
 * *o: ptrace is not to be had, o->hint says why. */
struct watcher_place {
    struct why_stage why;
    struct guard_place guard;
};
int watcher_take(struct watcher *w, pid_t pid, int stage, int actor, const struct watcher_place *where,
                 struct outcome *o);
const struct str *watcher_filter(const struct watcher *w);
/* The process pid, a child of a watched actor, is that actor. */
void watcher_name(struct watcher *w, pid_t pid, int actor);
/* While on, what that actor forks is nobody's business. */
void watcher_hush(struct watcher *w, int actor, bool on);

/* Does that call still wait? What WATCHER_HELD tells may be over by the time that it is told. */
bool watcher_holds(struct watcher *w, uint64_t call);

void watcher_slow(struct watcher *w, enum slow mode);
/* A new command begins: GO_ON and GO_KIND have had their effect. */
void watcher_stop_again(struct watcher *w);
/* For a call that WATCHER_HELD has told of, 0: none in particular. */
void watcher_go(struct watcher *w, uint64_t call, enum slow_go how);
void watcher_refuse(struct watcher *w, uint64_t call, int err);
void watcher_refuse_all(struct watcher *w, int err); /* and GO_ON */

/* Has job control stopped it? A process that is held looks the same in /proc. */
bool watcher_is_stopped(struct watcher *w, pid_t pid);

/* Tells all events that there are. */
void watcher_flush(struct watcher *w);

#endif
