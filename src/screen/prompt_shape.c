/* From the line that readline edits to what is seen of it. Readline would do this for a terminal; here the line is one
 * part of a frame, so it is wrapped into lines with a cursor. */
#include "base/mem.h"
#include "base/text.h"
#include "screen/prompt.h"
#include <stdio.h>
#include <string.h>

struct shaper {
    struct prompt_shape *shape;
    struct str text; /* of the line being filled */
    enum style style;
    size_t style_to; /* bytes of the first line that are the text before */
    size_t from, to; /* marked bytes of this line */
    int column, width;
};

static void shaper_end_line(struct shaper *s)
{
    struct line *line = lines_add(&s->shape->lines, STYLE_PLAIN, str_c(&s->text), s->text.len);
    if (s->to > s->from) {
        line->from = s->from;
        line->to = s->to;
        line->mark = STYLE_REGION;
    } else if (s->style_to) {
        line->to = s->style_to;
        line->mark = s->style;
    }
    s->from = s->to = s->style_to = 0;
    str_cut(&s->text, 0);
    s->column = 0;
}

/* Adds one thing that must not be torn apart. */
static void shaper_add(struct shaper *s, const char *piece, size_t n, int columns, bool marked)
{
    if (s->column + columns > s->width && s->column > 0)
        shaper_end_line(s);
    size_t at = s->text.len;
    str_addn(&s->text, piece, n);
    if (marked) {
        if (s->to == s->from)
            s->from = at;
        s->to = s->text.len;
    }
    s->column += columns;
}

/* How the character at s looks; its length in bytes comes back. */
static size_t shaper_show(const char *s, size_t n, bool utf8, char out[16], int *columns)
{
    unsigned char c = (unsigned char)*s;
    unsigned cp = c;
    size_t used = 1;
    if (c >= 0x80 && utf8)
        used = (size_t)text_decode(s, n, &cp);
    if (c == '\n') {
        snprintf(out, 16, "%s", utf8 ? "⏎" : "^J");
    } else if (c < 0x20 || c == 0x7f) {
        snprintf(out, 16, "^%c", c ^ 0x40);
    } else if (c >= 0x80 && (used == 1 || cp < 0xa0)) {
        used = 1;
        snprintf(out, 16, "\\%03o", c);
    } else {
        snprintf(out, 16, "%.*s", (int)used, s);
    }
    *columns = text_width(out);
    return used;
}

static void shaper_before(struct shaper *s, const struct prompt_text *t)
{
    const char *before = t->before;
    int most = s->width * 2 / 3;
    if (text_width(before) > most) { /* the end of a long prompt says more than its beginning */
        shaper_add(s, "…", strlen("…"), 1, false);
        size_t skip = text_fit(before, text_width(before) - most + 1);
        before += skip;
    }
    int columns;
    char piece[16];
    for (size_t n = strlen(before); n;) {
        size_t used = shaper_show(before, n, true, piece, &columns);
        shaper_add(s, piece, strlen(piece), columns, false);
        before += used;
        n -= used;
    }
    s->style = t->style;
    s->style_to = s->text.len;
}

void prompt_shape(struct prompt_shape *shape, const struct prompt_text *t, int width)
{
    struct shaper s = {.shape = shape, .width = width < 4 ? 4 : width};
    lines_clear(&shape->lines);
    shaper_before(&s, t);
    bool placed = false;
    for (size_t at = 0; at <= t->len;) {
        char piece[16];
        int columns = 0;
        size_t used = at < t->len ? shaper_show(t->line + at, t->len - at, t->utf8, piece, &columns) : 0;
        if (!placed && at >= t->point && (columns > 0 || at == t->len)) {
            if (s.column + (columns ? columns : 1) > s.width)
                shaper_end_line(&s);
            shape->y = (int)shape->lines.n;
            shape->x = s.column;
            placed = true;
        }
        if (at == t->len)
            break;
        if (columns)
            shaper_add(&s, piece, strlen(piece), columns, at >= t->from && at < t->to);
        else /* a combining mark: stays with its letter */
            str_add(&s.text, piece);
        at += used;
    }
    shaper_end_line(&s);
    str_free(&s.text);
}
