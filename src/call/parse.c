/* From text to call. The line is split into arguments, the written arguments are dealt to the places of the C call
 * (some places may be left out: lengths, output buffers), and each place's kind says how its text is read. The first
 * fault ends it: nothing runs that was not understood as a whole. */
#include "base/mem.h"
#include "base/text.h"
#include "call/parser.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool parser_fail(struct parser *p, size_t at, const char *nearest, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    call_error_vset(p->err, at, nearest, fmt, ap);
    va_end(ap);
    return false;
}

const char *parser_variable(struct parser *p, size_t *at, size_t end)
{
    size_t start = *at, from = start + 1;
    bool brace = from < end && p->line[from] == '{';
    from += brace;
    size_t n = from < end && p->line[from] == '!' ? 1 : split_word(p->line, from, end);
    if (!n || (brace && (from + n >= end || p->line[from + n] != '}'))) {
        parser_fail(p, start, NULL, "a variable is written $name or ${name}");
        return NULL;
    }
    autofree char *name = xstrndup(p->line + from, n);
    *at = from + n + brace;
    const char *value = p->scope && p->scope->get ? p->scope->get(p->scope->arg, name) : NULL;
    if (!value)
        parser_fail(p, start, NULL, "$%s is not set", name);
    return value;
}

/* All arguments. */

bool parser_constant_elsewhere(const char *name, size_t len, struct str *calls)
{
    size_t n;
    const struct call_row *rows = call_rows(&n);
    int found = 0;
    for (size_t i = 0; i < n; i++)
        for (int j = 0; j < rows[i].nargs; j++)
            if (family_find(rows[i].args[j].family, name, len)) {
                if (calls && found < 3)
                    str_addf(calls, "%s%s()", found ? ", " : "", rows[i].name);
                found++;
                break;
            }
    return found > 0;
}

/* May this text stand for argument a? Asked only where a may be left out. */
static bool parse_suits(const struct parser *p, const struct call_arg *a, struct call_span s)
{
    char c = s.from < s.to ? p->line[s.from] : '\0';
    if (a->kind == ARG_LENGTH || a->kind == ARG_ROOM)
        return !strchr("[{\"", c) && !parser_is_null(p, s);
    if (!call_arg_is_output(a))
        return true;
    size_t n = split_word(p->line, s.from, s.to);
    if (n)
        return n == s.to - s.from && !parser_constant_elsewhere(p->line + s.from, n, NULL);
    return strchr("&[{\"", c) || (c == '0' && s.to - s.from > 2 && p->line[s.from + 1] == 'x');
}

/* "mount(source, target, filesystemtype, mountflags, data)" */
static void parse_usage(struct str *out, const struct call *c)
{
    if (c->option) {
        str_add(out, c->option->usage + strlen("int "));
        return;
    }
    str_addf(out, "%s(", c->row->name);
    for (int i = 0; i < c->nargs; i++) {
        str_add(out, i ? ", " : "");
        call_arg_name(out, c->row, i);
    }
    str_addc(out, ')');
}

static bool parse_arity(struct parser *p, const struct call *c, int n, size_t at, bool few)
{
    autostr struct str usage = {0};
    parse_usage(&usage, c);
    return parser_fail(p, at, str_c(&usage), "%s() takes %s arguments than the %d written here", c->row->name,
                       few ? "more" : "fewer", n);
}

static void parse_leave_out(const struct call_arg *a, struct call_value *v, size_t at)
{
    *v = (struct call_value){.at = at};
    if (call_arg_is_output(a))
        v->type = VALUE_OUTPUT;
    else if (a->kind == ARG_ENV)
        v->type = VALUE_ENVIRON;
    else if (a->kind == ARG_STRUCT)
        parser_new_struct(a->shape, v);
    else
        v->num = a->fallback;
}

/* Deals the written arguments to the places of the call, from left to right. */
static bool parse_arguments(struct parser *p, struct call *c, const struct call_split *s)
{
    int used = 0;
    for (int i = 0; i < c->nargs; i++) {
        const struct call_arg *a = &c->args[i];
        int left = s->n - used;
        bool skip = call_arg_may_miss(a) && (!left || (left < c->nargs - i && !parse_suits(p, a, s->v[used])));
        if (skip) {
            parse_leave_out(a, &c->v[i], s->close);
            continue;
        }
        if (!left)
            return parse_arity(p, c, s->n, s->close, true);
        if (!parser_argument(p, a, s->v[used++], &c->v[i]))
            return false;
        if (i == 0 && a->family == &family_prctl) {
            call_use_option(c, (uint64_t)c->v[0].num);
            if (c->option && s->n < c->option->least)
                return parse_arity(p, c, s->n, s->close, true);
        }
    }
    return used == s->n || parse_arity(p, c, s->n, s->v[used].from, false);
}

/* execve without argv: [path]. */
static void parse_fill(struct call *c)
{
    for (int i = 1; i < c->nargs; i++) {
        struct call_value *v = &c->v[i], *path = &c->v[i - 1];
        if (c->args[i].kind != ARG_STRINGS || v->written)
            continue;
        v->type = VALUE_STRINGS;
        call_value_add(v, xstrdup(path->text ? path->text : ""));
    }
}

/* The line. */

/* Names people know that are no calls, or none that a driven process can make. */
static bool parse_unknown(struct parser *p, struct call_span s)
{
    static const struct {
        const char *name, *instead, *why;
    } known[] = {
        {"vfork", "fork()", "vfork() lends the parent's memory to the child: porthole drives each process by itself"},
        {"umount", "umount2(target, 0)", "umount() is the C library's: the kernel's call is umount2()"},
        {"wait", "wait4(-1)", "wait() is the C library's: the kernel's call is wait4()"},
        {"execv", "execve(pathname, argv, envp)", "execv() is the C library's: the kernel's call is execve()"},
        {"execvp", "execve(pathname, argv, envp)", "execvp() is the C library's: the kernel's call is execve()"},
        {"execl", "execve(pathname, argv, envp)", "execl() is the C library's: the kernel's call is execve()"},
        {"execlp", "execve(pathname, argv, envp)", "execlp() is the C library's: the kernel's call is execve()"},
        {"_exit", "exit(status)", "_exit() is the C library's: write exit(status)"},
        {"exit_group", "exit(status)", "write exit(status): the kernel's exit_group() is what is called"},
        {"raise", "kill(pid, sig)", "raise() is the C library's: the kernel's call is kill()"},
        {"sleep", "nanosleep({1, 0})", "sleep() is the C library's: the kernel's call is nanosleep()"},
        {"system", "", "system() is the C library's: type the command itself, without quotes"},
        {"printf", "write(1, \"...\")", "printf() is the C library's: the kernel's call is write()"},
        {"creat", "open(pathname, O_CREAT|O_WRONLY|O_TRUNC, mode)", "creat() is an older form of open()"},
        {"getpagesize", "", "getpagesize() is the C library's: no call is made for it"},
    };
    autofree char *name = xstrndup(p->line + s.from, s.to - s.from);
    for (size_t i = 0; i < COUNT(known); i++)
        if (!strcmp(known[i].name, name))
            return parser_fail(p, s.from, known[i].instead, "%s", known[i].why);
    size_t n;
    const struct call_row *rows = call_rows(&n);
    autofree const char **names = xcalloc(n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = rows[i].name;
    return parser_fail(p, s.from, text_nearest(name, names), "%.100s is no system call that porthole knows", name);
}

static bool parse_split(struct parser *p, const struct call_split *s)
{
    switch (s->fault) {
    case SPLIT_FINE:
        return true;
    case SPLIT_NO_CALL:
        return parser_fail(p, s->fault_at, NULL, "a call is written name(arguments)");
    case SPLIT_OPEN_PAREN:
        return parser_fail(p, s->fault_at, NULL, "this bracket is not closed");
    case SPLIT_OPEN_STRING:
        return parser_fail(p, s->fault_at, NULL, "this text is not closed: a \" is missing");
    case SPLIT_MISMATCH:
        return parser_fail(p, s->fault_at, NULL, "this bracket does not match the one before it");
    case SPLIT_TOO_MANY:
        return parser_fail(p, s->fault_at, NULL, "no call takes so many arguments");
    }
    return false;
}

static bool parse_end(struct parser *p, size_t at)
{
    size_t len = strlen(p->line);
    at = split_blanks(p->line, at, len);
    while (at < len && p->line[at] == ';')
        at = split_blanks(p->line, at + 1, len);
    if (at == len)
        return true;
    if (strchr("|&<>", p->line[at]))
        return parser_fail(p, at, NULL, "a call has no pipes or redirections: those are the shell's");
    return parser_fail(p, at, NULL, "the call should end here: one call a line");
}

struct call *call_parse(const char *line, const struct call_scope *scope, struct call_error *err)
{
    struct call_error none = {0};
    struct parser p = {.line = line, .scope = scope, .err = err ? err : &none};
    struct call_split s;
    *p.err = (struct call_error){0};
    call_split(line, strlen(line), &s);
    autofree char *name = xstrndup(line + s.name.from, s.name.to - s.name.from);
    p.row = call_find(name);
    if (s.fault != SPLIT_NO_CALL && !p.row) {
        parse_unknown(&p, s.name);
        return NULL;
    }
    if (!parse_split(&p, &s) || !parse_end(&p, s.close + 1))
        return NULL;
    _cleanup_(call_freep)
    struct call *c = xcalloc(1, sizeof *c);
    c->row = p.row;
    c->args = p.row->args;
    c->nargs = p.row->nargs;
    if (!parse_arguments(&p, c, &s))
        return NULL;
    parse_fill(c);
    if (c->row->check && !c->row->check(c, p.err))
        return NULL;
    return steal_ptr(&c);
}

/* The parsed call. */

static void strings_free(char **v)
{
    for (char **s = v; s && *s; s++)
        free(*s);
    free(v);
}

void call_free(struct call *c)
{
    if (!c)
        return;
    for (int i = 0; i < CALL_MAX_ARGS; i++) {
        free(c->v[i].text);
        free(c->v[i].nums);
        strings_free(c->v[i].strings);
    }
    strings_free(c->environment);
    free(c->clone);
    free(c);
}

void call_freep(struct call **c)
{
    call_free(*c);
    *c = NULL;
}

void call_set_environment(struct call *c, char *const *env)
{
    strings_free(c->environment);
    size_t n = 0;
    while (env && env[n])
        n++;
    c->environment = xcalloc(n + 1, sizeof *c->environment);
    for (size_t i = 0; i < n; i++)
        c->environment[i] = xstrdup(env[i]);
}

const struct call_row *call_row_of(const struct call *c)
{
    return c->row;
}

int64_t call_arg_num(const struct call *c, int i)
{
    if (i < 0 || i >= c->nargs)
        return 0;
    const struct call_value *v = &c->v[i];
    if (v->type == VALUE_STRUCT) /* clone3's flags, capget's pid */
        return v->nums[c->args[i].shape->lone > 0 ? c->args[i].shape->lone : 0];
    return v->type == VALUE_NUMBER ? v->num : 0;
}

const char *call_arg_text(const struct call *c, int i)
{
    return i >= 0 && i < c->nargs && c->v[i].type == VALUE_TEXT ? c->v[i].text : NULL;
}
