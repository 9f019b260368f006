/* The looks that a probe may take at other processes: all of them, by the numbers they have in the caller's pid
 * namespace. */
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/why_private.h"
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

bool why_search(bool (*found)(const struct why_case *k, const struct task *t, int64_t n), const struct why_case *k,
                int64_t n, struct task *t)
{
    DIR *d = opendir("/proc");
    bool hit = false;
    for (struct dirent *e; d && !hit && (e = readdir(d));) {
        *t = (struct task){0};
        hit = isdigit((unsigned char)e->d_name[0]) && task_read(procfs_self(), (pid_t)atol(e->d_name), t) &&
              found(k, t, n);
    }
    if (d)
        closedir(d);
    return hit;
}

/* The namespace of a zombie cannot be read: its parent's tells. */
bool why_is_below(const struct task *t, uint64_t ino)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)(t->state == 'Z' ? t->ppid : t->pid));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    bool found = false;
    while (fd >= 0 && !(found = fstat(fd, &st) == 0 && st.st_ino == ino)) {
        int parent = ioctl(fd, NS_GET_PARENT);
        close(fd);
        fd = parent;
    }
    close_fd(&fd);
    return found;
}

bool why_is_in_sight(const struct why_case *k, const struct task *t)
{
    return t->nspids > k->level && (k->level == 0 || why_is_below(t, k->pidns));
}

static bool why_has_number(const struct why_case *k, const struct task *t, int64_t n)
{
    return why_is_in_sight(k, t) && t->nspid[k->level] == n;
}

bool why_named(const struct why_case *k, int64_t n, struct task *t)
{
    return n > 0 && why_search(why_has_number, k, n, t);
}

/* The link's permission bits are the mode in which the file was opened. */
static bool why_writes(const char *pid, bool (*found)(const char *path, const void *arg), const void *arg,
                       char number[24])
{
    char path[64];
    struct stat link;
    snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    DIR *d = opendir(path);
    bool hit = false;
    for (struct dirent *e; d && !hit && (e = readdir(d));) {
        snprintf(path, sizeof path, "/proc/%.20s/fd/%.20s", pid, e->d_name);
        hit = e->d_name[0] != '.' && lstat(path, &link) == 0 && link.st_mode & 0200 && found(path, arg);
        snprintf(number, 24, "%.20s", e->d_name);
    }
    if (d)
        closedir(d);
    return hit;
}

bool why_search_writer(bool (*found)(const char *path, const void *arg), const void *arg, struct str *out)
{
    DIR *d = opendir("/proc");
    char number[24];
    bool hit = false;
    for (struct dirent *e; d && !hit && (e = readdir(d));) {
        struct task t = {0};
        hit = isdigit((unsigned char)e->d_name[0]) && why_writes(e->d_name, found, arg, number) &&
              task_read(procfs_self(), (pid_t)atol(e->d_name), &t);
        if (hit)
            str_addf(out, "descriptor %s of %s (%d)", number, t.comm, (int)t.nspid[t.nspids - 1]);
    }
    if (d)
        closedir(d);
    return hit;
}
