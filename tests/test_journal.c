#include "support.h"

#include "base/str.h"
#include "session/journal.h"
#include <string.h>

static void assert_entry(const struct journal_entry *e, enum journal_kind kind, int actor, int step, const char *text,
                         pid_t pid)
{
    assert_int_equal(e->kind, kind);
    assert_int_equal(e->actor, actor);
    assert_int_equal(e->step, step);
    assert_string_equal(e->text, text);
    assert_int_equal(e->pid, pid);
}

static void test_print(void **state)
{
    struct journal j = {0};
    journal_add(&j, JOURNAL_SETUP, 1, -1, "sleep 31337 & export victim=$!\n", 77);
    journal_add(&j, JOURNAL_CALL, 2, 0, "chroot(\"rootfs\")", 0);
    journal_add(&j, JOURNAL_INPUT, 3, 1, "", 0);
    autostr struct str text = {0};
    journal_print(&j, &text);
    assert_string_equal(str_c(&text), "setup 1 -1 77 sleep 31337 & export victim=$!\\n\n"
                                      "call 2 0 0 chroot(\"rootfs\")\n"
                                      "input 3 1 0 \n");
    journal_clear(&j);
}

/* Whatever was typed comes back. */
static void test_round_trip(void **state)
{
    static const char *const texts[] = {"",
                                        " ",
                                        "  lead and trail  ",
                                        "a\nb\n",
                                        "back\\slash \\n \\x41",
                                        "\033[31m\t\r\b\x7f",
                                        "ünïcödé ☃",
                                        "\xff\xfe raw bytes"};
    struct journal j = {0}, k = {0};
    for (size_t i = 0; i < COUNT(texts); i++)
        journal_add(&j, (enum journal_kind)(i % 5), (int)i, (int)i - 1, texts[i], (pid_t)(i * 1000));
    autostr struct str text = {0}, again = {0};
    journal_print(&j, &text);
    assert_true(journal_parse(&k, str_c(&text)));
    assert_int_equal(k.n, COUNT(texts));
    for (size_t i = 0; i < k.n; i++)
        assert_entry(&k.v[i], (enum journal_kind)(i % 5), (int)i, (int)i - 1, texts[i], (pid_t)(i * 1000));
    journal_print(&k, &again);
    assert_string_equal(str_c(&text), str_c(&again));
    journal_clear(&j);
    journal_clear(&k);
}

static void test_damaged(void **state)
{
    static const char *const lines[] = {
        "call 2 0 0 x", /* no newline: torn */
        "cal 2 0 0 x\n",
        "call 2 0 x\n",
        "call two 0 0 x\n",
        "call 2 0 -1 x\n",
        "call -2 0 0 x\n",
        "call 2 0 0\n",
        "call 2 0 99999999999999999999 x\n",
        "call 2 0 4294967296 x\n",
        "call  2 0 0 x\n",
        "call 2 0 0 a\\q\n",
        "call 2 0 0 a\\\n",
        "call 2 0 0 a\\x1\n",
        "call 2 0 0 a\\x00\n",
        "call 2 0 0 a\tb\n",
        "\n",
        " \n",
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        autostr struct str text = {0};
        str_addf(&text, "shell 1 0 0 good\n%scall 2 0 0 dropped\n", lines[i]);
        if (lines[i][strlen(lines[i]) - 1] != '\n')
            str_cut(&text, strlen("shell 1 0 0 good\n") + strlen(lines[i]));
        struct journal j = {0};
        if (journal_parse(&j, str_c(&text)))
            fail_msg("accepted \"%s\"", lines[i]);
        assert_int_equal(j.n, 1);
        assert_entry(&j.v[0], JOURNAL_SHELL, 1, 0, "good", 0);
        journal_clear(&j);
    }
}

static void test_cut(void **state)
{
    struct journal j = {0};
    const int steps[] = {-1, 0, 1, 0, 2, 1};
    for (size_t i = 0; i < COUNT(steps); i++)
        journal_add(&j, JOURNAL_SHELL, (int)i, steps[i], "x", 0);
    journal_cut(&j, 1);
    assert_int_equal(j.n, 3);
    assert_int_equal(j.v[0].actor, 0);
    assert_int_equal(j.v[1].actor, 1);
    assert_int_equal(j.v[2].actor, 3);
    journal_cut(&j, 5);
    assert_int_equal(j.n, 3);
    journal_cut(&j, -1);
    assert_int_equal(j.n, 0);
    journal_add(&j, JOURNAL_DRIVE, 3, 4, NULL, 0);
    assert_entry(&j.v[0], JOURNAL_DRIVE, 3, 4, "", 0);
    journal_clear(&j);
    assert_int_equal(j.n, 0);
    assert_null(j.v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_print), cmocka_unit_test(test_round_trip),
                                       cmocka_unit_test(test_damaged), cmocka_unit_test(test_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
