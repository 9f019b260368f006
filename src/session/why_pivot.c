/* pivot_root: one EINVAL for many reasons, and EBUSY for two. The order is that of the kernel's own checks in
 * fs/namespace.c, path_pivot_root(). See pivot_root(2). */
#include "proc/procfs.h"
#include "session/why_private.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The mount that the caller's root lies on. */
static bool pivot_root_mount(const struct why_case *k, struct why_mount *m)
{
    char link[48];
    snprintf(link, sizeof link, "/proc/%d/root", (int)k->pid);
    autofd int fd = open(link, O_PATH | O_CLOEXEC);
    return why_mount_of(fd, m);
}

/* A process that has entered the caller's mount namespace, with the root of that. It waits until the pipe is closed. */
static pid_t pivot_enter(const struct why_case *k, const int ready[2], const int end[2])
{
    autofd int user = why_open_ns(k, "user"), mnt = why_open_ns(k, "mnt");
    bool own_user = why_ns(k, "user") == procfs_ns(procfs_self(), getpid(), "user");
    pid_t pid = mnt < 0 ? -1 : fork();
    if (pid)
        return pid;
    close(end[1]);
    if ((!own_user && setns(user, CLONE_NEWUSER) < 0) || setns(mnt, CLONE_NEWNS) < 0 || write(ready[1], "", 1) != 1)
        _exit(1);
    char c;
    _exit(read(end[0], &c, 1) != 0);
}

/* All mounts of the caller's mount namespace, also those that a chroot() hides from it. */
static bool pivot_all_mounts(const struct why_case *k, struct mounts *all)
{
    int ready[2] = {-1, -1}, end[2] = {-1, -1};
    char c;
    if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(end, O_CLOEXEC) < 0)
        return false;
    pid_t pid = pivot_enter(k, ready, end);
    close(ready[1]);
    bool fine = pid > 0 && read(ready[0], &c, 1) == 1 && mounts_read(procfs_self(), pid, all);
    close(ready[0]);
    close(end[0]);
    close(end[1]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return fine;
}

static const struct mount_row *pivot_find(const struct mounts *all, uint64_t id)
{
    for (size_t i = 0; i < all->n; i++)
        if ((uint64_t)all->v[i].id == id)
            return &all->v[i];
    return NULL;
}

static bool pivot_shared(struct why_case *k)
{
    struct why_mount new, old, root;
    automounts struct mounts all = {0};
    const struct mount_row *n = why_mount_arg(k, 0, &new), *o = why_mount_arg(k, 1, &old);
    const struct mount_row *parent = n ? why_mount_row(k, (uint64_t)n->parent) : NULL;
    if (o && o->propagation & MOUNT_SHARED)
        return why_saw(k, "the mount that put_old lies on, %s, is shared", o->target);
    if (parent && parent->propagation & MOUNT_SHARED)
        return why_saw(k, "the mount that new_root hangs on, %s, is shared", parent->target);
    if (!pivot_root_mount(k, &root) || !pivot_all_mounts(k, &all))
        return false;
    const struct mount_row *r = pivot_find(&all, root.id);
    parent = r ? pivot_find(&all, (uint64_t)r->parent) : NULL;
    return parent && parent->propagation & MOUNT_SHARED &&
           why_saw(k, "the mount that the present root hangs on, %s out there, is shared", parent->target);
}

/* Unmounted lazily, or of another mount namespace. */
static bool pivot_detached(struct why_case *k)
{
    struct why_mount m;
    automounts struct mounts all = {0};
    autofd int new = why_open_arg(k, 0, true);
    if (!why_mount_of(new, &m) || !pivot_all_mounts(k, &all))
        return false;
    if (!pivot_find(&all, m.id))
        return why_saw(k, "%s is on mount %llu, which is none of its mount namespace", why_text(k, 0),
                       (unsigned long long)m.id);
    return !why_mount_row(k, m.id) && why_saw(k, "%s is on mount %llu, which is not below the caller's root",
                                              why_text(k, 0), (unsigned long long)m.id);
}

/* The first mount of a mount namespace hangs on none: mountinfo says that it is its own parent. */
static bool pivot_first_root(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = pivot_root_mount(k, &m) ? why_mount_row(k, m.id) : NULL;
    return row && row->id == row->parent &&
           why_saw(k, "the root, of type %s, is its own parent in mountinfo", row->type);
}

static bool pivot_is_on_root(struct why_case *k, int nth)
{
    struct why_mount root, m;
    return why_mount_arg(k, nth, &m) && pivot_root_mount(k, &root) && m.id == root.id &&
           why_saw(k, "%s lies on the mount that is the root now", why_text(k, nth));
}

static bool pivot_new_on_root(struct why_case *k)
{
    return pivot_is_on_root(k, 0);
}

static bool pivot_old_on_root(struct why_case *k)
{
    return pivot_is_on_root(k, 1);
}

static bool pivot_in_chroot(struct why_case *k)
{
    struct why_mount root;
    return pivot_root_mount(k, &root) && !root.is_root &&
           why_saw(k, "the caller's root is a directory inside a mount, by chroot()");
}

static bool pivot_no_mount(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = why_mount_arg(k, 0, &m);
    return row && !m.is_root &&
           why_saw(k, "%s is an ordinary directory of the mount at %s", why_text(k, 0), row->target);
}

/* Where a path leads, as this program's /proc names it. */
static bool pivot_real_path(const struct why_case *k, int nth, char out[1024])
{
    char link[48];
    autofd int fd = why_open_arg(k, nth, true);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = fd < 0 ? -1 : readlink(link, out, 1023);
    out[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static bool pivot_old_elsewhere(struct why_case *k)
{
    char new[1024], old[1024];
    if (!pivot_real_path(k, 0, new) || !pivot_real_path(k, 1, old))
        return false;
    size_t n = strcmp(new, "/") ? strlen(new) : 0;
    return (strncmp(old, new, n) || (old[n] && old[n] != '/')) && why_saw(k, "%s is not below %s", old, new);
}

static bool pivot_locked(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = why_mount_arg(k, 0, &m);
    return row && m.is_root && why_mount_is_locked(k, row) &&
           why_saw(k, "%s came along from a mount namespace that another user namespace owns", row->target);
}

static bool pivot_no_directory(struct why_case *k)
{
    struct stat st;
    for (int i = 0; i < 2; i++)
        if (!why_stat_arg(k, i, true, &st))
            return why_saw(k, "there is no %s (%s)", why_text(k, i), i ? "put_old" : "new_root");
    return false;
}

static bool pivot_no_dir_kind(struct why_case *k)
{
    struct stat st;
    for (int i = 0; i < 2; i++)
        if (why_stat_arg(k, i, true, &st) && !S_ISDIR(st.st_mode))
            return why_saw(k, "%s (%s) is a file", why_text(k, i), i ? "put_old" : "new_root");
    return false;
}

#define DETACHED                                                                                                       \
    "new_root is not among the mounts below the caller's root: it was unmounted, or left behind.",                     \
        "Take a mount that /proc/self/mountinfo lists; chdir() into it anew."
const struct why_row why_rows_pivot[] = {
    {"pivot_root", EINVAL, "shared", pivot_shared,
     "With a shared mount the pivot would spread to other mount namespaces, so it is refused.",
     "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL) first."},
    {"pivot_root", EINVAL, "locked", pivot_locked,
     "new_root is a mount that this less privileged namespace only inherited, and it is locked in its place.",
     "Bind it on itself: mount(NEW, NEW, NULL, MS_BIND|MS_REC, NULL)."},
    {"pivot_root", EINVAL, "detached", pivot_detached, DETACHED},
    {"pivot_root", EINVAL, "first-root", pivot_first_root,
     "The present root is the very first mount, the initramfs: nothing is beneath it, so it cannot be hung up "
     "elsewhere.",
     "mount(\".\", \"/\", NULL, MS_MOVE, NULL) and chroot(\".\") instead; that is what switch_root does."},
    {"pivot_root", EINVAL, "in-a-chroot", pivot_in_chroot,
     "The present root has to be a mount point, and after chroot() it is a directory inside one.",
     "pivot_root() before any chroot(), or bind the root on itself before the chroot."},
    {"pivot_root", EINVAL, "not-a-mount-point", pivot_no_mount, "new_root has to be a mount point, and is a directory.",
     "Bind it on itself: mount(NEW, NEW, NULL, MS_BIND|MS_REC, NULL), then chdir(NEW) again."},
    {"pivot_root", EINVAL, "put-old-outside", pivot_old_elsewhere,
     "put_old has to be new_root or below it: the old root is hung up there.",
     "mkdir() a directory in new_root, or give \".\" twice."},
    {"pivot_root", EBUSY, "new-root-on-root", pivot_new_on_root,
     "new_root lies on the mount that is the root already: it would be exchanged for itself.",
     "Bind it on itself: mount(NEW, NEW, NULL, MS_BIND|MS_REC, NULL)."},
    {"pivot_root", EBUSY, "put-old-on-root", pivot_old_on_root,
     "put_old lies on the mount that is to be moved: it cannot be hung up on itself.",
     "Choose a directory below new_root, or give \".\" twice."},
    {"pivot_root", ENOENT, "detached", pivot_detached, DETACHED},
    {"pivot_root", ENOENT, "no-directory", pivot_no_directory, "One of the two directories does not exist.",
     "mkdir() it."},
    {"pivot_root", ENOTDIR, "not-a-directory", pivot_no_dir_kind, "Both have to be directories.", "Name a directory."},
    {0},
};
