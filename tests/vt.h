/* A terminal for tests: libvterm as a screen, and, for the end-to-end tests, a program on a pty behind it.
 *
 * libvterm 0.1.4 is not safe on arbitrary output; porthole's own frames are what is fed here, and sizes are clamped the
 * way it can stand (at least 2x8, cursor moved before it shrinks). */
#ifndef TESTS_VT_H
#define TESTS_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct vt;
struct vt *vt_new(int rows, int cols);
void vt_free(struct vt *v);
void vt_feed(struct vt *v, const char *bytes, size_t n);
void vt_resize(struct vt *v, int rows, int cols);

int vt_rows(const struct vt *v);
int vt_cols(const struct vt *v);
const char *vt_row(struct vt *v, int y);     /* the row's text without trailing blanks; valid until the next call */
char *vt_text(struct vt *v);                 /* all rows, each with '\n'; the caller frees */
bool vt_has(struct vt *v, const char *text); /* on any one row */
int vt_find(struct vt *v, const char *text, int *col); /* row of the first occurrence, -1; col in characters */
bool vt_reverse(struct vt *v, int y, int x);
bool vt_coloured(struct vt *v, int y, int x); /* another foreground than the default */
bool vt_bold(struct vt *v, int y, int x);
bool vt_underlined(struct vt *v, int y, int x);
int vt_fg(struct vt *v, int y, int x); /* -1 the default, 0-255, 0x1000000 | 0xrrggbb */
int vt_bg(struct vt *v, int y, int x);
void vt_cursor(struct vt *v, int *y, int *x);
bool vt_alternate(const struct vt *v); /* the alternate screen is up */
bool vt_cursor_visible(const struct vt *v);

/* A program on a pty. */
struct vt_run {
    struct vt *vt;
    pid_t pid;
    int master;
    int status;   /* wait status once it has ended, -1 before */
    size_t bytes; /* read from it so far */
    bool deaf;    /* the terminal does not read */
};

/* Starts argv with environment additions env ("NAME=value"; "NAME" alone unsets). */
void vt_run_start(struct vt_run *r, int rows, int cols, char *const argv[], const char *const env[]);
void vt_run_type(struct vt_run *r, const char *bytes);
void vt_run_resize(struct vt_run *r, int rows, int cols);
void vt_run_pump(struct vt_run *r, int ms);                        /* reads what comes for so long */
bool vt_run_wait(struct vt_run *r, const char *text, int ms);      /* until text is on the screen */
bool vt_run_wait_gone(struct vt_run *r, const char *text, int ms); /* until it is not */
bool vt_run_wait_end(struct vt_run *r, int ms);                    /* until the program has ended */
void vt_run_quiet(struct vt_run *r, int quiet_ms, int ms);         /* until nothing has come for quiet_ms */
void vt_run_end(struct vt_run *r); /* kills the program if need be, and frees everything */

#endif
