/* Strings, in and out: what parser_text reads is what call_print_text writes. */
#include "base/text.h"
#include "call/parser.h"
#include <ctype.h>
#include <string.h>

static int quote_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : 16;
}

/* A number of at most max digits in base; moves *at behind it. */
static unsigned quote_number(const char *line, size_t *at, size_t end, int base, int max)
{
    unsigned v = 0;
    while (max-- > 0 && *at < end && quote_digit(line[*at]) < base)
        v = v * (unsigned)base + (unsigned)quote_digit(line[(*at)++]);
    return v;
}

/* The escape behind the backslash at *at. */
static bool quote_escape(struct parser *p, size_t *at, size_t end, struct str *out)
{
    static const char from[] = "abefnrtv\\\"'?$", to[] = "\a\b\033\f\n\r\t\v\\\"'?$";
    size_t start = (*at)++;
    char c = *at < end ? p->line[*at] : '\0';
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        str_addc(out, to[known - from]);
        ++*at;
        return true;
    }
    unsigned v;
    if (c >= '0' && c <= '7') {
        v = quote_number(p->line, at, end, 8, 3);
    } else if (c == 'x' && *at + 1 < end && quote_digit(p->line[*at + 1]) < 16) {
        ++*at;
        v = quote_number(p->line, at, end, 16, 2);
    } else {
        return parser_fail(p, start, "\\\\", "\\%c is no escape of C; a backslash itself is written \\\\", c ? c : ' ');
    }
    if (v > 255)
        return parser_fail(p, start, NULL, "this octal number is more than one byte");
    str_addc(out, (char)v);
    return true;
}

/* The string whose quote is at *at. */
static bool quote_string(struct parser *p, size_t *at, size_t end, struct str *out)
{
    ++*at;
    while (*at < end && p->line[*at] != '"') {
        char c = p->line[*at], next = *at + 1 < end ? p->line[*at + 1] : '\0';
        if (c == '\\') {
            if (!quote_escape(p, at, end, out))
                return false;
        } else if (c == '$' && (next == '{' || next == '_' || isalpha((unsigned char)next))) {
            const char *value = parser_variable(p, at, end);
            if (!value)
                return false;
            str_add(out, value);
        } else {
            str_addc(out, c);
            ++*at;
        }
    }
    ++*at;
    return true;
}

bool parser_text(struct parser *p, struct call_span s, struct str *out)
{
    str_addn(out, "", 0);
    size_t at = split_blanks(p->line, s.from, s.to);
    if (at >= s.to)
        return parser_fail(p, at, "\"\"", "a text is missing here");
    while (at < s.to) {
        if (p->line[at] == '"') {
            if (!quote_string(p, &at, s.to, out))
                return false;
        } else if (p->line[at] == '$') {
            const char *value = parser_variable(p, &at, s.to);
            if (!value)
                return false;
            str_add(out, value);
        } else if (!strncmp(p->line + at, "...", 3)) {
            return parser_fail(p, at, NULL, "strace has cut this text short: write the whole of it");
        } else {
            return parser_fail(p, at, NULL, "only blanks and another string may follow a string");
        }
        at = split_blanks(p->line, at, s.to);
    }
    return true;
}

static void quote_byte(struct str *out, unsigned char c, char next)
{
    static const char from[] = "\f\n\r\t\v\\\"", to[] = "fnrtv\\\"";
    const char *known = c ? strchr(from, c) : NULL;
    if (known)
        str_addf(out, "\\%c", to[known - from]);
    else if (c >= 0x20 && c < 0x7f)
        str_addc(out, (char)c);
    else /* the shortest octal that the next byte does not extend */
        str_addf(out, next >= '0' && next <= '7' ? "\\%03o" : "\\%o", c);
}

/* Letters of the learner's own language stay legible, where strace prints each byte in octal. Returns the bytes used, 0
 * when this is no letter that is safe to show. */
static size_t quote_letter(struct str *out, const char *s, size_t n)
{
    unsigned cp;
    size_t used = (size_t)text_decode(s, n, &cp);
    if (used < 2 || text_cp_width(cp) < 1)
        return 0;
    autostr struct str safe = {0};
    text_sanitise(&safe, s, used, TEXT_LINE);
    if (safe.len != used || memcmp(safe.s, s, used))
        return 0;
    str_addn(out, s, used);
    return used;
}

void call_print_text(struct str *out, const void *text, size_t n, size_t max)
{
    const char *s = text;
    size_t shown = n > max ? max : n;
    str_addc(out, '"');
    for (size_t i = 0; i < shown;) {
        size_t letter = (unsigned char)s[i] >= 0x80 ? quote_letter(out, s + i, shown - i) : 0;
        if (!letter)
            quote_byte(out, (unsigned char)s[i], i + 1 < shown ? s[i + 1] : '\0');
        i += letter ? letter : 1;
    }
    str_add(out, shown < n ? "\"..." : "\"");
}
