/* The course as a learner goes through it who presses Enter, answers, and asks for the solution when it is their turn:
 * all lessons on one pty, from the first line to the last. What Enter would do is read off the screen's last row, as a
 * person does. */
#include "base/loop.h"
#include "e2e.h"
#include "session/doctor.h"
#include "support.h"
#include <ctype.h>
#include <string.h>
#include <unistd.h>

/* The last words of each lesson, which nobody sees who has not done all of it. */
static const struct {
    const char *header, *last;
} course[] = {
    {"1 process", "All that follows happens between the first two."},
    {"2 image", "names a missing interpreter fails in the same way."},
    {"3 chroot", "Which processes does this shell see, then? That is the next lesson."},
    {"4 proc", "Can we do something to it?"},
    {"5 kill", "We need a world in which the victim has no number at all."},
    {"6 pidns", "a child like any other."},
    {"7 pid1", "children of this process would be born into it."},
    {"8 shared", "What a runtime adds is care."},
};

enum lesson_awaits { AWAITS_NOTHING, AWAITS_ENTER, AWAITS_LINE, AWAITS_ANSWER, AWAITS_TURN, AWAITS_LESSON, AWAITS_END };

static const struct {
    const char *text;
    enum lesson_awaits what;
} awaited[] = {
    {"Enter: the next lesson", AWAITS_LESSON},
    {"The course is done", AWAITS_END},
    {"Enter types: ", AWAITS_LINE},
    {"Enter: ", AWAITS_ENTER},
    {"Enter goes on", AWAITS_ENTER},
    {"Type the number", AWAITS_ANSWER},
    {"Your turn", AWAITS_TURN},
};

static enum lesson_awaits lesson_awaits(struct e2e *e)
{
    const char *row = vt_row(e->run.vt, vt_rows(e->run.vt) - 1);
    if (!strncmp(row, "Not reached", 11))
        fail_msg("the lesson did not get what it expects");
    for (size_t i = 0; i < sizeof awaited / sizeof *awaited; i++)
        if (!strncmp(row, awaited[i].text, strlen(awaited[i].text)))
            return awaited[i].what;
    return AWAITS_NOTHING;
}

/* Types, and waits until the screen has changed and says again what it waits for. */
static enum lesson_awaits lesson_type(struct e2e *e, const char *keys, bool settles)
{
    char *before = vt_text(e->run.vt), *now;
    enum lesson_awaits what = AWAITS_NOTHING;
    bool changed = false;
    e2e_type(e, keys);
    for (int64_t end = now_ms() + 2 * E2E_MS; now_ms() < end && (!changed || (settles && !what));) {
        vt_run_quiet(&e->run, 10, 200);
        now = vt_text(e->run.vt);
        changed = strcmp(before, now) != 0;
        free(now);
        what = lesson_awaits(e);
    }
    free(before);
    if (!changed || (settles && !what)) {
        now = vt_text(e->run.vt);
        fail_msg("nothing came of \"%s\":\n%s", keys, now);
    }
    return what;
}

/* The screen's words with single blanks between them: where a line was broken does not matter. */
static void lesson_assert_says(struct e2e *e, const char *words)
{
    char *text = vt_text(e->run.vt), *to = text;
    for (const char *p = text; *p; p++)
        if (!isspace((unsigned char)*p))
            *to++ = *p;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
    if (!strstr(text, words))
        fail_msg("\"%s\" is not on the screen:\n%s", words, text);
    free(text);
}

/* One lesson from its first line to its end; what comes then. */
static enum lesson_awaits lesson_play(struct e2e *e, enum lesson_awaits what)
{
    for (int keys = 0; keys < 200; keys++) {
        switch (what) {
        case AWAITS_ENTER:
            what = lesson_type(e, "\r", true);
            break;
        case AWAITS_LINE:
            lesson_type(e, "\r", false); /* typed for us */
            what = lesson_type(e, "\r", true);
            break;
        case AWAITS_ANSWER:
            what = lesson_type(e, "2\r", true);
            break;
        case AWAITS_TURN:
            what = lesson_type(e, ":solution\r", true);
            break;
        default:
            return what;
        }
    }
    fail_msg("the lesson does not end");
    return what;
}

static void play_course(const char *stage)
{
    struct e2e e;
    e2e_start_course(&e, 24, 80, stage);
    e2e_wait(&e, "4 transcript");
    e2e_wait(&e, "Enter: read on");
    enum lesson_awaits what = lesson_awaits(&e);
    size_t n = sizeof course / sizeof *course;
    for (size_t i = 0; i < n; i++) {
        what = lesson_play(&e, what);
        assert_int_equal(what, i + 1 < n ? AWAITS_LESSON : AWAITS_END);
        assert_int_equal(strncmp(vt_row(e.run.vt, 0) + 1, course[i].header, strlen(course[i].header)), 0);
        e2e_wait(&e, "+ Lesson complete.");
        lesson_assert_says(&e, course[i].last);
        if (i + 1 < n)
            what = lesson_type(&e, "\r", true);
    }
    e2e_type(&e, ":quit\r");
    e2e_wait(&e, "Nothing is left behind.");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    assert_int_equal(e.run.status, 0);
    e2e_end(&e);
}

static void all_lessons_on_the_practice_stage(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    SKIP_UNLESS(access("lessons/01-process.md", R_OK) == 0, "not run from the top of the source tree");
    play_course("--practice");
}

static void all_lessons_on_the_real_stage(void **state)
{
    static struct str why;
    SKIP_UNLESS(access(e2e_program(), X_OK) == 0, "./porthole is not built");
    SKIP_UNLESS(access("lessons/01-process.md", R_OK) == 0, "not run from the top of the source tree");
    SKIP_UNLESS(doctor_stage_real(&why), str_c(&why));
    play_course("--real");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_lessons_on_the_practice_stage),
        cmocka_unit_test(all_lessons_on_the_real_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
