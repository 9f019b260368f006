/* porthole report: what learners have done, from this one's log or from exports. */
#include "base/text.h"
#include "lesson/report.h"
#include "shell/headless.h"
#include <stdlib.h>
#include <string.h>

int headless_fail(const struct outcome *o, int status)
{
    autostr struct str text = {0}, safe = {0};
    outcome_print(&text, o);
    text_sanitise(&safe, str_c(&text), text.len, TEXT_LINE);
    fprintf(stderr, "porthole: %s\n", str_c(&safe));
    return status;
}

/* What can be read of what was named. Returns how many; *failed counts the others. */
static size_t report_gather(const struct headless_options *opt, struct progress_file *files, size_t *failed)
{
    struct outcome o = {0};
    size_t n = 0;
    if (!opt->nnames) {
        if (progress_file_own(NULL, false, NULL, &files[0], &o) == 0)
            return 1;
        ++*failed;
        progress_file_free(&files[0]);
        headless_fail(&o, 0);
    }
    for (size_t i = 0; i < opt->nnames; i++) {
        if (progress_file_read(opt->names[i], &files[n], &o) == 0) {
            n++;
            continue;
        }
        ++*failed;
        progress_file_free(&files[n]);
        headless_fail(&o, 0);
    }
    return n;
}

int headless_report(const struct headless_options *opt, enum report_format format, FILE *out)
{
    static void (*const printers[])(const struct report *, struct str *) = {
        [REPORT_TEXT] = report_print_text,
        [REPORT_JSON] = report_print_json,
        [REPORT_CSV] = report_print_csv,
        [REPORT_HTML] = report_print_html,
    };
    autofree struct progress_file *files = xcalloc(opt->nnames + 1, sizeof *files);
    autostr struct str text = {0};
    size_t failed = 0, n = report_gather(opt, files, &failed);
    if (!n)
        return EXIT_FAILED;
    struct course *c = course_load(opt->lessons, NULL, NULL, NULL); /* none: ids must do for titles */
    struct report *r = report_new(files, n, c);
    printers[format](r, &text);
    fputs(str_c(&text), out);
    if (r->damaged && format != REPORT_TEXT && format != REPORT_HTML)
        fprintf(stderr, "porthole: %zu damaged line%s left out\n", r->damaged, r->damaged == 1 ? "" : "s");
    report_free(r);
    course_free(c);
    return failed ? EXIT_FAILED : EXIT_OK;
}
