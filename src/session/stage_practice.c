/* The practice stage: a disposable host made of namespaces.
 *
 *     warden ── init (PID 1 of its own pid namespace; user, mount, uts, ipc, net, cgroup namespaces)
 *                ├─ syslogd, crond, httpd     ordinary processes, so that the host column looks like a host
 *                └─ host actor                (its child, the container actor, comes by an ordinary fork call)
 *
 * The user namespace is the protection: whatever root does in here, the kernel asks the namespace's capabilities. As
 * root of the machine we map a range of ids that nobody else uses, so that even the owner of a file in /proc/sys is
 * somebody else; as an ordinary user the one id we have.
 *
 * Nothing under /proc is masked: the kernel allows a fresh proc in a user namespace only where an unmasked one is
 * visible. */
#include "actor/child.h"
#include "actor/wire.h"
#include "base/fork.h"
#include "base/mem.h"
#include "base/title.h"
#include "session/stage.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* First of 65,536 ids for the practice host of a root user: above what distributions hand out to people, subuids and
 * systemd-nspawn (524288..1879048191). */
#define PRACTICE_FIRST_ID 1879113728u
#define PRACTICE_LAB      "/lab"
#define PRACTICE_NEWROOT  "/tmp"
#define PRACTICE_NPROC    512 /* processes: a fork bomb ends here */

static bool practice_write(pid_t pid, const char *file, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    autofd int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool practice_write_maps(pid_t pid, unsigned uid, unsigned gid, unsigned n)
{
    char text[64];
    snprintf(text, sizeof text, "0 %u %u\n", uid, n);
    if (!practice_write(pid, "uid_map", text))
        return false;
    snprintf(text, sizeof text, "0 %u %u\n", gid, n);
    return practice_write(pid, "gid_map", text);
}

/* user_namespaces(7): the writer is the parent, which has CAP_SETUID there or maps just its own id. Root of a container
 * may have the capability and yet not the range: EPERM, and nothing is written. */
bool stage_practice_map(pid_t pid, struct outcome *o)
{
    if (geteuid() == 0 && practice_write_maps(pid, PRACTICE_FIRST_ID, PRACTICE_FIRST_ID, 65536))
        return true;
    if (geteuid() != 0 && !practice_write(pid, "setgroups", "deny")) {
        outcome_set(o, errno, "practice stage: write setgroups", NULL, NULL);
        return false;
    }
    if (practice_write_maps(pid, geteuid(), getegid(), 1))
        return true;
    outcome_set(o, errno, "practice stage: map user ids into the user namespace", NULL, "see `porthole doctor`");
    return false;
}

static void practice_loopback(void)
{
    autofd int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq ifr = {.ifr_flags = IFF_UP | IFF_RUNNING};
    snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "lo");
    if (s >= 0)
        ioctl(s, SIOCSIFFLAGS, &ifr);
}

/* An ordinary process of the practice host. */
static void practice_daemon(const char *const argv[])
{
    pid_t pid = fork();
    if (pid)
        return;
    forked_keep(NULL, 0);
    setsid();
    forked_stdio(-1, -1, -1);
    char *const env[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"HOME=/", NULL};
    static const char *const dirs[] = {"/sbin", "/usr/sbin", "/bin", "/usr/bin"};
    for (size_t i = 0; i < COUNT(dirs); i++) { /* by its link, so that comm is its name too */
        char path[64];
        snprintf(path, sizeof path, "%s/%s", dirs[i], argv[0]);
        execve(path, (char *const *)(uintptr_t)argv, env);
    }
    _exit(127);
}

static void practice_daemons(void)
{
    static const char *const syslogd[] = {"syslogd", "-n", NULL};
    static const char *const crond[] = {"crond", "-f", "-l", "8", NULL};
    static const char *const httpd[] = {"httpd", "-f", "-p", "127.0.0.1:80", "-h", "/var/www", NULL};
    (void)!mkdir("/var/www", 0755);
    (void)!mkdir("/var/spool", 0755);
    (void)!mkdir("/var/spool/cron", 0755);
    (void)!mkdir("/var/spool/cron/crontabs", 0755);
    practice_daemon(syslogd);
    practice_daemon(crond);
    practice_daemon(httpd);
}

static void practice_root(const struct stage_plan *plan)
{
    struct outcome o;
    stage_mount(plan, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    stage_mount_files(plan, "practice-host", PRACTICE_NEWROOT);
    if (chdir(PRACTICE_NEWROOT) < 0) {
        outcome_set(&o, errno, "practice stage: enter the new root", PRACTICE_NEWROOT, NULL);
        stage_fail(plan, &o);
    }
    autofd int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!rootfs_unpack_practice_host(dir, &o))
        stage_fail(plan, &o);
    rootfs_bind_practice_host();
    (void)!mkdir("proc", 0555);
    (void)!mkdir("dev", 0755);
    (void)!mkdir("lab", 0755);
    stage_mount(plan, "proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    stage_dev(plan, "dev", true);
    /* pivot_root(2), its own note: with "." twice the old root ends on top of the new one, ready to be detached. */
    if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0) {
        outcome_set(&o, errno, "practice stage: pivot_root", PRACTICE_NEWROOT, NULL);
        stage_fail(plan, &o);
    }
}

/* PID 1 of the practice host: reaps whatever is handed to it, until the warden kills it. */
static _Noreturn void practice_init(void)
{
    title_set("init");
    forked_keep(NULL, 0);
    forked_reset_signals(); /* porthole's handlers are not its own: as a process 1 should, it ignores what reaches it */
    for (;;)
        if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
            pause();
}

static _Noreturn void practice_build(const struct stage_plan *plan)
{
    char go;
    stage_begin(plan);
    if (recv(plan->report, &go, 1, 0) != 1) /* the maps are written */
        _exit(1);
    struct outcome o;
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) {
        outcome_set(&o, errno, "practice stage: become root of the user namespace", NULL, NULL);
        stage_fail(plan, &o);
    }
    setgroups(0, NULL); /* EPERM where setgroups is denied: then we have only the groups we came with */
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* the change of credentials cleared it */
    setsid();
    practice_root(plan);
    (void)!sethostname("practice", 8);
    practice_loopback();
    setrlimit(RLIMIT_NPROC, &(struct rlimit){PRACTICE_NPROC, PRACTICE_NPROC});
    stage_fill_lab(plan, PRACTICE_LAB);
    practice_daemons();
    pid_t host = fork();
    if (host == 0) {
        close(plan->report);
        (void)!chdir(PRACTICE_LAB);
        actor_become(plan->control, plan->pty, "host");
    }
    if (host < 0) {
        outcome_set(&o, errno, "practice stage: fork the host side", NULL, NULL);
        stage_fail(plan, &o);
    }
    stage_ready(plan, PRACTICE_LAB);
    (void)!chdir("/");
    practice_init();
}

pid_t stage_practice_fork(const struct stage_plan *plan, struct outcome *o)
{
    unsigned long flags =
        CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;
    pid_t pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (pid < 0)
        return outcome_set(o, errno, "practice stage: clone(CLONE_NEWUSER|CLONE_NEWPID|...)", NULL,
                           "see `porthole doctor`");
    if (pid == 0)
        practice_build(plan);
    return pid;
}
