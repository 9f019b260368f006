/* The table of calls: one row each. The same row feeds the parser, the printer, completion, help, the guard and, later,
 * the filter of the tracer. To add a call add a row (README, "How to add a system call").
 *
 * A call whose old number an architecture lacks (arm64 has mkdirat only) is made by its *at sibling: see marshal.c. */
#include "call/table.h"
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#define NO_NR -1
#ifndef __NR_fork
#define __NR_fork NO_NR
#endif
/* Rows that are made by a sibling where the old number is missing. */
#if !defined(__NR_mkdir)
#define __NR_mkdir   NO_NR
#define __NR_rmdir   NO_NR
#define __NR_unlink  NO_NR
#define __NR_symlink NO_NR
#define __NR_link    NO_NR
#define __NR_rename  NO_NR
#define __NR_open    NO_NR
#define __NR_dup2    NO_NR
#define __NR_mknod   NO_NR
#define __NR_chown   NO_NR
#define __NR_chmod   NO_NR
#define __NR_access  NO_NR
#define __NR_pause   NO_NR
#define __NR_getpgrp NO_NR
#endif

#define ROW(n, nr, op, fl, proto, man, mean)                                                                           \
    {                                                                                                                  \
        n, nr, op, fl, proto, mean, man                                                                                \
    }
#define INT(n)                                                                                                         \
    {                                                                                                                  \
        .name = n, .kind = ARG_INT                                                                                     \
    }
#define FD(n)                                                                                                          \
    {                                                                                                                  \
        .name = n, .kind = ARG_INT, .family = &family_dirfd                                                            \
    }
#define FLAGS(n, f)                                                                                                    \
    {                                                                                                                  \
        .name = n, .kind = ARG_FLAGS, .family = &family_##f                                                            \
    }
#define TEXT(n)                                                                                                        \
    {                                                                                                                  \
        .name = n, .kind = ARG_TEXT                                                                                    \
    }
#define MODE(n)                                                                                                        \
    {                                                                                                                  \
        .name = n, .kind = ARG_MODE                                                                                    \
    }
#define OPT(k, n, f, v)                                                                                                \
    {                                                                                                                  \
        .name = n, .kind = k, .family = f, .optional = true, .absent = v                                               \
    }
#define NUL(n)                                                                                                         \
    {                                                                                                                  \
        .name = n, .kind = ARG_NULL, .optional = true                                                                  \
    }

const struct call_entry call_entries[] = {
    /* processes */
    {ROW("fork", __NR_clone, OP_FORK, CALL_TASKS | CALL_INTERESTING, "pid_t fork(void)", "fork(2)",
         "makes a copy of the calling process; it returns twice: 0 in the child, the child's pid in the parent"),
     {{0}}},
    {ROW("clone", __NR_clone, OP_FORK, CALL_TASKS | CALL_CHANGES_NS | CALL_INTERESTING,
         "pid_t clone(unsigned long flags)", "clone(2)",
         "forks a child that starts in new namespaces of its own, one per CLONE_NEW* flag"),
     {FLAGS("flags", clone)}},
    {ROW("execve", __NR_execve, OP_EXECVE, CALL_TASKS | CALL_INTERESTING,
         "int execve(const char *pathname, char *const argv[], char *const envp[])", "execve(2)",
         "replaces the program of the calling process; pid, namespaces, root and working directory stay"),
     {TEXT("pathname"),
      {.name = "argv", .kind = ARG_LIST, .optional = true},
      {.name = "envp", .kind = ARG_LIST, .optional = true}}},
    {ROW("wait4", __NR_wait4, OP_SYSCALL, CALL_BLOCKS | CALL_TASKS | CALL_INTERESTING,
         "pid_t wait4(pid_t pid, int *wstatus, int options, struct rusage *rusage)", "wait4(2)",
         "waits for a child to end, takes its exit status, and so removes its zombie"),
     {INT("pid"),
      {.name = "wstatus", .kind = ARG_STATUS, .optional = true},
      OPT(ARG_FLAGS, "options", &family_wait, 0),
      NUL("rusage")}},
    {ROW("exit", __NR_exit_group, OP_EXIT, CALL_TASKS | CALL_INTERESTING, "void exit(int status)", "_exit(2)",
         "ends the calling process; it stays a zombie until its parent waits for it"),
     {OPT(ARG_INT, "status", NULL, 0)}},
    {ROW("kill", __NR_kill, OP_SYSCALL, CALL_SIGNALS | CALL_TASKS | CALL_INTERESTING, "int kill(pid_t pid, int sig)",
         "kill(2)",
         "sends a signal; the pid counts in the caller's own pid namespace, and signal 0 only asks whether it may"),
     {INT("pid"), FLAGS("sig", signal)}},
    {ROW("pidfd_open", __NR_pidfd_open, OP_SYSCALL, CALL_INTERESTING, "int pidfd_open(pid_t pid, unsigned int flags)",
         "pidfd_open(2)", "gives a descriptor that stands for one process for ever, even when its pid is used again"),
     {INT("pid"), OPT(ARG_FLAGS, "flags", &family_pidfd, 0)}},
    {ROW("pidfd_send_signal", __NR_pidfd_send_signal, OP_SYSCALL, CALL_SIGNALS | CALL_TASKS | CALL_INTERESTING,
         "int pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned int flags)", "pidfd_send_signal(2)",
         "sends a signal to the process that a pidfd stands for"),
     {INT("pidfd"), FLAGS("sig", signal), NUL("info"), OPT(ARG_INT, "flags", NULL, 0)}},
    {ROW("getpid", __NR_getpid, OP_SYSCALL, 0, "pid_t getpid(void)", "getpid(2)",
         "tells the caller's pid in its own pid namespace"),
     {{0}}},
    {ROW("getppid", __NR_getppid, OP_SYSCALL, 0, "pid_t getppid(void)", "getppid(2)",
         "tells the parent's pid; 0 when the parent is outside the caller's pid namespace"),
     {{0}}},
    {ROW("setsid", __NR_setsid, OP_SYSCALL, 0, "pid_t setsid(void)", "setsid(2)",
         "starts a new session without a controlling terminal"),
     {{0}}},
    {ROW("setpgid", __NR_setpgid, OP_SYSCALL, 0, "int setpgid(pid_t pid, pid_t pgid)", "setpgid(2)",
         "puts a process into a process group"),
     {INT("pid"), INT("pgid")}},
    {ROW("getpgid", __NR_getpgid, OP_SYSCALL, 0, "pid_t getpgid(pid_t pid)", "getpgid(2)",
         "tells the process group of a process"),
     {INT("pid")}},
    {ROW("prctl", __NR_prctl, OP_SYSCALL, CALL_CHANGES_CREDS | CALL_INTERESTING,
         "int prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5)",
         "prctl(2)",
         "changes one property of the calling process: subreaper, no_new_privs, bounding set, death signal, name"),
     {FLAGS("option", prctl), OPT(ARG_FLAGS, "arg2", &family_prctl_value, 0), OPT(ARG_FLAGS, "arg3", &family_cap, 0),
      OPT(ARG_INT, "arg4", NULL, 0), OPT(ARG_INT, "arg5", NULL, 0)}},

    /* who am I */
    {ROW("getuid", __NR_getuid, OP_SYSCALL, 0, "uid_t getuid(void)", "getuid(2)",
         "tells the real user id, as the caller's user namespace maps it"),
     {{0}}},
    {ROW("geteuid", __NR_geteuid, OP_SYSCALL, 0, "uid_t geteuid(void)", "getuid(2)",
         "tells the effective user id, the one permissions are judged by"),
     {{0}}},
    {ROW("getgid", __NR_getgid, OP_SYSCALL, 0, "gid_t getgid(void)", "getgid(2)", "tells the real group id"), {{0}}},
    {ROW("getegid", __NR_getegid, OP_SYSCALL, 0, "gid_t getegid(void)", "getgid(2)", "tells the effective group id"),
     {{0}}},
    {ROW("setuid", __NR_setuid, OP_SYSCALL, CALL_CHANGES_CREDS | CALL_INTERESTING, "int setuid(uid_t uid)", "setuid(2)",
         "becomes another user; as root for good, and the capabilities go"),
     {INT("uid")}},
    {ROW("setgid", __NR_setgid, OP_SYSCALL, CALL_CHANGES_CREDS | CALL_INTERESTING, "int setgid(gid_t gid)", "setgid(2)",
         "changes the group id"),
     {INT("gid")}},
    {ROW("setgroups", __NR_setgroups, OP_SYSCALL, CALL_CHANGES_CREDS | CALL_INTERESTING,
         "int setgroups(size_t size, const gid_t *list)", "setgroups(2)",
         "sets the supplementary groups; written setgroups([27, 44]) or setgroups(0, NULL)"),
     {{.name = "size", .kind = ARG_COUNT}, {.name = "list", .kind = ARG_IDS}}},
    {ROW("capget", __NR_capget, OP_SYSCALL, 0, "int capget(pid_t pid)", "capget(2)",
         "reads the capability sets of a process; 0 is the caller"),
     {OPT(ARG_INT, "pid", NULL, 0), {.name = "caps", .kind = ARG_CAPS_OUT, .optional = true}}},
    {ROW("capset", __NR_capset, OP_SYSCALL, CALL_CHANGES_CREDS | CALL_INTERESTING,
         "int capset(pid_t pid, {effective=..., permitted=..., inheritable=...})", "capset(2)",
         "sets the caller's capability sets; a capability that left `permitted` does not come back"),
     {INT("pid"), {.name = "caps", .kind = ARG_CAPS}}},

    /* root and directories */
    {ROW("chroot", __NR_chroot, OP_SYSCALL, CALL_CHANGES_ROOT | CALL_INTERESTING, "int chroot(const char *path)",
         "chroot(2)", "changes what `/` means for the calling process; its working directory stays where it was"),
     {TEXT("path")}},
    {ROW("chdir", __NR_chdir, OP_SYSCALL, CALL_CHANGES_ROOT | CALL_INTERESTING, "int chdir(const char *path)",
         "chdir(2)", "changes the working directory"),
     {TEXT("path")}},
    {ROW("fchdir", __NR_fchdir, OP_SYSCALL, CALL_CHANGES_ROOT | CALL_INTERESTING, "int fchdir(int fd)", "chdir(2)",
         "changes the working directory to the one an open descriptor stands for, wherever the root is"),
     {INT("fd")}},
    {ROW("getcwd", __NR_getcwd, OP_SYSCALL, 0, "int getcwd(char *buf, size_t size)", "getcwd(2)",
         "tells the working directory; (unreachable) in front means that it is not below the root"),
     {{.name = "buf", .kind = ARG_BUFFER, .optional = true}, OPT(ARG_SIZE, "size", NULL, 4096)}},
    {ROW("pivot_root", __NR_pivot_root, OP_SYSCALL, CALL_CHANGES_ROOT | CALL_CHANGES_MOUNTS | CALL_INTERESTING,
         "int pivot_root(const char *new_root, const char *put_old)", "pivot_root(2)",
         "makes new_root the root mount of the caller's mount namespace and hangs the old one at put_old"),
     {TEXT("new_root"), TEXT("put_old")}},

    /* files */
    {ROW("mkdir", __NR_mkdir, OP_SYSCALL, 0, "int mkdir(const char *path, mode_t mode)", "mkdir(2)",
         "makes a directory"),
     {TEXT("path"), OPT(ARG_MODE, "mode", NULL, 0755)}},
    {ROW("rmdir", __NR_rmdir, OP_SYSCALL, 0, "int rmdir(const char *path)", "rmdir(2)", "removes an empty directory"),
     {TEXT("path")}},
    {ROW("unlink", __NR_unlink, OP_SYSCALL, 0, "int unlink(const char *path)", "unlink(2)",
         "removes a name; the file goes with its last name and descriptor"),
     {TEXT("path")}},
    {ROW("symlink", __NR_symlink, OP_SYSCALL, 0, "int symlink(const char *target, const char *linkpath)", "symlink(2)",
         "makes a symbolic link; the target need not exist"),
     {TEXT("target"), TEXT("linkpath")}},
    {ROW("link", __NR_link, OP_SYSCALL, 0, "int link(const char *oldpath, const char *newpath)", "link(2)",
         "gives a file one more name"),
     {TEXT("oldpath"), TEXT("newpath")}},
    {ROW("rename", __NR_rename, OP_SYSCALL, 0, "int rename(const char *oldpath, const char *newpath)", "rename(2)",
         "changes a name, replacing what had the new one"),
     {TEXT("oldpath"), TEXT("newpath")}},
    {ROW("open", __NR_open, OP_SYSCALL, CALL_BLOCKS, "int open(const char *path, int flags, mode_t mode)", "open(2)",
         "gives a descriptor for a file, the lowest free number"),
     {TEXT("path"), FLAGS("flags", open), OPT(ARG_MODE, "mode", NULL, 0)}},
    {ROW("openat", __NR_openat, OP_SYSCALL, CALL_BLOCKS,
         "int openat(int dirfd, const char *path, int flags, mode_t mode)", "openat(2)",
         "opens a path relative to an open directory"),
     {FD("dirfd"), TEXT("path"), FLAGS("flags", open), OPT(ARG_MODE, "mode", NULL, 0)}},
    {ROW("close", __NR_close, OP_SYSCALL, 0, "int close(int fd)", "close(2)", "gives a descriptor back"), {INT("fd")}},
    {ROW("read", __NR_read, OP_SYSCALL, CALL_BLOCKS, "ssize_t read(int fd, void *buf, size_t count)", "read(2)",
         "reads at most count bytes; also written read(3, 64)"),
     {INT("fd"), {.name = "buf", .kind = ARG_BUFFER, .optional = true}, OPT(ARG_SIZE, "count", NULL, 4096)}},
    {ROW("write", __NR_write, OP_SYSCALL, CALL_BLOCKS, "ssize_t write(int fd, const void *buf, size_t count)",
         "write(2)", "writes bytes; the count may be left out: write(1, \"hi\\n\")"),
     {INT("fd"), {.name = "buf", .kind = ARG_DATA}, OPT(ARG_SIZE, "count", NULL, -1)}},
    {ROW("dup2", __NR_dup2, OP_SYSCALL, 0, "int dup2(int oldfd, int newfd)", "dup(2)",
         "makes newfd stand for what oldfd stands for"),
     {INT("oldfd"), INT("newfd")}},
    {ROW("access", __NR_access, OP_SYSCALL, 0, "int access(const char *path, int mode)", "access(2)",
         "asks whether the real user may"),
     {TEXT("path"), OPT(ARG_FLAGS, "mode", &family_access, 0)}},
    {ROW("mknod", __NR_mknod, OP_SYSCALL, CALL_INTERESTING, "int mknod(const char *path, mode_t mode, dev_t dev)",
         "mknod(2)", "makes a device node, a pipe or a file: mknod(\"null\", S_IFCHR|0666, makedev(1, 3))"),
     {TEXT("path"),
      {.name = "mode", .kind = ARG_MODE, .family = &family_file_type},
      {.name = "dev", .kind = ARG_DEV, .optional = true}}},
    {ROW("chown", __NR_chown, OP_SYSCALL, 0, "int chown(const char *path, uid_t owner, gid_t group)", "chown(2)",
         "changes owner and group; -1 leaves one as it is"),
     {TEXT("path"), INT("owner"), INT("group")}},
    {ROW("chmod", __NR_chmod, OP_SYSCALL, 0, "int chmod(const char *path, mode_t mode)", "chmod(2)",
         "changes the permission bits"),
     {TEXT("path"), MODE("mode")}},

    /* mounts */
    {ROW("mount", __NR_mount, OP_SYSCALL, CALL_CHANGES_MOUNTS | CALL_INTERESTING,
         "int mount(const char *source, const char *target, const char *filesystemtype, unsigned long mountflags, "
         "const void *data)",
         "mount(2)",
         "attaches a file system, or another view of one (MS_BIND), or changes propagation, in the caller's mount "
         "namespace"),
     {TEXT("source"),
      TEXT("target"),
      TEXT("filesystemtype"),
      OPT(ARG_FLAGS, "mountflags", &family_mount, 0),
      {.name = "data", .kind = ARG_TEXT, .optional = true}}},
    {ROW("umount2", __NR_umount2, OP_SYSCALL, CALL_CHANGES_MOUNTS | CALL_INTERESTING,
         "int umount2(const char *target, int flags)", "umount(2)",
         "detaches a file system; with MNT_DETACH at once from the tree, for good when nobody uses it any more"),
     {TEXT("target"), OPT(ARG_FLAGS, "flags", &family_umount, 0)}},
    {ROW("open_tree", __NR_open_tree, OP_SYSCALL, CALL_CHANGES_MOUNTS | CALL_INTERESTING,
         "int open_tree(int dirfd, const char *path, unsigned int flags)", "open_tree(2)",
         "gives a descriptor for a mount, with OPEN_TREE_CLONE for a detached copy of it"),
     {FD("dirfd"), TEXT("path"), FLAGS("flags", open_tree)}},
    {ROW("move_mount", __NR_move_mount, OP_SYSCALL, CALL_CHANGES_MOUNTS | CALL_INTERESTING,
         "int move_mount(int from_dirfd, const char *from_path, int to_dirfd, const char *to_path, unsigned int flags)",
         "move_mount(2)", "attaches a detached mount, or moves an attached one"),
     {FD("from_dirfd"), TEXT("from_path"), FD("to_dirfd"), TEXT("to_path"), FLAGS("flags", move_mount)}},
    {ROW("fsopen", __NR_fsopen, OP_SYSCALL, CALL_INTERESTING, "int fsopen(const char *fsname, unsigned int flags)",
         "fsopen(2)", "opens a configuration context for a new file system"),
     {TEXT("fsname"), OPT(ARG_FLAGS, "flags", &family_fsopen, 0)}},
    {ROW("fsconfig", __NR_fsconfig, OP_SYSCALL, CALL_INTERESTING,
         "int fsconfig(int fd, unsigned int cmd, const char *key, const void *value, int aux)", "fsconfig(2)",
         "sets one parameter of that context, or creates the file system (FSCONFIG_CMD_CREATE)"),
     {INT("fd"),
      FLAGS("cmd", fsconfig),
      {.name = "key", .kind = ARG_TEXT, .optional = true},
      {.name = "value", .kind = ARG_TEXT, .optional = true},
      OPT(ARG_INT, "aux", &family_dirfd, 0)}},
    {ROW("fsmount", __NR_fsmount, OP_SYSCALL, CALL_CHANGES_MOUNTS | CALL_INTERESTING,
         "int fsmount(int fsfd, unsigned int flags, unsigned int attr_flags)", "fsmount(2)",
         "turns a created context into a detached mount; move_mount attaches it"),
     {INT("fsfd"), OPT(ARG_FLAGS, "flags", &family_fsmount, 0), OPT(ARG_FLAGS, "attr_flags", &family_mount_attr, 0)}},

    /* namespaces */
    {ROW("unshare", __NR_unshare, OP_SYSCALL, CALL_CHANGES_NS | CALL_INTERESTING, "int unshare(int flags)",
         "unshare(2)",
         "moves the caller into new namespaces; CLONE_NEWPID and CLONE_NEWTIME count only for children forked "
         "afterwards"),
     {FLAGS("flags", clone)}},
    {ROW("setns", __NR_setns, OP_SYSCALL, CALL_CHANGES_NS | CALL_INTERESTING, "int setns(int fd, int nstype)",
         "setns(2)",
         "joins the namespace that a descriptor stands for; a pid namespace counts only for children forked "
         "afterwards"),
     {INT("fd"), OPT(ARG_FLAGS, "nstype", &family_clone, 0)}},
    {ROW("sethostname", __NR_sethostname, OP_SYSCALL, CALL_NAMES_HOST | CALL_INTERESTING,
         "int sethostname(const char *name, size_t len)", "sethostname(2)",
         "sets the host name of the caller's UTS namespace, for everybody in it"),
     {{.name = "name", .kind = ARG_DATA}, OPT(ARG_SIZE, "len", NULL, -1)}},
    {ROW("uname", __NR_uname, OP_SYSCALL, 0, "int uname(struct utsname *buf)", "uname(2)",
         "tells kernel and host name as the caller's UTS namespace has them"),
     {{.name = "buf", .kind = ARG_UTS, .optional = true}}},
    {ROW("gethostname", __NR_uname, OP_SYSCALL, 0, "int gethostname(void)", "gethostname(2)",
         "tells the host name; made by uname(2), as the C library does"),
     {{.name = "buf", .kind = ARG_UTS, .optional = true}}},
};

const size_t call_entry_count = COUNT(call_entries);

const struct call_row *call_rows(size_t *n)
{
    /* Callers walk a plain array of rows: made once from the entries, which carry more. */
    static struct call_row rows[COUNT(call_entries)];
    if (!rows[0].name)
        for (size_t i = 0; i < COUNT(call_entries); i++)
            rows[i] = call_entries[i].row;
    *n = COUNT(rows);
    return rows;
}

const struct call_row *call_find(const char *name)
{
    for (size_t i = 0; i < COUNT(call_entries); i++)
        if (!strcmp(call_entries[i].row.name, name))
            return &call_entries[i].row;
    return NULL;
}

int call_entry_args(const struct call_entry *e)
{
    int n = 0;
    while (n < CALL_MAX_ARGS && e->arg[n].kind != ARG_NONE)
        n++;
    return n;
}
