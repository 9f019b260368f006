#include "screen/manpage.h"
#include "base/fork.h"
#include "base/mem.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANPAGE_GLANCE_MS                                                                                              \
    700                     /* a pager that ends sooner was not there: what was printed must not be wiped away unread */
#define MANPAGE_NONE    16  /* man(1): at least one page did not exist */
#define MANPAGE_MISSING 127 /* as shells say it */

/* The child: a plain program on the user's terminal, with none of porthole's rights that sudo has not given the user.
 */
static _Noreturn void manpage_exec(const char *name, const char *section, int err)
{
    forked_reset_signals();
    if (!forked_stdio(STDIN_FILENO, STDOUT_FILENO, err) || !forked_become_user())
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGHUP);
    setenv("LESSSECURE", "1", 1);
    if (*section)
        execlp("man", "man", section, name, (char *)NULL);
    else
        execlp("man", "man", name, (char *)NULL);
    _exit(MANPAGE_MISSING);
}

static void manpage_ended(void *arg, int fd, short revents)
{
    *(bool *)arg = true;
}

static bool manpage_over(void *arg)
{
    return *(bool *)arg;
}

static void manpage_wait_enter(struct loop *l)
{
    static const char ask[] = "\n[Enter: back to porthole] ";
    bool over = write(STDOUT_FILENO, ask, sizeof ask - 1) < 0;
    char line[256];
    loop_watch(l, STDIN_FILENO, POLLIN, manpage_ended, &over);
    loop_run_until(l, manpage_over, &over, -1);
    loop_unwatch(l, STDIN_FILENO);
    if (read(STDIN_FILENO, line, sizeof line) < 0) /* the modes are the old ones: a whole line, or a hang-up */
        return;
}

int manpage_show(struct loop *l, const char *section, const char *name, int err, struct outcome *o)
{
    int64_t start = now_ms();
    pid_t pid = fork();
    if (pid < 0)
        return outcome_set(o, errno, "start man", name, NULL);
    if (pid == 0)
        manpage_exec(name, section, err);
    autofd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */
    if (pidfd >= 0) {
        bool over = false;
        loop_watch(l, pidfd, POLLIN, manpage_ended, &over);
        loop_run_until(l, manpage_over, &over, -1);
        loop_unwatch(l, pidfd);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == MANPAGE_MISSING)
        return outcome_set(o, ENOENT, "man(1) is not installed here", "",
                           "https://man7.org/linux/man-pages has the pages");
    if (WIFEXITED(status) && WEXITSTATUS(status) == MANPAGE_NONE)
        return outcome_set(o, 0, "no such manual page is installed here", name,
                           "Debian has them in the package manpages-dev");
    if (now_ms() - start < MANPAGE_GLANCE_MS)
        manpage_wait_enter(l);
    return 0;
}
