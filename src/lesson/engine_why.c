/* Why did that call fail? Looked for right after every call that the learner sees, since a moment later the machine may
 * be another. What a lesson or the learner announced is kept for :why, and not said unasked. */
#include "lesson/engine_private.h"

void engine_forget_why(struct engine *e)
{
    why_free(&e->why);
}

const struct why *engine_why(const struct engine *e)
{
    return e->why.name ? &e->why : NULL;
}

void engine_look_why(struct engine *e, const struct ran *r)
{
    const struct actor *who = session_actor(e->session, r->actor);
    if (r->kind != JOURNAL_CALL || !r->image)
        return;
    engine_forget_why(e);
    if (who && who->state == ACTOR_WAITING)
        why_explain(e->session, who, r->call, r->image, &e->why);
}

void engine_say_why(const struct engine *e, const struct ran *r, const struct call_expect *want)
{
    bool announced = want->kind != EXPECT_ANY && r->image && call_expect_holds(want, r->image);
    autostr struct str text = {0};
    if (!r->image || !e->why.name || announced)
        return;
    why_print(&e->why, &text);
    if (text.len)
        engine_say(e, SAY_WHY, "%s", str_c(&text));
}
