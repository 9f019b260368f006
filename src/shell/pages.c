/* What :export writes: everything that is said, by step, and the trees as they were when the step ended.
 *
 * A step ends when the next one's title is said, often in the middle of a line that is being evaluated. The trees are
 * looked at then and a moment after each line, when what the line did has arrived in /proc. */
#include "base/text.h"
#include "export/page.h"
#include "shell/private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_ROWS     40  /* of a tree: the rest is counted */
#define PAGES_PAUSE_MS 150 /* after a line */

static const struct {
    unsigned mark;
    const char *word;
} pages_marks[] = {
    {MARK_DRIVEN, "driven"},       {MARK_NEW, "new"},
    {MARK_DEAD, "gone"},           {MARK_ZOMBIE, "zombie"},
    {MARK_VICTIM, "the lesson's"}, {MARK_DISAGREE, "the two sides disagree"},
};

/* "  12 │ └─ sh  ↔ 1" */
static char *pages_row_text(const struct view_row *row, int digits)
{
    autostr struct str s = {0};
    if (row->marks & MARK_NOTE)
        return xstrdup(row->text);
    if (row->marks & MARK_FOLDED)
        str_addf(&s, "%*s ", digits, "");
    else
        str_addf(&s, "%*ld ", digits, (long)row->here);
    for (int d = 1; d <= row->depth; d++) {
        bool more = d < 64 && (row->more >> d & 1);
        str_add(&s, d < row->depth ? (more ? "│ " : "  ") : more ? "├─ " : "└─ ");
    }
    if ((row->marks & MARK_FOLDED) && !row->text[0])
        str_addf(&s, "… %u more", row->count);
    else
        str_add(&s, row->text);
    if (row->there && row->there != row->here && !(row->marks & MARK_FOLDED))
        str_addf(&s, "  ↔ %ld", (long)row->there);
    return str_steal(&s);
}

static char *pages_row_mark(const struct view_row *row)
{
    autostr struct str s = {0};
    for (size_t i = 0; i < COUNT(pages_marks); i++)
        if (row->marks & pages_marks[i].mark)
            str_addf(&s, "%s%s", s.len ? ", " : "", pages_marks[i].word);
    return str_steal(&s);
}

/* What came and went with the line itself, its shell and `ls`, is no news to who reads of it later. */
static bool pages_passed(const struct view_row *row)
{
    unsigned both = MARK_NEW | MARK_DEAD;
    return (row->marks & both) == both && !(row->marks & (MARK_DRIVEN | MARK_VICTIM));
}

static void pages_take_tree(const struct view_rows *rows, struct page_tree *t)
{
    struct page_row *v = xcalloc(rows->n + 1, sizeof *v);
    long most = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->v[i].here > most)
            most = rows->v[i].here;
    int digits = snprintf(NULL, 0, "%ld", most);
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (!pages_passed(&rows->v[i]))
            v[n++] = (struct page_row){pages_row_text(&rows->v[i], digits), pages_row_mark(&rows->v[i])};
    *t = (struct page_tree){rows->title, v, n};
}

static void pages_free_tree(struct page_tree *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free((void *)(uintptr_t)t->v[i].text);
        free((void *)(uintptr_t)t->v[i].mark);
    }
    free((void *)(uintptr_t)t->v);
}

static void pages_look(struct shell *sh)
{
    struct view_input in;
    struct view_rows rows[2] = {0};
    struct page_tree tree[2];
    sh->pages.due = false;
    if (!sh->pages.page || !session_running(sh->session) || !sh->view)
        return;
    shell_view_input(sh, &in, PAGES_ROWS);
    for (int side = 0; side < 2; side++) {
        sh->view->rows(&in, (enum side)side, &rows[side]);
        pages_take_tree(&rows[side], &tree[side]);
    }
    page_trees(sh->pages.page, &tree[SIDE_HOST], &tree[SIDE_CONTAINER]);
    for (int side = 0; side < 2; side++) {
        pages_free_tree(&tree[side]);
        view_rows_free(&rows[side]);
    }
}

static void pages_on_pause(void *arg)
{
    struct shell *sh = arg;
    sh->pages.timer = 0;
    if (sh->pages.due && !sh->evaluating)
        pages_look(sh);
}

void pages_line_ended(struct shell *sh)
{
    sh->pages.due = true;
    if (!sh->pages.timer)
        sh->pages.timer = loop_timer(sh->loop, PAGES_PAUSE_MS, pages_on_pause, sh);
}

/* What the last line did must be there now: no time for a pause. */
void pages_settle(struct shell *sh)
{
    if (!sh->pages.due)
        return;
    shell_scan(sh);
    pages_look(sh);
}

/* A section without a line has no trees. Another lesson has a stage of its own: what is there now has nothing to do
 * with the step that ends. */
static void pages_step(struct shell *sh, const char *title)
{
    if (sh->pages.entered && engine_lesson(sh->engine) == sh->pages.lesson && session_running(sh->session)) {
        shell_scan(sh);
        pages_look(sh);
    }
    page_step(sh->pages.page, title);
    sh->pages.lesson = engine_lesson(sh->engine);
    sh->pages.entered = false;
}

void pages_say(struct shell *sh, enum say kind, const char *text)
{
    static const enum page_kind kinds[] = {
        [SAY_PROSE] = PAGE_PROSE, [SAY_QUESTION] = PAGE_QUESTION, [SAY_CHOICE] = PAGE_QUESTION, [SAY_ECHO] = PAGE_LINE,
        [SAY_CALL] = PAGE_CALL,   [SAY_OUTPUT] = PAGE_OUTPUT,     [SAY_INFO] = PAGE_NOTE,       [SAY_GOOD] = PAGE_GOOD,
        [SAY_BAD] = PAGE_BAD,     [SAY_ERROR] = PAGE_ERROR,       [SAY_HINT] = PAGE_HINT,       [SAY_WHY] = PAGE_WHY,
        [SAY_CHANGE] = PAGE_NOTE, [SAY_RECORDED] = PAGE_NOTE,
    };
    if (!sh->engine)
        return;
    if (!sh->pages.page)
        sh->pages.page = page_new();
    if (kind == SAY_TITLE)
        pages_step(sh, text);
    else
        page_say(sh->pages.page, (size_t)kind < COUNT(kinds) ? kinds[kind] : PAGE_NOTE, text);
    sh->pages.entered |= kind == SAY_ECHO;
}

void pages_free(struct shell *sh)
{
    loop_cancel(sh->loop, sh->pages.timer);
    page_free(sh->pages.page);
}
