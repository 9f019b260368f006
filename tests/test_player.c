/* The player: time, markers, speed; and what it prints as text. */
#include "support.h"

#include "base/mem.h"
#include "export/cast_read.h"
#include "screen/play.h"
#include "screen/player.h"
#include <locale.h>
#include <string.h>

static struct cast *cast;
static struct player *player;

/* Each second one line; markers before `two` and `four`, the second behind a long pause. */
static const char tape[] = "{\"version\": 2, \"width\": 20, \"height\": 6, \"idle_time_limit\": 2}\n"
                           "[1, \"o\", \"one\\r\\n\"]\n"
                           "[2, \"m\", \"second \\u001b[2J\"]\n"
                           "[2, \"o\", \"two\\r\\n\"]\n"
                           "[3, \"o\", \"three\\r\\n\"]\n"
                           "[3, \"r\", \"30x8\"]\n"
                           "[63, \"m\", \"fourth\"]\n"
                           "[63.5, \"o\", \"four\"]\n";

static void load(const char *text, int64_t idle_us)
{
    autostr struct str error = {0};
    cast = cast_parse("tape", text, strlen(text), &error);
    if (!cast)
        fail_msg("%s", str_c(&error));
    player = player_new(cast, idle_us);
}

static int unload(void **state)
{
    player_free(player);
    cast_free(cast);
    player = NULL;
    cast = NULL;
    return 0;
}

static void shows(const char *text)
{
    autofree char *all = term_text(player_term(player));
    size_t n = strlen(all);
    while (n && all[n - 1] == '\n')
        all[--n] = '\0';
    assert_string_equal(all, text);
}

static void time_brings_what_is_due(void **state)
{
    load(tape, 0);
    shows("");
    assert_int_equal(player_wait_us(player), 1000001);
    player_advance(player, 999999);
    shows("");
    player_advance(player, 1);
    shows("one");
    player_advance(player, 1500000);
    shows("one\ntwo");
    assert_int_equal(player_at_us(player), 2500000);
    assert_string_equal(player_label(player), "second \\033[2J");
    assert_int_equal(term_cols(player_term(player)), 20);
    player_advance(player, 500000);
    assert_int_equal(term_cols(player_term(player)), 30);
    assert_int_equal(term_rows(player_term(player)), 8);
    assert_false(player_ended(player));
    player_advance(player, 1000000000);
    shows("one\ntwo\nthree\nfour");
    assert_true(player_ended(player));
    assert_int_equal(player_at_us(player), 63500000);
    assert_int_equal(player_wait_us(player), -1);
    player_advance(player, 1000000);
    assert_int_equal(player_at_us(player), 63500000);
}

static void pauses_are_cut(void **state)
{
    load(tape, 2000000);
    assert_int_equal(player_length_us(player), 5500000);
    player_advance(player, 5500000);
    shows("one\ntwo\nthree\nfour");
}

static void it_can_be_faster_and_slower(void **state)
{
    load(tape, 0);
    player_set_speed(player, 2);
    assert_int_equal(player_wait_us(player), 500001);
    player_advance(player, 500000);
    shows("one");
    player_set_speed(player, 0.5);
    player_advance(player, 1999998);
    shows("one");
    player_advance(player, 2);
    shows("one\ntwo");
    player_set_speed(player, 1e9);
    assert_true(player_speed(player) <= PLAYER_FASTEST);
    player_set_speed(player, 0);
    assert_true(player_speed(player) >= PLAYER_SLOWEST);
}

static void paused_it_goes_frame_by_frame(void **state)
{
    load(tape, 0);
    player_pause(player, true);
    player_advance(player, 5000000);
    shows("");
    assert_int_equal(player_wait_us(player), -1);
    assert_true(player_frame(player));
    shows("one");
    assert_int_equal(player_at_us(player), 1000000);
    assert_true(player_frame(player)); /* past the marker */
    shows("one\ntwo");
    assert_true(player_frame(player));
    assert_true(player_frame(player));
    shows("one\ntwo\nthree\nfour");
    assert_false(player_frame(player));
    player_pause(player, false);
    assert_true(player_ended(player));
}

static void markers_are_jumped_to(void **state)
{
    load(tape, 0);
    player_pause(player, true);
    assert_true(player_jump(player, 1));
    shows("one");
    assert_int_equal(player_at_us(player), 2000000);
    assert_true(player_jump(player, 1));
    shows("one\ntwo\nthree");
    assert_string_equal(player_label(player), "fourth");
    assert_int_equal(player_at_us(player), 63000000);
    assert_false(player_jump(player, 1));
    assert_int_equal(player_at_us(player), 63000000);
    assert_true(player_jump(player, -1)); /* it had only just begun: the one before */
    shows("one");
    assert_int_equal(player_at_us(player), 2000000);
    assert_int_equal(term_cols(player_term(player)), 20); /* as it was then */
    assert_true(player_jump(player, -1));
    shows("");
    assert_int_equal(player_at_us(player), 0);
    assert_string_equal(player_label(player), "");
    player_pause(player, false);
    player_advance(player, 2500000);
    assert_true(player_jump(player, -1)); /* the start, though it is not far away */
    shows("");
    player_advance(player, 3500000);
    assert_true(player_jump(player, -1)); /* this step's own beginning */
    shows("one");
    assert_int_equal(player_at_us(player), 2000000);
    player_start(player);
    shows("");
}

static void without_markers_there_are_pieces(void **state)
{
    load("{\"version\": 2, \"width\": 20, \"height\": 6}\n[1, \"o\", \"one\"]\n[12, \"o\", \" two\"]\n"
         "[23, \"o\", \" three\"]\n",
         0);
    assert_true(player_jump(player, 1));
    shows("one");
    assert_int_equal(player_at_us(player), 10000000);
    assert_true(player_jump(player, 1));
    assert_true(player_jump(player, 1));
    shows("one two three");
    assert_int_equal(player_at_us(player), 23000000);
    assert_false(player_jump(player, 1));
    assert_true(player_jump(player, -1));
    shows("one two");
    assert_true(player_jump(player, -1));
    assert_true(player_jump(player, -1));
    shows("");
}

/* A long way is gone in portions, so that keys are read in between. */
static void a_flood_is_played_in_portions(void **state)
{
    autostr struct str text = {0};
    autofree char *line = xcalloc(1, 60001);
    memset(line, 'x', 60000);
    str_add(&text, "{\"version\": 2, \"width\": 20, \"height\": 6}\n");
    for (int i = 0; i < 40; i++)
        str_addf(&text, "[1, \"o\", \"%s\"]\n", line);
    str_add(&text, "[1, \"m\", \"end\"]\n[2, \"o\", \"\\r\\nend\"]\n");
    load(text.s, 0);
    player_advance(player, 1000000);
    assert_int_equal(player_wait_us(player), 0);
    int turns = 0;
    for (; player_wait_us(player) == 0; turns++)
        player_advance(player, 0);
    assert_in_range(turns, 5, 40);
    assert_int_equal(player_at_us(player), 1000000);
    player_start(player);
    player_pause(player, true);
    assert_true(player_jump(player, 1));
    assert_true(player_seeking(player));
    for (turns = 0; player_seeking(player); turns++)
        player_advance(player, 0);
    assert_in_range(turns, 5, 40);
    assert_string_equal(player_label(player), "end");
    assert_true(player_paused(player));
}

static void a_size_beyond_reason_is_cut(void **state)
{
    load("{\"version\": 2, \"width\": 65535, \"height\": 65535}\n[1, \"r\", \"1x1\"]\n[1, \"o\", \"x\"]\n", 0);
    assert_int_equal(term_cols(player_term(player)), TERM_COLS_MAX);
    player_advance(player, 2000000);
    assert_int_equal(term_cols(player_term(player)), TERM_COLS_MIN);
}

/* play_text() into a string that the caller frees. */
static char *printed(const char *text)
{
    char *out = NULL;
    size_t n;
    FILE *f = open_memstream(&out, &n);
    load(text, 0);
    play_text(cast, f);
    fclose(f);
    return out;
}

static void as_text_there_is_a_screen_for_each_marker(void **state)
{
    autofree char *out = printed(tape);
    assert_string_equal(out, "== 0:02 second \\033[2J\none\ntwo\nthree\n== 1:03 fourth\none\ntwo\nthree\nfour\n");
}

static void what_scrolled_away_comes_first_and_once(void **state)
{
    autofree char *out = printed("{\"version\": 2, \"width\": 20, \"height\": 3}\n"
                                 "[0, \"m\", \"a\"]\n"
                                 "[1, \"o\", \"1\\r\\n2\\r\\n3\\r\\n4\\r\\n5\"]\n"
                                 "[2, \"m\", \"b\"]\n"
                                 "[3, \"o\", \"\\r\\n6\\u001b]0;t\\u0007\\u001b[5i\\u202e\"]\n");
    assert_string_equal(out, "== 0:00 a\n1\n2\n3\n4\n5\n== 0:02 b\n3\n4\n5\n6\n");
}

static void nothing_dangerous_is_printed(void **state)
{
    autofree char *out =
        printed("{\"version\": 2, \"width\": 40, \"height\": 3}\n"
                "[0, \"m\", \"\\u001b]52;c;eA==\\u0007\"]\n"
                "[1, \"o\", \"a\\u001b]52;c;eA==\\u0007b\\u009b31mc\\u001bP1$r\\u001b\\\\d\\u0000\\u0007\\u0008e\"]\n");
    for (const char *p = out; *p; p++)
        assert_true(*p == '\n' || ((unsigned char)*p >= 0x20 && *p != 0x7f));
    assert_null(strstr(out, "\xc2\x9b"));
    assert_non_null(strstr(out, "ab"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(time_brings_what_is_due, unload),
        cmocka_unit_test_teardown(pauses_are_cut, unload),
        cmocka_unit_test_teardown(it_can_be_faster_and_slower, unload),
        cmocka_unit_test_teardown(paused_it_goes_frame_by_frame, unload),
        cmocka_unit_test_teardown(markers_are_jumped_to, unload),
        cmocka_unit_test_teardown(without_markers_there_are_pieces, unload),
        cmocka_unit_test_teardown(a_flood_is_played_in_portions, unload),
        cmocka_unit_test_teardown(a_size_beyond_reason_is_cut, unload),
        cmocka_unit_test_teardown(as_text_there_is_a_screen_for_each_marker, unload),
        cmocka_unit_test_teardown(what_scrolled_away_comes_first_and_once, unload),
        cmocka_unit_test_teardown(nothing_dangerous_is_printed, unload),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
