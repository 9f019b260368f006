/* man(1) on the user's terminal. */
#ifndef SCREEN_MANPAGE_H
#define SCREEN_MANPAGE_H

#include "base/loop.h"
#include "base/outcome.h"

/* Runs man for a name and section ("": the first one that has it), neither of which it could take for an option or a
 * path, and waits for its end; the loop goes on meanwhile. err becomes its standard error. Under sudo it runs as the
 * invoking user, and its pager without shell escapes. -1 with *o when there is no such page or no man(1). */
int manpage_show(struct loop *l, const char *section, const char *name, int err, struct outcome *o);

#endif
