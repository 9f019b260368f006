/* The sides' own terminals: a pty for each side, with an interactive shell or one command on it.
 *
 * A command at the prompt runs on the pty of the actor that is driven, whose output porthole reads as text. Here a
 * program has a terminal for itself: it may take the whole screen, edit lines and control jobs, and what comes out is
 * bytes for a terminal emulator. The program starts where its side is: a child of the actor that the side drives, in
 * its root, namespaces and directory. Where that actor has become a program, or waits for one that went into namespaces
 * of its own, another actor enters there first (setns(2)), as nsenter(1), `docker exec` and `kubectl exec` do.
 *
 * What runs here is watched, guarded and ended as everything else on the stage is. */
#ifndef SESSION_PTY_H
#define SESSION_PTY_H

#include "session/session.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum pty_state {
    PTY_NONE,    /* nothing was started on this stage, or it was closed */
    PTY_RUNNING, /* bytes may be put */
    PTY_ENDED,   /* by itself; pty_status() is its wait status */
    PTY_LOST,    /* with its stage; what had ended before is PTY_NONE then */
};

/* Starts command, a line for /bin/sh, or an interactive shell (NULL) on the side's terminal of rows x cols. What ran
 * there before must have ended. -1 with *o: one runs already (EBUSY), the side's actor is inside a call, its root has
 * no /bin/sh, a system call failed. */
int pty_open(struct session *s, enum side side, const char *command, int rows, int cols, struct outcome *o);
/* pty_open() of a command whose number, as the stage's host counts, becomes the variable `name` of both sides. */
int pty_run(struct session *s, enum side side, const char *name, const char *command, struct outcome *o);
/* Hangs up: SIGHUP, and SIGKILL for a program that is still there after a while. */
void pty_close(struct session *s, enum side side);

/* Bytes as typed; what the terminal does not take at once is queued (at most PTY_QUEUE bytes: false when it is full,
 * or when nothing runs). pty_forget() drops the queue: ^C must not wait behind a paste. */
#define PTY_QUEUE (4 * 1024 * 1024)
bool pty_put(struct session *s, enum side side, const char *bytes, size_t n);
void pty_forget(struct session *s, enum side side);

void pty_resize(struct session *s, enum side side, int rows, int cols); /* TIOCSWINSZ: SIGWINCH for who is there */

enum pty_state pty_state(const struct session *s, enum side side);
int pty_status(const struct session *s, enum side side); /* wait status, -1 unknown */
pid_t pty_pid(const struct session *s, enum side side);  /* machine pid of the program, 0: none */
/* The name of the program in the foreground (comm(5) of its group's leader), sanitised; "" when nothing runs. Valid
 * until the next call. */
const char *pty_program(struct session *s, enum side side);
bool pty_is_shell(const struct session *s, enum side side); /* it was started without a command */

/* Output is read in portions, so that a flood leaves time for everything else: PTY_PORTION bytes each PTY_PORTION_MS.
 */
#define PTY_PORTION    16384
#define PTY_PORTION_MS 16

#endif
