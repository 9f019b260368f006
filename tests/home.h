/* A temporary home for tests that start shells: lessons and state in a directory of their own. */
#ifndef TESTS_HOME_H
#define TESTS_HOME_H

/* Makes the directory, with `lessons` in it, and points PORTHOLE_STATE and PORTHOLE_LESSONS there. Returns its path
 * (static). */
const char *home_open(void);
void home_lesson(const char *file, const char *text); /* writes lessons/FILE */
void home_close(void);

/* Front matter and heading of a lesson with that id. */
#define HOME_HEAD(id)                                                                                                  \
    "---\nformat: 1\nid: " id "\ntitle: About " id "\nminutes: 2\n---\n\n# About " id "\n\nThe goal.\n\n"

#endif
