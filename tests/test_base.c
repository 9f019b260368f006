#include "support.h"

#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_str_grows(void **state)
{
    autostr struct str b = {0};
    assert_string_equal(str_c(&b), "");
    for (int i = 0; i < 1000; i++)
        str_addf(&b, "%d,", i);
    assert_int_equal(b.len, strlen(b.s));
    str_cut(&b, 4);
    assert_string_equal(str_c(&b), "0,1,");
    char *text = str_steal(&b);
    assert_string_equal(text, "0,1,");
    assert_null(b.s);
    free(text);
}

static void test_steal_leaves_empty(void **state)
{
    autofree char *a = xstrdup("a");
    char *b = steal_ptr(&a);
    assert_null(a);
    free(b);
    autofd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int taken = steal_fd(&fd);
    assert_int_equal(fd, -1);
    close(taken);
}

static void test_outcome_text(void **state)
{
    struct outcome o;
    autostr struct str out = {0};
    assert_int_equal(outcome_set(&o, ENOENT, "mount", "/pr\noc", "make %s first", "it"), -1);
    outcome_print(&out, &o);
    assert_string_equal(str_c(&out), "mount: /pr\\noc: No such file or directory (ENOENT); make it first");
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void read_one(void *arg, int fd, short revents)
{
    char c;
    if (read(fd, &c, 1) == 1)
        ++*(int *)arg;
}

static bool is_three(void *arg)
{
    return *(int *)arg == 3;
}

static void test_loop_timers_and_fds(void **state)
{
    struct loop *l = loop_new();
    int timers = 0, bytes = 0, pipes[2];
    assert_int_equal(pipe(pipes), 0);
    loop_watch(l, pipes[0], POLLIN, read_one, &bytes);
    int cancelled = loop_timer(l, 1, count, &timers);
    loop_timer(l, 1, count, &timers);
    loop_cancel(l, cancelled);
    assert_int_equal(write(pipes[1], "abc", 3), 3);
    assert_true(loop_run_until(l, is_three, &bytes, 1000));
    assert_false(loop_run_until(l, is_three, &timers, 30));
    assert_int_equal(timers, 1);
    loop_unwatch(l, pipes[0]);
    close(pipes[0]);
    close(pipes[1]);
    loop_free(l);
}

struct unwatcher {
    struct loop *l;
    int other, calls;
};

static void unwatch_other(void *arg, int fd, short revents)
{
    struct unwatcher *u = arg;
    u->calls++;
    loop_unwatch(u->l, u->other);
    loop_unwatch(u->l, fd);
}

/* Both are ready in one turn; the first callback removes the second. */
static void test_loop_unwatch_inside_callback(void **state)
{
    struct loop *l = loop_new();
    int a[2], b[2];
    assert_int_equal(pipe(a) | pipe(b), 0);
    struct unwatcher ua = {l, b[0], 0}, ub = {l, a[0], 0};
    loop_watch(l, a[0], POLLIN, unwatch_other, &ua);
    loop_watch(l, b[0], POLLIN, unwatch_other, &ub);
    assert_int_equal(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
    loop_once(l, 100);
    loop_once(l, 0);
    assert_int_equal(ua.calls + ub.calls, 1);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
    loop_free(l);
}

static void test_file_replace_and_append(void **state)
{
    char dir[] = "/tmp/porthole-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    autofree char *deep = xasprintf("%s/a/b", dir);
    autofree char *path = xasprintf("%s/file", deep);
    assert_true(file_mkdirs(deep));
    assert_true(file_replace(path, "one", 3));
    assert_true(file_replace(path, "two\n", 4));
    assert_true(file_append(path, "three", 5));
    autostr struct str text = {0};
    assert_true(file_read(AT_FDCWD, path, &text, 100));
    assert_string_equal(str_c(&text), "two\nthree");
    assert_false(file_read(AT_FDCWD, path, &text, 3));
    assert_int_equal(errno, EFBIG);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    unlink(path);
    rmdir(deep);
    autofree char *a = xasprintf("%s/a", dir);
    rmdir(a);
    assert_int_equal(rmdir(dir), 0); /* no temporary file stayed behind */
}

static void test_file_failure_keeps_old(void **state)
{
    assert_false(file_replace("/proc/nowhere/file", "x", 1));
    assert_false(file_mkdirs("/proc/self/nowhere/x"));
}

static void test_state_dir(void **state)
{
    setenv("PORTHOLE_STATE", "/somewhere", 1);
    autofree char *own = user_state_dir();
    assert_string_equal(own, "/somewhere");
    unsetenv("PORTHOLE_STATE");
    setenv("XDG_STATE_HOME", "relative", 1);
    autofree char *home = user_state_dir();
    assert_non_null(strstr(home, "/.local/state/porthole"));
    unsetenv("XDG_STATE_HOME");
}

static void assert_theirs(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_uid, 64321);
    assert_int_equal(st.st_gid, 64322);
    assert_int_equal(st.st_mode & 077, 0);
}

/* Under sudo nothing of root's appears in the user's home, and root's own places are not used. */
static void test_sudo(void **state)
{
    char dir[] = "/tmp/porthole-test-XXXXXX";
    struct stat st;
    SKIP_UNLESS(geteuid() == 0, "only root can give files away");
    assert_non_null(mkdtemp(dir));
    setenv("SUDO_UID", "64321", 1);
    setenv("SUDO_GID", "64322", 1);
    setenv("XDG_STATE_HOME", "/root/state", 1);
    autofree char *home = user_state_dir();
    assert_null(strstr(home, "/root"));
    unsetenv("XDG_STATE_HOME");
    autofree char *outer = xasprintf("%s/a", dir), *inner = xasprintf("%s/a/b", dir);
    autofree char *whole = xasprintf("%s/whole", inner), *log = xasprintf("%s/log", inner);
    assert_true(file_mkdirs(inner));
    assert_true(file_replace(whole, "x", 1) && file_replace(whole, "y", 1));
    assert_true(file_append(log, "x\n", 2));
    assert_theirs(outer);
    assert_theirs(inner);
    assert_theirs(whole);
    assert_theirs(log);
    assert_int_equal(lstat(dir, &st), 0); /* what was there keeps its owner */
    assert_int_equal(st.st_uid, 0);
    setenv("SUDO_UID", "12x", 1); /* nobody's */
    assert_int_equal(user_uid(), getuid());
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    unlink(whole);
    unlink(log);
    rmdir(inner);
    rmdir(outer);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str_grows),
        cmocka_unit_test(test_steal_leaves_empty),
        cmocka_unit_test(test_outcome_text),
        cmocka_unit_test(test_loop_timers_and_fds),
        cmocka_unit_test(test_loop_unwatch_inside_callback),
        cmocka_unit_test(test_file_replace_and_append),
        cmocka_unit_test(test_file_failure_keeps_old),
        cmocka_unit_test(test_state_dir),
        cmocka_unit_test(test_sudo),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
