/* overlay: the layers that its options name. See Documentation/filesystems/overlayfs.rst. */
#include "session/why_private.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static bool mount_overlay_option(struct why_case *k)
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

static bool mount_no_layer(struct why_case *k)
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

const struct why_row why_rows_overlay[] = {
    {"mount", EINVAL, "overlay-layers", mount_overlay_option, "The layers of the overlay are incomplete.",
     "Give lowerdir=, upperdir= and workdir=, the last two on one file system."},
    {"mount", ENOENT, "no-layer", mount_no_layer, "A directory that the options name does not exist.", "mkdir() it."},
    {0},
};
