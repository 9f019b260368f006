/* Lessons that watch programs: calls to look for, and the orders `:slow` and `:why`, with real programs on a stage. */
#include "support.h"

#include "base/mem.h"
#include "faults.h"
#include "lesson/engine.h"
#include "session/watch.h"
#include "stage.h"
#include <string.h>

#define HEAD "---\nformat: 1\nid: t\ntitle: T\nminutes: 1\n---\n\n# T\n\nA goal.\n\n## One\n\n"
#define NEXT "\n## Two\n\nWords.\n"

static struct bench {
    struct session *session;
    struct engine *engine;
    struct lesson *lesson;
    struct course course;
    struct str said, remarks; /* remarks: a line each for the calls that were held */
    size_t held, steps;       /* how often the step's text has changed */
} bench;

static void bench_on_say(void *arg, enum say kind, const char *text)
{
    str_addf(&bench.said, "%s\n", text);
}

static void bench_on_step(void *arg)
{
    bench.steps++;
}

/* Two calls of a parent and its child, told in the order in which they returned. */
static void bench_tell_family(void)
{
    struct watched child = {.kind = WATCHED_CALL, .call = 1000002, .program = "child", .text = "chdir(\"/\") = 0"};
    struct watched parent = {.kind = WATCHED_CALL, .call = 1000001, .program = "parent", .text = "vfork() = 7"};
    child.row = call_find("chdir");
    parent.row = call_find("vfork");
    engine_hear_call(bench.engine, &child);
    engine_hear_call(bench.engine, &parent);
}

static void bench_on_output(void *arg, const struct actor *who, const char *bytes, size_t n)
{
    if (bench.engine && memmem(bytes, n, "family", 6))
        bench_tell_family();
    if (bench.engine)
        engine_hear(bench.engine, bytes, n);
}

static void bench_on_watched(void *arg, const struct watched *w)
{
    if (bench.engine)
        engine_hear_call(bench.engine, w);
}

static void bench_on_held(void *arg, const struct watched *w)
{
    const char *remark = bench.engine ? engine_call_remark(bench.engine, w) : NULL;
    bench.held++;
    if (remark)
        str_addf(&bench.remarks, "%s: %s\n", w->row->name, remark);
    session_go(bench.session, GO_ONE);
}

static void bench_open(const char *text)
{
    autostr struct str faults = {0};
    memset(&bench, 0, sizeof bench);
    bench.session = stage_open(STAGE_PRACTICE);
    session_set_events(
        bench.session,
        &(struct session_events){.output = bench_on_output, .watched = bench_on_watched, .held = bench_on_held});
    bench.lesson = lesson_parse("t.md", text, strlen(text), faults_collect, &faults);
    if (!bench.lesson)
        fail_msg("%s", str_c(&faults));
    bench.course = (struct course){.v = &bench.lesson, .n = 1};
    bench.engine =
        engine_new(bench.session, &bench.course, NULL, &(struct engine_ui){.say = bench_on_say, .step = bench_on_step});
}

static void bench_close(void)
{
    engine_stop(bench.engine);
    engine_free(bench.engine);
    bench.engine = NULL;
    lesson_free(bench.lesson);
    stage_close(bench.session);
    str_free(&bench.said);
    str_free(&bench.remarks);
}

static void bench_start(const char *text)
{
    struct outcome o = {0};
    bench_open(text);
    if (engine_start(bench.engine, bench.lesson, 0, STAGE_PRACTICE, &o) < 0)
        fail_msg("not started: %s: %s %s", o.step, o.where, o.hint);
}

/* Skips the test where programs are not watched. */
static void bench_needs_watch(void)
{
    const char *why = "";
    bool watches = session_watches(bench.session, &why);
    if (!watches)
        bench_close();
    SKIP_UNLESS(watches, why);
}

static void bench_enter(void)
{
    struct outcome o = {0};
    if (engine_enter(bench.engine, &o) < 0)
        fail_msg("Enter: %s: %s %s\n%s", o.step, o.where, o.hint, str_c(&bench.said));
}

static void bench_line(const char *line)
{
    struct outcome o = {0};
    if (engine_line(bench.engine, line, &o) < 0)
        fail_msg("%s: %s %s %s\n%s", line, o.step, o.where, o.hint, str_c(&bench.said));
}

static void bench_said(const char *what)
{
    if (!strstr(str_c(&bench.said), what))
        fail_msg("not said: %s\n--- said:\n%s", what, str_c(&bench.said));
}

static void bench_shows(const char *line, bool shows)
{
    autostr struct str text = {0};
    engine_step_text(bench.engine, 78, &text);
    if (!strstr(str_c(&text), line) == shows)
        fail_msg("%s: \"%s\"\n%s", shows ? "not shown" : "shown", line, str_c(&text));
}

/* Judged without a learner. */

static struct str reports;

static void on_report(void *arg, const struct step *step, int line, bool ok, const char *text)
{
    str_addf(&reports, "%d %s %s\n", line, ok ? "ok" : "FAIL", text);
}

/* Failures, with reports filled. */
static int bench_test(const char *text)
{
    struct outcome o = {0};
    str_cut(&reports, 0);
    bench_open(text);
    bench_needs_watch();
    int failures = engine_test(bench.engine, bench.lesson, STAGE_PRACTICE, on_report, NULL, &o);
    if (failures < 0)
        fail_msg("cannot be judged: %s: %s %s", o.step, o.where, o.hint);
    bench_close();
    return failures;
}

#define CHROOT "```console\nroot@host# chroot rootfs /bin/true\n```\n\n```c traced\n"

static const struct {
    const char *lines;
    const char *missing; /* "": all are seen */
} rows[] = {
    {"chroot(\"rootfs\") = 0\nchdir(\"/\") = 0\nexecve(\"/bin/true\", ...) = 0\n", ""},
    {"chroot(\"rootfs\")\n", ""},
    {"chroot(\"...\") = ...\n", ""},
    {"[chroot] chroot(\"rootfs\") = 0\n", ""},
    {"[host] chroot(\"rootfs\") = 0\n", ""},
    {"umount2(\"x\", 0) = 0 || chroot(\"rootfs\") = 0\n", ""},
    {"chroot(\"$nothing...\") = 0\n", ""},
    {"chdir(\"/\") = 0\nchroot(\"rootfs\") = 0\n", "chroot(\"rootfs\") = 0"}, /* the order counts */
    {"chroot(\"rootfs\") = 0\nchroot(\"rootfs\") = 0\n", "chroot(\"rootfs\") = 0"},
    {"chroot(\"root\") = 0\n", "chroot(\"root\") = 0"},
    {"chroot(\"rootfs\") = -1 EPERM\n", "chroot(\"rootfs\") = -1 EPERM"},
    {"[true] chroot(\"rootfs\") = 0\n", "chroot(\"rootfs\") = 0"},
    {"chroot(\"rootfs\") = 0\npivot_root(\".\", \".\") = 0\nchdir(\"/\") = 0\n", "pivot_root(\".\", \".\") = 0"},
};

static void test_judged(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        autofree char *text = xasprintf(HEAD CHROOT "%s```\n", rows[i].lines);
        autofree char *wanted = xasprintf("seen; not: %s", rows[i].missing);
        int failures = bench_test(text);
        if (failures != (*rows[i].missing != 0) || (failures && !strstr(str_c(&reports), wanted)))
            fail_msg("%s\n%d: %s", rows[i].lines, failures, str_c(&reports));
    }
    str_free(&reports);
}

/* A child may be quicker than its parent's fork: calls count in the order in which they were begun. */
static void test_family(void **state)
{
    static const char *const lines[] = {"vfork() = 7\nchdir(\"/\") = 0", "[parent] vfork()\n[child] chdir(\"/\")"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        autofree char *text =
            xasprintf(HEAD "```console\nroot@host# echo family\n```\n\n```c traced\n%s\n```\n", lines[i]);
        if (bench_test(text) != 0)
            fail_msg("%s", str_c(&reports));
    }
    assert_int_equal(bench_test(HEAD "```console\nroot@host# echo family\n```\n\n"
                                     "```c traced\nchdir(\"/\")\nvfork()\n```\n"),
                     1);
    str_free(&reports);
}

/* What came instead is said to the author, by the lines that have the same name. */
static void test_told(void **state)
{
    assert_int_equal(bench_test(HEAD CHROOT "chroot(\"other\") = 0\nchdir(\"/\") = 0\n```\n"), 1);
    assert_non_null(strstr(str_c(&reports), "1 of the 2 calls to watch for were seen; not: chroot(\"other\") = 0\n"
                                            "Calls of that name were:\nchroot(\"rootfs\") = 0"));
    str_free(&reports);
}

/* Everything stops, and goes on by itself. */
static void test_slow_by_itself(void **state)
{
    str_cut(&reports, 0);
    bench_open(HEAD "```console\nroot@host# :slow on\n```\n\n" CHROOT "chroot(\"rootfs\") = 0 /* lesson 3 */\n```\n");
    bench_needs_watch();
    struct outcome o = {0};
    assert_int_equal(engine_test(bench.engine, bench.lesson, STAGE_PRACTICE, on_report, NULL, &o), 0);
    assert_true(bench.held >= 3);
    assert_string_equal(str_c(&bench.remarks), "chroot: lesson 3\n");
    bench_close();
    str_free(&reports);
}

/* With a learner. */

static const char watched[] =
    HEAD "```console\nroot@host# :slow on\n```\n\n" CHROOT "chroot(\"rootfs\") = 0 /* lesson 3 */\n"
         "chdir(\"/\") = 0\nexecve(\"/bin/true\", ...) = 0\n```\n\n"
         "```console\nroot@host# :slow off\n```\n\nThe end.\n" NEXT;

static void test_walked(void **state)
{
    bench_start(watched);
    bench_needs_watch();
    assert_string_equal(engine_offer(bench.engine, NULL), ":slow on");
    assert_int_equal(session_slow(bench.session), SLOW_OFF);
    bench_enter();
    assert_int_equal(session_slow(bench.session), SLOW_ON);
    bench_said("Watch for these calls:\n  chroot(\"rootfs\") = 0 · lesson 3\n  chdir(\"/\") = 0\n");
    bench_shows("   chroot(\"rootfs\") = 0  · lesson 3\n", true);
    bench_shows("v  chroot", false);
    size_t steps = bench.steps;
    bench_enter();
    assert_true(bench.held >= 3 && bench.steps >= steps + 3);
    bench_shows("v  chroot(\"rootfs\") = 0  · lesson 3\n", true);
    bench_shows("v  execve(\"/bin/true\", ...) = 0\n", true);
    bench_enter();
    assert_int_equal(session_slow(bench.session), SLOW_OFF);
    bench_said("The end.");
    bench_close();
}

/* A way of the learner's own that makes the same calls; one that does not is just curiosity. */
static void test_own_way(void **state)
{
    bench_start(watched);
    bench_needs_watch();
    bench_enter();
    bench_line("root@host# true");
    assert_string_equal(engine_offer(bench.engine, NULL), "chroot rootfs /bin/true");
    bench_line("root@host# (cd .; chroot rootfs /bin/false || true)");
    assert_string_equal(engine_offer(bench.engine, NULL), "chroot rootfs /bin/true"); /* /bin/false */
    bench_line("root@host# (cd .; exec chroot rootfs /bin/true)");
    assert_string_equal(engine_offer(bench.engine, NULL), ":slow off");
    bench_close();
}

/* Another version of the program may do it otherwise: that is said, and nobody is held up. */
static void test_missing(void **state)
{
    bench_start(HEAD CHROOT "chroot(\"rootfs\") = 0\npivot_root(\".\", \".\") = 0\n```\n\nThe end.\n" NEXT);
    bench_needs_watch();
    bench_enter();
    bench_said("1 of the 2 calls to watch for were seen; not: pivot_root(\".\", \".\") = 0. Another version");
    bench_said("The end.");
    bench_shows("v  chroot", true);
    bench_shows("v  pivot_root", false);
    bench_close();
}

/* Slow motion is as the lesson has it at that place, and nothing stops while porthole rebuilds or skips. */
static void test_moving(void **state)
{
    struct outcome o = {0};
    bench_start(watched);
    bench_needs_watch();
    bench_enter();
    assert_int_equal(engine_skip(bench.engine, &o), 0);
    assert_int_equal(bench.held, 0);
    bench_said("Skipped.");
    assert_int_equal(session_slow(bench.session), SLOW_ON);
    assert_int_equal(engine_goto(bench.engine, 1, &o), 0);
    assert_int_equal(session_slow(bench.session), SLOW_OFF);
    assert_int_equal(engine_goto(bench.engine, 0, &o), 0);
    bench_enter();
    assert_int_equal(session_slow(bench.session), SLOW_ON);
    assert_int_equal(engine_reset(bench.engine, &o), 0);
    assert_int_equal(session_slow(bench.session), SLOW_OFF);
    assert_int_equal(bench.held, 0);
    bench_close();
}

/* :why */

#define FAILS "```c syscall\n[container] chdir(\"/nowhere\") = -1 ENOENT\n```\n\n"

static void test_why(void **state)
{
    bench_start(
        HEAD FAILS
        "```console\nroot@container# :why\n...\nholds: A part of the path does ...\n...\n```\n\nThe end.\n" NEXT);
    bench_enter();
    assert_string_equal(engine_offer(bench.engine, NULL), ":why");
    engine_ordered(bench.engine, ":hint"); /* of no concern */
    assert_string_equal(engine_offer(bench.engine, NULL), ":why");
    bench_enter();
    bench_said("holds: ");
    bench_said("The end.");
    bench_close();
}

static void test_why_of_another(void **state)
{
    bench_start(
        HEAD FAILS
        "```console\nroot@container# :why\n...\nholds: A part of the path does ...\n...\n```\n\nThe end.\n" NEXT);
    bench_enter();
    bench_line("chroot(\"rootfs/bin/busybox\")"); /* that is what :why tells of now */
    engine_ordered(bench.engine, ":why");
    bench_said("Enter tries it again");
    assert_string_equal(engine_offer(bench.engine, NULL), ":why");
    bench_line("chdir(\"/nowhere\")");
    engine_ordered(bench.engine, ":why"); /* the shell has run it */
    bench_said("The end.");
    bench_close();
}

static void test_why_judged(void **state)
{
    assert_int_equal(
        bench_test(HEAD FAILS "```console\nroot@container# :why\n...\nholds: A part of the path does ...\n...\n```\n"),
        0);
    assert_int_equal(bench_test(HEAD FAILS "```console\nroot@container# :why\n...\nholds: Nobody...\n...\n```\n"), 1);
    assert_non_null(strstr(str_c(&reports), "no line is as expected: \"holds: Nobody...\""));
    str_free(&reports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judged),         cmocka_unit_test(test_told),       cmocka_unit_test(test_family),
        cmocka_unit_test(test_slow_by_itself), cmocka_unit_test(test_walked),     cmocka_unit_test(test_own_way),
        cmocka_unit_test(test_missing),        cmocka_unit_test(test_moving),     cmocka_unit_test(test_why),
        cmocka_unit_test(test_why_of_another), cmocka_unit_test(test_why_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
