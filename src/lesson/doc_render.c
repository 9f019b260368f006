/* The tree of a document as plain text: what a learner reads in a pane. */
#include "base/text.h"
#include "lesson/doc.h"
#include <stdio.h>
#include <string.h>

static void doc_render_at(const struct node *n, struct str *out, int indent);

static void doc_newline(struct str *out, int indent)
{
    if (out->len)
        str_addc(out, '\n');
    str_addf(out, "%*s", indent, "");
}

static void doc_render_code(const struct node *n, struct str *out, int indent)
{
    const char *s = str_c(&n->text);
    for (bool first = true; *s; first = false) {
        size_t len = strcspn(s, "\n");
        if (!first)
            doc_newline(out, indent);
        str_addf(out, "    %.*s", (int)len, s);
        s += len + (s[len] == '\n');
    }
}

static void doc_render_list(const struct node *n, struct str *out, int indent)
{
    for (size_t i = 0; i < n->nkids; i++) {
        const struct node *item = n->kids[i];
        char mark[16] = "- ";
        if (n->start)
            snprintf(mark, sizeof mark, "%u. ", n->start + (unsigned)i);
        if (i)
            doc_newline(out, indent);
        str_add(out, mark);
        str_addn(out, str_c(&item->text), item->text.len);
        int deeper = indent + (int)strlen(mark);
        for (size_t k = 0; k < item->nkids; k++) {
            if (k || item->text.len)
                doc_newline(out, deeper);
            doc_render_at(item->kids[k], out, deeper);
        }
    }
}

/* A table's cells in columns, each as wide as its widest cell. */
enum { DOC_COLUMNS = 8 };

static void doc_table_rows(const struct node *n, int *width, struct str *out, int indent, bool *first)
{
    for (size_t i = 0; i < n->nkids; i++) {
        const struct node *row = n->kids[i];
        if (row->kind == NODE_TABLE) {
            doc_table_rows(row, width, out, indent, first);
            continue;
        }
        if (out && !*first)
            doc_newline(out, indent);
        *first = false;
        for (size_t c = 0; c < row->nkids && c < DOC_COLUMNS; c++) {
            const char *cell = str_c(&row->kids[c]->text);
            int w = text_width(cell);
            if (!out)
                width[c] = w > width[c] ? w : width[c];
            else
                str_addf(out, "%s%*s", cell, c + 1 < row->nkids ? width[c] - w + 2 : 0, "");
        }
    }
}

static void doc_render_table(const struct node *n, struct str *out, int indent)
{
    int width[DOC_COLUMNS] = {0};
    bool first = true;
    doc_table_rows(n, width, NULL, indent, &first);
    first = true;
    doc_table_rows(n, width, out, indent, &first);
}

static void doc_render_at(const struct node *n, struct str *out, int indent)
{
    switch (n->kind) {
    case NODE_LIST:
        doc_render_list(n, out, indent);
        break;
    case NODE_CODE:
        doc_render_code(n, out, indent);
        break;
    case NODE_TABLE:
        doc_render_table(n, out, indent);
        break;
    case NODE_HTML:
    case NODE_RULE:
        break;
    default:
        str_addn(out, str_c(&n->text), n->text.len);
        for (size_t i = 0; i < n->nkids; i++) {
            if (i)
                doc_newline(out, indent);
            doc_render_at(n->kids[i], out, indent);
        }
    }
}

void doc_render(const struct node *n, struct str *out)
{
    struct str own = {0};
    doc_render_at(n, &own, 0);
    str_addn(out, str_c(&own), own.len);
    str_free(&own);
}
