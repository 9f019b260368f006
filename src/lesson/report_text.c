/* The report as tables of at most 80 columns. */
#include "base/text.h"
#include "lesson/report.h"
#include <stdlib.h>
#include <string.h>

#define REPORT_NAME  24 /* columns of the name */
#define REPORT_CELL  8  /* of a cell of the team's table */
#define REPORT_CELLS 7  /* of them in one row */

/* Appends text, made safe, in exactly that many columns. */
static void report_pad(struct str *out, const char *text, int columns)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_LINE);
    size_t fits = text_fit(str_c(&safe), columns);
    str_cut(&safe, fits);
    str_add(out, str_c(&safe));
    for (int used = text_width(str_c(&safe)); used < columns; used++)
        str_addc(out, ' ');
}

/* Blanks at the end of a line serve nobody. */
static void report_end_line(struct str *out)
{
    while (out->len && out->s[out->len - 1] == ' ')
        str_cut(out, out->len - 1);
    str_addc(out, '\n');
}

/* Nothing is a dot, so that what happened stands out. */
static void report_number(struct str *out, unsigned n)
{
    if (n)
        str_addf(out, " %4u", n);
    else
        str_add(out, "    .");
}

static void report_row(struct str *out, const char *indent, const char *name, const char *state,
                       const struct report_counts *c)
{
    autostr struct str duration = {0}, first = {0}, last = {0}, label = {0};
    report_duration(&duration, c->seconds);
    report_date(&first, c->first);
    report_date(&last, c->last);
    str_addf(&label, "%s%s", indent, name);
    report_pad(out, str_c(&label), REPORT_NAME);
    str_addf(out, " %5s", state);
    report_number(out, c->failed);
    report_number(out, c->hints);
    report_number(out, c->solutions);
    report_number(out, c->skips);
    str_addf(out, " %6s %10s %10s", str_c(&duration), str_c(&first), str_c(&last));
    report_end_line(out);
}

static void report_lesson_rows(struct str *out, const struct report_lesson *l)
{
    autostr struct str state = {0};
    report_state(&state, l);
    report_row(out, "", report_lesson_title(l), str_c(&state), &l->counts);
    for (size_t i = 0; i < l->nsteps; i++)
        report_row(out, "  ", report_step_title(&l->steps[i]),
                   l->steps[i].done      ? "done"
                   : l->steps[i].skipped ? "skip"
                                         : "-",
                   &l->steps[i].counts);
}

static void report_section(struct str *out, const struct report_learner *l)
{
    autostr struct str state = {0};
    report_pad(out, l->name, 60);
    report_end_line(out);
    if (*l->id)
        str_addf(out, "learner %.8s\n", l->id);
    if (l->damaged)
        str_addf(out, "%zu damaged line%s in the log, left out\n", l->damaged, l->damaged == 1 ? "" : "s");
    if (!l->nlessons) {
        str_add(out, "nothing done yet\n");
        return;
    }
    str_addf(out, "\n%-*s  done fail hint  sol skip   time first      last\n", REPORT_NAME, "lesson, step");
    for (size_t i = 0; i < l->nlessons; i++)
        report_lesson_rows(out, &l->lessons[i]);
    str_addf(&state, "%zu/%zu", l->lessons_done, l->nlessons);
    report_row(out, "", "in all, lessons", str_c(&state), &l->counts);
}

/* The team: a row per learner, a column per lesson; as many tables as it takes. */
static void report_team(struct str *out, const struct report *r)
{
    size_t n;
    autofree const struct report_lesson **v = report_columns(r, &n);
    for (size_t from = 0; from < n; from += REPORT_CELLS) {
        size_t to = from + REPORT_CELLS < n ? from + REPORT_CELLS : n;
        report_pad(out, from ? "team, further lessons" : "team", 22);
        for (size_t k = from; k < to; k++) {
            str_addc(out, ' ');
            report_pad(out, v[k]->id, REPORT_CELL - 1);
        }
        report_end_line(out);
        for (size_t i = 0; i < r->n; i++) {
            report_pad(out, r->learners[i].name, 22);
            for (size_t k = from; k < to; k++) {
                autostr struct str state = {0};
                report_state(&state, report_find(&r->learners[i], v[k]->id));
                str_addc(out, ' ');
                report_pad(out, state.len ? state.s : ".", REPORT_CELL - 1);
            }
            report_end_line(out);
        }
        str_addc(out, '\n');
    }
}

void report_print_text(const struct report *r, struct str *out)
{
    if (r->n > 1)
        report_team(out, r);
    for (size_t i = 0; i < r->n; i++) {
        if (i)
            str_addc(out, '\n');
        report_section(out, &r->learners[i]);
    }
    str_addf(out, "\nTime is from event to event, pauses count %d minutes at most; dates are UTC.\n",
             REPORT_IDLE_CAP / 60);
}
