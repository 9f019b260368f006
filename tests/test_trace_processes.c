/* Processes that are watched: births, threads, job control, and the end of their tracer. */
#include "base/mem.h"
#include "subject.h"
#include "support.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CROWD = 200, STORM = 1500, NO_NAMESPACES = 77 };

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

/* Waits until the test says so, and then all of its children call at once. */
static int child_crowd(void)
{
    int fds[2];
    char byte;
    if (pipe(fds) < 0)
        return 90;
    for (int i = 0; i < CROWD; i++)
        if (fork() == 0) {
            close(fds[1]);
            (void)!read(fds[0], &byte, 1);
            _exit(chdir("/") == 0 ? 0 : 91);
        }
    if (read(9, &byte, 1) != 1)
        return 92;
    close(fds[1]);
    int status, n = 0;
    while (wait(&status) > 0)
        n += status == 0;
    return n == CROWD ? 0 : 93;
}

/* Each process makes two more, as long as there were fewer than STORM; nobody waits but the namespace's init. */
static void storm(atomic_int *made)
{
    for (int i = 0; i < 2 && atomic_fetch_add(made, 1) < STORM;)
        i = fork() == 0 ? 0 : i + 1;
    chdir("/");
    _exit(0);
}

static int child_namespace_storm(void)
{
    atomic_int *made = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
        return NO_NAMESPACES;
    pid_t init = fork();
    if (init == 0) {
        if (fork() == 0)
            storm(made);
        while (wait(NULL) > 0)
            ;
        _exit(0);
    }
    return waitpid(init, &status, 0) == init ? WTERMSIG(status) : 94;
}

/* The init of a namespace, and one inside who wants to stop or end it. */
static int child_init(void)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
        return NO_NAMESPACES;
    pid_t init = fork();
    if (init == 0) {
        pid_t enemy = fork();
        if (enemy == 0) {
            kill(1, SIGSTOP);
            syscall(SYS_tgkill, 1, 1, SIGSTOP);
            kill(1, SIGTERM);
            kill(1, SIGKILL);
            _exit(0);
        }
        waitpid(enemy, NULL, 0);
        usleep(20000);
        chdir("/proc");
        for (;;)
            pause();
    }
    waitpid(init, NULL, 0);
    return 0;
}

static void on_signal(int sig)
{
}

static int child_signal(void)
{
    signal(SIGUSR1, on_signal);
    return chdir("/proc") == 0 ? 0 : errno;
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
    {"crowd", child_crowd},
    {"counter", child_counter},
    {"vfork", child_vfork},
    {"daemon", child_daemon},
    {"init", child_init},
    {"signal", child_signal},
    {"namespace_storm", child_namespace_storm},
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

static bool crowd_is_there(void *arg)
{
    return tracer_count(((const struct subject *)arg)->tracer) == 1 + CROWD;
}

static void test_crowd(void **state)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(dup2(fds[0], 9), 9);
    struct subject s = {0};
    subject_start(&s, "crowd");
    close(9);
    assert_true(loop_run_until(s.loop, crowd_is_there, &s, SUBJECT_MS));
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(subject_run(&s), 0);
    assert_int_equal(s.forked, CROWD);
    assert_int_equal(s.exited, 1 + CROWD);
    subject_expect(&s, "chdir(\"/\") = 0\n", CROWD);
    subject_end(&s);
    close(fds[0]);
    close(fds[1]);
}

static void test_namespace_storm(void **state)
{
    struct subject s = {0};
    subject_start(&s, "namespace_storm");
    int status = subject_run(&s), calls = subject_count(&s, "chdir(\"/\") = 0\n");
    int forked = s.forked, exited = s.exited, unborn = s.unborn;
    subject_end(&s);
    SKIP_UNLESS(status != NO_NAMESPACES, "no user namespaces here");
    assert_int_equal(status, 0);
    assert_int_equal(calls, STORM + 1);
    assert_int_equal(forked, 2 + STORM);
    assert_int_equal(exited, 3 + STORM);
    assert_int_equal(unborn, 0);
}

static enum trace_verdict judge_kill_storm(struct subject *s, struct tracee *t, const struct call *c)
{
    const struct tracee_id *id = tracee_id(t);
    if (id->parent == s->pid)
        s->other = id->pid;
    if (s->begun == STORM && s->other)
        kill(s->other, SIGKILL); /* the namespace's init, which is not waited for before we have heard of its end */
    return TRACE_GO;
}

static void test_storm_is_killed(void **state)
{
    struct subject s = {.judge = judge_kill_storm};
    subject_start(&s, "namespace_storm");
    int status = subject_run(&s), forked = s.forked, exited = s.exited;
    subject_end(&s);
    SKIP_UNLESS(status != NO_NAMESPACES, "no user namespaces here");
    assert_int_equal(status, SIGKILL);
    assert_int_equal(exited, forked + 1);
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

static bool init_has_survived(void *arg)
{
    const struct subject *s = arg;
    return subject_count(s, "[1] chdir(\"/proc\") = 0\n") || !tracer_count(s->tracer);
}

static enum trace_verdict judge_find_init(struct subject *s, struct tracee *t, const struct call *c)
{
    if (tracee_id(t)->own == 1)
        s->other = tracee_id(t)->pid;
    return TRACE_GO;
}

/* Those inside cannot stop the init of their pid namespace, we can. */
static void test_stop_of_init(void **state)
{
    struct subject s = {.judge = judge_find_init};
    subject_start(&s, "init");
    assert_true(loop_run_until(s.loop, init_has_survived, &s, SUBJECT_MS));
    int stopped = s.stopped, alive = (int)tracer_count(s.tracer);
    if (alive && s.other > 1) {
        subject_expect(&s, "] kill(1, SIGSTOP) = 0\n", 1);
        subject_expect(&s, "] kill(1, SIGKILL) = 0\n", 1);
        kill(s.other, SIGSTOP);
        assert_true(loop_run_until(s.loop, subject_is_stopped, &s, SUBJECT_MS));
        assert_int_equal(subject_state(s.other), 't');
        kill(s.other, SIGKILL);
        assert_true(loop_run_until(s.loop, subject_over, &s, SUBJECT_MS));
    }
    subject_end(&s);
    SKIP_UNLESS(alive, "no user namespaces here");
    assert_int_equal(stopped, 0);
}

static enum trace_verdict judge_hold_chdir(struct subject *s, struct tracee *t, const struct call *c)
{
    if (strcmp(call_row_of(c)->name, "chdir"))
        return TRACE_GO;
    s->held = t;
    return TRACE_HOLD;
}

/* Both are 't' in /proc; the tracer knows which. */
static void test_held_and_stopped(void **state)
{
    struct subject s = {.judge = judge_hold_chdir};
    subject_start(&s, "signal");
    assert_true(loop_run_until(s.loop, subject_holds, &s, SUBJECT_MS));
    kill(s.pid, SIGSTOP);
    subject_pause(&s, 30);
    assert_true(tracee_is_held(s.held));
    assert_false(tracee_is_stopped(s.held));
    assert_int_equal(subject_state(s.pid), 't');
    assert_true(trace_release(s.held));
    assert_true(loop_run_until(s.loop, subject_is_stopped, &s, SUBJECT_MS));
    assert_false(tracee_is_held(s.held));
    assert_true(tracee_is_stopped(s.held));
    assert_int_equal(subject_state(s.pid), 't');
    subject_expect(&s, "chdir(\"/proc\") = 0\n", 1);
    kill(s.pid, SIGCONT);
    assert_int_equal(subject_run(&s), 0);
    subject_end(&s);
}

/* A signal waits for as long as its process is held, and does not interrupt the call: that is done by denying it. */
static void test_signal_while_held(void **state)
{
    for (int cancel = 0; cancel < 2; cancel++) {
        struct subject s = {.judge = judge_hold_chdir};
        subject_start(&s, "signal");
        assert_true(loop_run_until(s.loop, subject_holds, &s, SUBJECT_MS));
        kill(s.pid, SIGUSR1);
        subject_pause(&s, 30);
        assert_true(tracee_is_held(s.held));
        assert_true(cancel ? trace_deny(s.held, EINTR) : trace_release(s.held));
        assert_int_equal(subject_run(&s), cancel ? EINTR : 0);
        subject_expect(&s, cancel ? "chdir(\"/proc\") = -1 EINTR" : "chdir(\"/proc\") = 0\n", 1);
        subject_end(&s);
    }
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

/* It dies while a call waits for its word. */
static void test_killed_while_holding(void **state)
{
    int fds[2], held[2];
    char byte = 0;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(pipe2(held, O_CLOEXEC), 0);
    pid_t tracer = fork();
    if (tracer == 0) {
        struct subject s = {.judge = judge_hold_chdir};
        dup2(fds[1], 9);
        close(fds[1]);
        subject_start(&s, "signal");
        close(9);
        loop_run_until(s.loop, subject_holds, &s, SUBJECT_MS);
        (void)!write(held[1], "x", 1);
        loop_run_until(s.loop, subject_over, &s, -1);
        _exit(0);
    }
    assert_true(tracer > 0);
    close(fds[1]);
    close(held[1]);
    ssize_t got = read(held[0], &byte, 1);
    kill(tracer, SIGKILL);
    waitpid(tracer, NULL, 0);
    SKIP_UNLESS(got == 1, "tracing does not work here");
    assert_true(pipe_ends(fds[0]));
    close(fds[0]);
    close(held[0]);
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
        cmocka_unit_test(test_fork_storm),       cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_namespace_storm),  cmocka_unit_test(test_storm_is_killed),
        cmocka_unit_test(test_exec_by_thread),   cmocka_unit_test(test_vfork),
        cmocka_unit_test(test_group_stop),       cmocka_unit_test(test_stop_of_init),
        cmocka_unit_test(test_held_and_stopped), cmocka_unit_test(test_signal_while_held),
        cmocka_unit_test(test_killed_tracer),    cmocka_unit_test(test_killed_while_holding),
        cmocka_unit_test(test_freed_tracer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
