/* Why did a step fail? An errno has several causes; each candidate is tested here and now, and the one that holds is
 * named with its evidence. The order is from the specific to the general.
 *
 * References: user_namespaces(7), unshare(2), mount(2), and Documentation/admin-guide/sysctl/{user,kernel}.rst. */
#include "base/errnoname.h"
#include "base/file.h"
#include "base/mem.h"
#include "proc/mountinfo.h"
#include "proc/procfs.h"
#include "session/probe.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *why_errno(int err)
{
    const char *name = errno_name(err);
    return name ? name : "an unknown error";
}

/* The number in a file of /proc/sys, or -1. */
static long why_sysctl(const char *name)
{
    autostr struct str text = {0};
    autofree char *path = xasprintf("/proc/sys/%s", name);
    if (!file_read(AT_FDCWD, path, &text, 64) || !text.len)
        return -1;
    return strtol(text.s, NULL, 10);
}

/* A field of /proc/self/status. */
static long why_status(const char *field)
{
    autostr struct str text = {0};
    if (!file_read(AT_FDCWD, "/proc/self/status", &text, 65536))
        return -1;
    const char *at = strstr(str_c(&text), field);
    return at ? strtol(at + strlen(field), NULL, 10) : -1;
}

static void why_set(struct doctor_result *r, const char *cure, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends the evidence to r->why, which holds the failed step, and sets the cure. */
static void why_set(struct doctor_result *r, const char *cure, const char *fmt, ...)
{
    size_t at = strlen(r->why);
    va_list ap;
    if (at + 3 < sizeof r->why)
        at += (size_t)snprintf(r->why + at, sizeof r->why - at, "; ");
    va_start(ap, fmt);
    vsnprintf(r->why + at, sizeof r->why - at, fmt, ap);
    va_end(ap);
    snprintf(r->cure, sizeof r->cure, "%s", cure);
}

/* Candidates: each returns true when it is the cause. */

/* user.max_TYPE_namespaces: the kernel says ENOSPC, as if a disk were full. */
static bool why_limit(const struct probe_report *p, struct doctor_result *r)
{
    static const struct {
        const char *flag, *sysctl;
    } limits[] = {
        {"CLONE_NEWUSER", "max_user_namespaces"}, {"CLONE_NEWPID", "max_pid_namespaces"},
        {"CLONE_NEWNS", "max_mnt_namespaces"},    {"CLONE_NEWUTS", "max_uts_namespaces"},
        {"CLONE_NEWIPC", "max_ipc_namespaces"},   {"CLONE_NEWNET", "max_net_namespaces"},
        {"CLONE_NEWTIME", "max_time_namespaces"}, {"CLONE_NEWCGROUP", "max_cgroup_namespaces"},
    };
    if (p->err != ENOSPC)
        return false;
    for (size_t i = 0; i < COUNT(limits); i++) {
        if (!strstr(p->step, limits[i].flag))
            continue;
        autofree char *name = xasprintf("user/%s", limits[i].sysctl);
        autofree char *cure =
            xasprintf("sudo sysctl user.%s=15000 (for ever: a file in /etc/sysctl.d)", limits[i].sysctl);
        long limit = why_sysctl(name);
        if (limit == 0)
            why_set(r, cure, "user.%s is 0: this machine allows none", limits[i].sysctl);
        else
            why_set(r, cure, "the limit user.%s (%ld here) is reached, here or in a namespace around us",
                    limits[i].sysctl, limit);
        return true;
    }
    return false;
}

/* A chrooted process may not make a user namespace: it could leave the chroot by it. Its root is no mount point that
 * mountinfo would list. */
static bool why_chroot(const struct probe_report *p, struct doctor_result *r)
{
    automounts struct mounts mounts = {0};
    if (p->err != EPERM || !strstr(p->step, "CLONE_NEWUSER") || !mounts_read(procfs_self(), 0, &mounts) ||
        mounts_find(&mounts, "/"))
        return false;
    why_set(r, "start porthole outside of the chroot", "porthole itself runs in a chroot, where that is refused");
    return true;
}

/* Debian's and Arch's own switch. */
static bool why_debian(const struct probe_report *p, struct doctor_result *r)
{
    if (p->err != EPERM || !strstr(p->step, "CLONE_NEWUSER") || why_sysctl("kernel/unprivileged_userns_clone") != 0)
        return false;
    why_set(r, "sudo sysctl kernel.unprivileged_userns_clone=1, or run porthole as root",
            "kernel.unprivileged_userns_clone is 0");
    return true;
}

/* Ubuntu 23.10 and later: the namespace can be made, and then each capability in it is denied. */
static bool why_apparmor(const struct probe_report *p, struct doctor_result *r)
{
    if ((p->err != EPERM && p->err != EACCES) || why_sysctl("kernel/apparmor_restrict_unprivileged_userns") != 1)
        return false;
    why_set(r,
            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with `userns,` for "
            "porthole, or sudo porthole",
            "kernel.apparmor_restrict_unprivileged_userns is 1");
    return true;
}

static bool why_masked(const struct probe_report *p, struct doctor_result *r)
{
    automounts struct mounts mounts = {0};
    if (p->err != EPERM || !strstr(p->step, "mount(\"proc\")") || !mounts_read(procfs_self(), 0, &mounts))
        return false;
    bool proc = mounts_find(&mounts, "/proc");
    const char *first = "";
    int masks = 0;
    for (size_t i = 0; i < mounts.n; i++) {
        const char *target = mounts.v[i].target;
        if (strncmp(target, "/proc/", 6) || !strcmp(target, "/proc/sys/fs/binfmt_misc"))
            continue;
        if (!masks++)
            first = target;
    }
    if (proc && !masks)
        return false;
    const char *cure = "in a container: docker run --security-opt systempaths=unconfined, podman run "
                       "--security-opt unmask=ALL; else run porthole on the machine itself";
    if (!proc)
        why_set(r, cure, "no /proc is mounted here, and a user namespace gets a fresh one only where one is visible");
    else
        why_set(r, cure, "%d mount%s cover%s parts of /proc (%.100s)", masks, masks == 1 ? "" : "s",
                masks == 1 ? "s" : "", first);
    return true;
}

static bool why_seccomp(const struct probe_report *p, struct doctor_result *r)
{
    if ((p->err != EPERM && p->err != ENOSYS && p->err != EACCES) || why_status("\nSeccomp:") != 2)
        return false;
    why_set(r,
            "in a container: docker run --security-opt seccomp=unconfined (and --cap-add SYS_ADMIN); else run porthole "
            "on the machine itself",
            "a seccomp filter is in force here (Seccomp: 2 in /proc/self/status)");
    return true;
}

/* The file system or device type is a module that is not there. */
static bool why_module(const struct probe_report *p, struct doctor_result *r)
{
    if (p->err == ENODEV && strstr(p->step, "overlay"))
        why_set(r, "sudo modprobe overlay", "/proc/filesystems has no overlay");
    else if (p->err == EOPNOTSUPP && strstr(p->step, "veth"))
        why_set(r, "sudo modprobe veth", "the kernel has no veth");
    else if (p->err == EOPNOTSUPP && strstr(p->step, "landlock"))
        why_set(r, "start the kernel with landlock in lsm=", "Landlock is built in and switched off");
    else
        return false;
    return true;
}

static bool why_old(const struct probe_report *p, struct doctor_result *r)
{
    bool missing_ns = p->err == EINVAL && strstr(p->step, "CLONE_NEW");
    if (p->err != ENOSYS && !missing_ns)
        return false;
    why_set(r, "a newer kernel, or one built with it", "this kernel does not know it");
    return true;
}

static bool why_not_root(const struct probe_report *p, struct doctor_result *r)
{
    if (strcmp(p->step, "be root"))
        return false;
    snprintf(r->why, sizeof r->why, "porthole runs as user %d, not as root", (int)geteuid());
    snprintf(r->cure, sizeof r->cure, "sudo porthole");
    return true;
}

static bool why_capability(const struct probe_report *p, struct doctor_result *r)
{
    if ((p->err != EPERM && p->err != EACCES) || geteuid() != 0)
        return false;
    autostr struct str text = {0};
    const char *at = file_read(AT_FDCWD, "/proc/self/status", &text, 65536) ? strstr(text.s, "\nCapEff:") : NULL;
    unsigned long long caps = at ? strtoull(at + 8, NULL, 16) : ~0ull;
    if (caps & 1ull << 21)
        return false;
    why_set(r, "in a container: docker run --cap-add SYS_ADMIN; or use --practice",
            "we are root without CAP_SYS_ADMIN (CapEff %llx)", caps);
    return true;
}

static bool why_lsm(const struct probe_report *p, struct doctor_result *r)
{
    autostr struct str text = {0};
    if ((p->err != EPERM && p->err != EACCES) || !file_read(AT_FDCWD, "/proc/self/attr/current", &text, 4096))
        return false;
    if (text.len)
        text.s[strcspn(text.s, "\n")] = '\0';
    if (!text.len || !*text.s || !strcmp(text.s, "unconfined"))
        return false;
    why_set(r, "look into the security module's log (journalctl -k, ausearch -m avc), or run porthole as root",
            "a security module confines us as \"%.80s\"", text.s);
    return true;
}

void probe_explain(const struct probe *p, const struct probe_report *report, struct doctor_result *r)
{
    static bool (*const candidates[])(const struct probe_report *, struct doctor_result *) = {
        why_not_root, why_limit,   why_module,     why_chroot, why_debian, why_apparmor,
        why_masked,   why_seccomp, why_capability, why_old,    why_lsm,
    };
    (void)p;
    if (report->why[0]) {
        snprintf(r->why, sizeof r->why, "%s", report->why);
        snprintf(r->cure, sizeof r->cure, "%s", report->cure);
        return;
    }
    snprintf(r->why, sizeof r->why, "%s: %s (%s)", report->step, why_errno(report->err), strerror(report->err));
    for (size_t i = 0; i < COUNT(candidates); i++)
        if (candidates[i](report, r))
            return;
}
