/* Slow motion as a person uses it: the real program on a pty, on each stage that runs here, and through a pipe. */
#include "base/loop.h"
#include "base/mem.h"
#include "e2e.h"
#include "support.h"
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARTICLE "unshare --pid --fork --mount-proc=rootfs/proc chroot rootfs /bin/sh"

static void slow_start(struct e2e *e, int rows, int cols, const char *stage)
{
    e2e_start_stage(e, rows, cols, stage);
    e2e_run(e, ":slow on", "Slow motion is on");
    e2e_wait(e, "slow motion");
}

/* Whether a shell's first call is fork(), vfork() or clone() is its own affair. */
static void slow_hold(struct e2e *e, const char *line)
{
    e2e_type(e, line);
    e2e_type(e, "\r");
    e2e_wait(e, "HELD: ");
    e2e_wait(e, "▶ ");
    e2e_wait(e, "held>");
    e2e_wait(e, "Enter: make it");
}

/* The line of the article, call by call. */
static void step_by_step(const char *stage)
{
    struct e2e e;
    slow_start(&e, 40, 120, stage);
    slow_hold(&e, ARTICLE);
    e2e_step_to(&e, "\r", "▶ unshare(CLONE_NEWNS|CLONE_NEWPID)");
    e2e_wait(&e, "unshare(2) moves the caller into new namespaces");
    e2e_wait(&e, "unshare --pid --fork --m"); /* the trees are those of this moment */
    e2e_step_to(&e, "\r", "▶ mount(\"none\", \"/\", NULL, MS_REC|MS_PRIVATE, NULL)");
    e2e_wait(&e, "/1 (unshare)"); /* process 1 in there, held */
    e2e_step_to(&e, "\r", "▶ mount(\"proc\", \"rootfs/proc\", \"proc\"");
    e2e_step_to(&e, "\r", "▶ chroot(\"rootfs\")");
    e2e_wait(&e, "(held) chroot "); /* the row of a tree */
    e2e_step_to(&e, "\r", "▶ chdir(\"/\")");
    e2e_wait(&e, "chroot(\"rootfs\") = 0");
    e2e_type(&e, "c");
    e2e_wait(&e, "in sh#");
    e2e_wait_gone(&e, "HELD: ");
    vt_run_pump(&e.run, 500);
    e2e_type(&e, "echo $$.\r");
    e2e_wait(&e, "1.");
    e2e_type(&e, "exit\r");
    e2e_step_to(&e, "c", "container:"); /* the shell's own calls stop, too */
    e2e_end(&e);
}

static void a_denied_call_fails_in_the_program(const char *stage)
{
    struct e2e e;
    slow_start(&e, 40, 120, stage);
    slow_hold(&e, "unshare --pid --fork true");
    e2e_step_to(&e, "\r", "▶ unshare(CLONE_NEWPID)");
    e2e_type(&e, "d");
    e2e_wait(&e, "deny unshare with (EPERM):");
    e2e_type(&e, "\033"); /* Esc: not after all */
    e2e_wait(&e, "held>");
    e2e_type(&e, "denosuch\r");
    e2e_wait(&e, "there is no error of that name: ENOSUCH");
    e2e_type(&e, "\025enosp\t"); /* another one, completed */
    e2e_wait(&e, "(EPERM): ENOSPC");
    e2e_type(&e, "\025\r");
    e2e_step_to(&e, "\r", "unshare: unshare failed: Operation not permitted"); /* the program's own words */
    e2e_wait_gone(&e, "HELD: ");
    e2e_type(&e, "\033OR"); /* F3 */
    e2e_wait(&e, "unshare(CLONE_NEWPID) = -1 EPERM");
    e2e_wait(&e, "You denied it: the call was not made.");
    e2e_end(&e);
}

static void it_runs_on_or_is_cancelled(const char *stage)
{
    struct e2e e;
    slow_start(&e, 24, 80, stage);
    slow_hold(&e, "unshare --pid --fork echo ran-$((1 + 1))-on");
    e2e_type(&e, "x"); /* no answer */
    e2e_wait(&e, "A call is held.");
    e2e_type(&e, "c");
    e2e_wait(&e, "ran-2-on");
    e2e_wait_gone(&e, "HELD: ");
    vt_run_pump(&e.run, 600);
    slow_hold(&e, "unshare --pid --fork echo ran-$((1 + 2))-on");
    e2e_type(&e, "\003");
    e2e_wait_gone(&e, "HELD: ");
    e2e_wait_gone(&e, "running:");
    vt_run_pump(&e.run, 300);
    assert_false(vt_has(e.run.vt, "ran-3-on"));
    slow_hold(&e,
              "unshare --mount /bin/echo ran-$((1 + 4))-on"); /* in the shell's child, which has the shell's handler */
    e2e_step_to(&e, "\r", "▶ execve(\"/usr/bin/unshare\"");
    e2e_type(&e, "\003");
    e2e_wait_gone(&e, "HELD: ");
    e2e_wait_gone(&e, "running:");
    vt_run_pump(&e.run, 500);
    assert_false(vt_has(e.run.vt, "ran-5-on"));
    e2e_run(&e, ":slow off", "Slow motion is off");
    e2e_run(&e, "unshare --pid --fork echo ran-$((1 + 3))-on", "ran-4-on");
    e2e_end(&e);
}

/* Whoever presses Enter a little too often runs nothing by it. */
static void hasty_enters_run_nothing(const char *stage)
{
    struct e2e e;
    slow_start(&e, 24, 80, stage);
    slow_hold(&e, "true; /bin/true");
    for (int i = 0; i < 20 && vt_has(e.run.vt, "HELD: "); i++) {
        e2e_type(&e, "\r\r\r\r\r\r\r");
        vt_run_wait_gone(&e.run, "HELD: ", 150);
    }
    e2e_wait_gone(&e, "HELD: ");
    vt_run_pump(&e.run, 1000);
    assert_false(vt_has(e.run.vt, "# getpid()"));
    e2e_end(&e);
}

/* What the kernel said to a program is explained as if the learner had made the call. */
static void a_failure_is_explained(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 40, 120, stage);
    e2e_run(&e, "unshare --mount --mount-proc=rootfs/nowhere true", "= -1 ENOENT (No such file or directory)");
    e2e_wait(&e, "why: ");
    e2e_wait(&e, "The directory to mount on does not exist");
    e2e_run(&e, ":why", "  not: ");
    e2e_end(&e);
}

static void panes_live_while_a_call_is_held(const char *stage)
{
    struct e2e e;
    slow_start(&e, 24, 80, stage);
    slow_hold(&e, "unshare --pid --fork true");
    e2e_step_to(&e, "\r", "▶ unshare(CLONE_NEWPID)");
    vt_run_resize(&e.run, 60, 200);
    e2e_wait(&e, "▶ unshare(CLONE_NEWPID)");
    vt_run_quiet(&e.run, 200, 3000);
    e2e_wait(&e, "HELD: ");
    vt_run_resize(&e.run, 10, 50); /* too small for the trees */
    e2e_wait(&e, "too small");
    e2e_wait(&e, "unshare(CLONE_NEWPID)");
    vt_run_resize(&e.run, 4, 18);
    e2e_wait(&e, "held");
    vt_run_resize(&e.run, 16, 60);
    e2e_wait(&e, "▶ unshare(CLONE_NEWPID)");
    vt_run_resize(&e.run, 24, 80);
    e2e_wait(&e, "▶ unshare(CLONE_NEWPID)");
    e2e_type(&e, "\0341"); /* a pane, and back */
    e2e_wait(&e, "▶1 host");
    e2e_type(&e, "z");
    e2e_wait_gone(&e, "2 container");
    e2e_wait(&e, "▶ unshare(CLONE_NEWPID)"); /* also beside a zoomed pane */
    e2e_type(&e, "z");
    e2e_wait(&e, "2 container");
    e2e_type(&e, "\r");
    e2e_wait(&e, " 1 host");
    e2e_wait(&e, "▶ unshare(CLONE_NEWPID)"); /* that Enter was not for the call */
    e2e_type(&e, "\r");
    e2e_wait(&e, "unshare(CLONE_NEWPID) = 0");
    e2e_end(&e);
}

static void the_list_explains(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 40, 120, stage);
    e2e_run(&e, "unshare --pid --fork frobnicate", "frobnicate");
    e2e_wait(&e, "calls: ");
    e2e_run(&e, ":calls", "calls of the last command (any other key closes it)");
    e2e_wait(&e, "unshare(CLONE_NEWPID) = 0");
    e2e_wait(&e, "    unshare(2) moves the caller into new namespaces");
    e2e_wait(&e, "misses)");
    e2e_type(&e, "x");
    e2e_wait_gone(&e, "any other key");
    e2e_type(&e, "\033OR"); /* F3 */
    e2e_wait(&e, "any other key closes it");
    e2e_type(&e, "x");
    e2e_wait_gone(&e, "any other key");
    e2e_run(&e, ":calls off", "no longer shown");
    e2e_wait_gone(&e, "─ calls: ");
    e2e_end(&e);
}

/* A call of the background must not take the keys of a line that is being typed. */
static void the_background_waits_for_the_line(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 24, 80, stage);
    e2e_run(&e, "(sleep 5; exec unshare --mount true) & echo started-$((1 + 1))", "started-2");
    e2e_run(&e, ":slow on", "Slow motion is on");
    e2e_type(&e, "echo typed-$((1 + 1))-");
    e2e_wait(&e, "HELD: ");
    e2e_wait(&e, "▶ execve(\"/usr/bin/unshare\"");
    e2e_wait(&e, "A call is held, and waits until this line is entered");
    e2e_type(&e, "scd?");
    e2e_wait(&e, "# echo typed-$((1 + 1))-scd?");
    e2e_type(&e, "\r");
    e2e_wait(&e, "typed-2-scd");
    e2e_wait(&e, "HELD: ");
    e2e_wait(&e, "held>");
    e2e_type(&e, "\r");
    e2e_wait(&e, "▶ unshare(CLONE_NEWNS)");
    e2e_type(&e, "c");
    e2e_wait_gone(&e, "HELD: ");
    e2e_end(&e);
}

static void quitting_leaves_nobody(const char *stage)
{
    struct e2e e;
    slow_start(&e, 24, 80, stage);
    slow_hold(&e, "unshare --pid --fork sleep 31338");
    e2e_step_to(&e, "\r", "▶ unshare(CLONE_NEWPID)");
    e2e_family(&e);
    e2e_type(&e, "\034q");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    assert_true(WIFEXITED(e.run.status) && WEXITSTATUS(e.run.status) == 0);
    assert_true(e2e_family_gone(&e, 2000));
    e2e_assert_restored(&e);
    assert_true(vt_has(e.run.vt, "Nothing is left behind."));
    e2e_end(&e);
}

static void killing_leaves_nobody(const char *stage)
{
    struct e2e e;
    slow_start(&e, 24, 80, stage);
    slow_hold(&e, "unshare --pid --fork sleep 31338");
    e2e_step_to(&e, "\r", "▶ unshare(CLONE_NEWPID)");
    e2e_family(&e);
    assert_true(e.nfamily >= 5);
    kill(e.run.pid, SIGKILL); /* our own child */
    assert_true(e2e_family_gone(&e, 4000));
    vt_run_pump(&e.run, 300);
    e2e_assert_restored(&e);
    e2e_end(&e);
}

/* Through a pipe: a script drives it. */
static void a_script_drives_it(const char *stage)
{
    static const char script[] = ":slow on\n"
                                 "unshare --pid --fork echo never\n"
                                 "\n" /* vfork or execve, whatever comes first ... */
                                 "s\n"
                                 "d ENOSUCH\n"
                                 "nonsense\n"
                                 ":calls\n"
                                 "d ENOSPC\n"
                                 "c\n"
                                 ":slow off\n"
                                 "echo the-$((1 + 1))-end\n"
                                 ":slow on\n"
                                 "unshare --pid --fork echo at-the-$((2 + 1))-end\n"; /* end of input: runs on */
    struct e2e e;
    autofree char *command =
        xasprintf("stage=$1; shift; printf '%%s' \"$0\" | \"$1\" $stage --lessons \"$2\" --plain; echo status-$?");
    e2e_start_script(&e, 200, 120, command, script, stage);
    assert_true(vt_run_wait(&e.run, "status-", 3 * E2E_MS));
    e2e_wait(&e, "status-0");
    static const char *const expected[] = {"held> s",
                                           "held: [container ",
                                           "unshare(CLONE_NEWPID), by unshare",
                                           "unshare(2) moves the caller",
                                           "there is no error of that name: ENOSUCH",
                                           "a call is held, and this is no answer: nonsense",
                                           "unshare(CLONE_NEWPID) = -1 ENOSPC (No space left on device)",
                                           "unshare: unshare failed: No space left on device",
                                           "the-2-end",
                                           "held> c",
                                           "at-the-3-end",
                                           "Nothing is left behind."};
    for (size_t i = 0; i < COUNT(expected); i++)
        e2e_wait(&e, expected[i]);
    assert_false(vt_has(e.run.vt, "never") &&
                 vt_find(e.run.vt, "never", NULL) != vt_find(e.run.vt, "echo never", NULL));
    e2e_end(&e);
}

/* Answers by line once it is asked: "held>" is the last thing on the screen then, and so many prompts are above it. */
static void plain_answer(struct e2e *e, const char *line, int above)
{
    int64_t end = now_ms() + E2E_MS;
    for (bool asked = false; !asked; vt_run_pump(&e->run, 20)) {
        int prompts = 0, last = 0;
        for (int y = 0; y < vt_rows(e->run.vt); y++) {
            const char *row = vt_row(e->run.vt, y);
            prompts += !strncmp(row, "held>", 5);
            last = *row ? !strcmp(row, "held>") : last;
        }
        asked = last && prompts == above + 1;
        if (now_ms() > end)
            fail_msg("no prompt for \"%s\":\n%s", line, vt_text(e->run.vt));
    }
    e2e_type(e, line);
}

/* On a terminal the linear mode asks, too. */
static void a_plain_terminal_asks(const char *stage)
{
    struct e2e e;
    autofree char *command = xasprintf("stage=$1; shift; \"$1\" $stage --lessons \"$2\" --plain; echo status-$?");
    e2e_start_script(&e, 200, 120, command, "", stage); /* nothing scrolls away */
    e2e_wait(&e, "container:/");
    e2e_run(&e, ":slow on", "Slow motion is on");
    e2e_run(&e, "unshare --pid --fork echo at-$((1 + 1))-last", "held>");
    e2e_wait(&e, "Enter: make it");
    plain_answer(&e, "s\r", 0); /* vfork() */
    plain_answer(&e, "s\r", 1); /* execve() */
    e2e_wait(&e, "unshare(CLONE_NEWPID), by unshare");
    e2e_wait(&e, "unshare(2) moves the caller");
    plain_answer(&e, "d EXD\t", 2);
    e2e_wait(&e, "d EXDEV");
    e2e_type(&e, "\025:slow off\r");
    e2e_wait(&e, "at-2-last");
    e2e_run(&e, "echo back-$((1 + 1))", "back-2");
    e2e_run(&e, ":quit", "status-0");
    e2e_end(&e);
}

E2E_ON_EACH_STAGE(step_by_step)
E2E_ON_EACH_STAGE(a_denied_call_fails_in_the_program)
E2E_ON_EACH_STAGE(it_runs_on_or_is_cancelled)
E2E_ON_EACH_STAGE(hasty_enters_run_nothing)
E2E_ON_EACH_STAGE(a_failure_is_explained)
E2E_ON_EACH_STAGE(panes_live_while_a_call_is_held)
E2E_ON_EACH_STAGE(the_list_explains)
E2E_ON_EACH_STAGE(the_background_waits_for_the_line)
E2E_ON_EACH_STAGE(quitting_leaves_nobody)
E2E_ON_EACH_STAGE(killing_leaves_nobody)
E2E_ON_EACH_STAGE(a_script_drives_it)
E2E_ON_EACH_STAGE(a_plain_terminal_asks)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step_by_step_on_each_stage),
        cmocka_unit_test(a_denied_call_fails_in_the_program_on_each_stage),
        cmocka_unit_test(it_runs_on_or_is_cancelled_on_each_stage),
        cmocka_unit_test(hasty_enters_run_nothing_on_each_stage),
        cmocka_unit_test(a_failure_is_explained_on_each_stage),
        cmocka_unit_test(panes_live_while_a_call_is_held_on_each_stage),
        cmocka_unit_test(the_list_explains_on_each_stage),
        cmocka_unit_test(the_background_waits_for_the_line_on_each_stage),
        cmocka_unit_test(quitting_leaves_nobody_on_each_stage),
        cmocka_unit_test(killing_leaves_nobody_on_each_stage),
        cmocka_unit_test(a_script_drives_it_on_each_stage),
        cmocka_unit_test(a_plain_terminal_asks_on_each_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
