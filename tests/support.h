/* What every test file includes: cmocka in the order it wants, and honest skips. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Skips the running test with a reason; under PORTHOLE_MUST_WORK=1 a skip is a failure. */
#define SKIP_UNLESS(cond, reason)                                                                                      \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            const char *must = getenv("PORTHOLE_MUST_WORK");                                                           \
            if (must && *must && *must != '0')                                                                         \
                fail_msg("must work here, but: %s", reason);                                                           \
            printf("skipped: %s\n", reason);                                                                           \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

#endif
