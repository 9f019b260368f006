/* Terminals in panes, in the real program on a pty: programs that take the whole screen, job control, sizes, pastes,
 * floods and hostile output; and that the user's own terminal is as it was whatever happens. */
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "e2e.h"
#include "support.h"
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PREFIX "\034"

static void open_shell(struct e2e *e, const char *side)
{
    autofree char *line = xasprintf(":shell %s\r", side);
    autofree char *title = xasprintf("%s terminal:", side);
    e2e_type(e, line);
    e2e_wait(e, title);
    e2e_wait(e, "PgUp: look back"); /* it has the focus */
    e2e_type(e, "echo up-$((40 + 2))\r");
    e2e_wait(e, "up-42");
}

/* A line for the shell that has the focus. */
static void say(struct e2e *e, const char *line, const char *answer)
{
    e2e_run(e, line, answer);
}

static void both_sides(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 60, 200, stage);
    open_shell(&e, "host");
    say(&e, "stty size; echo $TERM", "56 80"); /* its pane's size is its own */
    e2e_wait(&e, "xterm-256color");
    e2e_type(&e, PREFIX "0");
    e2e_wait_gone(&e, "PgUp: look back");
    e2e_run(&e, "echo prompt-$((1 + 1))", "prompt-2"); /* keys go to the prompt again */
    open_shell(&e, "container");
    assert_true(vt_has(e.run.vt, "6 container terminal"));
    say(&e, "echo in-$((2 + 2))", "in-4");
    e2e_type(&e, PREFIX "5");
    e2e_wait(&e, "▶5 host terminal"); /* plain to see without colour */
    assert_false(vt_has(e.run.vt, "▶6"));
    say(&e, "exit 3", "ended with status 3");
    e2e_type(&e, "\r"); /* Enter: another one */
    e2e_wait_gone(&e, "ended with status 3");
    say(&e, "echo new-$((3 + 3))", "new-6");
    e2e_type(&e, "\004"); /* ^D goes where the focus is */
    e2e_wait(&e, "ended with status");
    e2e_type(&e, "x");
    e2e_wait_gone(&e, "5 host terminal");
    e2e_run(&e, ":quit", "Nothing is left");
    e2e_end(&e);
}

/* top lives, and dies on screen when the container kills it. */
static void top_dies_on_screen(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 40, 120, stage);
    e2e_type(&e, ":shell host echo $$ > /tmp/top.pid; exec top -d 1\r");
    e2e_wait(&e, "host terminal: top");
    e2e_wait(&e, "COMMAND");
    e2e_run(&e, "kill $(cat /tmp/top.pid); rm /tmp/top.pid; echo sent-$((1 + 1))", "sent-2");
    e2e_wait(&e, "5 host terminal (ended"); /* by the signal, or with a status: procps' top handles it */
    e2e_run(&e, ":quit", "Nothing is left");
    e2e_end(&e);
}

/* Programs that take the screen. busybox has them all, on each stage. */
static void full_screen_programs(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 24, 80, stage);
    open_shell(&e, "host");
    say(&e, "cd /tmp; i=0; while [ $i -lt 60 ]; do echo row-$i; i=$((i + 1)); done > pager; echo made-$((1 + 1))",
        "made-2");
    say(&e, "less pager || $rootfs/bin/busybox less pager", "row-0");
    e2e_type(&e, "G");
    e2e_wait(&e, "row-59");
    e2e_wait_gone(&e, "row-0\n");
    e2e_type(&e, "q");
    say(&e, "$rootfs/bin/busybox vi written", "written");
    e2e_type(&e, "ihello from vi\033[D\033[D");
    e2e_wait(&e, "hello from vi");
    e2e_type(&e, "\033");
    vt_run_pump(&e.run, 300);
    e2e_type(&e, ":wq\r");
    vt_run_pump(&e.run, 300);
    say(&e, "cat written; echo read-$((1 + 1))", "read-2");
    assert_true(vt_has(e.run.vt, "hello from vi"));
    say(&e, "printf '\\033[31mred\\033[0m-%s\\n' $((1 + 1))", "red-2");
    int x, y = vt_find(e.run.vt, "red-2", &x);
    assert_true(vt_coloured(e.run.vt, y, x));
    assert_false(vt_coloured(e.run.vt, y, x + 4));
    say(&e, "rm -f pager written; cat", "terminal: cat"); /* a line editor has its own mind about wide letters */
    say(&e, "wide-\346\226\207", "wide-\346\226\207");
    e2e_type(&e, "\004");
    e2e_end(&e);
}

static void job_control(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 24, 80, stage);
    open_shell(&e, "host");
    e2e_type(&e, "sleep 31343\r");
    e2e_wait(&e, "terminal: sleep");
    e2e_type(&e, "\032"); /* ^Z is the program's, and porthole runs on */
    e2e_wait(&e, "topped");
    say(&e, "echo shell-$((1 + 1))", "shell-2");
    e2e_type(&e, "fg\r");
    e2e_wait(&e, "terminal: sleep");
    e2e_type(&e, "\003");
    say(&e, "echo after-$((2 + 2))", "after-4");
    e2e_type(&e, PREFIX "d"); /* suspends porthole itself; nobody is there to stop us, so it comes back */
    e2e_wait(&e, "5 host terminal");
    e2e_end(&e);
}

static void other_sizes(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 60, 200, stage);
    open_shell(&e, "host");
    e2e_type(&e, "exec top -d 1\r");
    e2e_wait(&e, "COMMAND");
    static const int sizes[][2] = {{16, 60}, {60, 200}, {24, 80}, {5, 20}, {3, 10}, {40, 120}, {16, 60}, {60, 200}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        vt_run_resize(&e.run, sizes[i][0], sizes[i][1]);
        vt_run_pump(&e.run, 200);
    }
    e2e_wait(&e, "5 host terminal: top");
    e2e_wait(&e, "COMMAND");
    e2e_type(&e, "q");
    e2e_wait(&e, "ended with status 0");
    e2e_type(&e, "\r");
    e2e_wait(&e, "5 host terminal: ");
    say(&e, "stty size", "56 80");
    vt_run_resize(&e.run, 16, 60);
    e2e_wait(&e, "5 host terminal");
    say(&e, "stty size", "6 60");
    e2e_end(&e);
}

/* A hundred thousand bytes, as a terminal sends them when they are pasted. */
static void a_large_paste(const char *stage)
{
    struct e2e e;
    char words[95];
    for (size_t i = 0; i < sizeof words - 1; i++)
        words[i] = (char)('a' + i % 26);
    words[sizeof words - 1] = '\0';
    e2e_start_stage(&e, 24, 80, stage);
    open_shell(&e, "container");
    e2e_type(&e, "stty -echo; cat > /tmp/pasted\r");
    e2e_wait(&e, "terminal: cat");
    e2e_type(&e, "\033[200~");
    for (int i = 0; i < 1000; i++) {
        autofree char *line = xasprintf("%04d %s\n", i, words);
        e2e_type(&e, line);
        if (i % 20 == 0)
            vt_run_pump(&e.run, 2);
    }
    e2e_type(&e, "\033[201~");
    vt_run_quiet(&e.run, 500, 5000);
    e2e_type(&e, "\004");
    e2e_wait(&e, "terminal: ");
    say(&e, "stty echo; wc -c < /tmp/pasted; tail -n 1 /tmp/pasted | cut -c 1-8; rm /tmp/pasted", "100000");
    e2e_wait(&e, "0999 abc");
    e2e_end(&e);
}

/* While somebody floods, the prompt answers, other panes live, and ^C gets through. */
static void a_storm(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 40, 120, stage);
    open_shell(&e, "host");
    e2e_type(&e, "yes 'a storm of words'\r");
    e2e_wait(&e, "a storm of words");
    e2e_type(&e, PREFIX "0");
    e2e_run(&e, "echo calm-$((1 + 1))", "calm-2");
    e2e_type(&e, PREFIX "5");
    e2e_wait(&e, "▶5 host terminal");
    e2e_type(&e, "\003");
    e2e_wait_gone(&e, "terminal: yes");
    say(&e, "clear; echo over-$((1 + 1))", "over-2");
    e2e_end(&e);
}

/* Nothing that a program writes reaches the user's terminal but as characters in cells. */
static void hostile_output(const char *stage)
{
    static const char *const forbidden[] = {
        "\033]",                                     /* titles, clipboard, colours, links */
        "\033P",                                     /* DCS */
        "\033_",                                     /* APC */
        "\033^",                                     /* PM */
        "\007",                                      /* bell */
        "\033[?1000h",                               /* mouse */
        "\033[?1003h", "\033[?1006h", "\033[5i",     /* printer */
        "\033[c",                                    /* questions whose answers would be typed */
        "\033[6n",     "\033[>c",     "\033[8;1;1t", /* window size */
        "\033c",                                     /* reset */
        "\302\233",                                  /* CSI as one character */
        "\033[?3h",                                  /* 132 columns */
        "evil",                                      /* the text of a title or of the clipboard */
        "\016",                                      /* another character set */
    };
    struct e2e e;
    autostr struct str tap = {0};
    e2e_start_stage(&e, 24, 80, stage);
    open_shell(&e, "host");
    e.run.tap = &tap;
    static const char script[] =
        "stty -echo; printf '"
        "\\033]0;ev''il\\007\\033]52;c;ZXZpbA==\\007\\033]2;ev''il\\033\\\\\\033Pq#0;2;0;0;0\\033\\\\\\033_ev''"
        "il\\033\\\\"
        "\\033[?1000h\\033[?1003h\\033[?1006h\\033[5i\\033[c\\033[6n\\033[>c\\033[8;1;1t\\033[21t\\033[?3h\\302\\23331m"
        "\\007\\007\\016\\017\\033[5b\\033#6\\377\\376\\300\\200\\355\\240\\200\\033^ev''il\\033\\\\\\033c'; echo; "
        "head -c 20000 /dev/urandom; printf '\\033c'; stty sane; echo safe-$((1 + 1))\r";
    e2e_type(&e, script);
    e2e_wait(&e, "safe-2");
    vt_run_quiet(&e.run, 300, 3000);
    for (size_t i = 0; i < COUNT(forbidden); i++)
        if (memmem(str_c(&tap), tap.len, forbidden[i], strlen(forbidden[i])))
            fail_msg("sequence %zu reached the terminal", i);
    e.run.tap = NULL;
    e2e_type(&e, PREFIX "0");
    e2e_run(&e, "echo well-$((1 + 1))", "well-2");
    e2e_end(&e);
}

/* Looking back: a mode that a key of its own leaves. */
static void scrollback(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 24, 80, stage);
    open_shell(&e, "host");
    say(&e, "i=0; while [ $i -lt 100 ]; do echo line-$i; i=$((i + 1)); done; echo end-$((1 + 1))", "end-2");
    assert_false(vt_has(e.run.vt, "line-1 "));
    e2e_type(&e, PREFIX "\033[5~");
    e2e_wait(&e, "lines back");
    e2e_type(&e, "g");
    e2e_wait(&e, "up-42");
    e2e_type(&e, "q");
    e2e_wait_gone(&e, "lines back");
    e2e_wait(&e, "end-2");
    say(&e, "echo typed-$((1 + 1))", "typed-2");
    e2e_end(&e);
}

/* A shell that goes with its stage is there again on the next one. */
static void a_reset_brings_it_back(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 60, 200, stage);
    open_shell(&e, "host");
    say(&e, "mark=here; echo $mark-$((1 + 1))", "here-2");
    e2e_type(&e, PREFIX "0");
    e2e_run(&e, ":reset", "container:/");
    e2e_wait_gone(&e, "here-2");
    e2e_type(&e, PREFIX "5");
    e2e_wait(&e, "▶5 host terminal");
    say(&e, "echo [$mark]-$((1 + 1))", "[]-2");
    e2e_end(&e);
}

static void the_layout_is_remembered(const char *stage)
{
    struct e2e e;
    e2e_start_stage(&e, 24, 80, stage);
    e2e_run(&e, ":layout", "no terminals");
    e2e_run(&e, ":layout stage", "container");
    e2e_wait_gone(&e, "3 lesson");
    e2e_run(&e, ":layout nonsense", "there is no such layout");
    autofree char *path = xasprintf("%s/state/preferences", e.dir);
    FILE *f = fopen(path, "r");
    char text[256] = "";
    assert_non_null(f);
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    assert_non_null(strstr(text, "layout = stage"));
    e2e_end(&e);
}

/* In every state: killed, crashed, hung up. */
static void every_end_restores(const char *stage)
{
    static const int sigs[] = {SIGKILL, SIGSEGV, SIGTERM, SIGHUP};
    static const char *const states[] = {"", "exec top -d 1\r", "yes\r", PREFIX "\033[5~", PREFIX "z", PREFIX "0"};
    for (size_t i = 0; i < COUNT(states); i++) {
        struct e2e e;
        e2e_start_stage(&e, 24, 80, stage);
        open_shell(&e, "host");
        e2e_type(&e, states[i]);
        vt_run_pump(&e.run, 300);
        e2e_family(&e);
        kill(e.run.pid, sigs[i % COUNT(sigs)]);
        assert_true(vt_run_wait_end(&e.run, E2E_MS));
        assert_true(e2e_family_gone(&e, E2E_MS));
        vt_run_pump(&e.run, 200);
        e2e_assert_restored(&e);
        e2e_end(&e);
    }
}

E2E_ON_EACH_STAGE(both_sides)
E2E_ON_EACH_STAGE(top_dies_on_screen)
E2E_ON_EACH_STAGE(full_screen_programs)
E2E_ON_EACH_STAGE(job_control)
E2E_ON_EACH_STAGE(other_sizes)
E2E_ON_EACH_STAGE(a_large_paste)
E2E_ON_EACH_STAGE(a_storm)
E2E_ON_EACH_STAGE(hostile_output)
E2E_ON_EACH_STAGE(scrollback)
E2E_ON_EACH_STAGE(a_reset_brings_it_back)
E2E_ON_EACH_STAGE(the_layout_is_remembered)
E2E_ON_EACH_STAGE(every_end_restores)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_on_each_stage),
        cmocka_unit_test(top_dies_on_screen_on_each_stage),
        cmocka_unit_test(full_screen_programs_on_each_stage),
        cmocka_unit_test(job_control_on_each_stage),
        cmocka_unit_test(other_sizes_on_each_stage),
        cmocka_unit_test(a_large_paste_on_each_stage),
        cmocka_unit_test(a_storm_on_each_stage),
        cmocka_unit_test(hostile_output_on_each_stage),
        cmocka_unit_test(scrollback_on_each_stage),
        cmocka_unit_test(a_reset_brings_it_back_on_each_stage),
        cmocka_unit_test(the_layout_is_remembered_on_each_stage),
        cmocka_unit_test(every_end_restores_on_each_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
