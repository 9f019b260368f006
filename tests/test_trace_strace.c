/* porthole trace against strace(1) as oracle: the same program under both, the same calls with the same arguments and
 * results, process by process (oracle.h). And the command's own manners: exit status, usage. */
#include "oracle.h"
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/porthole-trace-XXXXXX";

static void compare_how(const char *command, const char *can, unsigned how)
{
    autofree char *try = xasprintf("%s >/dev/null 2>&1", can);
    SKIP_UNLESS(oracle_can(), "there is no strace, or it may not trace");
    SKIP_UNLESS(oracle_run(try) == 0, can);
    oracle_compare(dir, &(struct oracle_case){.command = command, .how = how});
}

static void compare(const char *command, const char *can)
{
    compare_how(command, can, ORACLE_IN_ORDER);
}

/* A root of busybox alone: dir/rootfs. */
static bool rootfs(void)
{
    autofree char *make = xasprintf("for b in $(command -v busybox) /bin/busybox /bin/busybox.static; do "
                                    "  LC_ALL=C ldd $b 2>&1 | grep -q -e 'not a dynamic' -e static && break; b=; done; "
                                    "[ -n \"$b\" ] && mkdir -p %s/rootfs/bin %s/rootfs/proc && "
                                    "cp $b %s/rootfs/bin/busybox && ln -sf busybox %s/rootfs/bin/sh && "
                                    "ln -sf busybox %s/rootfs/bin/ls",
                                    dir, dir, dir, dir, dir);
    return oracle_run(make) == 0;
}

static void test_article(void **state)
{
    SKIP_UNLESS(rootfs(), "there is no static busybox");
    const char *root = geteuid() ? "--user --map-root-user " : "";
    autofree char *can = xasprintf("unshare %s--pid --fork --mount-proc=%s/rootfs/proc chroot %s/rootfs /bin/true",
                                   root, dir, dir),
                  *command =
                      xasprintf("unshare %s--pid --fork --mount-proc=%s/rootfs/proc chroot %s/rootfs /bin/sh -c 'ls /'",
                                root, dir, dir);
    autofree char *link = xasprintf("ln -sf busybox %s/rootfs/bin/true", dir);
    oracle_run(link);
    compare(command, can);
}

static void test_shell(void **state)
{
    compare("sh -c 'cd /; (exit 3); cd /nowhere 2>/dev/null; kill -TERM $$'", "sh -c true");
}

static void test_pipeline(void **state)
{
    compare("bash -c '(cd /proc; ls -d .); setsid -w true; umask 022; exit 9'", "bash -c 'setsid -w true'");
}

static void test_privileges(void **state)
{
    /* strace's filter would need no_new_privs, and the program asks about that; ours needs none as root. */
    compare_how("setpriv --reuid 1 --regid 1 --groups 2,3 --inh-caps=-all --bounding-set=-chown --no-new-privs "
                "--pdeathsig TERM id",
                "setpriv --reuid 1 --regid 1 --groups 2,3 id", ORACLE_EVERY_STOP);
}

static void test_bwrap(void **state)
{
    const char *command = "bwrap --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp --unshare-all --hostname web1 "
                          "sh -c 'ls /'";
    compare(command, command);
}

/* bwrap installs a filter that it is given: what the program inside is refused must be told. */
static void test_bwrap_seccomp(void **state)
{
    const struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_chdir, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    autofree char *file = xasprintf("%s/filter", dir),
                  *command = xasprintf("bwrap --dev-bind / / --proc /proc --unshare-pid --seccomp 9 "
                                       "sh -c 'cd /tmp 2>/dev/null; (cd /; exit 4); kill -0 1' 9<%s",
                                       file);
    FILE *f = fopen(file, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(code, sizeof code, 1, f), 1);
    assert_int_equal(fclose(f), 0);
    compare_how(command, command, ORACLE_EVERY_STOP);
}

/* Calls that tools make only when they mean it: made by this very program, with arguments that every kernel refuses. */
static int make_refused_calls(void)
{
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_value.sival_int = 7;
    signal(SIGUSR1, SIG_IGN);
    syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info);
    syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &info);
    syscall(SYS_rt_sigqueueinfo, 0, SIGUSR1, NULL);
    syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
    syscall(SYS_pidfd_send_signal, -1, SIGUSR1, &info, 0);
    syscall(SYS_reboot, 1, 0x28121969, 0xa1b2c3d4, "no magic"); /* EINVAL, EPERM */
    syscall(SYS_reboot, 1, 2, 0x1234567, NULL);
    syscall(SYS_clock_settime, 1, &(struct timespec){1, 2}); /* nobody sets CLOCK_MONOTONIC */
    syscall(SYS_settimeofday, 8, NULL);
    syscall(SYS_swapon, "/nonexistent/swap", 0x8000 | 5);
    syscall(SYS_swapoff, "/nonexistent/swap");
    syscall(SYS_acct, "/nonexistent/acct");
    syscall(SYS_finit_module, -1, "a=1", 3);
    syscall(SYS_delete_module, "porthole_has_none", 04000);
    return 0;
}

static void test_refused_calls(void **state)
{
    char self[512] = "";
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    autofree char *command = xasprintf("%s refused-calls", self);
    compare(command, command);
}

/* ---- the command ---- */

static bool can_trace(void)
{
    autofree char *command = xasprintf("%s trace -- true 2>/dev/null", oracle_porthole());
    return oracle_run(command) != 77;
}

static int status_of(const char *arguments)
{
    autofree char *command = xasprintf("%s trace %s >/dev/null 2>%s/err", oracle_porthole(), arguments, dir);
    return oracle_run(command);
}

static void test_status(void **state)
{
    SKIP_UNLESS(can_trace(), "tracing does not work here");
    assert_int_equal(status_of("-- true"), 0);
    assert_int_equal(status_of("-- sh -c 'exit 42'"), 42);
    assert_int_equal(status_of("--plain -- sh -c 'kill -TERM $$'"), 128 + 15);
    assert_int_equal(status_of("-- /nonexistent/program"), 127);
    assert_int_equal(status_of("-- /etc/passwd"), 126);
    assert_int_equal(status_of("-- /"), 126);
    assert_int_equal(status_of(""), 2);
    assert_int_equal(status_of("--nonsense -- true"), 2);
    assert_int_equal(status_of("-o /nonexistent/file -- true"), 1);
    assert_int_equal(status_of("-- cat /dev/fd/7 7</dev/null"), 0); /* descriptors of the caller are the program's */
}

/* A process has one tracer: the message says who is in the way. */
static void test_no_ptrace(void **state)
{
    SKIP_UNLESS(oracle_can(), "there is no strace, or it may not trace");
    autofree char *command = xasprintf("strace -f -o /dev/null %s trace -- true 2>%s/err", oracle_porthole(), dir),
                  *file = xasprintf("%s/err", dir);
    assert_int_equal(oracle_run(command), 77);
    autostr struct str text = {0};
    assert_true(file_read(AT_FDCWD, file, &text, 4096));
    assert_non_null(strstr(str_c(&text), "porthole: trace: ptrace(PTRACE_SEIZE): "));
    assert_non_null(strstr(str_c(&text), "is itself traced, by process "));
    autofree char *doctor = xasprintf("strace -f -o /dev/null %s doctor >%s/err", oracle_porthole(), dir);
    oracle_run(doctor);
    str_cut(&text, 0);
    assert_true(file_read(AT_FDCWD, file, &text, 1 << 16));
    assert_non_null(strstr(str_c(&text), "why:  porthole is itself traced, by process "));
    assert_non_null(strstr(str_c(&text), " (strace)"));
}

static int setup(void **state)
{
    return mkdtemp(dir) ? chmod(dir, 0755) : -1;
}

static int teardown(void **state)
{
    autofree char *command = xasprintf("rm -rf -- '%s'", dir);
    return oracle_run(command);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        _exit(make_refused_calls()); /* a leak checker cannot work under a tracer */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_article),    cmocka_unit_test(test_shell),         cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_bwrap),      cmocka_unit_test(test_bwrap_seccomp), cmocka_unit_test(test_refused_calls),
        cmocka_unit_test(test_privileges), cmocka_unit_test(test_status),        cmocka_unit_test(test_no_ptrace),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
