/* Styled lines: what every pane shows, whether they are rows of a tree, a lesson or the transcript. Plain data; nothing
 * here draws. */
#ifndef SCREEN_LINES_H
#define SCREEN_LINES_H

#include "screen/style.h"
#include <stddef.h>

struct line {
    char *text;       /* UTF-8 without control characters */
    enum style style; /* of the whole line */
    size_t from, to;  /* bytes from..to look like `mark` instead; from == to: none */
    enum style mark;
    int weight; /* how much it wants to be seen where not all lines fit */
};

struct lines {
    struct line *v;
    size_t n, cap;
};

/* Appends a copy of text[0..n) and returns the new line, valid until the next change. */
struct line *lines_add(struct lines *l, enum style style, const char *text, size_t n);
/* Appends text wrapped at columns (at least 4), later lines after indent. Newlines in text end lines. */
void lines_add_wrapped(struct lines *l, enum style style, const char *text, int columns, const char *indent);
/* The same for text whose blanks matter: broken at the edge, wherever that is. */
void lines_add_broken(struct lines *l, enum style style, const char *text, int columns);
void lines_drop(struct lines *l, size_t n); /* forgets the first n */
void lines_clear(struct lines *l);          /* keeps the room */
void lines_cut(struct lines *l, size_t n);  /* forgets all but the first n */
void lines_free(struct lines *l);

#endif
