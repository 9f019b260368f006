/* What runs without a learner: `porthole test`, `list`, `lint`, and what is done about lessons and progress from a
 * shell. They print and return the exit status of the program. */
#ifndef SHELL_HEADLESS_H
#define SHELL_HEADLESS_H

#include "base/loop.h"
#include "session/session.h"
#include "shell/shell.h"
#include <stdbool.h>
#include <stdio.h>

struct headless_options {
    enum stage_kind stage;
    bool stage_given;
    const char *lessons; /* directories joined by colons, or NULL */
    bool trust;          /* run foreign lessons, too */
    const char *rootfs;  /* --rootfs or NULL */
    char *const *names;  /* numbers, ids or paths; none: all lessons */
    size_t nnames;
};

/* Replays each lesson with its solutions on a fresh stage and judges everything in it. A line a step, the reasons of a
 * failure under it with file and line, and a closing count. EXIT_OK, EXIT_FAILED, EXIT_USAGE (no such lesson),
 * EXIT_CANNOT_RUN (nothing could run here; out says why). */
int headless_test(struct loop *l, const struct headless_options *opt, FILE *out);

/* The lessons there are, as a table or as JSON. */
int headless_list(const struct headless_options *opt, bool json, FILE *out);

/* Every fault of the named files, as "file:line: error: ..." or "warning: ...". EXIT_FAILED when there was an error. */
int headless_lint(char *const *files, size_t n, FILE *out);

/* `porthole report`: this learner's progress, or that of the exports named in opt->names, merged. What cannot be read
 * is said on standard error and left out: EXIT_FAILED then, as when nothing is left. */
enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_CSV, REPORT_HTML };
int headless_report(const struct headless_options *opt, enum report_format format, FILE *out);

/* `porthole progress`: opt->names holds the rest of the line. name: what --name gives, or NULL; yes: --yes. An answer
 * to the question before a reset is read from in. Wrong words are EXIT_USAGE, with a message. */
struct progress_request {
    const char *name;
    bool yes;
};
int headless_progress(const struct headless_options *opt, const struct progress_request *request, FILE *in, FILE *out);

/* `porthole new lesson NAME`, those being opt->names: a lesson to begin from, in the first of opt->lessons or here. */
int headless_new(const struct headless_options *opt, FILE *out);

/* `porthole watch FILE`, opt->names[0]: lints and replays it now and after each save, until SIGINT, SIGTERM or SIGHUP.
 * EXIT_OK then, EXIT_FAILED when its directory goes away. See inotify(7). */
int headless_watch(struct loop *l, const struct headless_options *opt, FILE *out);

/* Says "porthole: OUTCOME" on standard error; returns status. */
int headless_fail(const struct outcome *o, int status);

#endif
