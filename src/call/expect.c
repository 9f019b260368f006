/* What a lesson expects of a call: the text behind its last top-level '='. */
#include "base/mem.h"
#include "call/errnoname.h"
#include "call/table.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offset of the last '=' outside quotes and brackets, or the length of the line. */
static size_t expect_find(const char *line)
{
    size_t found = strlen(line);
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; line[i]; i++) {
        if (quoted) {
            if (line[i] == '\\' && line[i + 1])
                i++;
            else
                quoted = line[i] != '"';
        } else if (line[i] == '"')
            quoted = true;
        else if (strchr("([{", line[i]))
            depth++;
        else if (strchr(")]}", line[i]))
            depth--;
        else if (line[i] == '=' && !depth)
            found = i;
    }
    return found;
}

static bool expect_fail(struct call_error *err, size_t at, const char *text)
{
    *err = (struct call_error){.at = at};
    snprintf(err->text, sizeof err->text, "%s", text);
    return false;
}

static bool expect_errno(const char *p, struct call_expect *e)
{
    char name[32];
    size_t n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    if (n < 2 || n >= sizeof name)
        return false;
    memcpy(name, p, n);
    name[n] = '\0';
    e->kind = EXPECT_ERRNO;
    e->err = errno_number(name);
    p += n + strspn(p + n, " \t");
    if (*p == '(') /* strace adds strerror's text; the name says it all */
        p = strchr(p, ')') ? strchr(p, ')') + 1 : p;
    return e->err > 0 && !p[strspn(p, " \t")];
}

static bool expect_value(const char *p, struct call_expect *e)
{
    char *end;
    e->value = strtoll(p, &end, 0);
    if (end == p)
        return false;
    end += strspn(end, " \t");
    if (e->value == -1 && *end)
        return expect_errno(end, e);
    e->kind = EXPECT_VALUE;
    return !*end;
}

static bool expect_variable(const char *p, struct call_expect *e)
{
    size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (!n || n >= sizeof e->set || isdigit((unsigned char)*p) || p[n + strspn(p + n, " \t")])
        return false;
    e->kind = EXPECT_POSITIVE;
    memcpy(e->set, p, n);
    e->set[n] = '\0';
    return true;
}

bool call_expect_parse(const char *line, size_t *call_end, struct call_expect *e, struct call_error *err)
{
    size_t at = expect_find(line);
    *e = (struct call_expect){.kind = EXPECT_ANY};
    *call_end = at;
    while (*call_end && isspace((unsigned char)line[*call_end - 1]))
        --*call_end;
    if (!line[at])
        return true;
    const char *p = line + at + 1 + strspn(line + at + 1, " \t");
    autofree char *text = xstrdup(p);
    for (size_t n = strlen(text); n && isspace((unsigned char)text[n - 1]);)
        text[--n] = '\0';
    if (!strcmp(text, "?"))
        e->kind = EXPECT_NO_RETURN;
    else if (!strcmp(text, "PID"))
        e->kind = EXPECT_POSITIVE;
    else if (*text == '$' ? !expect_variable(text + 1, e) : !expect_value(text, e))
        return expect_fail(err, (size_t)(p - line), "an expectation is a number, -1 ENAME, ?, PID or $name");
    return true;
}

bool call_expect_holds(const struct call_expect *e, const struct call_image *im)
{
    switch (e->kind) {
    case EXPECT_VALUE:
        return im->ret == e->value;
    case EXPECT_ERRNO:
        return im->ret == -1 && im->err == e->err;
    case EXPECT_POSITIVE:
        return im->ret > 0;
    case EXPECT_NO_RETURN:
        return im->ret >= 0;
    default:
        return true;
    }
}

void call_expect_print(struct str *out, const struct call_expect *e)
{
    switch (e->kind) {
    case EXPECT_VALUE:
        str_addf(out, "%lld", (long long)e->value);
        break;
    case EXPECT_ERRNO:
        str_addf(out, "-1 %s (%s)", errno_name(e->err), strerror(e->err));
        break;
    case EXPECT_POSITIVE:
        str_add(out, "a positive number");
        break;
    case EXPECT_NO_RETURN:
        str_add(out, "?");
        break;
    default:
        str_add(out, "anything");
    }
}
