/* porthole test, list and lint as functions: what they print and what they return. */
#include "support.h"

#include "base/str.h"
#include "home.h"
#include "session/doctor.h"
#include "shell/headless.h"
#include <string.h>
#include <unistd.h>

static const char good[] =
    HOME_HEAD("good") "## One\n\n```console\nroot@host# echo hello\nhello\n```\n\n"
                      "## Words\n\nOnly words.\n\n"
                      "## Turn\n\nMake it.\n\n<details><summary>Solution</summary>\n\n"
                      "```c syscall\n[container] mkdir(\"made\", 0755) = 0\n```\n\n</details>\n\n"
                      "```sh check\ntest -d $lab/made || { echo not made; false; }\n```\n";
static const char bad[] = HOME_HEAD("bad") "## One\n\n```console\nroot@host# echo hello\ngoodbye\n```\n\n"
                                           "## Two\n\n```c syscall\n[container] rmdir(\"absent\") = 0\n```\n\n"
                                           "## Real\n\n<!-- only: real -->\n\nWords.\n";
static struct str out;

static int run(const char *lesson)
{
    char *names[] = {(char *)(uintptr_t)lesson};
    struct headless_options opt = {
        .stage = STAGE_PRACTICE, .stage_given = true, .names = names, .nnames = lesson ? 1 : 0};
    char *text = NULL;
    size_t n = 0;
    struct loop *l = loop_new();
    FILE *f = open_memstream(&text, &n);
    int status = headless_test(l, &opt, f);
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

static void need_stage(void)
{
    autostr struct str why = {0};
    bool can = doctor_stage_practice(&why);
    SKIP_UNLESS(can, str_c(&why));
}

static int open_all(void **state)
{
    home_open();
    return 0;
}

static int close_all(void **state)
{
    home_close();
    str_free(&out);
    return 0;
}

static void test_passes(void **state)
{
    need_stage();
    home_lesson("01-good.md", good);
    assert_int_equal(run("good"), EXIT_OK);
    expect("ok    good 1/3  One\n");
    expect("ok    good 2/3  Words (nothing to judge)\n");
    expect("ok    good 3/3  Turn\n");
    expect("3 passed, 0 failed, 0 skipped (practice stage)\n");
}

static void test_fails(void **state)
{
    need_stage();
    home_lesson("01-good.md", good);
    home_lesson("02-bad.md", bad);
    assert_int_equal(run(NULL), EXIT_FAILED);
    expect("FAIL  bad 1/3  One\n");
    expect("02-bad.md:15: ");
    expect("goodbye");
    expect("02-bad.md:22: Expected 0, but the kernel answered -1 ENOENT");
    expect("skip  bad 3/3  Real (not on the practice stage)\n");
    expect("3 passed, 2 failed, 1 skipped (practice stage)\n");
    assert_int_equal(run("2"), EXIT_FAILED);
    assert_int_equal(run("godo"), EXIT_USAGE);
    expect("good");
}

/* The first feature that does not work on this machine. */
static const char *missing_feature(void)
{
    for (const char *const *name = doctor_names(); *name; name++) {
        struct doctor_result r = {0};
        if (strcmp(*name, "root") && doctor_try(*name, &r) && !r.works)
            return *name;
    }
    return NULL;
}

static void test_needs(void **state)
{
    char text[512];
    need_stage();
    const char *name = missing_feature();
    SKIP_UNLESS(name, "every feature that a lesson can need works here");
    snprintf(text, sizeof text,
             "---\nformat: 1\nid: needy\ntitle: Needy\nneeds: %s\n---\n\n# Needy\n\nGoal.\n\n## One\n\nWords.\n", name);
    home_lesson("01-needy.md", text);
    assert_int_equal(run("needy"), EXIT_CANNOT_RUN);
    expect("skip  needy: this lesson needs ");
    expect("0 passed, 0 failed, 1 skipped");
}

static void test_broken_file(void **state)
{
    need_stage();
    home_lesson("01-broken.md", "---\nformat: 1\nid: x\nnonsense: 1\n---\n\n# X\n");
    home_lesson("02-good.md", good);
    assert_int_equal(run(NULL), EXIT_FAILED);
    expect("01-broken.md:4: ");
    expect("ok    good 1/3");
}

static void test_list(void **state)
{
    struct headless_options opt = {0};
    char *text = NULL;
    size_t n = 0;
    home_lesson("01-good.md", good);
    home_lesson("02-bad.md", bad);
    FILE *f = open_memstream(&text, &n);
    assert_int_equal(headless_list(&opt, false, f), EXIT_OK);
    fclose(f);
    assert_string_equal(text, " 1  good         About good (2 min)\n 2  bad          About bad (2 min)\n");
    free(text);
}

static void test_lint(void **state)
{
    char path[128], *text = NULL;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/lessons/01-broken.md", getenv("PORTHOLE_STATE"));
    home_lesson("01-broken.md", "---\nformat: 1\nid: x\nnonsense: 1\n---\n\n# X\n");
    FILE *f = open_memstream(&text, &n);
    assert_int_equal(headless_lint((char *[]){path}, 1, f), EXIT_FAILED);
    fclose(f);
    assert_non_null(strstr(text, "01-broken.md:4: error: "));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_passes, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_fails, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_needs, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_broken_file, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_list, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_lint, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
