/* Lint: what parses but trips an author or a learner. Here: is the lesson complete and in a sound order? The traps
 * inside commands are in lint_shell.c, what is no shell at all in lint_syntax.c, those about processes in
 * lint_process.c. */
#include "lesson/lint.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdarg.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static void lint_fault(struct lint *t, int line, bool error, const char *fmt,
                                                             va_list ap)
{
    autofree char *text = xvasprintf(fmt, ap);
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_LINE);
    t->found++;
    if (t->fault)
        t->fault(t->arg, t->l->path, line, error, str_c(&safe));
}

void lint_error(struct lint *t, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    lint_fault(t, line, true, fmt, ap);
    va_end(ap);
}

void lint_warn(struct lint *t, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    lint_fault(t, line, false, fmt, ap);
    va_end(ap);
}

static void lint_each_block(struct lint *t, const struct step *step, const struct block *v, size_t n,
                            void (*fn)(struct lint *t, const struct step *step, const struct block *b))
{
    for (size_t i = 0; i < n; i++) {
        fn(t, step, &v[i]);
        lint_each_block(t, step, v[i].sub, v[i].nsub, fn);
    }
}

void lint_each(struct lint *t, void (*fn)(struct lint *t, const struct step *step, const struct block *b))
{
    lint_each_block(t, NULL, t->l->blocks, t->l->nblocks, fn);
    for (size_t i = 0; i < t->l->nsteps; i++)
        lint_each_block(t, &t->l->steps[i], t->l->steps[i].blocks, t->l->steps[i].nblocks, fn);
}

static size_t lint_count(const struct block *v, size_t n, enum block_kind kind)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += v[i].kind == kind;
    return found;
}

static size_t lint_count_all(const struct lesson *l, enum block_kind kind)
{
    size_t found = lint_count(l->blocks, l->nblocks, kind);
    for (size_t i = 0; i < l->nsteps; i++)
        found += lint_count(l->steps[i].blocks, l->steps[i].nblocks, kind);
    return found;
}

static bool lint_has_misconception(const struct block *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].kind == BLOCK_PROSE && text_has_prefix(v[i].text, "*Misconception:*"))
            return true;
    return false;
}

static void lint_lesson(struct lint *t)
{
    const struct lesson *l = t->l;
    bool misconception = lint_has_misconception(l->blocks, l->nblocks);
    for (size_t i = 0; i < l->nsteps && !misconception; i++)
        misconception = lint_has_misconception(l->steps[i].blocks, l->steps[i].nblocks);
    if (!*l->goal)
        lint_warn(t, 1, "no goal: the first paragraph under the `# ` heading is it");
    if (!l->minutes)
        lint_warn(t, 1, "no `minutes:` in the front matter");
    if (!lint_count_all(l, BLOCK_PREDICT))
        lint_warn(t, 1, "no **Predict:** question: ask before you show");
    if (!lint_count_all(l, BLOCK_CHECK))
        lint_warn(t, 1, "the learner never has a turn: no `sh check`");
    if (!lint_count_all(l, BLOCK_NOTE))
        lint_warn(t, 1, "no speaker note: `<!-- speaker_note: ... -->`");
    if (!misconception)
        lint_warn(t, 1, "it corrects no wrong idea: add a paragraph `> **Misconception:** ...`");
}

/* A call that is on screen before its question gives the answer away. */
static void lint_answer_first(struct lint *t, const struct step *s)
{
    bool question_below = false;
    for (size_t i = s->nblocks; i--;) {
        if (s->blocks[i].kind == BLOCK_PREDICT)
            question_below = true;
        else if (s->blocks[i].kind == BLOCK_CALL && question_below)
            lint_warn(t, s->blocks[i].line,
                      "this call comes before the step's question, so the answer is on screen; put "
                      "it below, or into the step before");
    }
}

static void lint_turn(struct lint *t, const struct step *s)
{
    size_t checks = lint_count(s->blocks, s->nblocks, BLOCK_CHECK);
    size_t solutions = lint_count(s->blocks, s->nblocks, BLOCK_SOLUTION);
    size_t hints = lint_count(s->blocks, s->nblocks, BLOCK_HINT);
    if (checks && !solutions)
        lint_error(t, s->line,
                   "step \"%s\" has a check but no solution: nobody is helped out, and no test can replay it",
                   s->title);
    if (checks && !hints)
        lint_warn(t, s->line, "step \"%s\" has a check but no hint", s->title);
    if (!checks && solutions)
        lint_error(t, s->line, "step \"%s\" has a solution but no check: nothing says when it is reached", s->title);
    if (!checks && hints && !solutions)
        lint_warn(t, s->line, "step \"%s\" has a hint but nothing to find out", s->title);
    if (checks > 1)
        lint_warn(t, s->line, "step \"%s\" has %zu checks; one turn a step is easier to follow", s->title, checks);
}

static void lint_step(struct lint *t, const struct step *s)
{
    lint_answer_first(t, s);
    lint_turn(t, s);
    bool shown = false;
    for (size_t i = 0; i < s->nblocks; i++)
        shown |= s->blocks[i].kind != BLOCK_NOTE && s->blocks[i].kind != BLOCK_VIEW;
    if (!shown)
        lint_warn(t, s->line, "step \"%s\" shows nothing", s->title);
}

int lesson_lint(const struct lesson *l, lesson_fault_fn fault, void *arg)
{
    struct lint t = {.l = l, .fault = fault, .arg = arg};
    lint_lesson(&t);
    for (size_t i = 0; i < l->nsteps; i++)
        lint_step(&t, &l->steps[i]);
    lint_each(&t, lint_command);
    lint_variables(&t);
    lint_processes(&t);
    str_free(&t.names);
    return t.found;
}

int lesson_lint_shell(const struct lesson *l, lesson_fault_fn fault, void *arg)
{
    struct lint t = {.l = l, .fault = fault, .arg = arg};
    lint_each(&t, lint_syntax);
    return t.found;
}
