/* Traps inside shell commands. This reads commands as text, not as a shell would: it knows words, quotes only roughly,
 * and prefers to miss a trap rather than to cry wolf. */
#include "base/mem.h"
#include "base/text.h"
#include "lesson/lint.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool lint_is_shell(const struct block *b)
{
    return b->kind == BLOCK_CONSOLE || b->kind == BLOCK_SETUP || b->kind == BLOCK_CHECK || b->kind == BLOCK_CLEANUP ||
           b->kind == BLOCK_TERMINAL;
}

static bool lint_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* The next place where word stands by itself, at or after s; NULL when there is none. */
static const char *lint_word(const char *text, const char *s, const char *word)
{
    size_t n = strlen(word);
    for (; (s = strstr(s, word)); s += n)
        if ((s == text || !lint_word_byte(s[-1])) && !lint_word_byte(s[n]))
            return s;
    return NULL;
}

/* Line of the file at s within the block's text. */
static int lint_line(const struct block *b, const char *s)
{
    int line = b->line + (b->kind != BLOCK_CONSOLE);
    for (const char *at = b->text; at < s; at++)
        line += *at == '\n';
    return line;
}

/* The argument of grep that is its pattern, without quotes. NULL when it has none. */
static char *lint_grep_pattern(const char *s)
{
    s += strlen("grep");
    for (;;) {
        s += strspn(s, " \t");
        if (*s != '-')
            break;
        s += strcspn(s, " \t\n|;&)");
    }
    if (*s == '\'' || *s == '"') {
        const char *end = strchr(s + 1, *s);
        return end ? xstrndup(s + 1, (size_t)(end - s - 1)) : NULL;
    }
    size_t n = strcspn(s, " \t\n|;&)");
    return n ? xstrndup(s, n) : NULL;
}

/* Is grep at s fed by ps, in the same pipeline? */
static bool lint_after_ps(const char *text, const char *s)
{
    const char *from = s;
    while (from > text && !strchr(";&\n(", from[-1]))
        from--;
    const char *ps = lint_word(text, from, "ps");
    return ps && ps < s && memchr(ps, '|', (size_t)(s - ps));
}

/* A name half the machine's processes bear, or a sleep of a number that anybody might choose. */
static bool lint_is_broad(const char *pattern)
{
    static const char *const common[] = {"sh",  "bash", "sleep", "top",  "init", "cat",  "tail", "ps",
                                         "vim", "ssh",  "node",  "perl", "java", "yes",  "dd",   "busybox",
                                         "tar", "less", "man",   "make", "grep", "htop", "dash", "python3"};
    autostr struct str bare = {0};
    for (; *pattern; pattern++)
        if (*pattern != '[' && *pattern != ']' && *pattern != '^')
            str_addc(&bare, *pattern);
    for (size_t i = 0; i < COUNT(common); i++)
        if (!strcmp(str_c(&bare), common[i]))
            return true;
    int digits = 0;
    return sscanf(str_c(&bare), "sleep %*[0-9]%n", &digits) == 0 && digits && !bare.s[digits] &&
           digits < (int)strlen("sleep 1234");
}

static void lint_greps(struct lint *t, const struct block *b)
{
    for (const char *s = b->text; (s = lint_word(b->text, s, "grep")); s += 4) {
        autofree char *pattern = lint_after_ps(b->text, s) ? lint_grep_pattern(s) : NULL;
        if (!pattern || !*pattern)
            continue;
        if (!strpbrk(pattern, "[$"))
            lint_warn(t, lint_line(b, s), "`ps | grep %s` finds the grep itself; write '[%c]%s'", pattern, pattern[0],
                      pattern + 1);
        if (lint_is_broad(pattern))
            lint_warn(t, lint_line(b, s),
                      "\"%s\" is a broad match: other people's processes fit too; look for a number "
                      "nobody else uses, as in '[s]leep 31337'",
                      pattern);
    }
}

static void lint_broad_commands(struct lint *t, const struct block *b)
{
    static const char *const killers[] = {"pkill", "killall", "killall5"};
    for (size_t i = 0; i < COUNT(killers); i++) {
        const char *s = lint_word(b->text, b->text, killers[i]);
        if (s)
            lint_warn(t, lint_line(b, s),
                      "%s signals everybody's processes of that name; keep the pid and `kill` that one", killers[i]);
    }
    const char *finders[] = {"pgrep", "pidof"};
    for (size_t i = 0; i < COUNT(finders); i++) {
        const char *s = lint_word(b->text, b->text, finders[i]);
        if (s)
            lint_warn(t, lint_line(b, s),
                      "%s finds everybody's processes of that name; keep the pid: `export victim=$!`", finders[i]);
    }
    const char *s = strstr(b->text, "kill -9 -1");
    if (s)
        lint_warn(t, lint_line(b, s), "`kill -9 -1` ends every process of the user");
}

/* "sleep 5" that somebody waits for. In the background ("sleep 31337 &") it is a victim. */
static void lint_waits(struct lint *t, const struct block *b)
{
    for (const char *s = b->text; (s = lint_word(b->text, s, "sleep")); s += 5) {
        char *after;
        double seconds = strtod(s + 5, &after);
        if (after == s + 5 || seconds <= 1)
            continue;
        bool quoted = s > b->text && strchr("'\"]", s[-1]); /* a pattern or an argument, not a command */
        const char *end = after + strcspn(after, "&;\n|");
        if (!quoted && !(*end == '&' && end[1] != '&'))
            lint_warn(t, lint_line(b, s), "the learner waits %g seconds here; run it in the background, or wait less",
                      seconds);
    }
}

/* Number with at least three digits, standing alone: in what a process list prints, that is a pid. */
static bool lint_find_pid(const char *line, char out[16])
{
    for (const char *s = line; *s;) {
        size_t n = strspn(s, "0123456789");
        if (!n) {
            s++;
            continue;
        }
        bool alone = (s == line || strchr(" \t(,:/", s[-1])) && (!s[n] || strchr(" \t),:/", s[n]));
        if (alone && n >= 3 && n < 8) {
            memcpy(out, s, n);
            out[n] = '\0';
            return true;
        }
        s += n;
    }
    return false;
}

static void lint_literal_pids(struct lint *t, const struct block *b)
{
    static const char *const listing[] = {"ps",   "$$",      "$!",    "pgrep",  "pidof",
                                          "jobs", "/status", "/stat", "pstree", "getpid"};
    bool lists = false;
    for (size_t i = 0; i < COUNT(listing); i++)
        lists |= isalpha((unsigned char)listing[i][0]) ? lint_word(b->text, b->text, listing[i]) != NULL
                                                       : strstr(b->text, listing[i]) != NULL;
    char pid[16];
    int line = b->line + 1;
    for (const char *s = b->text; *s; s++)
        line += *s == '\n';
    for (const char *s = b->expect; lists && *s; line++) {
        size_t n = strcspn(s, "\n");
        autofree char *copy = xstrndup(s, n);
        if (lint_find_pid(copy, pid) && !strstr(b->text, pid)) /* the command's own number is no surprise */
            lint_warn(t, line, "%s looks like a pid, which is another one next time; write a variable or `...`", pid);
        s += n + (s[n] == '\n');
    }
}

/* Literal process numbers in typed calls: kill(4431, SIGTERM), fork() = 4431. */
static void lint_call_pids(struct lint *t, const struct block *b)
{
    static const char *const by_pid[] = {"kill(", "pidfd_open(", "wait4(", "tgkill("};
    for (size_t i = 0; i < COUNT(by_pid); i++)
        if (text_has_prefix(b->text, by_pid[i]) && strtol(b->text + strlen(by_pid[i]), NULL, 10) >= 100)
            lint_warn(t, b->line, "a literal pid is another one next time; write a variable");
    static const char *const gives_pid[] = {"fork(", "clone(", "getpid(", "getppid(", "wait4("};
    const char *equals = strrchr(b->text, '=');
    for (size_t i = 0; equals && i < COUNT(gives_pid); i++)
        if (text_has_prefix(b->text, gives_pid[i]) && strtol(equals + 1, NULL, 10) >= 100)
            lint_warn(t, b->line, "the result is another pid next time; write `= $name`");
}

static void lint_check(struct lint *t, const struct block *b)
{
    static const char *const typed[] = {"history", "HISTFILE", "_history", "fc -l", "progress.log", "transcript"};
    for (size_t i = 0; i < COUNT(typed); i++) {
        const char *s = strstr(b->text, typed[i]);
        if (s) {
            lint_warn(t, lint_line(b, s),
                      "a check that looks at what was typed rejects right answers; judge the state");
            break;
        }
    }
    if (!strstr(b->text, "echo") && !strstr(b->text, "printf"))
        lint_warn(t, b->line, "the check prints no reason: end it with `|| { echo \"what is missing\"; false; }`");
}

/* What bash knows and the /bin/sh of a stage (busybox, dash) does not. */
static void lint_bashisms(struct lint *t, const struct block *b)
{
    static const char *const bash[] = {"[[", "&>", "<<<", "<(", "((", "${!", "function ", "declare ", "$'", "|&"};
    for (size_t i = 0; i < COUNT(bash); i++) {
        const char *s = strstr(b->text, bash[i]);
        if (s && !(bash[i][0] == '(' && s > b->text && s[-1] == '$') && !(bash[i][0] == '[' && s[2] == ':'))
            lint_warn(t, lint_line(b, s), "`%s` is bash; commands run in /bin/sh (busybox, dash)", bash[i]);
    }
}

void lint_command(struct lint *t, const struct step *step, const struct block *b)
{
    if (b->kind == BLOCK_CALL)
        lint_call_pids(t, b);
    if (!lint_is_shell(b))
        return;
    lint_broad_commands(t, b);
    lint_greps(t, b);
    lint_waits(t, b);
    lint_bashisms(t, b);
    if (b->kind == BLOCK_CONSOLE)
        lint_literal_pids(t, b);
    if (b->kind == BLOCK_CHECK)
        lint_check(t, b);
}

static size_t lint_name_length(const char *s)
{
    size_t n = 0;
    if (isalpha((unsigned char)*s) || *s == '_')
        while (isalnum((unsigned char)s[n]) || s[n] == '_')
            n++;
    return n;
}

static void lint_add_name(struct lint *t, const char *name, size_t n)
{
    str_addn(&t->names, name, n);
    str_addc(&t->names, ' ');
}

/* name=..., for name in, read name; and in a call's result: = $name. */
static void lint_collect(struct lint *t, const struct step *step, const struct block *b)
{
    if (b->kind == BLOCK_CALL) {
        const char *equals = strrchr(b->text, '=');
        const char *name = equals ? strchr(equals, '$') : NULL;
        if (name)
            lint_add_name(t, name + 1, lint_name_length(name + 1));
    }
    if (b->kind == BLOCK_TERMINAL)
        lint_add_name(t, b->expect, lint_name_length(b->expect));
    if (!lint_is_shell(b))
        return;
    for (const char *s = b->text; *s;) {
        size_t n = lint_name_length(s);
        bool starts = s == b->text || strchr(" \t\n;&|({", s[-1]);
        if (n && starts && s[n] == '=')
            lint_add_name(t, s, n);
        s += n ? n : 1;
    }
    static const char *const setters[] = {"for", "read", "export"};
    for (size_t i = 0; i < COUNT(setters); i++)
        for (const char *s = b->text; (s = lint_word(b->text, s, setters[i])); s++) {
            const char *name = s + strlen(setters[i]);
            for (;;) {
                name += strspn(name, " \t");
                size_t n = lint_name_length(name);
                if (!n)
                    break;
                lint_add_name(t, name, n);
                name += n;
                if (i == 0)
                    break;
            }
        }
}

static bool lint_knows(const struct lint *t, const char *name, size_t n)
{
    static const char known[] =
        " container host rootfs lab dynamic dynamic_loader dynamic_libs HOME PATH PWD OLDPWD IFS USER "
        "PPID TERM SHELL LANG ";
    autofree char *word = xasprintf(" %.*s ", (int)n, name);
    return strstr(known, word) || strstr(str_c(&t->names), word);
}

static void lint_uses_in(struct lint *t, const struct block *b, const char *text, int line)
{
    bool single = false;
    for (const char *s = text; *s; s++) {
        line += *s == '\n';
        if (*s == '\'')
            single = !single; /* awk '{print $x}': not a variable of ours */
        if (*s != '$' || single || (s > text && s[-1] == '\\'))
            continue;
        bool brace = s[1] == '{';
        const char *name = s + 1 + brace;
        size_t n = lint_name_length(name);
        bool has_default = brace && n && strchr("-:=+", name[n]);
        if (n && !has_default && !lint_knows(t, name, n))
            lint_warn(t, line, "nothing sets $%.*s", (int)n, name);
    }
}

static void lint_uses(struct lint *t, const struct step *step, const struct block *b)
{
    if (b->kind == BLOCK_CALL) {
        lint_uses_in(t, b, b->text, b->line);
    } else if (lint_is_shell(b)) {
        int line = b->line + (b->kind != BLOCK_CONSOLE);
        lint_uses_in(t, b, b->text, line);
    }
}

void lint_variables(struct lint *t)
{
    str_addc(&t->names, ' ');
    lint_each(t, lint_collect);
    lint_each(t, lint_uses);
}
