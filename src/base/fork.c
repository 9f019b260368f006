#include "base/fork.h"
#include "base/die.h"
#include "base/file.h"
#include "base/mem.h"
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

void forked_reset_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    for (int sig = 1; sig < NSIG; sig++)
        if (sig != SIGKILL && sig != SIGSTOP)
            sigaction(sig, &plain, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void forked_keep(const int *keep, size_t n)
{
    int rising[FORKED_KEEP];
    unsigned from = STDERR_FILENO + 1;
    ASSERT(n <= COUNT(rising));
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && rising[at - 1] > keep[i]; at--)
            rising[at] = rising[at - 1];
        rising[at] = keep[i];
    }
    for (size_t i = 0; i < n; i++) {
        if (rising[i] <= STDERR_FILENO)
            continue;
        if ((unsigned)rising[i] > from)
            close_range(from, (unsigned)rising[i] - 1, 0);
        from = (unsigned)rising[i] + 1;
    }
    close_range(from, ~0u, 0);
}

bool forked_stdio(int in, int out, int err)
{
    int fds[] = {in, out, err};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < (int)COUNT(fds); fd++) {
        int from = fds[fd] >= 0 ? fds[fd] : null;
        /* dup2() onto itself would leave close-on-exec set. */
        if (from == fd ? fcntl(fd, F_SETFD, 0) < 0 : dup2(from, fd) < 0)
            return false;
    }
    if (null > STDERR_FILENO)
        close(null);
    return true;
}

bool forked_become_user(void)
{
    uid_t uid = user_uid();
    gid_t gid = user_gid();
    if (geteuid() != 0 || uid == 0)
        return true;
    const struct passwd *pw = getpwuid(uid);
    return (pw ? initgroups(pw->pw_name, gid) : setgroups(0, NULL)) == 0 && setresgid(gid, gid, gid) == 0 &&
           setresuid(uid, uid, uid) == 0;
}
