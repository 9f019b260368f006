/* The user's terminal as it was before us, and how to give it back. Prepared before the warden is forked: the warden is
 * the only one who can restore it after a SIGKILL. Everything but terminal_prepare() is async-signal-safe. */
#ifndef SESSION_TERMINAL_H
#define SESSION_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct terminal_saved {
    int fd; /* the terminal, or -1 when there is none */
    struct termios before, raw;
    bool has_raw;
    char
        leave[256]; /* what to write: leave the alternate screen, cursor visible, attributes off, bracketed paste off */
    size_t leave_len;
};

/* Reads the modes of standard input's terminal and computes the bytes for $TERM; opens nothing when it is no terminal.
 * Call once, before session_new(). */
void terminal_prepare(void);
const struct terminal_saved *terminal_saved(void);

/* Remembers the modes as they are now, as those of the full screen. */
void terminal_note_raw(struct terminal_saved *t);

/* Writes the leave bytes and sets the old modes, unless somebody else (a shell that has the terminal back) has changed
 * them since terminal_note_raw. */
void terminal_restore(const struct terminal_saved *t);

#endif
