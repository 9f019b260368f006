/* The calls of programs as lines: their words, how searches and runs fold, and what is kept. */
#include "support.h"

#include "call/call.h"
#include "shell/ticker.h"
#include <errno.h>
#include <string.h>

static struct ticker *ticker;
static struct str linear;
static const struct actor host = {.id = 1, .name = "host", .side = SIDE_HOST};
static const struct actor container = {.id = 2, .name = "container", .side = SIDE_CONTAINER};

static int open_ticker(void **state)
{
    ticker = ticker_new();
    return 0;
}

static int close_ticker(void **state)
{
    ticker_free(ticker);
    str_free(&linear);
    return 0;
}

static struct watched fed(pid_t pid, const char *name, const char *text)
{
    return (struct watched){.kind = WATCHED_CALL,
                            .who = &host,
                            .tid = pid,
                            .pid = pid,
                            .host_pid = pid,
                            .own_pid = pid,
                            .program = "prog",
                            .row = call_find(name),
                            .text = text,
                            .returned = true};
}

static void take(const struct watched *w)
{
    ticker_take(ticker, w, &linear);
}

static void take_call(pid_t pid, const char *name, const char *text)
{
    struct watched w = fed(pid, name, text);
    take(&w);
}

static void take_miss(pid_t pid, const char *text)
{
    struct watched w = fed(pid, "execve", text);
    w.search = true;
    w.ret = -1;
    w.err = ENOENT;
    take(&w);
}

static void take_exit(pid_t pid, int status, const char *text)
{
    struct watched w = fed(pid, "execve", text);
    w.kind = WATCHED_EXIT;
    w.row = NULL;
    w.ret = status;
    take(&w);
}

/* The kept lines, each with '\n'. */
static const char *kept(void)
{
    static struct str text;
    str_cut(&text, 0);
    for (size_t i = 0; i < ticker_count(ticker); i++) {
        ticker_print(ticker_line(ticker, i), &text);
        str_addc(&text, '\n');
    }
    return str_c(&text);
}

static const char *meaning(size_t i)
{
    static struct str text;
    str_cut(&text, 0);
    ticker_print_meaning(ticker_line(ticker, i), &text);
    return str_c(&text);
}

static void a_line_says_who(void **state)
{
    struct watched w = fed(4435, "unshare", "unshare(CLONE_NEWPID|CLONE_NEWNS) = 0");
    take(&w);
    w.who = &container;
    w.own_pid = 1;
    take(&w);
    w.host_pid = w.own_pid = 0; /* it vanished before anybody could ask */
    w.pid = 77;
    take(&w);
    take_exit(4435, 3 << 8, "+++ exited with 3 +++");
    assert_string_equal(kept(), "[host 4435] unshare(CLONE_NEWPID|CLONE_NEWNS) = 0\n"
                                "[container 4435/1] unshare(CLONE_NEWPID|CLONE_NEWNS) = 0\n"
                                "[container 77] unshare(CLONE_NEWPID|CLONE_NEWNS) = 0\n"
                                "[host 4435] +++ exited with 3 +++\n");
    assert_string_equal(str_c(&linear), kept());
    assert_non_null(strstr(meaning(0), "unshare(2) "));
    assert_string_equal(meaning(3), "");
    assert_false(ticker_line(ticker, 0)->failed);
    assert_true(ticker_line(ticker, 3)->failed);
}

static void a_search_is_one_line(void **state)
{
    take_miss(9, "execve(\"/usr/local/sbin/ls\", [\"ls\"], ...) = -1 ENOENT (No such file or directory)");
    take_miss(9, "execve(\"/usr/local/bin/ls\", [\"ls\"], ...) = -1 ENOENT (No such file or directory)");
    assert_string_equal(str_c(&linear), ""); /* it may go on */
    assert_string_equal(kept(), "[host 9] (PATH: 2 misses)\n");
    take_miss(9, "execve(\"/usr/sbin/ls\", [\"ls\"], ...) = -1 ENOENT (No such file or directory)");
    take_call(9, "execve", "execve(\"/usr/bin/ls\", [\"ls\"], ...) = 0");
    take_miss(10, "execve(\"/usr/bin/frob\", [\"frob\"], ...) = -1 ENOENT (No such file or directory)");
    take_exit(10, 127 << 8, "+++ exited with 127 +++");
    assert_string_equal(kept(), "[host 9] (PATH: 3 misses)\n"
                                "[host 9] execve(\"/usr/bin/ls\", [\"ls\"], ...) = 0\n"
                                "[host 10] (PATH: 1 miss)\n"
                                "[host 10] +++ exited with 127 +++\n");
    assert_string_equal(str_c(&linear), kept());
    assert_non_null(strstr(meaning(0), "$PATH"));
}

static void a_flood_is_one_line(void **state)
{
    char text[80];
    for (int i = 0; i < 41; i++) {
        snprintf(text, sizeof text, "prctl(PR_CAPBSET_READ, %d) = 1", i);
        take_call(5, "prctl", text);
        take_call(6, "chdir", "chdir(\"/\") = 0"); /* another process between them */
    }
    assert_int_equal((int)ticker_line(ticker, 0)->count, 41);
    assert_string_equal(str_c(&linear) + strlen("[host 5] "),
                        strstr(str_c(&linear), "prctl(PR_CAPBSET_READ, 0) = 1\n"));
    take_call(5, "unshare", "unshare(0) = 0");
    assert_non_null(strstr(str_c(&linear), "[host 5] prctl(PR_CAPBSET_READ, 40) = 1 (×40 more)\n"
                                           "[host 5] unshare(0) = 0\n"));
    assert_true(!strncmp(kept(), "[host 5] prctl(PR_CAPBSET_READ, 40) = 1 (×41)\n", 40));
}

/* Twelve mounts are twelve facts. */
static void what_changes_something_stays_apart(void **state)
{
    char text[80];
    for (int i = 0; i < 12; i++) {
        snprintf(text, sizeof text, "mount(\"tmpfs\", \"/%d\", \"tmpfs\", 0, NULL) = 0", i);
        take_call(5, "mount", text);
    }
    assert_int_equal((int)ticker_count(ticker), 12);
    for (int i = 0; i < 2000; i++)
        take_call(7, "fork", "fork() = 8");
    assert_true(ticker_count(ticker) < 12 + 12);
    ticker_settle(ticker, &linear);
    assert_non_null(strstr(str_c(&linear), "fork() = 8 (×19"));
    size_t told = linear.len;
    ticker_settle(ticker, &linear);
    assert_int_equal((int)linear.len, (int)told); /* once */
}

static void each_command_has_its_list(void **state)
{
    take_call(1, "chdir", "chdir(\"/\") = 0");
    ticker_begin(ticker);
    assert_int_equal((int)ticker_count(ticker), 1); /* the list of the last command that had one */
    take_call(1, "chdir", "chdir(\"/tmp\") = 0");
    assert_string_equal(kept(), "[host 1] chdir(\"/tmp\") = 0\n");
    struct watched lost = {.kind = WATCHED_LOST, .ret = 71};
    take(&lost);
    assert_string_equal(kept(), "[host 1] chdir(\"/tmp\") = 0\n(71 calls came too fast to be told)\n");
    struct watched w = fed(1, "chdir", "chdir(\"/\")");
    w.kind = WATCHED_HELD;
    take(&w);
    assert_int_equal((int)ticker_count(ticker), 2);
    ticker_renew(ticker); /* nothing has begun */
    assert_int_equal((int)ticker_count(ticker), 2);
    ticker_begin(ticker);
    ticker_renew(ticker);
    assert_int_equal((int)ticker_count(ticker), 0);
}

static void the_oldest_are_forgotten(void **state)
{
    char text[80];
    for (int i = 0; i < TICKER_MAX + 50; i++) {
        snprintf(text, sizeof text, "chdir(\"/%d\") = 0", i);
        take_call(1000 + i, "chdir", text);
    }
    assert_int_equal((int)ticker_count(ticker), TICKER_MAX);
    assert_int_equal((int)ticker_forgotten(ticker), 50);
    assert_string_equal(ticker_line(ticker, 0)->text, "[host 1050] chdir(\"/50\") = 0");
    ticker_begin(ticker);
    take_call(1, "chdir", "chdir(\"/\") = 0");
    assert_int_equal((int)ticker_count(ticker), 1);
    assert_int_equal((int)ticker_forgotten(ticker), 0);
}

static void a_denied_call_has_its_reason(void **state)
{
    struct watched w = fed(3, "kill", "kill(1, SIGKILL) = -1 EPERM (Operation not permitted)");
    w.ret = -1;
    w.err = EPERM;
    w.denied = true;
    w.reason = "porthole did not make this call: pid 1; this session did not start that process";
    take(&w);
    w.reason = "";
    take(&w);
    w.err = EINTR;
    take(&w);
    w.denied = false;
    w.err = EPERM;
    w.why = "checked 3 causes; this one holds: it is so";
    take(&w);
    assert_non_null(strstr(
        meaning(0), "porthole did not make this call: pid 1; this session did not start that process. kill(2) "));
    assert_non_null(strstr(meaning(1), "You denied it"));
    assert_non_null(strstr(meaning(2), "^C cancelled it"));
    assert_non_null(strstr(meaning(3), "this one holds: it is so. kill(2) "));
    assert_true(ticker_line(ticker, 0)->denied && ticker_line(ticker, 0)->failed);
}

/* prctl() is many calls; threads are no processes; a fork by clone() makes no namespaces. */
static void one_name_many_calls(void **state)
{
    take_call(5, "prctl", "prctl(PR_CAPBSET_READ, CAP_CHOWN) = 1");
    take_call(5, "prctl", "prctl(PR_CAPBSET_READ, CAP_KILL) = 1");
    take_call(5, "prctl", "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0");
    take_call(5, "clone", "clone(child_stack=NULL, flags=SIGCHLD) = 6");
    take_call(5, "clone3", "clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 7");
    take_call(5, "clone3", "clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 8");
    take_call(5, "clone", "clone(child_stack=NULL, flags=CLONE_NEWPID|SIGCHLD) = 9");
    assert_string_equal(kept(), "[host 5] prctl(PR_CAPBSET_READ, CAP_KILL) = 1 (×2)\n"
                                "[host 5] prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0\n"
                                "[host 5] clone(child_stack=NULL, flags=SIGCHLD) = 6\n"
                                "[host 5] clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 8 (×2)\n"
                                "[host 5] clone(child_stack=NULL, flags=CLONE_NEWPID|SIGCHLD) = 9\n");
    assert_non_null(strstr(meaning(2), "as fork() does"));
    assert_non_null(strstr(meaning(3), "another thread"));
    assert_non_null(strstr(meaning(4), "new namespaces of its own"));
}

/* A probe that fails in the end does not hide what was waited for; an end says more than the call for it. */
static void what_matters_is_shown(void **state)
{
    struct watched w = fed(7, "wait4", "wait4(-1, WNOHANG) = -1 ECHILD (No child processes)");
    w.ret = -1;
    w.err = ECHILD;
    take_call(7, "wait4", "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = 8");
    take(&w);
    take_call(7, "exit", "exit_group(3) = ?");
    assert_string_equal(str_c(&linear), "[host 7] wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = 8\n");
    take_exit(7, 3 << 8, "+++ exited with 3 +++");
    assert_string_equal(kept(), "[host 7] wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = 8 (×2)\n"
                                "[host 7] +++ exited with 3 +++\n");
    assert_non_null(strstr(str_c(&linear), "[host 7] +++ exited with 3 +++\n"));
    assert_null(strstr(str_c(&linear), "exit_group"));
    assert_false(ticker_line(ticker, 0)->failed);
}

/* Without linear output nothing is owed to it later. */
static void silence_is_not_told_later(void **state)
{
    struct watched w = fed(3, "prctl", "prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) = 0");
    for (int i = 0; i < 9; i++)
        ticker_take(ticker, &w, NULL);
    ticker_settle(ticker, &linear);
    take_call(3, "chdir", "chdir(\"/\") = 0");
    assert_string_equal(str_c(&linear), "[host 3] chdir(\"/\") = 0\n");
}

int main(void)
{
#define TICKER_TEST(f) cmocka_unit_test_setup_teardown(f, open_ticker, close_ticker)
    const struct CMUnitTest tests[] = {
        TICKER_TEST(a_line_says_who),
        TICKER_TEST(a_search_is_one_line),
        TICKER_TEST(a_flood_is_one_line),
        TICKER_TEST(what_changes_something_stays_apart),
        TICKER_TEST(each_command_has_its_list),
        TICKER_TEST(the_oldest_are_forgotten),
        TICKER_TEST(a_denied_call_has_its_reason),
        TICKER_TEST(one_name_many_calls),
        TICKER_TEST(what_matters_is_shown),
        TICKER_TEST(silence_is_not_told_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
