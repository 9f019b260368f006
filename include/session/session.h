/* A session: one stage, its two sides, and the actors that make calls there.
 *
 * Who is whose child (real stage; in the practice stage an `init`, PID 1 of its own pid namespace, stands between the
 * warden and the host actor, and a few ordinary processes are its other children):
 *
 *     porthole (REPL: screen, readline, lessons; never changes its root or namespaces)
 *      └─ warden   (own session, subreaper; outlives a killed REPL just long enough to clean up)
 *          └─ host (actor 1: makes the host side's calls, forks its shell commands)
 *              └─ container (actor 2: makes the container side's calls)
 *
 * All functions run on the loop's thread. Functions that wait (session_call, session_run, ...) pump the loop meanwhile,
 * so panes stay alive; session_busy() is true then, and a second such call is refused with EBUSY. Pids are machine pids
 * (as this program's /proc numbers them) unless a name says otherwise. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "base/loop.h"
#include "base/outcome.h"
#include "base/str.h"
#include "call/call.h"
#include "session/rootfs.h"
#include "session/side.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum stage_kind {
    STAGE_PRACTICE, /* a disposable host made of namespaces */
    STAGE_REAL,     /* this machine, guarded */
    STAGE_MACHINE,  /* this machine as it is: nothing private, nothing dropped, no guard, no lab; the caller's own ids,
                       environment and directory. It has one side, the host's; what is a container is found out by
                       watching (session_witness()) */
};
enum actor_state {
    ACTOR_WAITING, /* for a call */
    ACTOR_CALLING, /* inside one */
    ACTOR_PROGRAM, /* a program reads its pty: typed lines are that program's input. Either execve succeeded, or a shell
                      command it spawned turned out to be an interactive shell (`nested`), and it serves again
                      afterwards */
    ACTOR_DEAD,    /* ended, not yet waited for (zombie), or gone */
};

struct actor {
    int id;        /* 1 host, 2 container, 3... in the order of their forks: the same again after a replay */
    char name[24]; /* "host", "container", "fork3" */
    enum side side;
    enum actor_state state;
    pid_t pid;        /* machine pid */
    pid_t host_pid;   /* as the stage's host numbers it (equal to pid in the real stage) */
    pid_t own_pid;    /* as its own innermost namespace numbers it */
    pid_t parent_id;  /* actor id of the actor that forked it, 0 for the stage's own */
    char program[64]; /* base name of what it executes, "" before execve; sanitised */
    bool nested;      /* PROGRAM: an interactive shell that it spawned, not the actor itself */
    bool was_driven;  /* DEAD: its side drove it until then; the side now drives its nearest living ancestor */
    int status;       /* wait status once DEAD, -1 when unknown */
    int ended;        /* wait status of the last command that it spawned and that has ended; -1: none has */
};

struct session;
struct watched; /* session/watch.h */

/* Upward talk. Every function may be NULL. */
struct session_events {
    /* Raw bytes an actor, or a command it runs, wrote to its pty. Sanitise before showing. */
    void (*output)(void *arg, const struct actor *who, const char *bytes, size_t n);
    /* Something about actors, namespaces, mounts or processes may have changed. */
    void (*changed)(void *arg);
    /* An actor ended. */
    void (*gone)(void *arg, const struct actor *who);
    /* A program made a call, or ended. */
    void (*watched)(void *arg, const struct watched *w);
    /* Bytes came from a side's own terminal (session/pty.h); n 0: its pty_state() has changed. */
    void (*terminal)(void *arg, enum side side, const char *bytes, size_t n);
    /* Slow motion: a call waits for session_go() or session_refuse(), which may be called right here. */
    void (*held)(void *arg, const struct watched *w);
    void *arg;
};

/* Starts the warden (call it early: before curses, before threads; the warden is a fork of this process). image is kept
 * by reference; without one (NULL) only STAGE_MACHINE can be started. No stage runs yet. NULL with *o. */
struct session *session_new(struct loop *l, const struct rootfs *image, struct outcome *o);
/* Ends the stage and the warden; everything the session started is gone when it returns. */
void session_free(struct session *s);
void session_set_events(struct session *s, const struct session_events *ev);

/* Builds a fresh stage and makes it current; an earlier one is torn down (in the background where possible). Variables
 * and actors start anew. */
int session_start(struct session *s, enum stage_kind kind, struct outcome *o);
void session_stop(struct session *s); /* tears the stage down and waits until nothing of it is left */
bool session_running(const struct session *s);
enum stage_kind session_stage(const struct session *s);
const char *session_stage_words(const struct session *s); /* one paragraph: which stage this is and what that means */

/* Actors. Pointers stay valid until the next session_start(). */
size_t session_actors(const struct session *s, const struct actor **out, size_t max);
struct actor *session_actor(struct session *s, int id);                    /* NULL when there is none */
struct actor *session_driven(const struct session *s);                     /* the one the prompt drives */
struct actor *session_side_actor(const struct session *s, enum side side); /* the one that side currently drives */
bool session_drive(struct session *s, int id, struct outcome *o);          /* a dead actor is refused */
void session_set_side(struct session *s, enum side side);
enum side session_side(const struct session *s);

/* Makes actor perform the call and waits. The guard is asked first. Returns 0 when the kernel was asked (image->ret and
 * image->err tell what it said: a failed call is teaching material, not an error), -1 with *o when porthole refused or
 * the actor could not be reached. fork/clone add an actor named in *child (may be NULL). */
int session_call(struct session *s, struct actor *who, const struct call *c, struct call_image *image,
                 struct actor **child, struct outcome *o);

/* A lesson calls the actors it forks by name, whatever the learner forks beside them: the child whose pid goes into
 * `$set` is called `name`, others get names that nobody has. The plan is copied; it holds until the next one. */
struct actor_plan {
    char set[32], name[24];
};
void session_plan(struct session *s, const struct actor_plan *plan, size_t n);
/* The pid of the next call's child, if it makes one, goes into $set ("": into none). */
void session_expect_child(struct session *s, const char *set);

/* When porthole itself ran commands on the stage, unseen (RUN_QUIET): the latest few, on now_ms()'s clock. The array is
 * the session's, and good until the next command. */
struct session_span {
    int64_t from_ms, to_ms; /* to_ms 0: it runs */
};
size_t session_quiet_spans(const struct session *s, const struct session_span **v);

/* One shell command on a side, as a child of that side's actor: `/bin/sh -c` inside the actor's root and namespaces.
 * Output goes to events.output and, when not NULL, to *capture. Working directory, variables and $! persist per side.
 * flags: RUN_QUIET: no events.output. RUN_EXPORT: variables it exports become the other side's too (lesson setup).
 * timeout_ms 0: none. A command that shows a shell's prompt (`chroot rootfs /bin/sh`) does not end: *status is -1 then,
 * the actor's state ACTOR_PROGRAM with nested set, and what follows goes to session_input(). Returns 0 and *status
 * (wait status), or -1 with *o (no /bin/sh in this root: ENOENT; fork: ENOMEM). */
enum run_flag { RUN_QUIET = 1, RUN_EXPORT = 2 };
int session_run(struct session *s, struct actor *who, const char *command, unsigned flags, int timeout_ms,
                struct str *capture, int *status, struct outcome *o);

/* A line of input for an actor that became a program, sent to its pty. Waits until the program's prompt is back (a
 * shell with our PS1), it ends, or quiet_ms pass without output. *status gets the shell's $? as a wait status, -1
 * unknown. */
int session_input(struct session *s, struct actor *who, const char *line, int quiet_ms, struct str *capture,
                  int *status, struct outcome *o);

/* After how long without an answer a call or command is interrupted; 0 (the start value): never. For headless replays.
 */
void session_set_patience(struct session *s, int ms);

bool session_busy(const struct session *s);
/* Lets what happens meanwhile be told, for at most ms. */
void session_idle(struct session *s, int ms);
/* ^C: SIGINT to the foreground of the driven pty, EINTR to a blocked call. What does not react to it is left behind (an
 * actor) or killed (a command) when it comes again. */
void session_interrupt(struct session *s);
/* Porthole quits: every function that waits returns soon, and none waits any more. */
void session_give_up(struct session *s);

/* Variables: $container $host $rootfs $lab $dynamic and what shell commands exported on that side. The text is valid
 * until the next call of session_*. */
const char *session_var(struct session *s, enum side side, const char *name);
void session_set_var(struct session *s, const char *name, const char *value); /* on both sides */
const char *session_cwd(struct session *s, enum side side); /* as the side's actor sees it, for the prompt */

/* For the views: the pid whose /proc is the host column, and descriptors of the two /proc directories (borrowed; -1
 * with *why a sentence when there is none). */
int session_host_proc(struct session *s);
int session_container_proc(struct session *s, const char **why);
/* Tells the warden that the full screen is up or down: it restores the terminal only when we die while it is up. Call
 * with the terminal's modes already set. */
void session_screen(struct session *s, bool up);
/* Removes that name in directory dir (AT_REMOVEDIR in flags: a directory) when porthole has gone, however that happens;
 * in the order of the calls. For a few names that must not be left behind. */
void session_unlink_at_end(struct session *s, int dir, const char *name, int flags);
/* Is the number of processes of the current stage limited (a fork bomb ends by itself)? */
bool session_limits_processes(const struct session *s);

pid_t session_warden_pid(const struct session *s);
pid_t session_root_pid(const struct session *s); /* the stage's first process, machine pid */

/* What ends a session: processes, mounts, cgroups, links, files looked for, and what was found. Call after
 * session_stop. true when nothing is left. */
bool session_receipt(struct session *s, struct str *out);

#endif
