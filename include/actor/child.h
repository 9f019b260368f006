/* The actor's own side: a process that waits for a call, makes it, and reports.
 *
 * It is a fork of porthole that never executes porthole's binary. It leads a session of its own with a pty as
 * controlling terminal, so that its commands have job control and nothing can push input into the user's terminal. */
#ifndef ACTOR_CHILD_H
#define ACTOR_CHILD_H

#define ACTOR_CONTROL_FD 250 /* out of the way of the descriptors that the learner opens: open() returns 3 first */

/* Becomes an actor: takes over the control socket and the pty slave, says hello, serves until the socket ends, then
 * exits. Every other descriptor is closed. name becomes comm and command line. */
_Noreturn void actor_become(int control, int pty, const char *name);

#endif
