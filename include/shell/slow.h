/* What programs do, and slow motion, for presenters. */
#ifndef SHELL_SLOW_H
#define SHELL_SLOW_H

#include "shell/shell.h"
#include "shell/ticker.h"
#include <stdbool.h>

/* The calls told so far, and whether the learner wants them shown while they come. */
const struct ticker *shell_calls(const struct shell *sh);
bool shell_ticks(const struct shell *sh);

/* Slow motion: the call that waits for an answer, NULL when none does. Valid until the loop's next turn. */
const struct watched *shell_held(const struct shell *sh);
/* "container 4435/1 (unshare)": whose call it is; and how many other calls wait. */
void shell_held_who(const struct shell *sh, struct str *out);
/* What it does, and what the lesson remarks about it: "unshare(2) gives ... · lesson 6". */
void shell_held_about(const struct shell *sh, struct str *out);
size_t shell_held_others(const struct shell *sh);
bool shell_is_slow(const struct shell *sh);

/* The learner's answer for the held call, as a line:
 *     ""          make it, stop before the next
 *     "s"         make it, stop before the next of another name
 *     "c"         run on to the end of this line
 *     "d [EPERM]" do not make it, return that error
 *     "?"         its manual page
 *     ":slow off" and other commands that only look
 * With o->step set: it is no answer, and the call still waits. SHELL_QUIT: the answer was :quit. */
enum shell_next shell_held_answer(struct shell *sh, const char *line, struct outcome *o);
/* One line that says the keys. */
const char *shell_held_keys(void);
/* Names of errors that begin with word (case folded), as shell_complete() returns them. */
char **shell_complete_errno(const char *word);

#endif
