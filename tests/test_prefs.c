/* The preferences: what was chosen is found again, and nothing that somebody else wrote is lost. */
#include "base/file.h"
#include "base/mem.h"
#include "base/prefs.h"
#include "support.h"
#include "temp.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[TEMP_PATH], path[128];

static int up(void **state)
{
    temp_make(dir);
    snprintf(path, sizeof path, "%s/state/preferences", dir);
    autofree char *home = xasprintf("%s/state", dir);
    setenv("PORTHOLE_STATE", home, 1);
    prefs_forget();
    return 0;
}

static int down(void **state)
{
    prefs_forget();
    unsetenv("PORTHOLE_STATE");
    temp_remove(dir);
    return 0;
}

static void put(const char *text, size_t n)
{
    autofree char *home = user_state_dir();
    assert_true(file_mkdirs(home));
    assert_true(file_replace(path, text, n));
    prefs_forget();
}

static void assert_file(const char *text, size_t n)
{
    autostr struct str got = {0};
    assert_true(file_read(AT_FDCWD, path, &got, 100000));
    assert_int_equal(got.len, n);
    assert_memory_equal(str_c(&got), text, n);
}

static void assert_value(const char *key, const char *value)
{
    const char *got = prefs_get(key);
    if (value)
        assert_string_equal(got, value);
    else
        assert_null(got);
}

static void a_choice_is_remembered(void **state)
{
    assert_value("theme", NULL);
    assert_true(prefs_set("theme", "contrast"));
    assert_value("theme", "contrast");
    prefs_forget();
    assert_value("theme", "contrast");
    assert_true(prefs_set("layout", "stage"));
    assert_true(prefs_set("theme", "mono"));
    prefs_forget();
    assert_value("theme", "mono");
    assert_value("layout", "stage");
    assert_true(prefs_set("theme", NULL));
    prefs_forget();
    assert_value("theme", NULL);
    assert_value("layout", "stage");
    assert_file("layout = stage\n", 15);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void what_others_wrote_stays(void **state)
{
    static const char text[] =
        "# by hand\n\n  theme=mono  \nnonsense\nlater-version = 7 = 8\n= no key\n\xff\xfe\0\x01 = x\nlast = one";
    put(text, sizeof text - 1);
    assert_value("theme", "mono");
    assert_value("later-version", "7 = 8");
    assert_value("last", "one");
    assert_value("nonsense", NULL);
    assert_value("", "no key");
    assert_true(prefs_set("theme", "contrast"));
    static const char after[] =
        "# by hand\n\nnonsense\nlater-version = 7 = 8\n= no key\n\xff\xfe\0\x01 = x\nlast = one\ntheme = contrast\n";
    assert_file(after, sizeof after - 1);
}

static void the_last_of_a_key_counts(void **state)
{
    put("theme = a\ntheme = b\r\n theme\t=\n", 30);
    assert_value("theme", "");
    put("theme = a\ntheme = b\r\n", 21);
    assert_value("theme", "b");
    assert_true(prefs_set("theme", "c"));
    assert_file("theme = c\n", 10);
}

static void another_program_may_have_written(void **state)
{
    assert_true(prefs_set("theme", "mono"));
    assert_true(file_replace(path, "theme = mono\nlayout = wide\n", 27));
    assert_true(prefs_set("theme", "contrast"));
    assert_value("layout", "wide");
}

static void what_is_no_pair_is_refused(void **state)
{
    static const char *const keys[] = {"", "two words", "a=b", "line\n", "#x", "caf\xc3\xa9"};
    static const char *const values[] = {" x", "x ", "a\nb", "a\rb", "\n"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        errno = 0;
        assert_false(prefs_set(keys[i], "x"));
        assert_int_equal(errno, EINVAL);
    }
    for (size_t i = 0; i < COUNT(values); i++)
        assert_false(prefs_set("key", values[i]));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_true(prefs_set("a-B.9", "a = b # c"));
    prefs_forget();
    assert_value("a-B.9", "a = b # c");
}

/* It cannot be written, or not be read: the choice holds as long as the program runs, and the file is left alone. */
static void without_a_file_it_lasts_as_long_as_the_program(void **state)
{
    autofree char *home = user_state_dir();
    assert_true(file_replace(home, "in the way", 10));
    prefs_forget();
    assert_false(prefs_set("theme", "mono"));
    assert_value("theme", "mono");
    unlink(home);
    autofree char *big = xmalloc(100000);
    memset(big, '#', 100000);
    put(big, 100000);
    errno = 0;
    assert_false(prefs_set("theme", "contrast"));
    assert_int_equal(errno, EFBIG);
    assert_value("theme", "contrast");
    assert_file(big, 100000);
}

static void under_sudo_it_is_the_users(void **state)
{
    SKIP_UNLESS(geteuid() == 0, "only root can give files away");
    setenv("SUDO_UID", "64321", 1);
    setenv("SUDO_GID", "64322", 1);
    bool done = prefs_set("theme", "mono");
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    struct stat st;
    assert_true(done);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_uid, 64321);
    assert_int_equal(st.st_gid, 64322);
    autofree char *home = user_state_dir();
    assert_int_equal(stat(home, &st), 0);
    assert_int_equal(st.st_uid, 64321);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_choice_is_remembered, up, down),
        cmocka_unit_test_setup_teardown(what_others_wrote_stays, up, down),
        cmocka_unit_test_setup_teardown(the_last_of_a_key_counts, up, down),
        cmocka_unit_test_setup_teardown(another_program_may_have_written, up, down),
        cmocka_unit_test_setup_teardown(what_is_no_pair_is_refused, up, down),
        cmocka_unit_test_setup_teardown(without_a_file_it_lasts_as_long_as_the_program, up, down),
        cmocka_unit_test_setup_teardown(under_sudo_it_is_the_users, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
