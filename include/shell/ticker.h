/* The calls of programs, as the session tells them: one line each, searches and floods folded, the latest kept.
 *
 *     [host 4435] (PATH: 3 misses)                             a search through $PATH is one line
 *     [host 4435] execve("/bin/true", ["true"], ...) = 0
 *     [host 4435] prctl(PR_CAPBSET_READ, 40) = 1 (×41)         so is a run of one call by one process: its last
 *     [container 4436/1] +++ exited with 0 +++
 */
#ifndef SHELL_TICKER_H
#define SHELL_TICKER_H

#include "base/str.h"
#include "session/watch.h"
#include <stdbool.h>
#include <stddef.h>

#define TICKER_MAX 600 /* lines kept */

struct ticker_line {
    const struct call_row *row; /* NULL: a process ended, or calls were lost */
    char *text;                 /* of a run: its last call; sanitised UTF-8 */
    unsigned count;             /* calls that it stands for */
    bool search;                /* through $PATH */
    bool failed;
    bool denied;  /* it was not made, but answered with an error */
    char *reason; /* why the guard denied it, or why it failed, when that is known; else NULL */
    int err;
    /* For folding. */
    pid_t pid;
    unsigned run;  /* its place among calls of one name in a row, from 1 */
    unsigned told; /* how many of count linear output has told */
    bool news;     /* its text is another one since */
    char kind[32]; /* what calls of one run have in common */
};

struct ticker;
struct ticker *ticker_new(void);
void ticker_free(struct ticker *t);

/* A command begins: what follows is a list of its own, once there is any. */
void ticker_begin(struct ticker *t);
/* The first call of a command that has begun is about to be made: the list is that command's now. */
void ticker_renew(struct ticker *t);
/* Takes what was told (WATCHED_HELD is ignored). Appends to *linear (may be NULL) what output that cannot take a line
 * back should say now: whole lines. A run is told when it begins, and how long it was when it is over. */
void ticker_take(struct ticker *t, const struct watched *w, struct str *linear);
/* Nothing more comes for now: the runs that were not told to their end are. */
void ticker_settle(struct ticker *t, struct str *linear);

/* The lines of the last command that had any; line 0 is its first one that is kept. Valid until the next change. */
size_t ticker_count(const struct ticker *t);
const struct ticker_line *ticker_line(const struct ticker *t, size_t i);
size_t ticker_forgotten(const struct ticker *t); /* older lines of that command, which are no longer kept */

void ticker_print(const struct ticker_line *l, struct str *out); /* the line with its count, without a newline */
/* "mount(2) attaches a file system to a directory." What a line is about; nothing where there is nothing to say. */
void ticker_print_meaning(const struct ticker_line *l, struct str *out);
/* The same of a call, in strace notation: what clone() does depends on its flags. */
void ticker_print_about(const struct call_row *row, const char *text, struct str *out);
/* Of a call that the learner denied with err: who did it. */
const char *ticker_denied(int err);
/* "[container 4435/1] ", as before a typed call. */
void ticker_print_who(const struct watched *w, struct str *out);

#endif
