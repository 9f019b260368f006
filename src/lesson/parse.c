/* From Markdown to steps.
 *
 * doc.c makes a tree of blocks with lines; here its top level is read from first to last, with little state: the step
 * we are in, the <details> that is open, the question that waits for its answers. Faults are reported and reading goes
 * on, so that an author sees all of them at once; the lesson is given up at the end.
 *
 * A lesson's text reaches terminals. Whatever a terminal would act on is refused here, once, with its line. */
#include "lesson/parse.h"
#include "base/mem.h"
#include "base/text.h"
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

__attribute__((format(printf, 4, 0))) static void parse_fault(struct parser *p, int line, bool error, const char *fmt,
                                                              va_list ap)
{
    autofree char *text = xvasprintf(fmt, ap);
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_LINE);
    if (error)
        p->errors++;
    if (p->fault)
        p->fault(p->arg, p->path, line, error, str_c(&safe));
}

void parse_error(struct parser *p, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    parse_fault(p, line, true, fmt, ap);
    va_end(ap);
}

void parse_warn(struct parser *p, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    parse_fault(p, line, false, fmt, ap);
    va_end(ap);
}

/* Into the open <details>: commands and calls become its parts, text is gathered. */
static void parse_add_aside(struct parser *p, struct block b)
{
    if (b.kind == BLOCK_CONSOLE || b.kind == BLOCK_CALL || b.kind == BLOCK_ORDER) {
        block_append(&p->details.sub, &p->details.nsub, b);
        return;
    }
    if (b.kind == BLOCK_PROSE) {
        if (p->gathered.len)
            str_add(&p->gathered, "\n\n");
        str_add(&p->gathered, b.text);
    }
    block_free(&b);
}

static bool parse_is_lesson_wide(const struct block *b)
{
    return b->kind == BLOCK_SETUP || b->kind == BLOCK_CLEANUP || b->kind == BLOCK_TERMINAL;
}

static void parse_add_lesson(struct parser *p, struct block b)
{
    bool fits = parse_is_lesson_wide(&b) || b.kind == BLOCK_NOTE || b.kind == BLOCK_PROSE;
    if (!fits)
        parse_error(p, b.line, "this block belongs to a step: put it below a `## ` heading");
    block_append(&p->lesson->blocks, &p->lesson->nblocks, b);
}

void parse_add(struct parser *p, struct block b)
{
    bool lesson_wide = parse_is_lesson_wide(&b);
    if (b.kind != BLOCK_NOTE) { /* a note may stand between `only` and the block it is about */
        if (p->only_line)
            b.only = p->only;
        p->step_is_new = false;
    }
    bool runs = b.kind == BLOCK_CONSOLE || b.kind == BLOCK_CALL || b.kind == BLOCK_ORDER;
    if (p->aside != ASIDE_NONE && (runs || b.kind == BLOCK_PROSE))
        parse_add_aside(p, b);
    else if (p->step && !lesson_wide)
        block_append(&p->step->blocks, &p->step->nblocks, b);
    else
        parse_add_lesson(p, b);
}

/* A question whose list never came. */
static void parse_drop_predict(struct parser *p)
{
    if (!p->predict)
        return;
    parse_error(p, p->predict->line,
                "a task list must follow the question: `- [ ] wrong answer`, `- [x] right answer`");
    block_free(p->predict);
    free(p->predict);
    p->predict = NULL;
}

static void parse_end_step(struct parser *p, int line)
{
    parse_drop_predict(p);
    if (p->aside != ASIDE_NONE) {
        parse_error(p, p->details.line, "this <details> is never closed by </details>");
        html_details_close(p, line);
    }
    if (p->step && !p->step->nblocks && !p->errors) /* a fault may be why */
        parse_error(p, p->step->line, "the step \"%s\" is empty", p->step->title);
}

static void parse_step(struct parser *p, const struct node *n)
{
    parse_end_step(p, n->line);
    struct lesson *l = p->lesson;
    l->steps = xrealloc(l->steps, (l->nsteps + 1) * sizeof *l->steps);
    struct step *s = &l->steps[l->nsteps++];
    *s = (struct step){.line = n->line, .title = xstrdup(str_c(&n->text)), .slug = lesson_slug(str_c(&n->text))};
    if (!*s->slug)
        parse_error(p, n->line, "a step needs a title with at least one letter");
    for (size_t i = 0; i + 1 < l->nsteps; i++)
        if (!strcmp(l->steps[i].slug, s->slug))
            parse_error(p, n->line, "two steps are called \"%s\" (first in line %d); progress is kept under that name",
                        s->slug, l->steps[i].line);
    p->step = s;
    p->step_is_new = true;
}

static void parse_heading(struct parser *p, const struct node *n)
{
    if (n->level == 2) {
        parse_step(p, n);
        return;
    }
    if (n->level > 2) {
        parse_add(p, (struct block){.kind = BLOCK_PROSE, .line = n->line, .text = xstrdup(str_c(&n->text))});
        return;
    }
    if (p->step || p->lesson->goal)
        parse_error(p, n->line, "a second `# ` heading; a step starts with `## `");
    if (!p->lesson->title)
        p->lesson->title = xstrdup(str_c(&n->text));
    if (!p->lesson->goal)
        p->lesson->goal = xstrdup(""); /* the next paragraph is it */
}

static void parse_question(struct parser *p, const struct node *n)
{
    if (!p->step || p->aside != ASIDE_NONE) {
        parse_error(p, n->line, "a question belongs to a step, outside <details>");
        return;
    }
    autofree char *copy = xstrdup(str_c(&n->text) + n->lead);
    char *text = text_trim(copy);
    if (!*text)
        parse_error(p, n->line, "the question is empty: write it behind **Predict:**");
    p->predict = xcalloc(1, sizeof *p->predict);
    *p->predict = (struct block){.kind = BLOCK_PREDICT, .line = n->line, .text = xstrdup(text)};
    p->step_is_new = false;
}

static bool parse_is_question(const struct node *n)
{
    const char *s = str_c(&n->text);
    return n->lead && n->lead <= 12 && (!strncasecmp(s, "*Predict:*", 10) || !strncasecmp(s, "*Predict*:", 10));
}

static void parse_prose(struct parser *p, const struct node *n)
{
    struct str text = {0};
    doc_render(n, &text);
    if (!text.len) {
        str_free(&text);
        return;
    }
    parse_add(p, (struct block){.kind = BLOCK_PROSE, .line = n->line, .text = str_steal(&text)});
}

static void parse_paragraph(struct parser *p, const struct node *n)
{
    if (n->comment)
        parse_warn(p, n->line, "a comment inside a paragraph is ignored: put it on a line of its own");
    if (parse_is_question(n)) {
        parse_question(p, n);
    } else if (p->lesson->goal && !*p->lesson->goal && !p->step) {
        free(p->lesson->goal);
        p->lesson->goal = xstrdup(str_c(&n->text));
    } else {
        parse_prose(p, n);
    }
}

/* One answer: its first paragraph is the answer, the rest is what is said to those who chose it. */
static void parse_choice(struct parser *p, const struct node *item, struct block *b)
{
    struct choice c = {.right = item->right};
    size_t kid = 0;
    if (item->text.len)
        c.text = xstrdup(str_c(&item->text));
    else if (item->nkids && item->kids[0]->kind == NODE_PARA)
        c.text = xstrdup(str_c(&item->kids[kid++]->text));
    else
        c.text = xstrdup("");
    struct str feedback = {0};
    for (; kid < item->nkids; kid++) {
        if (item->kids[kid]->kind == NODE_HTML)
            parse_warn(p, item->kids[kid]->line, "HTML inside an answer is ignored");
        if (feedback.len)
            str_add(&feedback, "\n\n");
        doc_render(item->kids[kid], &feedback);
    }
    c.feedback = str_steal(&feedback);
    if (!*c.text)
        parse_error(p, item->line, "this answer is empty");
    if (!item->task)
        parse_error(p, item->line, "an answer of a question starts with `[ ]`, or `[x]` when it is right");
    b->choices = xrealloc(b->choices, (b->nchoices + 1) * sizeof *b->choices);
    b->choices[b->nchoices++] = c;
}

static void parse_answers(struct parser *p, const struct node *list)
{
    struct block *b = p->predict;
    int right = 0;
    for (size_t i = 0; i < list->nkids; i++) {
        parse_choice(p, list->kids[i], b);
        right += list->kids[i]->right;
    }
    if (b->nchoices < 2)
        parse_error(p, list->line, "a question needs at least two answers");
    if (right != 1)
        parse_error(p, list->line, "%s answer is marked `[x]`; mark exactly one", right ? "more than one" : "no");
    struct block done = *b;
    free(p->predict);
    p->predict = NULL;
    parse_add(p, done);
}

static void parse_list(struct parser *p, const struct node *n)
{
    bool tasks = false;
    for (size_t i = 0; i < n->nkids; i++)
        tasks |= n->kids[i]->task;
    if (p->predict && tasks) {
        parse_answers(p, n);
        return;
    }
    if (tasks)
        parse_error(p, n->line, "a task list belongs right below a **Predict:** question");
    parse_prose(p, n);
}

/* Two blocks may wait for the next one: a question for its list, `only` for what it restricts. */
static void parse_node(struct parser *p, const struct node *n)
{
    if (p->predict && n->kind != NODE_LIST && n->kind != NODE_HTML)
        parse_drop_predict(p);
    int only_line = p->only_line;
    switch (n->kind) {
    case NODE_HEADING:
        parse_heading(p, n);
        break;
    case NODE_PARA:
        parse_paragraph(p, n);
        break;
    case NODE_LIST:
        parse_list(p, n);
        break;
    case NODE_CODE:
        fence_parse(p, n);
        break;
    case NODE_HTML:
        html_parse(p, n);
        break;
    default:
        parse_prose(p, n);
    }
    /* Taken by the block just read: all commands of one fence, a question with its answers, a whole <details>. */
    if (only_line && only_line == p->only_line && !p->predict && p->aside == ASIDE_NONE) {
        bool note_only = n->kind == NODE_HTML && strstr(str_c(&n->text), "speaker_note");
        if (n->kind == NODE_HEADING)
            parse_error(p, only_line, "nothing follows this `only` in its step");
        if (!note_only)
            p->only_line = 0;
    }
}

/* Refuses what a terminal would act on, and what is no text at all. Returns false when parsing makes no sense. */
static bool parse_check_bytes(struct parser *p, const char *text, size_t len)
{
    int line = 1, errors = p->errors;
    for (size_t i = 0; i < len && p->errors - errors < 10;) {
        unsigned cp;
        int used = text_decode(text + i, len - i, &cp);
        autostr struct str safe = {0};
        if (cp >= 0x80)
            text_sanitise(&safe, text + i, (size_t)used, TEXT_LINE);
        if (cp == '\n')
            line++;
        else if (cp == 0xfffd && used == 1)
            parse_error(p, line, "byte 0x%02x is no UTF-8", (unsigned char)text[i]);
        else if ((cp < 0x20 && cp != '\t') || cp == 0x7f)
            parse_error(p, line, "control character \\%03o; a lesson is plain text", cp);
        else if (cp >= 0x80 && (safe.len != (size_t)used || memcmp(safe.s, text + i, safe.len) != 0))
            parse_error(p, line, "invisible character U+%04X; remove it", cp);
        i += (size_t)used;
    }
    return p->errors == errors;
}

/* Windows line ends and a byte order mark are the editor's, not the author's. */
static char *parse_normalise(const char *text, size_t *len)
{
    struct str out = {0};
    size_t i = *len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
    for (; i < *len; i++)
        if (text[i] != '\r' || i + 1 == *len || text[i + 1] != '\n')
            str_addc(&out, text[i]);
    *len = out.len;
    return str_steal(&out);
}

static void parse_finish(struct parser *p)
{
    struct lesson *l = p->lesson;
    int last = p->doc.nlines ? (int)p->doc.nlines : 1;
    parse_end_step(p, last);
    if (p->only_line)
        parse_error(p, p->only_line, "nothing follows this `only`");
    if (!l->title)
        parse_error(p, 1, "the lesson has no title: add `title: ...` to the front matter");
    if (!l->nsteps)
        parse_error(p, last, "the lesson has no step: a `## ` heading starts one");
    if (!l->goal)
        l->goal = xstrdup("");
    if (!l->after)
        l->after = xstrdup("");
    if (!l->view)
        l->view = xstrdup("processes");
}

static void parse_text(struct parser *p, const char *text, size_t len)
{
    size_t body = front_parse(p, text, len);
    int deep = doc_parse(&p->doc, text, len, body);
    if (deep)
        parse_error(p, deep, "blocks below this line are nested too deep");
    else
        for (size_t i = 0; i < p->doc.root->nkids; i++)
            parse_node(p, p->doc.root->kids[i]);
    parse_finish(p);
    doc_free(&p->doc);
    block_free(&p->details);
    str_free(&p->gathered);
}

struct lesson *lesson_parse(const char *path, const char *text, size_t len, lesson_fault_fn fault, void *arg)
{
    struct parser p = {.path = path, .fault = fault, .arg = arg};
    autofree char *copy = parse_normalise(text, &len);
    if (len > INT_MAX / 2 || !parse_check_bytes(&p, copy, len))
        return NULL;
    p.lesson = xcalloc(1, sizeof *p.lesson);
    p.lesson->path = xstrdup(path);
    p.lesson->needs = xcalloc(1, sizeof *p.lesson->needs);
    p.lesson->man = xcalloc(1, sizeof *p.lesson->man);
    parse_text(&p, copy, len);
    if (p.errors)
        lesson_freep(&p.lesson);
    return p.lesson;
}
