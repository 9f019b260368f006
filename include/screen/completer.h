/* readline's completion by the shell's candidates; used by the full screen's prompt and by the linear one. */
#ifndef SCREEN_COMPLETER_H
#define SCREEN_COMPLETER_H

#include <stddef.h>

struct completer {
    /* Candidates for the word of line that ends at point, as shell_complete() gives them. */
    char **(*complete)(void *arg, const char *line, size_t point, size_t *start);
    void *arg;
};

/* Makes readline ask c (copied). Call before rl_initialize(). */
void completer_install(const struct completer *c);

void completer_free_list(char **list); /* NULL-terminated, may be NULL */

#endif
