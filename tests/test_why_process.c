/* Failures of unmodified programs, explained while the tracer holds the process at the end of its call, while it runs
 * on, and after it has ended. */
#include "support.h"

#include "why.h"

#include "base/mem.h"
#include "call/registers.h"
#include "proc/procfs.h"
#include "session/why_private.h"
#include "stage.h"
#include "trace/tracer.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A command of the shell, and one call that fails in it. */
static const struct process_try {
    const char *command, *call;
    int err;
    const char *cause;
} tries[] = {
    {"unshare -Urm mount -t proc proc /proc", "mount", EPERM, "foreign-pid-namespace"},
    {"unshare -Ur mount -t tmpfs t /tmp", "mount", EPERM, "foreign-owner"},
    {"unshare -Urm mount -t tmpfs t /tmp/nowhere/at/all", "mount", ENOENT, "no-mount-point"},
    {"unshare -Urm mount -t porthole t /tmp", "mount", ENODEV, "unknown-type"},
    {"unshare -Urm umount /proc", "umount2", EINVAL, "locked"},
    {"unshare -Urp sh -c '/bin/true; /bin/true; :'", "fork", ENOMEM, "init-died"},
    {"unshare -Ur chroot /nowhere true", "chroot", ENOENT, "missing"},
    {"unshare -Urm pivot_root /tmp /tmp", "pivot_root", EINVAL, "not-a-mount-point"},
    {"unshare -Ur date -s '2020-01-01 00:00:00'", "clock_settime", EPERM, "machine-only"},
    {"unshare -Ur sh -c 'exec setpriv --bounding-set -all --inh-caps -all date -s 2020-01-01'", "clock_settime", EPERM,
     "no-capability"},
    {"kill -TERM 4000000", "kill", ESRCH, "gone"},
    {"$SELF child thread", "clone", EINVAL, "thread-elsewhere"},
    {"$SELF child contradiction", "clone", EINVAL, "contradiction"},
    {"unshare -Urpf --mount-proc sh -c \"kill -TERM $$\"", "kill", ESRCH, "outside"},
};

/* Watches one command. */
struct process_watch {
    const struct process_try *want;
    struct why_stage stage;
    struct why why;
    bool seen, ended;
    pid_t root;
};

/* clone, clone3 and vfork are what libraries make of fork(). */
static bool process_is_call(const char *name, const char *want)
{
    return !strcmp(name, want) ||
           ((!strcmp(want, "fork") || !strcmp(want, "clone")) && (strstr(name, "clone") || strstr(name, "fork")));
}

static void process_ends(void *arg, struct tracee *t, const struct call *c, const struct call_image *result)
{
    struct process_watch *w = arg;
    if (w->seen || !result || result->err != w->want->err || !process_is_call(call_row_of(c)->name, w->want->call))
        return;
    w->seen = true;
    why_explain_process(&w->stage, tracee_id(t)->tid, c, result, &w->why);
}

static void process_exited(void *arg, struct tracee *t, int status)
{
    struct process_watch *w = arg;
    w->ended |= tracee_id(t)->pid == w->root;
}

static int process_try(const struct process_try *t, struct outcome *o)
{
    static const struct trace_events events = {.ends = process_ends, .exited = process_exited};
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, xstrdup(t->command), NULL};
    char self[300] = "SELF=";
    (void)!readlink("/proc/self/exe", self + 5, sizeof self - 6);
    char *env[] = {(char[]){"PATH=/usr/sbin:/sbin:/usr/bin:/bin"}, self, NULL};
    struct process_watch w = {.want = t};
    struct loop *l = loop_new();
    struct tracer *tr = tracer_new(l, &events, &w, o);
    w.stage.host = getpid(); /* what it was forked from, and has left */
    w.root = tr ? trace_spawn(tr, "/bin/sh", argv, env, o) : -1;
    free(argv[2]);
    while (w.root > 0 && !w.ended && tracer_wait(tr))
        ;
    tracer_free(tr);
    loop_free(l);
    autostr struct str all = {0};
    why_print_all(&w.why, &all);
    bool right = w.why.first && !strcmp(w.why.first->name, t->cause) && w.why.first->evidence.len;
    if (!right && w.root > 0)
        print_error("%s: expected %s:\n%s\n", t->command, t->cause, w.seen ? str_c(&all) : "the call was not seen");
    why_free(&w.why);
    return w.root > 0 ? !right : -1;
}

static void test_stopped(void **state)
{
    int wrong = 0;
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct outcome o = {0};
        int rc = process_try(&tries[i], &o);
        SKIP_UNLESS(rc >= 0, o.hint[0] ? o.hint : "no program can be traced here");
        wrong += rc;
    }
    assert_int_equal(wrong, 0);
}

/* ---- processes that nobody traces ---- */

/* A child makes a call of its own choice, tells its errno, and waits to be ended. */
static pid_t process_begin(int (*fails)(void), int *err)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int e = fails() < 0 ? errno : 0;
        (void)!write(ends[1], &e, sizeof e);
        pause();
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], err, sizeof *err), sizeof *err);
    close(ends[0]);
    return pid;
}

static void process_end(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void process_explain_call(pid_t tid, struct call *c, int err, struct why *w)
{
    static struct call_image image;
    struct why_stage stage = {.host = getpid()};
    image = (struct call_image){.ret = -1, .err = err};
    why_explain_process(&stage, tid, c, &image, w);
    call_free(c);
}

static void process_explain(pid_t tid, const char *line, int err, struct why *w)
{
    struct call_error bad;
    struct call *c = call_parse(line, NULL, &bad);
    if (!c)
        fail_msg("%s: %s", line, bad.text);
    process_explain_call(tid, c, err, w);
}

static size_t process_reads_nothing(void *arg, uint64_t at, void *buf, size_t n)
{
    return 0;
}

static int fails_at_chroot(void)
{
    return chroot("/nowhere");
}

static void test_running_and_gone(void **state)
{
    autowhy struct why w = {0};
    autostr struct str text = {0};
    int err;
    pid_t pid = process_begin(fails_at_chroot, &err);
    process_explain(pid, "chroot(\"/nowhere\")", ENOENT, &w);
    assert_int_equal(err, ENOENT);
    why_assert(&w, "missing");
    assert_false(w.gone);
    why_free(&w);
    assert_int_equal(kill(pid, SIGKILL), 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    for (int reaped = 0; reaped < 2; reaped++) { /* a zombie first */
        process_explain(pid, "chroot(\"/nowhere\")", ENOENT, &w);
        assert_true(w.gone && !w.first && w.n);
        str_cut(&text, 0);
        why_print(&w, &text);
        assert_non_null(strstr(str_c(&text), "causes of ENOENT from chroot() are known."));
        why_print_all(&w, &text);
        assert_non_null(strstr(text.s, "\nmaybe: A part of the path does not exist. Correct the name"));
        why_free(&w);
        waitpid(pid, NULL, 0);
    }
}

/* ---- calls that no actor makes ---- */

static int fails_at_filter(void)
{
    struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog prog = {COUNT(code), code};
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
        return 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* forgotten with another user's id */
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static void test_filter_without_promise(void **state)
{
    autowhy struct why w = {0};
    int err;
    pid_t pid = process_begin(fails_at_filter, &err);
    uint64_t regs[CALL_MAX_ARGS] = {PR_SET_SECCOMP, SECCOMP_MODE_FILTER}; /* nobody can type it */
    struct call_memory m = {.read = process_reads_nothing, .word = 8};
    process_explain_call(pid, call_from_registers(call_row_of_number(SYS_prctl), regs, &m), EACCES, &w);
    process_end(pid);
    assert_int_equal(err, EACCES);
    why_assert(&w, "filter-needs-promise");
}

static int thread_tid;

static void *thread_body(void *arg)
{
    __atomic_store_n(&thread_tid, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
    pause();
    return arg;
}

static int fails_with_threads(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, thread_body, NULL);
    return unshare(CLONE_NEWUSER);
}

static int fails_to_join(void)
{
    pthread_t thread;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return 0;
    int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    pthread_create(&thread, NULL, thread_body, NULL);
    return fd < 0 ? 0 : setns(dup2(fd, 200), 0);
}

static void test_threads_join(void **state)
{
    autowhy struct why w = {0};
    int err;
    pid_t pid = process_begin(fails_to_join, &err);
    process_explain(pid, "setns(200, 0)", EINVAL, &w);
    process_end(pid);
    assert_int_equal(err, EINVAL);
    why_assert(&w, "threads");
}

static void test_threads(void **state)
{
    autowhy struct why w = {0};
    int err;
    pid_t pid = process_begin(fails_with_threads, &err);
    process_explain(pid, "unshare(CLONE_NEWUSER)", EINVAL, &w);
    process_end(pid);
    assert_int_equal(err, EINVAL);
    why_assert(&w, "threads");
}

/* Actors lead a session each; a shell's jobs do not. */
static int fails_after_execve(void)
{
    char *argv[] = {(char[]){"sleep"}, (char[]){"60"}, NULL};
    int ends[2];
    char c;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return 0;
    pid_t kid = fork();
    if (kid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(argv[0], argv);
        _exit(1);
    }
    close(ends[1]);
    (void)!read(ends[0], &c, 1); /* its end came with the execve() */
    return setpgid(kid, 0);
}

static int fails_at_group(void)
{
    return setpgid(0, 1);
}

static void test_groups(void **state)
{
    autowhy struct why w = {0};
    pid_t kid = 0;
    int err;
    pid_t pid = process_begin(fails_after_execve, &err);
    assert_int_equal(procfs_children(procfs_self(), pid, &kid, 1), 1);
    autofree char *line = xasprintf("setpgid(%d, 0)", (int)kid);
    process_explain(pid, line, EACCES, &w);
    process_end(pid);
    assert_int_equal(err, EACCES);
    why_assert(&w, "has-executed");
    why_free(&w);
    pid = process_begin(fails_at_group, &err);
    process_explain(pid, "setpgid(0, 1)", EPERM, &w);
    process_end(pid);
    assert_int_equal(err, EPERM);
    why_assert(&w, "group-elsewhere");
}

/* ---- programs of this test's own ---- */

static int child_thread(void)
{
    long flags =
        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM; /* pthread_create()'s */
    return unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0 || syscall(SYS_clone, flags, NULL, NULL, NULL, NULL) < 0;
}

static int child_contradiction(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FS | CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    return pid < 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "child"))
        /* No exit(): a sanitizer's own would make threads. */
        _exit(strcmp(argv[2], "thread") ? child_contradiction() : child_thread());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_running_and_gone),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_threads_join),
        cmocka_unit_test(test_filter_without_promise),
        cmocka_unit_test(test_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
