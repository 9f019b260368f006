#include "rows.h"
#include "base/mem.h"
#include "support.h"
#include <string.h>

struct task *rows_task(struct tasks *set, pid_t pid, pid_t ppid, const char *args)
{
    GROW(set->v, set->n, set->cap);
    struct task *t = &set->v[set->n++];
    *t = (struct task){.pid = pid, .ppid = ppid, .state = 'S', .start = 1000 + (uint64_t)pid, .nspids = 1};
    t->nspid[0] = pid;
    snprintf(t->comm, sizeof t->comm, "%.*s", (int)strcspn(args, " "), args);
    t->args = xstrdup(args);
    return t;
}

struct task *rows_nested(struct task *t, uint64_t start, pid_t inner, pid_t innermost)
{
    t->start = start;
    t->nspid[1] = inner;
    t->nspid[2] = innermost;
    t->nspids = 1 + (inner > 0) + (innermost > 0);
    return t;
}

struct view_input rows_input(const struct tasks *host, const struct tasks *container)
{
    return (struct view_input){.host = host, .container = container, .host_procfd = -1, .container_procfd = -1};
}

static const struct {
    unsigned mark;
    char letter;
} rows_letters[] = {
    {MARK_NEW, 'n'},  {MARK_DEAD, 'x'},   {MARK_DRIVEN, 'd'}, {MARK_LINKED, 'l'},   {MARK_PATH, 'p'},
    {MARK_OURS, 'o'}, {MARK_VICTIM, 'v'}, {MARK_ZOMBIE, 'z'}, {MARK_DISAGREE, '!'}, {MARK_NOTE, '#'},
};

/* "|- 12=3 text [dl]": lines as the screen draws them, this side's pid, the other's, the marks. */
static void rows_draw(struct str *out, const struct view_row *r)
{
    for (int d = 1; d < r->depth; d++)
        str_add(out, r->more >> d & 1 ? "| " : "  ");
    if (r->depth > 0)
        str_add(out, r->more >> r->depth & 1 ? "|-" : "`-");
    if (r->here)
        str_addf(out, "%d", (int)r->here);
    if (r->there)
        str_addf(out, "=%d", (int)r->there);
    str_addf(out, "%s%s", r->here ? " " : "", r->text);
    size_t at = out->len;
    for (size_t i = 0; i < COUNT(rows_letters); i++)
        if (r->marks & rows_letters[i].mark)
            str_addf(out, "%s%c", out->len == at ? " [" : "", rows_letters[i].letter);
    str_add(out, out->len == at ? "\n" : "]\n");
}

void rows_show(struct str *out, const struct view_input *in, enum side side)
{
    struct view_rows rows = {0};
    view_find("processes")->rows(in, side, &rows);
    str_cut(out, 0);
    for (size_t i = 0; i < rows.n; i++)
        rows_draw(out, &rows.v[i]);
    view_rows_free(&rows);
}

void rows_expect(const struct view_input *in, enum side side, const char *wanted)
{
    autostr struct str out = {0};
    rows_show(&out, in, side);
    assert_string_equal(str_c(&out), wanted);
}

bool rows_has_line(const struct str *out, const char *line)
{
    const char *at = strstr(str_c(out), line);
    return at && (at == out->s || at[-1] == '\n' || at[-1] == '-');
}

int rows_count_lines(const struct str *out)
{
    int n = 0;
    for (size_t i = 0; i < out->len; i++)
        n += out->s[i] == '\n';
    return n;
}
