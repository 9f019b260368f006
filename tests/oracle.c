/* Pids and addresses differ from run to run and are made equal first: each process is known by its place in the order
 * of births, and every number that is a pid of the run becomes that place.
 *
 * strace tells thread by thread, porthole process by process: strace's threads are put together again, by what clone()
 * returned, translated from the caller's pid namespace by strace itself (--pidns-translation). */
#include "oracle.h"
#include "base/file.h"
#include "base/mem.h"
#include "call/registers.h"
#include "oracle_text.h"
#include "support.h"
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

enum { ORACLE_PROCESSES = 64, ORACLE_THREADS = 512, ORACLE_LINES = 8192 };

struct oracle_line {
    long tid;
    char *text;
};

struct oracle_trace {
    struct oracle_line line[ORACLE_LINES];
    size_t nlines;
    struct {
        long tid, pid;
    } thread[ORACLE_THREADS];
    size_t nthreads;
    struct {
        long pid;
        struct str text; /* its calls, a line each */
    } process[ORACLE_PROCESSES];
    size_t n;
};

/* ---- reading ---- */

static void oracle_line_add(struct oracle_trace *tr, long tid, struct str *text)
{
    assert_true(tr->nlines < ORACLE_LINES);
    tr->line[tr->nlines++] = (struct oracle_line){tid, str_steal(text)};
}

/* Lines "PID call" of strace -f, or "[PID/OWN] call" of porthole. Unfinished calls are completed when they resume. */
static void oracle_read_lines(struct oracle_trace *tr, char *text)
{
    static struct {
        long tid;
        struct str text;
    } open[ORACLE_THREADS];
    size_t nopen = 0;
    char *save = NULL;
    for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        char *p = l + (*l == '[');
        long tid = strtol(p, &p, 10);
        p += strcspn(p, " ");
        p += strspn(p, " ");
        size_t who = 0;
        while (who < nopen && open[who].tid != tid)
            who++;
        assert_true(who < ORACLE_THREADS);
        if (who == nopen)
            open[nopen++].tid = tid;
        const char *resumed = !strncmp(p, "<... ", 5) ? strstr(p, " resumed>") : NULL;
        if (!strncmp(p, "---", 3) || strstr(p, "= ? ERESTART"))
            continue;
        if (!resumed && (resumed = strstr(p, " <unfinished ...>")) && !resumed[17]) {
            str_addn(&open[who].text, p, (size_t)(resumed - p));
            continue;
        }
        autostr struct str line = {0};
        if (open[who].text.len) {
            str_add(&line, str_c(&open[who].text));
            str_add(&line, resumed ? strstr(p, " resumed>") + 9 : ") = ?");
            str_free(&open[who].text);
            if (!resumed) {
                oracle_line_add(tr, tid, &line);
                str_add(&line, p);
            }
        } else {
            str_add(&line, p);
        }
        oracle_line_add(tr, tid, &line);
    }
    for (size_t i = 0; i < nopen; i++)
        str_free(&open[i].text);
}

static long oracle_process_of(const struct oracle_trace *tr, long tid)
{
    for (size_t i = 0; i < tr->nthreads; i++)
        if (tr->thread[i].tid == tid)
            return tr->thread[i].pid;
    return tid;
}

static bool oracle_makes_thread(const char *text)
{
    return strstr(text, "CLONE_THREAD") != NULL;
}

/* "clone3({flags=...CLONE_THREAD...) = 2 / * 11386 in strace's PID NS * /" */
static void oracle_find_threads(struct oracle_trace *tr)
{
    for (size_t i = 0; i < tr->nlines; i++) {
        const char *result = oracle_makes_thread(tr->line[i].text) ? strrchr(tr->line[i].text, '=') : NULL;
        if (!result)
            continue;
        const char *host = strstr(result, "/* ");
        long tid = strtol(host ? host + 3 : result + 1, NULL, 10);
        assert_true(tr->nthreads < ORACLE_THREADS);
        tr->thread[tr->nthreads].tid = tid;
        tr->thread[tr->nthreads++].pid = oracle_process_of(tr, tr->line[i].tid);
    }
}

static struct str *oracle_text_of(struct oracle_trace *tr, long pid)
{
    for (size_t i = 0; i < tr->n; i++)
        if (tr->process[i].pid == pid)
            return &tr->process[i].text;
    assert_true(tr->n < ORACLE_PROCESSES);
    tr->process[tr->n].pid = pid;
    return &tr->process[tr->n++].text;
}

/* In namespaces a pid is small and means little: those below 300 are left. No pid stands in a text. */
static void oracle_replace_pids(const struct oracle_trace *tr, struct str *text)
{
    autofree char *old = str_steal(text);
    bool quoted = false;
    for (const char *p = old; *p;) {
        if (*p == '"' && (p == old || p[-1] != '\\'))
            quoted = !quoted;
        if (quoted || !isdigit((unsigned char)*p) || (p > old && (isalnum((unsigned char)p[-1]) || p[-1] == '_'))) {
            str_addc(text, *p++);
            continue;
        }
        char *end;
        long v = strtol(p, &end, 10);
        size_t i = 0;
        while (i < tr->n && tr->process[i].pid != v)
            i++;
        if (v >= 300 && i < tr->n)
            str_addf(text, "P%zu", i);
        else
            str_addn(text, p, (size_t)(end - p));
        p = end;
    }
}

/* Has a child ended? Not yet. How often a program asks so is chance. */
static bool oracle_is_poll(const char *text)
{
    return !strncmp(text, "wait4(-1, ADDRESS, WNOHANG", 26) && strstr(text, ") = 0");
}

/* What a runtime does in its own time: how often is chance. */
static bool oracle_is_chance(const char *text)
{
    return oracle_makes_thread(text) || (!strncmp(text, "tgkill(", 7) && strstr(text, ", SIGURG)"));
}

static int oracle_compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In a pid namespace threads take numbers, too, and how many there were is chance: the child's pid is "CHILD". */
static void oracle_add_line(struct str *text, const char *line)
{
    const char *result = strrchr(line, '=');
    bool child = result && atol(result + 1) > 1 && atol(result + 1) < 300 &&
                 (!strncmp(line, "clone", 5) || !strncmp(line, "wait4(", 6) || strstr(line, "fork(") == line);
    if (child)
        str_addf(text, "%.*s= CHILD\n", (int)(result - line), line);
    else
        str_addf(text, "%s\n", line);
}

static void oracle_sort(struct str *text)
{
    autofree char *old = str_steal(text);
    autofree char **line = xcalloc(ORACLE_LINES, sizeof *line);
    size_t n = 0;
    char *save = NULL;
    for (char *l = strtok_r(old, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
        if (!oracle_is_chance(l))
            line[n++] = l;
    qsort(line, n, sizeof *line, oracle_compare_lines);
    for (size_t i = 0; i < n; i++)
        oracle_add_line(text, line[i]);
}

static void oracle_read(struct oracle_trace *tr, const char *file, unsigned how)
{
    autostr struct str text = {0};
    assert_true(file_read(AT_FDCWD, file, &text, 1 << 24));
    oracle_read_lines(tr, text.s);
    oracle_find_threads(tr);
    for (size_t i = 0; i < tr->nlines; i++) {
        autostr struct str line = {0};
        long tid = tr->line[i].tid, pid = oracle_process_of(tr, tid);
        struct str *out = oracle_text_of(tr, pid);
        if (tid != pid && !strncmp(tr->line[i].text, "+++", 3))
            continue; /* the end of a thread */
        str_add(&line, tr->line[i].text);
        oracle_normalise(&line);
        while (strstr(str_c(&line), "  = ")) /* strace pads before the result */
            oracle_replace(&line, "  = ", " = ");
        if (!oracle_is_poll(str_c(&line)))
            str_addf(out, "%s\n", str_c(&line));
    }
    for (size_t i = 0; i < tr->n; i++) {
        struct str *out = &tr->process[i].text;
        oracle_replace_pids(tr, out);
        if (how & ORACLE_ANY_ORDER)
            oracle_sort(out);
    }
}

static void oracle_free(struct oracle_trace *tr)
{
    for (size_t i = 0; i < tr->n; i++)
        str_free(&tr->process[i].text);
    for (size_t i = 0; i < tr->nlines; i++)
        free(tr->line[i].text);
    free(tr);
}

/* ---- running ---- */

int oracle_run(const char *command)
{
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *oracle_porthole(void)
{
    const char *p = getenv("PORTHOLE_BIN");
    return p ? p : "./porthole";
}

bool oracle_can(void)
{
    return oracle_run("strace -f --seccomp-bpf --pidns-translation -o /dev/null true 2>/dev/null") == 0;
}

/* Every call that the filter stops, as strace's -e wants it. */
static void oracle_calls(struct str *out)
{
    size_t n;
    const struct call_row *rows[2] = {call_rows(&n)};
    size_t count[2] = {n};
    rows[1] = call_program_rows(&count[1]);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < count[k]; i++)
            if ((rows[k][i].flags & CALL_INTERESTING) && !rows[k][i].prints_as && !rows[k][i].registers)
                str_addf(out, "%s%s", out->len ? "," : "", rows[k][i].op == OP_EXIT ? "exit_group" : rows[k][i].name);
}

static void oracle_differ(const char *dir, const char *his, const char *ours)
{
    autofree char *a = xasprintf("%s/strace.text", dir), *b = xasprintf("%s/porthole.text", dir),
                  *diff = xasprintf("diff -u %s %s", a, b);
    FILE *f = fopen(a, "we"), *g = fopen(b, "we");
    assert_true(f && g);
    fputs(his, f);
    fputs(ours, g);
    fclose(f);
    fclose(g);
    oracle_run(diff);
    fail_msg("%s", "strace and porthole differ");
}

static size_t oracle_expect_equal(const char *dir, const struct oracle_trace *his, const struct oracle_trace *ours)
{
    size_t lines = 0;
    for (size_t i = 0; i < his->n && i < ours->n; i++) {
        if (strcmp(str_c(&ours->process[i].text), str_c(&his->process[i].text)) != 0)
            oracle_differ(dir, str_c(&his->process[i].text), str_c(&ours->process[i].text));
        for (const char *p = str_c(&his->process[i].text); *p; p++)
            lines += *p == '\n';
    }
    assert_int_equal(his->n, ours->n);
    return lines;
}

void oracle_compare(const char *dir, const struct oracle_case *c)
{
    autostr struct str calls = {0};
    oracle_calls(&calls);
    const char *within = c->within ? c->within : "";
    autofree char *his = xasprintf("%s/strace", dir), *ours = xasprintf("%s/porthole", dir);
    autofree char *c1 = xasprintf(
                      "%s strace -f %s --pidns-translation -s 256 -o %s -e trace=%s -- %s >/dev/null; exit $?", within,
                      c->how & ORACLE_EVERY_STOP ? "" : "--seccomp-bpf", his, str_c(&calls), c->command),
                  *c2 = xasprintf("%s %s trace -o %s -- %s >/dev/null; exit $?", within, oracle_porthole(), ours,
                                  c->command);
    assert_int_equal(oracle_run(c1), oracle_run(c2));
    struct oracle_trace *a = xcalloc(1, sizeof *a), *b = xcalloc(1, sizeof *b);
    oracle_read(a, his, c->how);
    oracle_read(b, ours, c->how);
    size_t lines = oracle_expect_equal(dir, a, b);
    printf("%s: %zu processes, %zu lines, all equal\n", c->command, a->n, lines);
    oracle_free(a);
    oracle_free(b);
}
