/* Mounts may be changed in namespaces that the session made, and in the lab. What must stay as it is: the machine's own
 * mounts, also where they are reached from another namespace, since what happens to one of a peer group happens to all
 * (mount_namespaces(7)); and those of the host side around the lab, which hold up the stage.
 *
 * Only mounts that the caller's root shows are known with their groups. */
#include "base/mem.h"
#include "call/table.h"
#include "proc/peers.h"
#include "proc/procfs.h"
#include "session/guard_private.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define GUARD_PROPAGATION (MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE)

#ifndef MS_MGC_MSK
#define MS_MGC_MSK 0xffff0000
#endif

/* UMOUNT_NOFOLLOW, AT_SYMLINK_NOFOLLOW and MOVE_MOUNT_...: not every C library's <sys/mount.h> has them all. */
enum { GUARD_NOFOLLOW = 8, GUARD_SYMLINK_NOFOLLOW = 0x100, GUARD_F_SYMLINKS = 1, GUARD_T_SYMLINKS = 0x10 };

static int guard_mount_id(int fd)
{
    char path[48], line[64];
    int id = -1;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "mnt_id: %d", &id) == 1)
            break;
    if (f)
        fclose(f);
    return id;
}

static uint64_t guard_mntns(const struct guard_ask *a)
{
    return procfs_ns(procfs_self(), a->tid, "mnt");
}

static bool guard_in_lab(const struct guard_place *g, const char *path)
{
    size_t n = strlen(g->lab);
    return !strncmp(path, g->lab, n) && (path[n] == '/' || !path[n]);
}

static int guard_in_machine(const struct guard_ask *a, const char *text)
{
    if (guard_mntns(a) != a->place->machine.mntns)
        return 0;
    return guard_refuse(a, text ? text : "",
                        "the caller is in the machine's own mount namespace, where this would change it for everybody; "
                        "unshare(CLONE_NEWNS) and mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL) first");
}

/* fd is what the call changes: outside the lab, in the namespace of the host side? */
static int guard_outside_lab(const struct guard_ask *a, int fd)
{
    char path[512];
    guard_name(fd, path);
    if (guard_mntns(a) != a->place->mntns || guard_in_lab(a->place, path))
        return 0;
    return guard_refuse(a, path,
                        "that mount point is the host side's, outside the lab %s; mount below the rootfs, or "
                        "unshare(CLONE_NEWNS) first",
                        a->place->lab);
}

static int guard_shared(const struct guard_ask *a, int fd, const struct peer *at)
{
    autopeers struct peers machine = {0};
    char path[512];
    if (!at || !at->shared || !peers_read(procfs_self(), 0, &machine) || !peers_reached(at, &machine))
        return 0;
    guard_name(fd, path);
    return guard_refuse(a, path,
                        "the mount it lies in is shared with the machine's own (peer group %d), where the same would "
                        "happen; mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL) first",
                        at->shared);
}

/* Something is about to be mounted on what fd stands for. */
static int guard_attach(const struct guard_ask *a, int fd)
{
    autopeers struct peers own = {0};
    if (guard_outside_lab(a, fd) < 0)
        return -1;
    if (!peers_read(procfs_self(), a->tid, &own))
        return 0;
    return guard_shared(a, fd, peers_find(&own, guard_mount_id(fd)));
}

/* The lab's own mount lies in the one around it; what was mounted over the lab does not. */
static int guard_keep_lab(const struct guard_ask *a, int fd, const struct peer *at)
{
    char path[512], around[sizeof a->place->lab];
    guard_name(fd, path);
    if (guard_mntns(a) != a->place->mntns || strcmp(path, a->place->lab) != 0)
        return 0;
    snprintf(around, sizeof around, "%s", a->place->lab);
    *(strrchr(around, '/') + 1) = '\0';
    autofd int dir = guard_open(a->tid, AT_FDCWD, around, false);
    if (dir < 0 || guard_mount_id(dir) != at->parent)
        return 0;
    return guard_refuse(a, path, "that is the lab itself, with all files of this session");
}

/* The mount that fd stands for is about to go from its place: in the mount below it, its parent, this happens. A mount
 * that is attached nowhere has no place. */
static int guard_detach(const struct guard_ask *a, int fd)
{
    autopeers struct peers own = {0};
    if (!peers_read(procfs_self(), a->tid, &own))
        return 0;
    const struct peer *at = peers_find(&own, guard_mount_id(fd));
    if (!at)
        return 0;
    if (guard_outside_lab(a, fd) < 0 || guard_keep_lab(a, fd, at) < 0)
        return -1;
    return guard_shared(a, fd, peers_find(&own, at->parent));
}

/* ---- the calls ---- */

static int guard_open_argument(const struct guard_ask *a, int dirfd, int path, bool nofollow)
{
    const char *text = call_arg_text(a->call, path);
    int64_t dir = dirfd < 0 ? AT_FDCWD : call_arg_num(a->call, dirfd);
    errno = EFAULT;
    return text ? guard_open(a->tid, dir, text, nofollow) : -1;
}

/* Old programs put a magic number into the upper half, and MS_PRIVATE's bit with it: the kernel takes it out. */
static unsigned long guard_mount_flags(const struct guard_ask *a)
{
    unsigned long flags = (unsigned long)call_arg_num(a->call, 3);
    return (flags & MS_MGC_MSK) == MS_MGC_VAL ? flags & ~(unsigned long)MS_MGC_MSK : flags;
}

int guard_mount(const struct guard_ask *a)
{
    unsigned long flags = guard_mount_flags(a);
    if (guard_in_machine(a, call_arg_text(a->call, 1)) < 0)
        return -1;
    autofd int target = guard_open_argument(a, -1, 1, false);
    if (target < 0 || (flags & GUARD_PROPAGATION))
        return 0;
    if (flags & MS_REMOUNT)
        return guard_outside_lab(a, target);
    autofd int source = flags & MS_MOVE ? guard_open_argument(a, -1, 0, false) : -1;
    if (source >= 0 && guard_detach(a, source) < 0)
        return -1;
    return guard_attach(a, target);
}

int guard_umount(const struct guard_ask *a)
{
    if (guard_in_machine(a, call_arg_text(a->call, 0)) < 0)
        return -1;
    autofd int target = guard_open_argument(a, -1, 0, call_arg_num(a->call, 1) & GUARD_NOFOLLOW);
    return target < 0 ? 0 : guard_detach(a, target);
}

int guard_move_mount(const struct guard_ask *a)
{
    int64_t flags = call_arg_num(a->call, 4);
    if (guard_in_machine(a, call_arg_text(a->call, 3)) < 0)
        return -1;
    autofd int from = guard_open_argument(a, 0, 1, !(flags & GUARD_F_SYMLINKS)),
               to = guard_open_argument(a, 2, 3, !(flags & GUARD_T_SYMLINKS));
    if (from >= 0 && guard_detach(a, from) < 0)
        return -1;
    return to < 0 ? 0 : guard_attach(a, to);
}

/* Attributes do not spread in a peer group, and propagation may be changed anywhere. */
int guard_mount_setattr(const struct guard_ask *a)
{
    const struct call_value *attr = &a->call->v[3];
    bool sets = attr->type != VALUE_STRUCT || attr->nums[0] || attr->nums[1];
    autopeers struct peers own = {0};
    autofd int fd = guard_open_argument(a, 0, 1, call_arg_num(a->call, 2) & GUARD_SYMLINK_NOFOLLOW);
    if (fd < 0 || !peers_read(procfs_self(), a->tid, &own) || !peers_find(&own, guard_mount_id(fd)))
        return 0;
    if (guard_in_machine(a, call_arg_text(a->call, 1)) < 0)
        return -1;
    return sets ? guard_outside_lab(a, fd) : 0;
}

int guard_pivot_root(const struct guard_ask *a)
{
    if (guard_in_machine(a, call_arg_text(a->call, 0)) < 0)
        return -1;
    autofd int fd = guard_open_argument(a, -1, 0, false);
    return fd < 0 ? 0 : guard_outside_lab(a, fd);
}

bool guard_own_filesystem(const struct guard_ask *a)
{
    autopeers struct peers own = {0}, machine = {0};
    autofd int fd = guard_open_argument(a, -1, 1, false);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EFAULT; /* so will the kernel say */
    const struct peer *at = peers_read(procfs_self(), a->tid, &own) ? peers_find(&own, guard_mount_id(fd)) : NULL;
    struct stat st;
    if (!peers_read(procfs_self(), 0, &machine) || (!at && fstat(fd, &st) < 0))
        return false;
    dev_t dev = at ? at->dev : st.st_dev;
    for (size_t i = 0; i < machine.n; i++)
        if (machine.v[i].dev == dev)
            return false;
    return true;
}
