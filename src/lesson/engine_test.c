/* A whole lesson without a learner: every command and call as written, every turn by its solution, everything judged.
 */
#include "base/text.h"
#include "lesson/engine_private.h"
#include <stdlib.h>
#include <string.h>

struct engine_test {
    engine_report_fn report;
    void *arg;
    int failures;
};

static void engine_test_tell(struct engine_test *t, const struct step *s, int line, int result, const struct str *why)
{
    if (result)
        t->failures++;
    if (t->report)
        t->report(t->arg, s, line, result == 0, result == 0 ? "" : why->len ? why->s : "it did not work");
}

/* One block. Returns true when something was judged. */
static void engine_test_block(struct engine *e, const struct step *s, struct engine_test *t)
{
    const struct block *b = &s->blocks[e->at];
    autostr struct str why = {0};
    if (b->kind == BLOCK_CONSOLE || b->kind == BLOCK_CALL || b->kind == BLOCK_ORDER)
        engine_test_tell(t, s, b->line, engine_play_block(e, b, false, &why), &why);
    else if (b->kind == BLOCK_CHECK || (b->kind == BLOCK_SOLUTION && !engine_check_follows(s, 0)))
        engine_test_tell(t, s, b->line, engine_play_turn(e, b, &why), &why);
}

static void engine_test_step(struct engine *e, struct engine_test *t)
{
    const struct step *s = engine_the_step(e);
    for (; e->at < s->nblocks; e->at++)
        if (engine_block_applies(e, &s->blocks[e->at]))
            engine_test_block(e, s, t);
}

int engine_test(struct engine *e, struct lesson *l, enum stage_kind stage, engine_report_fn report, void *arg,
                struct outcome *o)
{
    struct engine_test t = {report, arg, 0};
    e->mute++;
    e->testing = true;
    int opened = engine_open(e, l, stage, o);
    if (opened == 0) {
        struct outcome setup = {0};
        if (engine_setup(e, &setup) < 0) {
            autostr struct str why = {0};
            outcome_print(&why, &setup);
            engine_test_tell(&t, l->nsteps ? &l->steps[0] : NULL, 1, 1, &why);
        } else {
            for (; e->step < l->nsteps; engine_enter_step(e, engine_step_after(e, e->step)))
                engine_test_step(e, &t);
        }
        engine_cleanup(e);
    }
    e->mute--;
    e->testing = false;
    return opened < 0 ? -1 : t.failures;
}
