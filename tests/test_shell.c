/* The shell: what kind of line is it, commands, completion, the words around the prompt. */
#include "support.h"

#include "base/text.h"
#include "home.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/doctor.h"
#include "shell/cmd.h"
#include "shell/shell.h"
#include "shell/slow.h"
#include <string.h>
#include <unistd.h>

/* The table of commands. */

static void test_table(void **state)
{
    size_t n;
    const struct cmd *rows = cmd_table(&n);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(cmd_find(rows[i].name), &rows[i]);
        if (rows[i].alias)
            assert_ptr_equal(cmd_find(rows[i].alias), &rows[i]);
        assert_true(rows[i].usage[0] == ':' && text_has_prefix(rows[i].usage + 1, rows[i].name));
        assert_true(rows[i].help[0] && rows[i].group[0]);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(rows[i].name, rows[k].name);
            if (rows[i].alias && rows[k].alias)
                assert_string_not_equal(rows[i].alias, rows[k].alias);
        }
    }
}

static void test_prefixes(void **state)
{
    static const struct {
        const char *word, *name; /* name NULL: nothing, or several */
    } rows[] = {{"ne", "next"},  {"n", "next"}, {"goto", "goto"},     {"lesson", "lesson"}, {"less", NULL}, {"", NULL},
                {"hel", "help"}, {"?", "help"}, {"solu", "solution"}, {"nonsense", NULL},   {"s", "side"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct cmd *c = cmd_find(rows[i].word);
        if (!rows[i].name ? c != NULL : !c || strcmp(c->name, rows[i].name))
            fail_msg(":%s found %s", rows[i].word, c ? c->name : "nothing");
    }
}

/* A whole shell. */

static const char first[] =
    HOME_HEAD("first") "```sh setup\nsleep 31339 & export victim=$!\n```\n\n## One\n\nWords.\n\n"
                       "```console\nroot@host# echo hello\nhello\n```\n\n"
                       "```c syscall\n[container] chdir(\"rootfs\") = 0\n```\n\n"
                       "## Two\n\n```console\nroot@host# true\n```\n\n"
                       "```sh cleanup\nkill $victim\n```\n";
static const char second[] = HOME_HEAD("second") "## Only\n\n```console\nroot@host# true\n```\n";

static struct loop *loop;
static struct shell *sh;
static struct str said;
static char man_page[64];

static void on_say(void *arg, enum say kind, const char *text)
{
    static const char letters[] = "TPQCEKOIGBRHWX";
    str_addf(&said, "%c %s\n", letters[kind], text);
}

static void on_man(void *arg, const char *section, const char *name)
{
    snprintf(man_page, sizeof man_page, "%s(%s)", name, section);
}

static void shell_open(void)
{
    struct shell_options opt = {.stage = STAGE_PRACTICE, .stage_given = true};
    struct outcome o = {0};
    int status;
    loop = loop_new();
    sh = shell_new(loop, &opt, &status, &o);
    if (!sh)
        fail_msg("no shell: %s: %s %s", o.step, o.where, o.hint);
    shell_set_ui(sh, &(struct shell_ui){.say = on_say, .show_man = on_man});
    if (shell_begin(sh, &o) < 0)
        fail_msg("not begun: %s: %s %s", o.step, o.where, o.hint);
}

static void shell_close(void)
{
    autostr struct str receipt = {0};
    bool clean = shell_end(sh, &receipt);
    if (!clean)
        fail_msg("something is left:\n%s", str_c(&receipt));
    assert_true(receipt.len > 0);
    shell_free(sh);
    loop_free(loop);
    str_free(&said);
}

static int open_all(void **state)
{
    home_open();
    home_lesson("01-first.md", first);
    home_lesson("02-second.md", second);
    return 0;
}

static int close_all(void **state)
{
    home_close();
    return 0;
}

static void need_stage(void)
{
    autostr struct str why = {0};
    bool can = doctor_stage_practice(&why);
    SKIP_UNLESS(can, str_c(&why));
    str_cut(&said, 0);
}

static void expect_said(const char *what)
{
    if (!strstr(str_c(&said), what))
        fail_msg("not said: %s\n--- said:\n%s", what, str_c(&said));
}

static const char *line(const char *text)
{
    str_cut(&said, 0);
    assert_int_equal(shell_line(sh, text), SHELL_GO_ON);
    return str_c(&said);
}

static void test_lines(void **state)
{
    static const struct {
        const char *line, *said;
    } rows[] = {
        {"echo $((6 * 7))", "O 42"},
        {"[host] getuid()", "K [host "},
        {"root@host# pwd", "O /"},
        {":side container", "I Lines are now for container"},
        {"getuid()", "] getuid() = 0"},
        {"mout(\"x\")", "mount"},
        {"mount(\"a\", \"b\")", "^"},
        {":nxt", "R There is no command :nxt. The nearest is :next"},
        {":less", ":lessons, :lesson"},
        {":goto", "R Usage: :goto STEP"},
        {":goto x", "R that is no step's number: x"},
        {":goto 77", "this lesson has steps 1 to 2"},
        {":why", "It did what it says"},
        {"getpgid(4000000)", "W porthole knows no cause of ESRCH from getpgid(); :man getpgid lists its errors."},
        {"close(77)", "W checked 2 causes; this one holds: No file is open"},
        {":why", "holds: No file is open"},
        {":why", "  not: The file was not opened for that."},
        {":help", ":goto STEP"},
        {":help mount", "int mount("},
        {":help goto", ":goto STEP"},
        {":help chrot", "chroot"},
        {":lessons", "second"},
        {":actors", "container"},
        {":vars", "$victim = "},
        {":stage", "practice stage"},
        {":view", "processes"},
        {":view processes", "E container:"},
        {":view nonsense", "there is no such view"},
        {":journal", "[host] getuid()"},
        {":stage theatre", "there is no such stage"},
        {":doctor", "Each feature was tried just now"},
        {":zoom host", "linear mode"},
        {":slow maybe", "R slow motion cannot be: maybe; :slow takes on, off or all"},
        {":slow off", "I Slow motion is off"},
        {":calls of", "no longer shown"},
        {":calls sometimes", ":calls takes on or off"},
        {":help slow", ":slow [on|off|all]"},
        {":drive nobody", "there is no such process to drive"},
        {":side up", "there is no such side"},
        {":lesson secnd", "second"},
        {"quit", ":quit leaves porthole"},
        {": a comment of the shell", "E container:"},
        {"printf 'a\\033[31mb\\n'", "O ab\n"},
    };
    need_stage();
    shell_open();
    expect_said("practice stage");
    expect_said("P Words.");
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!strstr(line(rows[i].line), rows[i].said))
            fail_msg("%s\n--- expected: %s\n--- said:\n%s", rows[i].line, rows[i].said, str_c(&said));
    assert_int_equal(shell_line(sh, ":quit"), SHELL_QUIT);
    shell_close();
}

static void test_enter(void **state)
{
    autostr struct str prompt = {0}, header = {0};
    need_stage();
    shell_open();
    assert_string_equal(shell_offer(sh), "echo hello");
    assert_string_equal(shell_take_offer(sh), "echo hello");
    shell_prompt(sh, &prompt);
    assert_true(text_has_prefix(str_c(&prompt), "host:/"));
    shell_header(sh, &header);
    assert_non_null(strstr(str_c(&header), "1 first · step 1/2 · practice stage · driving host "));
    line("");
    expect_said("echo hello");
    expect_said("O hello");
    line("");
    expect_said("chdir(\"rootfs\") = 0");
    expect_said("G Done: step 1 of 2.");
    line("");
    assert_int_equal((int)engine_step(shell_engine(sh)), 1);
    line(":back");
    assert_int_equal((int)engine_step(shell_engine(sh)), 0);
    line(":next");
    assert_int_equal((int)engine_step(shell_engine(sh)), 1);
    line(":next");
    expect_said("T Lesson 2: About second");
    shell_close();
}

static void test_fork_and_drive(void **state)
{
    need_stage();
    shell_open();
    line(":fork");
    expect_said("Lines are now for fork3");
    line("getppid()");
    expect_said("[fork3 ");
    line(":drive container");
    line("[fork3] exit(0)");
    line(":actors");
    expect_said("fork3");
    expect_said("has ended");
    line(":man mount");
    assert_string_equal(man_page, "mount(2)");
    line(":man --help");
    expect_said("that is no name of a man page");
    shell_close();
}

/* Completion. */

static bool completes(const char *text, const char *to, size_t at)
{
    size_t start = 999;
    bool found = false;
    char **list = shell_complete(sh, text, strlen(text), &start);
    for (char **p = list; p && *p; p++) {
        found = found || !strcmp(*p, to);
        free(*p);
    }
    free(list);
    return found && start == at;
}

static void test_completion(void **state)
{
    static const struct {
        const char *line, *to;
        size_t at;
    } rows[] = {
        {":ne", ":next", 0},
        {":lesson se", "second", 8},
        {":side c", "container", 6},
        {":slow a", "all", 6},
        {":calls o", "off", 7},
        {":help mou", "mount", 6},
        {"moun", "mount(", 0},
        {"[container] chroo", "chroot(", 12},
        {"unshare(CLONE_NEWP", "CLONE_NEWPID", 8},
        {"unshare(CLONE_NEWPID|CLONE_NEWU", "CLONE_NEWUTS", 21},
        {"chroot(\"roo", "rootfs/", 8},
        {"ls roo", "rootfs/", 3},
        {"ls rootfs/et", "rootfs/etc/", 3},
        {"ls ../../../../../../et", "../../../../../../etc/", 3},
        {"echo $vic", "$victim", 5},
        {"ls; mkdi", "mkdir", 4},
    };
    need_stage();
    shell_open();
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!completes(rows[i].line, rows[i].to, rows[i].at))
            fail_msg("%s does not complete to %s at %zu", rows[i].line, rows[i].to, rows[i].at);
    assert_false(completes("unshare(MS_", "MS_BIND", 8));
    shell_close();
}

/* What the views get. */

/* The third pid: where the practice host is in the machine's own tree. */
static void test_three_pids(void **state)
{
    need_stage();
    shell_open();
    pid_t root = session_root_pid(shell_session(sh));
    autofree char *title = xasprintf("host: practice host, %d outside", (int)root);
    autofree char *words = xasprintf("process 1 is pid %d in", (int)root);
    struct view_input in;
    struct task t;
    expect_said(words);
    shell_view_input(sh, &in, 0);
    assert_string_equal(in.host_title, title);
    assert_true(task_read_stat(procfs_self(), root, &t));
    assert_int_equal(t.ppid, session_warden_pid(shell_session(sh)));
    line(":reset"); /* another practice host, another pid */
    shell_view_input(sh, &in, 0);
    assert_string_not_equal(in.host_title, title);
    line(":stage");
    expect_said("Its process 1 is pid");
    shell_close();
}

static void test_view_input(void **state)
{
    struct view_input in;
    need_stage();
    shell_open();
    shell_scan(sh);
    shell_view_input(sh, &in, 0);
    assert_non_null(in.host);
    assert_int_equal((int)in.nvictims, 1);
    assert_non_null(tasks_find(in.host, in.victims[0]));
    assert_non_null(tasks_find(in.host, in.container_pid));
    line("[container] chroot(\"rootfs\")");
    line("[container] chdir(\"/\")");
    shell_scan(sh);
    shell_view_input(sh, &in, 0);
    assert_null(in.container);
    assert_true(in.container_why && strlen(in.container_why) > 5);
    line("[container] mount(\"proc\", \"/proc\", \"proc\", 0, NULL)");
    shell_scan(sh);
    shell_view_input(sh, &in, 0);
    assert_non_null(in.container);
    shell_select(sh, 1);
    shell_view_input(sh, &in, 0);
    assert_true(in.selected > 0);
    shell_select(sh, 0);
    shell_view_input(sh, &in, 0);
    assert_int_equal(in.selected, 0);
    shell_close();
}

/* What programs do. */

static const char *const *answers; /* for held calls; the last one again and again */
static size_t stops;

static void on_held(void *arg)
{
    while (shell_held(sh)) {
        struct outcome o = {0};
        const struct watched *w = shell_held(sh);
        str_addf(&said, "held %s\n", w->text);
        stops++;
        shell_held_answer(sh, *answers, &o);
        if (o.step[0])
            str_addf(&said, "%s: %s; %s\n", o.step, o.where, o.hint);
        if (answers[1])
            answers++;
    }
}

static void need_watching(void)
{
    const char *why = "";
    bool can = session_watches(shell_session(sh), &why);
    SKIP_UNLESS(can, why);
}

static void test_calls(void **state)
{
    need_stage();
    shell_open();
    need_watching();
    line(":calls");
    expect_said("No program has made a call of interest yet.");
    line("/bin/true; unshare --mount true"); /* as lines only on demand */
    assert_null(strstr(str_c(&said), "execve("));
    line(":calls");
    expect_said("] unshare(CLONE_NEWNS) = 0\n    unshare(2) moves the caller");
    line("getpid()"); /* what is typed is no program's call */
    line(":calls");
    expect_said("] unshare(CLONE_NEWNS) = 0");
    line(":calls on");
    line("unshare --mount frobnicate-31340");
    expect_said("] unshare(CLONE_NEWNS) = 0\n");
    expect_said("misses)\n");
    line(":back"); /* a replay is silent */
    assert_null(strstr(str_c(&said), "execve("));
    line(":calls off");
    line("/bin/true; unshare --mount true");
    assert_null(strstr(str_c(&said), "execve("));
    shell_close();
}

/* The calls that a program makes, and why one failed, are not told in the middle of a line that it writes. */
static void test_a_line_stays_whole(void **state)
{
    need_stage();
    shell_open();
    need_watching();
    line(":calls on");
    line("printf one-; /bin/true; umount /nowhere-31341 2>/dev/null; echo $((1 + 1))-three");
    expect_said("O one-2-three\n");
    expect_said("execve(\"/bin/true\"");
    expect_said("W checked");
    line("/usr/bin/printf no-newline-$((1 + 1))");
    assert_true(strstr(str_c(&said), "no-newline-2") < strstr(str_c(&said), "+++ exited"));
    line(":calls off");
    shell_close();
}

static void test_slow(void **state)
{
    need_stage();
    shell_open();
    need_watching();
    shell_set_ui(sh, &(struct shell_ui){.say = on_say, .show_man = on_man, .held = on_held});
    answers = (const char *const[]){"", NULL};
    line(":slow on");
    expect_said("I Slow motion is on");
    stops = 0;
    line("unshare --mount echo it-$((1 + 1))-ran");
    expect_said("held unshare(CLONE_NEWNS)\n");
    expect_said("] unshare(CLONE_NEWNS) = 0");
    expect_said("O it-2-ran");
    assert_true(stops > 2);
    assert_null(strstr(str_c(&said), "held wait4"));
    answers = (const char *const[]){"c", NULL};
    stops = 0;
    line("unshare --mount echo it-$((1 + 2))-ran");
    expect_said("O it-3-ran");
    assert_int_equal((int)stops, 1);
    answers = (const char *const[]){"what", "d ENOSUCH", "?", ":next", ":calls", "d eio", "c", NULL};
    stops = 0;
    line("cd / && exec unshare --mount true");
    expect_said("this is no answer: what");
    expect_said("there is no error of that name: ENOSUCH");
    expect_said("that has to wait: :next");
    assert_true(strstr(man_page, "(2)"));
    assert_true(stops >= 6);
    expect_said("= -1 EIO");
    line(":why");
    expect_said("= -1 EIO (Input/output error)\nYou denied it: the call was not made.");
    answers = (const char *const[]){"", NULL};
    stops = 0;
    line(":next"); /* what a lesson does by itself neither stops nor is told */
    line(":back");
    assert_int_equal((int)stops, 0);
    line(":slow off");
    line("unshare --mount echo it-$((1 + 3))-ran");
    expect_said("O it-4-ran");
    assert_int_equal((int)stops, 0);
    shell_close();
}

/* A presenter without a place for held calls never makes anybody wait. */
static void test_nobody_answers(void **state)
{
    need_stage();
    shell_open();
    need_watching();
    line(":slow all");
    expect_said("for all calls");
    line("unshare --mount echo it-$((1 + 1))-ran");
    expect_said("O it-2-ran");
    shell_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test_setup_teardown(test_lines, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_enter, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_fork_and_drive, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_completion, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_view_input, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_three_pids, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_calls, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_line_stays_whole, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_slow, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_nobody_answers, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
