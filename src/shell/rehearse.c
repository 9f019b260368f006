/* The rehearsal is a presentation without a person: the same shell, the same lines in the same order, and whatever is
 * said goes into the recording. So what works here works on stage, as far as the machine is the same then.
 *
 * A step that fails does not end it: the line is skipped as a speaker would skip it, since the other steps want to be
 * seen, too. */
#include "shell/rehearse.h"
#include "base/text.h"
#include "shell/pace.h"
#include "shell/private.h"
#include "shell/rehearsal.h"
#include "shell/slow.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define REHEARSE_LINE_MS 20000 /* a line that takes longer has failed: nobody is there to press ^C */
#define REHEARSE_ROUNDS  4000  /* lines, answers, pauses: more than any lesson has */

struct rehearse {
    FILE *out;
    struct shell *sh;
    struct rehearsal recording;
    struct rehearsal_step *step; /* the one being recorded, NULL: none yet */
    size_t at;                   /* block that what is said belongs to */
    int64_t began, live_ms;      /* the step; what typing at a human pace would add in all */
    unsigned lines, failed, steps;
    struct str trouble;           /* what was said about the last line, should it have failed */
    bool refused;                 /* it was not even run */
    struct str faults;            /* of the step */
    struct str programs, missing; /* looked for; not there, and their lines failed */
};

static void rehearse_put(struct rehearse *r, const char *text)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_BLOCK);
    fputs(str_c(&safe), r->out);
    fflush(r->out);
}

/* What the shell says. */

static void rehearse_say(void *arg, enum say kind, const char *text)
{
    struct rehearse *r = arg;
    if (r->step)
        rehearsal_say(r->step, r->at, kind, text);
    r->refused |= kind == SAY_ERROR;
    if (kind == SAY_BAD || kind == SAY_WHY || kind == SAY_ERROR ||
        (kind == SAY_INFO && text_has_prefix(text, "Not yet")))
        str_addf(&r->trouble, "%s\n", text);
}

/* In slow motion nobody is there to press Enter. */
static void rehearse_held(void *arg)
{
    struct rehearse *r = arg;
    struct outcome o = {0};
    if (shell_held(r->sh))
        shell_held_answer(r->sh, "", &o);
}

/* The steps. */

static const struct step *rehearse_the_step(const struct rehearse *r)
{
    const struct engine *e = shell_engine(r->sh);
    return &engine_lesson(e)->steps[engine_step(e)];
}

static void rehearse_begin_step(struct rehearse *r)
{
    r->step = rehearsal_add(&r->recording, rehearse_the_step(r));
    r->began = now_ms();
    r->at = r->lines = 0;
    str_cut(&r->faults, 0);
}

static void rehearse_end_step(struct rehearse *r)
{
    autostr struct str line = {0};
    const struct engine *e = shell_engine(r->sh);
    r->step->ms = now_ms() - r->began;
    r->step->ok = !r->faults.len;
    r->failed += !r->step->ok;
    r->steps++;
    str_addf(&line, "%-5s %zu/%zu  %s  (%u line%s, %lld ms)\n", r->step->ok ? "ok" : "FAIL", engine_step(e) + 1,
             engine_lesson(e)->nsteps, rehearse_the_step(r)->title, r->lines, r->lines == 1 ? "" : "s",
             (long long)r->step->ms);
    rehearse_put(r, str_c(&line));
    rehearse_put(r, str_c(&r->faults));
    r->step = NULL;
}

static void rehearse_fault(struct rehearse *r, const char *line, const char *why)
{
    const struct step *s = rehearse_the_step(r);
    size_t at = engine_at(shell_engine(r->sh));
    str_addf(&r->faults, "      %s:%d: %s\n", engine_lesson(shell_engine(r->sh))->path,
             at < s->nblocks ? s->blocks[at].line : s->line, line);
    for (const char *p = why; *p;) {
        size_t n = strcspn(p, "\n");
        str_addf(&r->faults, "        %.*s\n", (int)n, p);
        p += n + (p[n] == '\n');
    }
}

/* The programs that a command names and that are not there, asked for where it runs, before it does. */
static void rehearse_look(struct rehearse *r, const char *line, struct str *out)
{
    autostr struct str names = {0}, command = {0}, missing = {0};
    struct session *s = shell_session(r->sh);
    struct actor *who = session_driven(s);
    int status;
    if (!who || who->state != ACTOR_WAITING || call_looks_like(line) || *line == ':')
        return;
    rehearse_programs(line, &names);
    if (!names.len)
        return;
    str_addf(&command, "for p in%s; do command -v \"$p\" >/dev/null || echo \"$p\"; done", names.s);
    if (session_run(s, who, str_c(&command), RUN_QUIET, REHEARSE_LINE_MS, &missing, &status, NULL) < 0)
        return;
    rehearse_programs(line, &r->programs);
    for (char *p = missing.s; p && *p; p++)
        if (*p == '\n')
            *p = ' ';
    if (missing.len)
        str_addf(out, " %s(%s side)", missing.s, side_name(who->side));
}

/* Lines. */

static void rehearse_enter(struct rehearse *r, const char *line)
{
    session_set_patience(shell_session(r->sh), REHEARSE_LINE_MS);
    shell_line(r->sh, line);
    session_set_patience(shell_session(r->sh), 0);
}

static void rehearse_skip(struct rehearse *r)
{
    size_t at = engine_at(shell_engine(r->sh)), step = engine_step(shell_engine(r->sh));
    rehearse_enter(r, ":skip");
    if (engine_at(shell_engine(r->sh)) == at && engine_step(shell_engine(r->sh)) == step)
        rehearse_enter(r, ":resume"); /* the stage may have ended */
}

static void rehearse_offer(struct rehearse *r)
{
    struct engine *e = shell_engine(r->sh);
    autofree char *line = xstrdup(shell_take_offer(r->sh));
    size_t at = engine_at(e), step = engine_step(e);
    autostr struct str missing = {0};
    rehearse_look(r, line, &missing);
    r->lines++;
    r->live_ms += pace_total_ms(line);
    str_cut(&r->trouble, 0);
    r->refused = false;
    rehearse_enter(r, "");
    bool stays = engine_step(e) == step && engine_at(e) == at;
    if (!engine_missed(e) && !(stays && r->refused))
        return;
    str_add(&r->missing, str_c(&missing)); /* a lesson may well run what is not there, to show what happens then */
    rehearse_fault(r, line, str_c(&r->trouble));
    rehearse_skip(r);
}

static void rehearse_question(struct rehearse *r)
{
    const struct block *b = &rehearse_the_step(r)->blocks[engine_at(shell_engine(r->sh))];
    char number[8] = "1";
    for (size_t i = 0; i < b->nchoices && i < 9; i++)
        if (b->choices[i].right)
            snprintf(number, sizeof number, "%zu", i + 1);
    rehearse_enter(r, number);
}

/* Whatever comes next in the step. */
static void rehearse_next(struct rehearse *r)
{
    struct engine *e = shell_engine(r->sh);
    const struct step *s = rehearse_the_step(r);
    r->at = engine_at(e);
    if (!session_running(shell_session(r->sh))) {
        rehearse_fault(r, "the stage has ended", str_c(&r->trouble));
        rehearse_enter(r, ":resume");
        rehearse_enter(r, ":skip");
    } else if (engine_question(e)) {
        rehearse_question(r);
    } else if (*shell_offer(r->sh)) {
        rehearse_offer(r);
    } else if (s->blocks[r->at].kind == BLOCK_PAUSE) {
        rehearse_enter(r, "");
    } else {
        rehearse_fault(r, "not reached, and no solution is given", str_c(&r->trouble));
        rehearse_skip(r);
    }
}

static bool rehearse_step_over(const struct rehearse *r)
{
    return engine_at(shell_engine(r->sh)) >= rehearse_the_step(r)->nblocks;
}

/* false: it did not come to the lesson's end. */
static bool rehearse_steps(struct rehearse *r)
{
    struct engine *e = shell_engine(r->sh);
    for (int round = 0; round < REHEARSE_ROUNDS; round++) {
        size_t step = engine_step(e);
        if (!r->step)
            rehearse_begin_step(r);
        if (!rehearse_step_over(r)) {
            rehearse_next(r);
        } else if (engine_finished(e)) {
            rehearse_end_step(r);
            return true;
        } else {
            rehearse_end_step(r);
            rehearse_enter(r, "");
            if (engine_step(e) == step)
                return false;
        }
    }
    return false;
}

/* The report. */

static void rehearse_print_time(struct rehearse *r, int64_t ms)
{
    autostr struct str text = {0};
    int minutes = engine_lesson(shell_engine(r->sh))->minutes;
    str_addf(&text, "Time      %lld.%lld s at full speed; ", (long long)(ms / 1000), (long long)(ms / 100 % 10));
    clock_print(&text, ms + r->live_ms);
    str_add(&text, " with each line typed at a human pace");
    if (minutes > 0)
        str_addf(&text, "; the lesson says %d minute%s", minutes, minutes == 1 ? "" : "s");
    str_add(&text, "\n");
    rehearse_put(r, str_c(&text));
}

static void rehearse_print_programs(struct rehearse *r)
{
    autostr struct str text = {0};
    if (r->missing.len)
        str_addf(&text, "Programs  not there:%s\n", r->missing.s);
    else
        str_addf(&text, "Programs  %s%s\n", r->programs.len ? r->programs.s + 1 : "none are named",
                 r->programs.len ? ": all there, or not meant to be" : "");
    rehearse_put(r, str_c(&text));
}

static void rehearse_save(struct rehearse *r)
{
    struct rehearsal old = {0};
    autostr struct str text = {0};
    autofree char *path = rehearsal_path(r->recording.lesson, r->recording.stage);
    if (rehearsal_load(&old, r->recording.lesson, r->recording.stage))
        rehearsal_keep(&r->recording, &old);
    rehearsal_clear(&old);
    if (rehearsal_save(&r->recording))
        str_addf(&text, "Recorded  in %s: :recorded shows a step of it, should it fail on stage\n", path);
    else
        str_addf(&text, "Recorded  not: %s: %s\n", path, strerror(errno));
    rehearse_put(r, str_c(&text));
}

static void rehearse_close(struct rehearse *r, bool whole)
{
    autostr struct str text = {0};
    if (!whole)
        str_addf(&text, "The lesson did not come to its end. ");
    if (r->failed)
        str_addf(&text, "%u of %u steps would fail here.\n", r->failed, r->steps);
    else if (whole)
        str_addf(&text, "All %u steps work here.\n", r->steps);
    else
        str_add(&text, "\n");
    rehearse_put(r, str_c(&text));
}

/* Start and end. */

static int rehearse_refuse(struct rehearse *r, const struct outcome *o, int status)
{
    autostr struct str text = {0};
    outcome_print(&text, o);
    str_addc(&text, '\n');
    rehearse_put(r, str_c(&text));
    return status;
}

static int rehearse_lesson(struct rehearse *r, const char *terminal)
{
    struct outcome o = {0};
    autostr struct str head = {0}, receipt = {0};
    int64_t start = now_ms();
    if (shell_begin(r->sh, &o) < 0) {
        return rehearse_refuse(r, &o, EXIT_FAILED);
    }
    const struct lesson *l = engine_lesson(shell_engine(r->sh));
    enum stage_kind stage = session_stage(shell_session(r->sh));
    r->recording.lesson = xstrdup(l->id);
    r->recording.stage = stage;
    str_addf(&head, "Rehearsal of %s: %s, on the %s stage\n", l->id, l->title,
             stage == STAGE_REAL ? "real" : "practice");
    rehearse_put(r, str_c(&head));
    bool whole = rehearse_steps(r);
    rehearse_print_time(r, now_ms() - start);
    rehearse_print_programs(r);
    rehearse_put(r, terminal);
    rehearse_save(r);
    bool clean = shell_end(r->sh, &receipt);
    if (!clean)
        rehearse_put(r, str_c(&receipt));
    rehearse_close(r, whole);
    return r->failed || !whole || !clean || r->missing.len ? EXIT_FAILED : EXIT_OK;
}

int rehearse_run(struct loop *l, const struct shell_options *opt, const char *terminal, FILE *out)
{
    struct rehearse r = {.out = out};
    struct outcome o = {0};
    struct shell_options mine = *opt;
    int status = EXIT_FAILED;
    mine.present = mine.rehearse = true;
    r.sh = shell_new(l, &mine, &status, &o);
    if (!r.sh)
        return rehearse_refuse(&r, &o, status);
    shell_set_ui(r.sh, &(struct shell_ui){.say = rehearse_say, .held = rehearse_held, .arg = &r});
    status = rehearse_lesson(&r, terminal);
    shell_free(r.sh);
    rehearsal_clear(&r.recording);
    str_free(&r.trouble);
    str_free(&r.faults);
    str_free(&r.programs);
    str_free(&r.missing);
    return status;
}
