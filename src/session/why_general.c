/* Causes that any call may have: a capability that is missing or counts elsewhere, a seccomp filter, descriptors,
 * ^C. */
#include "base/file.h"
#include "proc/procfs.h"
#include "session/why_private.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* ---- capabilities ---- */

/* Which capability a call asks for, and in the owner of which namespace; NULL: in the caller's own user namespace. */
static const struct {
    const char *call, *ns;
    int cap;
} need_rows[] = {
    {"chroot", NULL, CAP_SYS_CHROOT},
    {"mount", "mnt", CAP_SYS_ADMIN},
    {"umount2", "mnt", CAP_SYS_ADMIN},
    {"pivot_root", "mnt", CAP_SYS_ADMIN},
    {"open_tree", "mnt", CAP_SYS_ADMIN},
    {"move_mount", "mnt", CAP_SYS_ADMIN},
    {"fsopen", "mnt", CAP_SYS_ADMIN},
    {"fsmount", "mnt", CAP_SYS_ADMIN},
    {"mount_setattr", "mnt", CAP_SYS_ADMIN},
    {"unshare", NULL, CAP_SYS_ADMIN},
    {"clone", NULL, CAP_SYS_ADMIN},
    {"clone3", NULL, CAP_SYS_ADMIN},
    {"setns", NULL, CAP_SYS_ADMIN},
    {"sethostname", "uts", CAP_SYS_ADMIN},
    {"setdomainname", "uts", CAP_SYS_ADMIN},
    {"mknod", NULL, CAP_MKNOD},
    {"mknodat", NULL, CAP_MKNOD},
    {"chown", NULL, CAP_CHOWN},
    {"lchown", NULL, CAP_CHOWN},
    {"fchown", NULL, CAP_CHOWN},
    {"fchownat", NULL, CAP_CHOWN},
    {"chmod", NULL, CAP_FOWNER},
    {"fchmod", NULL, CAP_FOWNER},
    {"fchmodat", NULL, CAP_FOWNER},
    {"setuid", NULL, CAP_SETUID},
    {"setreuid", NULL, CAP_SETUID},
    {"setresuid", NULL, CAP_SETUID},
    {"setgid", NULL, CAP_SETGID},
    {"setregid", NULL, CAP_SETGID},
    {"setresgid", NULL, CAP_SETGID},
    {"setgroups", NULL, CAP_SETGID},
    {"prctl", NULL, CAP_SETPCAP},
    {"reboot", NULL, CAP_SYS_BOOT},
    {"settimeofday", NULL, CAP_SYS_TIME},
    {"clock_settime", NULL, CAP_SYS_TIME},
    {"swapon", NULL, CAP_SYS_ADMIN},
    {"swapoff", NULL, CAP_SYS_ADMIN},
    {"acct", NULL, CAP_SYS_PACCT},
    {"init_module", NULL, CAP_SYS_MODULE},
    {"finit_module", NULL, CAP_SYS_MODULE},
    {"delete_module", NULL, CAP_SYS_MODULE},
};

static bool need_find(const struct why_case *k, int *cap, const char **ns)
{
    for (size_t i = 0; i < COUNT(need_rows); i++) {
        if (!why_is(k, need_rows[i].call))
            continue;
        *cap = need_rows[i].cap;
        *ns = need_rows[i].ns;
        return true;
    }
    return false;
}

static bool general_no_capability(struct why_case *k)
{
    int cap;
    const char *ns;
    if (!need_find(k, &cap, &ns) || why_has_cap(k, cap))
        return false;
    autostr struct str eff = {0};
    why_status_line(k->pid, "CapEff", &eff);
    return why_saw(k, "%s is not among its effective capabilities (CapEff %s) in user:[%llu]", why_cap_name(cap),
                   str_c(&eff), (unsigned long long)why_ns(k, "user"));
}

static bool general_foreign_owner(struct why_case *k)
{
    int cap;
    const char *ns;
    if (!need_find(k, &cap, &ns) || !ns || !why_has_cap(k, cap) || why_owns(k, ns))
        return false;
    return why_saw(k, "%s counts in user:[%llu], and %s:[%llu] is owned by another", why_cap_name(cap),
                   (unsigned long long)why_ns(k, "user"), ns, (unsigned long long)why_ns(k, ns));
}

static bool general_machine_only(struct why_case *k)
{
    int cap;
    const char *ns;
    return need_find(k, &cap, &ns) && why_has_cap(k, cap) && why_in_child_userns(k) &&
           why_saw(k, "the caller has %s in user:[%llu], not in the machine's first one", why_cap_name(cap),
                   (unsigned long long)why_ns(k, "user"));
}

/* ---- filters ---- */

static long general_seccomp(pid_t pid)
{
    autostr struct str line = {0};
    return why_status_line(pid, "Seccomp", &line) ? atol(str_c(&line)) : 0;
}

static bool general_engine_filter(struct why_case *k)
{
    return general_seccomp(getpid()) == 2 && why_saw(k, "Seccomp: 2 in porthole's own status, before any stage of its");
}

static bool general_stage_filter(struct why_case *k)
{
    return general_seccomp(getpid()) != 2 && k->stage->running && k->stage->kind == STAGE_REAL &&
           general_seccomp(k->pid) == 2 && (why_is(k, "fsconfig") || why_is(k, "kill")) &&
           (why_is(k, "fsconfig") || why_num(k, 0) == -1) &&
           why_saw(k, "Seccomp: 2 in its status, and %s is on the list", k->row->name);
}

/* Ubuntu moves a program that makes a user namespace into a profile of that name, which denies all capabilities: the
 * unshare() succeeds, and whatever comes next does not. */
static bool general_apparmor(struct why_case *k)
{
    autostr struct str label = {0};
    return why_label(k, &label) && strstr(str_c(&label), "unprivileged_userns") &&
           why_saw(k, "/proc/PID/attr/current says %s", str_c(&label));
}

static bool general_confined(struct why_case *k)
{
    autostr struct str label = {0};
    return why_label(k, &label) && why_saw(k, "/proc/PID/attr/current says %s", str_c(&label));
}

/* ---- descriptors ---- */

static int general_fd(const struct why_case *k, int64_t *fd)
{
    for (int i = 0; i < k->c->nargs; i++) {
        if (k->c->args[i].kind != ARG_FD)
            continue;
        *fd = why_num(k, i);
        autostr struct str link = {0};
        if (*fd != AT_FDCWD && !why_fd_link(k, *fd, &link))
            return i;
        if (why_is(k, "dup2") || why_is(k, "dup3")) /* the second need not be open */
            break;
    }
    return -1;
}

static bool general_not_open(struct why_case *k)
{
    int64_t fd;
    return general_fd(k, &fd) >= 0 && why_saw(k, "/proc/PID/fd has no %lld", (long long)fd);
}

static bool general_wrong_mode(struct why_case *k)
{
    char path[64];
    autostr struct str text = {0};
    snprintf(path, sizeof path, "%d/fdinfo/%lld", (int)k->pid, (long long)why_num(k, 0));
    const char *at = file_read(procfs_self(), path, &text, 4096) ? strstr(str_c(&text), "flags:\t") : NULL;
    if (!at)
        return false;
    unsigned long flags = strtoul(at + 7, NULL, 8);
    if (flags & O_PATH)
        return why_saw(k, "it was opened with O_PATH");
    bool wrong = why_is(k, "read") ? (flags & O_ACCMODE) == O_WRONLY : (flags & O_ACCMODE) == O_RDONLY;
    return (why_is(k, "read") || why_is(k, "write")) && wrong &&
           why_saw(k, "it was opened %s", why_is(k, "read") ? "O_WRONLY" : "O_RDONLY");
}

static bool general_too_many_open(struct why_case *k)
{
    long limit = why_limit(k, "Max open files");
    int n = why_count_fds(k);
    return limit >= 0 && n >= limit - 1 && why_saw(k, "%d descriptors, \"Max open files\" is %ld", n, limit);
}

/* dup2() and fcntl() may name a number beyond the limit: EBADF, EINVAL or EMFILE with few descriptors open. */
static bool general_number_too_high(struct why_case *k)
{
    long limit = why_limit(k, "Max open files");
    int64_t fd = why_num(k, why_is(k, "fcntl") ? 2 : 1);
    return limit >= 0 && fd >= limit && why_saw(k, "%lld, and \"Max open files\" is %ld", (long long)fd, limit);
}

static bool general_interrupted(struct why_case *k)
{
    return k->row->flags & CALL_BLOCKS && why_saw(k, "it was waiting when the signal came");
}

static bool general_not_a_device(struct why_case *k)
{
    autostr struct str link = {0};
    return why_fd_link(k, why_num(k, 0), &link) &&
           why_saw(k, "descriptor %lld is %s", (long long)why_num(k, 0), str_c(&link));
}

const struct why_row why_rows_general[] = {
    {"*", EPERM, "stage-filter", general_stage_filter,
     "The real stage denies this by a seccomp filter of porthole's own, to protect the machine.",
     "It is meant; on the practice stage nothing of the machine is at stake, and the call is allowed."},
    {"*", EPERM, "apparmor-profile", general_apparmor,
     "Ubuntu's AppArmor lets a program make a user namespace and then denies it every capability there.",
     "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or a profile with `userns,`."},
    {"mount umount2 pivot_root", EACCES, "confined", general_confined,
     "A security module confines the caller, and its profile does not allow that.",
     "docker run --security-opt apparmor=unconfined, or run porthole on the machine itself."},
    {"*", EPERM, "no-capability", general_no_capability, "The caller lacks the capability that the call asks for.",
     "unshare(CLONE_NEWUSER) gives all capabilities over what is made in the new namespace; or be root."},
    {"*", EPERM, "foreign-owner", general_foreign_owner,
     "The caller has the capability, but only over what its own user namespace owns, and this namespace is not among "
     "it.",
     "unshare() a namespace of that kind first: the new one belongs to the caller."},
    {"settimeofday clock_settime swapon swapoff acct init_module finit_module delete_module", EPERM, "machine-only",
     general_machine_only,
     "The call concerns the whole machine, so a capability counts only in the machine's own user namespace.",
     "Do it outside, as root of the machine; a container has no part of its own of this."},
    {"*", EPERM, "engine-filter", general_engine_filter,
     "A seccomp filter was in force before porthole began, as container engines set one.",
     "docker run --security-opt seccomp=unconfined, or run porthole on the machine itself."},
    {"*", ENOSYS, "engine-filter", general_engine_filter,
     "A seccomp filter was in force before porthole began, as container engines set one.",
     "docker run --security-opt seccomp=unconfined, or run porthole on the machine itself."},
    {"*", EBADF, "not-open", general_not_open, "No file is open under that descriptor in the caller.",
     "open() gives one; descriptors belong to one process, and close-on-exec ones end with an execve()."},
    {"*", EBADF, "wrong-direction", general_wrong_mode, "The file was not opened for that.",
     "Open it with O_RDWR, or with the access that is needed."},
    {"*", EMFILE, "too-many-open", general_too_many_open, "The process has as many descriptors open as it may.",
     "close() some."},
    {"dup2 dup3 fcntl", EBADF, "number-too-high", general_number_too_high,
     "The number is beyond the limit of open files (RLIMIT_NOFILE).", "Take a smaller one."},
    {"fcntl", EINVAL, "number-too-high", general_number_too_high,
     "The number is beyond the limit of open files (RLIMIT_NOFILE).", "Take a smaller one."},
    {"lseek", ESPIPE, "cannot-seek", general_not_a_device, "A pipe, socket or terminal has no position.",
     "Just read() on."},
    {"*", EINTR, "interrupted", general_interrupted, "A signal ended the waiting: ^C does it here.",
     "Make the call again."},
    {0},
};
