/* The watched program is the test program again: TEST child NAME runs the function of that name in a process that knows
 * nothing of being watched. */
#ifndef TESTS_WATCHED_H
#define TESTS_WATCHED_H

#include "base/loop.h"
#include "base/str.h"
#include "trace/tracer.h"
#include <stdbool.h>
#include <sys/types.h>

#define WATCH_MS 20000

struct watch_program {
    const char *name;
    int (*run)(void);
};
/* In main(): when the program is such a child, runs it and exits. {0} ends programs. */
void watch_be_child(int argc, char **argv, const struct watch_program *programs);

struct watch {
    struct loop *loop;
    struct tracer *tracer;
    pid_t pid;
    struct str lines; /* "[own pid] call = result" */
    int begun, forked, exited, executed, stopped, continued, unborn;
    int status;          /* of pid */
    struct tracee *held; /* set by judge(); or who stopped last */
    enum trace_verdict (*judge)(struct watch *w, struct tracee *t, const struct call *c);
};

void watch_start(struct watch *w, const char *child); /* skips the test where tracing does not work */
void watch_start_program(struct watch *w, char *const argv[]);
int watch_run(struct watch *w); /* until all have ended; the exit status of the program */
void watch_end(struct watch *w);
void watch_pause(struct watch *w, int ms);

/* For loop_run_until(), with a struct watch. */
bool watch_over(void *arg);
bool watch_holds(void *arg);
bool watch_is_stopped(void *arg);
bool watch_is_continued(void *arg);

int watch_count(const struct watch *w, const char *text);
void watch_expect(const struct watch *w, const char *text, int times); /* in lines */

char watch_state(pid_t pid); /* the letter in /proc/PID/stat, 0: it is gone */

#endif
