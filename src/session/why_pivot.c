/* pivot_root: one EINVAL for many reasons, and EBUSY for two. The order is that of the kernel's own checks in
 * fs/namespace.c, path_pivot_root(). See pivot_root(2). */
#include "proc/procfs.h"
#include "session/why_private.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The mount that the caller's root lies on. */
static bool pivot_root_mount(const struct why_case *k, struct why_mount *m)
{
    char link[48];
    snprintf(link, sizeof link, "/proc/%d/root", (int)k->pid);
    autofd int fd = open(link, O_PATH | O_CLOEXEC);
    return why_mount_of(fd, m);
}

static bool pivot_shared(struct why_case *k)
{
    struct why_mount new, old;
    const struct mount_row *n = why_mount_arg(k, 0, &new), *o = why_mount_arg(k, 1, &old);
    const struct mount_row *parent = n ? why_mount_row(k, (uint64_t)n->parent) : NULL;
    if (o && o->propagation & MOUNT_SHARED)
        return why_saw(k, "the mount that put_old lies on, %s, is shared", o->target);
    if (parent && parent->propagation & MOUNT_SHARED)
        return why_saw(k, "the mount that new_root hangs on, %s, is shared", parent->target);
    return false;
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

const struct why_row why_rows_pivot[] = {
    {"pivot_root", EINVAL, "shared", pivot_shared,
     "With a shared mount the pivot would spread to other mount namespaces, so it is refused.",
     "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL) first."},
    {"pivot_root", EINVAL, "locked", pivot_locked,
     "new_root is a mount that this less privileged namespace only inherited, and it is locked in its place.",
     "Bind it on itself: mount(NEW, NEW, NULL, MS_BIND|MS_REC, NULL)."},
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
    {"pivot_root", ENOENT, "no-directory", pivot_no_directory, "One of the two directories does not exist.",
     "mkdir() it."},
    {"pivot_root", ENOTDIR, "not-a-directory", pivot_no_dir_kind, "Both have to be directories.", "Name a directory."},
    {0},
};
