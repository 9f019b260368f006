/* The constants of every argument, family by family, after the kernel's headers.
 *
 * Numbers that are the same on all architectures and younger than the oldest headers we build with are written out (V),
 * the rest are taken from the headers (K). <sys/mount.h> and <linux/mount.h> exclude each other in some versions of the
 * C library, so only the second is used, and the few names of the first are written out. */
#include "base/errnoname.h"
#include "base/mem.h"
#include "call/table.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The C library hides the bit where every file is a large one. */
#ifdef __x86_64__
#define LARGEFILE 0100000
#else
#define LARGEFILE 0400000
#endif

#define K(k)                                                                                                           \
    {                                                                                                                  \
        .name = #k, .value = (uint64_t)(k)                                                                             \
    }
#define V(k, v)                                                                                                        \
    {                                                                                                                  \
        .name = #k, .value = (v)                                                                                       \
    }
#define M(k, m)                                                                                                        \
    {                                                                                                                  \
        .name = #k, .value = (k), .mask = (m)                                                                          \
    }
#define VM(k, v, m)                                                                                                    \
    {                                                                                                                  \
        .name = #k, .value = (v), .mask = (m)                                                                          \
    }
#define NO(k, v, reason)                                                                                               \
    {                                                                                                                  \
        .name = #k, .value = (v), .refused = (reason)                                                                  \
    }

#define FAMILY_(id, is_bits, is_numbered, noun_, unknown_)                                                             \
    const struct call_family family_##id = {                                                                           \
        .noun = noun_, .unknown = unknown_, .bits = is_bits, .numbered = is_numbered, .v = id##_v, .n = COUNT(id##_v)}
#define FLAGS_FAMILY(id, unknown)      FAMILY_(id, true, false, "flag", unknown)
#define ENUM_FAMILY(id, noun, unknown) FAMILY_(id, false, false, noun, unknown)

const struct call_family family_none = {.noun = "flag", .unknown = "", .bits = true};

/* Descriptors and files. */

static const struct call_const fd_v[] = {K(STDIN_FILENO), K(STDOUT_FILENO), K(STDERR_FILENO)};
ENUM_FAMILY(fd, "descriptor", "");

static const struct call_const dirfd_v[] = {K(AT_FDCWD)};
ENUM_FAMILY(dirfd, "directory descriptor", "");

/* The order is strace's. O_SYNC and O_TMPFILE contain O_DSYNC and O_DIRECTORY, so they come before them. */
static const struct call_const open_v[] = {M(O_RDONLY, O_ACCMODE),
                                           M(O_WRONLY, O_ACCMODE),
                                           M(O_RDWR, O_ACCMODE),
                                           M(O_ACCMODE, O_ACCMODE),
                                           K(O_CREAT),
                                           K(O_EXCL),
                                           K(O_NOCTTY),
                                           K(O_TRUNC),
                                           K(O_APPEND),
                                           K(O_NONBLOCK),
                                           K(O_SYNC),
                                           K(O_DSYNC),
                                           K(O_ASYNC),
                                           K(O_DIRECT),
                                           V(O_LARGEFILE, LARGEFILE),
                                           K(O_NOFOLLOW),
                                           K(O_NOATIME),
                                           K(O_CLOEXEC),
                                           K(O_PATH),
                                           K(O_TMPFILE),
                                           K(O_DIRECTORY),
                                           K(O_NDELAY),
                                           K(O_RSYNC)};
FLAGS_FAMILY(open, "O_???");

static const struct call_const mode_v[] = {
    M(S_IFREG, S_IFMT), M(S_IFDIR, S_IFMT),  M(S_IFLNK, S_IFMT), M(S_IFCHR, S_IFMT), M(S_IFBLK, S_IFMT),
    M(S_IFIFO, S_IFMT), M(S_IFSOCK, S_IFMT), K(S_ISUID),         K(S_ISGID),         K(S_ISVTX),
    K(S_IRWXU),         K(S_IRUSR),          K(S_IWUSR),         K(S_IXUSR),         K(S_IRWXG),
    K(S_IRGRP),         K(S_IWGRP),          K(S_IXGRP),         K(S_IRWXO),         K(S_IROTH),
    K(S_IWOTH),         K(S_IXOTH)};
FAMILY_(mode, true, false, "mode", "S_???");

static const struct call_const access_v[] = {VM(F_OK, 0, ~0ull), K(R_OK), K(W_OK), K(X_OK)};
FAMILY_(access, true, false, "mode", "?_OK");

static const struct call_const seek_v[] = {K(SEEK_SET), K(SEEK_CUR), K(SEEK_END), V(SEEK_DATA, 3), V(SEEK_HOLE, 4)};
ENUM_FAMILY(seek, "origin", "SEEK_???");

static const struct call_const fcntl_v[] = {K(F_DUPFD),
                                            K(F_GETFD),
                                            K(F_SETFD),
                                            K(F_GETFL),
                                            K(F_SETFL),
                                            V(F_DUPFD_CLOEXEC, 1030),
                                            V(F_GETPIPE_SZ, 1032),
                                            V(F_SETPIPE_SZ, 1031),
                                            V(F_ADD_SEALS, 1033),
                                            V(F_GET_SEALS, 1034)};
ENUM_FAMILY(fcntl, "command", "F_???");

static const struct call_const fdflag_v[] = {K(O_CLOEXEC)};
FLAGS_FAMILY(fdflag, "O_???");

static const struct call_const pipe_v[] = {K(O_NONBLOCK), K(O_CLOEXEC), K(O_DIRECT)};
FLAGS_FAMILY(pipe, "O_???");

static const struct call_const rename_v[] = {V(RENAME_NOREPLACE, 1), V(RENAME_EXCHANGE, 2), V(RENAME_WHITEOUT, 4)};
FLAGS_FAMILY(rename, "RENAME_???");

static const struct call_const resolve_v[] = {V(RESOLVE_NO_XDEV, 1),     V(RESOLVE_NO_MAGICLINKS, 2),
                                              V(RESOLVE_NO_SYMLINKS, 4), V(RESOLVE_BENEATH, 8),
                                              V(RESOLVE_IN_ROOT, 16),    V(RESOLVE_CACHED, 32)};
FLAGS_FAMILY(resolve, "RESOLVE_???");

static const struct call_const memfd_v[] = {V(MFD_CLOEXEC, 1), V(MFD_ALLOW_SEALING, 2), V(MFD_HUGETLB, 4),
                                            V(MFD_NOEXEC_SEAL, 8), V(MFD_EXEC, 16)};
FLAGS_FAMILY(memfd, "MFD_???");

/* AT_* share bits: each call has its own selection. */
static const struct call_const at_unlink_v[] = {V(AT_REMOVEDIR, 0x200)};
FLAGS_FAMILY(at_unlink, "AT_???");
static const struct call_const at_link_v[] = {V(AT_SYMLINK_FOLLOW, 0x400), V(AT_EMPTY_PATH, 0x1000)};
FLAGS_FAMILY(at_link, "AT_???");
static const struct call_const at_chown_v[] = {V(AT_SYMLINK_NOFOLLOW, 0x100), V(AT_EMPTY_PATH, 0x1000)};
FLAGS_FAMILY(at_chown, "AT_???");
static const struct call_const at_access_v[] = {V(AT_SYMLINK_NOFOLLOW, 0x100), V(AT_EACCESS, 0x200),
                                                V(AT_EMPTY_PATH, 0x1000)};
FLAGS_FAMILY(at_access, "AT_???");
static const struct call_const at_exec_v[] = {V(AT_SYMLINK_NOFOLLOW, 0x100), V(AT_EMPTY_PATH, 0x1000)};
FLAGS_FAMILY(at_exec, "AT_???");
static const struct call_const at_setattr_v[] = {V(AT_SYMLINK_NOFOLLOW, 0x100), V(AT_NO_AUTOMOUNT, 0x800),
                                                 V(AT_EMPTY_PATH, 0x1000), V(AT_RECURSIVE, 0x8000)};
FLAGS_FAMILY(at_setattr, "AT_???");

/* Mounts. */

static const struct call_const mount_v[] = {VM(MS_MGC_VAL, 0xC0ED0000, 0xffff0000),
                                            K(MS_RDONLY),
                                            K(MS_NOSUID),
                                            K(MS_NODEV),
                                            K(MS_NOEXEC),
                                            K(MS_SYNCHRONOUS),
                                            K(MS_REMOUNT),
                                            K(MS_MANDLOCK),
                                            K(MS_DIRSYNC),
                                            V(MS_NOSYMFOLLOW, 256),
                                            K(MS_NOATIME),
                                            K(MS_NODIRATIME),
                                            K(MS_BIND),
                                            K(MS_MOVE),
                                            K(MS_REC),
                                            K(MS_SILENT),
                                            K(MS_POSIXACL),
                                            K(MS_UNBINDABLE),
                                            K(MS_PRIVATE),
                                            K(MS_SLAVE),
                                            K(MS_SHARED),
                                            K(MS_RELATIME),
                                            K(MS_KERNMOUNT),
                                            K(MS_I_VERSION),
                                            K(MS_STRICTATIME),
                                            K(MS_LAZYTIME),
                                            V(MS_SUBMOUNT, 1 << 26),
                                            V(MS_NOREMOTELOCK, 1 << 27),
                                            V(MS_NOSEC, 1 << 28),
                                            V(MS_BORN, 1 << 29),
                                            V(MS_ACTIVE, 1 << 30),
                                            V(MS_NOUSER, 1u << 31),
                                            K(MS_VERBOSE)};
FLAGS_FAMILY(mount, "MS_???");

static const struct call_const propagation_v[] = {K(MS_UNBINDABLE), K(MS_PRIVATE), K(MS_SLAVE), K(MS_SHARED)};
FLAGS_FAMILY(propagation, "MS_???");

static const struct call_const umount_v[] = {V(MNT_FORCE, 1), V(MNT_DETACH, 2), V(MNT_EXPIRE, 4),
                                             V(UMOUNT_NOFOLLOW, 8)};
FLAGS_FAMILY(umount, "MNT_???");

static const struct call_const open_tree_v[] = {
    V(OPEN_TREE_CLONE, 1),         {.name = "OPEN_TREE_CLOEXEC", .value = O_CLOEXEC},
    V(AT_SYMLINK_NOFOLLOW, 0x100), V(AT_NO_AUTOMOUNT, 0x800),
    V(AT_EMPTY_PATH, 0x1000),      V(AT_RECURSIVE, 0x8000)};
FLAGS_FAMILY(open_tree, "OPEN_TREE_???");

static const struct call_const move_mount_v[] = {V(MOVE_MOUNT_F_SYMLINKS, 1),      V(MOVE_MOUNT_F_AUTOMOUNTS, 2),
                                                 V(MOVE_MOUNT_F_EMPTY_PATH, 4),    V(MOVE_MOUNT_T_SYMLINKS, 0x10),
                                                 V(MOVE_MOUNT_T_AUTOMOUNTS, 0x20), V(MOVE_MOUNT_T_EMPTY_PATH, 0x40),
                                                 V(MOVE_MOUNT_SET_GROUP, 0x100),   V(MOVE_MOUNT_BENEATH, 0x200)};
FLAGS_FAMILY(move_mount, "MOVE_MOUNT_???");

static const struct call_const fsopen_v[] = {V(FSOPEN_CLOEXEC, 1)};
FLAGS_FAMILY(fsopen, "FSOPEN_???");

static const struct call_const fsconfig_v[] = {
    V(FSCONFIG_SET_FLAG, 0),   V(FSCONFIG_SET_STRING, 1),      V(FSCONFIG_SET_BINARY, 2),
    V(FSCONFIG_SET_PATH, 3),   V(FSCONFIG_SET_PATH_EMPTY, 4),  V(FSCONFIG_SET_FD, 5),
    V(FSCONFIG_CMD_CREATE, 6), V(FSCONFIG_CMD_RECONFIGURE, 7), V(FSCONFIG_CMD_CREATE_EXCL, 8)};
ENUM_FAMILY(fsconfig, "command", "FSCONFIG_???");

static const struct call_const fsmount_v[] = {V(FSMOUNT_CLOEXEC, 1)};
FLAGS_FAMILY(fsmount, "FSMOUNT_???");

static const struct call_const fspick_v[] = {V(FSPICK_CLOEXEC, 1), V(FSPICK_SYMLINK_NOFOLLOW, 2),
                                             V(FSPICK_NO_AUTOMOUNT, 4), V(FSPICK_EMPTY_PATH, 8)};
FLAGS_FAMILY(fspick, "FSPICK_???");

static const struct call_const mount_attr_v[] = {V(MOUNT_ATTR_RDONLY, 1),         V(MOUNT_ATTR_NOSUID, 2),
                                                 V(MOUNT_ATTR_NODEV, 4),          V(MOUNT_ATTR_NOEXEC, 8),
                                                 V(MOUNT_ATTR__ATIME, 0x70),      V(MOUNT_ATTR_NOATIME, 0x10),
                                                 V(MOUNT_ATTR_STRICTATIME, 0x20), V(MOUNT_ATTR_NODIRATIME, 0x80),
                                                 V(MOUNT_ATTR_IDMAP, 0x100000),   V(MOUNT_ATTR_NOSYMFOLLOW, 0x200000),
                                                 V(MOUNT_ATTR_RELATIME, 0)};
FLAGS_FAMILY(mount_attr, "MOUNT_ATTR_???");

/* Processes. */

static const struct call_const signal_v[] = {SIGNALS(K)};
ENUM_FAMILY(signal, "signal", "");

/* Negative ones are as a 32-bit register holds them. */
static const struct call_const sigcode_v[] = {V(SI_USER, 0),
                                              V(SI_KERNEL, 0x80),
                                              V(SI_QUEUE, (uint32_t)-1),
                                              V(SI_TIMER, (uint32_t)-2),
                                              V(SI_MESGQ, (uint32_t)-3),
                                              V(SI_ASYNCIO, (uint32_t)-4),
                                              V(SI_SIGIO, (uint32_t)-5),
                                              V(SI_TKILL, (uint32_t)-6)};
ENUM_FAMILY(sigcode, "code", "SI_???");

static const struct call_const pidfd_signal_v[] = {V(PIDFD_SIGNAL_THREAD, 1), V(PIDFD_SIGNAL_THREAD_GROUP, 2),
                                                   V(PIDFD_SIGNAL_PROCESS_GROUP, 4)};
FLAGS_FAMILY(pidfd_signal, "");

static const struct call_const wait_v[] = {V(WNOHANG, 1),           V(WUNTRACED, 2),    V(WCONTINUED, 8),
                                           V(__WNOTHREAD, 1 << 29), V(__WALL, 1 << 30), V(__WCLONE, 1u << 31),
                                           V(WSTOPPED, 2),          V(WEXITED, 4),      V(WNOWAIT, 1 << 24)};
FAMILY_(wait, true, false, "option", "W???");

static const struct call_const pidfd_v[] = {{.name = "PIDFD_NONBLOCK", .value = O_NONBLOCK},
                                            {.name = "PIDFD_THREAD", .value = O_EXCL}};
FLAGS_FAMILY(pidfd, "PIDFD_???");

static const struct call_const clock_v[] = {K(CLOCK_REALTIME),
                                            K(CLOCK_MONOTONIC),
                                            V(CLOCK_PROCESS_CPUTIME_ID, 2),
                                            V(CLOCK_THREAD_CPUTIME_ID, 3),
                                            V(CLOCK_MONOTONIC_RAW, 4),
                                            V(CLOCK_REALTIME_COARSE, 5),
                                            V(CLOCK_MONOTONIC_COARSE, 6),
                                            V(CLOCK_BOOTTIME, 7),
                                            V(CLOCK_REALTIME_ALARM, 8),
                                            V(CLOCK_BOOTTIME_ALARM, 9),
                                            V(CLOCK_TAI, 11)};
ENUM_FAMILY(clock, "clock", "CLOCK_???");

#define NAMESPACES                                                                                                     \
    V(CLONE_NEWNS, 0x20000), V(CLONE_NEWCGROUP, 0x2000000), V(CLONE_NEWUTS, 0x4000000), V(CLONE_NEWIPC, 0x8000000),    \
        V(CLONE_NEWUSER, 0x10000000), V(CLONE_NEWPID, 0x20000000), V(CLONE_NEWNET, 0x40000000)

static const struct call_const setns_v[] = {V(CLONE_NEWTIME, 0x80), NAMESPACES};
FLAGS_FAMILY(setns, "CLONE_NEW???");

static const struct call_const unshare_v[] = {V(CLONE_NEWTIME, 0x80),
                                              K(CLONE_VM),
                                              K(CLONE_FS),
                                              K(CLONE_FILES),
                                              K(CLONE_SIGHAND),
                                              K(CLONE_THREAD),
                                              V(CLONE_NEWNS, 0x20000),
                                              K(CLONE_SYSVSEM),
                                              V(CLONE_NEWCGROUP, 0x2000000),
                                              V(CLONE_NEWUTS, 0x4000000),
                                              V(CLONE_NEWIPC, 0x8000000),
                                              V(CLONE_NEWUSER, 0x10000000),
                                              V(CLONE_NEWPID, 0x20000000),
                                              V(CLONE_NEWNET, 0x40000000)};
FLAGS_FAMILY(unshare, "CLONE_???");

/* What a forked actor cannot be: it must have memory, descriptors and a place in the tree of its own to be driven. */
#define WHY_MEMORY  "two processes in one memory would overwrite each other's stack: porthole drives each by itself"
#define WHY_POINTER "it needs a place in memory to write to, which a typed call does not have"
#define CLONE_FLAGS                                                                                                    \
    NO(CLONE_VM, 0x100, WHY_MEMORY), V(CLONE_FS, 0x200),                                                               \
        NO(CLONE_FILES, 0x400, "parent and child would share the descriptors porthole drives them by"),                \
        NO(CLONE_SIGHAND, 0x800, "it is allowed only together with CLONE_VM: " WHY_MEMORY),                            \
        NO(CLONE_PIDFD, 0x1000, WHY_POINTER "; pidfd_open() gives the same"),                                          \
        NO(CLONE_PTRACE, 0x2000, "the child could not be driven while it is traced"),                                  \
        NO(CLONE_VFORK, 0x4000,                                                                                        \
           "the parent would be stuck until the child executes a program, and could not be driven"),                   \
        NO(CLONE_PARENT, 0x8000, "the child would be its parent's sibling, whom nobody waits for"),                    \
        NO(CLONE_THREAD, 0x10000, "a thread is no process of its own, and porthole drives processes"),                 \
        V(CLONE_NEWNS, 0x20000), V(CLONE_SYSVSEM, 0x40000), NO(CLONE_SETTLS, 0x80000, WHY_POINTER),                    \
        NO(CLONE_PARENT_SETTID, 0x100000, WHY_POINTER), NO(CLONE_CHILD_CLEARTID, 0x200000, WHY_POINTER),               \
        V(CLONE_DETACHED, 0x400000), NO(CLONE_UNTRACED, 0x800000, "the child would escape porthole's view"),           \
        NO(CLONE_CHILD_SETTID, 0x1000000, WHY_POINTER), V(CLONE_NEWCGROUP, 0x2000000), V(CLONE_NEWUTS, 0x4000000),     \
        V(CLONE_NEWIPC, 0x8000000), V(CLONE_NEWUSER, 0x10000000), V(CLONE_NEWPID, 0x20000000),                         \
        V(CLONE_NEWNET, 0x40000000), V(CLONE_IO, 0x80000000u),                                                         \
        NO(CLONE_CLEAR_SIGHAND, 1ull << 32, "the child would lose the signal handler porthole interrupts it by"),      \
        NO(CLONE_INTO_CGROUP, 1ull << 33,                                                                              \
           "it needs the descriptor of a cgroup; write the pid to cgroup.procs instead")

static const struct call_const clone_v[] = {
    {.name = "CLONE_NEWTIME", .value = 0x80}, CLONE_FLAGS, {.name = "SIGCHLD", .value = SIGCHLD, .mask = 0x7f}};
FLAGS_FAMILY(clone, "CLONE_???");
static const struct call_const clone3_v[] = {{.name = "CLONE_NEWTIME", .value = 0x80}, CLONE_FLAGS};
FLAGS_FAMILY(clone3, "CLONE_???");

/* Capabilities. */

#define CAPABILITIES                                                                                                   \
    K(CAP_CHOWN), K(CAP_DAC_OVERRIDE), K(CAP_DAC_READ_SEARCH), K(CAP_FOWNER), K(CAP_FSETID), K(CAP_KILL),              \
        K(CAP_SETGID), K(CAP_SETUID), K(CAP_SETPCAP), K(CAP_LINUX_IMMUTABLE), K(CAP_NET_BIND_SERVICE),                 \
        K(CAP_NET_BROADCAST), K(CAP_NET_ADMIN), K(CAP_NET_RAW), K(CAP_IPC_LOCK), K(CAP_IPC_OWNER), K(CAP_SYS_MODULE),  \
        K(CAP_SYS_RAWIO), K(CAP_SYS_CHROOT), K(CAP_SYS_PTRACE), K(CAP_SYS_PACCT), K(CAP_SYS_ADMIN), K(CAP_SYS_BOOT),   \
        K(CAP_SYS_NICE), K(CAP_SYS_RESOURCE), K(CAP_SYS_TIME), K(CAP_SYS_TTY_CONFIG), K(CAP_MKNOD), K(CAP_LEASE),      \
        K(CAP_AUDIT_WRITE), K(CAP_AUDIT_CONTROL), K(CAP_SETFCAP), K(CAP_MAC_OVERRIDE), K(CAP_MAC_ADMIN),               \
        K(CAP_SYSLOG), K(CAP_WAKE_ALARM), K(CAP_BLOCK_SUSPEND), K(CAP_AUDIT_READ), V(CAP_PERFMON, 38), V(CAP_BPF, 39), \
        V(CAP_CHECKPOINT_RESTORE, 40)

static const struct call_const cap_v[] = {CAPABILITIES};
ENUM_FAMILY(cap, "capability", "CAP_???");
static const struct call_const capset_v[] = {CAPABILITIES};
FAMILY_(capset, true, true, "capability", "CAP_???");

static const struct call_const capversion_v[] = {V(_LINUX_CAPABILITY_VERSION_1, 0x19980330),
                                                 V(_LINUX_CAPABILITY_VERSION_2, 0x20071026),
                                                 V(_LINUX_CAPABILITY_VERSION_3, 0x20080522)};
ENUM_FAMILY(capversion, "version", "_LINUX_CAPABILITY_VERSION_???");

/* prctl(2). */

static const struct call_const prctl_v[] = {K(PR_SET_PDEATHSIG),
                                            K(PR_GET_PDEATHSIG),
                                            K(PR_GET_DUMPABLE),
                                            K(PR_SET_DUMPABLE),
                                            K(PR_GET_UNALIGN),
                                            K(PR_SET_UNALIGN),
                                            K(PR_GET_KEEPCAPS),
                                            K(PR_SET_KEEPCAPS),
                                            K(PR_GET_FPEMU),
                                            K(PR_SET_FPEMU),
                                            K(PR_GET_FPEXC),
                                            K(PR_SET_FPEXC),
                                            K(PR_GET_TIMING),
                                            K(PR_SET_TIMING),
                                            K(PR_SET_NAME),
                                            K(PR_GET_NAME),
                                            K(PR_GET_ENDIAN),
                                            K(PR_SET_ENDIAN),
                                            K(PR_GET_SECCOMP),
                                            K(PR_SET_SECCOMP),
                                            K(PR_CAPBSET_READ),
                                            K(PR_CAPBSET_DROP),
                                            K(PR_GET_TSC),
                                            K(PR_SET_TSC),
                                            K(PR_GET_SECUREBITS),
                                            K(PR_SET_SECUREBITS),
                                            K(PR_SET_TIMERSLACK),
                                            K(PR_GET_TIMERSLACK),
                                            K(PR_TASK_PERF_EVENTS_DISABLE),
                                            K(PR_TASK_PERF_EVENTS_ENABLE),
                                            K(PR_MCE_KILL),
                                            K(PR_MCE_KILL_GET),
                                            K(PR_SET_MM),
                                            K(PR_SET_CHILD_SUBREAPER),
                                            K(PR_GET_CHILD_SUBREAPER),
                                            K(PR_SET_NO_NEW_PRIVS),
                                            K(PR_GET_NO_NEW_PRIVS),
                                            K(PR_GET_TID_ADDRESS),
                                            K(PR_SET_THP_DISABLE),
                                            K(PR_GET_THP_DISABLE),
                                            K(PR_MPX_ENABLE_MANAGEMENT),
                                            K(PR_MPX_DISABLE_MANAGEMENT),
                                            K(PR_SET_FP_MODE),
                                            K(PR_GET_FP_MODE),
                                            K(PR_CAP_AMBIENT),
                                            V(PR_SVE_SET_VL, 50),
                                            V(PR_SVE_GET_VL, 51),
                                            V(PR_GET_SPECULATION_CTRL, 52),
                                            V(PR_SET_SPECULATION_CTRL, 53),
                                            V(PR_PAC_RESET_KEYS, 54),
                                            V(PR_SET_TAGGED_ADDR_CTRL, 55),
                                            V(PR_GET_TAGGED_ADDR_CTRL, 56),
                                            V(PR_SET_IO_FLUSHER, 57),
                                            V(PR_GET_IO_FLUSHER, 58),
                                            V(PR_SET_SYSCALL_USER_DISPATCH, 59),
                                            V(PR_PAC_SET_ENABLED_KEYS, 60),
                                            V(PR_PAC_GET_ENABLED_KEYS, 61),
                                            V(PR_SCHED_CORE, 62),
                                            V(PR_SME_SET_VL, 63),
                                            V(PR_SME_GET_VL, 64),
                                            V(PR_SET_MDWE, 65),
                                            V(PR_GET_MDWE, 66),
                                            V(PR_SET_MEMORY_MERGE, 67),
                                            V(PR_GET_MEMORY_MERGE, 68),
                                            V(PR_SET_PTRACER, 0x59616d61),
                                            V(PR_SET_VMA, 0x53564d41)};
ENUM_FAMILY(prctl, "option", "PR_???");

static const struct call_const ambient_v[] = {V(PR_CAP_AMBIENT_IS_SET, 1), V(PR_CAP_AMBIENT_RAISE, 2),
                                              V(PR_CAP_AMBIENT_LOWER, 3), V(PR_CAP_AMBIENT_CLEAR_ALL, 4)};
ENUM_FAMILY(ambient, "operation", "PR_CAP_AMBIENT_???");

static const struct call_const secbit_v[] = {V(SECBIT_NOROOT, 1),
                                             V(SECBIT_NOROOT_LOCKED, 2),
                                             V(SECBIT_NO_SETUID_FIXUP, 4),
                                             V(SECBIT_NO_SETUID_FIXUP_LOCKED, 8),
                                             V(SECBIT_KEEP_CAPS, 16),
                                             V(SECBIT_KEEP_CAPS_LOCKED, 32),
                                             V(SECBIT_NO_CAP_AMBIENT_RAISE, 64),
                                             V(SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, 128)};
FLAGS_FAMILY(secbit, "SECBIT_???");

static const struct call_const seccomp_v[] = {
    V(SECCOMP_MODE_DISABLED, 0), V(SECCOMP_MODE_STRICT, 1),
    NO(SECCOMP_MODE_FILTER, 2, "a filter is a program in memory, which a typed call cannot hold")};
ENUM_FAMILY(seccomp, "mode", "SECCOMP_MODE_???");

static const struct call_const dumpable_v[] = {V(SUID_DUMP_DISABLE, 0), V(SUID_DUMP_USER, 1), V(SUID_DUMP_ROOT, 2)};
ENUM_FAMILY(dumpable, "value", "SUID_DUMP_???");

static const struct call_const ptracer_v[] = {V(PR_SET_PTRACER_ANY, ~0ull)};
ENUM_FAMILY(ptracer, "process", "");

static const struct call_const speculation_v[] = {V(PR_SPEC_STORE_BYPASS, 0), V(PR_SPEC_INDIRECT_BRANCH, 1),
                                                  V(PR_SPEC_L1D_FLUSH, 2)};
ENUM_FAMILY(speculation, "feature", "PR_SPEC_???");

static const struct call_const tsc_v[] = {V(PR_TSC_ENABLE, 1), V(PR_TSC_SIGSEGV, 2)};
ENUM_FAMILY(tsc, "value", "PR_TSC_???");

static const struct call_const mce_v[] = {V(PR_MCE_KILL_CLEAR, 0), V(PR_MCE_KILL_SET, 1)};
ENUM_FAMILY(mce, "value", "PR_MCE_KILL_???");

static const struct call_const mm_v[] = {
    V(PR_SET_MM_START_CODE, 1),  V(PR_SET_MM_END_CODE, 2),   V(PR_SET_MM_START_DATA, 3), V(PR_SET_MM_END_DATA, 4),
    V(PR_SET_MM_START_STACK, 5), V(PR_SET_MM_START_BRK, 6),  V(PR_SET_MM_BRK, 7),        V(PR_SET_MM_ARG_START, 8),
    V(PR_SET_MM_ARG_END, 9),     V(PR_SET_MM_ENV_START, 10), V(PR_SET_MM_ENV_END, 11),   V(PR_SET_MM_AUXV, 12),
    V(PR_SET_MM_EXE_FILE, 13),   V(PR_SET_MM_MAP, 14),       V(PR_SET_MM_MAP_SIZE, 15)};
ENUM_FAMILY(mm, "field", "PR_SET_MM_???");

/* The machine as a whole. */

static const struct call_const reboot_magic_v[] = {V(LINUX_REBOOT_MAGIC1, 0xfee1dead)};
ENUM_FAMILY(reboot_magic, "magic number", "LINUX_REBOOT_MAGIC_???");
static const struct call_const reboot_magic2_v[] = {
    V(LINUX_REBOOT_MAGIC2, 0x28121969), V(LINUX_REBOOT_MAGIC2A, 0x05121996), V(LINUX_REBOOT_MAGIC2B, 0x16041998),
    V(LINUX_REBOOT_MAGIC2C, 0x20112000)};
ENUM_FAMILY(reboot_magic2, "magic number", "LINUX_REBOOT_MAGIC_???");
static const struct call_const reboot_v[] = {V(LINUX_REBOOT_CMD_CAD_OFF, 0),
                                             V(LINUX_REBOOT_CMD_RESTART, 0x01234567),
                                             V(LINUX_REBOOT_CMD_HALT, 0xcdef0123),
                                             V(LINUX_REBOOT_CMD_CAD_ON, 0x89abcdef),
                                             V(LINUX_REBOOT_CMD_POWER_OFF, 0x4321fedc),
                                             V(LINUX_REBOOT_CMD_RESTART2, 0xa1b2c3d4),
                                             V(LINUX_REBOOT_CMD_SW_SUSPEND, 0xd000fce2),
                                             V(LINUX_REBOOT_CMD_KEXEC, 0x45584543)};
ENUM_FAMILY(reboot, "operation", "LINUX_REBOOT_CMD_???");

static const struct call_const swap_v[] = {V(SWAP_FLAG_PREFER, 0x8000), V(SWAP_FLAG_DISCARD, 0x10000),
                                           V(SWAP_FLAG_DISCARD_ONCE, 0x20000), V(SWAP_FLAG_DISCARD_PAGES, 0x40000)};
const struct call_family family_swap = {.noun = "flag",
                                        .unknown = "SWAP_FLAG_???",
                                        .bits = true,
                                        .plain = 0x7fff, /* SWAP_FLAG_PRIO_MASK */
                                        .v = swap_v,
                                        .n = COUNT(swap_v)};

static const struct call_const module_v[] = {V(MODULE_INIT_IGNORE_MODVERSIONS, 1), V(MODULE_INIT_IGNORE_VERMAGIC, 2),
                                             V(MODULE_INIT_COMPRESSED_FILE, 4)};
FLAGS_FAMILY(module, "MODULE_INIT_???");
static const struct call_const module_end_v[] = {K(O_NONBLOCK), K(O_TRUNC)};
FLAGS_FAMILY(module_end, "O_???");
