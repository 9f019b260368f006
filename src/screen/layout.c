#include "screen/layout.h"
#include <string.h>

static int layout_clamp(int v, int low, int high)
{
    return v > high ? high : v < low ? low : v;
}

const char *layout_choice_name(enum layout_choice choice)
{
    static const char *const names[LAYOUT_CHOICES] = {"auto", "lesson", "split", "terminals", "stage"};
    return choice < LAYOUT_CHOICES ? names[choice] : NULL;
}

enum layout_choice layout_choice_find(const char *name)
{
    enum layout_choice c = 0;
    while (c < LAYOUT_CHOICES && (!name || strcmp(name, layout_choice_name(c)) != 0))
        c++;
    return c;
}

static bool layout_is_term(enum pane_id id)
{
    return id == PANE_HOST_TERM || id == PANE_CONTAINER_TERM;
}

static bool layout_hides_terms(const struct layout_wish *wish)
{
    return wish->choice == LAYOUT_LESSON && !layout_is_term(wish->focus); /* who has the focus is in sight */
}

/* Do terminals have a column of their own, which costs nobody anything? */
static bool layout_has_column(int cols, const struct layout_wish *wish)
{
    bool plain = layout_hides_terms(wish) || wish->choice == LAYOUT_STAGE;
    return cols >= LAYOUT_TERM_COLS && (wish->term[0] || wish->term[1]) && !plain && !wish->no_lesson;
}

static enum layout_kind layout_kind_of(int rows, int cols, const struct layout_wish *wish)
{
    if (rows < LAYOUT_TINY_ROWS || cols < LAYOUT_TINY_COLS)
        return LAYOUT_TINY;
    if (rows < LAYOUT_MIN_ROWS || cols < LAYOUT_MIN_COLS)
        return LAYOUT_SMALL;
    if (wish->zoom != PANE_NONE)
        return LAYOUT_ZOOM;
    bool beside = (!wish->term[0] && !wish->term[1]) || layout_hides_terms(wish);
    if (cols < LAYOUT_WIDE_COLS || wish->no_lesson || wish->choice == LAYOUT_STAGE)
        return LAYOUT_STACKED;
    return beside || layout_has_column(cols, wish) ? LAYOUT_WIDE : LAYOUT_STACKED;
}

/* The right column on a wide screen. Prose is read best below 81 columns, and the trees want the rest; terminals have
 * 80, as every program expects. */
static int layout_side_columns(int cols, const struct layout_wish *wish)
{
    return layout_has_column(cols, wish) ? 80 : layout_clamp(cols * 2 / 5, 60, 81);
}

int layout_lesson_columns(int rows, int cols, const struct layout_wish *wish)
{
    if (layout_kind_of(rows, cols, wish) != LAYOUT_WIDE)
        return cols;
    int side = layout_side_columns(cols, wish);
    return layout_has_column(cols, wish) ? cols - side - 1 : side;
}

int layout_calls_columns(int rows, int cols, const struct layout_wish *wish)
{
    return layout_kind_of(rows, cols, wish) == LAYOUT_WIDE ? cols - layout_side_columns(cols, wish) - 1 : cols;
}

/* Two trees side by side with a rule between them. */
static void layout_trees(struct layout *l, int y, int h, int w)
{
    int left = (w - 1) / 2;
    l->pane[PANE_HOST] = (struct rect){y, 0, h, left};
    l->rule[0] = (struct rect){y, left, h, 1};
    l->pane[PANE_CONTAINER] = (struct rect){y, left + 1, h, w - left - 1};
}

#define LAYOUT_CALLS_MIN 30 /* rows of the screen, for more than a title */

/* Takes the strip of calls from the top of the h rows at y that others share; `least` is left for them. */
static int layout_calls(struct layout *l, const struct layout_wish *wish, struct rect from, int least)
{
    int h = wish->calls ? 1 : 0;
    bool alone = l->kind == LAYOUT_SMALL || l->kind == LAYOUT_ZOOM;
    if (wish->calls && !alone && l->rows >= LAYOUT_CALLS_MIN)
        h = 1 + layout_clamp(l->rows / 10, 3, 8);
    if (alone)
        h = 0;
    if (wish->held_rows && wish->held_rows + 1 > h)
        h = wish->held_rows + 1;
    h = layout_clamp(h, 0, from.h > least ? from.h - least : 0);
    if (h > 0)
        l->calls = (struct rect){from.y, from.x, h, from.w};
    return h;
}

/* Terminals side by side, one above the other, or the one that there is room for. */
static void layout_terms(struct layout *l, const struct layout_wish *wish, struct rect at)
{
    enum pane_id one = layout_is_term(wish->focus) ? wish->focus : wish->last_term;
    if (!layout_is_term(one) || !wish->term[one - PANE_HOST_TERM])
        one = wish->term[0] ? PANE_HOST_TERM : PANE_CONTAINER_TERM;
    bool both = wish->term[0] && wish->term[1];
    if (both && at.w >= 2 * LAYOUT_MIN_COLS && !layout_has_column(l->cols, wish)) {
        int left = (at.w - 1) / 2;
        l->pane[PANE_HOST_TERM] = (struct rect){at.y, at.x, at.h, left};
        l->rule[2] = (struct rect){at.y, at.x + left, at.h, 1};
        l->pane[PANE_CONTAINER_TERM] = (struct rect){at.y, at.x + left + 1, at.h, at.w - left - 1};
    } else if (both && at.h >= 20) {
        l->pane[PANE_HOST_TERM] = (struct rect){at.y, at.x, at.h / 2, at.w};
        l->pane[PANE_CONTAINER_TERM] = (struct rect){at.y + at.h / 2, at.x, at.h - at.h / 2, at.w};
    } else {
        l->pane[one] = at;
    }
}

/* Lesson above transcript. The lesson gets what its text needs, the transcript the rest, but each its share first. The
 * transcript's is smaller while a new step is being read: nothing has been run in it yet. But the words of welcome are
 * new, too, and a step that has to be scrolled anyway does not push them away. */
static void layout_texts(struct layout *l, const struct layout_wish *wish, struct rect at, bool beside_terms)
{
    if (wish->no_lesson || wish->choice == LAYOUT_STAGE) {
        l->pane[wish->focus == PANE_LESSON && !wish->no_lesson ? PANE_LESSON : PANE_TRANSCRIPT] = at;
        return;
    }
    if (beside_terms && at.h < 8) {
        bool lesson = wish->focus == PANE_LESSON || (wish->reading && wish->focus != PANE_TRANSCRIPT);
        l->pane[lesson ? PANE_LESSON : PANE_TRANSCRIPT] = at;
        return;
    }
    int least = at.h >= 14 ? 6 : at.h / 2;
    bool reading = wish->reading && (!wish->welcome || wish->lesson_rows + 1 <= at.h - 3);
    int lesson = layout_clamp(wish->lesson_rows + 1, least, at.h - (reading ? 3 : least));
    l->pane[PANE_LESSON] = (struct rect){at.y, at.x, lesson, at.w};
    l->pane[PANE_TRANSCRIPT] = (struct rect){at.y + lesson, at.x, at.h - lesson, at.w};
}

#define LAYOUT_ROOMY 18 /* rows below the trees, for a terminal and two texts */

/* What is below the trees, on screens where terminals have no column of their own. */
static void layout_below(struct layout *l, const struct layout_wish *wish, struct rect at)
{
    enum layout_choice choice = wish->choice;
    if (choice == LAYOUT_STAGE)
        choice = wish->focus == PANE_TRANSCRIPT || wish->focus == PANE_LESSON ? LAYOUT_LESSON : LAYOUT_TERMINALS;
    if (choice == LAYOUT_AUTO && at.h >= LAYOUT_ROOMY)
        choice = LAYOUT_SPLIT;
    else if (choice == LAYOUT_AUTO)
        choice = layout_is_term(wish->focus) ? LAYOUT_TERMINALS : LAYOUT_LESSON;
    bool away = choice == LAYOUT_LESSON && !layout_is_term(wish->focus);
    bool alone = choice == LAYOUT_TERMINALS && wish->focus != PANE_LESSON && wish->focus != PANE_TRANSCRIPT;
    int terms = alone ? at.h : layout_clamp(at.h / 2, 4, at.h - 4);
    if ((!wish->term[0] && !wish->term[1]) || away || at.h < 8) {
        if (layout_is_term(wish->focus))
            layout_terms(l, wish, at);
        else
            layout_texts(l, wish, at, false);
        return;
    }
    layout_terms(l, wish, (struct rect){at.y, at.x, terms, at.w});
    if (!alone)
        layout_texts(l, wish, (struct rect){at.y + terms, at.x, at.h - terms, at.w}, true);
}

/* One pane, the focused one. */
static void layout_one(struct layout *l, const struct layout_wish *wish, int middle)
{
    enum pane_id one = wish->zoom != PANE_NONE    ? wish->zoom
                       : wish->focus != PANE_NONE ? wish->focus
                       : wish->no_lesson          ? PANE_TRANSCRIPT
                                                  : PANE_LESSON;
    /* Below the pane, which keeps its first rows in place. */
    int calls = layout_calls(l, wish, (struct rect){1, 0, middle, l->cols}, 2);
    l->calls.y = 1 + middle - calls;
    middle -= calls;
    if (l->kind == LAYOUT_SMALL && wish->zoom == PANE_NONE && wish->focus == PANE_NONE && middle >= 6 &&
        !wish->no_lesson) {
        l->pane[PANE_LESSON] = (struct rect){1, 0, middle / 2, l->cols};
        l->pane[PANE_TRANSCRIPT] = (struct rect){1 + middle / 2, 0, middle - middle / 2, l->cols};
    } else {
        l->pane[one] = (struct rect){1, 0, middle, l->cols};
    }
}

static void layout_wide(struct layout *l, const struct layout_wish *wish, int middle)
{
    bool column = layout_has_column(l->cols, wish);
    int side = layout_side_columns(l->cols, wish), left = l->cols - side - 1;
    int trees = layout_clamp(column ? middle * 2 / 5 : middle / 2, 5, 40);
    struct rect right = {1, left + 1, middle, side};
    layout_trees(l, 1, trees, left);
    trees += layout_calls(l, wish, (struct rect){1 + trees, 0, middle - trees, left}, column ? 6 : 3);
    struct rect below = {1 + trees, 0, middle - trees, left};
    l->rule[1] = (struct rect){1, left, middle, 1};
    if (column) {
        layout_terms(l, wish, right);
        layout_texts(l, wish, below, false);
    } else {
        l->pane[PANE_LESSON] = right;
        l->pane[PANE_TRANSCRIPT] = below;
    }
}

static void layout_stacked(struct layout *l, const struct layout_wish *wish, int middle)
{
    bool roomy = wish->no_lesson && l->rows >= LAYOUT_CALLS_MIN;
    bool half = roomy || wish->choice == LAYOUT_STAGE;
    int trees = layout_clamp(half ? middle / 2 : l->rows * 3 / 10, 5, 28);
    layout_trees(l, 1, trees, l->cols);
    trees += layout_calls(l, wish, (struct rect){1 + trees, 0, middle - trees, l->cols}, 4);
    layout_below(l, wish, (struct rect){1 + trees, 0, middle - trees, l->cols});
}

void layout_compute(struct layout *l, int rows, int cols, const struct layout_wish *wish)
{
    memset(l, 0, sizeof *l);
    l->rows = rows;
    l->cols = cols;
    l->kind = layout_kind_of(rows, cols, wish);
    if (l->kind == LAYOUT_TINY)
        return;
    int prompt = 1 + layout_clamp(wish->prompt_rows, 1, rows < LAYOUT_MIN_ROWS ? 1 : rows / 4);
    int middle = rows - 1 - prompt; /* between status line and prompt */
    l->prompt = (struct rect){rows - prompt, 0, prompt, cols};
    if (l->kind == LAYOUT_SMALL || l->kind == LAYOUT_ZOOM)
        layout_one(l, wish, middle);
    else if (l->kind == LAYOUT_WIDE)
        layout_wide(l, wish, middle);
    else
        layout_stacked(l, wish, middle);
}
