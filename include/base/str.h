/* Growable text. A zeroed struct str is empty and valid; s is NULL until the first byte and NUL-terminated after. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/mem.h"
#include <stdarg.h>
#include <stddef.h>

struct str {
    char *s;
    size_t len, cap;
};

void str_add(struct str *b, const char *s);
void str_addn(struct str *b, const void *s, size_t n);
void str_addc(struct str *b, char c);
void str_addf(struct str *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_vaddf(struct str *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void str_cut(struct str *b, size_t len); /* shortens to len bytes; no effect when shorter already */
void str_free(struct str *b);            /* frees and leaves an empty str */
char *str_steal(struct str *b);          /* hands the bytes to the caller (never NULL), leaves an empty str */
const char *str_c(const struct str *b);  /* the text, "" when empty; valid until the next change */
#define autostr _cleanup_(str_free)

#endif
