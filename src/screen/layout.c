#include "screen/layout.h"
#include <string.h>

static int layout_clamp(int v, int low, int high)
{
    return v > high ? high : v < low ? low : v;
}

static enum layout_kind layout_kind_of(int rows, int cols, const struct layout_wish *wish)
{
    if (rows < LAYOUT_TINY_ROWS || cols < LAYOUT_TINY_COLS)
        return LAYOUT_TINY;
    if (rows < LAYOUT_MIN_ROWS || cols < LAYOUT_MIN_COLS)
        return LAYOUT_SMALL;
    if (wish->zoom != PANE_NONE)
        return LAYOUT_ZOOM;
    return cols >= LAYOUT_WIDE_COLS && !wish->no_lesson ? LAYOUT_WIDE : LAYOUT_STACKED;
}

/* The lesson's column on a wide screen: prose is read best below 81 columns, and the trees want the rest. */
static int layout_side_columns(int cols)
{
    return layout_clamp(cols * 2 / 5, 60, 81);
}

int layout_lesson_columns(int rows, int cols, enum pane_id zoom)
{
    const struct layout_wish wish = {.zoom = zoom};
    return layout_kind_of(rows, cols, &wish) == LAYOUT_WIDE ? layout_side_columns(cols) : cols;
}

int layout_calls_columns(int rows, int cols, const struct layout_wish *wish)
{
    return layout_kind_of(rows, cols, wish) == LAYOUT_WIDE ? cols - layout_side_columns(cols) - 1 : cols;
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
    int top = 1;
    if (l->kind == LAYOUT_SMALL || l->kind == LAYOUT_ZOOM) { /* below the pane, which keeps its first rows in place */
        int calls = layout_calls(l, wish, (struct rect){top, 0, middle, cols}, 2);
        l->calls.y = top + middle - calls;
        middle -= calls;
    }
    if (l->kind == LAYOUT_SMALL && wish->zoom == PANE_NONE && wish->focus == PANE_NONE && middle >= 6 &&
        !wish->no_lesson) {
        l->pane[PANE_LESSON] = (struct rect){1, 0, middle / 2, cols};
        l->pane[PANE_TRANSCRIPT] = (struct rect){1 + middle / 2, 0, middle - middle / 2, cols};
        return;
    }
    if (l->kind == LAYOUT_SMALL || l->kind == LAYOUT_ZOOM) {
        enum pane_id one = wish->zoom != PANE_NONE    ? wish->zoom
                           : wish->focus != PANE_NONE ? wish->focus
                           : wish->no_lesson          ? PANE_TRANSCRIPT
                                                      : PANE_LESSON;
        l->pane[one] = (struct rect){1, 0, middle, cols};
        return;
    }
    bool roomy = wish->no_lesson && rows >= LAYOUT_CALLS_MIN;
    int trees = layout_clamp(roomy ? middle / 2 : rows * 3 / 10, 5, 28);
    if (l->kind == LAYOUT_WIDE) {
        int side = layout_side_columns(cols), left = cols - side - 1;
        trees = layout_clamp(middle / 2, 5, 40);
        layout_trees(l, 1, trees, left);
        int calls = layout_calls(l, wish, (struct rect){1 + trees, 0, middle - trees, left}, 3);
        l->pane[PANE_TRANSCRIPT] = (struct rect){1 + trees + calls, 0, middle - trees - calls, left};
        l->rule[1] = (struct rect){1, left, middle, 1};
        l->pane[PANE_LESSON] = (struct rect){1, left + 1, middle, side};
        return;
    }
    layout_trees(l, 1, trees, cols);
    trees += layout_calls(l, wish, (struct rect){1 + trees, 0, middle - trees, cols}, 4);
    if (wish->no_lesson) {
        l->pane[PANE_TRANSCRIPT] = (struct rect){1 + trees, 0, middle - trees, cols};
        return;
    }
    /* The lesson gets what its text needs, the transcript the rest, but each its share first. The transcript's is
     * smaller while a new step is being read: nothing has been run in it yet. But the words of welcome are new, too,
     * and a step that has to be scrolled anyway does not push them away. */
    int rest = middle - trees, least = rest >= 14 ? 6 : rest / 2;
    bool reading = wish->reading && (!wish->welcome || wish->lesson_rows + 1 <= rest - 3);
    int lesson = layout_clamp(wish->lesson_rows + 1, least, rest - (reading ? 3 : least));
    l->pane[PANE_LESSON] = (struct rect){1 + trees, 0, lesson, cols};
    l->pane[PANE_TRANSCRIPT] = (struct rect){1 + trees + lesson, 0, rest - lesson, cols};
}
