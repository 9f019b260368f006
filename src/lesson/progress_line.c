#include "lesson/progress_line.h"
#include "base/mem.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_LINE_FORMAT "%Y-%m-%dT%H:%M:%SZ"

static const char *const progress_line_names[] = {
    [PROGRESS_STARTED] = "started",           [PROGRESS_STEP_DONE] = "step-done",
    [PROGRESS_STEP_SKIPPED] = "step-skipped", [PROGRESS_HINT] = "hint",
    [PROGRESS_SOLUTION] = "solution",         [PROGRESS_ATTEMPT_FAILED] = "attempt-failed",
    [PROGRESS_LESSON_DONE] = "lesson-done",
};

static bool progress_line_time(const char *word, time_t *when)
{
    struct tm tm = {0};
    if (strlen(word) != PROGRESS_LINE_TIME || !isdigit((unsigned char)word[0]))
        return false;
    const char *end = strptime(word, PROGRESS_LINE_FORMAT, &tm);
    if (!end || *end)
        return false;
    *when = timegm(&tm);
    return true;
}

static bool progress_line_event(const char *word, enum progress_event *event)
{
    for (size_t i = 0; i < COUNT(progress_line_names); i++) {
        if (strcmp(word, progress_line_names[i]) != 0)
            continue;
        *event = (enum progress_event)i;
        return true;
    }
    return false;
}

bool progress_line_parse(const char *text, size_t n, struct progress_line *out)
{
    for (size_t i = 0; i < n; i++)
        if (iscntrl((unsigned char)text[i]))
            return false;
    autofree char *copy = xstrndup(text, n);
    char *rest = copy, *words[5] = {0};
    size_t count = 0;
    for (char *word; count < COUNT(words) && (word = strsep(&rest, " "));)
        words[count++] = word;
    *out = (struct progress_line){0};
    if (count != 4 || !*words[2] || !*words[3] || !progress_line_time(words[0], &out->when) ||
        !progress_line_event(words[1], &out->event))
        return false;
    out->lesson = xstrdup(words[2]);
    out->step = xstrdup(words[3]);
    return true;
}

void progress_line_free(struct progress_line *l)
{
    free(l->lesson);
    free(l->step);
    *l = (struct progress_line){0};
}

/* Ids and slugs hold no blanks; the path of a foreign lesson may. */
void progress_line_word(struct str *out, const char *word)
{
    str_addc(out, ' ');
    if (!word || !*word)
        str_addc(out, '-');
    for (; word && *word; word++)
        str_addc(out, isspace((unsigned char)*word) || iscntrl((unsigned char)*word) ? '_' : *word);
}

void progress_line_print(struct str *out, time_t when, enum progress_event event, const char *lesson, const char *step)
{
    struct tm tm;
    char text[32];
    strftime(text, sizeof text, PROGRESS_LINE_FORMAT, gmtime_r(&when, &tm));
    str_addf(out, "%s %s", text, progress_line_names[event]);
    progress_line_word(out, lesson);
    progress_line_word(out, step);
    str_addc(out, '\n');
}
