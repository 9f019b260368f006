/* What becomes of a call that is watched: shown, held, denied, interrupted, made by another way; one test for each trap
 * of the kernel's. */
#include "base/mem.h"
#include "subject.h"
#include "support.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
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

/* By clone() itself; the third generation is no namespace's first process. */
static int child_clone(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        if (fork() == 0)
            _exit(chdir("/") == 0 ? 0 : 1);
        wait(NULL);
        _exit(chdir("/proc") == 0 ? 0 : 1);
    }
    if (pid < 0)
        return 77;
    waitpid(pid, NULL, 0);
    return 0;
}

static int child_other_user(void)
{
    if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
        return errno;
    execl("/proc/self/exe", "test_trace", "child", "proc", NULL);
    return errno;
}

static int child_proc(void)
{
    return chdir("/proc") == 0 ? 0 : errno;
}

static int child_not_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 0) == 0 ? child_proc() : errno;
}

static const struct subject_program children[] = {
    {"chdir", child_chdir},
    {"restart", child_restart},
    {"eintr", child_eintr},
    {"untraced", child_untraced},
    {"namespace", child_namespace},
    {"clone", child_clone},
    {"other_user", child_other_user},
    {"not_dumpable", child_not_dumpable},
    {"proc", child_proc},
#ifdef __x86_64__
    {"i386", child_i386},
    {"x32", child_x32},
#endif
    {0},
};

/* ---- calls ---- */

static void test_shown(void **state)
{
    struct subject s = {0};
    subject_start(&s, "chdir");
    assert_int_equal(subject_run(&s), 0);
    subject_expect(&s, "] execve(\"/proc/self/exe\", [\"test_trace\", \"child\", \"chdir\"], 0x", 1);
    subject_expect(&s, "] chdir(\"/\") = 0\n", 1);
    subject_expect(&s, "] chdir(\"/proc\") = 0\n", 1);
    subject_expect(&s, "] exit_group(0) = ?\n", 1);
    assert_int_equal(s.executed, 1);
    assert_int_equal(s.exited, 1);
    subject_end(&s);
}

static enum trace_verdict judge_deny(struct subject *s, struct tracee *t, const struct call *c)
{
    const char *path = call_arg_text(c, 0);
    if (!strcmp(call_row_of(c)->name, "chdir") && path && !strcmp(path, "/proc"))
        trace_deny(t, EXDEV);
    return TRACE_GO;
}

static void test_deny(void **state)
{
    struct subject s = {.judge = judge_deny};
    subject_start(&s, "chdir");
    assert_int_equal(subject_run(&s), EXDEV); /* 101: it was made all the same */
    subject_expect(&s, "chdir(\"/proc\") = -1 EXDEV (Invalid cross-device link) (denied)\n", 1);
    subject_expect(&s, "chdir(\"/\") = 0\n", 1);
    subject_end(&s);
}

static enum trace_verdict judge_hold_chdir(struct subject *s, struct tracee *t, const struct call *c)
{
    if (strcmp(call_row_of(c)->name, "chdir"))
        return TRACE_GO;
    s->held = t;
    return TRACE_HOLD;
}

static void test_hold(void **state)
{
    struct subject s = {.judge = judge_hold_chdir};
    subject_start(&s, "chdir");
    assert_true(loop_run_until(s.loop, subject_holds, &s, SUBJECT_MS));
    int begun = s.begun;
    subject_pause(&s, 30);
    assert_int_equal(s.begun, begun);
    assert_true(tracee_is_held(s.held));
    assert_int_equal(subject_state(s.pid), 't');
    subject_expect(&s, "chdir", 0 + 1); /* in execve's arguments only */
    struct tracee *t = s.held;
    s.held = NULL;
    assert_true(trace_release(t));
    assert_false(trace_release(t)); /* it runs */
    assert_true(loop_run_until(s.loop, subject_holds, &s, SUBJECT_MS));
    assert_true(trace_deny(s.held, EPERM));
    assert_int_equal(subject_run(&s), EPERM);
    subject_end(&s);
}

static void test_killed_while_held(void **state)
{
    struct subject s = {.judge = judge_hold_chdir};
    subject_start(&s, "chdir");
    assert_true(loop_run_until(s.loop, subject_holds, &s, SUBJECT_MS));
    assert_true(s.pid > 0);
    kill(s.pid, SIGKILL);
    assert_true(loop_run_until(s.loop, subject_over, &s, SUBJECT_MS));
    assert_true(WIFSIGNALED(s.status));
    subject_expect(&s, "chdir(\"/\") = ?\n", 1);
    subject_end(&s);
}

/* Interrupted and made again by the kernel: one call, begun once, with its last result. */
static void test_restart(void **state)
{
    struct subject s = {0};
    subject_start(&s, "restart");
    assert_int_equal(subject_run(&s), 0);
    subject_expect(&s, "wait4(", 1);
    subject_expect(&s, "[{WIFEXITED(s) && WEXITSTATUS(s) == 5}], 0, NULL) = ", 1);
    subject_expect(&s, "chdir(\"/proc\") = 0\n", 1); /* the handler's */
    subject_end(&s);
}

static void test_interrupted(void **state)
{
    struct subject s = {0};
    subject_start(&s, "eintr");
    assert_int_equal(subject_run(&s), 0);
    subject_expect(&s, "wait4(", 2);
    subject_expect(&s, ", 0, NULL) = -1 EINTR (Interrupted system call)\n", 1);
    subject_expect(&s, "WEXITSTATUS(s) == 5}], __WALL, NULL) = ", 1);
    subject_end(&s);
}

static void test_untraced(void **state)
{
    struct subject s = {0};
    subject_start(&s, "untraced");
    assert_int_equal(subject_run(&s), 0);
    subject_expect(&s, "clone(child_stack=NULL, flags=CLONE_UNTRACED|SIGCHLD) = ", 1);
    subject_expect(&s, "clone3({flags=CLONE_UNTRACED, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88) = ", 1);
    subject_expect(&s, "chdir(\"/\") = 0\n", 1);
    subject_expect(&s, "chdir(\"/proc\") = 0\n", 1);
    subject_end(&s);
}

static void test_namespace(void **state)
{
    struct subject s = {0};
    subject_start(&s, "namespace");
    int status = subject_run(&s);
    if (status == 0) {
        subject_expect(&s, "[1] chdir(\"/\") = 0\n", 1);
        subject_expect(&s, "unshare(CLONE_NEWUSER|CLONE_NEWPID) = 0\n", 1);
    }
    subject_end(&s);
    SKIP_UNLESS(status != 77, "no user namespaces here");
    assert_int_equal(status, 0);
}

static void test_clone_into_namespace(void **state)
{
    struct subject s = {0};
    subject_start(&s, "clone");
    int status = subject_run(&s);
    if (status == 0) {
        subject_expect(&s, "[2] chdir(\"/\") = 0\n", 1);
        subject_expect(&s, "[1] chdir(\"/proc\") = 0\n", 1);
    }
    subject_end(&s);
    SKIP_UNLESS(status != 77, "no user namespaces here");
    assert_int_equal(status, 0);
}

/* ---- memory ---- */

/* In containers root has no CAP_SYS_PTRACE. */
static bool drop_ptrace(void)
{
    cap_value_t cap = CAP_SYS_PTRACE;
    cap_t caps = cap_get_proc();
    bool dropped = caps && cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_CLEAR) == 0 &&
                   cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_CLEAR) == 0 && cap_set_proc(caps) == 0 &&
                   prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE) == 0; /* or execve() would give it back */
    cap_free(caps);
    return dropped;
}

static bool become_ordinary(void)
{
    return setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0 &&
           prctl(PR_SET_DUMPABLE, 1) == 0;
}

/* Watches the program from a process that is somebody else; 0: it ended well, and this call of it was told once. */
static int seen_by(bool (*become)(void), const char *child, const char *call)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct subject s = {0};
        if (!become())
            _exit(101);
        subject_start(&s, child);
        int ended = subject_run(&s);
        if (subject_count(&s, call) != 1)
            printf("%s is not in %s\n", call, str_c(&s.lines));
        fflush(stdout);
        _exit(ended ? ended : subject_count(&s, call) == 1 ? 0 : 100);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool remain(void)
{
    return true;
}

/* process_vm_readv() is refused, PTRACE_PEEKDATA is not. */
static void test_memory_of_another_user(void **state)
{
    struct subject s = {0};
    SKIP_UNLESS(geteuid() == 0, "not as root");
    subject_start(&s, "proc"); /* skipped where tracing does not work */
    assert_int_equal(subject_run(&s), 0);
    subject_end(&s);
    assert_int_equal(seen_by(drop_ptrace, "other_user", "chdir(\"/proc\") = 0\n"), 0);
}

/* Nobody but a holder of CAP_SYS_PTRACE reads such a process: others are told addresses, and true results. */
static void test_memory_not_dumpable(void **state)
{
    struct subject s = {0};
    SKIP_UNLESS(geteuid() == 0, "not as root");
    subject_start(&s, "proc");
    assert_int_equal(subject_run(&s), 0);
    subject_end(&s);
    assert_int_equal(seen_by(remain, "not_dumpable", "chdir(\"/proc\") = 0\n"), 0);
    assert_int_equal(seen_by(drop_ptrace, "not_dumpable", "chdir(0x"), 0);
    assert_int_equal(seen_by(become_ordinary, "not_dumpable", "chdir(0x"), 0);
    assert_int_equal(seen_by(become_ordinary, "proc", "chdir(\"/proc\") = 0\n"), 0);
}

/* ---- other ways to call ---- */

#ifdef __x86_64__
static enum trace_verdict judge_deny_proc(struct subject *s, struct tracee *t, const struct call *c)
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
    struct subject s = {.judge = judge_deny_proc};
    subject_start(&s, "i386");
    assert_int_equal(subject_run(&s), EXDEV);
    subject_expect(&s, "chdir(\"/proc\") = -1 EXDEV (Invalid cross-device link) (denied)\n", 1);
    subject_end(&s);
}

static void test_x32(void **state)
{
    struct subject s = {.judge = judge_deny_proc};
    subject_start(&s, "x32");
    assert_int_equal(subject_run(&s), EXDEV);
    subject_expect(&s, "chdir(\"/proc\") = -1 EXDEV (Invalid cross-device link) (denied)\n", 1);
    subject_end(&s);
}
#endif

int main(int argc, char **argv)
{
    subject_be_child(argc, argv, children);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_deny),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_killed_while_held),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_untraced),
        cmocka_unit_test(test_namespace),
        cmocka_unit_test(test_clone_into_namespace),
        cmocka_unit_test(test_memory_of_another_user),
        cmocka_unit_test(test_memory_not_dumpable),
#ifdef __x86_64__
        cmocka_unit_test(test_i386),
        cmocka_unit_test(test_x32),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
