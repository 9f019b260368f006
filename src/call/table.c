/* The table of calls: one row each, and nothing else knows them. A row feeds the parser, the printer, completion, help,
 * :man, the guard and the tracer's filter. To add a call, add a row: its number, flags, prototype, one sentence, manual
 * page, and a kind for each argument (call/table.h). Argument names are taken from the prototype.
 *
 * Newer architectures lack the oldest calls: arm64 has mkdirat but no mkdir. Such a row is begun with OLD(), which
 * names the newer call and its registers: a digit is the argument of that place, '@' AT_FDCWD, 'z' zero, 'd'
 * AT_REMOVEDIR, 'l' AT_SYMLINK_NOFOLLOW. */
#include "base/mem.h"
#include "call/check.h"
#include "call/rows.h"
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

/* Younger than the oldest headers we build with; the same on all architectures. */
#ifndef __NR_openat2
#define __NR_openat2 437
#endif
#ifndef __NR_pidfd_getfd
#define __NR_pidfd_getfd 438
#endif
#ifndef __NR_faccessat2
#define __NR_faccessat2 439
#endif
#ifndef __NR_mount_setattr
#define __NR_mount_setattr 442
#endif

/* Structures. */

const struct call_struct struct_timespec = {.name = "struct timespec",
                                            .size = 16,
                                            .lone = 0,
                                            .n = 2,
                                            .field = {{.name = "tv_sec", .kind = ARG_LONG, .offset = 0, .width = 8},
                                                      {.name = "tv_nsec", .kind = ARG_LONG, .offset = 8, .width = 8}}};

/* What kill() fills in, and what sigqueue() adds. On 64-bit machines the second half begins at 16. */
const struct call_struct struct_siginfo = {
    .name = "siginfo_t",
    .size = 32,
    .lone = -1,
    .n = 7,
    .field = {{.name = "si_signo", .kind = ARG_ENUM, .family = &family_signal, .offset = 0, .width = 4},
              {.name = "si_code", .kind = ARG_ENUM, .family = &family_sigcode, .offset = 8, .width = 4},
              {.name = "si_errno", .kind = ARG_INT, .offset = 4, .width = 4, .quiet = true},
              {.name = "si_pid", .kind = ARG_PID, .offset = 16, .width = 4},
              {.name = "si_uid", .kind = ARG_ID, .offset = 20, .width = 4},
              {.name = "si_int", .kind = ARG_INT, .offset = 24, .width = 4, .quiet = true},
              {.name = "si_ptr", .kind = ARG_NULL, .offset = 24, .width = 8, .quiet = true}}};

static const struct call_struct mount_attr = {
    .name = "struct mount_attr",
    .size = 32,
    .lone = -1,
    .n = 4,
    .field = {{.name = "attr_set", .kind = ARG_FLAGS, .family = &family_mount_attr, .offset = 0, .width = 8},
              {.name = "attr_clr", .kind = ARG_FLAGS, .family = &family_mount_attr, .offset = 8, .width = 8},
              {.name = "propagation", .kind = ARG_FLAGS, .family = &family_propagation, .offset = 16, .width = 8},
              {.name = "userns_fd", .kind = ARG_FD, .family = &family_fd, .offset = 24, .width = 8}}};

static const struct call_struct open_how = {
    .name = "struct open_how",
    .size = 24,
    .lone = -1,
    .n = 3,
    .field = {{.name = "flags", .kind = ARG_FLAGS, .family = &family_open, .offset = 0, .width = 8},
              {.name = "mode", .kind = ARG_MODE, .family = &family_mode, .offset = 8, .width = 8, .quiet = true},
              {.name = "resolve", .kind = ARG_FLAGS, .family = &family_resolve, .offset = 16, .width = 8}}};

/* Only flags go to the actor, which forks by itself (OP_FORK). */
static const struct call_struct clone_args = {
    .name = "struct clone_args",
    .size = 88,
    .lone = 0,
    .n = 4,
    .field = {{.name = "flags", .kind = ARG_FLAGS, .family = &family_clone3},
              {.name = "exit_signal", .kind = ARG_ENUM, .family = &family_signal},
              {.name = "stack", .kind = ARG_NULL},
              {.name = "stack_size", .kind = ARG_LONG}}};

/* A plain number is the pid, and the version is filled in. */
static const struct call_struct cap_header = {
    .name = "cap_user_header_t",
    .size = 8,
    .lone = 1,
    .n = 2,
    .field = {{.name = "version", .kind = ARG_ENUM, .family = &family_capversion, .offset = 0, .width = 4},
              {.name = "pid", .kind = ARG_PID, .offset = 4, .width = 4}}};

/* The kernel keeps 64 bits in two structures of 32 bits, one after the other. */
static const struct call_struct cap_data = {
    .name = "cap_user_data_t",
    .size = 24,
    .lone = -1,
    .n = 3,
    .field = {
        {.name = "effective", .kind = ARG_FLAGS, .family = &family_capset, .offset = 0, .width = 4, .high = 12},
        {.name = "permitted", .kind = ARG_FLAGS, .family = &family_capset, .offset = 4, .width = 4, .high = 16},
        {.name = "inheritable", .kind = ARG_FLAGS, .family = &family_capset, .offset = 8, .width = 4, .high = 20}}};

static const struct call_row rows[] = {
    /* Processes. */
    {"fork", OLD(fork, clone, "zzzz"), OP_FORK, CALL_TASKS | INTERESTING, "pid_t fork(void)",
     "makes a copy of the calling process; it returns twice: 0 in the child, the child's pid in the parent", "fork(2)"},
    {"clone", SAME(clone), OP_FORK, CALL_TASKS | CALL_CHANGES_NS | INTERESTING, "pid_t clone(unsigned long flags)",
     "forks a child that starts in new namespaces of its own, one for each CLONE_NEW flag", "clone(2)",
     ARGS(FLAGS(clone)), .check = check_clone},
    {"clone3", SAME(clone3), OP_FORK, CALL_TASKS | CALL_CHANGES_NS | INTERESTING,
     "pid_t clone3(struct clone_args *cl_args, size_t size)",
     "the newer clone(): its flags stand in a structure, which leaves room for CLONE_NEWTIME", "clone3(2)",
     ARGS(STRUCT(clone_args), LENGTH(0)), .check = check_clone3},
    {"execve", SAME(execve), OP_EXECVE, CALL_TASKS | INTERESTING,
     "int execve(const char *pathname, char *const argv[], char *const envp[])",
     "replaces the program of the calling process; pid, namespaces, root and working directory stay", "execve(2)",
     ARGS(PATH, STRINGS, ENV)},
    {"execveat", SAME(execveat), OP_EXECVE, CALL_TASKS | INTERESTING,
     "int execveat(int dirfd, const char *pathname, char *const argv[], char *const envp[], int flags)",
     "as execve(), with a path relative to an open directory, or an open file itself (AT_EMPTY_PATH)", "execveat(2)",
     ARGS(DIRFD, PATH, STRINGS, ENV, OPT_FLAGS(at_exec))},
    {"exit", SAME(exit_group), OP_EXIT, CALL_TASKS | INTERESTING, "void exit(int status)",
     "ends the calling process; it stays a zombie until its parent waits for it", "_exit(2)", ARGS(OPT(ARG_INT))},
    {"wait4", SAME(wait4), OP_SYSCALL, CALL_BLOCKS | CALL_TASKS | INTERESTING,
     "pid_t wait4(pid_t pid, int *wstatus, int options, struct rusage *rusage)",
     "waits until a child ends, takes its status, and so removes its zombie", "wait4(2)",
     ARGS(PID, {.kind = ARG_OUT_STATUS}, OPT_FLAGS(wait), OPT_NULL)},
    {"waitpid", SAME(wait4), OP_SYSCALL, CALL_BLOCKS | CALL_TASKS | INTERESTING,
     "pid_t waitpid(pid_t pid, int *wstatus, int options)",
     "the C library's short form of wait4(), which is what the kernel is asked", "waitpid(2)",
     ARGS(PID, {.kind = ARG_OUT_STATUS}, OPT_FLAGS(wait), OPT_NULL), .prints_as = "wait4"},
    {"kill", SAME(kill), OP_SYSCALL, CALL_SIGNALS | CALL_TASKS | INTERESTING, "int kill(pid_t pid, int sig)",
     "sends a signal; the pid counts in the caller's own pid namespace, and signal 0 only asks whether it may",
     "kill(2)", ARGS(PID, SIGNAL)},
    {"pidfd_open", SAME(pidfd_open), OP_SYSCALL, INTERESTING, "int pidfd_open(pid_t pid, unsigned int flags)",
     "gives a descriptor that stands for one process for ever, even when its pid is used again", "pidfd_open(2)",
     ARGS(PID, OPT_FLAGS(pidfd))},
    {"pidfd_send_signal", SAME(pidfd_send_signal), OP_SYSCALL, CALL_SIGNALS | CALL_TASKS | INTERESTING,
     "int pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned int flags)",
     "sends a signal to the process that a descriptor of pidfd_open() stands for", "pidfd_send_signal(2)",
     ARGS(FD, SIGNAL, {.kind = ARG_NULL, .shape = &struct_siginfo, .optional = true}, OPT_FLAGS(pidfd_signal))},
    {"pidfd_getfd", SAME(pidfd_getfd), OP_SYSCALL, INTERESTING,
     "int pidfd_getfd(int pidfd, int targetfd, unsigned int flags)",
     "copies a descriptor out of another process into the caller", "pidfd_getfd(2)", ARGS(FD, FD, OPT_ZERO)},
    {"getpid", SAME(getpid), OP_SYSCALL, 0, "pid_t getpid(void)", "tells the caller's pid in its own pid namespace",
     "getpid(2)"},
    {"getppid", SAME(getppid), OP_SYSCALL, 0, "pid_t getppid(void)",
     "tells the parent's pid; 0 when the parent is outside the caller's pid namespace", "getppid(2)"},
    {"gettid", SAME(gettid), OP_SYSCALL, 0, "pid_t gettid(void)",
     "tells the caller's thread id; the first thread's is the pid", "gettid(2)"},
    {"getpgid", SAME(getpgid), OP_SYSCALL, 0, "pid_t getpgid(pid_t pid)",
     "tells the process group of a process; 0 stands for the caller", "getpgid(2)", ARGS(PID)},
    {"getpgrp", OLD(getpgrp, getpgid, "z"), OP_SYSCALL, 0, "pid_t getpgrp(void)", "tells the caller's process group",
     "getpgrp(2)"},
    {"setpgid", SAME(setpgid), OP_SYSCALL, INTERESTING, "int setpgid(pid_t pid, pid_t pgid)",
     "puts a process into a process group, of its own where both are 0", "setpgid(2)", ARGS(PID, PID)},
    {"getsid", SAME(getsid), OP_SYSCALL, 0, "pid_t getsid(pid_t pid)",
     "tells the session of a process; 0 stands for the caller", "getsid(2)", ARGS(PID)},
    {"setsid", SAME(setsid), OP_SYSCALL, INTERESTING, "pid_t setsid(void)",
     "begins a session of the caller's own, without a controlling terminal", "setsid(2)"},
    {"pause", OLD(pause, ppoll, "zzzz"), OP_SYSCALL, CALL_BLOCKS, "int pause(void)",
     "sleeps until a signal comes that has a handler or ends the process", "pause(2)"},
    {"nanosleep", SAME(nanosleep), OP_SYSCALL, CALL_BLOCKS,
     "int nanosleep(const struct timespec *req, struct timespec *rem)", "sleeps: {1, 500000000} is a second and a half",
     "nanosleep(2)", ARGS(STRUCT(struct_timespec), OPT_NULL)},
    {"clock_gettime", SAME(clock_gettime), OP_SYSCALL, 0, "int clock_gettime(clockid_t clockid, struct timespec *tp)",
     "reads a clock; a time namespace shifts CLOCK_MONOTONIC and CLOCK_BOOTTIME, never CLOCK_REALTIME",
     "clock_gettime(2)", ARGS(ENUM(clock), OUT_STRUCT(struct_timespec))},
    {"sched_yield", SAME(sched_yield), OP_SYSCALL, 0, "int sched_yield(void)", "lets other processes run first",
     "sched_yield(2)"},
    {"prctl", SAME(prctl), OP_SYSCALL, CREDS,
     "int prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5)",
     "changes one property of the calling process: subreaper, no_new_privs, bounding set, death signal, name",
     "prctl(2)", ARGS(ENUM(prctl), OPT(ARG_LONG), OPT(ARG_LONG), OPT(ARG_LONG), OPT(ARG_LONG))},

    /* Who am I? */
    {"getuid", SAME(getuid), OP_SYSCALL, 0, "uid_t getuid(void)",
     "tells the real user id, as the caller's user namespace shows it", "getuid(2)"},
    {"geteuid", SAME(geteuid), OP_SYSCALL, 0, "uid_t geteuid(void)",
     "tells the effective user id, the one permissions go by", "geteuid(2)"},
    {"getgid", SAME(getgid), OP_SYSCALL, 0, "gid_t getgid(void)", "tells the real group id", "getgid(2)"},
    {"getegid", SAME(getegid), OP_SYSCALL, 0, "gid_t getegid(void)", "tells the effective group id", "getegid(2)"},
    {"getresuid", SAME(getresuid), OP_SYSCALL, 0, "int getresuid(uid_t *ruid, uid_t *euid, uid_t *suid)",
     "tells real, effective and saved user id", "getresuid(2)", ARGS(OUT_ID, OUT_ID, OUT_ID)},
    {"getresgid", SAME(getresgid), OP_SYSCALL, 0, "int getresgid(gid_t *rgid, gid_t *egid, gid_t *sgid)",
     "tells real, effective and saved group id", "getresgid(2)", ARGS(OUT_ID, OUT_ID, OUT_ID)},
    {"getgroups", SAME(getgroups), OP_SYSCALL, 0, "int getgroups(int size, gid_t *list)",
     "tells the supplementary groups", "getgroups(2)",
     ARGS({.kind = ARG_ROOM, .of = 1, .fallback = 1024}, {.kind = ARG_OUT_IDS, .of = 0})},
    {"setuid", SAME(setuid), OP_SYSCALL, CREDS, "int setuid(uid_t uid)",
     "becomes another user; root gives up all three ids, and with them its capabilities", "setuid(2)", ARGS(ID)},
    {"setgid", SAME(setgid), OP_SYSCALL, CREDS, "int setgid(gid_t gid)", "changes the caller's group id", "setgid(2)",
     ARGS(ID)},
    {"setreuid", SAME(setreuid), OP_SYSCALL, CREDS, "int setreuid(uid_t ruid, uid_t euid)",
     "changes real and effective user id; -1 leaves one as it is", "setreuid(2)", ARGS(ID, ID)},
    {"setregid", SAME(setregid), OP_SYSCALL, CREDS, "int setregid(gid_t rgid, gid_t egid)",
     "changes real and effective group id; -1 leaves one as it is", "setregid(2)", ARGS(ID, ID)},
    {"setresuid", SAME(setresuid), OP_SYSCALL, CREDS, "int setresuid(uid_t ruid, uid_t euid, uid_t suid)",
     "changes real, effective and saved user id; -1 leaves one as it is", "setresuid(2)", ARGS(ID, ID, ID)},
    {"setresgid", SAME(setresgid), OP_SYSCALL, CREDS, "int setresgid(gid_t rgid, gid_t egid, gid_t sgid)",
     "changes real, effective and saved group id; -1 leaves one as it is", "setresgid(2)", ARGS(ID, ID, ID)},
    {"setgroups", SAME(setgroups), OP_SYSCALL, CREDS, "int setgroups(size_t size, const gid_t *list)",
     "sets the supplementary groups: setgroups(2, [27, 44]), setgroups(0, NULL)", "setgroups(2)",
     ARGS(LENGTH(1), {.kind = ARG_IDS}), .check = check_lengths},
    {"capget", SAME(capget), OP_SYSCALL, 0, "int capget(cap_user_header_t hdrp, cap_user_data_t datap)",
     "tells the capability sets of a process: capget(0) asks for the caller's", "capget(2)",
     ARGS({.kind = ARG_STRUCT, .shape = &cap_header, .optional = true}, OUT_STRUCT(cap_data))},
    {"capset", SAME(capset), OP_SYSCALL, CREDS, "int capset(cap_user_header_t hdrp, const cap_user_data_t datap)",
     "sets the caller's capability sets; what has left `permitted` does not come back", "capset(2)",
     ARGS(STRUCT(cap_header), STRUCT(cap_data))},

    /* Root and directories. */
    {"chroot", SAME(chroot), OP_SYSCALL, ROOT, "int chroot(const char *path)",
     "changes what / means to the calling process; its working directory stays where it was", "chroot(2)", ARGS(PATH)},
    {"chdir", SAME(chdir), OP_SYSCALL, ROOT, "int chdir(const char *path)", "changes the working directory", "chdir(2)",
     ARGS(PATH)},
    {"fchdir", SAME(fchdir), OP_SYSCALL, ROOT, "int fchdir(int fd)",
     "changes the working directory to the one a descriptor stands for, inside the root or not", "fchdir(2)", ARGS(FD)},
    {"getcwd", SAME(getcwd), OP_SYSCALL, 0, "int getcwd(char *buf, size_t size)",
     "tells the working directory; (unreachable) in front means that it is not below the root", "getcwd(2)",
     ARGS(OUT_TEXT(1), {.kind = ARG_ROOM, .of = 0, .fallback = 4096})},
    {"pivot_root", SAME(pivot_root), OP_SYSCALL, CALL_CHANGES_ROOT | MOUNTS,
     "int pivot_root(const char *new_root, const char *put_old)",
     "makes new_root the root of the caller's mount namespace and moves the old one to put_old", "pivot_root(2)",
     ARGS(PATH, PATH)},
    {"mkdir", OLD(mkdir, mkdirat, "@01"), OP_SYSCALL, 0, "int mkdir(const char *pathname, mode_t mode)",
     "makes a directory; the mode is octal, so it starts with 0, and the umask takes bits away", "mkdir(2)",
     ARGS(PATH, OPT_OR(ARG_MODE, 0755))},
    {"mkdirat", SAME(mkdirat), OP_SYSCALL, 0, "int mkdirat(int dirfd, const char *pathname, mode_t mode)",
     "makes a directory at a path relative to an open one", "mkdirat(2)", ARGS(DIRFD, PATH, MODE)},
    {"rmdir", OLD(rmdir, unlinkat, "@0d"), OP_SYSCALL, 0, "int rmdir(const char *pathname)",
     "removes an empty directory", "rmdir(2)", ARGS(PATH)},
    {"umask", SAME(umask), OP_SYSCALL, 0, "mode_t umask(mode_t mask)",
     "sets the permission bits that new files do not get, and tells the old ones", "umask(2)", ARGS(MODE),
     .returns_octal = true},

    /* Names. */
    {"unlink", OLD(unlink, unlinkat, "@0z"), OP_SYSCALL, 0, "int unlink(const char *pathname)",
     "removes a name; the file goes with its last name and descriptor", "unlink(2)", ARGS(PATH)},
    {"unlinkat", SAME(unlinkat), OP_SYSCALL, 0, "int unlinkat(int dirfd, const char *pathname, int flags)",
     "removes a name, with AT_REMOVEDIR a directory, relative to an open one", "unlinkat(2)",
     ARGS(DIRFD, PATH, FLAGS(at_unlink))},
    {"symlink", OLD(symlink, symlinkat, "0@1"), OP_SYSCALL, 0, "int symlink(const char *target, const char *linkpath)",
     "makes a symbolic link; it is resolved when it is used, against the root of who uses it", "symlink(2)",
     ARGS(PATH, PATH)},
    {"symlinkat", SAME(symlinkat), OP_SYSCALL, 0,
     "int symlinkat(const char *target, int newdirfd, const char *linkpath)",
     "makes a symbolic link at a path relative to an open directory", "symlinkat(2)", ARGS(PATH, DIRFD, PATH)},
    {"link", OLD(link, linkat, "@0@1z"), OP_SYSCALL, 0, "int link(const char *oldpath, const char *newpath)",
     "gives a file one more name in the same file system", "link(2)", ARGS(PATH, PATH)},
    {"linkat", SAME(linkat), OP_SYSCALL, 0,
     "int linkat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, int flags)",
     "gives a file one more name, with paths relative to open directories", "linkat(2)",
     ARGS(DIRFD, PATH, DIRFD, PATH, FLAGS(at_link))},
    {"rename", OLD(rename, renameat2, "@0@1z"), OP_SYSCALL, 0, "int rename(const char *oldpath, const char *newpath)",
     "changes a name; what had the new one is replaced", "rename(2)", ARGS(PATH, PATH)},
    {"renameat2", SAME(renameat2), OP_SYSCALL, 0,
     "int renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, unsigned int flags)",
     "changes a name, exchanges two, or leaves a whiteout, relative to open directories", "renameat2(2)",
     ARGS(DIRFD, PATH, DIRFD, PATH, FLAGS(rename))},
    {"readlink", OLD(readlink, readlinkat, "@012"), OP_SYSCALL, 0,
     "ssize_t readlink(const char *pathname, char *buf, size_t bufsiz)",
     "tells what a symbolic link says: readlink(\"/proc/self/ns/pid\") names a namespace", "readlink(2)",
     ARGS(PATH, OUT_DATA(2), {.kind = ARG_ROOM, .of = 1, .fallback = 4096})},
    {"readlinkat", SAME(readlinkat), OP_SYSCALL, 0,
     "ssize_t readlinkat(int dirfd, const char *pathname, char *buf, size_t bufsiz)",
     "tells what a symbolic link says, relative to an open directory", "readlinkat(2)",
     ARGS(DIRFD, PATH, OUT_DATA(3), {.kind = ARG_ROOM, .of = 2, .fallback = 4096})},
    {"access", OLD(access, faccessat, "@01"), OP_SYSCALL, 0, "int access(const char *pathname, int mode)",
     "asks whether the caller's real ids may; F_OK asks whether the name exists", "access(2)",
     ARGS(PATH, OPT_FLAGS(access))},
    {"faccessat2", SAME(faccessat2), OP_SYSCALL, 0,
     "int faccessat2(int dirfd, const char *pathname, int mode, int flags)",
     "asks whether the caller may, with AT_EACCESS by its effective ids", "faccessat2(2)",
     ARGS(DIRFD, PATH, FLAGS(access), FLAGS(at_access))},
    {"mknod", OLD(mknod, mknodat, "@012"), OP_SYSCALL, INTERESTING,
     "int mknod(const char *pathname, mode_t mode, dev_t dev)",
     "makes a device, a named pipe, a socket or a plain file: mknod(\"null\", S_IFCHR|0666, makedev(1, 3))", "mknod(2)",
     ARGS(PATH, FILEMODE, OPT(ARG_DEV)), .check = check_mknod},
    {"mknodat", SAME(mknodat), OP_SYSCALL, INTERESTING,
     "int mknodat(int dirfd, const char *pathname, mode_t mode, dev_t dev)",
     "makes a device, a named pipe, a socket or a plain file, relative to an open directory", "mknodat(2)",
     ARGS(DIRFD, PATH, FILEMODE, OPT(ARG_DEV)), .check = check_mknod},
    {"chmod", OLD(chmod, fchmodat, "@01"), OP_SYSCALL, 0, "int chmod(const char *pathname, mode_t mode)",
     "changes the permission bits of a file", "chmod(2)", ARGS(PATH, MODE)},
    {"fchmod", SAME(fchmod), OP_SYSCALL, 0, "int fchmod(int fd, mode_t mode)",
     "changes the permission bits of an open file", "fchmod(2)", ARGS(FD, MODE)},
    {"fchmodat", SAME(fchmodat), OP_SYSCALL, 0, "int fchmodat(int dirfd, const char *pathname, mode_t mode)",
     "changes the permission bits of a file, relative to an open directory", "fchmodat(2)", ARGS(DIRFD, PATH, MODE)},
    {"chown", OLD(chown, fchownat, "@012z"), OP_SYSCALL, 0, "int chown(const char *pathname, uid_t owner, gid_t group)",
     "changes owner and group of a file; -1 leaves one as it is", "chown(2)", ARGS(PATH, ID, ID)},
    {"lchown", OLD(lchown, fchownat, "@012l"), OP_SYSCALL, 0,
     "int lchown(const char *pathname, uid_t owner, gid_t group)", "as chown(), of a symbolic link itself", "lchown(2)",
     ARGS(PATH, ID, ID)},
    {"fchown", SAME(fchown), OP_SYSCALL, 0, "int fchown(int fd, uid_t owner, gid_t group)",
     "changes owner and group of an open file", "fchown(2)", ARGS(FD, ID, ID)},
    {"fchownat", SAME(fchownat), OP_SYSCALL, 0,
     "int fchownat(int dirfd, const char *pathname, uid_t owner, gid_t group, int flags)",
     "changes owner and group of a file, relative to an open directory", "fchownat(2)",
     ARGS(DIRFD, PATH, ID, ID, FLAGS(at_chown))},
    {"truncate", SAME(truncate), OP_SYSCALL, 0, "int truncate(const char *path, off_t length)",
     "cuts a file, or extends it by zeros, to a length", "truncate(2)", ARGS(PATH, LONG)},

    /* Descriptors. */
    {"open", OLD(open, openat, "@012"), OP_SYSCALL, CALL_BLOCKS,
     "int open(const char *pathname, int flags, mode_t mode)",
     "opens a file and gives the lowest free descriptor for it; the mode is for O_CREAT", "open(2)",
     ARGS(PATH, FLAGS(open), OPT(ARG_MODE)), .check = check_open},
    {"openat", SAME(openat), OP_SYSCALL, CALL_BLOCKS,
     "int openat(int dirfd, const char *pathname, int flags, mode_t mode)",
     "opens a file relative to an open directory", "openat(2)", ARGS(DIRFD, PATH, FLAGS(open), OPT(ARG_MODE)),
     .check = check_open},
    {"openat2", SAME(openat2), OP_SYSCALL, CALL_BLOCKS,
     "int openat2(int dirfd, const char *pathname, const struct open_how *how, size_t size)",
     "opens a file and says how its path may be resolved: {flags=O_RDONLY, resolve=RESOLVE_IN_ROOT}", "openat2(2)",
     ARGS(DIRFD, PATH, STRUCT(open_how), LENGTH(2)), .check = check_lengths},
    {"close", SAME(close), OP_SYSCALL, 0, "int close(int fd)", "gives a descriptor back", "close(2)", ARGS(FD)},
    {"read", SAME(read), OP_SYSCALL, CALL_BLOCKS, "ssize_t read(int fd, void *buf, size_t count)",
     "reads at most count bytes; also written read(3, 64)", "read(2)",
     ARGS(FD, OUT_DATA(2), {.kind = ARG_ROOM, .of = 1, .fallback = 4096})},
    {"write", SAME(write), OP_SYSCALL, CALL_BLOCKS, "ssize_t write(int fd, const void *buf, size_t count)",
     "writes bytes; the count may be left out: write(1, \"hi\\n\")", "write(2)", ARGS(FD, DATA, LENGTH(1)),
     .check = check_lengths},
    {"lseek", SAME(lseek), OP_SYSCALL, 0, "off_t lseek(int fd, off_t offset, int whence)",
     "moves the place where an open file is read and written next", "lseek(2)", ARGS(FD, LONG, ENUM(seek))},
    {"ftruncate", SAME(ftruncate), OP_SYSCALL, 0, "int ftruncate(int fd, off_t length)",
     "cuts an open file, or extends it by zeros, to a length", "ftruncate(2)", ARGS(FD, LONG)},
    {"dup", SAME(dup), OP_SYSCALL, 0, "int dup(int oldfd)", "gives a second descriptor for the same open file",
     "dup(2)", ARGS(FD)},
    {"dup2", OLD(dup2, dup3, "01z"), OP_SYSCALL, 0, "int dup2(int oldfd, int newfd)",
     "makes newfd stand for the open file of oldfd: how a shell redirects", "dup2(2)", ARGS(FD, FD)},
    {"dup3", SAME(dup3), OP_SYSCALL, 0, "int dup3(int oldfd, int newfd, int flags)",
     "as dup2(), with O_CLOEXEC if asked", "dup3(2)", ARGS(FD, FD, FLAGS(fdflag))},
    {"pipe", OLD(pipe, pipe2, "0z"), OP_SYSCALL, 0, "int pipe(int pipefd[2])",
     "makes a pipe and gives its two ends: one to read, one to write", "pipe(2)", ARGS(OUT_PAIR)},
    {"pipe2", SAME(pipe2), OP_SYSCALL, 0, "int pipe2(int pipefd[2], int flags)", "as pipe(), with flags", "pipe2(2)",
     ARGS(OUT_PAIR, FLAGS(pipe))},
    {"fcntl", SAME(fcntl), OP_SYSCALL, 0, "int fcntl(int fd, int cmd, long arg)",
     "asks or changes what a descriptor does, close-on-exec among it", "fcntl(2)",
     ARGS(FD, ENUM(fcntl), OPT(ARG_LONG))},
    {"memfd_create", SAME(memfd_create), OP_SYSCALL, 0, "int memfd_create(const char *name, unsigned int flags)",
     "makes a file that is in no directory: runtimes hide a copy of themselves in one", "memfd_create(2)",
     ARGS(TEXT, OPT_FLAGS(memfd))},

    /* Mounts. */
    {"mount", SAME(mount), OP_SYSCALL, MOUNTS,
     "int mount(const char *source, const char *target, const char *filesystemtype, unsigned long mountflags, const "
     "void "
     "*data)",
     "attaches a file system, or a second view of one (MS_BIND), or changes how mounts spread, in the caller's mount "
     "namespace",
     "mount(2)", ARGS(PATH, PATH, TEXT, OPT_FLAGS(mount), OPT(ARG_TEXT))},
    {"umount2", SAME(umount2), OP_SYSCALL, MOUNTS, "int umount2(const char *target, int flags)",
     "detaches a file system; with MNT_DETACH at once, even while it is in use", "umount2(2)",
     ARGS(PATH, OPT_FLAGS(umount))},
    {"open_tree", SAME(open_tree), OP_SYSCALL, MOUNTS,
     "int open_tree(int dirfd, const char *pathname, unsigned int flags)",
     "gives a descriptor for a mount, or with OPEN_TREE_CLONE for a copy that is attached nowhere", "open_tree(2)",
     ARGS(DIRFD, PATH, OPT_FLAGS(open_tree))},
    {"move_mount", SAME(move_mount), OP_SYSCALL, MOUNTS,
     "int move_mount(int from_dirfd, const char *from_pathname, int to_dirfd, const char *to_pathname, unsigned int "
     "flags)",
     "attaches the mount of a descriptor, or moves one", "move_mount(2)",
     ARGS(DIRFD, PATH, DIRFD, PATH, FLAGS(move_mount))},
    {"fsopen", SAME(fsopen), OP_SYSCALL, MOUNTS, "int fsopen(const char *fsname, unsigned int flags)",
     "begins a new file system of a type; fsconfig() and fsmount() go on", "fsopen(2)", ARGS(TEXT, OPT_FLAGS(fsopen))},
    {"fsconfig", SAME(fsconfig), OP_SYSCALL, MOUNTS,
     "int fsconfig(int fd, unsigned int cmd, const char *key, const void *value, int aux)",
     "sets one parameter of a file system in the making, or makes it (FSCONFIG_CMD_CREATE)", "fsconfig(2)",
     ARGS(FD, ENUM(fsconfig), OPT(ARG_TEXT), {.kind = ARG_DATA, .optional = true},
          {.kind = ARG_FD, .family = &family_dirfd, .optional = true}),
     .check = check_fsconfig},
    {"fsmount", SAME(fsmount), OP_SYSCALL, MOUNTS, "int fsmount(int fsfd, unsigned int flags, unsigned int attr_flags)",
     "gives a descriptor for a mount of the file system that fsconfig() made; move_mount() attaches it", "fsmount(2)",
     ARGS(FD, OPT_FLAGS(fsmount), OPT_FLAGS(mount_attr))},
    {"fspick", SAME(fspick), OP_SYSCALL, MOUNTS, "int fspick(int dirfd, const char *pathname, unsigned int flags)",
     "opens a mounted file system to be changed by fsconfig()", "fspick(2)", ARGS(DIRFD, PATH, OPT_FLAGS(fspick))},
    {"mount_setattr", SAME(mount_setattr), OP_SYSCALL, MOUNTS,
     "int mount_setattr(int dirfd, const char *pathname, unsigned int flags, struct mount_attr *attr, size_t size)",
     "changes a mount, with AT_RECURSIVE all below it: {attr_set=MOUNT_ATTR_RDONLY}", "mount_setattr(2)",
     ARGS(DIRFD, PATH, FLAGS(at_setattr), STRUCT(mount_attr), LENGTH(3)), .check = check_lengths},

    /* Namespaces and names. */
    {"unshare", SAME(unshare), OP_SYSCALL, CALL_CHANGES_NS | CALL_CHANGES_CREDS | MOUNTS, "int unshare(int flags)",
     "moves the caller into new namespaces; with CLONE_NEWPID and CLONE_NEWTIME only its future children", "unshare(2)",
     ARGS(FLAGS(unshare))},
    {"setns", SAME(setns), OP_SYSCALL, CALL_CHANGES_NS | CALL_CHANGES_CREDS | CALL_CHANGES_ROOT | MOUNTS,
     "int setns(int fd, int nstype)",
     "moves the caller into the namespace that a descriptor stands for; 0 allows any kind", "setns(2)",
     ARGS(FD, OPT_FLAGS(setns))},
    {"sethostname", SAME(sethostname), OP_SYSCALL, CALL_NAMES_HOST | INTERESTING,
     "int sethostname(const char *name, size_t len)", "names the machine, as far as the caller's UTS namespace goes",
     "sethostname(2)", ARGS(DATA, LENGTH(0)), .check = check_lengths},
    {"setdomainname", SAME(setdomainname), OP_SYSCALL, CALL_NAMES_HOST | INTERESTING,
     "int setdomainname(const char *name, size_t len)", "sets the NIS domain name of the caller's UTS namespace",
     "setdomainname(2)", ARGS(DATA, LENGTH(0)), .check = check_lengths},
    {"uname", SAME(uname), OP_SYSCALL, 0, "int uname(struct utsname *buf)",
     "tells the kernel's version and the names of the caller's UTS namespace", "uname(2)",
     ARGS({.kind = ARG_OUT_UTSNAME})},
    {"gethostname", SAME(uname), OP_SYSCALL, 0, "int gethostname(char *name, size_t len)",
     "tells the host name; there is no such call: the C library asks uname(), and so do we", "gethostname(2)",
     ARGS({.kind = ARG_OUT_UTSNAME, .fallback = true}, OPT(ARG_LONG))},
};

const struct call_row *call_rows(size_t *n)
{
    *n = COUNT(rows);
    return rows;
}

const struct call_row *call_find(const char *name)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

bool call_arg_is_output(const struct call_arg *a)
{
    return a->kind >= ARG_FIRST_OUTPUT;
}

bool call_arg_may_miss(const struct call_arg *a)
{
    return a->optional || call_arg_is_output(a) || (a->kind == ARG_ROOM && a->fallback);
}

/* The parameter's last word: "target" of "const char *target", "argv" of "char *const argv[]". */
void call_arg_name(struct str *out, const struct call_row *row, int i)
{
    const char *p = strchr(row->prototype, '(') + 1;
    while (i-- > 0 && strchr(p, ','))
        p = strchr(p, ',') + 1;
    const char *end = p + strcspn(p, ",)[");
    const char *start = end;
    while (start > p && start[-1] != ' ' && start[-1] != '*')
        start--;
    str_addn(out, start, (size_t)(end - start));
}
