/* How the actors are called that a lesson forks.
 *
 * An author writes `[container] fork() = $child` and from then on [fork3], because it is the first fork of the lesson
 * and the stage has two actors of its own. A learner may fork at any time, too: so the names that the page uses are
 * kept for the page's own forks, and other children get higher numbers. */
#include "lesson/engine_private.h"
#include <stdio.h>
#include <string.h>

/* Does this text ask for a child? */
static bool plan_forks(const char *text)
{
    autofree char *name = xstrndup(text, strcspn(text, "( \t"));
    const struct call_row *row = call_looks_like(text) ? call_find(name) : NULL;
    return row && row->op == OP_FORK;
}

struct plan {
    struct actor_plan *v;
    size_t n, cap;
};

static void plan_block(const struct engine *e, struct plan *p, const struct block *b)
{
    struct call_expect x = {0};
    for (size_t i = 0; i < b->nsub; i++)
        plan_block(e, p, &b->sub[i]);
    if (b->kind != BLOCK_CALL || !engine_block_applies(e, b))
        return;
    autofree char *line = engine_block_line(b);
    engine_block_expect(b, &x);
    if (!plan_forks(line) || x.kind == EXPECT_ERRNO)
        return;
    GROW(p->v, p->n, p->cap);
    struct actor_plan *one = &p->v[p->n++];
    memcpy(one->set, x.set, sizeof one->set);
    snprintf(one->name, sizeof one->name, "fork%zu", p->n + 2);
}

void engine_plan_actors(struct engine *e)
{
    struct plan plan = {0};
    for (size_t i = engine_step_after(e, (size_t)-1); i < e->lesson->nsteps; i = engine_step_after(e, i))
        for (size_t k = 0; k < e->lesson->steps[i].nblocks; k++)
            plan_block(e, &plan, &e->lesson->steps[i].blocks[k]);
    session_plan(e->session, plan.v, plan.n);
    free(plan.v);
}

/* In a turn the solution is not on the page, but its fork may be what is typed. */
static const struct block *plan_target(const struct engine *e)
{
    const struct block *b = engine_target(e), *turn = b ? NULL : engine_turn(e);
    for (size_t i = 0; turn && i < turn->nsub; i++)
        if (turn->sub[i].kind == BLOCK_CALL && plan_forks(turn->sub[i].text))
            return &turn->sub[i];
    return b;
}

void engine_expect_child(struct engine *e, const char *text, const char *set)
{
    struct call_expect x = {0};
    const struct block *b = !*set && plan_forks(text) ? plan_target(e) : NULL;
    if (b && b->kind == BLOCK_CALL && plan_forks(b->text)) {
        engine_block_expect(b, &x);
        set = x.set;
    }
    session_expect_child(e->session, set);
}
