/* A lesson in front of people.
 *
 * The speaker never guesses: a turn's solution is offered line by line. And the speaker digresses. Whatever is run
 * beside the lesson goes into the journal like everything else; `on_track` remembers how long the journal was when the
 * lesson last went on, so that the way back is a replay of what came before. */
#include "base/text.h"
#include "lesson/engine_private.h"
#include "session/pty.h"
#include <string.h>

void engine_present(struct engine *e, bool on)
{
    e->presents = on;
    engine_offer_update(e);
}

bool engine_presents(const struct engine *e)
{
    return e->presents;
}

size_t engine_at(const struct engine *e)
{
    return e->at;
}

/* A turn whose solution was typed to its end, and whose check is still not content, has missed, too. */
bool engine_missed(const struct engine *e)
{
    const struct block *turn = engine_turn(e);
    return e->missed || (e->presents && turn && e->solution_at >= turn->nsub);
}

size_t engine_step_next(const struct engine *e)
{
    return e->lesson ? engine_step_after(e, e->step) : 0;
}

/* The way back. */

void engine_on_track(struct engine *e, bool block)
{
    e->on_track.journal = e->journal.n;
    if (block)
        e->on_track.block = e->journal.n;
}

/* Who is driven is put right by the next offer. */
static bool present_digressed(const struct engine *e)
{
    for (size_t i = e->on_track.journal; i < e->journal.n; i++)
        if (e->journal.v[i].kind != JOURNAL_DRIVE)
            return true;
    return false;
}

/* What was typed to a shell on a side's own terminal is in no journal. */
static bool present_terminals(const struct engine *e)
{
    for (int side = 0; side < 2; side++)
        if (pty_state(e->session, (enum side)side) != PTY_NONE && pty_is_shell(e->session, (enum side)side))
            return true;
    return false;
}

static bool present_lives(struct engine *e)
{
    const struct actor *host = session_running(e->session) ? session_actor(e->session, 1) : NULL;
    const struct block *b = engine_target(e);
    const struct actor *who = b ? engine_actor_of(e, b) : host;
    return host && host->state != ACTOR_DEAD && who && who->state != ACTOR_DEAD;
}

/* A fresh stage as it was after n entries, with the same block waiting. */
static int present_rebuild(struct engine *e, size_t n, struct outcome *o)
{
    journal_keep(&e->journal, n);
    e->missed = false;
    engine_drop(&e->reason);
    engine_traced_begin(e, NULL);
    if (engine_fresh_stage(e, o) < 0)
        return -1;
    engine_hush(e);
    int result = journal_replay(&e->journal, e->session, o);
    engine_unhush(e);
    engine_sync_driven(e);
    engine_slow_as_of(e, e->step, e->at);
    e->on_track.journal = e->journal.n;
    engine_offer_update(e);
    engine_save(e);
    if (e->ui.step)
        e->ui.step(e->ui.arg);
    return result;
}

/* A solution that did not lead to its goal is begun again. */
static int present_rebuild_block(struct engine *e, struct outcome *o)
{
    e->solution_at = 0;
    return present_rebuild(e, e->on_track.block, o);
}

int engine_rejoin(struct engine *e, struct outcome *o)
{
    if (!e->lesson)
        return outcome_set(o, 0, "no lesson is open", "", ":lesson NAME starts one");
    const struct block *turn = engine_turn(e);
    if (turn && e->solution_at >= turn->nsub)
        return present_rebuild_block(e, o);
    if (!e->missed && !present_digressed(e) && !present_terminals(e) && present_lives(e))
        return 1;
    return present_rebuild(e, e->on_track.journal, o);
}

/* Past a step that does not work here. */

static int present_play_rest(struct engine *e, struct str *why)
{
    const struct step *s = engine_the_step(e);
    int worst = 0;
    for (; e->at < s->nblocks; e->at++) {
        autostr struct str mine = {0};
        const struct block *b = &s->blocks[e->at];
        if (!engine_block_applies(e, b) || engine_play_any(e, b, false, &mine) == 0)
            continue;
        if (!worst++)
            str_addf(why, "line %d: %s", b->line, mine.len ? mine.s : "it did not work");
    }
    return worst;
}

int engine_pass(struct engine *e, struct str *why, struct outcome *o)
{
    if (!e->lesson)
        return outcome_set(o, 0, "no lesson is open", "", ":lesson NAME starts one");
    bool waits = engine_waiting(e);
    if (waits && present_rebuild_block(e, o) < 0)
        return -1;
    engine_log(e, PROGRESS_STEP_SKIPPED);
    engine_hush(e);
    int failed = present_play_rest(e, why);
    engine_unhush(e);
    size_t next = engine_step_after(e, e->step);
    if (next < e->lesson->nsteps)
        engine_enter_step(e, next);
    engine_arrive(e);
    return failed ? 1 : 0;
}

/* Notes. */

static void present_add_notes(const struct engine *e, const struct block *b, size_t n, struct str *out)
{
    for (size_t i = 0; i < n; i++) {
        if (b[i].kind != BLOCK_NOTE || !engine_block_applies(e, &b[i]))
            continue;
        if (out->len)
            str_add(out, "\n\n");
        text_sanitise(out, b[i].text, strlen(b[i].text), TEXT_BLOCK);
    }
}

void engine_notes(const struct engine *e, size_t step, struct str *out)
{
    const struct lesson *l = e->lesson;
    if (!l || step >= l->nsteps)
        return;
    if (step == 0)
        present_add_notes(e, l->blocks, l->nblocks, out);
    present_add_notes(e, l->steps[step].blocks, l->steps[step].nblocks, out);
}
