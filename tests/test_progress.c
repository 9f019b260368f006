#include "support.h"
#include "temp.h"

#include "base/file.h"
#include "base/str.h"
#include "lesson/progress.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Each test has a directory of its own, removed afterwards. */
static char dir[TEMP_PATH];

static int make_dir(void **state)
{
    temp_make(dir);
    return 0;
}

static int drop_dir(void **state)
{
    temp_remove(dir);
    return 0;
}

static void in_dir(struct str *path, const char *name)
{
    str_cut(path, 0);
    str_addf(path, "%s/%s", dir, name);
}

static bool exists(const char *name)
{
    autostr struct str path = {0};
    in_dir(&path, name);
    return access(str_c(&path), F_OK) == 0;
}

static void write_file(const char *name, const char *data, size_t n)
{
    autostr struct str path = {0};
    in_dir(&path, name);
    unlink(str_c(&path));
    assert_true(file_append(str_c(&path), data, n));
}

static void read_file(const char *name, struct str *out)
{
    autostr struct str path = {0};
    in_dir(&path, name);
    assert_true(file_read(AT_FDCWD, str_c(&path), out, 1 << 20));
}

static void test_log(void **state)
{
    struct progress *p = progress_open(dir);
    assert_null(progress_trouble(p));
    progress_log(p, PROGRESS_STARTED, "kill", NULL);
    progress_log(p, PROGRESS_HINT, "kill", "find");
    assert_false(progress_step_done(p, "kill", "find"));
    progress_log(p, PROGRESS_STEP_DONE, "kill", "find");
    progress_log(p, PROGRESS_STEP_SKIPPED, "kill", "hard");
    progress_log(p, PROGRESS_STEP_DONE, "my lesson.md", "a");
    assert_true(progress_step_done(p, "kill", "find"));
    progress_free(p);

    p = progress_open(dir); /* what was written is what is known */
    assert_true(progress_step_done(p, "kill", "find"));
    assert_true(progress_step_done(p, "my lesson.md", "a"));
    assert_false(progress_step_done(p, "kill", "hard"));
    assert_false(progress_step_done(p, "pid1", "find"));
    assert_false(progress_lesson_done(p, "kill"));
    progress_log(p, PROGRESS_LESSON_DONE, "kill", NULL);
    assert_true(progress_lesson_done(p, "kill"));
    assert_false(progress_lesson_done(p, "proc"));
    progress_free(p);

    autostr struct str text = {0};
    read_file("progress.log", &text);
    int lines = 0;
    for (char *rest = text.s, *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        struct tm tm;
        const char *after = strptime(line, "%Y-%m-%dT%H:%M:%SZ ", &tm);
        assert_non_null(after);
        if (!lines)
            assert_string_equal(after, "started kill -");
    }
    assert_int_equal(lines, 6);
}

static void test_torn_log(void **state)
{
    static const char text[] = "2025-01-31T09:30:00Z step-done kill a\n"
                               "garbage\n\n2025-01-31T09:30:00Z step-done kill\n2025-01-31T09:30:00Z stepdone kill x\n"
                               "2025-01-31T09:30:00Z step-done kill b\n"
                               "2025-01-31T09:30:00Z step-done kil";
    write_file("progress.log", text, sizeof text - 1);
    struct progress *p = progress_open(dir);
    assert_true(progress_step_done(p, "kill", "a"));
    assert_true(progress_step_done(p, "kill", "b"));
    assert_false(progress_step_done(p, "kill", "x"));
    progress_log(p, PROGRESS_STEP_DONE, "kill", "c");
    progress_log(p, PROGRESS_STEP_DONE, "kill", "d");
    progress_free(p);
    p = progress_open(dir); /* the torn line took nothing with it */
    assert_true(progress_step_done(p, "kill", "c"));
    assert_true(progress_step_done(p, "kill", "d"));
    progress_free(p);
}

static void test_place(void **state)
{
    struct progress *p = progress_open(dir);
    struct progress_place got;
    assert_false(progress_load(p, &got));
    const struct progress_place want = {.lesson = (char *)"kill",
                                        .step = (char *)"find-the-victim",
                                        .journal = (char *)"call 2 0 0 chroot(\"rootfs\")\nshell 1 0 0 lesson: x\n",
                                        .block = 3,
                                        .stage = 1,
                                        .side = 1};
    assert_true(progress_save(p, &want));
    assert_true(progress_load(p, &got));
    assert_string_equal(got.lesson, want.lesson);
    assert_string_equal(got.step, want.step);
    assert_string_equal(got.journal, want.journal);
    assert_int_equal(got.block, 3);
    assert_int_equal(got.stage, 1);
    assert_int_equal(got.side, 1);
    progress_place_free(&got);
    autostr struct str path = {0};
    in_dir(&path, "session");
    assert_int_equal(unlink(str_c(&path)), 0);
    assert_false(progress_load(p, &got)); /* none is no damaged one */
    assert_false(exists("session.damaged"));
    assert_null(progress_trouble(p));
    progress_free(p);
}

/* Cut anywhere, or with any byte changed, the file is refused and kept aside. */
static void test_damage(void **state)
{
    struct progress *p = progress_open(dir);
    const struct progress_place want = {
        .lesson = (char *)"kill", .step = (char *)"s", .journal = (char *)"shell 1 0 0 x\n", .block = 1};
    assert_true(progress_save(p, &want));
    autostr struct str good = {0};
    read_file("session", &good);
    struct progress_place got;
    for (size_t i = 0; i < good.len; i++) {
        write_file("session", good.s, i);
        assert_false(progress_load(p, &got));
        assert_true(exists("session.damaged"));
        assert_false(exists("session"));
        autofree char *bad = xstrndup(good.s, good.len);
        bad[i] = bad[i] == 'x' ? 'y' : 'x';
        write_file("session", bad, good.len);
        assert_false(progress_load(p, &got));
        assert_null(got.lesson);
    }
    autostr struct str kept = {0};
    read_file("session.damaged", &kept);
    assert_int_equal(kept.len, good.len);
    write_file("session", good.s, good.len);
    assert_true(progress_load(p, &got));
    progress_place_free(&got);
    progress_free(p);
}

/* A checksum that fits does not make nonsense true. */
static void test_nonsense(void **state)
{
    struct progress *p = progress_open(dir);
    const struct progress_place odd = {
        .lesson = (char *)"kill", .step = (char *)"s", .journal = NULL, .block = -1, .stage = 7};
    struct progress_place got;
    assert_true(progress_save(p, &odd));
    assert_false(progress_load(p, &got));
    progress_free(p);
}

static _Noreturn void save_for_ever(void)
{
    struct progress *p = progress_open(dir);
    autostr struct str journal = {0};
    for (int i = 0;; i = (i + 1) % 1000) {
        str_cut(&journal, 0);
        for (int k = 0; k < i; k++)
            str_addf(&journal, "shell 1 0 0 echo %d\n", i);
        struct progress_place place = {.lesson = (char *)"kill", .step = (char *)"s", .journal = journal.s, .block = i};
        progress_save(p, &place);
    }
}

/* Killed at random moments while saving without a pause: there is always a whole place to resume at. */
static void test_killed_while_saving(void **state)
{
    struct progress *p = progress_open(dir);
    const struct progress_place first = {.lesson = (char *)"kill", .step = (char *)"s", .journal = (char *)""};
    assert_true(progress_save(p, &first));
    unsigned seed = 20250131;
    int moved = 0;
    for (int i = 0; i < 100; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (!pid)
            save_for_ever();
        usleep((useconds_t)(1000 + rand_r(&seed) % 12000));
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        struct progress_place got;
        assert_true(progress_load(p, &got));
        size_t lines = 0;
        for (const char *s = got.journal; *s; s++)
            lines += *s == '\n';
        assert_int_equal(lines, got.block);
        moved += got.block > 0;
        progress_place_free(&got);
    }
    assert_true(moved > 0);
    assert_false(exists("session.damaged"));
    progress_free(p);

    p = progress_open(dir); /* half-written files of the dead are swept away */
    DIR *d = opendir(dir);
    for (struct dirent *e; (e = readdir(d));)
        assert_null(strstr(e->d_name, ".tmp"));
    closedir(d);
    progress_free(p);
}

static void test_unwritable(void **state)
{
    autostr struct str path = {0};
    write_file("file", "x", 1);
    in_dir(&path, "file/below");
    struct progress *p = progress_open(str_c(&path));
    const char *trouble = progress_trouble(p);
    assert_non_null(trouble);
    assert_non_null(strstr(trouble, "Not a directory"));
    assert_null(progress_trouble(p)); /* said once */
    progress_log(p, PROGRESS_STEP_DONE, "kill", "a");
    assert_true(progress_step_done(p, "kill", "a")); /* known for this session at least */
    const struct progress_place place = {.lesson = (char *)"kill", .step = (char *)"s"};
    assert_false(progress_save(p, &place));
    struct progress_place got;
    assert_false(progress_load(p, &got));
    progress_free(p);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(test_log),        IN_DIR(test_torn_log), IN_DIR(test_place),
        IN_DIR(test_damage),     IN_DIR(test_nonsense), IN_DIR(test_killed_while_saving),
        IN_DIR(test_unwritable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
