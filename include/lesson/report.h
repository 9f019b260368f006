/* Who has done what, and how long it took: worked out from the lines of progress logs, for one learner or a team.
 *
 * Time is an estimate from below. The log says when something was done, not when somebody began to think about it: the
 * time before an event, since the learner's last one, belongs to the event's step, at most REPORT_IDLE_CAP of it (a
 * pause is no work). The time before a start belongs to nothing, and what comes after the last event is not known. */
#ifndef LESSON_REPORT_H
#define LESSON_REPORT_H

#include "base/str.h"
#include "lesson/course.h"
#include "lesson/progress_file.h"
#include <stdbool.h>
#include <time.h>

#define REPORT_IDLE_CAP 600 /* seconds */

struct report_counts {
    unsigned failed, hints, solutions, skips;
    long seconds;
    time_t first, last; /* 0: never */
};

struct report_step {
    char *slug, *title; /* title "" when the course does not have the step (any more) */
    bool done, skipped;
    struct report_counts counts;
};

struct report_lesson {
    char *id, *title; /* title "" for a lesson that is not in the course */
    bool done;
    size_t total; /* steps the course says it has; 0: not in the course */
    size_t steps_done;
    struct report_step *steps; /* those with an event, in the lesson's order, unknown ones last */
    size_t nsteps;
    struct report_counts counts;
};

struct report_learner {
    char *id, *name; /* id "": a bare log */
    size_t damaged;
    size_t lessons_done, steps_done;
    struct report_lesson *lessons; /* those with an event, in the course's order, unknown ones last */
    size_t nlessons;
    struct report_counts counts;
};

struct report {
    struct report_learner *learners;
    size_t n;
    size_t damaged;
    time_t made;
};

/* Exports of one learner (the same id) are merged; a bare log stands for itself. c: for titles, order and number of
 * steps; NULL: without. The files are used up: they are empty afterwards. */
struct report *report_new(struct progress_file *files, size_t n, const struct course *c);
void report_free(struct report *r);

/* A table 80 columns wide, a section per learner; for several learners a table of lessons before them. */
void report_print_text(const struct report *r, struct str *out);
/* One object; its keys are documented in porthole(1). */
void report_print_json(const struct report *r, struct str *out);
/* A record for each learner, lesson and step, after RFC 4180. A cell that a spreadsheet would take for a formula starts
 * with an apostrophe. */
void report_print_csv(const struct report *r, struct str *out);
/* One page that refers to nothing outside itself. */
void report_print_html(const struct report *r, struct str *out);

/* For the files that print. */
void report_date(struct str *out, time_t t);                       /* "2025-01-31" (UTC), "" for 0 */
void report_duration(struct str *out, long seconds);               /* "42s", "12m30s", "3h05m" */
void report_state(struct str *out, const struct report_lesson *l); /* "done", "3/6", "3/?"; l NULL: "" */
const char *report_lesson_title(const struct report_lesson *l);    /* its id when it has none */
const char *report_step_title(const struct report_step *s);
const struct report_lesson *report_find(const struct report_learner *l, const char *lesson); /* or NULL */
/* The lessons that any learner has begun, in order; each once. The caller frees the array. */
const struct report_lesson **report_columns(const struct report *r, size_t *n);

#endif
