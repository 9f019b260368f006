/* Names of error numbers and signals, both ways. */
#ifndef CALL_ERRNONAME_H
#define CALL_ERRNONAME_H

const char *errno_name(int err);             /* "ESRCH"; NULL for a number without a name */
int errno_number(const char *name);          /* -1 when unknown */
const char *errno_nearest(const char *name); /* the name most like it, or NULL */
const char *signal_name(int sig);            /* "SIGTERM"; NULL for a number without a name */
int signal_number(const char *name);         /* with or without SIG; -1 when unknown */

#endif
