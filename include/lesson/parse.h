/* What the files that read a lesson share. Private to lesson/. */
#ifndef LESSON_PARSE_H
#define LESSON_PARSE_H

#include "lesson/doc.h"
#include "lesson/lesson.h"

struct parser {
    const char *path;
    lesson_fault_fn fault;
    void *arg;
    int errors;
    struct lesson *lesson;
    struct doc doc;

    struct step *step;     /* the current one, NULL before the first */
    bool step_is_new;      /* nothing was seen in it: `only` would mean the whole step */
    enum block_only only;  /* for the next block */
    int only_line;         /* 0: none is waiting */
    struct block *predict; /* the question that waits for its task list; heap, not yet in the step */
    enum { ASIDE_NONE, ASIDE_HINT, ASIDE_SOLUTION, ASIDE_OTHER } aside; /* the <details> that is open */
    struct block details;                                               /* what it has gathered */
    struct str gathered;
};

/* Reports one fault. The message may hold text from the file: it is made safe here. */
void parse_error(struct parser *p, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void parse_warn(struct parser *p, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Appends b to a growing array; b's texts now belong to it. */
void block_append(struct block **v, size_t *n, struct block b);
void block_free(struct block *b); /* what it holds, not itself */

/* Adds b where it belongs: the open <details>, the current step, or the lesson. Takes the waiting `only`. */
void parse_add(struct parser *p, struct block b);

/* Small letters, digits and '-', starting with a letter. */
bool lesson_is_name(const char *s);

/* Front matter at the start of text. Returns the offset where Markdown begins. */
size_t front_parse(struct parser *p, const char *text, size_t len);

/* One fence, by its info string. */
void fence_parse(struct parser *p, const struct node *n);
/* Calls fn for each line of the fence. text is a copy that fn may change. */
void fence_lines(struct parser *p, const struct node *n, void *state,
                 void (*fn)(struct parser *p, void *state, int line, char *text));
/* A fence of calls that the programs of the console fence above it shall make. */
void fence_traced(struct parser *p, const struct node *n);

/* One HTML block: comments and <details>. */
void html_parse(struct parser *p, const struct node *n);
void html_details_close(struct parser *p, int line);

/* Makes a stable word from a title: "Predict, then kill it" gives "predict-then-kill-it". */
char *lesson_slug(const char *title);

#endif
