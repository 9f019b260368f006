/* A recording played into a terminal emulator (term.h): where it is, how fast, whether it is paused. What a recording
 * holds is a program's output, and may be anybody's: it reaches the emulator and nothing else. No clock is read and
 * nothing is drawn here. */
#ifndef SCREEN_PLAYER_H
#define SCREEN_PLAYER_H

#include "export/cast_read.h"
#include "screen/term.h"
#include <stdbool.h>
#include <stdint.h>

#define PLAYER_PORTION (256 * 1024) /* bytes played at once; a flood takes several turns */
#define PLAYER_SLOWEST 0.125
#define PLAYER_FASTEST 64.0

struct player;
/* At the start, playing. c is kept by reference. idle_us: no pause lasts longer; 0: as recorded. */
struct player *player_new(const struct cast *c, int64_t idle_us);
void player_free(struct player *p);

struct term *player_term(const struct player *p);

/* So much time has passed for those who watch: plays what became due, or the first portion of it. Nothing while paused.
 */
void player_advance(struct player *p, int64_t us);
/* Until something is due, as those who watch count: 0 at once, -1 never (paused, or at the end). */
int64_t player_wait_us(const struct player *p);

void player_pause(struct player *p, bool pause);
bool player_paused(const struct player *p);
bool player_ended(const struct player *p);
void player_set_speed(struct player *p, double speed); /* cut to the limits above */
double player_speed(const struct player *p);

/* The next output there is, whenever it is due. false: there is none. */
bool player_frame(struct player *p);
/* To where the next marker stands (by 1), or the one before (by -1); that of the step being shown counts, unless it has
 * only just begun. Going back plays everything from the start on a blank terminal. A recording without markers is
 * passed through in pieces of ten seconds. false: there is nothing further on. */
bool player_jump(struct player *p, int by);
void player_start(struct player *p); /* to the start */
/* The way there is long: it goes on with each player_advance(), paused or not, and what the terminal shows meanwhile is
 * neither here nor there. */
bool player_seeking(const struct player *p);

int64_t player_at_us(const struct player *p);
int64_t player_length_us(const struct player *p);
/* The marker passed last, sanitised; "" when there was none. Valid until the next call that plays. */
const char *player_label(const struct player *p);

#endif
