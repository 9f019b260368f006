/* The program's command line: options, subcommands, exit status. Runs $PORTHOLE_BIN, else ./porthole. */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "home.h"
#include <ctype.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct str out;

static const char *program(void)
{
    const char *path = getenv("PORTHOLE_BIN");
    return path ? path : "./porthole";
}

/* Runs a command with both outputs in `out`; returns its exit status. */
static int run_command(const char *text)
{
    autofree char *command = xasprintf("exec 2>&1 </dev/null; %s", text);
    char buf[4096];
    FILE *f = popen(command, "r");
    assert_non_null(f);
    str_cut(&out, 0);
    for (size_t n; (n = fread(buf, 1, sizeof buf, f)) > 0;)
        str_addn(&out, buf, n);
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The same for "porthole ARGS". */
static int run(const char *args)
{
    autofree char *command = xasprintf("%s %s", program(), args);
    return run_command(command);
}

static void expect(const char *what)
{
    if (!strstr(str_c(&out), what))
        fail_msg("not printed: %s\n--- printed:\n%s", what, str_c(&out));
}

static int open_all(void **state)
{
    home_open();
    home_lesson("01-good.md",
                HOME_HEAD("good") "## One\n\nA \"quoted\\\\\" word.\n\n```console\nroot@host# true\n```\n");
    home_lesson("02-bad.md", "---\nformat: 1\nid: bad\nnonsense: 1\n---\n\n# Bad\n");
    return 0;
}

static int close_all(void **state)
{
    home_close();
    str_free(&out);
    return 0;
}

static void need_program(void)
{
    SKIP_UNLESS(access(program(), X_OK) == 0, "the program is not built (make)");
}

static void test_usage(void **state)
{
    static const struct {
        const char *args, *said;
    } rows[] = {
        {"--nonsense", "there is no option --nonsense"},
        {"-x", "there is no option -x"},
        {"--rootfs", "option --rootfs needs a value"},
        {"--real --practice", "exclude each other"},
        {"one two", "one lesson at a time: two is too many"},
        {"lint", "lint needs a file"},
        {"--theme dark", "there is no theme dark"},
        {"list good", "list takes no argument: good"},
        {"doctor now", "doctor takes no argument: now"},
        {"play", "play needs a file"},
        {"play a b", "one recording at a time: b is too many"},
        {"play --speed fast a", "a speed is a number from 0.125 to 64: fast"},
        {"play --speed 0 a", "a speed is a number"},
        {"play --idle -1 a", "a pause is a number of seconds: -1"},
    };
    need_program();
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = run(rows[i].args);
        if (status != 2)
            fail_msg("porthole %s: exit status %d\n%s", rows[i].args, status, str_c(&out));
        expect(rows[i].said);
        expect("usage: porthole");
    }
}

static void test_help_and_version(void **state)
{
    need_program();
    assert_int_equal(run("--version"), 0);
    assert_true(!strncmp(str_c(&out), "porthole ", 9) && isdigit((unsigned char)out.s[9]));
    assert_int_equal(run("--help"), 0);
    expect("Examples");
    expect("--practice");
    assert_int_equal(run("help"), 0);
    expect("porthole test");
}

/* Recordings as text, since there is no terminal. */
static void test_play(void **state)
{
    static const struct {
        const char *text;
        int status;
        const char *said;
    } rows[] = {
        {"{\"version\": 2, \"width\": 20, \"height\": 5}\\n[0, \"m\", \"first\"]\\n[1, \"o\", \"hello\"]\\n", 0,
         "== 0:00 first\nhello\n"},
        {"{\"version\": 2, \"width\": 20, \"height\": 5}\\n[1, \"o\"]\\n", 1,
         "a.cast:2: an event is [time, \"kind\", \"data\"]\n"},
        {"#!/bin/sh\\n", 1, "a.cast:1: this is no asciicast: its first line is no JSON\n"},
    };
    need_program();
    for (size_t i = 0; i < COUNT(rows); i++) {
        autofree char *command =
            xasprintf("f=$PORTHOLE_STATE/a.cast; printf '%s' >\"$f\" && %s play \"$f\"", rows[i].text, program());
        int status = run_command(command);
        if (status != rows[i].status)
            fail_msg("exit status %d\n%s", status, str_c(&out));
        expect(rows[i].said);
    }
    assert_int_equal(run("play /nowhere.cast"), 1);
    expect("porthole: /nowhere.cast: No such file or directory");
}

/* A value of JSON; returns what follows it, or NULL. */
static const char *json(const char *p)
{
    p += strspn(p, " \n");
    if (*p == '"') {
        for (p++; *p && *p != '"'; p++) {
            if ((unsigned char)*p < 0x20 || (*p == '\\' && !strchr("\"\\/bfnrtu", *++p)))
                return NULL;
        }
        return *p ? p + 1 : NULL;
    }
    if (*p == '{' || *p == '[') {
        char end = *p == '{' ? '}' : ']';
        p += 1 + strspn(p + 1, " \n");
        if (*p == end)
            return p + 1;
        for (;; p++) {
            if (end == '}') {
                p = json(p);
                if (!p || *(p += strspn(p, " \n")) != ':')
                    return NULL;
                p++;
            }
            p = json(p);
            if (!p || (*(p += strspn(p, " \n")) != ',' && *p != end))
                return NULL;
            if (*p == end)
                return p + 1;
        }
    }
    size_t n = strspn(p, "0123456789truefalsn-");
    return n ? p + n : NULL;
}

static void test_list(void **state)
{
    need_program();
    assert_int_equal(run("list"), 1); /* one of the two files has a fault */
    expect("02-bad.md:4: error:");
    expect(" 1  good         About good (2 min)");
    assert_int_equal(run("list --json 2>/dev/null"), 1);
    const char *end = json(str_c(&out));
    if (!end || end[strspn(end, " \n")])
        fail_msg("no JSON:\n%s", str_c(&out));
    expect("\"id\": \"good\"");
    expect("\"steps\": [\"One\"]");
}

static void test_lint(void **state)
{
    need_program();
    autofree char *bad = xasprintf("lint %s/02-bad.md", getenv("PORTHOLE_LESSONS"));
    autofree char *good = xasprintf("lint %s/01-good.md", getenv("PORTHOLE_LESSONS"));
    assert_int_equal(run(bad), 1);
    expect("02-bad.md:4: error:");
    assert_int_equal(run(good), 0);
    expect("1 file, 0 errors");
    assert_int_equal(run("lint /nonexistent.md"), 1);
    expect("/nonexistent.md");
}

/* Wrong words are wrong usage, whoever is asked; without a stage nobody is. */
static void test_wrong_names(void **state)
{
    static const struct {
        const char *args, *said;
    } rows[] = {
        {"nosuch", "there is no lesson: \"nosuch\""},
        {"0", "there is no lesson"},
        {"99", "there is no lesson"},
        {"/nonexistent.md", "/nonexistent.md"},
        {"--rootfs /nonexistent", "--rootfs wants"},
        {"test --rootfs /nonexistent", "--rootfs wants"},
        {"--lessons /nonexistent", "/nonexistent"},
        {"test --lessons /nonexistent", "/nonexistent"},
        {"list --lessons /nonexistent", "/nonexistent"},
    };
    need_program();
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = run(rows[i].args);
        if (status == 77)
            continue;
        if (status != 2)
            fail_msg("porthole %s: exit status %d\n%s", rows[i].args, status, str_c(&out));
        expect(rows[i].said);
    }
}

/* In a user namespace that may make no other one, by a root without rights. */
static void test_nothing_can_run(void **state)
{
    static const char limited[] = "unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; "
                                  "exec setpriv --bounding-set -all --inh-caps -all \"$@\"' -";
    need_program();
    autofree char *probe = xasprintf("%s true 2>/dev/null", limited);
    SKIP_UNLESS(system(probe) == 0, "no user namespace can be limited here");
    for (const char *const *args = (const char *const[]){"test --practice", "--practice --plain", "doctor", NULL};
         *args; args++) {
        autofree char *command = xasprintf("%s %s %s", limited, program(), *args);
        int status = run_command(command);
        if (status != 77)
            fail_msg("porthole %s: exit status %d\n%s", *args, status, str_c(&out));
        expect("user.max_user_namespaces"); /* why, and so the cure */
    }
}

static void test_no_such_lesson(void **state)
{
    need_program();
    int status = run("test godo");
    if (status != 77) /* no stage works here */
        assert_int_equal(status, 2);
    expect(status == 77 ? "nothing can run here" : "good");
}

/* Reports and exports, from the log in the state directory of the test. */
static void test_progress(void **state)
{
    static const char log[] = "2026-03-01T09:00:00Z started good one\n2026-03-01T09:02:00Z hint good one\nrubbish\n"
                              "2026-03-01T09:05:00Z step-done good one\n2026-03-01T09:05:00Z lesson-done good one\n";
    need_program();
    const char *dir = getenv("PORTHOLE_STATE");
    autofree char *path = xasprintf("%s/progress.log", dir),
                  *export = xasprintf("progress export --name Ada %s/ada", dir),
                  *over = xasprintf("progress export %s", path), *import = xasprintf("progress import %s/ada", dir),
                  *twice = xasprintf("report %s/ada %s/ada 2>/dev/null", dir, dir),
                  *newer = xasprintf("sed 's/progress 1/progress 7/' %s/ada >%s/newer; %s progress import %s/newer",
                                     dir, dir, program(), dir);
    assert_true(file_append(path, log, sizeof log - 1));
    assert_int_equal(run("progress path"), 0);
    expect(dir);
    assert_int_equal(run("report"), 0);
    expect("About good                done    .    1    .    .  5m00s 2026-03-01 2026-03-01");
    expect("1 damaged line");
    assert_int_equal(run("report --json 2>/dev/null"), 0);
    const char *end = json(str_c(&out));
    if (!end || end[strspn(end, " \n")])
        fail_msg("no JSON:\n%s", str_c(&out));
    assert_int_equal(run("report --csv"), 0);
    expect("\"good\",\"About good\",\"one\",\"One\",yes,yes,0,1,0,0,300,2026-03-01,2026-03-01\r\n");
    assert_int_equal(run("report --html"), 0);
    expect("</html>");
    assert_int_equal(run(export), 0);
    expect("4 events of Ada");
    assert_int_equal(run(over), 1);
    expect("that file is no export");
    assert_int_equal(run(import), 0);
    expect("0 new events, 4 known already");
    assert_int_equal(run(twice), 0);
    expect("in all, lessons            1/1    .    1    .    .  5m00s");
    assert_int_equal(run_command(newer), 1);
    expect("update porthole");
    assert_int_equal(run("report /nonexistent"), 1);
    assert_int_equal(run("progress reset"), 1); /* nobody answers */
    expect("Nothing was changed");
    assert_int_equal(run("progress reset --yes"), 0);
    expect("The backup is ");
    assert_int_equal(run("report"), 0);
    expect("nothing done yet");
    assert_int_equal(run("progress nonsense"), 2);
}

/* Two packs, by the option and by the variable. */
static void test_packs(void **state)
{
    need_program();
    const char *dir = getenv("PORTHOLE_STATE"), *lessons = getenv("PORTHOLE_LESSONS");
    autofree char *make =
        xasprintf("mkdir %s/team && sed 's/About/Team on/' %s/01-good.md >%s/team/01-good.md", dir, lessons, dir);
    autofree char *option = xasprintf("list --lessons %s --lessons %s/team", lessons, dir);
    autofree char *variable = xasprintf("PORTHOLE_LESSONS=%s/team:%s %s list", dir, lessons, program());
    assert_int_equal(run_command(make), 0);
    run(option);
    expect("\nteam (");
    expect(" 2  team/good    Team on good (2 min) (\"good\" alone is that of another pack)");
    run_command(variable);
    expect(" 1  good         Team on good (2 min)\n");
    expect(" 2  lessons/good About good (2 min)");
}

/* Listed and linted, but not run: by a file that everybody may write, and as root by one of somebody else's. */
static void test_foreign(void **state)
{
    need_program();
    const char *lessons = getenv("PORTHOLE_LESSONS");
    static const char *const ways[] = {"chmod 666 $f", "chmod 644 $f && chown 64999 $f"};
    for (size_t i = 0; i < (getuid() == 0 ? COUNT(ways) : 1); i++) {
        autofree char *way = xasprintf("f=%s/01-good.md; %s", lessons, ways[i]);
        autofree char *lint = xasprintf("lint %s/01-good.md", lessons);
        assert_int_equal(run_command(way), 0);
        assert_int_equal(run(lint), 0);
        run("list");
        expect("(not yours: --trust)");
        int status = run("test --practice good");
        if (status == 77)
            continue;
        assert_int_equal(status, 1);
        expect(i ? "01-good.md is owned by uid 64999" : "01-good.md can be written by everybody");
        expect("0 passed, 1 failed");
        assert_int_equal(run("--practice --plain good"), 1);
        expect("this lesson is not yours");
        assert_int_equal(run("test --practice --trust good"), 0);
        expect("1 passed");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_usage, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_help_and_version, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_play, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_list, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_lint, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_no_such_lesson, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_wrong_names, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_nothing_can_run, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_progress, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_packs, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_foreign, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
