/* What the files of the frame share. */
#ifndef SCREEN_FRAME_PRIVATE_H
#define SCREEN_FRAME_PRIVATE_H

#include "screen/frame.h"
#include <curses.h>
#include <stdio.h>

#define FRAME_PAIRS 2048 /* colour pairs in use at once */

/* A pair of colours that has a number in ncurses. */
struct frame_pair {
    int fg, bg;
    bool kept;  /* a style's */
    bool used;  /* on the screen, when they were last counted */
    short next; /* of those with the same hash; 0 none */
};

struct frame_pairs {
    struct frame_pair v[FRAME_PAIRS]; /* by number; 0 is ncurses' own */
    short hash[FRAME_PAIRS];          /* the first of those with that hash; 0 none */
    int n, limit;                     /* numbers below n were used, those below limit may be */
    int scan;                         /* where to look for a free one next */
    int renewed;                      /* in this frame */
    bool counted;                     /* in this frame */
};

struct frame {
    SCREEN *screen;
    FILE *file;
    int fd; /* file's memfd */
    int rows, cols;
    int cursor_y, cursor_x;
    bool utf8, left;
    bool resized; /* the terminal has not been told */
    bool can_colour, direct;
    enum theme theme;
    int pair[STYLE_COUNT];
    struct frame_pairs pairs;
};

/* frame.c */
unsigned frame_safe(const struct frame *f, unsigned cp); /* what to show for it */
bool frame_combines(unsigned cp);

/* frame_style.c */
void frame_look(const struct frame *f, enum style style, attr_t *attrs, int *pair);
bool frame_has_colours(const struct frame *f);
attr_t frame_cell_attrs(const struct frame *f, unsigned attrs); /* of enum term_attr */

/* frame_colour.c. Colours are as in struct term_cell. */
void frame_colours_open(struct frame *f);
int frame_style_pair(struct frame *f, int fg, int bg); /* for good, or until frame_forget_styles() */
void frame_forget_styles(struct frame *f);
/* The pair of colours nearest to these that the terminal can show. *attrs gets what stands for a colour otherwise. */
int frame_cell_pair(struct frame *f, int fg, int bg, attr_t *attrs);
void frame_count_pairs(struct frame *f, int more); /* before up to so many pairs are asked for */

#endif
