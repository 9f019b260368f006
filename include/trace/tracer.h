/* Watches the calls of unmodified programs: every process below one that trace_spawn() started or trace_attach() took,
 * whatever namespace, program or user it becomes. A call that the table marks CALL_INTERESTING stops its thread before
 * it is made; the owner lets it go on at once, holds it, or denies it, and is told the result. All else runs at full
 * speed.
 *
 * ptrace(2) belongs to one thread: use a tracer only from the thread that made it, whose loop it lives in. It takes
 * SIGCHLD, which it blocks (every other thread has to block it, too), and all of that thread's waitpid(-1); exits of
 * children that are not its own go to other(). When the
 * tracer dies, and when it is freed, the kernel kills all that it watches: processes under its filter cannot live
 * without it, their calls would fail. */
#ifndef TRACE_TRACER_H
#define TRACE_TRACER_H

#include "base/loop.h"
#include "base/outcome.h"
#include "base/str.h"
#include "call/call.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct tracer;
struct tracee; /* one thread */

struct tracee_id {
    pid_t tid, pid; /* as the tracer's /proc numbers them */
    pid_t own;      /* the process's pid in its own pid namespace; 0: not known, it vanished */
    pid_t second;   /* the process's pid one pid namespace below the tracer's; pid itself where there is none */
    pid_t parent;   /* the process that forked it, 0: trace_spawn() or trace_attach() did */
};
const struct tracee_id *tracee_id(struct tracee *t); /* valid until its exited() has returned */

/* What the owner keeps with a thread: zero at first, kept by execve; those it forks get its mark. data is freed with
 * the thread, by free(). */
struct tracee_note {
    uint64_t call;
    unsigned mark;
    void *data;
};
struct tracee_note *tracee_note(struct tracee *t);
struct tracee *tracer_find(struct tracer *tr, pid_t tid); /* NULL: not watched */

enum trace_verdict {
    TRACE_GO,
    TRACE_HOLD, /* stopped until trace_release() or trace_deny() */
};

/* Each may be NULL. A tracee and what hangs on it may be used until its exited(), a call until its ends(). */
struct trace_events {
    /* The call is about to be made. May deny it right here. */
    enum trace_verdict (*begins)(void *arg, struct tracee *t, const struct call *c);
    /* It has returned, and result is for call_print_result(); or result is NULL: the thread ended in it, or while it
     * was held, or a seccomp filter of its own answered by SIGSYS. A call that the kernel restarts after a signal ends
     * once, with its final result. */
    void (*ends)(void *arg, struct tracee *t, const struct call *c, const struct call_image *result);
    /* Threads of a process are not told. A parent that was killed meanwhile may have been told as exited already. */
    void (*forked)(void *arg, struct tracee *parent, struct tracee *child);
    void (*executed)(void *arg, struct tracee *t);
    void (*exited)(void *arg, struct tracee *t, int status); /* the process; a status of wait(2) */
    void (*stopped)(void *arg, struct tracee *t, int sig);   /* job control stops it: 't' in /proc, not held */
    void (*continued)(void *arg, struct tracee *t);          /* and lets it go on */
    void (*other)(void *arg, pid_t pid, int status);         /* a child that is not watched ended */
};

/* NULL with *o when signals cannot be taken. events is kept by reference. */
struct tracer *tracer_new(struct loop *l, const struct trace_events *events, void *arg, struct outcome *o);
/* Kills what is still watched, and waits for it. */
void tracer_free(struct tracer *tr);

/* Starts a program, watched from its own execve() on, in the caller's process group and with its signal mask from
 * before tracer_new(). env NULL: the caller's. path is not searched for. Returns its pid, or -1 with *o: ptrace is not
 * to be had (o->hint says why and what to do), or the program cannot be executed. */
pid_t trace_spawn(struct tracer *tr, const char *path, char *const argv[], char *const env[], struct outcome *o);

/* Takes a process that runs already: stopped by nothing, it must load the filter itself afterwards, since a filter
 * without a tracer makes calls fail with ENOSYS. NULL with *o as above. */
struct tracee *trace_attach(struct tracer *tr, pid_t pid, struct outcome *o);
/* The filter for such a process, an array of struct sock_filter for seccomp(2): it needs CAP_SYS_ADMIN in its user
 * namespace, or no_new_privs. false with *o. */
bool trace_filter(struct str *bpf, struct outcome *o);

/* Why tracing is refused with err, by what holds in this process: evidence, and what to do. Both stay empty when
 * nothing is found. */
void trace_explain(int err, struct str *why, struct str *cure);

/* For a held call, or inside begins(). false: it is not held, or the thread is gone. trace_deny() makes the call return
 * -1 with that errno without being made; should the machine refuse that, the thread is killed rather than obeyed. */
bool trace_release(struct tracee *t);
bool trace_deny(struct tracee *t, int err);
bool tracee_is_held(const struct tracee *t);
bool tracee_is_stopped(const struct tracee *t); /* by job control */
int tracee_denied(const struct tracee *t);      /* in ends(): the errno we denied it with, 0: not denied */

/* For a program that has nothing else to do: sleeps until one thread stops or ends, and handles that. A third faster
 * than the loop. false: nobody is watched any more. */
bool tracer_wait(struct tracer *tr);

size_t tracer_count(const struct tracer *tr); /* threads that are watched */

#endif
