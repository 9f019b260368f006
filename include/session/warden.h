/* The warden: a small process in a session of its own that exists before anything it will have to clean up.
 *
 * It starts the stages (their first process is its child), adopts and reaps their orphans (PR_SET_CHILD_SUBREAPER), and
 * when porthole goes away, however that happens, it kills what is left, removes the cgroups and gives the terminal
 * back. For that it needs no new descriptor and no memory: all are held from the start. Should the warden itself be
 * killed, every stage's first process dies with it (PR_SET_PDEATHSIG) and porthole cleans up the rest.
 *
 * Private to session/. */
#ifndef SESSION_WARDEN_H
#define SESSION_WARDEN_H

#include "base/outcome.h"
#include "session/rootfs.h"
#include "session/session.h"
#include <stdbool.h>
#include <sys/types.h>

struct warden;

/* Forks the warden. image_tar: a memfd with the image as tar. NULL with *o. */
struct warden *warden_new(const struct rootfs *image, int image_tar, struct outcome *o);
/* warden_retire(), and frees the handle. */
void warden_free(struct warden *w);

/* Starts a stage whose host actor serves `control` on `pty` (both stay the caller's). watched: its programs will be
 * watched, and the guard refuses with a reason what else a filter would (session/guard.h). Returns the stage's number,
 * > 0, with the machine pid of its first process in *root; -1 with *o. lab receives the lab directory's path as the
 * host side sees it. */
int warden_stage_start(struct warden *w, enum stage_kind kind, bool watched, int control, int pty, pid_t *root,
                       char lab[64], struct outcome *o);
/* Kills everything in that stage. wait: returns when nothing of it is left; else the warden goes on by itself. */
void warden_stage_end(struct warden *w, int stage, bool wait);

/* Tells the warden that the full screen is up (or no longer): only then does it restore the terminal when we die. */
void warden_screen(struct warden *w, bool up);

/* When porthole has gone, however that happened, the warden removes that name in directory dir: a file, or, with
 * AT_REMOVEDIR in flags, a directory. In the order in which it was asked to; a few names at most. unlinkat(2) */
void warden_unlink(struct warden *w, int dir, const char *name, int flags);

/* Ends the warden, which ends every stage and removes its cgroups, and waits for it. The handle stays: warden_cgroups()
 * still tells what there was. */
void warden_retire(struct warden *w);

pid_t warden_pid(const struct warden *w);
/* The cgroup directories made for real stages, for the receipt; "" when there is none. Separated by newlines. */
const char *warden_cgroups(const struct warden *w);
/* Is a pids limit in force for real stages? */
bool warden_limits_pids(const struct warden *w);

#endif
