#include "following.h"
#include "proc/connector.h"
#include "proc/procfs.h"
#include "support.h"
#include <string.h>

struct following following;

void following_changed(void *arg)
{
    following.changes++;
}

bool following_by_events(void)
{
    struct loop *l = loop_new();
    struct watch *probe = watch_new(l, procfs_self(), NULL, NULL);
    bool works = probe && !strcmp(watch_source(probe), "process connector");
    watch_free(probe);
    loop_free(l);
    return works;
}

void following_begin(bool poll)
{
    SKIP_UNLESS(poll || following_by_events(), "process events do not arrive here (needs the first pid namespace)");
    connector_forbid(poll);
    following.changes = 0;
    following.loop = loop_new();
    following.watch = watch_new(following.loop, procfs_self(), following_changed, NULL);
    assert_non_null(following.watch);
    assert_string_equal(watch_source(following.watch), poll ? "getdents poll" : "process connector");
}

int following_end(void **state)
{
    watch_free(following.watch);
    following.watch = NULL;
    loop_free(following.loop);
    following.loop = NULL;
    connector_forbid(false);
    return 0;
}

struct wish {
    pid_t pid;
    bool (*holds)(const struct task *row, const void *arg);
    const void *arg;
};

static bool wish_holds(void *arg)
{
    const struct wish *wish = arg;
    return wish->holds(tasks_find(watch_tasks(following.watch), wish->pid), wish->arg);
}

bool following_within(int ms, pid_t pid, bool (*holds)(const struct task *row, const void *arg), const void *arg)
{
    struct wish wish = {pid, holds, arg};
    return loop_run_until(following.loop, wish_holds, &wish, ms);
}

bool row_is_live(const struct task *row, const void *arg)
{
    return row && !row->died_ms;
}

bool row_is_zombie(const struct task *row, const void *arg)
{
    return row && row->state == 'Z';
}

bool row_is_dead(const struct task *row, const void *arg)
{
    return row && row->died_ms;
}

bool row_is_absent(const struct task *row, const void *arg)
{
    return !row;
}

bool row_is_named(const struct task *row, const void *arg)
{
    return row && !strcmp(row->comm, arg);
}

bool row_has_parent(const struct task *row, const void *arg)
{
    return row && row->ppid == *(const pid_t *)arg;
}

bool row_lacks_parent(const struct task *row, const void *arg)
{
    return row && !row->died_ms && row->ppid != *(const pid_t *)arg;
}

static bool no_longer_runs(void *arg)
{
    return false;
}

void following_run(int ms)
{
    loop_run_until(following.loop, no_longer_runs, NULL, ms);
}
