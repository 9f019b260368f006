/* What holds between the arguments of one call, beyond what each argument's kind says. Each check may fill in arguments
 * that were left out; it returns false with the error set. */
#ifndef CALL_CHECK_H
#define CALL_CHECK_H

#include "call/table.h"

bool check_clone(struct call *c, struct call_error *err);    /* SIGCHLD is the only exit signal; refused bits */
bool check_clone3(struct call *c, struct call_error *err);   /* the same, in a structure */
bool check_open(struct call *c, struct call_error *err);     /* O_CREAT needs a mode */
bool check_mknod(struct call *c, struct call_error *err);    /* a device needs its number */
bool check_lengths(struct call *c, struct call_error *err);  /* no length beyond the data that was written */
bool check_fsconfig(struct call *c, struct call_error *err); /* aux is the length of binary data */

#endif
