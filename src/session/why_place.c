/* The looks that a probe may take at paths and mounts, as the caller finds them: openat2() never leaves its root, and
 * statx() names the mount that a path lies on, across mount namespaces. */
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/why_private.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x00002000
#endif
#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x00001000U
#endif

/* ---- paths ---- */

static int why_openat2(int dir, const char *path, bool follow, uint64_t resolve)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | (follow ? 0u : (unsigned)O_NOFOLLOW), .resolve = resolve};
    return dir < 0 ? -1 : (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

static int why_open_link(pid_t pid, const char *name)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/%s", (int)pid, name);
    return open(link, O_PATH | O_CLOEXEC);
}

static bool why_link_text(pid_t pid, const char *name, char out[1024])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/%s", (int)pid, name);
    ssize_t n = readlink(link, out, 1023);
    out[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static bool why_same_place(int a, int b)
{
    struct statx x = {0}, y = {0};
    return a >= 0 && b >= 0 && statx(a, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &x) == 0 &&
           statx(b, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &y) == 0 && x.stx_ino == y.stx_ino &&
           x.stx_mnt_id == y.stx_mnt_id;
}

/* A relative path is walked from the root when the working directory is below it, so that neither ".." nor a symbolic
 * link leads out. The name of a directory that was unmounted lazily, or covered, leads elsewhere: then it is not. */
static int why_open_relative(const struct why_case *k, const char *dir, const char *path, bool follow)
{
    char root[1024], at[1024];
    if (!why_link_text(k->pid, "root", root) || !why_link_text(k->pid, dir, at))
        return -1;
    size_t n = strcmp(root, "/") ? strlen(root) : 0;
    autofd int from = why_open_link(k->pid, dir), top = why_open_link(k->pid, "root");
    bool below = !strncmp(at, root, n) && (!at[n] || at[n] == '/');
    autofd int named = below ? why_openat2(top, at[n] ? at + n : "/", true, RESOLVE_IN_ROOT) : -1;
    if (!why_same_place(from, named))
        return why_openat2(from, path, follow, RESOLVE_NO_MAGICLINKS);
    autofree char *whole = xasprintf("%s/%s", at + n, path);
    return why_openat2(top, whole, follow, RESOLVE_IN_ROOT);
}

int why_open(const struct why_case *k, int64_t dirfd, const char *path, bool follow)
{
    char dir[32];
    if (!path || !*path) {
        errno = ENOENT;
        return -1;
    }
    if (!strncmp(path, "/proc/self/", 11)) { /* whoever asks is meant: that is not us */
        autofree char *own = xasprintf("%d/%s", (int)k->pid, path + 11);
        return openat(procfs_self(), own, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
    }
    if (*path == '/') {
        autofd int root = why_open_link(k->pid, "root");
        return why_openat2(root, path, follow, RESOLVE_IN_ROOT);
    }
    if (dirfd == AT_FDCWD)
        snprintf(dir, sizeof dir, "cwd");
    else
        snprintf(dir, sizeof dir, "fd/%d", (int)dirfd);
    return why_open_relative(k, dir, path, follow);
}

int why_open_arg(const struct why_case *k, int nth, bool follow)
{
    int64_t dirfd = AT_FDCWD;
    const char *path = why_path(k, nth, &dirfd);
    return why_open(k, dirfd, path, follow);
}

bool why_stat_arg(const struct why_case *k, int nth, bool follow, struct stat *st)
{
    autofd int fd = why_open_arg(k, nth, follow);
    return fd >= 0 && fstat(fd, st) == 0;
}

int why_reopen(int fd)
{
    char link[48];
    struct stat st;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return -1;
    return open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

bool why_broken_part(const struct why_case *k, int64_t dirfd, const char *path, struct str *part, int *err)
{
    for (const char *p = path; *p;) {
        p += strspn(p, "/");
        p += strcspn(p, "/");
        autofree char *head = xstrndup(path, (size_t)(p - path));
        autofd int fd = why_open(k, dirfd, *head ? head : "/", true);
        if (fd >= 0)
            continue;
        *err = errno;
        str_add(part, head);
        return true;
    }
    return false;
}

char *why_parent(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    while (n > 0 && path[n - 1] != '/')
        n--;
    while (n > 1 && path[n - 1] == '/')
        n--;
    return n ? xstrndup(path, n) : xstrdup(".");
}

/* Capabilities count over files whose owner is mapped in the caller's user namespace (capable_wrt_inode_uidgid). */
bool why_may(const struct why_case *k, const struct stat *st, int want)
{
    long uid[4], gid[4];
    if (!why_ids(k, "Uid", uid) || !why_ids(k, "Gid", gid))
        return true;
    bool mapped = why_maps(k, "uid_map", WHY_OUTSIDE, st->st_uid) && why_maps(k, "gid_map", WHY_OUTSIDE, st->st_gid);
    if (mapped && why_has_cap(k, CAP_DAC_OVERRIDE) && (S_ISDIR(st->st_mode) || !(want & X_OK) || st->st_mode & 0111))
        return true;
    autostr struct str groups = {0};
    bool in_group = (gid_t)gid[3] == st->st_gid;
    why_status_line(k->pid, "Groups", &groups);
    for (char *p = groups.s; p && *p && !in_group;) {
        char *end;
        in_group = strtoul(p, &end, 10) == st->st_gid && end > p;
        p = end > p ? end : NULL;
        if (p && *p == ' ')
            p++;
    }
    int shift = (uid_t)uid[3] == st->st_uid ? 6 : in_group ? 3 : 0;
    return ((st->st_mode >> shift) & (unsigned)want) == (unsigned)want;
}

/* ---- mounts ---- */

bool why_mount_of(int fd, struct why_mount *m)
{
    struct statx x;
    if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) < 0 || !(x.stx_mask & STATX_MNT_ID))
        return false;
    m->id = x.stx_mnt_id;
    m->is_root = x.stx_attributes & STATX_ATTR_MOUNT_ROOT;
    return true;
}

const struct mounts *why_mounts(struct why_case *k)
{
    if (!k->mounts.n)
        (void)!mounts_read(procfs_self(), k->pid, &k->mounts);
    return &k->mounts;
}

const struct mount_row *why_mount_row(struct why_case *k, uint64_t id)
{
    const struct mounts *all = why_mounts(k);
    for (size_t i = 0; i < all->n; i++)
        if ((uint64_t)all->v[i].id == id)
            return &all->v[i];
    return NULL;
}

const struct mount_row *why_mount_arg(struct why_case *k, int nth, struct why_mount *m)
{
    autofd int fd = why_open_arg(k, nth, true);
    return why_mount_of(fd, m) ? why_mount_row(k, m->id) : NULL;
}

/* Targets are not compared: beneath another root they have other names. */
static bool why_has_mount(pid_t pid, const struct mount_row *row)
{
    automounts struct mounts theirs = {0};
    if (!mounts_read(procfs_self(), pid, &theirs))
        return false;
    for (size_t i = 0; i < theirs.n; i++)
        if (theirs.v[i].dev == row->dev && !strcmp(theirs.v[i].root, row->root))
            return true;
    return false;
}

bool why_mount_is_locked(const struct why_case *k, const struct mount_row *row)
{
    uint64_t user = why_ns(k, "user"), mnt = why_ns(k, "mnt");
    struct task t = {.ppid = k->process};
    pid_t pid = k->stage->host;
    for (int depth = 0; depth < 64; depth++) {
        if (pid > 0 && procfs_ns(procfs_self(), pid, "user") != user && procfs_ns(procfs_self(), pid, "mnt") != mnt &&
            why_has_mount(pid, row))
            return true;
        pid = t.ppid; /* the host side first, then the caller's ancestors */
        if (pid <= 0 || !task_read_stat(procfs_self(), pid, &t))
            break;
    }
    return false;
}

bool why_has_option(const char *options, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = options; p && (p = strstr(p, name)); p += n)
        if ((p == options || p[-1] == ',') && (!p[n] || p[n] == ','))
            return true;
    return false;
}

/* Seen from another mount namespace /proc/PID/root shows the way from the top of that one. */
bool why_is_chrooted(const struct why_case *k)
{
    char root[1024];
    return why_link_text(k->pid, "root", root) && strcmp(root, "/");
}

static bool why_path_on(const char *path, uint64_t id)
{
    struct statx x;
    return statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &x) == 0 && x.stx_mnt_id == id;
}

static const char *why_uses(const char *pid, uint64_t id)
{
    static const char *const links[][2] = {
        {"cwd", "its working directory"}, {"root", "its root"}, {"exe", "its program"}};
    char path[300];
    for (size_t i = 0; i < COUNT(links); i++) {
        snprintf(path, sizeof path, "/proc/%s/%s", pid, links[i][0]);
        if (why_path_on(path, id))
            return links[i][1];
    }
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *d = opendir(path);
    bool found = false;
    for (struct dirent *e; d && !found && (e = readdir(d));) {
        snprintf(path, sizeof path, "/proc/%s/fd/%.20s", pid, e->d_name);
        found = e->d_name[0] != '.' && why_path_on(path, id);
    }
    if (d)
        closedir(d);
    return found ? "an open file" : NULL;
}

bool why_users_of_mount(uint64_t id, struct str *out)
{
    DIR *d = opendir("/proc");
    int n = 0;
    for (struct dirent *e; d && n < 4 && (e = readdir(d));) {
        struct task t = {0};
        const char *use = isdigit((unsigned char)e->d_name[0]) ? why_uses(e->d_name, id) : NULL;
        if (!use || !task_read(procfs_self(), (pid_t)atol(e->d_name), &t))
            continue;
        str_addf(out, "%s%s %d (%s)", n++ ? ", " : "", t.comm, (int)t.nspid[t.nspids - 1], use);
    }
    if (d)
        closedir(d);
    return n;
}
