/* libvterm's state machine between a filter and a grid of our own.
 *
 *     term_feed   bytes --filter--> libvterm's state --callbacks below--> grid, history
 *     term_cell   <------------------------------------------------------ grid, history
 *
 * libvterm also has a screen, which is not used: it is the part of 0.1.4 that a resize can crash, keeps twelve times as
 * many bytes for a cell of which nothing was written, and has no scrollback. The state layer's callbacks used here are
 * the same in 0.1, 0.2 and 0.3. */
#include "base/text.h"
#include "screen/term_private.h"
#include <stdlib.h>
#include <string.h>

/* What libvterm does to the screen. Its coordinates are checked where they are used. */

static int term_on_glyph(VTermGlyphInfo *info, VTermPos at, void *arg)
{
    struct term *t = arg;
    grid_put(t, at.row, at.col, filter_character(t, info->chars[0]), info->width);
    return 1;
}

static int term_on_scroll(VTermRect at, int downward, int rightward, void *arg)
{
    grid_scroll(arg, at, downward, rightward);
    return 1;
}

static int term_on_erase(VTermRect at, int selective, void *arg)
{
    grid_erase(arg, at);
    return 1;
}

static int term_on_pen_reset(void *arg)
{
    ((struct term *)arg)->pen = (struct term_slot){0};
    return 1;
}

/* As in a slot: 0 is the default. */
static uint32_t term_colour(const VTermColor *c)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
        return 0;
    if (VTERM_COLOR_IS_INDEXED(c))
        return 1u + c->indexed.idx;
    return 1u + (TERM_RGB | (uint32_t)c->rgb.red << 16 | (uint32_t)c->rgb.green << 8 | c->rgb.blue);
}

static int term_on_pen(VTermAttr attr, VTermValue *v, void *arg)
{
    struct term *t = arg;
    unsigned bit = 0;
    switch (attr) {
    case VTERM_ATTR_BOLD:
        bit = TERM_BOLD;
        break;
    case VTERM_ATTR_UNDERLINE: /* a number; one kind is enough */
        bit = TERM_UNDERLINE;
        break;
    case VTERM_ATTR_ITALIC:
        bit = TERM_ITALIC;
        break;
    case VTERM_ATTR_BLINK:
        bit = TERM_BLINK;
        break;
    case VTERM_ATTR_REVERSE:
        bit = TERM_REVERSE;
        break;
    case VTERM_ATTR_STRIKE:
        bit = TERM_STRIKE;
        break;
    case VTERM_ATTR_FONT: /* term_csi.c */
        bit = TERM_DIM;
        break;
    case VTERM_ATTR_FOREGROUND:
        t->pen.fg = term_colour(&v->color) & 0x3ffffff;
        break;
    case VTERM_ATTR_BACKGROUND:
        t->pen.bg = term_colour(&v->color) & 0x3ffffff;
        break;
    default:
        break;
    }
    if (bit)
        t->pen.attrs = (t->pen.attrs & ~bit & 0x7f) | (v->number ? bit : 0);
    return 1;
}

static void term_set_alternate(struct term *t, bool on)
{
    VTermPos at;
    vterm_state_get_cursorpos(t->state, &at);
    if (on) {
        t->main_y = at.row;
        t->main_shift = false;
    }
    t->alternate = on;
    t->scrolled = 0;
    t->last_y = -1;
    t->all_dirty = true;
}

static int term_on_prop(VTermProp prop, VTermValue *v, void *arg)
{
    struct term *t = arg;
    if (prop == VTERM_PROP_CURSORVISIBLE)
        t->cursor_hidden = !v->boolean;
    if (prop == VTERM_PROP_ALTSCREEN && t->alternate != !!v->boolean)
        term_set_alternate(t, v->boolean);
    return 1;
}

static const VTermStateCallbacks term_callbacks = {
    .putglyph = term_on_glyph,
    .scrollrect = term_on_scroll,
    .erase = term_on_erase,
    .initpen = term_on_pen_reset,
    .setpenattr = term_on_pen,
    .settermprop = term_on_prop,
};

void term_answer(struct term *t, const char *bytes, size_t n)
{
    if (t->ev.answer && n)
        t->ev.answer(t->ev.arg, bytes, n);
}

static void term_on_output(const char *bytes, size_t n, void *arg)
{
    term_answer(arg, bytes, n);
}

/* Life. */

struct term *term_new(int rows, int cols, const struct term_events *ev)
{
    struct term *t = xcalloc(1, sizeof *t);
    t->rows = TERM_ROWS_MIN;
    t->cols = TERM_COLS_MIN;
    grid_init(t, &t->main);
    grid_init(t, &t->other);
    t->all_dirty = true;
    t->last_y = -1;
    t->vt = vterm_new(TERM_ROWS_MAX, TERM_COLS_MAX); /* 0.3 does not make room for more lines when it grows */
    vterm_set_utf8(t->vt, 1);
    vterm_output_set_callback(t->vt, term_on_output, t);
    t->state = vterm_obtain_state(t->vt);
    vterm_state_set_callbacks(t->state, &term_callbacks, t);
    vterm_state_reset(t->state, 1);
    vterm_set_size(t->vt, t->rows, t->cols);
    filter_addf(t, "\0337"); /* else the saved pen, were it restored, would be black on black */
    filter_flush(t);
    term_resize(t, rows, cols);
    if (ev)
        t->ev = *ev;
    return t;
}

void term_free(struct term *t)
{
    if (!t)
        return;
    vterm_free(t->vt);
    history_clear(t);
    free(t->history.v);
    grid_free(t, &t->main);
    grid_free(t, &t->other);
    free(t);
}

void term_feed(struct term *t, const char *bytes, size_t n)
{
    if (!n)
        return;
    t->rung = false;
    filter_feed(t, (const unsigned char *)bytes, n);
    if (t->rung && t->ev.bell)
        t->ev.bell(t->ev.arg);
    if (t->ev.changed)
        t->ev.changed(t->ev.arg);
}

/* Looking. */

int term_rows(const struct term *t)
{
    return t->rows;
}

int term_cols(const struct term *t)
{
    return t->cols;
}

const char *term_title(const struct term *t)
{
    return t->title;
}

bool term_alternate(const struct term *t)
{
    return t->alternate;
}

bool term_cursor(const struct term *t, int *y, int *x)
{
    VTermPos at;
    vterm_state_get_cursorpos(t->state, &at);
    bool seen = !t->cursor_hidden && (size_t)at.row + t->scrolled < (size_t)t->rows;
    *y = seen ? at.row + (int)t->scrolled : 0;
    *x = at.col;
    return seen;
}

static void term_read(const struct term *t, const struct term_row *r, int x, struct term_cell *out)
{
    *out = (struct term_cell){.width = 1, .fg = -1, .bg = (int)r->tail - 1};
    if (x >= r->used)
        return;
    const struct term_slot *s = &r->v[x];
    out->fg = (int)s->fg - 1;
    out->bg = (int)s->bg - 1;
    out->attrs = (unsigned char)s->attrs;
    if (s->wide && x + 1 >= t->cols) /* its right half is out of sight */
        return;
    out->width = s->half ? 0 : s->wide ? 2 : 1;
    out->cp[0] = (unsigned)s->cp;
    out->cp[1] = (unsigned)s->mark1;
    out->cp[2] = (unsigned)s->mark2;
}

void term_cells(const struct term *t, int y, struct term_cell *out, int n)
{
    static const struct term_row blank;
    const struct term_row *r = y >= 0 && y < t->rows ? term_shown(t, y) : &blank;
    for (int x = 0; x < n; x++)
        term_read(t, x < t->cols ? r : &blank, x, &out[x]);
}

void term_cell(const struct term *t, int y, int x, struct term_cell *out)
{
    static const struct term_row blank;
    bool inside = y >= 0 && y < t->rows && x >= 0 && x < t->cols;
    term_read(t, inside ? term_shown(t, y) : &blank, inside ? x : 0, out);
}

static void term_add_row(const struct term *t, int y, struct str *out)
{
    size_t start = out->len, end = start;
    for (int x = 0; x < t->cols; x++) {
        struct term_cell c;
        term_cell(t, y, x, &c);
        if (!c.width)
            continue;
        text_encode(out, c.cp[0] ? c.cp[0] : ' ');
        for (int i = 1; i < TERM_CHARS && c.cp[i]; i++)
            text_encode(out, c.cp[i]);
        if (c.cp[0] && c.cp[0] != ' ')
            end = out->len;
    }
    str_cut(out, end);
}

char *term_row_text(const struct term *t, int y)
{
    struct str out = {0};
    term_add_row(t, y, &out);
    return str_steal(&out);
}

char *term_text(const struct term *t)
{
    struct str out = {0};
    for (int y = 0; y < t->rows; y++) {
        term_add_row(t, y, &out);
        str_addc(&out, '\n');
    }
    return str_steal(&out);
}
