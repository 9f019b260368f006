/* The real program as a person sees and uses it. */
#include "e2e.h"
#include "support.h"
#include <string.h>

static void everything_is_on_the_first_screen(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    int y, x;
    assert_true(vt_alternate(e.run.vt));
    e2e_wait(&e, "1 host");
    e2e_wait(&e, "2 container");
    e2e_wait(&e, "3 lesson: Looking around");
    e2e_wait(&e, "4 transcript");
    e2e_wait(&e, "practice stage");
    e2e_wait(&e, "The kernel knows the number of each process.");
    e2e_wait(&e, "[container] getpid()");
    e2e_wait(&e, "container:");
    e2e_wait(&e, "└─");
    vt_cursor(e.run.vt, &y, &x);
    assert_int_equal(y, 22);
    assert_true(x > 10);
    assert_true(vt_cursor_visible(e.run.vt));
    e2e_end(&e);
}

static void enter_types_and_enter_runs(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    e2e_type(&e, "\r");
    e2e_wait(&e, "# getpid()");
    e2e_wait(&e, "pid_t getpid(void)"); /* one-line help of the call */
    e2e_type(&e, "\r");
    e2e_wait(&e, "getpid() = ");
    e2e_wait(&e, "✓ [container] getpid()");
    e2e_wait(&e, "Enter types: echo marker");
    e2e_type(&e, "\r\r");
    e2e_wait(&e, "marker-42");
    e2e_type(&e, "\r"); /* to the second step */
    e2e_wait(&e, "what is asked here?");
    e2e_wait(&e, "2) a question");
    e2e_run(&e, "2", "Indeed.");
    e2e_end(&e);
}

static void a_wrong_call_gets_a_caret(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    int y, x, caret;
    e2e_start(&e, 24, 80, NULL);
    e2e_run(&e, "unshare(CLONE_NEWPIT)", "error:");
    e2e_wait(&e, "CLONE_NEWPID"); /* the nearest */
    y = vt_find(e.run.vt, "error:", NULL);
    assert_true(y > 0);
    vt_find(e.run.vt, "  unshare(CLONE_NEWPIT)", &x);
    for (y++; y < 22 && !strchr(vt_row(e.run.vt, y), '^'); y++)
        ;
    caret = (int)(strchr(vt_row(e.run.vt, y), '^') - vt_row(e.run.vt, y));
    assert_int_equal(caret, x + 2 + 8); /* under the flag */
    e2e_end(&e);
}

static void new_processes_appear_and_going_back_ends_them(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 40, 120, NULL);
    e2e_run(&e, "sleep 31337 &", "sleep 31337");
    int y, x;
    e2e_wait(&e, "+ ");
    for (int i = 0; i < 100 && (y = vt_find(e.run.vt, "─ sleep 31337", &x)) < 0; i++)
        vt_run_pump(&e.run, 50);
    assert_true(y >= 0);
    vt_run_pump(&e.run, 1500);
    y = vt_find(e.run.vt, "─ sleep 31337", &x);
    assert_true(y >= 0 && vt_row(e.run.vt, y)[0] == ' '); /* no longer new */
    e2e_run(&e, ":reset", "Enter types: getpid()");
    for (int i = 0; i < 100 && vt_find(e.run.vt, "─ sleep 31337", &x) >= 0; i++)
        vt_run_pump(&e.run, 50);
    assert_true(vt_find(e.run.vt, "─ sleep 31337", &x) < 0);
    e2e_end(&e);
}

static void it_follows_every_resize(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    int y, x;
    e2e_start(&e, 24, 80, NULL);
    e2e_type(&e, "half a line");
    vt_run_resize(&e.run, 60, 200);
    e2e_wait(&e, "half a line");
    vt_run_quiet(&e.run, 200, 3000);
    y = vt_find(e.run.vt, "3 lesson", &x);
    assert_int_equal(y, 1); /* beside the trees */
    assert_true(x > 100);
    vt_run_resize(&e.run, 16, 60);
    e2e_wait(&e, "half a line");
    vt_run_quiet(&e.run, 200, 3000);
    for (const char *const *t = (const char *const[]){"1 host", "2 container", "3 lesson", "4 transcript", NULL}; *t;
         t++)
        e2e_wait(&e, *t);
    vt_run_resize(&e.run, 10, 50);
    e2e_wait(&e, "too small");
    e2e_wait(&e, "half a line");
    e2e_wait_gone(&e, "1 host");
    vt_run_resize(&e.run, 4, 18);
    e2e_wait(&e, "too small");
    e2e_wait_gone(&e, "half a line");
    vt_run_resize(&e.run, 24, 80);
    e2e_wait(&e, "half a line");
    e2e_wait(&e, "1 host");
    vt_run_quiet(&e.run, 200, 3000);
    vt_cursor(e.run.vt, &y, &x);
    assert_int_equal(y, 22);
    e2e_type(&e, "\003"); /* ^C */
    e2e_wait(&e, "half a line^C");
    e2e_end(&e);
}

static void what_runs_can_be_interrupted(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    e2e_run(&e, "sleep 3000; echo never", "running: ^C stops it");
    e2e_type(&e, "echo typed-$((1 + 1))-ahead\r"); /* waits ... */
    e2e_wait(&e, "what you type waits");
    e2e_type(&e, "\003"); /* ... and is forgotten by ^C */
    e2e_wait_gone(&e, "running:");
    vt_run_pump(&e.run, 300);
    assert_false(vt_has(e.run.vt, "typed-2-ahead"));
    e2e_run(&e, "sleep 0.5", "running:");
    e2e_type(&e, "echo typed-$((1 + 1))-ahead\r");
    e2e_wait(&e, "typed-2-ahead");
    e2e_end(&e);
}

static void a_paste_waits_for_enter(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    e2e_type(&e, "\033[200~echo one-$((0 + 1))\recho two-$((1 + 1))\r\033[201~");
    e2e_wait(&e, "⏎");
    e2e_wait(&e, "pasted, not run");
    vt_run_pump(&e.run, 300);
    assert_false(vt_has(e.run.vt, "one-1"));
    e2e_type(&e, "\r");
    e2e_wait(&e, "one-1");
    e2e_wait(&e, "two-2");
    e2e_end(&e);
}

static void candidates_lie_over_the_panes(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    e2e_type(&e, "mount(\"a\", \"/b\", NULL, MS_NO\t");
    e2e_wait(&e, "possibilities");
    e2e_wait(&e, "MS_NOEXEC");
    e2e_wait(&e, "1 host"); /* nothing was moved */
    e2e_type(&e, "E");
    e2e_wait_gone(&e, "possibilities");
    e2e_wait(&e, "4 transcript");
    e2e_type(&e, "\t");
    e2e_wait(&e, "MS_NOEXEC");
    e2e_end(&e);
}

static void panes_are_chosen_zoomed_and_searched(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    int y, x;
    e2e_start(&e, 24, 80, NULL);
    e2e_run(&e, "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo row-$i.; done", "row-20.");
    assert_false(vt_has(e.run.vt, "row-3."));
    e2e_type(&e, "\0344"); /* the prefix, then the transcript */
    e2e_wait(&e, "▶4 transcript");
    y = vt_find(e.run.vt, "▶4 transcript", &x);
    assert_true(vt_reverse(e.run.vt, y, x));
    e2e_type(&e, "z");
    e2e_wait(&e, "row-3.");
    e2e_wait_gone(&e, "1 host");
    e2e_type(&e, "z");
    e2e_wait(&e, "1 host");
    e2e_type(&e, "/ROW-1.\r");
    e2e_wait(&e, "row-1.");
    vt_run_quiet(&e.run, 200, 3000);
    y = vt_find(e.run.vt, "row-1.", &x);
    assert_true(vt_reverse(e.run.vt, y, x));
    e2e_type(&e, "G");
    e2e_wait(&e, "row-20.");
    e2e_type(&e, "\r");
    e2e_wait(&e, " 4 transcript");
    e2e_type(&e, "\033[5~"); /* PgUp at the prompt */
    e2e_wait_gone(&e, "row-20.");
    e2e_type(&e, "\033[6~");
    e2e_wait(&e, "row-20.");
    e2e_type(&e, "\034?");
    e2e_wait(&e, "help (any other key closes it)");
    e2e_type(&e, "q");
    e2e_wait_gone(&e, "help (any other");
    e2e_wait(&e, "1 host");
    e2e_run(&e, ":zoom container", "container");
    e2e_wait_gone(&e, "1 host");
    e2e_run(&e, ":zoom off", "1 host");
    e2e_end(&e);
}

static void the_same_process_lights_up_on_both_sides(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    int y, seen = 0;
    e2e_start(&e, 40, 120, NULL);
    e2e_type(&e, "\0341k");
    e2e_wait(&e, "▶1 host");
    vt_run_quiet(&e.run, 300, 3000);
    for (y = 2; y < 15; y++) {
        bool left = vt_reverse(e.run.vt, y, 5), right = vt_reverse(e.run.vt, y, 65);
        assert_int_equal(left, right);
        if (left) {
            seen++;
            assert_non_null(strstr(vt_row(e.run.vt, y), "↔"));
            assert_true(vt_row(e.run.vt, y)[1] == '=' || vt_row(e.run.vt, y)[1] == '>');
        }
    }
    assert_int_equal(seen, 1);
    e2e_type(&e, "\033"); /* a lone Escape goes back */
    e2e_wait(&e, " 1 host");
    e2e_end(&e);
}

static void plain_ascii_and_no_colours(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, (const char *const[]){"LC_ALL=C", "NO_COLOR=1", NULL});
    e2e_run(&e, "getpid()", "getpid() = ");
    e2e_wait(&e, "`- ");
    for (int y = 0; y < 24; y++) {
        for (const char *p = vt_row(e.run.vt, y); *p; p++)
            assert_true((unsigned char)*p < 0x80);
        for (int x = 0; x < 80; x++)
            assert_false(vt_coloured(e.run.vt, y, x));
    }
    e2e_end(&e);
    e2e_start(&e, 24, 80, NULL);
    e2e_run(&e, "getpid()", "getpid() = ");
    bool any = false;
    for (int y = 0; y < 24; y++)
        for (int x = 0; x < 80; x++)
            any = any || vt_coloured(e.run.vt, y, x);
    assert_true(any);
    e2e_end(&e);
}

static void the_prefix_can_be_chosen(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, (const char *const[]){"PORTHOLE_PREFIX=C-g", NULL});
    e2e_wait(&e, "C-g ? help");
    e2e_type(&e, "\a");
    e2e_wait(&e, "C-g -:");
    e2e_type(&e, "3");
    e2e_wait(&e, "▶3 lesson");
    e2e_end(&e);
}

static void nothing_happens_when_nothing_happens(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    vt_run_quiet(&e.run, 1500, 10000);
    size_t before = e.run.bytes;
    vt_run_pump(&e.run, 2500);
    assert_int_equal(e.run.bytes, before);
    e2e_type(&e, "x");
    vt_run_quiet(&e.run, 300, 3000);
    assert_in_range(e.run.bytes - before, 1, 200); /* a key costs a few bytes, not a screen */
    e2e_end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_on_the_first_screen),
        cmocka_unit_test(enter_types_and_enter_runs),
        cmocka_unit_test(a_wrong_call_gets_a_caret),
        cmocka_unit_test(new_processes_appear_and_going_back_ends_them),
        cmocka_unit_test(it_follows_every_resize),
        cmocka_unit_test(what_runs_can_be_interrupted),
        cmocka_unit_test(a_paste_waits_for_enter),
        cmocka_unit_test(candidates_lie_over_the_panes),
        cmocka_unit_test(panes_are_chosen_zoomed_and_searched),
        cmocka_unit_test(the_same_process_lights_up_on_both_sides),
        cmocka_unit_test(plain_ascii_and_no_colours),
        cmocka_unit_test(the_prefix_can_be_chosen),
        cmocka_unit_test(nothing_happens_when_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
