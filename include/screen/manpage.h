/* man(1) on the user's terminal. */
#ifndef SCREEN_MANPAGE_H
#define SCREEN_MANPAGE_H

#include "base/loop.h"
#include "base/outcome.h"

/* Splits "mount(2)" or "mount" into name and section ("" when absent). -1 with *o when it is no page's name: nothing
 * that man(1) would take for an option or a path. */
int manpage_parse(const char *page, char name[64], char section[8], struct outcome *o);

/* Runs man and waits for its end; the loop goes on meanwhile. err becomes its standard error. Under sudo it runs as the
 * invoking user, and its pager without shell escapes. -1 with *o when there is no such page or no man(1). */
int manpage_show(struct loop *l, const char *page, int err, struct outcome *o);

#endif
