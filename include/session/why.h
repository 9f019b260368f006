/* Why did that call fail, or succeed and yet not do what its caller thinks?
 *
 * An errno has several causes. Each known one is a row (call, errno, cause) with a probe, and the probe looks at the
 * machine right after the call: at the actor's /proc/PID, its root, its namespaces and who owns them, its mounts. What
 * is said is evidence, not a guess from the number; and where no row holds, that is said, too.
 *
 * The rows are in the why_*.c that begin with what they are about; why_look.c, why_place.c and why_others.c are their
 * eyes. */
#ifndef SESSION_WHY_H
#define SESSION_WHY_H

#include "session/session.h"

struct why_cause {
    const char *name;    /* "masked-proc": the row's, unique for its call and errno */
    const char *meaning; /* what this cause is, one sentence */
    const char *cure;    /* what to do about it, one sentence */
    bool holds;
    struct str evidence; /* when it holds: what was seen, sanitised */
};

struct why {
    struct str call;         /* as it was made, with its result; sanitised */
    const char *name;        /* of the call */
    int err;                 /* errno; 0: it succeeded, and the causes are reasons to doubt */
    bool gone;               /* the caller had ended before it could be looked at: no cause holds */
    struct why_cause *cause; /* in the order of the rows: the specific before the general */
    size_t n;
    const struct why_cause *first; /* the first that holds, or NULL */
};

/* Tries every row for this call and its result. false: none holds, or there is no row. out is overwritten; free it with
 * why_free(). */
bool why_explain(struct session *s, const struct actor *who, const struct call *c, const struct call_image *image,
                 struct why *out);

/* What the rows have to know of the session. A copy: it may be handed to another thread. */
struct why_stage {
    bool running;
    enum stage_kind kind;
    pid_t host;   /* the host side's actor, 0: none */
    pid_t warden; /* whose descendants the session's processes are, 0: none */
};
struct why_stage why_stage_of(struct session *s);

/* The same for a call of any process: tid is the thread that made it, as this program's /proc numbers it. Best while
 * that thread still stands at the end of its call (its stop under ptrace(2)); where it runs on, the state of a moment
 * later is what is looked at, and when it has ended meanwhile out->gone says so. Another thread than the session's may
 * ask; one second at most is spent, usually a few milliseconds. */
bool why_explain_process(const struct why_stage *stage, pid_t tid, const struct call *c, const struct call_image *image,
                         struct why *out);
void why_free(struct why *w);
#define autowhy _cleanup_(why_free)

/* One paragraph: how many causes were looked at, and the one that holds; "" when nothing is known about a success. */
void why_print(const struct why *w, struct str *out);
/* All of them, a line each, with the evidence and cure of those that hold. */
void why_print_all(const struct why *w, struct str *out);

/* How many rows there are. */
size_t why_count(void);

#endif
