/* A crash gives the terminal back before it kills. The crashes happen in forked children. */
#include "base/die.h"
#include "screen/signals.h"
#include "support.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int note[2];

static void restore(void)
{
    if (write(note[1], "restored", 8) < 0)
        _exit(99);
}

static void by_segv(void)
{
    raise(SIGSEGV);
}

static void by_abort(void)
{
    abort();
}

static void by_die(void)
{
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    die("on purpose");
}

/* No room is left on the stack for a handler: it needs one of its own. */
static int overflow(int depth)
{
    volatile char room[4096];
    room[depth % 4096] = (char)depth;
    return depth > 1 << 24 ? 0 : overflow(depth + 1) + room[0];
}

static void by_overflow(void)
{
    setrlimit(RLIMIT_STACK, &(struct rlimit){1 << 20, 1 << 20});
    overflow(0);
}

static void by_a_fork_that_crashes(void)
{
    if (fork() == 0)
        raise(SIGSEGV); /* not the owner of the screen: it restores nothing */
    int status;
    wait(&status);
    _exit(WIFSIGNALED(status) ? 0 : 1);
}

static int status_of(void (*end)(void), char said[16])
{
    int status;
    memset(said, 0, 16);
    assert_int_equal(pipe2(note, O_CLOEXEC | O_NONBLOCK), 0);
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        /* cmocka catches crashes too */
        for (const int *sig = (const int[]){SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, 0}; *sig; sig++)
            signal(*sig, SIG_DFL);
        signals_on_crash(restore);
        end();
        _exit(98);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (read(note[0], said, 15) < 0)
        said[0] = '\0';
    close(note[0]);
    close(note[1]);
    return status;
}

static void crashes_restore_and_kill(void **state)
{
    static const struct {
        void (*end)(void);
        int sig;
    } table[] = {{by_segv, SIGSEGV}, {by_abort, SIGABRT}, {by_overflow, SIGSEGV}};
    char said[16];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int status = status_of(table[i].end, said);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), table[i].sig);
        assert_string_equal(said, "restored"); /* once */
    }
}

static void dying_restores(void **state)
{
    char said[16];
    int status = status_of(by_die, said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 70);
    assert_string_equal(said, "restored");
}

static void forks_leave_the_terminal_alone(void **state)
{
    char said[16];
    int status = status_of(by_a_fork_that_crashes, said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_string_equal(said, "");
}

static void signals_become_events(void **state)
{
    struct sigaction before, after;
    sigaction(SIGWINCH, NULL, &before);
    int fd = signals_open();
    assert_int_equal(fd, signals_fd());
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    raise(SIGWINCH);
    raise(SIGINT);
    raise(SIGTERM);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 0), 1);
    assert_int_equal(signals_take(), SIGNALLED_RESIZE | SIGNALLED_INTERRUPT | SIGNALLED_QUIT);
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_int_equal(signals_take(), 0);
    signals_close();
    sigaction(SIGWINCH, NULL, &after);
    assert_ptr_equal(before.sa_handler, after.sa_handler);
    assert_int_equal(signals_fd(), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crashes_restore_and_kill),
        cmocka_unit_test(dying_restores),
        cmocka_unit_test(forks_leave_the_terminal_alone),
        cmocka_unit_test(signals_become_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
