/* :journal tells what was done so far, :vars the names that lines may use. */
#include "base/text.h"
#include "shell/private.h"
#include <string.h>

static void journal_add_line(struct shell *sh, const struct journal_entry *e, int *step, struct str *out)
{
    const struct lesson *l = engine_lesson(sh->engine);
    const struct actor *who = session_actor(sh->session, e->actor);
    if (e->step != *step && e->step >= 0 && l && (size_t)e->step < l->nsteps) {
        str_addf(out, "step %d, ", e->step + 1);
        text_sanitise(out, l->steps[e->step].title, strlen(l->steps[e->step].title), TEXT_LINE);
        str_addc(out, '\n');
    }
    *step = e->step;
    if (who)
        str_addf(out, "  [%s] ", who->name);
    else
        str_addf(out, "  [%d] ", e->actor);
    text_sanitise(out, e->text, strlen(e->text), TEXT_LINE);
    str_addc(out, '\n');
}

CMD(journal)
{
    const struct journal *j = engine_journal(sh->engine);
    autostr struct str text = {0};
    int step = -1;
    for (size_t i = 0; i < j->n; i++)
        if (j->v[i].kind != JOURNAL_DRIVE && j->v[i].kind != JOURNAL_SETUP && j->v[i].kind != JOURNAL_TERMINAL)
            journal_add_line(sh, &j->v[i], &step, &text);
    if (text.len)
        shell_say_text(sh, SAY_OUTPUT, str_c(&text));
    else
        shell_say(sh, SAY_INFO, "Nothing was done yet.");
    return SHELL_GO_ON;
}

static void vars_add(struct shell *sh, const char *name, size_t n, struct str *out)
{
    autofree char *word = xstrndup(name, n);
    autofree char *line = xasprintf("\n$%s = ", word);
    const char *value = session_var(sh->session, session_side(sh->session), word);
    autostr struct str all = {0};
    str_addf(&all, "\n%s", str_c(out));
    if (!value || strstr(str_c(&all), line))
        return;
    str_addf(out, "$%s = ", word);
    text_sanitise(out, value, strlen(value), TEXT_LINE);
    str_addc(out, '\n');
}

/* Names that the lesson's blocks mention are those worth knowing. */
static void vars_add_mentioned(struct shell *sh, const struct block *b, size_t n, struct str *out)
{
    for (size_t i = 0; i < n; i++, b++) {
        for (const char *p = b->text ? strchr(b->text, '$') : NULL; p; p = strchr(p + 1, '$'))
            vars_add(sh, p + 1, strspn(p + 1, "abcdefghijklmnopqrstuvwxyz0123456789_"), out);
        const char *export = b->kind == BLOCK_SETUP && b->text ? strstr(b->text, "export ") : NULL;
        for (; export; export = strstr(export + 7, "export "))
            vars_add(sh, export + 7, strspn(export + 7, "abcdefghijklmnopqrstuvwxyz0123456789_"), out);
        vars_add_mentioned(sh, b->sub, b->nsub, out);
    }
}

CMD(vars)
{
    static const char *const standard[] = {"host", "container", "lab", "rootfs", "dynamic", "!"};
    const struct lesson *l = engine_lesson(sh->engine);
    autostr struct str text = {0};
    for (size_t i = 0; i < COUNT(standard); i++)
        vars_add(sh, standard[i], strlen(standard[i]), &text);
    if (l)
        vars_add_mentioned(sh, l->blocks, l->nblocks, &text);
    for (size_t i = 0; l && i < l->nsteps; i++)
        vars_add_mentioned(sh, l->steps[i].blocks, l->steps[i].nblocks, &text);
    shell_say_text(sh, SAY_OUTPUT, str_c(&text));
    return SHELL_GO_ON;
}
