/* What tracing costs: calls that stop, calls that do not, and loads of many short programs; untraced, under porthole,
 * and under strace -f --seccomp-bpf with the same set of calls. The three take turns, so that a noisy neighbour
 * disturbs all of them alike, and the best turn of each counts.
 *
 * A stopped thread and its tracer hand over to each other twice a call. Where the kernel places them on two processors,
 * each handing over wakes an idle one, which costs more than all the rest and varies from run to run; so each load is
 * measured on one processor, too. Ratios below 1.00 mean that porthole is faster than strace. Asserts nothing. */
#include "base/loop.h"
#include "base/mem.h"
#include "call/call.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS = 20000, QUIET_CALLS = 300000, PROGRAMS = 200, SOURCES = 16, ROUNDS = 7, WAYS = 3 };

static const char *porthole, *self;
static struct str set; /* of calls, for strace */
static char dir[] = "/tmp/porthole-bench-XXXXXX";

static double bench_once(const char *command)
{
    int64_t t = now_us();
    if (system(command) != 0)
        return -1;
    return (double)(now_us() - t) / 1000;
}

/* The best time of each way, -1: it does not work. */
static void bench_ways(const char *command, double best[WAYS])
{
    autofree char *way[WAYS] = {
        xasprintf("%s >/dev/null", command), xasprintf("%s trace -o /dev/null -- %s >/dev/null", porthole, command),
        xasprintf("strace -f --seccomp-bpf -e signal=none -e trace=%s -o /dev/null %s >/dev/null 2>&1", str_c(&set),
                  command)};
    for (int k = 0; k < WAYS; k++)
        best[k] = 1e9;
    for (int i = 0; i < ROUNDS; i++)
        for (int k = 0; k < WAYS; k++) {
            double ms = best[k] < 0 ? -1 : bench_once(way[k]);
            best[k] = ms < best[k] ? ms : best[k];
        }
    free(way[1]);
    free(way[2]);
}

static void bench_row(const char *name, const char *command, int calls)
{
    double ms[WAYS];
    bench_ways(command, ms);
    printf("  %-28s %8.1f %8.1f", name, ms[0], ms[1]);
    if (ms[0] < 0 || ms[1] < 0 || ms[2] < 0) {
        printf("  (-1: does not work here)\n");
        return;
    }
    printf(" %8.1f   %5.2f   %5.2f   %5.2f", ms[2], ms[1] / ms[0], ms[2] / ms[0], ms[1] / ms[2]);
    if (calls)
        printf("   %5.1f  %5.1f", (ms[1] - ms[0]) * 1000 / calls, (ms[2] - ms[0]) * 1000 / calls);
    putchar('\n');
}

static void bench_set(void)
{
    size_t n;
    const struct call_row *rows = call_rows(&n);
    for (size_t i = 0; i < n; i++)
        if ((rows[i].flags & CALL_INTERESTING) && !rows[i].prints_as && !rows[i].registers)
            str_addf(&set, "%s%s", set.len ? "," : "", rows[i].op == OP_EXIT ? "exit_group" : rows[i].name);
    rows = call_program_rows(&n);
    for (size_t i = 0; i < n; i++)
        str_addf(&set, ",%s", rows[i].name);
}

/* A folder to be built by make, which runs a shell for each file, that cc, that cc1 and as. false: no make or no cc. */
static bool bench_sources(void)
{
    autofree char *command = xasprintf(
        "cd %s && for i in $(seq %d); do echo \"int f$i(int x) { return x * $i; }\" >f$i.c; done && printf '%s' "
        ">Makefile "
        "&& make -s >/dev/null 2>&1",
        dir, SOURCES, "all: $(patsubst %%.c,%%.o,$(wildcard *.c))\\n%%.o: %%.c\\n\\t@mkdir -p sub; cc -c -o $@ $<\\n");
    return system(command) == 0;
}

static void bench_table(const char *title)
{
    autofree char *calls = xasprintf("%s child calls", self), *quiet = xasprintf("%s child quiet", self),
                  *loop = xasprintf("sh -c 'i=0; while [ $i -lt %d ]; do /bin/true; i=$((i+1)); done'", PROGRAMS),
                  *make = xasprintf("make -B -s -j2 -C %s", dir);
    printf("\n%s\n  %-28s %8s %8s %8s   %23s   %14s\n  %-28s %8s %8s %8s   %7s %7s %7s\n", title, "best of 7, ms",
           "untraced", "porthole", "strace", "porthole strace  porth.", "us a call", "", "", "", "", "/untr.", "/untr.",
           "/strace");
    bench_row("20,000 calls that stop", calls, CALLS);
    bench_row("300,000 that do not", quiet, 0);
    bench_row("200 programs from a shell", loop, 0);
    bench_row("find /usr/share", "find /usr/share", 0);
    if (bench_sources())
        bench_row("make -j2 of 16 C files", make, 0);
}

static int bench_child(const char *what)
{
    if (!strcmp(what, "calls"))
        for (int i = 0; i < CALLS; i++)
            (void)!chdir("/");
    else
        for (int i = 0; i < QUIET_CALLS; i++)
            syscall(SYS_getppid);
    return 0;
}

static bool bench_on_one_processor(void)
{
    cpu_set_t all, one;
    if (sched_getaffinity(0, sizeof all, &all) < 0 || CPU_COUNT(&all) < 2)
        return false;
    int cpu = CPU_SETSIZE - 1;
    while (!CPU_ISSET(cpu, &all))
        cpu--;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "child"))
        return bench_child(argv[2]);
    porthole = getenv("PORTHOLE") ? getenv("PORTHOLE") : "./porthole";
    self = argv[0];
    autofree char *can = xasprintf("%s trace -o /dev/null -- true", porthole);
    if (system(can) != 0) {
        printf("trace: cannot trace here\n");
        return 0;
    }
    if (!mkdtemp(dir))
        return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench_set();
    bench_table("tracing, on all processors");
    if (bench_on_one_processor())
        bench_table("tracing, on one processor");
    str_free(&set);
    autofree char *clean = xasprintf("rm -rf %s", dir);
    return system(clean) != 0;
}
