/* md4c reports a document as it goes: enter this block, here is some text, leave. The tree is built on a stack of the
 * blocks that are open.
 *
 * Lines: a text callback points into the document, unless it is a line break or an entity that md4c made up. A block's
 * line is that of the first pointer seen in it. A fence starts one line above its text; since its first lines may be
 * empty (and then come without a pointer), the info string is the better witness. */
#include "lesson/doc.h"
#include "base/mem.h"
#include <md4c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOC_DEPTH 24 /* blocks within blocks; nobody reads deeper, and rendering is recursive */

struct doc_walk {
    struct doc *doc;
    struct node *open[DOC_DEPTH];
    int depth;
    int line;            /* last line seen: the place of blocks that hold no text */
    int empty_lines;     /* of the current fence, before its first pointer */
    bool strong_at_once; /* inside **words** that started the paragraph */
    int inside_image;
    struct str href[DOC_DEPTH]; /* of the open links */
    int links;
    int failed;
};

static struct node *doc_node_new(enum node_kind kind)
{
    struct node *n = xcalloc(1, sizeof *n);
    n->kind = kind;
    return n;
}

static void doc_node_free(struct node *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->nkids; i++)
        doc_node_free(n->kids[i]);
    free(n->kids);
    free(n->info);
    str_free(&n->text);
    free(n);
}

static void doc_index_lines(struct doc *d)
{
    size_t cap = 0;
    d->starts = NULL;
    for (const char *p = d->text, *end = d->text + d->len; p;) {
        GROW(d->starts, d->nlines, cap);
        d->starts[d->nlines++] = (size_t)(p - d->text);
        p = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
        if (p)
            p++;
    }
}

int doc_line(const struct doc *d, const char *p)
{
    if (p < d->text || p > d->text + d->len)
        return 0;
    size_t at = (size_t)(p - d->text), low = 0, high = d->nlines;
    while (high - low > 1) {
        size_t mid = (low + high) / 2;
        if (d->starts[mid] <= at)
            low = mid;
        else
            high = mid;
    }
    return (int)low + 1;
}

static struct node *doc_top(struct doc_walk *w)
{
    return w->open[w->depth - 1];
}

/* The innermost open blocks that have no line yet get this one. */
static void doc_seen(struct doc_walk *w, int line)
{
    if (!line)
        return;
    w->line = line;
    for (int i = w->depth; i-- && !w->open[i]->line;)
        w->open[i]->line = line;
}

static enum node_kind doc_kind(MD_BLOCKTYPE type)
{
    switch (type) {
    case MD_BLOCK_DOC:
        return NODE_DOC;
    case MD_BLOCK_QUOTE:
        return NODE_QUOTE;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        return NODE_LIST;
    case MD_BLOCK_LI:
        return NODE_ITEM;
    case MD_BLOCK_HR:
        return NODE_RULE;
    case MD_BLOCK_H:
        return NODE_HEADING;
    case MD_BLOCK_CODE:
        return NODE_CODE;
    case MD_BLOCK_HTML:
        return NODE_HTML;
    case MD_BLOCK_TABLE:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
        return NODE_TABLE;
    case MD_BLOCK_TR:
        return NODE_ROW;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        return NODE_CELL;
    case MD_BLOCK_P:
        break;
    }
    return NODE_PARA;
}

static int doc_enter(MD_BLOCKTYPE type, void *detail, void *arg)
{
    struct doc_walk *w = arg;
    if (w->depth == DOC_DEPTH) {
        w->failed = w->line ? w->line : 1;
        return 1;
    }
    struct node *n = doc_node_new(doc_kind(type));
    if (w->depth) {
        struct node *up = doc_top(w);
        GROW(up->kids, up->nkids, up->cap);
        up->kids[up->nkids++] = n;
    } else {
        w->doc->root = n;
        n->line = 1;
    }
    w->open[w->depth++] = n;
    w->empty_lines = 0;
    if (type == MD_BLOCK_H) {
        n->level = ((MD_BLOCK_H_DETAIL *)detail)->level;
    } else if (type == MD_BLOCK_OL) {
        n->start = ((MD_BLOCK_OL_DETAIL *)detail)->start;
        n->start += !n->start;
    } else if (type == MD_BLOCK_LI && ((MD_BLOCK_LI_DETAIL *)detail)->is_task) {
        const MD_BLOCK_LI_DETAIL *li = detail;
        n->task = true;
        n->right = li->task_mark != ' ';
    } else if (type == MD_BLOCK_CODE) {
        const MD_BLOCK_CODE_DETAIL *code = detail;
        n->info = xstrndup(code->info.text ? code->info.text : "", code->info.size);
        n->closed = !code->fence_char;
        if (code->info.text && code->info.size)
            doc_seen(w, doc_line(w->doc, code->info.text));
    }
    return 0;
}

/* Does the line after the fence's last one close it? md4c lets an unclosed fence run to the end of the file. */
static bool doc_fence_closed(const struct doc *d, const struct node *n)
{
    size_t lines = 0;
    for (size_t i = 0; i < n->text.len; i++)
        lines += n->text.s[i] == '\n';
    size_t index = (size_t)n->line + lines;
    if (index >= d->nlines)
        return false;
    const char *p = d->text + d->starts[index], *end = d->text + d->len;
    while (p < end && (*p == ' ' || *p == '>' || *p == '\t'))
        p++;
    return end - p >= 3 && (!memcmp(p, "```", 3) || !memcmp(p, "~~~", 3));
}

static int doc_leave(MD_BLOCKTYPE type, void *detail, void *arg)
{
    struct doc_walk *w = arg;
    struct node *n = doc_top(w);
    if (!n->line)
        n->line = w->line ? w->line : 1;
    if (n->kind == NODE_CODE && !n->closed)
        n->closed = doc_fence_closed(w->doc, n);
    w->depth--;
    return 0;
}

static int doc_enter_span(MD_SPANTYPE type, void *detail, void *arg)
{
    struct doc_walk *w = arg;
    struct node *n = doc_top(w);
    switch (type) {
    case MD_SPAN_STRONG:
        w->strong_at_once = !n->text.len;
        str_addc(&n->text, '*');
        break;
    case MD_SPAN_EM:
        str_addc(&n->text, '*');
        break;
    case MD_SPAN_CODE:
        str_addc(&n->text, '`');
        break;
    case MD_SPAN_A:
        if (w->links < DOC_DEPTH) {
            const MD_SPAN_A_DETAIL *a = detail;
            str_cut(&w->href[w->links], 0);
            str_addn(&w->href[w->links], a->href.text, a->href.size);
        }
        w->links++;
        break;
    default:
        break;
    }
    return 0;
}

static int doc_leave_span(MD_SPANTYPE type, void *detail, void *arg)
{
    struct doc_walk *w = arg;
    struct node *n = doc_top(w);
    switch (type) {
    case MD_SPAN_STRONG:
        str_addc(&n->text, '*');
        if (w->strong_at_once)
            n->lead = n->text.len;
        w->strong_at_once = false;
        break;
    case MD_SPAN_EM:
        str_addc(&n->text, '*');
        break;
    case MD_SPAN_CODE:
        str_addc(&n->text, '`');
        break;
    case MD_SPAN_A:
        w->links--;
        if (w->links < DOC_DEPTH && w->href[w->links].len) {
            const char *href = str_c(&w->href[w->links]);
            size_t n_href = strlen(href);
            if (n->text.len < n_href || strcmp(n->text.s + n->text.len - n_href, href) != 0)
                str_addf(&n->text, " (%s)", href);
        }
        break;
    default:
        break;
    }
    return 0;
}

/* The few entities people write in prose. A number must stand for something that may be shown: &#27; must not become an
 * escape byte after all. Everything else is left as it was written. */
static void doc_entity(struct str *out, const char *s, size_t n)
{
    static const struct {
        const char *name, *text;
    } known[] = {
        {"&amp;", "&"},        {"&lt;", "<"},        {"&gt;", ">"},        {"&quot;", "\""},
        {"&apos;", "'"},       {"&nbsp;", " "},      {"&hellip;", "…"},    {"&mdash;", "\u2014"},
        {"&ndash;", "\u2013"}, {"&rarr;", "\u2192"}, {"&larr;", "\u2190"}, {"&times;", "\u00d7"},
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (strlen(known[i].name) == n && !memcmp(known[i].name, s, n)) {
            str_add(out, known[i].text);
            return;
        }
    unsigned long cp = 0;
    if (n > 3 && s[1] == '#')
        cp = s[2] == 'x' || s[2] == 'X' ? strtoul(s + 3, NULL, 16) : strtoul(s + 2, NULL, 10);
    if (cp >= 0x20 && cp < 0x7f)
        str_addc(out, (char)cp);
    else
        str_addn(out, s, n);
}

static void doc_html_text(struct node *n, const char *s, size_t size)
{
    if (n->kind == NODE_HTML)
        str_addn(&n->text, s, size);
    else if (size >= 4 && !memcmp(s, "<!--", 4))
        n->comment = true; /* other inline tags (<kbd>) are simply not shown */
}

static int doc_text(MD_TEXTTYPE type, const MD_CHAR *s, MD_SIZE size, void *arg)
{
    struct doc_walk *w = arg;
    struct node *n = doc_top(w);
    int line = doc_line(w->doc, s);
    if (n->kind == NODE_CODE && !n->line) {
        if (line)
            doc_seen(w, line - 1 - w->empty_lines);
        else
            w->empty_lines += size == 1 && *s == '\n';
    } else {
        doc_seen(w, line);
    }
    switch (type) {
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
        str_addc(&n->text, type == MD_TEXT_BR ? '\n' : ' ');
        break;
    case MD_TEXT_ENTITY:
        doc_entity(&n->text, s, size);
        break;
    case MD_TEXT_HTML:
        doc_html_text(n, s, size);
        break;
    case MD_TEXT_NULLCHAR:
        str_addc(&n->text, '?');
        break;
    default:
        str_addn(&n->text, s, size);
    }
    return 0;
}

int doc_parse(struct doc *d, const char *text, size_t len, size_t body)
{
    static const MD_PARSER parser = {
        .flags = MD_FLAG_TASKLISTS | MD_FLAG_TABLES | MD_FLAG_NOINDENTEDCODEBLOCKS,
        .enter_block = doc_enter,
        .leave_block = doc_leave,
        .enter_span = doc_enter_span,
        .leave_span = doc_leave_span,
        .text = doc_text,
    };
    *d = (struct doc){.text = text, .len = len};
    doc_index_lines(d);
    struct doc_walk w = {.doc = d, .line = doc_line(d, text + body)};
    if (md_parse(text + body, (MD_SIZE)(len - body), &parser, &w) != 0 && !w.failed)
        w.failed = w.line ? w.line : 1;
    for (int i = 0; i < DOC_DEPTH; i++)
        str_free(&w.href[i]);
    if (!d->root)
        d->root = doc_node_new(NODE_DOC);
    return w.failed;
}

void doc_free(struct doc *d)
{
    doc_node_free(d->root);
    free(d->starts);
    *d = (struct doc){0};
}
