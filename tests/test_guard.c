/* The guard's decisions: real processes in real namespaces are asked about, and no call is ever made. This program goes
 * into a user and a mount namespace of its own, which play the machine; trees of sleeping processes play the stage. */
#include "support.h"

#include "base/mem.h"
#include "base/text.h"
#include "call/registers.h"
#include "nest.h"
#include "proc/pidns.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/guard.h"
#include "temp.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct guard_place place;
static bool contained; /* this program has namespaces of its own */

/* ---- processes ---- */

static pid_t *shared_pids; /* what the children of a tree are called */

static _Noreturn void sleep_for_ever(int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    nest_say(ready);
    for (;;)
        pause();
}

/* A process with n children, each of which has run its function. All end with the first. */
static pid_t tree_plant(size_t n, void (*const *prepare)(void), pid_t *pids)
{
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t top = fork();
    assert_true(top >= 0);
    if (top == 0) {
        for (size_t i = 0; i < n; i++)
            if (fork() == 0) {
                shared_pids[i] = getpid();
                if (prepare && prepare[i])
                    prepare[i]();
                sleep_for_ever(ready[1]);
            }
        sleep_for_ever(ready[1]);
    }
    for (size_t i = 0; i < n + 1; i++)
        assert_true(nest_wait_byte(ready[0]));
    memcpy(pids, shared_pids, n * sizeof *pids);
    close(ready[0]);
    close(ready[1]);
    return top;
}

static void tree_fell(pid_t top)
{
    assert_true(top > 0);
    kill(top, SIGKILL);
    waitpid(top, NULL, 0);
}

/* ---- questions ---- */

static const char *ask(pid_t tid, const struct call *c)
{
    static char text[1024];
    struct outcome o = {0};
    autostr struct str all = {0};
    if (guard_program(&place, tid, c, &o) == 0)
        return NULL;
    outcome_print(&all, &o);
    text_copy(text, sizeof text, str_c(&all));
    return text;
}

/* May tid make the typed call? NULL: yes; else why not. */
__attribute__((format(printf, 2, 3))) static const char *typed(pid_t tid, const char *fmt, ...)
{
    struct call_error e;
    va_list ap;
    va_start(ap, fmt);
    autofree char *line = xvasprintf(fmt, ap);
    va_end(ap);
    _cleanup_(call_freep)
    struct call *c = call_parse(line, NULL, &e);
    if (!c)
        fail_msg("%s: %s", line, e.text);
    return ask(tid, c);
}

static size_t read_nothing(void *arg, uint64_t at, void *buf, size_t n)
{
    return 0;
}

/* The same from registers, as of a program. */
static const char *made(pid_t tid, const char *name, int64_t a, int64_t b, int64_t c, int64_t d)
{
    const struct call_row *row = call_row_of_name(name);
    const struct call_memory m = {read_nothing, NULL, 8};
    const uint64_t regs[CALL_MAX_ARGS] = {(uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d};
    assert_non_null(row);
    _cleanup_(call_freep)
    struct call *call = call_from_registers(row, regs, &m);
    return ask(tid, call);
}

#define ALLOWED(expression)                                                                                            \
    do {                                                                                                               \
        const char *why_ = (expression);                                                                               \
        if (why_)                                                                                                      \
            fail_msg("%s: refused: %s", #expression, why_);                                                            \
    } while (0)
#define REFUSED(expression, words)                                                                                     \
    do {                                                                                                               \
        const char *why_ = (expression);                                                                               \
        if (!why_ || !strstr(why_, words))                                                                             \
            fail_msg("%s: %s", #expression, why_ ? why_ : "allowed");                                                  \
    } while (0)

/* ---- signals ---- */

/* A stage of three: the warden, the host's actor, a caller; and somebody who is none of it. */
static struct stage {
    pid_t warden, host, caller, victim;
} stage;

static void *thread_tid(void *arg)
{
    int *ends = arg;
    pid_t tid = gettid();
    char c;
    assert_int_equal(write(ends[1], &tid, sizeof tid), sizeof tid);
    return read(ends[2], &c, 1) ? NULL : NULL;
}

static int stage_begin(void **state)
{
    pid_t pids[2];
    stage.warden = tree_plant(2, NULL, pids);
    stage.host = pids[0];
    stage.caller = pids[1];
    stage.victim = tree_plant(0, NULL, pids);
    guard_place_fill(&place, STAGE_REAL, "/nowhere", stage.host, stage.warden);
    return 0;
}

static int stage_over(void **state)
{
    tree_fell(stage.warden);
    tree_fell(stage.victim);
    return 0;
}

static void test_one_target(void **state)
{
    pid_t by = stage.caller;
    REFUSED(typed(by, "kill(%d, SIGTERM)", (int)stage.victim), "did not start that process");
    REFUSED(typed(by, "kill(%d, SIGCONT)", (int)getppid()), "did not start that process");
    REFUSED(typed(by, "kill(%d, SIGTERM)", (int)getpid()), "that is porthole itself");
    REFUSED(typed(by, "kill(%d, SIGTERM)", (int)stage.warden), "porthole's warden");
    REFUSED(typed(by, "kill(%d, SIGTERM)", (int)stage.host), "the host side needs this process");
    ALLOWED(typed(by, "kill(%d, SIGKILL)", (int)stage.caller));
    ALLOWED(typed(by, "kill(%d, 0)", (int)stage.victim));
    ALLOWED(typed(by, "kill(%d, 0)", (int)stage.warden));
    autofree char *pid = xasprintf("pid %d (", (int)stage.victim);
    REFUSED(typed(by, "kill(%d, SIGTERM)", (int)stage.victim), pid);
}

/* One process, by each of the calls. */
static void test_each_call(void **state)
{
    const struct {
        const char *name;
        int who, sig;
    } calls[] = {
        {"kill", 0, 1}, {"tkill", 0, 1}, {"tgkill", 1, 2}, {"rt_sigqueueinfo", 0, 1}, {"rt_tgsigqueueinfo", 1, 2}};
    for (size_t i = 0; i < COUNT(calls); i++) {
        int64_t r[4] = {0};
        r[0] = r[calls[i].who] = stage.victim;
        r[calls[i].sig] = SIGTERM;
        REFUSED(made(stage.caller, calls[i].name, r[0], r[1], r[2], r[3]), "did not start that process");
        r[calls[i].sig] = 0;
        ALLOWED(made(stage.caller, calls[i].name, r[0], r[1], r[2], r[3]));
        r[calls[i].sig] = SIGTERM;
        r[0] = r[calls[i].who] = stage.caller;
        ALLOWED(made(stage.caller, calls[i].name, r[0], r[1], r[2], r[3]));
        r[0] = r[calls[i].who] = INT32_MAX; /* nobody: ESRCH is the kernel's word */
        ALLOWED(made(stage.caller, calls[i].name, r[0], r[1], r[2], r[3]));
    }
}

/* A thread has no line in /proc, and is porthole all the same. */
static void test_thread_of_porthole(void **state)
{
    int ends[4];
    pthread_t thread;
    pid_t tid;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(ends + 2), 0);
    assert_int_equal(pthread_create(&thread, NULL, thread_tid, ends), 0);
    assert_int_equal(read(ends[0], &tid, sizeof tid), sizeof tid);
    REFUSED(made(stage.caller, "tkill", tid, SIGTERM, 0, 0), "that is porthole itself");
    close(ends[3]);
    pthread_join(thread, NULL);
    for (int i = 0; i < 3; i++)
        close(ends[i]);
}

static void test_the_dead(void **state)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    ALLOWED(typed(stage.caller, "kill(%d, SIGTERM)", (int)pid)); /* a zombie feels nothing */
    waitpid(pid, NULL, 0);
    ALLOWED(typed(stage.caller, "kill(%d, SIGTERM)", (int)pid));
}

static void test_everybody(void **state)
{
    REFUSED(typed(stage.caller, "kill(-1, SIGTERM)"), "it would signal every process");
    REFUSED(made(stage.caller, "kill", 0xffffffff, SIGTERM, 0, 0), "it would signal every process");
    ALLOWED(typed(stage.caller, "kill(-1, 0)"));
}

static void test_groups(void **state)
{
    pid_t group = stage.caller;
    assert_int_equal(setpgid(stage.victim, stage.victim), 0);
    REFUSED(typed(stage.caller, "kill(-%d, SIGTERM)", (int)stage.victim), "did not start that process");
    REFUSED(typed(stage.caller, "kill(0, SIGTERM)"), "porthole"); /* everybody here is in one group so far */
    stage_over(state);
    pid_t pids[3];
    stage.warden = tree_plant(3, (void (*const[])(void)){NULL, (void (*)(void))setpgrp, NULL}, pids);
    stage.host = pids[0];
    stage.caller = group = pids[1];
    stage.victim = tree_plant(0, NULL, pids);
    guard_place_fill(&place, STAGE_REAL, "/nowhere", stage.host, stage.warden);
    ALLOWED(typed(stage.host, "kill(-%d, SIGTERM)", (int)group));
    ALLOWED(typed(stage.caller, "kill(0, SIGTERM)"));
    /* one stranger among them */
    assert_int_equal(setpgid(stage.victim, group), 0);
    autofree char *pid = xasprintf("pid %d (", (int)stage.victim);
    REFUSED(typed(stage.host, "kill(-%d, SIGTERM)", (int)group), pid);
    REFUSED(typed(stage.caller, "kill(0, SIGTERM)"), "a member of process group");
    ALLOWED(typed(stage.caller, "kill(0, 0)"));
    ALLOWED(typed(stage.caller, "kill(-%d, 0)", (int)group));
    assert_int_equal(setpgid(stage.victim, stage.victim), 0);
    ALLOWED(typed(stage.caller, "kill(0, SIGTERM)"));
    ALLOWED(typed(stage.caller, "kill(-%d, SIGTERM)", INT32_MAX));
    ALLOWED(typed(stage.caller, "kill(%d, SIGTERM)", INT32_MIN));
}

/* ---- pidfds: the caller inherits them from us ---- */

static void test_pidfd(void **state)
{
    int victim = (int)syscall(SYS_pidfd_open, stage.victim, 0), own = (int)syscall(SYS_pidfd_open, stage.caller, 0);
    autofree char *path = xasprintf("/proc/%d", (int)stage.victim),
                  *old_path = xasprintf("/proc/%d", (int)stage.caller);
    int dir = open(path, O_RDONLY | O_DIRECTORY), old_dir = open(old_path, O_RDONLY | O_DIRECTORY);
    assert_true(victim >= 0 && own >= 0 && dir >= 0 && old_dir >= 0);
    pid_t kid, by = tree_plant(1, NULL, &kid);
    REFUSED(made(by, "pidfd_send_signal", victim, SIGTERM, 0, 0), "did not start that process");
    REFUSED(made(by, "pidfd_send_signal", dir, SIGTERM, 0, 0), "did not start that process");
    REFUSED(made(by, "pidfd_getfd", victim, 0, 0, 0), "its descriptors are none of this session's");
    REFUSED(made(by, "pidfd_getfd", own, 250, 0, 0), "porthole's line to an actor");
    ALLOWED(made(by, "pidfd_send_signal", victim, 0, 0, 0));
    ALLOWED(made(by, "pidfd_send_signal", own, SIGTERM, 0, 0));
    ALLOWED(made(by, "pidfd_send_signal", old_dir, SIGTERM, 0, 0));
    ALLOWED(made(by, "pidfd_getfd", own, 0, 0, 0));
    ALLOWED(made(by, "pidfd_send_signal", 0, SIGTERM, 0, 0)); /* no pidfd: EBADF is the kernel's word */
    ALLOWED(made(by, "pidfd_send_signal", 999, SIGTERM, 0, 0));
    /* its whole group: the flag of Linux 6.9 */
    assert_int_equal(setpgid(stage.victim, stage.victim), 0);
    REFUSED(made(by, "pidfd_send_signal", victim, SIGTERM, 0, 4), "did not start");
    /* it names itself without a pidfd (6.14): nobody started `by` for the session */
    REFUSED(made(by, "pidfd_send_signal", -10000, SIGTERM, 0, 0), "did not start");
    place.warden = getpid();
    ALLOWED(made(by, "pidfd_send_signal", -10001, SIGTERM, 0, 0));
    tree_fell(by);
    const int fds[] = {victim, own, dir, old_dir};
    for (size_t i = 0; i < COUNT(fds); i++)
        close(fds[i]);
}

/* ---- pid namespaces ---- */

/* Process 2 sleeps; process 3 led a group, in which 4 is left. */
static void nested_family(int fd)
{
    if (fork() == 0)
        sleep_for_ever(fd);
    pid_t leader = fork();
    if (leader == 0) {
        setpgid(0, 0);
        if (fork() == 0) { /* outlives its parent, and ends with the namespace */
            nest_say(fd);
            for (;;)
                pause();
        }
        _exit(0);
    }
    waitpid(leader, NULL, 0);
    sleep_for_ever(fd);
}

/* A child of ours joins the namespace; its child is in it, and was not started by its process 1. */
static pid_t nested_stranger(const struct nest *n, pid_t *outer)
{
    int ends[2];
    pid_t pid;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    *outer = fork();
    if (*outer == 0) {
        static const char *const names[] = {"user", "pid"};
        int fd[2];
        char path[64];
        for (int i = 0; i < 2; i++) {
            snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)n->pid, names[i]);
            fd[i] = open(path, O_RDONLY | O_CLOEXEC);
        }
        if (setns(fd[0], 0) < 0 || setns(fd[1], 0) < 0)
            _exit(1);
        pid_t kid = fork();
        if (kid)
            *shared_pids = kid;
        sleep_for_ever(ends[1]);
    }
    assert_true(nest_wait_byte(ends[0]) && nest_wait_byte(ends[0]));
    pid = *shared_pids;
    close(ends[0]);
    close(ends[1]);
    return pid;
}

static pid_t own_number(pid_t pid)
{
    struct task t;
    assert_true(task_read(procfs_self(), pid, &t));
    return t.nspid[t.nspids - 1];
}

static void test_nested_pids(void **state)
{
    SKIP_UNLESS(!nest_refusal(), nest_refusal());
    struct nest n;
    assert_true(nest_start(&n, NEST_PROC, nested_family));
    for (int i = 0; i < 3; i++)
        assert_true(nest_wait_byte(n.fd));
    pid_t outer, stranger = nested_stranger(&n, &outer), kid = pidns_translate(n.pid, 2);
    int number = own_number(stranger);
    assert_int_equal(own_number(kid), 2);
    assert_int_equal(pidns_translate(n.pid, 1), n.pid);
    assert_int_equal(pidns_translate(n.pid, number), stranger);
    assert_int_equal(pidns_translate(n.pid, 77), 0);
    for (int i = 1; i < 8; i++) /* as a kernel before 6.11 has to be asked */
        assert_int_equal(pidns_search(n.pid, i), pidns_translate(n.pid, i));
    /* group 3 lives without its leader: 4 is in it */
    assert_int_equal(pidns_translate(n.pid, 3), 0);
    struct task member;
    assert_true(task_read_stat(procfs_self(), pidns_translate(n.pid, 4), &member));
    assert_int_equal(pidns_group(n.pid, 3), member.pgrp);
    assert_int_equal(pidns_group(n.pid, 70), 0);

    guard_place_fill(&place, STAGE_REAL, "/nowhere", getpid(), n.outer);
    ALLOWED(typed(n.pid, "kill(1, SIGTERM)"));
    ALLOWED(typed(n.pid, "kill(2, SIGKILL)"));
    ALLOWED(typed(n.pid, "kill(-3, SIGKILL)"));
    ALLOWED(typed(n.pid, "kill(-1, SIGTERM)"));
    ALLOWED(typed(n.pid, "kill(77, SIGTERM)"));
    REFUSED(typed(n.pid, "kill(%d, SIGTERM)", number), "did not start that process");
    /* the same numbers mean others to somebody outside */
    REFUSED(typed(n.outer, "kill(1, SIGTERM)"), "did not start that process");
    ALLOWED(typed(n.outer, "kill(%d, SIGTERM)", (int)kid));
    ALLOWED(made(n.pid, "reboot", 0xfee1dead, 0x28121969, 0x1234567, 0));
    REFUSED(made(n.outer, "reboot", 0xfee1dead, 0x28121969, 0x1234567, 0), "restart or halt the machine");

    /* a namespace that the session did not make */
    place.warden = stage.warden;
    REFUSED(typed(n.pid, "kill(2, SIGTERM)"), "did not start that process");
    REFUSED(typed(n.pid, "kill(-3, SIGTERM)"), "a member of process group");
    REFUSED(typed(n.pid, "kill(-1, SIGTERM)"), "it would signal every process");
    REFUSED(made(n.pid, "reboot", 0xfee1dead, 0x28121969, 0x1234567, 0), "restart or halt the machine");
    tree_fell(outer);
    nest_end(&n);
}

/* A directory of the namespace's own proc as a pidfd: what it is called there does not matter. */
static void test_nested_directory(void **state)
{
    SKIP_UNLESS(!nest_refusal(), nest_refusal());
    struct nest n;
    assert_true(nest_start(&n, NEST_PROC, nested_family));
    for (int i = 0; i < 3; i++)
        assert_true(nest_wait_byte(n.fd));
    int proc = procfs_of(n.pid), dir = openat(proc, "2", O_RDONLY | O_DIRECTORY);
    assert_true(dir >= 0);
    assert_int_equal(pidns_of_directory(dir), pidns_translate(n.pid, 2));
    close(proc);
    close(dir);
    nest_end(&n);
}

/* ---- mounts ---- */

static char lab[TEMP_PATH];

static void fail_in_child(bool ok)
{
    if (!ok)
        _exit(1);
}

/* The host side's mount namespace: a lab with a root file system in it. */
static void host_side(void)
{
    fail_in_child(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                  mount("lab", lab, "tmpfs", 0, NULL) == 0 && chdir(lab) == 0 && mkdir("rootfs", 0755) == 0 &&
                  mount("rootfs", "rootfs", "tmpfs", 0, NULL) == 0 && mkdir("rootfs/proc", 0755) == 0 &&
                  mkdir("rootfs/usr", 0755) == 0 && symlink("/usr", "rootfs/link") == 0 &&
                  symlink("rootfs/usr", "inside") == 0 && mount("over", "rootfs/proc", "tmpfs", 0, NULL) == 0);
}

static void host_side_rooted(void)
{
    host_side();
    fail_in_child(chdir("rootfs") == 0 && chroot(".") == 0);
}

/* Descriptors 20: the lab, 21: /usr, 22: a mount that is attached nowhere. */
static void host_side_with_descriptors(void)
{
    host_side();
    int detached = (int)syscall(SYS_open_tree, AT_FDCWD, "rootfs", OPEN_TREE_CLONE);
    fail_in_child(detached >= 0 && dup2(open(lab, O_PATH), 20) == 20 && dup2(open("/usr", O_PATH), 21) == 21 &&
                  dup2(detached, 22) == 22 && chdir("/usr") == 0);
}

static pid_t plant_host(void (*prepare)(void), pid_t *host)
{
    pid_t top = tree_plant(1, &prepare, host);
    guard_place_fill(&place, STAGE_REAL, lab, *host, top);
    return top;
}

static void test_around_the_lab(void **state)
{
    SKIP_UNLESS(contained, "mount and user namespaces cannot be made here");
    pid_t by, top = plant_host(host_side, &by);
    REFUSED(typed(by, "mount(\"x\", \"/usr\", \"tmpfs\", 0, NULL)"), "outside the lab");
    REFUSED(typed(by, "mount(\"x\", \"/usr\", \"tmpfs\", MS_MGC_VAL, NULL)"), "outside the lab");
    REFUSED(typed(by, "umount2(\"/proc\", MNT_DETACH)"), "outside the lab");
    REFUSED(typed(by, "mount(\"/proc\", \"rootfs/usr\", NULL, MS_MOVE, NULL)"), "outside the lab");
    REFUSED(typed(by, "mount(NULL, \"/proc\", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY, NULL)"), "outside the lab");
    REFUSED(typed(by, "mount(\"x\", \"../../usr\", \"tmpfs\", 0, NULL)"), "outside the lab");
    REFUSED(typed(by, "mount(\"x\", \"rootfs/link\", \"tmpfs\", 0, NULL)"), "outside the lab"); /* /usr, unchrooted */
    REFUSED(typed(by, "mount(\"x\", \"/proc/self/cwd/../../usr\", \"tmpfs\", 0, NULL)"), "outside the lab");
    REFUSED(typed(by, "pivot_root(\"/usr\", \"/usr\")"), "outside the lab");
    REFUSED(typed(by, "umount2(\"%s\", MNT_DETACH)", lab), "that is the lab itself");
    REFUSED(typed(by, "umount2(\".\", MNT_DETACH)"), "that is the lab itself");
    ALLOWED(typed(by, "mount(\"proc\", \"rootfs/proc\", \"proc\", 0, NULL)"));
    ALLOWED(typed(by, "mount(\"proc\", \"%s/rootfs/proc\", \"proc\", 0, NULL)", lab));
    ALLOWED(typed(by, "mount(\"x\", \"inside\", \"tmpfs\", 0, NULL)"));
    ALLOWED(typed(by, "mount(\"/usr\", \"rootfs/usr\", NULL, MS_BIND, NULL)"));
    ALLOWED(typed(by, "umount2(\"rootfs/proc\", 0)"));
    ALLOWED(typed(by, "mount(\"rootfs/proc\", \"rootfs/usr\", NULL, MS_MOVE, NULL)"));
    ALLOWED(typed(by, "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL)"));
    ALLOWED(typed(by, "mount(NULL, \"rootfs\", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY, NULL)"));
    ALLOWED(typed(by, "pivot_root(\"rootfs\", \"rootfs/usr\")"));
    ALLOWED(typed(by, "mount(\"x\", \"/nonexistent\", \"tmpfs\", 0, NULL)"));
    ALLOWED(typed(by, "mount(\"x\", NULL, \"tmpfs\", 0, NULL)"));
    /* in a namespace of its own it is nobody's business */
    place.mntns = 0;
    ALLOWED(typed(by, "umount2(\"/proc\", MNT_DETACH)"));
    ALLOWED(typed(by, "mount(\"x\", \"/usr\", \"tmpfs\", 0, NULL)"));
    tree_fell(top);
}

/* Paths are the caller's: its root holds them. */
static void test_own_root(void **state)
{
    SKIP_UNLESS(contained, "mount and user namespaces cannot be made here");
    pid_t by, top = plant_host(host_side_rooted, &by);
    ALLOWED(typed(by, "mount(\"x\", \"/usr\", \"tmpfs\", 0, NULL)"));
    ALLOWED(typed(by, "mount(\"x\", \"link\", \"tmpfs\", 0, NULL)"));
    ALLOWED(typed(by, "mount(\"x\", \"../../../usr\", \"tmpfs\", 0, NULL)"));
    ALLOWED(typed(by, "umount2(\"/proc\", 0)"));
    tree_fell(top);
}

static void test_descriptors(void **state)
{
    SKIP_UNLESS(contained, "mount and user namespaces cannot be made here");
    pid_t by, top = plant_host(host_side_with_descriptors, &by);
    REFUSED(typed(by, "move_mount(22, \"\", AT_FDCWD, \"/usr\", MOVE_MOUNT_F_EMPTY_PATH)"), "outside the lab");
    REFUSED(typed(by, "move_mount(22, \"\", 21, \"\", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)"),
            "outside the lab");
    REFUSED(typed(by, "move_mount(22, \"\", 20, \"../../usr\", MOVE_MOUNT_F_EMPTY_PATH)"), "outside the lab");
    REFUSED(typed(by, "move_mount(AT_FDCWD, \"/proc\", 20, \"rootfs\", 0)"), "outside the lab");
    REFUSED(typed(by, "move_mount(20, \"\", 20, \"rootfs\", MOVE_MOUNT_F_EMPTY_PATH)"), "the lab itself");
    REFUSED(typed(by, "mount_setattr(21, \"\", AT_EMPTY_PATH, {attr_set=MOUNT_ATTR_RDONLY})"), "outside the lab");
    REFUSED(typed(by, "mount_setattr(AT_FDCWD, \".\", 0, {attr_set=MOUNT_ATTR_RDONLY})"), "outside the lab");
    REFUSED(typed(by, "mount(\"x\", \"/proc/self/fd/21\", \"tmpfs\", 0, NULL)"), "outside the lab");
    REFUSED(typed(by, "mount(\"x\", \"/proc/thread-self/fd/21\", \"tmpfs\", 0, NULL)"), "outside the lab");
    ALLOWED(typed(by, "move_mount(22, \"\", 20, \"rootfs/usr\", MOVE_MOUNT_F_EMPTY_PATH)"));
    ALLOWED(typed(by, "mount_setattr(20, \"rootfs\", 0, {attr_set=MOUNT_ATTR_RDONLY})"));
    ALLOWED(typed(by, "mount_setattr(22, \"\", AT_EMPTY_PATH, {attr_set=MOUNT_ATTR_RDONLY})"));
    ALLOWED(typed(by, "mount_setattr(21, \"\", AT_EMPTY_PATH|AT_RECURSIVE, {propagation=MS_PRIVATE})"));
    ALLOWED(typed(by, "mount(\"x\", \"/proc/self/fd/20/rootfs/usr\", \"tmpfs\", 0, NULL)"));
    tree_fell(top);
}

static void test_machine_mounts(void **state)
{
    SKIP_UNLESS(contained, "mount and user namespaces cannot be made here");
    pid_t by = stage.caller; /* never left the namespace that we are in */
    place.mntns = 0;
    REFUSED(typed(by, "umount2(\"/proc\", MNT_DETACH)"), "machine's own mount namespace");
    REFUSED(typed(by, "mount(\"x\", \"/usr\", \"tmpfs\", 0, NULL)"), "machine's own mount namespace");
    REFUSED(typed(by, "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL)"), "machine's own mount namespace");
    REFUSED(typed(by, "mount_setattr(AT_FDCWD, \"/\", 0, {attr_set=MOUNT_ATTR_RDONLY})"),
            "machine's own mount namespace");
    REFUSED(typed(by, "pivot_root(\"/usr\", \"/usr\")"), "machine's own mount namespace");
    REFUSED(typed(by, "move_mount(AT_FDCWD, \"/proc\", AT_FDCWD, \"/usr\", 0)"), "machine's own mount namespace");
}

/* Directories of the machine: shared/a is a mount in a shared one, shared/b a directory in it. */
static char shared[TEMP_PATH];
static void chdir_shared(void)
{
    fail_in_child(unshare(CLONE_NEWNS) == 0 && chdir(shared) == 0);
}
static void private_shared(void)
{
    chdir_shared();
    fail_in_child(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}
static void slave_shared(void)
{
    chdir_shared();
    fail_in_child(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 && mount("own", "b", "tmpfs", 0, NULL) == 0);
}
static void umount_shared(void)
{
    chdir_shared();
    fail_in_child(umount2("a", 0) == 0);
}

static bool shared_a_is_mounted(void)
{
    autofree char *a = xasprintf("%s/a", shared);
    struct stat one, two;
    return stat(shared, &one) == 0 && stat(a, &two) == 0 && one.st_dev != two.st_dev;
}

static void make_shared(void)
{
    autofree char *a = xasprintf("%s/a", shared), *b = xasprintf("%s/b", shared);
    assert_int_equal(mount("shared", shared, "tmpfs", 0, NULL), 0);
    assert_int_equal(mount(NULL, shared, NULL, MS_SHARED, NULL), 0);
    assert_int_equal(mkdir(a, 0755), 0);
    assert_int_equal(mkdir(b, 0755), 0);
    assert_int_equal(mount("a", a, "tmpfs", 0, NULL), 0);
    assert_true(shared_a_is_mounted());
}

static void test_peer_groups(void **state)
{
    SKIP_UNLESS(contained, "mount and user namespaces cannot be made here");
    temp_make(shared);
    make_shared();
    pid_t v[3], by, top = tree_plant(3, (void (*const[])(void)){chdir_shared, private_shared, slave_shared}, v);
    guard_place_fill(&place, STAGE_REAL, lab, v[1], top);
    place.mntns = 0;
    by = v[0];
    REFUSED(typed(by, "umount2(\"a\", MNT_DETACH)"), "shared with the machine's own");
    REFUSED(typed(by, "mount(\"x\", \"b\", \"tmpfs\", 0, NULL)"), "shared with the machine's own");
    REFUSED(typed(by, "mount(\"x\", \"a\", \"tmpfs\", 0, NULL)"), "shared with the machine's own");
    REFUSED(typed(by, "mount(\"a\", \"/proc\", NULL, MS_MOVE, NULL)"), "shared with the machine's own");
    ALLOWED(typed(by, "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL)"));
    ALLOWED(typed(by, "mount(NULL, \"a\", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY, NULL)"));
    for (int i = 1; i < 3; i++) { /* who keeps to himself, or only listens */
        ALLOWED(typed(v[i], "umount2(\"a\", 0)"));
        ALLOWED(typed(v[i], "mount(\"x\", \"b\", \"tmpfs\", 0, NULL)"));
    }
    /* MS_REMOUNT changes the file system, which has no namespace; a new one is the caller's only */
    REFUSED(typed(v[1], "mount(NULL, \"a\", NULL, MS_REMOUNT|MS_RDONLY, NULL)"), "changes this mount only");
    REFUSED(typed(v[1], "mount(NULL, \"/proc\", NULL, MS_REMOUNT|MS_RDONLY, NULL)"), "changes this mount only");
    REFUSED(typed(v[2], "mount(NULL, \"a\", NULL, MS_REMOUNT|MS_RDONLY, NULL)"), "changes this mount only");
    ALLOWED(typed(v[2], "mount(NULL, \"b\", NULL, MS_REMOUNT|MS_RDONLY, NULL)"));
    ALLOWED(typed(v[1], "mount(NULL, \"nonexistent\", NULL, MS_REMOUNT|MS_RDONLY, NULL)"));
    REFUSED(made(v[1], "fsconfig", 3, 7, 0, 0), "changes a file system wherever");
    ALLOWED(made(v[1], "fsconfig", 3, 6, 0, 0));
    tree_fell(top);
    /* And it is true: what was refused above does reach us. */
    top = tree_plant(1, (void (*const[])(void)){umount_shared}, v);
    assert_false(shared_a_is_mounted());
    tree_fell(top);
    umount2(shared, MNT_DETACH);
    temp_remove(shared);
}

/* ---- the machine as a whole ---- */

static void test_never(void **state)
{
    size_t n, explained = 0;
    const struct guard_never *never = guard_nevers(&n);
    for (size_t i = 0; i < n; i++) {
        int64_t r[4] = {0};
        if (!guard_explains(&never[i]))
            continue;
        explained++;
        if (never[i].mask)
            r[never[i].arg] = never[i].value;
        if (!strcmp(never[i].name, "kill"))
            r[1] = SIGTERM;
        if (!strcmp(never[i].name, "mount")) /* needs a target: test_peer_groups */
            continue;
        REFUSED(made(stage.caller, never[i].name, r[0], r[1], r[2], r[3]), never[i].why);
    }
    assert_true(explained >= 12);
    place.kind = STAGE_PRACTICE;
    ALLOWED(made(stage.caller, "swapoff", 0, 0, 0, 0));
    ALLOWED(typed(stage.caller, "kill(%d, SIGTERM)", (int)stage.victim));
}

static void own_names(void)
{
    fail_in_child(unshare(CLONE_NEWUTS) == 0);
}

static void test_names(void **state)
{
    SKIP_UNLESS(contained, "UTS and user namespaces cannot be made here");
    pid_t own, top = tree_plant(1, (void (*const[])(void)){own_names}, &own);
    REFUSED(typed(stage.caller, "sethostname(\"oops\")"), "the machine itself would be renamed");
    REFUSED(typed(stage.caller, "setdomainname(\"oops\")"), "the machine itself would be renamed");
    ALLOWED(typed(own, "sethostname(\"web1\")"));
    ALLOWED(typed(own, "setdomainname(\"web1\")"));
    tree_fell(top);
}

/* ---- namespaces ---- */

static int ns_of(pid_t pid, const char *name)
{
    autofree char *path = xasprintf("/proc/%d/ns/%s", (int)pid, name);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    return fd;
}

static void own_mounts_and_names(void)
{
    own_names();
    private_shared();
}

static void test_setns(void **state)
{
    SKIP_UNLESS(contained, "mount, UTS and user namespaces cannot be made here");
    void (*const prepare[])(void) = {own_names, private_shared, own_names};
    temp_make(shared);
    pid_t v[3], other, stage_top = tree_plant(3, prepare, v), foreign_top = tree_plant(1, prepare, &other);
    pid_t lost, lost_top = tree_plant(1, prepare, &lost);
    int machine_uts = ns_of(getpid(), "uts"), machine_mnt = ns_of(getpid(), "mnt"), net = ns_of(getpid(), "net"),
        ours = ns_of(v[0], "uts"), ours_mnt = ns_of(v[1], "mnt"), foreign = ns_of(other, "uts"),
        empty = ns_of(lost, "uts"), pidfd = (int)syscall(SYS_pidfd_open, other, 0),
        own_pidfd = (int)syscall(SYS_pidfd_open, v[0], 0), file = open("/proc/self/status", O_RDONLY);
    tree_fell(lost_top);
    poll(NULL, 0, 50);
    pid_t by, top = tree_plant(1, (void (*const[])(void)){own_mounts_and_names}, &by);
    guard_place_fill(&place, STAGE_REAL, lab, v[1], stage_top);
    autofree char *who = xasprintf("UTS namespace of pid %d (", (int)other);
    REFUSED(made(by, "setns", foreign, 0, 0, 0), who);
    REFUSED(made(by, "setns", pidfd, CLONE_NEWUTS, 0, 0), who);
    REFUSED(made(by, "setns", machine_mnt, 0, 0, 0), "the machine's own mount namespace");
    ALLOWED(made(by, "setns", machine_uts, 0, 0, 0)); /* the host side has not left it */
    REFUSED(made(by, "setns", pidfd, CLONE_NEWNET | CLONE_NEWNS, 0, 0), "the machine's own mount namespace");
    ALLOWED(made(by, "setns", ours, CLONE_NEWUTS, 0, 0));
    ALLOWED(made(by, "setns", ours_mnt, 0, 0, 0));
    ALLOWED(made(by, "setns", net, 0, 0, 0));
    ALLOWED(made(by, "setns", pidfd, CLONE_NEWNET, 0, 0));
    ALLOWED(made(by, "setns", own_pidfd, CLONE_NEWUTS, 0, 0));
    ALLOWED(made(by, "setns", empty, 0, 0, 0)); /* nobody is in it */
    ALLOWED(made(by, "setns", file, 0, 0, 0));  /* EINVAL is the kernel's word */
    ALLOWED(made(by, "setns", 999, 0, 0, 0));
    tree_fell(top);
    tree_fell(stage_top);
    tree_fell(foreign_top);
    const int fds[] = {machine_uts, machine_mnt, net, ours, ours_mnt, foreign, empty, pidfd, own_pidfd, file};
    for (size_t i = 0; i < COUNT(fds); i++)
        close(fds[i]);
    temp_remove(shared);
}

/* ---- */

static bool write_file(const char *path, const char *text)
{
    autofd int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool contain(void)
{
    char map[64];
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return false;
    write_file("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
    if (!write_file("/proc/self/uid_map", map))
        return false;
    snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
    return write_file("/proc/self/gid_map", map) && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static int setup(void **state)
{
    contained = contain();
    shared_pids = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    temp_make(lab);
    return shared_pids == MAP_FAILED;
}

static int teardown(void **state)
{
    temp_remove(lab);
    return 0;
}

#define STAGE(test) cmocka_unit_test_setup_teardown(test, stage_begin, stage_over)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE(test_one_target),
        STAGE(test_each_call),
        STAGE(test_thread_of_porthole),
        STAGE(test_the_dead),
        STAGE(test_everybody),
        STAGE(test_groups),
        STAGE(test_pidfd),
        STAGE(test_nested_pids),
        STAGE(test_nested_directory),
        cmocka_unit_test(test_around_the_lab),
        cmocka_unit_test(test_own_root),
        cmocka_unit_test(test_descriptors),
        STAGE(test_machine_mounts),
        cmocka_unit_test(test_peer_groups),
        STAGE(test_never),
        STAGE(test_names),
        cmocka_unit_test(test_setns),
    };
    return cmocka_run_group_tests_name("guard", tests, setup, teardown);
}
