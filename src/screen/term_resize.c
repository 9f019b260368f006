/* Another size. libvterm 0.1.4 keeps neither its scroll region nor the cursor within a screen that shrinks, so both are
 * set anew at once; the lines are ours.
 *
 *     shrinks   blank lines below the cursor go; then lines at the top, into the scrollback; the cursor's own line is
 *               kept, at the cost of those below it
 *     grows     lines come back from the scrollback, then blank ones at the bottom
 *
 * The alternate screen has no scrollback: what goes from it is lost, and whoever owns it draws it anew. The main screen
 * may be resized behind it. Its cursor is libvterm's, saved; `main_y` and `main_shift` say where it belongs by now. */
#include "base/mem.h"
#include "screen/term_private.h"
#include <string.h>

static int resize_clamp(int n, int least, int most)
{
    return n < least ? least : n > most ? most : n;
}

static bool resize_is_blank(const struct term_row *r)
{
    for (int x = 0; x < r->used; x++)
        if (r->v[x].cp || r->v[x].bg || r->v[x].half)
            return false;
    return !r->tail;
}

/* Returns how many lines go at the top. */
static int resize_shrink(struct term *t, struct term_grid *g, int rows, int cursor)
{
    int excess = t->rows - rows, blank = 0;
    while (blank < excess && t->rows - 1 - blank > cursor && resize_is_blank(&g->rows[t->rows - 1 - blank]))
        blank++;
    int up = excess - blank < cursor ? excess - blank : cursor;
    for (int y = 0; y < up && g == &t->main; y++)
        history_push(t, &g->rows[y]);
    for (int y = 0; y < t->rows; y++)
        if (y < up || y >= up + rows)
            row_free(&g->rows[y]);
    memmove(g->rows, g->rows + up, (size_t)rows * sizeof *g->rows);
    return up;
}

/* Returns how many lines come back at the top. */
static int resize_grow(struct term *t, struct term_grid *g, int rows)
{
    int more = rows - t->rows, back = 0;
    g->rows = xrealloc(g->rows, (size_t)rows * sizeof *g->rows);
    if (g == &t->main)
        back = t->history.n < (size_t)more ? (int)t->history.n : more;
    memmove(g->rows + back, g->rows, (size_t)t->rows * sizeof *g->rows);
    for (int y = back; y > 0; y--)
        history_pop(t, &g->rows[y - 1]);
    memset(g->rows + back + t->rows, 0, (size_t)(more - back) * sizeof *g->rows);
    return back;
}

/* Returns by how much the lines have moved down. */
static int resize_grid(struct term *t, struct term_grid *g, int rows, int cursor)
{
    if (rows < t->rows)
        return -resize_shrink(t, g, rows, cursor);
    return rows > t->rows ? resize_grow(t, g, rows) : 0;
}

void term_resize(struct term *t, int rows, int cols)
{
    VTermPos at;
    rows = resize_clamp(rows, TERM_ROWS_MIN, TERM_ROWS_MAX);
    cols = resize_clamp(cols, TERM_COLS_MIN, TERM_COLS_MAX);
    if (rows == t->rows && cols == t->cols)
        return;
    vterm_state_get_cursorpos(t->state, &at);
    int other = resize_grid(t, &t->other, rows, t->alternate ? at.row : 0);
    int main = resize_grid(t, &t->main, rows, t->alternate ? t->main_y : at.row);
    t->main_y = resize_clamp(t->main_y + main, 0, rows - 1);
    t->main_shift = t->main_shift || main;
    at.row = resize_clamp(at.row + (t->alternate ? other : main), 0, rows - 1);
    at.col = resize_clamp(at.col, 0, cols - 1);
    t->rows = rows;
    t->cols = cols;
    t->last_y = -1;
    t->all_dirty = true;
    vterm_set_size(t->vt, rows, cols);
    filter_addf(t, "\033[r\033[%d;%dH", at.row + 1, at.col + 1);
    filter_flush(t);
}
