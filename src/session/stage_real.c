/* The real stage: the host side is the machine itself, as in the article; what is true there is shown, and what would
 * hurt is refused, by the kernel wherever the kernel can do it.
 *
 *     warden ── host actor (root) ── container actor
 *
 * What a slip of the fingers can reach is cut down before the first command runs:
 *   mount namespace    private; every file system of the machine is read-only in it, but for /proc, a /tmp and a /dev
 * of the stage's own, and the lab. `rm -rf /` removes the lab and nothing else. uts namespace      sethostname renames
 * the stage, not the machine. capabilities       boot, modules, time, raw I/O, network administration ... leave the
 * bounding set. seccomp            kexec, swap, clocks, remounting a file system's superblock, kill(-1). Landlock
 * signals reach only processes that the session started (LANDLOCK_SCOPE_SIGNAL, Linux 6.12). cgroup             a limit
 * on the number of processes, and one write that ends them all. It is a guard against accidents. Root who means harm is
 * not stopped by it. */
#include "actor/child.h"
#include "base/mem.h"
#include "session/stage.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Directories that exist on every machine for other people's mounts: the first empty one becomes the lab, in our mount
 * namespace only. */
static const char *const real_labs[] = {"/srv",     "/mnt",           "/media",     "/opt",
                                        "/var/opt", "/usr/local/src", "/var/local", "/home"};

static bool real_is_empty(const char *path)
{
    DIR *d = opendir(path);
    if (!d)
        return false;
    bool empty = true;
    struct dirent *e;
    while (empty && (e = readdir(d)))
        empty = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
    closedir(d);
    return empty;
}

static const char *real_lab(void)
{
    for (size_t i = 0; i < COUNT(real_labs); i++)
        if (real_is_empty(real_labs[i]))
            return real_labs[i];
    return "/tmp"; /* the stage's own by then */
}

static _Noreturn void real_fail(const struct stage_plan *plan, const char *step, const char *where, const char *hint)
{
    struct outcome o;
    outcome_set(&o, errno, step, where, "%s", hint);
    stage_fail(plan, &o);
}

static void real_read_only(const struct stage_plan *plan)
{
    struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY}, rw = {.attr_clr = MOUNT_ATTR_RDONLY};
    if (syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &ro, sizeof ro) < 0)
        real_fail(plan, "real stage: make the machine's file systems read-only (mount_setattr, Linux 5.12)", "/",
                  "use --practice");
    /* /proc stays writable: a locked read-only flag would forbid a fresh proc in a user namespace below us. */
    if (syscall(SYS_mount_setattr, AT_FDCWD, "/proc", 0, &rw, sizeof rw) < 0)
        real_fail(plan, "real stage: mount_setattr", "/proc", "use --practice");
}

static void real_dev(const struct stage_plan *plan)
{
    /* Built beside the old /dev, which the binds need, then moved over it. */
    stage_mount(plan, "porthole-dev", "/tmp", "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k,mode=755");
    stage_dev(plan, "/tmp", false);
    stage_mount(plan, "/tmp", "/dev", NULL, MS_MOVE, NULL);
}

static void real_mounts(const struct stage_plan *plan, const char *lab)
{
    if (unshare(CLONE_NEWNS | CLONE_NEWUTS) < 0)
        real_fail(plan, "real stage: unshare(CLONE_NEWNS|CLONE_NEWUTS)", "", "see `porthole doctor`");
    stage_mount(plan, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    real_read_only(plan);
    real_dev(plan);
    stage_mount(plan, "porthole-tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=64m,mode=1777");
    if (strcmp(lab, "/tmp"))
        stage_mount_files(plan, "porthole-lab", lab);
}

static _Noreturn void real_build(const struct stage_plan *plan)
{
    stage_begin(plan);
    char go;
    if (read(plan->report, &go, 1) != 1) /* the cgroup holds us now */
        _exit(1);
    const char *lab = real_lab();
    real_mounts(plan, lab);
    stage_fill_lab(plan, lab);
    stage_scope_signals(plan);
    stage_drop_capabilities(plan);
    stage_deny_calls(plan);
    stage_ready(plan, lab);
    actor_become(plan->control, plan->pty, "host");
}

pid_t stage_real_fork(const struct stage_plan *plan, struct outcome *o)
{
    pid_t pid = fork();
    if (pid < 0)
        return outcome_set(o, errno, "real stage: fork", NULL, NULL);
    if (pid == 0)
        real_build(plan);
    return pid;
}
