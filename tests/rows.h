/* Views as text: sets of processes written by hand, and the rows that a view makes of them. */
#ifndef TESTS_ROWS_H
#define TESTS_ROWS_H

#include "base/str.h"
#include "view/view.h"

/* Adds a sleeping process to the set, which tasks_free() frees; valid until the next one is added. */
struct task *rows_task(struct tasks *set, pid_t pid, pid_t ppid, const char *args);
/* A process below the namespace of this set's /proc: its numbers from there inwards, 0 ends them. */
struct task *rows_nested(struct task *t, uint64_t start, pid_t inner, pid_t innermost);
struct view_input rows_input(const struct tasks *host, const struct tasks *container);

/* Replaces out by the rows of one side, a line each: "|- 12=3 text [dl]", as the screen draws them, with this side's
 * pid, the other's, and the marks. */
void rows_show(struct str *out, const struct view_input *in, enum side side);
void rows_expect(const struct view_input *in, enum side side, const char *wanted);
bool rows_has_line(const struct str *out, const char *line); /* one that begins so, behind the lines of the tree */
int rows_count_lines(const struct str *out);

#endif
