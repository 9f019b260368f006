/* The parts of the tracer. Private to this folder. */
#ifndef TRACE_PRIVATE_H
#define TRACE_PRIVATE_H

#include "call/registers.h"
#include "call/table.h"
#include "trace/tracer.h"
#include <signal.h>
#include <stdint.h>

/* ---- filter.c: which calls stop ---- */

enum {
    FILTER_CALL = 1,
    FILTER_FOREIGN = 2
}; /* what SECCOMP_RET_TRACE says: a row of the table, another architecture */

/* Makes the filter; it is loaded in the child by filter_load(), 0 or an errno. NULL: no memory. Free with
 * filter_free().
 */
void *filter_new(void);
bool filter_export(void *filter, struct str *bpf); /* false with errno */
int filter_load(void *filter);
void filter_free(void *filter);

/* ---- decode.c: which call it is ---- */

struct decode_call {
    uint32_t arch; /* AUDIT_ARCH_... */
    uint64_t nr;
    uint64_t args[CALL_MAX_ARGS];
    uint64_t ip, sp;
};
/* The interesting row it stands for, with the arguments in the row's order, or NULL. *word: bytes of a pointer. */
const struct call_row *decode_row(struct decode_call *d, unsigned *word);

/* ---- refused.c ---- */

int refused(struct outcome *o, int err, const char *step); /* fills in o with trace_explain()'s texts; returns -1 */

/* ---- memory.c, regs.c: the stopped thread's memory and registers ---- */

/* As call_memory's read; arg is a pid_t *. What was read is remembered until memory_forget(): call that in each stop.
 */
size_t memory_read(void *arg, uint64_t at, void *buf, size_t n);
void memory_forget(void);
bool memory_write_word(pid_t tid, uint64_t at, uint64_t word);

/* In a seccomp or entry stop: the call is not made and returns -err. false: that cannot be had. */
bool regs_deny(pid_t tid, int err);
/* Sets argument 0 of the call, in its seccomp or entry stop; and puts back what the program had there, at its end. */
bool regs_set_first(pid_t tid, uint32_t arch, uint64_t value);
void regs_restore_first(pid_t tid, uint32_t arch, uint64_t value);

/* ---- tracee.c: who is watched ---- */

enum tracee_state {
    TRACEE_NEW,    /* known from its parent's event or from its own first stop, not from both yet */
    TRACEE_RUN,    /* runs, stops at interesting calls */
    TRACEE_HELD,   /* stopped before a call */
    TRACEE_INCALL, /* makes the call; its end stops it once more */
    TRACEE_GROUP,  /* stopped by job control */
};

enum tracee_full {
    FULL_NO,
    FULL_MAYBE, /* another thread is just installing a filter for all of them */
    FULL_YES,
};

struct tracee_call {
    struct call *call;       /* NULL: none */
    struct decode_call made; /* its registers */
    unsigned word;           /* bytes of its pointers */
    int denied;              /* the errno we gave it */
};

struct tracee {
    struct tracee_id id;
    struct tracer *tracer;
    enum tracee_state state;
    enum tracee_state before;       /* GROUP: what it was doing */
    bool parked;                    /* NEW: in its first stop, the parent's event is awaited */
    bool forking;                   /* it ended in a fork: there may be a child that it will not tell of */
    bool born;                      /* its parent has told of it */
    bool told;                      /* and we have told our owner; or it is the owner who gave it to us */
    bool known;                     /* all of id is known */
    int levels;                     /* of pid namespaces, from the tracer's inwards; 0: not known */
    bool plain;                     /* it and the children it will have are in the tracer's own pid namespace */
    struct tracee_call now;         /* begun and not ended */
    struct tracee_call interrupted; /* by a signal: the kernel may make it again by itself */
    struct tracee_note note;        /* the owner's */
    enum tracee_full full;          /* stops at every call, full.c */
    bool entered;                   /* full: in a call whose filters have not been asked yet */
    bool notifies;                  /* full: a filter hands calls to another process */
    bool cleared;                   /* CLONE_UNTRACED was taken out of now's first register */
    struct tracee *next;            /* in its bucket */
};

#define TRACEE_BUCKETS 1024
struct tracees {
    struct tracee *bucket[TRACEE_BUCKETS];
    size_t n;
};
struct tracee *tracees_find(const struct tracees *set, pid_t tid);
struct tracee *tracees_add(struct tracees *set, struct tracer *tr, pid_t tid);
void tracees_rename(struct tracees *set, struct tracee *t, pid_t tid);
void tracees_remove(struct tracees *set, struct tracee *t);     /* frees it */
bool tracee_status(const struct tracee *t, struct str *status); /* /proc/TID/status; false: it vanished */

/* ---- tracer.c ---- */

struct tracer {
    struct loop *loop;
    const struct trace_events *events;
    void *arg;
    struct tracees set;
    size_t parked;
    struct tracee lost;       /* what remains of one that was killed in a fork; id.pid 0: none was */
    struct call_image *image; /* of the call that is just ending */
    int signals;              /* signalfd of SIGCHLD */
    int proc;                 /* /proc */
    sigset_t mask;            /* before SIGCHLD was blocked */
    bool reaps, was_subreaper;
    bool filtered; /* we are under a filter ourselves, of a container engine, and so are all that we start */
    int again;     /* timer of the rest of a long turn */
};

/* Orphans become our children, so that nothing that trace_spawn() started is left to init as a zombie. */
void tracer_reap_orphans(struct tracer *tr);

/* ---- stops.c: what a stop means ---- */

void stops_handle(struct tracer *tr, struct tracee *t, int status);
void stops_gone(struct tracer *tr, struct tracee *t, int status);

/* ---- births.c ---- */

void births_event(struct tracer *tr, struct tracee *t); /* t has forked */
void births_first(struct tracer *tr, struct tracee *t); /* t's own first stop */
void births_end(struct tracer *tr, struct tracee *t);   /* t is gone */

/* ---- full.c: threads under a filter of their own ---- */

void full_before(struct tracee *t);             /* now is about to be made */
void full_after(struct tracee *t, int64_t ret); /* it has returned */

/* ---- calls.c: the life of one call ---- */

void calls_begin(struct tracee *t);   /* its seccomp stop */
void calls_return(struct tracee *t);  /* its syscall-exit stop, or the syscall-entry stop of a full thread */
void calls_abandon(struct tracee *t); /* the thread ends */
void tracee_resume(struct tracee *t, int sig);

#endif
