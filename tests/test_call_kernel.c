/* The whole way of a call: text, image, kernel, text; and the notation compared with strace(1). */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include "call/call.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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
    check_perform("wait4(-1)", "wait4(-1, &wstatus, 0, NULL) = -1 ECHILD (No child processes)");
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

/* A child makes these calls under strace and writes down how we print them; strace must have printed the same. Each of
 * them fails, or changes nothing but the child: what needs a privilege is made to fail first by its arguments. */
static const char *const strace_calls[] = {
    "getpid()",
    "mkdir(\"/nowhere/x\", 0755)",
    "mkdir(\"/nowhere/x\", 0)",
    "rmdir(\"/nowhere/x\")",
    "chroot(\"/nowhere\")",
    "chdir(\"/nowhere\")",
    "fchdir(1000)",
    "getcwd(buf, 3)",
    "getcwd()",
    "mount(\"x\", \"/nowhere\", \"proc\", MS_RDONLY|MS_NOSUID|MS_NODEV, \"a=1\")",
    "mount(NULL, \"/nowhere\", NULL, MS_REC|MS_PRIVATE, NULL)",
    "mount(\"x\", \"/nowhere\", NULL, MS_BIND|0xC0ED0000, NULL)",
    "umount2(\"/nowhere\", MNT_DETACH|UMOUNT_NOFOLLOW)",
    "umount2(\"/nowhere\", MNT_FORCE|0x100)",
    "umount2(\"/nowhere\", 0)",
    "pivot_root(\"/nowhere\", \"/nowhere/old\")",
    "open(\"/nowhere\", O_RDONLY|O_DIRECTORY)",
    "open(\"/nowhere/f\", O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0644)",
    "open(\"/nowhere\", O_RDONLY|O_NONBLOCK|O_SYNC|O_NOFOLLOW|O_PATH|O_DIRECTORY)",
    "open(NULL, O_WRONLY)",
    "openat(AT_FDCWD, \"/nowhere/f\", O_RDWR|O_CREAT, 0644)",
    "openat(1000, \"f\", O_RDONLY)",
    "openat2(AT_FDCWD, \"/nowhere\", {flags=O_RDONLY, resolve=RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS}, 24)",
    "mknod(\"/nowhere/null\", S_IFCHR|0666, makedev(0x1, 0x3))",
    "mknod(\"/nowhere/p\", S_IFIFO|0644)",
    "chown(\"/nowhere\", -1, 5)",
    "chmod(\"/nowhere\", 0600)",
    "chmod(\"/nowhere\", 04755)",
    "unlink(\"/nowhere/\\t\\\"q\\\"\\1771\")",
    "symlink(\"a\", \"/nowhere/b\")",
    "link(\"/nowhere/a\", \"/nowhere/b\")",
    "rename(\"/nowhere/a\", \"/nowhere/b\")",
    "renameat2(AT_FDCWD, \"/nowhere/a\", 1000, \"b\", RENAME_EXCHANGE)",
    "unlinkat(AT_FDCWD, \"/nowhere\", AT_REMOVEDIR)",
    "readlink(\"/proc/self/cwd\")",
    "access(\"/nowhere\", F_OK)",
    "access(\"/\", R_OK|X_OK)",
    "umask(022)",
    "umask(077)",
    "kill(2147483647, SIGTERM)",
    "kill(2147483647, 77)",
    "pidfd_open(2147483647, PIDFD_NONBLOCK)",
    "pidfd_open(2147483647, 0x4)",
    "pidfd_send_signal(1000, SIGKILL, NULL, 0)",
    "setns(1000, CLONE_NEWNS|CLONE_NEWUSER)",
    "unshare(0x11)",
    "unshare(0)",
    "close(1000)",
    "write(1000, \"a\\0b\\33\\1771\\n\", 7)",
    "dup2(1000, 5)",
    "dup3(1000, 5, O_CLOEXEC)",
    "pipe2([100, 101], O_NONBLOCK|O_CLOEXEC)",
    "lseek(1000, 5, SEEK_END)",
    "setsid()",
    "setpgid(2147483647, 0)",
    "getpgid(0)",
    "getresuid()",
    "nanosleep({tv_sec=0, tv_nsec=5}, NULL)",
    "open_tree(1000, \"x\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC)",
    "move_mount(1000, \"\", AT_FDCWD, \"/nowhere\", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_SYMLINKS)",
    "fsopen(\"nofs\", 0x8)",
    "fsconfig(1000, FSCONFIG_SET_STRING, \"size\", \"1m\", 0)",
    "fsconfig(1000, FSCONFIG_CMD_CREATE, NULL, NULL, 0)",
    "fsconfig(1000, FSCONFIG_SET_PATH, \"x\", \"/y\", AT_FDCWD)",
    "fsmount(1000, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID)",
    "fspick(AT_FDCWD, \"/nowhere\", FSPICK_CLOEXEC)",
    "prctl(PR_SET_CHILD_SUBREAPER, 1)",
    "prctl(PR_GET_CHILD_SUBREAPER)",
    "prctl(PR_SET_PDEATHSIG, SIGKILL)",
    "prctl(PR_GET_PDEATHSIG)",
    "prctl(PR_SET_NAME, \"box\")",
    "prctl(PR_GET_NAME)",
    "prctl(PR_GET_DUMPABLE)",
    "prctl(PR_CAPBSET_READ, CAP_KILL)",
    "prctl(PR_CAPBSET_READ, 77)",
    "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL)",
    "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)",
    "prctl(PR_GET_SECUREBITS)",
    "prctl(PR_SET_NO_NEW_PRIVS, 1)",
    "prctl(PR_GET_NO_NEW_PRIVS)",
    "setgroups(70000, NULL)",
    "execve(\"/nowhere\", [\"sh\", \"-c\"], NULL)",
    "execve(\"/nowhere\", NULL, NULL)",
    "wait4(-1, NULL, WNOHANG|__WALL, NULL)",
};

static void strace_one(FILE *ours, const char *line)
{
    static struct call_image im;
    struct call_error e;
    struct outcome o;
    uint64_t r[CALL_MAX_ARGS];
    autostr struct str out = {0};
    _cleanup_(call_freep)
    struct call *c = call_parse(line, NULL, &e);
    if (!c) {
        fprintf(ours, "%s: %s\n", line, e.text);
        return;
    }
    if (!call_marshal(c, &im, &o) || !call_image_relocate(&im, r)) {
        fprintf(ours, "%s: not marshalled\n", line);
        return;
    }
    errno = 0;
    im.ret = syscall(im.nr, r[0], r[1], r[2], r[3], r[4], r[5]);
    im.err = im.ret == -1 ? errno : 0;
    call_print_result(&out, c, &im);
    fprintf(ours, "%s\n", str_c(&out));
}

static int strace_child(const char *path)
{
    FILE *ours = fopen(path, "we");
    if (!ours)
        return 1;
    /* A child to wait for, of each kind of end. */
    for (size_t i = 0; i < COUNT(strace_calls); i++)
        strace_one(ours, strace_calls[i]);
    for (int kind = 0; kind < 2; kind++) {
        pid_t pid = fork();
        if (pid == 0) {
            if (kind)
                raise(SIGKILL);
            _exit(7);
        }
        if (pid < 0)
            return 1;
        autofree char *line = xasprintf("wait4(%d)", (int)pid);
        strace_one(ours, line);
    }
    return fclose(ours) != 0;
}

/* strace aligns results: "close(3)      = 0". One blank is as good. */
static void strace_squeeze(struct str *out, const char *text)
{
    for (const char *p = text; *p; p++)
        if (!(p[0] == ' ' && p[1] == ' ') && !(p[0] == ' ' && p[1] == '=' && p > text && p[-1] == '\n'))
            str_addc(out, *p);
}

static void test_like_strace(void **state)
{
    char self[512] = "", dir[] = "/tmp/porthole-strace-XXXXXX";
    SKIP_UNLESS(access("/usr/bin/strace", X_OK) == 0, "strace is not installed");
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    assert_non_null(mkdtemp(dir));
    autofree char *theirs = xasprintf("%s/theirs", dir), *ours = xasprintf("%s/ours", dir);
    autofree char *command =
        xasprintf("ASAN_OPTIONS=detect_leaks=0 /usr/bin/strace -qq -s 256 -o %s %s --calls %s", theirs, self, ours);
    int status = system(command);
    autostr struct str traced = {0}, squeezed = {0}, printed = {0};
    bool read_both = file_read(AT_FDCWD, theirs, &traced, 1 << 20) && file_read(AT_FDCWD, ours, &printed, 1 << 20);
    unlink(theirs);
    unlink(ours);
    rmdir(dir);
    SKIP_UNLESS(status == 0 && read_both, "strace cannot trace here");
    strace_squeeze(&squeezed, str_c(&traced));
    int lines = 0, missing = 0;
    char *save = NULL;
    for (char *line = strtok_r(printed.s, "\n", &save); line; line = strtok_r(NULL, "\n", &save), lines++) {
        autofree char *whole = xasprintf("\n%s\n", line);
        if (!strstr(str_c(&squeezed), whole)) {
            print_error("strace does not print %s\n", line);
            missing++;
        }
    }
    assert_int_equal(lines, COUNT(strace_calls) + 2);
    assert_int_equal(missing, 0);
}

int main(int argc, char **argv)
{
    if (argc > 2 && !strcmp(argv[1], "--calls"))
        return strace_child(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_uname_and_caps),
        cmocka_unit_test(test_like_strace),
    };
    return cmocka_run_group_tests_name("call kernel", tests, NULL, NULL);
}
