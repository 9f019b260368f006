/* What the files that make the course share. Private to lesson/. */
#ifndef LESSON_COURSE_PRIVATE_H
#define LESSON_COURSE_PRIVATE_H

#include "lesson/course.h"
#include <dirent.h>

int course_is_lesson(const struct dirent *d); /* for scandir(3) */
int course_by_name(const struct dirent **a, const struct dirent **b);
bool course_same_file(const char *a, const char *b); /* files or directories, by inode */

/* Fills in the names and directories of c->packs. -1 with *o. */
int course_find_packs(struct course *c, const char *path, struct outcome *o);

#endif
