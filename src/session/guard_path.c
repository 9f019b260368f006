/* Where a path of the caller leads. Its root, its working directory and its descriptors are taken from /proc/TID, so
 * that ours do not matter.
 *
 * openat2() can hold to a root, or start at a directory, but not both: a relative path is looked up from the root along
 * the directory's own path, as far as that leads to the same directory. */
#include "base/mem.h"
#include "proc/procfs.h"
#include "session/guard_private.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int guard_lookup(int dir, const char *path, uint64_t resolve, bool nofollow)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | (nofollow ? O_NOFOLLOW : 0),
                           .resolve = resolve | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

static int guard_link(pid_t tid, const char *name, char text[PATH_MAX])
{
    char path[64];
    snprintf(path, sizeof path, "%d/%s", (int)tid, name);
    ssize_t n = readlinkat(procfs_self(), path, text, PATH_MAX - 1);
    text[n > 0 ? n : 0] = '\0';
    return openat(procfs_self(), path, O_PATH | O_CLOEXEC);
}

void guard_name(int fd, char out[512])
{
    char path[48];
    snprintf(path, sizeof path, "self/fd/%d", fd);
    ssize_t n = readlinkat(procfs_self(), path, out, 511);
    out[n > 0 ? n : 0] = '\0';
}

static bool guard_same(int a, int b)
{
    struct stat x, y;
    return a >= 0 && b >= 0 && fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The path from the root to the directory `from`, whose links say so. NULL when it is not below the root. */
static char *guard_inside(const char *root, const char *from)
{
    size_t n = strcmp(root, "/") ? strlen(root) : 0;
    if (strncmp(from, root, n) != 0 || from[n] != '/')
        return strcmp(from, root) ? NULL : xstrdup("/");
    return xstrdup(from + n);
}

/* /proc/self/fd/7 is how runtimes name a place that nobody can move: for us `self` would be somebody else. */
static const char *guard_own_proc(const char *path)
{
    static const char *const own[] = {"/proc/self/", "/proc/thread-self/"};
    for (size_t i = 0; i < COUNT(own); i++)
        if (!strncmp(path, own[i], strlen(own[i])))
            return path + strlen(own[i]);
    return NULL;
}

static int guard_open_absolute(pid_t tid, const char *path, bool nofollow)
{
    char text[PATH_MAX];
    const char *own = guard_own_proc(path);
    if (own) {
        autofree char *ours = xasprintf("%d/%s", (int)tid, own);
        return openat(procfs_self(), ours, O_PATH | O_CLOEXEC | (nofollow ? O_NOFOLLOW : 0));
    }
    autofd int root = guard_link(tid, "root", text);
    return root < 0 ? -1 : guard_lookup(root, path, RESOLVE_IN_ROOT, nofollow);
}

int guard_open(pid_t tid, int64_t dirfd, const char *path, bool nofollow)
{
    char name[32] = "cwd", root_text[PATH_MAX], from_text[PATH_MAX];
    if (*path == '/')
        return guard_open_absolute(tid, path, nofollow);
    if (dirfd != AT_FDCWD)
        snprintf(name, sizeof name, "fd/%d", (int)dirfd);
    autofd int from = guard_link(tid, name, from_text), root = guard_link(tid, "root", root_text);
    if (!*path || from < 0)
        return steal_fd(&from);
    autofree char *inside = guard_inside(root_text, from_text);
    autofd int again = inside && root >= 0 ? guard_lookup(root, inside, RESOLVE_IN_ROOT, false) : -1;
    if (!guard_same(again, from))
        return guard_lookup(from, path, 0, nofollow);
    autofree char *whole = xasprintf("%s/%s", inside, path);
    return guard_lookup(root, whole, RESOLVE_IN_ROOT, nofollow);
}
