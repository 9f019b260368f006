/* The ends of the real program: asked for, suspended, crashed, killed, hung up. Whatever the end, the terminal is as it
 * was and no process is left. */
#include "base/loop.h"
#include "e2e.h"
#include "support.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_raw(struct e2e *e)
{
    struct termios now;
    assert_int_equal(tcgetattr(e->run.master, &now), 0);
    assert_false(now.c_lflag & (ICANON | ECHO | ISIG));
}

static void leaving_tells_that_nothing_is_left(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    for (int way = 0; way < 3; way++) {
        struct e2e e;
        e2e_start(&e, 24, 80, NULL);
        assert_raw(&e);
        e2e_run(&e, "sleep 31337 &", "container");
        e2e_family(&e);
        assert_true(e.nfamily >= 4); /* porthole, warden, init, actors */
        if (way == 0)
            e2e_type(&e, "\004");
        else if (way == 1)
            e2e_type(&e, ":quit\r");
        else
            kill(e.run.pid, SIGTERM);
        assert_true(vt_run_wait_end(&e.run, E2E_MS));
        assert_true(WIFEXITED(e.run.status));
        assert_int_equal(WEXITSTATUS(e.run.status), 0);
        e2e_assert_restored(&e);
        e2e_wait(&e, "Receipt");
        e2e_wait(&e, "Nothing is left");
        assert_true(e2e_family_gone(&e, E2E_MS));
        e2e_end(&e);
    }
}

static void a_quit_while_something_runs(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    e2e_run(&e, "sleep 3000", "running:");
    e2e_family(&e);
    kill(e.run.pid, SIGHUP);
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_assert_restored(&e);
    assert_true(e2e_family_gone(&e, E2E_MS));
    e2e_end(&e);
}

/* Only the warden is left to give the terminal back. */
static void killed(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    e2e_run(&e, "sleep 31337 &", "container");
    e2e_family(&e);
    kill(e.run.pid, SIGKILL);
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    assert_true(e2e_family_gone(&e, E2E_MS));
    vt_run_pump(&e.run, 200);
    e2e_assert_restored(&e);
    e2e_end(&e);
}

static void crashed(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    static const int sigs[] = {SIGSEGV, SIGABRT};
    for (size_t i = 0; i < 2; i++) {
        struct e2e e;
        e2e_start(&e, 24, 80, NULL);
        e2e_family(&e);
        kill(e.run.pid, sigs[i]);
        assert_true(vt_run_wait_end(&e.run, E2E_MS));
        assert_true(WIFSIGNALED(e.run.status));
        assert_int_equal(WTERMSIG(e.run.status), sigs[i]);
        e2e_assert_restored(&e);
        assert_true(e2e_family_gone(&e, E2E_MS));
        e2e_end(&e);
    }
}

static void hung_up(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    e2e_family(&e);
    close(e.run.master);
    e.run.master = open("/dev/null", O_RDWR | O_CLOEXEC); /* what is left to pump */
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    assert_true(e2e_family_gone(&e, E2E_MS));
    e2e_end(&e);
}

/* ^Z gives the terminal to the shell, fg takes it back. bash's job control is the real thing. */
static const char suspended_script[] =
    "set -m; \"$@\"; echo \"stopped with $?\"; read x; fg; echo \"ended with $?\"; read x";

static void suspended(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    SKIP_UNLESS(access("/bin/bash", X_OK) == 0, "bash is not installed");
    struct e2e e;
    struct termios now;
    e2e_start_command(&e, 24, 80, NULL, suspended_script);
    e2e_wait(&e, "Enter types: getpid()");
    e2e_type(&e, "half a line\032"); /* ^Z */
    e2e_wait(&e, "stopped with 148");
    assert_false(vt_alternate(e.run.vt));
    assert_int_equal(tcgetattr(e.run.master, &now), 0);
    assert_true((now.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG));
    vt_run_resize(&e.run, 30, 100); /* while it is away */
    e2e_type(&e, "\r");
    e2e_wait(&e, "half a line");
    assert_true(vt_alternate(e.run.vt));
    vt_run_quiet(&e.run, 300, 3000);
    assert_raw(&e);
    e2e_wait(&e, "1 host");
    int y, x;
    vt_cursor(e.run.vt, &y, &x);
    assert_int_equal(y, 28); /* for the new size */
    e2e_type(&e, "\025\004");
    e2e_wait(&e, "ended with 0");
    e2e_type(&e, "\r");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_assert_restored(&e);
    e2e_end(&e);
}

/* bg: it goes on without the terminal, does not touch it, does not spin; fg brings it back. */
static const char background_script[] =
    "set -m; \"$@\"; bg; sleep 1; echo in-the-background; read x; fg; echo \"ended with $?\"; read x";

static void continued_in_the_background(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    SKIP_UNLESS(access("/bin/bash", X_OK) == 0, "bash is not installed");
    struct e2e e;
    e2e_start_command(&e, 24, 80, NULL, background_script);
    e2e_wait(&e, "Enter types: getpid()");
    e2e_type(&e, "\032");
    e2e_wait(&e, "in-the-background");
    assert_false(vt_alternate(e.run.vt));
    size_t before = e.run.bytes;
    vt_run_pump(&e.run, 800);
    assert_int_equal(e.run.bytes, before);
    e2e_type(&e, "\r");
    e2e_wait(&e, "Enter types: getpid()");
    assert_true(vt_alternate(e.run.vt));
    e2e_type(&e, "\004");
    e2e_wait(&e, "ended with 0");
    e2e_type(&e, "\r");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_assert_restored(&e);
    e2e_end(&e);
}

/* kill -STOP gives nobody a chance to tidy up; after CONT the screen is drawn anew. */
static void stopped_by_force(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    kill(e.run.pid, SIGSTOP);
    vt_run_pump(&e.run, 200);
    vt_feed(e.run.vt, "\033[2J\033[Hgarbage", 15);
    kill(e.run.pid, SIGCONT);
    e2e_wait_gone(&e, "garbage");
    e2e_wait(&e, "Enter types: getpid()");
    e2e_run(&e, "getpid()", "getpid() = ");
    e2e_run(&e, ":quit", "Nothing is left");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_assert_restored(&e); /* no shell has reset the modes in between: those of before are still known */
    e2e_end(&e);
}

/* A terminal that reads nothing costs its frames, not the program. */
static void a_terminal_that_stops_reading(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    e.run.deaf = true;
    e2e_type(&e, "for i in $(seq 3000); do echo flood flood flood flood flood flood flood flood $i; done\r");
    vt_run_pump(&e.run, 2500);
    e2e_type(&e, "echo still-$((1 + 1))-here\r");
    vt_run_pump(&e.run, 1500);
    e.run.deaf = false;
    e2e_wait(&e, "still-2-here");
    assert_true(e.run.bytes < 400000); /* frames were left out, not queued */
    e.run.deaf = true;
    e2e_type(&e, "seq 5000\r");
    vt_run_pump(&e.run, 1000);
    e2e_family(&e);
    kill(e.run.pid, SIGTERM);
    vt_run_pump(&e.run, 3000);
    e.run.deaf = false;
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_assert_restored(&e);
    assert_true(e2e_family_gone(&e, E2E_MS));
    e2e_end(&e);
}

/* Output of a program is text: what it may hold, the terminal never gets. */
static void hostile_output(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    e2e_run(&e, "printf '\\033[?1049l\\033]0;title\\007\\033[2J\\302\\233[5mafter-%s\\n' this", "after-this");
    vt_run_quiet(&e.run, 200, 3000);
    assert_true(vt_alternate(e.run.vt));
    e2e_wait(&e, "1 host");
    e2e_end(&e);
}

static void the_screen_fits_no_one_else(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start_command(&e, 24, 80, (const char *const[]){"TERM=dumb", NULL}, "\"$@\"");
    e2e_wait(&e, "Enter runs: getpid()");
    assert_false(vt_alternate(e.run.vt));
    e2e_run(&e, "getpid()", "getpid() = ");
    e2e_type(&e, "\004");
    e2e_wait(&e, "Nothing is left");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_assert_restored(&e);
    e2e_end(&e);
    /* A pipe: lines in, text out, the same session. */
    e2e_start_command(&e, 40, 80, NULL, "printf 'getpid()\\nfrob()\\n:quit\\n' | \"$@\" | cat");
    e2e_wait(&e, "getpid() = ");
    e2e_wait(&e, "error: ");
    e2e_wait(&e, "Nothing is left");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_end(&e);
}

/* --plain where the full screen could be: readline edits, changes are told as sentences. */
static void linear_by_choice(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start_command(&e, 40, 100, NULL, "\"$@\" --plain");
    e2e_wait(&e, "(Enter types: getpid())");
    assert_false(vt_alternate(e.run.vt));
    e2e_type(&e, "\r");
    e2e_wait(&e, "# getpid()");
    e2e_type(&e, "\r");
    e2e_wait(&e, "getpid() = ");
    e2e_run(&e, "sleep 31337 &", "change: host: new process");
    e2e_type(&e, "mount(\"a\", \"/b\", NULL, MS_NOEXE\t");
    e2e_wait(&e, "MS_NOEXEC");
    e2e_type(&e, "\003");
    e2e_wait(&e, "^C");
    e2e_type(&e, "sleep 3000\r");
    vt_run_pump(&e.run, 500);
    e2e_type(&e, "\003");
    e2e_run(&e, "echo back-$((1 + 1))", "back-2");
    vt_run_quiet(&e.run, 300, 3000); /* the prompt: the kernel would eat a ^D before it */
    e2e_family(&e);
    e2e_type(&e, "\004");
    e2e_wait(&e, "Nothing is left");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_assert_restored(&e);
    assert_true(e2e_family_gone(&e, E2E_MS));
    e2e_end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaving_tells_that_nothing_is_left),
        cmocka_unit_test(a_quit_while_something_runs),
        cmocka_unit_test(killed),
        cmocka_unit_test(crashed),
        cmocka_unit_test(hung_up),
        cmocka_unit_test(suspended),
        cmocka_unit_test(continued_in_the_background),
        cmocka_unit_test(stopped_by_force),
        cmocka_unit_test(a_terminal_that_stops_reading),
        cmocka_unit_test(hostile_output),
        cmocka_unit_test(the_screen_fits_no_one_else),
        cmocka_unit_test(linear_by_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
