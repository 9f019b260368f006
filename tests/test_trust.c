/* Whose lesson file is it? As root the test makes files of others; as anybody else, files that others may write. */
#include "support.h"
#include "temp.h"

#include "base/file.h"
#include "base/outcome.h"
#include "lesson/course.h"
#include "lesson/trust.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STRANGER 64999 /* nobody's uid and gid */

static char dir[TEMP_PATH];
static char *folder, *file;

static const char lesson[] = "---\nformat: 1\nid: x\ntitle: X\n---\n\n```sh setup\necho set up; rm -rf /\n```\n\n"
                             "## S\n\nx\n\n```sh check\ntest -d /made\n```\n";

static int make_file(void **state)
{
    temp_make(dir);
    folder = xasprintf("%s/pack", dir);
    file = xasprintf("%s/01-x.md", folder);
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_true(file_append(file, lesson, sizeof lesson - 1));
    assert_int_equal(chmod(file, 0644), 0);
    return 0;
}

static int drop_file(void **state)
{
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    temp_remove(dir);
    free_ptr(&folder);
    free_ptr(&file);
    return 0;
}

static void trusted(const char *path)
{
    autostr struct str why = {0};
    if (!trust_path(path, &why))
        fail_msg("not trusted: %s", str_c(&why));
}

static void foreign(const char *path, const char *reason)
{
    autostr struct str why = {0};
    if (trust_path(path, &why))
        fail_msg("%s is trusted, though it %s", path, reason);
    if (!strstr(str_c(&why), reason))
        fail_msg("not \"%s\": %s", reason, str_c(&why));
    assert_false(trust_path(path, NULL));
}

static void test_modes(void **state)
{
    trusted(file);
    chmod(file, 0664);
    if (getgid() == 0 || getgid() == getuid()) /* a group of one's own */
        trusted(file);
    chmod(file, 0666);
    foreign(file, "01-x.md can be written by everybody");
    chmod(file, 0644);
    chmod(folder, 0777);
    foreign(file, "pack can be written by everybody");
    chmod(folder, 01777); /* as /tmp is */
    trusted(file);
    foreign("/nonexistent/01-x.md", "No such file");
}

static void test_links(void **state)
{
    autofree char *link = xasprintf("%s/link.md", dir), *open = xasprintf("%s/open", dir),
                  *target = xasprintf("%s/open/01-y.md", dir);
    assert_int_equal(mkdir(open, 0755), 0);
    assert_true(file_append(target, lesson, sizeof lesson - 1));
    assert_int_equal(symlink(target, link), 0);
    trusted(link);
    chmod(open, 0777); /* it is where the link leads to that counts */
    foreign(link, "open can be written by everybody");
}

static void need_root(void)
{
    SKIP_UNLESS(getuid() == 0 || getenv("PORTHOLE_MUST_WORK"), "not as root: no file can be given to others");
    if (getuid() != 0)
        skip();
}

static void test_owners(void **state)
{
    need_root();
    assert_int_equal(chown(file, STRANGER, STRANGER), 0);
    foreign(file, "01-x.md is owned by uid 64999");
    setenv("SUDO_UID", "64999", 1); /* who called sudo is the user, too */
    setenv("SUDO_GID", "64999", 1);
    trusted(file);
    chmod(file, 0664);
    trusted(file); /* their own group, which nobody else is in */
    setenv("SUDO_UID", "64998", 1);
    foreign(file, "is owned by uid 64999");
    assert_int_equal(chown(file, 64998, STRANGER), 0);
    foreign(file, "can be written by the group 64999");
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    assert_int_equal(chown(file, 0, 0), 0);
    chmod(file, 0644);
    trusted(file);
    assert_int_equal(chown(folder, STRANGER, 0), 0);
    foreign(file, "pack is owned by uid 64999");
}

static void test_groups(void **state)
{
    need_root();
    chmod(file, 0664);
    assert_int_equal(chown(file, 0, STRANGER), 0);
    foreign(file, "can be written by the group 64999");
    assert_int_equal(chown(file, 0, 1), 0); /* daemon, bin: a group that others are in or may be */
    foreign(file, "can be written by the group ");
}

/* Loaded and listed, but refused, with what it would run. */
static void test_refusal(void **state)
{
    struct outcome o = {0};
    struct course *c = course_load(folder, NULL, NULL, &o);
    assert_non_null(c);
    assert_null(c->v[0]->foreign);
    assert_int_equal(trust_refuse(c->v[0], &o), 0);
    course_free(c);
    chmod(folder, 0777);
    c = course_load(folder, NULL, NULL, &o);
    assert_int_equal(c->n, 1);
    assert_non_null(c->v[0]->foreign);
    assert_int_equal(trust_refuse(c->v[0], &o), -1);
    autostr struct str said = {0};
    outcome_print(&said, &o);
    static const char *const parts[] = {"/pack/01-x.md", "can be written by everybody",    "setup (line 7): echo ",
                                        "rm -rf /",      "check (line 15): test -d /made", "--trust"};
    for (size_t i = 0; i < COUNT(parts); i++)
        if (!strstr(str_c(&said), parts[i]))
            fail_msg("not said: %s\n%s", parts[i], str_c(&said));
    assert_null(strchr(str_c(&said), '\x1b'));
    course_free(c);
}

/* What came with the program is always the user's. */
static void test_own_course(void **state)
{
    struct outcome o = {0};
    struct course *c = course_load("lessons", NULL, NULL, &o);
    SKIP_UNLESS(c, "not run from a checkout");
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i]->foreign)
            fail_msg("%s: %s", c->v[i]->path, c->v[i]->foreign);
    course_free(c);
}

#define WITH_FILE(f) cmocka_unit_test_setup_teardown(f, make_file, drop_file)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_FILE(test_modes),   WITH_FILE(test_links),
                                       WITH_FILE(test_owners),  WITH_FILE(test_groups),
                                       WITH_FILE(test_refusal), cmocka_unit_test(test_own_course)};
    return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
