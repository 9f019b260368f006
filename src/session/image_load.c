/* The learner's own image: a tar or a directory, read into memory.
 *
 * An archive from the internet is hostile until shown otherwise. What it must not do is listed here once:
 *
 *     ".." or an absolute name        skipped / taken as relative (image.c)
 *     links out of the image          clamped / skipped (image.c)
 *     a path through a link           placed where the chrooted process would place it (image.c)
 *     devices, fifos, sockets         skipped: the stage makes its own /dev
 *     set-id bits                     taken off (image.c)
 *     endless data, sparse claims     every byte counts against max_bytes, holes and skipped entries too
 *     endless entries                 max_entries
 *
 * Each is a line in rootfs_notes(); exceeding a limit refuses the whole archive. */
#include "base/mem.h"
#include "session/image.h"
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOAD_MAX_NAMES ((size_t)64 << 20)

struct load {
    struct rootfs *image;
    struct archive *a; /* of a tar */
    const char *path;
    size_t bytes, entries, names, max_bytes, max_entries;
    dev_t dev; /* of a directory */
    struct load_inode {
        ino_t ino;
        char *path;
    } * inode; /* its files with several names, by hash */
    size_t inodes, ninode;
    struct outcome *o;
};

static const char *load_kind(mode_t type)
{
    switch (type & S_IFMT) {
    case S_IFBLK:
    case S_IFCHR:
        return "device";
    case S_IFIFO:
        return "fifo";
    case S_IFSOCK:
        return "socket";
    default:
        return "entry of an unknown kind";
    }
}

static bool load_fail(struct load *l, int err, const char *hint)
{
    outcome_set(l->o, err, "read the image", l->path, hint && *hint ? "%s" : NULL, hint);
    return false;
}

/* Names are held in memory: many long ones are a bomb, too. */
static bool load_count_name(struct load *l, const char *name)
{
    l->names += name ? strlen(name) : 0;
    return l->names <= LOAD_MAX_NAMES || load_fail(l, 0, "its names alone take more than 64 MiB");
}

static bool load_count_entry(struct load *l)
{
    char hint[128];
    /* The image may hold more than was read: a deep path brings its directories along. */
    if (++l->entries <= l->max_entries && l->image->n <= l->max_entries)
        return true;
    snprintf(hint, sizeof hint, "it has more than %zu entries; give a smaller image", l->max_entries);
    return load_fail(l, 0, hint);
}

static bool load_count_bytes(struct load *l, uint64_t n)
{
    char hint[128];
    if (n <= l->max_bytes - l->bytes) {
        l->bytes += (size_t)n;
        return true;
    }
    snprintf(hint, sizeof hint, "it unpacks to more than %zu MiB; give a smaller image", l->max_bytes >> 20);
    return load_fail(l, 0, hint);
}

/* Tar. */

static bool load_archive_fail(struct load *l)
{
    const char *text = archive_error_string(l->a);
    autofree char *hint =
        xasprintf("%s; wanted a root file system as a directory or a .tar, .tar.gz, .tar.xz, .tar.zst",
                  text ? text : "not understood");
    return load_fail(l, 0, hint);
}

/* The data of the entry in hand: into the spool, or only counted. Holes are zeros that take no memory in the spool. */
static bool load_data(struct load *l, bool keep, size_t *size)
{
    const void *block;
    size_t n;
    la_int64_t at;
    *size = 0;
    for (;;) {
        int got = archive_read_data_block(l->a, &block, &n, &at);
        if (got == ARCHIVE_EOF)
            return true;
        if (got == ARCHIVE_RETRY)
            continue;
        if (got < ARCHIVE_WARN)
            return load_archive_fail(l);
        if (at < 0 || (size_t)at < *size)
            return load_fail(l, EINVAL, "the pieces of a sparse file overlap");
        size_t hole = (size_t)at - *size;
        if (!load_count_bytes(l, (uint64_t)hole + n))
            return false;
        if (keep && ((hole && !image_spool_hole(l->image, hole)) || !image_spool(l->image, block, n)))
            return load_fail(l, errno, "there is not enough memory for it");
        *size = (size_t)at + n;
    }
}

/* A sparse file may end in a hole, which has no block. */
static bool load_tail(struct load *l, struct archive_entry *ae, size_t *size)
{
    la_int64_t claimed = archive_entry_size_is_set(ae) ? archive_entry_size(ae) : 0;
    if (claimed <= (la_int64_t)*size)
        return true;
    size_t hole = (size_t)claimed - *size;
    if (!load_count_bytes(l, hole))
        return false;
    if (!image_spool_hole(l->image, hole))
        return load_fail(l, errno, "there is not enough memory for it");
    *size = (size_t)claimed;
    return true;
}

/* libarchive converts names to the locale's character set and gives NULL where it cannot; the UTF-8 form is there. */
static const char *load_name(const char *native, const char *utf8)
{
    return native ? native : utf8;
}

static bool load_entry_body(struct load *l, struct archive_entry *ae, const char *path, struct image_entry *e)
{
    const char *target = load_name(archive_entry_symlink(ae), archive_entry_symlink_utf8(ae));
    size_t dropped;
    switch (archive_entry_filetype(ae)) {
    case AE_IFDIR:
        e->type = IMAGE_DIR;
        break;
    case AE_IFLNK:
        e->type = IMAGE_SYMLINK;
        e->target = (char *)(uintptr_t)(target ? target : "");
        if (!e->target[0] || strlen(e->target) >= PATH_MAX) {
            image_note(l->image, path, "skipped: symbolic link to nothing");
            return load_data(l, false, &dropped);
        }
        break;
    case AE_IFREG:
        e->type = IMAGE_FILE;
        e->spool = l->image->spool_len;
        if (!load_data(l, true, &e->size) || !load_tail(l, ae, &e->size))
            return false;
        break;
    default:
        image_note(l->image, path, "skipped: %s", load_kind(archive_entry_filetype(ae)));
        return load_data(l, false, &dropped);
    }
    image_add(l->image, e);
    return true;
}

static bool load_entry(struct load *l, struct archive_entry *ae)
{
    const char *path = load_name(archive_entry_pathname(ae), archive_entry_pathname_utf8(ae));
    const char *link = load_name(archive_entry_hardlink(ae), archive_entry_hardlink_utf8(ae));
    size_t dropped;
    if (!load_count_name(l, path) || !load_count_name(l, archive_entry_symlink(ae)))
        return false;
    if (!path || !*path || strlen(path) >= PATH_MAX) {
        image_note(l->image, path ? path : "?", "skipped: a name that is empty or too long");
        return load_data(l, false, &dropped);
    }
    if (link) {
        image_add_link(l->image, path, link);
        return load_data(l, false, &dropped);
    }
    struct image_entry e = {.path = (char *)(uintptr_t)path,
                            .mode = archive_entry_perm(ae),
                            .uid = (uid_t)archive_entry_uid(ae),
                            .gid = (gid_t)archive_entry_gid(ae),
                            .mtime = archive_entry_mtime(ae),
                            .spool = -1};
    return load_entry_body(l, ae, path, &e);
}

static bool load_tar_entries(struct load *l)
{
    struct archive_entry *ae;
    for (;;) {
        int got = archive_read_next_header(l->a, &ae);
        if (got == ARCHIVE_EOF)
            return true;
        if (got < ARCHIVE_WARN && got != ARCHIVE_RETRY)
            return load_archive_fail(l);
        if (!load_count_entry(l))
            return false;
        if (got != ARCHIVE_RETRY && !load_entry(l, ae))
            return false;
    }
}

static bool load_tar(struct load *l, int fd)
{
    l->a = archive_read_new();
    archive_read_support_format_tar(l->a);
    /* By name: archive_read_support_filter_all() would run programs for some. */
    archive_read_support_filter_gzip(l->a);
    archive_read_support_filter_xz(l->a);
    archive_read_support_filter_zstd(l->a);
    archive_read_support_filter_bzip2(l->a);
    bool done = archive_read_open_fd(l->a, fd, 1 << 16) == ARCHIVE_OK ? load_tar_entries(l) : load_archive_fail(l);
    archive_read_free(l->a);
    return done;
}

/* Directory. */

/* The first path under which this inode was met; "" when it is the first time, and path is remembered. */
static const char *load_seen(struct load *l, ino_t ino, const char *path)
{
    if (l->ninode * 2 >= l->inodes) {
        size_t n = l->inodes ? l->inodes * 2 : 256;
        struct load_inode *old = l->inode, *new = xcalloc(n, sizeof *new);
        for (size_t i = 0; i < l->inodes; i++)
            if (old[i].path) {
                size_t at = (size_t)old[i].ino & (n - 1);
                while (new[at].path)
                    at = (at + 1) & (n - 1);
                new[at] = old[i];
            }
        free(old);
        l->inode = new;
        l->inodes = n;
    }
    size_t at = (size_t)ino & (l->inodes - 1);
    while (l->inode[at].path && l->inode[at].ino != ino)
        at = (at + 1) & (l->inodes - 1);
    if (l->inode[at].path)
        return l->inode[at].path;
    l->inode[at] = (struct load_inode){ino, xstrdup(path)};
    l->ninode++;
    return "";
}

static bool load_dir_file(struct load *l, int dir, const char *name, struct image_entry *e)
{
    char buf[65536];
    autofd int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        image_note(l->image, e->path, "skipped: %s", strerror(errno));
        return true;
    }
    e->spool = l->image->spool_len;
    for (;;) {
        ssize_t n = read(fd, buf, sizeof buf);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return load_fail(l, errno, e->path);
        if (n == 0)
            break;
        if (!load_count_bytes(l, (uint64_t)n))
            return false;
        if (!image_spool(l->image, buf, (size_t)n))
            return load_fail(l, errno, "there is not enough memory for it");
        e->size += (size_t)n;
    }
    image_add(l->image, e);
    return true;
}

static bool load_walk(struct load *l, int fd, const char *path);

static bool load_dir_entry(struct load *l, int dir, const char *name, const char *path)
{
    struct stat st;
    char target[PATH_MAX];
    if (!load_count_entry(l) || !load_count_name(l, path))
        return false;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT || load_fail(l, errno, path);
    struct image_entry e = {.path = (char *)(uintptr_t)path,
                            .mode = st.st_mode & 07777,
                            .uid = st.st_uid,
                            .gid = st.st_gid,
                            .mtime = st.st_mtime,
                            .spool = -1};
    if (S_ISDIR(st.st_mode)) {
        e.type = IMAGE_DIR;
        image_add(l->image, &e);
        if (st.st_dev != l->dev) {
            image_note(l->image, path, "left empty: something is mounted there");
            return true;
        }
        int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return load_walk(l, fd, path);
    }
    if (S_ISLNK(st.st_mode)) {
        ssize_t n = readlinkat(dir, name, target, sizeof target - 1);
        target[n < 0 ? 0 : n] = '\0';
        e.type = IMAGE_SYMLINK;
        e.target = target;
        if (n > 0)
            image_add(l->image, &e);
        return true;
    }
    if (!S_ISREG(st.st_mode)) {
        image_note(l->image, path, "skipped: %s", load_kind(st.st_mode));
        return true;
    }
    const char *first = st.st_nlink > 1 ? load_seen(l, st.st_ino, path) : "";
    if (*first && image_add_link(l->image, path, first))
        return true;
    e.type = IMAGE_FILE;
    return load_dir_file(l, dir, name, &e);
}

/* Takes fd. Deep trees are limited by PATH_MAX, and so is the number of descriptors open at a time. */
static bool load_walk(struct load *l, int fd, const char *path)
{
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    bool done = true;
    if (!d) {
        image_note(l->image, *path ? path : ".", "left empty: %s", strerror(errno));
        close_fd(&fd);
        return true;
    }
    struct dirent *e;
    while (done && (e = readdir(d))) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        autofree char *child = xasprintf("%s%s%s", path, *path ? "/" : "", e->d_name);
        if (strlen(child) >= PATH_MAX)
            image_note(l->image, child, "skipped: the path is too long");
        else
            done = load_dir_entry(l, dirfd(d), e->d_name, child);
    }
    closedir(d);
    return done;
}

static bool load_directory(struct load *l, int fd, const struct stat *st)
{
    struct stat root;
    if (stat("/", &root) == 0 && root.st_dev == st->st_dev && root.st_ino == st->st_ino)
        return load_fail(l, 0, "that is this machine's own root; give the directory of an image");
    l->dev = st->st_dev;
    bool done = load_walk(l, fcntl(fd, F_DUPFD_CLOEXEC, 3), "");
    for (size_t i = 0; i < l->inodes; i++)
        free(l->inode[i].path);
    free(l->inode);
    return done;
}

/* Both. */

/* `docker save` and OCI layouts hold an image's layers, each a tar of its own, and their description. */
static bool load_is_layers(const struct rootfs *r)
{
    bool oci = image_find(r, "oci-layout") && image_find(r, "index.json");
    bool docker = image_find(r, "manifest.json") && !image_find(r, "bin") && !image_find(r, "usr");
    return oci || docker;
}

static bool load_judge(struct load *l)
{
    struct rootfs *r = l->image;
    if (r->n == 0)
        return load_fail(l, 0, "there is nothing in it");
    if (load_is_layers(r))
        return load_fail(l, 0,
                         "this is an image in layers (docker save, OCI), wanted is the root file system they add up "
                         "to: docker create --name x IMAGE; docker export x > rootfs.tar; docker rm x");
    if (!image_find(r, "bin") && !image_find(r, "usr") && r->n > 1)
        image_note(r, "bin", "there is no bin or usr directory in it; is the root file system in a subdirectory?");
    return true;
}

struct rootfs *image_load(const char *path, size_t max_bytes, size_t max_entries, struct outcome *o)
{
    const char *base = strrchr(path, '/');
    struct load l = {.path = path, .max_bytes = max_bytes, .max_entries = max_entries, .o = o};
    struct stat st;
    autofd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        load_fail(&l, errno, "--rootfs wants a directory or a tar file");
        return NULL;
    }
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
        load_fail(&l, 0, "--rootfs wants a directory or a tar file");
        return NULL;
    }
    l.image = image_new(base && base[1] ? base + 1 : path);
    l.image->foreign = true;
    bool done = S_ISDIR(st.st_mode) ? load_directory(&l, fd, &st) : load_tar(&l, fd);
    if (done && load_judge(&l) && image_finish(l.image, o))
        return l.image;
    rootfs_free(l.image);
    return NULL;
}
