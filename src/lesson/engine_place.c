/* What is kept: the journal of lines that were run, and the place to resume at. */
#include "base/text.h"
#include "lesson/engine_private.h"
#include <stdlib.h>
#include <string.h>

/* Replaying needs to know who was driven when: prompts and sides come back with it. */
void engine_note_drive(struct engine *e)
{
    const struct actor *driven = session_driven(e->session);
    if (!e->lesson || !driven || driven->id == e->driven)
        return;
    e->driven = driven->id;
    journal_add(&e->journal, JOURNAL_DRIVE, driven->id, (int)e->step, driven->name, 0);
}

/* A pid that later lines may name: a fork's child, or $!. */
static pid_t engine_pid_of(struct engine *e, const struct ran *r)
{
    if (r->call)
        return call_row_of(r->call)->op == OP_FORK && r->image->ret > 0 ? (pid_t)r->image->ret : 0;
    const char *last = strchr(r->text, '&') ? session_var(e->session, r->side, "!") : NULL;
    return last ? (pid_t)atoi(last) : 0;
}

void engine_remember(struct engine *e, const struct ran *r, const char *set)
{
    if (!e->lesson)
        return;
    engine_note_drive(e);
    autofree char *text = set ? xasprintf("%s = $%s", r->text, set) : xstrdup(r->text);
    journal_add(&e->journal, r->kind, r->actor, (int)e->step, text, engine_pid_of(e, r));
}

void engine_save(struct engine *e)
{
    const struct step *s = engine_the_step(e);
    if (!e->progress || !e->lesson || !s || e->mute)
        return;
    autostr struct str journal = {0};
    journal_print(&e->journal, &journal);
    bool inside = course_number(e->course, e->lesson) > 0;
    struct progress_place place = {
        .lesson = inside ? e->lesson->id : e->lesson->path,
        .step = s->slug,
        .journal = journal.s ? journal.s : (char[1]){0},
        .block = (int)e->at,
        .stage = e->stage,
        .side = session_running(e->session) ? session_side(e->session) : SIDE_CONTAINER,
    };
    progress_save(e->progress, &place);
}

static size_t engine_step_by_slug(const struct lesson *l, const char *slug)
{
    for (size_t i = 0; i < l->nsteps; i++)
        if (!strcmp(l->steps[i].slug, slug))
            return i;
    return l->nsteps;
}

/* Puts the place's journal into the fresh stage and goes to its block. */
static int engine_take_place(struct engine *e, const struct progress_place *place, size_t step, struct outcome *o)
{
    engine_enter_step(e, step);
    const struct step *s = engine_the_step(e);
    if (!journal_parse(&e->journal, place->journal))
        engine_say(e, SAY_INFO, "The saved journal was damaged: what came after the damage is not rebuilt.");
    if (journal_replay(&e->journal, e->session, o) < 0)
        return -1;
    session_set_side(e->session, place->side == SIDE_HOST ? SIDE_HOST : SIDE_CONTAINER);
    engine_sync_driven(e);
    size_t at = place->block > 0 ? (size_t)place->block : 0;
    engine_on_track(e, true);
    engine_slow_as_of(e, step, at);
    engine_advance_to(e, at < s->nblocks ? at : s->nblocks);
    return 0;
}

int engine_resume(struct engine *e, struct outcome *o)
{
    _cleanup_(progress_place_free)
    struct progress_place place = {0};
    if (!e->progress || !progress_load(e->progress, &place))
        return 1;
    struct lesson *l = course_find(e->course, place.lesson, NULL, NULL, o);
    if (!l)
        return 1;
    size_t step = engine_step_by_slug(l, place.step);
    if (step >= l->nsteps) {
        engine_say(e, SAY_INFO, "The lesson has changed since: it starts at its first step.");
        return engine_start(e, l, 0, place.stage == STAGE_REAL ? STAGE_REAL : STAGE_PRACTICE, o);
    }
    if (engine_open(e, l, place.stage == STAGE_REAL ? STAGE_REAL : STAGE_PRACTICE, o) < 0)
        return -1;
    engine_show_view(e);
    int result = engine_take_place(e, &place, step, o);
    if (e->ui.step)
        e->ui.step(e->ui.arg);
    return result;
}
