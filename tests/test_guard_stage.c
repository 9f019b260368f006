/* The guard before real programs on the real stage: what would hurt is not done, the program hears EPERM, and the
 * session is told why; what is the session's own goes through. The victim is a child of this test. */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/watch.h"
#include "stage.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- the program that makes the rarer calls: this one again, "call NAME [PID]" ---- */

static int call_by_name(const char *name, pid_t pid)
{
    siginfo_t info = {.si_signo = SIGTERM, .si_code = SI_QUEUE};
    info.si_pid = getpid();
    int pidfd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    errno = 0;
    if (!strcmp(name, "tkill"))
        syscall(SYS_tkill, pid, SIGTERM);
    else if (!strcmp(name, "tgkill"))
        syscall(SYS_tgkill, pid, pid, SIGTERM);
    else if (!strcmp(name, "rt_sigqueueinfo"))
        syscall(SYS_rt_sigqueueinfo, pid, SIGTERM, &info);
    else if (!strcmp(name, "rt_tgsigqueueinfo"))
        syscall(SYS_rt_tgsigqueueinfo, pid, pid, SIGTERM, &info);
    else if (!strcmp(name, "pidfd_send_signal"))
        syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
    else if (!strcmp(name, "reboot")) /* from here on such as every kernel refuses in another way */
        syscall(SYS_reboot, 1, 2, 3, NULL);
    else if (!strcmp(name, "clock_settime"))
        syscall(SYS_clock_settime, CLOCK_MONOTONIC, &(struct timespec){1, 2});
    else if (!strcmp(name, "settimeofday"))
        syscall(SYS_settimeofday, 8, NULL);
    else if (!strcmp(name, "swapon"))
        syscall(SYS_swapon, "/nonexistent/swap", 0);
    else if (!strcmp(name, "swapoff"))
        syscall(SYS_swapoff, "/nonexistent/swap");
    else if (!strcmp(name, "acct"))
        syscall(SYS_acct, "/nonexistent/acct");
    else if (!strcmp(name, "delete_module"))
        syscall(SYS_delete_module, "porthole_has_none", O_NONBLOCK);
    else if (!strcmp(name, "fsconfig"))
        syscall(SYS_fsconfig, -1, 7 /* FSCONFIG_CMD_RECONFIGURE */, NULL, NULL, 0);
    return errno;
}

#ifdef __x86_64__
/* kill() as a 32-bit program makes it. */
static int call_int80(pid_t pid)
{
    int ret;
    __asm__ volatile("int $0x80" : "=a"(ret) : "a"(37), "b"(pid), "c"(SIGTERM) : "memory");
    return -ret;
}
static bool has_int80(void)
{
    pid_t pid = fork();
    int status = 1;
    if (pid == 0)
        _exit(call_int80(0x7ffffff0) != ESRCH);
    waitpid(pid, &status, 0);
    return status == 0;
}
#else
static int call_int80(pid_t pid)
{
    return ENOSYS;
}
static bool has_int80(void)
{
    return false;
}
#endif

/* ---- the stage ---- */

static struct ear {
    struct session *session;
    struct str denied; /* "text: reason\n" of each */
    int n, wrong;      /* how many; without EPERM or a reason */
} ear;
static pid_t victim;

static void ear_watched(void *arg, const struct watched *w)
{
    if (w->kind != WATCHED_CALL || !w->denied)
        return;
    ear.n++;
    ear.wrong += w->err != EPERM || !*w->reason;
    str_addf(&ear.denied, "%s: %s\n", w->text, w->reason);
}

static pid_t victim_new(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        for (;;)
            pause();
    }
    setpgid(pid, pid);
    return pid;
}

static bool victim_lives(void)
{
    struct task t = {0};
    return task_read_stat(procfs_self(), victim, &t) && t.state == 'S';
}

/* Puts this program into the lab, which is seen from out here through the host actor's root. */
static void stage_put_program(void)
{
    autostr struct str bytes = {0};
    autofree char *path = xasprintf("/proc/%d/root%s/probe", (int)session_actor(ear.session, 1)->pid,
                                    session_var(ear.session, SIDE_HOST, "lab"));
    assert_true(file_read(AT_FDCWD, "/proc/self/exe", &bytes, 1 << 28));
    autofd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.s, bytes.len), bytes.len);
}

static void stage_begin(void)
{
    const char *why = "";
    victim = victim_new();
    memset(&ear, 0, sizeof ear);
    ear.session = stage_open(STAGE_REAL);
    session_set_events(ear.session, &(struct session_events){.watched = ear_watched, .arg = &ear});
    bool watches = session_watches(ear.session, &why);
    SKIP_UNLESS(watches, why);
    stage_put_program();
}

static int stage_over(void **state)
{
    bool lives = victim_lives();
    kill(victim, SIGKILL);
    if (ear.session)
        stage_close(ear.session);
    ear.session = NULL;
    str_free(&ear.denied);
    return !lives;
}

/* Its exit status. A command of the learner's, with the victim in $victim and porthole in $porthole. */
static int run(int who, const char *command)
{
    struct outcome o = {0};
    int status = 0;
    struct str output = {0};
    autofree char *whole = xasprintf("victim=%d porthole=%d; %s", (int)victim, (int)getpid(), command);
    if (session_run(ear.session, session_actor(ear.session, who), whole, 0, 20000, &output, &status, &o) < 0)
        fail_msg("%s: %s %s", command, o.step, o.hint);
    str_free(&output);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The command fails, the guard has denied one call or more, and gave these words as the reason. */
static void refused(int who, const char *command, const char *words)
{
    ear.n = 0;
    str_cut(&ear.denied, 0);
    int status = run(who, command);
    if (!status || !ear.n || ear.wrong || !strstr(str_c(&ear.denied), words))
        fail_msg("%s: status %d, %d denied, %d in a wrong way:\n%s", command, status, ear.n, ear.wrong,
                 ear.n ? str_c(&ear.denied) : "");
}

static void allowed(int who, const char *command)
{
    ear.n = 0;
    str_cut(&ear.denied, 0);
    int status = run(who, command);
    if (status || ear.n)
        fail_msg("%s: status %d, %d denied:\n%s", command, status, ear.n, ear.n ? str_c(&ear.denied) : "");
}

/* Is there such a program on this machine? */
static bool have(const char *name)
{
    autofree char *command = xasprintf("command -v %s >/dev/null 2>&1", name);
    return system(command) == 0;
}

/* ---- the tests ---- */

#define HOST      1
#define CONTAINER 2
#define FOREIGN   "did not start that process"

static void test_kill(void **state)
{
    stage_begin();
    for (int who = HOST; who <= CONTAINER; who++) {
        refused(who, "kill $victim", FOREIGN); /* the shell's own */
        refused(who, "kill -9 $porthole", "that is porthole itself");
        refused(who, "kill -9 $(awk '/^PPid/ {print $2}' /proc/$PPID/status)",
                who == HOST ? "porthole's warden" : "the host side needs this process");
        refused(who, "kill -9 -$victim", "a member of process group");
        refused(who, "kill -9 -1", "every process");
        ear.n = 0;
        run(who, "kill -0 $victim"); /* asks only: if anybody minds, it is Landlock */
        assert_int_equal(ear.n, 0);
        allowed(who, "sleep 100 & kill $! && ! wait $!");
        allowed(who, "trap '' TERM; kill -TERM 0");
    }
    refused(HOST, "/proc/self/exe kill $victim 2>/dev/null || /bin/sh -c 'exec kill $0' $victim", FOREIGN);
    refused(CONTAINER, "busybox kill -9 $victim", FOREIGN);
    refused(CONTAINER, "chroot rootfs /bin/busybox kill -9 $victim", FOREIGN);
    if (have("pkill"))
        refused(HOST, "pkill -g $victim", FOREIGN);
}

/* Each call that sends a signal, by a program that knows nothing of porthole; the same to a child of its own. */
static void test_signals_of_a_program(void **state)
{
    static const char *const calls[] = {"tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"};
    stage_begin();
    for (size_t i = 0; i < COUNT(calls); i++) {
        autofree char *bad = xasprintf("$lab/probe call %s $victim", calls[i]),
                      *good = xasprintf("sleep 100 & $lab/probe call %s $! && ! wait $!", calls[i]),
                      *prefix = xasprintf("%s(", calls[i]);
        refused(HOST, bad, FOREIGN);
        assert_non_null(strstr(str_c(&ear.denied), prefix));
        allowed(HOST, good);
    }
    assert_int_equal(run(HOST, "$lab/probe call tgkill $victim"), EPERM); /* what the program was told */
}

/* Another mode of the processor, with other numbers, is no way round. */
static void test_other_modes(void **state)
{
    bool works = has_int80(); /* before there is a tracer, which waits for all children */
    stage_begin();
    if (!works) /* not this kernel, or not this processor */
        return;
    refused(HOST, "$lab/probe call int80 $victim", FOREIGN);
    refused(HOST, "$lab/probe call int80 -1", "every process");
    assert_int_equal(run(HOST, "$lab/probe call int80 $victim"), EPERM);
    allowed(HOST, "sleep 100 & $lab/probe call int80 $! && ! wait $!");
}

static void test_machine(void **state)
{
    static const char *const calls[] = {"reboot",  "clock_settime", "settimeofday",  "swapon",
                                        "swapoff", "acct",          "delete_module", "fsconfig"};
    stage_begin();
    for (size_t i = 0; i < COUNT(calls); i++) {
        autofree char *command = xasprintf("$lab/probe call %s", calls[i]), *prefix = xasprintf("%s(", calls[i]);
        refused(HOST, command, prefix);
        assert_int_equal(run(HOST, command), EPERM);
    }
    refused(CONTAINER, "chroot rootfs /bin/busybox swapoff /nonexistent", "swap belongs to the whole machine");
}

static void test_mounts(void **state)
{
    struct statfs fs;
    stage_begin();
    refused(HOST, "umount -l /proc", "outside the lab");
    refused(CONTAINER, "umount -l /proc", "outside the lab");
    refused(HOST, "mount -t tmpfs x /usr", "outside the lab");
    refused(HOST, "umount -l $lab", "the lab itself");
    refused(HOST, "mount -o remount,ro /", "");
    refused(HOST, "unshare -m busybox mount -o remount,ro /proc", "changes this mount only");
    autofree char *proc = xasprintf("/proc/%d/root/proc", (int)session_actor(ear.session, HOST)->pid);
    assert_int_equal(statfs(proc, &fs), 0);
    assert_int_equal(fs.f_type, PROC_SUPER_MAGIC); /* still there */
    allowed(HOST, "mount -t tmpfs x rootfs/mnt && mount -o remount,size=1m rootfs/mnt && umount rootfs/mnt");
    allowed(HOST, "unshare -m sh -c 'mount -t tmpfs x /var && umount /var && umount -l /proc'");
    allowed(CONTAINER, "unshare -m sh -c 'mount -t tmpfs x /var && umount /var && umount -l /proc'");
}

/* Landlock lets nobody on the stage open our /proc/PID/ns, but a namespace's file can be mounted anywhere. */
static void stage_put_uts(void)
{
    autofree char *ns = xasprintf("/proc/%d/ns/mnt", (int)session_actor(ear.session, HOST)->pid),
                  *file = xasprintf("%s/uts", session_var(ear.session, SIDE_HOST, "lab"));
    pid_t pid = fork();
    if (pid == 0) {
        int uts = open("/proc/self/ns/uts", O_RDONLY), mnt = open(ns, O_RDONLY);
        char path[48];
        snprintf(path, sizeof path, "/proc/self/fd/%d", uts);
        _exit(setns(mnt, 0) || creat(file, 0600) < 0 || mount(path, file, NULL, MS_BIND, NULL));
    }
    for (int i = 0; i < 100 && kill(pid, 0) == 0; i++) /* the tracer's thread waits for all children */
        poll(NULL, 0, 10);
}

static void test_names(void **state)
{
    struct utsname before, after;
    stage_begin();
    uname(&before);
    stage_put_uts();
    allowed(HOST, "hostname accident && test $(hostname) = accident");
    refused(HOST, "nsenter --uts=$lab/uts hostname accident", "the machine's own UTS namespace");
    assert_int_not_equal(run(HOST, "nsenter --mount=/proc/$porthole/ns/mnt true"), 0);
    assert_int_not_equal(run(HOST, "nsenter --target $victim --mount true"), 0);
    allowed(HOST, "unshare -u sleep 100 & sleep 0.3; nsenter --target $! --uts hostname web1 && kill $!");
    uname(&after);
    assert_string_equal(after.nodename, before.nodename);
}

/* In namespaces of their own programs do as they please, under whatever number. */
static void test_containers(void **state)
{
    stage_begin();
    allowed(CONTAINER, "unshare --pid --fork --mount-proc=rootfs/proc chroot rootfs /bin/sh -c "
                       "'sleep 100 & sleep 100 & kill -9 -1; ! wait $!; true'");
    allowed(CONTAINER, "unshare --pid --fork sh -c 'sleep 100 & kill 2; ! wait 2'");
    allowed(HOST, "unshare --pid --fork sh -c 'sleep 100 & kill -9 -1; ! wait $!'");
    if (have("bwrap"))
        allowed(HOST, "bwrap --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp --unshare-all --hostname web1 true");
}

/* What porthole runs for itself is guarded, too, and told to nobody. */
static void test_quiet(void **state)
{
    stage_begin();
    assert_int_not_equal(stage_run(ear.session, HOST, "kill -9 $porthole_victim || false", NULL), 0);
    autofree char *command = xasprintf("kill -9 %d", (int)victim);
    assert_int_not_equal(stage_run(ear.session, HOST, command, NULL), 0);
    assert_int_equal(ear.n, 0);
}

/* Where programs cannot be watched the kernel refuses alone. */
static void test_unwatched(void **state)
{
    victim = victim_new();
    memset(&ear, 0, sizeof ear);
    ear.session = stage_open_unwatched(STAGE_REAL);
    assert_false(session_watches(ear.session, NULL));
    stage_put_program();
    assert_int_not_equal(run(HOST, "kill -9 -1"), 0);
    assert_int_not_equal(run(HOST, "mount -o remount,ro /"), 0);
    static const char *const calls[] = {"reboot", "clock_settime", "swapoff", "acct", "delete_module", "fsconfig"};
    for (size_t i = 0; i < COUNT(calls); i++) {
        autofree char *command = xasprintf("$lab/probe call %s", calls[i]);
        assert_int_equal(run(HOST, command), EPERM);
    }
    assert_int_equal(ear.n, 0);
}

#define STAGE(test) cmocka_unit_test_teardown(test, stage_over)

int main(int argc, char **argv)
{
    if (argc > 2 && !strcmp(argv[1], "call"))
        _exit(
            !strcmp(argv[2], "int80")
                ? call_int80(atoi(argv[3]))
                : call_by_name(argv[2], argc > 3 ? atoi(argv[3]) : 0)); /* a leak checker cannot work under a tracer */
    const struct CMUnitTest tests[] = {
        STAGE(test_kill),        STAGE(test_signals_of_a_program),
        STAGE(test_other_modes), STAGE(test_machine),
        STAGE(test_mounts),      STAGE(test_names),
        STAGE(test_containers),  STAGE(test_quiet),
        STAGE(test_unwatched),
    };
    return cmocka_run_group_tests_name("the guard and programs", tests, NULL, NULL);
}
