/* A terminal in a pane: what a program writes to its pty goes in, cells come out; keys go in, the bytes for the program
 * come out. Nothing here reads, writes or draws.
 *
 * Whatever a program writes, well-formed or not, changes nothing but this terminal's cells, cursor, modes and title.
 * What would reach further (the clipboard, reports with text of the program's choice, the size of the window) is
 * dropped. */
#ifndef SCREEN_TERM_H
#define SCREEN_TERM_H

#include "screen/keys.h"
#include <stdbool.h>
#include <stddef.h>

/* A terminal has at least and at most so many cells, whatever is asked for: see term_rows(). */
#define TERM_ROWS_MIN 2
#define TERM_COLS_MIN 8
#define TERM_ROWS_MAX 500
#define TERM_COLS_MAX 1000

#define TERM_HISTORY 2000 /* lines of scrollback kept */

struct term;

/* What a terminal tells. Each may be NULL. They are called within term_feed(), term_key() and term_paste(), and must
 * not call those again. */
struct term_events {
    /* Bytes for the program: keys, pasted text, answers to its questions. The caller writes them to the pty. Answers
     * are few however many questions come; what waits because the program does not read, is the caller's to bound. */
    void (*answer)(void *arg, const char *bytes, size_t n);
    void (*changed)(
        void *arg);          /* cells, cursor, title, or how much can be scrolled back; once per call, not per change */
    void (*bell)(void *arg); /* the same */
    void *arg;
};

/* A blank terminal of about that size. ev is copied; NULL: nobody listens. Never NULL. */
struct term *term_new(int rows, int cols, const struct term_events *ev);
void term_free(struct term *t);

/* Any bytes whatsoever: sequences and characters may end in one call and go on in the next one. */
void term_feed(struct term *t, const char *bytes, size_t n);

/* Another size. Lines are not wrapped anew: what is cut at the right comes back when it grows again, lines above go to
 * the scrollback and come back, the cursor stays in sight. */
void term_resize(struct term *t, int rows, int cols);
int term_rows(const struct term *t); /* as it is, which is within the limits above: what the pty must be told */
int term_cols(const struct term *t);

/* Cells. */

enum term_attr {
    TERM_BOLD = 1 << 0,
    TERM_ITALIC = 1 << 1,
    TERM_UNDERLINE = 1 << 2,
    TERM_REVERSE = 1 << 3,
    TERM_BLINK = 1 << 4,
    TERM_STRIKE = 1 << 5,
    TERM_DIM = 1 << 6,
};

#define TERM_RGB   0x1000000 /* a colour: -1 the default, 0-255 of the palette, or TERM_RGB | 0xrrggbb */
#define TERM_CHARS 6

struct term_cell {
    unsigned cp[TERM_CHARS]; /* a character and its combining marks, then zeros; cp[0] == 0: blank */
    unsigned char width;     /* columns: 1, 2; 0: the right half of a wide one */
    unsigned char attrs;     /* enum term_attr */
    int fg, bg;
};

/* The cell in row y, column x of what is shown: the screen, or the scrollback. Outside: a blank one. No control
 * character is ever in a cell, but it may hold any other code point, private and unassigned ones too. */
void term_cell(const struct term *t, int y, int x, struct term_cell *out);
/* The first n cells of a row at once, n at most term_cols(). */
void term_cells(const struct term *t, int y, struct term_cell *out, int n);

/* Where the cursor is in what is shown; false when it is hidden, or scrolled out of sight. */
bool term_cursor(const struct term *t, int *y, int *x);

/* A row of what is shown, as UTF-8 without trailing blanks; and all of them, each with '\n'. The caller frees. */
char *term_row_text(const struct term *t, int y);
char *term_text(const struct term *t);

/* Has row y changed since the last term_clean()? Where the cursor was and is does not count. */
bool term_row_dirty(const struct term *t, int y);
void term_clean(struct term *t);

/* Scrollback. The alternate screen has none. */

void term_scroll(struct term *t, int by);   /* lines; negative: back. New output does not move what is shown then */
size_t term_scrolled(const struct term *t); /* lines back from the end; 0: the screen itself is shown */
size_t term_history(const struct term *t);  /* lines there are to scroll back */

/* Input. */

/* A key, as xterm sends it in the modes that the program has set. Sequences that are no key, like an answer of the
 * outer terminal, are dropped. K_PASTE is term_paste(). */
void term_key(struct term *t, const struct key *key);
/* Pasted text: in brackets when the program has asked for that. Lines end in CR; all other control characters but the
 * tab, and whatever is no UTF-8, are taken out: nothing in the text can end the bracket or press a key. */
void term_paste(struct term *t, const char *text, size_t n);

/* State. */

const char *term_title(const struct term *t); /* as the program has set it, sanitised and cut; "" none */
bool term_alternate(const struct term *t);    /* a program that takes the whole screen is there: less, vi, top */

#endif
