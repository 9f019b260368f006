/* Whose recording it is: the shell's, since :record begins it and the lesson's steps mark it; but what is recorded
 * comes from the presenter, who knows the terminal. */
#include "shell/record.h"
#include "base/file.h"
#include "base/text.h"
#include "shell/private.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* The file ended before its time: the disk is full. The session goes on. */
static void record_on_trouble(void *arg, int fd, short revents)
{
    struct shell *sh = arg;
    struct outcome o = {0};
    if (record_stop(sh, &o) < 0)
        shell_say_outcome(sh, &o);
}

int record_open(struct shell *sh, const char *path, bool replace, struct outcome *o)
{
    struct record *r = &sh->record;
    autofree char *full = file_from_home(path);
    r->file = recording_open(full, replace, o);
    if (!r->file)
        return -1;
    r->paused = r->away = false;
    loop_watch(sh->loop, recording_bell(r->file), POLLIN, record_on_trouble, sh);
    return 0;
}

/* The next bytes find the terminal as they expect it, and draw everything. */
static void record_show_all(struct shell *sh)
{
    autostr struct str before = {0};
    int cols = 80, rows = 24;
    sh->ui.record(sh->ui.arg, &cols, &rows, &before);
    if (!recording_begun(sh->record.file)) {
        const struct lesson *l = engine_lesson(sh->engine);
        if (!l && sh->lesson)
            l = course_find(sh->course, sh->lesson, NULL, NULL, NULL);
        autofree char *title = xasprintf("Porthole%s%s", l ? ": " : "", l ? l->title : "");
        recording_begin(sh->record.file, &(struct cast_head){.cols = cols,
                                                             .rows = rows,
                                                             .when = time(NULL),
                                                             .title = title,
                                                             .term = getenv("TERM"),
                                                             .shell = getenv("SHELL")});
    }
    recording_output(sh->record.file, str_c(&before), before.len);
}

void record_begin(struct shell *sh)
{
    if (!sh->record.file || !sh->ui.record || recording_begun(sh->record.file))
        return;
    record_show_all(sh);
    sh->record.lesson = NULL;
    sh->record.due = engine_lesson(sh->engine);
}

int record_stop(struct shell *sh, struct outcome *o)
{
    struct record *r = &sh->record;
    free(r->path);
    r->path = recording_begun(r->file) ? xstrdup(recording_path(r->file)) : NULL;
    r->ms = recording_ms(r->file);
    loop_unwatch(sh->loop, recording_bell(r->file));
    int result = recording_close(r->file, o);
    r->file = NULL;
    return result;
}

/* Paused by the learner or by the presenter, who do not know of each other. */
static void record_settle(struct shell *sh)
{
    struct record *r = &sh->record;
    bool pause = r->paused || r->away;
    if (!r->file || !recording_begun(r->file) || pause == recording_paused(r->file))
        return;
    if (pause) {
        recording_pause(r->file);
    } else {
        recording_resume(r->file);
        record_show_all(sh);
    }
}

void record_pause(struct shell *sh, bool pause)
{
    sh->record.paused = pause;
    record_settle(sh);
}

/* Steps. */

void record_step(struct shell *sh)
{
    struct record *r = &sh->record;
    r->due |= engine_lesson(sh->engine) != r->lesson || engine_step(sh->engine) != r->step;
}

/* The marker stands behind what shows the step: who jumps there sees it. */
static void record_mark(struct shell *sh)
{
    const struct lesson *l = engine_lesson(sh->engine);
    size_t step = engine_step(sh->engine);
    autostr struct str label = {0};
    if (!l || step >= l->nsteps)
        return;
    text_sanitise(&label, l->id, strlen(l->id), TEXT_LINE);
    str_addf(&label, " · step %zu/%zu ", step + 1, l->nsteps);
    text_sanitise(&label, l->steps[step].title, strlen(l->steps[step].title), TEXT_LINE);
    recording_mark(sh->record.file, str_c(&label));
    sh->record.due = false;
    sh->record.lesson = l;
    sh->record.step = step;
}

/* From presenters. */

void shell_shown(struct shell *sh, const char *bytes, size_t n)
{
    struct record *r = &sh->record;
    if (!r->file || recording_paused(r->file))
        return;
    recording_output(r->file, bytes, n);
    if (r->due && recording_begun(r->file))
        record_mark(sh);
}

void shell_resized(struct shell *sh, int cols, int rows)
{
    if (sh->record.file)
        recording_resize(sh->record.file, cols, rows);
}

void shell_away(struct shell *sh, bool away)
{
    sh->record.away = away;
    record_settle(sh);
}

void shell_record_end(struct shell *sh)
{
    struct outcome o = {0};
    if (!sh->record.file)
        return;
    sh->record.unsaid = true;
    if (record_stop(sh, &o) < 0)
        outcome_print(&sh->record.trouble, &o);
}

void record_print_length(int64_t ms, struct str *out)
{
    str_addf(out, "%lld:%02lld", (long long)(ms / 60000), (long long)(ms / 1000 % 60));
}

void record_print_last(const struct shell *sh, struct str *out)
{
    const struct record *r = &sh->record;
    if (!r->path)
        return;
    str_add(out, "Recorded ");
    record_print_length(r->ms, out);
    str_add(out, " in ");
    text_sanitise(out, r->path, strlen(r->path), TEXT_LINE);
    str_add(out, "; `porthole play` shows it.");
}

void record_receipt(struct shell *sh, struct str *out)
{
    shell_record_end(sh);
    if (!sh->record.unsaid)
        return;
    size_t before = out->len;
    if (sh->record.trouble.len)
        str_add(out, sh->record.trouble.s);
    else
        record_print_last(sh, out);
    if (out->len > before)
        str_addc(out, '\n');
}

void record_free(struct shell *sh)
{
    shell_record_end(sh);
    free(sh->record.path);
    str_free(&sh->record.trouble);
}
