/* A pane: a rectangle with a title and lines that scroll. The trees, the lesson and the transcript are all panes; they
 * differ in who makes the lines. */
#ifndef SCREEN_PANE_H
#define SCREEN_PANE_H

#include "screen/frame.h"
#include "screen/layout.h"
#include "screen/lines.h"
#include <stdbool.h>

struct pane {
    struct rect at;
    char title[160]; /* sanitised UTF-8 */
    struct lines lines;
    size_t top;  /* index of the first line shown */
    bool follow; /* stays at the end when lines are added (transcript) */
    bool dirty;
};

int pane_height(const struct pane *p);    /* rows for lines */
size_t pane_below(const struct pane *p);  /* lines hidden below */
bool pane_scroll(struct pane *p, int by); /* lines, negative: towards the start; false when nothing moved */
void pane_show(struct pane *p, size_t i); /* scrolls no more than needed to make line i visible */
void pane_show_heaviest(struct pane *p);  /* scrolls to where the weights of the lines in sight are most */
void pane_settle(struct pane *p);         /* after lines or rectangle changed: clamps top, keeps the end in sight */

/* The next line that contains text after (dir 1) or before (dir -1) line `from`, wrapping around; -1 when none does.
 * Case is folded. */
long pane_search(const struct pane *p, const char *text, long from, int dir);

void pane_draw_title(const struct pane *p, struct frame *f, int number, bool focused);
/* Draws title and lines. number: the digit that selects it (0: none); find: shown as found. */
void pane_draw(struct pane *p, struct frame *f, int number, bool focused, const char *find);

#endif
