/* Does what a command printed match what the lesson expects? */
#ifndef LESSON_EXPECT_H
#define LESSON_EXPECT_H

#include "base/str.h"
#include <stdbool.h>

/* `...` alone on a line matches any number of lines, inside a line any text; $name expands by get (unset: empty); runs
 * of blanks count as one, at line ends as none. On a mismatch appends to why the first line that differs: what was
 * expected and what came. */
bool expect_matches(const char *expected, const char *got, const char *(*get)(void *arg, const char *name), void *arg,
                    struct str *why);

#endif
