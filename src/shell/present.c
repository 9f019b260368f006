/* A presentation beside the shell that gives it: how long it has taken, and what became of each step. */
#include "shell/present.h"
#include "base/text.h"
#include "shell/private.h"
#include <stdlib.h>
#include <string.h>

struct present {
    bool follow;
    struct clock clock;
    const struct lesson *lesson; /* whose steps these are */
    struct present_step {
        int64_t ms;
        enum step_state state; /* STEP_TO_COME: nothing is known but its place */
    } * steps;
    size_t step; /* the one that time is spent in */
    int64_t since;
};

/* The watch. */

void clock_start(struct clock *c, int64_t now)
{
    *c = (struct clock){.start = now};
}

void clock_pause(struct clock *c, int64_t now)
{
    if (!c->paused_at)
        c->paused_at = now;
}

void clock_go_on(struct clock *c, int64_t now)
{
    if (c->paused_at)
        c->pauses += now - c->paused_at;
    c->paused_at = 0;
}

int64_t clock_elapsed(const struct clock *c, int64_t now)
{
    return c->start ? (c->paused_at ? c->paused_at : now) - c->start - c->pauses : 0;
}

void clock_print(struct str *out, int64_t ms)
{
    int64_t s = ms > 0 ? ms / 1000 : 0;
    if (s >= 3600)
        str_addf(out, "%d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    else
        str_addf(out, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

/* Coming and going. */

bool shell_presents(const struct shell *sh)
{
    return sh->present;
}

bool shell_present_follow(const struct shell *sh)
{
    return sh->present && sh->present->follow;
}

void shell_present_open(struct shell *sh, bool follow)
{
    sh->present = xcalloc(1, sizeof *sh->present);
    sh->present->follow = follow;
    engine_present(sh->engine, true);
}

void shell_present_close(struct shell *sh)
{
    if (sh->present)
        free(sh->present->steps);
    free_ptr(&sh->present);
}

void shell_present_begin(struct shell *sh)
{
    if (!sh->present)
        return;
    clock_start(&sh->present->clock, now_ms());
    sh->present->since = 0;
    shell_present_step(sh);
}

/* The time since the last look goes to the step that was current then. */
void shell_present_step(struct shell *sh)
{
    struct present *p = sh->present;
    const struct lesson *l = engine_lesson(sh->engine);
    if (!p || !l)
        return;
    int64_t elapsed = clock_elapsed(&p->clock, now_ms());
    if (p->lesson == l)
        p->steps[p->step].ms += elapsed - p->since;
    p->since = elapsed;
    if (p->lesson != l) {
        free(p->steps);
        p->steps = xcalloc(l->nsteps + 1, sizeof *p->steps);
        p->lesson = l;
    }
    p->step = engine_step(sh->engine);
}

void shell_present_mark(struct shell *sh, size_t step, enum step_state state)
{
    if (sh->present && sh->present->lesson == engine_lesson(sh->engine))
        sh->present->steps[step].state = state;
}

void shell_present_pause(struct shell *sh, bool paused)
{
    if (!sh->present)
        return;
    if (paused)
        clock_pause(&sh->present->clock, now_ms());
    else
        clock_go_on(&sh->present->clock, now_ms());
    shell_changed(sh);
}

bool shell_present_paused(const struct shell *sh)
{
    return sh->present && sh->present->clock.paused_at;
}

static int64_t present_budget(const struct shell *sh)
{
    const struct lesson *l = engine_lesson(sh->engine);
    return l && l->minutes > 0 ? (int64_t)l->minutes * 60000 : 0;
}

void shell_present_time(const struct shell *sh, struct str *out)
{
    if (!sh->present)
        return;
    int64_t elapsed = clock_elapsed(&sh->present->clock, now_ms()), budget = present_budget(sh);
    clock_print(out, elapsed);
    if (budget) {
        str_add(out, " of ");
        clock_print(out, budget);
    }
    if (budget && elapsed > budget)
        str_add(out, ", over");
    if (sh->present->clock.paused_at)
        str_add(out, ", paused");
}

/* The steps. */

size_t shell_steps(const struct shell *sh)
{
    const struct lesson *l = engine_lesson(sh->engine);
    return l ? l->nsteps : 0;
}

static enum step_state present_state(const struct shell *sh, const struct lesson *l, size_t i)
{
    const struct present *p = sh->present && sh->present->lesson == l ? sh->present : NULL;
    size_t now = engine_step(sh->engine);
    enum block_only only = l->steps[i].only;
    if (only != ONLY_BOTH && session_running(sh->session) &&
        (only == ONLY_REAL) != (session_stage(sh->session) == STAGE_REAL))
        return STEP_FOREIGN;
    if (p && p->steps[i].state != STEP_TO_COME && i < now)
        return p->steps[i].state;
    if (i == now)
        return engine_finished(sh->engine) ? STEP_DONE : STEP_NOW;
    return i < now ? STEP_DONE : STEP_TO_COME;
}

void shell_step_view(const struct shell *sh, size_t i, struct step_view *out)
{
    const struct lesson *l = engine_lesson(sh->engine);
    const struct present *p = sh->present && sh->present->lesson == l ? sh->present : NULL;
    *out = (struct step_view){.state = present_state(sh, l, i), .title = l->steps[i].title};
    if (p)
        out->ms = p->steps[i].ms + (p->step == i ? clock_elapsed(&p->clock, now_ms()) - p->since : 0);
}

void shell_step_line(const struct shell *sh, size_t i, struct str *out)
{
    static const char *const marks[] = {
        [STEP_TO_COME] = " ",  [STEP_NOW] = ">",    [STEP_DONE] = "x",
        [STEP_RECORDED] = "R", [STEP_MARKED] = "!", [STEP_FOREIGN] = "-",
    };
    static const char *const words[] = {
        [STEP_RECORDED] = ", shown from its recording",
        [STEP_MARKED] = ", shown from its recording; not done here",
        [STEP_FOREIGN] = ", for the other stage",
    };
    struct step_view v;
    shell_step_view(sh, i, &v);
    str_addf(out, "%s %2zu  ", marks[v.state], i + 1);
    text_sanitise(out, v.title, strlen(v.title), TEXT_LINE);
    if (v.ms > 0) {
        str_add(out, "  (");
        clock_print(out, v.ms);
        str_add(out, ")");
    }
    if ((size_t)v.state < COUNT(words) && words[v.state])
        str_add(out, words[v.state]);
}

/* What the speaker wants to know. */

static char *present_line(const char *text)
{
    struct str out = {0};
    text_sanitise(&out, text, strlen(text), TEXT_LINE);
    return str_steal(&out);
}

static char *present_lesson(const struct shell *sh, const struct lesson *l)
{
    autostr struct str name = {0};
    int number = l ? course_number(sh->course, l) : 0;
    if (number)
        str_addf(&name, "%d ", number);
    if (l)
        str_addf(&name, "%s: %s", l->id, l->title);
    return present_line(str_c(&name));
}

void shell_cue(const struct shell *sh, struct cue *c)
{
    const struct lesson *l = engine_lesson(sh->engine);
    size_t step = engine_step(sh->engine), next = engine_step_next(sh->engine);
    autostr struct str notes = {0};
    engine_notes(sh->engine, step, &notes);
    *c = (struct cue){
        .lesson = present_lesson(sh, l),
        .title = present_line(l && step < l->nsteps ? l->steps[step].title : ""),
        .next_title = present_line(l && next < l->nsteps ? l->steps[next].title : ""),
        .notes = str_steal(&notes),
        .line = present_line(shell_offer(sh)),
        .awaits = present_line(shell_awaits(sh)),
        .step = (uint32_t)step,
        .nsteps = (uint32_t)(l ? l->nsteps : 0),
        .budget_ms = present_budget(sh),
        .paused = shell_present_paused(sh),
        .missed = engine_missed(sh->engine),
    };
    if (sh->present)
        c->elapsed_ms = clock_elapsed(&sh->present->clock, now_ms());
}

void cue_clear(struct cue *c)
{
    free(c->lesson);
    free(c->title);
    free(c->next_title);
    free(c->notes);
    free(c->line);
    free(c->awaits);
    *c = (struct cue){0};
}
