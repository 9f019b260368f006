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

/* Old programs put a magic number into the upper half, and MS_PRIVATE's bit with it: the kernel takes it out. */
unsigned long why_mount_flags(const struct why_case *k)
{
    unsigned long flags = (unsigned long)why_num(k, 3);
    return (flags & MS_MGC_MSK) == MS_MGC_VAL ? flags & ~(unsigned long)MS_MGC_MSK : flags;
}

const char *why_mount_type(const struct why_case *k)
{
    return why_mount_flags(k) & (MS_BIND | MS_REMOUNT | MS_MOVE | WHY_MOUNT_SPREAD) ? "" : why_text(k, 2);
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
    if (!(why_mount_flags(k) & (MS_REMOUNT | WHY_MOUNT_SPREAD)))
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

/* MS_MOVE takes a mount off its parent, and with a shared parent that would happen everywhere. */
static bool mount_moves_from_shared(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = why_mount_flags(k) & MS_MOVE ? why_mount_arg(k, 0, &m) : NULL;
    const struct mount_row *parent = row && m.is_root ? why_mount_row(k, (uint64_t)row->parent) : NULL;
    return parent && parent->propagation & MOUNT_SHARED &&
           why_saw(k, "%s hangs on the mount at %s, which is shared", row->target, parent->target);
}

static bool mount_moves_locked(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = why_mount_flags(k) & MS_MOVE ? why_mount_arg(k, 0, &m) : NULL;
    return row && m.is_root && why_mount_is_locked(k, row) &&
           why_saw(k, "%s came along from a mount namespace that another user namespace owns", row->target);
}

static bool mount_unbindable(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row =
        (why_mount_flags(k) & (MS_BIND | MS_REMOUNT)) == MS_BIND ? why_mount_arg(k, 0, &m) : NULL;
    return row && row->propagation & MOUNT_UNBINDABLE && why_saw(k, "mountinfo says unbindable for %s", row->target);
}

static bool mount_spread_alone(struct why_case *k)
{
    unsigned long flags = why_mount_flags(k), kinds = flags & WHY_MOUNT_SPREAD;
    unsigned long more = flags & ~(unsigned long)(WHY_MOUNT_SPREAD | MS_REC | MS_SILENT);
    if (!kinds || flags & (MS_REMOUNT | MS_BIND))
        return false;
    return kinds & (kinds - 1) ? why_saw(k, "there are two or more kinds of propagation among the flags")
                               : more && why_saw(k, "the flags %#lx are among them", more);
}

/* ---- ENOENT, ENOTDIR, ENODEV, EBUSY ---- */

static bool mount_no_target(struct why_case *k)
{
    struct stat st;
    return !why_stat_arg(k, 1, true, &st) && why_saw(k, "there is no %s", why_text(k, 1));
}

/* Is that type of file system read from a block device? */
static bool mount_wants_device(const char *type)
{
    autostr struct str known = {0};
    autofree char *line = xasprintf("\n\t%s\n", type);
    return *type && file_read(procfs_self(), "filesystems", &known, 65536) && strstr(str_c(&known), line);
}

static bool mount_no_source(struct why_case *k)
{
    struct stat st;
    bool wants = (why_mount_flags(k) & (MS_BIND | MS_MOVE) && !(why_mount_flags(k) & MS_REMOUNT)) ||
                 mount_wants_device(why_mount_type(k));
    return wants && !why_stat_arg(k, 0, true, &st) && why_saw(k, "there is no %s", why_text(k, 0));
}

static bool mount_no_device(struct why_case *k)
{
    struct stat st;
    return mount_wants_device(why_mount_type(k)) && why_stat_arg(k, 0, true, &st) && !S_ISBLK(st.st_mode) &&
           why_saw(k, "%s is a %s", why_text(k, 0), S_ISDIR(st.st_mode) ? "directory" : "file");
}

static bool mount_into_itself(struct why_case *k)
{
    struct why_mount from, to;
    const struct mount_row *row = why_mount_flags(k) & MS_MOVE ? why_mount_arg(k, 0, &from) : NULL;
    const struct mount_row *at = row ? why_mount_arg(k, 1, &to) : NULL;
    for (int depth = 0; at && depth < 1000; depth++) {
        if (at->id == row->id)
            return why_saw(k, "%s lies below %s", why_text(k, 1), why_text(k, 0));
        at = at->parent == at->id ? NULL : why_mount_row(k, (uint64_t)at->parent);
    }
    return false;
}

struct mount_written {
    bool one; /* this mount only, else all of the file system */
    uint64_t id;
    dev_t dev;
};

static bool mount_writes_there(const char *path, const void *arg)
{
    const struct mount_written *w = arg;
    struct why_mount m;
    struct stat st;
    autofd int fd = open(path, O_PATH | O_CLOEXEC);
    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           (w->one ? why_mount_of(fd, &m) && m.id == w->id : st.st_dev == w->dev);
}

static bool mount_is_written(struct why_case *k)
{
    struct why_mount m;
    autostr struct str who = {0};
    bool remount = (why_mount_flags(k) & (MS_REMOUNT | MS_RDONLY)) == (MS_REMOUNT | MS_RDONLY);
    const struct mount_row *row = remount ? why_mount_arg(k, 1, &m) : NULL;
    struct mount_written w = {.one = why_mount_flags(k) & MS_BIND, .id = row ? m.id : 0, .dev = row ? row->dev : 0};
    return row && why_search_writer(mount_writes_there, &w, &who) &&
           why_saw(k, "%s is a file there, open for writing", str_c(&who));
}

static bool mount_too_many(struct why_case *k)
{
    long most = why_switch("fs/mount-max");
    size_t n = why_mounts(k)->n;
    return most >= 0 && n + 1 >= (size_t)most && why_saw(k, "%zu mounts, fs.mount-max is %ld", n, most);
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
    {"mount", EINVAL, "moves-from-shared", mount_moves_from_shared,
     "What hangs on a shared mount cannot be moved: it would have to move in every mount namespace.",
     "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL) first."},
    {"mount", EINVAL, "locked", mount_moves_locked,
     "The mount came from a more privileged namespace and is locked in its place.",
     "Bind it elsewhere with MS_BIND|MS_REC."},
    {"mount", EINVAL, "unbindable", mount_unbindable, "The source was declared unbindable.",
     "mount(NULL, SOURCE, NULL, MS_PRIVATE, NULL) first."},
    {"mount", EINVAL, "propagation-alone", mount_spread_alone,
     "A call that sets the propagation sets one kind, and does nothing else; MS_REC alone may be added.",
     "Make one call for each."},
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
     "What should be mounted does not exist where the caller's root and working directory are.",
     "After a chroot the outside has no name any more: bind before."},
    {"mount", ENOTDIR, "file-and-directory", mount_mixed,
     "A directory can only go on a directory, a file only on a file.", "Make the target of the same kind."},
    {"mount fsopen", ENODEV, "unknown-type", mount_unknown_type,
     "The kernel has no file system of that name, or its module is not loaded.", "cat /proc/filesystems lists them."},
    {"mount", ENOTBLK, "no-block-device", mount_no_device,
     "This type of file system lies on a block device, and the source is none.",
     "losetup makes a device of a file; a directory is bound with MS_BIND."},
    {"mount", ELOOP, "into-itself", mount_into_itself, "A mount cannot be moved below itself.",
     "Move it to a directory outside."},
    {"mount", ENOSPC, "too-many-mounts", mount_too_many,
     "A mount namespace may have only so many mounts; no disk is full.", "umount2() some, or raise fs.mount-max."},
    {"mount", EBUSY, "open-for-writing", mount_is_written,
     "It cannot become read-only while a file on it is open for writing.", "Close it, or end the process."},
    {"mount", EBUSY, "mounted-already", mount_twice, "The same file system is already mounted at the very same place.",
     "Nothing is left to do; or umount2() it first."},

    {0},
};
