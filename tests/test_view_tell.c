/* Changes of the trees told as sentences. */
#include "base/loop.h"
#include "rows.h"
#include "support.h"
#include <string.h>

static void test_tell(void **state)
{
    struct tasks host = {0}, container = {0};
    int64_t t = now_ms();
    rows_task(&host, 1, 0, "init");
    rows_nested(rows_task(&host, 101, 1, "sh"), 5000, 1, 0)->born_ms = t;
    rows_task(&host, 102, 1, "top")->died_ms = t;
    struct task *brief = rows_task(&host, 103, 1, "ls");
    brief->born_ms = brief->died_ms = t;
    rows_task(&host, 104, 1, "sleep 9")->exec_ms = t;
    rows_task(&host, 105, 1, "orphan")->adopted_ms = t;
    struct task *z = rows_task(&host, 106, 1, "zed");
    z->state = 'Z';
    z->zombie_ms = t;
    rows_task(&host, 107, 1, "earlier")->born_ms = t - 500;
    rows_nested(rows_task(&container, 1, 0, "sh"), 5000, 0, 0)->born_ms = t;
    struct view_input in = rows_input(&host, &container);
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
    rows_task(&host, 1, 0, "init");
    rows_task(&host, 10, 1, "actor");
    rows_task(&host, 11, 10, "sh")->born_ms = t;
    rows_task(&host, 20, 1, "top")->died_ms = t;
    rows_task(&host, 30, 1, "cron")->born_ms = t;
    rows_task(&host, 31, 1, "mail")->born_ms = t;
    rows_task(&host, 32, 1, "old")->died_ms = t;
    pid_t ours = 10, victim = 20;
    struct view_input in = rows_input(&host, NULL);
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
        rows_task(&host, i, 10, "bomb")->born_ms = t;
    str_cut(&out, 0);
    view_tell_changes(&in, t, &out);
    assert_int_equal(rows_count_lines(&out), 21);
    assert_non_null(strstr(out.s, "884 are new"));
    tasks_free(&host);
}

/* A container that still sees the host's processes tells them as the host does, its own by name. */
static void test_tell_strangers_in_the_container(void **state)
{
    struct tasks host = {0}, container = {0};
    int64_t t = now_ms();
    pid_t ours = 10;
    struct tasks *sets[] = {&host, &container};
    for (size_t i = 0; i < COUNT(sets); i++) {
        rows_task(sets[i], 1, 0, "init");
        rows_task(sets[i], 10, 1, "actor");
        rows_task(sets[i], 11, 10, "sh")->born_ms = t;
        rows_task(sets[i], 30, 1, "cron")->born_ms = t;
        rows_task(sets[i], 32, 1, "old")->died_ms = t;
    }
    rows_task(&container, 99, 1, "unlinked")->born_ms = t;
    struct view_input in = rows_input(&host, &container);
    in.ours = &ours;
    in.nours = 1;
    autostr struct str out = {0};
    view_tell_changes(&in, t, &out);
    assert_string_equal(str_c(&out), "host: new process 11 sh (child of 10; 11 in the container)\n"
                                     "host: of the other processes, 1 is new and 1 is gone\n"
                                     "container: new process 11 sh (child of 10; 11 on the host)\n"
                                     "container: new process 99 unlinked (child of 1)\n"
                                     "container: of the other processes, 1 is new and 1 is gone\n");
    tasks_free(&host);
    tasks_free(&container);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tell),
        cmocka_unit_test(test_tell_strangers),
        cmocka_unit_test(test_tell_strangers_in_the_container),
    };
    return cmocka_run_group_tests_name("view_tell", tests, NULL, NULL);
}
