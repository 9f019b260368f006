/* Completion and the one-line hint: both look at the line up to the cursor only. */
#include "base/mem.h"
#include "base/text.h"
#include "call/table.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Where the cursor stands. */
struct place {
    const struct call_entry *entry; /* NULL: still in the name */
    int arg;
    size_t word;      /* offset of the word being typed */
    size_t arg_start; /* offset of the current argument */
    bool quoted;
};

static bool complete_is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void complete_find(const char *line, size_t point, struct place *at)
{
    size_t start = strspn(line, " \t"), i = start;
    *at = (struct place){.word = start};
    if (line[start] == '[') { /* [container] in front names the actor */
        const char *close = memchr(line + start, ']', point > start ? point - start : 0);
        if (close)
            i = start = (size_t)(close - line) + 1 + strspn(close + 1, " \t");
        at->word = start;
    }
    while (i < point && complete_is_word(line[i]))
        i++;
    autofree char *name = xstrndup(line + start, i - start);
    const struct call_row *row = i < point && line[i] == '(' ? call_find(name) : NULL;
    if (!row)
        return;
    at->entry = call_entry_of(row);
    at->word = at->arg_start = ++i;
    int depth = 0;
    for (; i < point; i++) {
        char c = line[i];
        if (at->quoted) {
            if (c == '\\' && i + 1 < point)
                i++;
            else if (c == '"')
                at->quoted = false;
        } else if (c == '"') {
            at->quoted = true;
            at->word = i + 1;
        } else if (c == ',' && !depth) {
            at->arg++;
            at->arg_start = i + 1;
        } else
            depth += !!strchr("([{", c) - !!strchr(")]}", c);
        if (!at->quoted && !complete_is_word(c))
            at->word = i + 1;
    }
}

struct matches {
    char **v;
    size_t n, cap;
};

static void complete_add(struct matches *m, char *text)
{
    GROW(m->v, m->n, m->cap);
    m->v[m->n++] = text;
}

/* Is this name already in the argument, before the word? */
static bool complete_used(const char *line, const struct place *at, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = at->arg_start; i + n <= at->word; i++)
        if (!strncmp(line + i, name, n) && !complete_is_word(line[i + n]) && (!i || !complete_is_word(line[i - 1])))
            return true;
    return false;
}

static void complete_constants(struct matches *m, const char *line, size_t point, const struct place *at,
                               const struct arg_spec *a)
{
    size_t n = point - at->word;
    for (const struct family *f = a->family; f; f = f->also)
        for (const struct constant *k = f->v; k->name; k++)
            if (!strncmp(k->name, line + at->word, n) && !complete_used(line, at, k->name))
                complete_add(m, xstrdup(k->name));
    bool null = a->kind == ARG_TEXT || a->kind == ARG_LIST || a->kind == ARG_NULL || a->kind == ARG_STATUS;
    if (null && !strncmp("NULL", line + at->word, n))
        complete_add(m, xstrdup("NULL"));
}

char **call_complete(const char *line, size_t point, size_t *start, bool *want_path)
{
    struct place at;
    struct matches m = {0};
    complete_find(line, point, &at);
    *start = at.word;
    *want_path = false;
    if (!at.entry) {
        size_t n = point > at.word ? point - at.word : 0;
        for (size_t i = 0; i < call_entry_count; i++)
            if (!strncmp(call_entries[i].row.name, line + at.word, n))
                complete_add(&m, xasprintf("%s(", call_entries[i].row.name));
    } else if (at.arg < call_entry_args(at.entry)) {
        const struct arg_spec *a = &at.entry->arg[at.arg];
        if (at.quoted)
            *want_path = a->kind == ARG_TEXT || a->kind == ARG_LIST;
        else
            complete_constants(&m, line, point, &at, a);
    }
    if (!m.n)
        return NULL;
    complete_add(&m, NULL);
    return m.v;
}

const char *call_hint(const char *line, size_t point, size_t *from, size_t *to)
{
    struct place at;
    complete_find(line, point, &at);
    if (!at.entry)
        return NULL;
    const char *text = at.entry->row.prototype, *p = strchr(text, '(');
    *from = *to = strlen(text);
    for (int arg = 0; p && *p; arg++) {
        const char *begin = ++p;
        int depth = 0;
        while (*p && (depth || (*p != ',' && *p != ')'))) {
            depth += !!strchr("([{", *p) - !!strchr(")]}", *p);
            p++;
        }
        begin += strspn(begin, " ");
        if (arg == at.arg) {
            *from = (size_t)(begin - text);
            *to = (size_t)(p - text);
        }
        if (*p == ')')
            break;
    }
    return text;
}
