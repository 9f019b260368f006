#include "screen/pane.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

int pane_height(const struct pane *p)
{
    return p->at.h > 1 ? p->at.h - 1 : 0;
}

static size_t pane_last_top(const struct pane *p)
{
    size_t h = (size_t)pane_height(p);
    return p->lines.n > h ? p->lines.n - h : 0;
}

size_t pane_below(const struct pane *p)
{
    size_t shown = p->top + (size_t)pane_height(p);
    return p->lines.n > shown ? p->lines.n - shown : 0;
}

void pane_settle(struct pane *p)
{
    size_t last = pane_last_top(p);
    if (p->top > last || p->follow)
        p->top = last;
    p->dirty = true;
}

bool pane_scroll(struct pane *p, int by)
{
    size_t old = p->top, last = pane_last_top(p);
    if (by < 0)
        p->top = (size_t)-by > p->top ? 0 : p->top - (size_t)-by;
    else
        p->top = (size_t)by > last - p->top ? last : p->top + (size_t)by;
    if (p->top != old)
        p->dirty = true;
    return p->top != old;
}

void pane_show(struct pane *p, size_t i)
{
    size_t h = (size_t)pane_height(p);
    if (!h || i >= p->lines.n)
        return;
    if (i < p->top)
        pane_scroll(p, -(int)(p->top - i));
    else if (i >= p->top + h)
        pane_scroll(p, (int)(i - p->top - h + 1));
}

void pane_show_heaviest(struct pane *p)
{
    size_t h = (size_t)pane_height(p), last = pane_last_top(p), best = 0;
    long sum = 0, most;
    for (size_t i = 0; i < h && i < p->lines.n; i++)
        sum += p->lines.v[i].weight;
    most = sum;
    for (size_t top = 1; top <= last; top++) {
        sum += p->lines.v[top + h - 1].weight - p->lines.v[top - 1].weight;
        if (sum > most) {
            most = sum;
            best = top;
        }
    }
    p->top = best;
    p->dirty = true;
}

long pane_search(const struct pane *p, const char *text, long from, int dir)
{
    long n = (long)p->lines.n;
    if (!n || !*text)
        return -1;
    for (long step = 1; step <= n; step++) {
        long i = ((from + dir * step) % n + n) % n;
        if (strcasestr(p->lines.v[i].text, text))
            return i;
    }
    return -1;
}

/* "── 3 lesson: chroot ────────── 4 more ──" */
void pane_draw_title(const struct pane *p, struct frame *f, int number, bool focused)
{
    char head[224], more[64] = "";
    if (number)
        snprintf(head, sizeof head, "%s%d %s ", focused ? "▶" : " ", number, p->title);
    else
        snprintf(head, sizeof head, "%s%s ", focused ? "▶" : " ", p->title);
    size_t below = pane_below(p);
    if (p->top && below)
        snprintf(more, sizeof more, " ↑%zu ↓%zu ", p->top, below);
    else if (below)
        snprintf(more, sizeof more, " ↓%zu more ", below);
    else if (p->top && !p->follow)
        snprintf(more, sizeof more, " ↑%zu ", p->top);
    int w = p->at.w, tail = text_width(more);
    autostr struct str rule = {0};
    for (int i = 0; i < w; i++)
        str_add(&rule, "─");
    frame_text(f, p->at.y, p->at.x, w, str_c(&rule), STYLE_TITLE);
    int room = w - 2 - (tail && tail + 12 < w ? tail + 1 : 0);
    if (room > 0) {
        head[text_fit(head, room)] = '\0';
        frame_text(f, p->at.y, p->at.x + 1, text_width(head), head, focused ? STYLE_FOCUS : STYLE_TITLE);
    }
    if (tail && tail + 12 < w)
        frame_text(f, p->at.y, p->at.x + w - tail - 1, tail, more, STYLE_BOLD);
}

void pane_draw(struct pane *p, struct frame *f, int number, bool focused, const char *find)
{
    p->dirty = false;
    if (p->at.h <= 0)
        return;
    pane_draw_title(p, f, number, focused);
    static const struct line blank = {.style = STYLE_PLAIN};
    for (int i = 0; i < pane_height(p); i++) {
        size_t at = p->top + (size_t)i;
        frame_line(f, p->at.y + 1 + i, p->at.x, p->at.w, at < p->lines.n ? &p->lines.v[at] : &blank, find);
    }
}
