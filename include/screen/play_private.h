/* What the files of the player share. */
#ifndef SCREEN_PLAY_PRIVATE_H
#define SCREEN_PLAY_PRIVATE_H

#include "screen/frame.h"
#include "screen/keys.h"
#include "screen/play.h"
#include "screen/player.h"
#include <stdint.h>

#define PLAY_TOLD_MS 2000 /* how long the status is shown where there is no room for it */

struct play {
    struct loop *loop;
    struct player *player;
    struct frame *frame;
    struct keys *keys;
    int64_t last_us;    /* until when the player was advanced */
    int64_t last_frame; /* now_ms() */
    int timer, escape_timer, place_timer;
    bool stuck; /* the terminal has not taken the last frame yet */
    bool away;  /* it is somebody else's */
    bool quit;
    bool status;        /* it is shown */
    bool repaint;       /* every row is drawn, whether it has changed or not */
    int rows, cols;     /* of what was drawn last */
    int top;            /* the recording's row in the first one, where it has more rows than fit */
    bool moved;         /* the user has chosen top */
    bool help;          /* the keys are listed */
    int64_t told_until; /* the status covers the recording's last row so long, where there is no row left for it */
    char notice[96];    /* instead of it, until the next key */
};

/* play_draw.c */
void play_draw(struct play *p);           /* what is shown, as bytes in tty's queue */
bool play_has_room(const struct play *p); /* there is a row for the status beside the recording */

/* play_keys.c */
void play_key(struct play *p, const struct key *key);

/* play.c */
void play_touch(struct play *p); /* something has changed: a frame follows soon */
void play_suspend(struct play *p);

#endif
