/* The report as JSON. A number is a number, an unknown one is null, times are RFC 3339 in UTC. */
#include "base/json.h"
#include "lesson/report.h"
#include <string.h>

static void report_json_string(struct str *out, const char *key, const char *value)
{
    str_addf(out, "\"%s\": ", key);
    json_add_string(out, value);
    str_add(out, ", ");
}

static void report_json_time(struct str *out, const char *key, time_t t)
{
    struct tm tm;
    char text[32];
    if (t && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm)))
        str_addf(out, "\"%s\": \"%s\"", key, text);
    else
        str_addf(out, "\"%s\": null", key);
}

static void report_json_counts(struct str *out, const struct report_counts *c)
{
    str_addf(out, "\"failed\": %u, \"hints\": %u, \"solutions\": %u, \"skips\": %u, \"seconds\": %ld, ", c->failed,
             c->hints, c->solutions, c->skips, c->seconds);
    report_json_time(out, "first", c->first);
    str_add(out, ", ");
    report_json_time(out, "last", c->last);
}

static const char *report_json_bool(bool b)
{
    return b ? "true" : "false";
}

static void report_json_steps(struct str *out, const struct report_lesson *l)
{
    str_add(out, ", \"steps\": [");
    for (size_t i = 0; i < l->nsteps; i++) {
        const struct report_step *s = &l->steps[i];
        str_add(out, i ? ",\n        {" : "\n        {");
        report_json_string(out, "slug", s->slug);
        report_json_string(out, "title", s->title);
        str_addf(out, "\"done\": %s, ", report_json_bool(s->done));
        report_json_counts(out, &s->counts);
        str_addc(out, '}');
    }
    str_addc(out, ']');
}

static void report_json_lessons(struct str *out, const struct report_learner *l)
{
    str_add(out, ", \"lessons\": [");
    for (size_t i = 0; i < l->nlessons; i++) {
        const struct report_lesson *lesson = &l->lessons[i];
        str_add(out, i ? ",\n      {" : "\n      {");
        report_json_string(out, "id", lesson->id);
        report_json_string(out, "title", lesson->title);
        str_addf(out, "\"done\": %s, \"steps_done\": %zu, ", report_json_bool(lesson->done), lesson->steps_done);
        if (lesson->total)
            str_addf(out, "\"steps_total\": %zu, ", lesson->total);
        else
            str_add(out, "\"steps_total\": null, ");
        report_json_counts(out, &lesson->counts);
        report_json_steps(out, lesson);
        str_addc(out, '}');
    }
    str_addc(out, ']');
}

void report_print_json(const struct report *r, struct str *out)
{
    str_add(out, "{\"format\": 1, ");
    report_json_time(out, "generated", r->made);
    str_addf(out, ", \"idle_cap_seconds\": %d, \"damaged_lines\": %zu, \"learners\": [", REPORT_IDLE_CAP, r->damaged);
    for (size_t i = 0; i < r->n; i++) {
        const struct report_learner *l = &r->learners[i];
        str_add(out, i ? ",\n    {" : "\n    {");
        report_json_string(out, "id", l->id);
        report_json_string(out, "name", l->name);
        str_addf(out, "\"damaged_lines\": %zu, \"lessons_done\": %zu, \"steps_done\": %zu, ", l->damaged,
                 l->lessons_done, l->steps_done);
        report_json_counts(out, &l->counts);
        report_json_lessons(out, l);
        str_addc(out, '}');
    }
    str_add(out, "]}\n");
}
