/* Expected output against what came.
 *
 * The expectation is made into a pattern first: `...` becomes one byte that no lesson can hold, then $names are
 * replaced, so that a value with dots in it stays itself. Then both are cut into lines, blanks are collapsed, and the
 * lines are matched as a glob is: each expected line takes one line, `...` alone any number, with a step back to the
 * last `...` on a mismatch.
 *
 * Inside a line, `...` between blanks also stands for nothing at all: "PID ... CMD" fits "PID CMD". It never eats half
 * a word: "1 ... sh" does not fit "12 sh". */
#include "lesson/expect.h"
#include "base/mem.h"
#include "base/text.h"
#include <ctype.h>
#include <string.h>

#define EXPECT_ANY '\001'

struct expect_lines {
    char **v;
    size_t n, cap;
};

static void expect_lines_free(struct expect_lines *l)
{
    for (size_t i = 0; i < l->n; i++)
        free_ptr(&l->v[i]);
    free_ptr(&l->v);
}

static size_t expect_name_length(const char *s)
{
    if (*s == '!')
        return 1;
    size_t n = 0;
    if (isalpha((unsigned char)*s) || *s == '_')
        while (isalnum((unsigned char)s[n]) || s[n] == '_')
            n++;
    return n;
}

/* Replaces one $name or ${name} at s (which points at '$'). Returns the bytes used; 1 when it is only a dollar sign. */
static size_t expect_expand(const char *s, const char *(*get)(void *arg, const char *name), void *arg, struct str *out)
{
    bool brace = s[1] == '{';
    size_t n = expect_name_length(s + 1 + brace);
    if (!n || (brace && s[2 + n] != '}')) {
        str_addc(out, '$');
        return 1;
    }
    autofree char *name = xstrndup(s + 1 + brace, n);
    const char *value = get ? get(arg, name) : NULL;
    for (; value && *value; value++)
        str_addc(out, *value == EXPECT_ANY ? '?' : *value);
    return 1 + n + (brace ? 2 : 0);
}

static void expect_pattern(const char *s, const char *(*get)(void *arg, const char *name), void *arg, struct str *out)
{
    while (*s) {
        if (!strncmp(s, "...", 3)) {
            str_addc(out, EXPECT_ANY);
            s += 3;
        } else if (*s == '$') {
            s += expect_expand(s, get, arg, out);
        } else {
            str_addc(out, *s++);
        }
    }
}

/* One line without outer blanks, runs of blanks made one. */
static char *expect_collapse(const char *s, size_t n)
{
    struct str out = {0};
    for (size_t i = 0; i < n; i++) {
        if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r')
            str_addc(&out, s[i]);
        else if (out.len && out.s[out.len - 1] != ' ')
            str_addc(&out, ' ');
    }
    if (out.len && out.s[out.len - 1] == ' ')
        str_cut(&out, out.len - 1);
    return str_steal(&out);
}

static void expect_split(const char *s, struct expect_lines *l)
{
    while (*s) {
        size_t n = strcspn(s, "\n");
        GROW(l->v, l->n, l->cap);
        l->v[l->n++] = expect_collapse(s, n);
        s += n + (s[n] == '\n');
    }
    while (l->n && !*l->v[l->n - 1]) /* empty lines at the end count for nothing */
        free_ptr(&l->v[--l->n]);
}

/* A `...` that stands alone between blanks or line edges is for whole words; one that touches a word, for any bytes. */
static bool expect_whole_words(const char *pattern, const char *p, const char *line, const char *s)
{
    return (p == pattern || p[-1] == ' ') && (!p[1] || p[1] == ' ') && (s == line || s[-1] == ' ');
}

/* Matches one line, both collapsed. Only the last `...` ever needs to take more: what an earlier one could take
 * besides, the later one can take too. */
static bool expect_line(const char *pattern, const char *line)
{
    const char *p = pattern, *s = line, *back_p = NULL, *back_s = NULL;
    bool words = false;
    for (;;) {
        if (*p == EXPECT_ANY) {
            words = expect_whole_words(pattern, p, line, s);
            if (!p[1])
                return true;
            p += words ? 2 : 1;
            back_p = p;
            back_s = s;
        } else if (!*s && p[0] == ' ' && p[1] == EXPECT_ANY && !p[2]) {
            return true; /* "x ..." fits "x" */
        } else if (*p == *s) {
            if (!*p)
                return true;
            p++;
            s++;
        } else {
            if (back_p && words)
                back_s += strcspn(back_s, " ");
            if (!back_p || !*back_s)
                return false;
            p = back_p;
            s = ++back_s;
        }
    }
}

static bool expect_is_any(const char *pattern)
{
    return pattern[0] == EXPECT_ANY && !pattern[1];
}

static void expect_say(struct str *why, const char *words, const char *text)
{
    autostr struct str safe = {0};
    for (; *text; text++) {
        if (*text == EXPECT_ANY)
            str_add(&safe, "...");
        else
            str_addc(&safe, *text);
    }
    str_addf(why, "%s \"", words);
    text_sanitise(why, str_c(&safe), safe.len, TEXT_LINE);
    str_addc(why, '"');
}

static void expect_explain(const struct expect_lines *want, size_t w, const struct expect_lines *got, size_t g,
                           bool floating, struct str *why)
{
    if (w == want->n) {
        str_addf(why, "line %zu: nothing more was expected, but there ", g + 1);
        expect_say(why, "came", got->v[g]);
    } else if (floating) {
        expect_say(why, "no line is as expected:", want->v[w]);
    } else {
        str_addf(why, "line %zu: ", g + 1);
        expect_say(why, "expected", want->v[w]);
        if (g < got->n)
            expect_say(why, ", got", got->v[g]);
        else
            str_add(why, ", but the output ended");
    }
}

bool expect_matches(const char *expected, const char *got, const char *(*get)(void *arg, const char *name), void *arg,
                    struct str *why)
{
    autostr struct str pattern = {0};
    expect_pattern(expected, get, arg, &pattern);
    _cleanup_(expect_lines_free)
    struct expect_lines want = {0};
    _cleanup_(expect_lines_free)
    struct expect_lines have = {0};
    expect_split(str_c(&pattern), &want);
    expect_split(got, &have);
    if (!want.n)
        return true;
    /* back_w: the line after the last `...`; back_g: the first line it has not yet swallowed. The line furthest down
     * the expectation that failed is the one worth showing. */
    size_t w = 0, g = 0, back_w = 0, back_g = 0, far_w = 0, far_g = 0;
    bool any = false;
    for (;;) {
        if (w < want.n && expect_is_any(want.v[w])) {
            any = true;
            back_w = ++w;
            back_g = g;
            if (w == want.n)
                return true;
            continue;
        }
        if (w == want.n && g == have.n)
            return true;
        if (w < want.n && g < have.n && expect_line(want.v[w], have.v[g])) {
            w++;
            g++;
            continue;
        }
        if (w >= far_w) {
            far_w = w;
            far_g = g;
        }
        if (!any || back_g >= have.n)
            break;
        w = back_w;
        g = ++back_g;
    }
    if (why)
        expect_explain(&want, far_w, &have, far_g, any && far_w == back_w, why);
    return false;
}
