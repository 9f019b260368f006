/* Porthole's commands: one row each, one cmd-*.c per command or small family. */
#ifndef SHELL_CMD_H
#define SHELL_CMD_H

#include "shell/shell.h"

enum { CMD_REST = -1 }; /* max_args: the rest of the line is one argument */

struct cmd {
    const char *name;       /* "next" for :next */
    const char *alias;      /* "n", or NULL */
    const char *group;      /* its heading in :help */
    const char *usage;      /* ":goto STEP" */
    const char *help;       /* one line */
    int min_args, max_args; /* words; max -1: the rest of the line is one argument */
    enum shell_next (*run)(struct shell *sh, int argc, char **argv,
                           struct outcome *o);              /* argv[0] is the name; o->step set: error */
    char **(*complete)(struct shell *sh, const char *word); /* or NULL; NULL-terminated, all malloc'd */
};
const struct cmd *cmd_table(size_t *n);
const struct cmd *cmd_find(const char *word); /* name, alias or unique prefix; NULL when none or several */
/* Runs `:line` (with or without the colon). Errors are said, with the nearest right name. */
enum shell_next cmd_eval(struct shell *sh, const char *line);

#endif
