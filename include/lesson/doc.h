/* A Markdown text as a tree of its blocks, each with the line it starts on, and inline markup already made plain text.
 *
 * Private to lesson/. md4c does the parsing but knows no line numbers: what it hands out are pointers into the text,
 * and doc_line() turns a pointer into a line. */
#ifndef LESSON_DOC_H
#define LESSON_DOC_H

#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>

enum node_kind {
    NODE_DOC,
    NODE_HEADING, /* level */
    NODE_PARA,
    NODE_LIST, /* kids are items */
    NODE_ITEM, /* task, right; text is that of a tight list, kids the rest */
    NODE_QUOTE,
    NODE_CODE, /* info, text with a '\n' after each line */
    NODE_HTML, /* text as written, comments included */
    NODE_TABLE,
    NODE_ROW,
    NODE_CELL,
    NODE_RULE,
};

struct node {
    enum node_kind kind;
    int line;       /* 1-based; a fence: the line of its opening backquotes */
    unsigned level; /* heading */
    unsigned start; /* ordered list: number of the first item; 0: bullets */
    bool task, right;
    bool closed;     /* fence: its closing line is there */
    bool comment;    /* an HTML comment stood inside the paragraph and was left out */
    struct str text; /* code keeps its backquotes, emphasis is shown as *words* */
    size_t lead;     /* paragraph that starts with **words**: bytes of text they take, 0 when it does not */
    char *info;      /* fence: "c syscall", "" when none */
    struct node **kids;
    size_t nkids, cap;
};

struct doc {
    const char *text; /* borrowed */
    size_t len;
    size_t *starts; /* offset of each line */
    size_t nlines;
    struct node *root;
};

/* Parses text[body..len); lines are counted from the start of text. 0, or the line where blocks nest too deep. */
int doc_parse(struct doc *d, const char *text, size_t len, size_t body);
void doc_free(struct doc *d);

/* Line of p, a pointer into the text; 0 for a pointer elsewhere. */
int doc_line(const struct doc *d, const char *p);

/* Appends the node as plain text: a paragraph is one long line, list items and code lines are lines of their own. No
 * newline at the end. */
void doc_render(const struct node *n, struct str *out);

#endif
