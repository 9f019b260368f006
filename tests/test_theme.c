/* Themes: which one is taken, how they look, and that the choice outlives the program. */
#include "base/file.h"
#include "base/loop.h"
#include "base/prefs.h"
#include "e2e.h"
#include "home.h"
#include "screen/frame.h"
#include "shell/cmd.h"
#include "shell/theme.h"
#include "support.h"
#include "vt.h"
#include <locale.h>
#include <string.h>

static void which_theme_is_taken(void **state)
{
    static const struct {
        const char *given, *no_color, *remembered;
        enum theme want;
    } table[] = {
        {NULL, NULL, NULL, THEME_DEFAULT},
        {NULL, NULL, "contrast", THEME_CONTRAST},
        {NULL, NULL, "of a later version", THEME_DEFAULT},
        {NULL, "", "contrast", THEME_CONTRAST}, /* empty is not set */
        {NULL, "1", "contrast", THEME_MONO},
        {NULL, "1", NULL, THEME_MONO},
        {"contrast", "1", NULL, THEME_CONTRAST},
        {"default", "1", "mono", THEME_DEFAULT},
        {"mono", NULL, "contrast", THEME_MONO},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        home_open();
        prefs_forget();
        if (table[i].no_color)
            setenv("NO_COLOR", table[i].no_color, 1);
        else
            unsetenv("NO_COLOR");
        if (table[i].remembered)
            assert_true(prefs_set("theme", table[i].remembered));
        prefs_forget();
        assert_int_equal(theme_choose(table[i].given), table[i].want);
        home_close();
    }
    unsetenv("NO_COLOR");
    prefs_forget();
}

static void names(void **state)
{
    for (int i = 0; i < THEME_COUNT; i++) {
        assert_int_equal(theme_find(theme_rows[i].name), i);
        assert_true(theme_rows[i].help[0]);
    }
    assert_int_equal(theme_find("nonsense"), -1);
    assert_int_equal(theme_find(NULL), -1);
}

static void assert_shown(struct frame *f, struct vt *vt)
{
    autostr struct str bytes = {0};
    for (int s = 0; s < STYLE_COUNT; s++)
        frame_text(f, s, 0, 10, "x", (enum style)s);
    frame_take(f, &bytes);
    vt_feed(vt, str_c(&bytes), bytes.len);
}

/* Styles whose meaning must be seen without colours are told apart by attributes, in each theme. */
static void how_they_look(void **state)
{
    setenv("TERM", "xterm-256color", 1);
    struct frame *f = frame_new(24, 80, true, true);
    struct vt *vt = vt_new(24, 80);
    assert_shown(f, vt);
    assert_int_equal(vt_fg(vt, STYLE_BAD, 0), 1);
    assert_int_equal(vt_bg(vt, STYLE_BAD, 0), -1);
    frame_theme(f, THEME_CONTRAST);
    assert_shown(f, vt);
    for (int s = 0; s < STYLE_COUNT; s++) { /* no colour on a background that is not ours */
        assert_int_equal(vt_fg(vt, s, 0) >= 0, vt_bg(vt, s, 0) >= 0);
        if (vt_fg(vt, s, 0) == 0) /* bold black is grey */
            assert_false(vt_bold(vt, s, 0));
    }
    assert_int_equal(vt_fg(vt, STYLE_BAD, 0), 7);
    assert_int_equal(vt_bg(vt, STYLE_BAD, 0), 1);
    assert_int_equal(vt_bg(vt, STYLE_GOOD, 0), 2);
    assert_true(vt_reverse(vt, STYLE_FOCUS, 0));
    assert_true(vt_bold(vt, STYLE_FOCUS, 0));
    frame_theme(f, THEME_MONO);
    assert_shown(f, vt);
    for (int s = 0; s < STYLE_COUNT; s++) {
        assert_int_equal(vt_fg(vt, s, 0), -1);
        assert_int_equal(vt_bg(vt, s, 0), -1);
    }
    assert_true(vt_bold(vt, STYLE_BAD, 0));
    assert_true(vt_underlined(vt, STYLE_NOTICE, 0));
    assert_true(vt_reverse(vt, STYLE_FOCUS, 0));
    frame_theme(f, THEME_DEFAULT);
    assert_shown(f, vt);
    assert_int_equal(vt_fg(vt, STYLE_BAD, 0), 1);
    frame_free(f);
    vt_free(vt);
}

/* Nothing is dim that is shown to a room. The terminal of the tests does not know dim letters, so the bytes are asked.
 */
static void contrast_has_nothing_dim(void **state)
{
    for (int theme = 0; theme < THEME_COUNT; theme++) {
        autostr struct str bytes = {0};
        struct term_cell cell = {.cp = {'x'}, .width = 1, .attrs = TERM_DIM, .fg = -1, .bg = -1};
        struct frame *f = frame_new(24, 80, true, true);
        frame_theme(f, (enum theme)theme);
        frame_text(f, 0, 0, 10, "aside", STYLE_DIM);
        frame_cells(f, 1, 0, 1, &cell, 1);
        frame_take(f, &bytes);
        bool dim = strstr(bytes.s, "[2m") || strstr(bytes.s, ";2m");
        assert_int_equal(dim, theme != THEME_CONTRAST);
        frame_free(f);
    }
}

/* The command. */

static struct {
    int theme, calls;
    struct str said;
} told;

static void on_theme(void *arg, enum theme theme)
{
    told.theme = (int)theme;
    told.calls++;
}

static void on_say(void *arg, enum say kind, const char *text)
{
    str_addf(&told.said, "%s\n", text);
}

static void assert_said(struct shell *sh, const char *line, const char *text)
{
    str_cut(&told.said, 0);
    cmd_eval(sh, line);
    if (text ? !strstr(str_c(&told.said), text) : told.said.len > 0)
        fail_msg("%s said: %s", line, str_c(&told.said));
}

static void the_command(void **state)
{
    struct shell_options opt = {.stage = STAGE_PRACTICE, .stage_given = true, .theme = "mono"};
    struct outcome o = {0};
    int status;
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    home_open();
    home_lesson("01-a.md", HOME_HEAD("a") "## One\n\n```console\nroot@host# true\n```\n");
    prefs_forget();
    struct loop *l = loop_new();
    struct shell *sh = shell_new(l, &opt, &status, &o);
    assert_non_null(sh);
    assert_int_equal(shell_theme(sh), THEME_MONO);
    shell_set_ui(sh, &(struct shell_ui){.say = on_say, .theme = on_theme});
    assert_said(sh, ":theme", "The theme is mono.");
    assert_said(sh, ":theme", "contrast: for projectors");
    assert_said(sh, ":theme contrast", NULL); /* it is seen */
    assert_int_equal(told.theme, THEME_CONTRAST);
    assert_string_equal(prefs_get("theme"), "contrast");
    assert_said(sh, ":theme", "The theme is contrast.");
    assert_said(sh, ":theme nonsense", "there is no such theme: nonsense");
    assert_int_equal(told.calls, 1);
    setenv("NO_COLOR", "1", 1);
    assert_said(sh, ":theme default", "NO_COLOR");
    unsetenv("NO_COLOR");
    shell_set_ui(sh, &(struct shell_ui){.say = on_say});
    assert_said(sh, ":theme mono", "linear mode");
    prefs_forget();
    assert_string_equal(prefs_get("theme"), "mono");
    size_t start;
    char **words = shell_complete(sh, ":theme c", 8, &start);
    assert_non_null(words);
    assert_string_equal(words[0], "contrast");
    assert_null(words[1]);
    free(words[0]);
    free(words);
    shell_free(sh);
    loop_free(l);
    str_free(&told.said);
    home_close();
    prefs_forget();
}

/* The program. Its status line is bold in one theme only. */

static void wait_for(struct e2e *e, bool bold)
{
    for (int64_t end = now_ms() + E2E_MS; vt_bold(e->run.vt, 0, 2) != bold; vt_run_pump(&e->run, 20))
        if (now_ms() >= end)
            fail_msg("the status line is not as in that theme");
}

static bool coloured(struct e2e *e)
{
    for (int y = 0; y < 24; y++)
        for (int x = 0; x < 80; x++)
            if (vt_fg(e->run.vt, y, x) >= 0 || vt_bg(e->run.vt, y, x) >= 0)
                return true;
    return false;
}

static void leave(struct e2e *e, const char *mark)
{
    e2e_type(e, ":quit\r");
    e2e_wait(e, mark);
    e2e_type(e, "\r");
    e2e_wait(e, "Enter types: getpid()");
}

static void it_is_remembered_over_a_restart(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start_command(
        &e, 24, 80, NULL,
        "\"$@\"; echo first-end; read x; \"$@\"; echo second-end; read x; NO_COLOR=1 \"$@\"; echo third-end; "
        "read x; NO_COLOR=1 \"$@\" --theme contrast; echo fourth-end; read x; \"$@\" --theme default");
    e2e_wait(&e, "Enter types: getpid()");
    wait_for(&e, false);
    assert_true(coloured(&e)); /* the offered call */
    e2e_type(&e, ":theme contrast\r");
    wait_for(&e, true);
    leave(&e, "first-end");
    wait_for(&e, true);
    leave(&e, "second-end");
    wait_for(&e, false); /* NO_COLOR */
    assert_false(coloured(&e));
    leave(&e, "third-end");
    wait_for(&e, true); /* but for --theme */
    leave(&e, "fourth-end");
    wait_for(&e, false);
    e2e_end(&e);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TERM", "xterm-256color", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_theme_is_taken), cmocka_unit_test(names),
        cmocka_unit_test(how_they_look),        cmocka_unit_test(contrast_has_nothing_dim),
        cmocka_unit_test(the_command),          cmocka_unit_test(it_is_remembered_over_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
