/* An image becomes files: in a directory, or as a tar.
 *
 * The directory is empty and nobody else's, yet every parent is opened by openat2(2) with RESOLVE_BENEATH and
 * RESOLVE_NO_SYMLINKS: should our own bookkeeping ever be wrong, the kernel refuses instead of writing elsewhere. */
#include "base/mem.h"
#include "session/image.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct unpack {
    const struct rootfs *image;
    int root;
    int dir;             /* of the entry in hand */
    const char *dir_for; /* that entry's path: its first dir_len bytes name `dir` */
    size_t dir_len;
    uid_t uid; /* what new files get by themselves */
    gid_t gid;
    struct outcome *o;
};

static bool unpack_fail(struct unpack *u, const char *step, const char *path)
{
    outcome_set(u->o, errno, step, path,
                errno == ENOSPC ? "the image takes %zu bytes, more than the stage has room for" : NULL,
                u->image->bytes);
    return false;
}

static int unpack_open_dir(int root, const char *path, size_t len)
{
    char copy[PATH_MAX];
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    snprintf(copy, sizeof copy, "%.*s", len ? (int)len : 1, len ? path : ".");
    return (int)syscall(SYS_openat2, root, copy, &how, sizeof how);
}

/* Makes u->dir the parent of path; returns the last component, or NULL. */
static const char *unpack_parent(struct unpack *u, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (u->dir < 0 || len != u->dir_len || strncmp(path, u->dir_for, len)) {
        close_fd(&u->dir);
        u->dir = unpack_open_dir(u->root, path, len);
        u->dir_for = path;
        u->dir_len = len;
    }
    return u->dir < 0 ? NULL : slash ? slash + 1 : path;
}

/* Owners are kept where the kernel lets us: EPERM without CAP_CHOWN, EINVAL for an id that is not mapped here. */
static bool unpack_own(const struct unpack *u, const struct image_entry *e, const char *name)
{
    if (e->uid == u->uid && e->gid == u->gid)
        return true;
    return fchownat(u->dir, name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) == 0 || errno == EPERM || errno == EINVAL;
}

static bool unpack_date(const struct unpack *u, const struct image_entry *e, const char *name)
{
    if (!u->image->foreign)
        return true;
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = e->mtime}};
    return utimensat(u->dir, name, t, AT_SYMLINK_NOFOLLOW) == 0 || errno == EINVAL;
}

static bool unpack_write(int fd, const char *data, size_t n)
{
    while (n) {
        ssize_t w = write(fd, data, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return false;
        data += w;
        n -= (size_t)w;
    }
    return true;
}

static bool unpack_file(struct unpack *u, const struct image_entry *e, const char *name)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    autofd int fd = openat(u->dir, name, flags, 0600);
    if (fd < 0 && errno == EEXIST && unlinkat(u->dir, name, 0) == 0)
        fd = openat(u->dir, name, flags, 0600);
    return fd >= 0 && unpack_write(fd, e->data, e->size) && unpack_own(u, e, name) && fchmod(fd, e->mode) == 0;
}

static bool unpack_symlink(struct unpack *u, const struct image_entry *e, const char *name)
{
    if (symlinkat(e->target, u->dir, name) == 0)
        return unpack_own(u, e, name);
    return errno == EEXIST && unlinkat(u->dir, name, 0) == 0 && symlinkat(e->target, u->dir, name) == 0 &&
           unpack_own(u, e, name);
}

/* Directories stay writable for us until everything is in them: unpack_dirs() gives them their modes. */
static bool unpack_dir(struct unpack *u, const struct image_entry *e, const char *name)
{
    return (mkdirat(u->dir, name, e->mode | 0700) == 0 || errno == EEXIST) && unpack_own(u, e, name);
}

/* A further name of a file that was written before; `first` holds the entry of each group. */
static bool unpack_again(struct unpack *u, const struct image_entry *first, const char *name)
{
    if (linkat(u->root, first->path, u->dir, name, 0) == 0)
        return true;
    return errno == EEXIST && unlinkat(u->dir, name, 0) == 0 && linkat(u->root, first->path, u->dir, name, 0) == 0;
}

static bool unpack_entry(struct unpack *u, const struct image_entry *e, const struct image_entry **first)
{
    const char *name = unpack_parent(u, e->path);
    if (!name)
        return unpack_fail(u, "unpack the image: open the directory of", e->path);
    bool done = false;
    if (e->group && first[e->group])
        done = unpack_again(u, first[e->group], name);
    else if (e->type == IMAGE_DIR)
        done = unpack_dir(u, e, name);
    else
        done = e->type == IMAGE_FILE ? unpack_file(u, e, name) : unpack_symlink(u, e, name);
    if (e->group && !first[e->group])
        first[e->group] = e;
    if (done && e->type != IMAGE_DIR)
        done = unpack_date(u, e, name);
    return done || unpack_fail(u, "unpack the image", e->path);
}

/* Children before parents, so that a directory without write permission is closed last. */
static bool unpack_dirs(struct unpack *u)
{
    for (size_t i = u->image->n; i-- > 0;) {
        const struct image_entry *e = &u->image->v[i];
        if (e->type != IMAGE_DIR)
            continue;
        bool plain = (e->mode | 0700) == e->mode && !u->image->foreign && !(e->mode & S_ISVTX);
        if (plain)
            continue;
        const char *name = unpack_parent(u, e->path);
        if (!name || fchmodat(u->dir, name, e->mode, 0) < 0 || !unpack_date(u, e, name))
            return unpack_fail(u, "unpack the image: set the mode of", e->path);
    }
    return true;
}

bool rootfs_unpack(const struct rootfs *r, int dirfd, struct outcome *o)
{
    struct unpack u = {.image = r, .root = dirfd, .dir = -1, .uid = geteuid(), .gid = getegid(), .o = o};
    autofree const struct image_entry **first = xcalloc(r->groups + 1, sizeof *first);
    mode_t mask = umask(0);
    bool done = true;
    for (size_t i = 0; done && i < r->n; i++)
        done = unpack_entry(&u, &r->v[i], first);
    done = done && unpack_dirs(&u);
    umask(mask);
    close_fd(&u.dir);
    return done;
}

/* As a tar. */

/* The date of what is made here: the same image is the same tar, byte for byte; tar(1) finds 1970 implausible. */
#define TAR_EPOCH 1704067200

static bool tar_fail(struct archive *a, struct outcome *o, const char *path)
{
    outcome_set(o, archive_errno(a), "write the image as a tar", path, "%s",
                archive_error_string(a) ? archive_error_string(a) : "");
    return false;
}

static bool tar_entry(struct archive *a, struct archive_entry *ae, const struct image_entry *e,
                      const struct image_entry *first)
{
    static const mode_t types[] = {[IMAGE_DIR] = AE_IFDIR, [IMAGE_FILE] = AE_IFREG, [IMAGE_SYMLINK] = AE_IFLNK};
    archive_entry_clear(ae);
    archive_entry_set_pathname(ae, e->path);
    archive_entry_set_filetype(ae, types[e->type]);
    archive_entry_set_perm(ae, e->mode);
    archive_entry_set_uid(ae, e->uid);
    archive_entry_set_gid(ae, e->gid);
    archive_entry_set_mtime(ae, e->mtime ? e->mtime : TAR_EPOCH, 0);
    if (first)
        archive_entry_set_hardlink(ae, first->path);
    else if (e->type == IMAGE_SYMLINK)
        archive_entry_set_symlink(ae, e->target);
    archive_entry_set_size(ae, e->type == IMAGE_FILE && !first ? (int64_t)e->size : 0);
    if (archive_write_header(a, ae) < ARCHIVE_WARN)
        return false;
    size_t left = e->type == IMAGE_FILE && !first ? e->size : 0;
    for (const char *p = e->data; left;) {
        la_ssize_t w = archive_write_data(a, p, left);
        if (w <= 0)
            return false;
        p += w;
        left -= (size_t)w;
    }
    return true;
}

static void tar_free(struct archive **a)
{
    archive_write_free(*a);
}

static void tar_entry_free(struct archive_entry **e)
{
    archive_entry_free(*e);
}

bool rootfs_write_tar(const struct rootfs *r, int fd, struct outcome *o)
{
    _cleanup_(tar_free)
    struct archive *a = archive_write_new();
    _cleanup_(tar_entry_free)
    struct archive_entry *ae = archive_entry_new();
    autofree const struct image_entry **first = xcalloc(r->groups + 1, sizeof *first);
    archive_write_set_format_pax_restricted(a); /* ustar, with extensions only where ustar cannot say it */
    archive_write_set_bytes_per_block(a, 1 << 20);
    archive_write_set_bytes_in_last_block(a, 10240); /* what tar(1) pads to */
    if (archive_write_open_fd(a, fd) != ARCHIVE_OK)
        return tar_fail(a, o, "");
    for (size_t i = 0; i < r->n; i++) {
        const struct image_entry *e = &r->v[i];
        if (!tar_entry(a, ae, e, e->group ? first[e->group] : NULL))
            return tar_fail(a, o, e->path);
        if (e->group && !first[e->group])
            first[e->group] = e;
    }
    return archive_write_close(a) == ARCHIVE_OK || tar_fail(a, o, "");
}
