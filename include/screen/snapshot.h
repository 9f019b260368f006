/* A terminal's screen as the bytes that draw it on a blank one. */
#ifndef SCREEN_SNAPSHOT_H
#define SCREEN_SNAPSHOT_H

#include "base/str.h"
#include "screen/term.h"

/* Appends bytes for any terminal that understands what xterm does: after them a blank terminal of the same size shows
 * the same cells, with the cursor at the same place, and goes on from there as t would. */
void snapshot_print(struct str *out, const struct term *t);

#endif
