/* Processes that do not answer, and output that imitates porthole's own marks: nobody waits for ever. */
#include "support.h"

#include "stage.h"

#include "base/mem.h"
#include <signal.h>
#include <string.h>

#define CONTAINER 2

static void stopped_actor(void **state)
{
    struct session *s = stage_open(STAGE_PRACTICE);
    const char *out;
    assert_non_null(strstr(stage_refused(s, CONTAINER, "kill($container, SIGSTOP)"), "it is stopped"));
    assert_non_null(strstr(stage_refused(s, CONTAINER, "getpid()"), "SIGCONT"));
    assert_int_equal(stage_run(s, CONTAINER, "true", &out), -1);
    assert_int_equal(stage_call(s, 1, "kill($container, SIGCONT)", NULL), 0);
    assert_int_equal(stage_run(s, 1, "sleep 0.1", &out), 0); /* it answers the old call first, to nobody */
    assert_true(stage_call(s, CONTAINER, "getpid()", NULL) > 1);
    assert_int_equal(stage_run(s, CONTAINER, "kill -STOP $PPID", &out), -1);
    stage_close(s);
}

static void deaf_command(void **state)
{
    struct session *s = stage_open(STAGE_PRACTICE);
    struct outcome o;
    int status = 0;
    int64_t start = now_ms();
    assert_int_equal(
        session_run(s, session_actor(s, CONTAINER), "trap '' INT; sleep 60", RUN_QUIET, 50, NULL, &status, &o), 0);
    assert_int_equal(status, SIGKILL);
    assert_true(now_ms() - start < 5000);
    stage_close(s);
}

static void insist(void *arg)
{
    for (int i = 0; i < 3; i++)
        session_interrupt(arg);
}

static void insistence(void **state)
{
    struct session *s = stage_open(STAGE_PRACTICE);
    struct outcome o;
    int status = 0;
    loop_timer(stage_loop, 100, insist, s);
    assert_int_equal(
        session_run(s, session_actor(s, CONTAINER), "trap '' INT; sleep 60", RUN_QUIET, 0, NULL, &status, &o), 0);
    assert_int_equal(status, SIGKILL);
    stage_close(s);
}

static void give_up(void *arg)
{
    session_give_up(arg);
}

static void giving_up(void **state)
{
    struct session *s = stage_open(STAGE_PRACTICE);
    struct outcome o = {0};
    int status;
    int64_t start = now_ms();
    loop_timer(stage_loop, 100, give_up, s);
    session_run(s, session_actor(s, CONTAINER), "trap '' INT TERM HUP; sleep 60", RUN_QUIET, 0, NULL, &status, &o);
    assert_true(now_ms() - start < 2000);
    assert_non_null(strstr(stage_refused(s, CONTAINER, "getpid()"), "porthole ends"));
    stage_close(s);
}

static void long_variables(void **state)
{
    struct session *s = stage_open(STAGE_PRACTICE);
    struct outcome o;
    autostr struct str said = {0};
    const char *out;
    int status;
    assert_int_equal(session_run(s, session_actor(s, CONTAINER),
                                 "big=$(head -c 90000 /dev/zero | tr '\\0' x); small=kept", 0, 10000, &said, &status,
                                 &o),
                     0);
    assert_non_null(strstr(str_c(&said), "big is lost"));
    assert_int_equal(stage_run(s, CONTAINER, "echo $small${#big}", &out), 0);
    assert_string_equal(out, "kept0");
    stage_close(s);
}

/* A forged sync mark of the future must not make later output late, and half a mark must not swallow ours. */
static void imitated_marks(void **state)
{
    struct session *s = stage_open(STAGE_PRACTICE);
    const char *out;
    stage_run(s, CONTAINER, "printf '\\036S999999\\036'; printf '\\036'", &out);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(stage_run(s, CONTAINER, "printf 'a\\036b'; echo c", &out), 0);
        assert_string_equal(out, "abc");
    }
    stage_close(s);
}

static void unfinished_line(void **state)
{
    struct session *s = stage_open(STAGE_PRACTICE);
    struct actor *who = session_actor(s, CONTAINER);
    struct outcome o;
    autostr struct str said = {0};
    int status;
    stage_call(s, CONTAINER, "execve(\"/bin/sh\", [\"sh\"])", NULL);
    assert_int_equal(session_input(s, who, "echo \"one", 0, NULL, &status, &o), 0);
    assert_int_equal(status, -1);
    assert_int_equal(session_input(s, who, "two\"", 0, &said, &status, &o), 0);
    assert_int_equal(status, 0);
    assert_non_null(strstr(str_c(&said), "one\ntwo"));
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_actor),   cmocka_unit_test(deaf_command),   cmocka_unit_test(insistence),
        cmocka_unit_test(giving_up),       cmocka_unit_test(long_variables), cmocka_unit_test(imitated_marks),
        cmocka_unit_test(unfinished_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
