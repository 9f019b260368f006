/* Presenting a lesson: the clock, the steps, what the speaker's notes show. For presenters; the commands are in
 * cmd-present.c. Times are milliseconds. */
#ifndef SHELL_PRESENT_H
#define SHELL_PRESENT_H

#include "shell/shell.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A watch that can be paused. */
struct clock {
    int64_t start, paused_at, pauses; /* paused_at 0: it runs */
};
void clock_start(struct clock *c, int64_t now);
void clock_pause(struct clock *c, int64_t now);
void clock_go_on(struct clock *c, int64_t now);
int64_t clock_elapsed(const struct clock *c, int64_t now);
void clock_print(struct str *out, int64_t ms); /* "4:05", "1:00:07" */

bool shell_presents(const struct shell *sh);
bool shell_present_follow(const struct shell *sh); /* shell_options.follow */

/* "12:34 of 20:00", "21:00 of 20:00, over", "3:00 of 5:00, paused": for a status line. */
void shell_present_time(const struct shell *sh, struct str *out);
void shell_present_pause(struct shell *sh, bool paused);
bool shell_present_paused(const struct shell *sh);

/* What became of a step. */
enum step_state {
    STEP_TO_COME,
    STEP_NOW,
    STEP_DONE,
    STEP_RECORDED, /* its recording was shown, and what it does was done without a word */
    STEP_MARKED,   /* its recording was shown, and what it does could not be done here */
    STEP_FOREIGN,  /* it is for the other stage */
};
struct step_view {
    enum step_state state;
    const char *title; /* of the lesson: not sanitised */
    int64_t ms;        /* spent in it so far; 0 when nothing is presented */
};
size_t shell_steps(const struct shell *sh); /* of the current lesson, 0 without one */
void shell_step_view(const struct shell *sh, size_t i, struct step_view *out);
/* "> 2  Predict, then kill it  (0:42)": a row of the list of steps, sanitised. */
void shell_step_line(const struct shell *sh, size_t i, struct str *out);

/* What a speaker wants to know at this moment. Texts are sanitised, and never NULL after shell_cue(). */
struct cue {
    char *lesson; /* "5 kill: Kill a host process from the container" */
    char *title, *next_title;
    char *notes; /* may hold several paragraphs, "" none */
    char *line;  /* the line that the next key types, "" none */
    char *awaits;
    uint32_t step, nsteps; /* step is an index */
    int64_t elapsed_ms, budget_ms;
    bool paused, missed;
};
void shell_cue(const struct shell *sh, struct cue *c);
void cue_clear(struct cue *c);

#endif
