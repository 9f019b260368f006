/* overlay: the layers that its options name. See Documentation/filesystems/overlayfs.rst. */
#include "session/why_private.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool overlay_option(struct why_case *k)
{
    const char *o = why_text(k, 4);
    if (strcmp(why_mount_type(k), "overlay"))
        return false;
    bool upper = strstr(o, "upperdir="), work = strstr(o, "workdir="), lower = strstr(o, "lowerdir=");
    if (!lower)
        return why_saw(k, "there is no lowerdir=");
    if (upper && !work)
        return why_saw(k, "there is an upperdir= without a workdir=");
    const char *dirs = strstr(o, "lowerdir=") + 9;
    size_t n = strcspn(dirs, ",");
    if (!upper && !memchr(dirs, ':', n))
        return why_saw(k, "there is one lowerdir= and no upperdir=: nothing to lay over another");
    return false;
}

static bool overlay_no_layer(struct why_case *k)
{
    autofree char *options = xstrdup(why_text(k, 4));
    if (strcmp(why_mount_type(k), "overlay"))
        return false;
    char *rest = NULL;
    for (char *o = strtok_r(options, ",", &rest); o; o = strtok_r(NULL, ",", &rest)) {
        if (strncmp(o, "lowerdir=", 9) && strncmp(o, "upperdir=", 9) && strncmp(o, "workdir=", 8))
            continue;
        for (char *dir = strchr(o, '=') + 1, *end; dir && *dir; dir = end) {
            end = strchr(dir, ':');
            if (end)
                *end++ = '\0';
            autofd int fd = why_open(k, AT_FDCWD, dir, true);
            if (fd < 0)
                return why_saw(k, "there is no %s", dir);
        }
    }
    return false;
}

/* Opens the directory that an option names; its path goes to *dir, to be freed. */
static int overlay_open(const struct why_case *k, const char *option, char **dir)
{
    size_t n = strlen(option);
    const char *at = strcmp(why_mount_type(k), "overlay") ? NULL : why_text(k, 4);
    while (at && strncmp(at, option, n))
        at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL;
    if (!at)
        return -1;
    *dir = xstrndup(at + n, strcspn(at + n, ","));
    return why_open(k, AT_FDCWD, *dir, true);
}

/* Is the file the directory, or somewhere below it? */
static bool overlay_is_within(int dir, int fd)
{
    struct stat top, st, up;
    if (fstat(dir, &top) < 0 || fstat(fd, &st) < 0)
        return false;
    autofd int at = dup(fd);
    for (int depth = 0; depth < 256; depth++) {
        if (st.st_ino == top.st_ino && st.st_dev == top.st_dev)
            return true;
        int parent = openat(at, "..", O_PATH | O_CLOEXEC);
        if (parent < 0 || fstat(parent, &up) < 0 || (up.st_ino == st.st_ino && up.st_dev == st.st_dev)) {
            close_fd(&parent);
            return false;
        }
        close(at);
        at = parent;
        st = up;
    }
    return false;
}

static bool overlay_work_elsewhere(struct why_case *k)
{
    struct why_mount u, w;
    autofree char *udir = NULL, *wdir = NULL;
    autofd int upper = overlay_open(k, "upperdir=", &udir), work = overlay_open(k, "workdir=", &wdir);
    if (!why_mount_of(upper, &u) || !why_mount_of(work, &w) || u.id == w.id)
        return false;
    const struct mount_row *a = why_mount_row(k, u.id), *b = why_mount_row(k, w.id);
    return a && b && why_saw(k, "%s is on the mount at %s, %s on that at %s", udir, a->target, wdir, b->target);
}

static bool overlay_work_overlaps(struct why_case *k)
{
    autofree char *udir = NULL, *wdir = NULL;
    autofd int upper = overlay_open(k, "upperdir=", &udir), work = overlay_open(k, "workdir=", &wdir);
    return upper >= 0 && work >= 0 && (overlay_is_within(upper, work) || overlay_is_within(work, upper)) &&
           why_saw(k, "%s and %s are one below the other", udir, wdir);
}

static bool overlay_on_overlay(struct why_case *k)
{
    struct why_mount m;
    autofree char *dir = NULL;
    autofd int upper = overlay_open(k, "upperdir=", &dir);
    const struct mount_row *row = why_mount_of(upper, &m) ? why_mount_row(k, m.id) : NULL;
    return row && !strcmp(row->type, "overlay") && why_saw(k, "%s is on the overlay at %s", dir, row->target);
}

const struct why_row why_rows_overlay[] = {
    {"mount", EINVAL, "overlay-layers", overlay_option, "The layers of the overlay are incomplete.",
     "Give lowerdir=, upperdir= and workdir=, the last two on one file system."},
    {"mount", EINVAL, "workdir-elsewhere", overlay_work_elsewhere,
     "workdir has to be on the same mount as upperdir: files are prepared there and renamed into place.",
     "Make the two in one directory."},
    {"mount", EINVAL, "workdir-overlaps", overlay_work_overlaps,
     "upperdir and workdir have to be two directories, neither within the other.", "Make the two side by side."},
    {"mount", EINVAL, "upper-on-overlay", overlay_on_overlay,
     "The upper layer of an overlay cannot be on an overlay: it could not hold the marks of what was deleted.",
     "Put upperdir and workdir on another file system, such as a tmpfs."},
    {"mount", ENOENT, "no-layer", overlay_no_layer, "A directory that the options name does not exist.", "mkdir() it."},
    {0},
};
