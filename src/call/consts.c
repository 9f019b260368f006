/* The constants of each argument family, from the kernel's headers. The order is the order of printing and completion.
 */
#include "call/table.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PIDFD_NONBLOCK
#define PIDFD_NONBLOCK O_NONBLOCK
#endif
#ifndef MOVE_MOUNT_SET_GROUP
#define MOVE_MOUNT_SET_GROUP 0x100
#endif
#ifndef MOVE_MOUNT_BENEATH
#define MOVE_MOUNT_BENEATH 0x200
#endif
#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

#define K(n)                                                                                                           \
    {                                                                                                                  \
#n, n                                                                                                          \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

static const struct constant clone_v[] = {K(CLONE_NEWNS),
                                          K(CLONE_NEWCGROUP),
                                          K(CLONE_NEWUTS),
                                          K(CLONE_NEWIPC),
                                          K(CLONE_NEWUSER),
                                          K(CLONE_NEWPID),
                                          K(CLONE_NEWNET),
                                          K(CLONE_NEWTIME),
                                          K(CLONE_FS),
                                          K(CLONE_FILES),
                                          K(CLONE_SYSVSEM),
                                          K(CLONE_PARENT),
                                          END};

static const struct constant open_v[] = {
    K(O_RDONLY),  K(O_WRONLY),   K(O_RDWR),  K(O_CREAT),   K(O_EXCL),   K(O_NOCTTY),    K(O_TRUNC),
    K(O_APPEND),  K(O_NONBLOCK), K(O_DSYNC), K(O_SYNC),    K(O_DIRECT), K(O_DIRECTORY), K(O_NOFOLLOW),
    K(O_NOATIME), K(O_CLOEXEC),  K(O_PATH),  K(O_TMPFILE), END};

static const struct constant at_v[] = {K(AT_SYMLINK_NOFOLLOW),
                                       K(AT_REMOVEDIR),
                                       K(AT_SYMLINK_FOLLOW),
                                       K(AT_NO_AUTOMOUNT),
                                       K(AT_EMPTY_PATH),
                                       K(AT_RECURSIVE),
                                       END};

static const struct constant mount_v[] = {K(MS_RDONLY),      K(MS_NOSUID),
                                          K(MS_NODEV),       K(MS_NOEXEC),
                                          K(MS_SYNCHRONOUS), K(MS_REMOUNT),
                                          K(MS_MANDLOCK),    K(MS_DIRSYNC),
                                          K(MS_NOATIME),     K(MS_NODIRATIME),
                                          K(MS_BIND),        K(MS_MOVE),
                                          K(MS_REC),         K(MS_SILENT),
                                          K(MS_UNBINDABLE),  K(MS_PRIVATE),
                                          K(MS_SLAVE),       K(MS_SHARED),
                                          K(MS_RELATIME),    K(MS_STRICTATIME),
                                          K(MS_LAZYTIME),    END};

static const struct constant umount_v[] = {K(MNT_FORCE), K(MNT_DETACH), K(MNT_EXPIRE), K(UMOUNT_NOFOLLOW), END};

static const struct constant signal_v[] = {
    K(SIGHUP),    K(SIGINT),  K(SIGQUIT),  K(SIGILL),  K(SIGTRAP), K(SIGABRT), K(SIGBUS),  K(SIGFPE),
    K(SIGKILL),   K(SIGUSR1), K(SIGSEGV),  K(SIGUSR2), K(SIGPIPE), K(SIGALRM), K(SIGTERM), K(SIGCHLD),
    K(SIGCONT),   K(SIGSTOP), K(SIGTSTP),  K(SIGTTIN), K(SIGTTOU), K(SIGURG),  K(SIGXCPU), K(SIGXFSZ),
    K(SIGVTALRM), K(SIGPROF), K(SIGWINCH), K(SIGIO),   K(SIGPWR),  K(SIGSYS),  END};

static const struct constant prctl_v[] = {K(PR_SET_PDEATHSIG),    K(PR_GET_DUMPABLE),        K(PR_SET_DUMPABLE),
                                          K(PR_SET_KEEPCAPS),     K(PR_GET_KEEPCAPS),        K(PR_GET_SECCOMP),
                                          K(PR_CAPBSET_READ),     K(PR_CAPBSET_DROP),        K(PR_SET_SECUREBITS),
                                          K(PR_GET_SECUREBITS),   K(PR_SET_CHILD_SUBREAPER), K(PR_SET_NO_NEW_PRIVS),
                                          K(PR_GET_NO_NEW_PRIVS), K(PR_CAP_AMBIENT),         END};

static const struct constant cap_v[] = {K(CAP_CHOWN),
                                        K(CAP_DAC_OVERRIDE),
                                        K(CAP_DAC_READ_SEARCH),
                                        K(CAP_FOWNER),
                                        K(CAP_FSETID),
                                        K(CAP_KILL),
                                        K(CAP_SETGID),
                                        K(CAP_SETUID),
                                        K(CAP_SETPCAP),
                                        K(CAP_LINUX_IMMUTABLE),
                                        K(CAP_NET_BIND_SERVICE),
                                        K(CAP_NET_BROADCAST),
                                        K(CAP_NET_ADMIN),
                                        K(CAP_NET_RAW),
                                        K(CAP_IPC_LOCK),
                                        K(CAP_IPC_OWNER),
                                        K(CAP_SYS_MODULE),
                                        K(CAP_SYS_RAWIO),
                                        K(CAP_SYS_CHROOT),
                                        K(CAP_SYS_PTRACE),
                                        K(CAP_SYS_PACCT),
                                        K(CAP_SYS_ADMIN),
                                        K(CAP_SYS_BOOT),
                                        K(CAP_SYS_NICE),
                                        K(CAP_SYS_RESOURCE),
                                        K(CAP_SYS_TIME),
                                        K(CAP_SYS_TTY_CONFIG),
                                        K(CAP_MKNOD),
                                        K(CAP_LEASE),
                                        K(CAP_AUDIT_WRITE),
                                        K(CAP_AUDIT_CONTROL),
                                        K(CAP_SETFCAP),
                                        K(CAP_MAC_OVERRIDE),
                                        K(CAP_MAC_ADMIN),
                                        K(CAP_SYSLOG),
                                        K(CAP_WAKE_ALARM),
                                        K(CAP_BLOCK_SUSPEND),
                                        K(CAP_AUDIT_READ),
                                        {"CAP_PERFMON", 38},
                                        {"CAP_BPF", 39},
                                        K(CAP_CHECKPOINT_RESTORE),
                                        END};

static const struct constant prctl_value_v[] = {
    K(PR_CAP_AMBIENT_IS_SET), K(PR_CAP_AMBIENT_RAISE), K(PR_CAP_AMBIENT_LOWER), K(PR_CAP_AMBIENT_CLEAR_ALL),
    K(SECBIT_NOROOT),         K(SECBIT_NOROOT_LOCKED), K(SECBIT_KEEP_CAPS),     END};

static const struct constant open_tree_v[] = {K(OPEN_TREE_CLONE),
                                              K(OPEN_TREE_CLOEXEC),
                                              K(AT_EMPTY_PATH),
                                              K(AT_NO_AUTOMOUNT),
                                              K(AT_RECURSIVE),
                                              K(AT_SYMLINK_NOFOLLOW),
                                              END};

static const struct constant move_mount_v[] = {
    K(MOVE_MOUNT_F_SYMLINKS), K(MOVE_MOUNT_F_AUTOMOUNTS), K(MOVE_MOUNT_F_EMPTY_PATH),
    K(MOVE_MOUNT_T_SYMLINKS), K(MOVE_MOUNT_T_AUTOMOUNTS), K(MOVE_MOUNT_T_EMPTY_PATH),
    K(MOVE_MOUNT_SET_GROUP),  K(MOVE_MOUNT_BENEATH),      END};

static const struct constant fsopen_v[] = {K(FSOPEN_CLOEXEC), END};

/* An enumeration in the header: sizeof-safe, but no macros. */
static const struct constant fsconfig_v[] = {
    K(FSCONFIG_SET_FLAG),   K(FSCONFIG_SET_STRING),      K(FSCONFIG_SET_BINARY),
    K(FSCONFIG_SET_PATH),   K(FSCONFIG_SET_PATH_EMPTY),  K(FSCONFIG_SET_FD),
    K(FSCONFIG_CMD_CREATE), K(FSCONFIG_CMD_RECONFIGURE), END};

static const struct constant fsmount_v[] = {K(FSMOUNT_CLOEXEC), END};
static const struct constant mount_attr_v[] = {
    K(MOUNT_ATTR_RDONLY),  K(MOUNT_ATTR_NOSUID),      K(MOUNT_ATTR_NODEV),      K(MOUNT_ATTR_NOEXEC),
    K(MOUNT_ATTR_NOATIME), K(MOUNT_ATTR_STRICTATIME), K(MOUNT_ATTR_NODIRATIME), END};
static const struct constant wait_v[] = {K(WNOHANG),  K(WUNTRACED), K(WCONTINUED), K(__WNOTHREAD), K(__WALL),
                                         K(__WCLONE), END};
static const struct constant file_type_v[] = {K(S_IFREG), K(S_IFCHR), K(S_IFBLK), K(S_IFIFO), K(S_IFSOCK), END};
static const struct constant pidfd_v[] = {K(PIDFD_NONBLOCK), END};
static const struct constant access_v[] = {K(F_OK), K(R_OK), K(W_OK), K(X_OK), END};
static const struct constant dirfd_v[] = {K(AT_FDCWD), END};
static const struct constant id_v[] = {{"-1", -1}, END};

#define FAMILY(n, words, is_bits, more) const struct family family_##n = {words, is_bits, n##_v, more}
FAMILY(clone, "clone flag", true, NULL);
FAMILY(open, "open flag", true, NULL);
FAMILY(at, "AT_ flag", true, NULL);
FAMILY(mount, "mount flag", true, NULL);
FAMILY(umount, "unmount flag", true, NULL);
FAMILY(signal, "signal", false, NULL);
FAMILY(prctl, "prctl option", false, NULL);
FAMILY(cap, "capability", false, NULL);
static const struct family cap_or_signal = {"prctl argument", false, cap_v, &family_signal};
FAMILY(prctl_value, "prctl argument", false, &cap_or_signal);
FAMILY(open_tree, "open_tree flag", true, NULL);
FAMILY(move_mount, "move_mount flag", true, NULL);
FAMILY(fsopen, "fsopen flag", true, NULL);
FAMILY(fsconfig, "fsconfig command", false, NULL);
FAMILY(fsmount, "fsmount flag", true, NULL);
FAMILY(mount_attr, "mount attribute", true, NULL);
FAMILY(wait, "wait option", true, NULL);
FAMILY(file_type, "file type", true, NULL);
FAMILY(pidfd, "pidfd flag", true, NULL);
FAMILY(access, "access mode", true, NULL);
FAMILY(dirfd, "directory descriptor", false, NULL);
FAMILY(id, "id", false, NULL);

#define FAMILY_POINTER(n) &family_##n,
static const struct family *const families[] = {FAMILIES(FAMILY_POINTER) NULL};

const struct constant *family_find(const struct family *f, const char *name, size_t len)
{
    for (; f; f = f->also)
        for (const struct constant *k = f->v; k->name; k++)
            if (!strncmp(k->name, name, len) && !k->name[len])
                return k;
    return NULL;
}

const struct constant *family_find_any(const char *name, size_t len, const struct family **of)
{
    for (const struct family *const *f = families; *f; f++) {
        const struct constant *k = family_find(*f, name, len);
        if (k) {
            *of = *f;
            return k;
        }
    }
    return NULL;
}

static void family_print_one(struct str *out, const struct family *f, int64_t value)
{
    for (; f; f = f->also)
        for (const struct constant *k = f->v; k->name; k++)
            if (k->value == value) {
                str_add(out, k->name);
                return;
            }
    str_addf(out, "%lld", (long long)value);
}

/* open(2): the access mode is a number in the low two bits, not a set of flags; O_RDONLY is 0 and still written. */
static uint64_t family_print_access_mode(struct str *out, uint64_t value)
{
    static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "0x3"};
    str_add(out, modes[value & O_ACCMODE]);
    return value & ~(uint64_t)O_ACCMODE;
}

void family_print(struct str *out, const struct family *f, uint64_t value)
{
    if (!f->bits) {
        family_print_one(out, f, (int64_t)value);
        return;
    }
    size_t start = out->len;
    if (f == &family_open)
        value = family_print_access_mode(out, value);
    else if (!value && !f->v[0].value) { /* a name for zero: F_OK */
        str_add(out, f->v[0].name);
        return;
    }
    /* Names of several bits (O_SYNC, O_TMPFILE) come before the single bits they contain. */
    for (int many = 1; many >= 0; many--)
        for (const struct constant *k = f->v; k->name; k++) {
            uint64_t bits = (uint64_t)k->value;
            bool several = bits & (bits - 1);
            if (!bits || several != many || (value & bits) != bits || (f == &family_open && bits <= O_ACCMODE))
                continue;
            str_addf(out, "%s%s", out->len > start ? "|" : "", k->name);
            value &= ~bits;
        }
    if (value || out->len == start)
        str_addf(out, value ? "%s%#llx" : "%s0", out->len > start ? "|" : "", (unsigned long long)value);
}
