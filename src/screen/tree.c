/* A row, 39 columns wide:
 *
 *     +> 4431 │ └─ sh -c top            ↔ 1
 *     ││ │     │    │                    └ pid in the other column, where it differs or there is room
 *     ││ │     │    └ command
 *     ││ │     └ the tree
 *     ││ └ pid in this column
 *     │└ whose it is: > driven by the prompt, ! the lesson's victim, = selected, ? the witnesses disagree
 *     └ what happened to it: + new, x gone, Z zombie
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

/* How branches are drawn, the same for all rows so that they meet: two columns a level, one in a narrow column with a
 * deep tree, and in a deeper one still the first levels are not drawn. */
struct tree_form {
    int columns; /* of a level: 2 or 1 */
    int skip;    /* levels */
    int most;    /* levels drawn */
    int digits;  /* of the pids */
};

static void tree_branches(struct str *out, const struct view_row *row, const struct tree_form *form)
{
    int first = form->skip + 1;
    if (row->depth - form->skip > form->most) { /* deeper than what matters here: only its end is drawn */
        first = row->depth - form->most + 2;
        str_add(out, form->columns == 2 ? "… " : "…");
    }
    for (int d = first; d <= row->depth; d++) {
        bool more = d < 64 && (row->more >> d & 1);
        str_add(out, d < row->depth ? (more ? "│" : " ") : more ? "├" : "└");
        if (form->columns == 2)
            str_add(out, d < row->depth ? " " : "─");
    }
    if (row->depth >= first && form->columns == 2)
        str_addc(out, ' ');
}

/* What a column too low for all its rows shows first. */
static int tree_weight(unsigned marks)
{
    static const struct {
        unsigned marks;
        int weight;
    } table[] = {
        {MARK_DRIVEN | MARK_VICTIM, 40},
        {MARK_NEW | MARK_DEAD, 30},
        {MARK_LINKED | MARK_DISAGREE, 20},
        {MARK_ZOMBIE | MARK_OURS, 4},
        {MARK_PATH, 1},
    };
    int weight = 0;
    for (size_t i = 0; i < COUNT(table); i++)
        if (marks & table[i].marks)
            weight += table[i].weight;
    return weight;
}

/* The selected row fills its line, so that reverse video forms a bar and the other pid stands at the right edge. */
static void tree_add_row(const struct view_row *row, int width, const struct tree_form *form, struct lines *out)
{
    const struct tree_sign *fate = tree_sign_of(tree_fates, COUNT(tree_fates), row->marks);
    const struct tree_sign *role = tree_sign_of(tree_roles, COUNT(tree_roles), row->marks);
    autostr struct str whole = {0}, s = {0};
    char other[32] = "";
    str_addf(&whole, "%c%c", fate ? fate->sign : ' ', role ? role->sign : ' ');
    if (row->marks & MARK_FOLDED)
        str_addf(&whole, "%*s ", form->digits, "");
    else
        str_addf(&whole, "%*ld ", form->digits, (long)row->here);
    tree_branches(&whole, row, form);
    if ((row->marks & MARK_FOLDED) && !row->text[0])
        str_addf(&whole, "… %u more", row->count);
    else
        str_add(&whole, row->text);
    if (row->there && !(row->marks & MARK_FOLDED) && (row->there != row->here || (row->marks & MARK_LINKED)))
        snprintf(other, sizeof other, " ↔ %ld", (long)row->there);
    bool cut = text_width(str_c(&whole)) + text_width(other) > width;
    if (other[0] && cut && row->there == row->here) /* the same number again is what can be spared */
        snprintf(other, sizeof other, " ↔");
    if (text_width(other) > width / 2)
        other[0] = '\0';
    int room = width - text_width(other);
    text_shorten(&s, str_c(&whole), room);
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
    line->weight = tree_weight(row->marks);
    if (fate && style == STYLE_LINKED) {
        line->to = 1;
        line->mark = fate->style;
    }
}

/* The rows that matter decide: a deep one elsewhere must not cost them their names. */
static struct tree_form tree_form_of(const struct view_rows *rows, int width)
{
    pid_t pid = 0;
    int deepest = 0, any = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct view_row *row = &rows->v[i];
        if (row->here > pid)
            pid = row->here;
        if (row->depth > any)
            any = row->depth;
        if (tree_weight(row->marks) && row->depth > deepest)
            deepest = row->depth;
    }
    struct tree_form form = {.columns = 2, .digits = tree_digits(pid)};
    int room = (width - 3 - form.digits) / 2;
    if (room < 2)
        room = 2;
    if (!deepest)
        deepest = any < room / 2 ? any : room / 2;
    form.columns = deepest * 2 + 1 <= room ? 2 : 1;
    form.most = form.columns == 2 ? room / 2 : room;
    form.skip = deepest > form.most ? deepest - form.most : 0;
    return form;
}

long tree_lines(const struct view_rows *rows, int width, struct lines *out, bool *fading)
{
    size_t first = out->n;
    long linked = -1;
    struct tree_form form = tree_form_of(rows, width);
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
        tree_add_row(row, width, &form, out);
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
