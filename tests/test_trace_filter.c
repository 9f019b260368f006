/* Programs under a seccomp filter of their own: what it refuses is shown all the same, with what became of it. */
#include "base/mem.h"
#include "subject.h"
#include "support.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the programs ---- */

/* chdir() gets one action, all else another. */
static long filter_how(uint32_t chdirs, uint32_t others, unsigned flags)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_chdir, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, chdirs),
        BPF_STMT(BPF_RET | BPF_K, others),
    };
    struct sock_fprog program = {COUNT(code), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static bool filter(uint32_t chdirs)
{
    return filter_how(chdirs, SECCOMP_RET_ALLOW, 0) == 0;
}

static int child_errno(void)
{
    if (chdir("/proc") < 0 || !filter(SECCOMP_RET_ERRNO | EXDEV))
        return 90;
    if (chdir("/") == 0 || errno != EXDEV)
        return 91;
    pid_t pid = fork();
    if (pid == 0) {
        chdir("/dev"); /* it has the filter, too */
        execl("/proc/self/exe", "test", "child", "later", NULL);
        _exit(92);
    }
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 93;
}

static int child_later(void)
{
    return chdir("/sys") < 0 && setpgid(0, 0) == 0 ? 0 : 94;
}

static int child_kill(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        filter(SECCOMP_RET_KILL_PROCESS);
        chdir("/");
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 95;
}

static int trapped;

static void on_trap(int sig)
{
    trapped++;
}

static int child_trap(void)
{
    signal(SIGSYS, on_trap);
    if (!filter(SECCOMP_RET_TRAP))
        return 96;
    chdir("/");
    return trapped;
}

/* Whatever is no call is death. */
static int child_severe(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x1000, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(code), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        return 97;
    return chdir("/") == 0 ? 0 : errno;
}

static void *other_thread(void *arg)
{
    struct pollfd p = {.fd = *(int *)arg, .events = POLLIN};
    poll(&p, 1, -1); /* asleep in the kernel while the filter comes */
    chdir("/proc");
    return (void *)(intptr_t)errno;
}

static void *busy_thread(void *arg)
{
    while (!*(volatile int *)arg)
        ;
    chdir("/dev");
    return (void *)(intptr_t)errno;
}

static int child_tsync(void)
{
    int fds[2];
    static volatile int go;
    pthread_t asleep, busy;
    void *err = NULL, *err_busy = NULL;
    if (pipe(fds) < 0 || pthread_create(&asleep, NULL, other_thread, &fds[0]) ||
        pthread_create(&busy, NULL, busy_thread, (void *)&go))
        return 98;
    usleep(30000);
    if (filter_how(SECCOMP_RET_ERRNO | EXDEV, SECCOMP_RET_ALLOW, SECCOMP_FILTER_FLAG_TSYNC | 0x1000) != -1 ||
        filter_how(SECCOMP_RET_ERRNO | EXDEV, SECCOMP_RET_ALLOW, SECCOMP_FILTER_FLAG_TSYNC) != 0)
        return 99;
    go = 1;
    if (write(fds[1], "x", 1) != 1)
        return 100;
    pthread_join(asleep, &err);
    pthread_join(busy, &err_busy);
    return err == err_busy ? (int)(intptr_t)err : 101;
}

/* A supervisor in the same program lets the call be made. */
static void *listener_thread(void *arg)
{
    int fd = *(int *)arg;
    struct seccomp_notif notice = {0};
    struct seccomp_notif_resp answer = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &notice) == 0) {
        answer.id = notice.id;
        ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
    return NULL;
}

static int child_notified(void)
{
    pthread_t thread;
    char cwd[64];
    if (chdir("/proc") < 0)
        return 102;
    int fd = (int)filter_how(SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ALLOW, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (fd < 0 || pthread_create(&thread, NULL, listener_thread, &fd))
        return 103;
    int err = chdir("/") < 0 ? errno : 0;
    return getcwd(cwd, sizeof cwd) && strcmp(cwd, err ? "/proc" : "/") ? 104 : err;
}

static const struct subject_program children[] = {
    {"errno", child_errno}, {"later", child_later},   {"kill", child_kill},         {"trap", child_trap},
    {"tsync", child_tsync}, {"severe", child_severe}, {"notified", child_notified}, {0},
};

/* ---- what is seen of them ---- */

static void test_errno(void **state)
{
    struct subject s = {0};
    subject_start(&s, "errno");
    assert_int_equal(subject_run(&s), 0);
    subject_expect(&s, "chdir(\"/proc\") = 0\n", 1);
    subject_expect(&s, "seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=4, filter=0x", 1);
    subject_expect(&s, "chdir(\"/\") = -1 EXDEV (Invalid cross-device link)\n", 1);
    subject_expect(&s, "chdir(\"/dev\") = -1 EXDEV (Invalid cross-device link)\n", 1);
    subject_expect(&s, "execve(\"/proc/self/exe\", [\"test\", \"child\", \"later\"]", 1);
    subject_expect(&s, "chdir(\"/sys\") = -1 EXDEV (Invalid cross-device link)\n", 1);
    subject_expect(&s, "setpgid(0, 0) = 0\n", 1); /* what passes the filter is told once */
    subject_expect(&s, "exit_group(0) = ?\n", 2);
    subject_end(&s);
}

static void test_kill(void **state)
{
    struct subject s = {0};
    subject_start(&s, "kill");
    assert_int_equal(subject_run(&s), SIGSYS);
    subject_expect(&s, "chdir(\"/\") = ?\n", 1);
    assert_int_equal(s.exited, 2);
    subject_end(&s);
}

static void test_trap(void **state)
{
    struct subject s = {0};
    subject_start(&s, "trap");
    assert_int_equal(subject_run(&s), 1);
    subject_expect(&s, "chdir(\"/\") = ?\n", 1);
    subject_end(&s);
}

static enum trace_verdict judge_deny_chdir(struct subject *s, struct tracee *t, const struct call *c)
{
    if (!strcmp(call_row_of(c)->name, "chdir") && !strcmp(call_arg_text(c, 0), "/"))
        trace_deny(t, ENOTSUP);
    return TRACE_GO;
}

static enum trace_verdict judge_hold_chdir(struct subject *s, struct tracee *t, const struct call *c)
{
    if (strcmp(call_row_of(c)->name, "chdir"))
        return TRACE_GO;
    s->held = t;
    return TRACE_HOLD;
}

/* Denied by us, and not killed by its own filter for a number that is no call. */
static void test_deny(void **state)
{
    struct subject s = {.judge = judge_deny_chdir};
    subject_start(&s, "severe");
    assert_int_equal(subject_run(&s), ENOTSUP);
    subject_expect(&s, "prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, {len=4, filter=0x", 1);
    subject_expect(&s, "chdir(\"/\") = -1 EOPNOTSUPP (Operation not supported) (denied)\n", 1);
    subject_end(&s);
}

static void test_hold(void **state)
{
    struct subject s = {.judge = judge_hold_chdir};
    subject_start(&s, "severe");
    assert_true(loop_run_until(s.loop, subject_holds, &s, SUBJECT_MS));
    int begun = s.begun;
    subject_pause(&s, 30);
    assert_int_equal(s.begun, begun);
    assert_true(tracee_is_held(s.held));
    assert_true(trace_release(s.held));
    assert_int_equal(subject_run(&s), 0);
    subject_expect(&s, "chdir(\"/\") = 0\n", 1);
    subject_end(&s);
}

/* The filter comes first: its answer is the one that is told. */
static void test_denied_twice(void **state)
{
    struct subject s = {.judge = judge_deny_chdir};
    subject_start(&s, "errno");
    assert_int_equal(subject_run(&s), 0);
    subject_expect(&s, "chdir(\"/\") = -1 EXDEV (Invalid cross-device link)\n", 1);
    subject_end(&s);
}

static void test_tsync(void **state)
{
    for (int round = 0; round < 5; round++) {
        struct subject s = {0};
        subject_start(&s, "tsync");
        assert_int_equal(subject_run(&s), EXDEV);
        subject_expect(&s, "SECCOMP_FILTER_FLAG_TSYNC|0x1000, {len=4, filter=0x", 1);
        subject_expect(&s, "chdir(\"/proc\") = -1 EXDEV (Invalid cross-device link)\n", 1);
        subject_expect(&s, "chdir(\"/dev\") = -1 EXDEV (Invalid cross-device link)\n", 1);
        subject_end(&s);
    }
}

static void test_notified(void **state)
{
    struct subject s = {0};
    subject_start(&s, "notified");
    assert_int_equal(subject_run(&s), 0);
    subject_expect(&s, "chdir(\"/\") = 0\n", 1);
    subject_end(&s);
}

static void test_notified_denied(void **state)
{
    struct subject s = {.judge = judge_deny_chdir};
    subject_start(&s, "notified");
    assert_int_equal(subject_run(&s), ENOTSUP);
    subject_expect(&s, "chdir(\"/\") = -1 EOPNOTSUPP (Operation not supported) (denied)\n", 1);
    subject_end(&s);
}

int main(int argc, char **argv)
{
    subject_be_child(argc, argv, children);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errno), cmocka_unit_test(test_kill),     cmocka_unit_test(test_trap),
        cmocka_unit_test(test_deny),  cmocka_unit_test(test_hold),     cmocka_unit_test(test_denied_twice),
        cmocka_unit_test(test_tsync), cmocka_unit_test(test_notified), cmocka_unit_test(test_notified_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
