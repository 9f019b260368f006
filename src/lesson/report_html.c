/* The report as one page: no script, nothing from elsewhere, readable without its styles. */
#include "base/text.h"
#include "lesson/report.h"
#include <stdlib.h>
#include <string.h>

static const char report_html_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<title>Porthole: progress</title>\n<style>\n"
    "body { font: 16px/1.4 sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #111; background: "
    "#fff }\n"
    "table { border-collapse: collapse; margin: 1em 0 }\n"
    "th, td { border: 1px solid #999; padding: .2em .6em; text-align: left }\n"
    "td.n { text-align: right }\n"
    "tr.lesson td { font-weight: bold; background: #eee }\n"
    "tr.sum td { font-weight: bold; border-top: 3px solid #111 }\n"
    "td.step { padding-left: 2em }\n"
    "</style></head><body>\n<h1>Progress</h1>\n";

static void report_html_text(struct str *out, const char *text)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_LINE);
    for (const char *p = str_c(&safe); *p; p++) {
        if (*p == '&')
            str_add(out, "&amp;");
        else if (*p == '<')
            str_add(out, "&lt;");
        else if (*p == '>')
            str_add(out, "&gt;");
        else if (*p == '"')
            str_add(out, "&quot;");
        else
            str_addc(out, *p);
    }
}

static void report_html_cell(struct str *out, const char *open, const char *text, const char *close)
{
    str_add(out, open);
    report_html_text(out, text);
    str_add(out, close);
}

static void report_html_row(struct str *out, const char *kind, const char *name, const char *state,
                            const struct report_counts *c)
{
    str_addf(out, "<tr class=\"%s\">", kind);
    report_html_cell(out, strcmp(kind, "step") ? "<td>" : "<td class=\"step\">", name, "</td>");
    report_html_cell(out, "<td>", state, "</td>");
    str_addf(out, "<td class=\"n\">%u</td><td class=\"n\">%u</td><td class=\"n\">%u</td><td class=\"n\">%u</td>",
             c->failed, c->hints, c->solutions, c->skips);
    str_add(out, "<td class=\"n\">");
    report_duration(out, c->seconds);
    str_add(out, "</td><td>");
    report_date(out, c->first);
    str_add(out, "</td><td>");
    report_date(out, c->last);
    str_add(out, "</td></tr>\n");
}

static void report_html_section(struct str *out, const struct report_learner *l)
{
    autostr struct str state = {0};
    report_html_cell(out, "<h2>", l->name, "</h2>\n");
    if (*l->id)
        str_addf(out, "<p>learner %.8s</p>\n", l->id);
    if (l->damaged)
        str_addf(out, "<p>%zu damaged line%s in the log, left out.</p>\n", l->damaged, l->damaged == 1 ? "" : "s");
    str_add(out, "<table><tr><th>lesson, step</th><th>done</th><th>failed attempts</th><th>hints</th>"
                 "<th>solutions</th><th>skips</th><th>time</th><th>first</th><th>last</th></tr>\n");
    for (size_t i = 0; i < l->nlessons; i++) {
        const struct report_lesson *lesson = &l->lessons[i];
        str_cut(&state, 0);
        report_state(&state, lesson);
        report_html_row(out, "lesson", report_lesson_title(lesson), str_c(&state), &lesson->counts);
        for (size_t k = 0; k < lesson->nsteps; k++)
            report_html_row(out, "step", report_step_title(&lesson->steps[k]),
                            lesson->steps[k].done      ? "done"
                            : lesson->steps[k].skipped ? "skipped"
                                                       : "",
                            &lesson->steps[k].counts);
    }
    str_cut(&state, 0);
    str_addf(&state, "%zu of %zu lessons", l->lessons_done, l->nlessons);
    report_html_row(out, "sum", "in all", str_c(&state), &l->counts);
    str_add(out, "</table>\n");
}

static void report_html_team(struct str *out, const struct report *r)
{
    size_t n;
    autofree const struct report_lesson **v = report_columns(r, &n);
    str_add(out, "<h2>Team</h2>\n<table><tr><th>learner</th>");
    for (size_t k = 0; k < n; k++)
        report_html_cell(out, "<th>", v[k]->id, "</th>");
    str_add(out, "</tr>\n");
    for (size_t i = 0; i < r->n; i++) {
        report_html_cell(out, "<tr><th>", r->learners[i].name, "</th>");
        for (size_t k = 0; k < n; k++) {
            autostr struct str state = {0};
            report_state(&state, report_find(&r->learners[i], v[k]->id));
            report_html_cell(out, "<td>", str_c(&state), "</td>");
        }
        str_add(out, "</tr>\n");
    }
    str_add(out, "</table>\n");
}

void report_print_html(const struct report *r, struct str *out)
{
    str_add(out, report_html_head);
    if (r->n > 1)
        report_html_team(out, r);
    for (size_t i = 0; i < r->n; i++)
        report_html_section(out, &r->learners[i]);
    str_add(out, "<p>Made ");
    report_date(out, r->made);
    str_addf(out, ". Time is counted from event to event, pauses as %d minutes at most; dates are UTC.</p>\n",
             REPORT_IDLE_CAP / 60);
    str_add(out, "</body></html>\n");
}
