/* The sides' own terminals, for presenters that can show them. */
#ifndef SHELL_TERMINALS_H
#define SHELL_TERMINALS_H

#include "session/pty.h"
#include "shell/shell.h"
#include <stdbool.h>

/* Starts an interactive shell on the side's terminal. false: why not was said. */
bool shell_terminal_open(struct shell *sh, enum side side);
/* "host terminal: top", "container terminal (ended with status 1)", sanitised. */
void shell_terminal_title(struct shell *sh, enum side side, struct str *out);

#endif
