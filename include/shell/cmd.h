/* Porthole's commands: one row each, one cmd-*.c per command or small family. */
#ifndef SHELL_CMD_H
#define SHELL_CMD_H

#include "shell/shell.h"

struct cmd {
    const char *name;       /* "next" for :next */
    const char *alias;      /* "n", or NULL */
    const char *usage;      /* ":goto STEP" */
    const char *help;       /* one line */
    int min_args, max_args; /* words; max -1: the rest of the line is one argument */
    enum shell_next (*run)(struct shell *sh, int argc, char **argv,
                           struct outcome *o);              /* argv[0] is the name; o->step set: error */
    char **(*complete)(struct shell *sh, const char *word); /* or NULL */
};
const struct cmd *cmd_table(size_t *n);
const struct cmd *cmd_find(const char *word); /* name, alias or unique prefix */

#endif
