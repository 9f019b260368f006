/* What a learner has done, as one file that can be handed on; and this learner's own. */
#ifndef LESSON_PROGRESS_FILE_H
#define LESSON_PROGRESS_FILE_H

#include "base/outcome.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>

struct progress_file {
    char *id;       /* 32 hexadecimal digits, random, made once for a learner; "" in a bare log */
    char *name;     /* sanitised, one line */
    char **v;       /* readable lines of the log without newlines, in order of time */
    size_t n, cap;  /* of v */
    size_t damaged; /* lines that cannot be read, or that the head counts and that are not there */
};

/* Reads an export, or a bare progress.log. -1 with *o: it cannot be opened, it is neither, or a newer porthole wrote
 * it. Damaged lines are counted in it, and no reason to refuse. */
int progress_file_read(const char *path, struct progress_file *f, struct outcome *o);
void progress_file_free(struct progress_file *f);

/* This learner's: the log in the state directory dir (NULL: user_state_dir()). create: an id is made and kept where
 * there is none yet; else the id is "" then. name: NULL, or to be kept as the learner's from now on. */
int progress_file_own(const char *dir, bool create, const char *name, struct progress_file *f, struct outcome *o);

/* Adds to f what it lacks of `from`. A line that both have counts once; where one of them has it twice, twice: what
 * happens twice in one second is logged twice. Appends the new lines, with newlines, to *added (may be NULL). Returns
 * how many there were. */
size_t progress_file_merge(struct progress_file *f, const struct progress_file *from, struct str *added);

/* The text of an export. */
void progress_file_print(const struct progress_file *f, struct str *out);

/* Merges `from` into the log in dir. A learner without an id takes the file's. With another learner's id it is refused,
 * unless `anyone` is set. Returns the number of new lines, or -1 with *o. */
long progress_import(const char *dir, const struct progress_file *from, bool anyone, struct outcome *o);

/* Moves the log and the place to resume at into a new directory beside them, whose path is appended to *backup. The
 * learner's id stays. Returns how many files there were; -1 with *o. */
int progress_reset(const char *dir, struct str *backup, struct outcome *o);

#endif
