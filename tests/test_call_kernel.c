/* The whole way of a call: text, image, kernel, text; and the notation compared with strace(1). */
#include "support.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include "call/call.h"
#include "call/errnoname.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every row has all its words, and its arguments parse as it prints them. */
static void test_rows(void **state)
{
    size_t n;
    const struct call_row *rows = call_rows(&n);
    assert_true(n > 50);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(call_find(rows[i].name)->name, rows[i].name);
        assert_non_null(strstr(rows[i].prototype, rows[i].name));
        assert_true(strlen(rows[i].meaning) > 10);
        assert_non_null(strchr(rows[i].man, '('));
    }
    assert_null(call_find("nothing"));
}

/* What an actor does with an image, in this process. */
static void perform(const char *line, struct str *out)
{
    struct call_error e;
    _cleanup_(call_freep)
    struct call *c = call_parse(line, NULL, &e);
    if (!c)
        fail_msg("%s: %s", line, e.text);
    struct call_image *im = xcalloc(1, sizeof *im);
    uint64_t r[CALL_MAX_ARGS];
    assert_true(call_marshal(c, im, NULL));
    assert_true(call_image_relocate(im, r));
    errno = 0;
    im->ret = syscall(im->nr, r[0], r[1], r[2], r[3], r[4], r[5]);
    im->err = im->ret == -1 ? errno : 0;
    call_print_result(out, c, im);
    free(im);
}

static void check_perform(const char *line, const char *want)
{
    autostr struct str out = {0};
    perform(line, &out);
    assert_string_equal(str_c(&out), want);
}

static void test_files(void **state)
{
    char dir[] = "/tmp/porthole-call-XXXXXX", cwd[64];
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    umask(022);
    snprintf(cwd, sizeof cwd, "getcwd(\"%s\", 4096) = %zu", dir, strlen(dir) + 1);
    check_perform("getcwd()", cwd);
    check_perform("mkdir(\"d\", 0700)", "mkdir(\"d\", 0700) = 0");
    check_perform("mkdir(\"d\", 0700)", "mkdir(\"d\", 0700) = -1 EEXIST (File exists)");
    check_perform("symlink(\"d\", \"l\")", "symlink(\"d\", \"l\") = 0");
    check_perform("rmdir(\"nowhere\")", "rmdir(\"nowhere\") = -1 ENOENT (No such file or directory)");
    autostr struct str fd = {0};
    perform("open(\"f\", O_RDWR|O_CREAT|O_TRUNC, 0644)", &fd);
    long n = atol(strrchr(str_c(&fd), '=') + 1);
    assert_true(n > 2);
    autofree char *write_line = xasprintf("write(%ld, \"hi\\n\")", n),
                  *write_want = xasprintf("write(%ld, \"hi\\n\", 3) = 3", n);
    check_perform(write_line, write_want);
    assert_int_equal(lseek((int)n, 0, SEEK_SET), 0);
    autofree char *read_line = xasprintf("read(%ld, 64)", n), *read_want = xasprintf("read(%ld, \"hi\\n\", 64) = 3", n);
    check_perform(read_line, read_want);
    close((int)n);
    struct stat st;
    check_perform("chmod(\"f\", 0600)", "chmod(\"f\", 0600) = 0");
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    check_perform("rename(\"f\", \"g\")", "rename(\"f\", \"g\") = 0");
    check_perform("unlink(\"g\")", "unlink(\"g\") = 0");
    check_perform("unlink(\"l\")", "unlink(\"l\") = 0");
    check_perform("rmdir(\"d\")", "rmdir(\"d\") = 0");
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void test_processes(void **state)
{
    char line[64], want[160];
    pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    snprintf(line, sizeof line, "wait4(%d)", (int)pid);
    snprintf(want, sizeof want, "wait4(%d, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0, NULL) = %d", (int)pid, (int)pid);
    check_perform(line, want);
    pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    snprintf(line, sizeof line, "kill(%d, SIGTERM)", (int)pid);
    snprintf(want, sizeof want, "kill(%d, SIGTERM) = 0", (int)pid);
    check_perform(line, want);
    snprintf(line, sizeof line, "wait4(%d)", (int)pid);
    snprintf(want, sizeof want, "wait4(%d, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGTERM}], 0, NULL) = %d", (int)pid,
             (int)pid);
    check_perform(line, want);
    check_perform("wait4(-1)", "wait4(-1, wstatus, 0, NULL) = -1 ECHILD (No child processes)");
}

static void test_uname_and_caps(void **state)
{
    autostr struct str out = {0}, caps = {0};
    char host[65] = "";
    gethostname(host, 64);
    perform("gethostname()", &out);
    autofree char *want = xasprintf("gethostname(\"%s\") = 0", host);
    assert_string_equal(str_c(&out), want);
    perform("capget(0)", &caps);
    assert_true(text_has_prefix(str_c(&caps), "capget(0, {effective="));
    assert_non_null(strstr(str_c(&caps), "}) = 0"));
}

/* A damaged image must be refused before anything is done with it. */
static void test_images_are_checked(void **state)
{
    struct call_image *im = xcalloc(1, sizeof *im);
    uint64_t r[CALL_MAX_ARGS];
    im->len = 16;
    assert_true(call_image_relocate(im, r));
    im->len = CALL_ARENA + 1;
    assert_false(call_image_relocate(im, r));
    im->len = 16;
    im->nfix = 1;
    im->fix[0] = 12;
    assert_false(call_image_relocate(im, r));
    im->fix[0] = 8;
    im->arena[8] = 200;
    assert_false(call_image_relocate(im, r));
    im->nfix = 0;
    im->ptr = 1;
    im->arg[0] = 1u << 20;
    assert_false(call_image_relocate(im, r));
    free(im);
}

static void test_too_large(void **state)
{
    autostr struct str line = {0};
    struct call_error e;
    struct outcome o = {0};
    str_add(&line, "chroot(\"");
    for (int i = 0; i < CALL_ARENA; i++)
        str_addc(&line, 'x');
    str_add(&line, "\")");
    _cleanup_(call_freep)
    struct call *c = call_parse(str_c(&line), NULL, &e);
    assert_non_null(c);
    struct call_image *im = xcalloc(1, sizeof *im);
    assert_false(call_marshal(c, im, &o));
    assert_int_equal(o.err, E2BIG);
    free(im);
}

static void test_names(void **state)
{
    assert_string_equal(errno_name(ESRCH), "ESRCH");
    assert_int_equal(errno_number("ESRCH"), ESRCH);
    assert_int_equal(errno_number("EBANANA"), -1);
    assert_string_equal(signal_name(SIGTERM), "SIGTERM");
    assert_int_equal(signal_number("TERM"), SIGTERM);
    assert_int_equal(signal_number("SIGKILL"), SIGKILL);
    assert_int_equal(signal_number("SIGBANANA"), -1);
    assert_null(signal_name(0));
}

/* A child makes the calls under strace; each line it writes must be the line we print. */
static const char *const strace_calls[] = {
    "mkdir(\"/nowhere/x\", 0755)",
    "chroot(\"/nowhere\")",
    "mount(\"x\", \"/nowhere\", \"proc\", MS_RDONLY|MS_NOSUID|MS_NODEV, \"a=1\")",
    "umount2(\"/nowhere\", MNT_DETACH)",
    "pivot_root(\"/nowhere\", \"/nowhere/old\")",
    "open(\"/nowhere\", O_RDONLY|O_DIRECTORY)",
    "openat(AT_FDCWD, \"/nowhere/f\", O_RDWR|O_CREAT, 0644)",
    "mknod(\"/nowhere/null\", S_IFCHR|0666, makedev(0x1, 0x3))",
    "kill(-1, 0)",
    "setns(1000, CLONE_NEWNET)",
    "unlink(\"/nowhere/\\t\\\"q\\\"\")",
    "chmod(\"/nowhere\", 0600)",
    "close(1000)",
};

static void strace_child(void)
{
    for (size_t i = 0; i < COUNT(strace_calls); i++) {
        struct call_error e;
        struct call *c = call_parse(strace_calls[i], NULL, &e);
        static struct call_image im;
        uint64_t r[CALL_MAX_ARGS];
        if (!strncmp(strace_calls[i], "kill(", 5) || !c || !call_marshal(c, &im, NULL) || !call_image_relocate(&im, r))
            continue;
        syscall(im.nr, r[0], r[1], r[2], r[3], r[4], r[5]);
        call_free(c);
    }
    _exit(0);
}

static void test_like_strace(void **state)
{
    char self[512] = "", file[] = "/tmp/porthole-strace-XXXXXX";
    SKIP_UNLESS(access("/usr/bin/strace", X_OK) == 0, "strace is not installed");
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    autofree char *command = xasprintf("/usr/bin/strace -qq -o %s %s --calls", file, self);
    int status = system(command);
    if (status != 0)
        unlink(file);
    SKIP_UNLESS(status == 0, "strace cannot trace here");
    autostr struct str text = {0};
    char buf[4096];
    for (ssize_t n; (n = read(fd, buf, sizeof buf)) > 0;)
        str_addn(&text, buf, (size_t)n);
    close(fd);
    unlink(file);
    for (size_t i = 0; i < COUNT(strace_calls); i++) {
        if (!strncmp(strace_calls[i], "kill(", 5))
            continue;
        struct call_error e;
        _cleanup_(call_freep)
        struct call *c = call_parse(strace_calls[i], NULL, &e);
        autostr struct str mine = {0};
        call_print(&mine, c, NULL);
        if (!strstr(str_c(&text), str_c(&mine)))
            fail_msg("strace does not print %s", str_c(&mine));
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--calls"))
        strace_child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),      cmocka_unit_test(test_files),
        cmocka_unit_test(test_processes), cmocka_unit_test(test_uname_and_caps),
        cmocka_unit_test(test_names),     cmocka_unit_test(test_images_are_checked),
        cmocka_unit_test(test_too_large), cmocka_unit_test(test_like_strace),
    };
    return cmocka_run_group_tests_name("call kernel", tests, NULL, NULL);
}
