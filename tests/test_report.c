/* Exports of progress, their union, and what the report makes of them. */
#include "support.h"
#include "temp.h"

#include "base/file.h"
#include "base/text.h"
#include "lesson/course.h"
#include "lesson/progress.h"
#include "lesson/progress_file.h"
#include "lesson/report.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char dir[TEMP_PATH];
static struct str text;

static int make_dir(void **state)
{
    temp_make(dir);
    return 0;
}

static int drop_dir(void **state)
{
    temp_remove(dir);
    str_free(&text);
    return 0;
}

#define DAY "2026-03-01T"
#define ADA "porthole progress 1\nlearner: 0123456789abcdef0123456789abcdef\nname: Ada\n"
#define BOB "porthole progress 1\nlearner: fedcba9876543210fedcba9876543210\nname: Bob\n"
#define MORN                                                                                                           \
    DAY "09:00:00Z started kill one\n" DAY "09:01:00Z attempt-failed kill one\n" DAY                                   \
        "09:01:00Z attempt-failed kill one\n" DAY "09:03:00Z hint kill one\n" DAY "09:04:00Z step-done kill one\n"
#define NOON                                                                                                           \
    DAY "12:00:00Z started kill two\n" DAY "12:59:00Z step-done kill two\n" DAY "12:59:00Z lesson-done kill two\n"

static void put(const char *name, const char *content)
{
    autofree char *path = xasprintf("%s/%s", dir, name);
    unlink(path);
    assert_true(file_append(path, content, strlen(content)));
}

static int read_as(const char *name, struct progress_file *f, struct outcome *o)
{
    autofree char *path = xasprintf("%s/%s", dir, name);
    return progress_file_read(path, f, o);
}

/* The report on the named files, NULL-terminated. */
static struct report *report_on(const char *const *names, const struct course *c)
{
    struct progress_file files[8];
    size_t n = 0;
    for (; names[n]; n++)
        assert_int_equal(read_as(names[n], &files[n], NULL), 0);
    return report_new(files, n, c);
}

static void print(void (*printer)(const struct report *, struct str *), const struct report *r)
{
    str_cut(&text, 0);
    printer(r, &text);
}

static void expect(const char *what)
{
    if (!strstr(str_c(&text), what))
        fail_msg("not printed: %s\n--- printed:\n%s", what, str_c(&text));
}

static void expect_not(const char *what)
{
    if (strstr(str_c(&text), what))
        fail_msg("printed: %s\n--- printed:\n%s", what, str_c(&text));
}

static void test_counts(void **state)
{
    put("a", ADA "lines: 8\n\n" MORN NOON);
    struct report *r = report_on((const char *const[]){"a", NULL}, NULL);
    assert_int_equal(r->n, 1);
    const struct report_learner *l = &r->learners[0];
    assert_string_equal(l->name, "Ada");
    assert_int_equal(l->damaged, 0);
    assert_int_equal(l->lessons_done, 1);
    assert_int_equal(l->steps_done, 2);
    assert_int_equal(l->counts.failed, 2);
    assert_int_equal(l->counts.hints, 1);
    /* Four minutes in the morning. The hours before a start are nobody's; an hour without a sign counts as ten minutes.
     */
    assert_int_equal(l->counts.seconds, 240 + REPORT_IDLE_CAP);
    assert_int_equal(l->lessons[0].steps[0].counts.seconds, 240);
    assert_int_equal(l->lessons[0].steps[1].counts.seconds, REPORT_IDLE_CAP);
    assert_int_equal(l->counts.last - l->counts.first, (3 * 60 + 59) * 60);
    report_free(r);
}

static void test_union(void **state)
{
    put("morning", ADA "lines: 5\n\n" MORN);
    put("all", ADA "lines: 8\n\n" MORN NOON);
    put("noon", ADA "lines: 3\n\n" NOON);
    static const char *const cases[][5] = {
        {"all", "all", "all"}, {"morning", "all"}, {"noon", "morning", "all"}, {"noon", "morning"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct report *r = report_on(cases[i], NULL);
        assert_int_equal(r->n, 1);
        assert_int_equal(r->learners[0].counts.failed, 2); /* twice in one second is twice */
        assert_int_equal(r->learners[0].counts.hints, 1);
        assert_int_equal(r->learners[0].counts.seconds, 240 + REPORT_IDLE_CAP);
        report_free(r);
    }
}

static void test_damage(void **state)
{
    put("a", ADA "lines: 6\n\n" MORN "garbage\n" DAY "99:00:00Z hint kill one\n" DAY "10:00:00Z hint kil");
    put("cut", ADA "lines: 8\n\n" MORN);
    put("nul", ADA "lines: 5\n\n" MORN DAY "10:00:00Z hint k\x1bll one\n");
    struct progress_file f;
    assert_int_equal(read_as("a", &f, NULL), 0);
    assert_int_equal(f.n, 5);
    assert_int_equal(f.damaged, 3);
    progress_file_free(&f);
    assert_int_equal(read_as("cut", &f, NULL), 0);
    assert_int_equal(f.damaged, 3); /* those that are not there */
    progress_file_free(&f);
    assert_int_equal(read_as("nul", &f, NULL), 0);
    assert_int_equal(f.damaged, 1);
    progress_file_free(&f);
    struct report *r = report_on((const char *const[]){"a", NULL}, NULL);
    print(report_print_text, r);
    expect("3 damaged lines");
    report_free(r);
}

static void test_refused(void **state)
{
    static const struct {
        const char *content, *said;
    } cases[] = {
        {"porthole progress 2\nlearner: x\n", "format 2, and this porthole reads format 1: update"},
        {"porthole progress 1x\n", "update"},
        {"porthole progress 1\nlearner: 12\nname: A\nlines: 1\n\n" MORN, "its head is damaged"},
        {"porthole progress 1\n", "its head is damaged"},
        {"", "no progress in it"},
        {"root:x:0:0:root:/root:/bin/bash\n", "no progress in it"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct progress_file f;
        struct outcome o = {0};
        put("x", cases[i].content);
        assert_int_equal(read_as("x", &f, &o), -1);
        progress_file_free(&f);
        if (!strstr(o.hint, cases[i].said))
            fail_msg("%zu: %s", i, o.hint);
    }
    struct progress_file f;
    struct outcome o = {0};
    assert_int_equal(read_as("absent", &f, &o), -1);
    assert_int_equal(o.err, 2);
    progress_file_free(&f);
}

/* Titles, order and totals are the course's; what it does not know comes last. */
static void test_course(void **state)
{
    put("01-a.md", "---\nformat: 1\nid: a\ntitle: The first\n---\n## One step\nx\n## Two\nx\n");
    put("02-kill.md", "---\nformat: 1\nid: kill\ntitle: The second\n---\n## One\nx\n");
    put("log", DAY "08:00:00Z step-done old gone\n" MORN DAY "10:00:00Z step-done a two\n" DAY
                   "11:00:00Z step-skipped a one-step\n");
    struct outcome o = {0};
    struct course *c = course_load(dir, NULL, NULL, &o);
    assert_non_null(c);
    struct report *r = report_on((const char *const[]){"log", NULL}, c);
    const struct report_learner *l = &r->learners[0];
    assert_int_equal(l->nlessons, 3);
    assert_string_equal(l->lessons[0].title, "The first");
    assert_string_equal(l->lessons[0].steps[0].title, "One step");
    assert_string_equal(l->lessons[0].steps[1].slug, "two");
    assert_int_equal(l->lessons[0].total, 2);
    assert_string_equal(l->lessons[1].id, "kill");
    assert_string_equal(l->lessons[2].id, "old");
    assert_string_equal(l->lessons[2].title, "");
    print(report_print_text, r);
    expect("The first                  1/2");
    expect("old                        1/?");
    report_free(r);
    course_free(c);
}

static void test_team(void **state)
{
    put("a", ADA "lines: 5\n\n" MORN);
    put("b", BOB "lines: 4\n\n" NOON DAY "13:00:00Z started proc x\n");
    put("b2", BOB "lines: 3\n\n" NOON);
    struct report *r = report_on((const char *const[]){"a", "b", "b2", NULL}, NULL);
    assert_int_equal(r->n, 2);
    print(report_print_text, r);
    expect(
        "team                   kill    proc\nAda                    1/?     .\nBob                    done    0/?\n");
    for (const char *line = str_c(&text); *line; line += strcspn(line, "\n") + 1) {
        autofree char *one = xstrndup(line, strcspn(line, "\n"));
        assert_true(text_width(one) <= 80);
    }
    print(report_print_html, r);
    expect("<tr><th>Ada</th><td>1/?</td><td></td></tr>");
    report_free(r);
}

/* Names and ids are whatever the file says. */
static void test_hostile(void **state)
{
    put("a", "porthole progress 1\nlearner: 0123456789abcdef0123456789abcdef\n"
             "name: =cmd|'/c calc'!A1 \x1b]0;x\x07 \"<script>alert(1)</script>\"\nlines: 2\n\n" DAY
             "09:00:00Z hint @x,\"y +z\n" DAY "09:00:00Z hint <b>&amp; \xff-\xe2\x80\xae\n");
    struct report *r = report_on((const char *const[]){"a", NULL}, NULL);
    void (*const printers[])(const struct report *, struct str *) = {report_print_text, report_print_json,
                                                                     report_print_csv, report_print_html};
    for (size_t i = 0; i < COUNT(printers); i++) {
        print(printers[i], r);
        expect_not("\x1b");
        expect_not("\x07");
        expect_not("\xff");
        expect_not("\xe2\x80\xae");
    }
    print(report_print_csv, r);
    expect(",\"'=cmd|'/c calc'!A1 ");
    expect(",\"'@x,\"\"y\",");
    expect(",\"'+z\",");
    expect_not("\n\n");
    print(report_print_html, r);
    expect("&lt;script&gt;");
    expect("&lt;b&gt;&amp;amp;");
    expect_not("<script");
    expect_not("http://");
    expect_not("src=");
    report_free(r);
}

static void test_own(void **state)
{
    struct progress_file f = {0}, again = {0}, read = {0};
    struct outcome o = {0};
    assert_int_equal(progress_file_own(dir, false, NULL, &f, &o), 0);
    assert_string_equal(f.id, ""); /* asking makes none */
    progress_file_free(&f);
    put("progress.log", MORN);
    assert_int_equal(progress_file_own(dir, true, " Ada\nL ", &f, &o), 0);
    assert_int_equal(strlen(f.id), 32);
    assert_int_equal(f.n, 5);
    assert_int_equal(progress_file_own(dir, true, NULL, &again, &o), 0);
    assert_string_equal(again.id, f.id); /* made once */
    assert_string_equal(again.name, f.name);
    autostr struct str export = {0};
    progress_file_print(&f, &export);
    put("export", str_c(&export));
    assert_int_equal(read_as("export", &read, &o), 0);
    assert_string_equal(read.id, f.id);
    assert_int_equal(read.n, 5);
    assert_int_equal(read.damaged, 0);
    progress_file_free(&read);
    progress_file_free(&again);
    progress_file_free(&f);
    put("learner", "porthole learner 1\nid: 12\nname: x\n");
    assert_int_equal(progress_file_own(dir, true, NULL, &f, &o), -1);
    assert_non_null(strstr(o.hint, "damaged"));
    progress_file_free(&f);
}

static void test_import(void **state)
{
    struct progress_file f = {0};
    struct outcome o = {0};
    put("noon", ADA "lines: 3\n\n" NOON);
    put("bob", BOB "lines: 5\n\n" MORN);
    put("progress.log", MORN DAY "10:00:00Z hint kil"); /* torn */
    assert_int_equal(read_as("noon", &f, &o), 0);
    assert_int_equal(progress_import(dir, &f, false, &o), 3);
    assert_int_equal(progress_import(dir, &f, false, &o), 0);
    progress_file_free(&f);
    assert_int_equal(progress_file_own(dir, true, NULL, &f, &o), 0);
    assert_string_equal(f.name, "Ada"); /* who had no id is Ada now */
    assert_int_equal(f.n, 8);
    assert_int_equal(f.damaged, 1);
    progress_file_free(&f);

    assert_int_equal(read_as("bob", &f, &o), 0);
    assert_int_equal(progress_import(dir, &f, false, &o), -1);
    assert_non_null(strstr(o.step, "another learner"));
    assert_int_equal(progress_import(dir, &f, true, &o), 0);
    progress_file_free(&f);

    struct progress *p = progress_open(dir);
    assert_true(progress_step_done(p, "kill", "two"));
    assert_true(progress_lesson_done(p, "kill"));
    progress_free(p);
}

static void test_reset(void **state)
{
    struct outcome o = {0};
    autostr struct str first = {0}, second = {0};
    assert_int_equal(progress_reset(dir, &first, &o), 0);
    assert_int_equal(first.len, 0);
    put("progress.log", MORN);
    put("session", "x");
    put("learner", "kept");
    assert_int_equal(progress_reset(dir, &first, &o), 2);
    struct progress *p = progress_open(dir);
    assert_false(progress_step_done(p, "kill", "one"));
    progress_free(p);
    put("progress.log", NOON);
    assert_int_equal(progress_reset(dir, &second, &o), 1);
    assert_string_not_equal(str_c(&first), str_c(&second));
    autofree char *log = xasprintf("%s/progress.log", str_c(&first)), *learner = xasprintf("%s/learner", dir);
    autostr struct str kept = {0};
    assert_true(file_read(AT_FDCWD, log, &kept, 1 << 20));
    assert_string_equal(str_c(&kept), MORN);
    assert_int_equal(access(learner, F_OK), 0);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(test_counts), IN_DIR(test_union),   IN_DIR(test_damage), IN_DIR(test_refused), IN_DIR(test_course),
        IN_DIR(test_team),   IN_DIR(test_hostile), IN_DIR(test_own),    IN_DIR(test_import),  IN_DIR(test_reset)};
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
