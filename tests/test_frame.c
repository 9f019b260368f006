/* newterm into a memory file, into libvterm: cells, not bytes, are compared. No terminal is needed. */
#include "base/mem.h"
#include "base/text.h"
#include "screen/frame.h"
#include "screen/glyph.h"
#include "screen/layout.h"
#include "screen/pane.h"
#include "screen/tree.h"
#include "support.h"
#include "vt.h"
#include <locale.h>
#include <signal.h>
#include <string.h>

struct bench {
    struct frame *frame;
    struct vt *vt;
    size_t bytes; /* of the last frame */
};

static struct bench bench_up(int rows, int cols, bool utf8, bool colour)
{
    struct bench b = {frame_new(rows, cols, utf8, colour), vt_new(rows, cols), 0};
    assert_non_null(b.frame);
    return b;
}

static void bench_show(struct bench *b)
{
    autostr struct str bytes = {0};
    frame_take(b->frame, &bytes);
    b->bytes = bytes.len;
    vt_feed(b->vt, str_c(&bytes), bytes.len);
}

static void bench_down(struct bench *b)
{
    frame_free(b->frame);
    vt_free(b->vt);
}

static void a_frame_enters_and_leaves(void **state)
{
    struct bench b = bench_up(24, 80, true, true);
    frame_text(b.frame, 3, 5, 20, "hello", STYLE_BOLD);
    frame_cursor(b.frame, 3, 10);
    bench_show(&b);
    int y, x;
    assert_true(vt_alternate(b.vt));
    assert_string_equal(vt_row(b.vt, 3), "     hello");
    assert_true(vt_bold(b.vt, 3, 5));
    vt_cursor(b.vt, &y, &x);
    assert_int_equal(y, 3);
    assert_int_equal(x, 10);
    autostr struct str bytes = {0};
    frame_leave(b.frame, &bytes);
    vt_feed(b.vt, str_c(&bytes), bytes.len);
    assert_false(vt_alternate(b.vt));
    assert_true(vt_cursor_visible(b.vt));
    bench_show(&b); /* and back: everything is drawn anew */
    assert_true(vt_alternate(b.vt));
    assert_string_equal(vt_row(b.vt, 3), "     hello");
    bench_down(&b);
}

static void nothing_new_is_no_byte(void **state)
{
    struct bench b = bench_up(24, 80, true, true);
    frame_text(b.frame, 0, 0, 80, "row", STYLE_STATUS);
    frame_cursor(b.frame, 1, 1);
    bench_show(&b);
    assert_true(b.bytes > 0);
    frame_text(b.frame, 0, 0, 80, "row", STYLE_STATUS);
    bench_show(&b);
    assert_int_equal(b.bytes, 0);
    frame_text(b.frame, 0, 0, 80, "rob", STYLE_STATUS);
    bench_show(&b);
    assert_in_range(b.bytes, 1, 40);
    bench_down(&b);
}

static void nothing_a_terminal_acts_on_gets_out(void **state)
{
    struct bench b = bench_up(24, 80, true, true);
    frame_text(b.frame, 0, 0, 80,
               "a\033[31mb\nc\xc2\x9b"
               "d\xff",
               STYLE_PLAIN);
    bench_show(&b);
    assert_string_equal(vt_row(b.vt, 0), "a?[31mb?c?d\xef\xbf\xbd");
    bench_down(&b);
}

static void text_is_cut_at_its_width(void **state)
{
    struct bench b = bench_up(24, 80, true, true);
    frame_text(b.frame, 0, 0, 80, "................................................................................",
               STYLE_PLAIN);
    frame_text(b.frame, 0, 10, 5, "123456789", STYLE_PLAIN);
    frame_text(b.frame, 0, 20, 5, "舷窓舷", STYLE_PLAIN); /* the third does not fit: blank */
    frame_text(b.frame, 0, 30, 5,
               "e\xcc\x81\xcc\x82"
               "f",
               STYLE_PLAIN);
    frame_text(b.frame, 0, 78, 40, "xyz", STYLE_PLAIN); /* over the edge */
    frame_text(b.frame, 24, 0, 5, "no", STYLE_PLAIN);
    frame_text(b.frame, -1, 0, 5, "no", STYLE_PLAIN);
    bench_show(&b);
    const char *row = vt_row(b.vt, 0);
    assert_true(text_has_prefix(row, "..........12345.....舷窓 .....e\xcc\x81\xcc\x82"
                                     "f   ....."));
    assert_string_equal(row + strlen(row) - 2, "xy");
    bench_down(&b);
}

static void marks_and_matches_are_seen(void **state)
{
    struct bench b = bench_up(24, 80, true, true);
    char text[] = "int mount(source, target), and Mount again";
    struct line line = {.text = text, .style = STYLE_PLAIN, .from = 10, .to = 16, .mark = STYLE_MARKED};
    frame_line(b.frame, 0, 0, 80, &line, "mount");
    bench_show(&b);
    assert_true(vt_reverse(b.vt, 0, 4));
    assert_true(vt_reverse(b.vt, 0, 8));
    assert_false(vt_reverse(b.vt, 0, 9));
    assert_true(vt_bold(b.vt, 0, 10));
    assert_false(vt_bold(b.vt, 0, 16));
    assert_true(vt_reverse(b.vt, 0, 31));
    bench_down(&b);
}

static void without_colour_attributes_tell(void **state)
{
    for (int colour = 0; colour < 2; colour++) {
        struct bench b = bench_up(24, 80, true, colour);
        for (int s = 0; s < STYLE_COUNT; s++)
            frame_text(b.frame, s, 0, 10, "x", (enum style)s);
        bench_show(&b);
        bool any = false;
        for (int s = 0; s < STYLE_COUNT; s++)
            any = any || vt_coloured(b.vt, s, 0);
        assert_int_equal(any, colour);
        assert_true(vt_reverse(b.vt, STYLE_FOCUS, 0));
        assert_true(vt_reverse(b.vt, STYLE_LINKED, 0));
        assert_true(vt_bold(b.vt, STYLE_BAD, 0));
        bench_down(&b);
    }
}

static void a_c_locale_gets_ascii(void **state)
{
    setlocale(LC_ALL, "C");
    struct bench b = bench_up(24, 80, glyph_utf8(), true);
    frame_text(b.frame, 0, 0, 40, "├─ sh · “quoted” – 4431 ↔ 1 … ä舷", STYLE_PLAIN);
    autostr struct str bytes = {0};
    frame_take(b.frame, &bytes);
    for (size_t i = 0; i < bytes.len; i++)
        assert_true((unsigned char)bytes.s[i] < 0x80);
    vt_feed(b.vt, bytes.s, bytes.len);
    assert_string_equal(vt_row(b.vt, 0), "|- sh - \"quoted\" - 4431 = 1 ~ ??");
    bench_down(&b);
    setlocale(LC_ALL, "C.UTF-8");
}

/* The panes as the screen draws them, at many sizes, with a resize in between. */
static void draw_panes(struct bench *b, struct layout *l)
{
    struct view_row v[] = {
        {.here = 1, .text = "init"},
        {.here = 812, .depth = 1, .more = 2, .text = "sleep 1000", .marks = MARK_NEW},
        {.here = 4431, .there = 1, .depth = 1, .text = "sh", .marks = MARK_LINKED},
    };
    struct view_rows rows = {.v = v, .n = 3};
    layout_compute(l, frame_rows(b->frame), frame_cols(b->frame),
                   &(struct layout_wish){PANE_NONE, PANE_NONE, 1, 10, false});
    for (int id = 0; id < PANE_COUNT; id++) {
        struct pane p = {.at = l->pane[id]};
        bool fading;
        snprintf(p.title, sizeof p.title, "pane");
        if (p.at.h > 0)
            tree_lines(&rows, p.at.w, &p.lines, &fading);
        pane_draw(&p, b->frame, id + 1, id == PANE_LESSON, NULL);
        lines_free(&p.lines);
    }
}

static void panes_at_every_size(void **state)
{
    static const int sizes[][2] = {{24, 80}, {16, 60}, {40, 120}, {60, 200}, {10, 50}, {5, 20},
                                   {24, 80}, {60, 61}, {16, 140}, {2, 8},    {24, 80}};
    struct bench b = bench_up(30, 90, true, true);
    struct layout l;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        frame_resize(b.frame, sizes[i][0], sizes[i][1]);
        vt_resize(b.vt, sizes[i][0], sizes[i][1]);
        draw_panes(&b, &l);
        frame_cursor(b.frame, 0, 0);
        bench_show(&b);
        int x, y = vt_find(b.vt, "▶3 pane", &x);
        if (l.pane[PANE_LESSON].h > 0) {
            assert_int_equal(y, l.pane[PANE_LESSON].y);
            assert_int_equal(x, l.pane[PANE_LESSON].x + 1);
            assert_true(vt_reverse(b.vt, y, x)); /* the focus is seen without colours */
        }
        if (l.pane[PANE_HOST].h > 3) {
            assert_true(vt_has(b.vt, "├─ sleep 1000"));
            assert_true(vt_has(b.vt, "└─ sh"));
            assert_true(vt_reverse(b.vt, l.pane[PANE_HOST].y + 3, l.pane[PANE_HOST].w - 1));
            assert_true(vt_has(b.vt, "↔ 1"));
        }
    }
    bench_down(&b);
}

static void one_cell_is_survived(void **state)
{
    struct bench b = bench_up(1, 1, true, true);
    frame_text(b.frame, 0, 0, 1, "舷", STYLE_PLAIN);
    frame_text(b.frame, 0, 0, 0, "x", STYLE_PLAIN);
    frame_fill(b.frame, 0, 0, 5, 5);
    bench_show(&b);
    frame_resize(b.frame, 300, 500);
    frame_text(b.frame, 299, 499, 1, "x", STYLE_PLAIN);
    autostr struct str bytes = {0};
    frame_take(b.frame, &bytes);
    bench_down(&b);
}

static void titles_tell_what_is_hidden(void **state)
{
    struct bench b = bench_up(24, 80, true, true);
    struct pane p = {.at = {0, 0, 6, 40}, .title = "transcript"};
    for (int i = 0; i < 20; i++)
        lines_add(&p.lines, STYLE_PLAIN, "x", 1);
    pane_draw(&p, b.frame, 4, false, NULL);
    bench_show(&b);
    assert_true(vt_has(b.vt, "4 transcript ─"));
    assert_true(vt_has(b.vt, "↓15 more"));
    pane_scroll(&p, 7);
    pane_draw(&p, b.frame, 4, false, NULL);
    bench_show(&b);
    assert_true(vt_has(b.vt, "↑7 ↓8"));
    lines_free(&p.lines);
    bench_down(&b);
}

static void signals_stay_ours(void **state)
{
    struct sigaction before[4], after[4];
    static const int sigs[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    for (int i = 0; i < 4; i++)
        sigaction(sigs[i], NULL, &before[i]);
    struct bench b = bench_up(24, 80, true, true);
    for (int i = 0; i < 4; i++) {
        sigaction(sigs[i], NULL, &after[i]);
        assert_ptr_equal(before[i].sa_handler, after[i].sa_handler);
    }
    bench_down(&b);
}

static void terminals_that_cannot(void **state)
{
    static const struct {
        const char *term;
        bool can;
    } table[] = {{"xterm-256color", true}, {"linux", true}, {"vt100", true}, {"screen", true},
                 {"dumb", false},          {"", false},     {NULL, false},   {"no-such-terminal", false}};
    for (size_t i = 0; i < COUNT(table); i++) {
        autostr struct str why = {0};
        assert_int_equal(frame_terminal_can(table[i].term, &why), table[i].can);
        assert_int_equal(why.len > 0, !table[i].can);
    }
    /* Those of the matrix that this machine's terminfo knows draw the same cells. */
    static const char *const terms[] = {"xterm", "xterm-256color", "linux", "vt100", "screen", "tmux-256color", "rxvt"};
    for (size_t i = 0; i < COUNT(terms); i++) {
        setenv("TERM", terms[i], 1);
        struct bench b = bench_up(24, 80, true, true);
        frame_text(b.frame, 23, 70, 10, "the corner", STYLE_BAD);
        frame_text(b.frame, 1, 0, 20, terms[i], STYLE_PLAIN);
        bench_show(&b);
        assert_string_equal(vt_row(b.vt, 1), terms[i]);
        assert_true(vt_has(b.vt, "the corner"));
        bench_down(&b);
    }
    setenv("TERM", "xterm-256color", 1);
}

/* Rows that wander are deleted and scrolled rather than drawn: the terminal's scroll region must be the whole screen.
 */
static void tall_screens_scroll_as_a_whole(void **state)
{
    static const char *const terms[] = {"xterm-256color", "tmux-256color", "screen-256color"};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        setenv("TERM", terms[i], 1);
        struct bench b = bench_up(40, 80, true, true);
        for (int round = 0; round < 8; round++) {
            for (int y = 0; y < 40; y++) {
                char text[40];
                snprintf(text, sizeof text, "line number %d of many", y < 20 ? y : y + 3 * round);
                frame_text(b.frame, y, 0, 80, text, STYLE_PLAIN);
            }
            bench_show(&b);
            for (int y = 0; y < 40; y++) {
                char text[40];
                snprintf(text, sizeof text, "line number %d of many", y < 20 ? y : y + 3 * round);
                assert_string_equal(vt_row(b.vt, y), text);
            }
        }
        bench_down(&b);
    }
    setenv("TERM", "xterm-256color", 1);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TERM", "xterm-256color", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_enters_and_leaves),
        cmocka_unit_test(nothing_new_is_no_byte),
        cmocka_unit_test(nothing_a_terminal_acts_on_gets_out),
        cmocka_unit_test(text_is_cut_at_its_width),
        cmocka_unit_test(marks_and_matches_are_seen),
        cmocka_unit_test(without_colour_attributes_tell),
        cmocka_unit_test(a_c_locale_gets_ascii),
        cmocka_unit_test(panes_at_every_size),
        cmocka_unit_test(one_cell_is_survived),
        cmocka_unit_test(titles_tell_what_is_hidden),
        cmocka_unit_test(signals_stay_ours),
        cmocka_unit_test(terminals_that_cannot),
        cmocka_unit_test(tall_screens_scroll_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
