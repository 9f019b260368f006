/* The engine with small lessons and real processes. */
#include "support.h"

#include "base/mem.h"
#include "base/text.h"
#include "faults.h"
#include "lesson/engine.h"
#include "stage.h"
#include "temp.h"
#include <string.h>
#include <unistd.h>

#define HEAD "---\nformat: 1\nid: t\ntitle: T\nminutes: 1\n---\n\n# T\n\nA goal.\n\n"

/* A session with one lesson. */

struct bench {
    struct session *session;
    struct engine *engine;
    struct lesson *lesson;
    struct course course;
    struct progress *progress;
    struct str said; /* everything, a line each, "K text" with the kind's letter */
    char dir[TEMP_PATH];
};

static struct bench bench;

static void bench_on_say(void *arg, enum say kind, const char *text)
{
    static const char letters[] = "TPQCEKOIGBRHWX";
    str_addf(&bench.said, "%c %s\n", letters[kind], text);
}

static void bench_on_output(void *arg, const struct actor *who, const char *bytes, size_t n)
{
    if (bench.engine)
        engine_hear(bench.engine, bytes, n);
    str_addn(&bench.said, bytes, n);
}

static void bench_on_fault(void *arg, const char *path, int line, bool error, const char *message)
{
    if (error)
        fail_msg("%s:%d: %s", path, line, message);
}

static struct engine *bench_engine(void)
{
    bench.progress = progress_open(bench.dir);
    return engine_new(bench.session, &bench.course, bench.progress, &(struct engine_ui){.say = bench_on_say});
}

static void bench_open(const char *text)
{
    memset(&bench, 0, sizeof bench);
    bench.session = stage_open(STAGE_PRACTICE);
    temp_make(bench.dir);
    session_set_events(bench.session, &(struct session_events){.output = bench_on_output});
    bench.lesson = lesson_parse("t.md", text, strlen(text), bench_on_fault, NULL);
    assert_non_null(bench.lesson);
    bench.course = (struct course){.v = &bench.lesson, .n = 1, .dir = bench.dir};
    bench.engine = bench_engine();
}

static void bench_start(const char *text)
{
    struct outcome o = {0};
    bench_open(text);
    if (engine_start(bench.engine, bench.lesson, 0, STAGE_PRACTICE, &o) < 0)
        fail_msg("not started: %s: %s %s", o.step, o.where, o.hint);
}

static void bench_close(void)
{
    engine_stop(bench.engine);
    engine_free(bench.engine);
    progress_free(bench.progress);
    lesson_free(bench.lesson);
    stage_close(bench.session);
    str_free(&bench.said);
    temp_remove(bench.dir);
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

static void bench_not_said(const char *what)
{
    if (strstr(str_c(&bench.said), what))
        fail_msg("said: %s\n--- said:\n%s", what, str_c(&bench.said));
}

static void bench_forget(void)
{
    str_cut(&bench.said, 0);
}

/* The status of a command on the host side. */
static int bench_host(const char *command)
{
    return stage_run(bench.session, 1, command, NULL);
}

/* Walking. */

static const char walk[] = HEAD "## One\n\nFirst words.\n\n```console\nroot@host# echo $((40 + 2))\n42\n```\n\n"
                                "Later words.\n\n```c syscall\n[container] mkdir(\"made\", 0755) = 0\n```\n\n"
                                "## Two\n\nNothing to do.\n\n<!-- pause -->\n\nLast words.\n";

static void test_walk(void **state)
{
    enum side side;
    bench_start(walk);
    bench_said("First words.");
    bench_not_said("Later words.");
    assert_string_equal(engine_offer(bench.engine, &side), "echo $((40 + 2))");
    assert_int_equal(side, SIDE_HOST);
    assert_string_equal(engine_take_offer(bench.engine), "echo $((40 + 2))");
    assert_int_equal(session_side(bench.session), SIDE_HOST);
    bench_enter();
    bench_said("42");
    bench_said("Later words.");
    assert_string_equal(engine_offer(bench.engine, &side), "mkdir(\"made\", 0755)");
    assert_int_equal(side, SIDE_CONTAINER);
    bench_enter();
    bench_said("] mkdir(\"made\", 0755) = 0");
    bench_said("G Done: step 1 of 2.");
    assert_false(engine_finished(bench.engine));
    assert_int_equal(bench_host("test -d $lab/made"), 0);
    bench_enter();
    assert_int_equal(engine_step(bench.engine), 1);
    bench_not_said("Last words.");
    bench_enter();
    bench_said("Last words.");
    bench_said("G Lesson complete: T");
    assert_true(engine_finished(bench.engine));
    assert_true(progress_lesson_done(bench.progress, "t"));
    bench_close();
}

/* Another wording with the same effect counts; something else does not. */
static void test_own_words(void **state)
{
    static const struct {
        const char *block, *typed;
        bool counts;
    } rows[] = {
        {"[host] mkdir(\"made\", 0755) = 0", "mkdir( \"made\",0755 );", true},
        {"[host] mkdir(\"made\", 0755) = 0", "[host] mkdir(\"made\", 0755) = 0", true},
        {"[host] mkdir(\"made\", 0755) = 0", "mkdir(\"./made/\", 0755)", true},
        {"[host] mkdir(\"made\", 0755) = 0", "mkdir -p made", true},
        {"[host] mkdir(\"made\", 0755) = 0", "mkdir(\"other\", 0755)", false},
        {"[host] mkdir(\"made\", 0755) = 0", "mkdir other", false},
        {"[host] mkdir(\"made\", 0755) = 0", "echo made", false},
        {"[host] rmdir(\"absent\") = -1 ENOENT (No such file or directory)", "rmdir(\"absent\")", true},
        {"[host] chdir(\"/\") = 0", "chdir(\"rootfs\")", false},
        {"[host] mount(\"tmpfs\", \"rootfs/mnt\", \"tmpfs\", 0, NULL) = 0",
         "mount(\"none\", \"rootfs/mnt\", \"tmpfs\", MS_NOSUID, NULL)", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        autofree char *text = xasprintf(HEAD "## One\n\n```c syscall\n%s\n```\n", rows[i].block);
        bench_start(text);
        session_set_side(bench.session, SIDE_HOST);
        bench_line(rows[i].typed);
        if (engine_finished(bench.engine) != rows[i].counts)
            fail_msg("%s for %s: counts %d\n%s", rows[i].typed, rows[i].block, !rows[i].counts, str_c(&bench.said));
        bench_not_said("B ");
        bench_close();
    }
}

static void test_own_command(void **state)
{
    static const struct {
        const char *block, *typed;
        bool counts;
    } rows[] = {
        {"mkdir made", "mkdir  made", true},
        {"mkdir made", "mkdir(\"made\", 0700)", true},
        {"mkdir made", "mkdir -m 700 made", true},
        {"mkdir made", "ls", false},
        {"ls -d rootfs/bin\nrootfs/bin", "ls -1d rootfs/bin", true},
        {"ls -d rootfs/bin\nrootfs/bin", "ls -d rootfs/lib", false},
        {"false\n[1]", "false", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        autofree char *text = xasprintf(HEAD "## One\n\n```console\nroot@host# %s\n```\n", rows[i].block);
        bench_start(text);
        session_set_side(bench.session, SIDE_HOST);
        bench_line(rows[i].typed);
        if (engine_finished(bench.engine) != rows[i].counts)
            fail_msg("%s for %s: counts %d\n%s", rows[i].typed, rows[i].block, !rows[i].counts, str_c(&bench.said));
        bench_close();
    }
}

static void test_missed_expectation(void **state)
{
    struct outcome o;
    bench_start(HEAD "## One\n\n```console\nroot@host# echo real\nimagined\n```\n\n"
                     "```c syscall\n[host] rmdir(\"absent\") = 0\n```\n");
    bench_enter();
    bench_said("imagined");
    bench_said(":skip");
    assert_string_equal(engine_offer(bench.engine, NULL), "echo real");
    assert_int_equal(engine_skip(bench.engine, &o), 0);
    bench_enter();
    bench_said("B Expected 0, but the kernel answered -1 ENOENT (No such file or directory).");
    assert_int_equal(engine_skip(bench.engine, &o), 0);
    assert_true(engine_finished(bench.engine));
    bench_close();
}

static void test_errors_run_nothing(void **state)
{
    struct outcome o = {0};
    bench_start(walk);
    assert_int_equal(engine_line(bench.engine, "mout(\"x\")", &o), -1);
    bench_said("mount");
    bench_said("^");
    assert_int_equal(engine_line(bench.engine, "[host] chdir($nonsense)", &o), -1);
    bench_said("nonsense");
    const struct journal *j = engine_journal(bench.engine);
    for (size_t i = 0; i < j->n; i++)
        assert_int_equal(j->v[i].kind, JOURNAL_DRIVE);
    bench_close();
}

/* State may come a moment after the call: looking again is harmless, so it is done. */
static void test_late_state(void **state)
{
    bench_start(HEAD "## One\n\n```console\nroot@host# (sleep 0.1; touch late) >/dev/null 2>&1 &\n"
                     "root@host# ls late\nlate\n```\n\n"
                     "```console\nroot@host# (sleep 0.1; kill $$) & touch never; ls nothing\nnothing\n```\n");
    bench_enter();
    bench_enter();
    bench_said("I A moment later:");
    bench_said("O late");
    bench_not_said("B ");
    bench_enter(); /* this one does more than look: once is enough */
    bench_said("B ");
    bench_close();
}

static void test_only(void **state)
{
    struct outcome o = {0};
    bench_start(HEAD "## One\n\nWords.\n\n<!-- only: real -->\n\n```console\nroot@host# false\n```\n\n"
                     "## Two\n\n<!-- only: real -->\n\nReal words.\n\n## Three\n\nLast words.\n");
    bench_said("G Done: step 1 of 3.");
    assert_int_equal(engine_goto(bench.engine, 1, &o), -1);
    assert_int_equal(engine_next(bench.engine, &o), 0);
    assert_int_equal(engine_step(bench.engine), 2);
    bench_not_said("Real words.");
    assert_int_equal(engine_back(bench.engine, &o), 0);
    assert_int_equal(engine_step(bench.engine), 0);
    bench_close();
}

/* Questions and turns. */

static const char turn[] =
    HEAD "```sh setup\nsleep 31338 & export victim=$!\n```\n\n"
         "## One\n\n**Predict:** Who wins?\n\n- [ ] The left\n\n  Left is wrong.\n\n- [x] The right\n\n"
         "  Right is right.\n\n- [ ] Nobody\n\nYour turn: end it.\n\n"
         "<details><summary>Hint</summary>\n\nLook at kill.\n\n</details>\n\n"
         "<details><summary>Hint</summary>\n\nLook closer.\n\n</details>\n\n"
         "<details><summary>Solution</summary>\n\n```c syscall\n[container] kill($victim, SIGTERM) = 0\n"
         "```\n\n</details>\n\n```sh check\n! kill -0 $victim 2>/dev/null || { echo it still runs; false; }\n"
         "```\n\n## Two\n\nAfterwards.\n\n```console\nroot@host# kill -0 $victim\n...\n[1]\n```\n\n"
         "```sh cleanup\nkill $victim 2>/dev/null\n```\n";

static void test_question(void **state)
{
    bench_start(turn);
    assert_true(engine_question(bench.engine));
    bench_said("Q Who wins?");
    bench_said("C 2) The right");
    bench_not_said("Your turn");
    assert_string_equal(engine_offer(bench.engine, NULL), "");
    bench_enter();
    assert_true(engine_question(bench.engine));
    bench_line("echo curious"); /* other lines run as ever */
    assert_true(engine_question(bench.engine));
    bench_line("a");
    bench_said("B No: 1) The left");
    bench_said("Left is wrong.");
    bench_said("Right is right.");
    assert_false(engine_question(bench.engine));
    bench_said("Your turn: end it.");
    bench_close();
}

static void test_question_right(void **state)
{
    bench_start(turn);
    bench_line("2");
    bench_said("G Right: 2) The right");
    bench_not_said("B ");
    bench_close();
}

static void test_turn_by_own_way(void **state)
{
    struct outcome o = {0};
    bench_start(turn);
    bench_line("2");
    assert_int_equal(engine_next(bench.engine, &o), -1);
    assert_int_equal(engine_hint(bench.engine), 1);
    bench_said("H Hint 1 of 2: Look at kill.");
    assert_int_equal(engine_hint(bench.engine), 2);
    bench_line("echo thinking");
    bench_not_said("goal of this turn");
    bench_said("I Not yet: it still runs");
    bench_line("root@container# kill -9 $victim");
    bench_said("G Right: the goal of this turn is reached.");
    bench_said("G Done: step 1 of 2.");
    bench_close();
}

static void test_turn_by_solution(void **state)
{
    bench_start(turn);
    bench_line("2");
    assert_string_equal(engine_offer(bench.engine, NULL), "");
    assert_int_equal(engine_solution(bench.engine), 1);
    assert_string_equal(engine_offer(bench.engine, NULL), "kill($victim, SIGTERM)");
    bench_enter();
    bench_said("G Right: the goal of this turn is reached.");
    bench_close();
}

static void test_turn_skipped(void **state)
{
    struct outcome o = {0};
    bench_start(turn);
    assert_int_equal(engine_skip(bench.engine, &o), 0);
    bench_said("2) The right");
    assert_int_equal(engine_skip(bench.engine, &o), 0);
    bench_said("G Done: step 1 of 2.");
    assert_int_equal(bench_host("kill -0 $victim"), 1);
    bench_close();
}

/* Going back. */

static const char rooms[] =
    HEAD "## One\n\n```console\nroot@host# mkdir one\n```\n\n```c syscall\n[container] fork() = $child\n"
         "```\n\n## Two\n\n```c syscall\n[fork3] chroot(\"rootfs\") = 0\n[fork3] chdir(\"/\") = 0\n```\n\n"
         "```console\nroot@host# mkdir two\n```\n\n## Three\n\n```console\nroot@host# mkdir three\n```\n";

static void bench_expect_dirs(bool one, bool two, bool three)
{
    assert_int_equal(bench_host("test -d $lab/one"), !one);
    assert_int_equal(bench_host("test -d $lab/two"), !two);
    assert_int_equal(bench_host("test -d $lab/three"), !three);
}

static void test_goto_and_back(void **state)
{
    struct outcome o = {0};
    bench_start(rooms);
    if (engine_goto(bench.engine, 2, &o) < 0)
        fail_msg("goto: %s %s %s", o.step, o.where, o.hint);
    assert_int_equal(engine_step(bench.engine), 2);
    bench_not_said("] fork()");
    bench_expect_dirs(true, true, false);
    bench_enter();
    bench_expect_dirs(true, true, true);
    int64_t start = now_ms();
    assert_int_equal(engine_reset(bench.engine, &o), 0);
    print_message(":reset took %d ms\n", (int)(now_ms() - start));
    assert_int_equal(engine_step(bench.engine), 2);
    bench_expect_dirs(true, true, false);
    assert_int_equal(engine_back(bench.engine, &o), 0);
    assert_int_equal(engine_step(bench.engine), 1);
    bench_expect_dirs(true, false, false);
    bench_forget();
    bench_enter(); /* addresses fork3, which the replay made again */
    bench_said("[fork3 ");
    bench_enter();
    bench_enter();
    bench_said("G Done: step 2 of 3.");
    assert_int_equal(engine_back(bench.engine, &o), 0);
    bench_expect_dirs(false, false, false);
    assert_int_equal(engine_back(bench.engine, &o), -1);
    assert_int_equal(engine_goto(bench.engine, 9, &o), -1);
    bench_close();
}

/* The page writes `fork() = $child`, the prompt is offered `fork()`: the replayed call sets the name all the same. */
static void test_replayed_names(void **state)
{
    struct outcome o = {0};
    bench_start(HEAD "## One\n\n```c syscall\n[container] fork() = $child\n[container] kill($child, SIGKILL) = 0\n"
                     "[container] wait4($child, &status, 0, NULL) = $child\n```\n\n"
                     "## Two\n\n```console\nroot@host# mkdir two\n```\n");
    for (int i = 0; i < 4; i++)
        bench_enter();
    assert_int_equal(engine_step(bench.engine), 1);
    if (engine_reset(bench.engine, &o) < 0)
        fail_msg("reset: %s %s %s", o.step, o.where, o.hint);
    assert_int_equal(engine_step(bench.engine), 1);
    assert_int_equal(bench_host("test -n \"$child\" && ! kill -0 $child"), 0);
    bench_close();
}

static void test_child_variable(void **state)
{
    bench_start(rooms);
    bench_enter();
    bench_enter();
    const struct actor *child = session_actor(bench.session, 3);
    assert_non_null(child);
    assert_int_equal(atoi(session_var(bench.session, SIDE_HOST, "child")), child->own_pid);
    bench_close();
}

/* As after a SIGKILL: what was saved is all there is. */
static void test_resume(void **state)
{
    struct outcome o = {0};
    bench_start(rooms);
    bench_enter();
    bench_enter();
    bench_enter();
    bench_enter();
    assert_string_equal(engine_offer(bench.engine, NULL), "chdir(\"/\")");
    engine_free(bench.engine);
    progress_free(bench.progress);
    session_stop(bench.session);
    bench_forget();
    bench.engine = bench_engine();
    if (engine_resume(bench.engine, &o) != 0)
        fail_msg("resume: %s %s %s", o.step, o.where, o.hint);
    assert_int_equal(engine_step(bench.engine), 1);
    assert_string_equal(engine_offer(bench.engine, NULL), "chdir(\"/\")");
    const char *child = session_var(bench.session, SIDE_HOST, "child");
    assert_int_equal(child ? atoi(child) : 0, session_actor(bench.session, 3)->own_pid);
    bench_expect_dirs(true, false, false);
    bench_enter();
    bench_said("] chdir(\"/\") = 0");
    bench_enter();
    bench_said("G Done: step 2 of 3.");
    bench_close();
}

static void test_resume_nothing(void **state)
{
    struct outcome o = {0};
    bench_open(rooms);
    assert_int_equal(engine_resume(bench.engine, &o), 1);
    bench_close();
}

/* A lesson for which the machine lacks something is left out, and the next one comes. */
static void test_left_out(void **state)
{
    static const char one[] = HEAD "## One\n\n```console\nroot@host# true\n```\n";
    static const char lacking[] = "---\nformat: 1\nid: u\ntitle: Lacking\nneeds: python3\n---\n## One\n\nWords.\n";
    static const char last[] = "---\nformat: 1\nid: v\ntitle: Last\n---\n## One\n\nLast words.\n";
    struct lesson *all[3];
    autofree char *path = xstrdup(getenv("PATH"));
    bench_start(one);
    all[0] = bench.lesson;
    all[1] = lesson_parse("u.md", lacking, strlen(lacking), bench_on_fault, NULL);
    all[2] = lesson_parse("v.md", last, strlen(last), bench_on_fault, NULL);
    bench.course.v = all;
    bench.course.n = 3;
    setenv("PATH", "/nowhere", 1);
    bench_enter();
    bench_enter();
    setenv("PATH", path, 1);
    bench_said("Left out: Lacking: this lesson needs python3, which does not work here: no python3");
    bench_said("Last words.");
    assert_ptr_equal(engine_lesson(bench.engine), all[2]);
    bench_close();
    lesson_free(all[1]);
    lesson_free(all[2]);
}

/* Programs. */

static void test_program_is_typed_to(void **state)
{
    bench_start(HEAD "## One\n\n```c syscall\n[container] chroot(\"rootfs\") = 0\n[container] chdir(\"/\") = 0\n"
                     "[container] execve(\"/bin/sh\", [\"sh\"]) = ?\n```\n\n"
                     "```console\nroot@container# pwd\n/\nroot@container# ls -d bin\nbin\n```\n");
    for (int i = 0; i < 3; i++)
        bench_enter();
    assert_int_equal(session_actor(bench.session, 2)->state, ACTOR_PROGRAM);
    bench_enter();
    bench_enter();
    bench_said("G Lesson complete");
    struct outcome o = {0};
    assert_int_equal(engine_line(bench.engine, "[container] chroot(\"/\")", &o), -1);
    bench_forget();
    bench_line("[host] f=mine; lab=x");
    bench_line("root@container# for f in a b; do echo \"<$f>\"; done; echo \"$container\"; echo '$lab'");
    bench_said("<a>\n<b>\n");
    bench_said("\n$lab\n");
    autofree char *number = xasprintf("\n%d\n", (int)session_actor(bench.session, 2)->host_pid);
    bench_said(number);
    bench_close();
}

/* The headless test. */

static struct str reports;

static void on_report(void *arg, const struct step *step, int line, bool ok, const char *text)
{
    str_addf(&reports, "%s:%d %s %s\n", step->slug, line, ok ? "ok" : "FAIL", text);
}

static int bench_test(const char *text)
{
    struct outcome o = {0};
    str_cut(&reports, 0);
    bench_open(text);
    int failures = engine_test(bench.engine, bench.lesson, STAGE_PRACTICE, on_report, NULL, &o);
    bench_close();
    return failures;
}

static void test_headless(void **state)
{
    assert_int_equal(bench_test(turn), 0);
    assert_non_null(strstr(str_c(&reports), " ok"));
    assert_int_equal(bench_test(rooms), 0);
    assert_int_equal(
        bench_test(HEAD "## One\n\n```console\nroot@host# echo real\nimagined\n```\n\n"
                        "```c syscall\n[host] rmdir(\"absent\") = 0\n```\n\n```sh check\necho never; false\n```\n"),
        3);
    print_message("%s", str_c(&reports));
    assert_non_null(strstr(str_c(&reports), "one:15 FAIL"));
    assert_non_null(strstr(str_c(&reports), "imagined"));
    assert_non_null(strstr(str_c(&reports), "one:20 FAIL Expected 0, but the kernel answered -1 ENOENT"));
    assert_non_null(strstr(str_c(&reports), "FAIL The check failed: never"));
    str_free(&reports);
}

/* What the kernel wrote into the caller's memory is judged as strictly as the number it returned. */
static void test_outputs(void **state)
{
    static const struct {
        const char *wstatus;
        int failures;
    } rows[] = {
        {"[{WIFEXITED(s) && WEXITSTATUS(s) == 7}]", 0}, {"[{WIFEXITED(s) && ...}]", 0},   {"&status", 0}, {"NULL", 0},
        {"[{WIFEXITED(s) && WEXITSTATUS(s) == 8}]", 1}, {"[{WIFSIGNALED(s) && ...}]", 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        autofree char *text =
            xasprintf(HEAD "## One\n\n```c syscall\n[container] fork() = $child\n[fork3] exit(7) = ?\n"
                           "[container] wait4(-1, %s, 0, NULL) = $child\n```\n",
                      rows[i].wstatus);
        if (bench_test(text) != rows[i].failures)
            fail_msg("%s\n%s", rows[i].wstatus, str_c(&reports));
        if (rows[i].failures)
            assert_non_null(strstr(str_c(&reports), "kernel wrote [{WIFEXITED(s) && WEXITSTATUS(s) == 7}]."));
        str_free(&reports);
    }
}

static void test_step_text(void **state)
{
    autostr struct str text = {0};
    bench_start(turn);
    engine_step_text(bench.engine, 40, &text);
    assert_non_null(strstr(str_c(&text), "#T\n"));
    assert_non_null(strstr(str_c(&text), "?2) The right\n"));
    assert_null(strstr(str_c(&text), "Right is right"));
    assert_null(strstr(str_c(&text), "Your turn: end it."));
    bench_line("1");
    str_cut(&text, 0);
    engine_step_text(bench.engine, 40, &text);
    assert_non_null(strstr(str_c(&text), "-1) The left (your answer)\n"));
    assert_non_null(strstr(str_c(&text), "+2) The right (right)\n"));
    assert_non_null(strstr(str_c(&text), " Your turn: end it.\n"));
    bench_close();
}

/* A failure is explained unasked, but for one that the lesson announced; a success that deceives, too. */
static void test_why(void **state)
{
    bench_start(HEAD "## One\n\n```c syscall\n[container] chdir(\"/nowhere\") = -1 ENOENT\n```\n\n"
                     "```c syscall\n[container] unshare(CLONE_NEWPID) = 0\n```\n\n"
                     "```c syscall\n[container] chdir(\"rootfs\") = 0\n```\n");
    assert_null(engine_why(bench.engine));
    bench_line("mount(\"t\", \"rootfs/nowhere\", \"tmpfs\")");
    bench_said("W checked 3 causes; this one holds: The directory to mount on does not exist");
    bench_line("chroot(\"rootfs/bin/busybox\") = -1 ENOTDIR");
    bench_forget();
    bench_enter();
    bench_said("] chdir(\"/nowhere\") = -1 ENOENT");
    bench_enter();
    bench_said("] unshare(CLONE_NEWPID) = 0");
    bench_not_said("W ");
    assert_string_equal(engine_why(bench.engine)->first->name, "children-only"); /* kept for :why */
    bench_line("kill(1, SIGKILL)");
    bench_said("W It returned without an error, but: Nothing died");
    struct outcome o = {0};
    assert_int_equal(engine_reset(bench.engine, &o), 0);
    assert_null(engine_why(bench.engine));
    bench_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_own_words),
        cmocka_unit_test(test_own_command),
        cmocka_unit_test(test_missed_expectation),
        cmocka_unit_test(test_errors_run_nothing),
        cmocka_unit_test(test_late_state),
        cmocka_unit_test(test_only),
        cmocka_unit_test(test_question),
        cmocka_unit_test(test_question_right),
        cmocka_unit_test(test_turn_by_own_way),
        cmocka_unit_test(test_turn_by_solution),
        cmocka_unit_test(test_turn_skipped),
        cmocka_unit_test(test_goto_and_back),
        cmocka_unit_test(test_replayed_names),
        cmocka_unit_test(test_child_variable),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_resume_nothing),
        cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_program_is_typed_to),
        cmocka_unit_test(test_headless),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_step_text),
        cmocka_unit_test(test_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
