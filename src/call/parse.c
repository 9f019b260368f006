/* From text to call. A recursive descent over C's and strace's notation; the argument's row decides what a name may
 * mean. The first fault ends it: nothing runs that was not understood as a whole. */
#include "base/mem.h"
#include "base/text.h"
#include "call/table.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

struct parser {
    const char *line, *p;
    const struct call_scope *scope;
    struct call_error *err;
    const struct call_entry *entry;
    const struct arg_spec *spec; /* of the argument being read */
};

static bool parse_fail(struct parser *ps, const char *at, const char *nearest, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static bool parse_fail(struct parser *ps, const char *at, const char *nearest, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    autofree char *text = xvasprintf(fmt, ap);
    va_end(ap);
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_LINE);
    snprintf(ps->err->text, sizeof ps->err->text, "%s", str_c(&safe));
    snprintf(ps->err->nearest, sizeof ps->err->nearest, "%s", nearest ? nearest : "");
    ps->err->at = (size_t)(at - ps->line);
    return false;
}

static void parse_blanks(struct parser *ps)
{
    while (isspace((unsigned char)*ps->p))
        ps->p++;
}

static size_t parse_word_length(const char *p)
{
    size_t n = 0;
    if (isalpha((unsigned char)*p) || *p == '_')
        while (isalnum((unsigned char)p[n]) || p[n] == '_')
            n++;
    return n;
}

/* $name or ${name}: its text. Leaves the position behind it. */
static const char *parse_variable(struct parser *ps)
{
    const char *start = ps->p++;
    bool brace = *ps->p == '{';
    ps->p += brace;
    size_t n = *ps->p == '!' ? 1 : parse_word_length(ps->p);
    autofree char *name = xstrndup(ps->p, n);
    ps->p += n;
    if (!n || (brace && *ps->p != '}')) {
        parse_fail(ps, start, NULL, "a variable is written $name or ${name}");
        return NULL;
    }
    ps->p += brace;
    const char *value = ps->scope && ps->scope->get ? ps->scope->get(ps->scope->arg, name) : NULL;
    if (!value)
        parse_fail(ps, start, NULL, "$%s is not set", name);
    return value;
}

/* ---- strings ---- */

static int parse_hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* The escape behind a backslash. */
static void parse_escape(struct parser *ps, struct str *out)
{
    static const char from[] = "abefnrtv0", to[] = "\a\b\033\f\n\r\t\v";
    char c = *ps->p++;
    if (c >= '0' && c <= '7') {
        int v = c - '0';
        for (int i = 0; i < 2 && *ps->p >= '0' && *ps->p <= '7'; i++)
            v = v * 8 + *ps->p++ - '0';
        str_addc(out, (char)v);
    } else if (c == 'x' && parse_hex_digit(*ps->p) >= 0) {
        int v = 0;
        for (int i = 0; i < 2 && parse_hex_digit(*ps->p) >= 0; i++)
            v = v * 16 + parse_hex_digit(*ps->p++);
        str_addc(out, (char)v);
    } else {
        const char *hit = c ? strchr(from, c) : NULL;
        str_addc(out, hit ? to[hit - from] : c);
    }
}

static bool parse_string(struct parser *ps, struct value *v)
{
    const char *start = ps->p++;
    autostr struct str out = {0};
    str_addn(&out, "", 0);
    while (*ps->p && *ps->p != '"') {
        if (*ps->p == '\\' && ps->p[1]) {
            ps->p++;
            parse_escape(ps, &out);
        } else if (*ps->p == '$' && (ps->p[1] == '{' || parse_word_length(ps->p + 1))) {
            const char *value = parse_variable(ps);
            if (!value)
                return false;
            str_add(&out, value);
        } else
            str_addc(&out, *ps->p++);
    }
    if (!*ps->p)
        return parse_fail(ps, start, NULL, "this string has no closing \"");
    ps->p++;
    v->kind = VALUE_TEXT;
    v->len = out.len;
    v->text = str_steal(&out);
    return true;
}

/* ---- numbers and names ---- */

static bool parse_digits(struct parser *ps, int64_t *out)
{
    char *end;
    const char *start = ps->p;
    errno = 0;
    long long n = *start == '-' ? strtoll(start, &end, 0) : (long long)strtoull(start, &end, 0);
    if (errno || isalnum((unsigned char)*end) || *end == '_')
        return parse_fail(ps, start, NULL, errno ? "this number does not fit in 64 bits" : "this is no number");
    ps->p = end;
    *out = n;
    return true;
}

/* makedev(1, 3) */
static bool parse_makedev(struct parser *ps, int64_t *out)
{
    int64_t part[2];
    ps->p += strlen("makedev");
    for (int i = 0; i < 2; i++) {
        parse_blanks(ps);
        if (*ps->p != (i ? ',' : '('))
            return parse_fail(ps, ps->p, NULL, "a device number is written makedev(MAJOR, MINOR)");
        ps->p++;
        parse_blanks(ps);
        if (!parse_digits(ps, &part[i]))
            return false;
    }
    parse_blanks(ps);
    if (*ps->p != ')')
        return parse_fail(ps, ps->p, NULL, "a device number is written makedev(MAJOR, MINOR)");
    ps->p++;
    *out = (int64_t)makedev((unsigned)part[0], (unsigned)part[1]);
    return true;
}

/* What clone() must not be given: such a child would share memory with the actor and could not be driven. */
static bool parse_refuse_thread(struct parser *ps, const char *start, size_t n)
{
    static const char *const threads[] = {
        "CLONE_VM",     "CLONE_THREAD", "CLONE_VFORK",         "CLONE_SIGHAND",      "CLONE_UNTRACED",
        "CLONE_PTRACE", "CLONE_SETTLS", "CLONE_PARENT_SETTID", "CLONE_CHILD_SETTID", "CLONE_CHILD_CLEARTID",
        "CLONE_PIDFD",  "CLONE_IO",     "CLONE_INTO_CGROUP"};
    for (size_t i = 0; i < COUNT(threads); i++)
        if (strlen(threads[i]) == n && !strncmp(threads[i], start, n))
            return parse_fail(ps, start, NULL,
                              "%s makes a thread or shares memory: such a child cannot be driven call by call",
                              threads[i]);
    return true;
}

static const char *parse_nearest_constant(const struct family *f, const char *word)
{
    const char *names[128];
    size_t n = 0;
    for (; f; f = f->also)
        for (const struct constant *k = f->v; k->name && n + 1 < COUNT(names); k++)
            names[n++] = k->name;
    names[n] = NULL;
    return text_nearest(word, names);
}

static bool parse_name(struct parser *ps, int64_t *out)
{
    const char *start = ps->p;
    size_t n = parse_word_length(start);
    const struct family *f = ps->spec->family, *of = NULL;
    const struct constant *k = f ? family_find(f, start, n) : NULL;
    if (!k && ps->spec->kind == ARG_FLAGS && f == &family_clone && n == 7 && !strncmp(start, "SIGCHLD", 7)) {
        ps->p += n; /* as strace prints it; it is what we pass anyway */
        *out = 0;
        return true;
    }
    if (k) {
        ps->p += n;
        *out = k->value;
        return true;
    }
    if (f == &family_clone && !parse_refuse_thread(ps, start, n))
        return false;
    autofree char *word = xstrndup(start, n);
    if (!f)
        return parse_fail(ps, start, NULL, "%s() wants a number for %s, not %s", ps->entry->row.name, ps->spec->name,
                          word);
    if (family_find_any(start, n, &of))
        return parse_fail(ps, start, parse_nearest_constant(f, word), "%s is a %s, but %s() wants a %s for %s", word,
                          of->what, ps->entry->row.name, f->what, ps->spec->name);
    return parse_fail(ps, start, parse_nearest_constant(f, word), "%s is no %s of %s()", word, f->what,
                      ps->entry->row.name);
}

static bool parse_variable_number(struct parser *ps, int64_t *out)
{
    const char *start = ps->p, *value = parse_variable(ps);
    char *end;
    if (!value)
        return false;
    errno = 0;
    *out = strtoll(value, &end, 0);
    if (errno || end == value || *end)
        return parse_fail(ps, start, NULL, "%s() wants a number for %s, but this is \"%s\"", ps->entry->row.name,
                          ps->spec->name, value);
    return true;
}

static bool parse_term(struct parser *ps, int64_t *out)
{
    parse_blanks(ps);
    if (*ps->p == '$')
        return parse_variable_number(ps, out);
    if (*ps->p == '~') {
        ps->p++;
        bool ok = parse_term(ps, out);
        *out = ~*out;
        return ok;
    }
    if (isdigit((unsigned char)*ps->p) || (*ps->p == '-' && isdigit((unsigned char)ps->p[1])))
        return parse_digits(ps, out);
    if (!strncmp(ps->p, "makedev", 7) && !isalnum((unsigned char)ps->p[7]) && ps->p[7] != '_')
        return parse_makedev(ps, out);
    if (!strncmp(ps->p, "NULL", 4) && !isalnum((unsigned char)ps->p[4]) && ps->p[4] != '_') {
        ps->p += 4;
        *out = 0;
        return true;
    }
    if (parse_word_length(ps->p))
        return parse_name(ps, out);
    return parse_fail(ps, ps->p, NULL, "%s() wants a number for %s here", ps->entry->row.name, ps->spec->name);
}

/* term | term | ... */
static bool parse_number(struct parser *ps, int64_t *out)
{
    int64_t value = 0;
    for (;;) {
        int64_t part;
        if (!parse_term(ps, &part))
            return false;
        value |= part;
        parse_blanks(ps);
        if (*ps->p != '|')
            break;
        ps->p++;
    }
    *out = value;
    return true;
}

/* ---- lists, structures, placeholders ---- */

static bool parse_value(struct parser *ps, struct value *v);

static void parse_drop_last(struct value *v)
{
    free(v->list[v->n - 1].text);
    v->n--;
}

static bool parse_list(struct parser *ps, struct value *v)
{
    const char *start = ps->p;
    char close = *ps->p++ == '[' ? ']' : '}';
    v->kind = VALUE_LIST;
    for (;;) {
        parse_blanks(ps);
        if (*ps->p == close)
            break;
        if (!*ps->p)
            return parse_fail(ps, start, NULL, "this list has no closing %c", close);
        GROW(v->list, v->n, v->cap);
        v->list[v->n] = (struct value){.at = (size_t)(ps->p - ps->line)};
        v->n++;
        if (!parse_value(ps, &v->list[v->n - 1]))
            return false;
        parse_blanks(ps);
        if (*ps->p == ',')
            ps->p++;
        else if (*ps->p != close)
            return parse_fail(ps, ps->p, NULL, "a comma or %c belongs here", close);
    }
    ps->p++;
    if (v->n && v->list[v->n - 1].kind == VALUE_NULL)
        parse_drop_last(v); /* C ends an argv with NULL; we add our own */
    return true;
}

/* {effective=CAP_KILL|CAP_CHOWN, permitted=..., inheritable=0} */
static bool parse_caps(struct parser *ps, struct value *v)
{
    static const char *const sets[] = {"effective", "permitted", "inheritable", NULL};
    const struct arg_spec caps = {.name = "a capability set", .kind = ARG_FLAGS, .family = &family_cap},
                          *was = ps->spec;
    const char *start = ps->p++;
    v->kind = VALUE_CAPS;
    for (parse_blanks(ps); *ps->p && *ps->p != '}'; parse_blanks(ps)) {
        const char *word = ps->p;
        size_t n = parse_word_length(word);
        int which = 0;
        while (sets[which] && (strlen(sets[which]) != n || strncmp(sets[which], word, n)))
            which++;
        ps->p += n;
        parse_blanks(ps);
        if (!sets[which] || *ps->p++ != '=')
            return parse_fail(ps, word, NULL, "write {effective=..., permitted=..., inheritable=...}");
        ps->spec = &caps;
        do {
            int64_t bit = 0;
            const char *term;
            parse_blanks(ps);
            term = ps->p;
            if (!parse_term(ps, &bit))
                return false;
            /* Names are bit numbers; a written number is the mask itself. */
            v->caps[which] |= isdigit((unsigned char)*term) ? (uint64_t)bit : 1ull << (bit & 63);
            parse_blanks(ps);
        } while (*ps->p == '|' && ps->p++);
        ps->spec = was;
        if (*ps->p == ',')
            ps->p++;
        else if (*ps->p != '}')
            return parse_fail(ps, ps->p, NULL, "a comma or } belongs here");
    }
    if (!*ps->p)
        return parse_fail(ps, start, NULL, "this set has no closing }");
    ps->p++;
    return true;
}

/* What the kernel fills in: &status, buf, or strace's [{...}], "..." and 0x7ffe... of a result. */
static bool parse_out(struct parser *ps, struct value *v)
{
    v->kind = VALUE_OUT;
    if (*ps->p == '[' || *ps->p == '{') {
        const char *start = ps->p;
        int depth = 0;
        do {
            depth += *ps->p == '[' || *ps->p == '{';
            depth -= *ps->p == ']' || *ps->p == '}';
        } while (*++ps->p && depth);
        return depth ? parse_fail(ps, start, NULL, "this has no closing bracket") : true;
    }
    if (*ps->p == '"') {
        struct value ignored = {0};
        bool ok = parse_string(ps, &ignored);
        free(ignored.text);
        return ok;
    }
    ps->p += *ps->p == '&';
    size_t n = parse_word_length(ps->p);
    if (!n)
        return parse_fail(ps, ps->p, NULL, "the kernel fills %s in: write &%s or NULL", ps->spec->name, ps->spec->name);
    ps->p += n;
    return true;
}

static bool parse_is_null(const char *p)
{
    return !strncmp(p, "NULL", 4) && !isalnum((unsigned char)p[4]) && p[4] != '_';
}

static bool parse_is_out(enum arg_kind kind)
{
    return kind == ARG_BUFFER || kind == ARG_STATUS || kind == ARG_UTS || kind == ARG_CAPS_OUT;
}

static bool parse_value(struct parser *ps, struct value *v)
{
    enum arg_kind kind = ps->spec->kind;
    parse_blanks(ps);
    v->at = (size_t)(ps->p - ps->line);
    if (parse_is_null(ps->p)) {
        ps->p += 4;
        v->kind = VALUE_NULL;
        return true;
    }
    if (parse_is_out(kind) && !isdigit((unsigned char)*ps->p))
        return parse_out(ps, v);
    if (kind == ARG_CAPS && *ps->p == '{')
        return parse_caps(ps, v);
    if (*ps->p == '"')
        return parse_string(ps, v);
    if (*ps->p == '[' || *ps->p == '{')
        return parse_list(ps, v);
    bool text = kind == ARG_TEXT || kind == ARG_DATA || kind == ARG_LIST;
    if (text && *ps->p == '$') {
        const char *value = parse_variable(ps);
        if (!value)
            return false;
        v->kind = VALUE_TEXT;
        v->text = xstrdup(value);
        v->len = strlen(value);
        return true;
    }
    if (text && parse_word_length(ps->p))
        return parse_fail(ps, ps->p, NULL, "%s() wants a string for %s: put it in \"quotes\"", ps->entry->row.name,
                          ps->spec->name);
    v->kind = VALUE_NUMBER;
    return parse_number(ps, &v->number);
}

/* ---- the whole ---- */

static bool parse_arguments(struct parser *ps, struct call *c)
{
    int max = call_entry_args(c->entry);
    parse_blanks(ps);
    while (*ps->p != ')') {
        if (!*ps->p)
            return parse_fail(ps, ps->p, NULL, "the closing ) is missing");
        if (c->given == max)
            return parse_fail(ps, ps->p, NULL, "%s() takes %d argument%s: %s", c->entry->row.name, max,
                              max == 1 ? "" : "s", c->entry->row.prototype);
        ps->spec = &c->entry->arg[c->given];
        /* setgroups([27, 44]): the list stands where its count would be */
        parse_blanks(ps);
        if (ps->spec->kind == ARG_COUNT && (*ps->p == '[' || *ps->p == '{'))
            ps->spec = &c->entry->arg[++c->given];
        /* read(3, 64): the size stands where the buffer would be */
        if (ps->spec->kind == ARG_BUFFER && isdigit((unsigned char)*ps->p) && c->given + 1 < max)
            ps->spec = &c->entry->arg[++c->given];
        struct value *v = &c->arg[c->given++];
        if (!parse_value(ps, v))
            return false;
        parse_blanks(ps);
        if (*ps->p == ',') {
            ps->p++;
            parse_blanks(ps);
            if (*ps->p == ')')
                return parse_fail(ps, ps->p, NULL, "an argument is missing after the comma");
        } else if (*ps->p != ')')
            return parse_fail(ps, ps->p, NULL, *ps->p ? "a comma or ) belongs here" : "the closing ) is missing");
    }
    return true;
}

/* Room for every kind's rule: what each argument may hold. */
static bool parse_check_one(struct parser *ps, const struct arg_spec *a, const struct value *v)
{
    const char *at = ps->line + v->at, *name = ps->entry->row.name;
    switch (a->kind) {
    case ARG_TEXT:
        if (v->kind == VALUE_TEXT && strlen(v->text) != v->len)
            return parse_fail(ps, at, NULL, "%s holds a NUL byte: the kernel would stop reading there", a->name);
        if (v->kind != VALUE_TEXT && v->kind != VALUE_NULL)
            return parse_fail(ps, at, NULL, "%s() wants a string or NULL for %s", name, a->name);
        return true;
    case ARG_DATA:
        return v->kind == VALUE_TEXT || parse_fail(ps, at, NULL, "%s() wants a string for %s", name, a->name);
    case ARG_LIST:
        if (v->kind != VALUE_LIST && v->kind != VALUE_NULL)
            return parse_fail(ps, at, NULL, "%s() wants a list of strings for %s: [\"sh\", \"-c\", \"ls\"]", name,
                              a->name);
        for (size_t i = 0; i < v->n; i++)
            if (v->list[i].kind != VALUE_TEXT)
                return parse_fail(ps, ps->line + v->list[i].at, NULL, "%s of %s() holds strings only", a->name, name);
        return true;
    case ARG_IDS:
        if (v->kind != VALUE_LIST && v->kind != VALUE_NULL)
            return parse_fail(ps, at, NULL, "%s() wants a list of ids for %s: [27, 44]", name, a->name);
        for (size_t i = 0; i < v->n; i++)
            if (v->list[i].kind != VALUE_NUMBER)
                return parse_fail(ps, ps->line + v->list[i].at, NULL, "%s of %s() holds numbers only", a->name, name);
        return true;
    case ARG_NULL:
        return v->kind == VALUE_NULL || (v->kind == VALUE_NUMBER && !v->number) ||
               parse_fail(ps, at, NULL, "only NULL is supported for %s of %s()", a->name, name);
    case ARG_CAPS:
        return v->kind == VALUE_CAPS ||
               parse_fail(ps, at, NULL, "write {effective=CAP_..., permitted=CAP_..., inheritable=0} for %s", a->name);
    case ARG_BUFFER:
    case ARG_STATUS:
    case ARG_UTS:
    case ARG_CAPS_OUT:
        return v->kind == VALUE_OUT || v->kind == VALUE_NULL ||
               parse_fail(ps, at, NULL, "the kernel fills %s in: write &%s or NULL", a->name, a->name);
    case ARG_SIZE:
    case ARG_COUNT:
        if (v->kind != VALUE_NUMBER)
            break;
        return (v->number >= 0 && v->number <= CALL_MAX_DATA) ||
               parse_fail(ps, at, NULL, "%s of %s() is at most %d here", a->name, name, CALL_MAX_DATA);
    default:
        if (v->kind == VALUE_NULL)
            return true;
        break;
    }
    return v->kind == VALUE_NUMBER || parse_fail(ps, at, NULL, "%s() wants a number for %s", name, a->name);
}

/* More bytes than the string has would read past its end. */
static bool parse_check_size(struct parser *ps, const struct call *c, int i)
{
    const struct value *data = &c->arg[i - 1], *size = &c->arg[i];
    if (c->entry->arg[i - 1].kind != ARG_DATA || size->kind != VALUE_NUMBER || (size_t)size->number <= data->len + 1)
        return true;
    return parse_fail(ps, ps->line + size->at, NULL, "%s() would read %lld bytes, but the string has %zu",
                      c->entry->row.name, (long long)size->number, data->len);
}

static bool parse_check(struct parser *ps, struct call *c)
{
    int max = call_entry_args(c->entry);
    for (int i = 0; i < max; i++) {
        const struct arg_spec *a = &c->entry->arg[i];
        struct value *v = &c->arg[i];
        if (v->kind == VALUE_ABSENT) {
            bool listed = a->kind == ARG_COUNT && c->arg[i + 1].kind != VALUE_ABSENT;
            if (!a->optional && !listed)
                return parse_fail(ps, ps->p, NULL, "%s() misses %s: %s", c->entry->row.name, a->name,
                                  c->entry->row.prototype);
            continue;
        }
        if (!parse_check_one(ps, a, v))
            return false;
        if (a->kind == ARG_SIZE && i && !parse_check_size(ps, c, i))
            return false;
    }
    return true;
}

bool call_looks_like(const char *line)
{
    while (isspace((unsigned char)*line))
        line++;
    size_t n = parse_word_length(line);
    if (!n)
        return false;
    const char *p = line + n;
    if (*p != '(') { /* `time (cd x; ls)` is shell: blanks only behind a name we know */
        autofree char *name = xstrndup(line, n);
        p += strspn(p, " \t");
        return *p == '(' && call_find(name);
    }
    const char *close = p + 1 + strspn(p + 1, " \t");
    if (*close == ')') { /* f() { ...; } defines a function */
        close++;
        close += strspn(close, " \t");
        return *close != '{';
    }
    return true;
}

static bool parse_call_name(struct parser *ps, struct call *c)
{
    parse_blanks(ps);
    size_t n = parse_word_length(ps->p);
    autofree char *name = xstrndup(ps->p, n);
    const struct call_row *row = n ? call_find(name) : NULL;
    if (row) {
        c->entry = ps->entry = call_entry_of(row);
        ps->p += n;
        parse_blanks(ps);
        return *ps->p == '(' || parse_fail(ps, ps->p, NULL, "( belongs here: %s", row->prototype);
    }
    autofree const char **names = xcalloc(call_entry_count + 1, sizeof *names);
    for (size_t i = 0; i < call_entry_count; i++)
        names[i] = call_entries[i].row.name;
    if (!n)
        return parse_fail(ps, ps->p, NULL, "a call is written name(arguments)");
    return parse_fail(ps, ps->p, text_nearest(name, names), "porthole knows no system call %s()", name);
}

struct call *call_parse(const char *line, const struct call_scope *scope, struct call_error *err)
{
    struct parser ps = {.line = line, .p = line, .scope = scope, .err = err};
    struct call *c = xcalloc(1, sizeof *c);
    *err = (struct call_error){{0}, {0}, 0};
    bool ok = parse_call_name(&ps, c);
    if (ok) {
        ps.p++;
        ok = parse_arguments(&ps, c) && parse_check(&ps, c);
    }
    if (ok) {
        ps.p++;
        parse_blanks(&ps);
        if (*ps.p == ';')
            ps.p++;
        parse_blanks(&ps);
        ok = !*ps.p || parse_fail(&ps, ps.p, NULL, "this stands after the call; one call a line");
    }
    if (ok)
        return c;
    call_free(c);
    return NULL;
}

static void parse_free_value(struct value *v)
{
    for (size_t i = 0; i < v->n; i++)
        parse_free_value(&v->list[i]);
    free(v->list);
    free(v->text);
}

void call_free(struct call *c)
{
    if (!c)
        return;
    for (int i = 0; i < CALL_MAX_ARGS; i++)
        parse_free_value(&c->arg[i]);
    for (size_t i = 0; c->environment && c->environment[i]; i++)
        free(c->environment[i]);
    free(c->environment);
    free(c);
}

void call_freep(struct call **c)
{
    call_free(*c);
}

const struct call_row *call_row_of(const struct call *c)
{
    return &c->entry->row;
}

int64_t call_arg_num(const struct call *c, int i)
{
    const struct value *v = &c->arg[i];
    return v->kind == VALUE_NUMBER ? v->number : v->kind == VALUE_ABSENT ? c->entry->arg[i].absent : 0;
}

const char *call_arg_text(const struct call *c, int i)
{
    return c->arg[i].kind == VALUE_TEXT ? c->arg[i].text : NULL;
}

void call_set_environment(struct call *c, char *const *env)
{
    size_t n = 0;
    while (env[n])
        n++;
    for (size_t i = 0; c->environment && c->environment[i]; i++)
        free(c->environment[i]);
    free(c->environment);
    c->environment = xcalloc(n + 1, sizeof *c->environment);
    for (size_t i = 0; i < n; i++)
        c->environment[i] = xstrdup(env[i]);
}
