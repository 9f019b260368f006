/* Lines of cells, and what libvterm does to them.
 *
 * A line keeps cells up to the last one that was written; the rest is blank in one colour, its tail:
 *
 *     v     [ $ ][ l ][ s ] . . . . . . . . .
 *            0         used  tail        cols
 *
 * So an erased line costs nothing, whatever colour it was erased in, and neither do a storm of erasing sequences and
 * the blank ends of two thousand lines of scrollback. Lines that scroll move as pointers.
 *
 * A wide character has two cells, and never one of them alone: what overwrites, erases or shifts half of it blanks the
 * other half. */
#include "base/mem.h"
#include "screen/term_private.h"
#include <string.h>

static struct term_slot slot_blank(uint32_t colour)
{
    return (struct term_slot){.bg = colour};
}

static uint32_t pen_tail(const struct term *t)
{
    return (uint32_t)t->pen.bg;
}

/* Rows. */

static void row_enlarge(struct term_row *r, int n)
{
    r->cap = n + n / 2 + 8;
    r->v = xrealloc(r->v, (size_t)r->cap * sizeof *r->v);
}

static inline void row_reserve(struct term_row *r, int n)
{
    if (n > r->cap)
        row_enlarge(r, n);
}

static void row_extend(struct term_row *r, int n)
{
    row_reserve(r, n);
    for (; r->used < n; r->used++)
        r->v[r->used] = slot_blank(r->tail);
}

/* No wide character stands on both sides of the left edge of column x. */
static inline void row_split(struct term_row *r, int x)
{
    if (x <= 0 || x >= r->used || !r->v[x].half)
        return;
    r->v[x - 1] = slot_blank((uint32_t)r->v[x - 1].bg);
    r->v[x] = slot_blank((uint32_t)r->v[x].bg);
}

static void row_erase(struct term_row *r, int from, int to, int cols, uint32_t colour)
{
    if (from >= to)
        return;
    r->dirty = true;
    row_split(r, from);
    row_split(r, to);
    bool to_end = to >= cols || (to >= r->used && r->tail == colour);
    if (to_end && r->tail != colour && r->used < from)
        row_extend(r, from);
    if (to_end) {
        r->used = r->used < from ? r->used : from;
        r->tail = colour;
        return;
    }
    row_extend(r, to);
    for (int x = from; x < to; x++)
        r->v[x] = slot_blank(colour);
}

static void row_clear(struct term_row *r, uint32_t colour)
{
    r->used = 0;
    r->tail = colour;
    r->dirty = true;
}

/* n columns at x go, and what follows moves left. */
static void row_delete(struct term_row *r, int x, int n, int cols, uint32_t colour)
{
    if (r->used > cols)
        r->used = cols;
    if (r->tail != colour)
        row_extend(r, cols);
    n = n < cols - x ? n : cols - x;
    row_split(r, x);
    row_split(r, x + n);
    int end = x + n < r->used ? x + n : r->used; /* of what goes */
    if (x < end) {
        memmove(r->v + x, r->v + end, (size_t)(r->used - end) * sizeof *r->v);
        r->used -= end - x;
    }
    r->tail = colour;
    r->dirty = true;
}

/* n blank columns come in at x, and what follows moves right, out of the line. */
static void row_insert(struct term_row *r, int x, int n, int cols, uint32_t colour)
{
    if (r->used > cols)
        r->used = cols;
    r->dirty = true;
    if (x >= r->used && r->tail == colour)
        return;
    n = n < cols - x ? n : cols - x;
    row_split(r, x);
    row_extend(r, x);
    int keep = r->used - x < cols - x - n ? r->used - x : cols - x - n;
    row_reserve(r, x + n + keep);
    row_split(r, x + keep);
    memmove(r->v + x + n, r->v + x, (size_t)keep * sizeof *r->v);
    for (int i = x; i < x + n; i++)
        r->v[i] = slot_blank(colour);
    r->used = x + n + keep;
}

void row_free(struct term_row *r)
{
    free_ptr(&r->v);
    *r = (struct term_row){0};
}

/* Grids. */

void grid_init(struct term *t, struct term_grid *g)
{
    g->rows = xcalloc((size_t)t->rows, sizeof *g->rows);
}

void grid_free(struct term *t, struct term_grid *g)
{
    for (int y = 0; y < t->rows; y++)
        row_free(&g->rows[y]);
    free_ptr(&g->rows);
}

void grid_put(struct term *t, int y, int x, unsigned cp, int width)
{
    if (y < 0 || y >= t->rows || x < 0 || width < 1 || width > 2 || x + width > t->cols)
        return;
    struct term_row *r = &term_grid(t)->rows[y];
    if (x > r->used)
        row_extend(r, x);
    row_reserve(r, x + width);
    row_split(r, x);
    row_split(r, x + width);
    struct term_slot slot = t->pen;
    slot.cp = cp & 0x1fffff;
    slot.wide = width == 2;
    r->v[x] = slot;
    if (width == 2) {
        slot = t->pen;
        slot.half = 1;
        r->v[x + 1] = slot;
    }
    if (x + width > r->used)
        r->used = x + width;
    r->dirty = true;
    t->last_y = y;
    t->last_x = x;
}

void grid_mark(struct term *t, unsigned cp)
{
    if (t->last_y < 0 || t->last_y >= t->rows)
        return;
    struct term_row *r = &term_grid(t)->rows[t->last_y];
    if (t->last_x >= r->used || !r->v[t->last_x].cp)
        return;
    struct term_slot *slot = &r->v[t->last_x];
    if (!slot->mark1)
        slot->mark1 = cp & 0x1fffff;
    else if (!slot->mark2)
        slot->mark2 = cp & 0x1fffff;
    r->dirty = true;
}

unsigned grid_last(const struct term *t)
{
    if (t->last_y < 0 || t->last_y >= t->rows)
        return 0;
    const struct term_row *r = &(t->alternate ? &t->other : &t->main)->rows[t->last_y];
    return t->last_x < r->used ? (unsigned)r->v[t->last_x].cp : 0;
}

static VTermRect grid_cut(const struct term *t, VTermRect at)
{
    at.start_row = at.start_row < 0 ? 0 : at.start_row;
    at.start_col = at.start_col < 0 ? 0 : at.start_col;
    at.end_row = at.end_row > t->rows ? t->rows : at.end_row;
    at.end_col = at.end_col > t->cols ? t->cols : at.end_col;
    return at;
}

void grid_erase(struct term *t, VTermRect at)
{
    at = grid_cut(t, at);
    for (int y = at.start_row; y < at.end_row; y++)
        row_erase(&term_grid(t)->rows[y], at.start_col, at.end_col, t->cols, pen_tail(t));
}

static void grid_reverse(struct term_row *rows, int n)
{
    for (int i = 0, k = n - 1; i < k; i++, k--) {
        struct term_row r = rows[i];
        rows[i] = rows[k];
        rows[k] = r;
    }
}

/* The first n of count rows become the last ones. */
static void grid_rotate(struct term_row *rows, int count, int n)
{
    if (n == 1) {
        struct term_row r = rows[0];
        memmove(rows, rows + 1, (size_t)(count - 1) * sizeof *rows);
        rows[count - 1] = r;
        return;
    }
    grid_reverse(rows, n);
    grid_reverse(rows + n, count - n);
    grid_reverse(rows, count);
}

/* Lines move up by down, or down. Margins at the left and right are not let through to libvterm, so that they are whole
 * lines always. */
static void grid_scroll_lines(struct term *t, VTermRect at, int down)
{
    struct term_row *rows = term_grid(t)->rows + at.start_row;
    int count = at.end_row - at.start_row;
    int n = down < 0 ? -down : down;
    n = n < count ? n : count;
    for (int i = 0; down > 0 && at.start_row == 0 && !t->alternate && i < n; i++)
        history_push(t, &rows[i]);
    grid_rotate(rows, count, down > 0 ? n : count - n);
    for (int i = 0; i < n; i++)
        row_clear(&rows[down > 0 ? count - n + i : i], pen_tail(t));
    if (count == t->rows) {
        t->rows_dirty = true;
        return;
    }
    for (int i = 0; i < count; i++)
        rows[i].dirty = true;
}

void grid_scroll(struct term *t, VTermRect at, int down, int right)
{
    at = grid_cut(t, at);
    if (at.start_row >= at.end_row || at.start_col >= at.end_col)
        return;
    for (int y = at.start_row; right && y < at.end_row; y++) {
        struct term_row *r = &term_grid(t)->rows[y];
        if (right > 0)
            row_delete(r, at.start_col, right, t->cols, pen_tail(t));
        else
            row_insert(r, at.start_col, -right, t->cols, pen_tail(t));
    }
    if (down)
        grid_scroll_lines(t, at, down);
}
