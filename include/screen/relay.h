/* The presentation's side of `porthole notes` and `porthole follow`: a server in the presenter's own loop.
 *
 * Nobody who watches can slow the presenter: nothing waits for them, what is kept for each is bounded, and whoever does
 * not keep up loses frames, and gets the whole screen as it is when there is room again. */
#ifndef SCREEN_RELAY_H
#define SCREEN_RELAY_H

#include "base/loop.h"
#include "base/outcome.h"
#include "shell/shell.h"
#include <stdbool.h>
#include <stddef.h>

#define RELAY_OWN    8           /* watchers of the presenter's own at a time */
#define RELAY_OTHERS 64          /* and of everybody's */
#define RELAY_QUEUE  (256 << 10) /* bytes kept for one of them */

struct relay;

/* Listens for this user's notes and followers, and removes what is left of its sockets should porthole be killed. NULL
 * with *o: nobody can watch, all else goes on. */
struct relay *relay_open(struct loop *l, struct shell *sh, struct outcome *o);
/* Tells the watchers that the presentation has ended in order. NULL is allowed, here and below. */
void relay_close(struct relay *r);

/* Whether other users may follow. false with *o. Turning it off ends those who do. */
bool relay_publish(struct relay *r, bool on, struct outcome *o);

/* What is put on the presenter's screen of rows x cols. Without any of it there is no screen, only notes. */
void relay_screen(struct relay *r, const char *bytes, size_t n, int rows, int cols);
void relay_away(struct relay *r, bool away); /* the terminal is somebody else's: a manual page, suspended */
/* Something of what the notes show may have changed. */
void relay_changed(struct relay *r);

#endif
