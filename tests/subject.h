/* The watched program is the test program again: TEST child NAME runs the function of that name in a process that knows
 * nothing of being watched. */
#ifndef TESTS_SUBJECT_H
#define TESTS_SUBJECT_H

#include "base/loop.h"
#include "base/str.h"
#include "trace/tracer.h"
#include <stdbool.h>
#include <sys/types.h>

#define SUBJECT_MS 20000

struct subject_program {
    const char *name;
    int (*run)(void);
};
/* In main(): when the program is such a child, runs it and exits. {0} ends programs. */
void subject_be_child(int argc, char **argv, const struct subject_program *programs);

struct subject {
    struct loop *loop;
    struct tracer *tracer;
    pid_t pid;
    struct str lines; /* "[own pid] call = result" */
    int begun, forked, exited, executed, stopped, continued, unborn;
    int status;          /* of pid */
    pid_t other;         /* for judge() */
    struct tracee *held; /* set by judge(); or who stopped last */
    enum trace_verdict (*judge)(struct subject *s, struct tracee *t, const struct call *c);
};

void subject_start(struct subject *s, const char *child); /* skips the test where tracing does not work */
void subject_start_program(struct subject *s, char *const argv[]);
int subject_run(struct subject *s); /* until all have ended; the exit status of the program */
void subject_end(struct subject *s);
void subject_pause(struct subject *s, int ms);

/* For loop_run_until(), with a struct subject. */
bool subject_over(void *arg);
bool subject_holds(void *arg);
bool subject_is_stopped(void *arg);
bool subject_is_continued(void *arg);

int subject_count(const struct subject *s, const char *text);
void subject_expect(const struct subject *s, const char *text, int times); /* in lines */

char subject_state(pid_t pid); /* the letter in /proc/PID/stat, 0: it is gone */

#endif
