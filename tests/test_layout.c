#include "screen/layout.h"
#include "support.h"
#include <string.h>

static const struct layout_wish no_wish = {.zoom = PANE_NONE, .focus = PANE_NONE};

static struct layout lay(int rows, int cols, enum pane_id zoom, enum pane_id focus, int prompt, int lesson)
{
    struct layout l;
    layout_compute(
        &l, rows, cols,
        &(struct layout_wish){
            .zoom = zoom, .focus = focus, .prompt_rows = prompt, .lesson_rows = lesson, .reading = lesson % 2});
    return l;
}

/* Every cell below the status line belongs to exactly one rectangle. */
static void assert_tiled(const struct layout *l)
{
    static char cells[300][400];
    memset(cells, 0, sizeof cells);
    const struct rect *all[] = {&l->pane[0], &l->pane[1], &l->pane[2], &l->pane[3], &l->pane[4], &l->pane[5],
                                &l->prompt,  &l->rule[0], &l->rule[1], &l->rule[2], &l->calls};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (int y = 0; y < all[i]->h; y++)
            for (int x = 0; x < all[i]->w; x++) {
                int yy = all[i]->y + y, xx = all[i]->x + x;
                if (yy < 1 || yy >= l->rows || xx < 0 || xx >= l->cols || cells[yy][xx])
                    fail_msg("%dx%d: rectangle %zu overlaps or leaves the screen at %d,%d", l->cols, l->rows, i, yy,
                             xx);
                cells[yy][xx] = 1;
            }
    for (int y = 1; y < l->rows; y++)
        for (int x = 0; x < l->cols; x++)
            if (!cells[y][x])
                fail_msg("%dx%d: nothing at %d,%d", l->cols, l->rows, y, x);
}

static void every_size_is_tiled(void **state)
{
    for (int rows = LAYOUT_TINY_ROWS; rows <= 80; rows++)
        for (int cols = LAYOUT_TINY_COLS; cols <= 240; cols += 3)
            for (int prompt = 1; prompt <= 9; prompt += 4)
                for (int lesson = 0; lesson <= 40; lesson += 13) {
                    struct layout l = lay(rows, cols, PANE_NONE, PANE_NONE, prompt, lesson);
                    assert_tiled(&l);
                    l = lay(rows, cols, PANE_HOST, PANE_HOST, prompt, lesson);
                    assert_tiled(&l);
                    for (int held = 0; held <= 12; held += 4)
                        for (int zoom = -1; zoom <= 0; zoom++) {
                            struct layout_wish wish = {(enum pane_id)zoom, PANE_NONE, prompt, lesson};
                            wish.calls = true;
                            wish.held_rows = held;
                            layout_compute(&l, rows, cols, &wish);
                            assert_tiled(&l);
                            wish.no_lesson = true;
                            layout_compute(&l, rows, cols, &wish);
                            assert_tiled(&l);
                            assert_int_equal(l.pane[PANE_LESSON].h, 0);
                        }
                }
}

static void a_classic_terminal(void **state)
{
    struct layout l = lay(24, 80, PANE_NONE, PANE_NONE, 1, 8);
    assert_int_equal(l.kind, LAYOUT_STACKED);
    assert_int_equal(l.pane[PANE_HOST].h, 7);
    assert_int_equal(l.pane[PANE_HOST].w, 39);
    assert_int_equal(l.pane[PANE_CONTAINER].w, 40);
    assert_int_equal(l.pane[PANE_LESSON].h, 8);
    assert_int_equal(l.pane[PANE_TRANSCRIPT].h, 6);
    assert_int_equal(l.prompt.y, 22);
    assert_int_equal(l.prompt.h, 2);
    /* A long text takes rows from the transcript, but leaves it its share. */
    l = lay(24, 80, PANE_NONE, PANE_NONE, 1, 40);
    assert_int_equal(l.pane[PANE_LESSON].h, 8);
    assert_int_equal(l.pane[PANE_TRANSCRIPT].h, 6);
    /* While it is new, nearly all. */
    layout_compute(&l, 24, 80, &(struct layout_wish){PANE_NONE, PANE_NONE, 1, 40, true});
    assert_int_equal(l.pane[PANE_LESSON].h, 11);
    assert_int_equal(l.pane[PANE_TRANSCRIPT].h, 3);
    /* A long line takes them too, up to a quarter of the screen. */
    l = lay(24, 80, PANE_NONE, PANE_NONE, 99, 8);
    assert_int_equal(l.prompt.h, 7);
}

static void the_smallest_that_shows_everything(void **state)
{
    struct layout l = lay(16, 60, PANE_NONE, PANE_NONE, 1, 10);
    assert_int_equal(l.kind, LAYOUT_STACKED);
    for (int id = 0; id <= PANE_TRANSCRIPT; id++)
        assert_true(l.pane[id].h >= 4);
    l = lay(15, 60, PANE_NONE, PANE_NONE, 1, 10);
    assert_int_equal(l.kind, LAYOUT_SMALL);
    l = lay(16, 59, PANE_NONE, PANE_NONE, 1, 10);
    assert_int_equal(l.kind, LAYOUT_SMALL);
}

static void wide_screens_put_the_lesson_beside(void **state)
{
    struct layout l = lay(60, 200, PANE_NONE, PANE_NONE, 1, 30);
    assert_int_equal(l.kind, LAYOUT_WIDE);
    assert_int_equal(l.pane[PANE_LESSON].x, l.pane[PANE_CONTAINER].x + l.pane[PANE_CONTAINER].w + 1);
    assert_int_equal(l.pane[PANE_LESSON].w, layout_lesson_columns(60, 200, &no_wish));
    assert_int_equal(l.pane[PANE_LESSON].h, 60 - 1 - 2);
    l = lay(40, 120, PANE_NONE, PANE_NONE, 1, 30);
    assert_int_equal(l.kind, LAYOUT_STACKED);
    assert_int_equal(l.pane[PANE_LESSON].w, 120);
    assert_int_equal(layout_lesson_columns(40, 120, &no_wish), 120);
    l = lay(16, LAYOUT_WIDE_COLS, PANE_NONE, PANE_NONE, 1, 30);
    assert_true(l.pane[PANE_HOST].w >= 30);
}

static void small_screens_show_one_pane_or_say_so(void **state)
{
    struct layout l = lay(10, 50, PANE_NONE, PANE_NONE, 1, 10);
    assert_int_equal(l.kind, LAYOUT_SMALL);
    assert_int_equal(l.pane[PANE_HOST].h, 0);
    assert_int_equal(l.pane[PANE_LESSON].h + l.pane[PANE_TRANSCRIPT].h, 7);
    l = lay(10, 50, PANE_NONE, PANE_HOST, 1, 10);
    assert_int_equal(l.pane[PANE_HOST].h, 7);
    assert_int_equal(l.pane[PANE_LESSON].h, 0);
    l = lay(4, 50, PANE_NONE, PANE_NONE, 1, 10);
    assert_int_equal(l.kind, LAYOUT_TINY);
    assert_int_equal(l.prompt.h, 0);
    l = lay(24, 19, PANE_NONE, PANE_NONE, 1, 10);
    assert_int_equal(l.kind, LAYOUT_TINY);
}

static void a_zoomed_pane_has_it_all(void **state)
{
    for (int id = 0; id < PANE_COUNT; id++) {
        struct layout l = lay(24, 80, (enum pane_id)id, PANE_NONE, 1, 10);
        assert_int_equal(l.kind, LAYOUT_ZOOM);
        assert_int_equal(l.pane[id].h, 21);
        assert_int_equal(l.pane[id].w, 80);
        assert_int_equal(l.pane[(id + 1) % PANE_COUNT].h, 0);
    }
}

static struct layout lay_calls(int rows, int cols, int held, enum pane_id zoom)
{
    struct layout l;
    layout_compute(
        &l, rows, cols,
        &(struct layout_wish){.zoom = zoom, .focus = PANE_NONE, .prompt_rows = 1, .calls = true, .held_rows = held});
    return l;
}

static void calls_stand_below_the_trees(void **state)
{
    struct layout l = lay_calls(24, 80, 0, PANE_NONE);
    assert_int_equal(l.calls.h, 1); /* a row of 24 */
    assert_int_equal(l.calls.y, 1 + l.pane[PANE_HOST].h);
    assert_int_equal(l.calls.w, 80);
    l = lay_calls(40, 120, 0, PANE_NONE);
    assert_int_equal(l.calls.h, 5);
    l = lay_calls(60, 200, 0, PANE_NONE);
    assert_int_equal(l.calls.h, 7);
    assert_int_equal(l.calls.w, layout_calls_columns(60, 200, &(struct layout_wish){.zoom = PANE_NONE}));
    assert_int_equal(l.pane[PANE_TRANSCRIPT].y, l.calls.y + 7);
    l = lay_calls(24, 80, 0, PANE_HOST); /* a zoomed pane is alone ... */
    assert_int_equal(l.calls.h, 0);
    l = lay_calls(24, 80, 6, PANE_HOST); /* ... but for what waits for an answer */
    assert_int_equal(l.calls.h, 7);
    assert_int_equal(l.pane[PANE_HOST].y, 1);
    l = lay_calls(24, 80, 6, PANE_NONE);
    assert_int_equal(l.calls.h, 7);
    l = lay_calls(16, 60, 9, PANE_NONE); /* others keep a line of theirs */
    assert_int_equal(l.calls.h, 4);
    assert_int_equal(l.pane[PANE_LESSON].h, 2);
    l = lay_calls(10, 40, 9, PANE_NONE);
    assert_true(l.calls.h >= 3);
}

static void without_lessons_the_rest_has_the_room(void **state)
{
    struct layout l;
    struct layout_wish wish = {PANE_NONE, PANE_NONE, 1, .calls = true, .no_lesson = true};
    layout_compute(&l, 24, 80, &wish);
    assert_int_equal(l.pane[PANE_HOST].h, 7);
    assert_int_equal(l.pane[PANE_TRANSCRIPT].h, 24 - 1 - 7 - 1 - 2);
    layout_compute(&l, 60, 200, &wish); /* not beside, but below */
    assert_int_equal(l.pane[PANE_TRANSCRIPT].w, 200);
    assert_int_equal(l.calls.w, layout_calls_columns(60, 200, &wish));
    assert_int_equal(l.pane[PANE_HOST].h, 28);
    layout_compute(&l, 10, 50, &wish);
    assert_true(l.pane[PANE_TRANSCRIPT].h > 0);
}

/* With terminals every size is tiled, too, and who has the focus is in sight. */
static void terminals_leave_no_gap(void **state)
{
    struct layout l;
    for (int rows = LAYOUT_TINY_ROWS; rows <= 80; rows += 3)
        for (int cols = LAYOUT_TINY_COLS; cols <= 240; cols += 5)
            for (int open = 1; open <= 3; open++)
                for (int choice = 0; choice < LAYOUT_CHOICES; choice++)
                    for (int focus = -1; focus < PANE_COUNT; focus++)
                        for (int more = 0; more < 8; more++) {
                            bool term[2] = {open & 1, open & 2};
                            if (focus >= PANE_HOST_TERM && !term[focus - PANE_HOST_TERM])
                                continue;
                            struct layout_wish wish = {.zoom = PANE_NONE,
                                                       .focus = (enum pane_id)focus,
                                                       .prompt_rows = 1,
                                                       .lesson_rows = 12,
                                                       .choice = (enum layout_choice)choice,
                                                       .term = {term[0], term[1]},
                                                       .last_term = PANE_NONE,
                                                       .calls = more & 2,
                                                       .no_lesson = more & 4};
                            layout_compute(&l, rows, cols, &wish);
                            if (l.kind == LAYOUT_TINY)
                                continue;
                            assert_tiled(&l);
                            if (focus != PANE_NONE && !(focus == PANE_LESSON && wish.no_lesson))
                                assert_true(l.pane[focus].h > 0);
                        }
}

static struct layout lay_terms(int rows, int cols, enum pane_id focus, enum layout_choice choice, int open)
{
    struct layout l;
    layout_compute(&l, rows, cols,
                   &(struct layout_wish){.zoom = PANE_NONE,
                                         .focus = focus,
                                         .prompt_rows = 1,
                                         .lesson_rows = 12,
                                         .choice = choice,
                                         .term = {open & 1, open & 2},
                                         .last_term = PANE_HOST_TERM});
    return l;
}

static void a_classic_terminal_shows_one_or_the_other(void **state)
{
    struct layout l = lay_terms(24, 80, PANE_NONE, LAYOUT_AUTO, 3);
    assert_int_equal(l.pane[PANE_HOST_TERM].h, 0);
    assert_true(l.pane[PANE_LESSON].h > 0);
    l = lay_terms(24, 80, PANE_CONTAINER_TERM, LAYOUT_AUTO, 3);
    assert_int_equal(l.pane[PANE_CONTAINER_TERM].h, 14);
    assert_int_equal(l.pane[PANE_CONTAINER_TERM].w, 80);
    assert_int_equal(l.pane[PANE_HOST].h, 7); /* the trees stay */
    l = lay_terms(24, 80, PANE_NONE, LAYOUT_SPLIT, 1);
    assert_int_equal(l.pane[PANE_HOST_TERM].h, 7);
    assert_int_equal(l.pane[PANE_TRANSCRIPT].h, 7);
    l = lay_terms(40, 120, PANE_NONE, LAYOUT_TERMINALS, 3); /* side by side below their trees */
    assert_int_equal(l.pane[PANE_HOST_TERM].w, l.pane[PANE_HOST].w);
    assert_int_equal(l.pane[PANE_CONTAINER_TERM].x, l.pane[PANE_CONTAINER].x);
    assert_int_equal(l.pane[PANE_LESSON].h, 0);
}

static void wide_screens_give_terminals_a_column(void **state)
{
    struct layout l = lay_terms(60, 200, PANE_NONE, LAYOUT_AUTO, 3);
    assert_int_equal(l.kind, LAYOUT_WIDE);
    assert_int_equal(l.pane[PANE_HOST_TERM].w, 80);
    assert_int_equal(l.pane[PANE_CONTAINER_TERM].w, 80);
    assert_true(l.pane[PANE_CONTAINER_TERM].h >= 25);
    assert_true(l.pane[PANE_LESSON].h > 0 && l.pane[PANE_TRANSCRIPT].h >= 6);
    l = lay_terms(60, 200, PANE_NONE, LAYOUT_LESSON, 3);
    assert_int_equal(l.pane[PANE_HOST_TERM].h + l.pane[PANE_CONTAINER_TERM].h, 0);
}

static void the_stage_has_no_lesson(void **state)
{
    struct layout l = lay_terms(24, 80, PANE_NONE, LAYOUT_STAGE, 0);
    assert_int_equal(l.pane[PANE_LESSON].h, 0);
    assert_true(l.pane[PANE_HOST].h >= 10 && l.pane[PANE_TRANSCRIPT].h >= 10);
    l = lay_terms(24, 80, PANE_NONE, LAYOUT_STAGE, 1);
    assert_true(l.pane[PANE_HOST_TERM].h >= 10);
    for (int i = 0; i < LAYOUT_CHOICES; i++)
        assert_non_null(layout_choice_name((enum layout_choice)i));
    assert_null(layout_choice_name(LAYOUT_CHOICES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_tiled),
        cmocka_unit_test(a_classic_terminal),
        cmocka_unit_test(the_smallest_that_shows_everything),
        cmocka_unit_test(wide_screens_put_the_lesson_beside),
        cmocka_unit_test(small_screens_show_one_pane_or_say_so),
        cmocka_unit_test(a_zoomed_pane_has_it_all),
        cmocka_unit_test(calls_stand_below_the_trees),
        cmocka_unit_test(without_lessons_the_rest_has_the_room),
        cmocka_unit_test(terminals_leave_no_gap),
        cmocka_unit_test(a_classic_terminal_shows_one_or_the_other),
        cmocka_unit_test(wide_screens_give_terminals_a_column),
        cmocka_unit_test(the_stage_has_no_lesson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
