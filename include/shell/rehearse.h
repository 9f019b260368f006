/* `porthole rehearse`: a lesson run once, at full speed, exactly as `porthole present` would run it, so that what would
 * fail on stage fails now; and its recording. */
#ifndef SHELL_REHEARSE_H
#define SHELL_REHEARSE_H

#include "base/loop.h"
#include "shell/shell.h"
#include <stdio.h>

/* Rehearses opt->lesson and prints what came of each step to out. terminal: what is to be said about the terminal, or
 * "". EXIT_OK, EXIT_FAILED (something would fail here), EXIT_USAGE (no such lesson), EXIT_CANNOT_RUN (no stage). */
int rehearse_run(struct loop *l, const struct shell_options *opt, const char *terminal, FILE *out);

/* The words of a shell command that name programs, appended with a blank before each; what the shell does itself, and
 * what cannot be told from the text, is left out. */
void rehearse_programs(const char *command, struct str *out);

#endif
