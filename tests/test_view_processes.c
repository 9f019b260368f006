/* The process view: trees as text, what the rows say, and what stays when thousands are folded. */
#include "base/loop.h"
#include "base/mem.h"
#include "proc/procfs.h"
#include "proc/watch.h"
#include "rows.h"
#include "support.h"
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_tree(void **state)
{
    struct tasks host = {0};
    rows_task(&host, 1, 0, "init");
    rows_task(&host, 5, 1, "getty");
    rows_task(&host, 6, 1, "sh");
    rows_task(&host, 7, 6, "vi");
    rows_task(&host, 8, 5, "login");
    rows_task(&host, 9, 8, "bash");
    rows_task(&host, 10, 1, "cron");
    struct view_input in = rows_input(&host, NULL);
    rows_expect(&in, SIDE_HOST,
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
    rows_task(&host, 1, 0, "init");
    rows_task(&host, 3, 2, "parent-not-in-sight");
    rows_task(&host, 4, 4, "own-parent");
    rows_task(&host, 6, 7, "circle");
    rows_task(&host, 7, 6, "of-two");
    struct view_input in = rows_input(&host, NULL);
    rows_expect(&in, SIDE_HOST, "1 init\n3 parent-not-in-sight\n4 own-parent\n6 circle\n`-7 of-two\n");
    tasks_free(&host);
    rows_expect(&in, SIDE_HOST, "");
}

/* A chain of forks deeper than the lines can be drawn, and than any stack of ours. */
static void test_deep_tree(void **state)
{
    struct tasks host = {0};
    for (int i = 1; i <= 30000; i++)
        rows_task(&host, i, i - 1, "x");
    struct view_input in = rows_input(&host, NULL);
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
    rows_task(&host, 1, 0, "/sbin/init splash");
    strcpy(host.v[0].comm, "init");
    t = rows_task(&host, 2, 0, "-bash"); /* a login shell */
    strcpy(t->comm, "bash");
    t = rows_task(&host, 3, 0, "/bin/sh -c ps"); /* busybox runs ps without execve */
    strcpy(t->comm, "ps");
    t = rows_task(&host, 4, 0, "/usr/bin/a-name-longer-than-comm x");
    strcpy(t->comm, "a-name-longer-t");
    t = rows_task(&host, 5, 0, ""); /* no command line: a kernel thread */
    strcpy(t->comm, "kworker/0:1");
    t = rows_task(&host, 6, 0, "sleep 5");
    t->state = 'Z';
    t = rows_task(&host, 7, 0, "vi");
    t->state = 'T';
    t = rows_task(&host, 8, 0, "");
    strcpy(t->comm, ")\n\033[31m"); /* nothing raw reaches a row */
    t = rows_task(&host, 9, 0, "nginx: master process");
    strcpy(t->comm, "nginx");
    struct view_input in = rows_input(&host, NULL);
    rows_expect(&in, SIDE_HOST,
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
    rows_task(&host, 1, 0, args.s);
    struct view_input in = rows_input(&host, NULL);
    struct view_rows rows = {0};
    view_find("processes")->rows(&in, SIDE_HOST, &rows);
    assert_int_equal(strlen(rows.v[0].text), 198);
    view_rows_free(&rows);
    tasks_free(&host);
}

static void test_marks(void **state)
{
    struct tasks host = {0};
    rows_task(&host, 1, 0, "init");
    rows_task(&host, 10, 1, "warden");
    rows_task(&host, 11, 10, "actor");
    rows_task(&host, 12, 11, "sh");
    rows_task(&host, 20, 1, "top");
    rows_task(&host, 30, 1, "fresh")->born_ms = now_ms() - 100;
    rows_task(&host, 31, 1, "older")->born_ms = now_ms() - 5000;
    rows_task(&host, 32, 1, "late")->died_ms = now_ms();
    pid_t ours = 10, victim = 20;
    struct view_input in = rows_input(&host, NULL);
    in.driven = 12;
    in.container_pid = 11;
    in.ours = &ours;
    in.nours = 1;
    in.victims = &victim;
    in.nvictims = 1;
    rows_expect(&in, SIDE_HOST,
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
    rows_show(&out, &in, SIDE_HOST);
    assert_true(rows_has_line(&out, "20 top [lv]\n"));
    assert_true(rows_has_line(&out, "11 actor [po]\n"));
    tasks_free(&host);
}

/* Of a watched process /proc says 't', whatever it stands for. Both columns say which it is. */
static void test_held_or_stopped(void **state)
{
    struct tasks host = {0}, container = {0};
    static const pid_t held[] = {102, 105, 999}, stopped[] = {0, 103, 106};
    rows_task(&host, 1, 0, "init");
    rows_nested(rows_task(&host, 101, 1, "sh"), 5000, 1, 0);
    for (pid_t pid = 102; pid <= 106; pid++) {
        struct task *t = rows_nested(rows_task(&host, pid, 101, "vi"), (uint64_t)(4899 + pid), pid - 100, 0);
        t->state = pid == 105 ? 'S' : 't'; /* 105: another thread of it is held */
        t->died_ms = pid == 106 ? now_ms() : 0;
    }
    rows_task(&host, 107, 1, "untraced")->state = 'T';
    rows_nested(rows_task(&container, 1, 0, "sh"), 5000, 0, 0);
    for (pid_t pid = 2; pid <= 5; pid++)
        rows_nested(rows_task(&container, pid, 1, "vi"), (uint64_t)(4999 + pid), 0, 0)->state = 't';
    struct view_input in = rows_input(&host, &container);
    in.container_pid = 101;
    in.held = held;
    in.nheld = COUNT(held);
    in.stopped = stopped;
    in.nstopped = COUNT(stopped);
    rows_expect(&in, SIDE_HOST,
                "1 init [p]\n"
                "|-101=1 sh [lo]\n"
                "| |-102=2 (held) vi [o]\n"
                "| |-103=3 (stopped) vi [o]\n"
                "| |-104=4 vi [o]\n"
                "| |-105=5 (held) vi [o]\n"
                "| `-106 vi [xo]\n"
                "`-107 (stopped) untraced\n");
    rows_expect(&in, SIDE_CONTAINER,
                "1=101 sh [lo]\n"
                "|-2=102 (held) vi [o]\n"
                "|-3=103 (stopped) vi [o]\n"
                "|-4=104 vi [o]\n"
                "`-5=105 (held) vi [o]\n");
    tasks_free(&host);
    tasks_free(&container);
}

static void test_folding(void **state)
{
    struct tasks host = {0};
    rows_task(&host, 1, 0, "init");
    rows_task(&host, 2, 0, "kthreadd")->kthread = true;
    for (int i = 3; i < 10; i++)
        rows_task(&host, i, 2, "kworker")->kthread = true;
    for (int i = 10; i < 30; i++)
        rows_task(&host, i, 1, "daemon");
    rows_task(&host, 30, 29, "helper");
    rows_task(&host, 31, 29, "helper");
    struct view_input in = rows_input(&host, NULL);
    in.max_rows = 32;
    autostr struct str out = {0};
    rows_show(&out, &in, SIDE_HOST);
    assert_int_equal(rows_count_lines(&out), 31); /* all fit */
    assert_null(strstr(out.s, "..."));
    in.max_rows = 25; /* the kernel's first */
    rows_show(&out, &in, SIDE_HOST);
    assert_int_equal(rows_count_lines(&out), 25);
    assert_true(rows_has_line(&out, "... 7 threads of the kernel\n"));
    assert_true(rows_has_line(&out, "31 helper\n"));
    in.max_rows = 24;
    rows_show(&out, &in, SIDE_HOST);
    assert_int_equal(rows_count_lines(&out), 24);
    assert_true(rows_has_line(&out, "... 8 threads of the kernel\n"));
    assert_true(rows_has_line(&out, "31 helper\n"));
    in.max_rows = 8;
    in.driven = 30;
    rows_expect(&in, SIDE_HOST,
                "1 init [p]\n"
                "|-10 daemon\n"
                "|-11 daemon\n"
                "|-29 daemon [p]\n"
                "| |-30 helper [d]\n"
                "| `-31 helper\n"
                "`-... 17 more\n"
                "... 8 threads of the kernel\n");
    in.max_rows = 1; /* what must be seen is seen, and the pane scrolls */
    rows_expect(&in, SIDE_HOST,
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
    rows_task(&host, 1, 0, "init");
    rows_task(&host, 2, 0, "kthreadd")->kthread = true;
    for (int i = 3; i < 103; i++)
        rows_task(&host, i, 2, "kworker")->kthread = true;
    for (int i = 103; i < 10000; i++)
        rows_task(&host, i, i % 100 ? 1 : i - 50, "worker");
    rows_task(&host, 10000, 1, "session");
    rows_task(&host, 10001, 10000, "actor");
    rows_task(&host, 10002, 10001, "sh");
    rows_task(&host, 10003, 5001, "top");
    host.v[7000].born_ms = now_ms();
    host.v[8000].died_ms = now_ms();
    pid_t ours = 10000, victim = 10003;
    struct view_input in = rows_input(&host, NULL);
    in.ours = &ours;
    in.nours = 1;
    in.victims = &victim;
    in.nvictims = 1;
    in.driven = 10001;
    in.container_pid = 10002;
    in.max_rows = 20;
    autostr struct str out = {0};
    rows_show(&out, &in, SIDE_HOST);
    assert_int_equal(rows_count_lines(&out), 20);
    assert_true(rows_has_line(&out, "10000 session [po]\n"));
    assert_true(rows_has_line(&out, "10001 actor [dpo]\n"));
    assert_true(rows_has_line(&out, "10002 sh [lo]\n"));
    assert_true(rows_has_line(&out, "5001 worker\n"));
    assert_true(rows_has_line(&out, "10003 top [v]\n"));
    assert_true(rows_has_line(&out, "7001 worker [n]\n"));
    assert_true(rows_has_line(&out, "8001 worker [x]\n"));
    assert_true(rows_has_line(&out, "... 101 threads of the kernel\n"));
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
    rows_task(&host, 1, 0, "init");
    rows_task(&host, 2, 1, "actor");
    for (int i = 3; i < 2003; i++)
        rows_task(&host, i, 1, "new")->born_ms = now_ms();
    struct view_input in = rows_input(&host, NULL);
    in.max_rows = 15;
    in.driven = 2;
    autostr struct str out = {0};
    rows_show(&out, &in, SIDE_HOST);
    assert_int_equal(rows_count_lines(&out), 15);
    assert_true(rows_has_line(&out, "2 actor [d]\n"));
    assert_true(rows_has_line(&out, "2002 new [n]\n"));
    tasks_free(&host);
}

/* The session's own processes are all shown, unless it is a bomb. */
static void test_storm_of_ours(void **state)
{
    struct tasks host = {0};
    rows_task(&host, 1, 0, "init");
    rows_task(&host, 2, 1, "actor");
    for (int i = 3; i < 60; i++)
        rows_task(&host, i, 2, "child");
    pid_t ours = 2;
    struct view_input in = rows_input(&host, NULL);
    in.max_rows = 15;
    in.ours = &ours;
    in.nours = 1;
    autostr struct str out = {0};
    rows_show(&out, &in, SIDE_HOST);
    assert_int_equal(rows_count_lines(&out), 59);
    for (int i = 60; i < 3000; i++)
        rows_task(&host, i, 2, "child");
    rows_show(&out, &in, SIDE_HOST);
    assert_true(rows_count_lines(&out) <= 210);
    assert_non_null(strstr(out.s, "... 2,"));
    tasks_free(&host);
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
    struct view_input in = rows_input(watch_tasks(w), NULL);
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
        cmocka_unit_test(test_held_or_stopped),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_ten_thousand),
        cmocka_unit_test(test_storm_of_new_rows),
        cmocka_unit_test(test_storm_of_ours),
        cmocka_unit_test(test_reads_only_what_it_shows),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests_name("view_processes", tests, NULL, NULL);
}
