/* Typed calls: what is understood, what is refused and where the caret stands. */
#include "support.h"

#include "base/mem.h"
#include "base/str.h"
#include "call/call.h"
#include <errno.h>
#include <locale.h>
#include <string.h>

static const char *scope_get(void *arg, const char *name)
{
    if (!strcmp(name, "pid"))
        return "4431";
    if (!strcmp(name, "!"))
        return "77";
    if (!strcmp(name, "rootfs"))
        return "/lab/rootfs";
    return NULL;
}

static const struct call_scope scope = {scope_get, NULL};

/* Parsing and printing again normalises. */
static void test_round_trip(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"fork()", "fork()"},
        {"  getpid ( ) ;", "getpid()"},
        {"clone(CLONE_NEWPID|CLONE_NEWNS|SIGCHLD)", "clone(CLONE_NEWNS|CLONE_NEWPID)"},
        {"mount(\"proc\", \"/proc\", \"proc\", 0, NULL)", "mount(\"proc\", \"/proc\", \"proc\", 0, NULL)"},
        {"mount(NULL,\"/\",NULL,MS_REC|MS_PRIVATE)", "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL)"},
        {"mount(\"a\", \"b\", NULL, 0x1000 | MS_RDONLY, NULL)", "mount(\"a\", \"b\", NULL, MS_RDONLY|MS_BIND, NULL)"},
        {"umount2(\"x\", MNT_DETACH)", "umount2(\"x\", MNT_DETACH)"},
        {"umount2(\"x\", 0x100)", "umount2(\"x\", 0x100 /* MNT_??? */)"},
        {"kill($pid, SIGTERM)", "kill(4431, SIGTERM)"},
        {"kill($!, 0)", "kill(77, 0)"},
        {"kill(-1, 9)", "kill(-1, SIGKILL)"},
        {"mount(\"proc\", \"$rootfs/proc\", \"proc\")", "mount(\"proc\", \"/lab/rootfs/proc\", \"proc\", 0, NULL)"},
        {"chroot($rootfs)", "chroot(\"/lab/rootfs\")"},
        {"chroot(\"${rootfs}2\")", "chroot(\"/lab/rootfs2\")"},
        {"open(\"/\", O_RDONLY|O_DIRECTORY)", "open(\"/\", O_RDONLY|O_DIRECTORY)"},
        {"open(\"f\", O_WRONLY|O_CREAT, 0644)", "open(\"f\", O_WRONLY|O_CREAT, 0644)"},
        {"openat(AT_FDCWD, \"f\", O_RDWR)", "openat(AT_FDCWD, \"f\", O_RDWR)"},
        {"execve(\"/bin/sh\")", "execve(\"/bin/sh\", [\"/bin/sh\"], environ /* 0 vars */)"},
        {"execve(\"/bin/sh\", {\"sh\", \"-c\", \"ls\", NULL}, NULL)",
         "execve(\"/bin/sh\", [\"sh\", \"-c\", \"ls\"], NULL)"},
        {"execve(\"/bin/sh\", [\"sh\"], [\"A=1\"])", "execve(\"/bin/sh\", [\"sh\"], [\"A=1\"])"},
        {"wait4(-1)", "wait4(-1, &wstatus, 0, NULL)"},
        {"wait4(-1, &status, WNOHANG, NULL)", "wait4(-1, &status, WNOHANG, NULL)"},
        {"wait4(5, NULL, __WALL, NULL)", "wait4(5, NULL, __WALL, NULL)"},
        {"wait4(5, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0, NULL)", "wait4(5, &wstatus, 0, NULL)"},
        {"sethostname(\"web1\")", "sethostname(\"web1\", 4)"},
        {"sethostname(\"web1\", 3)", "sethostname(\"web1\", 3)"},
        {"write(1, \"hi\\n\")", "write(1, \"hi\\n\", 3)"},
        {"write(1, \"\\x41\\101\\0z\")", "write(1, \"AA\\0z\", 4)"},
        {"read(3, 64)", "read(3, buf, 64)"},
        {"read(3, buf, 64)", "read(3, buf, 64)"},
        {"getcwd()", "getcwd(buf, 4096)"},
        {"mkdir(\"d\")", "mkdir(\"d\", 0755)"},
        {"mkdir(\"d\", 0)", "mkdir(\"d\", 000)"},
        {"mknod(\"null\", S_IFCHR|0666, makedev(1, 3))", "mknod(\"null\", S_IFCHR|0666, makedev(0x1, 0x3))"},
        {"chown(\"f\", -1, 5)", "chown(\"f\", -1, 5)"},
        {"prctl(PR_SET_CHILD_SUBREAPER, 1)", "prctl(PR_SET_CHILD_SUBREAPER, 1)"},
        {"prctl(PR_SET_PDEATHSIG, SIGKILL)", "prctl(PR_SET_PDEATHSIG, SIGKILL)"},
        {"prctl(PR_CAPBSET_DROP, CAP_SYS_CHROOT)", "prctl(PR_CAPBSET_DROP, CAP_SYS_CHROOT)"},
        {"setgroups([27, 44])", "setgroups(2, [27, 44])"},
        {"setgroups(0, NULL)", "setgroups(0, NULL)"},
        {"capget()", "capget(0, &datap)"},
        {"capset(0, {effective=CAP_KILL|CAP_CHOWN, permitted=CAP_KILL|CAP_CHOWN, inheritable=0})",
         "capset(0, {effective=CAP_CHOWN|CAP_KILL, permitted=CAP_CHOWN|CAP_KILL, inheritable=0})"},
        {"fsconfig(3, FSCONFIG_CMD_CREATE, NULL, NULL, 0)", "fsconfig(3, FSCONFIG_CMD_CREATE, NULL, NULL, 0)"},
        {"open_tree(AT_FDCWD, \"x\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC)",
         "open_tree(AT_FDCWD, \"x\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC)"},
        {"move_mount(3, \"\", AT_FDCWD, \"/m\", MOVE_MOUNT_F_EMPTY_PATH)",
         "move_mount(3, \"\", AT_FDCWD, \"/m\", MOVE_MOUNT_F_EMPTY_PATH)"},
        {"fsmount(3, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID)", "fsmount(3, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID)"},
        {"setns(3, CLONE_NEWNET)", "setns(3, CLONE_NEWNET)"},
        {"exit(7)", "exit(7)"},
        {"wait4(-1, WNOHANG)", "wait4(-1, &wstatus, WNOHANG, NULL)"},
        {"waitpid(5, &s, WUNTRACED)", "wait4(5, &s, WUNTRACED, NULL)"},
        {"wait4(-1, 0x7ffe3c, WNOHANG|WSTOPPED, NULL)", "wait4(-1, &wstatus, WNOHANG|WUNTRACED, NULL)"},
        {"getcwd(buf, 64)", "getcwd(buf, 64)"},
        {"getcwd(64)", "getcwd(buf, 64)"},
        {"getcwd(NULL, 0)", "getcwd(NULL, 0)"},
        {"readlink(\"/proc/self/exe\")", "readlink(\"/proc/self/exe\", buf, 4096)"},
        {"clone(CLONE_NEWTIME|CLONE_NEWUTS)",
         "clone3({flags=CLONE_NEWTIME|CLONE_NEWUTS, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88)"},
        {"clone3({flags=CLONE_NEWPID, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88)",
         "clone3({flags=CLONE_NEWPID, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88)"},
        {"clone3(CLONE_NEWPID)", "clone3({flags=CLONE_NEWPID, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88)"},
        {"kill(5, SIGRTMIN+1)", "kill(5, SIGRTMIN+1)"},
        {"kill(5, 0x0f)", "kill(5, SIGTERM)"},
        {"kill(5, 017)", "kill(5, SIGTERM)"},
        {"kill(5, 77)", "kill(5, 77)"},
        {"setgroups(3, {1, 2, 3})", "setgroups(3, [1, 2, 3])"},
        {"setgroups([])", "setgroups(0, [])"},
        {"getgroups()", "getgroups(1024, list)"},
        {"getgroups(0, NULL)", "getgroups(0, NULL)"},
        {"capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_CHOWN|1<<CAP_KILL, permitted=~0})",
         "capset(0, {effective=CAP_CHOWN|CAP_KILL, permitted=~0, inheritable=0})"},
        {"capset(0, {.effective = 0x20, .permitted = ~CAP_KILL, .inheritable = ~(CAP_KILL|CAP_BPF)})",
         "capset(0, {effective=CAP_KILL, permitted=~CAP_KILL, inheritable=~(CAP_KILL|CAP_BPF)})"},
        {"capset(0, {CAP_KILL, CAP_KILL, 0})", "capset(0, {effective=CAP_KILL, permitted=CAP_KILL, inheritable=0})"},
        {"nanosleep({1, 500})", "nanosleep({tv_sec=1, tv_nsec=500}, NULL)"},
        {"nanosleep(2)", "nanosleep({tv_sec=2, tv_nsec=0}, NULL)"},
        {"openat2(AT_FDCWD, \"x\", {flags=O_RDONLY|O_CLOEXEC, resolve=RESOLVE_IN_ROOT})",
         "openat2(AT_FDCWD, \"x\", {flags=O_RDONLY|O_CLOEXEC, resolve=RESOLVE_IN_ROOT}, 24)"},
        {"mount_setattr(-1, \"x\", AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY}, 32)",
         "mount_setattr(-1, \"x\", AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY, attr_clr=0, propagation=0, userns_fd=0}, "
         "32)"},
        {"mknod(\"p\", S_IFIFO|S_ISVTX|0644)", "mknod(\"p\", S_IFIFO|S_ISVTX|0644)"},
        {"mknod(\"p\", 0644, 0)", "mknod(\"p\", 0644)"},
        {"umask(S_IWGRP|S_IWOTH)", "umask(022)"},
        {"open(\"f\", O_RDONLY|O_SYNC|O_NONBLOCK, 0600)", "open(\"f\", O_RDONLY|O_NONBLOCK|O_SYNC)"},
        {"open(\"d\", O_TMPFILE|O_RDWR, 0600)", "open(\"d\", O_RDWR|O_TMPFILE, 0600)"},
        {"mount(\"a\", \"b\", NULL, 0xC0ED1000, 0)", "mount(\"a\", \"b\", NULL, MS_MGC_VAL|MS_BIND, NULL)"},
        {"access(\"f\", F_OK)", "access(\"f\", F_OK)"},
        {"access(\"f\", R_OK|X_OK)", "access(\"f\", R_OK|X_OK)"},
        {"pidfd_open(5, 4)", "pidfd_open(5, 0x4 /* PIDFD_??? */)"},
        {"pidfd_send_signal(3, SIGKILL)", "pidfd_send_signal(3, SIGKILL, NULL, 0)"},
        {"setns(3, 0x11 /* CLONE_NEW??? */)", "setns(3, 0x11 /* CLONE_NEW??? */)"},
        {"fsconfig(3, FSCONFIG_SET_BINARY, \"k\", \"\\1\\0\")",
         "fsconfig(3, FSCONFIG_SET_BINARY, \"k\", \"\\1\\0\", 2)"},
        {"fsconfig(3, FSCONFIG_CMD_CREATE)", "fsconfig(3, FSCONFIG_CMD_CREATE, NULL, NULL, 0)"},
        {"prctl(PR_SET_NO_NEW_PRIVS, 1)", "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)"},
        {"prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)", "prctl(PR_SET_CHILD_SUBREAPER, 1)"},
        {"prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0)",
         "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0)"},
        {"prctl(PR_SET_NAME, \"box\")", "prctl(PR_SET_NAME, \"box\")"},
        {"prctl(PR_SET_SECUREBITS, SECBIT_NOROOT|SECBIT_NOROOT_LOCKED)",
         "prctl(PR_SET_SECUREBITS, SECBIT_NOROOT|SECBIT_NOROOT_LOCKED)"},
        {"prctl(PR_GET_MDWE, 0, 0, 0, 0)", "prctl(PR_GET_MDWE, 0, 0, 0, 0)"},
        {"prctl(9999, 1)", "prctl(0x270f /* PR_??? */, 1, 0, 0, 0)"},
        {"execve(\"/x\", [\"a\"], 0x7ffc12 /* 41 vars */)", "execve(\"/x\", [\"a\"], environ /* 0 vars */)"},
        {"execve(\"/x\", NULL, NULL)", "execve(\"/x\", NULL, NULL)"},
        {"execve(\"/x\", [])", "execve(\"/x\", [], environ /* 0 vars */)"},
        {"write(1, \"a\" \"b\\t\\177\" \"1\")", "write(1, \"ab\\t\\1771\", 5)"},
        {"write(1, \"\\$pid $pid ${pid}0 \\1 \\18\")", "write(1, \"$pid 4431 44310 \\1 \\18\", 20)"},
        {"write(1, \"\\xff\\e[1m\")", "write(1, \"\\377\\33[1m\", 5)"},
    };
    int failures = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call_error e;
        _cleanup_(call_freep)
        struct call *c = call_parse(rows[i].in, &scope, &e);
        if (!c)
            fail_msg("%s: %s at %zu", rows[i].in, e.text, e.at);
        autostr struct str out = {0};
        call_print(&out, c, NULL);
        if (strcmp(str_c(&out), rows[i].out))
            print_error("got  %s\nwant %s\n", str_c(&out), rows[i].out), failures++;
    }
    assert_int_equal(failures, 0);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *in;
        size_t at;
        const char *says, *nearest;
    } rows[] = {
        {"mout(\"x\")", 0, "mout is no system call", "mount"},
        {"chroot()", 7, "takes more arguments than the 0", "chroot(path)"},
        {"chroot(\"a\", \"b\")", 12, "takes fewer arguments than the 2", "chroot(path)"},
        {"chroot(5)", 7, "a text is expected", "\"5\""},
        {"chroot(rootfs)", 7, "in double quotes", "\"rootfs\""},
        {"kill(\"x\", 9)", 5, "takes a number", ""},
        {"kill(1, SIGTREM)", 8, "SIGTREM is no signal of kill()", "SIGTERM"},
        {"mount(\"a\",\"b\",NULL,MS_BINF,NULL)", 19, "MS_BINF is no flag of mount()", "MS_BIND"},
        {"mount(\"a\",\"b\",NULL,MS_BIND|CLONE_NEWNS,NULL)", 27, "but of clone(), unshare(), setns()", ""},
        {"kill($nobody, 9)", 5, "$nobody is not set", ""},
        {"kill($rootfs, 9)", 5, "is no number", ""},
        {"chroot(\"${nobody}\")", 8, "$nobody is not set", ""},
        {"chroot(\"${pid\")", 8, "written $name or", ""},
        {"chroot(\"x", 7, "a \" is missing", ""},
        {"chroot(\"x\"", 6, "bracket is not closed", ""},
        {"chroot(\"x\"]", 10, "does not match", ""},
        {"chroot(\"x\") and more", 12, "should end here", ""},
        {"chroot(\"x\") | cat", 12, "no pipes", ""},
        {"kill(1 9)", 7, "joined by |, arguments by commas", ""},
        {"kill(1, )", 8, "missing here", ""},
        {"kill(, 9)", 5, "missing here", ""},
        {"kill(1x, 9)", 6, "x follows", ""},
        {"kill(089, 9)", 5, "octal", ""},
        {"kill(1, (9)", 4, "not closed", ""},
        {"clone(CLONE_NEWPID|CLONE_VM)", 19, "CLONE_VM is refused: two processes", ""},
        {"clone(0x4000)", 6, "CLONE_VFORK is refused", ""},
        {"clone(CLONE_THREAD)", 6, "a thread is no process", ""},
        {"clone(SIGKILL)", 6, "SIGKILL is no flag of clone(), but of kill()", "SIGCHLD"},
        {"clone3({flags=CLONE_VM})", 14, "CLONE_VM is refused", ""},
        {"clone3({flag=0})", 8, "has no member flag", "flags"},
        {"clone3({flags=0, exit_signal=SIGKILL})", 7, "must send SIGCHLD", "exit_signal=SIGCHLD"},
        {"vfork()", 0, "vfork() lends", "fork()"},
        {"umount(\"/x\")", 0, "umount2", "umount2(target, 0)"},
        {"wait4(-1, &s, 0, &ru)", 17, "only NULL", "NULL"},
        {"wait4(-1, 5 + 5, 0, NULL)", 10, "the kernel writes here", ""},
        {"write(1, \"hi\", 9)", 15, "the length is 2", ""},
        {"write(1, \"hi\", -1)", 15, "the length is 2", ""},
        {"read(3, 999999999)", 8, "out of range", ""},
        {"close(3000000000)", 6, "out of range", ""},
        {"mkdir(\"d\", 01000000)", 11, "out of range", ""},
        {"open(\"f\", O_CREAT|O_WRONLY)", 26, "O_CREAT a mode is needed", "0644"},
        {"mknod(\"n\", S_IFCHR|0600)", 23, "a device needs its number", "makedev(1, 3)"},
        {"mknod(\"n\", S_IFCHR|0600, makedev(1))", 34, "major and a minor", ""},
        {"execve(\"/bin/sh\", \"sh\")", 18, "list of texts", "[\"sh\", \"-c\", \"ls\"]"},
        {"execve(\"/bin/sh\", [\"sh\", 5])", 25, "each in double quotes", ""},
        {"execve(\"/bin/sh\", [\"sh\", NULL, \"x\"])", 31, "ends at its NULL", ""},
        {"kill(99999999999999999999, 1)", 5, "64 bits", ""},
        {"chroot(\"a\\0b\")", 7, "ends at its first", ""},
        {"chroot(\"a\\qb\")", 9, "no escape of C", "\\\\"},
        {"write(1, \"abc\"...)", 14, "cut this text short", ""},
        {"prctl(PR_SET_NAME)", 17, "takes more arguments", "prctl(PR_SET_NAME, const char *name)"},
        {"prctl(PR_SET_NAME, 5)", 19, "a text is expected", "\"5\""},
        {"prctl(PR_SET_PDEATHSIG, SIGTREM)", 24, "no signal of prctl()", "SIGTERM"},
        {"prctl(PR_CAPBSET_DROP, CAP_SYS_ADMN)", 23, "no capability of prctl()", "CAP_SYS_ADMIN"},
        {"prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER)", 22, "is refused", ""},
        {"capset(0, 5)", 10, "in braces: {effective=", ""},
        {"getpid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)", 62, "so many arguments", ""},
        {"fork", 4, "name(arguments)", ""},
    };
    int failures = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call_error e;
        struct call *c = call_parse(rows[i].in, &scope, &e);
        if (c)
            fail_msg("%s was taken", rows[i].in);
        if (e.at != rows[i].at || !strstr(e.text, rows[i].says) || strcmp(e.nearest, rows[i].nearest))
            print_error("%s: \"%s\" at %zu, nearest \"%s\"\n", rows[i].in, e.text, e.at, e.nearest), failures++;
    }
    assert_int_equal(failures, 0);
}

static void test_caret(void **state)
{
    struct call_error e;
    autostr struct str out = {0};
    assert_null(call_parse("kill(1, SIGTREM)", NULL, &e));
    call_error_print(&out, "kill(1, SIGTREM)", &e);
    assert_string_equal(str_c(&out),
                        "SIGTREM is no signal of kill()\n  kill(1, SIGTREM)\n          ^ did you mean SIGTERM?");
    SKIP_UNLESS(setlocale(LC_ALL, "C.UTF-8"), "no C.UTF-8 locale");
    str_cut(&out, 0);
    const char *wide = "mount(\"\xe6\xbc\xa2\", \"b\", 5)"; /* two columns, three bytes */
    assert_null(call_parse(wide, NULL, &e));
    call_error_print(&out, wide, &e);
    const char *caret = strrchr(str_c(&out), '\n') + 1;
    assert_int_equal(strcspn(caret, "^"), 2 + strlen("mount(\"..\", \"b\", "));
}

/* A long line is cut around the caret, which stands under the place all the same. */
static void test_caret_window(void **state)
{
    struct call_error e;
    autostr struct str line = {0}, out = {0};
    str_add(&line, "mount(\"");
    for (int i = 0; i < 200; i++)
        str_addc(&line, 'x');
    str_add(&line, "\", \"b\", NULL, MS_BINF, \"");
    for (int i = 0; i < 200; i++)
        str_addc(&line, 'y');
    str_add(&line, "\")");
    assert_null(call_parse(str_c(&line), NULL, &e));
    call_error_print(&out, str_c(&line), &e);
    const char *shown = strchr(str_c(&out), '\n') + 1, *caret = strchr(shown, '\n') + 1;
    assert_true(strcspn(shown, "\n") <= 60);
    assert_int_equal(strcspn(caret, "^"), (size_t)(strstr(shown, "MS_BINF") - shown));
    /* Control characters in the line reach no terminal. */
    str_cut(&out, 0);
    assert_null(call_parse("kill(1,\t\033[31m)", NULL, &e));
    call_error_print(&out, "kill(1,\t\033[31m)", &e);
    assert_null(strchr(str_c(&out), '\033'));
}

static void test_looks_like(void **state)
{
    static const struct {
        const char *in;
        bool want;
    } rows[] = {
        {"fork()", true},
        {" mount(\"a\"", true},
        {"mout(\"x\")", true},
        {"f() { ls; }", false},
        {"f ( ) { ls; }", false},
        {"(cd x; ls)", false},
        {"$(ls)", false},
        {"ls", false},
        {"a=(1 2)", false},
        {"time (ls)", false},
        {"kill (1, 9)", true},
        {"", false},
        {":next", false},
        {"echo foo(bar)", false},
        {"kill 5", false},
        {"f() (cd x)", false},
        {"if (true); then ls; fi", false},
        {"while (true); do ls; done", false},
        {"f() if true; then ls; fi", false},
        {"chroot(\"a)", true},
        {"getpid() = 1", true},
        {"getpid()", true},
        {"((1 + 1))", false},
        {"/bin/ls (x)", false},
        {"a.sh(x)", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (call_looks_like(rows[i].in) != rows[i].want)
            fail_msg("%s", rows[i].in);
}

static void test_expect(void **state)
{
    static const struct {
        const char *line;
        size_t end;
        int kind;
        long value;
        int err;
        const char *set;
    } rows[] = {
        {"chroot(\"r\") = 0", 11, EXPECT_VALUE, 0, 0, ""},
        {"kill(1, 9) = -1 ESRCH (No such process)", 10, EXPECT_ERRNO, 0, ESRCH, ""},
        {"kill(1, 9) = -1 EPERM", 10, EXPECT_ERRNO, 0, EPERM, ""},
        {"execve(\"/a=b\", [\"x=1\"]) = ?", 23, EXPECT_NO_RETURN, 0, 0, ""},
        {"fork() = $child", 6, EXPECT_POSITIVE, 0, 0, "child"},
        {"fork() = PID", 6, EXPECT_POSITIVE, 0, 0, ""},
        {"getpid()", 8, EXPECT_ANY, 0, 0, ""},
        {"capset(0, {effective=0})", 24, EXPECT_ANY, 0, 0, ""},
        {"umask(0) = 022", 8, EXPECT_VALUE, 022, 0, ""},
        {"prctl(PR_GET_SECUREBITS) = 0x10 (SECBIT_KEEP_CAPS)", 24, EXPECT_VALUE, 16, 0, ""},
        {"kill(1, 9) = -1", 10, EXPECT_ERRNO, 0, 0, ""},
        {"pause() = ? ERESTARTNOHAND (To be restarted if no handler)", 7, EXPECT_NO_RETURN, 0, 0, ""},
        {"fork() = ${child}", 6, EXPECT_ANY, 0, 0, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call_expect e;
        struct call_error err;
        size_t end;
        bool good = call_expect_parse(rows[i].line, &end, &e, &err);
        assert_int_equal(good, rows[i].set != NULL);
        if (!good)
            continue;
        assert_int_equal(end, rows[i].end);
        assert_int_equal(e.kind, rows[i].kind);
        assert_int_equal(e.err, rows[i].err);
        assert_int_equal(e.value * (e.kind == EXPECT_VALUE), rows[i].value);
        assert_string_equal(e.set, rows[i].set);
    }
    struct call_expect e;
    struct call_error err;
    size_t end;
    assert_false(call_expect_parse("fork() = banana", &end, &e, &err));
    assert_int_equal(err.at, 9);
    assert_false(call_expect_parse("fork() = -1 ESRCHH", &end, &e, &err));
    assert_int_equal(err.at, 12);
    assert_string_equal(err.nearest, "ESRCH");
    assert_false(call_expect_parse("fork() = 5 6", &end, &e, &err));
    assert_false(call_expect_parse("fork() =", &end, &e, &err));
}

static void test_expect_holds(void **state)
{
    static const struct {
        const char *line;
        long ret;
        int err;
        bool holds;
        const char *prints;
    } rows[] = {
        {"getpid() = 1", 1, 0, true, "1"},
        {"getpid() = 1", 2, 0, false, "1"},
        {"chroot(\"r\") = -1 EPERM", -1, EPERM, true, "-1 EPERM (Operation not permitted)"},
        {"chroot(\"r\") = -1 EPERM", -1, ENOENT, false, "-1 EPERM (Operation not permitted)"},
        {"chroot(\"r\") = -1 EPERM", 0, 0, false, "-1 EPERM (Operation not permitted)"},
        {"chroot(\"r\") = -1", -1, ENOENT, true, "-1"},
        {"fork() = $child", 77, 0, true, "a positive number"},
        {"fork() = $child", -1, ENOMEM, false, "a positive number"},
        {"exit(0) = ?", 0, 0, true, "?"},
        {"execve(\"x\") = ?", -1, ENOENT, false, "?"},
        {"fork()", -1, ENOMEM, true, "anything"},
    };
    struct call_image *im = xcalloc(1, sizeof *im);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call_expect e;
        struct call_error err;
        size_t end;
        autostr struct str out = {0};
        assert_true(call_expect_parse(rows[i].line, &end, &e, &err));
        im->ret = rows[i].ret;
        im->err = rows[i].err;
        if (call_expect_holds(&e, im) != rows[i].holds)
            fail_msg("%s against %ld", rows[i].line, rows[i].ret);
        call_expect_print(&out, &e);
        assert_string_equal(str_c(&out), rows[i].prints);
    }
    free(im);
}

static bool has(char **v, const char *word)
{
    for (; v && *v; v++)
        if (!strcmp(*v, word))
            return true;
    return false;
}

static void free_list(char **v)
{
    for (size_t i = 0; v && v[i]; i++)
        free(v[i]);
    free(v);
}

static void test_complete(void **state)
{
    static const struct {
        const char *line;
        size_t start;
        const char *yes, *no;
        bool path;
    } rows[] = {
        {"unsh", 0, "unshare(", "mount(", false},
        {"unshare(CLONE_NEWP", 8, "CLONE_NEWPID", "CLONE_NEWNS", false},
        {"unshare(CLONE_NEWPID|CLONE_NEW", 21, "CLONE_NEWNS", "CLONE_NEWPID", false},
        {"mount(\"a\", \"b\", NULL, MS_", 22, "MS_BIND", "CLONE_NEWNS", false},
        {"kill(5, SIGK", 8, "SIGKILL", "SIGTERM", false},
        {"chroot(\"roo", 8, NULL, NULL, true},
        {"[container] unshare(CLONE_NEWU", 20, "CLONE_NEWUTS", NULL, false},
        {"mount(N", 6, "NULL", NULL, false},
        {"chroot(\"x\", SIG", 12, NULL, NULL, false},
        {"wait4(-1, WNO", 10, "WNOHANG", NULL, false},
        {"clone(CLONE_", 6, "CLONE_NEWPID", "CLONE_VM", false},
        {"prctl(PR_SET_NO", 6, "PR_SET_NO_NEW_PRIVS", "PR_SET_NAME", false},
        {"prctl(PR_CAPBSET_DROP, CAP_SYS_A", 23, "CAP_SYS_ADMIN", NULL, false},
        {"prctl(PR_SET_PDEATHSIG, SIGK", 24, "SIGKILL", NULL, false},
        {"capset(0, {eff", 11, "effective=", "permitted=", false},
        {"capset(0, {effective=CAP_KILL|CAP_", 30, "CAP_CHOWN", "CAP_KILL", false},
        {"capset(0, {effective=CAP_KILL, permitted=CAP_K", 41, "CAP_KILL", NULL, false},
        {"open(\"x\", O_RDONLY|O_D", 19, "O_DIRECTORY", "O_RDONLY", false},
        {"execve(\"/bin/sh\", [\"sh\", \"ro", 26, NULL, NULL, true},
        {"write(1, \"ro", 10, NULL, NULL, false},
        {"getpid() ", 0, NULL, NULL, false},
        {"", 0, "chroot(", NULL, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t start;
        bool path;
        char **v = call_complete(rows[i].line, strlen(rows[i].line), &start, &path);
        if (start != rows[i].start || path != rows[i].path || (rows[i].yes && !has(v, rows[i].yes)) ||
            (rows[i].no && has(v, rows[i].no)) || (!rows[i].yes && v))
            fail_msg("%s: start %zu", rows[i].line, start);
        free_list(v);
    }
}

static void test_hint(void **state)
{
    size_t from, to;
    const char *line = "mount(\"a\", \"b, c\", ", *hint = call_hint(line, strlen(line), &from, &to);
    assert_non_null(hint);
    assert_int_equal(to - from, strlen("const char *filesystemtype"));
    assert_memory_equal(hint + from, "const char *filesystemtype", to - from);
    line = "prctl(PR_SET_PDEATHSIG, ";
    hint = call_hint(line, strlen(line), &from, &to);
    assert_string_equal(hint, "int prctl(PR_SET_PDEATHSIG, int sig)");
    assert_memory_equal(hint + from, "int sig", to - from);
    assert_int_equal(to - from, strlen("int sig"));
    line = "getpid(";
    assert_string_equal(call_hint(line, strlen(line), &from, &to), "pid_t getpid(void)");
    assert_string_equal(call_hint("getpid() ", 9, &from, &to), "pid_t getpid(void)");
    assert_int_equal(from, to);
    assert_null(call_hint("ls -l", 5, &from, &to));
    assert_null(call_hint("mou", 3, &from, &to));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refusals),     cmocka_unit_test(test_caret),
        cmocka_unit_test(test_looks_like), cmocka_unit_test(test_expect),       cmocka_unit_test(test_complete),
        cmocka_unit_test(test_hint),       cmocka_unit_test(test_caret_window), cmocka_unit_test(test_expect_holds),
    };
    return cmocka_run_group_tests_name("call parse", tests, NULL, NULL);
}
