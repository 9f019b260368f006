/* :steps :resume :recorded :black :pause :follow are for the speaker. */
#include "base/text.h"
#include "shell/private.h"
#include "shell/rehearsal.h"
#include <string.h>

CMD(steps)
{
    autostr struct str text = {0};
    for (size_t i = 0; i < shell_steps(sh); i++) {
        shell_step_line(sh, i, &text);
        str_addc(&text, '\n');
    }
    if (!text.len)
        outcome_set(o, 0, "no lesson is open", "", ":lesson NAME starts one");
    else if (sh->ui.show_steps)
        sh->ui.show_steps(sh->ui.arg);
    else {
        shell_say_text(sh, SAY_OUTPUT, str_c(&text));
        shell_say(sh, SAY_INFO, "x: done, >: this one. :goto N jumps.");
    }
    return SHELL_GO_ON;
}

static const struct step *present_step(const struct shell *sh)
{
    const struct lesson *l = engine_lesson(sh->engine);
    size_t step = engine_step(sh->engine);
    return l && step < l->nsteps ? &l->steps[step] : NULL;
}

CMD(resume)
{
    int result = engine_rejoin(sh->engine, o);
    const struct step *s = present_step(sh);
    if (result < 0 || !s)
        return SHELL_GO_ON;
    autostr struct str title = {0};
    text_sanitise(&title, s->title, strlen(s->title), TEXT_LINE);
    shell_say(sh, SAY_INFO, "Step %zu of %zu, %s: %s", engine_step(sh->engine) + 1, shell_steps(sh), str_c(&title),
              result ? "nothing was run beside it."
                     : "the container was rebuilt as it was when the lesson last went on.");
    return SHELL_GO_ON;
}

/* The recording. */

/* The step as it was rehearsed, and worked. The rehearsal is the caller's to clear. */
static const struct rehearsal_step *present_recording(struct shell *sh, struct rehearsal *r)
{
    const struct step *s = present_step(sh);
    if (!s || !rehearsal_load(r, engine_lesson(sh->engine)->id, sh->stage))
        return NULL;
    const struct rehearsal_step *found = rehearsal_find(r, s);
    return found && found->ok ? found : NULL;
}

void shell_present_tell(struct shell *sh)
{
    struct rehearsal r = {0};
    autostr struct str text = {0};
    bool missed = sh->present && engine_missed(sh->engine), again = sh->missed_told;
    sh->missed_told = missed;
    if (!missed || again)
        return;
    const struct rehearsal_step *s = present_recording(sh, &r);
    str_add(&text, "On stage: :resume rebuilds what was before this line, :skip goes on without it");
    if (s) {
        str_add(&text, "; :recorded shows the recording of ");
        rehearsal_print_origin(&text, s);
        str_add(&text, ", labelled");
    }
    shell_say(sh, SAY_INFO, "%s.", str_c(&text));
    rehearsal_clear(&r);
}

/* Each line says that it is not live, however far it is scrolled or cut. */
static void recorded_say(struct shell *sh, const char *text)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_BLOCK);
    for (const char *line = str_c(&safe); *line;) {
        size_t n = text_cut(line, strcspn(line, "\n"), 2000);
        shell_say(sh, SAY_RECORDED, "REC| %.*s", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void recorded_show(struct shell *sh, const struct rehearsal_step *s, size_t from)
{
    autostr struct str origin = {0}, title = {0};
    const struct step *step = present_step(sh);
    rehearsal_print_origin(&origin, s);
    text_sanitise(&title, step->title, strlen(step->title), TEXT_LINE);
    shell_say(sh, SAY_RECORDED, "RECORDING of %s, not live: step %zu, %s", str_c(&origin), engine_step(sh->engine) + 1,
              str_c(&title));
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].at >= from)
            recorded_say(sh, s->v[i].text);
    shell_say(sh, SAY_RECORDED, "End of the RECORDING of %s. What follows is live.", str_c(&origin));
}

CMD(recorded)
{
    struct rehearsal r = {0};
    autostr struct str why = {0};
    const struct rehearsal_step *s = present_recording(sh, &r);
    size_t step = engine_step(sh->engine), from = engine_at(sh->engine);
    if (!s) {
        outcome_set(o, 0, "there is no recording of this step in which it worked, as the lesson is now", "",
                    "`porthole rehearse` makes one; :skip goes on without");
        rehearsal_clear(&r);
        return SHELL_GO_ON;
    }
    recorded_show(sh, s, from < present_step(sh)->nblocks ? from : 0);
    rehearsal_clear(&r);
    int result = engine_pass(sh->engine, &why, o);
    shell_present_mark(sh, step, result ? STEP_MARKED : STEP_RECORDED);
    if (result > 0)
        shell_say(
            sh, SAY_BAD,
            "Not done here: what step %zu does could not be done on this machine, and later steps may miss it. %s",
            step + 1, str_c(&why));
    return SHELL_GO_ON;
}

/* The screen. */

CMD(black)
{
    if (sh->ui.black)
        sh->ui.black(sh->ui.arg);
    else
        shell_say(sh, SAY_INFO, "Linear text cannot be taken back: :pause stops the clock.");
    return SHELL_GO_ON;
}

CMD(pause)
{
    shell_present_pause(sh, true);
    if (sh->ui.black)
        sh->ui.black(sh->ui.arg);
    else
        shell_say(sh, SAY_INFO, "Paused. The clock goes on with the next line.");
    return SHELL_GO_ON;
}

CMD(follow)
{
    bool on = argc < 2 || !strcmp(argv[1], "on");
    if (!on && strcmp(argv[1], "off") != 0)
        outcome_set(o, 0, ":follow is on or off", argv[1], NULL);
    else if (!sh->ui.follow)
        outcome_set(o, 0, "linear text has no screen that others could watch", "", NULL);
    else if (sh->ui.follow(sh->ui.arg, on, o))
        shell_say(
            sh, SAY_INFO,
            on ? "Any user of this machine may watch now: porthole follow. They see the screen, and not the notes."
               : "Only you may watch now.");
    return SHELL_GO_ON;
}

char **cmd_complete_follow(struct shell *sh, const char *word)
{
    struct shell_words words = {0};
    shell_words_add(&words, word, "on");
    shell_words_add(&words, word, "off");
    return shell_words_end(&words);
}
