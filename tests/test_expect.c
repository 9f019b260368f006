#include "support.h"

#include "base/str.h"
#include "lesson/expect.h"
#include <string.h>

static const char *get(void *arg, const char *name)
{
    static const struct {
        const char *name, *value;
    } vars[] = {{"victim", "4431"}, {"two", "two  words"}, {"dots", "..."}, {"lines", "a\nb"}, {"!", "77"}};
    for (size_t i = 0; i < COUNT(vars); i++)
        if (!strcmp(vars[i].name, name))
            return vars[i].value;
    return NULL;
}

static const struct {
    const char *expected, *got;
    const char *why; /* NULL: matches; else the reason */
} cases[] = {
    {"", "anything\n", NULL},
    {"\n \n", "anything\n", NULL},
    {"a", "a\n", NULL},
    {"a\nb", "a\r\nb\r\n\r\n", NULL},
    {"PID COMMAND", "  PID\tCOMMAND  \n", NULL},
    {"a", "b\n", "line 1: expected \"a\", got \"b\""},
    {"a\nb", "a\n", "line 2: expected \"b\", but the output ended"},
    {"a", "", "line 1: expected \"a\", but the output ended"},
    {"a", "a\nb\n", "line 2: nothing more was expected, but there came \"b\""},
    {"a\n\nb", "a\nb\n", "line 2: expected \"\", got \"b\""},
    {"a\n\nb", "a\n \nb\n", NULL},

    /* variables */
    {"$victim sleep", " 4431 sleep\n", NULL},
    {"${victim}0 sleep", "44310 sleep\n", NULL},
    {"$victims", "\n", NULL}, /* unset: empty, and an empty expectation is none */
    {"x$unset.", "x.\n", NULL},
    {"$two", "two words\n", NULL},
    {"$dots", "abc\n", "line 1: expected \"...\", got \"abc\""},
    {"$dots", "...\n", NULL},
    {"$lines", "a\nb\n", NULL},
    {"[$!]", "[77]\n", NULL},
    {"costs $5 ${ $", "costs $5 ${ $\n", NULL},
    {"$victim", "44312\n", "line 1: expected \"4431\", got \"44312\""},

    /* `...` over lines */
    {"...", "", NULL},
    {"...", "a\nb\n", NULL},
    {"a\n...", "a\n", NULL},
    {"a\n...\nz", "a\nb\nc\nz\n", NULL},
    {"a\n...\nz", "a\nz\n", NULL},
    {"...\na\n...\na", "a\nb\na\n", NULL},
    {"...\nb\nc", "b\nb\nc\n", NULL},
    {"...\nb\nc\n...\nc\nd", "a\nb\nb\nc\nx\nc\nc\nd\n", NULL},
    {"a\n...\nz", "a\nb\n", "no line is as expected: \"z\""},
    {"...\nb\nc", "a\nb\nd\n", "line 3: expected \"c\", got \"d\""},
    {"...\nz", "a\nz\nq\n", "line 3: nothing more was expected, but there came \"q\""},

    /* `...` inside a line: whole words between blanks, any bytes beside a word */
    {"PID ... CMD", "PID TTY TIME CMD\n", NULL},
    {"PID ... CMD", "PID CMD\n", NULL},
    {"... sh", "sh\n", NULL},
    {"... sh", "1 root sh\n", NULL},
    {"... sh", "1 root bash\n", "line 1: expected \"... sh\", got \"1 root bash\""},
    {"1 ... sh", "12 sh\n", "line 1: expected \"1 ... sh\", got \"12 sh\""},
    {"1 ... sh", "1 sh sh\n", NULL},
    {"x ...", "x\n", NULL},
    {"x ...", "x y z\n", NULL},
    {"x ...", "xy\n", "line 1: expected \"x ...\", got \"xy\""},
    {"up...days", "up 12 days\n", NULL},
    {"up...days", "updays\n", NULL},
    {"lib...", "libc.so.6\n", NULL},
    {"...so.6", "/lib/libc.so.6\n", NULL},
    {"a...b...c", "a1b2b3c\n", NULL},
    {"a...b...c", "a1b2b3\n", "line 1: expected \"a...b...c\", got \"a1b2b3\""},
    {"... ... x", "1 x\n", NULL},
    {"pid:[...]", "pid:[4026531836]\n", NULL},

    /* what came is made safe in the reason */
    {"a", "\033[2Jb\n", "line 1: expected \"a\", got \"\\033[2Jb\""},
};

static void test_cases(void **state)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        autostr struct str why = {0};
        bool ok = expect_matches(cases[i].expected, cases[i].got, get, NULL, &why);
        if (ok != !cases[i].why || strcmp(str_c(&why), cases[i].why ? cases[i].why : ""))
            fail_msg("case %zu: \"%s\" against \"%s\" gave %d, \"%s\"", i, cases[i].expected, cases[i].got, ok,
                     str_c(&why));
    }
}

/* Many `...` and a long line must not take for ever. */
static void test_cost(void **state)
{
    autostr struct str pattern = {0}, line = {0};
    for (int i = 0; i < 200; i++)
        str_add(&pattern, i % 2 ? " ... a" : "a...");
    str_add(&pattern, "b");
    for (int i = 0; i < 20000; i++)
        str_add(&line, i % 7 ? "a" : " ");
    assert_false(expect_matches(str_c(&pattern), str_c(&line), NULL, NULL, NULL));
    str_cut(&pattern, 0);
    str_cut(&line, 0);
    for (int i = 0; i < 200; i++)
        str_add(&pattern, "...\na\n");
    str_add(&pattern, "b");
    for (int i = 0; i < 5000; i++)
        str_add(&line, "a\n");
    assert_false(expect_matches(str_c(&pattern), str_c(&line), NULL, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_cost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
