/* What works here is said to work; what is broken on purpose, in a namespace of the test's own, is named by its true
 * cause. */
#include "support.h"

#include "base/loop.h"
#include "base/mem.h"
#include "nest.h"
#include "session/doctor.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Faults, made inside a fresh user, pid and mount namespace. */

static bool fault_limit(const char *type)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/sys/user/max_%s_namespaces", type);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, "0", 1) == 1 && close(fd) == 0;
}

static bool fault_mask(const char *file)
{
    return mount("/dev/null", file, NULL, MS_BIND, NULL) == 0;
}

/* Refuses clone and unshare, as Docker's filter does for those without CAP_SYS_ADMIN. */
static bool fault_filter(const char *unused)
{
    (void)unused;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog program = {COUNT(code), code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static bool fault_filter_of(long nr, int err)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)err),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(code), code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static bool fault_no_ptrace(const char *unused)
{
    (void)unused;
    return fault_filter_of(SYS_ptrace, EPERM);
}

static bool fault_no_filters(const char *unused)
{
    (void)unused;
    return fault_filter_of(SYS_seccomp, EPERM);
}

/* What the kernel does with Yama and that value, as far as tracing goes. */
static bool fault_yama(const char *scope)
{
    if (mount("fault", "/proc/sys/kernel", "tmpfs", 0, NULL) < 0 || mkdir("/proc/sys/kernel/yama", 0755) < 0)
        return false;
    int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    return fd >= 0 && write(fd, scope, 2) == 2 && close(fd) == 0 && fault_no_ptrace(NULL);
}

static bool fault_chroot(const char *dir)
{
    return mount("fault", "/mnt", "tmpfs", 0, NULL) == 0 && mkdir("/mnt/x", 0755) == 0 &&
           mount("/", "/mnt/x", NULL, MS_BIND | MS_REC, NULL) == 0 && mkdir("/mnt/y", 0755) == 0 &&
           mkdir("/mnt/y/proc", 0755) == 0 && mount("/proc", "/mnt/y/proc", NULL, MS_BIND | MS_REC, NULL) == 0 &&
           chroot(dir) == 0 && chdir("/") == 0;
}

/* In none of the usual directories. Where it is not there anyway, nothing has to be hidden. */
static bool fault_without(const char *program)
{
    static const char *const dirs[] = {"/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin"};
    bool hidden = setenv("PATH", "/nowhere", 1) == 0;
    for (size_t i = 0; i < COUNT(dirs); i++) {
        autofree char *path = xasprintf("%s/%s", dirs[i], program);
        hidden = hidden && (access(path, X_OK) < 0 || fault_mask(path));
    }
    return hidden;
}

/* The program is there, and fails. */
static bool fault_broken(const char *program)
{
    autofree char *path = xasprintf("/usr/bin/%s", program);
    return access(path, F_OK) < 0 ? fault_without(program) : mount("/bin/false", path, NULL, MS_BIND, NULL) == 0;
}

static bool fault_no_home(const char *path)
{
    return setenv("PORTHOLE_STATE", path, 1) == 0;
}

static bool fault_no_term(const char *unused)
{
    (void)unused;
    return unsetenv("TERM") == 0;
}

static bool fault_locale(const char *name)
{
    return setenv("LC_ALL", name, 1) == 0;
}

static bool fault_path(const char *path)
{
    return setenv("PATH", path, 1) == 0;
}

static const struct fault {
    const char *name;
    bool (*make)(const char *arg);
    const char *arg, *feature;
    int err;
    const char *why, *cure; /* parts of the texts */
} faults[] = {
    {"no user namespaces", fault_limit, "user", "userns", ENOSPC, "user.max_user_namespaces is 0", "sysctl"},
    {"no pid namespaces", fault_limit, "pid", "pidns", ENOSPC, "user.max_pid_namespaces is 0", "sysctl"},
    {"no mount namespaces", fault_limit, "mnt", "overlay", ENOSPC, "user.max_mnt_namespaces is 0", "sysctl"},
    {"no networks", fault_limit, "net", "veth", ENOSPC, "user.max_net_namespaces is 0", "sysctl"},
    {"no clocks", fault_limit, "time", "timens", ENOSPC, "user.max_time_namespaces is 0", "sysctl"},
    {"masked /proc", fault_mask, "/proc/uptime", "proc", EPERM, "covers parts of /proc (/proc/uptime)", "systempaths"},
    {"Docker's filter, user namespace", fault_filter, NULL, "userns", EPERM, "seccomp filter", "seccomp=unconfined"},
    {"Docker's filter, network", fault_filter, NULL, "net", EPERM, "seccomp filter", "seccomp=unconfined"},
    {"a filter against ptrace", fault_no_ptrace, NULL, "ptrace", EPERM, "seccomp filter", "SYS_PTRACE"},
    {"a filter against filters", fault_no_filters, NULL, "ptrace", EPERM, "seccomp filter", "seccomp=unconfined"},
    {"Yama's scope 2", fault_yama, "2\n", "ptrace", EPERM, "kernel.yama.ptrace_scope is 2", "SYS_PTRACE"},
    {"Yama's scope 3", fault_yama, "3\n", "ptrace", EPERM, "until the next boot", "sysctl.d"},
    {"inside a chroot", fault_chroot, "/mnt/y", "userns", EPERM, "in a chroot", "outside"},
    {"no place for progress", fault_no_home, "/proc/nowhere/x", "state", 0, "cannot be written", "XDG_STATE_HOME"},
    {"no TERM", fault_no_term, NULL, "terminal", 0, "linear text", "porthole"},
    {"a locale that is not there", fault_locale, "xx_YY.UTF-8", "locale", 0, "not installed", "C.UTF-8"},
    {"an ASCII locale", fault_locale, "C", "locale", 0, "not a UTF-8", "C.UTF-8"},
    {"no bwrap", fault_without, "bwrap", "bwrap", 0, "no program bwrap", "apt install bubblewrap"},
    {"no crun", fault_without, "crun", "crun", 0, "no program crun", "apt install crun"},
    {"no runc", fault_without, "runc", "runc", 0, "no program runc", "apt install runc"},
    {"a bwrap that does nothing", fault_broken, "bwrap", "bwrap", 0, "bwrap", ""},
    {"no python", fault_path, "/nowhere:relative", "python3", 0, "no python3", "apt install python3"},
};

static const struct fault *fault;

static void fault_body(int fd)
{
    struct doctor_result r = {.err = -1};
    errno = 0;
    if (!fault->make(fault->arg) || !doctor_try(fault->feature, &r))
        snprintf(r.why, sizeof r.why, "the fault could not be made: %s", strerror(errno));
    (void)!write(fd, &r, sizeof r);
    pause();
}

static void test_faults(void **state)
{
    const char *refusal = nest_refusal();
    SKIP_UNLESS(!refusal, refusal);
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct doctor_result r;
        struct nest n;
        fault = &faults[i];
        assert_true(nest_start(&n, NEST_PROC, fault_body));
        assert_int_equal(read(n.fd, &r, sizeof r), sizeof r);
        nest_end(&n);
        if (r.works || r.err != fault->err || !strstr(r.why, fault->why) || !strstr(r.cure, fault->cure))
            fail_msg("%s: works %d, errno %d, why \"%s\", cure \"%s\"", fault->name, r.works, r.err, r.why, r.cure);
    }
}

/* Without faults. */

static void nested_body(int fd)
{
    static const char *const names[] = {"userns", "pidns", "mntns", "utsns",   "ipcns",   "net",   "cgroupns",
                                        "proc",   "pivot", "pidfd", "seccomp", "openat2", "ptrace"};
    struct doctor_result r = {.works = true};
    for (size_t i = 0; i < COUNT(names) && r.works; i++)
        doctor_try(names[i], &r);
    (void)!write(fd, &r, sizeof r);
    pause();
}

/* In the very namespaces in which test_faults() breaks things, they work as long as nothing is broken. */
static void test_nested(void **state)
{
    const char *refusal = nest_refusal();
    SKIP_UNLESS(!refusal, refusal);
    struct doctor_result r;
    struct nest n;
    assert_true(nest_start(&n, NEST_PROC, nested_body));
    assert_int_equal(read(n.fd, &r, sizeof r), sizeof r);
    nest_end(&n);
    if (!r.works)
        fail_msg("works nested no more: %s; %s", r.why, r.cure);
}

static void test_names(void **state)
{
    static const char *const needed[] = {"root",   "userns", "pidns",    "mntns",   "proc",   "overlay", "net",
                                         "cgroup", "pidfd",  "landlock", "seccomp", "ptrace", "python3"};
    struct doctor_result r;
    const char *const *names = doctor_names();
    size_t n = 0;
    for (; names[n]; n++)
        for (size_t i = 0; i < n; i++)
            assert_string_not_equal(names[i], names[n]);
    for (size_t i = 0; i < COUNT(needed); i++) {
        bool found = false;
        for (size_t k = 0; k < n; k++)
            found |= !strcmp(names[k], needed[i]);
        if (!found)
            fail_msg("%s is not known", needed[i]);
    }
    assert_false(doctor_try("frobnicate", &r));
}

/* Each result is complete: works without a reason, or not with one. */
static void test_results(void **state)
{
    for (const char *const *name = doctor_names(); *name; name++) {
        struct doctor_result r;
        assert_true(doctor_try(*name, &r));
        assert_string_equal(r.name, *name);
        assert_true(r.what[0]);
        if (r.works)
            assert_int_equal(r.err, 0);
        assert_int_equal(!r.works, r.why[0] != '\0');
    }
}

static void test_root(void **state)
{
    struct doctor_result r;
    autostr struct str why = {0};
    assert_true(doctor_try("root", &r));
    assert_int_equal(r.works, geteuid() == 0);
    if (geteuid() == 0)
        return;
    assert_false(doctor_stage_real(&why));
    assert_non_null(strstr(str_c(&why), "not as root"));
    assert_non_null(strstr(str_c(&why), "sudo"));
}

static void test_report(void **state)
{
    autostr struct str text = {0}, why = {0};
    int stages = doctor_report(&text);
    assert_int_equal(stages, doctor_stage_practice(&why) + doctor_stage_real(NULL));
    for (const char *const *name = doctor_names(); *name; name++) {
        autofree char *line = xasprintf("\n  %s ", *name);
        const char *at = strstr(text.s, line);
        if (!at)
            fail_msg("the report does not tell of %s", *name);
        at += strlen(line) + strspn(at + strlen(line), " ");
        assert_true(!strncmp(at, "ok ", 3) || !strncmp(at, "no ", 3));
    }
    for (const char *p = text.s; *p; p++)
        assert_true(*p == '\n' || (unsigned char)*p >= ' ');
}

/* Trying leaves nothing: no child, no descriptor, no cgroup (that would be a failed try). */
static void test_leaves_nothing(void **state)
{
    int before = dup(0);
    close(before);
    for (const char *const *name = doctor_names(); *name; name++) {
        struct doctor_result r;
        doctor_try(*name, &r);
        assert_false(!r.works && strstr(r.why, "could not be removed"));
    }
    int after = dup(0);
    close(after);
    assert_int_equal(before, after);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void test_quick(void **state)
{
    struct doctor_result r;
    autostr struct str why = {0};
    int64_t t = now_us();
    doctor_try("proc", &r);
    doctor_stage_practice(&why);
    int64_t us = now_us() - t;
    printf("proc and the practice stage tried in %.1f ms\n", (double)us / 1000);
    assert_true(us < 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),          cmocka_unit_test(test_results), cmocka_unit_test(test_root),
        cmocka_unit_test(test_report),         cmocka_unit_test(test_nested),  cmocka_unit_test(test_faults),
        cmocka_unit_test(test_leaves_nothing), cmocka_unit_test(test_quick),
    };
    return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
