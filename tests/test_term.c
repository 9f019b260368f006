/* The terminal in a pane: bytes in, cells and answers out. What is hostile is fed here on purpose; that nothing of it
 * does harm, sanitizers say (make asan), and that nothing of it is left in a cell, these tests. */
#include "base/mem.h"
#include "base/str.h"
#include "screen/term.h"
#include "support.h"
#include <locale.h>
#include <string.h>

/* What a terminal told. */
struct ear {
    struct str said;
    size_t answers, changes, bells;
};

static void ear_answer(void *arg, const char *bytes, size_t n)
{
    struct ear *e = arg;
    str_addn(&e->said, bytes, n);
    e->answers++;
}

static void ear_changed(void *arg)
{
    ((struct ear *)arg)->changes++;
}

static void ear_bell(void *arg)
{
    ((struct ear *)arg)->bells++;
}

static struct term *term_up(struct ear *e, int rows, int cols)
{
    *e = (struct ear){0};
    return term_new(rows, cols, &(struct term_events){ear_answer, ear_changed, ear_bell, e});
}

static void term_down(struct term *t, struct ear *e)
{
    term_free(t);
    str_free(&e->said);
}

static void feed(struct term *t, const char *s)
{
    term_feed(t, s, strlen(s));
}

static void assert_row(const struct term *t, int y, const char *text)
{
    autofree char *row = term_row_text(t, y);
    assert_string_equal(row, text);
}

static void assert_cursor(const struct term *t, int y, int x)
{
    int at_y, at_x;
    assert_true(term_cursor(t, &at_y, &at_x));
    assert_int_equal(at_y, y);
    assert_int_equal(at_x, x);
}

static struct term_cell cell(const struct term *t, int y, int x)
{
    struct term_cell c;
    term_cell(t, y, x, &c);
    return c;
}

/* Lines "line N" from `from` to `to`, each ended. */
static void feed_lines(struct term *t, int from, int to)
{
    for (int i = from; i <= to; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %d\r\n", i);
        feed(t, line);
    }
}

static void text_and_movement(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 5, 20);
    feed(t, "hello\r\nworld\033[1;3HX\033[4;20Hy\033[5;1H\tt");
    assert_row(t, 0, "heXlo");
    assert_row(t, 1, "world");
    assert_row(t, 2, "");
    assert_row(t, 3, "                   y");
    assert_row(t, 4, "        t");
    assert_cursor(t, 4, 9);
    feed(t, "\033[3;1H0123456789012345678901");
    assert_row(t, 2, "01234567890123456789");
    assert_row(t, 3, "01                 y");
    autofree char *all = term_text(t);
    assert_string_equal(all, "heXlo\nworld\n01234567890123456789\n01                 y\n        t\n");
    term_down(t, &e);
}

static void colours_and_attributes(void **state)
{
    static const struct {
        const char *bytes;
        int fg, bg;
        unsigned attrs;
    } table[] = {
        {"", -1, -1, 0},
        {"\033[31m", 1, -1, 0},
        {"\033[97;44m", 15, 4, 0},
        {"\033[38;5;208;48;5;17m", 208, 17, 0},
        {"\033[38;2;1;2;3m", TERM_RGB | 0x010203, -1, 0},
        {"\033[48:2::255:254:253m", -1, TERM_RGB | 0xfffefd, 0},
        {"\033[38:5:9m", 9, -1, 0},
        {"\033[38;2;999;0;0m", TERM_RGB | 0xff0000, -1, 0},
        {"\033[1;3;4;7;5;9;2m", -1, -1,
         TERM_BOLD | TERM_ITALIC | TERM_UNDERLINE | TERM_REVERSE | TERM_BLINK | TERM_STRIKE | TERM_DIM},
        {"\033[1;2m\033[22m", -1, -1, 0},
        {"\033[2;31m\0337\033[0m\0338", 1, -1, TERM_DIM},
        {"\033[1;31m\033[m", -1, -1, 0},
        {"\033[4:3m", -1, -1, TERM_UNDERLINE},
        {"\033[4;58;2;1;1;1m\033[4:0m", -1, -1, 0},
        {"\033[58:5:1;31m", 1, -1, 0},
        {"\033[12m", -1, -1, 0},
        {"\033[31;38m", 1, -1, 0},
        {"\033[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;31;42m", 1, 2, TERM_BOLD},
        {"\0338", -1, -1, 0}, /* restored without having been saved */
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct ear e;
        struct term *t = term_up(&e, 2, 10);
        feed(t, table[i].bytes);
        feed(t, "x");
        struct term_cell c = cell(t, 0, 0);
        assert_int_equal(c.cp[0], 'x');
        assert_int_equal(c.fg, table[i].fg);
        assert_int_equal(c.bg, table[i].bg);
        assert_int_equal(c.attrs, table[i].attrs);
        term_down(t, &e);
    }
}

static void erased_parts_take_the_background(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 4, 10);
    feed(t, "abcdefghij\033[1;4H\033[44m\033[K");
    assert_row(t, 0, "abc");
    assert_int_equal(cell(t, 0, 2).bg, -1);
    assert_int_equal(cell(t, 0, 3).bg, 4);
    assert_int_equal(cell(t, 0, 9).bg, 4);
    feed(t, "\033[1;2H\033[41m\033[2X"); /* in the middle */
    assert_int_equal(cell(t, 0, 0).bg, -1);
    assert_int_equal(cell(t, 0, 1).bg, 1);
    assert_int_equal(cell(t, 0, 2).bg, 1);
    assert_int_equal(cell(t, 0, 3).bg, 4);
    feed(t, "\033[42m\033[2J\033[m\033[2;3Hz");
    assert_int_equal(cell(t, 1, 0).bg, 2);
    assert_int_equal(cell(t, 1, 2).bg, -1);
    assert_int_equal(cell(t, 3, 9).bg, 2);
    feed(t, "\033[3;1Hq\033[1K\033[4;1H\n"); /* what scrolls in is in the pen's colour */
    assert_int_equal(cell(t, 3, 5).bg, -1);
    assert_int_equal(cell(t, 2, 5).bg, 2);
    term_down(t, &e);
}

static void inserting_and_deleting(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 5, 10);
    feed(t, "0123456789\033[1;3H\033[2@");
    assert_row(t, 0, "01  234567");
    feed(t, "\033[3P");
    assert_row(t, 0, "0134567");
    feed(t, "\033[99P");
    assert_row(t, 0, "01");
    feed(t, "\033[1;8H\033[99@x");
    assert_row(t, 0, "01     x");
    feed(t, "\033[1;1H\033[4hAB\033[4l");
    assert_row(t, 0, "AB01     x");
    feed(t, "\033[44m\033[1;3H\033[P"); /* and the blank at the end is blue */
    assert_row(t, 0, "AB1     x");
    assert_int_equal(cell(t, 0, 8).bg, -1);
    assert_int_equal(cell(t, 0, 9).bg, 4);
    feed(t, "\033[m\033[2J\033[H1\r\n2\r\n3\r\n4\r\n5\033[2;1H\033[L");
    autofree char *inserted = term_text(t);
    assert_string_equal(inserted, "1\n\n2\n3\n4\n");
    feed(t, "\033[2M");
    autofree char *deleted = term_text(t);
    assert_string_equal(deleted, "1\n3\n4\n\n\n");
    feed(t, "\033[2;4r\033[4;1H\n\n9\033[r");
    autofree char *margins = term_text(t);
    assert_string_equal(margins, "1\n\n\n9\n\n");
    feed(t, "\033[H\033M\033M0");
    assert_row(t, 0, "0");
    assert_row(t, 2, "1");
    term_down(t, &e);
}

static void wide_characters(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 3, 8);
    feed(t, "舷窓ab");
    assert_row(t, 0, "舷窓ab");
    assert_int_equal(cell(t, 0, 0).width, 2);
    assert_int_equal(cell(t, 0, 0).cp[0], 0x8237);
    assert_int_equal(cell(t, 0, 1).width, 0);
    assert_int_equal(cell(t, 0, 1).cp[0], 0);
    assert_int_equal(cell(t, 0, 4).width, 1);
    assert_cursor(t, 0, 6);
    feed(t, "\033[1;2Hx"); /* half of one is overwritten: the other half goes */
    assert_row(t, 0, " x窓ab");
    feed(t, "\033[1;3H\033[P");
    assert_row(t, 0, " x ab");
    feed(t, "\033[2;1Habcdefg舷"); /* no room for two: the next line */
    assert_row(t, 1, "abcdefg");
    assert_row(t, 2, "舷");
    feed(t, "\033[3;1H\033[@");
    assert_row(t, 2, " 舷");
    feed(t, "\033[3;3H\033[K");
    assert_row(t, 2, "");
    feed(t, "\033[3;7H舷\033[3;1H\033[@"); /* half of it leaves at the right */
    assert_row(t, 2, "");
    term_down(t, &e);
}

static void marks_combine(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 3, 10);
    feed(t, "\xcc\x81"
            "e\xcc\x81\xcc\x82\xcc\x83x\xe8\x88\xb7\xcc\x80.\033[D\033[C\xcc\x81,\033[m\xcc\x81");
    assert_row(t, 0, "e\xcc\x81\xcc\x82x\xe8\x88\xb7\xcc\x80.,\xcc\x81");
    struct term_cell c = cell(t, 0, 0);
    assert_int_equal(c.cp[0], 'e');
    assert_int_equal(c.cp[1], 0x301);
    assert_int_equal(c.cp[2], 0x302);
    assert_int_equal(c.cp[3], 0);
    assert_int_equal(cell(t, 0, 1).cp[0], 'x');
    term_feed(t, "\r\na", 3); /* the mark comes in a later piece, in pieces */
    term_feed(t, "\xcc", 1);
    term_feed(t, "\x88", 1);
    assert_row(t, 1, "a\xcc\x88");
    feed(t, "\033[2;10Hz\xcc\x81"); /* at the edge, where the cursor stays */
    assert_int_equal(cell(t, 1, 9).cp[1], 0x301);
    term_down(t, &e);
}

static void characters_that_hide_are_dropped(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 2, 20);
    feed(t, "a\xe2\x80\xae"
            "b\xe2\x80\x8b"
            "c\xef\xb8\x8f"
            "d\xc2\x9b"
            "31me\xc2\xad"
            "f\xf3\xa0\x80\x81g\x7fh");
    assert_row(t, 0, "abcd31mefgh");
    term_down(t, &e);
}

static void broken_utf8(void **state)
{
    static const struct {
        const char *bytes, *text;
    } table[] = {
        {"a\xff\xfe"
         "b",
         "a\xef\xbf\xbd\xef\xbf\xbd"
         "b"},
        {"\xc0\x80x", "\xef\xbf\xbd\xef\xbf\xbdx"},
        {"\xe8\x88"
         "A",
         "\xef\xbf\xbd"
         "A"},
        {"\xf0\x9f\x98\033[1mB", "\xef\xbf\xbd"
                                 "B"},
        {"\x80\x80z", "\xef\xbf\xbd\xef\xbf\xbdz"},
        {"\xef\xbf\xbf.", "\xef\xbf\xbd."},
        {"\xed\xa0\x80.....", NULL},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        for (int bytewise = 0; bytewise < 2; bytewise++) {
            struct ear e;
            struct term *t = term_up(&e, 2, 20);
            size_t n = strlen(table[i].bytes);
            for (size_t k = 0; bytewise && k < n; k++)
                term_feed(t, table[i].bytes + k, 1);
            if (!bytewise)
                term_feed(t, table[i].bytes, n);
            if (table[i].text)
                assert_row(t, 0, table[i].text);
            term_down(t, &e);
        }
}

/* Whatever pieces it comes in, it is the same. */
static void pieces_do_not_matter(void **state)
{
    static const char text[] =
        "\033[1;3\x31mred\033[m 舷窓 e\xcc\x81 \033]0;a title\033\\\033[?25l\033(0qqq\033(B\033[5b"
        "ä\033(0x\033(B\r\n\033[48;2;1;2;3mbg\033[K\033]52;c;aGVsbG8=\a\033P$qm\033\\ok\033[6n";
    struct ear whole_ear, ear;
    struct term *whole = term_up(&whole_ear, 4, 30);
    term_feed(whole, text, sizeof text - 1);
    autofree char *expected = term_text(whole);
    assert_row(whole, 0, "red 舷窓 e\xcc\x81 ────────ä│");
    for (size_t piece = 1; piece < 7; piece++) {
        struct term *t = term_up(&ear, 4, 30);
        for (size_t at = 0; at < sizeof text - 1; at += piece)
            term_feed(t, text + at, at + piece < sizeof text ? piece : sizeof text - 1 - at);
        autofree char *got = term_text(t);
        assert_string_equal(got, expected);
        assert_string_equal(term_title(t), "a title");
        assert_string_equal(str_c(&ear.said), str_c(&whole_ear.said));
        for (int x = 0; x < 30; x++) {
            struct term_cell a = cell(t, 1, x), b = cell(whole, 1, x);
            assert_memory_equal(&a, &b, sizeof a);
        }
        term_down(t, &ear);
    }
    term_down(whole, &whole_ear);
}

static void repetition(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 4, 10);
    feed(t, "\033[5b"); /* of nothing */
    assert_row(t, 0, "");
    feed(t, "a\033[4b舷\033[2b");
    assert_row(t, 0, "aaaaa舷舷");
    assert_row(t, 1, "舷");
    feed(t, "\033[3;1H\033[9b");
    assert_row(t, 2, ""); /* not right after a character */
    feed(t, "\033[3;9Hx\033[9999b");
    assert_row(t, 2, "        xx");
    assert_row(t, 3, "xxxxxxxxx");
    term_down(t, &e);
}

static void scrollback(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 5, 20);
    feed_lines(t, 1, 20);
    assert_int_equal(term_history(t), 16);
    assert_row(t, 3, "line 20");
    assert_cursor(t, 4, 0);
    term_scroll(t, -3);
    assert_int_equal(term_scrolled(t), 3);
    assert_row(t, 0, "line 14");
    assert_row(t, 4, "line 18");
    int y, x;
    assert_false(term_cursor(t, &y, &x));
    feed_lines(t, 21, 30); /* the same lines stay in sight */
    assert_row(t, 0, "line 14");
    assert_int_equal(term_scrolled(t), 13);
    term_scroll(t, -1000);
    assert_int_equal(term_scrolled(t), 26);
    assert_row(t, 0, "line 1");
    term_scroll(t, 1000);
    assert_int_equal(term_scrolled(t), 0);
    assert_row(t, 3, "line 30");
    term_scroll(t, -1);
    assert_false(term_cursor(t, &y, &x));
    term_scroll(t, 1);
    feed(t, "\033[H");
    term_scroll(t, -2);
    assert_cursor(t, 2, 0);
    feed(t, "\033[3J");
    assert_int_equal(term_history(t), 0);
    assert_int_equal(term_scrolled(t), 0);
    assert_row(t, 0, "line 27");
    term_down(t, &e);
}

static void scrollback_has_an_end(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 4, 20);
    feed_lines(t, 1, 5000);
    assert_int_equal(term_history(t), TERM_HISTORY);
    term_scroll(t, -TERM_HISTORY);
    assert_row(t, 0, "line 2998");
    feed_lines(t, 5001, 5001); /* the oldest is forgotten: what is shown moves */
    assert_int_equal(term_scrolled(t), TERM_HISTORY);
    assert_row(t, 0, "line 2999");
    assert_true(term_row_dirty(t, 0));
    term_down(t, &e);
}

static void only_the_whole_top_is_kept(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 5, 20);
    feed(t, "\033[2;5r\033[5;1H\n\n\n"); /* the first row is no part of what scrolls */
    assert_int_equal(term_history(t), 0);
    feed(t, "\033[r\033[1;3r\033[3;1H\n\n");
    assert_int_equal(term_history(t), 2);
    term_down(t, &e);
}

static void alternate_screen(void **state)
{
    static const struct {
        const char *enter, *leave;
    } table[] = {{"\033[?1049h", "\033[?1049l"}, {"\033[?1047h", "\033[?1047l"}, {"\033[?47h", "\033[?47l"}};
    for (size_t i = 0; i < COUNT(table); i++) {
        struct ear e;
        struct term *t = term_up(&e, 5, 20);
        feed_lines(t, 1, 7);
        feed(t, "here");
        term_scroll(t, -2);
        feed(t, table[i].enter);
        assert_true(term_alternate(t));
        assert_int_equal(term_scrolled(t), 0);
        assert_int_equal(term_history(t), 0);
        assert_row(t, 0, "");
        term_scroll(t, -1);
        assert_int_equal(term_scrolled(t), 0);
        feed(t, "\033[Hfull\033[5;1H\n\n\n\n\n\n");
        feed(t, table[i].enter); /* once more is nothing */
        feed(t, table[i].leave);
        assert_false(term_alternate(t));
        assert_int_equal(term_history(t), 3);
        assert_row(t, 4, "here");
        if (!i)
            assert_cursor(t, 4, 4);
        feed(t, table[i].leave);
        assert_row(t, 4, "here");
        term_down(t, &e);
    }
}

static void reset_leaves_the_alternate_screen(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 5, 20);
    feed(t, "main\033[31m\033[?1049h\033[?25l\033]2;x\adone\033c");
    assert_false(term_alternate(t));
    assert_string_equal(term_title(t), "");
    assert_row(t, 0, "");
    assert_cursor(t, 0, 0);
    feed(t, "x");
    assert_int_equal(cell(t, 0, 0).fg, -1);
    feed(t, "\033[4h\033[?1h\033[?25l\033[31m\033[!py\033[1;1Hz"); /* the soft one */
    assert_row(t, 0, "zy");
    assert_int_equal(cell(t, 0, 1).fg, -1);
    assert_cursor(t, 0, 1);
    term_down(t, &e);
}

static void lines_come_back_when_it_grows(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 6, 20);
    feed_lines(t, 1, 8);
    feed(t, "prompt");
    term_resize(t, 3, 20);
    assert_row(t, 0, "line 7");
    assert_row(t, 2, "prompt");
    assert_cursor(t, 2, 6);
    assert_int_equal(term_history(t), 6);
    term_resize(t, 6, 20);
    assert_row(t, 0, "line 4");
    assert_row(t, 5, "prompt");
    assert_cursor(t, 5, 6);
    term_resize(t, 12, 20);
    assert_row(t, 0, "line 1");
    assert_row(t, 8, "prompt");
    assert_row(t, 11, "");
    assert_cursor(t, 8, 6);
    term_resize(t, 10, 20); /* blank lines at the bottom go first */
    assert_row(t, 0, "line 1");
    assert_cursor(t, 8, 6);
    term_down(t, &e);
}

static void columns_come_back_when_it_grows(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 4, 20);
    feed(t, "0123456789abcdefghij\r\n01234567舷\r\n\033[44m\033[K\033[m$ ");
    term_resize(t, 4, 9);
    assert_row(t, 0, "012345678");
    assert_row(t, 1, "01234567");
    assert_int_equal(cell(t, 1, 8).width, 1);
    assert_int_equal(cell(t, 2, 8).bg, 4);
    term_resize(t, 4, 30);
    assert_row(t, 0, "0123456789abcdefghij");
    assert_row(t, 1, "01234567舷");
    assert_int_equal(cell(t, 2, 29).bg, 4);
    term_resize(t, 4, 8);
    feed(t, "\033[H\033[K\033[2;1H\033[3@"); /* what was erased, or shifted, does not */
    term_resize(t, 4, 30);
    assert_row(t, 0, "");
    assert_row(t, 1, "   01234");
    term_down(t, &e);
}

/* "Shrinking with the cursor at the top and text below": the cursor's line stays. */
static void shrinking_above_text(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 6, 20);
    feed(t, "1\r\n2\r\n3\r\n4\r\n5\r\n6\033[1;1H");
    term_resize(t, 2, 20);
    assert_row(t, 0, "1");
    assert_row(t, 1, "2");
    assert_cursor(t, 0, 0);
    assert_int_equal(term_history(t), 0);
    feed(t, "\033[?1049h\033[2;20Hx");
    term_resize(t, 20, 8);
    term_resize(t, 2, 8);
    assert_cursor(t, 1, 7);
    term_down(t, &e);
}

/* The main screen is resized behind the alternate one. */
static void resized_while_alternate(void **state)
{
    static const int sizes[][2] = {{4, 20}, {20, 20}, {8, 20}, {8, 9}, {2, 8}, {11, 33}};
    struct ear e;
    struct term *t = term_up(&e, 8, 20);
    feed_lines(t, 1, 12);
    feed(t, "$ top\033[?1049h\033[8;1Hstatus");
    for (size_t i = 0; i < COUNT(sizes); i++)
        term_resize(t, sizes[i][0], sizes[i][1]);
    feed(t, "\033[?1049l");
    assert_row(t, 10, "$ top");
    assert_row(t, 9, "line 12");
    assert_row(t, 0, "line 3");
    assert_cursor(t, 10, 5);
    term_down(t, &e);
}

static void sizes_have_limits(void **state)
{
    static const int sizes[][2] = {{1, 1}, {0, 0}, {-5, 70000}, {70000, 3}, {1, 80}, {24, 1}, {2, 8}};
    struct ear e;
    struct term *t = term_up(&e, 0, -1);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        term_resize(t, sizes[i][0], sizes[i][1]);
        assert_in_range(term_rows(t), TERM_ROWS_MIN, TERM_ROWS_MAX);
        assert_in_range(term_cols(t), TERM_COLS_MIN, TERM_COLS_MAX);
        feed(t, "舷舷舷舷舷\033[999;999H舷\033[5b\033[1;1H\033[9L");
        feed_lines(t, 1, 3);
    }
    struct term_cell c = cell(t, 99999, -3);
    assert_int_equal(c.cp[0], 0);
    assert_int_equal(c.width, 1);
    term_down(t, &e);
}

static void scroll_regions_do_not_outlive_a_resize(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 20, 20);
    feed(t, "\033[15;18r\033[?6h\033[2;2H");
    term_resize(t, 5, 20);
    feed(t, "\n\n\n\n\n\nx\033M\033M\033[L\033[S\033[T\033[2;4r\033[3;3Hz");
    int y, x;
    assert_true(term_cursor(t, &y, &x));
    assert_in_range(y, 0, 4);
    term_down(t, &e);
}

static void the_cursor_hides(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 4, 10);
    int y, x;
    feed(t, "ab\033[?25l");
    assert_false(term_cursor(t, &y, &x));
    feed(t, "\033[?25h");
    assert_cursor(t, 0, 2);
    feed(t, "\033[?1;25l"); /* several modes at once */
    assert_false(term_cursor(t, &y, &x));
    feed(t, "\033[?25h\033[s\033[4;4H\033[u");
    assert_cursor(t, 0, 2);
    feed(t, "\033[4;10H\0337");
    term_resize(t, 2, 8);
    feed(t, "\033[1;1H\0338"); /* saved where the screen no longer is */
    assert_cursor(t, 1, 7);
    term_down(t, &e);
}

static void what_changed_is_dirty(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 5, 20);
    for (int y = 0; y < 5; y++)
        assert_true(term_row_dirty(t, y)); /* nothing of it has been drawn */
    term_clean(t);
    feed(t, "a\033[3;1Hb");
    static const bool two[] = {true, false, true, false, false};
    for (int y = 0; y < 5; y++)
        assert_int_equal(term_row_dirty(t, y), two[y]);
    term_clean(t);
    feed(t, "\033[2;4r\033[4;1H\n\033[r");
    static const bool region[] = {false, true, true, true, false};
    for (int y = 0; y < 5; y++)
        assert_int_equal(term_row_dirty(t, y), region[y]);
    feed(t, "\033[5;1H\n");
    assert_true(term_row_dirty(t, 0));
    feed_lines(t, 1, 10);
    term_scroll(t, -8);
    assert_true(term_row_dirty(t, 0));
    term_clean(t);
    feed_lines(t, 11, 14); /* below what is shown */
    for (int y = 0; y < 5; y++)
        assert_false(term_row_dirty(t, y));
    term_scroll(t, 100);
    term_clean(t);
    term_scroll(t, -1);
    term_clean(t);
    feed(t, "x"); /* on the last row, which is out of sight by one */
    assert_false(term_row_dirty(t, 4));
    feed(t, "\033[4;1Hy");
    assert_true(term_row_dirty(t, 4));
    term_down(t, &e);
}

static void events_come_once_a_call(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 5, 20);
    feed(t, "a\ab\ac\a\r\n\r\nd");
    assert_int_equal(e.changes, 1);
    assert_int_equal(e.bells, 1);
    feed(t, "x");
    assert_int_equal(e.changes, 2);
    assert_int_equal(e.bells, 1);
    feed(t, "\033]0;t\a"); /* this BEL ends a title */
    assert_int_equal(e.bells, 1);
    term_feed(t, "", 0);
    assert_int_equal(e.changes, 3);
    term_free(t);
    t = term_new(5, 20, NULL); /* nobody listens */
    feed(t, "\a\033[6n");
    term_down(t, &e);
}

static void titles(void **state)
{
    static const struct {
        const char *bytes, *title;
    } table[] = {
        {"\033]0;both\a", "both"},
        {"\033]2;with ST\033\\", "with ST"},
        {"\033]1;icon\a", "old"},
        {"\033]0;\a", ""},
        {"\033]0;tab\there\a", "old"}, /* given up at the tab */
        {"\033]0;a\xc2\x9b"
         "b\xe2\x80\xae"
         "c\xff\a",
         "a\\233b?c?"},
        {"\033]0;lost\033[1m", "old"},
        {"\033]0;lost\x18", "old"},
        {"\033]0;first\033]0;second\a", "second"},
        {"\033]52;c;ZXZpbA==\a", "old"},
        {"\033]0;caf\xc3\xa9\a", "caf\xc3\xa9"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct ear e;
        struct term *t = term_up(&e, 2, 20);
        feed(t, "\033]2;old\a");
        feed(t, table[i].bytes);
        assert_string_equal(term_title(t), table[i].title);
        assert_int_equal(e.answers, 0);
        term_down(t, &e);
    }
}

static void a_long_title_is_cut(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 2, 20);
    feed(t, "\033]0;");
    for (int i = 0; i < 100000; i++)
        feed(t, "ä");
    feed(t, "\aok");
    assert_in_range(strlen(term_title(t)), 100, 300);
    assert_row(t, 0, "ok");
    term_down(t, &e);
}

/* Each must leave "ok" alone on the screen, answer nothing, and do nothing else that could be seen. */
static void what_is_not_for_us_is_dropped(void **state)
{
    static const char *const table[] = {
        "\033]52;c;ZXZpbA==\a",                               /* clipboard */
        "\033]52;c;?\a",                                      /* ... asked for */
        "\033]4;1;?\a",                                       /* palette asked for */
        "\033]10;?\033\\",                                    /* colours asked for */
        "\033]8;;http://x\033\\",                             /* links */
        "\033]50;x\a",                                        /* font */
        "\033]133;A\a",                                       /* marks of a prompt */
        "\033P$qm\033\\",                                     /* DECRQSS */
        "\033P+q544e\033\\",                                  /* termcap */
        "\033Pq#0;2;0;0;0~~\033\\",                           /* sixel */
        "\033_Ga=T;AAAA\033\\",                               /* kitty's pictures */
        "\033^private\033\\",                                 /* PM */
        "\033Xstring\033\\",                                  /* SOS */
        "\033[21t\033[14t\033[18t",                           /* title and size asked for */
        "\033[8;100;100t",                                    /* size set */
        "\033[?1000h\033[?1003h\033[?1006h\033[?1004h",       /* mouse, focus */
        "\033[?5h\033[?69h\033[2;4s",                         /* reverse screen; margins at the sides */
        "\033[?2026h\033[?12h\033[?3h",                       /* synchronized, blinking, 132 columns */
        "\033[?1$p\033[?2004$p",                              /* modes asked for */
        "\033[>q\033[=c\033[?c\033[1c\033[?15n\033[x\033[0x", /* who are you, in other words */
        "\033[?u\033[>1u\033[<u\033[=5u",                     /* kitty's keys */
        "\033[>4;2m\033[?4m",                                 /* xterm's keys */
        "\033[1;1;1;1;1T\033[>0T",                            /* xterm's mouse */
        "\033#3\033#6\033#8",                                 /* double size, alignment */
        "\033%G\033%@\033 G\033 F\033N\033O\033n\033~",       /* other codes */
        "\033Z\033l\033m\0335",                               /* nothing we know */
        "\033[1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8;9H",
        "\033[99999999999999999999C\033[1G",                       /* a number that is none */
        "\033[1\"q\033[0\"p\033[\"v\033[*y\033[$x\033[ q\033[6 q", /* protection, rectangles, cursor's shape */
        "\033[?J\033[?K\033[?2;7J",
        "\033[1;5D\033[;;;;H\033[?25;h",
        "\x05\x00\x01\x02\x1f", /* ENQ and others */
        "\x9b\x33\x31m",        /* CSI in one byte is no UTF-8 */
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct ear e;
        struct term *t = term_up(&e, 4, 20);
        feed(t, table[i]);
        feed(t, "\033[1;1H\033[Kok");
        assert_row(t, 0, "ok");
        for (int y = 1; y < 4; y++)
            assert_row(t, y, "");
        struct term_cell c = cell(t, 0, 0);
        assert_int_equal(c.attrs, 0);
        assert_int_equal(c.fg, -1);
        assert_int_equal(e.answers, 0);
        assert_int_equal(e.bells, 0);
        assert_string_equal(term_title(t), "");
        assert_cursor(t, 0, 2);
        term_down(t, &e);
    }
}

/* What crashes libvterm 0.1.4, or makes it loop, when it gets it as it is. */
static void what_breaks_libvterm(void **state)
{
    static const char *const table[] = {
        "\033[5b",
        "\033[1;80H舷\033[99b",
        "\033[1;79H舷\033[9999b\033[b",
        "\xc2\x80\033[K",
        "\033[;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;m",
        "\033[1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9m",
        "\xf8\x88\x80\x80\x80\xfc\x84\x80\x80\x80\x80",
        "\xe8"
        "a\xe8"
        "b\xe8"
        "c\xe8"
        "d\xe8"
        "e\xe8"
        "f",
        "\033[9223372036854775807A\033[18446744073709551615B",
        "\033[38m\033[48m\033[38;5m\033[38;2;1m\033[48;2m",
        "\033[24;24r\033[25;30r\033[5;2r\033[0;0r\033[H\033[99S\033[99T\033[99L\033[99M",
        "\033#6\033[80Gx\033[K\033#5",
        "\033[?69h\033[10;5s\033[5;10s\033[1@\033[1P",
        "\033]0\a\033]\a\033]0;\033\033\\\033P\033\\",
    };
    struct ear e;
    struct term *t = term_up(&e, 24, 80);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < COUNT(table); i++) {
            feed(t, table[i]);
            term_resize(t, 2 + (int)i % 5, 8 + (int)i % 3);
            feed(t, table[i]);
            term_resize(t, 24, 80);
        }
    for (int i = 0; i < 20000; i++) /* marks without end */
        feed(t, "\xcc\x81\xe1\x85\xa0");
    feed(t, "\033c\033[1;1Hok");
    assert_row(t, 0, "ok");
    term_down(t, &e);
}

static void questions_are_answered(void **state)
{
    static const struct {
        const char *bytes, *answer;
    } table[] = {
        {"\033[3;4H\033[6n", "\033[3;4R"}, {"\033[?6n", "\033[?1;1R"}, {"\033[5n", "\033[0n"},
        {"\033[c", "\033[?1;2c"},          {"\033[0c", "\033[?1;2c"},  {"\033[>c", "\033[>0;100;0c"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct ear e;
        struct term *t = term_up(&e, 5, 20);
        feed(t, table[i].bytes);
        assert_string_equal(str_c(&e.said), table[i].answer);
        term_down(t, &e);
    }
}

static void a_flood_of_questions_is_not(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 5, 20);
    for (int i = 0; i < 10000; i++)
        feed(t, "\033[6n\033[c\033[>c\033[5n");
    assert_in_range(e.said.len, 4, 40000); /* some milliseconds pass */
    assert_in_range(e.answers, 1, 2000);
    term_down(t, &e);
}

static void keys_in_both_modes(void **state)
{
    static const struct {
        struct key key;
        const char *normal, *application;
    } table[] = {
        {{.id = K_CHAR, .cp = 'a', .raw = "a", .n = 1}, "a", "a"},
        {{.id = K_CHAR, .cp = 3, .raw = "\003", .n = 1}, "\003", "\003"},
        {{.id = K_CHAR, .cp = 13, .raw = "\r", .n = 1}, "\r", "\r"},
        {{.id = K_CHAR, .cp = 0x7f, .raw = "\x7f", .n = 1}, "\x7f", "\x7f"},
        {{.id = K_CHAR, .cp = 0xe4, .raw = "ä", .n = 2}, "ä", "ä"},
        {{.id = K_CHAR, .cp = 0xe4}, "ä", "ä"}, /* made up by us */
        {{.id = K_CHAR, .mods = K_ALT, .cp = 'b', .raw = "\033b", .n = 2}, "\033b", "\033b"},
        {{.id = K_ESC, .raw = "\033", .n = 1}, "\033", "\033"},
        {{.id = K_UP, .raw = "\033OA", .n = 3}, "\033[A", "\033OA"},
        {{.id = K_LEFT}, "\033[D", "\033OD"},
        {{.id = K_HOME, .raw = "\033[1~", .n = 4}, "\033[H", "\033OH"},
        {{.id = K_END}, "\033[F", "\033OF"},
        {{.id = K_RIGHT, .mods = K_CTRL}, "\033[1;5C", "\033[1;5C"},
        {{.id = K_DOWN, .mods = K_SHIFT | K_ALT}, "\033[1;4B", "\033[1;4B"},
        {{.id = K_PGUP}, "\033[5~", "\033[5~"},
        {{.id = K_PGDN, .mods = K_SHIFT}, "\033[6;2~", "\033[6;2~"},
        {{.id = K_DELETE}, "\033[3~", "\033[3~"},
        {{.id = K_INSERT}, "\033[2~", "\033[2~"},
        {{.id = K_BACKTAB, .raw = "\033[Z", .n = 3}, "\033[Z", "\033[Z"},
        {{.id = K_F1, .raw = "\033[[A", .n = 4}, "\033OP", "\033OP"},
        {{.id = K_F1 + 4}, "\033[15~", "\033[15~"},
        {{.id = K_F12, .mods = K_SHIFT}, "\033[24;2~", "\033[24;2~"},
        {{.id = K_UNKNOWN, .raw = "\033[27;5;9~", .n = 9}, "\033[27;5;9~", "\033[27;5;9~"},
        {{.id = K_UNKNOWN, .raw = "\033[105;5u", .n = 8}, "\033[105;5u", "\033[105;5u"},
        {{.id = K_UNKNOWN, .raw = "\033[?1;2c", .n = 7}, "", ""}, /* answers of the outer terminal */
        {{.id = K_UNKNOWN, .raw = "\033[12;40R", .n = 8}, "", ""},
        {{.id = K_UNKNOWN, .raw = "\033]11;rgb:0/0/0\a", .n = 15}, "", ""},
        {{.id = K_UNKNOWN, .raw = "\033[<0;1;1M", .n = 9}, "", ""},
        {{.id = K_UNKNOWN, .raw = "\xff", .n = 1}, "", ""},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        for (int application = 0; application < 2; application++) {
            struct ear e;
            struct term *t = term_up(&e, 5, 20);
            feed(t, application ? "\033[?1h\033=" : "\033[?1h\033[?1l");
            term_key(t, &table[i].key);
            assert_string_equal(str_c(&e.said), application ? table[i].application : table[i].normal);
            term_down(t, &e);
        }
}

static void pasting(void **state)
{
    static const struct {
        const char *text, *pasted;
    } table[] = {
        {"one\ntwo\r\nthree\rfour", "one\rtwo\rthree\rfour"},
        {"tab\there", "tab\there"},
        {"evil\033[201~\nrm -rf /\n", "evil[201~\rrm -rf /\r"},
        {"\003\004\032\x7f"
         "a\xc2\x9b"
         "b\xff"
         "c",
         "abc"},
        {"舷 e\xcc\x81 \xef\xbf\xbd", "舷 e\xcc\x81 \xef\xbf\xbd"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct ear e;
        struct term *t = term_up(&e, 5, 20);
        term_paste(t, table[i].text, strlen(table[i].text));
        assert_string_equal(str_c(&e.said), table[i].pasted);
        str_cut(&e.said, 0);
        feed(t, "\033[?2004h");
        term_key(t, &(struct key){.id = K_PASTE, .raw = table[i].text, .n = strlen(table[i].text)});
        autofree char *bracketed = xasprintf("\033[200~%s\033[201~", table[i].pasted);
        assert_string_equal(str_c(&e.said), bracketed);
        str_cut(&e.said, 0);
        term_paste(t, "\033\003", 2); /* nothing is left: no empty brackets */
        assert_string_equal(str_c(&e.said), "");
        term_down(t, &e);
    }
}

static void a_long_paste_is_whole(void **state)
{
    struct ear e;
    struct term *t = term_up(&e, 5, 20);
    autostr struct str text = {0};
    for (int i = 0; i < 10000; i++)
        str_addf(&text, "line %d\n", i);
    feed(t, "\033[?2004h");
    term_paste(t, text.s, text.len);
    assert_int_equal(e.said.len, text.len + 12);
    term_down(t, &e);
}

/* In a locale without wide characters nothing is known about widths; it must do no harm. */
static void the_c_locale(void **state)
{
    setlocale(LC_ALL, "C");
    struct ear e;
    struct term *t = term_up(&e, 3, 20);
    feed(t, "a舷é\xcc\x81\xff"
            "b");
    assert_int_equal(cell(t, 0, 0).cp[0], 'a');
    assert_int_equal(cell(t, 0, 1).cp[0], 0x8237);
    term_down(t, &e);
    setlocale(LC_ALL, "C.UTF-8");
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_movement),
        cmocka_unit_test(colours_and_attributes),
        cmocka_unit_test(erased_parts_take_the_background),
        cmocka_unit_test(inserting_and_deleting),
        cmocka_unit_test(wide_characters),
        cmocka_unit_test(marks_combine),
        cmocka_unit_test(characters_that_hide_are_dropped),
        cmocka_unit_test(broken_utf8),
        cmocka_unit_test(pieces_do_not_matter),
        cmocka_unit_test(repetition),
        cmocka_unit_test(scrollback),
        cmocka_unit_test(scrollback_has_an_end),
        cmocka_unit_test(only_the_whole_top_is_kept),
        cmocka_unit_test(alternate_screen),
        cmocka_unit_test(reset_leaves_the_alternate_screen),
        cmocka_unit_test(lines_come_back_when_it_grows),
        cmocka_unit_test(columns_come_back_when_it_grows),
        cmocka_unit_test(shrinking_above_text),
        cmocka_unit_test(resized_while_alternate),
        cmocka_unit_test(sizes_have_limits),
        cmocka_unit_test(scroll_regions_do_not_outlive_a_resize),
        cmocka_unit_test(the_cursor_hides),
        cmocka_unit_test(what_changed_is_dirty),
        cmocka_unit_test(events_come_once_a_call),
        cmocka_unit_test(titles),
        cmocka_unit_test(a_long_title_is_cut),
        cmocka_unit_test(what_is_not_for_us_is_dropped),
        cmocka_unit_test(what_breaks_libvterm),
        cmocka_unit_test(questions_are_answered),
        cmocka_unit_test(a_flood_of_questions_is_not),
        cmocka_unit_test(keys_in_both_modes),
        cmocka_unit_test(pasting),
        cmocka_unit_test(a_long_paste_is_whole),
        cmocka_unit_test(the_c_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
