/* Times of a session: start, first stage, reset with replay, calls and commands, beside what a user would run instead.
 * Prints medians in milliseconds and ratios; asserts nothing. */
#include "base/loop.h"
#include "base/mem.h"
#include "call/call.h"
#include "session/journal.h"
#include "session/session.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 15

static int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double bench_median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, bench_compare);
    return v[n / 2];
}

/* Median wall time in ms of a command, output thrown away; -1 when it fails. */
static double bench_command(const char *const argv[])
{
    double v[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        int64_t t = now_us();
        pid_t pid = fork();
        if (pid == 0) {
            if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
                _exit(127);
            execvp(argv[0], (char *const *)(uintptr_t)argv);
            _exit(127);
        }
        int status;
        waitpid(pid, &status, 0);
        if (status)
            return -1;
        v[i] = (double)(now_us() - t) / 1000;
    }
    return bench_median(v, ROUNDS);
}

static struct session *bench_open(struct loop *l, struct rootfs **image)
{
    struct outcome o = {0};
    *image = rootfs_default(&o);
    struct session *s = *image ? session_new(l, *image, &o) : NULL;
    if (s)
        return s;
    printf("session: cannot run here: %s %s %s\n", o.step, o.where, o.hint);
    exit(0);
}

static void bench_fill_journal(struct journal *j)
{
    static const char *const calls[] = {"unshare(CLONE_NEWPID|CLONE_NEWNS)", "fork()", NULL};
    static const char *const init[] = {"chroot(\"rootfs\")", "chdir(\"/\")",
                                       "mount(\"proc\", \"/proc\", \"proc\", 0, NULL)", NULL};
    journal_add(j, JOURNAL_SETUP, 1, 0, "sleep 31337 & export victim=$!", 0);
    for (int i = 0; calls[i]; i++)
        journal_add(j, JOURNAL_CALL, 2, 0, calls[i], 0);
    for (int i = 0; init[i]; i++)
        journal_add(j, JOURNAL_CALL, 3, 0, init[i], 0);
    journal_add(j, JOURNAL_SHELL, 3, 0, "ps ax", 0);
}

static void bench_stage(struct session *s, enum stage_kind kind, const char *name, double plain)
{
    struct outcome o = {0};
    struct journal j = {0};
    double fresh[ROUNDS], reset[ROUNDS];
    bench_fill_journal(&j);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t t = now_us();
        if (session_start(s, kind, &o) < 0) {
            printf("%-10s cannot run here: %s %s\n", name, o.step, o.hint);
            journal_clear(&j);
            return;
        }
        fresh[i] = (double)(now_us() - t) / 1000;
        t = now_us();
        if (session_start(s, kind, &o) < 0 || journal_replay(&j, s, &o) < 0)
            printf("%s: %s %s\n", name, o.step, o.where);
        reset[i] = (double)(now_us() - t) / 1000;
    }
    double f = bench_median(fresh, ROUNDS), r = bench_median(reset, ROUNDS);
    printf("%-10s fresh stage %6.1f ms, :reset of lesson 6 %6.1f ms (goal 100)", name, f, r);
    if (plain > 0)
        printf("; fresh stage / `unshare ... true` = %.1f", f / plain);
    printf("\n");
    journal_clear(&j);
}

static void bench_calls(struct session *s)
{
    struct call_error e;
    struct outcome o = {0};
    struct call *c = call_parse("getpid()", NULL, &e);
    struct call_image *image = xmalloc(sizeof *image);
    int64_t t = now_us();
    for (int i = 0; i < 2000; i++)
        session_call(s, session_actor(s, 1), c, image, NULL, &o);
    printf("typed call %6.1f us there and back\n", (double)(now_us() - t) / 2000);
    t = now_us();
    int status;
    for (int i = 0; i < 50; i++)
        session_run(s, session_actor(s, 1), "true", RUN_QUIET, 0, NULL, &status, &o);
    double run = (double)(now_us() - t) / 50000;
    const char *const sh[] = {"sh", "-c", "true", NULL};
    double plain = bench_command(sh);
    printf("command    %6.1f ms for `true` on a side; / `sh -c true` %.1f ms = %.1f\n", run, plain, run / plain);
    free(image);
    call_free(c);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* forks must not carry half a line each */
    struct loop *l = loop_new();
    struct rootfs *image;
    int64_t t = now_us();
    struct session *s = bench_open(l, &image);
    printf("session    %6.1f ms to make the image and start the warden\n", (double)(now_us() - t) / 1000);
    const char *const plain[] = {"unshare", "-Urmpfuinp", "--mount-proc", "true", NULL};
    double ms = bench_command(plain);
    printf("unshare    %6.1f ms for `unshare -Urmpfuin --mount-proc true`\n", ms);
    bench_stage(s, STAGE_PRACTICE, "practice", ms);
    if (geteuid() == 0)
        bench_stage(s, STAGE_REAL, "real", ms);
    if (session_running(s))
        bench_calls(s);
    session_free(s);
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("memory     %6.1f MiB at the most\n", (double)u.ru_maxrss / 1024);
    rootfs_free(image);
    loop_free(l);
    return 0;
}
