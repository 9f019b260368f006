#include "screen/say.h"
#include "base/mem.h"
#include <string.h>
#include <strings.h>

static const struct say_look say_table[] = {
    [SAY_TITLE] = {STYLE_HEADING, "", false},
    [SAY_PROSE] = {STYLE_PLAIN, "", false},
    [SAY_QUESTION] = {STYLE_NOTICE, "question", false},
    [SAY_CHOICE] = {STYLE_PLAIN, "", false},
    [SAY_ECHO] = {STYLE_BOLD, "", true},
    [SAY_CALL] = {STYLE_COMMAND, "", false},
    [SAY_OUTPUT] = {STYLE_PLAIN, "", true},
    [SAY_INFO] = {STYLE_DIM, "", false},
    [SAY_GOOD] = {STYLE_GOOD, "", false},
    [SAY_BAD] = {STYLE_BAD, "", false},
    [SAY_ERROR] = {STYLE_BAD, "error", false},
    [SAY_HINT] = {STYLE_NOTICE, "hint", false},
    [SAY_WHY] = {STYLE_NOTICE, "why", false},
    [SAY_CHANGE] = {STYLE_DIM, "change", false},
};

const struct say_look *say_look(enum say kind)
{
    static const struct say_look plain = {STYLE_PLAIN, "", false};
    return (size_t)kind < COUNT(say_table) ? &say_table[kind] : &plain;
}

void say_prefix(struct str *out, enum say kind, const char *text)
{
    const char *word = say_look(kind)->word;
    if (*word && strncasecmp(text, word, strlen(word)) != 0)
        str_addf(out, "%s: ", word);
}
