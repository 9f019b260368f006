/* Ways into a /proc. Whatever lies inside a container is opened once, with symbolic links resolved as that container
 * would and magic links refused, and is used by descriptor from then on. */
#include "proc/procfs.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PROCFS_ROOT_INO 1 /* PROC_ROOT_INO of include/linux/proc_ns.h: the top directory of every procfs */

int procfs_self(void)
{
    static int fd = -1;
    if (fd < 0)
        fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd;
}

bool procfs_is_ours(int procfd)
{
    char link[32] = "", own[32];
    ssize_t n = readlinkat(procfd, "self", link, sizeof link - 1);
    snprintf(own, sizeof own, "%d", (int)getpid());
    return n > 0 && !strcmp(link, own);
}

int procfs_root_of(pid_t pid)
{
    char path[48];
    snprintf(path, sizeof path, "%d/root", (int)pid);
    int fd = openat(procfs_self(), path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) /* no such process, or a zombie, whose root is already given back */
        errno = ESRCH;
    return fd;
}

/* Is fd the top of a proc file system, rather than a bind mount of some directory of one? */
static bool procfs_is_top(int fd)
{
    struct statfs fs;
    struct stat st;
    return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == PROC_SUPER_MAGIC && fstat(fd, &st) == 0 &&
           st.st_ino == PROCFS_ROOT_INO;
}

int procfs_of(pid_t pid)
{
    autofd int root = procfs_root_of(pid);
    if (root < 0)
        return -1;
    struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    autofd int fd = (int)syscall(SYS_openat2, root, "proc", &how, sizeof how);
    if (fd < 0) {
        if (errno == ENOTDIR)
            errno = ENOENT;
        return -1;
    }
    if (!procfs_is_top(fd)) {
        errno = ENODEV;
        return -1;
    }
    return steal_fd(&fd);
}

uint64_t procfs_ns(int procfd, pid_t pid, const char *name)
{
    char path[64], link[64];
    snprintf(path, sizeof path, "%d/ns/%s", (int)pid, name);
    ssize_t n = readlinkat(procfd, path, link, sizeof link - 1);
    if (n <= 0)
        return 0;
    link[n] = '\0';
    const char *inode = strchr(link, '[');
    return inode ? strtoull(inode + 1, NULL, 10) : 0;
}

int procfs_children(int procfd, pid_t pid, pid_t *out, int max)
{
    char path[64];
    snprintf(path, sizeof path, "%d/task/%d/children", (int)pid, (int)pid);
    autostr struct str text = {0};
    if (!file_read(procfd, path, &text, 1 << 20))
        return 0;
    int n = 0;
    for (char *at = text.s, *end; n < max; at = end) {
        long child = strtol(at, &end, 10);
        if (end == at || child <= 0 || child > INT_MAX)
            break;
        out[n++] = (pid_t)child;
    }
    return n;
}
