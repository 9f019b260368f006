/* A presentation on the full screen. Private to screen/: screen.h's files, notes and followers stay apart from it. */
#ifndef SCREEN_PRESENT_PRIVATE_H
#define SCREEN_PRESENT_PRIVATE_H

#include "screen/screen_private.h"
#include "shell/present.h"

/* screen_present.c: all of these do nothing, or return false, when nothing is presented. */
void screen_present_open(struct screen *s);
void screen_present_close(struct screen *s);
bool screen_present_key(struct screen *s, const struct key *key); /* at the prompt, or while a line runs: is it ours? */
void screen_present_cancelled(struct screen *s);                  /* ^C: the line is the lesson's again */
bool screen_present_help(struct screen *s, struct str *out);      /* false: what is said otherwise */

/* Who watches (relay.h). */
void screen_present_changed(struct screen *s);
void screen_present_away(struct screen *s, bool away);
bool screen_present_follow(void *arg, bool on, struct outcome *o); /* shell_ui.follow */

/* Nothing on the screen. */
void screen_present_black(void *arg); /* shell_ui.black */
bool screen_present_is_black(const struct screen *s);
bool screen_present_lights(struct screen *s, const struct key *key); /* any key does; false: it was not black */
void screen_present_draw_black(struct screen *s);

/* screen_steps.c: the list of steps. */
void screen_steps_open(void *arg); /* shell_ui.show_steps */
void screen_steps_lines(const struct screen *s, struct lines *out, int width);
void screen_steps_key(struct screen *s, const struct key *key);

#endif
