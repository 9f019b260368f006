/* `porthole follow`: a live copy of the presenter's screen, to be looked at only. */
#ifndef SCREEN_FOLLOW_H
#define SCREEN_FOLLOW_H

#include "base/loop.h"
#include "base/outcome.h"
#include <sys/types.h>

/* Follows a presentation until it is quit: of this user, the newest or pid's, else of another one who lets everybody
 * watch; user: that one's. 0, or -1 with *o when there is none, or not clear which. */
int follow_run(struct loop *l, pid_t pid, const char *user, struct outcome *o);

#endif
