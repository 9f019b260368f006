/* Following a plain folder, where the test plays the kernel; and what is no /proc at all. */
#include "base/mem.h"
#include "following.h"
#include "proc/connector.h"
#include "proc/procfs.h"
#include "support.h"
#include "temp.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[TEMP_PATH];

static void put(pid_t pid, const char *comm, pid_t ppid, unsigned long start)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%d", root, (int)pid);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%d/stat", root, (int)pid);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fprintf(f, "%d (%s) S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %lu 0 0\n", (int)pid, comm, (int)ppid, start);
    fclose(f);
}

/* Out of the way, but its inode stays in use, so that the next folder gets another one. */
static void retire(pid_t pid, const char *as)
{
    char from[128], to[128];
    snprintf(from, sizeof from, "%s/%d", root, (int)pid);
    snprintf(to, sizeof to, "%s/%s", root, as);
    assert_int_equal(rename(from, to), 0);
}

static void test_a_folder(void **state)
{
    temp_make(root);
    put(1, "init", 0, 10);
    put(20, "a", 1, 20);
    put(21, "b", 20, 30);
    put(100, "c", 1, 40);
    autofd int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    following.loop = loop_new();
    following.watch = watch_new(following.loop, fd, following_changed, NULL);
    assert_non_null(following.watch);
    assert_string_equal(watch_source(following.watch), "getdents poll");
    assert_int_equal(watch_tasks(following.watch)->n, 4);

    retire(100, "old"); /* the pid is given to another process: the inode gives it away */
    put(100, "d", 1, 50);
    assert_true(following_within(1000, 100, row_is_named, "d"));
    assert_true(tasks_find(watch_tasks(following.watch), 100)->born_ms > 0);
    assert_int_equal(tasks_find(watch_tasks(following.watch), 100)->start, 50);

    retire(100, "older"); /* another inode, the same process: the kernel dropped and made it again */
    put(100, "d", 1, 50);
    int64_t born = tasks_find(watch_tasks(following.watch), 100)->born_ms;
    watch_scan(following.watch);
    assert_int_equal(tasks_find(watch_tasks(following.watch), 100)->born_ms, born);
    assert_int_equal(tasks_find(watch_tasks(following.watch), 100)->died_ms, 0);

    put(21, "b", 1, 30); /* as the kernel does at the end of its parent */
    retire(20, "gone");
    assert_true(following_within(1000, 20, row_is_dead, NULL));
    assert_int_equal(tasks_find(watch_tasks(following.watch), 21)->ppid, 1);
    assert_true(following_within(3000, 20, row_is_absent, NULL));

    put(20, "again", 1, 60);
    retire(21, "goner");
    watch_poke(following.watch);
    assert_true(following_within(1000, 20, row_is_named, "again"));
    retire(20, "goners");
    watch_scan(following.watch);
    assert_true(row_is_dead(tasks_find(watch_tasks(following.watch), 20), NULL));
    put(20, "third", 1, 70); /* while the row of the dead is still there */
    watch_scan(following.watch);
    assert_true(row_is_named(tasks_find(watch_tasks(following.watch), 20), "third"));
    assert_int_equal(tasks_find(watch_tasks(following.watch), 20)->died_ms, 0);
    assert_int_equal(tasks_find(watch_tasks(following.watch), 20)->start, 70);

    temp_remove(root);
}

static void free_it(void *arg)
{
    following.changes++;
    watch_free(following.watch);
    following.watch = NULL;
}

static void test_freed_from_its_own_callback(void **state)
{
    connector_forbid(true);
    following.loop = loop_new();
    following.changes = 0;
    following.watch = watch_new(following.loop, procfs_self(), free_it, NULL);
    assert_non_null(following.watch);
    for (int i = 0; i < 50 && following.watch; i++)
        loop_once(following.loop, 10);
    assert_null(following.watch);
    assert_int_equal(following.changes, 1);
}

static void test_not_a_directory(void **state)
{
    autofd int fd = open("/proc/version", O_RDONLY | O_CLOEXEC);
    following.loop = loop_new();
    assert_null(watch_new(following.loop, fd, NULL, NULL));
    assert_null(watch_new(following.loop, -1, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_folder, following_end),
        cmocka_unit_test_teardown(test_freed_from_its_own_callback, following_end),
        cmocka_unit_test_teardown(test_not_a_directory, following_end),
    };
    return cmocka_run_group_tests_name("watch_folder", tests, NULL, NULL);
}
