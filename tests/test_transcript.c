#include "base/text.h"
#include "screen/pane.h"
#include "screen/transcript.h"
#include "support.h"
#include <locale.h>
#include <string.h>

static void assert_lines(const struct lines *l, const char *const *want)
{
    size_t n = 0;
    for (; want[n]; n++) {
        assert_true(n < l->n);
        assert_string_equal(l->v[n].text, want[n]);
    }
    assert_int_equal(l->n, n);
}

static void kinds_have_words(void **state)
{
    struct transcript *t = transcript_new();
    struct lines l = {0};
    transcript_add(t, SAY_ECHO, "host:/# frob()");
    transcript_add(t, SAY_ERROR, "unknown call");
    transcript_add(t, SAY_HINT, "Hint 1 of 2: look left"); /* says so itself */
    transcript_add(t, SAY_WHY, "no such thing\n");
    transcript_wrap(t, 80, &l);
    assert_lines(&l, (const char *[]){"host:/# frob()", "error: unknown call", "Hint 1 of 2: look left",
                                      "why: no such thing", NULL});
    assert_int_equal(l.v[1].style, STYLE_BAD);
    lines_free(&l);
    transcript_free(t);
}

static void output_comes_in_pieces(void **state)
{
    struct transcript *t = transcript_new();
    struct lines l = {0};
    transcript_add(t, SAY_OUTPUT, "one\ntw");
    transcript_wrap(t, 80, &l);
    assert_lines(&l, (const char *[]){"one", "tw", NULL});
    transcript_add(t, SAY_OUTPUT, "o\n");
    transcript_add(t, SAY_OUTPUT, "\n");
    transcript_add(t, SAY_OUTPUT, "four");
    transcript_wrap(t, 80, &l);
    assert_lines(&l, (const char *[]){"one", "two", "", "four", NULL});
    transcript_add(t, SAY_CALL, "getpid() = 1");
    transcript_add(t, SAY_OUTPUT, "five\n");
    transcript_wrap(t, 80, &l);
    assert_lines(&l, (const char *[]){"one", "two", "", "four", "getpid() = 1", "five", NULL});
    lines_free(&l);
    transcript_free(t);
}

static void words_wrap_output_breaks(void **state)
{
    struct transcript *t = transcript_new();
    struct lines l = {0};
    transcript_add(t, SAY_INFO, "some words that are too long");
    transcript_add(t, SAY_OUTPUT, "  PID  PPID COMMAND\n");
    transcript_wrap(t, 12, &l);
    assert_lines(&l, (const char *[]){"some words", "  that are", "  too long", "  PID  PPID ", "COMMAND", NULL});
    transcript_wrap(t, 40, &l); /* a wider screen wraps everything anew */
    assert_lines(&l, (const char *[]){"some words that are too long", "  PID  PPID COMMAND", NULL});
    lines_free(&l);
    transcript_free(t);
}

/* Wrapping piece by piece ends where wrapping at once does. */
static void bookkeeping_is_exact(void **state)
{
    unsigned seed = 99;
    struct transcript *a = transcript_new(), *b = transcript_new();
    struct lines la = {0}, lb = {0};
    for (int i = 0; i < 12000; i++) {
        char text[120];
        int n = rand_r(&seed) % 90;
        for (int k = 0; k < n; k++)
            text[k] = rand_r(&seed) % 9 == 0 ? ' ' : rand_r(&seed) % 40 == 0 ? '\n' : (char)('a' + k % 26);
        text[n] = '\0';
        enum say kind = rand_r(&seed) % 2 ? SAY_OUTPUT : SAY_INFO;
        transcript_add(a, kind, text);
        transcript_add(b, kind, text);
        if (rand_r(&seed) % 7 == 0)
            transcript_wrap(a, 33, &la);
    }
    transcript_wrap(a, 33, &la);
    transcript_wrap(b, 33, &lb);
    assert_int_equal(la.n, lb.n);
    assert_true(la.n >= TRANSCRIPT_MAX);
    for (size_t i = 0; i < la.n; i++)
        assert_string_equal(la.v[i].text, lb.v[i].text);
    lines_free(&la);
    lines_free(&lb);
    transcript_free(a);
    transcript_free(b);
}

static struct pane pane_of(int lines, int height)
{
    struct pane p = {.at = {0, 0, height + 1, 40}};
    char text[32];
    for (int i = 0; i < lines; i++) {
        snprintf(text, sizeof text, "line %d", i);
        lines_add(&p.lines, STYLE_PLAIN, text, strlen(text));
    }
    pane_settle(&p);
    return p;
}

static void panes_scroll(void **state)
{
    struct pane p = pane_of(20, 5);
    assert_int_equal(pane_below(&p), 15);
    assert_true(pane_scroll(&p, 3));
    assert_int_equal(p.top, 3);
    assert_true(pane_scroll(&p, 1000000));
    assert_int_equal(p.top, 15);
    assert_false(pane_scroll(&p, 1));
    assert_true(pane_scroll(&p, -1000000));
    assert_int_equal(p.top, 0);
    assert_false(pane_scroll(&p, -1));
    pane_show(&p, 9);
    assert_int_equal(p.top, 5);
    pane_show(&p, 7);
    assert_int_equal(p.top, 5);
    pane_show(&p, 2);
    assert_int_equal(p.top, 2);
    p.follow = true;
    pane_settle(&p);
    assert_int_equal(p.top, 15);
    p.at.h = 30; /* taller than its contents */
    pane_settle(&p);
    assert_int_equal(p.top, 0);
    p.at.h = 0; /* hidden */
    pane_settle(&p);
    pane_show(&p, 3);
    lines_free(&p.lines);
}

static void what_matters_is_in_sight(void **state)
{
    struct pane p = pane_of(20, 5);
    pane_show_heaviest(&p);
    assert_int_equal(p.top, 0); /* nothing matters: the beginning */
    p.lines.v[12].weight = 40;
    p.lines.v[14].weight = 30;
    p.lines.v[2].weight = 40;
    pane_show_heaviest(&p);
    assert_int_equal(p.top, 10);
    p.lines.v[13].weight = p.lines.v[15].weight = p.lines.v[16].weight = 1;
    pane_show_heaviest(&p);
    assert_int_equal(p.top, 12);
    p.at.h = 40;
    pane_show_heaviest(&p);
    assert_int_equal(p.top, 0);
    lines_free(&p.lines);
}

static void panes_search(void **state)
{
    struct pane p = pane_of(20, 5);
    assert_int_equal(pane_search(&p, "LINE 1", -1, 1), 1); /* case is folded */
    assert_int_equal(pane_search(&p, "line 1", 1, 1), 10);
    assert_int_equal(pane_search(&p, "line 1", 10, -1), 1);
    assert_int_equal(pane_search(&p, "line 1", 1, -1), 19); /* around the start */
    assert_int_equal(pane_search(&p, "line 7", 7, 1), 7);
    assert_int_equal(pane_search(&p, "nowhere", 0, 1), -1);
    assert_int_equal(pane_search(&p, "", 0, 1), -1);
    lines_free(&p.lines);
    struct pane empty = {0};
    assert_int_equal(pane_search(&empty, "x", 0, 1), -1);
}

/* `head -c 3000000 /dev/zero | tr '\\0' a`: neither lost nor ever longer than what can be wrapped again at each frame.
 */
static void endless_line(void **state)
{
    struct transcript *t = transcript_new();
    struct lines lines = {0};
    char chunk[1001];
    memset(chunk, 'a', 1000);
    chunk[1000] = '\0';
    memcpy(chunk + 997, "\xe2\x82\xac", 3); /* a character that a limit might cut */
    for (int i = 0; i < 100; i++) {
        transcript_add(t, SAY_OUTPUT, chunk);
        transcript_wrap(t, 100, &lines);
    }
    size_t bytes = 0;
    for (size_t i = 0; i < lines.n; i++)
        bytes += strlen(lines.v[i].text);
    assert_int_equal(bytes, 100000);
    assert_in_range(lines.n, 100000 / 102, 100000 / 100 + 20);
    transcript_free(t);
    lines_clear(&lines);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_words),
        cmocka_unit_test(output_comes_in_pieces),
        cmocka_unit_test(words_wrap_output_breaks),
        cmocka_unit_test(bookkeeping_is_exact),
        cmocka_unit_test(panes_scroll),
        cmocka_unit_test(what_matters_is_in_sight),
        cmocka_unit_test(panes_search),
        cmocka_unit_test(endless_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
