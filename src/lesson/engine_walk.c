/* What waits in the step, what an empty line would do about it, and going on. */
#include "base/text.h"
#include "lesson/engine_private.h"
#include <ctype.h>
#include <string.h>

const struct block *engine_waiting(const struct engine *e)
{
    const struct step *s = engine_the_step(e);
    return s && e->at < s->nblocks ? &s->blocks[e->at] : NULL;
}

bool engine_question(const struct engine *e)
{
    const struct block *b = engine_waiting(e);
    return b && b->kind == BLOCK_PREDICT;
}

/* The solution of a check stands before it, behind the check of an earlier turn; some authors write it after. */
const struct block *engine_solution_of(const struct engine *e, const struct block *check)
{
    const struct step *s = engine_the_step(e);
    size_t i = (size_t)(check - s->blocks);
    for (size_t k = i; k-- > 0 && s->blocks[k].kind != BLOCK_CHECK;)
        if (s->blocks[k].kind == BLOCK_SOLUTION && engine_block_applies(e, &s->blocks[k]))
            return &s->blocks[k];
    for (size_t k = i + 1; k < s->nblocks && s->blocks[k].kind != BLOCK_CHECK; k++)
        if (s->blocks[k].kind == BLOCK_SOLUTION && engine_block_applies(e, &s->blocks[k]))
            return &s->blocks[k];
    return NULL;
}

bool engine_check_follows(const struct step *s, size_t i)
{
    for (; i < s->nblocks; i++)
        if (s->blocks[i].kind == BLOCK_CHECK)
            return true;
    return false;
}

static bool engine_has_check(const struct step *s)
{
    return engine_check_follows(s, 0);
}

/* A turn is open at a check, or at a solution in a step without one: then the solution's expectations judge. */
const struct block *engine_turn(const struct engine *e)
{
    const struct block *b = engine_waiting(e);
    if (!b)
        return NULL;
    if (b->kind == BLOCK_CHECK)
        return engine_solution_of(e, b);
    return b->kind == BLOCK_SOLUTION ? b : NULL;
}

const struct block *engine_target(const struct engine *e)
{
    const struct block *b = engine_waiting(e), *turn = engine_turn(e);
    if (b && (b->kind == BLOCK_CONSOLE || b->kind == BLOCK_CALL || b->kind == BLOCK_ORDER))
        return b;
    if (turn && (e->solution_shown || e->presents || b->kind == BLOCK_SOLUTION) && e->solution_at < turn->nsub)
        return &turn->sub[e->solution_at];
    return NULL;
}

/* Enter on an empty line. */

void engine_offer_update(struct engine *e)
{
    engine_drop(&e->offer);
    const struct block *b = engine_target(e);
    bool hidden = engine_turn(e) && !e->solution_shown && !e->presents;
    if (b && !hidden)
        e->offer = engine_block_line(b);
    for (char *p = e->offer; p && *p; p++)
        if (*p == '\n')
            *p = ' ';
}

const char *engine_offer(const struct engine *e, enum side *side)
{
    const struct block *b = e->offer ? engine_target(e) : NULL;
    if (side && b) {
        const struct actor *who = engine_actor_of((struct engine *)e, b);
        *side = who ? who->side : b->where;
    }
    return b ? e->offer : "";
}

const char *engine_take_offer(struct engine *e)
{
    const struct block *b = e->offer ? engine_target(e) : NULL;
    struct actor *who = b ? engine_actor_of(e, b) : NULL;
    if (who)
        engine_address(e, who);
    return b ? e->offer : "";
}

const char *engine_awaits(const struct engine *e)
{
    const struct block *b = engine_waiting(e);
    if (!e->lesson)
        return ":lessons lists the lessons, :lesson NAME starts one";
    if (!b)
        return engine_finished(e) ? e->presents                         ? "the lesson is done"
                                    : course_next(e->course, e->lesson) ? "Enter: the next lesson"
                                                                        : "the course is done"
                                  : "Enter: the next step";
    if (b->kind == BLOCK_PREDICT)
        return "type the number of your answer";
    if (b->kind == BLOCK_PAUSE)
        return "Enter goes on";
    if (*engine_offer(e, NULL))
        return "Enter types the next line";
    return engine_turn(e) ? "your turn (:hint, :solution, :skip)" : "not reached yet (:hint, :skip)";
}

int engine_enter(struct engine *e, struct outcome *o)
{
    const struct block *b = engine_waiting(e);
    if (e->lesson && !b)
        return engine_next(e, o);
    if (b && b->kind == BLOCK_PAUSE) {
        engine_block_done(e);
        return 0;
    }
    if (b && *engine_offer(e, NULL)) {
        autofree char *line = xstrdup(engine_take_offer(e));
        return engine_target(e)->kind == BLOCK_ORDER ? engine_give_order(e) : engine_line(e, line, o);
    }
    const char *what = engine_awaits(e);
    engine_say(e, SAY_INFO, "%c%s.", toupper((unsigned char)what[0]), what + 1);
    return 0;
}

/* Going through the blocks. */

static void engine_say_question(const struct engine *e, const struct block *b)
{
    engine_say_text(e, SAY_QUESTION, b->text);
    for (size_t i = 0; i < b->nchoices; i++) {
        autostr struct str line = {0};
        str_addf(&line, "%zu) ", i + 1);
        text_sanitise(&line, b->choices[i].text, strlen(b->choices[i].text), TEXT_BLOCK);
        engine_say(e, SAY_CHOICE, "%s", str_c(&line));
    }
}

void engine_tell(struct engine *e, const struct block *b)
{
    if (b->kind == BLOCK_PROSE)
        engine_say_text(e, SAY_PROSE, b->text);
    else if (b->kind == BLOCK_PREDICT)
        engine_say_question(e, b);
    else if (b->kind == BLOCK_PAUSE)
        engine_say(e, SAY_INFO, "(Enter goes on)");
    else if (b->kind == BLOCK_CONSOLE && b->nsub)
        engine_tell_traced(e, b);
    else if (b->kind == BLOCK_VIEW && !e->mute && e->ui.view)
        e->ui.view(e->ui.arg, b->text);
}

/* Does the learner have to do something about this block before the next one is shown? */
static bool engine_waits_at(struct engine *e, const struct block *b)
{
    switch (b->kind) {
    case BLOCK_CONSOLE:
    case BLOCK_CALL:
    case BLOCK_ORDER:
    case BLOCK_PREDICT:
    case BLOCK_PAUSE:
        return true;
    case BLOCK_SOLUTION:
        return !engine_has_check(engine_the_step(e));
    case BLOCK_CHECK: {
        autostr struct str reason = {0};
        bool turn = engine_solution_of(e, b);
        if (engine_check(e, b, turn ? 0 : ENGINE_SETTLE_MS, &reason))
            return false;
        engine_drop(&e->reason);
        if (turn) /* nothing was tried yet: nothing to complain about */
            return true;
        if (reason.len)
            engine_say(e, SAY_BAD, "Not yet: %s", str_c(&reason));
        e->reason = str_steal(&reason);
        return true;
    }
    default:
        return false;
    }
}

static void engine_tell_end(struct engine *e)
{
    engine_log(e, PROGRESS_STEP_DONE);
    size_t next = engine_step_after(e, e->step);
    if (next < e->lesson->nsteps) {
        autostr struct str title = {0};
        text_sanitise(&title, e->lesson->steps[next].title, strlen(e->lesson->steps[next].title), TEXT_LINE);
        engine_say(e, SAY_GOOD, "Done: step %zu of %zu. Enter: %s", e->step + 1, e->lesson->nsteps, str_c(&title));
        return;
    }
    engine_log(e, PROGRESS_LESSON_DONE);
    autostr struct str text = {0};
    str_addf(&text, "Lesson complete: %s. You did:", e->lesson->title);
    for (size_t i = 0; i < e->lesson->nsteps; i++)
        str_addf(&text, "\n  %zu. %s", i + 1, e->lesson->steps[i].title);
    engine_say_text(e, SAY_GOOD, str_c(&text));
    struct lesson *after = e->presents ? NULL : course_next(e->course, e->lesson);
    if (after) {
        str_cut(&text, 0);
        str_addf(&text, "Enter or :next: the next lesson, %s", after->title);
        engine_say_text(e, SAY_INFO, str_c(&text));
    }
}

static void engine_tell_title(struct engine *e)
{
    const struct lesson *l = e->lesson;
    if (e->titled)
        return;
    e->titled = true;
    autostr struct str text = {0};
    if (e->step == 0) {
        int number = course_number(e->course, l);
        if (number)
            str_addf(&text, "Lesson %d: ", number);
        str_add(&text, l->title);
        if (l->minutes > 0)
            str_addf(&text, " (about %d minutes)", l->minutes);
        engine_say_text(e, SAY_TITLE, str_c(&text));
        engine_say_text(e, SAY_PROSE, l->goal);
        for (size_t i = 0; i < l->nblocks; i++)
            if (l->blocks[i].kind == BLOCK_PROSE && engine_block_applies(e, &l->blocks[i]) &&
                (!l->goal || strcmp(l->blocks[i].text, l->goal)))
                engine_say_text(e, SAY_PROSE, l->blocks[i].text);
        str_cut(&text, 0);
    }
    str_addf(&text, "Step %zu of %zu: %s", e->step + 1, l->nsteps, l->steps[e->step].title);
    engine_say_text(e, SAY_TITLE, str_c(&text));
}

void engine_advance(struct engine *e)
{
    const struct step *s = engine_the_step(e);
    if (!s)
        return;
    engine_tell_title(e);
    for (; e->at < s->nblocks; e->at++) {
        const struct block *b = &s->blocks[e->at];
        if (!engine_block_applies(e, b))
            continue;
        if (e->at >= e->told)
            engine_tell(e, b);
        e->told = e->at + 1;
        if (engine_waits_at(e, b))
            break;
    }
    if (e->at >= s->nblocks)
        engine_tell_end(e);
    engine_offer_update(e);
}

/* What lies before is told again, but nothing is run or asked again. */
void engine_advance_to(struct engine *e, size_t at)
{
    const struct step *s = engine_the_step(e);
    engine_tell_title(e);
    for (; s && e->at < at && e->at < s->nblocks; e->at++)
        if (engine_block_applies(e, &s->blocks[e->at]) && s->blocks[e->at].kind != BLOCK_PAUSE)
            engine_tell(e, &s->blocks[e->at]);
    e->told = e->at;
    engine_advance(e);
}

void engine_block_done(struct engine *e)
{
    e->at++;
    e->missed = e->solution_shown = false;
    e->solution_at = 0;
    engine_on_track(e, true);
    engine_advance(e);
    engine_save(e);
    if (e->ui.step)
        e->ui.step(e->ui.arg);
}
