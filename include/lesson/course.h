/* The lessons there are, in order, found in the lessons directory, and how far the learner has come. */
#ifndef LESSON_COURSE_H
#define LESSON_COURSE_H

#include "base/outcome.h"
#include "lesson/lesson.h"

struct course {
    struct lesson **v; /* by file name */
    size_t n;
    struct lesson **extra; /* opened by path */
    size_t nextra;
    char *dir;
};

/* Finds the lessons directory: dir when not NULL, $PORTHOLE_LESSONS, beside the executable (a build tree), else the
 * installed PREFIX/share/porthole/lessons. Faulty files are reported by fault and left out. NULL with *o when none is
 * found. */
struct course *course_load(const char *dir, lesson_fault_fn fault, void *arg, struct outcome *o);
void course_free(struct course *c);

/* By number ("3"), id ("chroot"), or path of a .md file (loaded and owned by the course). NULL with *o naming the
 * nearest. */
struct lesson *course_find(struct course *c, const char *what, lesson_fault_fn fault, void *arg, struct outcome *o);
int course_number(const struct course *c, const struct lesson *l);          /* 1-based; 0 for a lesson from outside */
struct lesson *course_next(const struct course *c, const struct lesson *l); /* NULL at the end */

/* Do the lessons follow each other: is every `after` an earlier lesson? Calls fault for each that is not; returns how
 * many.
 */
int course_lint(const struct course *c, lesson_fault_fn fault, void *arg);

#endif
