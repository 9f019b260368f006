/* Cells of a terminal in a pane, as they come out of a frame: drawn into a memory file, read back by a terminal. */
#include "base/mem.h"
#include "base/text.h"
#include "screen/frame.h"
#include "support.h"
#include "temp.h"
#include "vt.h"
#include <locale.h>
#include <string.h>

static struct frame *frame;
static struct vt *vt;

static void up(const char *term, bool utf8, bool colour)
{
    setenv("TERM", term, 1);
    frame = frame_new(24, 80, utf8, colour);
    vt = vt_new(24, 80);
    assert_non_null(frame);
}

static size_t show(void)
{
    autostr struct str bytes = {0};
    frame_take(frame, &bytes);
    vt_feed(vt, str_c(&bytes), bytes.len);
    return bytes.len;
}

static void down(void)
{
    frame_free(frame);
    vt_free(vt);
    setenv("TERM", "xterm-256color", 1);
}

static struct term_cell plain(unsigned cp, int fg, int bg, unsigned attrs)
{
    return (struct term_cell){.cp = {cp}, .width = 1, .attrs = (unsigned char)attrs, .fg = fg, .bg = bg};
}

static void draw(int y, int x, struct term_cell c)
{
    frame_cells(frame, y, x, 1, &c, 1);
}

static void cells_of_a_terminal(void **state)
{
    up("xterm-256color", true, true);
    struct term *t = term_new(5, 20, NULL);
    static const char bytes[] =
        "\033[1;31mbold\033[0;4;48;5;17mline\033[m 舷e\xcc\x81\r\n\033[7mreverse\033[m\033[44m\033[K";
    struct term_cell cells[20];
    term_feed(t, bytes, sizeof bytes - 1);
    for (int y = 0; y < 5; y++) {
        term_cells(t, y, cells, 20);
        frame_cells(frame, 2 + y, 30, 20, cells, 20);
    }
    show();
    assert_string_equal(vt_row(vt, 2) + 30, "boldline 舷e\xcc\x81");
    assert_true(vt_bold(vt, 2, 30));
    assert_int_equal(vt_fg(vt, 2, 30), 1);
    assert_false(vt_bold(vt, 2, 34));
    assert_true(vt_underlined(vt, 2, 34));
    assert_int_equal(vt_bg(vt, 2, 34), 17);
    assert_int_equal(vt_fg(vt, 2, 34), -1);
    assert_true(vt_reverse(vt, 3, 30));
    assert_false(vt_reverse(vt, 3, 37));
    assert_int_equal(vt_bg(vt, 3, 37), 4);
    assert_int_equal(vt_bg(vt, 3, 49), 4);
    assert_int_equal(vt_bg(vt, 3, 50), -1);
    assert_int_equal(show(), 0); /* and nothing new is no byte */
    term_free(t);
    down();
}

/* Entries that not every machine's terminfo has, made of xterm's. NULL without tic(1). */
static const char *terminfo_with(char dir[TEMP_PATH], const char *name, const char *capabilities)
{
    temp_make(dir);
    autofree char *command = xasprintf(
        "printf '%s|test,\\n\\t%s,\\n\\tuse=xterm-256color,\\n' >%s/source && tic -x -o %s %s/source 2>/dev/null", name,
        capabilities, dir, dir, dir);
    if (system(command) != 0)
        return NULL;
    setenv("TERMINFO", dir, 1);
    return name;
}

struct reduction {
    int fg, bg;           /* asked for */
    int want_fg, want_bg; /* shown */
    bool bold, reverse;
};

static void assert_reduced(const struct reduction *table, size_t n)
{
    for (size_t i = 0; i < n; i++)
        draw((int)i, 0, plain('x', table[i].fg, table[i].bg, 0));
    show();
    for (int i = 0; i < (int)n; i++) {
        assert_int_equal(vt_fg(vt, i, 0), table[i].want_fg);
        assert_int_equal(vt_bg(vt, i, 0), table[i].want_bg);
        assert_int_equal(vt_bold(vt, i, 0), table[i].bold);
        assert_int_equal(vt_reverse(vt, i, 0), table[i].reverse);
    }
}

static void with_256_colours(void **state)
{
    static const struct reduction table[] = {
        {9, 3, 9, 3},
        {255, 16, 255, 16},
        {TERM_RGB | 0xff8700, TERM_RGB | 0x00005f, 208, 17},
        {TERM_RGB | 0x808080, TERM_RGB, 244, 16},
        {TERM_RGB | 0xffffff, TERM_RGB | 0x0a0a0a, 231, 232},
        {TERM_RGB | 0xfe8801, -1, 208, -1},
    };
    up("xterm-256color", true, true);
    assert_reduced(table, COUNT(table));
    down();
}

static void with_8_colours(void **state)
{
    static const struct reduction table[] = {
        {1, 4, 1, 4},    {9, 12, 1, 4, true},   {208, 19, 3, 4},  {TERM_RGB | 0xff0000, -1, 1, -1, true},
        {-1, 15, -1, 7}, {231, 16, 7, 0, true}, {-1, -1, -1, -1},
    };
    up("xterm", true, true);
    assert_reduced(table, COUNT(table));
    down();
}

static void with_16_colours(void **state)
{
    static const struct reduction table[] = {
        {1, 4, 1, 4}, {9, 12, 9, 12}, {TERM_RGB | 0xff0000, -1, 9, -1}, {231, 16, 15, 0}, {-1, 250, -1, 7},
    };
    char dir[TEMP_PATH];
    const char *term = terminfo_with(dir, "few-colours", "colors#16, pairs#256");
    SKIP_UNLESS(term, "no tic here");
    up(term, true, true);
    assert_reduced(table, COUNT(table));
    down();
    unsetenv("TERMINFO");
    temp_remove(dir);
}

static void with_direct_colours(void **state)
{
    static const struct reduction table[] = {
        {1, 4, 1, 4},
        {TERM_RGB | 0x123456, TERM_RGB | 0xfedcba, TERM_RGB | 0x123456, TERM_RGB | 0xfedcba},
        {208, TERM_RGB, TERM_RGB | 0xff8700, 0},
        {TERM_RGB | 0x000003, 9, 0, TERM_RGB | 0xff0000}, /* numbers below 8 would be the palette's */
    };
    char dir[TEMP_PATH];
    const char *term = terminfo_with(dir, "many-colours",
                                     "RGB, colors#0x1000000, pairs#0x7FFF, "
                                     "setab=\\\\E[%%?%%p1%%{8}%%<%%t4%%p1%%d%%e48;2;%%p1%%{65536}%%/"
                                     "%%d;%%p1%%{256}%%/%%{255}%%&%%d;"
                                     "%%p1%%{255}%%&%%d%%;m, "
                                     "setaf=\\\\E[%%?%%p1%%{8}%%<%%t3%%p1%%d%%e38;2;%%p1%%{65536}%%/"
                                     "%%d;%%p1%%{256}%%/%%{255}%%&%%d;"
                                     "%%p1%%{255}%%&%%d%%;m");
    SKIP_UNLESS(term, "no tic here");
    up(term, true, true);
    assert_reduced(table, COUNT(table));
    down();
    unsetenv("TERMINFO");
    temp_remove(dir);
}

/* Bars and selections are seen without colours, too. */
static void without_colours(void **state)
{
    static const struct reduction table[] = {
        {1, -1, -1, -1}, {0, 7, -1, -1, false, true}, {15, 4, -1, -1}, {16, 255, -1, -1, false, true}, {-1, -1, -1, -1},
    };
    static const char *const terms[] = {"vt100", "xterm-256color"};
    for (size_t i = 0; i < COUNT(terms); i++) {
        up(terms[i], true, i == 0);
        assert_reduced(table, COUNT(table));
        draw(20, 0, plain('x', 1, 2, TERM_BOLD | TERM_UNDERLINE));
        show();
        assert_true(vt_bold(vt, 20, 0));
        assert_true(vt_underlined(vt, 20, 0));
        down();
    }
}

/* The column after it stays in its place, whatever a cell claims to be. */
static void widths_that_disagree(void **state)
{
    static const struct {
        struct term_cell cell;
        const char *shown;
    } table[] = {
        {{.cp = {0x8237}, .width = 2}, "舷|"},
        {{.cp = {'a'}, .width = 2}, "\xef\xbf\xbd |"},
        {{.cp = {0x8237}, .width = 1}, "\xef\xbf\xbd|"},
        {{.cp = {0x301}, .width = 1}, "\xef\xbf\xbd|"},
        {{.cp = {0x202e}, .width = 1}, "\xef\xbf\xbd|"},
        {{.cp = {0x378}, .width = 1}, "\xef\xbf\xbd|"}, /* unassigned */
        {{.cp = {0x110000}, .width = 1}, "\xef\xbf\xbd|"},
        {{.cp = {'\033'}, .width = 1}, "?|"},
        {{.cp = {0x9b}, .width = 1}, "\xef\xbf\xbd|"},
        {{.cp = {'e', 0x301, 0x302}, .width = 1}, "e\xcc\x81\xcc\x82|"},
        {{.cp = {'e', 'x', 0x202e, 0x301}, .width = 1}, "e\xcc\x81|"},
        {{.cp = {0x301, 0x301}, .width = 1}, "\xef\xbf\xbd|"},
        {{.cp = {0}, .width = 1}, " |"},
        {{.cp = {0}, .width = 0}, " |"}, /* half of what is not there */
        {{.cp = {'x'}, .width = 7}, "x|"},
    };
    up("xterm-256color", true, true);
    for (size_t i = 0; i < COUNT(table); i++) {
        struct term_cell cells[3] = {table[i].cell, {.width = 0}, plain('|', -1, -1, 0)};
        cells[0].fg = cells[0].bg = -1;
        if (cells[0].width != 2)
            cells[1] = cells[2];
        frame_cells(frame, (int)i, 0, 10, cells, cells[0].width == 2 ? 3 : 2);
    }
    show();
    for (size_t i = 0; i < COUNT(table); i++)
        assert_string_equal(vt_row(vt, (int)i), table[i].shown);
    down();
}

static void cells_are_cut_and_padded(void **state)
{
    struct term_cell cells[10];
    for (int i = 0; i < 10; i++)
        cells[i] = plain((unsigned)('0' + i), -1, 1, 0);
    struct term_cell wide[] = {plain('a', -1, -1, 0), {.cp = {0x8237}, .width = 2, .fg = -1, .bg = -1}, {.width = 0}};
    up("xterm-256color", true, true);
    for (int y = 0; y < 8; y++)
        frame_text(frame, y, 0, 80, "................................................................................",
                   STYLE_PLAIN);
    frame_cells(frame, 0, 5, 4, cells, 10);
    frame_cells(frame, 1, 5, 14, cells, 10);
    frame_cells(frame, 2, 77, 10, cells, 10);
    frame_cells(frame, 3, 5, 2, wide, 3); /* no room for its right half */
    frame_cells(frame, 4, 78, 9, wide, 3);
    frame_cells(frame, 5, 0, 80, NULL, 0);
    frame_cells(frame, 6, 5, 0, cells, 10);
    frame_cells(frame, 24, 0, 10, cells, 10);
    frame_cells(frame, 0, 80, 10, cells, 10);
    frame_cells(frame, -1, 0, 10, cells, 10);
    show();
    assert_true(text_has_prefix(vt_row(vt, 0), ".....0123....."));
    assert_true(text_has_prefix(vt_row(vt, 1), ".....0123456789    ......"));
    assert_int_equal(vt_bg(vt, 1, 14), 1);
    assert_int_equal(vt_bg(vt, 1, 15), -1);
    assert_string_equal(vt_row(vt, 2) + 77, "012");
    assert_true(text_has_prefix(vt_row(vt, 3), ".....a ......"));
    assert_string_equal(vt_row(vt, 4) + 78, "a");
    assert_string_equal(vt_row(vt, 5), "");
    assert_true(text_has_prefix(vt_row(vt, 6), "............"));
    down();
}

static void a_c_locale_gets_ascii(void **state)
{
    struct term_cell cells[] = {plain(0x251c, -1, -1, 0),
                                plain(0x2500, -1, -1, 0),
                                plain('e', -1, -1, 0),
                                {.cp = {0x8237}, .width = 2, .fg = -1, .bg = -1},
                                {.width = 0},
                                plain(0xe4, -1, -1, 0),
                                plain('\n', -1, -1, 0),
                                plain('z', -1, -1, 0)};
    cells[2].cp[1] = 0x301;
    setlocale(LC_ALL, "C");
    up("xterm-256color", false, true);
    frame_cells(frame, 0, 0, 20, cells, COUNT(cells));
    autostr struct str bytes = {0};
    frame_take(frame, &bytes);
    for (size_t i = 0; i < bytes.len; i++)
        assert_true((unsigned char)bytes.s[i] < 0x80);
    vt_feed(vt, bytes.s, bytes.len);
    assert_string_equal(vt_row(vt, 0), "|-e? ??z");
    down();
    setlocale(LC_ALL, "C.UTF-8");
}

/* A program that shows as many colours as it can. What stands on the screen must be right when it has stopped, the
 * styles must be theirs throughout, and rows that are not drawn again keep their colours. */
static void a_storm_of_colours(void **state)
{
    static const char *const terms[] = {"xterm-256color", "xterm"};
    static struct term_cell cells[80];
    for (size_t k = 0; k < COUNT(terms); k++) {
        bool many = k == 0;
        up(terms[k], true, true);
        unsigned seed = 1;
        for (int x = 0; x < 8; x++)
            draw(1, x, plain('a', many ? 20 + x : x % 8, many ? 120 + x : -1, 0));
        for (int i = 0; i < 60; i++) {
            frame_text(frame, 0, 0, 20, "fine", STYLE_GOOD);
            for (int y = 2; y < 24; y++) {
                for (int x = 0; x < 80; x++)
                    cells[x] =
                        plain('#', TERM_RGB | (rand_r(&seed) & 0xffffff), TERM_RGB | (rand_r(&seed) & 0xffffff), 0);
                frame_cells(frame, y, 0, 80, cells, 80);
            }
            show();
            assert_int_equal(vt_fg(vt, 0, 0), 2);
            for (int x = 0; x < 8; x++) {
                assert_int_equal(vt_fg(vt, 1, x), many ? 20 + x : x % 8);
                assert_int_equal(vt_bg(vt, 1, x), many ? 120 + x : -1);
            }
        }
        for (int frames = 0; frames < 2; frames++) { /* the colours of the storm go, those of calm weather are right */
            for (int y = 2; y < 24; y++) {
                for (int x = 0; x < 80; x++)
                    cells[x] = plain('.', y < 8 ? y : -1, y < 8 ? -1 : x % 2, 0);
                frame_cells(frame, y, 0, 80, cells, 80);
            }
            show();
        }
        for (int y = 2; y < 8; y++)
            assert_int_equal(vt_fg(vt, y, 3), y);
        for (int y = 8; y < 24; y++)
            assert_int_equal(vt_bg(vt, y, 3), 1);
        frame_theme(frame, THEME_CONTRAST); /* needs pairs of its own */
        frame_text(frame, 0, 0, 20, "fine", STYLE_GOOD);
        show();
        assert_int_equal(vt_fg(vt, 0, 0), 0);
        assert_int_equal(vt_bg(vt, 0, 0), 2);
        down();
    }
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_of_a_terminal),   cmocka_unit_test(with_256_colours),
        cmocka_unit_test(with_8_colours),        cmocka_unit_test(with_16_colours),
        cmocka_unit_test(with_direct_colours),   cmocka_unit_test(without_colours),
        cmocka_unit_test(widths_that_disagree),  cmocka_unit_test(cells_are_cut_and_padded),
        cmocka_unit_test(a_c_locale_gets_ascii), cmocka_unit_test(a_storm_of_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
