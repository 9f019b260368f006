/* porthole list and porthole lint: what is known about lesson files without running them. */
#include "base/json.h"
#include "base/text.h"
#include "lesson/course.h"
#include "lesson/progress.h"
#include "shell/headless.h"
#include <string.h>

/* List. */

static void list_string(FILE *out, const char *text)
{
    autostr struct str quoted = {0};
    json_add_string(&quoted, text);
    fputs(str_c(&quoted), out);
}

static void list_member(FILE *out, const char *name, const char *value)
{
    fprintf(out, ", \"%s\": ", name);
    list_string(out, value);
}

static void list_array(FILE *out, const char *name, char **v)
{
    fprintf(out, ", \"%s\": [", name);
    for (size_t i = 0; v[i]; i++) {
        fputs(i ? ", " : "", out);
        list_string(out, v[i]);
    }
    fputc(']', out);
}

static void list_json(FILE *out, const struct course *c, struct progress *p)
{
    fputs("[\n", out);
    for (size_t i = 0; i < c->n; i++) {
        const struct lesson *l = c->v[i];
        fprintf(out, "  {\"number\": %d, \"minutes\": %d, \"done\": %s", course_number(c, l), l->minutes,
                progress_lesson_done(p, l->id) ? "true" : "false");
        list_member(out, "id", l->id);
        list_member(out, "title", l->title);
        list_member(out, "goal", l->goal);
        list_member(out, "after", l->after);
        list_member(out, "view", l->view && *l->view ? l->view : "processes");
        list_member(out, "pack", course_pack(c, l)->name);
        fprintf(out, ", \"foreign\": %s", l->foreign ? "true" : "false");
        list_member(out, "path", l->path);
        list_array(out, "needs", l->needs);
        list_array(out, "man", l->man);
        fputs(", \"steps\": [", out);
        for (size_t k = 0; k < l->nsteps; k++) {
            fputs(k ? ", " : "", out);
            list_string(out, l->steps[k].title);
        }
        fprintf(out, "]}%s\n", i + 1 < c->n ? "," : "");
    }
    fputs("]\n", out);
}

/* Where there are several packs, each begins with its name. */
static void list_pack(FILE *out, const struct course *c, size_t i)
{
    const struct pack *pack = course_pack(c, c->v[i]);
    autostr struct str line = {0}, safe = {0};
    if (c->npacks < 2 || pack->first != i)
        return;
    str_addf(&line, "%s (%s)", pack->name, pack->dir);
    text_sanitise(&safe, str_c(&line), line.len, TEXT_LINE);
    fprintf(out, "%s%s\n", i ? "\n" : "", str_c(&safe));
}

static void list_table(FILE *out, const struct course *c, struct progress *p)
{
    for (size_t i = 0; i < c->n; i++) {
        autostr struct str line = {0}, safe = {0};
        const struct lesson *l = c->v[i];
        list_pack(out, c, i);
        str_addf(&line, "%2d  %-12s %s", course_number(c, l), l->id, l->title);
        if (l->minutes > 0)
            str_addf(&line, " (%d min)", l->minutes);
        if (progress_lesson_done(p, l->id))
            str_add(&line, " done");
        if (strchr(l->id, '/'))
            str_addf(&line, " (\"%s\" alone is that of another pack)", strchr(l->id, '/') + 1);
        if (l->foreign)
            str_add(&line, " (not yours: --trust)");
        text_sanitise(&safe, str_c(&line), line.len, TEXT_LINE);
        fprintf(out, "%s\n", str_c(&safe));
    }
}

struct listing {
    FILE *out;
    size_t errors, warnings;
};

static void listing_on_fault(void *arg, const char *path, int line, bool error, const char *message)
{
    struct listing *l = arg;
    autostr struct str text = {0}, safe = {0};
    str_addf(&text, "%s:%d: %s: %s", path, line, error ? "error" : "warning", message);
    text_sanitise(&safe, str_c(&text), text.len, TEXT_LINE);
    fprintf(l->out, "%s\n", str_c(&safe));
    if (error)
        l->errors++;
    else
        l->warnings++;
}

static void listing_on_load(void *arg, const char *path, int line, bool error, const char *message)
{
    if (error)
        listing_on_fault(arg, path, line, error, message);
}

int headless_list(const struct headless_options *opt, bool json, FILE *out)
{
    struct listing faults = {.out = stderr};
    struct outcome o = {0};
    struct course *c = course_load(opt->lessons, listing_on_load, &faults, &o);
    if (!c) {
        autostr struct str text = {0};
        outcome_print(&text, &o);
        fprintf(stderr, "porthole: %s\n", str_c(&text));
        return EXIT_USAGE;
    }
    struct progress *p = progress_open(NULL);
    if (json)
        list_json(out, c, p);
    else
        list_table(out, c, p);
    progress_free(p);
    course_free(c);
    return faults.errors ? EXIT_FAILED : EXIT_OK;
}

/* Lint. */

int headless_lint(char *const *files, size_t n, FILE *out)
{
    struct listing faults = {.out = out};
    for (size_t i = 0; i < n; i++) {
        _cleanup_(lesson_freep)
        struct lesson *l = lesson_load(files[i], listing_on_fault, &faults);
        if (!l)
            continue;
        lesson_lint_shell(l, listing_on_fault, &faults);
        lesson_lint(l, listing_on_fault, &faults);
    }
    fprintf(out, "%zu file%s, %zu error%s, %zu warning%s\n", n, n == 1 ? "" : "s", faults.errors,
            faults.errors == 1 ? "" : "s", faults.warnings, faults.warnings == 1 ? "" : "s");
    return faults.errors ? EXIT_FAILED : EXIT_OK;
}
