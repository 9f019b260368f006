/* Ways into a /proc, tried on real namespaces and on roots made to mislead. */
#include "base/mem.h"
#include "nest.h"
#include "proc/procfs.h"
#include "support.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_for_end(int fd)
{
    char c;
    while (read(fd, &c, 1) > 0)
        ;
}

static void test_self(void **state)
{
    struct stat st;
    assert_true(procfs_self() >= 0);
    assert_int_equal(procfs_self(), procfs_self());
    assert_int_equal(fcntl(procfs_self(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fstat(procfs_self(), &st), 0);
    assert_true(procfs_is_ours(procfs_self()));
}

static void test_of_ourselves(void **state)
{
    autofd int fd = procfs_of(getpid());
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_true(procfs_is_ours(fd));
}

static void test_gone(void **state)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_true(pid > 0);
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT); /* a zombie has given its root back */
    assert_int_equal(procfs_of(pid), -1);
    assert_int_equal(errno, ESRCH);
    waitpid(pid, NULL, 0);
    assert_int_equal(procfs_of(pid), -1);
    assert_int_equal(errno, ESRCH);
    assert_int_equal(procfs_root_of(pid), -1);
    assert_int_equal(errno, ESRCH);
    assert_int_equal(procfs_ns(procfs_self(), pid, "pid"), 0);
    assert_int_equal(procfs_children(procfs_self(), pid, &pid, 1), 0);
}

static void test_ns(void **state)
{
    uint64_t pid_ns = procfs_ns(procfs_self(), getpid(), "pid");
    struct stat st;
    assert_int_equal(stat("/proc/self/ns/pid", &st), 0);
    assert_int_equal(pid_ns, st.st_ino);
    assert_int_not_equal(pid_ns, procfs_ns(procfs_self(), getpid(), "mnt"));
    assert_int_equal(procfs_ns(procfs_self(), getpid(), "nonsense"), 0);
}

static void test_children(void **state)
{
    pid_t made[3], found[8];
    if (access("/proc/self/task", R_OK) < 0)
        skip();
    for (size_t i = 0; i < COUNT(made); i++)
        if ((made[i] = fork()) == 0) {
            pause();
            _exit(0);
        }
    int n = procfs_children(procfs_self(), getpid(), found, COUNT(found));
    int cut = procfs_children(procfs_self(), getpid(), found, 2);
    for (size_t i = 0; i < COUNT(made); i++) {
        assert_true(made[i] > 0);
        kill(made[i], SIGKILL);
        waitpid(made[i], NULL, 0);
    }
    assert_int_equal(n, 3);
    assert_int_equal(cut, 2);
    assert_int_equal(found[0], made[0]);
    assert_int_equal(found[1], made[1]);
}

/* A namespace with its own /proc: seen through its root, numbered from 1, and not ours. */
static void test_own_proc(void **state)
{
    struct nest n;
    const char *refusal = nest_refusal();
    SKIP_UNLESS(!refusal, refusal);
    assert_true(nest_start(&n, NEST_PROC, wait_for_end));
    autofd int fd = procfs_of(n.pid);
    assert_true(fd >= 0);
    assert_false(procfs_is_ours(fd));
    uint64_t inside = procfs_ns(fd, 1, "pid"), outside = procfs_ns(procfs_self(), n.pid, "pid");
    assert_int_not_equal(inside, 0);
    assert_int_equal(inside, outside);
    assert_int_not_equal(inside, procfs_ns(procfs_self(), getpid(), "pid"));
    assert_int_equal(procfs_ns(procfs_self(), n.outer, "pid_for_children"), inside);
    nest_end(&n);
}

static void test_old_proc(void **state)
{
    struct nest n;
    const char *refusal = nest_refusal();
    SKIP_UNLESS(!refusal, refusal);
    assert_true(nest_start(&n, NEST_OLD_PROC, wait_for_end));
    autofd int fd = procfs_of(n.pid);
    assert_true(fd >= 0);
    assert_true(procfs_is_ours(fd)); /* the mount came from here and goes on showing our numbers */
    nest_end(&n);
}

/* Roots that a container could be given. The body makes a tmpfs in a folder of its namespace and enters it. */
static void enter_root(int fd)
{
    if (mount("root", "/tmp", "tmpfs", 0, NULL) < 0 || chdir("/tmp") < 0 || mkdir("bare", 0755) < 0 ||
        mkdir("bare/proc", 0755) < 0 || mkdir("none", 0755) < 0 || mkdir("file", 0755) < 0 || mkdir("part", 0755) < 0 ||
        mkdir("part/proc", 0755) < 0 || mkdir("link", 0755) < 0 || symlink("/../../../proc", "link/proc") < 0 ||
        mkdir("magic", 0755) < 0 || mkdir("magic/p", 0755) < 0 || symlink("/p/1/root/proc", "magic/proc") < 0 ||
        mount("proc", "magic/p", "proc", 0, NULL) < 0 || mount("/proc/sys", "part/proc", NULL, MS_BIND, NULL) < 0)
        _exit(4);
    close(open("file/proc", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    char name[16] = "";
    nest_say(fd);
    for (size_t n; (n = (size_t)read(fd, name, sizeof name - 1)) > 0 && n < sizeof name;) {
        name[n] = '\0';
        pid_t pid = fork(); /* each in a child, since nobody can leave a root */
        if (pid == 0) {
            char here[PATH_MAX];
            snprintf(here, sizeof here, "/tmp/%s", name);
            if (chroot(here) < 0)
                _exit(5);
            dprintf(fd, "!");
            pause();
        }
        if (pid < 0)
            _exit(6);
    }
}

static void test_misleading_roots(void **state)
{
    static const struct {
        const char *root;
        int err;
    } cases[] = {
        {"bare", ENODEV},                                     /* a directory, nothing mounted */
        {"none", ENOENT}, {"file", ENOENT}, {"part", ENODEV}, /* of a procfs, but not its top */
        {"link", ELOOP},                                      /* leads to itself within that root, not to the host's */
        {"magic", ELOOP},                                     /* through a magic link, out of the root */
    };
    struct nest n;
    const char *refusal = nest_refusal();
    SKIP_UNLESS(!refusal, refusal);
    assert_true(nest_start(&n, NEST_PROC, enter_root));
    assert_true(nest_wait_byte(n.fd));
    for (size_t i = 0; i < COUNT(cases); i++) {
        pid_t children[16];
        assert_int_equal(write(n.fd, cases[i].root, strlen(cases[i].root)), strlen(cases[i].root));
        assert_true(nest_wait_byte(n.fd));
        int count = procfs_children(procfs_self(), n.pid, children, COUNT(children));
        assert_int_equal(count, i + 1);
        autofd int fd = procfs_of(children[count - 1]);
        int err = errno;
        assert_int_equal(fd, -1);
        if (err != cases[i].err)
            fail_msg("%s: %s, not %s", cases[i].root, strerror(err), strerror(cases[i].err));
    }
    nest_end(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_self),     cmocka_unit_test(test_of_ourselves),     cmocka_unit_test(test_gone),
        cmocka_unit_test(test_ns),       cmocka_unit_test(test_children),         cmocka_unit_test(test_own_proc),
        cmocka_unit_test(test_old_proc), cmocka_unit_test(test_misleading_roots),
    };
    return cmocka_run_group_tests_name("procfs", tests, NULL, NULL);
}
