/* The report as comma-separated values, RFC 4180.
 *
 * A spreadsheet takes a cell that starts with = + - @ (or a tab or return before one) for a formula, and a formula can
 * call programs; names come from whoever wrote the export. Such a cell gets an apostrophe in front. */
#include "base/text.h"
#include "lesson/report.h"
#include <string.h>

static void report_csv_cell(struct str *out, const char *text)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_LINE);
    str_add(out, strchr("=+-@", *str_c(&safe)) && safe.len ? "\"'" : "\"");
    for (const char *p = str_c(&safe); *p; p++) {
        if (*p == '"')
            str_addc(out, '"');
        str_addc(out, *p);
    }
    str_add(out, "\",");
}

static void report_csv_step(struct str *out, const struct report_learner *l, const struct report_lesson *lesson,
                            const struct report_step *s)
{
    const struct report_counts *c = &s->counts;
    report_csv_cell(out, l->id);
    report_csv_cell(out, l->name);
    report_csv_cell(out, lesson->id);
    report_csv_cell(out, lesson->title);
    report_csv_cell(out, s->slug);
    report_csv_cell(out, s->title);
    str_addf(out, "%s,%s,%u,%u,%u,%u,%ld,", lesson->done ? "yes" : "no", s->done ? "yes" : "no", c->failed, c->hints,
             c->solutions, c->skips, c->seconds);
    report_date(out, c->first);
    str_addc(out, ',');
    report_date(out, c->last);
    str_add(out, "\r\n");
}

void report_print_csv(const struct report *r, struct str *out)
{
    str_add(out, "learner_id,learner,lesson,lesson_title,step,step_title,lesson_done,done,failed,hints,solutions,skips,"
                 "seconds,first,last\r\n");
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < r->learners[i].nlessons; k++)
            for (size_t s = 0; s < r->learners[i].lessons[k].nsteps; s++)
                report_csv_step(out, &r->learners[i], &r->learners[i].lessons[k], &r->learners[i].lessons[k].steps[s]);
}
