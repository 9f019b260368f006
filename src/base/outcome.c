#include "base/outcome.h"
#include "base/errnoname.h"
#include "base/text.h"
#include <string.h>

int outcome_set(struct outcome *o, int err, const char *step, const char *where, const char *hint, ...)
{
    if (!o)
        return -1;
    o->err = err; /* the texts may hold paths: foreign bytes */
    text_copy(o->step, sizeof o->step, step ? step : "");
    text_copy(o->where, sizeof o->where, where ? where : "");
    o->hint[0] = '\0';
    if (hint) {
        autostr struct str text = {0};
        va_list ap;
        va_start(ap, hint);
        str_vaddf(&text, hint, ap);
        va_end(ap);
        text_copy(o->hint, sizeof o->hint, str_c(&text));
    }
    return -1;
}

void outcome_print(struct str *out, const struct outcome *o)
{
    str_add(out, o->step);
    if (o->where[0])
        str_addf(out, "%s%s", o->step[0] ? ": " : "", o->where);
    if (o->err)
        str_addf(out, ": %s (%s)", strerror(o->err), errno_name(o->err) ? errno_name(o->err) : "?");
    if (o->hint[0])
        str_addf(out, "; %s", o->hint);
}
