/* What a person waits for: from starting porthole to its prompt, and from Enter to the new process' row on the screen.
 * The program runs on a pty with a terminal behind it. Prints milliseconds and ratios; asserts nothing. */
#include "base/loop.h"
#include "base/mem.h"
#include "vt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCREEN_ROUNDS 50 /* a session has room for 64 actors */
#define SCREEN_STARTS 9
#define SCREEN_MS     3000

static int screen_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double screen_percentile(double *v, int n, int percent)
{
    qsort(v, (size_t)n, sizeof *v, screen_compare);
    int at = n * percent / 100;
    return v[at < n ? at : n - 1];
}

static void screen_start(struct vt_run *r, char *const argv[])
{
    static const char *const env[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "PS1=bench$ ", NULL};
    vt_run_start(r, 40, 120, argv, env);
}

/* Median milliseconds until text is on the screen; -1 when it never came. */
static double screen_start_time(char *const argv[], const char *text)
{
    double v[SCREEN_STARTS];
    for (int i = 0; i < SCREEN_STARTS; i++) {
        struct vt_run r;
        int64_t t = now_us();
        screen_start(&r, argv);
        bool came = vt_run_wait(&r, text, SCREEN_MS);
        v[i] = (double)(now_us() - t) / 1000;
        vt_run_end(&r);
        if (!came)
            return -1;
    }
    return screen_percentile(v, SCREEN_STARTS, 50);
}

/* fork() is typed; the clock runs from Enter until the child's row stands in the tree. The child is ended and waited
 * for, so that the tree stays small. */
static void screen_latency(char *const argv[])
{
    struct vt_run r;
    double v[SCREEN_ROUNDS];
    int n = 0;
    screen_start(&r, argv);
    vt_run_wait(&r, "Enter", SCREEN_MS);
    for (int i = 0; i < SCREEN_ROUNDS; i++) {
        char row[32], end[48];
        snprintf(row, sizeof row, "\xe2\x94\x80 fork%d", i + 3); /* ids 1 and 2 are host and container */
        snprintf(end, sizeof end, "[fork%d] exit(0)\r", i + 3);
        vt_run_type(&r, "fork()");
        vt_run_quiet(&r, 30, 500);
        int64_t t = now_us();
        vt_run_type(&r, "\r");
        if (vt_run_wait(&r, row, SCREEN_MS))
            v[n++] = (double)(now_us() - t) / 1000;
        vt_run_type(&r, end);
        vt_run_quiet(&r, 30, 500);
        vt_run_type(&r, "wait4(-1)\r");
        vt_run_quiet(&r, 30, 500);
    }
    vt_run_end(&r);
    if (n)
        printf("Enter -> fork -> row   p50 %6.1f ms, p99 %6.1f ms (goal 16), painted %d of %d times\n",
               screen_percentile(v, n, 50), screen_percentile(v, n, 99), n, SCREEN_ROUNDS);
}

int main(void)
{
    char *program = getenv("PORTHOLE") ? getenv("PORTHOLE") : xstrdup("./porthole"),
         state[] = "/tmp/porthole-bench-XXXXXX";
    if (access(program, X_OK) != 0 || !mkdtemp(state)) {
        printf("screen: no %s to measure\n", program);
        return 0;
    }
    setenv("PORTHOLE_STATE", state, 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    char *porthole[] = {program, xstrdup("--practice"), xstrdup("process"), NULL};
    char *bash[] = {xstrdup("bash"), xstrdup("--norc"), xstrdup("-i"), NULL};
    double mine = screen_start_time(porthole, "Enter"), shell = screen_start_time(bash, "bench$");
    if (mine < 0)
        printf("start -> prompt: cannot run here; see porthole doctor\n");
    else {
        printf("start -> prompt        %6.1f ms (practice stage and all); bash -i %.1f ms\n", mine, shell);
        screen_latency(porthole);
    }
    struct rusage u;
    getrusage(RUSAGE_CHILDREN, &u);
    printf("porthole's memory      %6.1f MiB at the most\n", (double)u.ru_maxrss / 1024);
    autofree char *clean = xasprintf("rm -rf -- '%s'", state);
    return system(clean) != 0;
}
