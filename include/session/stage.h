/* Building a stage: what happens between the warden's fork and the host actor's first "hello". Runs in the child.
 *
 * Private to session/. */
#ifndef SESSION_STAGE_H
#define SESSION_STAGE_H

#include "base/outcome.h"
#include "session/rootfs.h"
#include "session/session.h"
#include <sys/types.h>

struct stage_plan {
    enum stage_kind kind;
    bool watched; /* porthole will watch the calls of its programs: the guard refuses, the filter need not */
    const struct rootfs *image;
    int image_tar;    /* memfd */
    int control, pty; /* the host actor's */
    int report;       /* SEQPACKET: one byte "go" comes from here, then struct stage_report goes here, once */
};

struct stage_report {
    bool ready;
    char lab[64];
    struct outcome outcome; /* when not ready */
};

/* In the warden: forks the stage's first process, which builds the stage and reports. Returns its pid, -1 with *o. */
pid_t stage_practice_fork(const struct stage_plan *plan, struct outcome *o);
/* Then, in the warden: writes the id maps of that process; it waits for one byte on the report socket before it goes
 * on. */
bool stage_practice_map(pid_t pid, struct outcome *o);
pid_t stage_real_fork(const struct stage_plan *plan, struct outcome *o);
pid_t stage_machine_fork(const struct stage_plan *plan, struct outcome *o);

/* Shared by both, in the stage's process: dies with its parent, fresh session keyring, no stray descriptors. */
void stage_begin(const struct stage_plan *plan);
_Noreturn void stage_fail(const struct stage_plan *plan, const struct outcome *o);
void stage_ready(const struct stage_plan *plan, const char *lab);
/* Puts rootfs/ and image.tar into the directory lab and makes it the working directory; fails the stage otherwise. */
void stage_fill_lab(const struct stage_plan *plan, const char *lab);
/* mount(2) that fails the stage with a named step. */
void stage_mount(const struct stage_plan *plan, const char *source, const char *target, const char *type,
                 unsigned long flags, const char *data);
/* Mounts the tmpfs that will hold the image twice, unpacked and as a tar, and the learner's own files besides. */
void stage_mount_files(const struct stage_plan *plan, const char *source, const char *target);
/* A /dev with the handful of harmless nodes bound from the present one, at dir. */
void stage_dev(const struct stage_plan *plan, const char *dir, bool own_pts);

/* Real stage: what a process of it may no longer do. Each fails the stage with a named step. */
void stage_drop_capabilities(const struct stage_plan *plan);
void stage_deny_calls(const struct stage_plan *plan);
/* Landlock ABI 6, Linux 6.12: without it programs of the real stage may signal any process that root may (landlock(7)).
 */
bool stage_can_scope_signals(void);
void stage_scope_signals(const struct stage_plan *plan);

#endif
