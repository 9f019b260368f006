/* What a presentation tells those who watch it: messages there and back, a screen as bytes, where the notes stand. */
#include "support.h"

#include "base/mem.h"
#include "screen/audience.h"
#include "screen/notes.h"
#include "screen/relay_wire.h"
#include "screen/snapshot.h"
#include <locale.h>
#include <string.h>

/* Messages. */

static struct cue cue_of(const char *notes)
{
    return (struct cue){.lesson = xstrdup("5 kill: Kill"),
                        .title = xstrdup("Predict ✓"),
                        .next_title = xstrdup(""),
                        .notes = xstrdup(notes),
                        .line = xstrdup("kill($victim, SIGTERM)"),
                        .awaits = xstrdup("Enter"),
                        .step = 1,
                        .nsteps = 3,
                        .elapsed_ms = 1234567890123,
                        .budget_ms = 300000,
                        .paused = true};
}

/* One of each kind. */
static size_t messages(struct relay_message m[8])
{
    memset(m, 0, 8 * sizeof *m);
    m[0] = (struct relay_message){.kind = RELAY_HELLO, .role = RELAY_NOTES};
    m[1] = (struct relay_message){.kind = RELAY_SIZE, .rows = 24, .cols = 600};
    m[2] = (struct relay_message){.kind = RELAY_DRAW, .bytes = "\033[1;1H\0\xff", .n = 8};
    m[3] = (struct relay_message){.kind = RELAY_AWAY, .away = true};
    m[4] = (struct relay_message){.kind = RELAY_CUE, .cue = cue_of("breathe\n\nslowly")};
    m[5] = (struct relay_message){.kind = RELAY_TREES, .columns = {xstrdup("host\n 1 init\n"), xstrdup("")}};
    m[6] = (struct relay_message){.kind = RELAY_END, .elapsed_ms = 99};
    return 7;
}

static void test_round_trip(void **state)
{
    struct relay_message m[8], back;
    size_t n = messages(m);
    for (size_t i = 0; i < n; i++) {
        autostr struct str bytes = {0}, again = {0};
        relay_encode(&bytes, &m[i]);
        assert_true(relay_decode(&back, bytes.s, bytes.len));
        assert_int_equal(back.kind, m[i].kind);
        relay_encode(&again, &back);
        assert_int_equal(again.len, bytes.len);
        assert_memory_equal(again.s, bytes.s, bytes.len);
        relay_message_clear(&back);
        relay_message_clear(&m[i]);
    }
}

static void test_cue(void **state)
{
    struct relay_message m = {.kind = RELAY_CUE, .cue = cue_of("a\n\nb")}, back;
    autostr struct str bytes = {0};
    relay_encode(&bytes, &m);
    assert_true(relay_decode(&back, bytes.s, bytes.len));
    assert_string_equal(back.cue.title, "Predict ✓");
    assert_string_equal(back.cue.notes, "a\n\nb");
    assert_string_equal(back.cue.line, "kill($victim, SIGTERM)");
    assert_true(back.cue.step == 1 && back.cue.nsteps == 3 && back.cue.paused && !back.cue.missed);
    assert_true(back.cue.elapsed_ms == 1234567890123 && back.cue.budget_ms == 300000);
    relay_message_clear(&m);
    relay_message_clear(&back);
}

/* Cut anywhere, longer than it is, or with another byte: refused or understood, but never read beyond its end. Each
 * piece is in memory of its own, so that a sanitizer sees it. */
static void test_damaged(void **state)
{
    struct relay_message m[8], back;
    size_t count = messages(m);
    for (size_t i = 0; i < count; i++) {
        autostr struct str bytes = {0};
        relay_encode(&bytes, &m[i]);
        for (size_t n = 0; n < bytes.len; n++) {
            autofree char *part = xmalloc(n + 1);
            memcpy(part, bytes.s, n);
            bool whole = relay_decode(&back, part, n);
            assert_true(!whole || (m[i].kind == RELAY_DRAW && n));
            relay_message_clear(&back);
        }
        for (size_t at = 0; at < bytes.len; at++)
            for (int bit = 0; bit < 8; bit++) {
                autofree char *changed = xmalloc(bytes.len);
                memcpy(changed, bytes.s, bytes.len);
                changed[at] ^= (char)(1 << bit);
                relay_decode(&back, changed, bytes.len);
                relay_message_clear(&back);
            }
        if (m[i].kind != RELAY_DRAW) {
            str_addc(&bytes, 'x');
            assert_false(relay_decode(&back, bytes.s, bytes.len));
            relay_message_clear(&back);
        }
        relay_message_clear(&m[i]);
    }
}

static void test_long(void **state)
{
    autostr struct str notes = {0}, bytes = {0}, bytes2 = {0};
    struct relay_message back;
    while (notes.len < 100000)
        str_add(&notes, "wörter\n");
    struct relay_message m = {.kind = RELAY_CUE, .cue = cue_of(notes.s)};
    relay_encode(&bytes, &m);
    assert_true(bytes.len <= RELAY_MESSAGE && relay_decode(&back, bytes.s, bytes.len));
    assert_true(strlen(back.cue.notes) > 8000);
    relay_message_clear(&back);
    relay_message_clear(&m);
    struct relay_message t = {.kind = RELAY_TREES, .columns = {xstrdup(notes.s), xstrdup(notes.s)}};
    relay_encode(&bytes2, &t);
    assert_true(bytes2.len <= RELAY_MESSAGE && relay_decode(&back, bytes2.s, bytes2.len));
    relay_message_clear(&back);
    relay_message_clear(&t);
}

/* Whoever presents might be anybody: no text of theirs reaches the terminal as it came. */
static void test_hostile(void **state)
{
    struct relay_message m = {.kind = RELAY_CUE, .cue = cue_of("\033]52;c;aGk=\007x\n\033[31mred")}, back;
    free(m.cue.title);
    m.cue.title = xstrdup("a\nb\033[2J");
    autostr struct str bytes = {0};
    relay_encode(&bytes, &m);
    assert_true(relay_decode(&back, bytes.s, bytes.len));
    assert_null(strpbrk(back.cue.notes, "\033\007"));
    assert_null(strpbrk(back.cue.title, "\n\033"));
    relay_message_clear(&m);
    relay_message_clear(&back);
}

/* A screen as bytes. */

static void assert_same_screen(const struct term *a, const struct term *b)
{
    int y1 = 0, x1 = 0, y2 = 0, x2 = 0;
    bool seen1 = term_cursor(a, &y1, &x1), seen2 = term_cursor(b, &y2, &x2);
    assert_true(seen1 == seen2 && x1 == x2 && y1 == y2);
    for (int y = 0; y < term_rows(a); y++)
        for (int x = 0; x < term_cols(a); x++) {
            struct term_cell p, q;
            term_cell(a, y, x, &p);
            term_cell(b, y, x, &q);
            p.cp[0] = p.cp[0] ? p.cp[0] : ' '; /* a blank is a blank */
            q.cp[0] = q.cp[0] ? q.cp[0] : ' ';
            if (memcmp(p.cp, q.cp, sizeof p.cp) || p.width != q.width || p.attrs != q.attrs || p.fg != q.fg ||
                p.bg != q.bg)
                fail_msg("row %d, column %d: U+%04X %x %d %d, not U+%04X %x %d %d", y, x, q.cp[0], q.attrs, q.fg, q.bg,
                         p.cp[0], p.attrs, p.fg, p.bg);
        }
}

static void check_snapshot(int rows, int cols, const char *bytes, size_t n)
{
    struct term *t = term_new(rows, cols, NULL), *copy = term_new(rows, cols, NULL);
    autostr struct str snap = {0};
    term_feed(t, bytes, n);
    snapshot_print(&snap, t);
    term_feed(copy, snap.s, snap.len);
    assert_same_screen(t, copy);
    assert_int_equal(term_alternate(t), term_alternate(copy));
    static const char more[] = "more\033[B\033[Dx"; /* both go on alike */
    term_feed(t, more, sizeof more - 1);
    term_feed(copy, more, sizeof more - 1);
    assert_same_screen(t, copy);
    term_free(t);
    term_free(copy);
}

static void test_snapshot(void **state)
{
    static const char *const screens[] = {
        "",
        "hello\r\nworld",
        "\033[?1049h\033[H\033[2J\033[1;31mred\033[0m \033[7mreverse\033[0m \033[38;5;200mx\033[48;2;1;2;3my\033[0m",
        "\033[3;5H世界 e\xcc\x81 ✓\033[?25l\033[1;1H",
        "\033[1;2;3;4;5;7;9mall of it\033[0m\033[10;80Hedge\033[5;5H",
        "\033[44m\033[2J\033[0m\033[2;2Hon blue",
        "\033[24;80Hx\033[5;5H",
        "\033[1;79H世\033[3;1H",
    };
    for (size_t i = 0; i < COUNT(screens); i++) {
        check_snapshot(24, 80, screens[i], strlen(screens[i]));
        check_snapshot(5, 20, screens[i], strlen(screens[i]));
    }
}

static void test_snapshot_random(void **state)
{
    static const char *const pieces[] = {"\033[1m",
                                         "\033[0m",
                                         "\033[7m",
                                         "\033[38;5;17m",
                                         "\033[42m",
                                         "abc",
                                         "世",
                                         "e\xcc\x81",
                                         "\r\n",
                                         "\033[3;4H",
                                         "\033[K",
                                         "\033[J",
                                         "\033[2;6r",
                                         "\033[L",
                                         "\033[r",
                                         "\033[M",
                                         "\033[P",
                                         "\t",
                                         "\033[?25l",
                                         "\033[?25h",
                                         "long text that goes on",
                                         "\033[5X"};
    unsigned seed = 4711;
    for (int round = 0; round < 300; round++) {
        autostr struct str bytes = {0};
        for (int i = 0; i < 60; i++)
            str_add(&bytes, pieces[(size_t)rand_r(&seed) % COUNT(pieces)]);
        str_add(&bytes, "\033[r\033[0m\033[1;3H"); /* as a frame ends: a hidden cursor is in the first row */
        check_snapshot(8, 30, bytes.s, bytes.len);
    }
}

/* The notes. */

static void test_layout(void **state)
{
    static const struct {
        int rows, cols, mirror_rows, mirror_cols;
        bool mirror, beside, any;
    } rows[] = {
        {40, 80, 24, 80, true, false, true},    {24, 80, 24, 80, false, false, true},
        {26, 130, 24, 80, false, false, true},  {27, 130, 24, 80, true, true, true},
        {10, 80, 24, 80, false, false, false},  {24, 80, 0, 0, false, false, true},
        {3, 10, 24, 80, false, false, false},   {1, 1, 24, 80, false, false, false},
        {60, 200, 60, 200, false, false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct notes_layout l;
        notes_layout(&l, rows[i].rows, rows[i].cols, rows[i].mirror_rows, rows[i].mirror_cols);
        assert_int_equal(l.mirror, rows[i].mirror);
        assert_int_equal(l.view_x > 0, rows[i].beside);
        assert_int_equal(l.view_h > 0, rows[i].any);
        assert_true(l.notes_rows >= 0 && l.notes_cols <= rows[i].cols);
        assert_true(l.view_y + l.view_h <= rows[i].rows - 1 || !l.view_h);
        assert_true(l.view_x + l.view_w <= rows[i].cols);
        assert_true(l.view_x || !l.view_h || l.notes_rows + l.view_h + 2 <= rows[i].rows);
    }
}

static bool says(const struct lines *lines, const char *text)
{
    for (size_t i = 0; i < lines->n; i++)
        if (strstr(lines->v[i].text, text))
            return true;
    return false;
}

static void test_lines(void **state)
{
    struct audience a = {.fd = -1, .has_cue = true, .cue = cue_of("one\nline\n\ntwo\n- item\n- item 2")};
    struct lines lines = {0};
    notes_lines(&a, 60, &lines);
    assert_true(says(&lines, "NOW   2/3  Predict ✓") && says(&lines, "one line") && says(&lines, "two"));
    assert_true(says(&lines, "- item 2") && says(&lines, "NEXT LINE  kill($victim, SIGTERM)"));
    assert_true(says(&lines, "THEN  the end") && !says(&lines, "MISSED"));
    lines_clear(&lines);
    *a.cue.line = *a.cue.notes = '\0';
    a.cue.missed = true;
    notes_lines(&a, 60, &lines);
    assert_true(says(&lines, "WAITS  Enter") && says(&lines, "(no notes") && says(&lines, "MISSED"));
    autostr struct str end = {0}, time = {0};
    audience_print_end(&a, &end);
    assert_string_equal(str_c(&end), "The presentation has gone without a word.");
    a.ended = true;
    a.elapsed_ms = 61000;
    str_cut(&end, 0);
    audience_print_end(&a, &end);
    assert_string_equal(str_c(&end), "The presentation has ended, after 1:01.");
    audience_print_time(&a, &time);
    assert_string_equal(str_c(&time), "1:01 of 5:00");
    cue_clear(&a.cue);
    lines_free(&lines);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8"); /* widths */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_cue),
        cmocka_unit_test(test_damaged),         cmocka_unit_test(test_long),
        cmocka_unit_test(test_hostile),         cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_snapshot_random), cmocka_unit_test(test_layout),
        cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
