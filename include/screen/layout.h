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
 * Where a side has a terminal of its own, it stands below the trees (enum layout_choice says beside what), and from
 * 160 columns in a column of its own, which has the 80 columns that programs expect:
 *
 *     80x24, its terminal has the focus        from 160 columns
 *     status                                   status
 *     1 host            | 2 container          1 host    | 2 container  | 5 host terminal
 *     calls                                    calls                    |
 *     5 host terminal                          3 lesson                 | 6 container terminal
 *                                              4 transcript             |
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

enum pane_id {
    PANE_HOST,
    PANE_CONTAINER,
    PANE_LESSON,
    PANE_TRANSCRIPT,
    PANE_HOST_TERM,
    PANE_CONTAINER_TERM,
    PANE_COUNT,
    PANE_NONE = -1
};

#define LAYOUT_MIN_COLS  60
#define LAYOUT_MIN_ROWS  16
#define LAYOUT_TINY_COLS 20
#define LAYOUT_TINY_ROWS 5
#define LAYOUT_WIDE_COLS 140
#define LAYOUT_TERM_COLS 160 /* terminals have a column of their own from here on */

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
    struct rect rule[3]; /* vertical lines between panes, h == 0: none */
};

/* What stands below the trees where there is a terminal, and no room for everything. */
enum layout_choice {
    LAYOUT_AUTO,      /* what fits; where little does, a terminal that has the focus alone, else no terminal */
    LAYOUT_LESSON,    /* lesson and transcript */
    LAYOUT_SPLIT,     /* terminals above lesson or transcript */
    LAYOUT_TERMINALS, /* terminals alone */
    LAYOUT_STAGE,     /* for large letters: no lesson; half of the screen for the trees, half for a terminal or the
                         transcript */
    LAYOUT_CHOICES
};
const char *layout_choice_name(enum layout_choice choice); /* "auto", "lesson", ...; NULL past the end */
enum layout_choice layout_choice_find(const char *name);   /* LAYOUT_CHOICES: there is none of that name, or NULL */

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
    enum layout_choice choice;
    bool term[2];           /* the side has a terminal */
    enum pane_id last_term; /* the one that had the focus last: shown where there is room for one */
};

void layout_compute(struct layout *l, int rows, int cols, const struct layout_wish *wish);
/* Columns the lesson's text would have: what it must be wrapped at to know lesson_rows. */
int layout_lesson_columns(int rows, int cols, const struct layout_wish *wish);
int layout_calls_columns(int rows, int cols, const struct layout_wish *wish); /* the same for the strip of calls */

#endif
