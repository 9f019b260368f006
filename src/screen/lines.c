#include "screen/lines.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

struct line *lines_add(struct lines *l, enum style style, const char *text, size_t n)
{
    GROW(l->v, l->n, l->cap);
    l->v[l->n] = (struct line){.text = xstrndup(text, n), .style = style};
    return &l->v[l->n++];
}

void lines_add_wrapped(struct lines *l, enum style style, const char *text, int columns, const char *indent)
{
    autostr struct str wrapped = {0};
    text_wrap(&wrapped, text, columns < 4 ? 4 : columns, indent);
    for (const char *s = str_c(&wrapped);;) {
        size_t n = strcspn(s, "\n");
        lines_add(l, style, s, n);
        if (!s[n] || !s[n + 1]) /* a last newline starts no empty line */
            return;
        s += n + 1;
    }
}

void lines_add_broken(struct lines *l, enum style style, const char *text, int columns)
{
    if (columns < 4)
        columns = 4;
    for (;;) {
        size_t n = strcspn(text, "\n");
        autofree char *rest = xstrndup(text, n);
        size_t fit = text_fit(rest, columns);
        if (!fit && n)
            fit = n;
        lines_add(l, style, text, fit);
        text += fit;
        if (*text == '\n')
            text++;
        if (!*text)
            return;
    }
}

void lines_drop(struct lines *l, size_t n)
{
    if (n > l->n)
        n = l->n;
    for (size_t i = 0; i < n; i++)
        free(l->v[i].text);
    if (n)
        memmove(l->v, l->v + n, (l->n - n) * sizeof *l->v);
    l->n -= n;
}

void lines_cut(struct lines *l, size_t n)
{
    while (l->n > n)
        free(l->v[--l->n].text);
}

void lines_clear(struct lines *l)
{
    lines_cut(l, 0);
}

void lines_free(struct lines *l)
{
    lines_clear(l);
    free(l->v);
    *l = (struct lines){0};
}
