/* Two witnesses of the same processes: which rows are one process, and where they disagree. By hand, and with the
 * kernel's own namespaces. */
#include "base/loop.h"
#include "base/mem.h"
#include "nest.h"
#include "proc/procfs.h"
#include "proc/watch.h"
#include "rows.h"
#include "support.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static void test_links(void **state)
{
    struct tasks host = {0}, container = {0};
    rows_task(&host, 1, 0, "init");
    rows_task(&host, 100, 1, "runner");
    rows_nested(rows_task(&host, 101, 100, "sh"), 5000, 1, 0);
    rows_nested(rows_task(&host, 102, 101, "sleep"), 5001, 2, 0);
    rows_nested(rows_task(&host, 103, 101, "unshare"), 5001, 3, 0);
    rows_nested(rows_task(&host, 104, 103, "inner"), 5002, 4, 1);
    rows_nested(rows_task(&container, 1, 0, "sh"), 5000, 0, 0);
    rows_nested(rows_task(&container, 2, 1, "sleep"), 5001, 0, 0);
    rows_nested(rows_task(&container, 3, 1, "unshare"), 5001, 0, 0);
    rows_nested(rows_task(&container, 4, 3, "inner"), 5002, 1, 0);
    struct view_input in = rows_input(&host, &container);
    in.container_pid = 101;
    in.driven = 101;
    rows_expect(&in, SIDE_HOST,
                "1 init [p]\n"
                "`-100 runner [p]\n"
                "  `-101=1 sh [dlo]\n"
                "    |-102=2 sleep [o]\n"
                "    `-103=3 unshare [o]\n"
                "      `-104=4 inner [o]\n");
    rows_expect(&in, SIDE_CONTAINER,
                "1=101 sh [dlo]\n"
                "|-2=102 sleep [o]\n"
                "`-3=103 unshare [o]\n"
                "  `-4=104 inner [o]\n");
    in.selected = 102;
    autostr struct str out = {0};
    rows_show(&out, &in, SIDE_CONTAINER);
    assert_true(rows_has_line(&out, "2=102 sleep [lo]\n"));
    tasks_free(&host);
    tasks_free(&container);
}

/* The shared pid namespace of a mere chroot: both columns show the same numbers, and agree. */
static void test_links_in_one_namespace(void **state)
{
    struct tasks host = {0}, container = {0};
    for (int side = 0; side < 2; side++) {
        struct tasks *set = side ? &container : &host;
        rows_task(set, 1, 0, "init");
        rows_task(set, 50, 1, "top");
        rows_task(set, 60, 1, "sh");
    }
    pid_t victim = 50;
    struct view_input in = rows_input(&host, &container);
    in.container_pid = 60;
    in.victims = &victim;
    in.nvictims = 1;
    rows_expect(&in, SIDE_CONTAINER, "1=1 init [p]\n|-50=50 top [v]\n`-60=60 sh [lo]\n");
    tasks_free(&host);
    tasks_free(&container);
}

static void test_disagreement(void **state)
{
    struct tasks host = {0}, container = {0};
    rows_task(&host, 1, 0, "init");
    rows_nested(rows_task(&host, 101, 1, "sh"), 5000, 1, 0);
    rows_nested(rows_task(&host, 102, 101, "ps"), 5001, 2, 0);
    /* unshare(CLONE_NEWPID) and fork, but nobody mounted a new /proc: it is still the host's */
    rows_task(&container, 1, 0, "init");
    rows_nested(rows_task(&container, 101, 1, "sh"), 5000, 1, 0);
    rows_nested(rows_task(&container, 102, 101, "ps"), 5001, 2, 0);
    struct view_input in = rows_input(&host, &container);
    in.container_pid = 101;
    rows_expect(&in, SIDE_CONTAINER,
                "this /proc belongs to another pid namespace: it shows the host's numbers [!#]\n"
                "1=1 init [p]\n"
                "`-101=101 sh [lo!]\n"
                "  `-102=102 ps [o!]\n");
    tasks_free(&container);

    rows_nested(rows_task(&container, 1, 0, "stale"), 4000, 0,
                0); /* the /proc of a namespace that the process is not in */
    rows_nested(rows_task(&container, 2, 1, "soon"), 4001, 0, 0)->born_ms =
        now_ms(); /* the host's watch has not told yet */
    rows_expect(&in, SIDE_CONTAINER,
                "this /proc belongs to another pid namespace: the container's process is not in it [!#]\n"
                "1 stale [!]\n"
                "`-2 soon [n]\n");
    tasks_free(&container);

    rows_nested(rows_task(&container, 7, 0, "sh"), 5000, 1, 0); /* neither the host's nor its own */
    autostr struct str out = {0};
    host.v[1].nspid[1] = 7;
    host.v[1].nspid[2] = 1;
    host.v[1].nspids = 3;
    rows_show(&out, &in, SIDE_CONTAINER);
    assert_true(
        rows_has_line(&out, "this /proc belongs to another pid namespace: it says 7 where the process says 1 [!#]\n"));
    assert_true(rows_has_line(&out, "7=101 sh [lo!]\n"));
    tasks_free(&host);
    tasks_free(&container);
}

static void test_no_container_proc(void **state)
{
    struct tasks host = {0};
    rows_task(&host, 1, 0, "init");
    struct view_input in = rows_input(&host, NULL);
    in.container_why = "nothing is mounted on /proc here";
    rows_expect(&in, SIDE_CONTAINER, "nothing is mounted on /proc here [#]\n");
    in = rows_input(NULL, NULL);
    rows_expect(&in, SIDE_HOST, "no /proc can be read here [#]\n");
    struct view_rows rows = {0};
    in.container_title = "container: sh (1)";
    view_find("processes")->rows(&in, SIDE_CONTAINER, &rows);
    assert_string_equal(rows.title, "container: sh (1)");
    view_find("processes")->rows(&in, SIDE_HOST, &rows);
    assert_string_equal(rows.title, "host");
    view_rows_free(&rows);
    tasks_free(&host);
}

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
    rows_nested(rows_task(&host, a.pid, 0, "a"), 70, 1, 0);
    rows_nested(rows_task(&host, child_a, a.pid, "a2"), 70, 2, 0);
    rows_nested(rows_task(&host, b.pid, 0, "b"), 70, 1, 0);
    rows_nested(rows_task(&host, child_b, b.pid, "b2"), 70, 2, 0);
    rows_nested(rows_task(&container, 1, 0, "b"), 70, 0, 0);
    rows_nested(rows_task(&container, 2, 1, "b2"), 70, 0, 0);
    struct view_input in = rows_input(&host, &container);
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
        struct view_input in = rows_input(watch_tasks(host), watch_tasks(container));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),        cmocka_unit_test(test_links_in_one_namespace),
        cmocka_unit_test(test_disagreement), cmocka_unit_test(test_no_container_proc),
        cmocka_unit_test(test_twins),        cmocka_unit_test(test_real_witnesses),
    };
    return cmocka_run_group_tests_name("view_link", tests, NULL, NULL);
}
