/* Files and paths: what is missing, in the way, read-only or not allowed. See path_resolution(7). */
#include "base/file.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/why_private.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The call makes the last part of that path, so only the rest has to be there. */
static bool file_makes(const struct why_case *k, int nth)
{
    static const char *const makers[] = {"mkdir", "mkdirat", "mknod", "mknodat"};
    static const char *const second[] = {"symlink", "symlinkat", "link", "linkat", "rename", "renameat2"};
    for (size_t i = 0; i < COUNT(makers); i++)
        if (why_is(k, makers[i]))
            return true;
    for (size_t i = 0; i < COUNT(second); i++)
        if (why_is(k, second[i]))
            return nth == 1;
    if (why_is(k, "open") || why_is(k, "openat"))
        return why_num(k, why_is(k, "openat") ? 2 : 1) & O_CREAT;
    return false;
}

static char *file_walked(const struct why_case *k, int nth, int64_t *dirfd)
{
    const char *path = why_path(k, nth, dirfd);
    bool symlink_text = nth == 0 && !strncmp(k->row->name, "symlink", 7);
    if (!path || symlink_text)
        return NULL;
    return file_makes(k, nth) ? why_parent(path) : xstrdup(path);
}

static bool file_broken(const struct why_case *k, struct str *part, int *err)
{
    for (int nth = 0; nth < 2; nth++) {
        int64_t dirfd = AT_FDCWD;
        autofree char *path = file_walked(k, nth, &dirfd);
        if (path && why_broken_part(k, dirfd, path, part, err))
            return true;
    }
    return false;
}

/* The same path leads somewhere on the host side: it was left behind with the old root. */
static bool file_outside_root(struct why_case *k)
{
    pid_t host = k->stage->host;
    autostr struct str part = {0};
    int64_t dirfd = AT_FDCWD;
    int err = 0;
    const char *path = why_path(k, 0, &dirfd);
    if (!path || *path != '/' || !host || host == k->pid || !file_broken(k, &part, &err) || err != ENOENT)
        return false;
    struct why_case outside = {.stage = k->stage, .c = k->c, .row = k->row, .pid = host};
    autofd int fd = why_open(&outside, AT_FDCWD, path, true);
    struct stat mine = {0}, theirs = {0};
    autofd int my_root = why_open(k, AT_FDCWD, "/", true), their_root = why_open(&outside, AT_FDCWD, "/", true);
    if (fd < 0 || fstat(my_root, &mine) < 0 || fstat(their_root, &theirs) < 0 ||
        (mine.st_ino == theirs.st_ino && mine.st_dev == theirs.st_dev))
        return false;
    return why_saw(k, "the host side has %s; the caller's root is another directory", path);
}

/* /proc/self of a proc in whose pid namespace the caller has no number. */
static bool file_stranger_to_proc(struct why_case *k)
{
    struct task me = {.pid = k->pid, .state = 'R'};
    int64_t dirfd = AT_FDCWD;
    const char *path = why_path(k, 0, &dirfd);
    if (!path || (strncmp(path, "/proc/self", 10) && strncmp(path, "/proc/thread-self", 17)))
        return false;
    autofd int proc = procfs_of(k->pid);
    uint64_t ns = proc < 0 ? 0 : procfs_ns(proc, 1, "pid");
    return ns && !why_is_below(&me, ns) &&
           why_saw(k, "the proc mounted there is that of pid:[%llu], the caller is in pid:[%llu]",
                   (unsigned long long)ns, (unsigned long long)why_ns(k, "pid"));
}

static bool file_no_child_yet(struct why_case *k)
{
    int64_t dirfd = AT_FDCWD;
    const char *path = why_path(k, 0, &dirfd), *base = path ? strrchr(path, '/') : NULL;
    return base && !strcmp(base, "/pid_for_children") && !why_ns(k, "pid_for_children") && why_ns(k, "pid") &&
           why_saw(k, "the caller has unshared its pid namespace and has not forked since");
}

static bool file_name_too_long(struct why_case *k)
{
    for (int nth = 0; nth < 2; nth++) {
        int64_t dirfd;
        const char *path = why_path(k, nth, &dirfd);
        for (const char *p = path; p && *p; p += strspn(p, "/")) {
            size_t n = strcspn(p, "/");
            if (n > NAME_MAX)
                return why_saw(k, "a part has %zu bytes", n);
            p += n;
        }
        if (path && strlen(path) >= PATH_MAX)
            return why_saw(k, "it has %zu bytes", strlen(path));
    }
    return false;
}

static bool fchdir_no_directory(struct why_case *k)
{
    autostr struct str link = {0};
    return why_fd_link(k, why_num(k, 0), &link) &&
           why_saw(k, "descriptor %lld is %s", (long long)why_num(k, 0), str_c(&link));
}

static bool file_missing(struct why_case *k)
{
    autostr struct str part = {0};
    int err = 0;
    return file_broken(k, &part, &err) && err == ENOENT &&
           why_saw(k, "%s is the first part that is not there", str_c(&part));
}

static bool file_dangling(struct why_case *k)
{
    for (int nth = 0; nth < 2; nth++) {
        int64_t dirfd = AT_FDCWD;
        autofree char *path = file_walked(k, nth, &dirfd);
        autofd int link = path ? why_open(k, dirfd, path, false) : -1;
        autofd int end = path ? why_open(k, dirfd, path, true) : -1;
        char target[512];
        ssize_t n = link < 0 || end >= 0 ? -1 : readlinkat(link, "", target, sizeof target - 1);
        if (n > 0) {
            target[n] = '\0';
            return why_saw(k, "%s is a symbolic link to %s", path, target);
        }
    }
    return false;
}

static bool file_not_a_directory(struct why_case *k)
{
    for (int nth = 0; nth < 2; nth++) {
        int64_t dirfd = AT_FDCWD;
        struct stat st;
        autofree char *path = file_walked(k, nth, &dirfd);
        bool whole =
            why_is(k, "chdir") || why_is(k, "chroot") || why_is(k, "rmdir") || why_is(k, "open") || why_is(k, "openat");
        for (char *dir = path; path && strcmp(dir, "/") && strcmp(dir, ".");) {
            autofd int fd = whole || dir != path ? why_open(k, dirfd, dir, true) : -1;
            if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
                return why_saw(k, "%s is a file", dir);
            char *up = strrchr(dir, '/');
            if (!up || up == dir)
                break;
            *up = '\0';
            whole = true;
        }
    }
    return false;
}

static bool file_is_there(struct why_case *k)
{
    struct stat st;
    int nth = why_path(k, 1, &(int64_t){0}) ? 1 : 0;
    return why_stat_arg(k, nth, false, &st) && why_saw(k, "it is %s",
                                                       S_ISDIR(st.st_mode)   ? "a directory"
                                                       : S_ISLNK(st.st_mode) ? "a symbolic link"
                                                                             : "a file");
}

/* What the call wants of the file itself, and of the directory that holds it. */
static int file_wants(const struct why_case *k)
{
    if (!strncmp(k->row->name, "open", 4)) {
        int64_t how = why_num(k, why_is(k, "open") ? 1 : 2) & O_ACCMODE;
        return how == O_RDONLY ? R_OK : how == O_WRONLY ? W_OK : R_OK | W_OK;
    }
    return why_is(k, "chdir") || why_is(k, "chroot") ? X_OK : why_is(k, "access") ? (int)why_num(k, 1) : 0;
}

static bool file_forbidden_dir(struct why_case *k)
{
    for (int nth = 0; nth < 2; nth++) {
        int64_t dirfd = AT_FDCWD;
        const char *path = why_path(k, nth, &dirfd);
        bool changes = file_makes(k, nth) || !strncmp(k->row->name, "unlink", 6) || why_is(k, "rmdir") ||
                       !strncmp(k->row->name, "rename", 6);
        autofree char *dir = path ? why_parent(path) : NULL;
        for (bool last = true; dir; last = false) {
            struct stat st;
            autofd int fd = why_open(k, dirfd, dir, true);
            int want = last && changes ? W_OK | X_OK : X_OK;
            if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && !why_may(k, &st, want))
                return why_saw(k, "directory %s has mode %04o and owner %ld", dir, (unsigned)st.st_mode & 07777,
                               (long)st.st_uid);
            if (!strcmp(dir, "/") || !strcmp(dir, "."))
                break;
            char *up = why_parent(dir);
            free(dir);
            dir = up;
        }
    }
    return false;
}

static bool file_forbidden(struct why_case *k)
{
    struct stat st;
    return file_wants(k) && why_stat_arg(k, 0, true, &st) && !why_may(k, &st, file_wants(k)) &&
           why_saw(k, "mode %04o, owner %ld, group %ld", (unsigned)st.st_mode & 07777, (long)st.st_uid,
                   (long)st.st_gid);
}

static bool file_nodev(struct why_case *k)
{
    struct stat st;
    struct why_mount m;
    if (!why_stat_arg(k, 0, true, &st) || !(S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
        return false;
    const struct mount_row *row = why_mount_arg(k, 0, &m);
    return row && why_has_option(row->options, "nodev") &&
           why_saw(k, "device %u:%u on the mount at %s with %s", major(st.st_rdev), minor(st.st_rdev), row->target,
                   row->options);
}

static bool file_read_only(struct why_case *k)
{
    for (int nth = 0; nth < 2; nth++) {
        int64_t dirfd = AT_FDCWD;
        struct why_mount m;
        const char *path = why_path(k, nth, &dirfd);
        if (!path)
            break;
        autofree char *dir = why_parent(path);
        autofd int whole = why_open(k, dirfd, path, true);
        autofd int fd = whole < 0 ? why_open(k, dirfd, dir, true) : steal_fd(&whole);
        const struct mount_row *row = why_mount_of(fd, &m) ? why_mount_row(k, m.id) : NULL;
        if (row && (why_has_option(row->options, "ro") || why_has_option(row->fs_options, "ro")))
            return why_saw(k, "the mount at %s (%s) has %s", row->target, row->type,
                           why_has_option(row->options, "ro") ? "ro" : "ro, the whole file system");
    }
    return false;
}

static bool file_is_running(struct why_case *k)
{
    struct stat st, exe;
    if (!why_stat_arg(k, 0, true, &st))
        return false;
    DIR *d = opendir("/proc");
    bool found = false;
    for (struct dirent *e; d && !found && (e = readdir(d));) {
        char path[300];
        struct task t = {0};
        snprintf(path, sizeof path, "/proc/%.20s/exe", e->d_name);
        found = isdigit((unsigned char)e->d_name[0]) && stat(path, &exe) == 0 && exe.st_ino == st.st_ino &&
                exe.st_dev == st.st_dev && task_read(procfs_self(), (pid_t)atol(e->d_name), &t) &&
                why_saw(k, "%s (%d) runs it", t.comm, (int)t.nspid[t.nspids - 1]);
    }
    if (d)
        closedir(d);
    return found;
}

static bool file_is_directory(struct why_case *k)
{
    struct stat st;
    return why_stat_arg(k, 0, true, &st) && S_ISDIR(st.st_mode) && why_saw(k, "%s is a directory", why_text(k, 0));
}

static bool file_not_empty(struct why_case *k)
{
    autofd int fd = why_open_arg(k, why_path(k, 1, &(int64_t){0}) ? 1 : 0, true);
    char link[48];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    DIR *d = fd < 0 ? NULL : opendir(link);
    autostr struct str name = {0};
    for (struct dirent *e; d && !name.len && (e = readdir(d));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            str_add(&name, e->d_name);
    if (d)
        closedir(d);
    return name.len && why_saw(k, "there is %s in it", str_c(&name));
}

static bool file_is_mount_point(struct why_case *k)
{
    for (int nth = 0; nth < 2; nth++) {
        struct why_mount m = {0};
        autofd int fd = why_open_arg(k, nth, true);
        if (why_mount_of(fd, &m) && m.is_root)
            return why_saw(k, "a mount is attached there");
    }
    return false;
}

static bool file_across(struct why_case *k)
{
    int64_t dirfd[2] = {AT_FDCWD, AT_FDCWD};
    struct why_mount m[2] = {0};
    for (int nth = 0; nth < 2; nth++) {
        const char *path = why_path(k, nth, &dirfd[nth]);
        autofree char *dir = path ? why_parent(path) : NULL;
        autofd int fd = dir ? why_open(k, dirfd[nth], dir, true) : -1;
        if (!why_mount_of(fd, &m[nth]))
            return false;
    }
    const struct mount_row *a = why_mount_row(k, m[0].id), *b = why_mount_row(k, m[1].id);
    return m[0].id != m[1].id && a && b &&
           why_saw(k, "one is on the mount at %s, the other on that at %s", a->target, b->target);
}

static bool file_is_whiteout(struct why_case *k)
{
    struct stat st;
    return why_stat_arg(k, 0, true, &st) && S_ISCHR(st.st_mode) && st.st_rdev == 0 &&
           why_saw(k, "character device 0:0");
}

static bool file_has_no_reader(struct why_case *k)
{
    struct stat st;
    return why_stat_arg(k, 0, true, &st) && S_ISFIFO(st.st_mode) && why_saw(k, "it is a FIFO, opened for writing");
}

static bool file_loop(struct why_case *k)
{
    autostr struct str part = {0};
    int err = 0;
    return file_broken(k, &part, &err) && err == ELOOP && why_saw(k, "at %s", str_c(&part));
}

static bool file_not_a_link(struct why_case *k)
{
    struct stat st;
    return why_stat_arg(k, 0, false, &st) && !S_ISLNK(st.st_mode) && why_saw(k, "%s is not one", why_text(k, 0));
}

#define LOOKS                                                                                                          \
    "open openat openat2 chdir chroot mkdir mkdirat rmdir unlink unlinkat symlink symlinkat link linkat rename "       \
    "renameat2 readlink readlinkat access faccessat2 mknod mknodat chmod fchmodat chown lchown fchownat truncate "     \
    "execve execveat umount2 open_tree mount_setattr"
const struct why_row why_rows_file[] = {
    {LOOKS, ENOENT, "stranger-to-proc", file_stranger_to_proc,
     "/proc/self is the reader's own entry, and this proc belongs to a pid namespace in which the caller has no "
     "number.",
     "umount2(\"/proc\", MNT_DETACH) shows the one beneath; or mount a fresh one."},
    {LOOKS, ENOENT, "no-child-yet", file_no_child_yet,
     "The new pid namespace begins with its first process, and nobody has been forked into it yet.", "fork() first."},
    {LOOKS, ENOENT, "outside-the-root", file_outside_root,
     "The path exists on the host side only: for the caller paths begin at its own root.",
     "Copy or bind it into the root before the chroot(), or name something that is inside."},
    {LOOKS, ENOENT, "dangling-link", file_dangling,
     "It is a symbolic link, and what it names does not exist; links are followed from the caller's root.",
     "Make what it points to, or the link anew (ln -sf)."},
    {LOOKS, ENOENT, "missing", file_missing, "A part of the path does not exist.",
     "Correct the name, or mkdir() what is missing; a relative path begins at the working directory."},
    {LOOKS, ENAMETOOLONG, "too-long", file_name_too_long, "A name has at most 255 bytes, a path 4095.",
     "Take a shorter one, or chdir() on the way."},
    {"fchdir", ENOTDIR, "no-directory", fchdir_no_directory, "The descriptor is no directory.",
     "open() one with O_DIRECTORY."},
    {LOOKS, ENOTDIR, "file-in-the-way", file_not_a_directory, "A part of the path has to be a directory and is a file.",
     "Name the directory."},
    {LOOKS, EACCES, "nodev", file_nodev, "The device lies on a mount with nodev: there device files cannot be opened.",
     "Bind the host's device file over an empty file; a bind mount keeps the flags of where it comes from."},
    {LOOKS, EACCES, "closed-directory", file_forbidden_dir,
     "A directory on the way gives the caller no permission to search or change it.", "chmod it as its owner."},
    {LOOKS, EACCES, "mode", file_forbidden, "Owner, group and mode of the file do not allow it.",
     "chmod or chown it as its owner, or be its owner."},
    {LOOKS, EROFS, "read-only", file_read_only, "It lies on a mount that is read-only.",
     "Write elsewhere; root of the mount's user namespace can remount it, unless the flag is locked."},
    {LOOKS, ETXTBSY, "running", file_is_running, "A program that runs cannot be opened for writing.",
     "Write a new file and rename() it over the old one."},
    {LOOKS, EISDIR, "is-a-directory", file_is_directory, "A directory cannot be written or unlinked like a file.",
     "Open it with O_RDONLY|O_DIRECTORY; rmdir() removes it."},
    {LOOKS, EEXIST, "exists", file_is_there, "Something of that name is there already.",
     "Take another name, or remove it first."},
    {LOOKS, ENOTEMPTY, "not-empty", file_not_empty, "The directory is not empty.", "Remove what is in it first."},
    {"rmdir unlink unlinkat rename renameat2", EBUSY, "is-a-mount-point", file_is_mount_point,
     "A mount point cannot be removed or renamed.", "umount2() it first."},
    {LOOKS, EXDEV, "across-mounts", file_across,
     "A name can only be given within one mount, even where both are of the same file system.", "Copy, then unlink()."},
    {LOOKS, ENXIO, "whiteout", file_is_whiteout,
     "It is a whiteout: the device 0:0 by which an overlay says that a file is deleted.",
     "unlink() it in the upper layer."},
    {LOOKS, ENXIO, "no-reader", file_has_no_reader, "Nobody has the other end of the FIFO open.",
     "Open it for reading first, or without O_NONBLOCK and wait."},
    {LOOKS, ELOOP, "link-loop", file_loop, "Symbolic links lead round in a circle.", "readlink() shows each."},
    {"readlink readlinkat", EINVAL, "no-link", file_not_a_link, "Only a symbolic link can be read so.",
     "open() and read() a file."},
    {0},
};
