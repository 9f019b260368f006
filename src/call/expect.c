/* What a lesson expects of a call: the text behind its last top-level '='. */
#include "base/errnoname.h"
#include "base/mem.h"
#include "call/parser.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offset of the last '=' outside quotes and brackets, or the length of the line. */
static size_t expect_find(const char *line)
{
    size_t len = strlen(line), found = len;
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        if (quoted && line[i] == '\\')
            i++;
        else if (line[i] == '"')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (strchr("([{", line[i]))
            depth++;
        else if (strchr(")]}", line[i]))
            depth--;
        else if (line[i] == '=' && depth <= 0)
            found = i;
    }
    return found;
}

struct expect {
    const char *line;
    size_t at, end;
    struct call_expect *e;
    struct call_error *err;
};

/* Only blanks, or a remark in parentheses as strace adds it: "(No such process)", "(SUID_DUMP_USER)". */
static bool expect_end(struct expect *x)
{
    x->at = split_blanks(x->line, x->at, x->end);
    const char *rest = x->line + x->at;
    const char *close = x->at < x->end && *rest == '(' ? strchr(rest, ')') : NULL;
    if (close)
        x->at = split_blanks(x->line, (size_t)(close + 1 - x->line), x->end);
    return x->at >= x->end || call_error_set(x->err, x->at, NULL, "the expectation should end here");
}

static bool expect_errno(struct expect *x)
{
    x->e->kind = EXPECT_ERRNO;
    x->at = split_blanks(x->line, x->at, x->end);
    size_t n = split_word(x->line, x->at, x->end);
    autofree char *name = xstrndup(x->line + x->at, n);
    if (n && (x->e->err = errno_number(name)) < 0)
        return call_error_set(x->err, x->at, errno_nearest(name), "%.60s is no error number's name", name);
    x->at += n;
    return expect_end(x);
}

static bool expect_number(struct expect *x)
{
    char *end;
    x->e->kind = EXPECT_VALUE;
    x->e->value = strtoll(x->line + x->at, &end, 0);
    if (end == x->line + x->at)
        return call_error_set(x->err, x->at, NULL, "an expectation is a number, -1 ENAME, ?, PID or $name");
    x->at = (size_t)(end - x->line);
    return x->e->value == -1 ? expect_errno(x) : expect_end(x);
}

static bool expect_variable(struct expect *x)
{
    x->e->kind = EXPECT_POSITIVE;
    size_t n = split_word(x->line, ++x->at, x->end);
    if (!n || n >= sizeof x->e->set)
        return call_error_set(x->err, x->at, NULL, "a variable's name is letters, digits and _, at most %zu",
                              sizeof x->e->set - 1);
    snprintf(x->e->set, sizeof x->e->set, "%.*s", (int)n, x->line + x->at);
    x->at += n;
    return expect_end(x);
}

bool call_expect_parse(const char *line, size_t *call_end, struct call_expect *e, struct call_error *err)
{
    size_t equals = expect_find(line), len = strlen(line);
    *e = (struct call_expect){.kind = EXPECT_ANY};
    *call_end = equals;
    while (*call_end && isspace((unsigned char)line[*call_end - 1]))
        --*call_end;
    if (equals == len)
        return true;
    struct expect x = {.line = line, .end = len, .e = e, .err = err};
    while (x.end > equals + 1 && (isspace((unsigned char)line[x.end - 1]) || line[x.end - 1] == ';'))
        x.end--;
    x.at = split_blanks(line, equals + 1, x.end);
    if (x.at < x.end && line[x.at] == '$')
        return expect_variable(&x);
    if (x.at < x.end && line[x.at] == '?') {
        e->kind = EXPECT_NO_RETURN;
        x.at++;
        x.at = split_blanks(line, x.at, x.end);
        x.at += split_word(line, x.at, x.end); /* "? ERESTARTSYS (...)" */
        return expect_end(&x);
    }
    if (x.end - x.at >= 3 && !strncmp(line + x.at, "PID", 3)) {
        e->kind = EXPECT_POSITIVE;
        x.at += 3;
        return expect_end(&x);
    }
    return expect_number(&x);
}

bool call_expect_holds(const struct call_expect *e, const struct call_image *image)
{
    switch (e->kind) {
    case EXPECT_VALUE:
        return image->ret == e->value;
    case EXPECT_ERRNO:
        return image->ret == -1 && (!e->err || image->err == e->err);
    case EXPECT_POSITIVE:
        return image->ret > 0;
    case EXPECT_NO_RETURN:
        return image->ret >= 0;
    case EXPECT_ANY:
        break;
    }
    return true;
}
