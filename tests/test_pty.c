/* The sides' own terminals: real shells on real ptys, on both stages. */
#include "support.h"

#include "base/mem.h"
#include "base/str.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/pty.h"
#include "stage.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct str said[2];
static int endings;

static void on_terminal(void *arg, enum side side, const char *bytes, size_t n)
{
    endings += !n && pty_state(arg, side) >= PTY_ENDED;
    str_addn(&said[side], n ? bytes : "", n);
}

static struct session *open_stage(void **state)
{
    struct session *s = stage_open(*(const enum stage_kind *)*state);
    session_set_events(s, &(struct session_events){.terminal = on_terminal, .arg = s});
    str_cut(&said[0], 0);
    str_cut(&said[1], 0);
    endings = 0;
    return s;
}

static void open_terminal(struct session *s, enum side side, const char *command)
{
    struct outcome o = {0};
    if (pty_open(s, side, command, 24, 80, &o) < 0)
        fail_msg("%s: %s (%d) %s", o.step, o.where, o.err, o.hint);
}

static bool has(enum side side, const char *text)
{
    return said[side].len && memmem(said[side].s, said[side].len, text, strlen(text));
}

static void wait_for(enum side side, const char *text)
{
    for (int64_t end = now_ms() + 15000; !has(side, text) && now_ms() < end;)
        loop_once(stage_loop, 20);
    if (!has(side, text))
        fail_msg("\"%s\" did not come; what came: %s", text, str_c(&said[side]));
}

static void type(struct session *s, enum side side, const char *text, const char *answer)
{
    assert_true(pty_put(s, side, text, strlen(text)));
    wait_for(side, answer);
}

static void wait_state(struct session *s, enum side side, enum pty_state state)
{
    for (int64_t end = now_ms() + 15000; pty_state(s, side) != state && now_ms() < end;)
        loop_once(stage_loop, 20);
    assert_int_equal(pty_state(s, side), state);
}

/* Numbers are put together by the shell, so that the line's own echo is no answer. */
static void test_a_shell_on_each_side(void **state)
{
    struct session *s = open_stage(state);
    for (int side = 0; side < 2; side++) {
        open_terminal(s, (enum side)side, NULL);
        assert_true(pty_is_shell(s, (enum side)side));
        type(s, (enum side)side, "echo side-$((40 + 2)) $TERM\n", "side-42 xterm-256color");
        type(s, (enum side)side, "stty size; test -t 0 && echo tty-$((1 + 1))\n", "tty-2");
        assert_true(has((enum side)side, "24 80"));
        assert_true(pty_pid(s, (enum side)side) > 1);
        assert_true(*pty_program(s, (enum side)side));
    }
    struct outcome o = {0};
    assert_int_equal(pty_open(s, SIDE_HOST, NULL, 24, 80, &o), -1);
    assert_int_equal(o.err, EBUSY);
    pty_resize(s, SIDE_HOST, 33, 77);
    type(s, SIDE_HOST, "stty size\n", "33 77");
    type(s, SIDE_HOST, "exit 7\n", "exit");
    wait_state(s, SIDE_HOST, PTY_ENDED);
    assert_int_equal(WEXITSTATUS(pty_status(s, SIDE_HOST)), 7);
    assert_false(pty_put(s, SIDE_HOST, "x", 1));
    assert_int_equal(pty_state(s, SIDE_CONTAINER), PTY_RUNNING);
    assert_int_equal(endings, 1);
    stage_close(s);
}

/* The side's own place and variables, and its actor goes on serving meanwhile. */
static void test_beside_the_actor(void **state)
{
    struct session *s = open_stage(state);
    const char *out;
    assert_int_equal(stage_run(s, 2, "fruit=apple; mkdir -p there && cd there", NULL), 0);
    open_terminal(s, SIDE_CONTAINER, NULL);
    type(s, SIDE_CONTAINER, "echo $fruit-$((1 + 1)) in ${PWD##*/}\n", "apple-2 in there");
    assert_int_equal(stage_run(s, 2, "echo still-$((3 + 3))", &out), 0);
    assert_string_equal(out, "still-6");
    type(s, SIDE_CONTAINER, "exit\n", "exit");
    wait_state(s, SIDE_CONTAINER, PTY_ENDED);
    assert_int_equal(stage_run(s, 2, "echo again-$((4 + 4))", &out), 0);
    assert_string_equal(out, "again-8");
    stage_close(s);
}

static void test_job_control(void **state)
{
    struct session *s = open_stage(state);
    open_terminal(s, SIDE_HOST, NULL);
    type(s, SIDE_HOST, "echo ready-$((1 + 1))\n", "ready-2");
    type(s, SIDE_HOST, "sleep 31341\n", "sleep 31341");
    for (int i = 0; i < 300 && strcmp(pty_program(s, SIDE_HOST), "sleep") != 0; i++)
        loop_once(stage_loop, 20);
    assert_string_equal(pty_program(s, SIDE_HOST), "sleep");
    type(s, SIDE_HOST, "\032", "topped"); /* Stopped, or [1]+ stopped */
    type(s, SIDE_HOST, "jobs; echo listed-$((1 + 1))\n", "listed-2");
    type(s, SIDE_HOST, "fg\n", "fg");
    for (int i = 0; i < 300 && strcmp(pty_program(s, SIDE_HOST), "sleep") != 0; i++)
        loop_once(stage_loop, 20);
    assert_string_equal(pty_program(s, SIDE_HOST), "sleep");
    type(s, SIDE_HOST, "\003", "^C");
    type(s, SIDE_HOST, "echo status-$?-$((1 + 1))\n", "status-130-2");
    stage_close(s);
}

static void test_a_command(void **state)
{
    struct session *s = open_stage(state);
    open_terminal(s, SIDE_HOST, "echo once; exit 3");
    assert_false(pty_is_shell(s, SIDE_HOST));
    wait_state(s, SIDE_HOST, PTY_ENDED);
    assert_true(has(SIDE_HOST, "once"));
    assert_int_equal(WEXITSTATUS(pty_status(s, SIDE_HOST)), 3);
    open_terminal(s, SIDE_HOST, "kill -TERM $$");
    wait_state(s, SIDE_HOST, PTY_ENDED);
    assert_int_equal(WTERMSIG(pty_status(s, SIDE_HOST)), SIGTERM);
    stage_close(s);
}

/* A large paste arrives whole, whatever the reader's pace, and ^C does not wait behind one. */
static void test_a_large_paste(void **state)
{
    struct session *s = open_stage(state);
    open_terminal(s, SIDE_HOST, "stty raw -echo; echo go-$((1 + 1)); head -c 200000 | md5sum; cat >/dev/null");
    wait_for(SIDE_HOST, "go-2");
    char expected[33] = "", text[200000];
    FILE *lines = popen("seq 100000", "r"), *sum = popen("seq 100000 | head -c 200000 | md5sum", "r");
    assert_true(lines && sum);
    assert_int_equal(fread(text, 1, sizeof text, lines), sizeof text);
    assert_int_equal(fscanf(sum, "%32s", expected), 1);
    pclose(lines);
    pclose(sum);
    assert_true(pty_put(s, SIDE_HOST, text, 200000));
    wait_for(SIDE_HOST, expected);
    pty_close(s, SIDE_HOST);
    wait_state(s, SIDE_HOST, PTY_ENDED);
    open_terminal(s, SIDE_HOST, "echo slow-$((1 + 1)); sleep 31342");
    wait_for(SIDE_HOST, "slow-2");
    assert_true(pty_put(s, SIDE_HOST, text, 100000));
    pty_forget(s, SIDE_HOST);
    assert_true(pty_put(s, SIDE_HOST, "\003", 1));
    stage_close(s);
}

/* Output in portions: the loop's other work gets its turn while somebody floods. */
static void test_a_flood(void **state)
{
    struct session *s = open_stage(state);
    open_terminal(s, SIDE_HOST, "yes");
    size_t most = 0;
    wait_for(SIDE_HOST, "y");
    for (int i = 0; i < 40; i++) {
        size_t before = said[SIDE_HOST].len;
        loop_once(stage_loop, 20);
        if (said[SIDE_HOST].len - before > most)
            most = said[SIDE_HOST].len - before;
        str_cut(&said[SIDE_HOST], 0);
    }
    assert_true(most > 0 && most <= PTY_PORTION);
    const char *out;
    assert_int_equal(stage_run(s, 2, "echo meanwhile", &out), 0);
    assert_string_equal(out, "meanwhile");
    stage_close(s);
}

/* The container's actor has become process 1 of a pid namespace of its own: the shell enters there. */
static void test_entering(void **state)
{
    struct session *s = open_stage(state);
    assert_int_equal(stage_call(s, 2, "unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS)", NULL), 0);
    assert_true(stage_call(s, 2, "fork()", NULL) > 0);
    struct outcome o;
    assert_true(session_drive(s, 3, &o));
    assert_int_equal(stage_call(s, 3, "mount(NULL, \"/\", NULL, MS_REC | MS_PRIVATE, NULL)", NULL), 0);
    assert_int_equal(stage_call(s, 3, "chroot(\"rootfs\")", NULL), 0);
    assert_int_equal(stage_call(s, 3, "chdir(\"/\")", NULL), 0);
    assert_int_equal(stage_call(s, 3, "mount(\"proc\", \"/proc\", \"proc\", 0, NULL)", NULL), 0);
    stage_call(s, 3, "execve(\"/bin/sh\", [\"sh\"])", NULL);
    const struct actor *one = session_actor(s, 3);
    assert_int_equal(one->state, ACTOR_PROGRAM);
    open_terminal(s, SIDE_CONTAINER, NULL);
    type(s, SIDE_CONTAINER, "test $$ -gt 1 && test \"$(cat /proc/1/comm)\" = sh && echo inside-$((1 + 1))\n",
         "inside-2");
    type(s, SIDE_CONTAINER, "ls -d /lab 2>/dev/null; echo root-$((2 + 2))\n", "root-4");
    pid_t shell = pty_pid(s, SIDE_CONTAINER);
    static const char *const kinds[] = {"pid", "mnt", "uts", "user"};
    for (size_t i = 0; i < COUNT(kinds); i++)
        assert_int_equal(procfs_ns(procfs_self(), shell, kinds[i]), procfs_ns(procfs_self(), one->pid, kinds[i]));
    type(s, SIDE_CONTAINER, "exit 5\n", "exit");
    wait_state(s, SIDE_CONTAINER, PTY_ENDED);
    assert_int_equal(WEXITSTATUS(pty_status(s, SIDE_CONTAINER)), 5);
    stage_close(s);
}

static void test_a_root_without_a_shell(void **state)
{
    struct session *s = open_stage(state);
    assert_int_equal(stage_run(s, 2, "mkdir -p empty", NULL), 0);
    assert_int_equal(stage_call(s, 2, "chroot(\"empty\")", NULL), 0);
    struct outcome o = {0};
    assert_int_equal(pty_open(s, SIDE_CONTAINER, NULL, 24, 80, &o), -1);
    assert_int_equal(o.err, ENOENT);
    assert_non_null(strstr(o.hint, "/bin/sh"));
    assert_int_equal(pty_state(s, SIDE_CONTAINER), PTY_NONE);
    stage_close(s);
}

/* Who does not listen is killed; what is left goes with the stage. */
static void test_the_end(void **state)
{
    struct session *s = open_stage(state);
    struct outcome o = {0};
    open_terminal(s, SIDE_HOST, "trap '' HUP TERM; echo deaf-$((1 + 1)); while :; do sleep 1; done");
    wait_for(SIDE_HOST, "deaf-2");
    pty_close(s, SIDE_HOST);
    wait_state(s, SIDE_HOST, PTY_ENDED);
    open_terminal(s, SIDE_HOST, NULL);
    open_terminal(s, SIDE_CONTAINER, NULL);
    type(s, SIDE_CONTAINER, "echo up-$((1 + 1))\n", "up-2");
    pid_t shell = pty_pid(s, SIDE_CONTAINER);
    endings = 0;
    assert_int_equal(session_start(s, *(const enum stage_kind *)*state, &o), 0);
    assert_int_equal(endings, 2);
    assert_int_equal(pty_state(s, SIDE_CONTAINER), PTY_LOST);
    struct task t;
    for (int i = 0; i < 500 && task_read_stat(procfs_self(), shell, &t); i++)
        loop_once(stage_loop, 10);
    assert_false(task_read_stat(procfs_self(), shell, &t));
    open_terminal(s, SIDE_CONTAINER, NULL);
    stage_close(s);
}

static const enum stage_kind stages[] = {STAGE_PRACTICE, STAGE_REAL};
#define ON(test, i)                                                                                                    \
    {                                                                                                                  \
#test, test, NULL, NULL, (void *)(uintptr_t)&stages[i]                                                         \
    }
#define BOTH(test) ON(test, 0), ON(test, 1)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_a_shell_on_each_side),
        BOTH(test_beside_the_actor),
        BOTH(test_job_control),
        BOTH(test_a_command),
        BOTH(test_a_large_paste),
        BOTH(test_a_flood),
        BOTH(test_entering),
        BOTH(test_a_root_without_a_shell),
        BOTH(test_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
