/* What can this machine run? Each feature is TRIED in a throw-away child, never guessed from versions. */
#ifndef SESSION_DOCTOR_H
#define SESSION_DOCTOR_H

#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>

struct doctor_result {
    const char *name; /* "userns", "pidns", "proc", "overlay", "net", "cgroup", "pidfd", "landlock", ... */
    const char *what; /* "make a user namespace and be root in it" */
    bool works;
    int err; /* errno of the step that failed, 0 */
    char
        why[256]; /* which step failed and the evidence ("apparmor_restrict_unprivileged_userns=1"); "" when it works */
    char cure[256]; /* what to do; "" when it works */
};

/* Tries one feature by name (front matter `needs`). false for an unknown name. About a millisecond or two each. */
bool doctor_try(const char *name, struct doctor_result *r);
/* The names known, NULL-terminated. */
const char *const *doctor_names(void);

/* Can the stage run here? Fills reason (may be NULL) with a learner's sentence when not. */
bool doctor_stage_practice(struct str *reason);
bool doctor_stage_real(struct str *reason);

/* The whole report as text: stages, features with evidence and cure, rootfs, terminal. Returns the number of stages
 * that work (0: nothing can run here). */
int doctor_report(struct str *out);

#endif
