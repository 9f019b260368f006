/* The real program, recorded and played: what a recording holds is what was on the screen, and nothing that was typed
 * at a password prompt. */
#include "e2e.h"
#include "support.h"

#include "base/file.h"
#include "base/loop.h"
#include "export/cast_read.h"
#include "screen/term.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *recording_path(const struct e2e *e)
{
    return xasprintf("%s/tape.cast", e->dir);
}

static void record(struct e2e *e)
{
    autofree char *line = xasprintf(":record %s/tape.cast", e->dir);
    e2e_run(e, line, "Recording, at 0:0");
}

static struct cast *load(const char *path)
{
    autostr struct str error = {0};
    struct cast *c = cast_load(path, &error);
    if (!c)
        fail_msg("%s", str_c(&error));
    return c;
}

/* What a viewer sees at its end. */
static char *replay(const struct cast *c)
{
    struct term *t = term_new(c->rows, c->cols, NULL);
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].kind == 'o')
            term_feed(t, c->text.s + c->v[i].at, c->v[i].len);
        else if (c->v[i].kind == 'r')
            term_resize(t, c->v[i].rows, c->v[i].cols);
    char *text = term_text(t);
    term_free(t);
    return text;
}

static size_t count(const struct cast *c, char kind, const char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        autofree char *data = xstrndup(c->v[i].len ? c->text.s + c->v[i].at : "", c->v[i].len);
        n += c->v[i].kind == kind && strstr(data, text);
    }
    return n;
}

/* The file is written behind the screen's back: until it has what the screen shows. */
static void expect_the_live_screen(struct e2e *e, const char *path)
{
    autofree char *live = NULL, *played = NULL;
    for (int64_t end = now_ms() + E2E_MS; now_ms() < end; vt_run_pump(&e->run, 50)) {
        struct cast *c = load(path);
        free(live);
        free(played);
        live = vt_text(e->run.vt);
        played = replay(c);
        cast_free(c);
        if (!strcmp(live, played))
            return;
    }
    assert_string_equal(played, live);
}

static void a_recording_shows_what_was_seen(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    autofree char *path = recording_path(&e);
    record(&e);
    e2e_type(&e, "\r");
    e2e_wait(&e, "# getpid()");
    e2e_type(&e, "\r");
    e2e_run(&e, "echo 'ünïcödé 漢字' $((6 * 7))", "漢字 42");
    vt_run_resize(&e.run, 40, 120);
    e2e_wait(&e, "漢字 42");
    vt_run_quiet(&e.run, 300, 3000);
    e2e_run(&e, ":next", "step 1/2");
    e2e_run(&e, ":skip", "Enter");
    e2e_run(&e, ":next", "The second step");
    e2e_wait(&e, "step 2/2");
    vt_run_quiet(&e.run, 1500, 6000); /* marks of new processes fade */
    expect_the_live_screen(&e, path);
    struct cast *c = load(path);
    assert_int_equal(c->cols, 80);
    assert_int_equal(c->rows, 24);
    assert_int_equal(count(c, 'r', "120x40"), 1);
    assert_int_equal(count(c, 'm', "step 1/2"), 1);
    assert_int_equal(count(c, 'm', "step 2/2 The second step"), 1);
    assert_non_null(strstr(c->title, "Looking around"));
    cast_free(c);
    kill(e.run.pid, SIGKILL); /* the child that vt_run_start() made: whatever it was writing, the rest is whole */
    vt_run_wait_end(&e.run, E2E_MS);
    cast_free(load(path));
    e2e_end(&e);
}

static void asciinema_plays_it(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    SKIP_UNLESS(system("command -v asciinema >/dev/null") == 0, "asciinema is not installed");
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    autofree char *path = recording_path(&e);
    record(&e);
    e2e_run(&e, "printf '\\001\\342\\202\\254 \"quoted\\\\\" %s\\n' done-$((40 + 2))", "done-42");
    e2e_run(&e, ":record off", "Recorded");
    struct cast *c = load(path);
    autostr struct str mine = {0}, theirs = {0};
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].kind == 'o')
            str_addn(&mine, c->text.s + c->v[i].at, c->v[i].len);
    cast_free(c);
    autofree char *out = xasprintf("%s/out", e.dir);
    autofree char *command = xasprintf("asciinema cat %s >%s", path, out);
    char *const argv[] = {(char *)"sh", (char *)"-c", command, NULL};
    const char *const env[] = {"LC_ALL=C.UTF-8", NULL};
    struct vt_run run; /* it wants a terminal, even for this */
    vt_run_start(&run, 24, 80, argv, env);
    assert_true(vt_run_wait_end(&run, E2E_MS));
    assert_int_equal(run.status, 0);
    vt_run_end(&run);
    assert_true(file_read(AT_FDCWD, out, &theirs, 1 << 24));
    assert_int_equal(theirs.len, mine.len);
    assert_memory_equal(theirs.s, mine.s, mine.len);
    e2e_end(&e);
}

static void a_pause_is_not_in_it(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 24, 80, NULL);
    autofree char *path = recording_path(&e);
    record(&e);
    e2e_run(&e, ":record pause", "is paused at");
    e2e_run(&e, "echo between-$((1 + 1))", "between-2");
    e2e_run(&e,
            "clear; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do echo; done; echo "
            "x-$((2 + 1))",
            "x-3");
    e2e_run(&e, ":record resume", "Recording, at");
    e2e_wait_gone(&e, "between-2");
    vt_run_quiet(&e.run, 1500, 6000);
    expect_the_live_screen(&e, path);
    struct cast *c = load(path);
    assert_int_equal(count(c, 'o', "between-2"), 0);
    cast_free(c);
    autofree char *again = xasprintf(":record %s", path);
    e2e_run(&e, ":record off", "Recorded");
    struct stat before, after;
    assert_int_equal(stat(path, &before), 0);
    e2e_run(&e, again, "EEXIST"); /* nobody's file is written over */
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    e2e_end(&e);
}

static void a_password_is_not_in_it(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start(&e, 30, 100, NULL);
    autofree char *path = recording_path(&e), *html = xasprintf("%s/out.html", e.dir);
    record(&e);
    e2e_run(&e, "echo 'printf \"Password: \"; read x; echo \"got ${#x}\"; sleep 60' > ask", "# echo 'printf");
    vt_run_quiet(&e.run, 300, 3000);
    e2e_run(&e, "execve(\"/bin/sh\", [\"sh\", \"ask\"])", "Password:");
    e2e_wait(&e, "not shown");
    e2e_type(&e, "hunter2");
    vt_run_quiet(&e.run, 300, 3000);
    e2e_type(&e, "\r");
    e2e_wait(&e, "got 7");
    autofree char *order = xasprintf(":export %s", html);
    e2e_run(&e, order, "out.html: ");
    e2e_run(&e, ":record off", "Recorded");
    const char *files[] = {path, html};
    for (size_t i = 0; i < 2; i++) {
        autostr struct str text = {0};
        assert_true(file_read(AT_FDCWD, files[i], &text, 1 << 24));
        assert_non_null(strstr(str_c(&text), "got 7"));
        assert_null(strstr(str_c(&text), "hunter2"));
        assert_null(strstr(str_c(&text), "hunt"));
    }
    struct cast *c = load(path);
    assert_int_equal(count(c, 'i', ""), 0);
    cast_free(c);
    e2e_end(&e);
}

/* Playing. */

static const char tape[] = "f=${4%/lessons}/tape.cast; cat > $f <<'END'\n"
                           "{\"version\": 2, \"width\": 40, \"height\": 10}\n"
                           "[0.1, \"o\", \"begun \\u001b]0;title\\u0007\\u001b[31mred\\u001b[0m\\r\\n\"]\n"
                           "[0.2, \"m\", \"first marker\"]\n"
                           "[500, \"o\", \"middle\\r\\n\"]\n"
                           "[500, \"m\", \"second marker\"]\n"
                           "[900, \"o\", \"finished\\r\\n\"]\n"
                           "END\n";

static void it_is_played_in_place(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    autofree char *script = xasprintf("%sexec \"$1\" play $f", tape);
    e2e_start_command(&e, 24, 80, NULL, script);
    e2e_wait(&e, "begun red");
    e2e_wait(&e, "first marker");
    assert_true(vt_alternate(e.run.vt));
    e2e_type(&e, " ");
    e2e_wait(&e, "paused");
    e2e_type(&e, "n");
    e2e_wait(&e, "second marker");
    e2e_wait(&e, "middle");
    e2e_type(&e, ".");
    e2e_wait(&e, "finished");
    e2e_type(&e, "p");
    e2e_wait_gone(&e, "finished");
    e2e_type(&e, "+");
    e2e_wait(&e, "x2");
    vt_run_resize(&e.run, 8, 60);
    e2e_wait(&e, "too small");
    e2e_type(&e, "q");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    assert_int_equal(e.run.status, 0);
    e2e_assert_restored(&e);
    e2e_end(&e);
}

static void interrupted_it_gives_the_terminal_back(void **state)
{
    static const char *const keys[] = {"\003", "q"};
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    for (size_t i = 0; i < 2; i++) {
        struct e2e e;
        autofree char *script = xasprintf("%sexec \"$1\" play --speed 2 --idle 300 $f", tape);
        e2e_start_command(&e, 24, 80, NULL, script);
        e2e_wait(&e, "begun");
        e2e_type(&e, keys[i]);
        assert_true(vt_run_wait_end(&e.run, E2E_MS));
        e2e_assert_restored(&e);
        e2e_end(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_shows_what_was_seen),
        cmocka_unit_test(asciinema_plays_it),
        cmocka_unit_test(a_pause_is_not_in_it),
        cmocka_unit_test(a_password_is_not_in_it),
        cmocka_unit_test(it_is_played_in_place),
        cmocka_unit_test(interrupted_it_gives_the_terminal_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
