/* What tracing costs: a call that stops, calls that do not, and a load of many short programs, untraced, under porthole
 * and under strace -f --seccomp-bpf with the same set of calls. Best of three; prints and asserts nothing. */
#include "base/loop.h"
#include "base/mem.h"
#include "call/call.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS = 20000, QUIET_CALLS = 300000, PROGRAMS = 200, ROUNDS = 3 };

static const char *porthole;
static struct str set; /* of calls, for strace */

static double bench_run(const char *command)
{
    double best = -1;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t t = now_us();
        if (system(command) != 0)
            return -1;
        double ms = (double)(now_us() - t) / 1000;
        best = best < 0 || ms < best ? ms : best;
    }
    return best;
}

static void bench_row(const char *name, const char *command, int per)
{
    autofree char *plain = xasprintf("%s >/dev/null", command),
                  *mine = xasprintf("%s trace -o /dev/null -- %s >/dev/null", porthole, command),
                  *his = xasprintf("strace -f --seccomp-bpf -e signal=none -e trace=%s -o /dev/null %s >/dev/null 2>&1",
                                   str_c(&set), command);
    double a = bench_run(plain), b = bench_run(mine), c = bench_run(his);
    printf("%-30s untraced %7.1f ms, porthole %7.1f ms", name, a, b);
    printf(c < 0 ? ", no strace" : ", strace %7.1f ms", c);
    if (per && c >= 0)
        printf("; us a call: %.1f, strace %.1f", (b - a) * 1000 / per, (c - a) * 1000 / per);
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

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "child"))
        return bench_child(argv[2]);
    porthole = getenv("PORTHOLE") ? getenv("PORTHOLE") : "./porthole";
    autofree char *can = xasprintf("%s trace -o /dev/null -- true", porthole);
    if (system(can) != 0) {
        printf("trace: cannot trace here\n");
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench_set();
    autofree char *calls = xasprintf("%s child calls", argv[0]), *quiet = xasprintf("%s child quiet", argv[0]),
                  *build = xasprintf("sh -c 'i=0; while [ $i -lt %d ]; do /bin/true; i=$((i+1)); done'", PROGRAMS);
    bench_row("20,000 calls that stop", calls, CALLS);
    bench_row("300,000 that do not", quiet, 0);
    bench_row("200 programs from a shell", build, 0);
    str_free(&set);
    return 0;
}
