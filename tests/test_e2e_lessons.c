/* The course as a learner goes through it who presses Enter, answers, and asks for the solution when it is their turn:
 * all lessons on one pty, from the first line to the last. What Enter would do is read off the screen's last row, as a
 * person does. */
#include "base/loop.h"
#include "base/mem.h"
#include "e2e.h"
#include "session/doctor.h"
#include "support.h"
#include <ctype.h>
#include <string.h>
#include <unistd.h>

/* The last words of each lesson, which nobody sees who has not done all of it. */
static const struct {
    const char *header, *last;
    const char *needs[3]; /* what a machine may well lack; without it the course leaves the lesson out */
} course[] = {
    {"1 process", "All that follows happens between the first two."},
    {"2 image", "names a missing interpreter fails in the same way."},
    {"3 chroot", "Which processes does this shell see, then? That is the next lesson."},
    {"4 proc", "Can we do something to it?"},
    {"5 kill", "We need a world in which the victim has no number at all."},
    {"6 pidns", "a child like any other."},
    {"7 pid1", "children of this process would be born into it."},
    {"8 shared", "What a runtime adds is care."},
    {"9 slow", "namespaces, then mounts, then the root, then the program.", {"ptrace"}},
    {"10 bwrap", "That trap is in lesson 12.", {"ptrace", "bwrap"}},
    {"11 runtime", "Those deserve lessons of their own.", {"ptrace", "crun", "runc"}},
    {"12 break", "and know where they are."},
};

enum lesson_awaits {
    AWAITS_NOTHING,
    AWAITS_HELD,
    AWAITS_ENTER,
    AWAITS_LINE,
    AWAITS_ANSWER,
    AWAITS_TURN,
    AWAITS_LESSON,
    AWAITS_END
};

static const struct {
    const char *text;
    enum lesson_awaits what;
} awaited[] = {
    {"Enter: the next lesson", AWAITS_LESSON}, {"The course is done", AWAITS_END}, {"Enter types: ", AWAITS_LINE},
    {"Enter: make it", AWAITS_HELD},           {"Enter: ", AWAITS_ENTER},          {"Enter goes on", AWAITS_ENTER},
    {"Type the number", AWAITS_ANSWER},        {"Your turn", AWAITS_TURN},
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

/* All below the trees, which change by themselves. The caller frees. */
static char *lesson_text(struct e2e *e)
{
    int x, top = vt_find(e->run.vt, "3 lesson", &x);
    char *all = vt_text(e->run.vt), *from = all;
    for (int y = 0; y < top; y++)
        from = strchr(from, '\n') + 1;
    char *text = strdup(from);
    free(all);
    return text;
}

/* Types, and waits until something has come of it and the screen says again what it waits for. */
static enum lesson_awaits lesson_type(struct e2e *e, const char *keys, bool settles)
{
    char *before = lesson_text(e), *now = NULL;
    enum lesson_awaits what = AWAITS_NOTHING;
    bool changed = false;
    e2e_type(e, keys);
    for (int64_t end = now_ms() + 2 * E2E_MS; now_ms() < end && (!changed || (settles && !what));) {
        vt_run_quiet(&e->run, 10, 200);
        free(now);
        now = lesson_text(e);
        changed = changed || strcmp(before, now) != 0;
        what = lesson_awaits(e);
    }
    if (!changed || (settles && !what))
        fail_msg("nothing came of \"%s\":\n%s", keys, now);
    free(before);
    free(now);
    return what;
}

/* The call that is held, as the strip shows it. The caller frees. */
static char *lesson_held(struct e2e *e)
{
    int x, row = vt_find(e->run.vt, "▶ ", &x);
    return strdup(row >= 0 ? vt_row(e->run.vt, row) : "");
}

/* Answers a held call, and waits for the next one or for what comes then. */
static enum lesson_awaits lesson_answer(struct e2e *e, const char *key)
{
    char *before = lesson_held(e);
    enum lesson_awaits what = AWAITS_HELD;
    e2e_type(e, key);
    for (int64_t end = now_ms() + E2E_MS; now_ms() < end && (!what || what == AWAITS_HELD);) {
        vt_run_quiet(&e->run, 10, 200);
        what = lesson_awaits(e);
        char *now = lesson_held(e);
        bool another = what == AWAITS_HELD && strcmp(before, now) != 0;
        free(now);
        if (another)
            break;
    }
    free(before);
    if (what != AWAITS_HELD)
        vt_run_pump(&e->run, 600); /* right after the last stop Enter is taken for one more of those before it */
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

/* What is on the screen is what would be there if all of it were drawn anew. */
static void lesson_assert_drawn(struct e2e *e)
{
    char *before = NULL, *after = NULL;
    bool same = false;
    for (int tries = 0; tries < 5 && !same; tries++) { /* a frame may still be on its way */
        free(before);
        free(after);
        vt_run_quiet(&e->run, 20, 500);
        before = lesson_text(e);
        e2e_type(e, "\f");
        vt_run_pump(&e->run, 50);
        vt_run_quiet(&e->run, 20, 500);
        after = lesson_text(e);
        same = !strcmp(before, after);
    }
    if (!same)
        fail_msg("drawn:\n%s\ndrawn anew:\n%s", before, after);
    free(before);
    free(after);
}

/* One lesson from its first line to its end; what comes then. */
static enum lesson_awaits lesson_play(struct e2e *e, enum lesson_awaits what)
{
    int stops = 0;
    for (int keys = 0; keys < 200; keys++) {
        switch (what) {
        case AWAITS_HELD: /* some one by one, the rest in one go */
            what = lesson_answer(e, ++stops % 8 ? "\r" : "c");
            break;
        case AWAITS_ENTER:
            what = lesson_type(e, "\r", true);
            break;
        case AWAITS_LINE:
            lesson_type(e, "\r", false); /* typed for us */
            what = lesson_type(e, "\r", true);
            break;
        case AWAITS_ANSWER:
            lesson_assert_drawn(e);
            what = lesson_type(e, "2\r", true);
            break;
        case AWAITS_TURN:
            lesson_assert_drawn(e);
            what = lesson_type(e, ":solution\r", true);
            break;
        default:
            return what;
        }
    }
    fail_msg("the lesson does not end");
    return what;
}

static enum lesson_awaits lesson_begins(struct e2e *e)
{
    enum lesson_awaits what = AWAITS_NOTHING;
    for (int64_t end = now_ms() + E2E_MS; (!what || what == AWAITS_LESSON) && now_ms() < end; what = lesson_awaits(e))
        vt_run_quiet(&e->run, 20, 200);
    return what;
}

/* The next lesson that this machine has all for. */
static size_t course_from(size_t i)
{
    for (; i < COUNT(course); i++) {
        struct doctor_result r = {.works = true};
        for (size_t k = 0; k < COUNT(course[i].needs) && course[i].needs[k] && r.works; k++)
            doctor_try(course[i].needs[k], &r);
        if (r.works)
            break;
        print_message("left out: lesson %s: %s\n", course[i].header, r.why);
        if (getenv("PORTHOLE_MUST_WORK"))
            fail_msg("must work here, but: %s", r.why);
    }
    return i;
}

static void play_course(int rows, int cols, const char *stage)
{
    struct e2e e;
    e2e_start_course(&e, rows, cols, stage);
    e2e_wait(&e, "4 transcript");
    enum lesson_awaits what = lesson_begins(&e);
    for (size_t i = 0, next; i < COUNT(course); i = next) {
        next = course_from(i + 1);
        what = lesson_play(&e, what);
        assert_int_equal(what, i + 1 < COUNT(course) ? AWAITS_LESSON : AWAITS_END);
        assert_int_equal(strncmp(vt_row(e.run.vt, 0) + 1, course[i].header, strlen(course[i].header)), 0);
        e2e_wait(&e, "+ Lesson complete.");
        lesson_assert_says(&e, course[i].last);
        lesson_assert_drawn(&e);
        if (next == COUNT(course))
            break;
        e2e_type(&e, "\r");
        e2e_wait(&e, course[next].header);
        what = lesson_begins(&e);
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
    play_course(40, 120, "--practice");
}

static void all_lessons_on_the_real_stage(void **state)
{
    static struct str why;
    SKIP_UNLESS(access(e2e_program(), X_OK) == 0, "./porthole is not built");
    SKIP_UNLESS(access("lessons/01-process.md", R_OK) == 0, "not run from the top of the source tree");
    SKIP_UNLESS(doctor_stage_real(&why), str_c(&why));
    play_course(24, 80, "--real");
}

/* Jumping makes lines wander, and ncurses then deletes and scrolls rather than draws. */
static void jumps_leave_nothing_stale(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    SKIP_UNLESS(access("lessons/01-process.md", R_OK) == 0, "not run from the top of the source tree");
    struct e2e e;
    e2e_start_course(&e, 40, 120, "--practice");
    lesson_begins(&e);
    lesson_type(&e, ":lesson 6\r", true);
    e2e_wait(&e, "1/6 A process to spoil");
    e2e_run(&e, ":goto 6", "Enter types: execve");
    lesson_assert_drawn(&e);
    e2e_run(&e, ":goto 2", "Type the number");
    lesson_assert_drawn(&e);
    e2e_end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jumps_leave_nothing_stale),
        cmocka_unit_test(all_lessons_on_the_practice_stage),
        cmocka_unit_test(all_lessons_on_the_real_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
