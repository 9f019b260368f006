#include "base/outcome.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* Copies with foreign bytes made safe: a path in an error message is foreign text too. */
static void outcome_copy(char *dst, size_t size, const char *src)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, src, strlen(src), TEXT_LINE);
    size_t n = safe.len < size ? safe.len : size - 1;
    while (n && n < safe.len && ((unsigned char)safe.s[n] & 0xc0) == 0x80)
        n--;
    memcpy(dst, str_c(&safe), n);
    dst[n] = '\0';
}

int outcome_set(struct outcome *o, int err, const char *step, const char *where, const char *hint, ...)
{
    if (!o)
        return -1;
    o->err = err;
    outcome_copy(o->step, sizeof o->step, step ? step : "");
    outcome_copy(o->where, sizeof o->where, where ? where : "");
    o->hint[0] = '\0';
    if (hint) {
        autostr struct str text = {0};
        va_list ap;
        va_start(ap, hint);
        str_vaddf(&text, hint, ap);
        va_end(ap);
        outcome_copy(o->hint, sizeof o->hint, str_c(&text));
    }
    return -1;
}

void outcome_print(struct str *out, const struct outcome *o)
{
    str_add(out, o->step);
    if (o->where[0])
        str_addf(out, "%s%s", o->step[0] ? ": " : "", o->where);
    if (o->err)
        str_addf(out, ": %s (%s)", strerror(o->err), strerrorname_np(o->err) ? strerrorname_np(o->err) : "?");
    if (o->hint[0])
        str_addf(out, "; %s", o->hint);
}
