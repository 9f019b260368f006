#include "nest.h"
#include "base/mem.h"
#include "proc/procfs.h"
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void nest_say(int fd)
{
    if (write(fd, "", 1) != 1)
        _exit(1);
}

bool nest_wait_byte(int fd)
{
    char c;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 2000) == 1 && read(fd, &c, 1) == 1;
}

static bool nest_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    if (!f)
        return false;
    bool ok = fputs(text, f) >= 0;
    return fclose(f) == 0 && ok;
}

static bool nest_map(uid_t uid, gid_t gid)
{
    char map[64];
    nest_write("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
    if (!nest_write("/proc/self/uid_map", map))
        return false;
    snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
    return nest_write("/proc/self/gid_map", map);
}

static void nest_init(unsigned flags, int fd, void (*body)(int fd))
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        _exit(2);
    if (flags & NEST_PROC && mount("proc", "/proc", "proc", 0, NULL) < 0)
        _exit(3);
    nest_say(fd);
    body(fd);
    _exit(0);
}

/* Lives in our pid namespace and in the new user and mount namespaces; its child is the new pid namespace's first. */
static void nest_outer(unsigned flags, int fd, void (*body)(int fd))
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) < 0 || !nest_map(uid, gid))
        _exit(1);
    pid_t pid = fork();
    if (pid == 0)
        nest_init(flags, fd, body);
    close(fd);
    int status = 1;
    if (pid > 0)
        waitpid(pid, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

bool nest_start(struct nest *n, unsigned flags, void (*body)(int fd))
{
    int ends[2];
    *n = (struct nest){.fd = -1, .pidfd = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return false;
    fflush(NULL);
    n->outer = fork();
    if (n->outer == 0) {
        close(ends[0]);
        nest_outer(flags, ends[1], body);
    }
    close(ends[1]);
    n->fd = ends[0];
    if (n->outer > 0 && nest_wait_byte(n->fd) && procfs_children(procfs_self(), n->outer, &n->pid, 1) == 1)
        n->pidfd = (int)syscall(SYS_pidfd_open, n->pid, 0);
    if (n->pidfd >= 0)
        return true;
    nest_end(n);
    return false;
}

/* The kernel ends the namespace with its PID 1; the outer process waits for that one and ends too. */
void nest_end(struct nest *n)
{
    if (n->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, n->pidfd, SIGKILL, NULL, 0);
    else if (n->outer > 0)
        kill(n->outer, SIGKILL);
    if (n->outer > 0) {
        waitpid(n->outer, NULL, 0);
    }
    close_fd(&n->pidfd);
    close_fd(&n->fd);
    *n = (struct nest){.fd = -1, .pidfd = -1};
}

/* It must not end by itself: who is looked for has to be there. */
static void nest_idle(int fd)
{
    char c;
    while (read(fd, &c, 1) == 1)
        ;
}

const char *nest_refusal(void)
{
    struct nest n;
    if (!nest_start(&n, NEST_PROC, nest_idle))
        return "user, pid and mount namespaces with a fresh /proc cannot be made here";
    nest_end(&n);
    return NULL;
}
