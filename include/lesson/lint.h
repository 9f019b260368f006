/* What the lint files share. Private to lesson/. */
#ifndef LESSON_LINT_H
#define LESSON_LINT_H

#include "lesson/lesson.h"

struct lint {
    const struct lesson *l;
    lesson_fault_fn fault;
    void *arg;
    int found;
    struct str names; /* " victim container ... ": every variable that something sets */
};

void lint_error(struct lint *t, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void lint_warn(struct lint *t, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Calls fn for every block: the lesson's own, each step's, and those inside a solution. step is NULL for the lesson's.
 */
void lint_each(struct lint *t, void (*fn)(struct lint *t, const struct step *step, const struct block *b));

/* The commands of one block, by the traps a shell command can hold. */
void lint_command(struct lint *t, const struct step *step, const struct block *b);
/* Setup, check and cleanup that no shell would run. */
void lint_syntax(struct lint *t, const struct step *step, const struct block *b);
/* Variables used that nothing sets. */
void lint_variables(struct lint *t);
/* Background processes of setup without a cleanup, and children judged gone that nobody has waited for. */
void lint_processes(struct lint *t);

#endif
