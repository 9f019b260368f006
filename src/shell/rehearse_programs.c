/* Which programs does a command name? A rough reading that knows words, quotes and the places where a command begins:
 * it prefers to miss one. */
#include "base/mem.h"
#include "shell/rehearse.h"
#include <ctype.h>
#include <string.h>

/* After these comes another command. */
static const char *const programs_before[] = {"if",   "then", "else", "elif", "while", "until", "do",
                                              "exec", "!",    "{",    "time", "env",   NULL};
/* What the shell does itself, and words that only end something. */
static const char *const programs_shell[] = {
    "cd",     "export", "unset", "set",     "true",  "false",  "exit", "kill",     "wait",  "trap",
    "read",   "test",   "[",     "echo",    "eval",  "fi",     "done", "esac",     "}",     "umask",
    "jobs",   "fg",     "bg",    "command", "type",  "for",    "case", "in",       "pwd",   "shift",
    "return", "ulimit", ":",     ".",       "local", "printf", "hash", "readonly", "break", NULL};

static bool programs_is(const char *const *list, const char *word)
{
    for (size_t i = 0; list[i]; i++)
        if (!strcmp(list[i], word))
            return true;
    return false;
}

/* A name that can be looked for: no variable, pattern, assignment or redirection in it. */
static bool programs_is_name(const char *word)
{
    if (!*word || isdigit((unsigned char)*word))
        return false;
    return !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+")];
}

/* The end of the word at s: quoted blanks are part of it. */
static const char *programs_word_end(const char *s)
{
    char quote = 0;
    for (; *s && (quote || !strchr(" \t\n;|&()<>", *s)); s++) {
        if (*s == '\\' && s[1] && quote != '\'')
            s++;
        else if (quote ? *s == quote : *s == '\'' || *s == '"')
            quote = quote ? 0 : *s;
    }
    return s;
}

static void programs_add(const char *word, struct str *out)
{
    autofree char *padded = xasprintf(" %s ", word), *all = xasprintf("%s ", str_c(out));
    if (!strstr(all, padded))
        str_addf(out, " %s", word);
}

void rehearse_programs(const char *command, struct str *out)
{
    bool begins = true; /* the next word is a command */
    for (const char *s = command; *s;) {
        if (strchr(" \t", *s)) {
            s++;
            continue;
        }
        if (strchr("\n;|&(", *s)) {
            begins = *s != '&' || s[1] != '>'; /* 2>&1 is caught below */
            s++;
            continue;
        }
        if (strchr("<>", *s)) { /* a redirection, and what it is about */
            s += strspn(s, "<>&");
            s += strspn(s, " \t");
            s = programs_word_end(s);
            continue;
        }
        if (*s == ')') {
            s++;
            continue;
        }
        const char *end = programs_word_end(s);
        autofree char *word = xstrndup(s, (size_t)(end - s));
        bool number = strchr("<>", *end) && *end && word[strspn(word, "0123456789")] == '\0'; /* 2>file */
        bool assigns = strchr(word, '=') && (isalpha((unsigned char)*word) || *word == '_');
        if (begins && !number && !assigns) {
            begins = programs_is(programs_before, word);
            if (!begins && !programs_is(programs_shell, word) && programs_is_name(word))
                programs_add(word, out);
        }
        s = end;
    }
}
