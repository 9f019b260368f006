/* A line that types itself: what comes when, without a terminal and without waiting. */
#include "support.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include "shell/pace.h"
#include <string.h>

/* Takes the whole line by its own clock. Returns how long it took, and counts the moments at which something came. */
static int64_t take_all(struct pace *p, int64_t now, struct str *typed, int *moments)
{
    int64_t start = now;
    while (pace_runs(p)) {
        int wait = pace_wait(p, now);
        assert_true(wait >= 0 && wait < 1000);
        now += wait;
        autofree char *some = pace_take(p, now);
        assert_true(*some);
        str_add(typed, some);
        ++*moments;
    }
    assert_int_equal(pace_wait(p, now), -1);
    return now - start;
}

static const char *const lines[] = {
    "ls",
    "mount(\"proc\", \"/proc\", \"proc\", 0, NULL)",
    "grüße 世界 ✓ e\xcc\x81",
    "for n in pid user; do [ \"$(readlink /proc/$container/ns/$n)\" = \"$(readlink /proc/$host/ns/$n)\" ] && echo "
    "\"one "
    "$n namespace\"; done",
};

static void test_whole_line(void **state)
{
    for (size_t i = 0; i < COUNT(lines); i++)
        for (uint32_t seed = 0; seed < 200; seed++) {
            struct pace p = {0};
            autostr struct str typed = {0};
            int moments = 0, total = pace_total_ms(lines[i]);
            pace_begin(&p, lines[i], seed, 1000);
            int64_t ms = take_all(&p, 1000, &typed, &moments);
            assert_string_equal(str_c(&typed), lines[i]);
            assert_true(ms <= total * 16 / 10 && ms <= PACE_LINE_MS * 16 / 10);
            assert_true(strlen(lines[i]) < 20 || ms >= total / 2);
            assert_true(strlen(lines[i]) < 20 || moments > 10); /* not in one go */
        }
    assert_true(pace_total_ms(lines[3]) == PACE_LINE_MS && pace_total_ms("ls") < 200);
}

/* Each piece ends where a character ends. */
static void test_characters(void **state)
{
    struct pace p = {0};
    pace_begin(&p, "é世\xff", 7, 0);
    static const char *const pieces[] = {"é", "世", "\xff"};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        int64_t now = p.due;
        autofree char *some = pace_take(&p, now);
        assert_string_equal(some, pieces[i]);
    }
    assert_false(pace_runs(&p));
}

static void test_varies(void **state)
{
    autostr struct str typed = {0};
    int moments = 0, different = 0;
    int64_t first = 0;
    for (uint32_t seed = 1; seed < 20; seed++) {
        struct pace p = {0};
        pace_begin(&p, lines[1], seed, 0);
        int64_t ms = take_all(&p, 0, &typed, &moments);
        different += seed > 1 && ms != first;
        first = seed == 1 ? ms : first;
    }
    assert_true(different > 10);
}

static void test_keys(void **state)
{
    struct pace p = {0};
    pace_begin(&p, "abcdefghij", 3, 500);
    autofree char *none = pace_take(&p, 499);
    assert_string_equal(none, "");
    autofree char *three = pace_hurry(&p, 500);
    assert_string_equal(three, "abc");
    assert_true(pace_wait(&p, 500) > 0);
    autofree char *more = pace_hurry(&p, 501);
    assert_string_equal(more, "def");
    autofree char *rest = pace_rest(&p);
    assert_string_equal(rest, "ghij");
    assert_false(pace_runs(&p));
    autofree char *over = pace_hurry(&p, 502), *gone = pace_rest(&p), *late = pace_take(&p, 9999);
    assert_string_equal(over, "");
    assert_string_equal(gone, "");
    assert_string_equal(late, "");
}

/* Whoever was stopped for a minute goes on typing; the line does not come at once. */
static void test_stall(void **state)
{
    struct pace p = {0};
    pace_begin(&p, "a line that takes its time", 9, 0);
    autofree char *some = pace_take(&p, 60000);
    assert_true(strlen(some) >= 1 && strlen(some) < 4);
    pace_stop(&p);
    pace_begin(&p, "", 1, 0);
    assert_false(pace_runs(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_line), cmocka_unit_test(test_characters), cmocka_unit_test(test_varies),
        cmocka_unit_test(test_keys),       cmocka_unit_test(test_stall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
