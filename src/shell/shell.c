/* The shell's life. Order matters at the start: the session forks its warden before anything opens a terminal or many
 * descriptors; the lessons come after it. */
#include "base/file.h"
#include "base/text.h"
#include "lesson/trust.h"
#include "session/doctor.h"
#include "shell/private.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Talking to the presenter. */

void shell_say_text(struct shell *sh, enum say kind, const char *text)
{
    if (kind != SAY_OUTPUT)
        shell_flush_output(sh);
    pages_say(sh, kind, text);
    if (sh->ui.say)
        sh->ui.say(sh->ui.arg, kind, text);
    if (kind == SAY_CALL)
        shell_tell_gone(sh);
}

/* Who ended is told after the call that ended it. */
void shell_tell_gone(struct shell *sh)
{
    struct str text = sh->gone;
    sh->gone = (struct str){0};
    if (text.len)
        shell_say_text(sh, SAY_INFO, text.s);
    str_free(&text);
}

void shell_say(struct shell *sh, enum say kind, const char *fmt, ...)
{
    autostr struct str text = {0};
    va_list ap;
    va_start(ap, fmt);
    str_vaddf(&text, fmt, ap);
    va_end(ap);
    shell_say_text(sh, kind, str_c(&text));
}

void shell_say_outcome(struct shell *sh, const struct outcome *o)
{
    autostr struct str text = {0};
    outcome_print(&text, o);
    shell_say_text(sh, SAY_ERROR, str_c(&text));
}

void shell_changed(struct shell *sh)
{
    if (sh->ui.changed)
        sh->ui.changed(sh->ui.arg);
}

static void shell_on_session_changed(void *arg)
{
    struct shell *sh = arg;
    if (sh->host.watch)
        watch_poke(sh->host.watch);
    if (sh->container.watch)
        watch_poke(sh->container.watch);
    shell_machine_note(sh);
    shell_changed(sh);
}

static void shell_on_gone(void *arg, const struct actor *who)
{
    struct shell *sh = arg;
    if (!sh->engine || engine_silent(sh->engine))
        return;
    str_addf(&sh->gone, "%s%s (pid %d%s%s) has ended.%s", sh->gone.len ? "\n" : "", who->name, (int)who->host_pid,
             who->program[0] ? ", " : "", who->program,
             who->id == 1 ? " Nobody makes the host side's calls now: :reset builds a fresh stage." : "");
    const struct actor *heir = session_side_actor(sh->session, who->side);
    if (who->was_driven && heir && heir->state != ACTOR_DEAD)
        str_addf(&sh->gone,
                 session_side(sh->session) == who->side ? " You drive %s again." : " Its side drives %s again.",
                 heir->name);
    if (!sh->evaluating)
        shell_tell_gone(sh);
}

/* What the engine says. */

/* Which stage this is, and where the practice host is in the machine's own tree: a process there has three pids. */
void shell_say_stage(struct shell *sh)
{
    autostr struct str text = {0};
    str_add(&text, session_stage_words(sh->session));
    if (session_stage(sh->session) == STAGE_PRACTICE)
        str_addf(&text, " Its process 1 is pid %d in this machine's own process tree.",
                 (int)session_root_pid(sh->session));
    shell_say_text(sh, SAY_INFO, str_c(&text));
}

/* The first words of a session, once its stage is known and before the lesson speaks. */
static void shell_welcome(struct shell *sh)
{
    if (sh->trace || sh->welcomed || !session_running(sh->session))
        return;
    sh->welcomed = true;
    shell_say(sh, SAY_TITLE, "Porthole: a container, one system call at a time");
    shell_say_stage(sh);
    if (sh->notes.len)
        shell_say_text(sh, SAY_INFO, sh->notes.s);
    shell_say(sh, SAY_INFO,
              sh->present
                  ? "Any key types the next line, Enter runs it; Esc is for a line of your own, : for a command."
                  : "Enter goes on, :help lists the commands, :quit ends.");
}

static void shell_on_engine_say(void *arg, enum say kind, const char *text)
{
    shell_welcome(arg);
    shell_say_text(arg, kind, text);
}

static void shell_on_engine_step(void *arg)
{
    struct shell *sh = arg;
    record_step(sh);
    shell_present_step(sh);
    if (sh->ui.step)
        sh->ui.step(sh->ui.arg);
    shell_changed(sh);
}

static void shell_on_engine_view(void *arg, const char *name)
{
    struct shell *sh = arg;
    const struct view *v = view_find(name);
    if (v)
        sh->view = v;
    shell_changed(sh);
}

/* The stage. */

/* Real as root, as in the article; practice for everyone else, and where real cannot be had. */
static int shell_choose_stage(struct shell *sh, const struct shell_options *opt, struct outcome *o)
{
    autostr struct str why = {0};
    sh->stage_given = opt->stage_given;
    sh->stage = opt->stage_given ? opt->stage : geteuid() == 0 ? STAGE_REAL : STAGE_PRACTICE;
    if (sh->stage == STAGE_REAL) {
        if (doctor_stage_real(&why))
            return 0;
        if (sh->stage_given)
            return outcome_set(o, 0, "the real stage cannot run here", "", "%s", str_c(&why));
        str_addf(&sh->notes, "The real stage cannot run here (%s), so this is the practice stage.\n", str_c(&why));
        str_cut(&why, 0);
        sh->stage = STAGE_PRACTICE;
    }
    if (doctor_stage_practice(&why))
        return 0;
    return outcome_set(o, 0, "the practice stage cannot run here", "", "%s", str_c(&why));
}

/* Coming and going. */

static void shell_on_fault(void *arg, const char *path, int line, bool error, const char *message)
{
    struct shell *sh = arg;
    if (error)
        str_addf(&sh->notes, "%s:%d: %s\n", path, line, message);
}

static int shell_open_session(struct shell *sh, struct outcome *o)
{
    sh->session = session_new(sh->loop, sh->image, o);
    if (!sh->session)
        return -1;
    session_set_events(sh->session, &(struct session_events){.output = shell_on_output,
                                                             .changed = shell_on_session_changed,
                                                             .gone = shell_on_gone,
                                                             .watched = shell_on_watched,
                                                             .held = shell_on_held,
                                                             .terminal = shell_on_terminal,
                                                             .arg = sh});
    return 0;
}

/* A presentation is nobody's progress, and has a place of its own to be resumed at. */
static struct progress *shell_open_progress(const struct shell_options *opt)
{
    autofree char *state = user_state_dir();
    autofree char *dir = xasprintf("%s/present", state);
    return progress_open(opt->present ? dir : NULL);
}

/* Everything that lessons need. */
static int shell_open_course(struct shell *sh, const struct shell_options *opt, int *status, struct outcome *o)
{
    if (shell_choose_stage(sh, opt, o) < 0)
        return -1;
    *status = opt->rootfs ? EXIT_USAGE : EXIT_CANNOT_RUN;
    sh->image = opt->rootfs ? rootfs_load(opt->rootfs, o) : rootfs_default(o);
    if (!sh->image)
        return -1;
    *status = EXIT_FAILED;
    if (shell_open_session(sh, o) < 0)
        return -1;
    if (*rootfs_notes(sh->image))
        str_addf(&sh->notes, "%s\n", rootfs_notes(sh->image));
    *status = EXIT_USAGE;
    sh->course = course_load(opt->lessons, shell_on_fault, sh, o);
    struct lesson *l = sh->course && sh->lesson ? course_find(sh->course, sh->lesson, shell_on_fault, sh, o) : NULL;
    if (!sh->course || (sh->lesson && !l))
        return -1;
    *status = EXIT_FAILED;
    sh->course->trust = opt->trust;
    if (l && !opt->trust && trust_refuse(l, o) < 0)
        return -1;
    if (!opt->rehearse)
        sh->progress = shell_open_progress(opt);
    return 0;
}

struct shell *shell_new(struct loop *l, const struct shell_options *opt, int *status, struct outcome *o)
{
    struct shell *sh = xcalloc(1, sizeof *sh);
    sh->loop = l;
    sh->calls = ticker_new();
    sh->host.fd = sh->container.fd = -1;
    sh->lesson = xstrdup(opt->lesson);
    sh->trace = opt->trace;
    sh->theme = theme_choose(opt->theme);
    sh->view = view_find("processes");
    *status = EXIT_CANNOT_RUN;
    if ((sh->trace ? shell_open_session(sh, o) : shell_open_course(sh, opt, status, o)) < 0) {
        shell_free(sh);
        return NULL;
    }
    sh->engine = engine_new(
        sh->session, sh->course, sh->progress,
        &(struct engine_ui){
            .say = shell_on_engine_say, .step = shell_on_engine_step, .view = shell_on_engine_view, .arg = sh});
    *status = EXIT_FAILED;
    if (opt->record && record_open(sh, opt->record, opt->force, o) < 0) {
        shell_free(sh);
        return NULL;
    }
    if (opt->present)
        shell_present_open(sh, opt->follow);
    *status = EXIT_OK;
    return sh;
}

enum theme shell_theme(const struct shell *sh)
{
    return sh->theme;
}

void shell_set_ui(struct shell *sh, const struct shell_ui *ui)
{
    sh->ui = *ui;
}

/* Back to the saved place, on the stage it was on. When another one was asked for, or that one cannot run here any
 * more: to the start of its step, as the solutions of the steps before leave it. */
static int shell_resume(struct shell *sh, struct outcome *o)
{
    _cleanup_(progress_place_free)
    struct progress_place place = {0};
    if (!progress_load(sh->progress, &place))
        return 1;
    enum stage_kind was = place.stage == STAGE_REAL ? STAGE_REAL : STAGE_PRACTICE;
    if (!sh->stage_given && was != sh->stage &&
        (was == STAGE_REAL ? doctor_stage_real(NULL) : doctor_stage_practice(NULL)))
        sh->stage = was;
    if (was == sh->stage)
        return engine_resume(sh->engine, o);
    struct lesson *l = place.lesson ? course_find(sh->course, place.lesson, NULL, NULL, NULL) : NULL;
    size_t step = 0;
    while (l && place.step && step < l->nsteps && strcmp(l->steps[step].slug, place.step))
        step++;
    return l ? engine_start(sh->engine, l, step < l->nsteps ? step : 0, sh->stage, o) : 1;
}

static struct lesson *shell_first_lesson(struct shell *sh)
{
    for (size_t i = 0; i < sh->course->n; i++)
        if (!progress_lesson_done(sh->progress, sh->course->v[i]->id))
            return sh->course->v[i];
    return sh->course->n ? sh->course->v[0] : NULL;
}

static int shell_begin_lesson(struct shell *sh, struct outcome *o)
{
    const char *trouble = sh->progress ? progress_trouble(sh->progress) : NULL;
    if (trouble)
        str_addf(&sh->notes, "%s\n", trouble);
    struct lesson *l = sh->lesson ? course_find(sh->course, sh->lesson, NULL, NULL, o) : NULL;
    if (sh->lesson && !l)
        return -1;
    if (l)
        return engine_start(sh->engine, l, 0, sh->stage, o);
    struct outcome trouble_resuming = {0};
    int resumed = shell_resume(sh, &trouble_resuming);
    if (resumed == 0)
        return 0;
    if (resumed < 0) {
        autostr struct str text = {0};
        outcome_print(&text, &trouble_resuming);
        str_addf(&sh->notes, "Where you were could not be rebuilt: %s\n", str_c(&text));
    }
    l = shell_first_lesson(sh);
    if (!l)
        return outcome_set(o, 0, "there are no lessons", sh->course->dir, NULL);
    return engine_start(sh->engine, l, 0, sh->stage, o);
}

int shell_begin(struct shell *sh, struct outcome *o)
{
    record_begin(sh);
    if (sh->trace)
        return shell_machine_start(sh, o);
    int result = shell_begin_lesson(sh, o);
    if (result == 0)
        shell_present_begin(sh);
    return result;
}

bool shell_end(struct shell *sh, struct str *receipt)
{
    shell_flush_output(sh);
    shell_unfollow(sh);
    engine_stop(sh->engine);
    session_stop(sh->session);
    record_receipt(sh, receipt);
    return session_receipt(sh->session, receipt);
}

void shell_free(struct shell *sh)
{
    if (!sh)
        return;
    sh->ui = (struct shell_ui){0};
    shell_unfollow(sh);
    record_free(sh);
    pages_free(sh);
    shell_present_close(sh);
    engine_free(sh->engine);
    session_free(sh->session);
    shell_flush_output(sh);
    progress_free(sh->progress);
    course_free(sh->course);
    rootfs_free(sh->image);
    str_free(&sh->notes);
    str_free(&sh->gone);
    ticker_free(sh->calls);
    free(sh->said_reason);
    free(sh->program_why);
    free(sh->lesson);
    free(sh);
}

struct engine *shell_engine(const struct shell *sh)
{
    return sh->engine;
}

bool shell_teaches(const struct shell *sh)
{
    return !sh->trace;
}

struct session *shell_session(const struct shell *sh)
{
    return sh->session;
}

const struct view *shell_view(const struct shell *sh)
{
    return sh->view;
}

void shell_interrupt(struct shell *sh)
{
    session_interrupt(sh->session);
}

void shell_give_up(struct shell *sh)
{
    session_give_up(sh->session);
}
