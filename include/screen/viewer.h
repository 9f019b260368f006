/* A full screen for a program that only shows something: the terminal, frames, keys, resizing, suspending, and giving
 * the terminal back whatever happens. What is shown is the caller's. */
#ifndef SCREEN_VIEWER_H
#define SCREEN_VIEWER_H

#include "base/loop.h"
#include "base/outcome.h"
#include "screen/frame.h"
#include "screen/keys.h"
#include <stdbool.h>

struct viewer;

struct viewer_look {
    void (*draw)(void *arg, struct frame *f);      /* the whole of it; the frame sends what differs */
    void (*key)(void *arg, const struct key *key); /* ^C, ^D, q and ^Z are seen to */
    void *arg;
};

/* Takes the terminal. -1 with *o. */
int viewer_open(struct viewer **out, struct loop *l, const struct viewer_look *look, struct outcome *o);
void viewer_touch(struct viewer *v); /* something changed: a frame follows soon */
void viewer_run(struct viewer *v);   /* until it is quit, the terminal hangs up, or a signal asks to end */
void viewer_quit(struct viewer *v);
void viewer_close(struct viewer *v);

#endif
