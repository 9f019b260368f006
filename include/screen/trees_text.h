/* One column of the view as plain text. */
#ifndef SCREEN_TREES_TEXT_H
#define SCREEN_TREES_TEXT_H

#include "base/str.h"
#include "shell/shell.h"

/* Appends the title and at most rows rows of width columns as the screen shows them, a line each. */
void trees_text(struct shell *sh, enum side side, int width, int rows, struct str *out);

#endif
