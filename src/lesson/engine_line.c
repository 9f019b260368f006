/* The learner's own line: what it was meant for, and what it did to the step.
 *
 * It may be what the lesson asked for to the letter, something with the same effect, something that reaches the goal of
 * the turn by another way, or just curiosity. Only the first can disappoint. */
#include "base/text.h"
#include "lesson/engine_private.h"
#include <stdint.h>
#include <string.h>

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

/* The number of an answer, typed once more: to a shell it would be a command that nobody has. */
static bool engine_answers_again(const struct engine *e, const char *line)
{
    const struct step *s = engine_the_step(e);
    const struct actor *who = session_driven(e->session);
    if (line[0] < '1' || line[0] > '9' || line[1 + strspn(line + 1, " \t")] || !who || who->state == ACTOR_PROGRAM)
        return false;
    for (size_t i = 0; s && i < e->at && i < s->nblocks; i++)
        if (s->blocks[i].kind == BLOCK_PREDICT && e->answer[i] >= 0)
            return true;
    return false;
}

void engine_say_missed(struct engine *e, const struct str *why)
{
    e->missed = true;
    engine_log(e, PROGRESS_ATTEMPT_FAILED);
    engine_say_text(e, SAY_BAD, str_c(why));
    engine_say(e, SAY_INFO, "Enter tries it again, :skip goes on, :reset starts the step anew.");
}

/* The line was, or had the effect of, the command that the step waited for. */
void engine_target_done(struct engine *e, const struct block *target)
{
    const struct block *turn = engine_turn(e);
    if (target != engine_waiting(e) && ++e->solution_at < turn->nsub) {
        engine_on_track(e, false);
        engine_offer_update(e);
    } else
        engine_block_done(e);
}

static void engine_try_check(struct engine *e, const struct block *check, const struct ran *r)
{
    autostr struct str reason = {0};
    const struct actor *host = session_actor(e->session, 1);
    if (!host || host->state == ACTOR_DEAD)
        return; /* nobody could look, and that has been said */
    bool halfway = engine_turn(e) && engine_target(e) && e->solution_at > 0; /* more of the solution is to come */
    if (engine_check(e, check, halfway ? 0 : engine_settle_ms(r), &reason)) {
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
    if (!halfway && reason.len && (!e->reason || strcmp(e->reason, str_c(&reason))))
        engine_say(e, SAY_INFO, "Not yet: %s", str_c(&reason));
    engine_drop(&e->reason);
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
            engine_on_track(e, false);
            engine_offer_update(e);
        }
    } else if (target && (exact || engine_same_effect(e, target, r) || engine_traced_all(e, target))) {
        if (engine_judge(e, target, r, &why) || (exact && engine_retry(e, target, r))) {
            engine_keep_result(e, target, r);
            engine_target_done(e, target);
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
        /* The same as in a lesson: a prompt is the side's, brackets hold an actor's name. */
        struct block as_written = {.where = all[i]->side};
        as_written.actor = p == call || all[i]->id > 2 ? (char *)(uintptr_t)all[i]->name : NULL;
        *who = engine_actor_of(e, &as_written);
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
    if (engine_answers_again(e, line)) {
        engine_say(e, SAY_INFO, "The question has been answered; Enter goes on.");
        return 0;
    }
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
    const char *run = exact ? target_line : text_trim(text); /* a command of several lines was offered as one */
    if (!who && exact)
        who = engine_actor_of(e, target);
    if (who)
        engine_address(e, who);
    else
        who = session_driven(e->session);
    if (check && check != engine_waiting(e) && engine_check(e, check, 0, NULL))
        check = NULL;

    engine_expect_child(e, run, want.set);
    engine_traced_begin(e, target);
    autoran struct ran r = {0};
    autostr struct str error = {0};
    if (engine_run(e, who, run, 0, &r, &error) < 0) {
        engine_say(e, SAY_ERROR, "%s", str_c(&error));
        return outcome_set(o, 0, "the line was not run", "", "%.300s", str_c(&error));
    }
    if (want.set[0] && r.image && r.image->ret > 0) {
        autofree char *value = xasprintf("%lld", (long long)r.image->ret);
        session_set_var(e->session, want.set, value);
    }
    /* The page says `fork() = $child`, the prompt was offered `fork()`: a replay must set the name, too. */
    if (!want.set[0] && r.call && target && target->kind == BLOCK_CALL && (exact || engine_same_effect(e, target, &r)))
        engine_block_expect(target, &want); /* and what it announces needs no explanation */
    engine_remember(e, &r, want.set[0] ? want.set : NULL);
    engine_look_why(e, &r);
    engine_say_why(e, &r, &want);
    engine_judge_line(e, target, exact, check, &r);
    engine_save(e);
    return 0;
}

int engine_secret_line(struct engine *e, const char *line, struct outcome *o)
{
    struct actor *who = session_running(e->session) ? session_driven(e->session) : NULL;
    const struct block *check = engine_check_ahead(e);
    autoran struct ran r = {0};
    if (!who || who->state != ACTOR_PROGRAM)
        return outcome_set(o, 0, "no program asks for it any more", "", "what was typed is forgotten");
    if (check && check != engine_waiting(e) && engine_check(e, check, 0, NULL))
        check = NULL;
    if (engine_run_secret(e, who, line, &r, o) < 0)
        return -1;
    engine_remember(e, &r, NULL);
    if (check)
        engine_try_check(e, check, &r);
    engine_save(e);
    return 0;
}
