/* Where a typed call is wrong: a message, and a caret under the place. */
#include "base/text.h"
#include "call/table.h"
#include <string.h>

#define ERROR_COLUMNS 56 /* fits the narrowest screen with its indent */

bool call_error_vset(struct call_error *err, size_t at, const char *nearest, const char *fmt, va_list ap)
{
    if (!err)
        return false;
    autofree char *text = xvasprintf(fmt, ap);
    text_copy(err->text, sizeof err->text, text);
    text_copy(err->nearest, sizeof err->nearest, nearest ? nearest : "");
    err->at = at;
    return false;
}

bool call_error_set(struct call_error *err, size_t at, const char *nearest, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    call_error_vset(err, at, nearest, fmt, ap);
    va_end(ap);
    return false;
}

/* Cuts so much off the front of line that at comes into sight; returns the new offset of at. */
static size_t error_window(struct str *shown, const char *line, size_t at)
{
    autostr struct str before = {0};
    text_sanitise(&before, line, at, TEXT_LINE);
    const char *start = str_c(&before);
    if (text_width(start) > ERROR_COLUMNS * 2 / 3) {
        str_add(shown, "...");
        while (text_width(start) > ERROR_COLUMNS / 2) {
            unsigned cp;
            start += text_decode(start, strlen(start), &cp);
        }
    }
    str_add(shown, start);
    size_t column = (size_t)text_width(str_c(shown));
    text_sanitise(shown, line + at, strlen(line + at), TEXT_LINE);
    if (text_width(str_c(shown)) > ERROR_COLUMNS) {
        str_cut(shown, text_fit(str_c(shown), ERROR_COLUMNS - 3));
        str_add(shown, "...");
    }
    return column;
}

void call_error_print(struct str *out, const char *line, const struct call_error *err)
{
    size_t len = strlen(line), at = err->at < len ? err->at : len;
    while (at && at < len && ((unsigned char)line[at] & 0xc0) == 0x80) /* never inside a character */
        at--;
    autostr struct str shown = {0};
    size_t column = error_window(&shown, line, at);
    str_addf(out, "%s\n  %s\n  %*s^", err->text, str_c(&shown), (int)column, "");
    if (err->nearest[0])
        str_addf(out, " did you mean %s?", err->nearest);
}
