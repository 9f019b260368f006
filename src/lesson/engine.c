/* A lesson in progress.
 *
 * The engine holds a place: lesson, step, and `at`, the first block of the step that is not done. Everything before it
 * is done, everything after it is not revealed yet. engine_advance() moves `at` over what needs nobody (prose, a view
 * switch) and stops at what does: a command to run, a question, a pause, a check. Running a line never moves the place
 * by itself; judging what came of it does.
 *
 * Kernel state cannot be undone, so going back means a fresh stage, the lesson's setup, and the journal of the steps
 * before replayed into it. */
#include "base/text.h"
#include "lesson/engine_private.h"
#include "lesson/trust.h"
#include "session/doctor.h"
#include "session/pty.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct engine *engine_new(struct session *s, struct course *c, struct progress *p, const struct engine_ui *ui)
{
    struct engine *e = xcalloc(1, sizeof *e);
    e->session = s;
    e->course = c;
    e->progress = p;
    if (ui)
        e->ui = *ui;
    return e;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    journal_clear(&e->journal);
    engine_forget_why(e);
    engine_traced_begin(e, NULL);
    free_ptr(&e->answer);
    engine_drop(&e->reason);
    engine_drop(&e->offer);
    free_ptr(&e);
}

/* Talking. */

void engine_say(const struct engine *e, enum say kind, const char *fmt, ...)
{
    if (e->mute || !e->ui.say)
        return;
    autostr struct str text = {0};
    va_list ap;
    va_start(ap, fmt);
    str_vaddf(&text, fmt, ap);
    va_end(ap);
    e->ui.say(e->ui.arg, kind, str_c(&text));
}

void engine_say_text(const struct engine *e, enum say kind, const char *text)
{
    if (!text || !*text)
        return;
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_BLOCK);
    engine_say(e, kind, "%s", str_c(&safe));
}

void engine_say_outcome(const struct engine *e, const struct outcome *o)
{
    autostr struct str text = {0};
    outcome_print(&text, o);
    engine_say(e, SAY_ERROR, "%s", str_c(&text));
}

void engine_log(const struct engine *e, enum progress_event what)
{
    const struct step *s = engine_the_step(e);
    if (e->progress && e->lesson && !e->mute)
        progress_log(e->progress, what, e->lesson->id, s ? s->slug : "");
}

/* Where we are. */

struct lesson *engine_lesson(const struct engine *e)
{
    return e->lesson;
}

size_t engine_step(const struct engine *e)
{
    return e->step;
}

const struct journal *engine_journal(const struct engine *e)
{
    return &e->journal;
}

const struct step *engine_the_step(const struct engine *e)
{
    return e->lesson && e->step < e->lesson->nsteps ? &e->lesson->steps[e->step] : NULL;
}

static bool engine_only_fits(const struct engine *e, enum block_only only)
{
    return only == ONLY_BOTH || (only == ONLY_REAL) == (e->stage == STAGE_REAL);
}

bool engine_block_applies(const struct engine *e, const struct block *b)
{
    return engine_only_fits(e, b->only);
}

static size_t engine_step_from(const struct engine *e, size_t step)
{
    while (step < e->lesson->nsteps && !engine_only_fits(e, e->lesson->steps[step].only))
        step++;
    return step;
}

size_t engine_step_after(const struct engine *e, size_t step)
{
    return engine_step_from(e, step + 1);
}

bool engine_finished(const struct engine *e)
{
    const struct step *s = engine_the_step(e);
    return e->lesson && (!s || (e->at >= s->nblocks && engine_step_after(e, e->step) >= e->lesson->nsteps));
}

bool engine_silent(const struct engine *e)
{
    return e->mute > 0;
}

void engine_enter_step(struct engine *e, size_t step)
{
    e->step = step;
    e->at = e->told = e->hints = e->solution_at = 0;
    e->solution_shown = e->missed = e->titled = false;
    engine_drop(&e->reason);
    engine_traced_begin(e, NULL);
    const struct step *s = engine_the_step(e);
    size_t n = s ? s->nblocks : 0;
    e->answer = xrealloc(e->answer, (n + 1) * sizeof *e->answer);
    for (size_t i = 0; i < n; i++)
        e->answer[i] = -1;
}

/* The stage under a lesson. */

/* `needs: root` asks for a root whose calls succeed: the practice stage has one by construction. */
static int engine_needs(const struct lesson *l, enum stage_kind stage, struct outcome *o)
{
    for (char **need = l->needs; *need; need++) {
        struct doctor_result r = {0};
        if (!strcmp(*need, "root")) {
            if (stage == STAGE_PRACTICE || geteuid() == 0)
                continue;
            return outcome_set(o, 0, "this lesson needs root", l->title, "run porthole with sudo, or use --practice");
        }
        if (!doctor_try(*need, &r))
            return outcome_set(o, 0, "this lesson needs something porthole does not know", *need, NULL);
        if (!r.works) {
            autostr struct str step = {0};
            str_addf(&step, "this lesson needs %s, which does not work here", *need);
            return outcome_set(o, r.err, str_c(&step), r.why, r.cure[0] ? "%s" : NULL, r.cure);
        }
    }
    return 0;
}

void engine_cleanup(struct engine *e)
{
    struct actor *host = e->lesson && session_running(e->session) ? session_actor(e->session, 1) : NULL;
    for (size_t i = 0; e->cleanup_due && host && i < e->lesson->nblocks; i++) {
        const struct block *b = &e->lesson->blocks[i];
        int status;
        if (b->kind == BLOCK_CLEANUP && engine_block_applies(e, b) && host->state == ACTOR_WAITING)
            session_run(e->session, host, b->text, RUN_QUIET, ENGINE_CHECK_MS, NULL, &status, NULL);
    }
    e->cleanup_due = false;
}

static int engine_setup_terminal(struct engine *e, const struct block *b, struct outcome *o)
{
    if (pty_run(e->session, SIDE_HOST, b->expect, b->text, o) < 0)
        return -1;
    autofree char *text = xasprintf("%s %s", b->expect, b->text);
    journal_add(&e->journal, JOURNAL_TERMINAL, 1, -1, text, (pid_t)atoi(session_var(e->session, SIDE_HOST, b->expect)));
    return 0;
}

/* The setup goes into the journal, before the first step: replaying it learns which pids its processes have now. */
int engine_setup(struct engine *e, struct outcome *o)
{
    for (size_t i = 0; i < e->lesson->nblocks; i++) {
        const struct block *b = &e->lesson->blocks[i];
        if (b->kind == BLOCK_TERMINAL && engine_block_applies(e, b) && engine_setup_terminal(e, b, o) < 0)
            return -1;
        if (b->kind != BLOCK_SETUP || !engine_block_applies(e, b))
            continue;
        autostr struct str out = {0};
        autofree char *where = xasprintf("%s:%d", e->lesson->path, b->line);
        int status = 0;
        struct actor *host = session_actor(e->session, 1);
        if (session_run(e->session, host, b->text, RUN_QUIET | RUN_EXPORT, ENGINE_COMMAND_MS, &out, &status, o) < 0)
            return -1;
        if (status != 0)
            return outcome_set(o, 0, "the lesson's setup failed", where, "it printed: %.300s", str_c(&out));
        const char *last = session_var(e->session, SIDE_HOST, "!");
        journal_add(&e->journal, JOURNAL_SETUP, host->id, -1, b->text, last ? (pid_t)atoi(last) : 0);
    }
    return 0;
}

void engine_sync_driven(struct engine *e)
{
    const struct actor *driven = session_driven(e->session);
    e->driven = driven ? driven->id : 0;
}

/* A new stage in which nothing was done yet. */
int engine_fresh_stage(struct engine *e, struct outcome *o)
{
    engine_cleanup(e);
    engine_forget_why(e);
    if (session_start(e->session, e->stage, o) < 0)
        return -1;
    e->cleanup_due = true;
    engine_sync_driven(e);
    return 0;
}

int engine_open(struct engine *e, struct lesson *l, enum stage_kind stage, struct outcome *o)
{
    if ((!e->course->trust && trust_refuse(l, o) < 0) || engine_needs(l, stage, o) < 0)
        return -1;
    engine_stop(e);
    e->lesson = l;
    e->stage = stage;
    engine_slow_as_of(e, 0, 0);
    engine_plan_actors(e);
    journal_clear(&e->journal);
    engine_enter_step(e, engine_step_from(e, 0));
    return engine_fresh_stage(e, o);
}

void engine_stop(struct engine *e)
{
    if (!e->lesson)
        return;
    engine_save(e);
    engine_cleanup(e);
}

/* Moving. */

void engine_show_view(const struct engine *e)
{
    if (e->ui.view)
        e->ui.view(e->ui.arg, e->lesson->view && *e->lesson->view ? e->lesson->view : "processes");
}

void engine_arrive(struct engine *e)
{
    engine_on_track(e, true);
    engine_advance(e);
    engine_save(e);
    if (e->ui.step)
        e->ui.step(e->ui.arg);
}

int engine_start(struct engine *e, struct lesson *l, size_t step, enum stage_kind stage, struct outcome *o)
{
    if (engine_open(e, l, stage, o) < 0 || engine_setup(e, o) < 0)
        return -1;
    engine_show_view(e);
    engine_log(e, PROGRESS_STARTED);
    if (step > e->step)
        return engine_goto(e, step, o);
    engine_arrive(e);
    return 0;
}

static int engine_no_lesson(struct outcome *o)
{
    return outcome_set(o, 0, "no lesson is open", "", ":lessons lists them, :lesson NAME starts one");
}

/* What this machine lacks for a lesson is said, and the one after it comes. */
static int engine_next_lesson(struct engine *e, struct outcome *o)
{
    struct lesson *next = course_next(e->course, e->lesson);
    if (e->presents) {
        engine_say(e, SAY_GOOD, "That was the lesson. :quit ends, :steps jumps, :lesson NAME presents another.");
        return 0;
    }
    for (; next; next = course_next(e->course, next)) {
        struct outcome lacks = {0};
        if (engine_needs(next, e->stage, &lacks) == 0)
            return engine_start(e, next, 0, e->stage, o);
        autostr struct str text = {0};
        outcome_print(&text, &lacks);
        engine_say(e, SAY_INFO, "Left out: %s: %s", next->title, str_c(&text));
    }
    engine_say(e, SAY_GOOD, "That was the last lesson of the course. :lessons lists them all, :quit ends porthole.");
    return 0;
}

int engine_next(struct engine *e, struct outcome *o)
{
    if (!e->lesson)
        return engine_no_lesson(o);
    if (engine_question(e))
        return outcome_set(o, 0, "a question waits for your answer", "", "type its number; :skip shows the answer");
    if (engine_turn(e))
        return outcome_set(o, 0, "it is your turn in this step", "",
                           ":hint helps, :solution shows one way, :skip takes it");
    if (engine_waiting(e) && engine_play_rest(e, true, o) < 0)
        return -1;
    if (engine_waiting(e)) /* a question, a turn or a missed expectation further down */
        return 0;
    if (engine_finished(e))
        return engine_next_lesson(e, o);
    engine_enter_step(e, engine_step_after(e, e->step));
    engine_arrive(e);
    return 0;
}

/* Past the one thing that waits; past the step when that was its last. */
int engine_skip(struct engine *e, struct outcome *o)
{
    const struct block *b = engine_waiting(e);
    if (!e->lesson)
        return engine_no_lesson(o);
    if (!b)
        return engine_next(e, o);
    engine_log(e, PROGRESS_STEP_SKIPPED);
    if (b->kind == BLOCK_PREDICT) {
        for (size_t i = 0; i < b->nchoices; i++)
            if (b->choices[i].right)
                engine_say(e, SAY_INFO, "The right answer: %zu) %s", i + 1, b->choices[i].text);
    } else if (b->kind != BLOCK_PAUSE) {
        autostr struct str why = {0};
        engine_hush(e);
        int ok = b->kind == BLOCK_CHECK      ? engine_play_turn(e, b, &why)
                 : b->kind == BLOCK_SOLUTION ? engine_play_turn(e, b, &why)
                 : e->missed                 ? 0
                                             : engine_play_block(e, b, false, &why);
        engine_unhush(e);
        if (ok != 0)
            engine_say(e, SAY_BAD, "Skipped, but it did not work here: %s", str_c(&why));
        else
            engine_say(e, SAY_INFO, "Skipped.");
    }
    engine_block_done(e);
    return 0;
}

int engine_goto(struct engine *e, size_t step, struct outcome *o)
{
    if (!e->lesson)
        return engine_no_lesson(o);
    if (step >= e->lesson->nsteps)
        return outcome_set(o, 0, "there is no such step", "", "this lesson has steps 1 to %zu", e->lesson->nsteps);
    if (engine_step_from(e, step) != step)
        return outcome_set(o, 0, "that step is not for this stage", e->lesson->steps[step].title, NULL);
    if (step <= e->step) {
        if (engine_rebuild(e, step, o) < 0)
            return -1;
    } else {
        while (e->step < step) {
            engine_hush(e);
            int ok = engine_play_rest(e, false, o);
            engine_unhush(e);
            if (ok < 0)
                return -1;
            engine_enter_step(e, engine_step_after(e, e->step));
        }
    }
    engine_arrive(e);
    return 0;
}

int engine_back(struct engine *e, struct outcome *o)
{
    if (!e->lesson)
        return engine_no_lesson(o);
    size_t target = e->lesson->nsteps;
    for (size_t i = engine_step_from(e, 0); i < e->step; i = engine_step_after(e, i))
        target = i;
    if (target == e->lesson->nsteps)
        return outcome_set(o, 0, "this is the first step", "", ":reset starts it anew");
    return engine_goto(e, target, o);
}

int engine_reset(struct engine *e, struct outcome *o)
{
    return e->lesson ? engine_goto(e, e->step, o) : engine_no_lesson(o);
}
