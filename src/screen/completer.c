#include "screen/completer.h"
#include "base/mem.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

static struct completer completer;

void completer_free_list(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

/* Length of what all have in common, not ending inside a character. */
static size_t completer_common(char **list)
{
    size_t n = strlen(list[0]);
    for (size_t i = 1; list[i]; i++) {
        size_t k = 0;
        while (k < n && list[i][k] == list[0][k])
            k++;
        n = k;
    }
    while (n && ((unsigned char)list[0][n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* The shell's idea of where the word starts may differ from readline's: a candidate is made to fit readline's. */
static char *completer_refit(const char *candidate, size_t start, size_t ours)
{
    if (ours >= start)
        return xasprintf("%.*s%s", (int)(ours - start), rl_line_buffer + start, candidate);
    size_t skip = start - ours;
    bool same = strlen(candidate) >= skip && !strncmp(candidate, rl_line_buffer + ours, skip);
    return same ? xstrdup(candidate + skip) : NULL;
}

/* Keeps what fits, in place. Returns how many. */
static size_t completer_refit_all(char **found, size_t start, size_t ours)
{
    size_t n = 0;
    for (size_t i = 0; found[i]; i++) {
        char *fit = completer_refit(found[i], start, ours);
        free(found[i]);
        if (fit)
            found[n++] = fit;
    }
    found[n] = NULL;
    return n;
}

/* See "Custom Completers" in readline's manual: element 0 replaces the word, the rest are the candidates. */
static char **completer_matches(const char *text, int start, int end)
{
    rl_attempted_completion_over = 1; /* never fall back to file names of this process */
    size_t ours = (size_t)start;
    char **found = completer.complete(completer.arg, rl_line_buffer, (size_t)end, &ours);
    size_t n = found ? completer_refit_all(found, (size_t)start, ours) : 0;
    if (!n) {
        free(found);
        return NULL;
    }
    char **result = xcalloc(n + 2, sizeof *result);
    result[0] = xstrndup(found[0], completer_common(found));
    if (n > 1) {
        memcpy(result + 1, found, n * sizeof *found);
        free(found);
        return result;
    }
    size_t len = strlen(found[0]);
    bool goes_on = len && strchr("(/=|", found[0][len - 1]);
    rl_completion_append_character = goes_on ? '\0' : ' ';
    completer_free_list(found);
    return result;
}

void completer_install(const struct completer *c)
{
    completer = *c;
    rl_attempted_completion_function = c->complete ? completer_matches : NULL;
    rl_completer_word_break_characters = " \t\n\"'`@$><=;|&{(,";
    rl_basic_quote_characters = "";
    rl_completer_quote_characters = "";
}
