/* A presentation without a terminal: solutions are offered, digressions end, recordings are labelled. */
#include "support.h"

#include "base/file.h"
#include "home.h"
#include "lesson/progress.h"
#include "session/doctor.h"
#include "shell/present.h"
#include "shell/rehearse.h"
#include "shell/shell.h"
#include <string.h>
#include <unistd.h>

/* The watch. */

static void test_clock(void **state)
{
    struct clock c = {0};
    assert_int_equal(clock_elapsed(&c, 5000), 0);
    clock_start(&c, 1000);
    assert_int_equal(clock_elapsed(&c, 5000), 4000);
    clock_pause(&c, 6000);
    clock_pause(&c, 7000);
    assert_int_equal(clock_elapsed(&c, 9000), 5000);
    clock_go_on(&c, 10000);
    clock_go_on(&c, 11000);
    assert_int_equal(clock_elapsed(&c, 12000), 7000);
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{0, "0:00"}, {59999, "0:59"}, {245000, "4:05"}, {3607000, "1:00:07"}, {-5, "0:00"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        autostr struct str text = {0};
        clock_print(&text, rows[i].ms);
        assert_string_equal(str_c(&text), rows[i].text);
    }
}

/* A presentation. */

static const char talk[] =
    HOME_HEAD("talk") "<!-- speaker_note: breathe -->\n\n"
                      "```sh setup\necho secret > $lab/file\n```\n\n"
                      "## One\n\n<!-- speaker_note: look at them -->\n\n"
                      "```console\nroot@host# mkdir $lab/made\nroot@host# cat $lab/file\nsecret\n```\n\n"
                      "## Two\n\n**Predict:** what?\n\n- [ ] this\n\n  No.\n\n- [x] that\n\n  Yes.\n\n"
                      "Your turn.\n\n<details><summary>Solution</summary>\n\n"
                      "```c syscall\n[container] mkdir(\"a\", 0755) = 0\n[container] mkdir(\"a/b\", 0755) = 0\n```\n\n"
                      "</details>\n\n```sh check\ntest -d $lab/a/b || { echo no b; false; }\n```\n\n"
                      "## Three\n\n```console\nroot@host# ls -d $lab/a/b\n...b\n```\n";
static const char other[] = HOME_HEAD("other") "## Only\n\n```console\nroot@host# true\n```\n";

static struct loop *loop;
static struct shell *sh;
static struct str said;

static void on_say(void *arg, enum say kind, const char *text)
{
    static const char letters[] = "TPQCEKOIGBRHWXV";
    str_addf(&said, "%c %s\n", letters[kind], text);
}

static void begin(const char *lesson)
{
    struct shell_options opt = {.stage = STAGE_PRACTICE, .stage_given = true, .lesson = lesson, .present = true};
    struct outcome o = {0};
    int status;
    loop = loop_new();
    sh = shell_new(loop, &opt, &status, &o);
    if (!sh)
        fail_msg("no shell: %s: %s %s", o.step, o.where, o.hint);
    shell_set_ui(sh, &(struct shell_ui){.say = on_say});
    if (shell_begin(sh, &o) < 0)
        fail_msg("not begun: %s: %s %s", o.step, o.where, o.hint);
}

static void end(void)
{
    autostr struct str receipt = {0};
    if (!shell_end(sh, &receipt))
        fail_msg("something is left:\n%s", str_c(&receipt));
    shell_free(sh);
    loop_free(loop);
}

static void expect(const char *what)
{
    if (!strstr(str_c(&said), what))
        fail_msg("not said: %s\n--- said:\n%s", what, str_c(&said));
}

static void expect_not(const char *what)
{
    if (strstr(str_c(&said), what))
        fail_msg("said: %s\n--- said:\n%s", what, str_c(&said));
}

static void line(const char *text)
{
    str_cut(&said, 0);
    assert_int_equal(shell_line(sh, text), SHELL_GO_ON);
}

static void expect_offer(const char *text)
{
    if (strcmp(shell_offer(sh), text) != 0)
        fail_msg("offered \"%s\" instead of \"%s\"\n--- said:\n%s", shell_offer(sh), text, str_c(&said));
}

static void expect_host(const char *command, bool succeeds)
{
    int status = -1;
    struct session *s = shell_session(sh);
    assert_int_equal(session_run(s, session_actor(s, 1), command, RUN_QUIET, 5000, NULL, &status, NULL), 0);
    if ((status == 0) != succeeds)
        fail_msg("%s: wait status %d\n--- said:\n%s", command, status, str_c(&said));
}

static int open_home(void **state)
{
    home_open();
    home_lesson("01-talk.md", talk);
    home_lesson("02-other.md", other);
    str_cut(&said, 0);
    return 0;
}

static int close_home(void **state)
{
    home_close();
    return 0;
}

static void need_stage(void)
{
    autostr struct str why = {0};
    bool can = doctor_stage_practice(&why);
    SKIP_UNLESS(can, str_c(&why));
}

/* Enter, and the answer to the question: nothing else is ever needed. */
static void test_whole(void **state)
{
    need_stage();
    begin("talk");
    expect_offer("mkdir $lab/made");
    line("");
    expect_offer("cat $lab/file");
    line("");
    expect("O secret");
    expect("G Done: step 1 of 3");
    line("");
    expect_offer("");
    line("2");
    expect("G Right:");
    expect_offer("mkdir(\"a\", 0755)"); /* nobody asked for the solution */
    line("");
    expect_offer("mkdir(\"a/b\", 0755)");
    line("");
    expect("Right: the goal of this turn is reached.");
    line("");
    line("");
    expect("Lesson complete");
    expect_not("the next lesson");
    line("");
    expect("That was the lesson.");
    assert_string_equal(engine_lesson(shell_engine(sh))->id, "talk");
    end();
}

/* A digression that destroys what the lesson needs is undone; what the lesson itself did is not. */
static void test_resume(void **state)
{
    need_stage();
    begin("talk");
    line("");
    line(":resume");
    expect("I Step 1 of 3, One: nothing was run beside it.");
    line("rm -r $lab/made $lab/file; touch $lab/mess");
    line("[container] exit(3)");
    line(":resume");
    expect("I Step 1 of 3, One: the container was rebuilt");
    expect_host("test -d $lab/made -a -f $lab/file -a ! -e $lab/mess", true);
    expect_offer("cat $lab/file");
    line("");
    expect("O secret");
    line("");
    line("2");
    line("");
    line("mkdir(\"c\", 0755)");
    line(":resume"); /* in the middle of a solution: its first line stays done */
    expect_host("test -d $lab/a -a ! -e $lab/c", true);
    expect_offer("mkdir(\"a/b\", 0755)");
    line("");
    expect("Right: the goal of this turn is reached.");
    end();
}

/* A line that failed is offered again, in the state before it. */
static void test_resume_missed(void **state)
{
    need_stage();
    begin("talk");
    line("");
    line("rm $lab/file");
    line("");
    expect("B ");
    expect("On stage: :resume rebuilds what was before this line, :skip goes on without it.");
    line("ls /");
    expect_not("On stage:"); /* said once */
    line(":resume");
    expect_offer("cat $lab/file");
    line("");
    expect("O secret");
    end();
}

/* A turn whose check is not content begins again. */
static void test_resume_turn(void **state)
{
    need_stage();
    begin("talk");
    line(":goto 2");
    line("2");
    line("");
    line("rmdir $lab/a");
    line("[container] mkdir(\"a\", 0755)");
    line("rmdir $lab/a; : > $lab/a");
    line("[container] mkdir(\"a/b\", 0755)");
    expect_offer("");
    expect("On stage:");
    line(":resume");
    expect_offer("mkdir(\"a\", 0755)");
    line("");
    line("");
    expect("Right: the goal of this turn is reached.");
    end();
}

static void test_reset(void **state)
{
    need_stage();
    begin("talk");
    line("");
    line("rm -r $lab/file");
    line(":reset");
    expect_host("test -f $lab/file -a ! -e $lab/made", true);
    expect_offer("mkdir $lab/made");
    end();
}

/* The recording. */

static void rehearse(void)
{
    struct shell_options opt = {.stage = STAGE_PRACTICE, .stage_given = true, .lesson = "talk"};
    char *text = NULL;
    size_t n = 0;
    struct loop *l = loop_new();
    FILE *f = open_memstream(&text, &n);
    int status = rehearse_run(l, &opt, "", f);
    fclose(f);
    if (status != EXIT_OK)
        fail_msg("the rehearsal failed:\n%s", text);
    free(text);
    loop_free(l);
}

/* Each line of it says what it is. */
static void expect_labels(void)
{
    size_t labelled = 0;
    for (const char *p = str_c(&said); *p; p += strcspn(p, "\n"), p += *p == '\n') {
        bool about = !strncmp(p, "V RECORDING of ", 15) || !strncmp(p, "V End of the RECORDING of ", 26);
        if (*p == 'V' && !about && strncmp(p, "V REC| ", 7) != 0)
            fail_msg("not labelled: %.60s", p);
        labelled += *p == 'V' && !about;
    }
    assert_true(labelled > 0);
}

static void test_recorded(void **state)
{
    char host[128];
    need_stage();
    rehearse();
    begin("talk");
    line("");
    line("rm $lab/file");
    line("");
    expect("B ");
    expect("; :recorded shows the recording of 20");
    line(":recorded");
    gethostname(host, sizeof host);
    expect(host);
    expect(", not live: step 1, One");
    expect("V REC| host:/lab# cat $lab/file");
    expect("V REC| secret");
    expect_not("mkdir $lab/made"); /* that was done live already */
    expect_not("O secret");        /* nothing recorded looks like output */
    expect("What follows is live.");
    expect("T Step 2 of 3: Two");
    expect_labels();
    expect_host("test -d $lab/made -a -f $lab/file", true); /* done without a word */
    line(":steps");
    expect("R  1  One");
    expect("shown from its recording");
    line("2");
    line("");
    line("");
    line("");
    line("");
    expect("Lesson complete");
    end();
}

/* What cannot be done here is marked, and the lesson goes on: the setup makes no file any more. */
static void test_recorded_marked(void **state)
{
    autostr struct str changed = {0};
    need_stage();
    rehearse();
    str_add(&changed, talk);
    memcpy(strstr(changed.s, "echo secret > $lab/file"), "echo secret # $lab/file", 23);
    home_lesson("01-talk.md", changed.s);
    begin("talk");
    line("");
    line("");
    expect("B ");
    line(":recorded");
    expect("V REC| secret");
    expect_labels();
    expect("B Not done here: what step 1 does could not be done on this machine");
    expect("T Step 2 of 3: Two");
    line(":steps");
    expect("!  1  One");
    expect("not done here");
    end();
}

static void test_recorded_none(void **state)
{
    need_stage();
    begin("talk");
    line(":recorded");
    expect("there is no recording of this step");
    expect_offer("mkdir $lab/made");
    end();
    rehearse();
    autostr struct str changed = {0};
    str_add(&changed, talk);
    char *echo = strstr(changed.s, "cat $lab");
    memcpy(echo, "dd <$lab", 8);
    home_lesson("01-talk.md", changed.s);
    begin("talk");
    line(":recorded");
    expect("there is no recording of this step");
    end();
}

/* What the speaker sees. */

static void test_cue(void **state)
{
    struct cue c;
    need_stage();
    begin("talk");
    shell_cue(sh, &c);
    assert_string_equal(c.lesson, "1 talk: About talk");
    assert_string_equal(c.title, "One");
    assert_string_equal(c.next_title, "Two");
    assert_string_equal(c.line, "mkdir $lab/made");
    assert_string_equal(c.notes, "breathe\n\nlook at them");
    assert_true(c.step == 0 && c.nsteps == 3 && c.budget_ms == 120000 && !c.paused && !c.missed);
    cue_clear(&c);
    line(":pause");
    shell_cue(sh, &c);
    assert_true(c.paused && shell_present_paused(sh));
    cue_clear(&c);
    line(":goto 3");
    shell_cue(sh, &c);
    assert_string_equal(c.notes, "");
    assert_string_equal(c.next_title, "");
    assert_true(c.step == 2 && !c.paused);
    cue_clear(&c);
    autostr struct str text = {0};
    shell_present_time(sh, &text);
    assert_non_null(strstr(str_c(&text), " of 2:00"));
    line(":steps");
    expect("x  1  One");
    expect(">  3  Three");
    end();
}

/* The speaker's own lessons stay where they were; the presentation is resumed where it was. */
static void test_place(void **state)
{
    need_stage();
    begin("talk");
    line("");
    line("");
    line("");
    end();
    autofree char *dir = user_state_dir(), *own = xasprintf("%s/session", dir);
    assert_int_equal(access(own, F_OK), -1);
    str_cut(&said, 0);
    begin(NULL);
    expect("T Step 2 of 3: Two");
    expect_host("test -d $lab/made", true);
    end();
}

/* Where nothing is presented. */
static void test_learner(void **state)
{
    struct shell_options opt = {.stage = STAGE_PRACTICE, .stage_given = true, .lesson = "talk"};
    struct outcome o = {0};
    int status;
    need_stage();
    loop = loop_new();
    sh = shell_new(loop, &opt, &status, &o);
    assert_non_null(sh);
    shell_set_ui(sh, &(struct shell_ui){.say = on_say});
    assert_int_equal(shell_begin(sh, &o), 0);
    line(":recorded");
    expect("That is for a presentation");
    line(":help");
    expect_not(":recorded");
    expect(":resume");
    line("rm $lab/file");
    line(":resume");
    expect_host("test -f $lab/file", true);
    line(":goto 2");
    line("2");
    expect_offer(""); /* a turn is a turn */
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock),
        cmocka_unit_test_setup_teardown(test_whole, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_resume, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_resume_missed, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_resume_turn, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_reset, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_recorded, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_recorded_marked, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_recorded_none, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_cue, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_place, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_learner, open_home, close_home),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    str_free(&said);
    return result;
}
