/* strace(1) as oracle: the same command under it and under porthole trace, the same calls with the same arguments and
 * results, process by process. Only asking in vain whether a child has ended is left out: how often is chance. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include <stdbool.h>

enum oracle_how {
    ORACLE_IN_ORDER = 0,
    /* For programs of several threads: the calls of a process as a multiset, without those that the runtime of Go makes
     * by itself, as often as it likes: threads and the signals to them. */
    ORACLE_ANY_ORDER = 1,
    /* strace by plain PTRACE_SYSCALL. Its --seccomp-bpf sets no_new_privs, and does not see what another filter
     * refuses.
     */
    ORACLE_EVERY_STOP = 2,
};

struct oracle_case {
    const char *command;
    const char *within; /* what both tracers are run by, e.g. in a mount namespace of their own; or NULL */
    unsigned how;
};

const char *oracle_porthole(void);   /* the program to be tested */
int oracle_run(const char *command); /* exit status, -1: killed */
bool oracle_can(void);               /* is there a strace, and may it trace? */

/* Fails the test unless both tell the same, exit status included. dir is a folder for the two traces. Prints one line
 * about what was compared. */
void oracle_compare(const char *dir, const struct oracle_case *c);

#endif
