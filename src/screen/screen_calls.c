/* The strip of calls between trees and transcript, and the list that lies over everything.
 *
 * While nothing is held the strip shows the latest calls of the last command, one row each. A call that is held stands
 * at its end with what it does, whatever rows that takes:
 *
 *     ▶HELD: host 4435 (unshare), 1 other waits
 *     [host 4434] clone(CLONE_CHILD_CLEARTID|...) = 4435
 *     ▶ unshare(CLONE_NEWNS|CLONE_NEWPID)
 *       unshare(2) gives the calling process namespaces of its own.
 */
#include "base/text.h"
#include "screen/screen_private.h"
#include "shell/slow.h"
#include <stdio.h>
#include <string.h>

#define CALLS_HELD_ROWS 6 /* of a held call's own text; what is longer ends in ... */

static enum style calls_style(const struct ticker_line *l)
{
    return l->denied ? STYLE_NOTICE : l->failed ? STYLE_BAD : STYLE_PLAIN;
}

/* A line on one row: what does not fit is taken out before the result, which matters most. */
static void calls_fit(const struct ticker_line *l, int width, struct str *out)
{
    autostr struct str text = {0};
    const char *tail = "";
    ticker_print(l, &text);
    for (const char *p = str_c(&text); (p = strstr(p, " = ")); p++)
        tail = p;
    int room = width - text_width(tail) - 3;
    if (text_width(str_c(&text)) <= width || room < 20) {
        str_addn(out, str_c(&text), text.len);
        return;
    }
    str_addn(out, text.s, text_fit(text.s, room));
    str_addf(out, "...%s", tail);
}

/* The last n lines of the list, each on one row. */
static void calls_add_latest(struct screen *s, struct lines *out, size_t n, bool aside)
{
    const struct ticker *c = shell_calls(s->sh);
    size_t count = ticker_count(c);
    for (size_t i = count > n ? count - n : 0; i < count; i++) {
        autostr struct str text = {0};
        calls_fit(ticker_line(c, i), s->calls.at.w, &text);
        lines_add(out, aside ? STYLE_DIM : calls_style(ticker_line(c, i)), str_c(&text), text.len);
    }
}

/* A text in at most rows lines. */
static void calls_add_cut(struct lines *out, enum style style, const char *text, int width, size_t rows)
{
    size_t before = out->n;
    lines_add_wrapped(out, style, text, width, "  ");
    if (out->n - before <= rows)
        return;
    lines_cut(out, before + rows);
    struct line *last = &out->v[out->n - 1];
    autostr struct str cut = {0};
    str_addn(&cut, last->text, text_fit(last->text, width - 4));
    str_add(&cut, " ...");
    lines_cut(out, out->n - 1);
    lines_add(out, style, cut.s, cut.len);
}

static void calls_add_held(struct screen *s, const struct watched *w, struct lines *out, int width)
{
    autostr struct str call = {0}, about = {0};
    size_t most = frame_rows(s->frame) < 30 ? CALLS_HELD_ROWS / 2 : CALLS_HELD_ROWS;
    str_addf(&call, "▶ %s", w->text);
    calls_add_cut(out, STYLE_COMMAND, call.s, width, most);
    str_add(&about, "  ");
    shell_held_about(s->sh, &about);
    calls_add_cut(out, STYLE_PLAIN, about.s, width, most);
}

/* The strip's wish for the layout. Its height stays while a line runs: between two stops nothing shall jump. */
void screen_wish_calls(struct screen *s, struct layout_wish *wish)
{
    const struct watched *w = shell_held(s->sh);
    wish->calls = shell_ticks(s->sh) && (w || ticker_count(shell_calls(s->sh)));
    if (!w && !s->running)
        s->held_rows = 0;
    if (w) {
        struct lines lines = {0};
        int width = layout_calls_columns(frame_rows(s->frame), frame_cols(s->frame), wish);
        calls_add_held(s, w, &lines, width);
        if ((int)lines.n + 1 > s->held_rows)
            s->held_rows = (int)lines.n + 1;
        lines_free(&lines);
    }
    wish->held_rows = s->held_rows;
}

/* Where there is room for one line only: the last one that is not just about forks, ends and waiting for them. */
static const struct ticker_line *calls_telling(const struct ticker *c)
{
    size_t n = ticker_count(c);
    for (size_t i = n; i > 0; i--) {
        const struct ticker_line *l = ticker_line(c, i - 1);
        if (l->row && !l->search && l->row->op != OP_FORK && !(l->row->flags & CALL_BLOCKS))
            return l;
    }
    return ticker_line(c, n - 1);
}

static void calls_title(struct screen *s, const struct watched *w, struct str *out)
{
    const struct ticker *c = shell_calls(s->sh);
    size_t others = w ? shell_held_others(s->sh) : 0;
    if (w) {
        str_add(out, "HELD: ");
        shell_held_who(s->sh, out);
        if (others)
            str_addf(out, ", %zu other%s wait%s", others, others == 1 ? "" : "s", others == 1 ? "s" : "");
    } else if (s->calls.at.h == 1 && ticker_count(c)) {
        str_add(out, "calls: ");
        calls_fit(calls_telling(c), s->calls.at.w - 11, out);
    } else
        str_addf(out, "calls: %zu, F3 explains them", ticker_count(c));
}

void screen_read_calls(struct screen *s)
{
    struct pane *p = &s->calls;
    p->at = s->layout.calls;
    if (p->at.h <= 0)
        return;
    const struct watched *w = shell_held(s->sh);
    autostr struct str title = {0};
    size_t room = (size_t)pane_height(p), taken = 0;
    struct lines held = {0};
    lines_clear(&p->lines);
    if (w)
        calls_add_held(s, w, &held, p->at.w);
    taken = held.n < room ? held.n : room;
    calls_add_latest(s, &p->lines, room - taken, w);
    for (size_t i = 0; i < taken; i++)
        lines_add(&p->lines, held.v[i].style, held.v[i].text, strlen(held.v[i].text));
    lines_free(&held);
    calls_title(s, w, &title);
    snprintf(p->title, sizeof p->title, "%.*s", (int)text_cut(str_c(&title), title.len, sizeof p->title - 1),
             str_c(&title));
    p->top = 0;
    p->dirty = true;
}

void screen_draw_calls(struct screen *s)
{
    pane_draw(&s->calls, s->frame, 0, shell_held(s->sh), NULL);
}

/* The list: each call, and once for those of one kind in a row what they do. */
void screen_calls_lines(const struct screen *s, struct lines *out, int width)
{
    const struct ticker *c = shell_calls(s->sh);
    autostr struct str said = {0};
    if (ticker_forgotten(c)) {
        autofree char *text = xasprintf("(%zu earlier lines are no longer kept)", ticker_forgotten(c));
        lines_add(out, STYLE_DIM, text, strlen(text));
    }
    for (size_t i = 0; i < ticker_count(c); i++) {
        const struct ticker_line *l = ticker_line(c, i);
        autostr struct str text = {0}, meaning = {0};
        ticker_print(l, &text);
        lines_add_wrapped(out, l->failed || l->denied ? calls_style(l) : STYLE_COMMAND, str_c(&text), width, "  ");
        str_add(&meaning, "    ");
        ticker_print_meaning(l, &meaning);
        if (meaning.len > 4 && strcmp(str_c(&said), meaning.s)) /* what is said of one line is not said again */
            lines_add_wrapped(out, STYLE_PLAIN, meaning.s, width, "    ");
        str_cut(&said, 0);
        str_add(&said, meaning.s);
    }
    if (!ticker_count(c))
        lines_add_wrapped(out, STYLE_DIM, "No program has made a call of interest yet.", width, "");
}
