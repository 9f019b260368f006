/* `porthole trace -- CMD...`: a line for each call that matters, in any program, as it is made. */
#ifndef SHELL_TRACING_H
#define SHELL_TRACING_H

#include "base/loop.h"
#include <stdio.h>

/* Runs argv[0], searched for in PATH, with its arguments, and prints "[pid/own pid] call(args) = result" to out, the
 * second pid where it differs. Returns when all that it started has ended: its exit status, 128 + N when signal N ended
 * it, 127 when there is no such program and 126 when it cannot be executed; EXIT_CANNOT_RUN where ptrace is not to be
 * had, with the reason on standard error. */
int tracing_run(struct loop *l, char *const argv[], FILE *out);

/* Is there such a program? 0, or the exit status for that, the reason having been said. */
int tracing_find(const char *name);

#endif
