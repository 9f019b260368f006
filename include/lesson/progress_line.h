/* One line of the progress log: "2025-01-31T09:30:00Z step-done kill find-the-victim". */
#ifndef LESSON_PROGRESS_LINE_H
#define LESSON_PROGRESS_LINE_H

#include "base/str.h"
#include "lesson/progress.h"
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct progress_line {
    time_t when;
    enum progress_event event;
    char *lesson, *step; /* "-" for none, as logged; raw bytes without blanks and control characters */
};

/* Reads text[0..n), without a newline. false for what is no such line: torn, edited, of a later version. */
bool progress_line_parse(const char *text, size_t n, struct progress_line *out);
void progress_line_free(struct progress_line *l);

/* Appends the line with its newline. Blanks and control characters of the words become '_', an empty word "-". */
void progress_line_print(struct str *out, time_t when, enum progress_event event, const char *lesson, const char *step);
void progress_line_word(struct str *out, const char *word);

#define PROGRESS_LINE_TIME 20 /* bytes of "2025-01-31T09:30:00Z": lines compare as their times do */

#endif
