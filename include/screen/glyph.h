/* Characters for terminals that cannot show them: in a locale without UTF-8 everything is said in ASCII. */
#ifndef SCREEN_GLYPH_H
#define SCREEN_GLYPH_H

#include "base/str.h"
#include <stdbool.h>

/* Does the locale of this process (LC_CTYPE) write UTF-8? nl_langinfo(3). */
bool glyph_utf8(void);

/* The ASCII character that stands for code point cp and is as wide: line drawing, arrows, dashes, quotes; '?' for what
 * has none. ASCII stands for itself. */
char glyph_ascii(unsigned cp);

/* Appends s, which is UTF-8, as the locale can show it: unchanged when utf8, else by glyph_ascii. */
void glyph_text(struct str *out, const char *s, bool utf8);

#endif
