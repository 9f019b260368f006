/* The recording of a rehearsal: what each step of a lesson did on this machine, line by line. A presentation falls back
 * to it, labelled, where a step fails on stage. */
#ifndef SHELL_REHEARSAL_H
#define SHELL_REHEARSAL_H

#include "lesson/engine.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define REHEARSAL_STEP_MAX (256 << 10) /* bytes of one step that are kept */

struct rehearsal_line {
    size_t at; /* block of the step that it came of */
    enum say kind;
    char *text; /* an output may hold several lines, with or without the last newline */
};

struct rehearsal_step {
    char *slug;
    uint64_t hash; /* rehearsal_hash() of the step as it was */
    bool ok;       /* all of it was as the lesson expects */
    int64_t ms;
    time_t when;
    char *host; /* the machine's name, without blanks */
    struct rehearsal_line *v;
    size_t n, cap, bytes;
};

struct rehearsal {
    char *lesson; /* id */
    enum stage_kind stage;
    struct rehearsal_step *v;
    size_t n, cap;
};

void rehearsal_clear(struct rehearsal *r);

/* Begins a step, here and now. Valid until the next one. */
struct rehearsal_step *rehearsal_add(struct rehearsal *r, const struct step *s);
/* Adds what was said. Output that follows output of the same block joins it; lesson text is left out, since the file
 * has it. */
void rehearsal_say(struct rehearsal_step *s, size_t at, enum say kind, const char *text);
/* The recording of the step as the lesson has it now; NULL when there is none. */
const struct rehearsal_step *rehearsal_find(const struct rehearsal *r, const struct step *s);
/* Where r has a step that failed, and old one of the same text that did not: old's is kept. */
void rehearsal_keep(struct rehearsal *r, const struct rehearsal *old);

/* "2026-11-24 14:05 on HOST": sanitised. */
void rehearsal_print_origin(struct str *out, const struct rehearsal_step *s);

/* Changes with every text in the step. */
uint64_t rehearsal_hash(const struct step *s);

/* The file's text and back. Parsing a text that is damaged anywhere gives false and an empty rehearsal. */
void rehearsal_print(const struct rehearsal *r, struct str *out);
bool rehearsal_parse(struct rehearsal *r, const char *text, size_t n);

/* STATE/rehearsals/ID.STAGE; the caller frees. */
char *rehearsal_path(const char *lesson, enum stage_kind stage);
/* false with errno. The file is replaced as a whole; its directory is made. */
bool rehearsal_save(const struct rehearsal *r);
/* false when there is none, or it is damaged (EBADMSG). */
bool rehearsal_load(struct rehearsal *r, const char *lesson, enum stage_kind stage);

#endif
