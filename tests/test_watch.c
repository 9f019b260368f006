/* Following a /proc through each source: process events, events as a hint, and polling. */
#include "base/mem.h"
#include "following.h"
#include "nest.h"
#include "proc/connector.h"
#include "proc/procfs.h"
#include "proc/scan.h"
#include "support.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child_that_waits(void)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    assert_true(pid > 0);
    return pid;
}

static void end_child(pid_t pid)
{
    assert_true(pid > 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void a_life(bool poll)
{
    following_begin(poll);
    pid_t me = getpid(), pid = child_that_waits();
    assert_true(following_within(2000, pid, row_is_live, NULL));
    const struct task *row = tasks_find(watch_tasks(following.watch), pid);
    assert_int_equal(row->ppid, me);
    assert_true(row->born_ms > 0);
    assert_int_equal(row->nspid[0], pid);
    assert_int_equal(tasks_find(watch_tasks(following.watch), me)->born_ms, 0);

    kill(pid, SIGKILL);
    watch_care(following.watch, &pid, 1);
    assert_true(following_within(2000, pid, row_is_zombie, NULL));
    assert_true(tasks_find(watch_tasks(following.watch), pid)->zombie_ms > 0);
    waitpid(pid, NULL, 0);
    assert_true(following_within(2000, pid, row_is_dead, NULL));
    int64_t died = tasks_find(watch_tasks(following.watch), pid)->died_ms;
    assert_true(following_within(3000, pid, row_is_absent, NULL));
    int64_t kept = now_ms() - died;
    if (kept < 950) /* how much longer is the machine's business */
        fail_msg("the dead row was kept %lld ms", (long long)kept);
    assert_true(following.changes >= 3);
}

static void test_a_life_by_events(void **state)
{
    a_life(false);
}

static void test_a_life_by_polling(void **state)
{
    a_life(true);
}

static void an_exec(bool poll)
{
    int go[2];
    following_begin(poll);
    assert_int_equal(pipe2(go, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        char c;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (read(go[0], &c, 1) == 1)
            execl("/bin/sleep", "sleep", "100", (char *)NULL);
        _exit(127);
    }
    assert_true(following_within(2000, pid, row_is_live, NULL));
    assert_true(task_read_args(watch_procfd(following.watch), tasks_find(watch_tasks(following.watch), pid)));
    assert_int_equal(write(go[1], "", 1), 1);
    bool named = following_within(5000, pid, row_is_named, "sleep");
    struct task row = *tasks_find(watch_tasks(following.watch), pid);
    end_child(pid);
    close(go[0]);
    close(go[1]);
    assert_true(named);
    assert_null(row.args); /* the old command line is forgotten */
    assert_true(row.exec_ms > 0);
}

static void test_an_exec_by_events(void **state)
{
    an_exec(false);
}

static void test_an_exec_by_polling(void **state)
{
    an_exec(true);
}

/* The same name before and after: told by the image, or by the event. */
static void an_exec_of_itself(bool poll)
{
    following_begin(poll);
    fflush(NULL);
    int go[2];
    assert_int_equal(pipe2(go, 0), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(go[0], 0);
        close(go[1]);
        execl("/bin/sh", "sh", "-c", "read x; exec sh -c 'read y; echo $y' other", (char *)NULL);
        _exit(127);
    }
    close(go[0]);
    watch_care(following.watch, &pid, 1);
    bool first = following_within(2000, pid, row_is_named, "sh");
    following_run(700); /* it sleeps in read now, however slow the machine */
    struct task *row = tasks_find(watch_tasks(following.watch), pid);
    bool read_once = row && task_read_args(watch_procfd(following.watch), row);
    int64_t before = row ? row->exec_ms : 0;
    ssize_t wrote = write(go[1], "x\n", 2);
    following_run(1200);
    row = tasks_find(watch_tasks(following.watch), pid);
    bool again = row && !row->died_ms && row->exec_ms > before && !row->args;
    bool read_twice = row && task_read_args(watch_procfd(following.watch), row);
    bool other = read_twice && strstr(row->args, "other") && !strstr(row->args, "read x");
    end_child(pid);
    close(go[1]);
    assert_true(first && read_once && wrote == 2 && again && other);
}

static void test_an_exec_of_itself_by_events(void **state)
{
    an_exec_of_itself(false);
}

static void test_an_exec_of_itself_by_polling(void **state)
{
    an_exec_of_itself(true);
}

static void a_name(bool poll)
{
    following_begin(poll);
    char before[16];
    pid_t me = getpid();
    watch_care(following.watch, &me, 1);
    prctl(PR_GET_NAME, before);
    prctl(PR_SET_NAME, "other-name");
    bool named = following_within(2000, me, row_is_named, "other-name");
    prctl(PR_SET_NAME, before);
    assert_true(named);
}

static void test_a_name_by_events(void **state)
{
    a_name(false);
}

static void test_a_name_by_polling(void **state)
{
    a_name(true);
}

/* A grandchild whose parent dies gets another one: no event says so. */
static void an_orphan(bool poll)
{
    int fds[2];
    pid_t orphan = 0;
    following_begin(poll);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    fflush(NULL);
    pid_t me = getpid(), middle = fork();
    if (middle == 0) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                pause();
        if (write(fds[1], &pid, sizeof pid) != sizeof pid)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(fds[0], &orphan, sizeof orphan), sizeof orphan);
    assert_true(orphan > 0);
    bool seen = following_within(2000, orphan, row_has_parent, &middle);
    watch_care(following.watch, &middle, 1);
    kill(middle, SIGKILL); /* a zombie is no parent either */
    bool left = following_within(2000, orphan, row_lacks_parent, &middle);
    bool ours = following_within(100, orphan, row_has_parent, &me);
    bool told = left && tasks_find(watch_tasks(following.watch), orphan)->adopted_ms > 0;
    waitpid(middle, NULL, 0);
    end_child(orphan);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    close(fds[0]);
    close(fds[1]);
    assert_true(seen && left && ours && told);
}

static void test_an_orphan_by_events(void **state)
{
    an_orphan(false);
}

static void test_an_orphan_by_polling(void **state)
{
    an_orphan(true);
}

/* Storms. */

/* Every child of ours that a fresh scan finds is in the set with the same start and name, and no other. */
static void assert_consistent(void)
{
    struct scan fresh = {0};
    size_t found = 0, listed = 0;
    const struct tasks *set = watch_tasks(following.watch);
    assert_true(scan_read(watch_procfd(following.watch), &fresh));
    for (size_t i = 0; i < fresh.n; i++) {
        struct task t;
        if (!task_read(watch_procfd(following.watch), fresh.v[i].pid, &t) || t.ppid != getpid())
            continue;
        const struct task *row = tasks_find(set, t.pid);
        assert_non_null(row);
        assert_int_equal(row->died_ms, 0);
        assert_int_equal(row->start, t.start);
        assert_int_equal(row->ppid, t.ppid);
        assert_string_equal(row->comm, t.comm);
        found++;
    }
    for (size_t i = 0; i < set->n; i++) {
        assert_true(i == 0 || set->v[i - 1].pid < set->v[i].pid);
        listed += set->v[i].ppid == getpid() && !set->v[i].died_ms;
    }
    assert_int_equal(listed, found);
    scan_free(&fresh);
}

/* n forks, each tenth of which stays. between is called after each. */
static size_t storm(size_t n, pid_t *kept, void (*between)(void))
{
    size_t stay = 0;
    fflush(NULL);
    for (size_t i = 0; i < n; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            if (i % 10)
                _exit(0);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                pause();
        }
        if (pid > 0 && i % 10 == 0)
            kept[stay++] = pid;
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (between)
            between();
    }
    return stay;
}

static void turn(void)
{
    loop_once(following.loop, 0);
}

static void a_storm(bool poll, size_t n, void (*between)(void))
{
    autofree pid_t *kept = xcalloc(n, sizeof *kept);
    following_begin(poll);
    size_t stay = storm(n, kept, between);
    int64_t all_by = now_ms() + 5000;
    while (waitpid(-1, NULL, WNOHANG) > 0 ||
           (stay && !following_within(10, kept[stay - 1], row_is_live, NULL) && now_ms() < all_by))
        ;
    following_run(700);
    bool last = stay && following_within(3000, kept[stay - 1], row_is_live, NULL);
    for (size_t i = 0; i < stay; i += 2) {
        end_child(kept[i]);
        kept[i] = 0;
    }
    following_run(700);
    assert_consistent();
    for (size_t i = 0; i < stay; i++)
        if (kept[i])
            end_child(kept[i]);
    assert_true(last);
    assert_int_equal(stay, n / 10);
}

static void test_a_storm_by_events(void **state)
{
    a_storm(false, 2000, turn);
}

static void test_a_storm_by_polling(void **state)
{
    a_storm(true, 2000, turn);
}

/* Nobody reads the events of 8,000 forks: the queue overflows, and the scan that follows puts it right. */
static void test_lost_events(void **state)
{
    a_storm(false, 8000, NULL);
}

/* Namespaces below ours. */

static void forks_on_demand(int fd)
{
    char c;
    while (read(fd, &c, 1) == 1) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                pause();
        nest_say(fd);
        if (read(fd, &c, 1) != 1)
            return;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        nest_say(fd);
    }
}

static void a_nested_life(bool poll)
{
    struct nest n;
    const char *refusal = nest_refusal();
    SKIP_UNLESS(!refusal, refusal);
    connector_forbid(poll);
    assert_true(nest_start(&n, NEST_PROC, forks_on_demand));
    following.loop = loop_new();
    autofd int fd = procfs_of(n.pid);
    assert_true(fd >= 0);
    following.watch = watch_new(following.loop, fd, following_changed, NULL);
    assert_non_null(following.watch);
    assert_string_not_equal(watch_source(following.watch), "process connector"); /* those events carry other numbers */
    assert_int_equal(watch_tasks(following.watch)->n, 1);
    assert_int_equal(watch_tasks(following.watch)->v[0].pid, 1);
    following_run(300);
    nest_say(n.fd);
    assert_true(nest_wait_byte(n.fd));
    assert_true(following_within(1000, 2, row_is_live, NULL));
    assert_int_equal(tasks_find(watch_tasks(following.watch), 2)->ppid, 1);
    nest_say(n.fd);
    assert_true(nest_wait_byte(n.fd));
    assert_true(following_within(1000, 2, row_is_dead, NULL));
    nest_end(&n);
    assert_true(following_within(1000, 1, row_is_dead, NULL)); /* the namespace is gone, its /proc is still held */
}

static void test_a_nested_life_by_hints(void **state)
{
    SKIP_UNLESS(following_by_events(), "process events do not arrive here (needs the first pid namespace)");
    a_nested_life(false);
}

static void test_a_nested_life_by_polling(void **state)
{
    a_nested_life(true);
}

/* Quiet: while nothing happens, nobody is told anything and little time is spent. */
static void test_idle(void **state)
{
    following_begin(true);
    following_run(2500);
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    following_run(1000);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double ms = (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6;
    if (ms > 60) /* a fiftieth, and three times as much for a noisy machine */
        fail_msg("%.1f ms of CPU in a second", ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_life_by_events, following_end),
        cmocka_unit_test_teardown(test_a_life_by_polling, following_end),
        cmocka_unit_test_teardown(test_an_exec_by_events, following_end),
        cmocka_unit_test_teardown(test_an_exec_by_polling, following_end),
        cmocka_unit_test_teardown(test_an_exec_of_itself_by_events, following_end),
        cmocka_unit_test_teardown(test_an_exec_of_itself_by_polling, following_end),
        cmocka_unit_test_teardown(test_a_name_by_events, following_end),
        cmocka_unit_test_teardown(test_a_name_by_polling, following_end),
        cmocka_unit_test_teardown(test_an_orphan_by_events, following_end),
        cmocka_unit_test_teardown(test_an_orphan_by_polling, following_end),
        cmocka_unit_test_teardown(test_a_storm_by_events, following_end),
        cmocka_unit_test_teardown(test_a_storm_by_polling, following_end),
        cmocka_unit_test_teardown(test_lost_events, following_end),
        cmocka_unit_test_teardown(test_a_nested_life_by_hints, following_end),
        cmocka_unit_test_teardown(test_a_nested_life_by_polling, following_end),
        cmocka_unit_test_teardown(test_idle, following_end),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
