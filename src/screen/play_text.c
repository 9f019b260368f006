/* A recording for those who read: pipes, screen readers, grep. */
#include "base/text.h"
#include "screen/glyph.h"
#include "screen/play_private.h"
#include <stdlib.h>
#include <string.h>

struct play_text {
    struct term *term;
    FILE *out;
    size_t told; /* lines of the scrollback that were printed */
    bool utf8;
};

/* The emulator lets no control character through, but anything else: names of files may be made to look like others. */
static void text_line(const struct play_text *t, const char *line)
{
    autostr struct str safe = {0}, shown = {0};
    text_sanitise(&safe, line, strlen(line), TEXT_LINE);
    glyph_text(&shown, str_c(&safe), t->utf8);
    fprintf(t->out, "%s\n", str_c(&shown));
}

/* What scrolled away since the last time, as far as it is still there. */
static void text_scrolled(struct play_text *t)
{
    size_t n = term_history(t->term);
    size_t more = n > t->told ? n - t->told : 0;
    for (; more; more--) {
        term_scroll(t->term, -(int)more);
        autofree char *line = term_row_text(t->term, 0);
        text_line(t, line);
        term_scroll(t->term, (int)more);
    }
    t->told = n;
}

/* Without the blank rows at its end. */
static void text_screen(struct play_text *t)
{
    int rows = term_rows(t->term), used = 0;
    text_scrolled(t);
    for (int y = 0; y < rows; y++) {
        autofree char *line = term_row_text(t->term, y);
        if (*line)
            used = y + 1;
    }
    for (int y = 0; y < used; y++) {
        autofree char *line = term_row_text(t->term, y);
        text_line(t, line);
    }
}

static void text_mark(struct play_text *t, const struct cast *c, const struct cast_event *e)
{
    autofree char *label = xstrndup(e->len ? c->text.s + e->at : "", e->len);
    autofree char *line =
        xasprintf("== %lld:%02lld %s", (long long)(e->us / 60000000), (long long)(e->us / 1000000 % 60), label);
    text_line(t, line);
}

void play_text(const struct cast *c, FILE *out)
{
    struct play_text t = {.term = term_new(c->rows, c->cols, NULL), .out = out, .utf8 = glyph_utf8()};
    bool shown = false, marked = false; /* something to print, below a marker */
    for (size_t i = 0; i < c->n; i++) {
        const struct cast_event *e = &c->v[i];
        if (e->kind == 'r') {
            term_resize(t.term, e->rows, e->cols);
        } else if (e->kind == 'o') {
            term_feed(t.term, c->text.s + e->at, e->len);
            shown = true;
        } else {
            if (shown && marked)
                text_screen(&t);
            text_mark(&t, c, e);
            marked = true;
        }
    }
    if (shown)
        text_screen(&t);
    term_free(t.term);
}
