/* What becomes of a call that is watched: shown, held, denied, interrupted, made by another way; one test for each trap
 * of the kernel's. */
#include "base/mem.h"
#include "support.h"
#include "watched.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the programs ---- */

static int child_chdir(void)
{
    char cwd[64];
    if (chdir("/") == 0 && chdir("/proc") == 0)
        return getcwd(cwd, sizeof cwd) && !strcmp(cwd, "/proc") ? 0 : 100;
    int err = errno;
    return getcwd(cwd, sizeof cwd) && !strcmp(cwd, "/") ? err : 101; /* denied: still where it was */
}

static void on_signal(int sig)
{
    chdir("/proc"); /* an interesting call in a handler */
}

static int wait_interrupted(int flags)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = flags};
    sigaction(SIGUSR1, &sa, NULL);
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        usleep(100000);
        kill(getppid(), SIGUSR1);
        usleep(100000);
        _exit(5);
    }
    pid_t got = waitpid(pid, &status, 0);
    if (!flags) {
        if (got != -1 || errno != EINTR)
            return 96;
        got = waitpid(pid, &status, __WALL);
    }
    return got == pid && WEXITSTATUS(status) == 5 ? 0 : 95;
}

static int child_restart(void)
{
    return wait_interrupted(SA_RESTART);
}

static int child_eintr(void)
{
    return wait_interrupted(0);
}

static int child_untraced(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(chdir("/") == 0 ? 0 : 1);
    waitpid(pid, NULL, 0);
    struct clone_args args = {.flags = CLONE_UNTRACED, .exit_signal = SIGCHLD};
    pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0)
        _exit(chdir("/proc") == 0 ? 0 : 1);
    waitpid(pid, NULL, 0);
    return 0;
}

#ifdef __x86_64__
static long int80(long nr, const void *arg)
{
    long ret;
    __asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(arg), "c"(0), "d"(0) : "memory", "r8", "r9", "r10", "r11");
    return ret;
}

static int child_i386(void)
{
    char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    strcpy(low, "/proc");
    long ret = int80(12 /* i386's chdir */, low);
    return (int)-ret;
}

static int child_x32(void)
{
    return syscall(0x40000000 | SYS_chdir, "/proc") == 0 ? 0 : errno;
}
#endif

static int child_namespace(void)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
        return 77;
    pid_t pid = fork();
    if (pid == 0)
        _exit(chdir("/") == 0 ? 0 : 1);
    waitpid(pid, NULL, 0);
    return 0;
}

static const struct watch_program children[] = {
    {"chdir", child_chdir},
    {"restart", child_restart},
    {"eintr", child_eintr},
    {"untraced", child_untraced},
    {"namespace", child_namespace},
#ifdef __x86_64__
    {"i386", child_i386},
    {"x32", child_x32},
#endif
    {0},
};

/* ---- calls ---- */

static void test_watch(void **state)
{
    struct watch w = {0};
    watch_start(&w, "chdir");
    assert_int_equal(watch_run(&w), 0);
    watch_expect(&w, "] execve(\"/proc/self/exe\", [\"test_trace\", \"child\", \"chdir\"], 0x", 1);
    watch_expect(&w, "] chdir(\"/\") = 0\n", 1);
    watch_expect(&w, "] chdir(\"/proc\") = 0\n", 1);
    watch_expect(&w, "] exit_group(0) = ?\n", 1);
    assert_int_equal(w.executed, 1);
    assert_int_equal(w.exited, 1);
    watch_end(&w);
}

static enum trace_verdict judge_deny(struct watch *w, struct tracee *t, const struct call *c)
{
    const char *path = call_arg_text(c, 0);
    if (!strcmp(call_row_of(c)->name, "chdir") && path && !strcmp(path, "/proc"))
        trace_deny(t, EXDEV);
    return TRACE_GO;
}

static void test_deny(void **state)
{
    struct watch w = {.judge = judge_deny};
    watch_start(&w, "chdir");
    assert_int_equal(watch_run(&w), EXDEV); /* 101: it was made all the same */
    watch_expect(&w, "chdir(\"/proc\") = -1 EXDEV (Invalid cross-device link) (denied)\n", 1);
    watch_expect(&w, "chdir(\"/\") = 0\n", 1);
    watch_end(&w);
}

static enum trace_verdict judge_hold_chdir(struct watch *w, struct tracee *t, const struct call *c)
{
    if (strcmp(call_row_of(c)->name, "chdir"))
        return TRACE_GO;
    w->held = t;
    return TRACE_HOLD;
}

static void test_hold(void **state)
{
    struct watch w = {.judge = judge_hold_chdir};
    watch_start(&w, "chdir");
    assert_true(loop_run_until(w.loop, watch_holds, &w, WATCH_MS));
    int begun = w.begun;
    watch_pause(&w, 30);
    assert_int_equal(w.begun, begun);
    assert_true(tracee_is_held(w.held));
    assert_int_equal(watch_state(w.pid), 't');
    watch_expect(&w, "chdir", 0 + 1); /* in execve's arguments only */
    struct tracee *t = w.held;
    w.held = NULL;
    assert_true(trace_release(t));
    assert_false(trace_release(t)); /* it runs */
    assert_true(loop_run_until(w.loop, watch_holds, &w, WATCH_MS));
    assert_true(trace_deny(w.held, EPERM));
    assert_int_equal(watch_run(&w), EPERM);
    watch_end(&w);
}

static void test_killed_while_held(void **state)
{
    struct watch w = {.judge = judge_hold_chdir};
    watch_start(&w, "chdir");
    assert_true(loop_run_until(w.loop, watch_holds, &w, WATCH_MS));
    assert_true(w.pid > 0);
    kill(w.pid, SIGKILL);
    assert_true(loop_run_until(w.loop, watch_over, &w, WATCH_MS));
    assert_true(WIFSIGNALED(w.status));
    watch_expect(&w, "chdir(\"/\") = ?\n", 1);
    watch_end(&w);
}

/* Interrupted and made again by the kernel: one call, begun once, with its last result. */
static void test_restart(void **state)
{
    struct watch w = {0};
    watch_start(&w, "restart");
    assert_int_equal(watch_run(&w), 0);
    watch_expect(&w, "wait4(", 1);
    watch_expect(&w, "[{WIFEXITED(s) && WEXITSTATUS(s) == 5}], 0, NULL) = ", 1);
    watch_expect(&w, "chdir(\"/proc\") = 0\n", 1); /* the handler's */
    watch_end(&w);
}

static void test_interrupted(void **state)
{
    struct watch w = {0};
    watch_start(&w, "eintr");
    assert_int_equal(watch_run(&w), 0);
    watch_expect(&w, "wait4(", 2);
    watch_expect(&w, ", 0, NULL) = -1 EINTR (Interrupted system call)\n", 1);
    watch_expect(&w, "WEXITSTATUS(s) == 5}], __WALL, NULL) = ", 1);
    watch_end(&w);
}

static void test_untraced(void **state)
{
    struct watch w = {0};
    watch_start(&w, "untraced");
    assert_int_equal(watch_run(&w), 0);
    watch_expect(&w, "clone(child_stack=NULL, flags=CLONE_UNTRACED|SIGCHLD) = ", 1);
    watch_expect(&w, "clone3({flags=CLONE_UNTRACED, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88) = ", 1);
    watch_expect(&w, "chdir(\"/\") = 0\n", 1);
    watch_expect(&w, "chdir(\"/proc\") = 0\n", 1);
    watch_end(&w);
}

static void test_namespace(void **state)
{
    struct watch w = {0};
    watch_start(&w, "namespace");
    int status = watch_run(&w);
    if (status == 0) {
        watch_expect(&w, "[1] chdir(\"/\") = 0\n", 1);
        watch_expect(&w, "unshare(CLONE_NEWUSER|CLONE_NEWPID) = 0\n", 1);
    }
    watch_end(&w);
    SKIP_UNLESS(status != 77, "no user namespaces here");
    assert_int_equal(status, 0);
}

/* ---- other ways to call ---- */

#ifdef __x86_64__
static enum trace_verdict judge_deny_proc(struct watch *w, struct tracee *t, const struct call *c)
{
    if (!strcmp(call_row_of(c)->name, "chdir"))
        trace_deny(t, EXDEV);
    return TRACE_GO;
}

static bool i386_works(void)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(int80(20 /* getpid */, NULL) == getpid() ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void test_i386(void **state)
{
    SKIP_UNLESS(i386_works(), "this kernel has no i386 calls");
    struct watch w = {.judge = judge_deny_proc};
    watch_start(&w, "i386");
    assert_int_equal(watch_run(&w), EXDEV);
    watch_expect(&w, "chdir(\"/proc\") = -1 EXDEV (Invalid cross-device link) (denied)\n", 1);
    watch_end(&w);
}

static void test_x32(void **state)
{
    struct watch w = {.judge = judge_deny_proc};
    watch_start(&w, "x32");
    assert_int_equal(watch_run(&w), EXDEV);
    watch_expect(&w, "chdir(\"/proc\") = -1 EXDEV (Invalid cross-device link) (denied)\n", 1);
    watch_end(&w);
}
#endif

int main(int argc, char **argv)
{
    watch_be_child(argc, argv, children);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watch),    cmocka_unit_test(test_deny),
        cmocka_unit_test(test_hold),     cmocka_unit_test(test_killed_while_held),
        cmocka_unit_test(test_restart),  cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_untraced), cmocka_unit_test(test_namespace),
#ifdef __x86_64__
        cmocka_unit_test(test_i386),     cmocka_unit_test(test_x32),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
