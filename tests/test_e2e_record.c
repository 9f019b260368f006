/* Recordings of the real program, and the real player: what the file shows is what was on the screen, to our own
 * reader, to libvterm, and to asciinema. Nothing that was typed for a password is in it, nor anywhere else. */
#include "base/file.h"
#include "base/loop.h"
#include "base/text.h"
#include "e2e.h"
#include "export/cast_read.h"
#include "screen/player.h"
#include "support.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The program with options, recording into the test's directory. */
#define RECORD(options) "exec \"$@\" " options " --record \"${PORTHOLE_STATE%/state}/x.cast\""

static char *record_path(const struct e2e *e)
{
    return xasprintf("%s/x.cast", e->dir);
}

static struct cast *record_load(const struct e2e *e)
{
    autofree char *path = record_path(e);
    autostr struct str error = {0};
    struct cast *c = cast_load(path, &error);
    if (!c)
        fail_msg("%s", str_c(&error));
    return c;
}

/* The file as a terminal would show it at its end. */
static struct vt *replay_vt(const struct cast *c)
{
    struct vt *v = vt_new(c->rows, c->cols);
    for (size_t i = 0; i < c->n; i++) {
        const struct cast_event *e = &c->v[i];
        if (e->kind == 'r')
            vt_resize(v, e->rows, e->cols);
        else if (e->kind == 'o')
            vt_feed(v, c->text.s + e->at, e->len);
    }
    return v;
}

static void assert_same_screen(struct vt *live, struct vt *file)
{
    int ly, lx, fy, fx;
    autofree char *a = vt_text(live), *b = vt_text(file);
    if (strcmp(a, b) != 0)
        fail_msg("live:\n%s\nrecorded:\n%s", a, b);
    vt_cursor(live, &ly, &lx);
    vt_cursor(file, &fy, &fx);
    assert_int_equal(ly, fy);
    assert_int_equal(lx, fx);
    assert_int_equal(vt_alternate(live), vt_alternate(file));
    assert_int_equal(vt_cursor_visible(live), vt_cursor_visible(file));
    for (int y = 0; y < vt_rows(live); y++)
        for (int x = 0; x < vt_cols(live); x++)
            if (vt_reverse(live, y, x) != vt_reverse(file, y, x) || vt_bold(live, y, x) != vt_bold(file, y, x) ||
                vt_fg(live, y, x) != vt_fg(file, y, x) || vt_bg(live, y, x) != vt_bg(file, y, x))
                fail_msg("row %d, column %d looks different", y, x);
}

/* The same by porthole's own player. */
static void assert_same_player(struct vt *live, const struct cast *c)
{
    struct player *p = player_new(c, 0);
    player_set_speed(p, PLAYER_FASTEST);
    while (!player_ended(p))
        player_advance(p, 1000000000);
    assert_int_equal(term_rows(player_term(p)), vt_rows(live));
    for (int y = 0; y < vt_rows(live); y++) {
        autofree char *row = term_row_text(player_term(p), y);
        assert_string_equal(row, vt_row(live, y));
    }
    player_free(p);
}

/* SIGKILL at a moment when nothing happens: what the file has is what the terminal has. */
static struct cast *kill_and_compare(struct e2e *e)
{
    vt_run_quiet(&e->run, 1500, 20000);
    struct cast *c = NULL;
    autofree char *live = vt_text(e->run.vt);
    kill(e->run.pid, SIGKILL);
    waitpid(e->run.pid, &e->run.status, 0);
    c = record_load(e);
    assert_false(c->torn);
    struct vt *file = replay_vt(c);
    assert_same_screen(e->run.vt, file);
    assert_same_player(e->run.vt, c);
    assert_true(strlen(live) > 100);
    vt_free(file);
    return c;
}

static const struct cast_event *find_event(const struct cast *c, char kind, const char *text)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].kind == kind && c->v[i].len == strlen(text) && !memcmp(c->text.s + c->v[i].at, text, c->v[i].len))
            return &c->v[i];
    fail_msg("no event %c %s", kind, text);
    return NULL;
}

static bool file_has(const struct e2e *e, const char *name, const char *text)
{
    autofree char *path = xasprintf("%s/%s", e->dir, name);
    autostr struct str all = {0};
    assert_true(file_read(AT_FDCWD, path, &all, 1 << 26));
    return strstr(str_c(&all), text);
}

/* asciinema(1) is asked to print the file; it wants a terminal for that. */
static void assert_asciinema_agrees(struct e2e *e, const struct cast *c)
{
    struct vt_run run;
    autostr struct str want = {0}, got = {0};
    autofree char *out = xasprintf("%s/out", e->dir), *file = record_path(e);
    autofree char *home = xasprintf("ASCIINEMA_CONFIG_HOME=%s", e->dir);
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)"asciinema cat \"$0\" >\"$1\"", file, out, NULL};
    const char *const env[] = {home, "LC_ALL=C.UTF-8", NULL};
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].kind == 'o')
            str_addn(&want, c->text.s + c->v[i].at, c->v[i].len);
    vt_run_start(&run, 24, 80, argv, env);
    assert_true(vt_run_wait_end(&run, 60000));
    assert_int_equal(run.status, 0);
    vt_run_end(&run);
    assert_true(file_read(AT_FDCWD, out, &got, 1 << 26));
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.s, want.s, want.len);
}

static bool have_asciinema(void)
{
    return system("command -v asciinema >/dev/null") == 0;
}

static void go_through_the_lesson(struct e2e *e)
{
    e2e_type(e, "\r");
    e2e_wait(e, "# getpid()");
    e2e_type(e, "\r");
    e2e_wait(e, "Enter types: echo marker");
    vt_run_resize(&e->run, 30, 100);
    e2e_wait(e, "✓ [container] getpid()");
    vt_run_quiet(&e->run, 300, 5000);
    e2e_type(e, "\r\r");
    e2e_wait(e, "marker-42");
    e2e_type(e, "echo 'wörld ✓ 漢字' $((6 * 7))\r"); /* not all of it is ASCII, nor one column wide */
    e2e_wait(e, "wörld ✓ 漢字 42");
    e2e_type(e, "\r");
    e2e_wait(e, "what is asked here?");
}

static void a_lesson_is_recorded_as_it_was_seen(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start_command(&e, 24, 80, NULL, RECORD(""));
    e2e_wait(&e, "Enter types: getpid()");
    go_through_the_lesson(&e);
    struct cast *c = kill_and_compare(&e);
    assert_int_equal(c->cols, 80);
    assert_int_equal(c->rows, 24);
    assert_non_null(strstr(c->title, "Porthole"));
    const struct cast_event *one = find_event(c, 'm', "looking · step 1/2 The first step");
    const struct cast_event *size = find_event(c, 'r', "100x30");
    const struct cast_event *two = find_event(c, 'm', "looking · step 2/2 The second step");
    assert_true(one < size && size < two);
    size_t marks = 0;
    for (size_t i = 0; i < c->n; i++)
        marks += c->v[i].kind == 'm';
    assert_int_equal(marks, 2);
    assert_false(file_has(&e, "x.cast", "\"i\""));
    /* Who jumps to the second step sees it. */
    struct player *p = player_new(c, 0);
    player_pause(p, true);
    assert_true(player_jump(p, 1) && player_jump(p, 1));
    autofree char *text = term_text(player_term(p));
    assert_non_null(strstr(text, "what is asked here?"));
    assert_true(player_jump(p, -1));
    autofree char *before = term_text(player_term(p));
    assert_non_null(strstr(before, "The kernel knows the number of each process."));
    assert_null(strstr(before, "what is asked here?"));
    player_free(p);
    if (have_asciinema())
        assert_asciinema_agrees(&e, c);
    cast_free(c);
    e2e_end(&e);
    SKIP_UNLESS(have_asciinema(), "asciinema is not installed, to read the recording, too");
}

static void linear_text_is_recorded_too(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start_command(&e, 24, 80, NULL, RECORD("--plain"));
    e2e_wait(&e, "container:/lab#");
    e2e_type(&e, "\r");
    e2e_wait(&e, "# getpid()");
    e2e_type(&e, "\r");
    e2e_wait(&e, "Enter types: echo marker");
    vt_run_quiet(&e.run, 300, 5000); /* the prompt is there: what is typed before is the kernel's to echo */
    e2e_type(&e, "echo edite\x7f\x7f\x7f\x7f\x7fone-$((1 + 1))\r");
    e2e_wait(&e, "one-2");
    struct cast *c = kill_and_compare(&e);
    find_event(c, 'm', "looking · step 1/2 The first step");
    cast_free(c);
    e2e_end(&e);
}

/* On a terminal that cannot even move its cursor, where the kernel echoes what is typed. */
static void a_dumb_terminal_is_recorded_too(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start_command(&e, 24, 80, (const char *const[]){"TERM=dumb", NULL}, RECORD("--plain"));
    e2e_wait(&e, "container:/lab#");
    vt_run_quiet(&e.run, 300, 5000);
    e2e_type(&e, "echo one-$((1 + 1))\r");
    e2e_wait(&e, "one-2");
    cast_free(kill_and_compare(&e));
    e2e_end(&e);
}

static void it_can_begin_in_the_middle_and_pause(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start_command(&e, 24, 80, NULL, "exec \"$@\"");
    e2e_wait(&e, "Enter types: getpid()");
    autofree char *path = record_path(&e), *begin = xasprintf(":record %s", path);
    e2e_run(&e, ":record", "Nothing is being recorded");
    e2e_run(&e, begin, "Recording, at 0:0");
    e2e_run(&e, "echo seen-$((1 + 1))", "seen-2");
    e2e_run(&e, begin, "a recording is being made");
    e2e_run(&e, ":record pause", "The recording is paused at");
    e2e_run(&e, "echo aside-$((2 + 2))", "aside-4");
    vt_run_resize(&e.run, 32, 90);
    e2e_wait(&e, "aside-4");
    vt_run_pump(&e.run, 2500); /* this long nothing happens, and nothing of it shall be in the file */
    e2e_type(&e, "clear-what-is-typed\003");
    e2e_run(&e, ":record resume", "Recording, at 0:0");
    e2e_run(&e, "echo again-$((3 + 3))", "again-6");
    struct cast *c = kill_and_compare(&e);
    int64_t longest = 0;
    const struct cast_event *size = find_event(c, 'r', "90x32");
    for (size_t i = 1; i < c->n; i++)
        if (&c->v[i] > size && &c->v[i - 1] <= size)
            longest = c->v[i].us - c->v[i - 1].us;
    assert_true(longest < 1000000); /* between the size, which is told at once, and what comes after the pause */
    find_event(c, 'm', "looking · step 1/2 The first step");
    cast_free(c);
    e2e_end(&e);
}

static void it_ends_and_says_where_it_is(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    e2e_start_command(&e, 24, 80, NULL, RECORD(""));
    e2e_wait(&e, "Enter types: getpid()");
    e2e_run(&e, "echo the-last-$((1 + 1))", "the-last-2");
    e2e_type(&e, ":quit\r");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_wait(&e, "Recorded 0:");
    e2e_wait(&e, "`porthole play` shows it.");
    struct cast *c = record_load(&e);
    struct vt *v = replay_vt(c);
    assert_true(vt_has(v, "the-last-2")); /* not the empty screen that the program leaves */
    assert_true(vt_alternate(v));
    vt_free(v);
    cast_free(c);
    vt_run_end(&e.run);
    /* Again: the file is there. */
    autofree char *path = record_path(&e), *command = xasprintf("%s --practice --record %s 2>&1", e2e_program(), path);
    FILE *f = popen(command, "r");
    autostr struct str said = {0};
    for (int byte; (byte = fgetc(f)) != EOF;)
        str_addc(&said, (char)byte);
    int status = pclose(f);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 1 || !strstr(str_c(&said), "File exists (EEXIST); --force writes"))
        fail_msg("status %x: %s", (unsigned)status, str_c(&said));
    assert_true(file_has(&e, "x.cast", "the-last-2"));
    e.run.pid = -1;
    e2e_end(&e);
}

static void a_full_disk_ends_the_recording_only(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    SKIP_UNLESS(geteuid() == 0, "only root can mount a small tmpfs");
    struct e2e e;
    char dir[] = "/tmp/porthole-full-XXXXXX";
    assert_non_null(mkdtemp(dir));
    bool mounted = mount("none", dir, "tmpfs", 0, "size=64k") == 0;
    if (!mounted)
        rmdir(dir);
    SKIP_UNLESS(mounted, "mount is refused here");
    autofree char *path = xasprintf("%s/x.cast", dir), *begin = xasprintf(":record %s", path);
    e2e_start(&e, 24, 80, NULL);
    e2e_run(&e, begin, "Recording, at 0:0");
    for (int i = 0; i < 60 && !vt_has(e.run.vt, "the recording ended early"); i++) {
        e2e_type(&e, "\f"); /* draws everything anew */
        vt_run_pump(&e.run, 60);
    }
    e2e_wait(&e, "the recording ended early");
    e2e_wait(&e, "ENOSPC");
    e2e_run(&e, "echo on-we-$((1 + 1))-go", "on-we-2-go");
    e2e_run(&e, ":record", "Nothing is being recorded");
    autostr struct str error = {0};
    struct cast *c = cast_load(path, &error);
    assert_non_null(c);
    assert_false(c->torn);
    assert_true(c->n > 2);
    cast_free(c);
    e2e_end(&e);
    umount(dir);
    rmdir(dir);
}

/* Passwords. */

#define LOGIN                                                                                                          \
    "printf '%s\\n' 'printf \"Password: \"; read p; echo got ${#p}; sleep 2; printf \"Secret again? \"; read q; "      \
    "echo then ${#q}; exec cat' > rootfs/login"

static void login(struct e2e *e)
{
    e2e_run(e, LOGIN, "rootfs/login");
    e2e_run(e, "chroot(\"rootfs\")", "chroot(\"rootfs\") = 0");
    e2e_type(e, "execve(\"/bin/sh\", [\"sh\", \"/login\"])\r");
    e2e_wait(e, "Password:");
}

static void assert_unkept(const struct e2e *e, const char *secret)
{
    static const char *const files[] = {"x.cast", "state/history", "state/session", "state/progress.log"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (file_has(e, files[i], secret))
            fail_msg("%s has %s", files[i], secret);
}

static void a_password_is_seen_by_its_program_only(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    autostr struct str all = {0};
    e2e_start_command(&e, 40, 100, NULL, RECORD(""));
    e.run.tap = &all;
    e2e_wait(&e, "Enter types: getpid()");
    login(&e);
    e2e_wait(&e, "A password is asked for");
    e2e_type(&e, "hunXX\x7f\x7fter2");
    e2e_wait(&e, "•••••••");
    assert_false(vt_has(e.run.vt, "••••••••"));
    e2e_type(&e, "\r");
    e2e_wait(&e, "got 7");
    e2e_wait(&e, "in sh# ********");
    e2e_type(&e, "half a line"); /* and then the program asks again */
    e2e_wait(&e, "half a line");
    e2e_wait(&e, "Secret again?");
    e2e_wait(&e, "A password is asked for");
    e2e_wait_gone(&e, "half a line");
    e2e_type(&e, "\033[200~xyzzy-9\033[201~\r"); /* pasted */
    e2e_wait(&e, "then 7");
    e2e_wait(&e, "half a line"); /* it is back */
    e2e_type(&e, "\003");
    e2e_run(&e, "seen", "in sh# seen");
    e2e_type(&e, "\031"); /* ^Y: nothing of it was killed text */
    vt_run_pump(&e.run, 300);
    e2e_type(&e, "\003");
    autofree char *page = xasprintf(":export %s/x.html", e.dir);
    e2e_run(&e, page, "x.html: ");
    e2e_type(&e, ":quit\r");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    assert_true(file_has(&e, "x.html", "got 7"));
    assert_false(file_has(&e, "x.html", "hunter2"));
    assert_false(file_has(&e, "x.html", "xyzzy-9"));
    assert_null(strstr(str_c(&all), "hunter2"));
    assert_null(strstr(str_c(&all), "xyzzy-9"));
    assert_unkept(&e, "hunter2");
    assert_unkept(&e, "hunXX");
    assert_unkept(&e, "xyzzy-9");
    assert_true(file_has(&e, "state/history", "seen"));
    e2e_end(&e);
}

static void a_password_at_the_linear_prompt(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    struct termios now;
    autostr struct str all = {0};
    e2e_start_command(&e, 40, 100, NULL, RECORD("--plain"));
    e.run.tap = &all;
    e2e_wait(&e, "container:/lab#");
    login(&e);
    e2e_wait(&e, "container, in sh#");
    vt_run_quiet(&e.run, 300, 5000);
    assert_int_equal(tcgetattr(e.run.master, &now), 0);
    assert_false(now.c_lflag & ECHO);
    assert_true(now.c_lflag & ICANON);
    e2e_type(&e, "hunter2\r");
    e2e_wait(&e, "got 7");
    e2e_wait(&e, "********");
    e2e_wait(&e, "Secret again?");
    vt_run_quiet(&e.run, 300, 5000);
    e2e_type(&e, "xyzzy-9\r");
    e2e_wait(&e, "then 7");
    e2e_run(&e, "seen", "seen");
    e2e_type(&e, ":quit\r");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_assert_restored(&e);
    assert_null(strstr(str_c(&all), "hunter2"));
    assert_null(strstr(str_c(&all), "xyzzy-9"));
    assert_unkept(&e, "hunter2");
    assert_unkept(&e, "xyzzy-9");
    e2e_end(&e);
}

/* A command that asks: porthole waits for its end, and what is typed must not become a line afterwards. */
static void a_password_for_a_command_goes_nowhere(void **state)
{
    static const char *const ways[] = {RECORD(""), RECORD("--plain")};
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    for (size_t i = 0; i < 2; i++) {
        struct e2e e;
        autostr struct str all = {0};
        e2e_start_command(&e, 40, 100, NULL, ways[i]);
        e.run.tap = &all;
        e2e_wait(&e, "container:/lab#");
        vt_run_quiet(&e.run, 300, 5000);
        e2e_type(&e, "printf 'Password: '; read p\r");
        e2e_wait(&e, i ? "A password cannot be typed to a command" : "A password is asked for, which cannot be typed");
        e2e_type(&e, "hunter2\r");
        vt_run_pump(&e.run, 500);
        e2e_type(&e, "\003");
        vt_run_quiet(&e.run, 500, 5000);
        e2e_run(&e, "echo free-$((1 + 1))", "free-2");
        e2e_type(&e, ":quit\r");
        assert_true(vt_run_wait_end(&e.run, E2E_MS));
        assert_null(strstr(str_c(&all), "hunter2"));
        assert_unkept(&e, "hunter2");
        e2e_end(&e);
    }
}

/* The player. */

#define ESC "\\u001b"
#define HOSTILE                                                                                                        \
    ESC "]52;c;aGVsbG8=\\u0007" ESC "]0;owned\\u0007" ESC "[?1000h" ESC "[?1006h" ESC "[5i" ESC "c" ESC "P$q\\\"p" ESC \
        "\\\\" ESC "[6n" ESC "[21t" ESC "[?2004h" ESC "[8;5;5t\\u009b31m\\u0085\\u0007"

static const char tape[] = "{\"version\": 2, \"width\": 60, \"height\": 20}\n"
                           "[0.1, \"o\", \"\\u001b[2J\\u001b[H" HOSTILE "scene one\"]\n"
                           "[0.2, \"m\", \"one\"]\n"
                           "[0.3, \"o\", \"" HOSTILE "\\u001b[3;1H\\u001b[1;31mloud\\u001b[m\"]\n"
                           "[30, \"o\", \"\\u001b[2J\\u001b[Hscene two\"]\n"
                           "[30, \"m\", \"two\"]\n"
                           "[31, \"o\", \" goes\"]\n"
                           "[32, \"o\", \" on\"]\n"
                           "[60, \"o\", \"\\u001b[2J\\u001b[Hscene three\\u001b[20;1Hbottom\"]\n"
                           "[60, \"m\", \"three\"]\n";

/* e.dir is known to the shell only. */
static void play_start(struct e2e *e, int rows, int cols, const char *options, const char *text)
{
    autofree char *script = xasprintf("cat >\"${PORTHOLE_STATE%%/state}/x.cast\" <<'END'\n%sEND\n"
                                      "exec \"$1\" play %s \"${PORTHOLE_STATE%%/state}/x.cast\"",
                                      text, options);
    e2e_start_command(e, rows, cols, NULL, script);
}

static void a_recording_is_played_step_by_step(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    int y, x;
    play_start(&e, 24, 80, "", tape);
    e2e_wait(&e, "scene one");
    e2e_wait(&e, "loud");
    y = vt_find(e.run.vt, "loud", &x);
    assert_int_equal(y, 2);
    assert_true(vt_bold(e.run.vt, y, x) && vt_coloured(e.run.vt, y, x));
    e2e_wait(&e, "playing 0:0");
    e2e_type(&e, " ");
    e2e_wait(&e, "paused  0:0");
    e2e_type(&e, "n");
    e2e_wait(&e, "scene two");
    e2e_wait(&e, "paused  0:30/1:00 · two");
    e2e_type(&e, ".");
    e2e_wait(&e, "scene two goes");
    assert_false(vt_has(e.run.vt, "goes on"));
    e2e_type(&e, ".");
    e2e_wait(&e, "scene two goes on");
    e2e_type(&e, "\033[C"); /* right */
    e2e_wait(&e, "scene three");
    e2e_wait(&e, "the end");
    e2e_type(&e, "p");
    e2e_wait(&e, "0:30/1:00");
    e2e_wait(&e, "scene two");
    e2e_type(&e, "p");
    e2e_wait(&e, "scene one");
    e2e_wait(&e, "0:00/1:00");
    e2e_type(&e, "+");
    e2e_wait(&e, "x2");
    e2e_type(&e, "-");
    e2e_wait_gone(&e, "x2");
    e2e_type(&e, "?");
    e2e_wait(&e, "space pause");
    e2e_type(&e, "?x");
    e2e_wait(&e, "? lists the keys");
    e2e_type(&e, "n");
    e2e_wait(&e, "scene two");
    e2e_type(&e, " "); /* on it goes */
    e2e_wait(&e, "goes on");
    e2e_type(&e, "\032"); /* ^Z: an orphan is not stopped, but gives the terminal back and takes it again */
    e2e_wait(&e, "goes on");
    vt_run_resize(&e.run, 10, 40);
    e2e_type(&e, " ");
    e2e_wait(&e, "too small: 40x10 of 60x20");
    vt_run_resize(&e.run, 24, 80);
    e2e_wait(&e, "scene two goes on");
    e2e_type(&e, "q");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    assert_int_equal(e.run.status, 0);
    e2e_assert_restored(&e);
    e2e_end(&e);
}

static void what_a_recording_does_stays_in_it(void **state)
{
    static const char *const ours[] = {"\033[?2026h", "\033[?2026l"};
    static const char *const theirs[] = {"\033]52", "owned",    "1000h",  "1006h",    "\033[5i",  "\033c",    "\033P",
                                         "\033[6n", "\033[21t", "?2004h", "\033[8;5", "\xc2\x9b", "\xc2\x85", "\a"};
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    autostr struct str all = {0};
    play_start(&e, 24, 80, "--speed 8 --idle 1", tape);
    e.run.tap = &all;
    e2e_wait(&e, "scene three");
    e2e_wait(&e, "bottom");
    e2e_type(&e, "\003");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_assert_restored(&e);
    for (size_t i = 0; i < 2; i++)
        assert_non_null(memmem(all.s, all.len, ours[i], strlen(ours[i])));
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++)
        if (memmem(all.s, all.len, theirs[i], strlen(theirs[i])))
            fail_msg("row %zu reached the terminal", i);
    e2e_end(&e);
}

static void a_small_terminal_shows_what_fits(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    play_start(&e, 8, 40, "--idle 0.2", tape);
    e2e_wait(&e, "too small: 40x8 of 60x20");
    e2e_wait(&e, "the end");
    e2e_wait(&e, "bottom"); /* where the cursor is */
    e2e_type(&e, "\033[A\033[A\033[A\033[A\033[A\033[A\033[A\033[A\033[A\033[A\033[A\033[A\033[A"); /* Up */
    e2e_wait(&e, "scene three");
    kill(e.run.pid, SIGTERM);
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    assert_int_equal(e.run.status, 0);
    e2e_assert_restored(&e);
    e2e_end(&e);
}

static void a_player_that_crashes_gives_the_terminal_back(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    play_start(&e, 24, 80, "", tape);
    e2e_wait(&e, "scene one");
    kill(e.run.pid, SIGABRT);
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    assert_true(WIFSIGNALED(e.run.status));
    e2e_assert_restored(&e);
    e2e_end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lesson_is_recorded_as_it_was_seen),
        cmocka_unit_test(linear_text_is_recorded_too),
        cmocka_unit_test(a_dumb_terminal_is_recorded_too),
        cmocka_unit_test(it_can_begin_in_the_middle_and_pause),
        cmocka_unit_test(it_ends_and_says_where_it_is),
        cmocka_unit_test(a_full_disk_ends_the_recording_only),
        cmocka_unit_test(a_password_is_seen_by_its_program_only),
        cmocka_unit_test(a_password_at_the_linear_prompt),
        cmocka_unit_test(a_password_for_a_command_goes_nowhere),
        cmocka_unit_test(a_recording_is_played_step_by_step),
        cmocka_unit_test(what_a_recording_does_stays_in_it),
        cmocka_unit_test(a_small_terminal_shows_what_fits),
        cmocka_unit_test(a_player_that_crashes_gives_the_terminal_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
