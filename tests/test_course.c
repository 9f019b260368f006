#include "support.h"
#include "temp.h"

#include "base/file.h"
#include "base/outcome.h"
#include "base/str.h"
#include "faults.h"
#include "lesson/course.h"
#include <string.h>
#include <unistd.h>

static char dir[TEMP_PATH];

static int make_dir(void **state)
{
    unsetenv("PORTHOLE_LESSONS");
    temp_make(dir);
    return 0;
}

static int drop_dir(void **state)
{
    temp_remove(dir);
    return 0;
}

static char *file_in(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

static void put(const char *name, const char *id, const char *after)
{
    autofree char *path = file_in(name);
    autofree char *text = xasprintf("---\nformat: 1\nid: %s\ntitle: %s\n%s%s%s---\n## S\nx\n", id, id,
                                    after ? "after: " : "", after ? after : "", after ? "\n" : "");
    assert_true(file_append(path, text, strlen(text)));
}

/* Three lessons and what is none. Made out of order: the file names decide. */
static struct course *three(struct str *faults)
{
    put("03-kill.md", "kill", "proc");
    put("01-chroot.md", "chroot", NULL);
    put("02-proc.md", "proc", "chroot");
    put("notes.md", "notes", NULL);
    put("1-x.md", "x", NULL);
    put("04-y.txt", "y", NULL);
    struct outcome o = {0};
    struct course *c = course_load(dir, faults_collect, faults, &o);
    assert_non_null(c);
    return c;
}

static void test_order(void **state)
{
    autostr struct str faults = {0};
    struct course *c = three(&faults);
    assert_string_equal(str_c(&faults), "");
    assert_int_equal(c->n, 3);
    assert_string_equal(c->v[0]->id, "chroot");
    assert_string_equal(c->v[1]->id, "proc");
    assert_string_equal(c->v[2]->id, "kill");
    assert_string_equal(c->dir, dir);
    assert_int_equal(course_number(c, c->v[1]), 2);
    assert_ptr_equal(course_next(c, c->v[0]), c->v[1]);
    assert_null(course_next(c, c->v[2]));
    assert_int_equal(course_lint(c, faults_collect, &faults), 0);
    course_free(c);
}

static void test_find(void **state)
{
    autostr struct str faults = {0};
    struct course *c = three(&faults);
    struct outcome o = {0};
    assert_ptr_equal(course_find(c, "2", NULL, NULL, &o), c->v[1]);
    assert_ptr_equal(course_find(c, "02", NULL, NULL, &o), c->v[1]);
    assert_ptr_equal(course_find(c, "kill", NULL, NULL, &o), c->v[2]);
    assert_ptr_equal(course_find(c, "ch", NULL, NULL, &o), c->v[0]);
    autofree char *inside = file_in("02-proc.md"), *outside = file_in("notes.md");
    assert_ptr_equal(course_find(c, inside, NULL, NULL, &o), c->v[1]);
    struct lesson *notes = course_find(c, outside, NULL, NULL, &o);
    assert_non_null(notes);
    assert_string_equal(notes->id, "notes");
    assert_int_equal(course_number(c, notes), 0);
    assert_null(course_next(c, notes));
    assert_int_equal(c->n, 3);
    course_free(c);
}

static void test_unknown(void **state)
{
    autostr struct str faults = {0};
    struct course *c = three(&faults);
    static const struct {
        const char *what, *said;
    } cases[] = {
        {"chrot", "there is no lesson: \"chrot\"; nearest: chroot (number 1)"},
        {"4", "there is no lesson: \"4\"; take a number from 1 to 3, a name from `porthole list`, or a file"},
        {"0", "there is no lesson: \"0\"; take a number"},
        {"", "there is no lesson: \"\"; take a number"},
        {"99999999999999999999", "there is no lesson"},
        {"no/such.md", "open the lesson: no/such.md: No such file or directory (ENOENT)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct outcome o = {0};
        autostr struct str said = {0};
        assert_null(course_find(c, cases[i].what, NULL, NULL, &o));
        outcome_print(&said, &o);
        if (strncmp(str_c(&said), cases[i].said, strlen(cases[i].said)) != 0)
            fail_msg("%s: %s", cases[i].what, str_c(&said));
    }
    course_free(c);
}

static void test_faulty(void **state)
{
    put("01-a.md", "a", NULL);
    put("02-b.md", "B", "a"); /* no name */
    put("03-c.md", "a", "a"); /* taken */
    put("04-d.md", "d", "gone");
    put("05-e.md", "e", "f");
    put("06-f.md", "f", NULL);
    autostr struct str faults = {0};
    struct outcome o = {0};
    struct course *c = course_load(dir, faults_collect, &faults, &o);
    assert_int_equal(c->n, 4);
    autofree char *taken = xasprintf("3 error: id is \"B\"; use small letters, digits and '-', starting with a letter\n"
                                     "1 error: id \"a\" is taken by %s/01-a.md\n",
                                     dir);
    assert_string_equal(str_c(&faults), taken);
    str_cut(&faults, 0);
    assert_int_equal(course_lint(c, faults_collect, &faults), 3);
    assert_string_equal(str_c(&faults), "5 error: after \"gone\": there is no such lesson\n"
                                        "5 error: after \"f\", but that lesson comes later; rename the files\n"
                                        "1 error: only the first lesson has no `after:`; this one follows \"e\"\n");
    str_cut(&faults, 0);
    autofree char *path = file_in("02-b.md");
    assert_null(course_find(c, path, faults_collect, &faults, &o));
    assert_string_equal(o.hint, "it has faults; `porthole lint` lists them");
    course_free(c);
}

static void test_where(void **state)
{
    struct outcome o = {0};
    assert_null(course_load(dir, NULL, NULL, &o)); /* no lesson in it */
    assert_string_equal(o.where, dir);
    put("01-a.md", "a", NULL);
    setenv("PORTHOLE_LESSONS", dir, 1);
    struct course *c = course_load(NULL, NULL, NULL, &o);
    assert_non_null(c);
    assert_string_equal(c->v[0]->id, "a");
    course_free(c);
    setenv("PORTHOLE_LESSONS", "/nonexistent", 1);
    assert_null(course_load(NULL, NULL, NULL, &o));
    assert_non_null(strstr(o.hint, "PORTHOLE_LESSONS"));
    unsetenv("PORTHOLE_LESSONS");
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {IN_DIR(test_order), IN_DIR(test_find), IN_DIR(test_unknown), IN_DIR(test_faulty),
                                       IN_DIR(test_where)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
