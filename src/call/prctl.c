/* The options of prctl(2). An option without a row here takes plain numbers; the constants of all of them stand in
 * constants.c. Some options insist that the arguments they do not use are 0, and strace then prints them. */
#include "base/mem.h"
#include "call/parser.h"
#include "call/seccomp.h"
#include <linux/prctl.h>

#define OPTION                                                                                                         \
    {                                                                                                                  \
        .kind = ARG_ENUM, .family = &family_prctl                                                                      \
    }
#define NUM                                                                                                            \
    {                                                                                                                  \
        .kind = ARG_LONG                                                                                               \
    }
#define ZERO                                                                                                           \
    {                                                                                                                  \
        .kind = ARG_LONG, .optional = true                                                                             \
    }
#define ENUM(f)                                                                                                        \
    {                                                                                                                  \
        .kind = ARG_ENUM, .family = &family_##f                                                                        \
    }
#define FLAGS(f)                                                                                                       \
    {                                                                                                                  \
        .kind = ARG_FLAGS, .family = &family_##f                                                                       \
    }
#define OUT_INT                                                                                                        \
    {                                                                                                                  \
        .kind = ARG_OUT_NUMBER, .fallback = ARG_INT                                                                    \
    }
#define OUT_SIG                                                                                                        \
    {                                                                                                                  \
        .kind = ARG_OUT_NUMBER, .fallback = ARG_ENUM, .family = &family_signal                                         \
    }

#define ROW(option, least_, printed_, returns_, usage_, ...)                                                           \
    {                                                                                                                  \
        .value = option, .args = (const struct call_arg[]){OPTION, __VA_ARGS__},                                       \
        .nargs = (int)COUNT(((const struct call_arg[]){OPTION, __VA_ARGS__})), .least = least_, .printed = printed_,   \
        .usage = "int prctl(" #option usage_ ")", .returns = returns_                                                  \
    }
#define REST ZERO, ZERO, ZERO
#define NONE ZERO, ZERO, ZERO, ZERO

static const struct call_option options[] = {
    ROW(PR_SET_PDEATHSIG, 2, 2, NULL, ", int sig", ENUM(signal), REST),
    ROW(PR_GET_PDEATHSIG, 1, 2, NULL, ", int *sig", OUT_SIG, REST),
    ROW(PR_GET_DUMPABLE, 1, 1, &family_dumpable, "", NONE),
    ROW(PR_SET_DUMPABLE, 2, 2, NULL, ", int dumpable", ENUM(dumpable), REST),
    ROW(PR_GET_KEEPCAPS, 1, 1, NULL, "", NONE),
    ROW(PR_SET_KEEPCAPS, 2, 2, NULL, ", int state", NUM, REST),
    ROW(PR_SET_NAME, 2, 2, NULL, ", const char *name", {.kind = ARG_TEXT}, REST),
    ROW(PR_GET_NAME, 1, 2, NULL, ", char name[16]", {.kind = ARG_OUT_TEXT, .of = -1, .fallback = 16}, REST),
    ROW(PR_GET_SECCOMP, 1, 1, &family_seccomp, "", NONE),
    ROW(PR_SET_SECCOMP, 2, 2, NULL, ", int mode", ENUM(seccomp),
        {.kind = ARG_NULL, .shape = &struct_sock_fprog, .optional = true}, ZERO, ZERO),
    ROW(PR_CAPBSET_READ, 2, 2, NULL, ", int cap", ENUM(cap), REST),
    ROW(PR_CAPBSET_DROP, 2, 2, NULL, ", int cap", ENUM(cap), REST),
    ROW(PR_GET_TSC, 1, 2, NULL, ", int *flag", {.kind = ARG_OUT_NUMBER, .fallback = ARG_ENUM, .family = &family_tsc},
        REST),
    ROW(PR_SET_TSC, 2, 2, NULL, ", int flag", ENUM(tsc), REST),
    ROW(PR_GET_SECUREBITS, 1, 1, &family_secbit, "", NONE),
    ROW(PR_SET_SECUREBITS, 2, 2, NULL, ", unsigned long bits", FLAGS(secbit), REST),
    ROW(PR_SET_TIMERSLACK, 2, 2, NULL, ", unsigned long slack", NUM, REST),
    ROW(PR_GET_TIMERSLACK, 1, 1, NULL, "", NONE),
    ROW(PR_MCE_KILL, 2, 5, NULL, ", unsigned long clear", ENUM(mce), REST),
    ROW(PR_MCE_KILL_GET, 1, 5, NULL, "", NONE),
    ROW(PR_SET_MM, 2, 5, NULL, ", int field, unsigned long value, 0, 0", ENUM(mm), REST),
    ROW(PR_SET_CHILD_SUBREAPER, 2, 2, NULL, ", int set", NUM, REST),
    ROW(PR_GET_CHILD_SUBREAPER, 1, 2, NULL, ", int *isset", OUT_INT, REST),
    ROW(PR_SET_NO_NEW_PRIVS, 2, 5, NULL, ", 1, 0, 0, 0", NUM, REST),
    ROW(PR_GET_NO_NEW_PRIVS, 1, 5, NULL, ", 0, 0, 0, 0", NONE),
    ROW(PR_SET_THP_DISABLE, 2, 5, NULL, ", int flag, 0, 0, 0", NUM, REST),
    ROW(PR_GET_THP_DISABLE, 1, 5, NULL, ", 0, 0, 0, 0", NONE),
    ROW(PR_CAP_AMBIENT, 2, 5, NULL, ", int operation, int cap, 0, 0", ENUM(ambient),
        {.kind = ARG_ENUM, .family = &family_cap, .optional = true}, ZERO, ZERO),
    ROW(PR_GET_SPECULATION_CTRL, 2, 2, NULL, ", int feature", ENUM(speculation), REST),
    ROW(PR_SET_SPECULATION_CTRL, 3, 3, NULL, ", int feature, unsigned long control", ENUM(speculation), NUM, ZERO,
        ZERO),
    ROW(PR_SET_IO_FLUSHER, 2, 5, NULL, ", int state, 0, 0, 0", NUM, REST),
    ROW(PR_GET_IO_FLUSHER, 1, 5, NULL, ", 0, 0, 0, 0", NONE),
    ROW(PR_SET_PTRACER, 2, 2, NULL, ", pid_t pid", ENUM(ptracer), REST),
};

const struct call_option *call_option_find(uint64_t value)
{
    for (size_t i = 0; i < COUNT(options); i++)
        if (options[i].value == value)
            return &options[i];
    return NULL;
}

void call_use_option(struct call *c, uint64_t option)
{
    c->option = call_option_find(option);
    if (!c->option)
        return;
    c->args = c->option->args;
    c->nargs = c->option->nargs;
}
