/* Processes that are watched: births, threads, job control, and the end of their tracer. */
#include "base/mem.h"
#include "subject.h"
#include "support.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the programs ---- */

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

static const struct subject_program children[] = {
    {"exit7", child_exit7},
    {"thread", child_thread},
    {"storm", child_storm},
    {"counter", child_counter},
    {"vfork", child_vfork},
    {"daemon", child_daemon},
    {0},
};

/* ---- births ---- */

static void test_fork_storm(void **state)
{
    struct subject s = {0};
    subject_start(&s, "storm");
    assert_int_equal(subject_run(&s), 0);
    assert_int_equal(s.forked, 60 + 180);
    assert_int_equal(s.exited, 1 + 60 + 180);
    subject_expect(&s, "chdir(\"/\") = 0\n", 180);
    assert_int_equal(s.unborn, 0); /* no call before its maker's birth was told */
    subject_end(&s);
}

static void test_exec_by_thread(void **state)
{
    struct subject s = {0};
    subject_start(&s, "thread");
    assert_int_equal(subject_run(&s), 7);
    assert_int_equal(s.executed, 2);
    assert_int_equal(s.exited, 1); /* threads are no processes */
    assert_int_equal(s.forked, 0);
    subject_expect(&s, "\"child\", \"exit7\"], 0x", 1);
    subject_expect(&s, "exit_group(7) = ?\n", 1);
    subject_end(&s);
}

static enum trace_verdict judge_hold_exit7(struct subject *s, struct tracee *t, const struct call *c)
{
    if (tracee_id(t)->pid == s->pid || strcmp(call_row_of(c)->name, "execve"))
        return TRACE_GO;
    s->held = t;
    return TRACE_HOLD;
}

static void test_vfork(void **state)
{
    struct subject s = {.judge = judge_hold_exit7};
    subject_start(&s, "vfork");
    assert_true(loop_run_until(s.loop, subject_holds, &s, SUBJECT_MS));
    subject_pause(&s, 30);
    assert_int_equal(subject_state(s.pid), 'D'); /* the parent waits in the kernel while its child is held */
    assert_int_equal(tracee_id(s.held)->parent, s.pid);
    assert_true(trace_release(s.held));
    assert_int_equal(subject_run(&s), 7);
    assert_int_equal(s.forked, 1);
#ifdef __NR_vfork
    subject_expect(&s, "vfork() = ", 1);
#endif
    subject_end(&s);
}

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

static void test_group_stop(void **state)
{
    volatile long *counter = shared_counter();
    struct subject s = {0};
    subject_start(&s, "counter");
    close(9);
    for (int ms = 0; ms < SUBJECT_MS && !*counter; ms += 5)
        subject_pause(&s, 5);
    for (int round = 0; round < 2; round++) {
        s.stopped = s.continued = 0;
        kill(s.pid, round ? SIGTSTP : SIGSTOP);
        assert_true(loop_run_until(s.loop, subject_is_stopped, &s, SUBJECT_MS));
        assert_int_equal(s.stopped, round ? SIGTSTP : SIGSTOP);
        assert_true(tracee_is_stopped(s.held));
        assert_int_equal(subject_state(s.pid), 't');
        long at = *counter;
        subject_pause(&s, 60);
        assert_int_equal(*counter, at); /* it really stands still */
        kill(s.pid, SIGCONT);
        assert_true(loop_run_until(s.loop, subject_is_continued, &s, SUBJECT_MS));
        subject_pause(&s, 60);
        assert_true(*counter > at);
        assert_false(tracee_is_stopped(s.held));
    }
    kill(s.pid, SIGKILL);
    assert_true(loop_run_until(s.loop, subject_over, &s, SUBJECT_MS));
    assert_true(WIFSIGNALED(s.status));
    munmap((void *)counter, 4096);
    subject_end(&s);
}

/* ---- the tracer's own end ---- */

static bool daemon_is_up(void *arg)
{
    char byte;
    return read(*(int *)arg, &byte, 1) == 1;
}

/* Everybody that was watched holds the pipe: its end of file means that they are all gone. */
static bool pipe_ends(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&p, 1, SUBJECT_MS) > 0 && read(fd, &byte, 1) == 0;
}

static void test_killed_tracer(void **state)
{
    int fds[2];
    char byte = 0;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid_t tracer = fork();
    if (tracer == 0) {
        struct subject s = {0};
        dup2(fds[1], 9);
        subject_start(&s, "daemon");
        loop_run_until(s.loop, subject_over, &s, -1);
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
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(dup2(fds[1], 9), 9);
    struct subject s = {0};
    subject_start(&s, "daemon");
    close(9);
    close(fds[1]);
    assert_true(loop_run_until(s.loop, daemon_is_up, &fds[0], SUBJECT_MS));
    subject_end(&s);
    assert_true(pipe_ends(fds[0]));
    close(fds[0]);
}

int main(int argc, char **argv)
{
    subject_be_child(argc, argv, children);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fork_storm), cmocka_unit_test(test_exec_by_thread), cmocka_unit_test(test_vfork),
        cmocka_unit_test(test_group_stop), cmocka_unit_test(test_killed_tracer),  cmocka_unit_test(test_freed_tracer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
