/* A new lesson to begin from: small, complete, and replayed by the tests as it is. */
#ifndef LESSON_SCAFFOLD_H
#define LESSON_SCAFFOLD_H

#include "base/outcome.h"
#include "base/str.h"

/* Writes dir/NN-NAME.md, NN being one more than the highest number there, and appends its path to *path. -1 with *o:
 * name is none for a lesson, a lesson of that name is there, or the file cannot be written. Nothing is ever replaced.
 */
int lesson_scaffold(const char *dir, const char *name, struct str *path, struct outcome *o);

#endif
