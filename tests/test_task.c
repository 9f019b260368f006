/* Tasks read from plain folders that look like a /proc, and texts that no honest process would show. */
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include "proc/task.h"
#include "support.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A stat line of Linux 6.18 with the comm left open. */
#define STAT_TAIL                                                                                                      \
    " S 7 42 42 0 -1 4194560 121 0 0 0 1 2 0 0 20 0 1 0 98765 2342912 230 18446744073709551615 93824992231424 "        \
    "93824992247305 140737488350144 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

static char root[64];
static int procfd = -1;

static int make_root(void **state)
{
    strcpy(root, "/tmp/porthole-task-XXXXXX");
    assert_non_null(mkdtemp(root));
    procfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return procfd < 0;
}

static void put(pid_t pid, const char *name, const void *data, size_t n)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%d", root, (int)pid);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%d/%s", root, (int)pid, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

static void put_text(pid_t pid, const char *name, const char *text)
{
    put(pid, name, text, strlen(text));
}

static void remove_pid(pid_t pid)
{
    static const char *const names[] = {"stat", "status", "cmdline"};
    char path[128];
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%d/%s", root, (int)pid, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/%d", root, (int)pid);
    rmdir(path);
}

static int remove_root(void **state)
{
    static const pid_t used[] = {42, 43, 44};
    for (size_t i = 0; i < COUNT(used); i++)
        remove_pid(used[i]);
    close_fd(&procfd);
    return rmdir(root);
}

static void test_stat_fields(void **state)
{
    struct task t = {0};
    const char *text = "42 (sleep)" STAT_TAIL;
    assert_true(task_parse_stat(text, strlen(text), &t));
    assert_int_equal(t.pid, 42);
    assert_int_equal(t.ppid, 7);
    assert_int_equal(t.pgrp, 42);
    assert_int_equal(t.state, 'S');
    assert_int_equal(t.start, 98765);
    assert_string_equal(t.comm, "sleep");
    assert_false(t.kthread);
    assert_int_not_equal(t.image, 0);
}

static void test_hostile_comms(void **state)
{
    static const char *const comms[] = {
        ") S 1 (",
        "a) Z 1 1 1 (b",
        "))))))))",
        "((((",
        "",
        "new\nline",
        "\nNSpid:\t1",
        "\033]0;owned\a",
        "\033[2J\033[H",
        "tab\there",
        "\xff\xfe\x80",
        "kworker/u8:3-events_unbound_and_a_very_long_description_of_work",
    };
    for (size_t i = 0; i < COUNT(comms); i++) {
        struct task t = {0};
        autofree char *text = xasprintf("42 (%s)%s", comms[i], STAT_TAIL);
        if (!task_parse_stat(text, strlen(text), &t))
            fail_msg("comm %zu is refused", i);
        assert_int_equal(t.ppid, 7);
        assert_int_equal(t.state, 'S');
        assert_int_equal(t.start, 98765);
        assert_int_equal(strncmp(t.comm, comms[i], sizeof t.comm - 1), 0);
    }
}

static void test_comm_is_cut_not_overrun(void **state)
{
    struct task t = {0};
    char long_comm[300];
    memset(long_comm, 'x', sizeof long_comm - 1);
    long_comm[sizeof long_comm - 1] = '\0';
    autofree char *text = xasprintf("42 (%s)%s", long_comm, STAT_TAIL);
    assert_true(task_parse_stat(text, strlen(text), &t));
    assert_int_equal(strlen(t.comm), sizeof t.comm - 1);
}

static void test_what_is_no_stat(void **state)
{
    static const char *const texts[] = {
        "",
        "42",
        "42 (sleep",
        "42 sleep)",
        "42 )sleep(" STAT_TAIL,
        "(sleep)" STAT_TAIL,
        "0 (sleep)" STAT_TAIL,
        "-1 (sleep)" STAT_TAIL,
        "99999999999 (sleep)" STAT_TAIL,
        "42 (sleep)",
        "42 (sleep) ",
        "42 (sleep) S",
        "42 (sleep) S 7 42 42 0 -1 4194560 121 0 0 0 1 2 0 0 20 0 1 0", /* ends before the start time */
        "42 (sleep) S x 42 42 0 -1 4194560 121 0 0 0 1 2 0 0 20 0 1 0 98765",
        "42 (sleep) S 7 42 42 0 -1 4194560 121 0 0 0 1 2 0 0 20 0 1 0 99999999999999999999999 1 2 3 4 5 6",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct task t = {0};
        if (task_parse_stat(texts[i], strlen(texts[i]), &t))
            fail_msg("accepted: \"%s\"", texts[i]);
    }
}

static void test_every_cut_of_a_stat(void **state)
{
    const char *text = "42 (a) b)" STAT_TAIL;
    size_t good = 0;
    for (size_t n = 0; n <= strlen(text); n++) {
        char *exact = xmalloc(n ? n : 1); /* without a NUL behind it, for the sanitiser */
        memcpy(exact, text, n);
        struct task t = {0};
        good += task_parse_stat(exact, n, &t);
        free(exact);
    }
    assert_true(good > 1 && good < strlen(text));
}

static void test_status(void **state)
{
    struct task t = {.pid = 42};
    task_parse_status("Name:\tsleep\nUid:\t1000\t1001\t1000\t1000\nNSpid:\t42\t7\t1\n", &t);
    assert_int_equal(t.uid, 1000);
    assert_int_equal(t.nspids, 3);
    assert_int_equal(t.nspid[0], 42);
    assert_int_equal(t.nspid[1], 7);
    assert_int_equal(t.nspid[2], 1);
}

static void test_status_without_nspid(void **state)
{
    struct task t = {.pid = 42};
    task_parse_status("Name:\tsleep\nUid:\t0\t0\t0\t0\n", &t);
    assert_int_equal(t.nspids, 1);
    assert_int_equal(t.nspid[0], 42);
}

/* More levels than we keep: the outermost, and always the process's own view. */
static void test_status_with_many_levels(void **state)
{
    struct task t = {.pid = 42};
    task_parse_status("Name:\tx\nNSpid:\t42\t41\t40\t39\t38\t37\t36\t35\t34\t1\n", &t);
    assert_int_equal(t.nspids, TASK_LEVELS);
    assert_int_equal(t.nspid[0], 42);
    assert_int_equal(t.nspid[TASK_LEVELS - 1], 1);
}

static void test_read(void **state)
{
    struct task t;
    put_text(42, "stat", "42 () S 1 ()" STAT_TAIL);
    put_text(42, "status", "Name:\t) S 1 (\nUid:\t1001\t1001\t1001\t1001\nNSpid:\t42\t1\n");
    assert_true(task_read(procfd, 42, &t));
    assert_string_equal(t.comm, ") S 1 (");
    assert_int_equal(t.ppid, 7);
    assert_int_equal(t.uid, 1001);
    assert_int_equal(t.nspids, 2);
    assert_null(t.args);
}

static void test_read_stat_keeps_the_rest(void **state)
{
    struct task t = {.pid = 42, .nspids = 2, .nspid = {42, 1}, .born_ms = 5, .uid = 9};
    put_text(42, "stat", "42 (sh)" STAT_TAIL);
    assert_true(task_read_stat(procfd, 42, &t));
    assert_string_equal(t.comm, "sh");
    assert_int_equal(t.nspids, 2);
    assert_int_equal(t.born_ms, 5);
    assert_int_equal(t.uid, 9);
}

static void test_read_without_status(void **state)
{
    struct task t;
    put_text(43, "stat", "43 (sh)" STAT_TAIL);
    assert_true(task_read(procfd, 43, &t));
    assert_int_equal(t.nspids, 1);
    assert_int_equal(t.nspid[0], 43);
}

/* The groups of a member of thousands push NSpid beyond any small buffer. */
static void test_read_long_status(void **state)
{
    struct task t;
    autostr struct str status = {0};
    str_add(&status, "Name:\tsh\nUid:\t5\t5\t5\t5\nGroups:\t");
    for (int i = 0; i < 20000; i++)
        str_addf(&status, "%d ", 100000 + i);
    str_add(&status, "\nNSpid:\t42\t3\n");
    put_text(42, "stat", "42 (sh)" STAT_TAIL);
    put(42, "status", status.s, status.len);
    assert_true(task_read(procfd, 42, &t));
    assert_int_equal(t.uid, 5);
    assert_int_equal(t.nspids, 2);
    assert_int_equal(t.nspid[1], 3);
}

static void test_vanished(void **state)
{
    struct task t;
    assert_false(task_read(procfd, 4711, &t));
    assert_false(task_read_stat(procfd, 4711, &t));
    t = (struct task){.pid = 4711};
    assert_false(task_read_args(procfd, &t));
    assert_null(t.args);
    put_text(44, "stat", "43 (someone else)" STAT_TAIL); /* as a pid reused meanwhile would read */
    assert_false(task_read(procfd, 44, &t));
}

static void test_args(void **state)
{
    struct task t = {.pid = 42};
    put(42, "cmdline", "sh\0-c\0echo \033[31m\n\0", 19);
    assert_true(task_read_args(procfd, &t));
    assert_string_equal(t.args, "sh -c echo \\033[31m\\n");
    put(42, "cmdline", "", 0);
    assert_true(task_read_args(procfd, &t));
    assert_string_equal(t.args, "");
    autostr struct str big = {0};
    for (int i = 0; i < 100000; i++)
        str_addc(&big, 'x');
    put(42, "cmdline", big.s, big.len);
    assert_true(task_read_args(procfd, &t));
    assert_int_equal(strlen(t.args), 4096);
    free(t.args);
}

static void test_find(void **state)
{
    struct task v[] = {{.pid = 1}, {.pid = 5}, {.pid = 9, .died_ms = 1}};
    struct tasks set = {v, COUNT(v), COUNT(v)};
    assert_ptr_equal(tasks_find(&set, 1), &v[0]);
    assert_ptr_equal(tasks_find(&set, 5), &v[1]);
    assert_ptr_equal(tasks_find(&set, 9), &v[2]);
    assert_null(tasks_find(&set, 4));
    assert_null(tasks_find(&set, 10));
    assert_null(tasks_find(NULL, 1));
    assert_null(tasks_find(&(struct tasks){0}, 1));
}

/* The kernel's own texts: this process under a name made to deceive. */
static void test_the_real_proc(void **state)
{
    struct task t;
    char before[16];
    autofd int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    SKIP_UNLESS(proc >= 0 && access("/proc/self/stat", R_OK) == 0, "no /proc is mounted here");
    prctl(PR_GET_NAME, before);
    prctl(PR_SET_NAME, ") Z 1 (\n\033[1m");
    bool read = task_read(proc, getpid(), &t);
    prctl(PR_SET_NAME, before);
    assert_true(read);
    assert_string_equal(t.comm, ") Z 1 (\n\033[1m");
    assert_int_equal(t.pid, getpid());
    assert_int_equal(t.ppid, getppid());
    assert_int_equal(t.state, 'R');
    assert_int_equal(t.uid, getuid());
    assert_true(t.nspids >= 1);
    assert_int_equal(t.nspid[0], getpid());
    assert_true(t.start > 0);
    assert_true(task_read_args(proc, &t));
    assert_non_null(strstr(t.args, program_invocation_short_name));
    free(t.args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stat_fields),
        cmocka_unit_test(test_hostile_comms),
        cmocka_unit_test(test_comm_is_cut_not_overrun),
        cmocka_unit_test(test_what_is_no_stat),
        cmocka_unit_test(test_every_cut_of_a_stat),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_status_without_nspid),
        cmocka_unit_test(test_status_with_many_levels),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_stat_keeps_the_rest),
        cmocka_unit_test(test_read_without_status),
        cmocka_unit_test(test_read_long_status),
        cmocka_unit_test(test_vanished),
        cmocka_unit_test(test_args),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_the_real_proc),
    };
    return cmocka_run_group_tests_name("task", tests, make_root, remove_root);
}
