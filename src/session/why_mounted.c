/* mount() returned 0, and yet: what its caller may believe now, and should not. See mount(2), mount_namespaces(7). */
#include "proc/procfs.h"
#include "session/why_private.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static bool mounted_still_writable(struct why_case *k)
{
    struct why_mount m;
    if ((why_mount_flags(k) & (MS_BIND | MS_RDONLY | MS_REMOUNT)) != (MS_BIND | MS_RDONLY))
        return false;
    const struct mount_row *row = why_mount_arg(k, 1, &m);
    return row && m.is_root && !why_has_option(row->options, "ro") &&
           why_saw(k, "mountinfo says %s for %s", row->options, row->target);
}

/* A remount does not go down to what is mounted below. */
static bool mounted_below_writable(struct why_case *k)
{
    struct why_mount m;
    unsigned long ro = MS_REMOUNT | MS_BIND | MS_RDONLY;
    if ((why_mount_flags(k) & ro) != ro || !why_mount_arg(k, 1, &m))
        return false;
    const struct mounts *all = why_mounts(k);
    for (size_t i = 0; i < all->n; i++)
        if ((uint64_t)all->v[i].parent == m.id && (uint64_t)all->v[i].id != m.id &&
            !why_has_option(all->v[i].options, "ro"))
            return why_saw(k, "%s is mounted below and has %s", all->v[i].target, all->v[i].options);
    return false;
}

static bool mounted_spread_ignored(struct why_case *k)
{
    return why_mount_flags(k) & MS_BIND && why_mount_flags(k) & WHY_MOUNT_SPREAD &&
           why_saw(k, "MS_BIND is among the flags, too");
}

/* The working directory is what the new mount has covered: the name leads elsewhere now. */
static bool mounted_over_cwd(struct why_case *k)
{
    char link[48], cwd[1024];
    struct why_mount here, now, new;
    snprintf(link, sizeof link, "/proc/%d/cwd", (int)k->pid);
    ssize_t n = readlink(link, cwd, sizeof cwd - 1);
    if (n <= 0 || why_mount_flags(k) & (MS_REMOUNT | WHY_MOUNT_SPREAD) || why_is_chrooted(k))
        return false;
    cwd[n] = '\0';
    autofd int fd = open(link, O_PATH | O_CLOEXEC), again = why_open(k, AT_FDCWD, cwd, true);
    bool elsewhere = again < 0 || (why_mount_of(again, &now) && why_mount_of(fd, &here) && here.id != now.id);
    return elsewhere && fd >= 0 && why_mount_arg(k, 1, &new) &&
           why_saw(k, "its working directory is still the covered %s", cwd);
}

static bool mounted_outer_proc(struct why_case *k)
{
    uint64_t own = why_ns(k, "pid"), kids = why_ns(k, "pid_for_children");
    return !strcmp(why_mount_type(k), "proc") && own && own != kids &&
           why_saw(k, "pid:[%llu] of the caller is not the one its children are in", (unsigned long long)own);
}

static bool mounted_is_shared(struct why_case *k)
{
    struct why_mount m;
    if (why_mount_flags(k) & (MS_REMOUNT | WHY_MOUNT_SPREAD))
        return false;
    const struct mount_row *row = why_mount_arg(k, 1, &m),
                           *parent = row ? why_mount_row(k, (uint64_t)row->parent) : NULL;
    pid_t host = k->stage->host;
    if (!row || !m.is_root || !parent || !(parent->propagation & MOUNT_SHARED) || !host ||
        procfs_ns(procfs_self(), host, "mnt") == why_ns(k, "mnt"))
        return false;
    automounts struct mounts theirs = {0};
    if (!mounts_read(procfs_self(), host, &theirs))
        return false;
    for (size_t i = 0; i < theirs.n; i++)
        if (theirs.v[i].dev == row->dev && !strcmp(theirs.v[i].root, row->root))
            return why_saw(k, "the mount at %s is shared, and the host side has the new one at %s", parent->target,
                           theirs.v[i].target);
    return false;
}

const struct why_row why_rows_mounted[] = {
    {"mount", 0, "still-writable", mounted_still_writable,
     "MS_RDONLY is silently ignored together with MS_BIND: the new mount is writable.",
     "Make it read-only with a second call: mount(NULL, TARGET, NULL, MS_BIND|MS_REMOUNT|MS_RDONLY, NULL)."},
    {"mount", 0, "below-writable", mounted_below_writable,
     "Only this one mount is read-only: a remount leaves alone what is mounted below it.",
     "Remount each of them, or use mount_setattr() with AT_RECURSIVE."},
    {"mount", 0, "propagation-ignored", mounted_spread_ignored,
     "Together with MS_BIND the propagation flag is silently ignored.",
     "Set it in a second call: mount(NULL, TARGET, NULL, MS_PRIVATE, NULL)."},
    {"mount", 0, "over-working-directory", mounted_over_cwd,
     "The new mount covers the caller's working directory, which stays beneath: \".\" is not what its name leads to "
     "now.",
     "chdir() there again."},
    {"mount", 0, "outer-proc", mounted_outer_proc,
     "A proc shows the pid namespace of whoever mounts it; after unshare(CLONE_NEWPID) the caller itself is still in "
     "the "
     "old one.",
     "fork() and let the child, process 1 of the new one, mount it."},
    {"mount", 0, "leaks", mounted_is_shared,
     "The mount has spread to the other mount namespace: where it was attached is shared.",
     "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL) right after unshare(CLONE_NEWNS)."},
    {0},
};
