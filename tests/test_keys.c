#include "screen/keys.h"
#include "support.h"
#include <string.h>

static struct key next_of(struct keys *k)
{
    struct key key = {.id = K_UNKNOWN, .cp = 0xdead};
    assert_true(keys_next(k, &key));
    return key;
}

static void one_key_each(void **state)
{
    static const struct {
        const char *bytes;
        enum key_id id;
        unsigned mods, cp;
    } table[] = {
        {"a", K_CHAR, 0, 'a'},
        {"\003", K_CHAR, 0, 3},
        {"\177", K_CHAR, 0, 127},
        {"\xc3\xa4", K_CHAR, 0, 0xe4},
        {"\xf0\x9f\x9a\xa2", K_CHAR, 0, 0x1f6a2},
        {"\033x", K_CHAR, K_ALT, 'x'},
        {"\033\177", K_CHAR, K_ALT, 127},
        {"\033\xc3\xa4", K_CHAR, K_ALT, 0xe4},
        {"\033[A", K_UP, 0, 0},
        {"\033OB", K_DOWN, 0, 0},
        {"\033[1;5C", K_RIGHT, K_CTRL, 0},
        {"\033[1;4D", K_LEFT, K_SHIFT | K_ALT, 0},
        {"\033O5D", K_LEFT, 0, 0},
        {"\033\033[A", K_UP, K_ALT, 0},
        {"\033[H", K_HOME, 0, 0},
        {"\033[4~", K_END, 0, 0},
        {"\033[7~", K_HOME, 0, 0},
        {"\033[3~", K_DELETE, 0, 0},
        {"\033[3^", K_DELETE, K_CTRL, 0},
        {"\033[5;2~", K_PGUP, K_SHIFT, 0},
        {"\033[6~", K_PGDN, 0, 0},
        {"\033[Z", K_BACKTAB, 0, 0},
        {"\033OP", K_F1, 0, 0},
        {"\033[11~", K_F1, 0, 0},
        {"\033[[A", K_F1, 0, 0},
        {"\033[[E", K_F1 + 4, 0, 0},
        {"\033[24~", K_F12, 0, 0},
        {"\033[a", K_UP, K_SHIFT, 0},
        {"\033[?1;2c", K_UNKNOWN, 0, 0},     /* device attributes */
        {"\033[24;80R", K_UNKNOWN, 0, 0},    /* cursor position report */
        {"\033[<0;10;10M", K_UNKNOWN, 0, 0}, /* mouse, though never asked for */
        {"\033[200", K_UNKNOWN, 0, 0},       /* unfinished: below */
        {"\xff", K_UNKNOWN, 0, 0},
        {"\033]11;rgb:0000/0000/0000\a", K_UNKNOWN, 0, 0},
        {"\033]11;rgb:0000/0000/0000\033\\", K_UNKNOWN, 0, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct keys *k = keys_new();
        struct key key = {0};
        keys_feed(k, table[i].bytes, strlen(table[i].bytes));
        if (!strcmp(table[i].bytes, "\033[200")) {
            assert_false(keys_next(k, &key));
            keys_expire(k);
        }
        key = next_of(k);
        if (key.id != table[i].id || key.mods != table[i].mods || key.cp != table[i].cp)
            fail_msg("row %zu: id %d mods %u cp %x", i, (int)key.id, key.mods, key.cp);
        assert_int_equal(key.n, strlen(table[i].bytes));
        assert_memory_equal(key.raw, table[i].bytes, key.n);
        assert_false(keys_next(k, &key));
        assert_int_equal(keys_patience(k), -1);
        keys_free(k);
    }
}

/* Every split of a stream gives the same keys. */
static void bytes_may_come_one_by_one(void **state)
{
    static const char stream[] = "a\033[A\xc3\xa4\033[200~x\ny\033[201~\033OPz";
    static const enum key_id want[] = {K_CHAR, K_UP, K_CHAR, K_PASTE, K_F1, K_CHAR};
    for (size_t step = 1; step < sizeof stream; step++) {
        struct keys *k = keys_new();
        struct key key;
        size_t got = 0;
        for (size_t at = 0; at < sizeof stream - 1; at += step) {
            size_t n = sizeof stream - 1 - at < step ? sizeof stream - 1 - at : step;
            keys_feed(k, stream + at, n);
            while (keys_next(k, &key)) {
                assert_true(got < 6);
                assert_int_equal(key.id, want[got]);
                if (key.id == K_PASTE) {
                    assert_int_equal(key.n, 3);
                    assert_memory_equal(key.raw, "x\ny", 3);
                }
                got++;
            }
        }
        assert_int_equal(got, 6);
        keys_free(k);
    }
}

static void a_lone_escape_waits(void **state)
{
    struct keys *k = keys_new();
    struct key key;
    keys_feed(k, "\033", 1);
    assert_false(keys_next(k, &key));
    assert_int_equal(keys_patience(k), KEYS_ESCAPE_MS);
    keys_expire(k);
    assert_int_equal(next_of(k).id, K_ESC);
    assert_int_equal(keys_patience(k), -1);
    keys_feed(k, "\033\033", 2);
    assert_false(keys_next(k, &key));
    keys_expire(k);
    assert_int_equal(next_of(k).id, K_ESC);
    assert_int_equal(next_of(k).id, K_ESC);
    assert_false(keys_next(k, &key));
    keys_feed(k, "\033[", 2); /* Alt-[ typed by a person */
    keys_expire(k);
    key = next_of(k);
    assert_int_equal(key.cp, '[');
    assert_int_equal(key.mods, K_ALT);
    keys_free(k);
}

static void an_escape_breaks_a_sequence_off(void **state)
{
    struct keys *k = keys_new();
    keys_feed(k, "\033[1;\003b", 6);
    assert_int_equal(next_of(k).id, K_UNKNOWN);
    assert_int_equal(next_of(k).cp, 3); /* ^C is not swallowed */
    assert_int_equal(next_of(k).cp, 'b');
    keys_free(k);
}

static void a_paste_without_end_ends(void **state)
{
    struct keys *k = keys_new();
    struct key key;
    keys_feed(k, "\033[200~half", 10);
    assert_false(keys_next(k, &key));
    assert_int_equal(keys_patience(k), KEYS_PASTE_MS);
    keys_expire(k);
    key = next_of(k);
    assert_int_equal(key.id, K_PASTE);
    assert_int_equal(key.n, 4);
    keys_feed(k, "q", 1);
    assert_int_equal(next_of(k).cp, 'q');
    keys_free(k);
}

static void a_paste_is_limited(void **state)
{
    struct keys *k = keys_new();
    struct key key;
    char *much = malloc(KEYS_PASTE_MAX * 3);
    memset(much, 'x', KEYS_PASTE_MAX * 3);
    keys_feed(k, "\033[200~", 6);
    for (int i = 0; i < 3; i++) {
        keys_feed(k, much, KEYS_PASTE_MAX);
        assert_false(keys_next(k, &key));
    }
    keys_feed(k, "\033[201~y", 7);
    key = next_of(k);
    assert_int_equal(key.id, K_PASTE);
    assert_int_equal(key.n, KEYS_PASTE_MAX);
    assert_int_equal(next_of(k).cp, 'y');
    free(much);
    keys_free(k);
}

static void terminfo_strings_come_first(void **state)
{
    struct keys *k = keys_new();
    keys_learn(k, "\033[25~", K_F1 + 2);
    keys_feed(k, "\033[25~", 5);
    struct key key = next_of(k);
    assert_int_equal(key.id, K_F1 + 2);
    assert_int_equal(key.n, 5);
    keys_free(k);
}

static void random_bytes_are_all_consumed(void **state)
{
    unsigned seed = 4711;
    for (int round = 0; round < 300; round++) {
        struct keys *k = keys_new();
        struct key key;
        size_t fed = 0, got = 0;
        for (int i = 0; i < 20; i++) {
            char bytes[32];
            size_t n = 1 + (size_t)rand_r(&seed) % sizeof bytes;
            for (size_t b = 0; b < n; b++) {
                static const char likely[] = "\033\033[[]O;0123~A\x80\xc3\xe2\xf0\a";
                bytes[b] = rand_r(&seed) % 3 ? likely[(size_t)rand_r(&seed) % (sizeof likely - 1)]
                                             : (char)(rand_r(&seed) % 256);
            }
            keys_feed(k, bytes, n);
            fed += n;
            while (keys_next(k, &key))
                got += key.id == K_PASTE ? 0 : key.n;
        }
        for (int i = 0; i < 1000 && keys_patience(k) >= 0; i++) {
            keys_expire(k);
            while (keys_next(k, &key))
                got += key.id == K_PASTE ? 0 : key.n;
        }
        assert_int_equal(keys_patience(k), -1);
        assert_true(got <= fed);
        keys_free(k);
    }
}

static void prefixes_have_names(void **state)
{
    char buf[8];
    assert_int_equal(keys_parse_control("C-g"), 7);
    assert_int_equal(keys_parse_control("C-\\"), 28);
    assert_int_equal(keys_parse_control("^]"), 29);
    assert_int_equal(keys_parse_control("C-["), -1);
    assert_int_equal(keys_parse_control("C-gg"), -1);
    assert_int_equal(keys_parse_control("g"), -1);
    assert_int_equal(keys_parse_control(NULL), -1);
    assert_string_equal(keys_control_name(7, buf), "C-g");
    assert_string_equal(keys_control_name(28, buf), "C-\\");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_key_each),
        cmocka_unit_test(bytes_may_come_one_by_one),
        cmocka_unit_test(a_lone_escape_waits),
        cmocka_unit_test(an_escape_breaks_a_sequence_off),
        cmocka_unit_test(a_paste_without_end_ends),
        cmocka_unit_test(a_paste_is_limited),
        cmocka_unit_test(terminfo_strings_come_first),
        cmocka_unit_test(random_bytes_are_all_consumed),
        cmocka_unit_test(prefixes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
