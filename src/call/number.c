/* Numbers, as C writes them:
 *
 *     expr := term { ('|' | '+' | '-') term }
 *     term := [ '-' | '~' ] term | '(' expr ')' | NUMBER [ '<<' term ] | makedev(expr, expr) | CONSTANT | $name
 *
 * Which constants are known depends on the argument: MS_BIND means nothing to unshare(). */
#include "base/errnoname.h"
#include "base/text.h"
#include "call/parser.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

struct number {
    struct parser *p;
    size_t at, end;
    const struct call_family *family;
    int depth;
};

static bool number_expr(struct number *n, uint64_t *v);
static bool number_term(struct number *n, uint64_t *v);

static bool number_skip(struct number *n, const char *what)
{
    n->at = split_blanks(n->p->line, n->at, n->end);
    size_t len = strlen(what);
    if (n->end - n->at < len || strncmp(n->p->line + n->at, what, len))
        return false;
    n->at += len;
    return true;
}

/* Digits, with C's prefixes and suffixes. text ends with \0 and belongs to place at of the line. */
static bool number_digits(struct number *n, const char *text, size_t at, uint64_t *v, size_t *used)
{
    char *end;
    errno = 0;
    *v = strtoull(text, &end, 0);
    if (errno == ERANGE)
        return parser_fail(n->p, at, NULL, "this number does not fit in 64 bits");
    end += strspn(end, "uUlL");
    *used = (size_t)(end - text);
    if (!isalnum((unsigned char)*end) && *end != '_')
        return true;
    if (text[0] == '0' && isdigit((unsigned char)*end))
        return parser_fail(n->p, at, NULL, "a number that starts with 0 is octal: it has no digit %c", *end);
    return parser_fail(n->p, at + *used, NULL, "a number ends here, but %c follows", *end);
}

static bool number_literal(struct number *n, uint64_t *v)
{
    autofree char *text = xstrndup(n->p->line + n->at, n->end - n->at);
    size_t used = 0;
    if (!number_digits(n, text, n->at, v, &used))
        return false;
    n->at += used;
    uint64_t shift;
    if (!number_skip(n, "<<"))
        return true;
    /* strace writes capability sets as 1<<CAP_KILL: the shift is the bit's number even where names stand for sets. */
    struct number right = *n;
    if (n->family && n->family->numbered)
        right.family = &family_cap;
    if (!number_term(&right, &shift))
        return false;
    n->at = right.at;
    if (shift > 63)
        return parser_fail(n->p, n->at, NULL, "a shift is at most 63");
    *v <<= shift;
    return true;
}

static bool number_variable(struct number *n, uint64_t *v)
{
    size_t start = n->at;
    const char *value = parser_variable(n->p, &n->at, n->end);
    if (!value)
        return false;
    char *end;
    errno = 0;
    long long signed_value = strtoll(value, &end, 0);
    *v = (uint64_t)signed_value;
    if (!*value || *end || errno == ERANGE)
        return parser_fail(n->p, start, NULL, "%.*s is \"%.60s\", which is no number", (int)(n->at - start),
                           n->p->line + start, value);
    return true;
}

static bool number_makedev(struct number *n, uint64_t *v)
{
    uint64_t major, minor;
    struct number inside = *n;
    inside.family = NULL;
    inside.depth++;
    bool ok = number_expr(&inside, &major);
    if (ok && !number_skip(&inside, ","))
        ok = parser_fail(n->p, inside.at, NULL, "makedev takes a major and a minor number: makedev(1, 3)");
    ok = ok && number_expr(&inside, &minor);
    if (ok && !number_skip(&inside, ")"))
        ok = parser_fail(n->p, inside.at, NULL, "makedev takes two numbers: makedev(1, 3)");
    n->at = inside.at;
    if (ok)
        *v = makedev((unsigned)major, (unsigned)minor);
    return ok;
}

static bool number_unknown(struct number *n, const char *name, size_t at)
{
    struct parser *p = n->p;
    const struct call_family *f = n->family;
    if (!f || !f->n)
        return parser_fail(p, at, NULL, "%s is no number; a text is written in double quotes", name);
    const char *nearest = family_nearest(f, name);
    autostr struct str elsewhere = {0};
    if (parser_constant_elsewhere(name, strlen(name), &elsewhere))
        return parser_fail(p, at, nearest, "%s is no %s of %s(), but of %s", name, f->noun, p->row->name,
                           str_c(&elsewhere));
    return parser_fail(p, at, nearest, "%s is no %s of %s()", name, f->noun, p->row->name);
}

/* SIGRTMIN+3 is one name: the sum is not to be left to arithmetic on a macro that the C library computes. */
static bool number_signal(struct number *n, const char *name, uint64_t *v)
{
    size_t more = 0;
    const char *rest = n->p->line + n->at;
    if (n->at < n->end && (*rest == '+' || *rest == '-'))
        for (more = 1; n->at + more < n->end && isdigit((unsigned char)rest[more]);)
            more++;
    autofree char *whole = xasprintf("%s%.*s", name, (int)more, rest);
    int sig = signal_number(whole);
    if (sig < 0)
        return false;
    n->at += more;
    *v = (uint64_t)sig;
    return true;
}

static bool number_name(struct number *n, uint64_t *v)
{
    size_t at = n->at, len = split_word(n->p->line, at, n->end);
    autofree char *name = xstrndup(n->p->line + at, len);
    n->at += len;
    if (!strcmp(name, "NULL")) {
        *v = 0;
        return true;
    }
    if (!strcmp(name, "makedev") && number_skip(n, "("))
        return number_makedev(n, v);
    const struct call_const *k = family_find(n->family, name, len);
    if (k && k->refused)
        return parser_fail(n->p, at, NULL, "%s is refused: %s", name, k->refused);
    if (k) {
        *v = n->family->numbered ? 1ull << k->value : k->value;
        return true;
    }
    if (n->family == &family_signal && !strncmp(name, "SIG", 3) && number_signal(n, name, v))
        return true;
    return number_unknown(n, name, at);
}

static bool number_term(struct number *n, uint64_t *v)
{
    n->at = split_blanks(n->p->line, n->at, n->end);
    char c = n->at < n->end ? n->p->line[n->at] : '\0';
    if (++n->depth > 32)
        return parser_fail(n->p, n->at, NULL, "too deep an expression");
    bool ok;
    if (c == '-' || c == '~') {
        n->at++;
        ok = number_term(n, v);
        *v = c == '-' ? -*v : ~*v;
    } else if (c == '(') {
        n->at++;
        ok = number_expr(n, v);
        if (ok && !number_skip(n, ")"))
            ok = parser_fail(n->p, n->at, ")", "a closing parenthesis is missing");
    } else if (c == '$') {
        ok = number_variable(n, v);
    } else if (isdigit((unsigned char)c)) {
        ok = number_literal(n, v);
    } else if (split_word(n->p->line, n->at, n->end)) {
        ok = number_name(n, v);
    } else if (c == '"') {
        ok = parser_fail(n->p, n->at, NULL, "a text stands where %s() takes a number", n->p->row->name);
    } else if (!c) {
        ok = parser_fail(n->p, n->at, NULL, "a number is missing here");
    } else {
        ok = parser_fail(n->p, n->at, NULL, "a number cannot start with %c", c);
    }
    n->depth--;
    return ok;
}

static bool number_expr(struct number *n, uint64_t *v)
{
    if (!number_term(n, v))
        return false;
    for (;;) {
        uint64_t right;
        bool join = number_skip(n, "|"), plus = !join && number_skip(n, "+");
        if (!join && !plus && !number_skip(n, "-"))
            return true;
        if (!number_term(n, &right))
            return false;
        *v = join ? *v | right : plus ? *v + right : *v - right;
    }
}

bool parser_number(struct parser *p, struct call_span s, const struct call_family *f, int64_t *out)
{
    struct number n = {.p = p, .at = s.from, .end = s.to, .family = f};
    uint64_t v = 0;
    *out = 0;
    if (!number_expr(&n, &v))
        return false;
    n.at = split_blanks(p->line, n.at, n.end);
    if (n.at < n.end)
        return parser_fail(p, n.at, NULL, "the argument should end here; flags are joined by |, arguments by commas");
    if (f && f->numbered) { /* ~CAP_KILL is everything the table knows but one */
        uint64_t all = 0;
        for (size_t i = 0; i < f->n; i++)
            all |= 1ull << f->v[i].value;
        v &= v >> 63 ? all : ~0ull;
    }
    *out = (int64_t)v;
    return true;
}
