/* Answers to questions, hints, the solution. */
#include "base/text.h"
#include "lesson/engine_private.h"
#include <ctype.h>
#include <string.h>

static void engine_say_feedback(const struct engine *e, enum say kind, const char *lead, const struct block *b,
                                size_t i)
{
    autostr struct str text = {0};
    const struct choice *c = &b->choices[i];
    str_addf(&text, "%s %zu) %s", lead, i + 1, c->text);
    if (c->feedback && *c->feedback)
        str_addf(&text, "\n%s", c->feedback);
    engine_say_text(e, kind, str_c(&text));
}

/* "2" or "b", and nothing else. The choice's index, or -1. */
static int engine_answer_index(const struct block *b, const char *line)
{
    while (isblank((unsigned char)*line))
        line++;
    int i = *line >= '1' && *line <= '9' ? *line - '1' : tolower((unsigned char)*line) - 'a';
    size_t rest = *line ? strspn(line + 1, " \t).") : 0;
    return *line && !line[1 + rest] && i >= 0 && (size_t)i < b->nchoices ? i : -1;
}

bool engine_take_answer(struct engine *e, const char *line)
{
    const struct block *b = engine_waiting(e);
    int i = engine_answer_index(b, line);
    if (i < 0)
        return false;
    e->answer[e->at] = i;
    if (b->choices[i].right) {
        engine_say_feedback(e, SAY_GOOD, "Right:", b, (size_t)i);
    } else {
        engine_say_feedback(e, SAY_BAD, "No:", b, (size_t)i);
        for (size_t k = 0; k < b->nchoices; k++)
            if (b->choices[k].right)
                engine_say_feedback(e, SAY_GOOD, "Right is:", b, k);
    }
    engine_block_done(e);
    return true;
}

int engine_hint(struct engine *e)
{
    const struct step *s = engine_the_step(e);
    size_t n = 0, k = 0;
    for (size_t i = 0; s && i < s->nblocks; i++)
        n += s->blocks[i].kind == BLOCK_HINT && engine_block_applies(e, &s->blocks[i]);
    if (n == 0)
        return 0;
    if (e->hints < n)
        e->hints++;
    for (size_t i = 0; i < s->nblocks; i++) {
        if (s->blocks[i].kind != BLOCK_HINT || !engine_block_applies(e, &s->blocks[i]) || ++k != e->hints)
            continue;
        autostr struct str text = {0};
        str_addf(&text, "Hint %zu of %zu: %s", k, n, s->blocks[i].text);
        engine_say_text(e, SAY_HINT, str_c(&text));
    }
    engine_log(e, PROGRESS_HINT);
    if (e->ui.step)
        e->ui.step(e->ui.arg);
    return (int)e->hints;
}

int engine_solution(struct engine *e)
{
    const struct block *turn = engine_turn(e);
    if (!turn)
        return 0;
    e->solution_shown = true;
    e->solution_at = 0;
    autostr struct str text = {0};
    str_add(&text, "One way to do it (Enter types it):");
    for (size_t i = 0; i < turn->nsub; i++) {
        const struct block *b = &turn->sub[i];
        autofree char *line = engine_block_line(b);
        const struct actor *who = engine_actor_of(e, b);
        const char *side = side_name(b->where); /* the actor may be one the solution forks */
        str_addf(&text, "\n  [%s] %s", who ? who->name : b->actor ? b->actor : side, line);
    }
    engine_say_text(e, SAY_HINT, str_c(&text));
    engine_log(e, PROGRESS_SOLUTION);
    engine_offer_update(e);
    if (e->ui.step)
        e->ui.step(e->ui.arg);
    return 1;
}
