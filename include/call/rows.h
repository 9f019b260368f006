/* The words that rows of the table are written with: one for each kind of argument. Only for the files that hold rows.
 */
#ifndef CALL_ROWS_H
#define CALL_ROWS_H

#include "base/mem.h"
#include "call/table.h"
#include <sys/syscall.h>

#define PID                                                                                                            \
    {                                                                                                                  \
        .kind = ARG_PID                                                                                                \
    }
#define INT                                                                                                            \
    {                                                                                                                  \
        .kind = ARG_INT                                                                                                \
    }
#define LONG                                                                                                           \
    {                                                                                                                  \
        .kind = ARG_LONG                                                                                               \
    }
#define ID                                                                                                             \
    {                                                                                                                  \
        .kind = ARG_ID                                                                                                 \
    }
#define FD                                                                                                             \
    {                                                                                                                  \
        .kind = ARG_FD, .family = &family_fd                                                                           \
    }
#define DIRFD                                                                                                          \
    {                                                                                                                  \
        .kind = ARG_FD, .family = &family_dirfd                                                                        \
    }
#define PATH                                                                                                           \
    {                                                                                                                  \
        .kind = ARG_PATH                                                                                               \
    }
#define TEXT                                                                                                           \
    {                                                                                                                  \
        .kind = ARG_TEXT                                                                                               \
    }
#define DATA                                                                                                           \
    {                                                                                                                  \
        .kind = ARG_DATA                                                                                               \
    }
#define MODE                                                                                                           \
    {                                                                                                                  \
        .kind = ARG_MODE, .family = &family_mode                                                                       \
    }
#define FILEMODE                                                                                                       \
    {                                                                                                                  \
        .kind = ARG_FILEMODE, .family = &family_mode                                                                   \
    }
#define FLAGS(f)                                                                                                       \
    {                                                                                                                  \
        .kind = ARG_FLAGS, .family = &family_##f                                                                       \
    }
#define ENUM(f)                                                                                                        \
    {                                                                                                                  \
        .kind = ARG_ENUM, .family = &family_##f                                                                        \
    }
#define SIGNAL ENUM(signal)
#define STRUCT(s)                                                                                                      \
    {                                                                                                                  \
        .kind = ARG_STRUCT, .shape = &s                                                                                \
    }
#define STRINGS                                                                                                        \
    {                                                                                                                  \
        .kind = ARG_STRINGS, .optional = true                                                                          \
    }
#define ENV                                                                                                            \
    {                                                                                                                  \
        .kind = ARG_ENV, .optional = true                                                                              \
    }
#define LENGTH(of_)                                                                                                    \
    {                                                                                                                  \
        .kind = ARG_LENGTH, .of = of_, .optional = true                                                                \
    }
#define OUT_DATA(of_)                                                                                                  \
    {                                                                                                                  \
        .kind = ARG_OUT_DATA, .of = of_                                                                                \
    }
#define OUT_TEXT(of_)                                                                                                  \
    {                                                                                                                  \
        .kind = ARG_OUT_TEXT, .of = of_                                                                                \
    }
#define OUT_ID                                                                                                         \
    {                                                                                                                  \
        .kind = ARG_OUT_NUMBER, .fallback = ARG_ID                                                                     \
    }
#define OUT_PAIR                                                                                                       \
    {                                                                                                                  \
        .kind = ARG_OUT_PAIR                                                                                           \
    }
#define OUT_STRUCT(s)                                                                                                  \
    {                                                                                                                  \
        .kind = ARG_OUT_STRUCT, .shape = &s                                                                            \
    }
#define OPT_NULL                                                                                                       \
    {                                                                                                                  \
        .kind = ARG_NULL, .optional = true                                                                             \
    }
#define OPT_ZERO                                                                                                       \
    {                                                                                                                  \
        .kind = ARG_FLAGS, .family = &family_none, .optional = true                                                    \
    }
#define OPT_FLAGS(f)                                                                                                   \
    {                                                                                                                  \
        .kind = ARG_FLAGS, .family = &family_##f, .optional = true                                                     \
    }
#define OPT(k)                                                                                                         \
    {                                                                                                                  \
        .kind = k, .optional = true                                                                                    \
    }
#define OPT_OR(k, value)                                                                                               \
    {                                                                                                                  \
        .kind = k, .optional = true, .fallback = value                                                                 \
    }

#define ARGS(...)                                                                                                      \
    .args = (const struct call_arg[]){__VA_ARGS__}, .nargs = (int)COUNT(((const struct call_arg[]){__VA_ARGS__}))

#define SAME(nr_) .nr = __NR_##nr_
/* The number comes last: the next member of a row is written without a name, and op follows nr. */
#ifdef __NR_mkdir
#define OLD(old, newer, regs) .nr = __NR_##old
#else
#define OLD(old, newer, regs) .registers = regs, .nr = __NR_##newer
#endif

#define INTERESTING CALL_INTERESTING
#define MOUNTS      (CALL_CHANGES_MOUNTS | CALL_INTERESTING)
#define CREDS       (CALL_CHANGES_CREDS | CALL_INTERESTING)
#define ROOT        (CALL_CHANGES_ROOT | CALL_INTERESTING)

/* Structures that several calls take. */
extern const struct call_struct struct_timespec, struct_siginfo;

#endif
