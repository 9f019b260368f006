/* What became of something that can be refused or fail: errno, the step that failed, what it was about, and a cure.
 *
 * Functions that can fail for reasons the learner must understand take a `struct outcome *` and return -1 (or false).
 * The texts are UTF-8, already sanitised where they hold foreign names. */
#ifndef BASE_OUTCOME_H
#define BASE_OUTCOME_H

#include "base/str.h"

struct outcome {
    int err;         /* errno, or 0 when the refusal is ours */
    char step[160];  /* "mount a tmpfs for the lab" */
    char where[256]; /* a path, "file:line", or "" */
    char hint[512];  /* what to do about it, or "" */
};

/* Fills o (which may be NULL) and returns -1, so that `return outcome_set(...)` reads well. hint is a format or NULL.
 */
int outcome_set(struct outcome *o, int err, const char *step, const char *where, const char *hint, ...)
    __attribute__((format(printf, 5, 6)));

/* Appends "STEP: WHERE: strerror(err) (ERRNAME); HINT" with the empty parts left out. */
void outcome_print(struct str *out, const struct outcome *o);

#endif
