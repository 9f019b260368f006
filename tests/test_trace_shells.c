/* Job control under porthole trace: interactive shells on a terminal of their own, Ctrl-Z, bg, fg, and the state of the
 * processes as the kernel tells it: 't' is stopped while traced, 'S' sleeps. Output alone would prove nothing: where
 * the tracer does not take part, a shell says "Stopped" of a job that runs on. */
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "oracle.h"
#include "subject.h"
#include "support.h"
#include "temp.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[TEMP_PATH];

struct terminal {
    pid_t pid; /* leader of the session there */
    int fd;
    struct str said;
    char trace[TEMP_PATH + 16];
};

static void terminal_open(struct terminal *t, const char *command)
{
    *t = (struct terminal){0};
    snprintf(t->trace, sizeof t->trace, "%s/trace", dir);
    unlink(t->trace);
    t->pid = forkpty(&t->fd, NULL, NULL, NULL);
    if (t->pid == 0) {
        signal(SIGINT, SIG_DFL); /* who runs us in the background has it ignored, and that would be inherited */
        signal(SIGQUIT, SIG_DFL);
        setenv("PS1", "ready$ ", 1);
        setenv("HISTFILE", "", 1);
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
    }
    assert_true(t->pid > 0);
}

static void terminal_type(struct terminal *t, const char *text)
{
    assert_int_equal(write(t->fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* Reads what is said for at most ms. false: the terminal is gone. */
static bool terminal_listen(struct terminal *t, int ms)
{
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    char buf[1024];
    if (poll(&p, 1, ms) <= 0)
        return true;
    ssize_t n = read(t->fd, buf, sizeof buf);
    if (n > 0)
        str_addn(&t->said, buf, (size_t)n);
    return n > 0;
}

/* Waits until it has said that since the last time, and forgets it. */
static void terminal_expect(struct terminal *t, const char *text)
{
    int64_t end = now_ms() + SUBJECT_MS;
    const char *at;
    while (!(at = strstr(str_c(&t->said), text)) && now_ms() < end)
        if (!terminal_listen(t, 50))
            break;
    if (!at)
        fail_msg("no \"%s\" in: %s", text, str_c(&t->said));
    autofree char *rest = xstrdup(at + strlen(text));
    str_cut(&t->said, 0);
    str_add(&t->said, rest);
}

static void terminal_expect_state(struct terminal *t, pid_t pid, char wanted)
{
    int64_t end = now_ms() + SUBJECT_MS;
    char state;
    while ((state = subject_state(pid)) != wanted && now_ms() < end)
        terminal_listen(t, 10);
    assert_int_equal(state, wanted);
}

/* Until the terminal belongs to that process group. */
static void terminal_expect_group(struct terminal *t, pid_t group)
{
    int64_t end = now_ms() + SUBJECT_MS;
    while (tcgetpgrp(t->fd) != group && now_ms() < end)
        terminal_listen(t, 10);
    assert_int_equal(tcgetpgrp(t->fd), group);
}

/* A traced process ends for its tracer first: only then does its shell hear of it, and may leave it a zombie until its
 * next prompt. */
static void terminal_expect_end(struct terminal *t, pid_t pid)
{
    int64_t end = now_ms() + SUBJECT_MS;
    autofree char *wanted = xasprintf("[%d] +++ ", (int)pid);
    bool told = false;
    while (!told && now_ms() < end) {
        autostr struct str text = {0};
        told = file_read(AT_FDCWD, t->trace, &text, 1 << 20) && strstr(str_c(&text), wanted);
        terminal_listen(t, 10);
    }
    assert_true(told);
    char state = subject_state(pid);
    assert_true(state == 0 || state == 'Z');
}

/* The process that has executed a program with these arguments, as the trace tells. */
static pid_t terminal_find(struct terminal *t, const char *arguments)
{
    int64_t end = now_ms() + SUBJECT_MS;
    while (now_ms() < end) {
        autostr struct str text = {0};
        const char *at = file_read(AT_FDCWD, t->trace, &text, 1 << 20) ? strstr(str_c(&text), arguments) : NULL;
        const char *result = at ? strchr(at, '\n') : NULL;
        if (result && result[-1] == '0') {
            while (at > text.s && at[-1] != '\n')
                at--;
            return (pid_t)strtol(at + 1, NULL, 10);
        }
        terminal_listen(t, 10);
    }
    fail_msg("no %s in the trace", arguments);
    return 0;
}

static int terminal_close(struct terminal *t)
{
    int status = 0;
    int64_t end = now_ms() + SUBJECT_MS;
    while (terminal_listen(t, 50) && now_ms() < end)
        ;
    if (now_ms() >= end) {
        printf("does not end: %s\n", str_c(&t->said));
        kill(t->pid, SIGKILL); /* our own child, not waited for */
    }
    close(t->fd);
    waitpid(t->pid, &status, 0);
    str_free(&t->said);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void job_control(const char *shell, const char *stopped)
{
    struct terminal t;
    autofree char *try = xasprintf("%s trace -o /dev/null -- %s -c true 2>/dev/null", oracle_porthole(), shell);
    SKIP_UNLESS(oracle_run(try) == 0, try);
    autofree char *command = xasprintf("exec %s trace -o %s/trace -- %s", oracle_porthole(), dir, shell);
    terminal_open(&t, command);
    terminal_expect(&t, "ready$ ");
    terminal_type(&t, "sleep 1234\n");
    pid_t job = terminal_find(&t, "[\"sleep\", \"1234\"]");
    assert_true(job > 1);
    terminal_expect_state(&t, job, 'S');
    terminal_type(&t, "\x1a");
    terminal_expect(&t, stopped);
    terminal_expect(&t, "ready$ ");
    terminal_expect_state(&t, job, 't');
    terminal_type(&t, "jobs\n");
    terminal_expect(&t, stopped);
    terminal_expect(&t, "ready$ ");
    assert_int_equal(subject_state(job), 't');
    terminal_type(&t, "bg\n");
    terminal_expect_state(&t, job, 'S');
    terminal_expect(&t, "ready$ ");
    terminal_type(&t, "fg\n");
    terminal_expect(&t, "sleep 1234\r\n");
    terminal_expect_state(&t, job, 'S');
    terminal_expect_group(&t, job); /* the shell names the job, gives it the terminal, ... */
    terminal_expect_state(&t, terminal_find(&t, "\"-i\"]"), 'S'); /* ... sends it SIGCONT, and waits for it */
    terminal_type(&t, "\x1a");
    terminal_expect(&t, stopped);
    terminal_expect_state(&t, job, 't');
    terminal_expect(&t, "ready$ ");
    terminal_type(&t, "kill %1; kill -CONT %1\n"); /* not all shells wake what they are to end */
    terminal_expect(&t, "ready$ ");
    terminal_expect_end(&t, job);
    terminal_type(
        &t, "\n"); /* before a prompt it sees what became of the job; with one that is stopped it would not exit */
    terminal_expect(&t, "ready$ ");
    terminal_type(&t, "exit 5\n");
    assert_int_equal(terminal_close(&t), 5);
}

static void test_bash(void **state)
{
    job_control("bash --norc --noprofile -i", "Stopped");
}

static void test_busybox(void **state)
{
    job_control("busybox sh -i", "Stopped");
}

static void test_dash(void **state)
{
    job_control("dash -i", "Stopped");
}

/* porthole trace as a job itself: it stops and goes on with its program. */
static void test_job_of_a_shell(void **state)
{
    struct terminal t;
    SKIP_UNLESS(oracle_run("bash -c true") == 0, "there is no bash");
    autofree char *can = xasprintf("%s trace -o /dev/null -- true 2>/dev/null", oracle_porthole()),
                  *line = xasprintf("%s trace -o %s/trace -- sleep 4321\n", oracle_porthole(), dir);
    SKIP_UNLESS(oracle_run(can) == 0, "tracing does not work here");
    terminal_open(&t, "exec bash --norc --noprofile -i");
    terminal_expect(&t, "ready$ ");
    terminal_type(&t, line);
    pid_t program = terminal_find(&t, "[\"sleep\", \"4321\"]");
    assert_true(program > 1);
    for (int round = 0; round < 2; round++) {
        terminal_expect_state(&t, program, 'S');
        terminal_type(&t, "\x1a");
        terminal_expect(&t, "Stopped");
        terminal_expect(&t, "ready$ ");
        terminal_expect_state(&t, program, 't');
        terminal_type(&t, "fg\n");
        terminal_expect(&t, "sleep 4321\r\n");
    }
    terminal_expect_state(&t, program, 'S');
    terminal_type(&t, "\x03");
    terminal_expect(&t, "ready$ ");
    terminal_expect_end(&t, program);
    terminal_type(&t, "echo status $?\n");
    terminal_expect(&t, "status 130");
    terminal_type(&t, "exit 6\n");
    assert_int_equal(terminal_close(&t), 6);
}

static int setup(void **state)
{
    temp_make(dir);
    return 0;
}

static int teardown(void **state)
{
    temp_remove(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bash),
        cmocka_unit_test(test_busybox),
        cmocka_unit_test(test_dash),
        cmocka_unit_test(test_job_of_a_shell),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
