/* Logical lines are kept with the number of screen lines each was wrapped into, so that adding a line wraps only that
 * line, and dropping the oldest drops as many screen lines. A change of width wraps everything again. */
#include "screen/transcript.h"
#include "base/mem.h"
#include "base/text.h"
#include "screen/say.h"
#include <stdlib.h>
#include <string.h>

#define TRANSCRIPT_SLACK    500  /* dropped at a time */
#define TRANSCRIPT_LINE_MAX 8192 /* bytes */

struct transcript_line {
    enum say kind;
    char *text;
    size_t wrapped; /* screen lines it makes; 0: not wrapped yet */
};

struct transcript {
    struct transcript_line *v;
    size_t n, cap;
    bool open;       /* the last line may go on */
    size_t stale;    /* lines from here on must be wrapped (again) */
    size_t dropping; /* screen lines of dropped lines, still to be taken from the pane */
    int columns;
};

struct transcript *transcript_new(void)
{
    return xcalloc(1, sizeof(struct transcript));
}

static void transcript_drop(struct transcript *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        t->dropping += t->v[i].wrapped;
        free(t->v[i].text);
    }
    memmove(t->v, t->v + n, (t->n - n) * sizeof *t->v);
    t->n -= n;
    t->stale = t->stale > n ? t->stale - n : 0;
}

static void transcript_clear(struct transcript *t)
{
    transcript_drop(t, t->n);
    t->open = false;
}

void transcript_free(struct transcript *t)
{
    if (!t)
        return;
    transcript_clear(t);
    free(t->v);
    free(t);
}

static void transcript_add_line(struct transcript *t, enum say kind, const char *text, size_t n)
{
    if (t->n >= TRANSCRIPT_MAX + TRANSCRIPT_SLACK)
        transcript_drop(t, TRANSCRIPT_SLACK);
    GROW(t->v, t->n, t->cap);
    t->v[t->n++] = (struct transcript_line){.kind = kind, .text = xstrndup(text, n)};
}

/* A line that grows is copied and wrapped again each time: what has no line ends gets some, or a program could keep us
 * busy for ever. */
static void transcript_add_broken(struct transcript *t, enum say kind, const char *text, size_t n)
{
    do {
        size_t piece = text_cut(text, n, TRANSCRIPT_LINE_MAX);
        transcript_add_line(t, kind, text, piece);
        text += piece;
        n -= piece;
    } while (n);
}

static void transcript_extend(struct transcript *t, const char *text, size_t n)
{
    struct transcript_line *last = &t->v[t->n - 1];
    size_t len = strlen(last->text), room = len < TRANSCRIPT_LINE_MAX ? TRANSCRIPT_LINE_MAX - len : 0;
    size_t piece = text_cut(text, n, room);
    autostr struct str whole = {0};
    str_addn(&whole, last->text, len);
    str_addn(&whole, text, piece);
    free(last->text);
    last->text = str_steal(&whole);
    if (t->stale > t->n - 1)
        t->stale = t->n - 1;
    if (piece < n)
        transcript_add_broken(t, last->kind, text + piece, n - piece);
}

void transcript_add(struct transcript *t, enum say kind, const char *text)
{
    bool output = kind == SAY_OUTPUT;
    autostr struct str prefixed = {0};
    if (!output) {
        say_prefix(&prefixed, kind, text);
        str_add(&prefixed, text);
        text = str_c(&prefixed);
    }
    if (!output || !t->n || t->v[t->n - 1].kind != SAY_OUTPUT)
        t->open = false;
    for (;;) {
        size_t n = strcspn(text, "\n");
        if (t->open)
            transcript_extend(t, text, n);
        else if (n || text[n] || !output)
            transcript_add_broken(t, kind, text, n);
        t->open = output && !text[n] && (n || t->open);
        if (!text[n] || !text[n + 1])
            break;
        text += n + 1;
    }
}

size_t transcript_wrap(struct transcript *t, int columns, struct lines *lines)
{
    size_t dropped = t->dropping;
    if (columns != t->columns) {
        lines_clear(lines);
        t->columns = columns;
        t->stale = 0;
        dropped = 0;
        for (size_t i = 0; i < t->n; i++)
            t->v[i].wrapped = 0;
    } else {
        lines_drop(lines, dropped);
    }
    t->dropping = 0;
    for (size_t i = t->stale; i < t->n; i++)
        lines_cut(lines, lines->n - t->v[i].wrapped);
    for (size_t i = t->stale; i < t->n; i++) {
        const struct say_look *look = say_look(t->v[i].kind);
        size_t before = lines->n;
        if (look->verbatim)
            lines_add_broken(lines, look->style, t->v[i].text, columns);
        else
            lines_add_wrapped(lines, look->style, t->v[i].text, columns, look->indent ? look->indent : "  ");
        t->v[i].wrapped = lines->n - before;
    }
    t->stale = t->n;
    return dropped;
}
