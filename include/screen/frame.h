/* A frame: ncurses as a pure renderer. Cells go in, the bytes that change the terminal come out; nothing is read from
 * or written to a terminal here, so a frame works as well in a test without one.
 *
 * There is one frame at a time, because ncurses keeps its state in globals. */
#ifndef SCREEN_FRAME_H
#define SCREEN_FRAME_H

#include "base/str.h"
#include "screen/lines.h"
#include "screen/term.h"
#include "shell/theme.h"
#include <stdbool.h>

struct frame;

/* Starts rendering for $TERM at that size. colour false: attributes only. NULL when terminfo does not know $TERM or it
 * cannot move the cursor. The first frame_take() holds what enters the alternate screen. */
struct frame *frame_new(int rows, int cols, bool utf8, bool colour);
void frame_free(struct frame *f);

int frame_rows(const struct frame *f);
int frame_cols(const struct frame *f);
void frame_resize(struct frame *f, int rows, int cols);
void frame_repaint(struct frame *f); /* the terminal's contents are unknown: the next frame draws every cell */

/* Changes how styles look from the next text drawn on: what stands there already must be drawn again. THEME_MONO where
 * the terminal has no colours, or the frame was made without. */
void frame_theme(struct frame *f, enum theme theme);

/* Draws text (UTF-8; whatever a terminal could act on is replaced) at row y, columns x to x + width, cut at the right
 * and padded with blanks. Positions outside the screen draw nothing. */
void frame_text(struct frame *f, int y, int x, int width, const char *text, enum style style);
/* The same for a line with its marked part; every occurrence of find (NULL or "": none; case-folded) is shown as found.
 */
void frame_line(struct frame *f, int y, int x, int width, const struct line *line, const char *find);
/* Draws a row of a terminal's cells in columns x to x + width, cut and padded like text. Colours are reduced to those
 * that the terminal has; characters that it might show in other columns than the cells claim, are replaced. */
void frame_cells(struct frame *f, int y, int x, int width, const struct term_cell *cells, int n);
void frame_fill(struct frame *f, int y, int x, int height, int width); /* blanks */
void frame_cursor(struct frame *f, int y, int x);                      /* y < 0: hidden */

/* Appends the bytes that bring the terminal from the last frame to this one; nothing when they are equal. */
void frame_take(struct frame *f, struct str *out);
/* Appends the bytes that leave the alternate screen. A later frame_take() enters it again and repaints. */
void frame_leave(struct frame *f, struct str *out);

/* Does terminfo know term, and can it move the cursor? On false says why. */
bool frame_terminal_can(const char *term, struct str *why);

/* What the terminal's function key i (1-12) sends, by terminfo; NULL when it has none. Valid while the frame lives. */
const char *frame_function_key(const struct frame *f, int i);

#endif
