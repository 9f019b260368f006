/* What the lessons and stages ask of the kernel, each tried for real. */
#include "base/loop.h"
#include "base/mem.h"
#include "proc/connector.h"
#include "session/cgroup.h"
#include "session/probe.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_SIGNAL (1ULL << 1)
#endif

/* Being root inside means that a call which needs a capability works: Ubuntu lets the namespace be made and then denies
 * every capability in it. */
static bool try_userns(struct probe_report *p)
{
    if (unshare(CLONE_NEWUTS) < 0)
        return probe_fail(p, "unshare(CLONE_NEWUTS) as root of the user namespace");
    return sethostname("probe", 5) == 0 || probe_fail(p, "sethostname() as root of the user namespace");
}

static bool try_pidns(struct probe_report *p)
{
    return getpid() == 1 || probe_tell(p, "the first process of the new pid namespace is not its PID 1", "%s", "");
}

bool probe_private(struct probe_report *p)
{
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ||
           probe_fail(p, "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE)");
}

bool probe_tmpfs(struct probe_report *p)
{
    return mount("probe", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") == 0 ||
           probe_fail(p, "mount(\"tmpfs\")");
}

bool probe_mkdirs(struct probe_report *p, const char *const dirs[])
{
    for (; *dirs; dirs++)
        if (mkdir(*dirs, 0755) < 0)
            return probe_fail(p, "mkdir(\"%s\")", *dirs);
    return true;
}

static bool try_mntns(struct probe_report *p)
{
    return probe_private(p) && probe_tmpfs(p);
}

/* The kernel allows a fresh proc in a user namespace only where an unmasked one is visible already. */
static bool try_proc(struct probe_report *p)
{
    if (!probe_private(p) || !probe_tmpfs(p))
        return false;
    return mount("proc", "/tmp", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 ||
           probe_fail(p, "mount(\"proc\") in an own pid namespace");
}

static bool try_pivot(struct probe_report *p)
{
    if (!probe_private(p) || !probe_tmpfs(p))
        return false;
    if (chdir("/tmp") < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
        return probe_fail(p, "pivot_root(\".\", \".\")");
    return umount2(".", MNT_DETACH) == 0 || probe_fail(p, "umount2() of the old root");
}

static bool try_overlay(struct probe_report *p)
{
    static const char *const dirs[] = {"/tmp/lower", "/tmp/upper", "/tmp/work", "/tmp/both", NULL};
    if (!probe_private(p) || !probe_tmpfs(p) || !probe_mkdirs(p, dirs))
        return false;
    if (mount("overlay", "/tmp/both", "overlay", 0, "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work") < 0)
        return probe_fail(p, "mount(\"overlay\")");
    return mkdir("/tmp/both/x", 0755) == 0 || probe_fail(p, "mkdir() in an overlay");
}

static bool probe_loopback(struct probe_report *p)
{
    autofd int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq ifr = {.ifr_flags = IFF_UP | IFF_RUNNING};
    snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "lo");
    return (s >= 0 && ioctl(s, SIOCSIFFLAGS, &ifr) == 0) || probe_fail(p, "set the loopback interface up");
}

struct probe_link {
    struct nlmsghdr h;
    struct ifinfomsg i;
    char attributes[128];
};

static struct rtattr *probe_attribute(struct probe_link *m, unsigned short type, const void *data, size_t n)
{
    struct rtattr *a = (struct rtattr *)((char *)m + NLMSG_ALIGN(m->h.nlmsg_len));
    a->rta_type = type;
    a->rta_len = (unsigned short)RTA_LENGTH(n);
    if (n)
        memcpy(RTA_DATA(a), data, n);
    m->h.nlmsg_len = (uint32_t)(NLMSG_ALIGN(m->h.nlmsg_len) + RTA_ALIGN(a->rta_len));
    return a;
}

/* rtnetlink(7): a pair of virtual interfaces, as `ip link add type veth`. */
static bool try_veth(struct probe_report *p)
{
    struct probe_link m = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof m.i),
                                 .nlmsg_type = RTM_NEWLINK,
                                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK}};
    struct rtattr *info = probe_attribute(&m, IFLA_LINKINFO, NULL, 0);
    probe_attribute(&m, IFLA_INFO_KIND, "veth", 4);
    info->rta_len = (unsigned short)((char *)&m + m.h.nlmsg_len - (char *)info);
    struct {
        struct nlmsghdr h;
        struct nlmsgerr e;
        char rest[512];
    } answer;
    autofd int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (s < 0 || send(s, &m, m.h.nlmsg_len, 0) < 0 || recv(s, &answer, sizeof answer, 0) < (ssize_t)sizeof answer.h)
        return probe_fail(p, "ask rtnetlink for a veth pair");
    errno = answer.h.nlmsg_type == NLMSG_ERROR ? -answer.e.error : EPROTO;
    return errno == 0 || probe_fail(p, "make a veth pair (RTM_NEWLINK)");
}

static bool try_net(struct probe_report *p)
{
    return probe_loopback(p);
}

static pid_t probe_fork_sleeper(void)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pause();
    _exit(0);
}

static bool try_pidfd(struct probe_report *p)
{
    pid_t pid = probe_fork_sleeper();
    if (pid < 0)
        return probe_fail(p, "fork()");
    autofd int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    bool works = fd >= 0 || probe_fail(p, "pidfd_open()");
    if (works && syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) < 0)
        works = probe_fail(p, "pidfd_send_signal()");
    if (!works)
        kill(pid, SIGKILL); /* our own child, not waited for */
    waitpid(pid, NULL, 0);
    return works;
}

static bool try_openat2(struct probe_report *p)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    autofd int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how);
    return fd >= 0 || probe_fail(p, "openat2()");
}

static bool try_mount_api(struct probe_report *p)
{
    if (!probe_private(p))
        return false;
    autofd int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
    if (fs < 0)
        return probe_fail(p, "fsopen(\"tmpfs\")");
    if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return probe_fail(p, "fsconfig(FSCONFIG_CMD_CREATE)");
    autofd int mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
    if (mnt < 0)
        return probe_fail(p, "fsmount()");
    struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
    if (syscall(SYS_mount_setattr, mnt, "", AT_EMPTY_PATH, &ro, sizeof ro) < 0)
        return probe_fail(p, "mount_setattr(MOUNT_ATTR_RDONLY)");
    return syscall(SYS_move_mount, mnt, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH) == 0 ||
           probe_fail(p, "move_mount()");
}

static bool try_landlock(struct probe_report *p)
{
    struct {
        uint64_t fs, net, scoped;
    } attr = {.scoped = LANDLOCK_SCOPE_SIGNAL};
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    char why[96];
    if (abi < 0)
        return probe_fail(p, "landlock_create_ruleset()");
    snprintf(why, sizeof why, "this kernel has Landlock ABI %ld, signals need 6", abi);
    if (abi < 6)
        return probe_tell(p, why, "%s", "a kernel from 6.12 on; without it porthole's own guard watches signals");
    autofd int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        return probe_fail(p, "landlock_restrict_self() with LANDLOCK_SCOPE_SIGNAL");
    if (kill(getppid(), 0) == 0) /* sends nothing: only asks whether it may */
        return probe_tell(p, "a signal out of the domain was not refused", "%s", "");
    return errno == EPERM || probe_fail(p, "kill(getppid(), 0) in the domain");
}

static bool try_seccomp(struct probe_report *p)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(code), code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
        return probe_fail(p, "seccomp(SECCOMP_SET_MODE_FILTER)");
    return (syscall(SYS_getppid) < 0 && errno == EXDEV) ||
           probe_tell(p, "a filter was accepted and does nothing", "%s", "");
}

static void try_connector_event(void *arg, enum connector_what what, pid_t pid)
{
    (void)arg, (void)what, (void)pid;
}

static bool try_connector(struct probe_report *p)
{
    struct loop *l = loop_new();
    struct connector_user user = {.event = try_connector_event};
    bool works = connector_join(l, &user);
    if (works)
        connector_leave(&user);
    loop_free(l);
    return works || probe_tell(p, geteuid() ? "process events are for root" : "no process event arrived", "%s",
                               "none needed: porthole looks at /proc a little more often instead");
}

static bool try_cgroup(struct probe_report *p)
{
    struct cgroup g;
    char name[64];
    snprintf(name, sizeof name, "porthole-doctor-%d", (int)getpid());
    cgroup_make(&g, name, 16);
    bool unified = g.unified.path[0], pids = g.limited;
    bool removed = cgroup_remove(&g);
    const char *cure = geteuid() ? "run porthole as root, or from a scope of your own: systemd-run --user --scope "
                                   "-p Delegate=yes porthole"
                                 : "in a container: docker run --cgroupns=private --privileged";
    if (!unified)
        return probe_tell(p, "no cgroup could be made below our own (cgroup2 not mounted, or not ours)", "%s", cure);
    if (!pids)
        return probe_tell(p, "a cgroup could be made, but not one with a pids limit", "%s", cure);
    return removed || probe_tell(p, "the cgroup that was made could not be removed", "%s", "");
}

#define PART_NS    "Namespaces"
#define PART_MOUNT "Mounts"
#define PART_GUARD "Guards and tracing"

const struct probe probes_kernel[] = {
    {"userns", "make a user namespace and be root in it", PART_NS, PROBE_USERNS, 0, try_userns},
    {"pidns", "make a pid namespace and be PID 1 in it", PART_NS, PROBE_EITHER, CLONE_NEWPID, try_pidns},
    {"mntns", "make a mount namespace and mount in it", PART_NS, PROBE_EITHER, CLONE_NEWNS, try_mntns},
    {"utsns", "have a host name of one's own", PART_NS, PROBE_EITHER, CLONE_NEWUTS, NULL},
    {"ipcns", "have System V IPC of one's own", PART_NS, PROBE_EITHER, CLONE_NEWIPC, NULL},
    {"net", "have a network with a loopback of one's own", PART_NS, PROBE_EITHER, CLONE_NEWNET, try_net},
    {"veth", "join two networks by a veth pair", PART_NS, PROBE_EITHER, CLONE_NEWNET, try_veth},
    {"cgroupns", "have a cgroup root of one's own", PART_NS, PROBE_EITHER, CLONE_NEWCGROUP, NULL},
    {"timens", "have clocks of one's own", PART_NS, PROBE_EITHER, CLONE_NEWTIME, NULL},
    {"proc", "mount a fresh /proc", PART_MOUNT, PROBE_EITHER, CLONE_NEWNS | CLONE_NEWPID, try_proc},
    {"pivot", "exchange the root by pivot_root", PART_MOUNT, PROBE_EITHER, CLONE_NEWNS, try_pivot},
    {"overlay", "mount an overlay and write to it", PART_MOUNT, PROBE_EITHER, CLONE_NEWNS, try_overlay},
    {"mountapi", "fsopen, fsmount, move_mount, mount_setattr", PART_MOUNT, PROBE_EITHER, CLONE_NEWNS, try_mount_api},
    {"openat2", "open files without leaving a directory", PART_MOUNT, PROBE_PLAIN, 0, try_openat2},
    {"cgroup", "make a cgroup and limit its processes", PART_GUARD, PROBE_PLAIN, 0, try_cgroup},
    {"pidfd", "signal a process by descriptor", PART_GUARD, PROBE_PLAIN, 0, try_pidfd},
    {"landlock", "keep signals inside the session (Landlock)", PART_GUARD, PROBE_PLAIN, 0, try_landlock},
    {"seccomp", "refuse system calls by a filter", PART_GUARD, PROBE_PLAIN, 0, try_seccomp},
    {"ptrace", "watch the calls of another program", PART_GUARD, PROBE_PLAIN, 0, probe_trace},
    {"connector", "hear of processes the moment they change", PART_GUARD, PROBE_PLAIN, 0, try_connector},
    {0},
};

/* The stages: the steps of stage_practice.c and stage_real.c that a machine may refuse, in their order. */

static bool try_practice(struct probe_report *p)
{
    static const char *const dirs[] = {"/tmp/proc", "/tmp/dev", NULL};
    if (!probe_private(p) || !probe_tmpfs(p) || !probe_mkdirs(p, dirs))
        return false;
    if (mount("proc", "/tmp/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return probe_fail(p, "mount(\"proc\") in an own pid namespace");
    if (mount("devpts", "/tmp/dev", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") < 0)
        return probe_fail(p, "mount(\"devpts\")");
    if (sethostname("probe", 5) < 0)
        return probe_fail(p, "sethostname()");
    if (chdir("/tmp") < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
        return probe_fail(p, "pivot_root(\".\", \".\")");
    return true;
}

static bool try_real(struct probe_report *p)
{
    struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
    if (!probe_private(p))
        return false;
    if (syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &ro, sizeof ro) < 0)
        return probe_fail(p, "mount_setattr(\"/\", MOUNT_ATTR_RDONLY)");
    if (!probe_tmpfs(p))
        return false;
    if (chroot("/tmp") < 0)
        return probe_fail(p, "chroot()");
    return prctl(PR_CAPBSET_DROP, 22 /* CAP_SYS_BOOT */, 0, 0, 0) == 0 || probe_fail(p, "prctl(PR_CAPBSET_DROP)");
}

const struct probe probe_practice = {"practice",
                                     "a disposable practice host, made of namespaces",
                                     "Stages",
                                     PROBE_USERNS,
                                     CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP |
                                         CLONE_NEWPID,
                                     try_practice};
const struct probe probe_real = {"real",     "this machine itself, guarded", "Stages",
                                 PROBE_ROOT, CLONE_NEWNS | CLONE_NEWUTS,     try_real};
