#include "support.h"

#include "base/str.h"
#include "faults.h"
#include "lesson/course.h"
#include <string.h>

/* The course as it is shipped: every lesson reads without a fault, lint has nothing to say, and each follows another.
 * That they do what they say is for `porthole test`. */
static void test_shipped(void **state)
{
    autostr struct str faults = {0};
    struct outcome o = {0};
    struct course *c = course_load("lessons", faults_collect, &faults, &o);
    SKIP_UNLESS(c, "not run from the top of the source tree");
    static const char *const ids[] = {"process", "image",  "chroot", "proc",  "kill",    "pidns",
                                      "pid1",    "shared", "slow",   "bwrap", "runtime", "break"};
    assert_true(c->n >= COUNT(ids));
    for (size_t i = 0; i < COUNT(ids); i++)
        assert_string_equal(c->v[i]->id, ids[i]);
    for (size_t i = 0; i < c->n; i++)
        lesson_lint(c->v[i], faults_collect, &faults);
    course_lint(c, faults_collect, &faults);
    assert_string_equal(str_c(&faults), "");
    course_free(c);
}

/* What each lesson promises its learner. */
static void test_promises(void **state)
{
    struct outcome o = {0};
    struct course *c = course_load("lessons", NULL, NULL, &o);
    SKIP_UNLESS(c, "not run from the top of the source tree");
    for (size_t i = 0; i < c->n; i++) {
        const struct lesson *l = c->v[i];
        size_t turns = 0;
        for (size_t s = 0; s < l->nsteps; s++) {
            size_t checks = 0, hints = 0;
            for (size_t b = 0; b < l->steps[s].nblocks; b++) {
                checks += l->steps[s].blocks[b].kind == BLOCK_CHECK;
                hints += l->steps[s].blocks[b].kind == BLOCK_HINT;
            }
            turns += checks;
            if (checks && hints < 2)
                fail_msg("%s:%d: a turn needs two hints", l->path, l->steps[s].line);
        }
        if (!turns || !*l->goal || !l->man[0] || !l->minutes)
            fail_msg("%s: no turn, goal, man page or minutes", l->path);
    }
    course_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shipped), cmocka_unit_test(test_promises)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
