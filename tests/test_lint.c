#include "support.h"

#include "base/str.h"
#include "faults.h"
#include "lesson/lesson.h"
#include <string.h>

/* A lesson lint has nothing to say about. %s is a further step. */
static const char sound[] = "---\nformat: 1\nid: t\ntitle: T\nminutes: 5\n---\n\n" /* 1-7 */
                            "# T\n\nThe goal.\n\n"                                 /* 8-11 */
                            "<!-- speaker_note: hello -->\n\n"                     /* 12 */
                            "```sh setup\nsleep 31337 & export victim=$!\n```\n\n" /* 14 */
                            "```sh cleanup\nkill \"$victim\" 2>/dev/null\n```\n\n" /* 18 */
                            "> **Misconception:** none.\n\n"                       /* 22 */
                            "## Turn\n\n"                                          /* 24 */
                            "**Predict:** q?\n\n- [x] a\n- [ ] b\n\n"              /* 26 */
                            "<details><summary>Hint</summary>\n\nh\n\n</details>\n\n"
                            "<details><summary>Solution</summary>\n\n```console\n$ true\n```\n\n</details>\n\n"
                            "```sh check\ntrue || { echo no; false; }\n```\n\n"
                            "%s";

/* The line of the further step's heading. */
static int step_line(void)
{
    int line = 1;
    for (const char *s = sound; *s != '%'; s++)
        line += *s == '\n';
    return line;
}

/* Parses and lints; the reports land in out. */
static int lint_text(const char *text, struct str *out)
{
    struct lesson *l = lesson_parse("t.md", text, strlen(text), faults_collect, out);
    assert_string_equal(str_c(out), "");
    assert_non_null(l);
    int found = lesson_lint(l, faults_collect, out) + lesson_lint_shell(l, faults_collect, out);
    lesson_free(l);
    return found;
}

static int lint_step(const char *step, struct str *out)
{
    autostr struct str text = {0};
    const char *mark = strstr(sound, "%s");
    str_addn(&text, sound, (size_t)(mark - sound));
    str_add(&text, step);
    return lint_text(str_c(&text), out);
}

/* One trap each. `line` counts from the step's heading: the heading is 0. wanted NULL: nothing to report. */
static const struct {
    const char *step;
    int line;
    const char *wanted;
} cases[] = {
    {"", 0, NULL},
    {"## S\n```console\n$ ps -o pid,args | grep '[s]leep 31337'\n$victim sleep 31337\n```\n", 0, NULL},
    {"## S\n```console\n$ ps | grep top31\n```\n", 2, "`ps | grep top31` finds the grep itself; write '[t]op31'"},
    {"## S\n```console\n$ ps ax | grep -w '[s]leep'\n```\n", 2, "\"[s]leep\" is a broad match"},
    {"## S\n```console\n$ ps | grep '[s]leep 100'\n```\n", 2, "\"[s]leep 100\" is a broad match"},
    {"## S\n```console\n$ grep sleep /etc/passwd\n```\n", 0, NULL},
    {"## S\n```console\n$ ls; pkill sleep\n```\n", 2, "pkill signals everybody's"},
    {"## S\n```console\n$ killall -9 sleep\n```\n", 2, "killall signals everybody's"},
    {"## S\n```console\n$ pgrep -x sleep\n```\n", 2, "pgrep finds everybody's"},
    {"## S\n```console\n$ kill $(pidof top)\n```\n", 2, "pidof finds everybody's"},
    {"## S\n```console\n$ sleep 5\n```\n", 2, "the learner waits 5 seconds here"},
    {"## S\n```console\n$ sleep 2 && echo\n```\n", 2, "the learner waits 2 seconds here"},
    {"## S\n```console\n$ sleep 0.3; sleep 31338 & sleep 1\n```\n", 0, NULL},
    {"## S\n```console\n$ ps -o pid,comm\nPID COMMAND\n4431 sleep\n```\n", 4, "4431 looks like a pid"},
    {"## S\n```console\n$ ps -o pid,comm\n1 sh\n$victim sleep\n...\n```\n", 0, NULL},
    {"## S\n```console\n$ wc -c file\n4431 file\n```\n", 0, NULL},
    {"## S\n```c syscall\n[container] kill(4431, SIGTERM) = 0\n```\n", 2, "a literal pid is another one next time"},
    {"## S\n```c syscall\n[container] fork() = 4431\n```\n", 2, "the result is another pid next time; write `= $name`"},
    {"## S\n```c syscall\n[container] fork() = $c\nkill($c, SIGTERM) = 0\n```\n", 0, NULL},
    {"## S\n```console\n$ echo $vitcim\n```\n", 2, "nothing sets $vitcim"},
    {"## S\n```console\n$ x=1; echo $x ${y:-2} $rootfs $container $$ '$z'; for i in 1; do echo $i; done\n```\n", 0,
     NULL},
    {"## S\n```c syscall\nkill($vitcim, SIGTERM) = 0\n```\n", 2, "nothing sets $vitcim"},
    {"## S\n```console\n$ [[ a = a ]]\n```\n", 2, "`[[` is bash"},
    {"## S\n```console\n$ echo $((1 + 1)) | grep '[[:digit:]]'\n```\n", 0, NULL},
    {"## S\n\nText.\n\n```c syscall\ngetpid()\n```\n\n**Predict:** q?\n\n- [x] a\n- [ ] b\n", 5,
     "this call comes before the step's question"},
    {"## S\n**Predict:** q?\n\n- [x] a\n- [ ] b\n\n```c syscall\ngetpid()\n```\n", 0, NULL},
    {"## S\n```sh check\ntrue || echo no\n```\n", 0, "error: step \"S\" has a check but no solution"},
    {"## S\n```sh check\ntrue || echo no\n```\n", 0, "warning: step \"S\" has a check but no hint"},
    {"## S\n<details><summary>Solution</summary>\n\n```console\n$ ls\n```\n</details>\n", 0,
     "error: step \"S\" has a solution but no check"},
    {"## S\n```sh check\ntrue\nif true; then\n  echo no\n```\n", 4, "error: the shell cannot read this"},
    {"## S\n```sh check\n{ true || echo no; } )\ntrue\n```\n", 2, "error: the shell cannot read this"},
    {"## S\n<!-- speaker_note: only this -->\n", 0, "step \"S\" shows nothing"},
};

static void test_steps(void **state)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        autostr struct str got = {0}, wanted = {0};
        int found = lint_step(cases[i].step, &got);
        if (!cases[i].wanted) {
            if (found || got.len)
                fail_msg("case %zu: wanted nothing, got:\n%s", i, str_c(&got));
            continue;
        }
        bool severity = strstr(cases[i].wanted, "error: ") || strstr(cases[i].wanted, "warning: ");
        str_addf(&wanted, "%d %s%s", step_line() + cases[i].line, severity ? "" : "warning: ", cases[i].wanted);
        if (!found || !strstr(str_c(&got), str_c(&wanted)))
            fail_msg("case %zu: wanted \"%s\", got:\n%s", i, str_c(&wanted), str_c(&got));
    }
}

static void test_check_of_words(void **state)
{
    autostr struct str got = {0};
    lint_step("## S\n<details><summary>Hint</summary>\n\nh\n\n</details>\n\n<details><summary>Solution</summary>\n\n"
              "```console\n$ ls\n```\n</details>\n\n```sh check\ntrue\nhistory | grep -q chroot\n```\n",
              &got);
    autofree char *typed = xasprintf("%d warning: a check that looks at what was typed rejects", step_line() + 16);
    autofree char *silent = xasprintf("%d warning: the check prints no reason", step_line() + 14);
    assert_non_null(strstr(str_c(&got), typed));
    assert_non_null(strstr(str_c(&got), silent));
}

static void test_bare_lesson(void **state)
{
    autostr struct str got = {0};
    assert_int_equal(lint_text("---\nformat: 1\nid: t\ntitle: T\n---\n## S\nx\n", &got), 6);
    static const char *const wanted[] = {"no goal",         "no `minutes:`",
                                         "no **Predict:**", "the learner never has a turn",
                                         "no speaker note", "it corrects no wrong idea"};
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_non_null(strstr(str_c(&got), wanted[i]));
}

static void test_setup(void **state)
{
    autostr struct str got = {0};
    lint_text("---\nformat: 1\nid: t\ntitle: T\nminutes: 1\n---\n```sh setup\n" /* 1-7 */
              "sleep 31337 &\n"                                                 /* 8 */
              "sleep 31338 & export two=$!\n"                                   /* 9 */
              "sleep 31339 >/dev/null 2>&1 & three=$!\n"                        /* 10 */
              "true && true\n```\n```sh cleanup\nkill \"${three}\"\n```\n## S\nx\n",
              &got);
    assert_non_null(strstr(str_c(&got), "8 warning: nobody keeps the pid of this background process"));
    assert_non_null(
        strstr(str_c(&got), "9 warning: no `sh cleanup` block ends this background process: kill \"$two\""));
    assert_null(strstr(str_c(&got), "10 warning"));
    assert_null(strstr(str_c(&got), "11 warning"));
}

static void test_unreaped(void **state)
{
    autostr struct str got = {0};
    lint_step("## S\n```c syscall\nfork() = $child\nkill($child, SIGKILL) = 0\nkill($child, SIGTERM) = -1 ESRCH\n```\n",
              &got);
    autofree char *wanted =
        xasprintf("%d warning: $child may still be a zombie, and a signal to a zombie succeeds: let its "
                  "parent wait4() first\n",
                  step_line() + 4);
    assert_string_equal(str_c(&got), wanted);
    str_cut(&got, 0);
    lint_step(
        "## S\n```c syscall\nfork() = $child\nkill($child, SIGKILL) = 0\nwait4($child, &status, 0, NULL) = $child\n"
        "kill($child, SIGTERM) = -1 ESRCH\n```\n",
        &got);
    assert_string_equal(str_c(&got), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps), cmocka_unit_test(test_check_of_words), cmocka_unit_test(test_bare_lesson),
        cmocka_unit_test(test_setup), cmocka_unit_test(test_unreaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
