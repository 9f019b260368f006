/* The tracer's traps, one test each. The traced program is this one again: test_trace child NAME runs the function of
 * that name in a process that knows nothing of being watched. */
#include "support.h"

#include "base/mem.h"
#include "trace/tracer.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACE_MS 20000

/* ---- the programs ---- */

static int child_chdir(void)
{
    char cwd[64];
    if (chdir("/") == 0 && chdir("/proc") == 0)
        return getcwd(cwd, sizeof cwd) && !strcmp(cwd, "/proc") ? 0 : 100;
    int err = errno;
    return getcwd(cwd, sizeof cwd) && !strcmp(cwd, "/") ? err : 101; /* denied: still where it was */
}

static int child_exit7(void)
{
    return 7;
}

static void *thread_exec(void *arg)
{
    char *argv[] = {strdup("test_trace"), strdup("child"), strdup("exit7"), NULL};
    chdir("/");
    execv("/proc/self/exe", argv);
    return NULL;
}

static int child_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, thread_exec, NULL);
    for (;;)
        pause();
    return 1;
}

static int child_storm(void)
{
    for (int i = 0; i < 60; i++)
        if (fork() == 0) {
            for (int k = 0; k < 3; k++)
                if (fork() == 0) {
                    chdir("/");
                    _exit(0);
                }
            _exit(0); /* its children are orphans */
        }
    while (wait(NULL) > 0)
        ;
    return 0;
}

static int child_counter(void)
{
    volatile long *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 9, 0);
    for (;;)
        ++*shared;
    return 1;
}

static int child_vfork(void)
{
    char *argv[] = {strdup("test_trace"), strdup("child"), strdup("exit7"), NULL};
    int status;
    pid_t pid = vfork();
    if (pid == 0) {
        execv("/proc/self/exe", argv);
        _exit(99);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 98;
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

/* A daemon: double fork, own session; descriptor 9 tells by its end of file that it is gone. */
static int child_daemon(void)
{
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            if (write(9, "x", 1) != 1)
                _exit(1);
            for (;;)
                pause();
        }
        _exit(0);
    }
    for (;;)
        pause();
    return 1;
}

static const struct {
    const char *name;
    int (*run)(void);
} children[] = {
    {"chdir", child_chdir},         {"exit7", child_exit7},     {"thread", child_thread},
    {"storm", child_storm},         {"counter", child_counter}, {"vfork", child_vfork},
    {"restart", child_restart},     {"eintr", child_eintr},     {"untraced", child_untraced},
    {"namespace", child_namespace}, {"daemon", child_daemon},
#ifdef __x86_64__
    {"i386", child_i386},           {"x32", child_x32},
#endif
};

/* ---- the watcher ---- */

struct watch {
    struct loop *loop;
    struct tracer *tracer;
    pid_t pid;
    struct str lines; /* "[own pid] call = result" */
    int begun, forked, exited, executed, stopped, continued, unborn;
    int status; /* of pid */
    struct tracee *held;
    enum trace_verdict (*judge)(struct watch *w, struct tracee *t, const struct call *c);
};

static enum trace_verdict watch_begins(void *arg, struct tracee *t, const struct call *c)
{
    struct watch *w = arg;
    const struct tracee_id *id = tracee_id(t);
    w->begun++;
    if (!id->parent && id->pid != w->pid)
        w->unborn++;
    return w->judge ? w->judge(w, t, c) : TRACE_GO;
}

static void watch_ends(void *arg, struct tracee *t, const struct call *c, const struct call_image *result)
{
    struct watch *w = arg;
    str_addf(&w->lines, "[%d] ", (int)tracee_id(t)->own);
    call_print_result(&w->lines, c, result);
    if (tracee_denied(t))
        str_add(&w->lines, " (denied)");
    str_addc(&w->lines, '\n');
}

static void watch_forked(void *arg, struct tracee *parent, struct tracee *child)
{
    struct watch *w = arg;
    w->forked++;
}

static void watch_executed(void *arg, struct tracee *t)
{
    struct watch *w = arg;
    w->executed++;
}

static void watch_exited(void *arg, struct tracee *t, int status)
{
    struct watch *w = arg;
    w->exited++;
    if (tracee_id(t)->pid == w->pid)
        w->status = status;
}

static void watch_stopped(void *arg, struct tracee *t, int sig)
{
    struct watch *w = arg;
    w->stopped = sig;
    w->held = t;
}

static void watch_continued(void *arg, struct tracee *t)
{
    struct watch *w = arg;
    w->continued++;
}

static const struct trace_events watch_events = {.begins = watch_begins,
                                                 .ends = watch_ends,
                                                 .forked = watch_forked,
                                                 .executed = watch_executed,
                                                 .exited = watch_exited,
                                                 .stopped = watch_stopped,
                                                 .continued = watch_continued};

/* Can we trace our own child? The outcome's text when not. */
static void watch_start(struct watch *w, const char *child)
{
    struct outcome o = {0};
    char *argv[] = {(char *)"test_trace", (char *)"child", (char *)child, NULL};
    w->loop = loop_new();
    w->tracer = tracer_new(w->loop, &watch_events, w, &o);
    assert_non_null(w->tracer);
    w->pid = trace_spawn(w->tracer, "/proc/self/exe", argv, NULL, &o);
    if (w->pid > 0)
        return;
    autostr struct str why = {0};
    outcome_print(&why, &o);
    tracer_free(w->tracer);
    loop_free(w->loop);
    SKIP_UNLESS(false, str_c(&why));
}

static bool watch_over(void *arg)
{
    const struct watch *w = arg;
    return tracer_count(w->tracer) == 0;
}

static bool watch_holds(void *arg)
{
    return ((const struct watch *)arg)->held;
}

static void watch_end(struct watch *w)
{
    tracer_free(w->tracer);
    loop_free(w->loop);
    str_free(&w->lines);
}

/* Watches until all have ended; the exit status of the program. */
static int watch_run(struct watch *w)
{
    assert_true(loop_run_until(w->loop, watch_over, w, TRACE_MS));
    assert_true(WIFEXITED(w->status));
    return WEXITSTATUS(w->status);
}

static bool watch_never(void *arg)
{
    return false;
}

static void watch_pause(struct watch *w, int ms)
{
    loop_run_until(w->loop, watch_never, w, ms);
}

static int watch_count(const struct watch *w, const char *text)
{
    int n = 0;
    for (const char *p = str_c(&w->lines); (p = strstr(p, text)); p++)
        n++;
    return n;
}

static void watch_expect(const struct watch *w, const char *text, int times)
{
    if (watch_count(w, text) != times)
        fail_msg("%s: %d times instead of %d in\n%s", text, watch_count(w, text), times, str_c(&w->lines));
}

static char proc_state(pid_t pid)
{
    autofree char *path = xasprintf("/proc/%d/stat", (int)pid);
    char text[512] = "";
    autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
        return 0;
    return strrchr(text, ')')[2];
}

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
    assert_true(loop_run_until(w.loop, watch_holds, &w, TRACE_MS));
    int begun = w.begun;
    watch_pause(&w, 30);
    assert_int_equal(w.begun, begun);
    assert_true(tracee_is_held(w.held));
    assert_int_equal(proc_state(w.pid), 't');
    watch_expect(&w, "chdir", 0 + 1); /* in execve's arguments only */
    struct tracee *t = w.held;
    w.held = NULL;
    assert_true(trace_release(t));
    assert_false(trace_release(t)); /* it runs */
    assert_true(loop_run_until(w.loop, watch_holds, &w, TRACE_MS));
    assert_true(trace_deny(w.held, EPERM));
    assert_int_equal(watch_run(&w), EPERM);
    watch_end(&w);
}

static void test_killed_while_held(void **state)
{
    struct watch w = {.judge = judge_hold_chdir};
    watch_start(&w, "chdir");
    assert_true(loop_run_until(w.loop, watch_holds, &w, TRACE_MS));
    assert_true(w.pid > 0);
    kill(w.pid, SIGKILL);
    assert_true(loop_run_until(w.loop, watch_over, &w, TRACE_MS));
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

/* ---- other processes ---- */

static void test_fork_storm(void **state)
{
    struct watch w = {0};
    watch_start(&w, "storm");
    assert_int_equal(watch_run(&w), 0);
    assert_int_equal(w.forked, 60 + 180);
    assert_int_equal(w.exited, 1 + 60 + 180);
    watch_expect(&w, "chdir(\"/\") = 0\n", 180);
    assert_int_equal(w.unborn, 0); /* no call before its maker's birth was told */
    watch_end(&w);
}

static void test_exec_by_thread(void **state)
{
    struct watch w = {0};
    watch_start(&w, "thread");
    assert_int_equal(watch_run(&w), 7);
    assert_int_equal(w.executed, 2);
    assert_int_equal(w.exited, 1); /* threads are no processes */
    assert_int_equal(w.forked, 0);
    watch_expect(&w, "\"child\", \"exit7\"], 0x", 1);
    watch_expect(&w, "exit_group(7) = ?\n", 1);
    watch_end(&w);
}

static enum trace_verdict judge_hold_exit7(struct watch *w, struct tracee *t, const struct call *c)
{
    if (tracee_id(t)->pid == w->pid || strcmp(call_row_of(c)->name, "execve"))
        return TRACE_GO;
    w->held = t;
    return TRACE_HOLD;
}

static void test_vfork(void **state)
{
    struct watch w = {.judge = judge_hold_exit7};
    watch_start(&w, "vfork");
    assert_true(loop_run_until(w.loop, watch_holds, &w, TRACE_MS));
    watch_pause(&w, 30);
    assert_int_equal(proc_state(w.pid), 'D'); /* the parent waits in the kernel while its child is held */
    assert_int_equal(tracee_id(w.held)->parent, w.pid);
    assert_true(trace_release(w.held));
    assert_int_equal(watch_run(&w), 7);
    assert_int_equal(w.forked, 1);
#ifdef __NR_vfork
    watch_expect(&w, "vfork() = ", 1);
#endif
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

/* ---- job control ---- */

static volatile long *shared_counter(void)
{
    int fd = memfd_create("counter", 0);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 4096), 0);
    assert_int_equal(dup2(fd, 9), 9);
    volatile long *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return shared;
}

static bool watch_is_stopped(void *arg)
{
    return ((const struct watch *)arg)->stopped;
}

static bool watch_is_continued(void *arg)
{
    return ((const struct watch *)arg)->continued;
}

static void test_group_stop(void **state)
{
    volatile long *counter = shared_counter();
    struct watch w = {0};
    watch_start(&w, "counter");
    close(9);
    for (int ms = 0; ms < TRACE_MS && !*counter; ms += 5)
        watch_pause(&w, 5);
    for (int round = 0; round < 2; round++) {
        w.stopped = w.continued = 0;
        kill(w.pid, round ? SIGTSTP : SIGSTOP);
        assert_true(loop_run_until(w.loop, watch_is_stopped, &w, TRACE_MS));
        assert_int_equal(w.stopped, round ? SIGTSTP : SIGSTOP);
        assert_true(tracee_is_stopped(w.held));
        assert_int_equal(proc_state(w.pid), 't');
        long at = *counter;
        watch_pause(&w, 60);
        assert_int_equal(*counter, at); /* it really stands still */
        kill(w.pid, SIGCONT);
        assert_true(loop_run_until(w.loop, watch_is_continued, &w, TRACE_MS));
        watch_pause(&w, 60);
        assert_true(*counter > at);
        assert_false(tracee_is_stopped(w.held));
    }
    kill(w.pid, SIGKILL);
    assert_true(loop_run_until(w.loop, watch_over, &w, TRACE_MS));
    assert_true(WIFSIGNALED(w.status));
    munmap((void *)counter, 4096);
    watch_end(&w);
}

/* ---- the tracer's own end ---- */

static bool watch_daemon_up(void *arg)
{
    const struct watch *w = arg;
    return w->forked == 2 && w->exited == 1;
}

/* Everybody that was watched holds the pipe: its end of file means that they are all gone. */
static bool pipe_ends(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&p, 1, TRACE_MS) > 0 && read(fd, &byte, 1) == 0;
}

static void test_killed_tracer(void **state)
{
    int fds[2];
    char byte = 0;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid_t tracer = fork();
    if (tracer == 0) {
        struct watch w = {0};
        dup2(fds[1], 9);
        watch_start(&w, "daemon");
        loop_run_until(w.loop, watch_over, &w, -1);
        _exit(0);
    }
    assert_true(tracer > 0);
    close(fds[1]);
    ssize_t got = read(fds[0], &byte, 1); /* the daemon is there */
    kill(tracer, SIGKILL);
    waitpid(tracer, NULL, 0);
    SKIP_UNLESS(got == 1, "tracing does not work here");
    assert_true(pipe_ends(fds[0]));
    close(fds[0]);
}

static void test_freed_tracer(void **state)
{
    int fds[2];
    char byte = 0;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(dup2(fds[1], 9), 9);
    struct watch w = {0};
    watch_start(&w, "daemon");
    close(9);
    close(fds[1]);
    assert_true(loop_run_until(w.loop, watch_daemon_up, &w, TRACE_MS));
    assert_int_equal(read(fds[0], &byte, 1), 1);
    watch_end(&w);
    assert_true(pipe_ends(fds[0]));
    close(fds[0]);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "child"))
        for (size_t i = 0; i < COUNT(children); i++)
            if (!strcmp(children[i].name, argv[2]))
                return children[i].run();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watch),        cmocka_unit_test(test_deny),
        cmocka_unit_test(test_hold),         cmocka_unit_test(test_killed_while_held),
        cmocka_unit_test(test_restart),      cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_fork_storm),   cmocka_unit_test(test_exec_by_thread),
        cmocka_unit_test(test_vfork),        cmocka_unit_test(test_untraced),
        cmocka_unit_test(test_namespace),
#ifdef __x86_64__
        cmocka_unit_test(test_i386),         cmocka_unit_test(test_x32),
#endif
        cmocka_unit_test(test_group_stop),   cmocka_unit_test(test_killed_tracer),
        cmocka_unit_test(test_freed_tracer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
