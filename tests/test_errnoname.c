/* Names of errors and signals against the C library's own. */
#include "support.h"

#include "base/errnoname.h"
#include "base/mem.h"
#include <errno.h>
#include <signal.h>
#include <string.h>

static void test_errno_names(void **state)
{
    int named = 0;
    for (int err = 1; err < 200; err++) {
        const char *name = errno_name(err);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
        const char *known = strerrorname_np(err);
        assert_int_equal(name != NULL, known != NULL);
        if (known)
            assert_string_equal(name, err == ENOTSUP ? "EOPNOTSUPP" : known);
#endif
        if (!name)
            continue;
        named++;
        assert_int_equal(errno_number(name), err);
    }
    assert_true(named > 120);
    assert_int_equal(errno_number("EWOULDBLOCK"), EAGAIN);
    assert_int_equal(errno_number("ENOTSUP"), EOPNOTSUPP);
    assert_int_equal(errno_number("EBANANA"), -1);
    assert_int_equal(errno_number(""), -1);
    assert_null(errno_name(0));
    assert_null(errno_name(-1));
    assert_null(errno_name(5000));
    assert_string_equal(errno_nearest("ENOEN"), "ENOENT");
    assert_null(errno_nearest("xxxxxxxxxxxx"));
}

static void test_signal_names(void **state)
{
    for (int sig = -1; sig <= SIGRTMAX + 1; sig++) {
        const char *name = signal_name(sig);
        bool exists = (sig > 0 && sig < 32) || (sig >= SIGRTMIN && sig <= SIGRTMAX);
        assert_int_equal(name != NULL, exists);
        if (name) {
            assert_int_equal(signal_number(name), sig);
            assert_int_equal(signal_number(name + 3), sig);
        }
    }
    static const struct {
        const char *name;
        int sig;
    } rows[] = {
        {"SIGTERM", SIGTERM}, {"TERM", SIGTERM},   {"SIGIOT", SIGABRT}, {"SIGCLD", SIGCHLD},
        {"POLL", SIGIO},      {"SIGBANANA", -1},   {"SIG", -1},         {"", -1},
        {"sigterm", -1},      {"SIGRTMIN+64", -1}, {"SIGRTMIN+", -1},   {"SIGRTMIN2", -1},
        {"SIGRTMIN-1", -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (signal_number(rows[i].name) != rows[i].sig)
            fail_msg("%s", rows[i].name);
    assert_int_equal(signal_number("SIGRTMIN+2"), SIGRTMIN + 2);
    assert_int_equal(signal_number("RTMAX-1"), SIGRTMAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errno_names),
        cmocka_unit_test(test_signal_names),
    };
    return cmocka_run_group_tests_name("errnoname", tests, NULL, NULL);
}
