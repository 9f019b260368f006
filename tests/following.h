/* A test that follows a /proc, and waits until a row has become so. */
#ifndef TESTS_FOLLOWING_H
#define TESTS_FOLLOWING_H

#include "base/loop.h"
#include "proc/watch.h"
#include <stdbool.h>

extern struct following {
    struct loop *loop;
    struct watch *watch;
    unsigned changes; /* how often following_changed() was called */
} following;

void following_changed(void *arg);
bool following_by_events(void); /* do process events arrive here? */
/* Follows the machine's /proc, by polling or by process events; skips the test where none arrive. */
void following_begin(bool poll);
int following_end(void **state); /* for a test's teardown */

/* Runs the loop until the row of pid (NULL: there is none) is so; false after ms. */
bool following_within(int ms, pid_t pid, bool (*holds)(const struct task *row, const void *arg), const void *arg);
void following_run(int ms);

bool row_is_live(const struct task *row, const void *arg);
bool row_is_zombie(const struct task *row, const void *arg);
bool row_is_dead(const struct task *row, const void *arg);
bool row_is_absent(const struct task *row, const void *arg);
bool row_is_named(const struct task *row, const void *arg);     /* arg: its comm */
bool row_has_parent(const struct task *row, const void *arg);   /* arg: pid_t * */
bool row_lacks_parent(const struct task *row, const void *arg); /* alive, and its parent is another one */

#endif
