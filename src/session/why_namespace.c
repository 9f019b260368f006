/* Namespaces: making, joining, naming. See unshare(2), setns(2), user_namespaces(7), pid_namespaces(7). */
#include "base/file.h"
#include "proc/procfs.h"
#include "session/why_private.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static const struct {
    uint64_t flag;
    const char *name, *link, *sysctl;
} ns_kinds[] = {
    {CLONE_NEWUSER, "CLONE_NEWUSER", "user", "max_user_namespaces"},
    {CLONE_NEWPID, "CLONE_NEWPID", "pid", "max_pid_namespaces"},
    {CLONE_NEWNS, "CLONE_NEWNS", "mnt", "max_mnt_namespaces"},
    {CLONE_NEWUTS, "CLONE_NEWUTS", "uts", "max_uts_namespaces"},
    {CLONE_NEWIPC, "CLONE_NEWIPC", "ipc", "max_ipc_namespaces"},
    {CLONE_NEWNET, "CLONE_NEWNET", "net", "max_net_namespaces"},
    {CLONE_NEWCGROUP, "CLONE_NEWCGROUP", "cgroup", "max_cgroup_namespaces"},
    {CLONE_NEWTIME, "CLONE_NEWTIME", "time", "max_time_namespaces"},
};

static const char *ns_name(uint64_t flag)
{
    for (size_t i = 0; i < COUNT(ns_kinds); i++)
        if (ns_kinds[i].flag == flag)
            return ns_kinds[i].name;
    return "no namespace";
}

static bool ns_wants_user(const struct why_case *k)
{
    return why_clone_flags(k) & CLONE_NEWUSER;
}

/* The descriptor's namespace, opened by us; -1 when it is none. */
static int setns_open(const struct why_case *k)
{
    char path[64];
    struct statfs fs;
    snprintf(path, sizeof path, "/proc/%d/fd/%lld", (int)k->pid, (long long)why_num(k, 0));
    if (statfs(path, &fs) < 0 || fs.f_type != NSFS_MAGIC)
        return -1;
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* ---- unshare and clone ---- */

static bool user_in_chroot(struct why_case *k)
{
    return ns_wants_user(k) && why_is_chrooted(k) &&
           why_saw(k, "/proc/PID/root is not the root of its mount namespace");
}

static bool user_unmapped(struct why_case *k)
{
    long uid[4], gid[4];
    if (!ns_wants_user(k) || !why_ids(k, "Uid", uid) || !why_ids(k, "Gid", gid))
        return false;
    bool no_uid = !why_maps(k, "uid_map", WHY_OUTSIDE, uid[1]), no_gid = !why_maps(k, "gid_map", WHY_OUTSIDE, gid[1]);
    return (no_uid || no_gid) && why_saw(k, "its effective %s is not mapped in user:[%llu]", no_uid ? "user" : "group",
                                         (unsigned long long)why_ns(k, "user"));
}

/* The switch bites where the caller has no CAP_SYS_ADMIN yet: aa_profile_ns_perm() of the kernel's AppArmor. */
static bool user_apparmor(struct why_case *k)
{
    return why_switch("kernel/apparmor_restrict_unprivileged_userns") == 1 && ns_wants_user(k) &&
           !why_has_cap(k, CAP_SYS_ADMIN) &&
           why_saw(k, "kernel.apparmor_restrict_unprivileged_userns is 1, and the caller lacks CAP_SYS_ADMIN");
}

static bool user_switched_off(struct why_case *k)
{
    return ns_wants_user(k) && why_switch("kernel/unprivileged_userns_clone") == 0 && !why_has_cap(k, CAP_SYS_ADMIN) &&
           why_saw(k, "kernel.unprivileged_userns_clone is 0");
}

/* A mount namespace brings its root and working directory along, which threads share. */
static bool ns_threads(struct why_case *k)
{
    long threads = why_status(k, k->pid, "Threads", 10);
    autofd int fd = why_is(k, "setns") ? setns_open(k) : -1;
    int type = fd < 0 ? 0 : ioctl(fd, NS_GET_NSTYPE);
    bool alone = ns_wants_user(k) || type == CLONE_NEWUSER || type == CLONE_NEWNS;
    return alone && threads > 1 && why_saw(k, "Threads: %ld in its status", threads);
}

/* A thread has to be in the pid namespace of its process. */
static bool thread_elsewhere(struct why_case *k)
{
    uint64_t own = why_ns(k, "pid"), kids = why_ns(k, "pid_for_children");
    return why_clone_flags(k) & CLONE_THREAD && own && own != kids &&
           why_saw(k, "CLONE_THREAD, and pid_for_children is not the caller's own pid:[%llu]", (unsigned long long)own);
}

/* What copy_process() and check_unshare_flags() of the kernel refuse. */
static bool flags_contradict(struct why_case *k)
{
    static const struct {
        uint64_t with, without, flags;
        const char *words;
    } rules[] = {
        {CLONE_FS, 0, CLONE_NEWNS | CLONE_NEWUSER, "CLONE_FS shares the root directory across the new namespace"},
        {CLONE_THREAD, 0, CLONE_NEWUSER | CLONE_NEWPID, "CLONE_THREAD would put a process into two namespaces"},
        {CLONE_THREAD, CLONE_SIGHAND, 0, "CLONE_THREAD needs CLONE_SIGHAND"},
        {CLONE_SIGHAND, CLONE_VM, 0, "CLONE_SIGHAND needs CLONE_VM"},
    };
    uint64_t flags = why_clone_flags(k);
    for (size_t i = 0; i < COUNT(rules); i++)
        if (flags & rules[i].with && (rules[i].without ? !(flags & rules[i].without) : (flags & rules[i].flags) != 0))
            return why_saw(k, "%s", rules[i].words);
    return false;
}

static bool pid_twice(struct why_case *k)
{
    uint64_t own = why_ns(k, "pid"), kids = why_ns(k, "pid_for_children");
    return why_clone_flags(k) & CLONE_NEWPID && own && own != kids &&
           (kids ? why_saw(k, "its children go to pid:[%llu] already, it is in pid:[%llu]", (unsigned long long)kids,
                           (unsigned long long)own)
                 : why_saw(k, "pid_for_children has no first process yet"));
}

static bool unknown_flags(struct why_case *k)
{
    uint64_t known = CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
    for (size_t i = 0; i < COUNT(ns_kinds); i++)
        known |= ns_kinds[i].flag;
    uint64_t more = why_clone_flags(k) & ~known;
    return more && why_saw(k, "0x%llx is no flag of unshare()", (unsigned long long)more);
}

/* Is the namespace owned by that user namespace, or by one below it? Those are counted there. */
static bool ns_counts_in(int fd, ino_t user)
{
    struct stat st;
    int owner = ioctl(fd, NS_GET_USERNS);
    bool found = false;
    while (owner >= 0 && !(found = fstat(owner, &st) == 0 && st.st_ino == user)) {
        int parent = ioctl(owner, NS_GET_PARENT);
        close(owner);
        owner = parent;
    }
    close_fd(&owner);
    return found;
}

#define NS_COUNTED 1024
/* How many namespaces of that kind processes are in, as far as they count in the user namespace. */
static long ns_count(const char *link, ino_t user)
{
    ino_t seen[NS_COUNTED];
    long n = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && n < NS_COUNTED && (e = readdir(d));) {
        char path[64];
        struct stat st;
        snprintf(path, sizeof path, "/proc/%.20s/ns/%s", e->d_name, link);
        autofd int fd = e->d_name[0] >= '0' && e->d_name[0] <= '9' ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        bool new = fd >= 0 && fstat(fd, &st) == 0;
        for (long i = 0; new &&i < n; i++)
            new = seen[i] != st.st_ino;
        if (new &&ns_counts_in(fd, user))
            seen[n++] = st.st_ino;
    }
    if (d)
        closedir(d);
    return n;
}

static bool ns_is_full(struct why_case *k, const char *link, const char *sysctl, long limit, ino_t user)
{
    if (limit == 0)
        return why_saw(k, "user.%s is 0 in user:[%llu]", sysctl, (unsigned long long)user);
    if (limit >= NS_COUNTED)
        return false;
    long n = ns_count(link, user);
    return n >= limit && why_saw(k, "user.%s is %ld in user:[%llu], and %ld of them are in use", sysctl, limit,
                                 (unsigned long long)user, n);
}

/* The limits are counted in the user namespace of the caller and in each around it. */
static bool ns_limit(struct why_case *k)
{
    int user = why_open_ns(k, "user");
    bool found = false;
    while (user >= 0 && !found) {
        for (size_t i = 0; i < COUNT(ns_kinds) && !found; i++) {
            autostr struct str text = {0};
            autofree char *path = xasprintf("/proc/sys/user/%s", ns_kinds[i].sysctl);
            struct stat st;
            if (!(why_clone_flags(k) & ns_kinds[i].flag) || !why_read_in(user, path, &text) || fstat(user, &st) < 0)
                continue;
            found = ns_is_full(k, ns_kinds[i].link, ns_kinds[i].sysctl, atol(str_c(&text)), st.st_ino);
        }
        int parent = ioctl(user, NS_GET_PARENT);
        close(user);
        user = parent;
    }
    close_fd(&user);
    return found;
}

#define NS_LEVELS 32 /* MAX_PID_NS_LEVEL, and create_user_ns() */
static bool ns_too_deep(struct why_case *k)
{
    autostr struct str line = {0};
    int pids = 0, users = why_user_depth(k);
    why_status_line(k->pid, "NSpid", &line);
    for (const char *p = str_c(&line); *p; p += strspn(p, "\t ")) {
        pids++;
        p += strcspn(p, "\t ");
    }
    if (why_clone_flags(k) & CLONE_NEWPID && pids >= NS_LEVELS)
        return why_saw(k, "NSpid has %d numbers", pids);
    return ns_wants_user(k) && users >= NS_LEVELS && why_saw(k, "its user namespace has %d around it", users);
}

static bool pid_children_only(struct why_case *k)
{
    uint64_t own = why_ns(k, "pid"), kids = why_ns(k, "pid_for_children");
    return (why_is(k, "unshare") ? why_clone_flags(k) & CLONE_NEWPID : true) && own && own != kids &&
           why_saw(k, "the caller is in pid:[%llu] as before; pid_for_children %s", (unsigned long long)own,
                   kids ? "is another" : "waits for its first process");
}

static bool user_no_map(struct why_case *k)
{
    char path[48];
    autostr struct str map = {0};
    snprintf(path, sizeof path, "%d/uid_map", (int)k->pid);
    return why_is(k, "unshare") && ns_wants_user(k) && file_read(procfs_self(), path, &map, 4096) && !map.len &&
           why_saw(k, "uid_map is empty");
}

/* ---- setns ---- */

static bool setns_no_namespace(struct why_case *k)
{
    autostr struct str link = {0};
    autofd int fd = setns_open(k);
    return fd < 0 && why_fd_link(k, why_num(k, 0), &link) && strcmp(str_c(&link), "anon_inode:[pidfd]") &&
           why_saw(k, "descriptor %lld is %s", (long long)why_num(k, 0), str_c(&link));
}

static bool setns_is_pidfd(const struct why_case *k)
{
    autostr struct str link = {0};
    return why_fd_link(k, why_num(k, 0), &link) && !strcmp(str_c(&link), "anon_inode:[pidfd]");
}

static bool setns_without_type(struct why_case *k)
{
    return setns_is_pidfd(k) && !why_num(k, 1) &&
           why_saw(k, "descriptor %lld is a pidfd, the type is 0", (long long)why_num(k, 0));
}

static bool setns_ended(struct why_case *k)
{
    return setns_is_pidfd(k) && why_pidfd_ended(k, why_num(k, 0)) &&
           why_saw(k, "the pidfd's process has ended: /proc/PID/fdinfo says Pid: -1, or a zombie's");
}

static bool setns_wrong_type(struct why_case *k)
{
    autofd int fd = setns_open(k);
    int type = fd < 0 ? 0 : ioctl(fd, NS_GET_NSTYPE);
    uint64_t asked = (uint64_t)why_num(k, 1);
    return type > 0 && asked && asked != (uint64_t)type &&
           why_saw(k, "it is of the type %s, %s was asked for", ns_name((uint64_t)type), ns_name(asked));
}

static bool setns_own_user(struct why_case *k)
{
    struct stat st;
    autofd int fd = setns_open(k);
    return fd >= 0 && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWUSER && fstat(fd, &st) == 0 &&
           st.st_ino == why_ns(k, "user") && why_saw(k, "user:[%llu] is its own", (unsigned long long)st.st_ino);
}

/* A pid namespace can be joined only downwards. */
static bool setns_pid_upwards(struct why_case *k)
{
    struct stat st;
    int fd = setns_open(k);
    if (fd < 0 || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWPID) {
        close_fd(&fd);
        return false;
    }
    bool below = false;
    uint64_t target = fstat(fd, &st) == 0 ? st.st_ino : 0;
    while (fd >= 0 && !(below = fstat(fd, &st) == 0 && st.st_ino == k->pidns)) {
        int parent = ioctl(fd, NS_GET_PARENT);
        close(fd);
        fd = parent;
    }
    close_fd(&fd);
    return !below && why_saw(k, "pid:[%llu] is not below the caller's pid:[%llu]", (unsigned long long)target,
                             (unsigned long long)k->pidns);
}

static bool setns_foreign_owner(struct why_case *k)
{
    autofd int fd = setns_open(k);
    return fd >= 0 && !why_owns_fd(k, fd) &&
           why_saw(k, "%s needs CAP_SYS_ADMIN in its owner, and the caller's capabilities count in user:[%llu]",
                   ns_name((uint64_t)ioctl(fd, NS_GET_NSTYPE)), (unsigned long long)why_ns(k, "user"));
}

/* ---- names ---- */

static bool name_too_long(struct why_case *k)
{
    return why_num(k, 1) > 64 && why_saw(k, "%lld bytes", (long long)why_num(k, 1));
}

static bool name_is_shared(struct why_case *k)
{
    pid_t host = k->stage->host;
    return host && host != k->pid && procfs_ns(procfs_self(), host, "uts") == why_ns(k, "uts") &&
           why_saw(k, "both are in uts:[%llu]", (unsigned long long)why_ns(k, "uts"));
}

static bool name_foreign_uts(struct why_case *k)
{
    return why_has_cap(k, CAP_SYS_ADMIN) && !why_owns(k, "uts") &&
           why_saw(k, "uts:[%llu] is not owned by user:[%llu]", (unsigned long long)why_ns(k, "uts"),
                   (unsigned long long)why_ns(k, "user"));
}

#define MAKES "unshare clone clone3"
#define UBUNTU                                                                                                         \
    "Ubuntu's AppArmor keeps user namespaces from programs that no profile allows them to.",                           \
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or a profile with `userns,`."
const struct why_row why_rows_namespace[] = {
    {MAKES, EPERM, "in-a-chroot", user_in_chroot,
     "A process in a chroot may make no user namespace: its capabilities there would let it out.",
     "unshare(CLONE_NEWUSER) before chroot()."},
    {MAKES, EPERM, "unmapped-caller", user_unmapped,
     "The caller's own ids are not mapped in its user namespace, so a new one below would have no owner.",
     "Write uid_map and gid_map first."},
    {MAKES, EPERM, "apparmor", user_apparmor, UBUNTU},
    {MAKES, EACCES, "apparmor", user_apparmor, UBUNTU},
    {MAKES, EPERM, "switched-off", user_switched_off, "This machine allows user namespaces to root only.",
     "sudo sysctl kernel.unprivileged_userns_clone=1."},
    {"unshare setns", EINVAL, "threads", ns_threads,
     "A process of several threads cannot change its user or join a mount namespace: all threads have to be in one.",
     "Do it before the first thread, or in a fork()."},
    {"unshare", EINVAL, "pid-twice", pid_twice,
     "The caller's children already go to another pid namespace; a second one can be made only from within the first.",
     "fork(), and let the child unshare again."},
    {"unshare", EINVAL, "unknown-flag", unknown_flags, "That bit is no namespace.", ":man unshare lists the flags."},
    {"clone clone3", EINVAL, "thread-elsewhere", thread_elsewhere,
     "No thread can be made any more: new children go to another pid namespace, and a thread has to stay in its own.",
     "Start threads before unshare(CLONE_NEWPID), or in the child after it."},
    {MAKES, EINVAL, "contradiction", flags_contradict, "These flags exclude each other.",
     ":man clone tells which, under EINVAL."},
    {MAKES, ENOSPC, "limit", ns_limit, "The number of such namespaces is limited; no disk is full.",
     "Write a larger number to /proc/sys/user/max_..._namespaces, as root of that user namespace."},
    {MAKES, ENOSPC, "too-deep", ns_too_deep, "Namespaces of this kind nest 32 deep at most; no disk is full.",
     "Make it from a process further out."},
    {"unshare setns", 0, "children-only", pid_children_only,
     "The caller itself stays in its pid namespace: a process keeps its number for life, and only children forked from "
     "now on are in the other.",
     "fork(): the first child is process 1."},
    {"unshare", 0, "no-map-yet", user_no_map,
     "The caller is nobody there: no id is mapped, getuid() says 65534, and an execve() would drop all capabilities.",
     "Write /proc/self/uid_map and gid_map next (\"deny\" to setgroups before gid_map)."},

    {"setns", EINVAL, "no-namespace", setns_no_namespace, "The descriptor does not stand for a namespace.",
     "open() a file of /proc/PID/ns, or use pidfd_open()."},
    {"setns", EINVAL, "wrong-type", setns_wrong_type, "The descriptor stands for another kind of namespace.",
     "Give its own type, or 0 for any."},
    {"setns", EINVAL, "pidfd-without-type", setns_without_type,
     "A pidfd stands for a process, which has namespaces of each kind: which of them is not said.",
     "Name the types: setns(FD, CLONE_NEWNS|CLONE_NEWPID|...)."},
    {"setns", ESRCH, "process-ended", setns_ended,
     "The process of the pidfd has ended, and its namespaces with it, unless others are in them.",
     "Take a descriptor of /proc/PID/ns of a living one; such a descriptor also keeps the namespace."},
    {"setns", EINVAL, "own-user-namespace", setns_own_user,
     "A process cannot enter the user namespace that it is in: that would give its capabilities back.",
     "Nothing to do: it is there."},
    {"setns", EINVAL, "pid-upwards", setns_pid_upwards,
     "A pid namespace can be joined only from one around it, never upwards.", "Join from outside."},
    {"setns", EPERM, "user-namespace-first", setns_foreign_owner,
     "The namespace belongs to a user namespace in which the caller has no capabilities.",
     "Join the user namespace first, with a descriptor opened before; the parent of one's own is out of reach."},

    {"sethostname setdomainname", EINVAL, "too-long", name_too_long, "A name has 64 bytes at most.",
     "Take a shorter one."},
    {"sethostname setdomainname", 0, "shared-name", name_is_shared,
     "The host side's name has changed as well: the caller shares its UTS namespace.",
     "unshare(CLONE_NEWUTS) first; then the name is the caller's own."},
    {"sethostname setdomainname", EPERM, "foreign-uts-namespace", name_foreign_uts,
     "The name belongs to a UTS namespace that another user namespace owns.",
     "unshare(CLONE_NEWUTS) first: the new one is the caller's."},
    {0},
};
