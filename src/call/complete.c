/* Completion and the one-line hint. Both split the line up to the cursor, as the parser would, and look at where it
 * ends.
 */
#include "base/mem.h"
#include "base/text.h"
#include "call/parser.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Where the cursor stands. */
struct place {
    const struct call_row *row; /* NULL: still in the name, or of no call we know */
    struct call prctl;          /* with the arguments of a typed option */
    struct call_span name;
    struct call_span arg; /* the argument the cursor is in, up to the cursor */
    int index;            /* its place in the C call */
    bool quoted;
    size_t word; /* offset of the word that is being typed */
};

/* "[container] " before a call names the actor. */
static size_t place_prefix(const char *line, size_t point)
{
    size_t at = split_blanks(line, 0, point);
    const char *close = at < point && line[at] == '[' ? memchr(line + at, ']', point - at) : NULL;
    return close ? split_blanks(line, (size_t)(close + 1 - line), point) : at;
}

static bool place_is_output(const struct place *at, int i, struct call_span s, const char *line)
{
    const struct call_arg *a = &at->prctl.args[i];
    if (!call_arg_is_output(a) && a->kind != ARG_LENGTH)
        return false;
    size_t n = split_word(line, s.from, s.to);
    return n && parser_constant_elsewhere(line + s.from, n, NULL); /* left out: wait4(-1, WNOHANG, ... */
}

/* Which place of the C call does the last written argument take? As the parser deals them, as far as that is clear from
 * a line that is not finished. */
static void place_deal(struct place *at, const char *line, const struct call_split *s)
{
    struct call_error ignored;
    struct parser p = {.line = line, .row = at->row, .err = &ignored};
    at->prctl = (struct call){.row = at->row, .args = at->row->args, .nargs = at->row->nargs};
    int64_t option;
    at->index = 0;
    for (int j = 0; j < s->n; j++, at->index++) {
        if (j == 1 && at->row->args && at->row->args[0].family == &family_prctl &&
            parser_number(&p, s->v[0], &family_prctl, &option))
            call_use_option(&at->prctl, (uint64_t)option);
        while (at->index + 1 < at->prctl.nargs && place_is_output(at, at->index, s->v[j], line))
            at->index++;
        if (j == s->n - 1)
            break;
    }
}

static void place_find(const char *line, size_t point, struct place *at)
{
    size_t start = place_prefix(line, point);
    struct call_split s;
    call_split(line + start, point - start, &s);
    *at = (struct place){.word = start, .index = -1};
    at->name = (struct call_span){start + s.name.from, start + s.name.to};
    if (s.fault == SPLIT_NO_CALL)
        return;
    autofree char *name = xstrndup(line + at->name.from, at->name.to - at->name.from);
    at->row = call_find(name);
    if (!at->row)
        return;
    if (s.fault != SPLIT_OPEN_PAREN && s.fault != SPLIT_OPEN_STRING) {
        at->prctl = (struct call){.row = at->row};
        at->index = CALL_MAX_ARGS; /* behind the last argument */
        return;
    }
    place_deal(at, line + start, &s);
    at->quoted = s.fault == SPLIT_OPEN_STRING;
    at->arg = (struct call_span){start + s.v[s.n - 1].from, point};
    at->word = at->quoted ? start + s.string + 1 : point;
    while (!at->quoted && at->word > at->arg.from &&
           (isalnum((unsigned char)line[at->word - 1]) || line[at->word - 1] == '_'))
        at->word--;
}

struct matches {
    char **v;
    size_t n, cap;
};

static void matches_add(struct matches *m, const char *name, const char *suffix)
{
    GROW(m->v, m->n, m->cap);
    m->v[m->n++] = xasprintf("%s%s", name, suffix);
}

/* Does the argument already hold the name as a word, before the one that is being typed? */
static bool complete_used(const char *line, const struct place *at, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = at->arg.from; i < at->word;) {
        size_t len = split_word(line, i, at->word);
        if (len == n && !strncmp(line + i, name, n))
            return true;
        i += len ? len : 1;
    }
    return false;
}

static void complete_family(struct matches *m, const char *line, size_t point, const struct place *at,
                            const struct call_family *f)
{
    size_t n = point - at->word;
    for (size_t i = 0; f && i < f->n; i++) {
        const struct call_const *k = &f->v[i];
        if (!k->refused && !strncmp(k->name, line + at->word, n) && !(f->bits && complete_used(line, at, k->name)))
            matches_add(m, k->name, "");
    }
}

/* Inside braces: member names, and behind `name=` the member's constants. */
static void complete_struct(struct matches *m, const char *line, size_t point, const struct place *at,
                            const struct call_struct *shape)
{
    size_t from = at->word, n = point - at->word;
    while (from > at->arg.from && !strchr("{,", line[from - 1]))
        from--;
    from = split_blanks(line, from, at->word);
    size_t name = split_word(line, from, point);
    for (unsigned i = 0; i < shape->n; i++) {
        const struct call_field *f = &shape->field[i];
        if (from == at->word && !strncmp(f->name, line + from, n))
            matches_add(m, f->name, "=");
        else if (from < at->word && strlen(f->name) == name && !strncmp(f->name, line + from, name)) {
            struct place member = *at;
            member.arg.from = from;
            complete_family(m, line, point, &member, f->family);
        }
    }
}

static bool complete_takes_null(const struct call_arg *a)
{
    return (a->kind >= ARG_NULL && a->kind <= ARG_STRUCT) || call_arg_is_output(a);
}

static void complete_argument(struct matches *m, const char *line, size_t point, struct place *at)
{
    const struct call_arg *a = &at->prctl.args[at->index];
    if (a->kind == ARG_STRUCT && line[at->arg.from] == '{' && point > at->arg.from) {
        complete_struct(m, line, point, at, a->shape);
        return;
    }
    complete_family(m, line, point, at, a->family);
    if (complete_takes_null(a) && point - at->word <= 4 && at->word == at->arg.from &&
        !strncmp("NULL", line + at->word, point - at->word))
        matches_add(m, "NULL", "");
    /* What may be left out hides the next argument: wait4(-1, W... */
    for (int i = at->index; i + 1 < at->prctl.nargs && point > at->word; i++) {
        const struct call_arg *left_out = &at->prctl.args[i];
        if (!call_arg_is_output(left_out) && left_out->kind != ARG_LENGTH)
            break;
        complete_family(m, line, point, at, at->prctl.args[i + 1].family);
    }
}

char **call_complete(const char *line, size_t point, size_t *start, bool *want_path)
{
    struct place at;
    struct matches m = {0};
    size_t n, nrows;
    const struct call_row *rows = call_rows(&nrows);
    place_find(line, point, &at);
    *start = at.word;
    *want_path = false;
    if (!at.row && at.name.to == point) {
        n = point - at.name.from;
        for (size_t i = 0; i < nrows; i++)
            if (!strncmp(rows[i].name, line + at.name.from, n))
                matches_add(&m, rows[i].name, "(");
    } else if (at.row && at.index < at.prctl.nargs) {
        const struct call_arg *a = &at.prctl.args[at.index];
        if (at.quoted)
            *want_path = a->kind == ARG_PATH || a->kind == ARG_STRINGS || a->kind == ARG_TEXT;
        else
            complete_argument(&m, line, point, &at);
    }
    if (!m.n)
        return NULL;
    GROW(m.v, m.n, m.cap);
    m.v[m.n] = NULL;
    return m.v;
}

const char *call_hint(const char *line, size_t point, size_t *from, size_t *to)
{
    struct place at;
    place_find(line, point, &at);
    *from = *to = 0;
    if (!at.row)
        return NULL;
    const char *text = at.prctl.option ? at.prctl.option->usage : at.row->prototype, *p = strchr(text, '(') + 1;
    *from = *to = strlen(text);
    if (at.index == CALL_MAX_ARGS)
        return text;
    int i = at.index;
    while (i > 0 && strchr(p, ',')) {
        p = strchr(p, ',') + 1;
        i--;
    }
    p += strspn(p, " ");
    *from = *to = (size_t)(p - text);
    if (i == 0 && *p != ')')
        *to += strcspn(p, ",)");
    return text;
}
