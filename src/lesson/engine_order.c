/* Orders to porthole that a lesson gives, and those the learner gives in its stead.
 *
 * `:why` says what was found after the last typed call, and the lesson expects a cause to be named. `:slow` turns slow
 * motion on: not while porthole itself rebuilds something, when nobody is there to press Enter. */
#include "lesson/engine_private.h"
#include "lesson/expect.h"
#include <string.h>

static enum slow order_slow(const char *line)
{
    const char *word = strrchr(line, ' ');
    if (word && !strcmp(word, " on"))
        return SLOW_ON;
    return word && !strcmp(word, " all") ? SLOW_ALL : SLOW_OFF;
}

static bool order_is_slow(const char *line)
{
    return !strncmp(line, ":slow", 5);
}

/* Slow motion waits for somebody: while the engine works without a word nothing may stop. */
void engine_hush(struct engine *e)
{
    if (e->mute++ == 0) {
        e->slow = session_slow(e->session);
        session_set_slow(e->session, SLOW_OFF);
    }
}

void engine_unhush(struct engine *e)
{
    if (--e->mute == 0)
        session_set_slow(e->session, e->slow);
}

static void order_set_slow(struct engine *e, enum slow mode)
{
    e->slowed = true;
    if (e->mute && !e->testing)
        e->slow = mode;
    else
        session_set_slow(e->session, mode);
}

/* What the lesson's orders up to that block come to. Without any, slow motion is the learner's own business. */
void engine_slow_as_of(struct engine *e, size_t step, size_t at)
{
    const char *last = NULL;
    for (size_t i = 0; i <= step && i < e->lesson->nsteps; i++) {
        const struct step *s = &e->lesson->steps[i];
        for (size_t k = 0; k < s->nblocks && (i < step || k < at); k++)
            if (s->blocks[k].kind == BLOCK_ORDER && order_is_slow(s->blocks[k].text))
                last = s->blocks[k].text;
    }
    if (last)
        order_set_slow(e, order_slow(last));
    else if (e->slowed)
        order_set_slow(e, SLOW_OFF);
}

static bool order_judge(struct engine *e, const struct block *b, struct str *why)
{
    const struct why *w = engine_why(e);
    autostr struct str text = {0};
    struct engine_scope scope = {e, b->where};
    if (order_is_slow(b->text) || !*b->expect)
        return true;
    if (w)
        why_print_all(w, &text);
    return expect_matches(b->expect, str_c(&text), engine_var, &scope, why);
}

/* Does what the order says, and judges what it has said. 0, or 1 with *why. */
int engine_play_order(struct engine *e, const struct block *b, struct str *why)
{
    const struct why *w = engine_why(e);
    autostr struct str text = {0};
    if (order_is_slow(b->text)) {
        order_set_slow(e, order_slow(b->text));
        engine_say(e, SAY_INFO, "Slow motion is %s.", order_slow(b->text) == SLOW_OFF ? "off" : "on");
    } else if (w) {
        why_print_all(w, &text);
        engine_say(e, SAY_WHY, "%s", str_c(&text));
    }
    return order_judge(e, b, why) ? 0 : 1;
}

static void order_answered(struct engine *e, const struct block *b, bool right, const struct str *why)
{
    if (right)
        engine_target_done(e, b);
    else
        engine_say_missed(e, why);
}

int engine_give_order(struct engine *e)
{
    const struct block *b = engine_target(e);
    autostr struct str why = {0};
    order_answered(e, b, engine_play_order(e, b, &why) == 0, &why);
    return 0;
}

void engine_ordered(struct engine *e, const char *line)
{
    const struct block *b = engine_target(e);
    autostr struct str why = {0};
    if (!b || b->kind != BLOCK_ORDER || strcmp(b->text, line) != 0)
        return;
    e->slowed = e->slowed || order_is_slow(line);
    bool right = order_judge(e, b, &why);
    order_answered(e, b, right, &why);
}
