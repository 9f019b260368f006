/* Variables of a side: what its shell commands exported. Private to session/. */
#ifndef SESSION_VARS_H
#define SESSION_VARS_H

#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>

struct vars {
    char **v; /* "NAME=value" */
    size_t n, cap;
    size_t room; /* bytes that vars_read_export() keeps at most, 0: VARS_ROOM */
};

const char *vars_get(const struct vars *vars, const char *name); /* NULL when unset */
void vars_set(struct vars *vars, const char *name, const char *value);
void vars_clear(struct vars *vars);

/* Reads the output of `export -p` of dash, busybox ash or bash (`export N='v'`, `export N="v"`, `declare -x N="v"`) and
 * sets each; names that `skip` says are left alone. What no call could carry (room bytes in all) is not kept: a
 * line about each goes to *too_long (may be NULL). */
#define VARS_ROOM 16384
void vars_read_export(struct vars *vars, const char *text, bool (*skip)(const char *name), struct str *too_long);

#endif
