/* Blocks run without the learner: by :next and :skip, to reach a later step, in the headless test. And the way back: a
 * fresh stage in which the journal is replayed. */
#include "base/text.h"
#include "lesson/engine_private.h"
#include <stdlib.h>
#include <string.h>

static void engine_echo(const struct engine *e, const struct actor *who, const char *line)
{
    autostr struct str text = {0};
    text_sanitise(&text, line, strlen(line), TEXT_LINE);
    if (!call_looks_like(line)) /* a call's result repeats it */
        engine_say(e, SAY_ECHO, "root@%s# %s", who->name, str_c(&text));
}

/* Runs a command or call block where it belongs. 0: as expected, 1: not, and *why tells, -1: porthole could not run it.
 */
int engine_play_block(struct engine *e, const struct block *b, bool visible, struct str *why)
{
    if (b->kind != BLOCK_CONSOLE && b->kind != BLOCK_CALL && b->kind != BLOCK_ORDER)
        return 0;
    if (b->kind == BLOCK_ORDER)
        return engine_play_order(e, b, why);
    struct actor *who = engine_actor_of(e, b);
    if (!who) {
        str_addf(why, "There is no process %s to drive.", b->actor);
        return -1;
    }
    autofree char *line = engine_block_line(b);
    autoran struct ran r = {0};
    engine_address(e, who);
    engine_traced_begin(e, b);
    if (visible)
        engine_echo(e, who, line);
    struct call_expect x = {0};
    engine_block_expect(b, &x);
    session_expect_child(e->session, x.set);
    session_set_patience(e->session, visible ? 0 : ENGINE_COMMAND_MS); /* nobody is there to press ^C */
    bool heard = visible || (e->testing && b->nsub);                   /* the calls of a quiet command are not told */
    int failed = engine_run(e, who, line, heard ? 0 : RUN_QUIET, &r, why);
    session_set_patience(e->session, 0);
    if (failed < 0)
        return -1;
    engine_keep_result(e, b, &r);
    engine_remember(e, &r, x.set[0] ? x.set : NULL);
    if (visible || e->testing)
        engine_look_why(e, &r);
    if (visible)
        engine_say_why(e, &r, &x);
    if (engine_judge(e, b, &r, why) || engine_retry(e, b, &r))
        return 0;
    return 1;
}

/* The solution of a turn, and its check. */
int engine_play_turn(struct engine *e, const struct block *turn, struct str *why)
{
    const struct block *solution = turn->kind == BLOCK_CHECK ? engine_solution_of(e, turn) : turn;
    int worst = 0;
    for (size_t i = 0; solution && i < solution->nsub; i++) {
        autostr struct str mine = {0};
        int result = engine_play_block(e, &solution->sub[i], false, &mine);
        if (result && !why->len)
            str_add(why, str_c(&mine));
        if (result)
            worst = result;
    }
    if (turn->kind != BLOCK_CHECK)
        return worst;
    autostr struct str reason = {0};
    if (engine_check(e, turn, e->testing ? ENGINE_START_MS : ENGINE_SETTLE_MS, &reason))
        return worst;
    if (!why->len)
        str_addf(why, "The check failed: %s", reason.len ? reason.s : "it printed nothing");
    return worst ? worst : 1;
}

int engine_play_any(struct engine *e, const struct block *b, bool visible, struct str *why)
{
    bool turn = b->kind == BLOCK_CHECK || (b->kind == BLOCK_SOLUTION && !engine_check_follows(engine_the_step(e), 0));
    return turn ? engine_play_turn(e, b, why) : engine_play_block(e, b, visible, why);
}

/* The rest of the step. Visible: as if Enter were pressed until something needs the learner or disappoints. Otherwise
 * everything is done that can be done. -1 when porthole could not run something. */
int engine_play_rest(struct engine *e, bool visible, struct outcome *o)
{
    const struct step *s = engine_the_step(e);
    while (s && e->at < s->nblocks) {
        const struct block *b = &s->blocks[e->at];
        autostr struct str why = {0};
        bool turn = engine_turn(e);
        int result = 0;
        if (visible && (b->kind == BLOCK_PREDICT || turn))
            return 0;
        if (engine_block_applies(e, b))
            result = engine_play_any(e, b, visible, &why);
        if (result < 0) {
            autofree char *where = xasprintf("%s:%d", e->lesson->path, b->line);
            return outcome_set(o, 0, "a step could not be run", where, "%.300s", str_c(&why));
        }
        if (result > 0 && visible) {
            engine_say_text(e, SAY_BAD, str_c(&why));
            e->missed = true;
            engine_offer_update(e);
            return 0;
        }
        if (visible)
            engine_block_done(e);
        else
            e->at++;
    }
    return 0;
}

/* Back to the start of a step: whatever was done since is gone with the stage. */
int engine_rebuild(struct engine *e, size_t step, struct outcome *o)
{
    journal_cut(&e->journal, (int)step);
    engine_enter_step(e, step);
    if (engine_fresh_stage(e, o) < 0)
        return -1;
    engine_hush(e);
    int result = journal_replay(&e->journal, e->session, o);
    engine_unhush(e);
    engine_sync_driven(e);
    engine_slow_as_of(e, step, 0);
    return result;
}
