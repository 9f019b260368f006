/* Failures of unmodified programs, explained while the tracer holds the process at the end of its call, while it runs
 * on, and after it has ended. */
#include "support.h"

#include "why.h"

#include "base/mem.h"
#include "session/why_private.h"
#include "stage.h"
#include "trace/tracer.h"
#include <errno.h>
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
    {"kill -TERM 4000000", "kill", ESRCH, "gone"},
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
    return !strcmp(name, want) || (!strcmp(want, "fork") && (strstr(name, "clone") || strstr(name, "fork")));
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
    char *env[] = {(char[]){"PATH=/usr/sbin:/sbin:/usr/bin:/bin"}, NULL};
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

static void process_explain(pid_t tid, const char *line, int err, struct why *w)
{
    static struct call_image image;
    struct why_stage stage = {.host = getpid()};
    struct call_error bad;
    _cleanup_(call_freep)
    struct call *c = call_parse(line, NULL, &bad);
    if (!c || !call_marshal(c, &image, NULL))
        fail_msg("%s: %s", line, bad.text);
    image.ret = -1;
    image.err = err;
    why_explain_process(&stage, tid, c, &image, w);
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
        assert_non_null(strstr(str_c(&text), "its process ended before anything could be looked at; 3 causes of ENOENT "
                                             "from chroot() are known."));
        why_print_all(&w, &text);
        assert_non_null(strstr(text.s, "\nmaybe: A part of the path does not exist. Correct the name"));
        why_free(&w);
        waitpid(pid, NULL, 0);
    }
}

/* ---- threads ---- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_running_and_gone),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
