/* What a process runs, in the words of a row. */
#ifndef VIEW_COMMAND_H
#define VIEW_COMMAND_H

#include "base/str.h"
#include "proc/task.h"

/* Appends the command line, sanitised; "[comm]" for a process without one; "{comm} command line" when comm tells
 * another story than argv[0] (busybox runs its applets, and a script's interpreter runs the script, under a name of
 * their own). The command line is read through procfd (-1: not) when it is not known yet, and kept in t->args. */
void view_command(struct str *out, int procfd, struct task *t);

#endif
