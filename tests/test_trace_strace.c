/* porthole trace against strace(1) as oracle: the same program under both, the same calls with the same arguments and
 * results, process by process. And the command's own manners: exit status, usage.
 *
 * Pids and addresses differ from run to run and are made equal first: each process is known by its place in the order
 * of births, every number that is a pid of the run becomes that place. Where porthole prints differently on purpose,
 * strace's text is put into porthole's words: names of wait4's options, capability sets, the capability header. */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "call/registers.h"
#include "call/table.h"
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/porthole-trace-XXXXXX";

/* ---- traces ---- */

struct trace {
    struct {
        long pid;
        struct str text; /* its calls, a line each */
    } process[64];
    size_t n;
};

static struct str *trace_of(struct trace *tr, long pid)
{
    for (size_t i = 0; i < tr->n; i++)
        if (tr->process[i].pid == pid)
            return &tr->process[i].text;
    assert_true(tr->n < COUNT(tr->process));
    tr->process[tr->n].pid = pid;
    return &tr->process[tr->n++].text;
}

static void trace_free(struct trace *tr)
{
    for (size_t i = 0; i < tr->n; i++)
        str_free(&tr->process[i].text);
}

static void replace(struct str *s, const char *from, const char *to)
{
    autofree char *old = str_steal(s);
    const char *p = old, *at;
    for (; (at = strstr(p, from)); p = at + strlen(from)) {
        str_addn(s, p, (size_t)(at - p));
        str_add(s, to);
    }
    str_add(s, p);
}

/* "1<<CAP_CHOWN|1<<CAP_KILL" in strace's structure becomes what our printer makes of the same set. */
static void replace_capabilities(struct str *line)
{
    autofree char *old = str_steal(line);
    const char *p = old;
    while (*p) {
        size_t before = strcspn(p, "1");
        str_addn(line, p, before);
        p += before;
        if (strncmp(p, "1<<CAP_", 7) != 0) {
            if (*p)
                str_addc(line, *p++);
            continue;
        }
        uint64_t set = 0;
        while (!strncmp(p, "1<<CAP_", 7)) {
            size_t n = strcspn(p + 3, "|,}");
            const struct call_const *k = family_find(&family_cap, p + 3, n);
            assert_non_null(k);
            set |= 1ull << k->value;
            p += 3 + n;
            p += *p == '|';
        }
        family_print(line, &family_capset, set);
    }
}

/* Addresses and the text behind a result that only strace gives. */
static void replace_addresses(struct str *line)
{
    autofree char *old = str_steal(line);
    bool quoted = false;
    for (const char *p = old; *p;) {
        if (*p == '"' && (p == old || p[-1] != '\\'))
            quoted = !quoted;
        size_t n = !quoted && !strncmp(p, "0x", 2) ? 2 + strspn(p + 2, "0123456789abcdef") : 0;
        if (n > 8) { /* flags without names are shorter */
            str_add(line, "ADDRESS");
            p += n;
        } else {
            str_addc(line, *p++);
        }
    }
}

static void normalise(struct str *line)
{
    static const struct {
        const char *from, *to;
    } words[] = {{"WSTOPPED", "WUNTRACED"},
                 {"capset({version=_LINUX_CAPABILITY_VERSION_3, pid=", "capset("},
                 {"}, {effective", ", {effective"},
                 {" <unfinished ...>) = ?", ") = ?"},
                 {" <unfinished ...>", ") = ?"}};
    for (size_t i = 0; i < COUNT(words); i++)
        replace(line, words[i].from, words[i].to);
    replace_capabilities(line);
    replace_addresses(line);
    /* strace reads what a failed or interrupted wait4 left at the address; parent_tid's new value it shows, too. */
    char *tid = line->s ? strstr(line->s, "parent_tid=[") : NULL;
    if (tid) {
        autostr struct str rest = {0};
        str_add(&rest, strchr(tid, ']') + 1);
        str_cut(line, (size_t)(tid - line->s));
        str_addf(line, "parent_tid=ADDRESS%s", str_c(&rest));
    }
}

/* Pids become the place of their process. In namespaces a pid is small and means little: those below 300 are left. */
static void replace_pids(const struct trace *tr, struct str *text)
{
    autofree char *old = str_steal(text);
    for (const char *p = old; *p;) {
        if (!isdigit((unsigned char)*p) || (p > old && (isalnum((unsigned char)p[-1]) || p[-1] == '_'))) {
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

/* Lines "PID call" of strace -f, or "[PID/OWN] call" of porthole. Unfinished calls are completed when they resume. */
static void trace_read(struct trace *tr, const char *file)
{
    autostr struct str text = {0};
    struct str open[64] = {0};
    assert_true(file_read(AT_FDCWD, file, &text, 1 << 24));
    char *save = NULL;
    for (char *l = strtok_r(text.s, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        char *p = l + (*l == '[');
        long pid = strtol(p, &p, 10);
        struct str *out = trace_of(tr, pid);
        size_t who = 0;
        while (tr->process[who].pid != pid)
            who++;
        p += strcspn(p, " ");
        p += strspn(p, " ");
        const char *resumed = !strncmp(p, "<... ", 5) ? strstr(p, " resumed>") : NULL;
        if (!strncmp(p, "---", 3) || strstr(p, "= ? ERESTART"))
            continue;
        if (!resumed && (resumed = strstr(p, " <unfinished ...>")) && !resumed[17]) {
            str_addn(&open[who], p, (size_t)(resumed - p));
            continue;
        }
        autostr struct str line = {0};
        if (open[who].len) {
            str_add(&line, str_c(&open[who]));
            str_add(&line, resumed ? strstr(p, " resumed>") + 9 : ") = ?\n");
            str_free(&open[who]);
            if (!resumed)
                str_add(&line, p);
        } else {
            str_add(&line, p);
        }
        normalise(&line);
        str_addf(out, "%s\n", str_c(&line));
    }
    for (size_t i = 0; i < tr->n; i++) {
        /* strace pads before the result */
        while (strstr(str_c(&tr->process[i].text), "  = "))
            replace(&tr->process[i].text, "  = ", " = ");
        replace_pids(tr, &tr->process[i].text);
        str_free(&open[i]);
    }
}

/* ---- running ---- */

static int run(const char *command)
{
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Every call that the filter stops, as strace's -e wants it. */
static void add_calls(struct str *out)
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

static const char *porthole(void)
{
    const char *p = getenv("PORTHOLE_BIN");
    return p ? p : "./porthole";
}

static bool can_strace(void)
{
    return run("strace -f -o /dev/null true 2>/dev/null") == 0;
}

static void compare(const char *command, const char *can)
{
    autofree char *try = xasprintf("%s >/dev/null 2>&1", can);
    SKIP_UNLESS(can_strace(), "there is no strace, or it may not trace");
    SKIP_UNLESS(run(try) == 0, can);
    autostr struct str calls = {0};
    add_calls(&calls);
    autofree char *his = xasprintf("%s/strace", dir), *ours = xasprintf("%s/porthole", dir);
    autofree char *c1 = xasprintf("strace -f -s 256 -o %s -e trace=%s -- %s >/dev/null; exit $?", his, str_c(&calls),
                                  command),
                  *c2 = xasprintf("%s trace -o %s -- %s >/dev/null; exit $?", porthole(), ours, command);
    assert_int_equal(run(c1), run(c2));
    struct trace a = {0}, b = {0};
    trace_read(&a, his);
    trace_read(&b, ours);
    assert_int_equal(a.n, b.n);
    size_t lines = 0;
    for (size_t i = 0; i < a.n; i++) {
        assert_string_equal(str_c(&b.process[i].text), str_c(&a.process[i].text));
        for (const char *p = str_c(&a.process[i].text); *p; p++)
            lines += *p == '\n';
    }
    printf("%s: %zu processes, %zu lines, all equal\n", command, a.n, lines);
    trace_free(&a);
    trace_free(&b);
}

/* A root of busybox alone: dir/rootfs. */
static bool rootfs(void)
{
    autofree char *make = xasprintf("for b in $(command -v busybox) /bin/busybox /bin/busybox.static; do "
                                    "  LC_ALL=C ldd $b 2>&1 | grep -q -e 'not a dynamic' -e static && break; b=; done; "
                                    "[ -n \"$b\" ] && mkdir -p %s/rootfs/bin %s/rootfs/proc && "
                                    "cp $b %s/rootfs/bin/busybox && ln -sf busybox %s/rootfs/bin/sh && "
                                    "ln -sf busybox %s/rootfs/bin/ls",
                                    dir, dir, dir, dir, dir);
    return run(make) == 0;
}

static void test_article(void **state)
{
    SKIP_UNLESS(rootfs(), "there is no static busybox");
    const char *root = geteuid() ? "--user --map-root-user " : "";
    autofree char *can = xasprintf("unshare %s--pid --fork --mount-proc=%s/rootfs/proc chroot %s/rootfs /bin/true",
                                   root, dir, dir),
                  *command =
                      xasprintf("unshare %s--pid --fork --mount-proc=%s/rootfs/proc chroot %s/rootfs /bin/sh -c 'ls /'",
                                root, dir, dir);
    autofree char *link = xasprintf("ln -sf busybox %s/rootfs/bin/true", dir);
    run(link);
    compare(command, can);
}

static void test_shell(void **state)
{
    compare("sh -c 'cd /; (exit 3); cd /nowhere 2>/dev/null; kill -TERM $$'", "sh -c true");
}

static void test_pipeline(void **state)
{
    compare("bash -c '(cd /proc; ls -d .); setsid -w true; umask 022; exit 9'", "bash -c 'setsid -w true'");
}

static void test_privileges(void **state)
{
    compare("setpriv --reuid 1 --regid 1 --groups 2,3 --inh-caps=-all --bounding-set=-chown --no-new-privs "
            "--pdeathsig TERM id",
            "setpriv --reuid 1 --regid 1 --groups 2,3 id");
}

static void test_bwrap(void **state)
{
    const char *command = "bwrap --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp --unshare-all --hostname web1 "
                          "sh -c 'ls /'";
    compare(command, command);
}

/* Calls that tools make only when they mean it: made by this very program, with arguments that every kernel refuses. */
static int make_refused_calls(void)
{
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_value.sival_int = 7;
    signal(SIGUSR1, SIG_IGN);
    syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info);
    syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &info);
    syscall(SYS_rt_sigqueueinfo, 0, SIGUSR1, NULL);
    syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
    syscall(SYS_pidfd_send_signal, -1, SIGUSR1, &info, 0);
    syscall(SYS_reboot, 1, 0x28121969, 0xa1b2c3d4, "no magic"); /* EINVAL, EPERM */
    syscall(SYS_reboot, 1, 2, 0x1234567, NULL);
    syscall(SYS_clock_settime, 1, &(struct timespec){1, 2}); /* nobody sets CLOCK_MONOTONIC */
    syscall(SYS_settimeofday, 8, NULL);
    syscall(SYS_swapon, "/nonexistent/swap", 0x8000 | 5);
    syscall(SYS_swapoff, "/nonexistent/swap");
    syscall(SYS_acct, "/nonexistent/acct");
    syscall(SYS_finit_module, -1, "a=1", 3);
    syscall(SYS_delete_module, "porthole_has_none", 04000);
    return 0;
}

static void test_refused_calls(void **state)
{
    char self[512] = "";
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    autofree char *command = xasprintf("%s refused-calls", self);
    compare(command, command);
}

/* ---- the command ---- */

static bool can_trace(void)
{
    autofree char *command = xasprintf("%s trace -- true 2>/dev/null", porthole());
    return run(command) != 77;
}

static int status_of(const char *arguments)
{
    autofree char *command = xasprintf("%s trace %s >/dev/null 2>%s/err", porthole(), arguments, dir);
    return run(command);
}

static void test_status(void **state)
{
    SKIP_UNLESS(can_trace(), "tracing does not work here");
    assert_int_equal(status_of("-- true"), 0);
    assert_int_equal(status_of("-- sh -c 'exit 42'"), 42);
    assert_int_equal(status_of("--plain -- sh -c 'kill -TERM $$'"), 128 + 15);
    assert_int_equal(status_of("-- /nonexistent/program"), 127);
    assert_int_equal(status_of("-- /etc/passwd"), 126);
    assert_int_equal(status_of("-- /"), 126);
    assert_int_equal(status_of(""), 2);
    assert_int_equal(status_of("--nonsense -- true"), 2);
    assert_int_equal(status_of("-o /nonexistent/file -- true"), 1);
    assert_int_equal(status_of("-- cat /dev/fd/7 7</dev/null"), 0); /* descriptors of the caller are the program's */
}

/* A process has one tracer: the message says who is in the way. */
static void test_no_ptrace(void **state)
{
    SKIP_UNLESS(can_strace(), "there is no strace, or it may not trace");
    autofree char *command = xasprintf("strace -f -o /dev/null %s trace -- true 2>%s/err", porthole(), dir),
                  *file = xasprintf("%s/err", dir);
    assert_int_equal(run(command), 77);
    autostr struct str text = {0};
    assert_true(file_read(AT_FDCWD, file, &text, 4096));
    assert_non_null(strstr(str_c(&text), "porthole: trace: ptrace(PTRACE_SEIZE): "));
    assert_non_null(strstr(str_c(&text), "is itself traced, by process "));
}

static int setup(void **state)
{
    return mkdtemp(dir) ? chmod(dir, 0755) : -1;
}

static int teardown(void **state)
{
    autofree char *command = xasprintf("rm -rf -- '%s'", dir);
    return run(command);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return make_refused_calls();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_article), cmocka_unit_test(test_shell),         cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_bwrap),   cmocka_unit_test(test_refused_calls), cmocka_unit_test(test_privileges),
        cmocka_unit_test(test_status),  cmocka_unit_test(test_no_ptrace),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
