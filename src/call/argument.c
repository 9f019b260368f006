/* One argument: its kind says how the text is read. */
#include "base/mem.h"
#include "base/text.h"
#include "call/parser.h"
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define PARSE_LIST_MAX 4096

bool parser_is_null(const struct parser *p, struct call_span s)
{
    return s.to - s.from == 4 && !strncmp(p->line + s.from, "NULL", 4);
}

static bool parse_number(struct parser *p, const struct call_arg *a, struct call_span s, struct call_value *v)
{
    if (!parser_number(p, s, a->family, &v->num))
        return false;
    int64_t low = 0, high = INT64_MAX;
    switch (a->kind) {
    case ARG_INT:
    case ARG_PID:
    case ARG_FD:
        low = INT_MIN;
        high = INT_MAX;
        break;
    case ARG_ID:
        low = -1;
        high = UINT_MAX;
        break;
    case ARG_MODE:
    case ARG_FILEMODE:
        high = 0177777;
        break;
    case ARG_ROOM:
        high = CALL_MAX_DATA;
        break;
    default:
        return true;
    }
    if (v->num < low || v->num > high)
        return parser_fail(p, s.from, NULL, "%lld is out of range here: %lld to %lld", (long long)v->num,
                           (long long)low, (long long)high);
    return true;
}

static bool parse_null(struct parser *p, const struct call_arg *a, struct call_span s, struct call_value *v)
{
    if (!parser_number(p, s, NULL, &v->num) || v->num)
        return parser_fail(p, s.from, "NULL", "porthole passes only NULL here");
    return true;
}

/* Does a text stand here: a string or a variable, and not a number that means a pointer? */
static bool parse_starts_text(const struct parser *p, struct call_span s)
{
    return s.from < s.to && (p->line[s.from] == '"' || p->line[s.from] == '$');
}

static bool parse_text(struct parser *p, const struct call_arg *a, struct call_span s, struct call_value *v)
{
    if (!parse_starts_text(p, s)) {
        size_t n = s.to - s.from;
        if (parser_is_null(p, s) || (n == 1 && p->line[s.from] == '0'))
            return true;
        autofree char *quoted = xasprintf("\"%.*s\"", n > 80 ? 80 : (int)n, p->line + s.from);
        return parser_fail(p, s.from, strpbrk(quoted + 1, "([{") ? NULL : quoted,
                           "a text is expected here, in double quotes");
    }
    autostr struct str text = {0};
    if (!parser_text(p, s, &text))
        return false;
    if (a->kind != ARG_DATA && memchr(str_c(&text), '\0', text.len))
        return parser_fail(p, s.from, NULL, "a text ends at its first \\0, so it cannot hold one");
    v->type = VALUE_TEXT;
    v->len = text.len;
    v->text = str_steal(&text);
    return true;
}

/* The elements of "[a, b]" or "{a, b, NULL}": cut by the same rules as arguments. */
static bool parse_list(struct parser *p, struct call_span s, bool (*element)(struct parser *, struct call_span, void *),
                       void *arg)
{
    char close = p->line[s.from] == '[' ? ']' : '}';
    if (s.to - s.from < 2 || p->line[s.to - 1] != close)
        return parser_fail(p, s.from, NULL, "a list stands in brackets: [\"sh\", \"-c\", \"ls\"]");
    size_t at = s.from + 1, end = s.to - 1;
    at = split_blanks(p->line, at, end);
    for (int n = 0; at < end; n++) {
        size_t from = at, depth = 0;
        for (bool string = false; at < end && (string || depth || p->line[at] != ','); at++) {
            char c = p->line[at];
            if (string && c == '\\')
                at++;
            else if (c == '"')
                string = !string;
            else if (!string)
                depth += strchr("([{", c) ? 1 : 0, depth -= strchr(")]}", c) && depth ? 1 : 0;
        }
        size_t to = at < end ? at : end;
        while (to > from && isspace((unsigned char)p->line[to - 1]))
            to--;
        if (n >= PARSE_LIST_MAX)
            return parser_fail(p, from, NULL, "this list is too long");
        if (from == to)
            return parser_fail(p, from, NULL, "an element is missing here");
        if (!element(p, (struct call_span){from, to}, arg))
            return false;
        at = split_blanks(p->line, at + (at < end), end);
    }
    return true;
}

void call_value_add(struct call_value *v, char *s)
{
    v->strings = xrealloc(v->strings, (v->n + 2) * sizeof *v->strings);
    v->strings[v->n++] = s;
    v->strings[v->n] = NULL;
}

struct parse_strings {
    struct call_value *v;
    bool ended; /* by a NULL, as in C */
};

static bool parse_string_element(struct parser *p, struct call_span s, void *arg)
{
    struct parse_strings *into = arg;
    if (into->ended)
        return parser_fail(p, s.from, NULL, "a list ends at its NULL");
    if (parser_is_null(p, s)) {
        into->ended = true;
        return true;
    }
    if (!parse_starts_text(p, s))
        return parser_fail(p, s.from, NULL, "a list of texts: each in double quotes");
    autostr struct str text = {0};
    if (!parser_text(p, s, &text))
        return false;
    if (memchr(str_c(&text), '\0', text.len))
        return parser_fail(p, s.from, NULL, "a text ends at its first \\0, so it cannot hold one");
    call_value_add(into->v, str_steal(&text));
    return true;
}

static bool parse_strings(struct parser *p, const struct call_arg *a, struct call_span s, struct call_value *v)
{
    char c = p->line[s.from];
    /* strace prints "0x7ffc... 12 vars" for the environment it does not show: the default one is meant. */
    bool environ_word =
        s.to - s.from >= 7 && !strncmp(p->line + s.from, "environ", 7) && split_word(p->line, s.from, s.to) == 7;
    if (a->kind == ARG_ENV && (environ_word || (s.to - s.from > 2 && !strncmp(p->line + s.from, "0x", 2)))) {
        v->type = VALUE_ENVIRON;
        return true;
    }
    if (c != '[' && c != '{') {
        if (parser_is_null(p, s) || (s.to - s.from == 1 && c == '0'))
            return true;
        return parser_fail(p, s.from, a->kind == ARG_ENV ? "[\"PATH=/bin\"]" : "[\"sh\", \"-c\", \"ls\"]",
                           "a list of texts is expected here, or NULL");
    }
    v->type = VALUE_STRINGS;
    v->strings = xcalloc(1, sizeof *v->strings);
    struct parse_strings into = {.v = v};
    return parse_list(p, s, parse_string_element, &into);
}

static bool parse_id_element(struct parser *p, struct call_span s, void *arg)
{
    struct call_value *v = arg;
    int64_t num;
    if (!parser_number(p, s, NULL, &num))
        return false;
    if (num < -1 || num > UINT_MAX)
        return parser_fail(p, s.from, NULL, "%lld is no group id", (long long)num);
    v->nums = xrealloc(v->nums, (v->n + 1) * sizeof *v->nums);
    v->nums[v->n++] = num;
    return true;
}

static bool parse_ids(struct parser *p, const struct call_arg *a, struct call_span s, struct call_value *v)
{
    char c = p->line[s.from];
    if (c != '[' && c != '{') {
        if (parser_is_null(p, s) || (s.to - s.from == 1 && c == '0'))
            return true;
        return parser_fail(p, s.from, "[0]", "a list of ids is expected here, or NULL");
    }
    v->type = VALUE_NUMBERS;
    return parse_list(p, s, parse_id_element, v);
}

struct parse_struct {
    const struct call_struct *shape;
    struct call_value *v;
    unsigned next; /* field of a value without a name */
};

static bool parse_field(struct parser *p, struct call_span s, void *arg)
{
    struct parse_struct *into = arg;
    const struct call_struct *shape = into->shape;
    size_t from = s.from + (p->line[s.from] == '.'); /* C's designated initialiser */
    size_t n = split_word(p->line, from, s.to), at = split_blanks(p->line, from + n, s.to);
    unsigned i = into->next;
    if (n && at < s.to && p->line[at] == '=') {
        for (i = 0; i < shape->n; i++)
            if (strlen(shape->field[i].name) == n && !strncmp(shape->field[i].name, p->line + from, n))
                break;
        if (i == shape->n) {
            const char *names[CALL_MAX_FIELDS + 1] = {NULL};
            for (unsigned j = 0; j < shape->n; j++)
                names[j] = shape->field[j].name;
            autofree char *name = xstrndup(p->line + from, n);
            return parser_fail(p, from, text_nearest(name, names), "%s has no member %s", shape->name, name);
        }
        s.from = split_blanks(p->line, at + 1, s.to);
    }
    if (i >= shape->n)
        return parser_fail(p, s.from, NULL, "%s has only %u members", shape->name, shape->n);
    into->next = i + 1;
    const struct call_field *f = &shape->field[i];
    const struct call_arg a = {.kind = f->kind, .family = f->family};
    struct call_value number = {0};
    if (!(f->kind == ARG_NULL ? parse_null : parse_number)(p, &a, s, &number))
        return false;
    into->v->nums[i] = number.num;
    return true;
}

void parser_new_struct(const struct call_struct *shape, struct call_value *v)
{
    v->type = VALUE_STRUCT;
    v->nums = xcalloc(CALL_MAX_FIELDS, sizeof *v->nums);
    v->n = shape->n;
    if (shape->field[0].family == &family_capversion)
        v->nums[0] = 0x20080522; /* _LINUX_CAPABILITY_VERSION_3 */
}

static bool parse_struct(struct parser *p, const struct call_arg *a, struct call_span s, struct call_value *v)
{
    const struct call_struct *shape = a->shape;
    char c = p->line[s.from];
    if (parser_is_null(p, s))
        return true;
    parser_new_struct(shape, v);
    struct parse_struct into = {.shape = shape, .v = v};
    if (c == '{')
        return parse_list(p, s, parse_field, &into);
    if (shape->lone < 0)
        return parser_fail(p, s.from, NULL, "%s is written in braces: {%s=...}", shape->name, shape->field[0].name);
    into.next = (unsigned)shape->lone;
    return parse_field(p, s, &into);
}

/* Anything that names or shows a place for output: &status, buf, NULL, or what strace printed there. */
static bool parse_output(struct parser *p, const struct call_arg *a, struct call_span s, struct call_value *v)
{
    char c = s.from < s.to ? p->line[s.from] : '\0';
    if (parser_is_null(p, s) || (c == '0' && s.to - s.from == 1))
        return true;
    size_t from = s.from + (c == '&'), n = split_word(p->line, from, s.to);
    if (!strchr("[{\"", c) && !(n && from + n == s.to) && strncmp(p->line + s.from, "0x", 2) != 0)
        return parser_fail(p, s.from, NULL, "the kernel writes here: give a name for it, or leave it out");
    v->type = VALUE_OUTPUT;
    v->text = xstrndup(p->line + s.from, s.to - s.from);
    v->len = s.to - s.from;
    return true;
}

bool parser_argument(struct parser *p, const struct call_arg *a, struct call_span s, struct call_value *v)
{
    v->at = s.from;
    v->written = true;
    if (s.from == s.to)
        return parser_fail(p, s.from, NULL, "an argument is missing here");
    if (call_arg_is_output(a))
        return parse_output(p, a, s, v);
    switch (a->kind) {
    case ARG_PATH:
    case ARG_TEXT:
    case ARG_DATA:
        return parse_text(p, a, s, v);
    case ARG_STRINGS:
    case ARG_ENV:
        return parse_strings(p, a, s, v);
    case ARG_IDS:
        return parse_ids(p, a, s, v);
    case ARG_STRUCT:
        return parse_struct(p, a, s, v);
    case ARG_NULL:
        return parse_null(p, a, s, v);
    default:
        return parse_number(p, a, s, v);
    }
}
