/* What unmodified programs do on the stage: every interesting call of whatever the sides run, told on the session's
 * loop, and slow motion, in which such a call waits before it is made.
 *
 * A thread of its own is the tracer (trace/tracer.h), so that programs run on while porthole draws or shows a man page.
 * What an actor does for porthole (typed calls, the forks of commands, RUN_QUIET commands) is not told here: it has
 * been told already, or is nobody's business. Where ptrace is not to be had everything but this works as before. */
#ifndef SESSION_WATCH_H
#define SESSION_WATCH_H

#include "call/call.h"
#include "session/session.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum watched_kind {
    WATCHED_HELD, /* slow motion: the call is about to be made, and waits for session_go() or session_refuse() */
    WATCHED_CALL, /* it has returned, or its thread ended in it */
    WATCHED_EXIT, /* a process ended */
    WATCHED_LOST, /* more came than could be told; ret: how many are missing */
};

/* Good until the callback returns. Texts are sanitised. */
struct watched {
    enum watched_kind kind;
    uint64_t call;              /* number of the call: that of its WATCHED_HELD is that of its WATCHED_CALL, too */
    const struct actor *who;    /* whose doing it is: the actor that runs the program */
    pid_t tid, pid;             /* as the machine numbers them */
    pid_t host_pid, own_pid;    /* the process, as the stage's host and as its own namespace number it; 0: unknown */
    const char *program;        /* comm */
    const struct call_row *row; /* NULL: EXIT, LOST. row->meaning says what the call does */
    const char *text; /* strace notation. HELD: call_print(), CALL: call_print_result(), EXIT: "+++ ... +++" */
    bool returned;    /* CALL: ret and err are known */
    int64_t ret;      /* -1 with err: it failed. EXIT: the status of wait(2) */
    int err;
    bool denied;               /* CALL: it was not made, but answered with err */
    const char *reason;        /* denied: why ("" where the learner denied it) */
    const char *why, *why_all; /* CALL that failed: why_print() and why_print_all(), asked right then; "": not asked */
    bool search;               /* execve of a file that is not there: a step of a search through $PATH */
};

enum slow {
    SLOW_OFF,
    SLOW_ON,  /* stop before each call that changes something; thread clones, waits and $PATH searches go by */
    SLOW_ALL, /* stop before every call that is watched */
};
enum slow_go {
    GO_ONE,  /* make this call, stop before the next */
    GO_KIND, /* ... before the next of another name */
    GO_ON,   /* no more stops until this command or typed line ends */
};

/* Are the programs of this stage watched? false with *why (may be NULL) a sentence: what the machine refuses. */
bool session_watches(const struct session *s, const char **why);

/* session_events.held is called for each call that stops; without that callback nothing waits. Turning it off lets go
 * what is held. */
void session_set_slow(struct session *s, enum slow mode);
enum slow session_slow(const struct session *s);

/* The call that has been held longest, NULL when none is. Its pointer is good until session_go(), session_refuse() or
 * the loop's next turn. */
const struct watched *session_held(const struct session *s);
size_t session_nheld(const struct session *s);
const struct watched *session_held_at(const struct session *s, size_t i); /* in the order in which they were held */

/* For session_held(). */
void session_go(struct session *s, enum slow_go how);
/* It is not made and returns -1 with err (an errno). */
void session_refuse(struct session *s, int err);

/* Has job control stopped the process (machine pid)? In /proc a watched process looks the same, 't', whether it is
 * stopped or held. */
bool session_is_stopped(const struct session *s, pid_t pid);
size_t session_stopped(const struct session *s, const pid_t **pids); /* all of them; the session's array */

/* The process through whose eyes the container column looks: the innermost one that a program of the container side
 * has put into namespaces or a root of its own, else the side's actor. Machine pid, 0: none. */
pid_t session_witness(const struct session *s);

#endif
