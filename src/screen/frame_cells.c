/* Draws the cells of a terminal in a pane. What programs wrote there is not trusted to be as wide as it claims, to be
 * printable, or to be few colours. */
#include "base/mem.h"
#include "base/text.h"
#include "screen/frame_private.h"
#include "screen/glyph.h"
#include <wchar.h>

#define FRAME_STRANGE 0xfffd

/* The character to show for cp in so many columns: itself, if this machine too believes that it takes them. */
static unsigned frame_cell_char(const struct frame *f, unsigned cp, int width)
{
    if (!cp)
        return ' ';
    if (!f->utf8)
        return frame_safe(f, cp);
    bool printable = cp < 0x80 ? width == 1 : wcwidth((wchar_t)cp) == width && !text_is_format(cp);
    return printable ? frame_safe(f, cp) : FRAME_STRANGE;
}

static void frame_put(cchar_t *out, const wchar_t *text, attr_t attrs, int pair)
{
    setcchar(out, text, attrs, 0, &pair);
}

/* One cell as one or two of ncurses'; room is in columns. Returns how many there are, *columns what they take. */
static int frame_cell(struct frame *f, cchar_t out[2], const struct term_cell *c, int room, int *columns)
{
    wchar_t text[CCHARW_MAX + 1] = {0};
    attr_t attrs = frame_cell_attrs(f, c->attrs);
    int pair = frame_cell_pair(f, c->fg, c->bg, &attrs), width = c->width == 2 ? 2 : 1, n = 1;
    unsigned cp = c->width ? frame_cell_char(f, c->cp[0], width) : ' ';
    if (width > room)
        cp = ' ';
    *columns = width > room ? room : width;
    text[0] = (wchar_t)cp;
    for (int i = 1; f->utf8 && cp == c->cp[0] && i < TERM_CHARS && c->cp[i]; i++)
        if (frame_combines(c->cp[i]) && !text_is_format(c->cp[i]) && n < CCHARW_MAX)
            text[n++] = (wchar_t)c->cp[i];
    frame_put(&out[0], text, attrs, pair);
    if (*columns < 2 || (f->utf8 && cp == c->cp[0]))
        return 1;
    frame_put(&out[1], L" ", attrs, pair);
    return 2;
}

void frame_cells(struct frame *f, int y, int x, int width, const struct term_cell *cells, int n)
{
    if (y < 0 || y >= f->rows || x < 0 || x >= f->cols)
        return;
    if (width > f->cols - x)
        width = f->cols - x;
    if (width <= 0)
        return;
    autofree cchar_t *row = xcalloc((size_t)width + 1, sizeof *row);
    int cell = 0, column = 0;
    frame_count_pairs(f, width);
    for (int i = 0; i < n && column < width; i++) {
        int columns;
        cell += frame_cell(f, row + cell, &cells[i], width - column, &columns);
        column += columns;
        i += columns == 2; /* the right half */
    }
    for (; column < width; column++)
        frame_put(&row[cell++], L" ", 0, 0);
    mvadd_wchnstr(y, x, row, cell);
}
