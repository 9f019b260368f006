/* The guard: calls that a slip of the fingers would make regretted are refused before the kernel sees them, with the
 * reason. One set of rules serves typed calls and the calls of programs.
 *
 * It is a guard against accidents, no boundary: a thread of the caller can change what a pointer points to after it was
 * looked at, and numbers can change their meaning (a pid that is given to another process). What must hold in any case,
 * the kernel keeps: capabilities, Landlock, mount namespace (stage_real.c). */
#ifndef SESSION_GUARD_H
#define SESSION_GUARD_H

#include "base/outcome.h"
#include "call/call.h"
#include "session/session.h"
#include <stdint.h>
#include <sys/types.h>

/* One stage, and the machine around it. It does not change while the stage lives, so that other threads may read it.
 * Namespaces are inodes, 0: unknown. Pids are the machine's. */
struct guard_place {
    enum stage_kind kind;
    char lab[64];
    uint64_t mntns; /* the host side's */
    struct {
        uint64_t mntns, utsns, pidns;
    } machine; /* porthole's own */
    pid_t porthole, warden;
    pid_t host; /* the host side's own actor */
};
void guard_place_fill(struct guard_place *g, enum stage_kind kind, const char *lab, pid_t host, pid_t warden);

/* May thread tid make this call? It is stopped before it, or waits for it to be sent. Returns 0, or -1 with the reason
 * in *o (outcome_print()); EPERM is what the call should then return. Any thread may ask: it touches no session. In the
 * practice stage everything may be done, since the user namespace holds; on the bare machine it is the user's affair.
 */
int guard_program(const struct guard_place *g, pid_t tid, const struct call *c, struct outcome *o);

/* Is the machine's process pid one that the session of that warden started? All of those descend from it. */
bool guard_descends(pid_t warden, pid_t pid);

/* What nobody on a real stage may do, whoever asks. Where programs are watched guard_program() refuses it, and says
 * why; where they are not, and for names that the call table lacks, the stage's seccomp filter does (stage_guard.c). */
struct guard_never {
    const char *name;
    int arg;              /* only when this argument ... */
    uint32_t mask, value; /* ... has these of its bits; mask 0: always */
    const char *why;
};
const struct guard_never *guard_nevers(size_t *n);
bool guard_explains(const struct guard_never *never); /* does guard_program() see such calls of watched programs? */

#endif
