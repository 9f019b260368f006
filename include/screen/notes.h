/* `porthole notes`: what the speaker wants to see, in a second terminal. */
#ifndef SCREEN_NOTES_H
#define SCREEN_NOTES_H

#include "base/loop.h"
#include "screen/audience.h"
#include "screen/lines.h"

/* Follows the running presentation of this user, pid's or the newest (0), until it is quit; plain: as text, until the
 * presentation ends. 0, or -1 with *o when there is none. */
int notes_run(struct loop *l, pid_t pid, bool plain, struct outcome *o);

/* The same as text on standard output, of one who has joined; returns when the presentation has ended. */
void notes_run_plain(struct loop *l, struct audience *from);

/* The notes as lines of width columns: step, notes, the next line, what comes then. */
void notes_lines(const struct audience *a, int width, struct lines *out);

/* Where the notes and the presenter's screen, or its trees, go on a screen of rows x cols whose first row is the status
 * and whose last one is for keys. */
struct notes_layout {
    int notes_rows, notes_cols;         /* of the notes, from row 1, column 0 */
    int view_y, view_x, view_h, view_w; /* of the view with its title; view_h 0: no room */
    bool mirror;                        /* it is the whole screen; else the trees */
};
void notes_layout(struct notes_layout *l, int rows, int cols, int mirror_rows, int mirror_cols);

#endif
