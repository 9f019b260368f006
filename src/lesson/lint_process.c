/* Traps about processes: who cleans up what setup started, and who waited for a child that is said to be gone.
 *
 * A signal to a zombie succeeds. So "it is gone" (kill = -1 ESRCH, or `! kill -0`) holds only after its parent has
 * waited for it. Children of fork() have an actor for a parent, which waits when it is told to, and not before. */
#include "base/mem.h"
#include "base/text.h"
#include "lesson/lint.h"
#include <ctype.h>
#include <string.h>

static const struct block *lint_cleanup_with(const struct lesson *l, const char *name)
{
    autofree char *plain = xasprintf("$%s", name), *brace = xasprintf("${%s", name);
    for (size_t i = 0; i < l->nblocks; i++)
        if (l->blocks[i].kind == BLOCK_CLEANUP &&
            (strstr(l->blocks[i].text, plain) || strstr(l->blocks[i].text, brace)))
            return &l->blocks[i];
    return NULL;
}

/* The name in "name=$!" that follows a '&', or NULL. */
static char *lint_kept_as(const char *after)
{
    const char *bang = strstr(after, "=$!");
    const char *next = strpbrk(after, "&");
    if (!bang || (next && next < bang))
        return NULL;
    const char *name = bang;
    while (name > after && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
        name--;
    return name < bang ? xstrndup(name, (size_t)(bang - name)) : NULL;
}

static void lint_setup(struct lint *t, const struct block *b)
{
    int line = b->line + 1;
    for (const char *s = b->text; *s; s++) {
        line += *s == '\n';
        bool background = *s == '&' && s[1] != '&' && s[1] != '>' && (s == b->text || !strchr("&><", s[-1]));
        if (!background)
            continue;
        autofree char *name = lint_kept_as(s + 1);
        if (!name)
            lint_warn(t, line, "nobody keeps the pid of this background process; add `export victim=$!`");
        else if (!lint_cleanup_with(t->l, name))
            lint_warn(t, line, "no `sh cleanup` block ends this background process: kill \"$%s\" 2>/dev/null", name);
    }
}

/* Walks the lesson in the order it is run and watches the children that calls have made. */
struct lint_children {
    char **v;
    size_t n, cap;
};

static void lint_child_add(struct lint_children *c, const char *name, size_t n)
{
    GROW(c->v, c->n, c->cap);
    c->v[c->n++] = xstrndup(name, n);
}

static void lint_children_forget(struct lint_children *c)
{
    while (c->n)
        free_ptr(&c->v[--c->n]);
}

static void lint_child_gone(struct lint *t, const struct lint_children *c, const struct block *b)
{
    bool says_gone = b->kind == BLOCK_CALL    ? text_has_prefix(b->text, "kill(") && strstr(b->text, "ESRCH")
                     : b->kind == BLOCK_CHECK ? strstr(b->text, "! kill -0") != NULL
                                              : b->kind == BLOCK_CONSOLE && b->status && strstr(b->text, "kill -0");
    for (size_t i = 0; says_gone && i < c->n; i++) {
        autofree char *use = xasprintf("$%s", c->v[i]);
        if (strstr(b->text, use))
            lint_warn(t, b->line,
                      "%s may still be a zombie, and a signal to a zombie succeeds: let its parent wait4() first", use);
    }
}

static void lint_child_blocks(struct lint *t, struct lint_children *c, const struct block *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct block *b = &v[i];
        lint_child_gone(t, c, b);
        lint_child_blocks(t, c, b->sub, b->nsub);
        if (b->kind != BLOCK_CALL)
            continue;
        const char *name = strrchr(b->text, '$');
        if (text_has_prefix(b->text, "wait4("))
            lint_children_forget(c);
        else if (name && strchr(b->text, '=') &&
                 (text_has_prefix(b->text, "fork(") || text_has_prefix(b->text, "clone(")))
            lint_child_add(c, name + 1, strcspn(name + 1, " \t"));
    }
}

void lint_processes(struct lint *t)
{
    const struct lesson *l = t->l;
    for (size_t i = 0; i < l->nblocks; i++)
        if (l->blocks[i].kind == BLOCK_SETUP)
            lint_setup(t, &l->blocks[i]);
    struct lint_children c = {0};
    for (size_t i = 0; i < l->nsteps; i++)
        lint_child_blocks(t, &c, l->steps[i].blocks, l->steps[i].nblocks);
    lint_children_forget(&c);
    free_ptr(&c.v);
}
