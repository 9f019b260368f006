#include "base/text.h"
#include "call/parser.h"
#include <ctype.h>
#include <string.h>

size_t split_blanks(const char *line, size_t at, size_t end)
{
    for (;;) {
        while (at < end && isspace((unsigned char)line[at]))
            at++;
        if (at + 1 >= end || line[at] != '/' || line[at + 1] != '*')
            return at;
        size_t past = at + 2;
        while (past + 1 < end && (line[past] != '*' || line[past + 1] != '/'))
            past++;
        if (past + 1 >= end)
            return at; /* never closed: not a comment */
        at = past + 2;
    }
}

size_t split_word(const char *line, size_t at, size_t end)
{
    size_t n = 0;
    if (at < end && (isalpha((unsigned char)line[at]) || line[at] == '_'))
        while (at + n < end && (isalnum((unsigned char)line[at + n]) || line[at + n] == '_'))
            n++;
    return n;
}

/* The offset after the string whose quote is at `at`; end + 1 when it is not closed. */
static size_t split_string(const char *line, size_t at, size_t end)
{
    for (at++; at < end && line[at] != '"'; at++)
        if (line[at] == '\\')
            at++;
    return at < end ? at + 1 : end + 1;
}

static void split_add(struct call_split *s, const char *line, size_t from, size_t to)
{
    from = split_blanks(line, from, to);
    while (to > from && isspace((unsigned char)line[to - 1]))
        to--;
    if (s->n < SPLIT_MAX)
        s->v[s->n] = (struct call_span){from, to};
    else if (!s->fault) {
        s->fault = SPLIT_TOO_MANY;
        s->fault_at = from;
    }
    s->n += s->n < SPLIT_MAX;
}

static enum split_fault split_end(struct call_split *s, enum split_fault fault, size_t at)
{
    s->fault = fault;
    s->fault_at = at;
    return fault;
}

/* Reads from behind the '(' to its ')', cutting at commas that stand in no other bracket. */
static enum split_fault split_arguments(const char *line, size_t len, struct call_split *s)
{
    char closers[32];
    size_t openers[32];
    size_t depth = 0, at = s->open + 1, from = at;
    while (at < len) {
        size_t past = split_blanks(line, at, len);
        if (past != at) {
            at = past;
            continue;
        }
        char c = line[at];
        if (c == '"') {
            size_t after = split_string(line, at, len);
            if (after > len) {
                s->string = at;
                split_add(s, line, from, len);
                return split_end(s, SPLIT_OPEN_STRING, at);
            }
            at = after;
            continue;
        }
        if (strchr("([{", c)) {
            if (depth == sizeof closers)
                return split_end(s, SPLIT_MISMATCH, at);
            openers[depth] = at;
            closers[depth++] = c == '(' ? ')' : c == '[' ? ']' : '}';
        } else if (c == ')' && !depth) {
            s->close = at;
            if (s->n || split_blanks(line, from, at) < at)
                split_add(s, line, from, at);
            return s->fault;
        } else if (strchr(")]}", c)) {
            if (!depth || closers[--depth] != c)
                return split_end(s, SPLIT_MISMATCH, at);
        } else if (c == ',' && !depth) {
            split_add(s, line, from, at);
            from = at + 1;
        }
        at++;
    }
    split_add(s, line, from, len);
    return split_end(s, SPLIT_OPEN_PAREN, depth ? openers[depth - 1] : s->open);
}

enum split_fault call_split(const char *line, size_t len, struct call_split *s)
{
    *s = (struct call_split){.close = len};
    size_t at = split_blanks(line, 0, len);
    size_t n = split_word(line, at, len);
    s->name = (struct call_span){at, at + n};
    at = split_blanks(line, at + n, len);
    if (!n || at >= len || line[at] != '(')
        return split_end(s, SPLIT_NO_CALL, at);
    s->open = at;
    return split_arguments(line, len, s);
}

/* Words that begin a shell construct when a parenthesis follows: `if (cd x); then`. */
static bool split_is_shell_word(const char *word, size_t n)
{
    static const char *const words[] = {"if",   "then", "elif",   "else",   "while",    "until", "for", "do",   "case",
                                        "time", "in",   "coproc", "select", "function", "exec",  "!",   "eval", NULL};
    for (const char *const *w = words; *w; w++)
        if (!strncmp(*w, word, n) && !(*w)[n])
            return true;
    return false;
}

/* `f() { ...; }` and `f() (...)` define a shell function. */
bool call_looks_like(const char *line)
{
    struct call_split s;
    size_t len = strlen(line);
    if (call_split(line, len, &s) == SPLIT_NO_CALL || split_is_shell_word(line + s.name.from, s.name.to - s.name.from))
        return false;
    if (s.n || s.close >= len)
        return true;
    size_t at = split_blanks(line, s.close + 1, len);
    if (at < len && (line[at] == '{' || line[at] == '('))
        return false;
    return !split_is_shell_word(line + at, split_word(line, at, len));
}
