/* Progress under the XDG state directory: a log that only grows, and the current session, replaced atomically. */
#ifndef LESSON_PROGRESS_H
#define LESSON_PROGRESS_H

#include "base/outcome.h"
#include "base/str.h"
#include <stdbool.h>

enum progress_event {
    PROGRESS_STARTED,
    PROGRESS_STEP_DONE,
    PROGRESS_STEP_SKIPPED,
    PROGRESS_HINT,
    PROGRESS_SOLUTION,
    PROGRESS_ATTEMPT_FAILED,
    PROGRESS_LESSON_DONE
};

struct progress;

/* dir: NULL for user_state_dir(). Never fails: an unwritable directory is remembered and said by progress_trouble(). */
struct progress *progress_open(const char *dir);
void progress_free(struct progress *p);
const char *progress_trouble(const struct progress *p); /* NULL, or a sentence for the learner; said once */

void progress_log(struct progress *p, enum progress_event e, const char *lesson, const char *step);
bool progress_step_done(const struct progress *p, const char *lesson, const char *slug);
bool progress_lesson_done(const struct progress *p, const char *lesson);

/* The place to resume at: lesson id (or path), step slug, stage, questions answered, and the journal's text. save
 * replaces the file atomically. load returns false when there is none or it is damaged (the damaged file is kept beside
 * it). */
struct progress_place {
    char *lesson, *step, *journal;
    int block; /* index of the block of that step that comes next */
    int stage; /* enum stage_kind */
    int side;
};
bool progress_save(struct progress *p, const struct progress_place *place);
bool progress_load(struct progress *p, struct progress_place *place);
void progress_place_free(struct progress_place *place);

#endif
