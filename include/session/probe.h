/* One feature of the machine, tried in a throw-away child. Private to session/ (doctor.h is the public face).
 *
 *     doctor (any process) ── child: [new user namespace, mapped by doctor] [unshare(ns)] try()
 *                              └─ grandchild, when ns has CLONE_NEWPID: PID 1 of the new namespace runs try()
 *
 * The child says which step failed with which errno; what that means (probe_why.c) is found outside, where the
 * machine's sysctls and mounts can still be seen as they are. */
#ifndef SESSION_PROBE_H
#define SESSION_PROBE_H

#include "session/doctor.h"
#include <stdbool.h>

struct probe_report {
    bool works;
    int err;
    char step[120]; /* "mount(\"proc\")" */
    char why[256];  /* set by try() itself when it knows more than an errno */
    char cure[256];
};

enum probe_place {
    PROBE_PLAIN,  /* as this user, in no new user namespace */
    PROBE_USERNS, /* as root of a new user namespace */
    PROBE_EITHER, /* the same; where there can be none and we are root, as root */
    PROBE_ROOT,   /* as root of this machine */
};

struct probe {
    const char *name, *what;
    const char *part; /* heading in the report */
    enum probe_place place;
    int ns; /* CLONE_NEW*: unshared one by one before try() */
    bool (*try)(struct probe_report *p);
};

/* In the child: names the step that failed, with errno. Returns false. */
bool probe_fail(struct probe_report *p, const char *step, ...) __attribute__((format(printf, 2, 3)));
/* In the child: the whole story, for what has no errno. Returns false. */
bool probe_tell(struct probe_report *p, const char *why, const char *cure, ...) __attribute__((format(printf, 3, 4)));

/* Steps that several probes take, in the child: make its mounts private; put an empty file system on /tmp; make
 * directories there. */
bool probe_private(struct probe_report *p);
bool probe_tmpfs(struct probe_report *p);
bool probe_mkdirs(struct probe_report *p, const char *const dirs[]);

/* A whole try, probe_trace.c. */
bool probe_trace(struct probe_report *p);

/* Starts one, and later collects it: several run side by side. */
struct probe_run {
    const struct probe *probe;
    int pid, fd;
    struct probe_report failed; /* when it could not even start */
};
void probe_start(struct probe_run *run, const struct probe *p);
void probe_finish(struct probe_run *run, struct doctor_result *r);

/* The tables, ended by a NULL name. */
extern const struct probe probes_kernel[], probes_tools[], probes_house[];
extern const struct probe probe_practice, probe_real; /* all that a stage's construction does */

/* Finds the reason behind step and errno and fills r->why and r->cure (probe_why.c). */
void probe_explain(const struct probe *p, const struct probe_report *report, struct doctor_result *r);

#endif
