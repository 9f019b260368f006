/* What programs call and porthole's own processes do not: shown, held and denied, never typed. The guard wants to see
 * most of them, to say why they are refused, rather than leave that to an errno. */
#include "call/rows.h"
#include "call/seccomp.h"

static const struct call_struct timeval = {.name = "struct timeval",
                                           .size = 16,
                                           .lone = -1,
                                           .n = 2,
                                           .field = {{.name = "tv_sec", .kind = ARG_LONG, .offset = 0, .width = 8},
                                                     {.name = "tv_usec", .kind = ARG_LONG, .offset = 8, .width = 8}}};

static const struct call_struct timezone_ = {
    .name = "struct timezone",
    .size = 8,
    .lone = -1,
    .n = 2,
    .field = {{.name = "tz_minuteswest", .kind = ARG_INT, .offset = 0, .width = 4},
              {.name = "tz_dsttime", .kind = ARG_INT, .offset = 4, .width = 4}}};

#define SIGINFO  STRUCT(struct_siginfo)
#define SIGNALS_ (CALL_SIGNALS | CALL_TASKS | INTERESTING)

static const struct call_row rows[] = {
#ifdef __NR_vfork
    {"vfork", SAME(vfork), OP_FORK, CALL_TASKS | INTERESTING, "pid_t vfork(void)",
     "makes a child that borrows the caller's memory; the caller sleeps until the child executes a program or ends",
     "vfork(2)"},
#endif
    {"tkill", SAME(tkill), OP_SYSCALL, SIGNALS_, "int tkill(pid_t tid, int sig)",
     "sends a signal to one thread, whatever process it is of; tgkill() is the safer form", "tkill(2)",
     ARGS(PID, SIGNAL)},
    {"tgkill", SAME(tgkill), OP_SYSCALL, SIGNALS_, "int tgkill(pid_t tgid, pid_t tid, int sig)",
     "sends a signal to one thread of a process", "tgkill(2)", ARGS(PID, PID, SIGNAL)},
    {"rt_sigqueueinfo", SAME(rt_sigqueueinfo), OP_SYSCALL, SIGNALS_,
     "int rt_sigqueueinfo(pid_t tgid, int sig, siginfo_t *info)",
     "sends a signal with a few words of data; sigqueue() of the C library", "rt_sigqueueinfo(2)",
     ARGS(PID, SIGNAL, SIGINFO)},
    {"rt_tgsigqueueinfo", SAME(rt_tgsigqueueinfo), OP_SYSCALL, SIGNALS_,
     "int rt_tgsigqueueinfo(pid_t tgid, pid_t tid, int sig, siginfo_t *info)",
     "sends a signal with a few words of data to one thread of a process", "rt_tgsigqueueinfo(2)",
     ARGS(PID, PID, SIGNAL, SIGINFO)},

    {"seccomp", SAME(seccomp), OP_SYSCALL, CREDS, "int seccomp(unsigned int operation, unsigned int flags, void *args)",
     "puts a filter before every later call of the caller and its children; other operations only ask what there is",
     "seccomp(2)", .args = seccomp_other, .nargs = SECCOMP_ARGS},

    /* The machine as a whole. */
    {"reboot", SAME(reboot), OP_SYSCALL, INTERESTING, "int reboot(int magic, int magic2, int op, void *arg)",
     "restarts or halts the machine; in a pid namespace of one's own it ends that namespace's process 1", "reboot(2)",
     ARGS(ENUM(reboot_magic), ENUM(reboot_magic2), ENUM(reboot), TEXT)},
    {"settimeofday", SAME(settimeofday), OP_SYSCALL, INTERESTING,
     "int settimeofday(const struct timeval *tv, const struct timezone *tz)",
     "sets the machine's clock; no namespace has a time of day of its own", "settimeofday(2)",
     ARGS(STRUCT(timeval), STRUCT(timezone_))},
    {"clock_settime", SAME(clock_settime), OP_SYSCALL, INTERESTING,
     "int clock_settime(clockid_t clockid, const struct timespec *tp)",
     "sets a clock of the machine; no namespace has a CLOCK_REALTIME of its own", "clock_settime(2)",
     ARGS(ENUM(clock), STRUCT(struct_timespec))},
    {"swapon", SAME(swapon), OP_SYSCALL, INTERESTING, "int swapon(const char *path, int swapflags)",
     "lets the machine swap memory out to a file or device", "swapon(2)", ARGS(PATH, FLAGS(swap))},
    {"swapoff", SAME(swapoff), OP_SYSCALL, INTERESTING, "int swapoff(const char *path)",
     "stops swapping to a file or device, and reads back what is there", "swapoff(2)", ARGS(PATH)},
    {"acct", SAME(acct), OP_SYSCALL, INTERESTING, "int acct(const char *filename)",
     "writes a record of every process that ends to a file, or stops that", "acct(2)", ARGS(PATH)},
    {"init_module", SAME(init_module), OP_SYSCALL, INTERESTING,
     "int init_module(void *module_image, unsigned long len, const char *param_values)",
     "loads a module into the kernel, from memory", "init_module(2)", ARGS({.kind = ARG_NULL}, LONG, TEXT)},
    {"finit_module", SAME(finit_module), OP_SYSCALL, INTERESTING,
     "int finit_module(int fd, const char *param_values, int flags)", "loads a module into the kernel, from a file",
     "finit_module(2)", ARGS(FD, TEXT, FLAGS(module))},
    {"delete_module", SAME(delete_module), OP_SYSCALL, INTERESTING,
     "int delete_module(const char *name, unsigned int flags)", "removes a module from the kernel", "delete_module(2)",
     ARGS(TEXT, FLAGS(module_end))},
};

const struct call_row *call_program_rows(size_t *n)
{
    *n = COUNT(rows);
    return rows;
}
