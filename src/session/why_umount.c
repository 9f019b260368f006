/* umount2. See umount(2), mount_namespaces(7); fs/namespace.c, can_umount(). */
#include "session/why_private.h"
#include <errno.h>
#include <string.h>

static bool umount_not_a_mount(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = why_mount_arg(k, 0, &m);
    return row && !m.is_root &&
           why_saw(k, "%s is an ordinary directory of the mount at %s", why_text(k, 0), row->target);
}

/* The copy that a less privileged mount namespace got is locked: what lies beneath was hidden from it on purpose. */
static bool umount_locked(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = why_mount_arg(k, 0, &m);
    return row && m.is_root && why_mount_is_locked(k, row) &&
           why_saw(k, "%s came along from a mount namespace that another user namespace owns", row->target);
}

static bool umount_in_use(struct why_case *k)
{
    struct why_mount m;
    autostr struct str users = {0};
    return why_mount_arg(k, 0, &m) && why_users_of_mount(m.id, &users) && why_saw(k, "used by %s", str_c(&users));
}

static bool umount_has_children(struct why_case *k)
{
    struct why_mount m;
    const struct mounts *all = why_mount_arg(k, 0, &m) ? why_mounts(k) : NULL;
    for (size_t i = 0; all && i < all->n; i++)
        if ((uint64_t)all->v[i].parent == m.id && all->v[i].id != all->v[i].parent)
            return why_saw(k, "%s is mounted on top of it", all->v[i].target);
    return false;
}

static bool umount_another_below(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = why_mount_arg(k, 0, &m);
    return row && m.is_root && why_saw(k, "a mount of type %s is still at %s", row->type, row->target);
}

const struct why_row why_rows_umount[] = {
    {"umount2", EINVAL, "not-a-mount-point", umount_not_a_mount, "Nothing is mounted exactly there.",
     "cat /proc/self/mountinfo lists the mounts, in the fifth column."},
    {"umount2", EINVAL, "locked", umount_locked,
     "The mount was copied into this less privileged mount namespace and is locked: beneath it may lie what was to be "
     "hidden.",
     "Cover it with another mount, or pivot_root() away from it; or unmount in the namespace it came from."},
    {"umount2", EBUSY, "mounts-on-top", umount_has_children, "Another mount hangs below it.",
     "Unmount that one first, or use MNT_DETACH."},
    {"umount2", EBUSY, "in-use", umount_in_use, "A process has its root, working directory, program or a file there.",
     "chdir() it away, or use MNT_DETACH: gone from sight at once, freed when the last user lets go."},
    {"umount2", 0, "another-below", umount_another_below,
     "Only the topmost mount was taken away: there was another one beneath, which is in sight now.",
     "Unmount again if that one is to go, too."},
    {0},
};
