/* porthole test: the lessons judged without a learner, for authors and CI. */
#include "shell/headless.h"
#include "base/text.h"
#include "lesson/engine.h"
#include "lesson/trust.h"
#include "session/doctor.h"
#include "session/watch.h"
#include <string.h>
#include <unistd.h>

struct headless {
    FILE *out;
    struct course *course;
    struct session *session;
    struct engine *engine;
    enum stage_kind stage;
    unsigned passed, failed, skipped; /* steps */
    /* The lesson being judged. */
    const struct lesson *lesson;
    size_t step;     /* the first one not printed yet */
    unsigned judged; /* in that step */
    struct str faults;
};

static void headless_print(struct headless *h, const char *text)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_BLOCK);
    fputs(str_c(&safe), h->out);
}

/* "ok    chroot 2/5  Go in". */
static void headless_step_line(struct headless *h, const char *verdict, const char *more)
{
    autostr struct str line = {0};
    const struct step *s = &h->lesson->steps[h->step];
    str_addf(&line, "%-5s %s %zu/%zu  %s%s\n", verdict, h->lesson->id, h->step + 1, h->lesson->nsteps, s->title, more);
    headless_print(h, str_c(&line));
}

static bool headless_fits(const struct headless *h, const struct step *s)
{
    return s->only == ONLY_BOTH || (s->only == ONLY_REAL) == (h->stage == STAGE_REAL);
}

/* The step is over: its line, and under it what went wrong. */
static void headless_step_end(struct headless *h)
{
    const struct step *s = &h->lesson->steps[h->step];
    if (!headless_fits(h, s)) {
        headless_step_line(h, "skip",
                           h->stage == STAGE_REAL ? " (not on the real stage)" : " (not on the practice stage)");
        h->skipped++;
    } else if (h->faults.len) {
        headless_step_line(h, "FAIL", "");
        headless_print(h, str_c(&h->faults));
        h->failed++;
    } else {
        headless_step_line(h, "ok", h->judged ? "" : " (nothing to judge)");
        h->passed++;
    }
    fflush(h->out);
    h->step++;
    h->judged = 0;
    str_cut(&h->faults, 0);
}

static void headless_add_fault(struct headless *h, int line, const char *text)
{
    str_addf(&h->faults, "      %s:%d: ", h->lesson->path, line);
    for (; *text; text++) {
        str_addc(&h->faults, *text);
        if (*text == '\n' && text[1])
            str_add(&h->faults, "        ");
    }
    if (h->faults.s[h->faults.len - 1] != '\n')
        str_addc(&h->faults, '\n');
}

static void headless_on_report(void *arg, const struct step *step, int line, bool ok, const char *text)
{
    struct headless *h = arg;
    size_t at = step ? (size_t)(step - h->lesson->steps) : 0;
    while (h->step < at && h->step < h->lesson->nsteps)
        headless_step_end(h);
    h->judged++;
    if (!ok)
        headless_add_fault(h, line, text);
}

static void headless_skip_lesson(struct headless *h, const struct outcome *o)
{
    autostr struct str text = {0};
    str_addf(&text, "skip  %s: ", h->lesson->id);
    outcome_print(&text, o);
    str_addc(&text, '\n');
    headless_print(h, str_c(&text));
    h->skipped += (unsigned)h->lesson->nsteps;
}

/* Not run at all, which nobody may take for a pass. */
static bool headless_refused(struct headless *h, const struct lesson *l)
{
    struct outcome o = {0};
    if (h->course->trust || trust_refuse(l, &o) == 0)
        return false;
    autostr struct str text = {0};
    str_add(&text, "FAIL  ");
    outcome_print(&text, &o);
    str_addc(&text, '\n');
    headless_print(h, str_c(&text));
    h->failed++;
    return true;
}

static void headless_lesson(struct headless *h, struct lesson *l)
{
    struct outcome o = {0};
    if (headless_refused(h, l))
        return;
    h->lesson = l;
    h->step = h->judged = 0;
    if (engine_test(h->engine, l, h->stage, headless_on_report, h, &o) < 0) {
        headless_skip_lesson(h, &o);
        return;
    }
    while (h->step < l->nsteps) {
        if (!session_running(h->session) && !h->faults.len)
            headless_add_fault(h, l->steps[h->step].line, "the stage had ended before this step");
        headless_step_end(h);
    }
}

/* A file that cannot be read is a failure, not a lesson less. */
static void headless_on_fault(void *arg, const char *path, int line, bool error, const char *message)
{
    struct headless *h = arg;
    autostr struct str text = {0};
    if (!error)
        return;
    str_addf(&text, "FAIL  %s:%d: %s\n", path, line, message);
    headless_print(h, str_c(&text));
    h->failed++;
}

static void headless_on_output(void *arg, const struct actor *who, const char *bytes, size_t n)
{
    struct headless *h = arg;
    if (h->engine)
        engine_hear(h->engine, bytes, n);
}

static void headless_on_watched(void *arg, const struct watched *w)
{
    struct headless *h = arg;
    if (h->engine)
        engine_hear_call(h->engine, w);
}

/* Slow motion with nobody there: every call waits, and goes on at once. */
static void headless_on_held(void *arg, const struct watched *w)
{
    struct headless *h = arg;
    session_go(h->session, GO_ONE);
}

static int headless_refuse(struct headless *h, const struct outcome *o, int status)
{
    autostr struct str text = {0};
    outcome_print(&text, o);
    str_addc(&text, '\n');
    headless_print(h, str_c(&text));
    return status;
}

static int headless_run_all(struct headless *h, const struct headless_options *opt)
{
    struct outcome o = {0};
    for (size_t i = 0; i < opt->nnames; i++) {
        unsigned faults = h->failed;
        struct lesson *l = course_find(h->course, opt->names[i], headless_on_fault, h, &o);
        if (l)
            headless_lesson(h, l);
        else if (h->failed == faults)
            return headless_refuse(h, &o, EXIT_USAGE);
    }
    for (size_t i = 0; opt->nnames == 0 && i < h->course->n; i++)
        headless_lesson(h, h->course->v[i]);
    fprintf(h->out, "%u passed, %u failed, %u skipped (%s stage)\n", h->passed, h->failed, h->skipped,
            h->stage == STAGE_REAL ? "real" : "practice");
    return h->failed ? EXIT_FAILED : h->passed ? EXIT_OK : EXIT_CANNOT_RUN;
}

static int headless_with_session(struct headless *h, struct loop *l, const struct headless_options *opt)
{
    struct outcome o = {0};
    struct rootfs *image = opt->rootfs ? rootfs_load(opt->rootfs, &o) : rootfs_default(&o);
    if (!image)
        return headless_refuse(h, &o, opt->rootfs ? EXIT_USAGE : EXIT_CANNOT_RUN);
    int status;
    h->session = session_new(l, image, &o);
    if (h->session)
        session_set_events(h->session, &(struct session_events){.output = headless_on_output,
                                                                .watched = headless_on_watched,
                                                                .held = headless_on_held,
                                                                .arg = h});
    h->course = h->session ? course_load(opt->lessons, opt->nnames ? NULL : headless_on_fault, h, &o) : NULL;
    if (h->course) {
        h->course->trust = opt->trust;
        h->engine = engine_new(h->session, h->course, NULL, NULL);
        status = headless_run_all(h, opt);
        engine_free(h->engine);
    } else
        status = headless_refuse(h, &o, h->session ? EXIT_USAGE : EXIT_CANNOT_RUN);
    session_free(h->session);
    course_free(h->course);
    rootfs_free(image);
    return status;
}

int headless_test(struct loop *l, const struct headless_options *opt, FILE *out)
{
    struct headless h = {.out = out};
    autostr struct str why = {0};
    h.stage = opt->stage_given ? opt->stage : geteuid() == 0 ? STAGE_REAL : STAGE_PRACTICE;
    bool works = h.stage == STAGE_REAL ? doctor_stage_real(&why) : doctor_stage_practice(&why);
    if (!works && !opt->stage_given && h.stage == STAGE_REAL) {
        h.stage = STAGE_PRACTICE;
        str_cut(&why, 0);
        works = doctor_stage_practice(&why);
    }
    if (!works) {
        fprintf(out, "nothing can run here: %s\n", str_c(&why));
        return EXIT_CANNOT_RUN;
    }
    int status = headless_with_session(&h, l, opt);
    str_free(&h.faults);
    return status;
}
