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
        {"umount2(\"x\", 0x100)", "umount2(\"x\", 0x100)"},
        {"kill($pid, SIGTERM)", "kill(4431, SIGTERM)"},
        {"kill($!, 0)", "kill(77, 0)"},
        {"kill(-1, 9)", "kill(-1, SIGKILL)"},
        {"mount(\"proc\", \"$rootfs/proc\", \"proc\")", "mount(\"proc\", \"/lab/rootfs/proc\", \"proc\", 0, NULL)"},
        {"chroot($rootfs)", "chroot(\"/lab/rootfs\")"},
        {"chroot(\"${rootfs}2\")", "chroot(\"/lab/rootfs2\")"},
        {"open(\"/\", O_RDONLY|O_DIRECTORY)", "open(\"/\", O_RDONLY|O_DIRECTORY)"},
        {"open(\"f\", O_WRONLY|O_CREAT, 0644)", "open(\"f\", O_WRONLY|O_CREAT, 0644)"},
        {"openat(AT_FDCWD, \"f\", O_RDWR)", "openat(AT_FDCWD, \"f\", O_RDWR)"},
        {"execve(\"/bin/sh\")", "execve(\"/bin/sh\", [\"/bin/sh\"], envp /* 0 vars */)"},
        {"execve(\"/bin/sh\", {\"sh\", \"-c\", \"ls\", NULL}, NULL)",
         "execve(\"/bin/sh\", [\"sh\", \"-c\", \"ls\"], NULL)"},
        {"execve(\"/bin/sh\", [\"sh\"], [\"A=1\"])", "execve(\"/bin/sh\", [\"sh\"], [\"A=1\"])"},
        {"wait4(-1)", "wait4(-1, wstatus, 0, NULL)"},
        {"wait4(-1, &status, WNOHANG, NULL)", "wait4(-1, wstatus, WNOHANG, NULL)"},
        {"wait4(5, NULL, __WALL, NULL)", "wait4(5, NULL, __WALL, NULL)"},
        {"wait4(5, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0, NULL)", "wait4(5, wstatus, 0, NULL)"},
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
        {"capget()", "capget(0, caps)"},
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
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call_error e;
        _cleanup_(call_freep)
        struct call *c = call_parse(rows[i].in, &scope, &e);
        if (!c)
            fail_msg("%s: %s at %zu", rows[i].in, e.text, e.at);
        autostr struct str out = {0};
        call_print(&out, c, NULL);
        assert_string_equal(str_c(&out), rows[i].out);
    }
}

static void test_refusals(void **state)
{
    static const struct {
        const char *in;
        size_t at;
        const char *says, *nearest;
    } rows[] = {
        {"mout(\"x\")", 0, "no system call mout()", "mount"},
        {"chroot()", 7, "misses path", ""},
        {"chroot(\"a\", \"b\")", 12, "takes 1 argument", ""},
        {"chroot(5)", 7, "wants a string", ""},
        {"chroot(rootfs)", 7, "put it in \"quotes\"", ""},
        {"kill(\"x\", 9)", 5, "wants a number", ""},
        {"kill(1, SIGTREM)", 8, "SIGTREM is no signal", "SIGTERM"},
        {"mount(\"a\",\"b\",NULL,MS_BINF,NULL)", 19, "MS_BINF is no mount flag", "MS_BIND"},
        {"mount(\"a\",\"b\",NULL,CLONE_NEWNS,NULL)", 19, "is a clone flag, but mount() wants a mount flag", ""},
        {"kill($nobody, 9)", 5, "$nobody is not set", ""},
        {"chroot(\"x", 7, "no closing \"", ""},
        {"chroot(\"x\"", 10, "closing ) is missing", ""},
        {"chroot(\"x\") and more", 12, "stands after the call", ""},
        {"kill(1 9)", 7, "comma or )", ""},
        {"kill(1, )", 8, "missing after the comma", ""},
        {"kill(1x, 9)", 5, "no number", ""},
        {"clone(CLONE_VM)", 6, "shares memory", ""},
        {"clone(CLONE_THREAD|CLONE_NEWPID)", 6, "thread", ""},
        {"wait4(-1, &s, 0, &ru)", 17, "wants a number", ""},
        {"write(1, \"hi\", 9)", 15, "would read 9 bytes", ""},
        {"read(3, 999999999)", 8, "at most", ""},
        {"execve(\"/bin/sh\", \"sh\")", 18, "list of strings", ""},
        {"execve(\"/bin/sh\", [\"sh\", 5])", 25, "", ""},
        {"kill(99999999999999999999, 1)", 5, "64 bits", ""},
        {"chroot(\"a\\0b\")", 7, "NUL", ""},
        {"fork", 4, "( belongs here", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call_error e;
        struct call *c = call_parse(rows[i].in, &scope, &e);
        if (c)
            fail_msg("%s was taken", rows[i].in);
        if (e.at != rows[i].at || !strstr(e.text, rows[i].says) || strcmp(e.nearest, rows[i].nearest))
            fail_msg("%s: \"%s\" at %zu, nearest \"%s\"", rows[i].in, e.text, e.at, e.nearest);
    }
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

static void test_looks_like(void **state)
{
    static const struct {
        const char *in;
        bool want;
    } rows[] = {
        {"fork()", true},         {" mount(\"a\"", true},   {"mout(\"x\")", true}, {"f() { ls; }", false},
        {"f ( ) { ls; }", false}, {"(cd x; ls)", false},    {"$(ls)", false},      {"ls", false},
        {"a=(1 2)", false},       {"time (ls)", false},     {"kill (1, 9)", true}, {"", false},
        {":next", false},         {"echo foo(bar)", false}, {"kill 5", false},
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
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call_expect e;
        struct call_error err;
        size_t end;
        assert_true(call_expect_parse(rows[i].line, &end, &e, &err));
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
    assert_false(call_expect_parse("fork() = -1 EBANANA", &end, &e, &err));
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
    assert_null(call_hint("ls -l", 5, &from, &to));
    assert_null(call_hint("mou", 3, &from, &to));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refusals), cmocka_unit_test(test_caret),
        cmocka_unit_test(test_looks_like), cmocka_unit_test(test_expect),   cmocka_unit_test(test_complete),
        cmocka_unit_test(test_hint),
    };
    return cmocka_run_group_tests_name("call parse", tests, NULL, NULL);
}
