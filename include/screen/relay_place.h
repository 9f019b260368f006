/* Where presentations have their sockets, and finding them.
 *
 *     $XDG_RUNTIME_DIR/porthole/PID.sock     mode 0600 in 0700: notes and screen, for the speaker alone
 *     STATE/run/PID.sock                     the same where there is no such directory, and under sudo(8)
 *     /tmp/porthole-follow-XXXXXX/screen     mode 0666 in 0711, only after :follow on: the screen, for everybody
 *
 * /tmp is everybody's: the directory there has a name that nobody could know before it was made, and who looks for it
 * believes neither names nor files, but the kernel: the directory's owner, and the user that listens (SO_PEERCRED),
 * must be one. Paths are used through descriptors of their directories, /proc/self/fd/N/NAME, so that nothing can be
 * put in between, and sun_path is never too short. */
#ifndef SCREEN_RELAY_PLACE_H
#define SCREEN_RELAY_PLACE_H

#include "base/outcome.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct relay_place {
    int fd;          /* listens; -1: there is none */
    int dir, parent; /* of the socket; of dir, -1 when dir stays */
    char name[32], dir_name[64];
};

/* Listens. The socket of a presentation that was killed is removed from the private directory on the way. -1 with *o;
 * relay_place_close() in any case. */
int relay_place_private(struct relay_place *p, struct outcome *o);
int relay_place_public(struct relay_place *p, struct outcome *o);
void relay_place_close(struct relay_place *p); /* stops listening, and removes what was made */

/* Is the peer of that connection one that may read the notes: this user, the one who called sudo, or root? */
bool relay_place_trusts(int fd);

struct relay_found {
    int fd; /* connected; the caller closes it */
    pid_t pid;
    uid_t uid;
    bool everybody; /* the one that everybody may watch */
};

/* A presentation of this user: the newest, or the one of that pid (0: any). false when there is none. */
bool relay_find_own(pid_t pid, struct relay_found *out);
/* Those of others that may be watched, at most max; pid and user filter them (0; (uid_t)-1: all). */
size_t relay_find_others(pid_t pid, uid_t user, struct relay_found *out, size_t max);

#endif
