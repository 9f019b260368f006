/* Rows of a view as lines of a pane: marks, pid, tree, command, and the pid in the other column. */
#ifndef SCREEN_TREE_H
#define SCREEN_TREE_H

#include "screen/lines.h"
#include "view/view.h"

/* Appends the rows as lines of width columns. Returns the index of the line of the selected process among the new ones,
 * or -1. *fading is set when a row is shown as new or dead, which it will not be for long. */
long tree_lines(const struct view_rows *rows, int width, struct lines *out, bool *fading);

/* What the marks mean, one line each, for the help. */
void tree_legend(struct lines *out, int width);

#endif
