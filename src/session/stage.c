#include "session/stage.h"
#include "actor/wire.h"
#include "base/fork.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void stage_begin(const struct stage_plan *plan)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int keep[] = {plan->image_tar, plan->control, plan->pty, plan->report};
    forked_keep(keep, COUNT(keep));
    /* Keyrings cross namespaces: without this the container could read the user's keys. Failure: no keys compiled in.
     */
    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
    umask(022);
}

_Noreturn void stage_fail(const struct stage_plan *plan, const struct outcome *o)
{
    struct stage_report report = {.outcome = *o};
    wire_send_bytes(plan->report, &report, sizeof report, NULL, 0);
    _exit(1);
}

void stage_ready(const struct stage_plan *plan, const char *lab)
{
    struct stage_report report = {.ready = true};
    snprintf(report.lab, sizeof report.lab, "%s", lab);
    wire_send_bytes(plan->report, &report, sizeof report, NULL, 0);
    close(plan->report);
}

static _Noreturn void stage_fail_here(const struct stage_plan *plan, const char *step, const char *where)
{
    struct outcome o;
    outcome_set(&o, errno, step, where, NULL);
    stage_fail(plan, &o);
}

void stage_mount(const struct stage_plan *plan, const char *source, const char *target, const char *type,
                 unsigned long flags, const char *data)
{
    if (mount(source, target, type, flags, data) == 0)
        return;
    char step[64];
    snprintf(step, sizeof step, "stage: mount %s", type ? type : flags & MS_BIND ? "(bind)" : "(propagation)");
    stage_fail_here(plan, step, target);
}

#define STAGE_SPARE_MB     256
#define STAGE_SPARE_INODES 65536

void stage_mount_files(const struct stage_plan *plan, const char *source, const char *target)
{
    char options[96];
    /* Each small file takes a page, and a header in the tar. */
    size_t pages = rootfs_bytes(plan->image) / 4096 + rootfs_entries(plan->image);
    snprintf(options, sizeof options, "size=%zum,nr_inodes=%zu,mode=755", STAGE_SPARE_MB + 2 * pages / 256,
             STAGE_SPARE_INODES + rootfs_entries(plan->image));
    stage_mount(plan, source, target, "tmpfs", MS_NOSUID | MS_NODEV, options);
}

void stage_dev(const struct stage_plan *plan, const char *dir, bool own_pts)
{
    static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
    static const char *const links[][2] = {{"/proc/self/fd", "fd"},
                                           {"/proc/self/fd/0", "stdin"},
                                           {"/proc/self/fd/1", "stdout"},
                                           {"/proc/self/fd/2", "stderr"}};
    char to[128], from[64];
    for (size_t i = 0; i < COUNT(nodes); i++) {
        snprintf(to, sizeof to, "%s/%s", dir, nodes[i]);
        snprintf(from, sizeof from, "/dev/%s", nodes[i]);
        close(open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
        if (mount(from, to, NULL, MS_BIND, NULL) < 0 && errno != ENOENT)
            stage_fail_here(plan, "stage: bind a device", from);
    }
    for (size_t i = 0; i < COUNT(links); i++) {
        snprintf(to, sizeof to, "%s/%s", dir, links[i][1]);
        (void)!symlink(links[i][0], to);
    }
    snprintf(to, sizeof to, "%s/shm", dir);
    mkdir(to, 01777);
    chmod(to, 01777);
    snprintf(to, sizeof to, "%s/pts", dir);
    mkdir(to, 0755);
    if (own_pts) {
        stage_mount(plan, "devpts", to, "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
        snprintf(to, sizeof to, "%s/ptmx", dir);
        (void)!symlink("pts/ptmx", to);
    } else {
        stage_mount(plan, "/dev/pts", to, NULL, MS_BIND, NULL);
        snprintf(to, sizeof to, "%s/ptmx", dir);
        (void)!symlink("pts/ptmx", to);
    }
}

static bool stage_copy_tar(int tar, const char *path)
{
    struct stat st;
    autofd int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (out < 0 || fstat(tar, &st) < 0)
        return false;
    for (off_t at = 0; at < st.st_size;)
        if (sendfile(out, tar, &at, (size_t)(st.st_size - at)) <= 0)
            return false;
    return true;
}

void stage_fill_lab(const struct stage_plan *plan, const char *lab)
{
    if (chdir(lab) < 0)
        stage_fail_here(plan, "stage: enter the lab", lab);
    if (mkdir("rootfs", 0755) < 0)
        stage_fail_here(plan, "stage: make a directory", "rootfs");
    autofd int dir = open("rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct outcome o;
    if (dir < 0)
        stage_fail_here(plan, "stage: open", "rootfs");
    if (!rootfs_unpack(plan->image, dir, &o))
        stage_fail(plan, &o);
    if (!stage_copy_tar(plan->image_tar, "image.tar"))
        stage_fail_here(plan, "stage: write", "image.tar");
}
