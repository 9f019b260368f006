/* Several directories of lessons: order, clashes, exact names. */
#include "support.h"
#include "temp.h"

#include "base/file.h"
#include "faults.h"
#include "lesson/course.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[TEMP_PATH];
static struct str faults;
static struct outcome o;

static void put(const char *pack, const char *name, const char *id)
{
    autofree char *folder = xasprintf("%s/%s", dir, pack), *path = xasprintf("%s/%s", folder, name);
    autofree char *text = xasprintf("---\nformat: 1\nid: %s\ntitle: %s of %s\n---\n## S\nx\n", id, id, pack);
    assert_true(file_mkdirs(folder));
    assert_true(file_append(path, text, strlen(text)));
}

/* Two packs that both have "chroot", and a user's own one. */
static int make_packs(void **state)
{
    temp_make(dir);
    put("one", "01-chroot.md", "chroot");
    put("one", "02-proc.md", "proc");
    put("team", "01-chroot.md", "chroot");
    put("team", "02-extra.md", "extra");
    put("data/porthole/lessons", "01-mine.md", "mine");
    autofree char *data = xasprintf("%s/data", dir);
    setenv("XDG_DATA_HOME", data, 1);
    unsetenv("PORTHOLE_LESSONS");
    o = (struct outcome){0};
    return 0;
}

static int drop_packs(void **state)
{
    unsetenv("XDG_DATA_HOME");
    unsetenv("PORTHOLE_LESSONS");
    temp_remove(dir);
    str_free(&faults);
    return 0;
}

/* @ stands for the test's directory. malloc'd. */
static char *in(const char *path)
{
    struct str out = {0};
    for (; *path; path++) {
        if (*path == '@')
            str_add(&out, dir);
        else
            str_addc(&out, *path);
    }
    return str_steal(&out);
}

static struct course *load(const char *path)
{
    autofree char *real = in(path);
    return course_load(real, faults_collect, &faults, &o);
}

static void test_order(void **state)
{
    struct course *c = load("@/one:@/team:@/one/../one");
    assert_non_null(c);
    assert_int_equal(c->npacks, 2);
    assert_string_equal(c->packs[0].name, "one");
    assert_string_equal(c->packs[1].name, "team");
    assert_int_equal(c->n, 4);
    assert_string_equal(course_pack(c, c->v[2])->name, "team");
    assert_ptr_equal(course_next(c, c->v[0]), c->v[1]);
    assert_null(course_next(c, c->v[1])); /* a pack ends where it ends */
    assert_ptr_equal(course_next(c, c->v[2]), c->v[3]);
    course_free(c);
}

static void test_clash(void **state)
{
    struct course *c = load("@/one:@/team");
    assert_string_equal(c->v[2]->id, "team/chroot");
    assert_non_null(strstr(str_c(&faults), "warning"));
    assert_non_null(strstr(str_c(&faults), "this one is \"team/chroot\""));
    static const struct {
        const char *what;
        size_t at;
    } cases[] = {{"chroot", 0},     {"one/chroot", 0}, {"team/chroot", 2}, {"one/proc", 1},
                 {"team/extra", 3}, {"extra", 3},      {"3", 2},           {"ex", 3}};
    for (size_t i = 0; i < COUNT(cases); i++)
        if (course_find(c, cases[i].what, NULL, NULL, &o) != c->v[cases[i].at])
            fail_msg("%s is not lesson %zu", cases[i].what, cases[i].at + 1);
    assert_null(course_find(c, "one/extra", NULL, NULL, &o));
    assert_null(course_find(c, "tea/chroot", NULL, NULL, &o));
    course_free(c);
    c = load("@/team:@/one"); /* the first one has the plain name */
    assert_string_equal(course_pack(c, course_find(c, "chroot", NULL, NULL, &o))->name, "team");
    course_free(c);
}

/* Within a pack an id that is taken is a fault, as ever. */
static void test_clash_inside(void **state)
{
    put("team", "03-again.md", "extra");
    put("team", "04-again.md", "chroot");
    struct course *c = load("@/one:@/team");
    assert_int_equal(c->n, 4);
    assert_non_null(strstr(str_c(&faults), "1 error: id \"extra\" is taken by"));
    course_free(c);
}

static void test_path(void **state)
{
    put("also:colon", "01-colon.md", "colon");
    put("deep/team", "01-deep.md", "deep");
    struct course *c = load("@/also:colon");
    assert_int_equal(c->n, 1);
    course_free(c);
    c = load("@/team:@/deep/team");
    assert_string_equal(c->packs[1].name, "team-2");
    assert_string_equal(course_find(c, "team-2/deep", NULL, NULL, &o)->id, "deep");
    course_free(c);
    assert_null(load("@/one:@/nowhere")); /* as a whole, or not at all */
    assert_non_null(strstr(o.where, "/nowhere"));
    autofree char *path = in("@/team:@/one");
    setenv("PORTHOLE_LESSONS", path, 1);
    c = course_load(NULL, NULL, NULL, &o);
    assert_int_equal(c->n, 4);
    assert_string_equal(c->packs[0].name, "team");
    course_free(c);
}

/* Without a path, and for an empty element of one: what came with the program, then the user's own. */
static void test_defaults(void **state)
{
    struct course *c = course_load(NULL, NULL, NULL, &o);
    assert_non_null(c);
    const struct lesson *mine = course_find(c, "mine", NULL, NULL, &o);
    assert_non_null(mine);
    assert_string_equal(course_pack(c, mine)->name, "own");
    assert_ptr_equal(course_pack(c, mine), &c->packs[c->npacks - 1]);
    size_t n = c->n;
    course_free(c);
    c = load("@/team:");
    assert_int_equal(c->n, n + 2);
    assert_string_equal(c->packs[0].name, "team");
    course_free(c);
    c = load("@/team");
    assert_null(course_find(c, "mine", NULL, NULL, &o));
    course_free(c);
}

#define PACKS(f) cmocka_unit_test_setup_teardown(f, make_packs, drop_packs)

int main(void)
{
    const struct CMUnitTest tests[] = {PACKS(test_order), PACKS(test_clash), PACKS(test_clash_inside), PACKS(test_path),
                                       PACKS(test_defaults)};
    return cmocka_run_group_tests_name("packs", tests, NULL, NULL);
}
