/* What was said, in order: a ring of texts with their kinds, wrapped into the lines of a pane. */
#ifndef SCREEN_TRANSCRIPT_H
#define SCREEN_TRANSCRIPT_H

#include "lesson/engine.h"
#include "screen/lines.h"

#define TRANSCRIPT_MAX 5000 /* logical lines kept */

struct transcript;
struct transcript *transcript_new(void);
void transcript_free(struct transcript *t);

/* Adds text of a kind. Output may come in pieces and end in the middle of a line: the next piece goes on there. A
 * trailing newline of other kinds is dropped. */
void transcript_add(struct transcript *t, enum say kind, const char *text);

/* Brings lines up to date for that many columns, with as little work as the changes allow. Returns how many lines were
 * dropped from its front (the reader's place moves by as many). */
size_t transcript_wrap(struct transcript *t, int columns, struct lines *lines);

#endif
