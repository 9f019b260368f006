#include "support.h"

#include "base/text.h"
#include <locale.h>
#include <string.h>

static void check_safe(const char *in, size_t n, enum text_safe how, const char *want)
{
    autostr struct str out = {0};
    text_sanitise(&out, in, n, how);
    assert_string_equal(str_c(&out), want);
}

static void test_sanitise_line(void **state)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"plain", "plain"},
        {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
        {"\033[31mred", "\\033[31mred"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"bad \xff\xc3", "bad ??"},
        {"over\xc0\xaflong", "over??long"},
        {"c1 \xc2\x9b 31m", "c1 \\233 31m"},
        {"bidi \xe2\x80\xae evil", "bidi ? evil"},
        {"\x7f", "\\177"},
        {"private \xee\x82\xb0", "private ?"},
        {"surrogate \xed\xa0\x80", "surrogate ???"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check_safe(rows[i].in, strlen(rows[i].in), TEXT_LINE, rows[i].want);
    check_safe("nul\0byte", 8, TEXT_LINE, "nul\\000byte");
}

static void test_sanitise_block(void **state)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"a\r\nb\rc", "a\nb\nc"},
        {"a\tb", "a       b"},
        {"x\n1234567\tb", "x\n1234567 b"},
        {"\033[1;31mred\033[0m ok", "red ok"},
        {"\033]0;title\a ok", " ok"},
        {"\033]52;c;Zm9v\033\\ ok", " ok"},
        {"\033]0;never ends\nnext", "\nnext"},
        {"\033Pq\033\\x", "x"},
        {"\033(Bx", "x"},
        {"\033[31", ""},
        {"ab\bc", "ac"},
        {"\xc2\x9b"
         "31mx",
         "31mx"},
        {"bell\a!", "bell!"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check_safe(rows[i].in, strlen(rows[i].in), TEXT_BLOCK, rows[i].want);
}

/* Whatever comes in, nothing that a terminal acts on comes out, and it is valid UTF-8. */
static void test_sanitise_random(void **state)
{
    unsigned seed = 1;
    for (int round = 0; round < 20000; round++) {
        char in[48];
        size_t n = (size_t)rand_r(&seed) % sizeof in;
        for (size_t i = 0; i < n; i++)
            in[i] = (char)(rand_r(&seed) % 3 ? rand_r(&seed) : "\033[]\x9b\xc2\x80\a\\"[rand_r(&seed) % 8]);
        for (int how = TEXT_LINE; how <= TEXT_BLOCK; how++) {
            autostr struct str out = {0};
            text_sanitise(&out, in, n, (enum text_safe)how);
            for (size_t at = 0; at < out.len;) {
                unsigned cp;
                int used = text_decode(out.s + at, out.len - at, &cp);
                assert_true(cp >= 0x20 || (how == TEXT_BLOCK && cp == '\n'));
                assert_false(cp >= 0x7f && cp < 0xa0);
                assert_false(cp == 0xfffd && used == 1);
                at += (size_t)used;
            }
        }
    }
}

static void test_width_and_fit(void **state)
{
    assert_int_equal(text_width("abc"), 3);
    SKIP_UNLESS(setlocale(LC_ALL, "C.UTF-8"), "no C.UTF-8 locale");
    assert_int_equal(text_width("\xe6\xbc\xa2"
                                "a"),
                     3);
    assert_int_equal(text_width("e\xcc\x81"), 1);
    assert_int_equal(text_fit("abc", 2), 2);
    assert_int_equal(text_fit("\xe6\xbc\xa2"
                              "a",
                              1),
                     0);
    assert_int_equal(text_fit("\xe6\xbc\xa2"
                              "a",
                              2),
                     3);
}

static void test_shorten(void **state)
{
    static const struct {
        const char *in;
        int columns;
        const char *want;
    } rows[] = {{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"", 0, ""},
                {"abc", 1, "…"},   {"abc", 0, ""},     {"a\xe6\xbc\xa2\xe6\xbc\xa2", 4, "a\xe6\xbc\xa2…"}};
    SKIP_UNLESS(setlocale(LC_ALL, "C.UTF-8"), "no C.UTF-8 locale");
    for (size_t i = 0; i < COUNT(rows); i++) {
        autostr struct str out = {0};
        text_shorten(&out, rows[i].in, rows[i].columns);
        assert_string_equal(str_c(&out), rows[i].want);
    }
}

static void check_wrap(const char *in, int columns, const char *indent, const char *want)
{
    autostr struct str out = {0};
    text_wrap(&out, in, columns, indent);
    assert_string_equal(str_c(&out), want);
}

static void test_wrap(void **state)
{
    check_wrap("one two three", 8, "", "one two\nthree");
    check_wrap("one two three", 8, "  ", "one two\n  three");
    check_wrap("short", 80, "", "short");
    check_wrap("abcdefghijkl", 5, "", "abcde\nfghij\nkl");
    check_wrap("a\n\nb", 10, "", "a\n\nb");
    check_wrap("", 10, "", "");
}

static void test_nearest(void **state)
{
    static const char *const names[] = {"mount", "umount2", "unshare", "chroot", NULL};
    assert_string_equal(text_nearest("mout", names), "mount");
    assert_string_equal(text_nearest("unshrae", names), "unshare");
    assert_string_equal(text_nearest("CHROOT", names), "chroot");
    assert_null(text_nearest("banana", names));
    static const char *const ab[] = {"ab", NULL};
    assert_string_equal(text_nearest("ba", ab), "ab"); /* exchanged letters are one mistake */
    assert_null(text_nearest("cc", ab));
}

static void test_trim(void **state)
{
    char text[] = "  a b \t\n";
    assert_string_equal(text_trim(text), "a b");
    char empty[] = "   ";
    assert_string_equal(text_trim(empty), "");
}

static void test_encode_and_decode(void **state)
{
    for (unsigned cp = 1; cp <= 0x110000; cp++) {
        autostr struct str out = {0};
        unsigned back;
        text_encode(&out, cp);
        bool surrogate = cp >= 0xd800 && cp < 0xe000;
        assert_int_equal(text_decode(out.s, out.len, &back), out.len);
        assert_int_equal(back, surrogate || cp > 0x10ffff ? 0xfffd : cp);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sanitise_line),
        cmocka_unit_test(test_sanitise_block),
        cmocka_unit_test(test_sanitise_random),
        cmocka_unit_test(test_encode_and_decode),
        cmocka_unit_test(test_width_and_fit),
        cmocka_unit_test(test_shorten),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_trim),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
