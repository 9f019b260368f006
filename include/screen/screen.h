/* The two presenters of a shell: the full screen, and linear text. main chooses one. */
#ifndef SCREEN_SCREEN_H
#define SCREEN_SCREEN_H

#include "base/loop.h"
#include "base/outcome.h"
#include "shell/shell.h"
#include <stdbool.h>

/* Can the full screen run here: terminals on standard input and output, a $TERM that can move the cursor? On false says
 * why not. */
bool screen_possible(struct str *why);

/* Presents sh on the full screen: sets its ui, calls shell_begin() and runs the loop until the learner quits, the
 * terminal hangs up or a signal asks to end. The terminal is given back before it returns; then shell_end() is the
 * caller's. 0, or -1 with *o when the terminal or the lesson could not be opened.
 *
 * $PORTHOLE_PREFIX: the key before porthole's own keys, like "C-g"; C-\ by default. */
int screen_run(struct loop *l, struct shell *sh, struct outcome *o);

/* Presents sh as linear text: lines from standard input, everything that is said on standard output, the changes of the
 * trees as sentences. The same return. On a terminal it prints a prompt and edits lines with readline, elsewhere it
 * reads them as they come. */
int plain_run(struct loop *l, struct shell *sh, struct outcome *o);

#endif
