/* `porthole play`: a recording on the user's terminal, or as text. */
#ifndef SCREEN_PLAY_H
#define SCREEN_PLAY_H

#include "base/loop.h"
#include "base/outcome.h"
#include "export/cast_read.h"
#include "shell/theme.h"
#include <stdio.h>

struct play_options {
    double speed; /* 1: as recorded */
    double idle;  /* seconds that a pause lasts at most; 0: as recorded; less than 0: as the recording says */
    enum theme theme;
};

/* On the full screen, until the user quits; the terminal is as before then. -1 with *o when there is none. */
int play_run(struct loop *l, const struct cast *c, const struct play_options *opt, struct outcome *o);

/* Its screens as plain text: for each marker, what was on the screen when the next one came, below the marker's time
 * and name; in front of it what had scrolled away since. The last screen at the end. */
void play_text(const struct cast *c, FILE *out);

#endif
