/* What the files of the terminal share. */
#ifndef SCREEN_TERM_PRIVATE_H
#define SCREEN_TERM_PRIVATE_H

#include "base/str.h"
#include "screen/term.h"
#include <stdint.h>
#include <vterm.h>

/* A cell as it is kept. Zeroes are a blank in default colours. */
struct term_slot {
    uint64_t cp : 21, mark1 : 21, mark2 : 21; /* a character, and what combines with it */
    uint64_t fg : 26, bg : 26;                /* a colour + 1, so that 0 is the default */
    uint64_t attrs : 7;
    uint64_t wide : 1; /* the left half of two columns */
    uint64_t half : 1; /* the right one; nothing else is set in it but colours and attributes */
};

/* A line, of the screen or of the scrollback. What follows the cells in use is blank in one colour, so an erased line
 * needs none. A line may be longer than the screen is wide, after that shrank: see term_resize(). */
struct term_row {
    struct term_slot *v;
    int used, cap;
    uint32_t tail; /* the colour of the rest, as in bg */
    bool dirty;
};

struct term_grid {
    struct term_row *rows; /* term's number of them */
};

/* The scrollback: a ring, the oldest line at first. */
struct term_history {
    struct term_row *v;
    size_t n, first;
};

enum filter_state { FILTER_TEXT, FILTER_ESC, FILTER_INTERMED, FILTER_CSI, FILTER_OSC, FILTER_STRING };

#define FILTER_ROOM   4096 /* bytes handed to libvterm at once; it puts four times as much on the stack */
#define FILTER_PIECE  64
#define FILTER_PARAMS 32
#define FILTER_TITLE  256

struct term_filter {
    enum filter_state state;
    char out[FILTER_ROOM];
    size_t n;
    unsigned glyphs[FILTER_ROOM / 2]; /* the characters for which stand-ins are in out, in order */
    size_t nglyphs, taken;
    unsigned char partial[4]; /* of a character that is not whole yet */
    size_t npartial;
    bool stand_in; /* out ends in one */
    bool combines; /* a mark that comes now belongs to the character put last */

    /* of the sequence being read */
    unsigned char marker, intermed; /* 0: none */
    bool broken;                    /* it will be dropped */
    int param[FILTER_PARAMS];       /* -1: left out */
    bool colon[FILTER_PARAMS];      /* a colon, no semicolon, stands before it */
    size_t nparams;
    bool ending; /* ESC was seen in a string: `\` ends it */
    char title[FILTER_TITLE];
    size_t ntitle;
};

struct term {
    int rows, cols;
    struct term_events ev;
    VTerm *vt;
    VTermState *state;
    struct term_filter filter;

    struct term_grid main, other;
    struct term_history history;
    bool alternate; /* `other` is the screen */
    size_t scrolled;
    struct term_slot pen;
    int last_y, last_x; /* of the character put last; last_y < 0: none */
    int main_y;         /* where the main screen's cursor was when the alternate one came up */
    bool main_shift;    /* its lines have moved since */

    bool all_dirty;  /* what is shown */
    bool rows_dirty; /* the screen, be it shown or not */
    bool cursor_hidden, rung;
    char title[160];
    int answers; /* that may be given now */
    int64_t answers_ms;
};

/* term.c */
void term_answer(struct term *t, const char *bytes, size_t n);
static inline struct term_grid *term_grid(struct term *t)
{
    return t->alternate ? &t->other : &t->main;
}

/* term_filter.c */
void filter_feed(struct term *t, const unsigned char *s, size_t n);
void filter_add(struct term *t, const char *bytes, size_t n); /* for libvterm; at most FILTER_PIECE */
void filter_addf(struct term *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void filter_glyph(struct term *t, unsigned cp); /* a character that may be no ASCII */
void filter_flush(struct term *t);
unsigned filter_character(struct term *t, unsigned put); /* the one for which libvterm has put its stand-in */

/* term_csi.c: a whole sequence has been read */
void filter_csi(struct term *t, char final);
void filter_escape(struct term *t, char final);

/* term_grid.c. Coordinates are within the screen, or cut to it. */
void grid_init(struct term *t, struct term_grid *g);
void grid_free(struct term *t, struct term_grid *g);
void grid_put(struct term *t, int y, int x, unsigned cp, int width);
void grid_mark(struct term *t, unsigned cp); /* combines with the character put last */
unsigned grid_last(const struct term *t);    /* that character; 0: there is none */
void grid_erase(struct term *t, VTermRect at);
void grid_scroll(struct term *t, VTermRect at, int down, int right); /* as libvterm's scrollrect */
void row_free(struct term_row *r);

/* term_history.c */
void history_push(struct term *t, struct term_row *r); /* takes r's cells; r is blank then */
bool history_pop(struct term *t, struct term_row *r);  /* the newest line, into r */
void history_clear(struct term *t);
const struct term_row *term_shown(const struct term *t, int y); /* row y of what is shown */

#endif
