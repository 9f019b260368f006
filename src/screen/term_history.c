/* The scrollback, and which of all lines are shown.
 *
 *     1 line back from the end: the newest of the ring
 *
 *     history   n ............ 3 2 1 | 0 1 2 3 ... rows-1   the screen
 *     shown          [ scrolled lines | rows - scrolled ]
 *
 * While it is scrolled back, each line that comes in moves `scrolled` along, so that the same lines stay in sight. */
#include "base/mem.h"
#include "screen/term_private.h"
#include <stdlib.h>

static struct term_row *history_at(const struct term *t, size_t back)
{
    return &t->history.v[(t->history.first + t->history.n - back) % TERM_HISTORY];
}

/* A line that was long and is short now gives back what it does not need. */
static void history_trim(struct term_row *r)
{
    if (r->cap <= 2 * r->used + 16)
        return;
    r->cap = r->used;
    if (r->used)
        r->v = xrealloc(r->v, (size_t)r->used * sizeof *r->v);
    else
        free(steal_ptr(&r->v));
}

void history_push(struct term *t, struct term_row *r)
{
    struct term_history *h = &t->history;
    struct term_row oldest = {0};
    bool was_dirty = r->dirty || t->rows_dirty;
    if (!h->v)
        h->v = xcalloc(TERM_HISTORY, sizeof *h->v);
    if (h->n == TERM_HISTORY) {
        oldest = h->v[h->first];
        h->first = (h->first + 1) % TERM_HISTORY;
        h->n--;
    }
    h->n++;
    history_trim(r);
    *history_at(t, 1) = *r;
    *r = (struct term_row){.v = oldest.v, .cap = oldest.cap};
    if (!t->scrolled)
        return;
    if (t->scrolled == h->n || (was_dirty && t->scrolled < (size_t)t->rows))
        t->all_dirty = true;
    if (t->scrolled < h->n)
        t->scrolled++;
}

bool history_pop(struct term *t, struct term_row *r)
{
    if (!t->history.n)
        return false;
    struct term_row *newest = history_at(t, 1);
    *r = *newest;
    *newest = (struct term_row){0};
    t->history.n--;
    if (t->scrolled)
        t->scrolled--;
    return true;
}

void history_clear(struct term *t)
{
    for (size_t i = 0; t->history.v && i < TERM_HISTORY; i++)
        row_free(&t->history.v[i]);
    t->history.n = t->history.first = 0;
    t->scrolled = 0;
    t->all_dirty = true;
}

const struct term_row *term_shown(const struct term *t, int y)
{
    size_t row = (size_t)y;
    if (row < t->scrolled)
        return history_at(t, t->scrolled - row);
    return &(t->alternate ? &t->other : &t->main)->rows[row - t->scrolled];
}

void term_scroll(struct term *t, int by)
{
    size_t last = term_history(t), was = t->scrolled;
    if (by < 0)
        t->scrolled = (size_t) - (long)by < last - was ? was + (size_t) - (long)by : last;
    else
        t->scrolled = (size_t)by < was ? was - (size_t)by : 0;
    t->all_dirty = t->all_dirty || t->scrolled != was;
}

size_t term_scrolled(const struct term *t)
{
    return t->scrolled;
}

size_t term_history(const struct term *t)
{
    return t->alternate ? 0 : t->history.n;
}

bool term_row_dirty(const struct term *t, int y)
{
    if (y < 0 || y >= t->rows || t->all_dirty)
        return true;
    return (size_t)y >= t->scrolled && (t->rows_dirty || term_shown(t, y)->dirty);
}

void term_clean(struct term *t)
{
    t->all_dirty = t->rows_dirty = false;
    for (int y = 0; y < t->rows; y++)
        t->main.rows[y].dirty = t->other.rows[y].dirty = false;
}
