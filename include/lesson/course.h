/* The lessons there are, in order, pack by pack. */
#ifndef LESSON_COURSE_H
#define LESSON_COURSE_H

#include "base/outcome.h"
#include "lesson/lesson.h"

/* A directory of lessons. */
struct pack {
    char *name, *dir;
    size_t first, n; /* its lessons are course.v[first .. first + n) */
};

struct course {
    struct lesson **v; /* by pack, and in it by file name */
    size_t n;
    struct lesson **extra; /* opened by path */
    size_t nextra;
    char *dir; /* of the first pack */
    struct pack *packs;
    size_t npacks;
    bool trust; /* foreign lessons are run, too */
};

/* Loads the packs of path, directories joined by colons. NULL: of $PORTHOLE_LESSONS, else the course that came with the
 * program (beside the executable in a build tree, else PREFIX/share/porthole/lessons), and user_data_dir()/lessons; an
 * empty element stands for these, too. Faulty files are reported by fault and left out. Where two packs have a lesson
 * of one id, the later one's becomes "pack/id", which is reported as a warning. NULL with *o when a directory of path
 * has no lessons, or none is found. */
struct course *course_load(const char *path, lesson_fault_fn fault, void *arg, struct outcome *o);
void course_free(struct course *c);

/* By number ("3"), id ("chroot"), pack and id ("team/chroot"), or path of a .md file (loaded and owned by the course).
 * NULL with *o naming the nearest. */
struct lesson *course_find(struct course *c, const char *what, lesson_fault_fn fault, void *arg, struct outcome *o);
int course_number(const struct course *c, const struct lesson *l);          /* 1-based; 0 for a lesson from outside */
struct lesson *course_next(const struct course *c, const struct lesson *l); /* of its pack; NULL at the end */
const struct pack *course_pack(const struct course *c, const struct lesson *l); /* NULL for one from outside */

/* Do the lessons follow each other: is every `after` an earlier lesson? Calls fault for each that is not; returns how
 * many.
 */
int course_lint(const struct course *c, lesson_fault_fn fault, void *arg);

#endif
