/* A running session for tests that need real namespaces. */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include "call/call.h"
#include "session/session.h"

/* Starts a stage of that kind with the default image; skips the running test with the reason when it cannot run here.
 */
struct session *stage_open(enum stage_kind kind);
/* The same on a machine where programs cannot be watched: here no thread can be had for that. */
struct session *stage_open_unwatched(enum stage_kind kind);
void stage_close(struct session *s);

/* Makes the typed call on actor `who` (id) and returns its result; the errno goes to *err when not NULL. A refusal by
 * porthole fails the test. */
long stage_call(struct session *s, int who, const char *line, int *err);
/* The same, expected to be refused by porthole; returns the refusal's text (static). */
const char *stage_refused(struct session *s, int who, const char *line);
/* Runs a shell command; returns its exit status, output in out (static, last blanks trimmed). -1: not run. */
int stage_run(struct session *s, int who, const char *command, const char **out);
/* Number of processes whose mount namespace is `ns`. */
int stage_count(uint64_t ns);

extern struct loop *stage_loop;

#endif
