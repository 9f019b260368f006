/* The recording of what is shown (export/recording.h), for presenters: they pass on every byte, and the recording takes
 * those it wants. A marker follows what shows another step of the lesson. */
#ifndef SHELL_RECORD_H
#define SHELL_RECORD_H

#include "shell/shell.h"
#include <stdbool.h>
#include <stddef.h>

/* These bytes went to the learner's terminal. */
void shell_shown(struct shell *sh, const char *bytes, size_t n);
/* Its size is another one; what follows is drawn for that. */
void shell_resized(struct shell *sh, int cols, int rows);
/* It is somebody else's for a while: no time passes in the recording, and what is shown is left out. Everything is
 * drawn anew when it is back. */
void shell_away(struct shell *sh, bool away);
/* The presenter ends, and with it what can be recorded. shell_end() says what became of the file. */
void shell_record_end(struct shell *sh);

#endif
