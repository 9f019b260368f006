#include "base/text.h"
#include "screen/glyph.h"
#include "screen/tree.h"
#include "support.h"
#include <locale.h>
#include <string.h>

#define WIDTH 39

static struct view_row row(pid_t here, int depth, uint64_t more, unsigned marks, const char *text)
{
    struct view_row r = {.here = here, .depth = depth, .more = more, .marks = marks};
    snprintf(r.text, sizeof r.text, "%s", text);
    return r;
}

static struct lines draw(struct view_row *v, size_t n, int width, long *linked, bool *fading)
{
    struct view_rows rows = {.v = v, .n = n, .cap = n};
    struct lines lines = {0};
    bool fades = false;
    long at = tree_lines(&rows, width, &lines, &fades);
    if (linked)
        *linked = at;
    if (fading)
        *fading = fades;
    for (size_t i = 0; i < lines.n; i++)
        assert_true(text_width(lines.v[i].text) <= width);
    return lines;
}

static void a_tree(void **state)
{
    struct view_row v[] = {
        row(1, 0, 0, 0, "systemd"),
        row(812, 1, 1 << 1, 0, "sshd"),
        row(900, 2, 1 << 1, 0, "bash"),
        row(4431, 1, 0, MARK_DRIVEN, "container"),
    };
    v[3].there = 1;
    struct lines l = draw(v, 4, WIDTH, NULL, NULL);
    assert_string_equal(l.v[0].text, "     1 systemd");
    assert_string_equal(l.v[1].text, "   812 ├─ sshd");
    assert_string_equal(l.v[2].text, "   900 │ └─ bash");
    assert_string_equal(l.v[3].text, " >4431 └─ container                 ↔ 1");
    assert_int_equal(text_width(l.v[3].text), WIDTH);
    autostr struct str ascii = {0};
    glyph_text(&ascii, l.v[2].text, false);
    assert_string_equal(str_c(&ascii), "   900 | `- bash");
    lines_free(&l);
}

/* Each mark has a sign of its own: the tree reads the same without colours. */
static void marks_are_signs(void **state)
{
    static const struct {
        unsigned marks;
        const char *begins;
        enum style style;
    } table[] = {
        {0, "  7 ", STYLE_PLAIN},
        {MARK_NEW, "+ 7 ", STYLE_NEW},
        {MARK_DEAD, "x 7 ", STYLE_DEAD},
        {MARK_ZOMBIE, "Z 7 ", STYLE_DEAD},
        {MARK_DEAD | MARK_ZOMBIE, "x 7 ", STYLE_DEAD},
        {MARK_DRIVEN, " >7 ", STYLE_DRIVEN},
        {MARK_VICTIM, " !7 ", STYLE_NOTICE},
        {MARK_LINKED, " =7 ", STYLE_LINKED},
        {MARK_DISAGREE, " ?7 ", STYLE_BAD},
        {MARK_NEW | MARK_DRIVEN, "+>7 ", STYLE_NEW},
        {MARK_DRIVEN | MARK_LINKED, " >7 ", STYLE_LINKED},
        {MARK_PATH | MARK_OURS, "  7 ", STYLE_PLAIN},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct view_row v = row(7, 0, 0, table[i].marks, "sh");
        bool fading;
        struct lines l = draw(&v, 1, WIDTH, NULL, &fading);
        if (strncmp(l.v[0].text, table[i].begins, strlen(table[i].begins)) != 0 || l.v[0].style != table[i].style)
            fail_msg("row %zu: \"%s\" style %d", i, l.v[0].text, (int)l.v[0].style);
        assert_int_equal(fading, !!(table[i].marks & (MARK_NEW | MARK_DEAD)));
        lines_free(&l);
    }
}

static void the_selected_row_names_both_pids(void **state)
{
    struct view_row v[] = {row(1, 0, 0, 0, "init"), row(30, 1, 0, MARK_LINKED, "sh")};
    long linked;
    v[1].there = 30; /* the same number on both sides: said all the same */
    struct lines l = draw(v, 2, WIDTH, &linked, NULL);
    assert_int_equal(linked, 1);
    assert_non_null(strstr(l.v[1].text, "↔ 30"));
    lines_free(&l);
    v[1] = row(30, 1, 0, MARK_LINKED, "sh -c a command that needs the room");
    v[1].there = 30;
    l = draw(v, 2, WIDTH, &linked, NULL);
    size_t len = strlen(l.v[1].text);
    assert_string_equal(l.v[1].text + len - strlen("… ↔"), "… ↔");
    lines_free(&l);
    v[1].there = 31;
    l = draw(v, 2, WIDTH, &linked, NULL);
    assert_non_null(strstr(l.v[1].text, "… ↔ 31"));
    lines_free(&l);
    v[1] = row(30, 1, 0, 0, "sh");
    v[1].there = 30;
    l = draw(v, 2, WIDTH, &linked, NULL);
    assert_int_equal(linked, -1);
    assert_null(strstr(l.v[1].text, "↔"));
    lines_free(&l);
}

static void sentences_are_wrapped(void **state)
{
    struct view_row v =
        row(0, 0, 0, MARK_NOTE, "nothing is mounted on /proc here, so the container cannot see any process");
    struct lines l = draw(&v, 1, 30, NULL, NULL);
    assert_int_equal(l.n, 3);
    assert_string_equal(l.v[0].text, "nothing is mounted on /proc");
    lines_free(&l);
}

static void folded_rows_are_counted(void **state)
{
    struct view_row v[] = {row(1, 0, 0, 0, "init"), row(0, 1, 0, MARK_FOLDED, "")};
    v[1].count = 213;
    struct lines l = draw(v, 2, WIDTH, NULL, NULL);
    assert_string_equal(l.v[1].text, "    └─ … 213 more");
    assert_int_equal(l.v[1].style, STYLE_DIM);
    lines_free(&l);
}

static void long_names_and_deep_trees_fit(void **state)
{
    struct view_row v[40];
    char name[200];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < 40; i++) {
        v[i] = row(4000000 + i, i, i % 2 ? ~0ULL : 0, MARK_DRIVEN, name);
        v[i].there = 4194304;
    }
    for (int width = 10; width < 120; width += 7) {
        struct lines l = draw(v, 40, width, NULL, NULL);
        assert_int_equal(l.n, 40);
        if (width >= 38)
            assert_non_null(strstr(l.v[39].text, "nn")); /* the name is never pushed out */
        lines_free(&l);
    }
}

/* A chain as under a terminal, a shell, sudo and porthole: the branches of a narrow column still meet. */
static void deep_trees_are_drawn_narrow(void **state)
{
    struct view_row v[12];
    for (int i = 0; i < 11; i++)
        v[i] = row(1000 + i, i, i == 9 ? 0 : 1 << 9, i == 10 ? MARK_DRIVEN : MARK_PATH, "chain");
    v[11] = row(2000, 9, 0, MARK_NEW, "other");
    v[8].more = 1 << 9;
    v[9].more = 1 << 9;
    v[10].more = 1 << 9;
    struct lines l = draw(v, 12, WIDTH, NULL, NULL);
    assert_string_equal(l.v[1].text, "  1001 └chain");
    assert_string_equal(l.v[9].text, "  1009         ├chain");
    assert_string_equal(l.v[10].text, " >1010         │└chain");
    assert_string_equal(l.v[11].text, "+ 2000         └other");
    lines_free(&l);
    for (int i = 0; i < 11; i++)
        v[i].depth += 12; /* deeper than the column: the first levels are not drawn */
    v[11].depth += 12;
    for (int i = 9; i < 11; i++)
        v[i].more = 1ULL << 21;
    l = draw(v, 12, WIDTH, NULL, NULL);
    assert_non_null(strstr(l.v[10].text, "│└chain"));
    assert_int_equal(strstr(l.v[9].text, "├") - l.v[9].text, strstr(l.v[11].text, "└") - l.v[11].text);
    lines_free(&l);
}

static void wide_characters_count_twice(void **state)
{
    struct view_row v = row(5, 0, 0, 0, "舷窓舷窓舷窓舷窓舷窓舷窓舷窓舷窓舷窓舷窓舷窓");
    struct lines l = draw(&v, 1, 21, NULL, NULL);
    assert_true(text_width(l.v[0].text) <= 21);
    assert_non_null(strstr(l.v[0].text, "…"));
    lines_free(&l);
}

static void the_legend_explains_every_sign(void **state)
{
    struct lines l = {0};
    autostr struct str all = {0};
    tree_legend(&l, 60);
    for (size_t i = 0; i < l.n; i++)
        str_addf(&all, "%s\n", l.v[i].text);
    for (const char *sign = "+xZ>!=?"; *sign; sign++) {
        char start[8];
        snprintf(start, sizeof start, "  %c  ", *sign);
        assert_non_null(strstr(str_c(&all), start));
    }
    lines_free(&l);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree),
        cmocka_unit_test(marks_are_signs),
        cmocka_unit_test(the_selected_row_names_both_pids),
        cmocka_unit_test(sentences_are_wrapped),
        cmocka_unit_test(folded_rows_are_counted),
        cmocka_unit_test(long_names_and_deep_trees_fit),
        cmocka_unit_test(deep_trees_are_drawn_narrow),
        cmocka_unit_test(wide_characters_count_twice),
        cmocka_unit_test(the_legend_explains_every_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
