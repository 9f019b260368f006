/* The journal's text form: "KIND ACTOR STEP PID TEXT", one line an entry. TEXT is the rest of the line, with backslash,
 * newline and every other control character escaped, so that a line is a line whatever was typed. */
#include "session/journal.h"
#include "base/mem.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const journal_kinds[] = {
    [JOURNAL_CALL] = "call",   [JOURNAL_SHELL] = "shell", [JOURNAL_INPUT] = "input",
    [JOURNAL_SETUP] = "setup", [JOURNAL_DRIVE] = "drive", [JOURNAL_TERMINAL] = "terminal",
};

void journal_add(struct journal *j, enum journal_kind kind, int actor, int step, const char *text, pid_t pid)
{
    GROW(j->v, j->n, j->cap);
    j->v[j->n++] = (struct journal_entry){kind, actor, step, xstrdup(text ? text : ""), pid};
}

void journal_cut(struct journal *j, int step)
{
    size_t keep = 0;
    for (size_t i = 0; i < j->n; i++) {
        if (j->v[i].step < step)
            j->v[keep++] = j->v[i];
        else
            free(j->v[i].text);
    }
    j->n = keep;
}

void journal_keep(struct journal *j, size_t n)
{
    while (j->n > n)
        free(j->v[--j->n].text);
}

void journal_clear(struct journal *j)
{
    for (size_t i = 0; i < j->n; i++)
        free(j->v[i].text);
    free(j->v);
    *j = (struct journal){0};
}

static void journal_escape(struct str *out, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '\\')
            str_add(out, "\\\\");
        else if (c == '\n')
            str_add(out, "\\n");
        else if (c < 0x20 || c == 0x7f)
            str_addf(out, "\\x%02x", c);
        else
            str_addc(out, *s);
    }
}

void journal_print(const struct journal *j, struct str *out)
{
    for (size_t i = 0; i < j->n; i++) {
        const struct journal_entry *e = &j->v[i];
        str_addf(out, "%s %d %d %ld ", journal_kinds[e->kind], e->actor, e->step, (long)e->pid);
        journal_escape(out, e->text);
        str_addc(out, '\n');
    }
}

static int journal_hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The inverse of journal_escape() for s[0..n). false for what it never writes. */
static bool journal_unescape(struct str *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c < 0x20 || c == 0x7f)
            return false;
        if (c != '\\') {
            str_addc(out, s[i]);
        } else if (i + 1 < n && (s[i + 1] == '\\' || s[i + 1] == 'n')) {
            str_addc(out, s[++i] == 'n' ? '\n' : '\\');
        } else if (i + 3 < n && s[i + 1] == 'x' && journal_hex(s[i + 2]) >= 0 && journal_hex(s[i + 3]) >= 0) {
            int byte = journal_hex(s[i + 2]) * 16 + journal_hex(s[i + 3]);
            if (!byte)
                return false;
            str_addc(out, (char)byte);
            i += 3;
        } else {
            return false;
        }
    }
    return true;
}

/* Takes a whole number and the blank after it. */
static bool journal_take_int(const char **s, const char *end, int *out)
{
    char *after;
    if (!isdigit((unsigned char)**s) && **s != '-')
        return false;
    errno = 0;
    long v = strtol(*s, &after, 10);
    if (errno || after >= end || *after != ' ' || v < INT_MIN || v > INT_MAX)
        return false;
    *out = (int)v;
    *s = after + 1;
    return true;
}

static bool journal_parse_line(struct journal *j, const char *s, const char *end)
{
    size_t word = strcspn(s, " \n"), kind = 0;
    while (kind < COUNT(journal_kinds) &&
           (strlen(journal_kinds[kind]) != word || memcmp(journal_kinds[kind], s, word) != 0))
        kind++;
    if (kind == COUNT(journal_kinds) || s[word] != ' ')
        return false;
    s += word + 1;
    int actor, step, pid;
    if (!journal_take_int(&s, end, &actor) || !journal_take_int(&s, end, &step) || !journal_take_int(&s, end, &pid) ||
        actor < 0 || pid < 0)
        return false;
    autostr struct str text = {0};
    if (!journal_unescape(&text, s, (size_t)(end - s)))
        return false;
    journal_add(j, (enum journal_kind)kind, actor, step, str_c(&text), pid);
    return true;
}

bool journal_parse(struct journal *j, const char *text)
{
    while (*text) {
        const char *end = strchr(text, '\n');
        if (!end || !journal_parse_line(j, text, end))
            return false;
        text = end + 1;
    }
    return true;
}
