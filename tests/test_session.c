/* Both stages with real processes: calls, commands, what persists, what is refused, and that nothing is left. */
#include "support.h"

#include "base/mem.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/journal.h"
#include "stage.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static enum stage_kind kind_of(void **state)
{
    return *(const enum stage_kind *)*state;
}

static void test_two_sides(void **state)
{
    struct session *s = stage_open(kind_of(state));
    struct actor *host = session_actor(s, 1), *container = session_actor(s, 2);
    assert_string_equal(host->name, "host");
    assert_string_equal(container->name, "container");
    assert_int_equal(stage_call(s, 1, "getpid()", NULL), host->own_pid);
    assert_int_equal(stage_call(s, 2, "getppid()", NULL), host->own_pid);
    assert_int_equal(stage_call(s, 2, "getuid()", NULL), 0);
    const char *why = NULL, *out;
    assert_true(session_host_proc(s) >= 0);
    assert_true(session_container_proc(s, &why) >= 0);
    assert_int_equal(stage_run(s, 2, "ls -1d rootfs/bin/sh image.tar", &out), 0);
    assert_string_equal(out, "image.tar\nrootfs/bin/sh");
    stage_close(s);
}

static void test_commands_keep_state(void **state)
{
    struct session *s = stage_open(kind_of(state));
    const char *out;
    assert_int_equal(stage_run(s, 1, "x='a b'; export y=\"it's\"; cd rootfs/etc; exit_is=7; false", NULL), 1);
    assert_int_equal(stage_run(s, 1, "echo \"$x|$y\"; pwd; exit 3", &out), 3);
    assert_non_null(strstr(out, "a b|it's\n"));
    assert_non_null(strstr(out, "/rootfs/etc"));
    assert_int_equal(stage_run(s, 2, "echo \"[$x]\"", &out), 0);
    assert_string_equal(out, "[]"); /* the other side's variables are its own */
    assert_int_equal(stage_run(s, 1, "echo )", NULL), 2);
    assert_int_equal(stage_run(s, 1, "echo $x", &out), 0);
    assert_string_equal(out, "a b");                       /* a syntax error loses nothing */
    assert_int_equal(stage_run(s, 1, "env; ps", &out), 0); /* our marks and our script do not show */
    assert_null(strstr(out, "porthole_"));
    assert_int_equal(session_actor(s, 1)->state, ACTOR_WAITING);
    stage_close(s);
}

static void test_background_process(void **state)
{
    struct session *s = stage_open(kind_of(state));
    const char *out;
    assert_int_equal(stage_run(s, 1, "sleep 31337 & export victim=$!", NULL), 0);
    assert_int_equal(stage_run(s, 1, "kill -0 $victim && echo alive", &out), 0);
    assert_string_equal(out, "alive");
    assert_int_equal(stage_run(s, 1, "test $victim = $! && echo '$!' \\$!", &out), 0);
    assert_string_equal(out, "$! $!");
    assert_int_equal(stage_run(s, 1, "sleep 31339 & test $victim != $!", &out), 0);
    session_set_var(s, "victim", session_var(s, SIDE_HOST, "victim"));
    assert_int_equal(stage_call(s, 2, "kill($victim, SIGTERM)", NULL), 0);
    int err = 0;
    for (int i = 0; i < 200 && err != ESRCH; i++) { /* its reaper needs a moment */
        stage_call(s, 2, "kill($victim, 0)", &err);
        poll(NULL, 0, 5);
    }
    assert_int_equal(err, ESRCH);
    stage_close(s);
}

static void test_chroot_and_proc(void **state)
{
    struct session *s = stage_open(kind_of(state));
    const char *out, *why = NULL;
    assert_int_equal(stage_call(s, 2, "chroot(\"rootfs\")", NULL), 0);
    assert_int_equal(stage_call(s, 2, "chdir(\"/\")", NULL), 0);
    assert_string_equal(session_cwd(s, SIDE_CONTAINER), "/");
    assert_int_equal(session_container_proc(s, &why), -1);
    assert_non_null(strstr(why, "nothing is mounted"));
    assert_int_equal(stage_run(s, 2, "which python3", NULL), 1);
    assert_int_equal(stage_call(s, 2, "mount(\"proc\", \"/proc\", \"proc\", 0, NULL)", NULL), 0);
    assert_true(session_container_proc(s, &why) >= 0);
    assert_int_equal(stage_run(s, 2, "ps -o pid | grep -c \"^ *$host\\$\"", &out), 0);
    assert_string_equal(out, "1"); /* the host side's actor is in sight: same pid namespace */
    stage_close(s);
}

static void test_pid_namespace(void **state)
{
    struct session *s = stage_open(kind_of(state));
    const char *out;
    assert_int_equal(stage_call(s, 2, "unshare(CLONE_NEWPID|CLONE_NEWNS)", NULL), 0);
    assert_true(stage_call(s, 2, "fork()", NULL) > 0);
    struct actor *init = session_actor(s, 3);
    assert_string_equal(init->name, "fork3");
    assert_int_equal(init->own_pid, 1);
    assert_true(init->pid > 1);
    assert_int_equal(stage_call(s, 3, "chroot(\"rootfs\")", NULL), 0);
    assert_int_equal(stage_call(s, 3, "chdir(\"/\")", NULL), 0);
    assert_int_equal(stage_call(s, 3, "mount(\"proc\", \"/proc\", \"proc\", 0, NULL)", NULL), 0);
    assert_int_equal(stage_call(s, 3, "kill(1, SIGKILL)", NULL), 0);
    assert_int_equal(stage_run(s, 3, "ps | tail -n +2 | wc -l", &out), 0);
    assert_true(atoi(out) >= 2 && atoi(out) <= 6); /* init and this command */
    struct outcome o;
    assert_true(session_drive(s, 3, &o));
    stage_call(s, 3, "execve(\"/bin/sh\", [\"sh\"])", NULL);
    assert_int_equal(init->state, ACTOR_PROGRAM);
    int status = 0;
    autostr struct str text = {0};
    assert_int_equal(session_input(s, init, "echo I am $$; false", 0, &text, &status, &o), 0);
    assert_string_equal(str_c(&text), "I am 1\n");
    assert_int_equal(WEXITSTATUS(status), 1);
    stage_close(s);
}

static void test_second_fork_after_dead_init(void **state)
{
    struct session *s = stage_open(kind_of(state));
    struct outcome o = {0};
    int status;
    assert_int_equal(stage_call(s, 2, "unshare(CLONE_NEWPID)", NULL), 0);
    assert_int_equal(stage_run(s, 2, "true", NULL), 0);
    assert_int_equal(session_run(s, session_actor(s, 2), "true", RUN_QUIET, 0, NULL, &status, &o), -1);
    assert_int_equal(o.err, ENOMEM);
    stage_close(s);
}

/* The article's own line: an interactive shell started by a typed command. */
static void test_nested_shell(void **state)
{
    struct session *s = stage_open(kind_of(state));
    struct outcome o = {0};
    int status = 0;
    struct actor *c = session_actor(s, 2);
    assert_int_equal(session_run(s, c, "unshare --pid --fork --mount-proc=$rootfs/proc chroot rootfs /bin/sh", 0, 5000,
                                 NULL, &status, &o),
                     0);
    assert_int_equal(status, -1);
    assert_int_equal(c->state, ACTOR_PROGRAM);
    assert_true(c->nested);
    autostr struct str text = {0};
    assert_int_equal(session_input(s, c, "echo pid $$ of $(ls /proc | grep -c '^[0-9]')", 0, &text, &status, &o), 0);
    assert_true(text_has_prefix(str_c(&text), "pid 1 of "));
    assert_non_null(strstr(stage_refused(s, 2, "getpid()"), "exit"));
    assert_int_equal(session_input(s, c, "exit", 0, NULL, &status, &o), 0);
    assert_int_equal(c->state, ACTOR_WAITING);
    assert_int_equal(stage_call(s, 2, "getpid()", NULL), c->own_pid);
    stage_close(s);
}

/* bash repeats no line where its terminal does not echo, and has its own way with prompts. */
static void test_nested_bash(void **state)
{
    struct session *s = stage_open(STAGE_REAL);
    struct outcome o = {0};
    int status = 0;
    struct actor *c = session_actor(s, 2);
    assert_int_equal(session_run(s, c, "bash --norc -i", 0, 5000, NULL, &status, &o), 0);
    assert_true(c->nested);
    const char *const lines[][2] = {{"echo I am here", "I am here\n"},
                                    {"for i in 1 2", ""},
                                    {"do echo n$i", ""},
                                    {"done", "n1\nn2\n"},
                                    {"(exit 3)", ""},
                                    {"ec=$?; echo $ec", "3\n"}};
    for (size_t i = 0; i < COUNT(lines); i++) {
        autostr struct str text = {0};
        assert_int_equal(session_input(s, c, lines[i][0], 0, &text, &status, &o), 0);
        assert_string_equal(str_c(&text), lines[i][1]);
    }
    assert_int_equal(session_input(s, c, "false", 0, NULL, &status, &o), 0);
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_int_equal(session_input(s, c, "exit", 0, NULL, &status, &o), 0);
    assert_int_equal(c->state, ACTOR_WAITING);
    stage_close(s);
}

static void test_exec_and_wait(void **state)
{
    struct session *s = stage_open(kind_of(state));
    int err;
    long pid = stage_call(s, 2, "fork()", NULL);
    assert_true(pid > 0);
    assert_int_equal(stage_call(s, 3, "execve(\"/nowhere\", [\"x\"])", &err), -1);
    assert_int_equal(err, ENOENT);
    struct outcome o;
    assert_true(session_drive(s, 3, &o));
    stage_call(s, 3, "exit(7)", NULL);
    assert_int_equal(session_actor(s, 3)->state, ACTOR_DEAD);
    assert_int_equal(session_driven(s)->id, 2); /* its parent is driven again */
    struct task t = {0};
    assert_true(task_read_stat(procfs_self(), session_actor(s, 3)->pid, &t));
    assert_int_equal(t.state, 'Z');
    assert_int_equal(stage_call(s, 2, "wait4(-1)", NULL), pid);
    assert_false(task_read_stat(procfs_self(), session_actor(s, 3)->pid, &t));
    stage_close(s);
}

static void test_interrupt_blocked_call(void **state)
{
    struct session *s = stage_open(kind_of(state));
    int err = 0;
    session_set_patience(s, 50);
    stage_call(s, 2, "fork()", NULL);
    assert_int_equal(stage_call(s, 2, "wait4(-1)", &err), -1);
    assert_int_equal(err, EINTR);
    assert_int_equal(stage_run(s, 2, "sleep 100", NULL), 130);
    stage_close(s);
}

static void test_program_without_shell(void **state)
{
    struct session *s = stage_open(kind_of(state));
    struct outcome o = {0};
    int status;
    stage_call(s, 2, "mkdir(\"empty\", 0755)", NULL);
    stage_call(s, 2, "chroot(\"empty\")", NULL);
    assert_int_equal(session_run(s, session_actor(s, 2), "ls", RUN_QUIET, 0, NULL, &status, &o), -1);
    assert_int_equal(o.err, ENOENT);
    stage_close(s);
}

static void test_guard(void **state)
{
    struct session *s = stage_open(kind_of(state));
    assert_non_null(strstr(stage_refused(s, 1, "exit(0)"), "fork()"));
    assert_non_null(strstr(stage_refused(s, 2, "close(250)"), "250"));
    if (kind_of(state) == STAGE_REAL) {
        char line[64];
        snprintf(line, sizeof line, "kill(%d, SIGTERM)", (int)getpid());
        assert_non_null(strstr(stage_refused(s, 2, line), "porthole itself"));
        char parent[64];
        snprintf(parent, sizeof parent, "kill(%d, SIGCONT)", (int)getppid());
        assert_non_null(strstr(stage_refused(s, 2, parent), "did not start"));
        assert_non_null(strstr(stage_refused(s, 2, "kill($host, SIGTERM)"), "the host side needs"));
        assert_non_null(strstr(stage_refused(s, 2, "umount2($lab, MNT_DETACH)"), "the lab itself"));
        assert_non_null(strstr(stage_refused(s, 2, "mount(\"/proc\", $lab, NULL, MS_MOVE, NULL)"), "outside the lab"));
        assert_non_null(strstr(stage_refused(s, 2, "mount(NULL, \"/\", NULL, MS_REMOUNT|MS_RDONLY, NULL)"),
                               "changes this mount only"));
        assert_int_equal(stage_call(s, 2, "kill(0, SIGWINCH)", NULL), 0);
        assert_non_null(strstr(stage_refused(s, 2, "kill(-1, SIGKILL)"), "every process"));
        assert_non_null(strstr(stage_refused(s, 2, "umount2(\"/proc\", MNT_DETACH)"), "lab"));
        assert_non_null(strstr(stage_refused(s, 2, "mount(\"x\", \"/usr\", \"tmpfs\", 0, NULL)"), "lab"));
        /* and for programs, by the kernel */
        snprintf(line, sizeof line, "kill %d", (int)getpid());
        assert_int_not_equal(stage_run(s, 2, line, NULL), 0);
        assert_int_not_equal(stage_run(s, 2, "kill -9 -1", NULL), 0);
        assert_int_not_equal(stage_run(s, 2, "touch /usr/porthole-was-here", NULL), 0);
        assert_int_not_equal(access("/usr/porthole-was-here", F_OK), 0);
        int err = 0;
        assert_int_equal(stage_call(s, 2, "mount(NULL, \"/\", NULL, MS_PRIVATE, NULL)", NULL), 0);
        char before[65] = "", after[65] = "";
        gethostname(before, 64);
        assert_int_equal(stage_call(s, 2, "sethostname(\"accident\", 8)", &err), 0);
        gethostname(after, 64);
        assert_string_equal(before, after);
    }
    stage_close(s);
}

static void test_fork_bomb_is_confined(void **state)
{
    struct session *s = stage_open(kind_of(state));
    SKIP_UNLESS(kind_of(state) == STAGE_PRACTICE || session_limits_processes(s),
                "no pids controller to limit the real stage with");
    /* Bounded: 4,000 sleeps at most, which is above both stages' limits. */
    assert_int_not_equal(stage_run(s, 2, "i=0; while [ $i -lt 4000 ]; do sleep 100 & i=$((i+1)); done", NULL), 0);
    stage_close(s);
}

static uint64_t mount_ns_of(struct session *s)
{
    return procfs_ns(procfs_self(), session_actor(s, 1)->pid, "mnt");
}

static void test_nothing_is_left(void **state)
{
    struct session *s = stage_open(kind_of(state));
    uint64_t ns = mount_ns_of(s);
    assert_true(stage_count(ns) > 0);
    stage_run(s, 1, "sleep 1000 & (setsid sleep 1000 & ) ; (trap '' TERM HUP INT; sleep 1000) &", NULL);
    stage_run(s, 2, "mount -t tmpfs x rootfs/mnt; unshare --pid --fork sleep 1000 &", NULL);
    session_stop(s);
    assert_int_equal(stage_count(ns), 0);
    autostr struct str receipt = {0};
    assert_true(session_receipt(s, &receipt));
    assert_non_null(strstr(str_c(&receipt), "Nothing is left behind."));
    stage_close(s);
}

/* A process that got away: a child of this test that joins the stage's UTS namespace, which no warden knows of. */
static pid_t runaway(struct session *s, bool user)
{
    int ready[2];
    char path[64], c;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        const char *const names[] = {"user", "uts"};
        int fd[2];
        close_range(3, (unsigned)ready[1] - 1, 0);
        for (int i = 0; i < 2; i++) {
            snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)session_actor(s, 1)->pid, names[i]);
            fd[i] = open(path, O_RDONLY | O_CLOEXEC);
        }
        for (int i = user ? 0 : 1; i < 2; i++)
            if (setns(fd[i], 0) < 0)
                _exit(1);
        if (write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    return pid;
}

/* The receipt can say no. */
static void test_receipt_finds_what_is_left(void **state)
{
    struct session *s = stage_open(kind_of(state));
    pid_t pid = runaway(s, kind_of(state) == STAGE_PRACTICE);
    session_stop(s);
    autostr struct str receipt = {0};
    bool clean = session_receipt(s, &receipt);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_false(clean);
    assert_non_null(strstr(str_c(&receipt), "1 of this session's left"));
    stage_close(s);
}

static void test_restart_gives_a_fresh_stage(void **state)
{
    struct session *s = stage_open(kind_of(state));
    struct outcome o = {0};
    stage_run(s, 2, "touch mark; x=1", NULL);
    for (int i = 0; i < 5; i++)
        assert_int_equal(session_start(s, kind_of(state), &o), 0);
    assert_int_not_equal(stage_run(s, 2, "test -e mark", NULL), 0);
    const char *out;
    assert_int_equal(stage_run(s, 2, "echo \"[$x]\"", &out), 0);
    assert_string_equal(out, "[]");
    stage_close(s);
}

static void test_replay(void **state)
{
    struct session *s = stage_open(kind_of(state));
    struct outcome o = {0};
    struct journal j = {0};
    stage_run(s, 1, "sleep 31338 & export victim=$!", NULL);
    long victim = atol(session_var(s, SIDE_HOST, "!"));
    journal_add(&j, JOURNAL_SETUP, 1, 0, "sleep 31338 & export victim=$!", (pid_t)victim);
    journal_add(&j, JOURNAL_CALL, 2, 0, "chroot(\"rootfs\")", 0);
    journal_add(&j, JOURNAL_CALL, 2, 0, "chdir(\"/\")", 0);
    journal_add(&j, JOURNAL_CALL, 2, 1, "fork()", 0);
    autofree char *line = xasprintf("kill -STOP %ld", victim);
    journal_add(&j, JOURNAL_SHELL, 2, 1, line, 0);
    journal_add(&j, JOURNAL_DRIVE, 3, 1, "", 0);
    assert_int_equal(session_start(s, kind_of(state), &o), 0);
    if (journal_replay(&j, s, &o) < 0)
        fail_msg("%s: %s", o.step, o.where);
    assert_int_equal(session_driven(s)->id, 3);
    const char *out;
    assert_int_equal(stage_run(s, 3, "pwd", &out), 0);
    assert_string_equal(out, "/");
    assert_int_equal(stage_run(s, 1, "cut -d' ' -f3 /proc/$victim/stat", &out), 0);
    assert_true(
        !strcmp(out, "T") ||
        !strcmp(out, "t")); /* watched: 't'. The new victim got the signal that was sent to the old one's number */
    journal_clear(&j);
    stage_close(s);
}

/* Ends the process that holds the session with SIGKILL at a random moment; the warden must clean up. */
static void test_sigkill_leaves_nothing(void **state)
{
    enum stage_kind kind = kind_of(state);
    stage_close(stage_open(kind)); /* skips when the stage cannot run here */
    for (int round = 0; round < 10; round++) {
        int tell[2];
        assert_int_equal(pipe(tell), 0);
        pid_t pid = fork();
        if (pid == 0) {
            struct session *s = stage_open(kind);
            uint64_t ns = mount_ns_of(s);
            if (write(tell[1], &ns, sizeof ns) != sizeof ns)
                _exit(1);
            for (;;) {
                stage_run(s, 1, "sleep 1000 & (setsid sleep 1000 &)", NULL);
                stage_run(s, 2, "unshare --pid --fork sleep 1000 & mount -t tmpfs x rootfs/mnt", NULL);
            }
        }
        uint64_t ns;
        assert_int_equal(read(tell[0], &ns, sizeof ns), sizeof ns);
        poll(NULL, 0, round * 7 % 40);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        int left = 1;
        for (int i = 0; i < 400 && left; i++) {
            poll(NULL, 0, 5);
            left = stage_count(ns);
        }
        assert_int_equal(left, 0);
        close(tell[0]);
        close(tell[1]);
    }
}

static const enum stage_kind practice = STAGE_PRACTICE, real = STAGE_REAL;

#define BOTH(f)                                                                                                        \
    {#f " (practice)", f, NULL, NULL, (void *)(uintptr_t)&practice},                                                   \
    {                                                                                                                  \
#f " (real)", f, NULL, NULL, (void *)(uintptr_t)&real                                                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_two_sides),
        BOTH(test_commands_keep_state),
        BOTH(test_background_process),
        BOTH(test_chroot_and_proc),
        BOTH(test_pid_namespace),
        BOTH(test_second_fork_after_dead_init),
        cmocka_unit_test(test_nested_bash),
        BOTH(test_nested_shell),
        BOTH(test_exec_and_wait),
        BOTH(test_interrupt_blocked_call),
        BOTH(test_program_without_shell),
        BOTH(test_guard),
        BOTH(test_fork_bomb_is_confined),
        BOTH(test_nothing_is_left),
        BOTH(test_receipt_finds_what_is_left),
        BOTH(test_restart_gives_a_fresh_stage),
        BOTH(test_replay),
        BOTH(test_sigkill_leaves_nothing),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
