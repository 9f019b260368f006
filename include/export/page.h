/* A session as one page of HTML, for slides and hand-outs: a section a step, with its text, the lines that were
 * entered, what became of them, and both trees as they were at its end. The page needs no other file and runs no
 * script.
 *
 * It grows while the session runs, and keeps the latest PAGE_MAX bytes. */
#ifndef EXPORT_PAGE_H
#define EXPORT_PAGE_H

#include "base/str.h"
#include <stddef.h>
#include <time.h>

#define PAGE_MAX      (16u << 20)  /* bytes: sections before are dropped */
#define PAGE_STEP_MAX (256u << 10) /* of one section: the rest is cut, which the page says */

enum page_kind {
    PAGE_PROSE, /* `code`, *emphasis* and **strong** are marked up */
    PAGE_QUESTION,
    PAGE_LINE, /* as it was entered, with its prompt */
    PAGE_CALL,
    PAGE_OUTPUT, /* may come in pieces and end in the middle of a line */
    PAGE_NOTE,
    PAGE_GOOD,
    PAGE_BAD,
    PAGE_ERROR,
    PAGE_HINT,
    PAGE_WHY,
};

/* A process: its row as text, with its tree; and what it is, as words: "driven, new". */
struct page_row {
    const char *text, *mark; /* mark "": nothing */
};
struct page_tree {
    const char *title;
    const struct page_row *v;
    size_t n;
};

struct page;
struct page *page_new(void);
void page_free(struct page *p);

void page_step(struct page *p, const char *title); /* a section begins */
/* Any bytes: they are sanitised and escaped. */
void page_say(struct page *p, enum page_kind kind, const char *text);
/* The trees at the end of the current section: in place of those that it had. */
void page_trees(struct page *p, const struct page_tree *host, const struct page_tree *container);

size_t page_steps(const struct page *p); /* sections that are kept */
void page_print(const struct page *p, const char *title, time_t when, struct str *out);

#endif
