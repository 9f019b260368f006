/* mount. See mount(2), mount_namespaces(7); the rules for a user namespace are in fs/namespace.c:
 * has_locked_children(), mount_too_revealing(). */
#include "base/file.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "session/private.h"
#include "session/why_private.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOUNT_SPREAD (MS_PRIVATE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE)

unsigned long why_mount_flags(const struct why_case *k)
{
    return (unsigned long)why_num(k, 3);
}

const char *why_mount_type(const struct why_case *k)
{
    return why_mount_flags(k) & (MS_BIND | MS_REMOUNT | MS_MOVE | MOUNT_SPREAD) ? "" : why_text(k, 2);
}

/* ---- EPERM ---- */

static bool mount_is_proc(const struct why_case *k)
{
    return !strcmp(why_mount_type(k), "proc");
}

static bool mount_may_here(const struct why_case *k)
{
    return why_has_cap(k, CAP_SYS_ADMIN) && why_owns(k, "mnt");
}

static bool mount_foreign_pidns(struct why_case *k)
{
    if (!mount_is_proc(k) || why_owns(k, "pid"))
        return false;
    return why_saw(k, "pid:[%llu] is not owned by user:[%llu], in which the caller has its capabilities",
                   (unsigned long long)why_ns(k, "pid"), (unsigned long long)why_ns(k, "user"));
}

static bool mount_masked_proc(struct why_case *k)
{
    const struct mounts *all = why_mounts(k);
    const struct mount_row *mask = NULL;
    int procs = 0, masks = 0;
    if (!mount_is_proc(k) || !mount_may_here(k) || !why_owns(k, "pid"))
        return false;
    for (size_t i = 0; i < all->n; i++) {
        if (strcmp(all->v[i].type, "proc") || strcmp(all->v[i].root, "/"))
            continue;
        procs++;
        for (size_t j = 0; j < all->n; j++)
            if (all->v[j].parent == all->v[i].id && !strstr(all->v[j].target, "binfmt_misc")) {
                mask = &all->v[j];
                masks++;
                break;
            }
    }
    if (procs > masks)
        return false;
    return mask ? why_saw(k, "%s is covered by a mount of type %s", mask->target, mask->type)
                : why_saw(k, "no proc is mounted where the caller could see it");
}

static bool mount_locked_flags(struct why_case *k)
{
    static const struct {
        unsigned long flag;
        const char *option;
    } locked[] = {{MS_RDONLY, "ro"}, {MS_NOSUID, "nosuid"}, {MS_NODEV, "nodev"}, {MS_NOEXEC, "noexec"}};
    struct why_mount m;
    const struct mount_row *row = why_mount_flags(k) & MS_REMOUNT ? why_mount_arg(k, 1, &m) : NULL;
    if (!row || !why_in_child_userns(k) || !mount_may_here(k))
        return false;
    autostr struct str lost = {0};
    for (size_t i = 0; i < COUNT(locked); i++)
        if (why_has_option(row->options, locked[i].option) && !(why_mount_flags(k) & locked[i].flag))
            str_addf(&lost, "%s%s", lost.len ? ", " : "", locked[i].option);
    return lost.len &&
           why_saw(k, "%s has %s, and the new flags would clear %s", row->target, row->options, str_c(&lost));
}

/* Types with FS_USERNS_MOUNT: the others need capabilities on the machine itself. */
static bool mount_machine_only(struct why_case *k)
{
    static const char *const allowed[] = {"tmpfs",   "ramfs",  "proc",    "sysfs",       "mqueue", "devpts",
                                          "cgroup2", "cgroup", "overlay", "binfmt_misc", "fuse"};
    const char *type = why_mount_type(k);
    if (!*type || !why_in_child_userns(k))
        return false;
    for (size_t i = 0; i < COUNT(allowed); i++)
        if (!strcmp(allowed[i], type))
            return false;
    autostr struct str known = {0};
    autofree char *word = xasprintf("\t%s\n", type);
    if (!file_read(procfs_self(), "filesystems", &known, 65536) || !strstr(str_c(&known), word))
        return false;
    return why_saw(k, "the caller is in user:[%llu], not in the machine's first one",
                   (unsigned long long)why_ns(k, "user"));
}

static bool mount_foreign_netns(struct why_case *k)
{
    return !strcmp(why_mount_type(k), "sysfs") && !why_owns(k, "net") &&
           why_saw(k, "net:[%llu] is not owned by user:[%llu]", (unsigned long long)why_ns(k, "net"),
                   (unsigned long long)why_ns(k, "user"));
}

static bool mount_superblock_filtered(struct why_case *k)
{
    return k->stage->kind == STAGE_REAL && (why_mount_flags(k) & (MS_REMOUNT | MS_BIND)) == MS_REMOUNT &&
           why_status(k, k->pid, "Seccomp", 10) == 2 &&
           why_saw(k, "Seccomp: 2 in its status, MS_REMOUNT without MS_BIND");
}

/* ---- EINVAL ---- */

static bool mount_not_a_mount(struct why_case *k)
{
    struct why_mount m;
    if (!(why_mount_flags(k) & (MS_REMOUNT | MOUNT_SPREAD)))
        return false;
    const struct mount_row *row = why_mount_arg(k, 1, &m);
    return row && !m.is_root &&
           why_saw(k, "%s is an ordinary directory of the mount at %s", why_text(k, 1), row->target);
}

static bool mount_move_unmounted(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = why_mount_flags(k) & MS_MOVE ? why_mount_arg(k, 0, &m) : NULL;
    return row && !m.is_root &&
           why_saw(k, "%s is an ordinary directory of the mount at %s", why_text(k, 0), row->target);
}

/* Below the source there is a mount that came from a more privileged namespace: alone, the copy would uncover what lies
 * beneath it. */
static bool mount_bind_needs_rec(struct why_case *k)
{
    struct why_mount m;
    if ((why_mount_flags(k) & (MS_BIND | MS_REC | MS_REMOUNT)) != MS_BIND || !why_mount_arg(k, 0, &m))
        return false;
    const struct mounts *all = why_mounts(k);
    for (size_t i = 0; i < all->n; i++)
        if ((uint64_t)all->v[i].parent == m.id && all->v[i].id != all->v[i].parent)
            return why_saw(k, "%s is mounted below it", all->v[i].target);
    return false;
}

/* One option tried in a child, on a file system of the same type that is never mounted; the kernel's own words come
 * from its log (fsopen(2)). */
static void mount_try_options(const char *type, char *options, int out)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        _exit(1);
    int fd = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
    for (char *o = strtok(options, ","); fd >= 0 && o; o = strtok(NULL, ",")) {
        char *value = strchr(o, '='), message[256];
        if (value)
            *value++ = '\0';
        if (syscall(SYS_fsconfig, fd, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, o, value, 0) == 0)
            continue;
        ssize_t n = read(fd, message, sizeof message); /* "e tmpfs: Unknown parameter 'x'" */
        if (n > 2 && message[0] == 'e')
            (void)!write(out, message + 2, (size_t)n - 2);
        else
            (void)!write(out, o, strlen(o));
        _exit(0);
    }
    _exit(1);
}

static bool mount_bad_option(struct why_case *k)
{
    int ends[2];
    autofree char *options = xstrdup(why_text(k, 4));
    if (!*why_mount_type(k) || !*options || pipe2(ends, O_CLOEXEC) < 0)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        mount_try_options(why_mount_type(k), options, ends[1]);
    close(ends[1]);
    char text[257] = "";
    ssize_t n = pid < 0 ? -1 : read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 && why_saw(k, "the kernel's words for it: %s", text_trim(text));
}

static bool mount_unmapped_option(struct why_case *k)
{
    static const char *const keys[][2] = {{"uid=", "uid_map"}, {"gid=", "gid_map"}};
    const char *options = why_text(k, 4);
    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *at = strstr(options, keys[i][0]);
        if (!at || (at > options && at[-1] != ',') || why_maps(k, keys[i][1], WHY_INSIDE, atol(at + 4)))
            continue;
        return why_saw(k, "%s%ld, and %s has no line for it", keys[i][0], atol(at + 4), keys[i][1]);
    }
    return false;
}

/* ---- ENOENT, ENOTDIR, ENODEV, EBUSY ---- */

static bool mount_no_target(struct why_case *k)
{
    struct stat st;
    return !why_stat_arg(k, 1, true, &st) && why_saw(k, "there is no %s", why_text(k, 1));
}

static bool mount_no_source(struct why_case *k)
{
    struct stat st;
    return why_mount_flags(k) & (MS_BIND | MS_MOVE) && !(why_mount_flags(k) & MS_REMOUNT) &&
           !why_stat_arg(k, 0, true, &st) && why_saw(k, "there is no %s", why_text(k, 0));
}

static bool mount_mixed(struct why_case *k)
{
    struct stat from, to;
    if (!why_stat_arg(k, 1, true, &to))
        return false;
    if (!(why_mount_flags(k) & MS_BIND))
        return !S_ISDIR(to.st_mode) &&
               why_saw(k, "%s is a file, and the root of a file system is a directory", why_text(k, 1));
    if (!why_stat_arg(k, 0, true, &from) || S_ISDIR(from.st_mode) == S_ISDIR(to.st_mode))
        return false;
    return why_saw(k, "%s is a %s, %s a %s", why_text(k, 0), S_ISDIR(from.st_mode) ? "directory" : "file",
                   why_text(k, 1), S_ISDIR(to.st_mode) ? "directory" : "file");
}

static bool mount_unknown_type(struct why_case *k)
{
    autostr struct str known = {0};
    const char *type = why_is(k, "fsopen") ? why_text(k, 0) : why_text(k, 2);
    autofree char *word = xasprintf("\t%s\n", type);
    return file_read(procfs_self(), "filesystems", &known, 65536) && !strstr(str_c(&known), word) &&
           why_saw(k, "/proc/filesystems has no \"%s\"", type);
}

static bool mount_twice(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = why_mount_arg(k, 1, &m);
    return row && m.is_root && !strcmp(row->type, why_mount_type(k)) &&
           why_saw(k, "%s is mounted on %s already", row->type, row->target);
}

/* ---- a 0 that deceives ---- */

static bool mount_still_writable(struct why_case *k)
{
    struct why_mount m;
    if ((why_mount_flags(k) & (MS_BIND | MS_RDONLY | MS_REMOUNT)) != (MS_BIND | MS_RDONLY))
        return false;
    const struct mount_row *row = why_mount_arg(k, 1, &m);
    return row && m.is_root && !why_has_option(row->options, "ro") &&
           why_saw(k, "mountinfo says %s for %s", row->options, row->target);
}

static bool mount_outer_proc(struct why_case *k)
{
    uint64_t own = why_ns(k, "pid"), kids = why_ns(k, "pid_for_children");
    return mount_is_proc(k) && own && own != kids &&
           why_saw(k, "pid:[%llu] of the caller is not the one its children are in", (unsigned long long)own);
}

static bool mount_is_shared(struct why_case *k)
{
    struct why_mount m;
    if (why_mount_flags(k) & (MS_REMOUNT | MOUNT_SPREAD))
        return false;
    const struct mount_row *row = why_mount_arg(k, 1, &m),
                           *parent = row ? why_mount_row(k, (uint64_t)row->parent) : NULL;
    pid_t host = k->stage->host;
    if (!row || !m.is_root || !parent || !(parent->propagation & MOUNT_SHARED) || !host ||
        procfs_ns(procfs_self(), host, "mnt") == why_ns(k, "mnt"))
        return false;
    automounts struct mounts theirs = {0};
    if (!mounts_read(procfs_self(), host, &theirs))
        return false;
    for (size_t i = 0; i < theirs.n; i++)
        if (theirs.v[i].dev == row->dev && !strcmp(theirs.v[i].root, row->root))
            return why_saw(k, "the mount at %s is shared, and the host side has the new one at %s", parent->target,
                           theirs.v[i].target);
    return false;
}

const struct why_row why_rows_mount[] = {
    {"mount", EPERM, "superblock-remount", mount_superblock_filtered,
     "In the real stage a seccomp filter of porthole's refuses MS_REMOUNT without MS_BIND: it would change the file "
     "system for the whole machine.",
     "Add MS_BIND, which changes this mount only."},
    {"mount", EPERM, "foreign-pid-namespace", mount_foreign_pidns,
     "A fresh proc shows the caller's pid namespace, and needs CAP_SYS_ADMIN in the user namespace that owns it; this "
     "one "
     "belongs to somebody else.",
     "unshare(CLONE_NEWPID) and fork() first, and let the child mount; or bind the proc that is there."},
    {"mount", EPERM, "masked-proc", mount_masked_proc,
     "A fresh proc would show what is covered in the one that is visible, and in a user namespace that is refused.",
     "Uncover it (umount2) where it was covered, or bind the /proc that is there with MS_BIND|MS_REC."},
    {"mount", EPERM, "locked-flags", mount_locked_flags,
     "The mount came from a more privileged namespace, and its flags are locked: a remount has to repeat them.",
     "Add the flags that it has (MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC)."},
    {"mount", EPERM, "foreign-net-namespace", mount_foreign_netns,
     "sysfs shows the network devices, so it needs a network namespace that the caller's user namespace owns.",
     "unshare(CLONE_NEWNET) first, or bind the /sys that is there."},
    {"mount", EPERM, "machine-only-type", mount_machine_only,
     "This type of file system can be mounted by root of the machine only, not by root of a user namespace.",
     "tmpfs, proc, overlay, devpts, mqueue and binds are allowed."},

    {"mount", EINVAL, "not-a-mount-point", mount_not_a_mount,
     "MS_REMOUNT and the kinds of propagation change a mount, and the target is not one.",
     "Bind it on itself first: mount(DIR, DIR, NULL, MS_BIND, NULL)."},
    {"mount", EINVAL, "moves-no-mount", mount_move_unmounted, "MS_MOVE moves a mount, and the source is none.",
     "Use rename() for a directory, or bind it on itself first."},
    {"mount", EINVAL, "bind-needs-rec", mount_bind_needs_rec,
     "Below the source lies a mount that is locked in this user namespace; a copy without it would uncover what it "
     "hides.",
     "Add MS_REC."},
    {"mount", EINVAL, "unmapped-id-option", mount_unmapped_option,
     "The options name a user or group that is not mapped in the caller's user namespace.",
     "Leave that option out, or map the id."},
    {"mount", EINVAL, "unknown-option", mount_bad_option, "The file system refuses one of its options.",
     "Leave it out, or correct it."},

    {"mount", ENOENT, "no-mount-point", mount_no_target,
     "The directory to mount on does not exist; mount() makes none.",
     "mkdir() it: an image has to bring its mount points along."},
    {"mount", ENOENT, "no-source", mount_no_source,
     "What should be bound does not exist where the caller's root and working directory are.",
     "After a chroot the outside has no name any more: bind before."},
    {"mount", ENOTDIR, "file-and-directory", mount_mixed,
     "A directory can only go on a directory, a file only on a file.", "Make the target of the same kind."},
    {"mount fsopen", ENODEV, "unknown-type", mount_unknown_type,
     "The kernel has no file system of that name, or its module is not loaded.", "cat /proc/filesystems lists them."},
    {"mount", EBUSY, "mounted-already", mount_twice, "The same file system is already mounted at the very same place.",
     "Nothing is left to do; or umount2() it first."},

    {"mount", 0, "still-writable", mount_still_writable,
     "MS_RDONLY is silently ignored together with MS_BIND: the new mount is writable.",
     "Make it read-only with a second call: mount(NULL, TARGET, NULL, MS_BIND|MS_REMOUNT|MS_RDONLY, NULL)."},
    {"mount", 0, "outer-proc", mount_outer_proc,
     "A proc shows the pid namespace of whoever mounts it; after unshare(CLONE_NEWPID) the caller itself is still in "
     "the "
     "old one.",
     "fork() and let the child, process 1 of the new one, mount it."},
    {"mount", 0, "leaks", mount_is_shared,
     "The mount has spread to the other mount namespace: where it was attached is shared.",
     "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL) right after unshare(CLONE_NEWNS)."},

    {0},
};
