#include "lesson/report.h"
#include "lesson/progress_line.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void report_free_learner(struct report_learner *l)
{
    for (size_t i = 0; i < l->nlessons; i++) {
        for (size_t k = 0; k < l->lessons[i].nsteps; k++) {
            free(l->lessons[i].steps[k].slug);
            free(l->lessons[i].steps[k].title);
        }
        free(l->lessons[i].steps);
        free(l->lessons[i].id);
        free(l->lessons[i].title);
    }
    free(l->lessons);
    free(l->id);
    free(l->name);
}

void report_free(struct report *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++)
        report_free_learner(&r->learners[i]);
    free(r->learners);
    free(r);
}

/* Counting. */

static const struct lesson *report_in_course(const struct course *c, const char *id)
{
    for (size_t i = 0; c && i < c->n; i++)
        if (!strcmp(c->v[i]->id, id))
            return c->v[i];
    return NULL;
}

static struct report_lesson *report_lesson_at(struct report_learner *l, const char *id, const struct course *c)
{
    for (size_t i = 0; i < l->nlessons; i++)
        if (!strcmp(l->lessons[i].id, id))
            return &l->lessons[i];
    const struct lesson *known = report_in_course(c, id);
    l->lessons = xrealloc(l->lessons, (l->nlessons + 1) * sizeof *l->lessons);
    l->lessons[l->nlessons] = (struct report_lesson){
        .id = xstrdup(id), .title = xstrdup(known ? known->title : ""), .total = known ? known->nsteps : 0};
    return &l->lessons[l->nlessons++];
}

static const struct step *report_in_lesson(const struct lesson *known, const char *slug)
{
    for (size_t i = 0; known && i < known->nsteps; i++)
        if (!strcmp(known->steps[i].slug, slug))
            return &known->steps[i];
    return NULL;
}

static struct report_step *report_step_at(struct report_lesson *l, const char *slug, const struct course *c)
{
    for (size_t i = 0; i < l->nsteps; i++)
        if (!strcmp(l->steps[i].slug, slug))
            return &l->steps[i];
    const struct step *known = report_in_lesson(report_in_course(c, l->id), slug);
    l->steps = xrealloc(l->steps, (l->nsteps + 1) * sizeof *l->steps);
    l->steps[l->nsteps] = (struct report_step){.slug = xstrdup(slug), .title = xstrdup(known ? known->title : "")};
    return &l->steps[l->nsteps++];
}

static void report_count(struct report_counts *c, const struct progress_line *line, long seconds)
{
    c->failed += line->event == PROGRESS_ATTEMPT_FAILED;
    c->hints += line->event == PROGRESS_HINT;
    c->solutions += line->event == PROGRESS_SOLUTION;
    c->skips += line->event == PROGRESS_STEP_SKIPPED;
    c->seconds += seconds;
    if (!c->first)
        c->first = line->when;
    c->last = line->when;
}

/* A step that was skipped once and done later is done. */
static void report_mark(struct report_learner *l, struct report_lesson *lesson, struct report_step *s,
                        enum progress_event event)
{
    if (event == PROGRESS_STEP_SKIPPED)
        s->skipped = true;
    if (event == PROGRESS_STEP_DONE && !s->done) {
        s->done = true;
        lesson->steps_done++;
        l->steps_done++;
    }
    if (event == PROGRESS_LESSON_DONE && !lesson->done) {
        lesson->done = true;
        l->lessons_done++;
    }
}

static long report_gap(const struct progress_line *line, time_t before)
{
    if (!before || line->event == PROGRESS_STARTED || line->when <= before)
        return 0;
    return line->when - before < REPORT_IDLE_CAP ? (long)(line->when - before) : REPORT_IDLE_CAP;
}

static void report_read(struct report_learner *l, const struct progress_file *f, const struct course *c)
{
    time_t before = 0;
    for (size_t i = 0; i < f->n; i++) {
        _cleanup_(progress_line_free)
        struct progress_line line = {0};
        if (!progress_line_parse(f->v[i], strlen(f->v[i]), &line))
            continue;
        long seconds = report_gap(&line, before);
        struct report_lesson *lesson = report_lesson_at(l, line.lesson, c);
        struct report_step *s = report_step_at(lesson, line.step, c);
        report_count(&l->counts, &line, seconds);
        report_count(&lesson->counts, &line, seconds);
        report_count(&s->counts, &line, seconds);
        report_mark(l, lesson, s, line.event);
        before = line.when;
    }
}

/* Order: as the course has it, what it does not have after it, by time. */

static size_t report_lesson_rank(const struct course *c, const char *id)
{
    const struct lesson *known = report_in_course(c, id);
    return known ? (size_t)course_number(c, known) : SIZE_MAX;
}

static size_t report_step_rank(const struct course *c, const char *id, const char *slug)
{
    const struct lesson *known = report_in_course(c, id);
    const struct step *s = report_in_lesson(known, slug);
    return s ? (size_t)(s - known->steps) : SIZE_MAX;
}

/* Insertion sorts: stable, and nobody has done thousands of lessons. */
static void report_sort_steps(struct report_lesson *l, const struct course *c)
{
    for (size_t i = 1; i < l->nsteps; i++) {
        struct report_step s = l->steps[i];
        size_t k = i, rank = report_step_rank(c, l->id, s.slug);
        for (; k && report_step_rank(c, l->id, l->steps[k - 1].slug) > rank; k--)
            l->steps[k] = l->steps[k - 1];
        l->steps[k] = s;
    }
}

static void report_sort_lessons(struct report_learner *l, const struct course *c)
{
    for (size_t i = 0; i < l->nlessons; i++) {
        struct report_lesson lesson = l->lessons[i];
        size_t k = i, rank = report_lesson_rank(c, lesson.id);
        report_sort_steps(&lesson, c);
        for (; k && report_lesson_rank(c, l->lessons[k - 1].id) > rank; k--)
            l->lessons[k] = l->lessons[k - 1];
        l->lessons[k] = lesson;
    }
}

/* Gathering. */

static void report_merge_files(struct progress_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n && files[i].id; k++) {
            if (!files[k].id || !*files[k].id || strcmp(files[i].id, files[k].id) != 0)
                continue;
            progress_file_merge(&files[i], &files[k], NULL);
            if (files[k].damaged > files[i].damaged) /* most likely the same ones */
                files[i].damaged = files[k].damaged;
            free(files[i].name); /* the one given last is the newest */
            files[i].name = steal_ptr(&files[k].name);
            progress_file_free(&files[k]);
        }
    }
}

struct report *report_new(struct progress_file *files, size_t n, const struct course *c)
{
    struct report *r = xcalloc(1, sizeof *r);
    r->learners = xcalloc(n ? n : 1, sizeof *r->learners);
    r->made = time(NULL);
    report_merge_files(files, n);
    for (size_t i = 0; i < n; i++) {
        if (!files[i].id)
            continue;
        struct report_learner *l = &r->learners[r->n++];
        report_read(l, &files[i], c);
        report_sort_lessons(l, c);
        l->damaged = files[i].damaged;
        l->id = steal_ptr(&files[i].id);
        l->name = steal_ptr(&files[i].name);
        r->damaged += l->damaged;
        progress_file_free(&files[i]);
    }
    return r;
}

/* For those who print. */

void report_date(struct str *out, time_t t)
{
    struct tm tm;
    char text[16];
    if (t && strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&t, &tm)))
        str_add(out, text);
}

void report_duration(struct str *out, long seconds)
{
    if (seconds < 60)
        str_addf(out, "%lds", seconds);
    else if (seconds < 3600)
        str_addf(out, "%ldm%02lds", seconds / 60, seconds % 60);
    else if (seconds < 100 * 3600)
        str_addf(out, "%ldh%02ldm", seconds / 3600, seconds / 60 % 60);
    else
        str_addf(out, "%ldh", seconds / 3600);
}

void report_state(struct str *out, const struct report_lesson *l)
{
    if (!l)
        return;
    if (l->done)
        str_add(out, "done");
    else if (l->total)
        str_addf(out, "%zu/%zu", l->steps_done, l->total);
    else
        str_addf(out, "%zu/?", l->steps_done);
}

const char *report_lesson_title(const struct report_lesson *l)
{
    return *l->title ? l->title : l->id;
}

const char *report_step_title(const struct report_step *s)
{
    return *s->title ? s->title : s->slug;
}

const struct report_lesson *report_find(const struct report_learner *l, const char *lesson)
{
    for (size_t i = 0; i < l->nlessons; i++)
        if (!strcmp(l->lessons[i].id, lesson))
            return &l->lessons[i];
    return NULL;
}

static bool report_has_column(const struct report_lesson **v, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(v[i]->id, id))
            return true;
    return false;
}

/* Each learner's lessons are in order, but no learner has them all: a lesson new to the list goes before the first one
 * that comes later in this learner's own row. */
const struct report_lesson **report_columns(const struct report *r, size_t *n)
{
    const struct report_lesson **v = NULL;
    *n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct report_learner *l = &r->learners[i];
        for (size_t k = l->nlessons; k--;) {
            size_t at = *n;
            if (report_has_column(v, *n, l->lessons[k].id))
                continue;
            for (size_t later = k + 1; later < l->nlessons && at == *n; later++)
                for (at = 0; at < *n && strcmp(v[at]->id, l->lessons[later].id) != 0;)
                    at++;
            v = xrealloc(v, (*n + 1) * sizeof *v);
            memmove(v + at + 1, v + at, (*n - at) * sizeof *v);
            v[at] = &l->lessons[k];
            ++*n;
        }
    }
    return v;
}
