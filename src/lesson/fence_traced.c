/* `c traced`: calls that the programs of the console fence above shall make, a line each, in the notation in which
 * porthole prints them.
 *
 *     [chroot] chroot("rootfs") = 0
 *     mount("proc", ...) = 0 || move_mount(...) = 0
 *
 * and a comment at the end of a line as the remark that is shown beside it. The lines belong to the last command of
 * that fence and are judged with it. A line is a pattern and is not parsed as a call; but a name that porthole never
 * prints could never be seen, so those are looked at here. */
#include "base/errnoname.h"
#include "base/mem.h"
#include "base/text.h"
#include "call/table.h"
#include "lesson/parse.h"
#include <ctype.h>
#include <string.h>

#define TRACED_CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

static const struct call_family *const traced_families[] = {
#define TRACED_FAMILY(name) &family_##name,
    FAMILIES(TRACED_FAMILY)};

struct traced {
    struct block *console; /* NULL: a fault, and said */
};

/* The block that the fence stands right below: in the open solution, else in the step. */
static struct block *traced_above(struct parser *p)
{
    struct block *v = p->step ? p->step->blocks : NULL;
    size_t n = p->step ? p->step->nblocks : 0;
    if (p->aside == ASIDE_SOLUTION) {
        v = p->details.sub;
        n = p->gathered.len ? 0 : p->details.nsub;
    }
    return n && v[n - 1].kind == BLOCK_CONSOLE ? &v[n - 1] : NULL;
}

static const struct call_row *traced_row_in(const struct call_row *v, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(v[i].name, name) || (v[i].prints_as && !strcmp(v[i].prints_as, name)))
            return &v[i];
    return NULL;
}

static const char *traced_nearest(const char *name)
{
    size_t n, m, k = 0;
    const struct call_row *typed = call_rows(&n), *made = call_program_rows(&m);
    autofree const char **names = xcalloc(n + m + 1, sizeof *names);
    for (size_t i = 0; i < n + m; i++) {
        const struct call_row *r = i < n ? &typed[i] : &made[i - n];
        if (r->flags & CALL_INTERESTING)
            names[k++] = r->name;
    }
    return text_nearest(name, names);
}

static void traced_check_name(struct parser *p, int line, const char *call)
{
    size_t n, m, len = strcspn(call, "( ");
    const struct call_row *typed = call_rows(&n), *made = call_program_rows(&m);
    autofree char *name = xstrndup(call, len);
    const struct call_row *row = traced_row_in(typed, n, name);
    if (!row)
        row = traced_row_in(made, m, name);
    const char *near = traced_nearest(name);
    if (!call_looks_like(call))
        parse_error(p, line, "`%s` is no call: write it as porthole prints it, `name(arguments) = result`", call);
    else if (!row)
        parse_error(p, line, "porthole knows no call %s()%s%s", name, near ? "; nearest: " : "", near ? near : "");
    else if (!(row->flags & CALL_INTERESTING))
        parse_error(p, line, "%s() is not watched in programs, so it will never be seen", name);
}

static bool traced_is_constant(const char *name, size_t n)
{
    for (size_t i = 0; i < COUNT(traced_families); i++)
        if (family_find(traced_families[i], name, n))
            return true;
    return false;
}

/* Constants are words of capitals with an underscore; one that touches `...` is not whole. */
static void traced_check_constants(struct parser *p, int line, const char *call)
{
    bool quoted = false;
    for (const char *s = call; *s; s++) {
        size_t n = quoted ? 0 : strspn(s, TRACED_CAPITALS);
        if (quoted && *s == '\\' && s[1])
            s++;
        else if (*s == '"')
            quoted = !quoted;
        bool inside = s > call && islower((unsigned char)s[-1]); /* of a call's name: pivot_root */
        if (!n || inside)
            continue;
        autofree char *word = xstrndup(s, n);
        bool partial = (s > call && s[-1] == '.') || s[n] == '.' || s[n] == '(';
        if (strchr(word, '_') && !partial && !traced_is_constant(word, n))
            parse_warn(p, line, "porthole prints no constant %s", word);
        s += n - 1;
    }
}

/* "= -1 EINVAL (Invalid argument)": the name must be one. */
static void traced_check_errno(struct parser *p, int line, const char *call)
{
    const char *at = NULL;
    for (const char *s = call; (s = strstr(s, ") = -1 ")); s++)
        at = s + strlen(") = -1 ");
    autofree char *name = at ? xstrndup(at, strspn(at, TRACED_CAPITALS)) : NULL;
    if (!name || !*name || errno_number(name) >= 0)
        return;
    const char *near = errno_nearest(name);
    parse_error(p, line, "%s is no error number's name%s%s", name, near ? "; nearest: " : "", near ? near : "");
}

/* "[chroot] ": the program, or the actor, that makes the call. Returns what follows. */
static char *traced_maker(struct parser *p, int line, char *text, struct block *b)
{
    char *end = *text == '[' ? strstr(text, "] ") : NULL;
    if (*text != '[')
        return text;
    if (!end || end == text + 1) {
        parse_error(p, line, "the '[' before the call is not closed, or names nobody");
        return text + strlen(text);
    }
    *end = '\0';
    b->actor = xstrdup(text_trim(text + 1));
    return text_trim(end + 1);
}

/* The remark at the end of the line: shown beside the call. */
static char *traced_remark(char *text)
{
    size_t n = strlen(text);
    if (n < 4 || strcmp(text + n - 2, "*/") != 0)
        return xstrdup("");
    char *open = NULL;
    for (char *s = text; (s = strstr(s, "/*")); s += 2)
        open = s;
    if (!open)
        return xstrdup("");
    text[n - 2] = '\0';
    char *remark = xstrdup(text_trim(open + 2));
    *open = '\0';
    return remark;
}

char *lesson_traced_next(char **rest)
{
    char *call = *rest, *s = *rest;
    bool quoted = false;
    for (; s && *s && (quoted || s[0] != '|' || s[1] != '|'); s++) {
        if (quoted && *s == '\\' && s[1])
            s++;
        else if (*s == '"')
            quoted = !quoted;
    }
    *rest = s && *s ? s + 2 : NULL;
    if (*rest)
        *s = '\0';
    return call ? text_trim(call) : NULL;
}

static void traced_each(struct parser *p, void *state, int line, char *text)
{
    struct traced *t = state;
    text = text_trim(text);
    if (!*text || !t->console)
        return;
    struct block b = {.kind = BLOCK_TRACED, .line = line, .only = p->only_line ? p->only : ONLY_BOTH};
    b.expect = traced_remark(text);
    text = traced_maker(p, line, text_trim(text), &b);
    b.text = xstrdup(text_trim(text));
    autofree char *copy = xstrdup(b.text);
    char *rest = copy;
    for (char *call; (call = lesson_traced_next(&rest));) {
        traced_check_name(p, line, call);
        traced_check_constants(p, line, call);
        traced_check_errno(p, line, call);
    }
    if (t->console->nsub == LESSON_TRACED_MAX)
        parse_error(p, line, "more than %d calls to watch for below one command", LESSON_TRACED_MAX);
    block_append(&t->console->sub, &t->console->nsub, b);
}

void fence_traced(struct parser *p, const struct node *n)
{
    struct traced t = {.console = traced_above(p)};
    if (!t.console)
        parse_error(p, n->line, "calls to watch for belong right below the console block whose programs make them");
    else if (t.console->nsub)
        parse_error(p, n->line, "that console block has calls to watch for already, from line %d on",
                    t.console->sub[0].line);
    else if (!*str_c(&n->text))
        parse_error(p, n->line, "no call to watch for");
    else
        fence_lines(p, n, &t, traced_each);
}
