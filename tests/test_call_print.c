/* Calls and results as they are printed: what the kernel filled in, return values, and damaged images. */
#include "support.h"

#include "base/mem.h"
#include "base/str.h"
#include "call/table.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>

static struct call *parse_or_fail(const char *line)
{
    struct call_error e;
    struct call *c = call_parse(line, NULL, &e);
    if (!c)
        fail_msg("%s: %s at %zu", line, e.text, e.at);
    return c;
}

/* Prints line as if the call had returned ret and written n bytes into its output argument. */
static void returned(struct str *out, const char *line, int arg, const void *bytes, size_t n, long ret, int err)
{
    struct outcome o = {0};
    struct call_image *im = xcalloc(1, sizeof *im);
    _cleanup_(call_freep)
    struct call *c = parse_or_fail(line);
    assert_true(call_marshal(c, im, &o));
    if (n) {
        int r = call_register(c->row, arg);
        assert_true(im->ptr >> r & 1);
        assert_true(n <= call_output_room(c, arg));
        assert_true(im->arg[r] + n <= im->len);
        memcpy(im->arena + im->arg[r], bytes, n);
    }
    im->ret = ret;
    im->err = err;
    call_print_result(out, c, im);
    free(im);
}

static void test_results(void **state)
{
    static const struct {
        const char *line;
        long ret;
        int err;
        const char *want;
    } rows[] = {
        {"chroot(\"r\")", 0, 0, "chroot(\"r\") = 0"},
        {"kill(5, SIGTERM)", -1, ESRCH, "kill(5, SIGTERM) = -1 ESRCH (No such process)"},
        {"kill(5, SIGTERM)", -1, 4095, "kill(5, SIGTERM) = -1 (errno 4095)"},
        {"fork()", 4431, 0, "fork() = 4431"},
        {"umask(0)", 022, 0, "umask(000) = 022"},
        {"umask(022)", 0, 0, "umask(022) = 000"},
        {"exit(7)", 0, 0, "exit(7) = ?"},
        {"execve(\"/x\", [\"x\"], NULL)", 0, 0, "execve(\"/x\", [\"x\"], NULL) = ?"},
        {"execve(\"/x\", [\"x\"], NULL)", -1, ENOENT,
         "execve(\"/x\", [\"x\"], NULL) = -1 ENOENT (No such file or directory)"},
        {"prctl(PR_GET_DUMPABLE)", 1, 0, "prctl(PR_GET_DUMPABLE) = 1 (SUID_DUMP_USER)"},
        {"prctl(PR_GET_SECUREBITS)", 16, 0, "prctl(PR_GET_SECUREBITS) = 0x10 (SECBIT_KEEP_CAPS)"},
        {"prctl(PR_GET_SECUREBITS)", 0, 0, "prctl(PR_GET_SECUREBITS) = 0"},
        {"prctl(PR_GET_NO_NEW_PRIVS)", 1, 0, "prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) = 1"},
        {"wait4(-1)", -1, ECHILD, "wait4(-1, &wstatus, 0, NULL) = -1 ECHILD (No child processes)"},
        {"wait4(-1, &status, WNOHANG)", 0, 0, "wait4(-1, &status, WNOHANG, NULL) = 0"},
        {"wait4(-1, NULL, 0, NULL)", 5, 0, "wait4(-1, NULL, 0, NULL) = 5"},
        {"read(3, 16)", -1, EBADF, "read(3, buf, 16) = -1 EBADF (Bad file descriptor)"},
        {"read(3, 16)", 0, 0, "read(3, \"\", 16) = 0"},
        {"getgroups(0, NULL)", 3, 0, "getgroups(0, NULL) = 3"},
        {"getpid()", 1, 0, "getpid() = 1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        autostr struct str out = {0};
        returned(&out, rows[i].line, 0, NULL, 0, rows[i].ret, rows[i].err);
        assert_string_equal(str_c(&out), rows[i].want);
    }
}

static void test_wait_status(void **state)
{
    static const struct {
        int status;
        const char *want;
    } rows[] = {
        {7 << 8, "WIFEXITED(s) && WEXITSTATUS(s) == 7"},
        {0, "WIFEXITED(s) && WEXITSTATUS(s) == 0"},
        {SIGKILL, "WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL"},
        {SIGABRT | 0x80, "WIFSIGNALED(s) && WTERMSIG(s) == SIGABRT && WCOREDUMP(s)"},
        {SIGSTOP << 8 | 0x7f, "WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP"},
        {0xffff, "WIFCONTINUED(s)"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        autostr struct str out = {0};
        autofree char *want = xasprintf("wait4(5, [{%s}], 0, NULL) = 5", rows[i].want);
        returned(&out, "wait4(5)", 1, &rows[i].status, 4, 5, 0);
        assert_string_equal(str_c(&out), want);
    }
}

static void test_outputs(void **state)
{
    struct utsname u = {.sysname = "Linux", .nodename = "web1", .release = "6.1", .version = "#1", .machine = "x86_64"};
    const uint32_t ids[] = {0, 27, 44}, one[] = {1000}, caps[] = {0x21, 0xffffffdf, 0, 0, 0x1ff, 0};
    const int64_t time[] = {5, 7};
    const int sig = SIGKILL;
    const struct {
        const char *line;
        int arg;
        const void *bytes;
        size_t n;
        long ret;
        const char *want;
    } rows[] = {
        {"getcwd()", 0, "/tmp", 5, 5, "getcwd(\"/tmp\", 4096) = 5"},
        {"read(3, 64)", 1, "a\0\n\177\0331", 6, 6, "read(3, \"a\\0\\n\\177\\0331\", 64) = 6"},
        {"readlink(\"l\")", 1, "pid:[4026531836]", 16, 16, "readlink(\"l\", \"pid:[4026531836]\", 4096) = 16"},
        {"pipe()", 0, ids, 8, 0, "pipe([0, 27]) = 0"},
        {"getgroups()", 1, ids, 12, 3, "getgroups(1024, [0, 27, 44]) = 3"},
        {"getresuid()", 1, one, 4, 0, "getresuid([0], [1000], [0]) = 0"},
        {"uname()", 0, &u, sizeof u, 0,
         "uname({sysname=\"Linux\", nodename=\"web1\", release=\"6.1\", version=\"#1\", machine=\"x86_64\", "
         "domainname=\"\"}) = 0"},
        {"gethostname()", 0, &u, sizeof u, 0, "gethostname(\"web1\") = 0"},
        {"gethostname(buf, 64)", 0, &u, sizeof u, 0, "gethostname(\"web1\", 64) = 0"},
        {"capget(0)", 1, caps, sizeof caps, 0,
         "capget(0, {effective=CAP_CHOWN|CAP_KILL, permitted=~CAP_KILL, inheritable=0}) = 0"},
        {"clock_gettime(CLOCK_BOOTTIME)", 1, time, sizeof time, 0,
         "clock_gettime(CLOCK_BOOTTIME, {tv_sec=5, tv_nsec=7}) = 0"},
        {"prctl(PR_GET_NAME)", 1, "box", 4, 0, "prctl(PR_GET_NAME, \"box\") = 0"},
        {"prctl(PR_GET_PDEATHSIG)", 1, &sig, 4, 0, "prctl(PR_GET_PDEATHSIG, [SIGKILL]) = 0"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        autostr struct str out = {0};
        returned(&out, rows[i].line, rows[i].arg, rows[i].bytes, rows[i].n, rows[i].ret, 0);
        assert_string_equal(str_c(&out), rows[i].want);
    }
}

/* A call can claim to have returned more than its buffer holds: nothing beyond is read. */
static void test_damaged_images(void **state)
{
    struct outcome o = {0};
    struct call_image *im = xcalloc(1, sizeof *im);
    _cleanup_(call_freep)
    struct call *c = parse_or_fail("read(3, 4)");
    autostr struct str out = {0}, moved = {0}, shorter = {0};
    assert_true(call_marshal(c, im, &o));
    memcpy(im->arena + im->arg[1], "abcd", 4);
    im->ret = 1000000;
    call_print_result(&out, c, im);
    assert_string_equal(str_c(&out), "read(3, \"abcd\", 4) = 1000000");
    im->arg[1] = CALL_ARENA - 2;
    call_print(&moved, c, im);
    assert_string_equal(str_c(&moved), "read(3, buf, 4)");
    im->arg[1] = UINT64_MAX;
    im->len = UINT32_MAX;
    call_print(&shorter, c, im);
    assert_string_equal(str_c(&shorter), "read(3, buf, 4)");
    free(im);
}

static void test_texts(void **state)
{
    static const struct {
        const char *text;
        size_t n, max;
        const char *want;
    } rows[] = {
        {"", 0, 9, "\"\""},
        {"a\tb\n\v\f\r\"\\", 9, 99, "\"a\\tb\\n\\v\\f\\r\\\"\\\\\""},
        {"\a\b\033\0001\0009", 7, 99, "\"\\7\\10\\33\\0001\\09\""},
        {"abcdef", 6, 3, "\"abc\"..."},
        {"\xff\xfe\x80", 3, 9, "\"\\377\\376\\200\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        autostr struct str out = {0};
        call_print_text(&out, rows[i].text, rows[i].n, rows[i].max);
        assert_string_equal(str_c(&out), rows[i].want);
    }
    SKIP_UNLESS(setlocale(LC_ALL, "C.UTF-8"), "no C.UTF-8 locale");
    autostr struct str letters = {0}, tricks = {0};
    call_print_text(&letters, "gr\xc3\xbcn", 5, 99);
    assert_string_equal(str_c(&letters), "\"gr\xc3\xbcn\"");
    call_print_text(&tricks,
                    "a\xe2\x80\xae"
                    "b\xc2\x9b",
                    7, 99); /* an override of direction, a terminal's CSI */
    assert_string_equal(str_c(&tricks), "\"a\\342\\200\\256b\\302\\233\"");
}

/* What a lesson wrote in place of output is compared with what came. */
static void test_outputs_hold(void **state)
{
    static const struct {
        const char *line;
        bool holds;
    } rows[] = {
        {"wait4(5, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0, NULL)", true},
        {"wait4(5, [{WIFEXITED(s)&&WEXITSTATUS(s)==7}], 0, NULL)", true},
        {"wait4(5, [{WIFEXITED(s) && ...}], 0, NULL)", true},
        {"wait4(5, [{WIFEXITED(s) && WEXITSTATUS(s) == 8}], 0, NULL)", false},
        {"wait4(5, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0, NULL)", false},
        {"wait4(5, &status, 0, NULL)", true},
        {"wait4(5, NULL, 0, NULL)", true},
        {"wait4(5)", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct outcome o = {0};
        struct call_image *im = xcalloc(1, sizeof *im);
        _cleanup_(call_freep)
        struct call *c = parse_or_fail(rows[i].line);
        autostr struct str got = {0};
        assert_true(call_marshal(c, im, &o));
        int status = 7 << 8;
        if (im->ptr & 2)
            memcpy(im->arena + im->arg[1], &status, 4);
        im->ret = 5;
        if (call_outputs_hold(c, im, &got) != rows[i].holds)
            fail_msg("%s", rows[i].line);
        assert_string_equal(str_c(&got), rows[i].holds ? "" : "[{WIFEXITED(s) && WEXITSTATUS(s) == 7}]");
        im->ret = -1; /* a call that failed filled in nothing */
        assert_true(call_outputs_hold(c, im, NULL));
        free(im);
    }
}

static void test_arguments_for_the_guard(void **state)
{
    _cleanup_(call_freep)
    struct call *kill_call = parse_or_fail("kill(-5, SIGTERM)");
    assert_int_equal(call_arg_num(kill_call, 0), -5);
    assert_int_equal(call_arg_num(kill_call, 1), SIGTERM);
    assert_int_equal(call_arg_num(kill_call, 2), 0);
    assert_int_equal(call_arg_num(kill_call, -1), 0);
    assert_null(call_arg_text(kill_call, 0));
    _cleanup_(call_freep)
    struct call *mount_call = parse_or_fail("mount(NULL, \"/m\", NULL, MS_BIND, NULL)");
    assert_null(call_arg_text(mount_call, 0));
    assert_string_equal(call_arg_text(mount_call, 1), "/m");
    assert_null(call_arg_text(mount_call, 9));
    assert_int_equal(call_arg_num(mount_call, 1), 0);
    _cleanup_(call_freep)
    struct call *clone_call = parse_or_fail("clone3({flags=CLONE_NEWPID, exit_signal=SIGCHLD})");
    assert_int_equal(call_arg_num(clone_call, 0), 0x20000000);
    struct outcome o = {0};
    struct call_image *im = xcalloc(1, sizeof *im);
    assert_true(call_marshal(clone_call, im, &o));
    assert_int_equal(im->arg[0], 0x20000000);
    assert_int_equal(im->ptr, 0);
    free(im);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_wait_status),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_damaged_images),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_outputs_hold),
        cmocka_unit_test(test_arguments_for_the_guard),
    };
    return cmocka_run_group_tests_name("call print", tests, NULL, NULL);
}
