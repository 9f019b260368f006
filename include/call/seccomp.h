/* seccomp(2)'s arguments, which differ with its operation. */
#ifndef CALL_SECCOMP_H
#define CALL_SECCOMP_H

#include "call/table.h"

enum { SECCOMP_ARGS = 3 };

extern const struct call_struct struct_sock_fprog;
extern const struct call_arg seccomp_other[SECCOMP_ARGS]; /* of operations without arguments, and of unknown ones */
const struct call_arg *seccomp_args(uint64_t operation);

#endif
