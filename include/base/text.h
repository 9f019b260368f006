/* Text that came from elsewhere, made safe and measured for the terminal. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/str.h"
#include <stdbool.h>

enum text_safe {
    TEXT_LINE,  /* one line: newlines and tabs are shown as \n \t like other control characters */
    TEXT_BLOCK, /* newlines kept, tabs expanded to 8 columns, CR LF and lone CR folded, ANSI escape sequences removed */
};

/* Appends s[0..n) with everything a terminal would act on taken out: C0 and C1 controls become \ooo escapes (TEXT_LINE)
 * or vanish with the escape sequence they start (TEXT_BLOCK); invalid UTF-8 and Unicode format characters (bidi
 * overrides, zero width) become '?'. The result is valid UTF-8 and holds no byte below 0x20 but \n in blocks. */
void text_sanitise(struct str *out, const char *s, size_t n, enum text_safe how);

/* The length of s[0..len) cut to at most max bytes, never within a character. */
size_t text_cut(const char *s, size_t len, size_t max);
/* Copies src into dst[size], sanitised as one line and cut between characters where it does not fit. */
void text_copy(char *dst, size_t size, const char *src);

/* Decodes one code point; returns its length in bytes (>= 1; an invalid byte gives U+FFFD and 1). n must be > 0. */
int text_decode(const char *s, size_t n, unsigned *cp);
void text_encode(struct str *out, unsigned cp); /* the other way; what is no code point becomes U+FFFD */

/* Characters that reorder, hide or join what stands beside them: bidi overrides, zero width, tags. */
bool text_is_format(unsigned cp);
int text_cp_width(unsigned cp);              /* columns: 0, 1 or 2, by wcwidth(3); never negative */
int text_width(const char *s);               /* columns of sanitised UTF-8 */
size_t text_fit(const char *s, int columns); /* bytes of s that fit in that many columns */
void text_wrap(struct str *out, const char *s, int columns, const char *indent); /* word-wraps; indent for next lines */

/* The entry of NULL-terminated names nearest to word by edit distance (two exchanged letters count as one mistake; case
 * is folded), or NULL when none is near enough to suggest. */
const char *text_nearest(const char *word, const char *const *names);

bool text_has_prefix(const char *s, const char *prefix);
char *text_trim(char *s); /* in place; returns the first non-blank */

#endif
