/* Names of error numbers and signals, both ways. */
#ifndef BASE_ERRNONAME_H
#define BASE_ERRNONAME_H

#include <signal.h>

/* The signals, by number as on most architectures: F(SIGHUP), F(SIGINT), ... */
#ifdef SIGSTKFLT
#define SIGNALS_OF_SOME(F) F(SIGSTKFLT),
#else
#define SIGNALS_OF_SOME(F)
#endif
#define SIGNALS(F)                                                                                                     \
    F(SIGHUP), F(SIGINT), F(SIGQUIT), F(SIGILL), F(SIGTRAP), F(SIGABRT), F(SIGBUS), F(SIGFPE), F(SIGKILL), F(SIGUSR1), \
        F(SIGSEGV), F(SIGUSR2), F(SIGPIPE), F(SIGALRM), F(SIGTERM), SIGNALS_OF_SOME(F) F(SIGCHLD), F(SIGCONT),         \
        F(SIGSTOP), F(SIGTSTP), F(SIGTTIN), F(SIGTTOU), F(SIGURG), F(SIGXCPU), F(SIGXFSZ), F(SIGVTALRM), F(SIGPROF),   \
        F(SIGWINCH), F(SIGIO), F(SIGPWR), F(SIGSYS)

const char *errno_name(int err);             /* "ESRCH"; NULL for a number without a name */
int errno_number(const char *name);          /* -1 when unknown */
const char *errno_nearest(const char *name); /* the name most like it, or NULL */
const char *signal_name(int sig);            /* "SIGTERM"; NULL for a number without a name */
int signal_number(const char *name);         /* with or without SIG; -1 when unknown */

#endif
