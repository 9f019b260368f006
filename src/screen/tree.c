/* A row, 39 columns wide:
 *
 *     +> 4431 │ └─ sh -c top            ↔ 1
 *     ││ │     │    │                    └ pid in the other column, where it differs
 *     ││ │     │    └ command
 *     ││ │     └ the tree
 *     ││ └ pid in this column
 *     │└ whose it is: > driven by the prompt, ! the lesson's victim, = linked across both columns, ? the witnesses
 * disagree └ what happened to it: + new, x gone, Z zombie
 *
 * The marks say everything; colour repeats it for those who see it. */
#include "screen/tree.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

struct tree_sign {
    unsigned mark;
    char sign;
    enum style style;
    const char *meaning;
};

/* In order of importance within its column. */
static const struct tree_sign tree_fates[] = {
    {MARK_DEAD, 'x', STYLE_DEAD, "gone (shown for about a second)"},
    {MARK_NEW, '+', STYLE_NEW, "new"},
    {MARK_ZOMBIE, 'Z', STYLE_DEAD, "zombie: ended, its parent has not waited for it"},
};
static const struct tree_sign tree_roles[] = {
    {MARK_DISAGREE, '?', STYLE_BAD, "host and container do not agree about it"},
    {MARK_DRIVEN, '>', STYLE_DRIVEN, "the process that the prompt drives"},
    {MARK_VICTIM, '!', STYLE_NOTICE, "the process that the lesson is about"},
    {MARK_LINKED, '=', STYLE_LINKED, "selected: the same process in both columns"},
};

static const struct tree_sign *tree_sign_of(const struct tree_sign *table, size_t n, unsigned marks)
{
    for (size_t i = 0; i < n; i++)
        if (marks & table[i].mark)
            return &table[i];
    return NULL;
}

static int tree_digits(long n)
{
    int digits = 1;
    while (n >= 10) {
        n /= 10;
        digits++;
    }
    return digits;
}

/* "│  └─ ". In a narrow column a deep tree loses its left part, not its names. */
static void tree_branches(struct str *out, const struct view_row *row, int room)
{
    int first = 1, most = room / 3 / 2;
    if (most < 2)
        most = 2;
    if (row->depth > most) {
        first = row->depth - most + 1;
        str_add(out, "…");
    }
    for (int d = first; d <= row->depth; d++) {
        bool more = d < 64 && (row->more >> d & 1);
        if (d == row->depth)
            str_add(out, more ? "├─" : "└─");
        else
            str_add(out, more ? "│ " : "  ");
    }
    if (row->depth > 0)
        str_addc(out, ' ');
}

/* The selected row fills its line, so that reverse video forms a bar and the other pid stands at the right edge. */
static void tree_add_row(const struct view_row *row, int width, int digits, struct lines *out)
{
    const struct tree_sign *fate = tree_sign_of(tree_fates, COUNT(tree_fates), row->marks);
    const struct tree_sign *role = tree_sign_of(tree_roles, COUNT(tree_roles), row->marks);
    autostr struct str s = {0};
    char other[32] = "";
    str_addf(&s, "%c%c", fate ? fate->sign : ' ', role ? role->sign : ' ');
    if (row->marks & MARK_FOLDED)
        str_addf(&s, "%*s ", digits, "");
    else
        str_addf(&s, "%*ld ", digits, (long)row->here);
    tree_branches(&s, row, width - (int)s.len);
    if ((row->marks & MARK_FOLDED) && !row->text[0])
        str_addf(&s, "… %u more", row->count);
    else
        str_add(&s, row->text);
    if (row->there && !(row->marks & MARK_FOLDED) && (row->there != row->here || (row->marks & MARK_LINKED)))
        snprintf(other, sizeof other, " ↔ %ld", (long)row->there);
    if (text_width(other) > width / 2)
        other[0] = '\0';
    int room = width - text_width(other);
    if (text_width(str_c(&s)) > room) {
        str_cut(&s, text_fit(str_c(&s), room - 1));
        str_add(&s, "…");
    }
    if (other[0])
        while (text_width(str_c(&s)) < room)
            str_addc(&s, ' ');
    str_add(&s, other);
    enum style style = (row->marks & MARK_LINKED)   ? STYLE_LINKED
                       : fate                       ? fate->style
                       : role                       ? role->style
                       : (row->marks & MARK_FOLDED) ? STYLE_DIM
                                                    : STYLE_PLAIN;
    struct line *line = lines_add(out, style, str_c(&s), s.len);
    if (fate && style == STYLE_LINKED) {
        line->to = 1;
        line->mark = fate->style;
    }
}

long tree_lines(const struct view_rows *rows, int width, struct lines *out, bool *fading)
{
    pid_t most = 0;
    size_t first = out->n;
    long linked = -1;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->v[i].here > most)
            most = rows->v[i].here;
    int digits = tree_digits(most);
    for (size_t i = 0; i < rows->n; i++) {
        const struct view_row *row = &rows->v[i];
        if (row->marks & MARK_NOTE) {
            lines_add_wrapped(out, STYLE_NOTICE, row->text, width - 1, "");
            continue;
        }
        if (row->marks & (MARK_NEW | MARK_DEAD))
            *fading = true;
        if ((row->marks & MARK_LINKED) && linked < 0)
            linked = (long)(out->n - first);
        tree_add_row(row, width, digits, out);
    }
    return linked;
}

void tree_legend(struct lines *out, int width)
{
    static const struct {
        const struct tree_sign *v;
        size_t n;
    } tables[] = {{tree_fates, COUNT(tree_fates)}, {tree_roles, COUNT(tree_roles)}};
    char text[128];
    for (size_t t = 0; t < COUNT(tables); t++)
        for (size_t i = 0; i < tables[t].n; i++) {
            snprintf(text, sizeof text, "  %c         %s", tables[t].v[i].sign, tables[t].v[i].meaning);
            lines_add_wrapped(out, STYLE_PLAIN, text, width, "            ");
        }
    lines_add_wrapped(out, STYLE_PLAIN, "  ↔ 1       the pid by which the other column knows it", width,
                      "            ");
}
