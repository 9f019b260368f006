#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "screen/history.h"
#include "screen/keys.h"
#include "screen/prompt.h"
#include "support.h"
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/readline.h>

/* What the line looks like. */

static struct prompt_shape shape_of(const char *before, const char *line, size_t point, int width, bool utf8)
{
    struct prompt_shape s = {0};
    struct prompt_text t = {
        .before = before, .line = line, .len = strlen(line), .point = point, .utf8 = utf8, .style = STYLE_BOLD};
    prompt_shape(&s, &t, width);
    return s;
}

static void shapes(void **state)
{
    static const struct {
        const char *before, *line;
        size_t point;
        int width;
        bool utf8;
        const char *want[4];
        int y, x;
    } table[] = {
        {"$ ", "", 0, 10, true, {"$ "}, 0, 2},
        {"$ ", "abc", 1, 10, true, {"$ abc"}, 0, 3},
        {"$ ", "abcdefgh", 8, 10, true, {"$ abcdefgh", ""}, 1, 0}, /* the cursor needs a cell */
        {"$ ", "abcdefgh", 7, 10, true, {"$ abcdefgh"}, 0, 9},
        {"$ ", "abcdefghij", 9, 10, true, {"$ abcdefgh", "ij"}, 1, 1},
        {"$ ", "a\nb", 3, 10, true, {"$ a⏎b"}, 0, 5},
        {"$ ", "a\nb", 3, 10, false, {"$ a^Jb"}, 0, 6},
        {"$ ", "a\tb\001", 4, 12, true, {"$ a^Ib^A"}, 0, 8},
        {"$ ", "\xff", 1, 10, true, {"$ \\377"}, 0, 6},
        {"$ ", "\xc3\xa4", 2, 12, false, {"$ \\303\\244"}, 0, 10},
        {"$ ", "\xc2\x9b", 0, 12, true, {"$ \\302\\233"}, 0, 2},   /* C1 CSI */
        {"$ ", "ab舷舷", 8, 7, true, {"$ ab舷", "舷"}, 1, 2},      /* a wide one is not torn */
        {"$ ", "e\xcc\x81x", 3, 10, true, {"$ e\xcc\x81x"}, 0, 3}, /* combining: one cell */
        {"$ ", "e\xcc\x81x", 1, 10, true, {"$ e\xcc\x81x"}, 0, 3}, /* and no place for a cursor inside */
        {"container:/a/very/long/path# ", "ls", 2, 12, true, {"…/path# ls"}, 0, 10},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct prompt_shape s = shape_of(table[i].before, table[i].line, table[i].point, table[i].width, table[i].utf8);
        size_t n = 0;
        for (; n < 4 && table[i].want[n]; n++)
            if (n >= s.lines.n || strcmp(s.lines.v[n].text, table[i].want[n]) != 0)
                fail_msg("row %zu line %zu: \"%s\"", i, n, n < s.lines.n ? s.lines.v[n].text : "(none)");
        if (s.lines.n != n || s.y != table[i].y || s.x != table[i].x)
            fail_msg("row %zu: %zu lines, cursor %d,%d", i, s.lines.n, s.y, s.x);
        lines_free(&s.lines);
    }
}

static void every_cursor_stays_inside(void **state)
{
    const char *line = "mount(\"proc\", \"/proc\",\n\t\"舷窓e\xcc\x81\", \xff 0, NULL)";
    for (int width = 4; width < 60; width++)
        for (size_t point = 0; point <= strlen(line); point++) {
            struct prompt_shape s = shape_of("host:/# ", line, point, width, true);
            assert_in_range(s.x, 0, width - 1);
            assert_in_range(s.y, 0, (int)s.lines.n - 1);
            for (size_t i = 0; i < s.lines.n; i++)
                assert_true(text_width(s.lines.v[i].text) <= width);
            lines_free(&s.lines);
        }
}

static void the_region_is_marked(void **state)
{
    struct prompt_shape s = {0};
    struct prompt_text t = {.before = "$ ", .line = "abcdef", .len = 6, .from = 1, .to = 3, .utf8 = true};
    prompt_shape(&s, &t, 40);
    assert_int_equal(s.lines.v[0].from, 3);
    assert_int_equal(s.lines.v[0].to, 5);
    assert_int_equal(s.lines.v[0].mark, STYLE_REGION);
    lines_free(&s.lines);
}

/* Readline behind it. */

static char history_file[64];

static void type(const char *bytes)
{
    struct keys *k = keys_new();
    struct key key;
    keys_feed(k, bytes, strlen(bytes));
    for (int i = 0; i < 2; i++) {
        while (keys_next(k, &key))
            if (key.id == K_PASTE)
                prompt_paste(key.raw, key.n);
            else if (key.id == K_CHAR || key.id == K_ESC || prompt_binds(key.raw, key.n))
                prompt_key(key.raw, key.n);
        keys_expire(k);
    }
    keys_free(k);
}

static void assert_entered(const char *want)
{
    char *line = NULL;
    assert_true(prompt_take(&line));
    if (want)
        assert_string_equal(line, want);
    else
        assert_null(line);
    free(line);
    assert_false(prompt_take(&line));
}

static char **complete(void *arg, const char *line, size_t point, size_t *start)
{
    static const char *const words[] = {"MS_BIND",     "MS_NODEV",   "MS_NOEXEC", "mount(",
                                        "/etc/passwd", "/etc/group", NULL};
    size_t at = point;
    while (at && !strchr(" ,|(\"", line[at - 1]))
        at--;
    *start = at;
    char **out = xcalloc(COUNT(words), sizeof *out);
    size_t n = 0;
    for (size_t i = 0; words[i]; i++)
        if (!strncmp(words[i], line + at, point - at))
            out[n++] = xstrdup(words[i]);
    return out;
}

static int editor_up(void **state)
{
    snprintf(history_file, sizeof history_file, "/tmp/porthole-test-history-%ld", (long)getpid());
    unlink(history_file);
    prompt_open(&(struct completer){complete, NULL}, history_file);
    return 0;
}

static int editor_down(void **state)
{
    prompt_close();
    unlink(history_file);
    return 0;
}

static void lines_are_edited(void **state)
{
    type("echo hallo\033[D\033[D\033[3~");
    assert_string_equal(prompt_line(), "echo halo");
    assert_int_equal(prompt_point(), 8);
    type("\001\033[Fx\r"); /* ^A, End */
    assert_entered("echo halox");
    type("one two\033b\033d"); /* Alt-b, Alt-d */
    assert_string_equal(prompt_line(), "one ");
    type("\025"); /* ^U */
    type("\xc3\xa4\xe8\x88\xb7\177\r");
    assert_entered("ä");
    type("x\033[5~\033[24~\033[99;99Q\r"); /* unbound keys type nothing */
    assert_entered("x");
}

static void end_of_file_is_told(void **state)
{
    type("\004");
    assert_entered(NULL);
    type("a\004"); /* not on a line that has text */
    char *line;
    assert_false(prompt_take(&line));
    prompt_cancel();
}

static void cancelling_gives_an_empty_line(void **state)
{
    prompt_set("$ ");
    type("half a line");
    prompt_cancel();
    assert_string_equal(prompt_line(), "");
    type("\022hal"); /* in the middle of a search */
    assert_true(prompt_searching());
    prompt_cancel();
    assert_false(prompt_searching());
    assert_string_equal(prompt_line(), "");
    type("\033\033[1"); /* and of a key sequence */
    prompt_cancel();
    type("ok\r");
    assert_entered("ok");
}

static void history_is_searched(void **state)
{
    type("mount -t proc\r");
    assert_entered("mount -t proc");
    type("ls\r");
    assert_entered("ls");
    type("\022proc");
    assert_true(prompt_searching());
    assert_string_equal(prompt_line(), "mount -t proc");
    struct prompt_shape s = {0};
    prompt_draw(&s, 80, true);
    assert_non_null(strstr(s.lines.v[0].text, "`proc': mount -t proc"));
    lines_free(&s.lines);
    type("\r");
    assert_entered("mount -t proc");
    type("\033[A\033[A\r"); /* the entry before the last */
    assert_entered("ls");
}

static void a_paste_never_runs(void **state)
{
    char *line;
    type("\033[200~echo a\recho b\r\n\033[201~");
    assert_false(prompt_take(&line));
    assert_string_equal(prompt_line(), "echo a\necho b");
    type("\r");
    assert_entered("echo a\necho b");
    type("x\026"); /* quoted insert waits for a key */
    type("\033[200~\001y\033[201~\r");
    assert_entered("x\001y");
    type("only this\r");
    assert_entered("only this");
    type("\022\033[200~on\rly\033[201~"); /* in a search: printable characters only */
    assert_string_equal(prompt_line(), "only this");
    prompt_cancel();
}

static void an_offer_can_be_edited(void **state)
{
    prompt_insert("chroot(\"rootfs\")");
    assert_string_equal(prompt_line(), "chroot(\"rootfs\")");
    type("\177);\r");
    assert_entered("chroot(\"rootfs\");");
}

static void words_are_completed(void **state)
{
    const char *const *list;
    type("mou\t");
    assert_string_equal(prompt_line(), "mount("); /* no blank after a parenthesis */
    type("\"a\", MS_B\t");
    assert_string_equal(prompt_line(), "mount(\"a\", MS_BIND ");
    type("\177|MS_NO\t");
    assert_string_equal(prompt_line(), "mount(\"a\", MS_BIND|MS_NO");
    assert_int_equal(prompt_candidates(&list), 2);
    assert_string_equal(list[0], "MS_NODEV");
    prompt_forget_candidates();
    assert_int_equal(prompt_candidates(&list), 0);
    prompt_cancel();
    type("cat /etc/p\t");
    assert_string_equal(prompt_line(), "cat /etc/passwd ");
    prompt_cancel();
    type("zzz\t");
    assert_string_equal(prompt_line(), "zzz");
    prompt_cancel();
}

/* Escape leads to command mode at once, although it also begins the arrow keys. */
static void vi_users_have_their_escape(void **state)
{
    rl_variable_bind("editing-mode", "vi");
    prompt_cancel();
    type("one two\033");
    type("bdw");
    assert_string_equal(prompt_line(), "one ");
    type("\033[200~rm\n-rf x\033[201~"); /* a paste in command mode is text, not commands */
    char *line;
    assert_false(prompt_take(&line));
    assert_non_null(strstr(prompt_line(), "rm\n-rf x"));
    prompt_cancel();
    type("abc\033[D\033[Dx\r"); /* arrows while inserting */
    assert_entered("axbc");
    rl_variable_bind("editing-mode", "emacs");
    prompt_cancel();
}

static void repainting_is_asked_for(void **state)
{
    assert_false(prompt_wants_repaint());
    type("abc\f");
    assert_true(prompt_wants_repaint());
    assert_false(prompt_wants_repaint());
    assert_string_equal(prompt_line(), "abc");
    prompt_cancel();
}

static void children_do_not_learn_the_size(void **state)
{
    assert_null(getenv("LINES"));
    assert_null(getenv("COLUMNS"));
}

static void history_is_kept(void **state)
{
    autostr struct str text = {0};
    struct stat st;
    type("kept line\r");
    assert_entered("kept line");
    type("kept line\r"); /* repeated: once */
    assert_entered("kept line");
    type(" secret\r"); /* begins with a blank: not kept */
    assert_entered(" secret");
    assert_true(file_read(AT_FDCWD, history_file, &text, 1 << 20));
    assert_non_null(strstr(text.s, "\nkept line\n"));
    assert_null(strstr(strstr(text.s, "kept line") + 1, "kept line"));
    assert_null(strstr(text.s, "secret"));
    assert_int_equal(stat(history_file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    prompt_close();
    prompt_open(&(struct completer){complete, NULL}, history_file);
    type("\033[A\r");
    assert_entered("kept line");
}

static void a_long_history_is_cut(void **state)
{
    autostr struct str text = {0};
    prompt_close();
    for (int i = 0; i < 3 * HISTORY_MAX; i++)
        str_addf(&text, "line %d\n", i);
    assert_true(file_replace(history_file, text.s, text.len));
    prompt_open(&(struct completer){complete, NULL}, history_file);
    str_cut(&text, 0);
    assert_true(file_read(AT_FDCWD, history_file, &text, 1 << 20));
    size_t n = 0;
    for (const char *p = text.s; *p; p++)
        n += *p == '\n';
    assert_int_equal(n, HISTORY_MAX);
    assert_true(text_has_prefix(text.s, "line 2000\n"));
    type("\033[A\r");
    assert_entered("line 2999");
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    unsetenv("LINES");
    unsetenv("COLUMNS");
    setenv("INPUTRC", "/dev/null", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(every_cursor_stays_inside),
        cmocka_unit_test(the_region_is_marked),
        cmocka_unit_test(lines_are_edited),
        cmocka_unit_test(end_of_file_is_told),
        cmocka_unit_test(cancelling_gives_an_empty_line),
        cmocka_unit_test(history_is_searched),
        cmocka_unit_test(a_paste_never_runs),
        cmocka_unit_test(an_offer_can_be_edited),
        cmocka_unit_test(words_are_completed),
        cmocka_unit_test(vi_users_have_their_escape),
        cmocka_unit_test(repainting_is_asked_for),
        cmocka_unit_test(children_do_not_learn_the_size),
        cmocka_unit_test(history_is_kept),
        cmocka_unit_test(a_long_history_is_cut),
    };
    return cmocka_run_group_tests(tests, editor_up, editor_down);
}
