/* How each kind of text looks and sounds: one row a kind, for the screen (style) and for linear output (the word before
 * it). */
#ifndef SCREEN_SAY_H
#define SCREEN_SAY_H

#include "base/str.h"
#include "lesson/engine.h"
#include "screen/style.h"

struct say_look {
    enum style style;
    const char *word;   /* "hint", or "" where the text speaks for itself */
    const char *indent; /* before what is wrapped; NULL: two blanks */
    bool verbatim;      /* a program's output: never re-wrapped by words, no word before it */
};
const struct say_look *say_look(enum say kind);

/* Appends the word and ": " when the text does not begin with it already. */
void say_prefix(struct str *out, enum say kind, const char *text);

#endif
