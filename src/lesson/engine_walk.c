/* What waits in the step, what an empty line would do about it, and what the learner's own lines do. */
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
    if (b && (b->kind == BLOCK_CONSOLE || b->kind == BLOCK_CALL))
        return b;
    if (turn && (e->solution_shown || b->kind == BLOCK_SOLUTION) && e->solution_at < turn->nsub)
        return &turn->sub[e->solution_at];
    return NULL;
}

/* ---- Enter on an empty line ---- */

void engine_offer_update(struct engine *e)
{
    free_ptr(&e->offer);
    const struct block *b = engine_target(e);
    bool hidden = engine_turn(e) && !e->solution_shown;
    if (b && !hidden)
        e->offer = engine_block_line(b);
}

const char *engine_offer(const struct engine *e, enum side *side)
{
    const struct block *b = e->offer ? engine_target(e) : NULL;
    if (side && b) {
        const struct actor *who = engine_actor_of((struct engine *)e, b);
        *side = who ? who->side : b->where == ON_HOST ? SIDE_HOST : SIDE_CONTAINER;
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
        return engine_finished(e) ? course_next(e->course, e->lesson) ? "Enter: the next lesson" : "the course is done"
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
        return engine_line(e, line, o);
    }
    const char *what = engine_awaits(e);
    engine_say(e, SAY_INFO, "%c%s.", toupper((unsigned char)what[0]), what + 1);
    return 0;
}

/* ---- going through the blocks ---- */

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

static void engine_tell(struct engine *e, const struct block *b)
{
    if (b->kind == BLOCK_PROSE)
        engine_say_text(e, SAY_PROSE, b->text);
    else if (b->kind == BLOCK_PREDICT)
        engine_say_question(e, b);
    else if (b->kind == BLOCK_PAUSE)
        engine_say(e, SAY_INFO, "(Enter goes on)");
    else if (b->kind == BLOCK_VIEW && !e->mute && e->ui.view)
        e->ui.view(e->ui.arg, b->text);
}

/* Does the learner have to do something about this block before the next one is shown? */
static bool engine_waits_at(struct engine *e, const struct block *b)
{
    switch (b->kind) {
    case BLOCK_CONSOLE:
    case BLOCK_CALL:
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
        if (!turn && reason.len)
            engine_say(e, SAY_BAD, "Not yet: %s", str_c(&reason));
        e->reason = (free_ptr(&e->reason), str_steal(&reason));
        return true;
    }
    default:
        return false;
    }
}

static void engine_tell_end(struct engine *e)
{
    const struct step *s = engine_the_step(e);
    engine_log(e, PROGRESS_STEP_DONE);
    size_t next = engine_step_after(e, e->step);
    if (next < e->lesson->nsteps) {
        autostr struct str title = {0};
        text_sanitise(&title, e->lesson->steps[next].title, strlen(e->lesson->steps[next].title), TEXT_LINE);
        engine_say(e, SAY_GOOD, "Done: step %zu of %zu. Enter: %s.", e->step + 1, e->lesson->nsteps, str_c(&title));
        return;
    }
    (void)s;
    engine_log(e, PROGRESS_LESSON_DONE);
    autostr struct str text = {0};
    str_addf(&text, "Lesson complete: %s. You did:", e->lesson->title);
    for (size_t i = 0; i < e->lesson->nsteps; i++)
        str_addf(&text, "\n  %zu. %s", i + 1, e->lesson->steps[i].title);
    engine_say_text(e, SAY_GOOD, str_c(&text));
    struct lesson *after = course_next(e->course, e->lesson);
    if (after) {
        str_cut(&text, 0);
        str_addf(&text, "Enter or :next: the next lesson, %s.", after->title);
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
    engine_advance(e);
    engine_save(e);
    if (e->ui.step)
        e->ui.step(e->ui.arg);
}

/* ---- answers, hints, the solution ---- */

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

static bool engine_take_answer(struct engine *e, const char *line)
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
        str_addf(&text, "\n  [%s] %s", who ? who->name : b->where == ON_HOST ? "host" : "container", line);
    }
    engine_say_text(e, SAY_HINT, str_c(&text));
    engine_log(e, PROGRESS_SOLUTION);
    engine_offer_update(e);
    if (e->ui.step)
        e->ui.step(e->ui.arg);
    return 1;
}

/* ---- the learner's line ---- */

/* Was the check already true before the line? Then the line cannot have made it so. */
static const struct block *engine_check_ahead(const struct engine *e)
{
    const struct step *s = engine_the_step(e);
    for (size_t i = e->at; s && i < s->nblocks; i++) {
        const struct block *b = &s->blocks[i];
        if (!engine_block_applies(e, b))
            continue;
        if (b->kind == BLOCK_PREDICT || b->kind == BLOCK_PAUSE)
            return NULL;
        if (b->kind == BLOCK_CHECK)
            return b;
    }
    return NULL;
}

static void engine_say_missed(struct engine *e, const struct str *why)
{
    e->missed = true;
    engine_log(e, PROGRESS_ATTEMPT_FAILED);
    engine_say_text(e, SAY_BAD, str_c(why));
    engine_say(e, SAY_INFO, "Enter tries it again, :skip goes on, :reset starts the step anew.");
}

/* The line was, or had the effect of, the command that the step waited for. */
static void engine_target_done(struct engine *e, const struct block *target, const struct ran *r)
{
    engine_keep_result(e, target, r);
    const struct block *turn = engine_turn(e);
    if (target != engine_waiting(e) && ++e->solution_at < turn->nsub)
        engine_offer_update(e);
    else
        engine_block_done(e);
}

static void engine_try_check(struct engine *e, const struct block *check, const struct ran *r)
{
    autostr struct str reason = {0};
    if (engine_check(e, check, engine_settle_ms(r), &reason)) {
        const struct step *s = engine_the_step(e);
        size_t at = (size_t)(check - s->blocks);
        for (size_t i = e->told; i < at; i++) /* reached by another way than the one on the page */
            if (engine_block_applies(e, &s->blocks[i]))
                engine_tell(e, &s->blocks[i]);
        e->at = at;
        engine_say(e, SAY_GOOD, "Right: the goal of this turn is reached.");
        engine_block_done(e);
        return;
    }
    if (reason.len && (!e->reason || strcmp(e->reason, str_c(&reason))))
        engine_say(e, SAY_INFO, "Not yet: %s", str_c(&reason));
    free_ptr(&e->reason);
    e->reason = str_steal(&reason);
}

/* In a turn with a check the state alone judges, and the lines of the solution are merely typed one after the other. */
static void engine_judge_line(struct engine *e, const struct block *target, bool exact, const struct block *check,
                              struct ran *r)
{
    const struct block *waiting = engine_waiting(e);
    autostr struct str why = {0};
    if (target && target != waiting && waiting->kind == BLOCK_CHECK) {
        if (exact) {
            engine_keep_result(e, target, r);
            e->solution_at++;
            engine_offer_update(e);
        }
    } else if (target && (exact || engine_same_effect(e, target, r))) {
        if (engine_judge(e, target, r, &why) || (exact && engine_retry(e, target, r))) {
            engine_target_done(e, target, r);
            return;
        }
        if (exact) {
            engine_say_missed(e, &why);
            return;
        }
    }
    if (check)
        engine_try_check(e, check, r);
}

/* Blanks may differ: any run equals any other, and beside punctuation they mean nothing. */
static char *engine_squeeze(const char *s)
{
    static const char punctuation[] = "(),|";
    autostr struct str out = {0};
    for (s += strspn(s, " \t\n"); *s; s++) {
        size_t blanks = strspn(s, " \t\n");
        if (!blanks) {
            str_addc(&out, *s);
            continue;
        }
        s += blanks - 1;
        if (s[1] && !strchr(punctuation, s[1]) && !strchr(punctuation, out.s[out.len - 1]))
            str_addc(&out, ' ');
    }
    return str_steal(&out);
}

static bool engine_same_words(const char *a, const char *b)
{
    autofree char *x = engine_squeeze(a), *y = engine_squeeze(b);
    return !strcmp(x, y);
}

/* "[container] mount(...) = 0" and "root@container# ps", as lessons write them. Returns what follows the prefix. */
static const char *engine_prefix(struct engine *e, const char *line, struct actor **who)
{
    const struct actor *all[64];
    size_t n = session_actors(e->session, all, COUNT(all));
    for (size_t i = 0; i < n; i++) {
        autofree char *call = xasprintf("[%s]", all[i]->name), *shell = xasprintf("root@%s#", all[i]->name);
        const char *p = text_has_prefix(line, call) ? call : text_has_prefix(line, shell) ? shell : NULL;
        if (!p)
            continue;
        *who = all[i]->id > 2 ? session_actor(e->session, all[i]->id) : session_side_actor(e->session, all[i]->side);
        line += strlen(p);
        return line + strspn(line, " \t");
    }
    return line;
}

int engine_line(struct engine *e, const char *line, struct outcome *o)
{
    line += strspn(line, " \t");
    if (engine_question(e) && engine_take_answer(e, line))
        return 0;
    if (!session_running(e->session)) {
        outcome_set(o, 0, "no stage is running", "", e->lesson ? ":reset builds a fresh one" : ":lesson starts one");
        engine_say(e, SAY_ERROR, "No stage is running: :reset builds a fresh one.");
        return -1;
    }
    struct actor *who = NULL;
    line = engine_prefix(e, line, &who);
    struct call_expect want = {0};
    struct call_error bad;
    size_t end = strlen(line);
    if (call_looks_like(line) && !call_expect_parse(line, &end, &want, &bad))
        end = strlen(line); /* the call's own parser says it better */
    autofree char *text = xstrndup(line, end);

    const struct block *target = engine_target(e), *check = engine_check_ahead(e);
    autofree char *target_line = target ? engine_block_line(target) : NULL;
    bool exact = target && engine_same_words(text, target_line);
    if (!who && exact)
        who = engine_actor_of(e, target);
    if (who)
        engine_address(e, who);
    else
        who = session_driven(e->session);
    if (check && check != engine_waiting(e) && engine_check(e, check, 0, NULL))
        check = NULL;

    autoran struct ran r = {0};
    autostr struct str error = {0};
    if (engine_run(e, who, text_trim(text), 0, &r, &error) < 0) {
        engine_say(e, SAY_ERROR, "%s", str_c(&error));
        return outcome_set(o, 0, "the line was not run", "", "%.300s", str_c(&error));
    }
    if (want.set[0] && r.image && r.image->ret > 0) {
        autofree char *value = xasprintf("%lld", (long long)r.image->ret);
        session_set_var(e->session, want.set, value);
    }
    engine_remember(e, &r, want.set[0] ? want.set : NULL);
    engine_judge_line(e, target, exact, check, &r);
    engine_save(e);
    return 0;
}
