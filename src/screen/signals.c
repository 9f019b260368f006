#include "screen/signals.h"
#include "base/die.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const struct {
    int sig;
    unsigned event;
} signals_table[] = {
    {SIGWINCH, SIGNALLED_RESIZE},  {SIGCONT, SIGNALLED_CONTINUE}, {SIGTSTP, SIGNALLED_STOP},
    {SIGINT, SIGNALLED_INTERRUPT}, {SIGHUP, SIGNALLED_QUIT},      {SIGTERM, SIGNALLED_QUIT},
    {SIGQUIT, SIGNALLED_QUIT},     {SIGPIPE, SIGNALLED_QUIT},
};
static const int signals_crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static struct {
    unsigned pending;
    int pipe[2];
    bool open;
    struct sigaction saved[COUNT(signals_table)];
    pid_t owner; /* a fork that has not executed anything must not restore the terminal */
    void (*restore)(void);
    char stack[65536];
} signals = {.pipe = {-1, -1}};

static void signals_handler(int sig)
{
    int saved = errno;
    for (size_t i = 0; i < COUNT(signals_table); i++)
        if (signals_table[i].sig == sig)
            __atomic_fetch_or(&signals.pending, signals_table[i].event, __ATOMIC_SEQ_CST);
    if (write(signals.pipe[1], "", 1) < 0) { /* full: it is readable already */
    }
    errno = saved;
}

int signals_open(void)
{
    ASSERT(!signals.open);
    if (pipe2(signals.pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        die("pipe2: %s", strerror(errno));
    struct sigaction act = {.sa_handler = signals_handler, .sa_flags = SA_RESTART};
    sigemptyset(&act.sa_mask);
    for (size_t i = 0; i < COUNT(signals_table); i++)
        sigaction(signals_table[i].sig, &act, &signals.saved[i]);
    signals.open = true;
    return signals.pipe[0];
}

int signals_fd(void)
{
    return signals.pipe[0];
}

unsigned signals_take(void)
{
    char bytes[64];
    while (read(signals.pipe[0], bytes, sizeof bytes) > 0)
        ;
    return __atomic_exchange_n(&signals.pending, 0, __ATOMIC_SEQ_CST);
}

void signals_close(void)
{
    if (!signals.open)
        return;
    for (size_t i = 0; i < COUNT(signals_table); i++)
        sigaction(signals_table[i].sig, &signals.saved[i], NULL);
    close_fd(&signals.pipe[0]);
    close_fd(&signals.pipe[1]);
    signals.open = false;
}

void signals_stop_self(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL}, ours;
    sigset_t set, old;
    sigemptyset(&plain.sa_mask);
    sigaction(SIGTSTP, &plain, &ours);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &set, &old);
    kill(0, SIGTSTP); /* the group: under sudo, or in a pipeline, the others stop with us */
    sigprocmask(SIG_SETMASK, &old, NULL);
    sigaction(SIGTSTP, &ours, NULL);
}

static void signals_die(void)
{
    if (signals.restore && getpid() == signals.owner)
        signals.restore();
}

static void signals_crash(int sig)
{
    die_run_hook();
    raise(sig); /* SA_RESETHAND: now it kills, and the core tells where */
}

void signals_on_crash(void (*restore)(void))
{
    signals.restore = restore;
    signals.owner = getpid();
    die_set_hook(restore ? signals_die : NULL);
    stack_t stack = {.ss_sp = signals.stack, .ss_size = sizeof signals.stack, .ss_flags = restore ? 0 : SS_DISABLE};
    struct sigaction act = {.sa_handler = restore ? signals_crash : SIG_DFL,
                            .sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER};
    sigemptyset(&act.sa_mask);
    if (restore)
        sigaltstack(&stack, NULL);
    for (size_t i = 0; i < COUNT(signals_crashes); i++)
        sigaction(signals_crashes[i], &act, NULL);
    if (!restore)
        sigaltstack(&stack, NULL);
}
