#include "screen/manpage.h"
#include "base/fork.h"
#include "base/mem.h"
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANPAGE_GLANCE_MS                                                                                              \
    700                     /* a pager that ends sooner was not there: what was printed must not be wiped away unread */
#define MANPAGE_NONE    16  /* man(1): at least one page did not exist */
#define MANPAGE_MISSING 127 /* as shells say it */

int manpage_parse(const char *page, char name[64], char section[8], struct outcome *o)
{
    size_t n = strspn(page, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+:");
    size_t s = page[n] == '(' ? strcspn(page + n + 1, ")") : 0;
    const char *end = page + n + (page[n] == '(' ? s + 1 + (page[n + 1 + s] == ')') : 0);
    bool word = n > 0 && n < 64 && (isalnum((unsigned char)page[0]) || page[0] == '_');
    for (size_t i = 0; i < s; i++)
        word = word && isalnum((unsigned char)page[n + 1 + i]);
    if (!word || s >= 8 || *end)
        return outcome_set(o, 0, "that is no name of a manual page", "", "like this: :man mount(2)");
    snprintf(name, 64, "%.*s", (int)n, page);
    snprintf(section, 8, "%.*s", (int)s, page + n + 1);
    return 0;
}

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

int manpage_show(struct loop *l, const char *page, int err, struct outcome *o)
{
    char name[64], section[8];
    if (manpage_parse(page, name, section, o) < 0)
        return -1;
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
        return outcome_set(o, 0, "no such manual page is installed here", page,
                           "Debian has them in the package manpages-dev");
    if (now_ms() - start < MANPAGE_GLANCE_MS)
        manpage_wait_enter(l);
    return 0;
}
