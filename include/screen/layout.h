/* Where everything is, for a screen of rows x cols. Numbers only.
 *
 *     80x24                                    from 140 columns
 *     status                                   status
 *     1 host            | 2 container          1 host    | 2 container  | 3 lesson
 *     calls                                    calls                    |
 *     3 lesson                                 4 transcript             |
 *     4 transcript                                                      |
 *     prompt, help line                        prompt, help line
 *
 * The first row of each pane is its title. Below 60x16 the trees go, and there is room for one pane: the
 * focused one, or else lesson and transcript as far as they fit. Below 20x5 only for saying so.
 *
 * The strip of calls is there once programs have made any. It is one row where rows are few, and grows for a call that
 * is held, which is shown on every screen that has room for a pane. */
#ifndef SCREEN_LAYOUT_H
#define SCREEN_LAYOUT_H

#include <stdbool.h>

enum pane_id { PANE_HOST, PANE_CONTAINER, PANE_LESSON, PANE_TRANSCRIPT, PANE_COUNT, PANE_NONE = -1 };

#define LAYOUT_MIN_COLS  60
#define LAYOUT_MIN_ROWS  16
#define LAYOUT_TINY_COLS 20
#define LAYOUT_TINY_ROWS 5
#define LAYOUT_WIDE_COLS 140

struct rect {
    int y, x, h, w; /* h == 0: not shown */
};

enum layout_kind { LAYOUT_TINY, LAYOUT_SMALL, LAYOUT_ZOOM, LAYOUT_STACKED, LAYOUT_WIDE };

struct layout {
    enum layout_kind kind;
    int rows, cols;
    struct rect pane[PANE_COUNT];
    struct rect calls;   /* h == 1: a title only */
    struct rect prompt;  /* with the help line as its last row */
    struct rect rule[2]; /* vertical lines between panes, h == 0: none */
};

struct layout_wish {
    enum pane_id zoom;  /* this pane alone, or PANE_NONE */
    enum pane_id focus; /* shown when there is room for one only; PANE_NONE: the lesson */
    int prompt_rows;    /* of the line being edited, without the help line; at least 1 */
    int lesson_rows;    /* the lesson's text has that many */
    bool reading;       /* the step is new: its text comes before the transcript */
    bool welcome;       /* ... and it is the first one */
    bool calls;         /* the strip of calls is shown */
    int held_rows;      /* a call is held, and is told in that many rows; 0: none */
    bool no_lesson;     /* and there never will be one: trees and transcript have all the room */
};

void layout_compute(struct layout *l, int rows, int cols, const struct layout_wish *wish);
/* Columns the lesson's text would have: what it must be wrapped at to know lesson_rows. */
int layout_lesson_columns(int rows, int cols, enum pane_id zoom);
int layout_calls_columns(int rows, int cols, const struct layout_wish *wish); /* the same for the strip of calls */

#endif
