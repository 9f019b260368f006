/* The process view: trees as text, what stays when thousands are folded, and the links between two witnesses. */
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "nest.h"
#include "proc/procfs.h"
#include "proc/watch.h"
#include "support.h"
#include "view/view.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- sets written by hand ---- */

static struct task *add(struct tasks *set, pid_t pid, pid_t ppid, const char *args)
{
    GROW(set->v, set->n, set->cap);
    struct task *t = &set->v[set->n++];
    *t = (struct task){.pid = pid, .ppid = ppid, .state = 'S', .start = 1000 + (uint64_t)pid, .nspids = 1};
    t->nspid[0] = pid;
    snprintf(t->comm, sizeof t->comm, "%.*s", (int)strcspn(args, " "), args);
    t->args = xstrdup(args);
    return t;
}

/* A process below the namespace of this set's /proc: its numbers from there inwards, 0 ends them. */
static struct task *nested(struct task *t, uint64_t start, pid_t inner, pid_t innermost)
{
    t->start = start;
    t->nspid[1] = inner;
    t->nspid[2] = innermost;
    t->nspids = 1 + (inner > 0) + (innermost > 0);
    return t;
}

static struct view_input input(const struct tasks *host, const struct tasks *container)
{
    return (struct view_input){.host = host, .container = container, .host_procfd = -1, .container_procfd = -1};
}

static const struct {
    unsigned mark;
    char letter;
} letters[] = {
    {MARK_NEW, 'n'},  {MARK_DEAD, 'x'},   {MARK_DRIVEN, 'd'}, {MARK_LINKED, 'l'},   {MARK_PATH, 'p'},
    {MARK_OURS, 'o'}, {MARK_VICTIM, 'v'}, {MARK_ZOMBIE, 'z'}, {MARK_DISAGREE, '!'}, {MARK_NOTE, '#'},
};

/* "|- 12=3 text [dl]": lines as the screen draws them, this side's pid, the other's, the marks. */
static void draw_row(struct str *out, const struct view_row *r)
{
    for (int d = 1; d < r->depth; d++)
        str_add(out, r->more >> d & 1 ? "| " : "  ");
    if (r->depth > 0)
        str_add(out, r->more >> r->depth & 1 ? "|-" : "`-");
    if (r->here)
        str_addf(out, "%d", (int)r->here);
    if (r->there)
        str_addf(out, "=%d", (int)r->there);
    str_addf(out, "%s%s", r->here ? " " : "", r->text);
    size_t at = out->len;
    for (size_t i = 0; i < COUNT(letters); i++)
        if (r->marks & letters[i].mark)
            str_addf(out, "%s%c", out->len == at ? " [" : "", letters[i].letter);
    str_add(out, out->len == at ? "\n" : "]\n");
}

static void show(struct str *out, const struct view_input *in, enum side side)
{
    struct view_rows rows = {0};
    view_find("processes")->rows(in, side, &rows);
    str_cut(out, 0);
    for (size_t i = 0; i < rows.n; i++)
        draw_row(out, &rows.v[i]);
    view_rows_free(&rows);
}

static void expect(const struct view_input *in, enum side side, const char *wanted)
{
    autostr struct str out = {0};
    show(&out, in, side);
    assert_string_equal(str_c(&out), wanted);
}

static bool has_line(const struct str *out, const char *line)
{
    const char *at = strstr(str_c(out), line);
    return at && (at == out->s || at[-1] == '\n' || at[-1] == '-');
}

static int count_lines(const struct str *out)
{
    int n = 0;
    for (size_t i = 0; i < out->len; i++)
        n += out->s[i] == '\n';
    return n;
}

/* ---- trees ---- */

static void test_tree(void **state)
{
    struct tasks host = {0};
    add(&host, 1, 0, "init");
    add(&host, 5, 1, "getty");
    add(&host, 6, 1, "sh");
    add(&host, 7, 6, "vi");
    add(&host, 8, 5, "login");
    add(&host, 9, 8, "bash");
    add(&host, 10, 1, "cron");
    struct view_input in = input(&host, NULL);
    expect(&in, SIDE_HOST,
           "1 init\n"
           "|-5 getty\n"
           "| `-8 login\n"
           "|   `-9 bash\n"
           "|-6 sh\n"
           "| `-7 vi\n"
           "`-10 cron\n");
    tasks_free(&host);
}

static void test_odd_trees(void **state)
{
    struct tasks host = {0};
    add(&host, 1, 0, "init");
    add(&host, 3, 2, "parent-not-in-sight");
    add(&host, 4, 4, "own-parent");
    add(&host, 6, 7, "circle");
    add(&host, 7, 6, "of-two");
    struct view_input in = input(&host, NULL);
    expect(&in, SIDE_HOST, "1 init\n3 parent-not-in-sight\n4 own-parent\n6 circle\n`-7 of-two\n");
    tasks_free(&host);
    expect(&in, SIDE_HOST, "");
}

/* A chain of forks deeper than the lines can be drawn, and than any stack of ours. */
static void test_deep_tree(void **state)
{
    struct tasks host = {0};
    for (int i = 1; i <= 30000; i++)
        add(&host, i, i - 1, "x");
    struct view_input in = input(&host, NULL);
    struct view_rows rows = {0};
    view_find("processes")->rows(&in, SIDE_HOST, &rows);
    assert_int_equal(rows.n, 30000);
    assert_int_equal(rows.v[29999].depth, 29999);
    in.max_rows = 20;
    in.driven = 29999;
    view_find("processes")->rows(&in, SIDE_HOST, &rows);
    assert_int_equal(rows.v[rows.n - 1].here + (rows.v[rows.n - 1].count == 1), 30000);
    view_rows_free(&rows);
    tasks_free(&host);
}

static void test_words(void **state)
{
    struct tasks host = {0};
    struct task *t;
    add(&host, 1, 0, "/sbin/init splash");
    strcpy(host.v[0].comm, "init");
    t = add(&host, 2, 0, "-bash"); /* a login shell */
    strcpy(t->comm, "bash");
    t = add(&host, 3, 0, "/bin/sh -c ps"); /* busybox runs ps without execve */
    strcpy(t->comm, "ps");
    t = add(&host, 4, 0, "/usr/bin/a-name-longer-than-comm x");
    strcpy(t->comm, "a-name-longer-t");
    t = add(&host, 5, 0, ""); /* no command line: a kernel thread */
    strcpy(t->comm, "kworker/0:1");
    t = add(&host, 6, 0, "sleep 5");
    t->state = 'Z';
    t = add(&host, 7, 0, "vi");
    t->state = 'T';
    t = add(&host, 8, 0, "");
    strcpy(t->comm, ")\n\033[31m"); /* nothing raw reaches a row */
    t = add(&host, 9, 0, "nginx: master process");
    strcpy(t->comm, "nginx");
    struct view_input in = input(&host, NULL);
    expect(&in, SIDE_HOST,
           "1 /sbin/init splash\n"
           "2 -bash\n"
           "3 {ps} /bin/sh -c ps\n"
           "4 /usr/bin/a-name-longer-than-comm x\n"
           "5 [kworker/0:1]\n"
           "6 sleep 5 (zombie) [z]\n"
           "7 (stopped) vi\n"
           "8 [)\\n\\033[31m]\n"
           "9 nginx: master process\n");
    tasks_free(&host);
}

static void test_long_text_is_cut_between_characters(void **state)
{
    struct tasks host = {0};
    autostr struct str args = {0};
    for (int i = 0; i < 100; i++)
        str_add(&args, "\xe2\x82\xac");
    add(&host, 1, 0, args.s);
    struct view_input in = input(&host, NULL);
    struct view_rows rows = {0};
    view_find("processes")->rows(&in, SIDE_HOST, &rows);
    assert_int_equal(strlen(rows.v[0].text), 198);
    view_rows_free(&rows);
    tasks_free(&host);
}

static void test_marks(void **state)
{
    struct tasks host = {0};
    add(&host, 1, 0, "init");
    add(&host, 10, 1, "warden");
    add(&host, 11, 10, "actor");
    add(&host, 12, 11, "sh");
    add(&host, 20, 1, "top");
    add(&host, 30, 1, "fresh")->born_ms = now_ms() - 100;
    add(&host, 31, 1, "older")->born_ms = now_ms() - 5000;
    add(&host, 32, 1, "late")->died_ms = now_ms();
    pid_t ours = 10, victim = 20;
    struct view_input in = input(&host, NULL);
    in.driven = 12;
    in.container_pid = 11;
    in.ours = &ours;
    in.nours = 1;
    in.victims = &victim;
    in.nvictims = 1;
    expect(&in, SIDE_HOST,
           "1 init [p]\n"
           "|-10 warden [po]\n"
           "| `-11 actor [lpo]\n"
           "|   `-12 sh [do]\n"
           "|-20 top [v]\n"
           "|-30 fresh [n]\n"
           "|-31 older\n"
           "`-32 late [x]\n");
    in.selected = 20;
    autostr struct str out = {0};
    show(&out, &in, SIDE_HOST);
    assert_true(has_line(&out, "20 top [lv]\n"));
    assert_true(has_line(&out, "11 actor [po]\n"));
    tasks_free(&host);
}

/* ---- folding ---- */

static void test_folding(void **state)
{
    struct tasks host = {0};
    add(&host, 1, 0, "init");
    add(&host, 2, 0, "kthreadd")->kthread = true;
    for (int i = 3; i < 10; i++)
        add(&host, i, 2, "kworker")->kthread = true;
    for (int i = 10; i < 30; i++)
        add(&host, i, 1, "daemon");
    add(&host, 30, 29, "helper");
    add(&host, 31, 29, "helper");
    struct view_input in = input(&host, NULL);
    in.max_rows = 32;
    autostr struct str out = {0};
    show(&out, &in, SIDE_HOST);
    assert_int_equal(count_lines(&out), 31); /* all fit */
    assert_null(strstr(out.s, "..."));
    in.max_rows = 25; /* the kernel's first */
    show(&out, &in, SIDE_HOST);
    assert_int_equal(count_lines(&out), 25);
    assert_true(has_line(&out, "... 7 threads of the kernel\n"));
    assert_true(has_line(&out, "31 helper\n"));
    in.max_rows = 24;
    show(&out, &in, SIDE_HOST);
    assert_int_equal(count_lines(&out), 24);
    assert_true(has_line(&out, "... 8 threads of the kernel\n"));
    assert_true(has_line(&out, "31 helper\n"));
    in.max_rows = 8;
    in.driven = 30;
    expect(&in, SIDE_HOST,
           "1 init [p]\n"
           "|-10 daemon\n"
           "|-11 daemon\n"
           "|-29 daemon [p]\n"
           "| |-30 helper [d]\n"
           "| `-31 helper\n"
           "`-... 17 more\n"
           "... 8 threads of the kernel\n");
    in.max_rows = 1; /* what must be seen is seen, and the pane scrolls */
    expect(&in, SIDE_HOST,
           "1 init [p]\n"
           "|-29 daemon [p]\n"
           "| |-30 helper [d]\n"
           "| `-31 helper\n"
           "`-... 19 more\n"
           "... 8 threads of the kernel\n");
    tasks_free(&host);
}

static void test_ten_thousand(void **state)
{
    struct tasks host = {0};
    add(&host, 1, 0, "init");
    add(&host, 2, 0, "kthreadd")->kthread = true;
    for (int i = 3; i < 103; i++)
        add(&host, i, 2, "kworker")->kthread = true;
    for (int i = 103; i < 10000; i++)
        add(&host, i, i % 100 ? 1 : i - 50, "worker");
    add(&host, 10000, 1, "session");
    add(&host, 10001, 10000, "actor");
    add(&host, 10002, 10001, "sh");
    add(&host, 10003, 5001, "top");
    host.v[7000].born_ms = now_ms();
    host.v[8000].died_ms = now_ms();
    pid_t ours = 10000, victim = 10003;
    struct view_input in = input(&host, NULL);
    in.ours = &ours;
    in.nours = 1;
    in.victims = &victim;
    in.nvictims = 1;
    in.driven = 10001;
    in.container_pid = 10002;
    in.max_rows = 20;
    autostr struct str out = {0};
    show(&out, &in, SIDE_HOST);
    assert_int_equal(count_lines(&out), 20);
    assert_true(has_line(&out, "10000 session [po]\n"));
    assert_true(has_line(&out, "10001 actor [dpo]\n"));
    assert_true(has_line(&out, "10002 sh [lo]\n"));
    assert_true(has_line(&out, "5001 worker\n"));
    assert_true(has_line(&out, "10003 top [v]\n"));
    assert_true(has_line(&out, "7001 worker [n]\n"));
    assert_true(has_line(&out, "8001 worker [x]\n"));
    assert_true(has_line(&out, "... 101 threads of the kernel\n"));
    unsigned total = 0;
    struct view_rows rows = {0};
    view_find("processes")->rows(&in, SIDE_HOST, &rows);
    for (size_t i = 0; i < rows.n; i++)
        total += rows.v[i].marks & MARK_FOLDED ? rows.v[i].count : 1;
    assert_int_equal(total, host.n); /* nobody is lost in the counts */
    assert_non_null(strstr(out.s, "... 9,"));
    view_rows_free(&rows);
    tasks_free(&host);
}

/* A storm of newcomers is shown as far as there is room; the rest is counted. */
static void test_storm_of_new_rows(void **state)
{
    struct tasks host = {0};
    add(&host, 1, 0, "init");
    add(&host, 2, 1, "actor");
    for (int i = 3; i < 2003; i++)
        add(&host, i, 1, "new")->born_ms = now_ms();
    struct view_input in = input(&host, NULL);
    in.max_rows = 15;
    in.driven = 2;
    autostr struct str out = {0};
    show(&out, &in, SIDE_HOST);
    assert_int_equal(count_lines(&out), 15);
    assert_true(has_line(&out, "2 actor [d]\n"));
    assert_true(has_line(&out, "2002 new [n]\n"));
    tasks_free(&host);
}

/* The session's own processes are all shown, unless it is a bomb. */
static void test_storm_of_ours(void **state)
{
    struct tasks host = {0};
    add(&host, 1, 0, "init");
    add(&host, 2, 1, "actor");
    for (int i = 3; i < 60; i++)
        add(&host, i, 2, "child");
    pid_t ours = 2;
    struct view_input in = input(&host, NULL);
    in.max_rows = 15;
    in.ours = &ours;
    in.nours = 1;
    autostr struct str out = {0};
    show(&out, &in, SIDE_HOST);
    assert_int_equal(count_lines(&out), 59);
    for (int i = 60; i < 3000; i++)
        add(&host, i, 2, "child");
    show(&out, &in, SIDE_HOST);
    assert_true(count_lines(&out) <= 210);
    assert_non_null(strstr(out.s, "... 2,"));
    tasks_free(&host);
}

/* ---- two witnesses ---- */

static void test_links(void **state)
{
    struct tasks host = {0}, container = {0};
    add(&host, 1, 0, "init");
    add(&host, 100, 1, "runner");
    nested(add(&host, 101, 100, "sh"), 5000, 1, 0);
    nested(add(&host, 102, 101, "sleep"), 5001, 2, 0);
    nested(add(&host, 103, 101, "unshare"), 5001, 3, 0);
    nested(add(&host, 104, 103, "inner"), 5002, 4, 1);
    nested(add(&container, 1, 0, "sh"), 5000, 0, 0);
    nested(add(&container, 2, 1, "sleep"), 5001, 0, 0);
    nested(add(&container, 3, 1, "unshare"), 5001, 0, 0);
    nested(add(&container, 4, 3, "inner"), 5002, 1, 0);
    struct view_input in = input(&host, &container);
    in.container_pid = 101;
    in.driven = 101;
    expect(&in, SIDE_HOST,
           "1 init [p]\n"
           "`-100 runner [p]\n"
           "  `-101=1 sh [dlo]\n"
           "    |-102=2 sleep [o]\n"
           "    `-103=3 unshare [o]\n"
           "      `-104=4 inner [o]\n");
    expect(&in, SIDE_CONTAINER,
           "1=101 sh [dlo]\n"
           "|-2=102 sleep [o]\n"
           "`-3=103 unshare [o]\n"
           "  `-4=104 inner [o]\n");
    in.selected = 102;
    autostr struct str out = {0};
    show(&out, &in, SIDE_CONTAINER);
    assert_true(has_line(&out, "2=102 sleep [lo]\n"));
    tasks_free(&host);
    tasks_free(&container);
}

/* The shared pid namespace of a mere chroot: both columns show the same numbers, and agree. */
static void test_links_in_one_namespace(void **state)
{
    struct tasks host = {0}, container = {0};
    for (int side = 0; side < 2; side++) {
        struct tasks *set = side ? &container : &host;
        add(set, 1, 0, "init");
        add(set, 50, 1, "top");
        add(set, 60, 1, "sh");
    }
    pid_t victim = 50;
    struct view_input in = input(&host, &container);
    in.container_pid = 60;
    in.victims = &victim;
    in.nvictims = 1;
    expect(&in, SIDE_CONTAINER, "1=1 init [p]\n|-50=50 top [v]\n`-60=60 sh [lo]\n");
    tasks_free(&host);
    tasks_free(&container);
}

static void test_disagreement(void **state)
{
    struct tasks host = {0}, container = {0};
    add(&host, 1, 0, "init");
    nested(add(&host, 101, 1, "sh"), 5000, 1, 0);
    nested(add(&host, 102, 101, "ps"), 5001, 2, 0);
    /* unshare(CLONE_NEWPID) and fork, but nobody mounted a new /proc: it is still the host's */
    add(&container, 1, 0, "init");
    nested(add(&container, 101, 1, "sh"), 5000, 1, 0);
    nested(add(&container, 102, 101, "ps"), 5001, 2, 0);
    struct view_input in = input(&host, &container);
    in.container_pid = 101;
    expect(&in, SIDE_CONTAINER,
           "this /proc belongs to another pid namespace: it shows the host's numbers [!#]\n"
           "1=1 init [p]\n"
           "`-101=101 sh [lo!]\n"
           "  `-102=102 ps [o!]\n");
    tasks_free(&container);

    nested(add(&container, 1, 0, "stale"), 4000, 0, 0); /* the /proc of a namespace that the process is not in */
    nested(add(&container, 2, 1, "soon"), 4001, 0, 0)->born_ms = now_ms(); /* the host's watch has not told yet */
    expect(&in, SIDE_CONTAINER,
           "this /proc belongs to another pid namespace: the container's process is not in it [!#]\n"
           "1 stale [!]\n"
           "`-2 soon [n]\n");
    tasks_free(&container);

    nested(add(&container, 7, 0, "sh"), 5000, 1, 0); /* neither the host's nor its own */
    autostr struct str out = {0};
    host.v[1].nspid[1] = 7;
    host.v[1].nspid[2] = 1;
    host.v[1].nspids = 3;
    show(&out, &in, SIDE_CONTAINER);
    assert_true(
        has_line(&out, "this /proc belongs to another pid namespace: it says 7 where the process says 1 [!#]\n"));
    assert_true(has_line(&out, "7=101 sh [lo!]\n"));
    tasks_free(&host);
    tasks_free(&container);
}

static void test_no_container_proc(void **state)
{
    struct tasks host = {0};
    add(&host, 1, 0, "init");
    struct view_input in = input(&host, NULL);
    in.container_why = "nothing is mounted on /proc here";
    expect(&in, SIDE_CONTAINER, "nothing is mounted on /proc here [#]\n");
    in = input(NULL, NULL);
    expect(&in, SIDE_HOST, "no /proc can be read here [#]\n");
    struct view_rows rows = {0};
    in.container_title = "container: sh (1)";
    view_find("processes")->rows(&in, SIDE_CONTAINER, &rows);
    assert_string_equal(rows.title, "container: sh (1)");
    view_find("processes")->rows(&in, SIDE_HOST, &rows);
    assert_string_equal(rows.title, "host");
    view_rows_free(&rows);
    tasks_free(&host);
}

/* ---- with the kernel ---- */

static void two_and_wait(int fd)
{
    char c;
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    nest_say(fd);
    while (read(fd, &c, 1) == 1)
        ;
}

/* Two namespaces made in the same tick have processes with the same inner numbers: the inode tells them apart. */
static void test_twins(void **state)
{
    struct nest a, b;
    struct tasks host = {0}, container = {0};
    const char *refusal = nest_refusal();
    SKIP_UNLESS(!refusal, refusal);
    assert_true(nest_start(&a, NEST_PROC, two_and_wait) && nest_wait_byte(a.fd));
    assert_true(nest_start(&b, NEST_PROC, two_and_wait) && nest_wait_byte(b.fd));
    autofd int proc_b = procfs_of(b.pid);
    pid_t child_a = 0, child_b = 0;
    assert_int_equal(procfs_children(procfs_self(), a.pid, &child_a, 1), 1);
    assert_int_equal(procfs_children(procfs_self(), b.pid, &child_b, 1), 1);
    nested(add(&host, a.pid, 0, "a"), 70, 1, 0);
    nested(add(&host, child_a, a.pid, "a2"), 70, 2, 0);
    nested(add(&host, b.pid, 0, "b"), 70, 1, 0);
    nested(add(&host, child_b, b.pid, "b2"), 70, 2, 0);
    nested(add(&container, 1, 0, "b"), 70, 0, 0);
    nested(add(&container, 2, 1, "b2"), 70, 0, 0);
    struct view_input in = input(&host, &container);
    in.host_procfd = procfs_self();
    in.container_procfd = proc_b;
    struct view_rows rows = {0};
    view_find("processes")->rows(&in, SIDE_CONTAINER, &rows);
    assert_int_equal(rows.n, 2);
    assert_int_equal(rows.v[0].there, b.pid);
    assert_int_equal(rows.v[0].machine, b.pid);
    assert_int_equal(rows.v[1].there, child_b);
    view_find("processes")->rows(&in, SIDE_HOST, &rows);
    for (size_t i = 0; i < rows.n; i++)
        assert_int_equal(rows.v[i].there, rows.v[i].here == b.pid ? 1 : rows.v[i].here == child_b ? 2 : 0);
    view_rows_free(&rows);
    tasks_free(&host);
    tasks_free(&container);
    nest_end(&a);
    nest_end(&b);
}

static void look(struct watch **host, struct watch **container, struct loop *l, pid_t pid, unsigned flags)
{
    autofd int fd = procfs_of(pid);
    assert_true(fd >= 0);
    *host = watch_new(l, procfs_self(), NULL, NULL);
    *container = watch_new(l, fd, NULL, NULL);
    assert_non_null(*host);
    assert_non_null(*container);
}

/* A real container seen from both sides: with its own /proc the witnesses agree, with the host's they do not. */
static void test_real_witnesses(void **state)
{
    const char *refusal = nest_refusal();
    SKIP_UNLESS(!refusal, refusal);
    for (int own = 1; own >= 0; own--) {
        struct nest n;
        struct watch *host, *container;
        struct loop *l = loop_new();
        assert_true(nest_start(&n, own ? NEST_PROC : NEST_OLD_PROC, two_and_wait) && nest_wait_byte(n.fd));
        look(&host, &container, l, n.pid, 0);
        pid_t child = 0;
        procfs_children(procfs_self(), n.pid, &child, 1);
        struct view_input in = input(watch_tasks(host), watch_tasks(container));
        in.host_procfd = watch_procfd(host);
        in.container_procfd = watch_procfd(container);
        in.container_pid = in.driven = n.pid;
        struct view_rows rows = {0};
        view_find("processes")->rows(&in, SIDE_CONTAINER, &rows);
        if (own) {
            assert_int_equal(rows.n, 2);
            assert_int_equal(rows.v[0].here, 1);
            assert_int_equal(rows.v[0].there, n.pid);
            assert_int_equal(rows.v[0].marks & (MARK_LINKED | MARK_DRIVEN | MARK_DISAGREE), MARK_LINKED | MARK_DRIVEN);
            assert_int_equal(rows.v[1].there, child);
            assert_non_null(strstr(rows.v[0].text, program_invocation_short_name));
        } else {
            assert_int_equal(rows.v[0].marks, MARK_NOTE | MARK_DISAGREE);
            bool found = false;
            for (size_t i = 0; i < rows.n; i++)
                if (rows.v[i].here == n.pid)
                    found = rows.v[i].there == n.pid && rows.v[i].marks & MARK_DISAGREE;
            assert_true(found);
        }
        view_rows_free(&rows);
        watch_free(host);
        watch_free(container);
        loop_free(l);
        nest_end(&n);
    }
}

/* Command lines are read for the rows that come out, and for no other. */
static void test_reads_only_what_it_shows(void **state)
{
    struct loop *l = loop_new();
    pid_t kids[30];
    for (size_t i = 0; i < COUNT(kids); i++) {
        kids[i] = fork();
        if (kids[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                pause();
        }
    }
    struct watch *w = watch_new(l, procfs_self(), NULL, NULL);
    struct view_input in = input(watch_tasks(w), NULL);
    in.host_procfd = procfs_self();
    in.driven = getpid();
    in.max_rows = 12;
    struct view_rows rows = {0};
    view_find("processes")->rows(&in, SIDE_HOST, &rows);
    size_t read = 0;
    for (size_t i = 0; i < watch_tasks(w)->n; i++)
        read += watch_tasks(w)->v[i].args != NULL;
    size_t shown = rows.n;
    view_rows_free(&rows);
    watch_free(w);
    loop_free(l);
    for (size_t i = 0; i < COUNT(kids); i++)
        if (kids[i] > 0) {
            kill(kids[i], SIGKILL);
            waitpid(kids[i], NULL, 0);
        }
    assert_true(read > 0 && read <= shown);
}

/* ---- told as sentences ---- */

static void test_tell(void **state)
{
    struct tasks host = {0}, container = {0};
    int64_t t = now_ms();
    add(&host, 1, 0, "init");
    nested(add(&host, 101, 1, "sh"), 5000, 1, 0)->born_ms = t;
    add(&host, 102, 1, "top")->died_ms = t;
    struct task *brief = add(&host, 103, 1, "ls");
    brief->born_ms = brief->died_ms = t;
    add(&host, 104, 1, "sleep 9")->exec_ms = t;
    add(&host, 105, 1, "orphan")->adopted_ms = t;
    struct task *z = add(&host, 106, 1, "zed");
    z->state = 'Z';
    z->zombie_ms = t;
    add(&host, 107, 1, "earlier")->born_ms = t - 500;
    nested(add(&container, 1, 0, "sh"), 5000, 0, 0)->born_ms = t;
    struct view_input in = input(&host, &container);
    autostr struct str out = {0};
    view_tell_changes(&in, t - 100, &out);
    assert_string_equal(str_c(&out), "host: new process 101 sh (child of 1; 1 in the container)\n"
                                     "host: process 102 top is gone\n"
                                     "host: process 104 now runs sleep 9\n"
                                     "host: process 105 orphan lost its parent and is now a child of 1\n"
                                     "host: process 106 zed ended: a zombie until its parent waits for it\n"
                                     "container: new process 1 sh (its parent is out of sight; 101 on the host)\n");
    str_cut(&out, 0);
    view_tell_changes(&in, t + 1, &out);
    assert_string_equal(str_c(&out), "");
    tasks_free(&host);
    tasks_free(&container);
}

/* Strangers are counted, the session's processes and victims are named; a flood is counted too. */
static void test_tell_strangers(void **state)
{
    struct tasks host = {0};
    int64_t t = now_ms();
    add(&host, 1, 0, "init");
    add(&host, 10, 1, "actor");
    add(&host, 11, 10, "sh")->born_ms = t;
    add(&host, 20, 1, "top")->died_ms = t;
    add(&host, 30, 1, "cron")->born_ms = t;
    add(&host, 31, 1, "mail")->born_ms = t;
    add(&host, 32, 1, "old")->died_ms = t;
    pid_t ours = 10, victim = 20;
    struct view_input in = input(&host, NULL);
    in.ours = &ours;
    in.nours = 1;
    in.victims = &victim;
    in.nvictims = 1;
    autostr struct str out = {0};
    view_tell_changes(&in, t, &out);
    assert_string_equal(str_c(&out), "host: new process 11 sh (child of 10)\n"
                                     "host: process 20 top is gone\n"
                                     "host: of the other processes, 2 are new and 1 is gone\n");
    for (int i = 100; i < 1000; i++)
        add(&host, i, 10, "bomb")->born_ms = t;
    str_cut(&out, 0);
    view_tell_changes(&in, t, &out);
    assert_int_equal(count_lines(&out), 21);
    assert_non_null(strstr(out.s, "884 are new"));
    tasks_free(&host);
}

static void test_table(void **state)
{
    size_t n;
    const struct view *table = view_table(&n);
    assert_true(n >= 1);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(view_find(table[i].name), &table[i]);
        assert_non_null(table[i].rows);
        assert_true(strlen(table[i].help) > 10);
    }
    assert_null(view_find("nonsense"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_odd_trees),
        cmocka_unit_test(test_deep_tree),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_long_text_is_cut_between_characters),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_ten_thousand),
        cmocka_unit_test(test_storm_of_new_rows),
        cmocka_unit_test(test_storm_of_ours),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_links_in_one_namespace),
        cmocka_unit_test(test_disagreement),
        cmocka_unit_test(test_no_container_proc),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_real_witnesses),
        cmocka_unit_test(test_reads_only_what_it_shows),
        cmocka_unit_test(test_tell),
        cmocka_unit_test(test_tell_strangers),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests_name("view_processes", tests, NULL, NULL);
}
