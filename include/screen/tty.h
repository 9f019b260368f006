/* The user's terminal while the full screen is up: modes, bytes in, bytes out, size, and giving it back whatever
 * happens.
 *
 * Descriptors 0 and 1 are shared with the user's shell, so they are never made non-blocking: output goes through an own
 * description of the terminal and a queue. A terminal that stops reading (^S, a slow line) costs nothing but its
 * frames. */
#ifndef SCREEN_TTY_H
#define SCREEN_TTY_H

#include "base/outcome.h"
#include <stdbool.h>
#include <stddef.h>

/* Raw mode, crash handlers; standard error goes to a memory file. -1 with *o when standard input is no terminal. */
int tty_open(struct outcome *o);
/* Gives the terminal back: queued output (for at most half a second), old modes, standard error, and then prints what
 * was written to standard error meanwhile. leave: the bytes that leave the screen. */
void tty_close(const char *leave, size_t n);

void tty_size(int *rows, int *cols); /* TIOCGWINSZ, 24 x 80 when the terminal does not know */
int tty_fd(void);                    /* for POLLOUT */
void tty_put(const char *bytes, size_t n);
/* Calls fn with all that is put from now on, in order, before the terminal has it; tty_size() is the size it was drawn
 * for. Removed by the same pair. */
typedef void (*tty_tap_fn)(void *arg, const char *bytes, size_t n);
void tty_tap_add(tty_tap_fn fn, void *arg);
void tty_tap_remove(tty_tap_fn fn, void *arg);
bool tty_flush(void); /* writes what the terminal takes now; true when the queue is empty */

/* Hands the terminal to somebody else for a while (suspended, or a pager runs) and takes it back. tty_lend() writes
 * leave, waits as tty_close() does, and sets the old modes. */
void tty_lend(const char *leave, size_t n);
void tty_take(void);
int tty_stderr(void); /* the real standard error, for a child that gets the terminal */

enum tty_place { TTY_FOREGROUND, TTY_BACKGROUND, TTY_GONE };
enum tty_place tty_place(void); /* may this process draw? GONE after a hang-up: tcgetpgrp(3) gives EIO */

#endif
