/* porthole watch and porthole new lesson: the program, an editor's ways to save, and a run that hangs. */
#include "support.h"
#include "temp.h"

#include "base/file.h"
#include "base/loop.h"
#include "base/str.h"
#include "session/doctor.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 90000

static char dir[TEMP_PATH];
static struct {
    pid_t pid;
    int fd;
    struct str out;
} watcher = {.fd = -1};

static const char *program(void)
{
    const char *path = getenv("PORTHOLE_BIN");
    return path ? path : "./porthole";
}

static int run(const char *args)
{
    autofree char *command = xasprintf("%s %s >/dev/null 2>&1", program(), args);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char *lesson_path(void)
{
    return xasprintf("%s/01-draft.md", dir);
}

static int make_lesson(void **state)
{
    temp_make(dir);
    return 0;
}

static int drop_lesson(void **state)
{
    if (watcher.pid > 0) { /* a test failed */
        kill(watcher.pid, SIGKILL);
        waitpid(watcher.pid, NULL, 0);
        watcher.pid = 0;
    }
    close_fd(&watcher.fd);
    str_free(&watcher.out);
    temp_remove(dir);
    return 0;
}

static void new_lesson(void)
{
    autofree char *args = xasprintf("--lessons %s new lesson draft", dir);
    assert_int_equal(run(args), 0);
}

static void need_stage(void)
{
    autostr struct str why = {0};
    bool can = doctor_stage_practice(&why) && access(program(), X_OK) == 0;
    SKIP_UNLESS(can, why.len ? why.s : "the program is not built (make)");
}

static void watch(void)
{
    int out[2];
    autofree char *path = lesson_path();
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    watcher.pid = fork();
    assert_true(watcher.pid >= 0);
    if (!watcher.pid) {
        dup2(out[1], 1);
        dup2(out[1], 2);
        execl(program(), "porthole", "watch", "--practice", path, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    watcher.fd = out[0];
}

/* Reads until `what` has been printed, and forgets what came up to it. */
static void expect(const char *what)
{
    int64_t until = now_ms() + PATIENCE_MS;
    char buf[4096];
    const char *found;
    while (!(found = strstr(str_c(&watcher.out), what))) {
        struct pollfd p = {watcher.fd, POLLIN, 0};
        ssize_t n = now_ms() < until && poll(&p, 1, 1000) > 0 ? read(watcher.fd, buf, sizeof buf) : -1;
        if (n > 0)
            str_addn(&watcher.out, buf, (size_t)n);
        else if (n == 0 || now_ms() >= until)
            fail_msg("not printed: %s\n--- printed:\n%s", what, str_c(&watcher.out));
    }
    autofree char *rest = xstrdup(found + strlen(what));
    str_cut(&watcher.out, 0);
    str_add(&watcher.out, rest);
}

/* Replaces `from` by `to` in the lesson: by writing into the file, or by a new one that takes its name. */
static void edit(const char *from, const char *to, bool by_rename)
{
    autofree char *path = lesson_path(), *fresh = xasprintf("%s/.draft.swp", dir);
    autostr struct str text = {0}, edited = {0};
    assert_true(file_read(AT_FDCWD, path, &text, 1 << 20));
    const char *at = strstr(str_c(&text), from);
    assert_non_null(at);
    str_addn(&edited, text.s, (size_t)(at - text.s));
    str_addf(&edited, "%s%s", to, at + strlen(from));
    FILE *f = fopen(by_rename ? fresh : path, "we");
    assert_non_null(f);
    fputs(str_c(&edited), f);
    fclose(f);
    if (by_rename)
        assert_int_equal(rename(fresh, path), 0);
}

static void end_watch(int sig)
{
    int status;
    assert_int_equal(kill(watcher.pid, sig), 0);
    assert_int_equal(waitpid(watcher.pid, &status, 0), watcher.pid);
    watcher.pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_saves(void **state)
{
    need_stage();
    new_lesson();
    watch();
    expect("0 errors, 0 warnings");
    expect("3 passed, 0 failed");
    expect("  ok (");
    edit("the word is draft\n", "the word is wrong\n", false);
    expect("FAIL  draft 1/3");
    expect("  FAILED (");
    edit("the word is wrong\n", "the word is draft\n", true);
    expect("3 passed, 0 failed");
    expect("  ok (");
    edit("format: 1", "format: 9", true); /* what lint refuses is not run */
    expect("1 error");
    expect("  FAILED (");
    assert_null(strstr(str_c(&watcher.out), "passed"));
    end_watch(SIGINT);
}

/* Is there a process with that word in its command line? */
static bool runs(const char *word)
{
    autofree char *command =
        xasprintf("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q '[s]leep %s'", word);
    return system(command) == 0;
}

static void wait_for(const char *word, bool there)
{
    for (int64_t until = now_ms() + PATIENCE_MS; runs(word) != there; usleep(20000))
        if (now_ms() > until)
            fail_msg("sleep %s %s", word, there ? "was never run" : "runs on");
}

static void test_hanging(void **state)
{
    need_stage();
    new_lesson();
    autofree char *word = xasprintf("%d", 31000000 + (int)getpid());
    autofree char *hang = xasprintf("sleep %s; test -d", word);
    edit("test -d", hang, false);
    watch();
    wait_for(word, true);
    edit(hang, "test -d", true);
    expect("saved again: interrupted");
    expect("3 passed, 0 failed");
    wait_for(word, false);
    edit("test -d", hang, true);
    wait_for(word, true);
    end_watch(SIGINT);
    wait_for(word, false);
}

static void test_new(void **state)
{
    SKIP_UNLESS(access(program(), X_OK) == 0, "the program is not built (make)");
    new_lesson();
    autofree char *again = xasprintf("--lessons %s new lesson draft", dir),
                  *second = xasprintf("--lessons %s new lesson more", dir);
    autofree char *both = xasprintf("lint %s/01-draft.md %s/02-more.md", dir, dir);
    assert_int_equal(run(again), 1);
    assert_int_equal(run(second), 0);
    assert_int_equal(run(both), 0);
    static const char *const bad[] = {
        "new",         "new lesson", "new lesson Bad", "new lesson ../x",      "new lesson ''",
        "new thing x", "watch",      "watch a b",      "watch /nonexistent.md"};
    for (size_t i = 0; i < COUNT(bad); i++)
        if (run(bad[i]) != 2)
            fail_msg("porthole %s is no wrong usage", bad[i]);
}

/* As it is made, on each stage that works here. */
static void test_new_passes(void **state)
{
    need_stage();
    new_lesson();
    autofree char *path = lesson_path(), *practice = xasprintf("test --practice %s", path),
                  *real = xasprintf("test --real %s", path);
    assert_int_equal(run(practice), 0);
    if (doctor_stage_real(NULL))
        assert_int_equal(run(real), 0);
}

#define WITH_DIR(f) cmocka_unit_test_setup_teardown(f, make_lesson, drop_lesson)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_DIR(test_new), WITH_DIR(test_new_passes), WITH_DIR(test_saves),
                                       WITH_DIR(test_hanging)};
    return cmocka_run_group_tests_name("watch_lesson", tests, NULL, NULL);
}
