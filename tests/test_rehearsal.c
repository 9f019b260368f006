/* The recording of a rehearsal as data and as a file, and the rehearsal itself on real stages. */
#include "support.h"

#include "base/file.h"
#include "base/str.h"
#include "home.h"
#include "session/doctor.h"
#include "shell/rehearsal.h"
#include "shell/rehearse.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The data. */

static struct block blocks[] = {{.kind = BLOCK_CONSOLE, .text = (char *)"ls", .expect = (char *)""},
                                {.kind = BLOCK_CALL, .text = (char *)"getpid()"}};
static struct step steps[] = {{.title = (char *)"One", .slug = (char *)"one", .blocks = blocks, .nblocks = 2},
                              {.title = (char *)"Two", .slug = (char *)"two", .blocks = blocks, .nblocks = 1}};

static void fill(struct rehearsal *r)
{
    *r = (struct rehearsal){.lesson = xstrdup("les"), .stage = STAGE_REAL};
    struct rehearsal_step *s = rehearsal_add(r, &steps[0]);
    s->ms = 123;
    rehearsal_say(s, 0, SAY_PROSE, "lesson text");
    rehearsal_say(s, 0, SAY_ECHO, "root@host# ls");
    rehearsal_say(s, 0, SAY_OUTPUT, "say 0 K 3\nend 00");
    rehearsal_say(s, 0, SAY_OUTPUT, "11\n");
    rehearsal_say(s, 1, SAY_OUTPUT, "");
    rehearsal_say(s, 1, SAY_CALL, "[host 5] getpid() = 5 ✓");
    s = rehearsal_add(r, &steps[1]);
    s->ok = false;
    rehearsal_say(s, 0, SAY_BAD, "Expected 1.");
}

static void test_says(void **state)
{
    struct rehearsal r;
    fill(&r);
    const struct rehearsal_step *s = rehearsal_find(&r, &steps[0]);
    assert_non_null(s);
    assert_int_equal(s->n, 4);
    assert_string_equal(s->v[1].text, "say 0 K 3\nend 0011\n");
    assert_true(s->v[0].kind == SAY_ECHO && s->v[3].at == 1);
    assert_true(s->ok && !rehearsal_find(&r, &steps[1])->ok);
    rehearsal_clear(&r);
}

static void test_much(void **state)
{
    struct rehearsal r = {.lesson = xstrdup("les")};
    struct rehearsal_step *s = rehearsal_add(&r, &steps[0]);
    autostr struct str much = {0};
    while (much.len < 10000)
        str_add(&much, "wörter ");
    for (int i = 0; i < 100; i++)
        rehearsal_say(s, 0, i % 2 ? SAY_OUTPUT : SAY_INFO, str_c(&much));
    size_t total = 0;
    for (size_t i = 0; i < s->n; i++)
        total += strlen(s->v[i].text);
    assert_true(total > REHEARSAL_STEP_MAX - 10000 && total < REHEARSAL_STEP_MAX + 100);
    assert_string_equal(s->v[s->n - 1].text, "(more was said than is kept)");
    rehearsal_clear(&r);
}

static void assert_same(const struct rehearsal *a, const struct rehearsal *b)
{
    autostr struct str x = {0}, y = {0};
    rehearsal_print(a, &x);
    rehearsal_print(b, &y);
    assert_string_equal(str_c(&x), str_c(&y));
}

static void test_round_trip(void **state)
{
    struct rehearsal r, back;
    autostr struct str text = {0};
    fill(&r);
    rehearsal_print(&r, &text);
    assert_true(rehearsal_parse(&back, text.s, text.len));
    assert_same(&r, &back);
    assert_true(back.stage == STAGE_REAL && back.n == 2 && back.v[0].ms == 123 && back.v[0].when == r.v[0].when);
    assert_string_equal(back.v[0].host, r.v[0].host);
    rehearsal_clear(&back);
    rehearsal_clear(&r);
}

/* Whatever is cut off or changed: there is no recording then, and no crash. */
static void test_damaged(void **state)
{
    struct rehearsal r, back;
    autostr struct str text = {0};
    fill(&r);
    rehearsal_print(&r, &text);
    for (size_t n = 0; n < text.len; n++) {
        autofree char *part = xmalloc(n + 1);
        memcpy(part, text.s, n);
        assert_false(rehearsal_parse(&back, part, n));
        assert_true(!back.n && !back.lesson);
    }
    for (size_t i = 0; i < text.len; i++) {
        text.s[i] ^= 1;
        assert_false(rehearsal_parse(&back, text.s, text.len));
        text.s[i] ^= 1;
    }
    rehearsal_clear(&r);
}

static void test_hash(void **state)
{
    uint64_t was = rehearsal_hash(&steps[0]);
    assert_true(was != rehearsal_hash(&steps[1]));
    blocks[0].expect = (char *)"x";
    assert_true(was != rehearsal_hash(&steps[0]));
    blocks[0].expect = (char *)"";
    blocks[1].only = ONLY_REAL;
    assert_true(was != rehearsal_hash(&steps[0]));
    blocks[1].only = ONLY_BOTH;
    steps[0].title = (char *)"one";
    assert_true(was != rehearsal_hash(&steps[0]));
    steps[0].title = (char *)"One";
    assert_true(was == rehearsal_hash(&steps[0]));
}

/* What worked at home is kept when it fails in the hall, unless the step is another one by now. */
static void test_keep(void **state)
{
    struct rehearsal home, hall;
    fill(&home);
    fill(&hall);
    home.v[1].ok = true;
    home.v[1].when = 1000;
    free(home.v[1].host);
    home.v[1].host = xstrdup("home");
    rehearsal_keep(&hall, &home);
    assert_true(hall.v[1].ok && hall.v[1].when == 1000);
    assert_string_equal(hall.v[1].host, "home");
    hall.v[0].ok = false;
    home.v[0].hash++;
    rehearsal_keep(&hall, &home);
    assert_false(hall.v[0].ok);
    rehearsal_clear(&home);
    rehearsal_clear(&hall);
}

static void test_file(void **state)
{
    struct rehearsal r, back;
    struct stat st;
    home_open();
    assert_false(rehearsal_load(&back, "les", STAGE_REAL));
    assert_int_equal(errno, ENOENT);
    fill(&r);
    assert_true(rehearsal_save(&r));
    assert_true(rehearsal_load(&back, "les", STAGE_REAL));
    assert_same(&r, &back);
    assert_false(rehearsal_load(&(struct rehearsal){0}, "les", STAGE_PRACTICE));
    autofree char *path = rehearsal_path("les", STAGE_REAL), *evil = rehearsal_path("../../x", STAGE_PRACTICE);
    assert_true(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    assert_true(strstr(evil, "/rehearsals/_._.._x.practice") || !strstr(evil, "../"));
    assert_int_equal(truncate(path, st.st_size - 3), 0);
    rehearsal_clear(&back);
    assert_false(rehearsal_load(&back, "les", STAGE_REAL));
    assert_int_equal(errno, EBADMSG);
    rehearsal_clear(&r);
    home_close();
}

static void test_programs(void **state)
{
    static const struct {
        const char *command, *programs;
    } rows[] = {
        {"ps ax", " ps"},
        {"ps -o pid | grep '[s]leep 3' | wc -l", " ps grep wc"},
        {"cd /x && ls; echo done", " ls"},
        {"for n in pid user; do readlink /proc/$n; done", " readlink"},
        {"if [ -d x ]; then mkdir y; else rmdir y; fi", " mkdir rmdir"},
        {"A=1 B=\"x y\" env ls", " ls"},
        {"sleep 3 >/dev/null 2>&1 &", " sleep"},
        {"cat < /etc/x > y", " cat"},
        {"! kill -0 $x 2>/dev/null || { stat a; }", " stat"},
        {"x=$(id -u) ; \"$prog\" a", " id"},
        {"./own arg; /bin/date", " ./own /bin/date"},
        {"exec top -b -d 5", " top"},
        {"ls; ls -l | ls", " ls"},
        {"echo 'a | b; c'", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        autostr struct str out = {0};
        rehearse_programs(rows[i].command, &out);
        if (strcmp(str_c(&out), rows[i].programs) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", rows[i].command, str_c(&out), rows[i].programs);
    }
}

/* The rehearsal. */

static const char good[] =
    HOME_HEAD("good") "```sh setup\nexport word=hello\n```\n\n"
                      "## One\n\n```console\nroot@host# echo $word | tr a-z A-Z\nHELLO\n```\n\n<!-- pause -->\n\n"
                      "```c syscall\n[container] rmdir(\"absent\") = -1 ENOENT (No such file or directory)\n```\n\n"
                      "## Words\n\nOnly words.\n\n"
                      "## Turn\n\n**Predict:** what?\n\n- [ ] this\n\n  No.\n\n- [x] that\n\n  Yes.\n\n"
                      "<details><summary>Solution</summary>\n\n"
                      "```c syscall\n[container] mkdir(\"made\", 0755) = 0\n[container] mkdir(\"made/too\", 0755) = 0\n"
                      "```\n\n</details>\n\n"
                      "```sh check\ntest -d $lab/made/too || { echo not made; false; }\n```\n";
static const char bad[] =
    HOME_HEAD("bad") "## One\n\n```console\nroot@host# echo hello\ngoodbye\n```\n\n"
                     "## Two\n\n```c syscall\n[container] rmdir(\"absent\") = 0\n```\n\n"
                     "```console\nroot@host# nonesuch-program\n```\n\n"
                     "## Three\n\n<details><summary>Solution</summary>\n\n"
                     "```c syscall\n[container] mkdir(\"made\", 0755) = 0\n```\n\n</details>\n\n"
                     "```sh check\ntest -d $lab/other || { echo other is not there; false; }\n```\n\n"
                     "## Four\n\n```console\nroot@host# echo fine\nfine\n```\n";
static const char deadly[] = HOME_HEAD("deadly") "## One\n\n```c syscall\n[host] kill($host, SIGKILL) = 0\n```\n\n"
                                                 "```console\nroot@host# echo never\nnever\n```\n\n"
                                                 "## Two\n\n```console\nroot@host# echo fine\nfine\n```\n";
static struct str out;

static int rehearse(const char *lesson, enum stage_kind stage)
{
    struct shell_options opt = {.stage = stage, .stage_given = true, .lesson = lesson};
    char *text = NULL;
    size_t n = 0;
    struct loop *l = loop_new();
    FILE *f = open_memstream(&text, &n);
    int status = rehearse_run(l, &opt, "Terminal  of the tests\n", f);
    fclose(f);
    str_cut(&out, 0);
    str_add(&out, text);
    free(text);
    loop_free(l);
    return status;
}

static void expect(const char *what)
{
    if (!strstr(str_c(&out), what))
        fail_msg("not printed: %s\n--- printed:\n%s", what, str_c(&out));
}

static void need(enum stage_kind stage)
{
    autostr struct str why = {0};
    bool can = stage == STAGE_REAL ? geteuid() == 0 && doctor_stage_real(&why) : doctor_stage_practice(&why);
    SKIP_UNLESS(can, why.len ? why.s : "not root");
    home_open();
    home_lesson("01-good.md", good);
    home_lesson("02-bad.md", bad);
    home_lesson("03-deadly.md", deadly);
}

static bool has_line(const struct rehearsal_step *s, size_t at, enum say kind, const char *text)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].at == at && s->v[i].kind == kind && strstr(s->v[i].text, text))
            return true;
    return false;
}

static void check_good(enum stage_kind stage)
{
    struct rehearsal r;
    if (rehearse("good", stage) != EXIT_OK)
        fail_msg("failed:\n%s", str_c(&out));
    expect("ok    1/3  One  (2 lines, ");
    expect("ok    2/3  Words  (0 lines, ");
    expect("ok    3/3  Turn  (2 lines, ");
    expect("Programs  tr: all there");
    expect("Terminal  of the tests");
    expect("the lesson says 2 minutes");
    expect("All 3 steps work here.");
    assert_true(rehearsal_load(&r, "good", stage));
    assert_int_equal(r.n, 3);
    assert_true(has_line(&r.v[0], 0, SAY_ECHO, "echo $word") && has_line(&r.v[0], 0, SAY_OUTPUT, "HELLO"));
    assert_true(has_line(&r.v[2], 2, SAY_CALL, "mkdir(\"made\", 0755) = 0") ||
                has_line(&r.v[2], 1, SAY_CALL, "mkdir(\"made\", 0755) = 0"));
    rehearsal_clear(&r);
}

static void check_bad(enum stage_kind stage)
{
    struct rehearsal r;
    assert_int_equal(rehearse("bad", stage), EXIT_FAILED);
    expect("FAIL  1/4  One");
    expect("02-bad.md:15: echo hello");
    expect("expected \"goodbye\", got \"hello\"");
    expect("FAIL  2/4  Two");
    expect("Expected 0, but the kernel answered -1 ENOENT");
    expect("A part of the path does not exist");
    expect("Programs  not there: nonesuch-program (host side)");
    expect("FAIL  3/4  Three");
    expect("other is not there");
    expect("ok    4/4  Four");
    expect("3 of 4 steps would fail here.");
    assert_true(rehearsal_load(&r, "bad", stage));
    assert_true(r.n == 4 && !r.v[0].ok && !r.v[2].ok && r.v[3].ok);
    rehearsal_clear(&r);
}

static void check_stage(enum stage_kind stage)
{
    need(stage);
    check_good(stage);
    check_bad(stage);
    home_close();
}

static void test_practice(void **state)
{
    check_stage(STAGE_PRACTICE);
}

static void test_real(void **state)
{
    check_stage(STAGE_REAL);
}

/* A lesson that ends its own stage: the steps after it cannot work, on stage neither, and the rehearsal says so. */
static void test_deadly(void **state)
{
    need(STAGE_PRACTICE);
    assert_int_equal(rehearse("deadly", STAGE_PRACTICE), EXIT_FAILED);
    expect("FAIL  1/2  One");
    expect("echo never");
    expect("FAIL  2/2  Two");
    expect("2 of 2 steps would fail here.");
    home_close();
}

/* The learner's own place and progress are not touched, and neither are those of a presentation. */
static void test_keeps_out(void **state)
{
    need(STAGE_PRACTICE);
    assert_int_equal(rehearse("good", STAGE_PRACTICE), EXIT_OK);
    autofree char *state_dir = user_state_dir();
    static const char *const names[] = {"session", "progress.log", "present"};
    for (size_t i = 0; i < COUNT(names); i++) {
        autofree char *path = xasprintf("%s/%s", state_dir, names[i]);
        assert_int_equal(access(path, F_OK), -1);
    }
    assert_int_equal(rehearse("nonesuch", STAGE_PRACTICE), EXIT_USAGE);
    home_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says),    cmocka_unit_test(test_much),     cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_damaged), cmocka_unit_test(test_hash),     cmocka_unit_test(test_keep),
        cmocka_unit_test(test_file),    cmocka_unit_test(test_programs), cmocka_unit_test(test_practice),
        cmocka_unit_test(test_real),    cmocka_unit_test(test_deadly),   cmocka_unit_test(test_keeps_out),
    };
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    str_free(&out);
    return result;
}
