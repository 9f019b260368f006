/* Fences that run: console sessions, typed calls, and the shell blocks setup, check and cleanup.
 *
 * A console fence is a pasted terminal session. Each prompt line starts a block of its own, "> " lines right below it
 * go on with the command, and what follows up to the next prompt is what it is expected to print. */
#include "base/mem.h"
#include "base/text.h"
#include "call/call.h"
#include "lesson/parse.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* "fork3": what porthole calls a process that a lesson forks. */
static bool fence_is_fork(const char *name, size_t n)
{
    return n > 4 && text_has_prefix(name, "fork") && strspn(name + 4, "0123456789") >= n - 4;
}

/* Length of a prompt at the start of line, with its blank: "root@host# ", "$ ". *side tells where, *actor a forked
 * process that it names ("root@fork3# "; length *actor_len); *bad is set when it names nobody. 0: no prompt. */
static size_t fence_prompt(const char *line, enum side *side, const char **actor, size_t *actor_len, bool *bad)
{
    *bad = false;
    *actor = NULL;
    *side = SIDE_HOST;
    if ((*line == '$' || *line == '#') && line[1] == ' ')
        return 2;
    size_t user = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    if (!user || line[user] != '@')
        return 0;
    const char *host = line + user + 1;
    size_t n = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    if (!n || (host[n] != '#' && host[n] != '$') || (host[n + 1] != ' ' && host[n + 1] != '\0'))
        return 0;
    if (n == 9 && !memcmp(host, "container", 9))
        *side = SIDE_CONTAINER;
    else if (fence_is_fork(host, n)) {
        *side = SIDE_CONTAINER;
        *actor = host;
        *actor_len = n;
    } else
        *bad = !(n == 4 && !memcmp(host, "host", 4));
    return user + 1 + n + 1 + (host[n + 1] == ' ');
}

/* "[7]" on a line of its own: the expected status. -1: it is not. */
static int fence_status(const char *line)
{
    int n = 0, used = 0;
    if (sscanf(line, "[%3d]%n", &n, &used) != 1 || !used || line[used] || n < 0 || n > 255 ||
        !isdigit((unsigned char)line[1]))
        return -1;
    return n;
}

/* The console command being gathered. */
struct fence_console {
    struct block b;
    struct str text, expect;
    bool open, output; /* output: the command's own lines are over */
    int status_line;
};

static void fence_console_end(struct parser *p, struct fence_console *c)
{
    if (!c->open)
        return;
    while (c->expect.len && c->expect.s[c->expect.len - 1] == '\n')
        str_cut(&c->expect, c->expect.len - 1);
    c->b.text = str_steal(&c->text);
    c->b.expect = str_steal(&c->expect);
    parse_add(p, c->b);
    *c = (struct fence_console){0};
}

static void fence_console_output(struct parser *p, struct fence_console *c, int line, const char *text)
{
    if (!c->open) {
        if (*text)
            parse_error(p, line,
                        "output before the first prompt; start with `root@host# COMMAND` or `root@container# COMMAND`");
        return;
    }
    if (!c->output && text[0] == '>' && (text[1] == ' ' || !text[1])) {
        str_addc(&c->text, '\n');
        str_add(&c->text, text + 1 + (text[1] == ' '));
        return;
    }
    c->output = true;
    int status = fence_status(text);
    if (c->status_line && *text)
        parse_error(p, c->status_line, "[%d] must be the last line below its command", c->b.status);
    if (status >= 0) {
        c->b.status = status;
        c->status_line = line;
        return;
    }
    str_add(&c->expect, text);
    str_addc(&c->expect, '\n');
}

/* ":why", as typed to porthole at any prompt; to a shell a lone ':' is a command. */
static bool fence_is_order(const char *text)
{
    return text[0] == ':' && isalpha((unsigned char)text[1]);
}

/* Most orders move the lesson itself, or are the learner's business. */
static void fence_check_order(struct parser *p, int line, const char *text)
{
    static const char *const orders[] = {":why", ":slow on", ":slow off", ":slow all"};
    for (size_t i = 0; i < COUNT(orders); i++)
        if (!strcmp(text, orders[i]))
            return;
    parse_error(p, line, "a lesson may order `:why`, `:slow on`, `:slow all` and `:slow off`, not `%s`", text);
}

static void fence_console_line(struct parser *p, struct fence_console *c, int line, const char *text)
{
    enum side side;
    const char *actor;
    size_t actor_len = 0;
    bool bad;
    size_t n = fence_prompt(text, &side, &actor, &actor_len, &bad);
    if (!n) {
        fence_console_output(p, c, line, text);
        return;
    }
    fence_console_end(p, c);
    if (bad)
        parse_error(p, line, "the prompt must end in @host or @container, as in `root@host# `");
    else if (!text[n + strspn(text + n, " ")])
        parse_error(p, line, "no command after the prompt");
    c->open = true;
    c->b = (struct block){.kind = BLOCK_CONSOLE, .where = side, .line = line};
    if (actor)
        c->b.actor = xstrndup(actor, actor_len);
    str_add(&c->text, text + n);
    if (fence_is_order(text + n)) {
        c->b.kind = BLOCK_ORDER;
        fence_check_order(p, line, text + n);
    }
}

void fence_lines(struct parser *p, const struct node *n, void *state,
                 void (*fn)(struct parser *p, void *state, int line, char *text))
{
    int line = n->line + 1;
    for (const char *s = str_c(&n->text); *s; line++) {
        size_t len = strcspn(s, "\n");
        autofree char *copy = xstrndup(s, len);
        fn(p, state, line, copy);
        s += len + (s[len] == '\n');
    }
}

static void fence_console_each(struct parser *p, void *state, int line, char *text)
{
    size_t n = strlen(text);
    while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        text[--n] = '\0';
    fence_console_line(p, state, line, text);
}

/* In a lesson file no variable has a value yet; "1" fits wherever a number or a path is wanted. */
static const char *fence_any_var(void *arg, const char *name)
{
    return "1";
}

/* Takes comments out of one line of calls. *inside: a slash-star comment goes on in the next line. */
static void fence_strip_comments(char *text, bool *inside)
{
    char *out = text, quote = 0;
    for (char *s = text; *s; s++) {
        if (*inside) {
            if (s[0] == '*' && s[1] == '/') {
                *inside = false;
                s++;
            }
            continue;
        }
        if (quote) {
            if (*s == '\\' && s[1])
                *out++ = *s++;
            else if (*s == quote)
                quote = 0;
        } else if (*s == '"' || *s == '\'') {
            quote = *s;
        } else if (s[0] == '/' && s[1] == '/') {
            break;
        } else if (s[0] == '/' && s[1] == '*') {
            *inside = true;
            s++;
            continue;
        }
        *out++ = *s;
    }
    *out = '\0';
}

/* "[container] ", "[host] " or an actor's name, "[fork3] ". Returns what follows. */
static char *fence_call_side(struct parser *p, int line, char *text, struct block *b)
{
    b->where = SIDE_CONTAINER;
    if (*text != '[')
        return text;
    char *end = strchr(text, ']');
    if (!end) {
        parse_error(p, line, "the '[' before the call is not closed");
        return text + strlen(text);
    }
    *end = '\0';
    char *name = text_trim(text + 1);
    if (!strcmp(name, "host"))
        b->where = SIDE_HOST;
    else if (!fence_is_fork(name, strlen(name)) && strcmp(name, "container") != 0)
        parse_error(p, line, "[%s] is nobody; write [host], [container], or an actor such as [fork3]", name);
    b->actor = xstrdup(name);
    return text_trim(end + 1);
}

static void fence_call_check(struct parser *p, int line, const char *text)
{
    static const struct call_scope scope = {.get = fence_any_var};
    struct call_error err = {0};
    struct call_expect expect;
    size_t end = strlen(text);
    struct call *c = NULL;
    if (call_expect_parse(text, &end, &expect, &err)) {
        autofree char *typed = xstrndup(text, end);
        c = call_parse(typed, &scope, &err);
    }
    if (!c)
        parse_error(p, line, "%s: %s%s%s", text, err.text, err.nearest[0] ? "; nearest: " : "", err.nearest);
    call_free(c);
}

static void fence_call_each(struct parser *p, void *state, int line, char *text)
{
    fence_strip_comments(text, state);
    text = text_trim(text);
    if (!*text)
        return;
    struct block b = {.kind = BLOCK_CALL, .line = line};
    text = fence_call_side(p, line, text, &b);
    if (!*text)
        parse_error(p, line, "no call after the side's name");
    else
        fence_call_check(p, line, text);
    b.text = xstrdup(text);
    parse_add(p, b);
}

static void fence_shell(struct parser *p, const struct node *n, enum block_kind kind)
{
    struct block b = {.kind = kind, .line = n->line, .text = xstrdup(str_c(&n->text))};
    if (!b.text[strspn(b.text, " \t\n")])
        parse_error(p, n->line, "this shell block is empty");
    if (kind == BLOCK_CHECK && p->aside != ASIDE_NONE)
        parse_error(p, n->line, "a check belongs to the step: move it below </details>");
    parse_add(p, b);
}

/* "sh terminal victim". */
static void fence_terminal(struct parser *p, const struct node *n, const char *info)
{
    const char *name = info + strlen("sh terminal");
    name += strspn(name, " ");
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    struct block b = {
        .kind = BLOCK_TERMINAL, .line = n->line, .text = xstrdup(str_c(&n->text)), .expect = xstrdup(name)};
    if (!length || name[length] || isdigit((unsigned char)*name))
        parse_error(p, n->line, "name the variable that gets the program's number: ```sh terminal victim");
    if (!b.text[strspn(b.text, " \t\n")])
        parse_error(p, n->line, "this shell block is empty");
    parse_add(p, b);
}

static void fence_prose(struct parser *p, const struct node *n)
{
    struct str text = {0};
    doc_render(n, &text);
    parse_add(p, (struct block){.kind = BLOCK_PROSE, .line = n->line, .text = str_steal(&text)});
}

static const struct fence_kind {
    const char *info;
    enum block_kind kind;
} fence_kinds[] = {
    {"console", BLOCK_CONSOLE},      {"c syscall", BLOCK_CALL}, {"c traced", BLOCK_TRACED},
    {"sh setup", BLOCK_SETUP},       {"sh check", BLOCK_CHECK}, {"sh cleanup", BLOCK_CLEANUP},
    {"sh terminal", BLOCK_TERMINAL}, /* a variable's name follows */
};

static const struct fence_kind *fence_kind_of(const char *info)
{
    for (size_t i = 0; i < COUNT(fence_kinds); i++) {
        size_t n = strlen(fence_kinds[i].info);
        if (strncmp(info, fence_kinds[i].info, n) != 0)
            continue;
        bool named = fence_kinds[i].kind == BLOCK_TERMINAL && info[n] == ' ';
        if (!info[n] || named)
            return &fence_kinds[i];
    }
    return NULL;
}

/* A fence we do not run is shown as code, unless it looks like one that was meant to run. */
static void fence_other(struct parser *p, const struct node *n, const char *info)
{
    const char *names[COUNT(fence_kinds) + 1] = {0};
    for (size_t i = 0; i < COUNT(fence_kinds); i++)
        names[i] = fence_kinds[i].info;
    const char *near = *info ? text_nearest(info, names) : NULL;
    bool two_words = (text_has_prefix(info, "sh ") || text_has_prefix(info, "c ")) && strpbrk(info, " ");
    if (near || two_words)
        parse_error(p, n->line,
                    "unknown block \"%s\"%s%s; those that run are console, c syscall, c traced, sh setup, sh check, sh "
                    "cleanup, sh terminal",
                    info, near ? "; nearest: " : "", near ? near : "");
    fence_prose(p, n);
}

void fence_parse(struct parser *p, const struct node *n)
{
    if (!n->closed)
        parse_error(p, n->line, "the fence opened here is never closed: add a line with ```");
    autofree char *copy = xstrdup(n->info);
    char *info = text_trim(copy);
    const struct fence_kind *kind = fence_kind_of(info);
    bool runs_here = kind && (kind->kind == BLOCK_CONSOLE || kind->kind == BLOCK_CALL || kind->kind == BLOCK_TRACED);
    if (runs_here && (p->aside == ASIDE_HINT || p->aside == ASIDE_OTHER)) {
        fence_prose(p, n); /* a hint shows, it does not run */
    } else if (!kind) {
        fence_other(p, n, info);
    } else if (kind->kind == BLOCK_CONSOLE) {
        struct fence_console c = {0};
        fence_lines(p, n, &c, fence_console_each);
        fence_console_end(p, &c);
    } else if (kind->kind == BLOCK_CALL) {
        bool comment = false;
        fence_lines(p, n, &comment, fence_call_each);
        if (comment)
            parse_error(p, n->line, "a /* comment in this block is not closed");
    } else if (kind->kind == BLOCK_TRACED) {
        fence_traced(p, n);
    } else if (kind->kind == BLOCK_TERMINAL) {
        fence_terminal(p, n, info);
    } else {
        fence_shell(p, n, kind->kind);
    }
}
