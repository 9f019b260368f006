/* The process view in numbers, beside the tools that show the same: what the first look costs, what following costs
 * while nothing happens and for each change, how soon a fork is a row, and memory. Prints and asserts nothing. The
 * processes made for it live in a pid namespace of their own where that is possible and end with this program. */
#include "base/loop.h"
#include "base/mem.h"
#include "nest.h"
#include "proc/connector.h"
#include "proc/procfs.h"
#include "proc/scan.h"
#include "proc/watch.h"
#include "view/view.h"
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SIZES = 3,
    PANE_ROWS = 22,
    FRAME_MS = 16,
    LATENCIES = 300,
    LATENCY_MS = 3000,
    IDLE_MS = 2100,
    IDLE_WINDOWS = 3,
    HTOP_MS = 4600
};
static const int sizes[SIZES] = {100, 1000, 10000};

enum mode {
    BY_EVENTS,  /* the machine's /proc, by the process connector */
    BY_HINTS,   /* the /proc of a small namespace below, as in the practice stage */
    BY_POLLING, /* the machine's /proc, without any events */
    MODES,
};

struct figures {
    size_t processes;
    double scan_ms, rescan_ms;               /* CPU of the first look, and of one getdents with nothing changed */
    double idle_us[MODES], change_us[MODES]; /* CPU per second of following; per fork or exit */
    double p50_ms[MODES], p99_ms[MODES];     /* fork -> row */
    double fork_p99_ms;                      /* of fork itself */
    double news[MODES];                      /* changes per second while idle was measured: 0 on an idle machine */
    double ps_ms, pstree_ms, lsns_ms;        /* CPU of one run */
    double htop_ms_per_s, htop_refresh_ms;   /* CPU */
    long rss_kb, htop_rss_kb;
};

static int64_t cpu_us_of(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) < 0 ? 0 : (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int count_processes(void)
{
    struct scan s = {0};
    scan_read(procfs_self(), &s);
    int n = (int)s.n;
    scan_free(&s);
    return n;
}

static int64_t cpu_us(void)
{
    return cpu_us_of(CLOCK_PROCESS_CPUTIME_ID);
}

/* A child without namespaces, for nest_end_either(). The body ends when its stream does. */
static bool start_plainly(struct nest *n, void (*body)(int fd))
{
    int ends[2];
    *n = (struct nest){.fd = -1, .pidfd = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return false;
    fflush(NULL);
    n->outer = fork();
    if (n->outer == 0) {
        close(ends[0]);
        body(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    n->fd = ends[0];
    return n->outer > 0;
}

static void nest_end_either(struct nest *n)
{
    if (n->pidfd < 0) /* the body sees the end of its stream and tidies up */
        close_fd(&n->fd);
    if (n->pidfd < 0 && n->outer > 0)
        waitpid(n->outer, NULL, 0);
    else
        nest_end(n);
}

/* A herd of sleepers. */

static int herd_size;

static void herd_keep(int fd)
{
    char c;
    autofree pid_t *kids = xcalloc((size_t)herd_size + 1, sizeof *kids);
    for (int i = 0; i < herd_size; i++) {
        kids[i] = fork();
        if (kids[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                pause();
        }
    }
    nest_say(fd);
    while (read(fd, &c, 1) == 1)
        ;
    for (int i = 0; i < herd_size; i++)
        if (kids[i] > 0)
            kill(kids[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
}

static bool herd_start(struct nest *n, int size)
{
    herd_size = size;
    if (!nest_start(n, NEST_OLD_PROC, herd_keep) && !start_plainly(n, herd_keep))
        return false;
    for (int tries = 0; tries < 20; tries++)
        if (nest_wait_byte(n->fd)) /* two seconds each */
            return true;
    return false;
}

/* Following. */

struct follower {
    struct loop *loop;
    struct watch *watch;
    struct view_rows rows;
    pid_t forker;       /* whose newest child is waited for */
    pid_t known, found; /* the child before it, and the new one */
    int64_t found_us;
    int64_t frame_us; /* when rows were last made */
    int frame_timer;
    unsigned changes;
};

/* Makes the rows of one pane. */
static void follower_frame(void *arg)
{
    struct follower *f = arg;
    f->frame_timer = 0;
    f->frame_us = now_us();
    struct view_input in = {
        .host = watch_tasks(f->watch),
        .host_procfd = watch_procfd(f->watch),
        .container_procfd = -1,
        .driven = f->forker,
        .max_rows = PANE_ROWS,
    };
    view_find("processes")->rows(&in, SIDE_HOST, &f->rows);
    for (size_t i = 0; f->forker && i < f->rows.n; i++) {
        const struct view_row *row = &f->rows.v[i];
        const struct task *t = row->here > f->known ? tasks_find(in.host, row->here) : NULL;
        if (t && t->ppid == f->forker && !t->died_ms && !f->found) {
            f->found = t->pid;
            f->found_us = now_us();
        }
    }
}

/* As the screen does: the first change is shown at once, those that follow with the next frame. Forks that are timed
 * are shown at once too; add up to a frame for those in a crowd. */
static void follower_changed(void *arg)
{
    struct follower *f = arg;
    int64_t wait = f->frame_us / 1000 + FRAME_MS - now_ms();
    f->changes++;
    if (wait <= 0 || f->forker)
        follower_frame(f);
    else if (!f->frame_timer)
        f->frame_timer = loop_timer(f->loop, wait, follower_frame, f);
}

static bool follower_found(void *arg)
{
    return ((struct follower *)arg)->found;
}

static bool follower_never(void *arg)
{
    (void)arg;
    return false;
}

static bool follower_open(struct follower *f, int procfd, enum mode mode)
{
    static const char *const source[MODES] = {
        [BY_EVENTS] = "process connector",
        [BY_HINTS] = "getdents, woken by the process connector",
        [BY_POLLING] = "getdents poll",
    };
    *f = (struct follower){.loop = loop_new()};
    connector_forbid(mode == BY_POLLING);
    f->watch = watch_new(f->loop, procfd, follower_changed, f);
    connector_forbid(false);
    if (f->watch && !strcmp(watch_source(f->watch), source[mode]))
        return true;
    printf("skipped: %s: there is only %s here\n", source[mode], f->watch ? watch_source(f->watch) : "no /proc");
    watch_free(f->watch);
    loop_free(f->loop);
    return false;
}

static void follower_close(struct follower *f)
{
    loop_cancel(f->loop, f->frame_timer);
    view_rows_free(&f->rows);
    watch_free(f->watch);
    loop_free(f->loop);
}

/* A process that forks when told. */

struct forker_times {
    int64_t before_us, after_us; /* the last fork */
};

struct forker {
    struct nest nest;
    pid_t pid; /* in the /proc that is followed */
    struct forker_times *times;
};

static struct forker_times *forker_times; /* shared with the process below */

static void forker_run(int fd)
{
    char c;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(fd, &c, 1) == 1) {
        forker_times->before_us = now_us();
        pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                pause();
        }
        forker_times->after_us = now_us();
        if (read(fd, &c, 1) != 1)
            break;
        if (pid > 0)
            kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        nest_say(fd);
    }
}

/* Below: as PID 1 of a namespace with a /proc of its own. Else a child of ours. */
static bool forker_start(struct forker *k, bool below)
{
    forker_times = mmap(NULL, sizeof *forker_times, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (forker_times == MAP_FAILED)
        return false;
    k->times = forker_times;
    bool started = below ? nest_start(&k->nest, NEST_PROC, forker_run) : start_plainly(&k->nest, forker_run);
    k->pid = below ? 1 : k->nest.outer;
    return started;
}

static void forker_end(struct forker *k)
{
    nest_end_either(&k->nest);
    munmap(k->times, sizeof *k->times);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct samples {
    double ms[LATENCIES];
    int n;
};

static double samples_quantile(struct samples *s, double q)
{
    qsort(s->ms, (size_t)s->n, sizeof *s->ms, compare_doubles);
    return s->n ? s->ms[(int)(q * (s->n - 1))] : 0;
}

/* Times forks until their rows are made, and what following them costs. */
static void bench_latency(struct follower *f, struct forker *k, struct figures *g, enum mode mode)
{
    struct samples row = {0}, own = {0};
    int64_t end = now_ms() + LATENCY_MS, cpu;
    int done = 0;
    loop_run_until(f->loop, follower_never, f, 100);
    f->forker = k->pid;
    cpu = cpu_us();
    for (; done < LATENCIES && now_ms() < end; done++) {
        loop_run_until(f->loop, follower_never, f, 3 + done % 5); /* not in step with any timer */
        f->found = 0;
        nest_say(k->nest.fd);
        if (loop_run_until(f->loop, follower_found, f, 2000))
            row.ms[row.n++] = (double)(f->found_us - k->times->before_us) / 1000;
        f->known = f->found < 30000 ? f->found : 0; /* the numbers begin anew */
        nest_say(k->nest.fd);
        nest_wait_byte(k->nest.fd);
        own.ms[own.n++] = (double)(k->times->after_us - k->times->before_us) / 1000;
    }
    g->change_us[mode] = (double)(cpu_us() - cpu) / (2.0 * done);
    g->p50_ms[mode] = samples_quantile(&row, 0.5);
    g->p99_ms[mode] = samples_quantile(&row, 0.99);
    if (mode == BY_EVENTS)
        g->fork_p99_ms = samples_quantile(&own, 0.99);
    f->forker = 0;
}

/* The best of some windows, since nobody can tell a busy machine to be idle; one in which nothing changed will do. */
static double bench_idle(struct follower *f, int window_ms, double *news)
{
    double best = 0;
    loop_run_until(f->loop, follower_never, f, 2500); /* the dead rows go, ticks slow down */
    for (int window = 0; window < IDLE_WINDOWS; window++) {
        unsigned changes = f->changes;
        int64_t cpu = cpu_us(), wall = now_us();
        loop_run_until(f->loop, follower_never, f, window_ms);
        double us = (double)(cpu_us() - cpu) * 1e6 / (double)(now_us() - wall);
        if (window == 0 || us < best) {
            best = us;
            *news = (f->changes - changes) * 1e6 / (double)(now_us() - wall);
        }
        if (f->changes == changes)
            break;
    }
    return best;
}

static void bench_looks(struct follower *f, struct figures *g, int64_t began)
{
    g->scan_ms = (double)(cpu_us() - began) / 1000;
    g->processes = watch_tasks(f->watch)->n;
    int64_t t = cpu_us();
    watch_scan(f->watch);
    g->rescan_ms = (double)(cpu_us() - t) / 1000;
}

static void bench_follow(struct figures *g, enum mode mode)
{
    struct follower f;
    struct forker k;
    if (!forker_start(&k, mode == BY_HINTS)) {
        printf("skipped: no namespace can be made here\n");
        forker_end(&k);
        return;
    }
    autofd int below = mode == BY_HINTS ? procfs_of(k.nest.pid) : -1;
    int64_t began = cpu_us();
    if (follower_open(&f, mode == BY_HINTS ? below : procfs_self(), mode)) {
        if (mode != BY_HINTS)
            bench_looks(&f, g, began);
        bench_latency(&f, &k, g, mode);
        if (mode != BY_HINTS)
            g->idle_us[mode] = bench_idle(&f, mode == BY_EVENTS ? IDLE_MS : IDLE_MS / 2, &g->news[mode]);
        follower_close(&f);
    }
    forker_end(&k);
}

/* The others. */

/* CPU of one run in ms, output thrown away; 0 when it cannot be run. */
static double bench_command(const char *const argv[])
{
    struct rusage u;
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &u) != pid || status != 0) {
        printf("skipped: %s does not run here\n", argv[BY_EVENTS]);
        return 0;
    }
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static void swallow(int fd, int ms)
{
    char buf[65536];
    for (int64_t end = now_ms() + ms; now_ms() < end;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, (int)(end - now_ms())) == 1 && read(fd, buf, sizeof buf) <= 0)
            return;
    }
}

static long rss_kb(pid_t pid)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb;
}

/* htop on a terminal of 80x24 at its default pace, its start left out. */
static void bench_htop(struct figures *g)
{
    int fd;
    clockid_t clock;
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    fflush(NULL);
    pid_t pid = forkpty(&fd, NULL, NULL, &size);
    if (pid == 0) {
        setenv("TERM", "xterm", 1);
        setenv("HTOPRC", "/nonexistent/htoprc", 1);
        execlp("htop", "htop", "-d", "15", (char *)NULL);
        _exit(127);
    }
    if (pid < 0)
        return;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    swallow(fd, 2500);
    if (waitpid(pid, NULL, WNOHANG) != 0 || clock_getcpuclockid(pid, &clock) != 0) {
        printf("skipped: htop does not run here\n");
        close(fd);
        return;
    }
    int64_t cpu = cpu_us_of(clock), wall = now_us();
    swallow(fd, HTOP_MS);
    g->htop_ms_per_s = (double)(cpu_us_of(clock) - cpu) * 1000 / (double)(now_us() - wall);
    g->htop_refresh_ms = g->htop_ms_per_s * 1.5;
    g->htop_rss_kb = rss_kb(pid);
    kill(pid, SIGKILL); /* before it writes a configuration */
    waitpid(pid, NULL, 0);
    close(fd);
}

static void bench_others(struct figures *g)
{
    static const char *const ps[] = {"ps", "-eo", "pid,ppid,pidns,comm", NULL};
    static const char *const pstree[] = {"pstree", "-p", NULL};
    static const char *const lsns[] = {"lsns", NULL};
    g->ps_ms = bench_command(ps);
    g->pstree_ms = bench_command(pstree);
    g->lsns_ms = bench_command(lsns);
    bench_htop(g);
}

/* The report. */

static void report_row(const struct figures *g, const char *label, const char *unit, size_t offset)
{
    printf("%-48s %-5s", label, unit);
    for (int i = 0; i < SIZES; i++) {
        double v = *(const double *)((const char *)&g[i] + offset);
        if (!g[i].processes)
            printf("%12s", "-");
        else
            printf("%12.*f", v < 100 ? 2 : 0, v);
    }
    printf("\n");
}
#define ROW(label, unit, field) report_row(g, label, unit, offsetof(struct figures, field))

/* theirs / ours, both CPU per second. */
static void report_ratio(const struct figures *g, const char *label, size_t offset, enum mode mode)
{
    printf("%-54s", label);
    for (int i = 0; i < SIZES; i++) {
        double theirs = *(const double *)((const char *)&g[i] + offset) * 1000, ours = g[i].idle_us[mode];
        if (theirs > 0 && ours > 0)
            printf("%11.0fx", theirs / ours);
        else
            printf("%12s", "-");
    }
    printf("\n");
}
#define RATIO(label, field, mode) report_ratio(g, label, offsetof(struct figures, field), mode)

static void report(const struct figures *g)
{
    printf("\n%-54s", "processes on the machine");
    for (int i = 0; i < SIZES; i++)
        printf("%12zu", g[i].processes);
    printf("\n");
    ROW("first look, CPU", "ms", scan_ms);
    ROW("look again, nothing new, CPU", "ms", rescan_ms);
    ROW("fork itself, p99", "ms", fork_p99_ms);
    ROW("following by events: idle, CPU per second", "us", idle_us[BY_EVENTS]);
    ROW("  changes per second meanwhile (0: truly idle)", "", news[BY_EVENTS]);
    ROW("following by events: a fork or exit, CPU", "us", change_us[BY_EVENTS]);
    ROW("following by events: fork -> row, p50", "ms", p50_ms[BY_EVENTS]);
    ROW("following by events: fork -> row, p99", "ms", p99_ms[BY_EVENTS]);
    ROW("a namespace below: a fork or exit, CPU", "us", change_us[BY_HINTS]);
    ROW("a namespace below: fork -> row, p50", "ms", p50_ms[BY_HINTS]);
    ROW("a namespace below: fork -> row, p99", "ms", p99_ms[BY_HINTS]);
    ROW("following by polling: idle, CPU per second", "us", idle_us[BY_POLLING]);
    ROW("  changes per second meanwhile (0: truly idle)", "", news[BY_POLLING]);
    ROW("following by polling: a fork or exit, CPU", "us", change_us[BY_POLLING]);
    ROW("following by polling: fork -> row, p50", "ms", p50_ms[BY_POLLING]);
    ROW("following by polling: fork -> row, p99", "ms", p99_ms[BY_POLLING]);
    ROW("ps -eo pid,ppid,pidns,comm, CPU of a run", "ms", ps_ms);
    ROW("pstree -p, CPU of a run", "ms", pstree_ms);
    ROW("lsns, CPU of a run", "ms", lsns_ms);
    ROW("htop, CPU of a refresh", "ms", htop_refresh_ms);
    ROW("htop, CPU per second", "ms", htop_ms_per_s);
    printf("%-48s %-5s", "peak memory, this program", "KiB");
    for (int i = 0; i < SIZES; i++)
        printf("%12ld", g[i].rss_kb);
    printf("\n%-48s %-5s", "peak memory, htop", "KiB");
    for (int i = 0; i < SIZES; i++)
        printf("%12ld", g[i].htop_rss_kb);
    printf("\n\ntimes cheaper per second than\n");
    RATIO("  htop (events)", htop_ms_per_s, BY_EVENTS);
    RATIO("  htop (polling)", htop_ms_per_s, BY_POLLING);
    RATIO("  ps once a second (events)", ps_ms, BY_EVENTS);
    RATIO("  pstree once a second (events)", pstree_ms, BY_EVENTS);
    RATIO("  lsns once a second (events)", lsns_ms, BY_EVENTS);
}

int main(int argc, char **argv)
{
    struct figures g[SIZES] = {0};
    int largest = argc > 1 ? atoi(argv[1]) : sizes[SIZES - 1]; /* a smaller machine may ask for less */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < SIZES && sizes[i] <= largest; i++) {
        struct nest herd;
        int have = count_processes();
        if (!herd_start(&herd, sizes[i] > have ? sizes[i] - have : 0)) {
            printf("skipped: %d processes cannot be made here\n", sizes[i]);
            nest_end_either(&herd);
            break;
        }
        bench_follow(&g[i], BY_POLLING);
        bench_follow(&g[i], BY_HINTS);
        bench_follow(&g[i], BY_EVENTS);
        g[i].rss_kb = rss_kb(getpid());
        bench_others(&g[i]);
        nest_end_either(&herd);
    }
    report(g);
    return 0;
}
