#include "screen/say.h"
#include "base/mem.h"
#include <string.h>
#include <strings.h>

static const struct say_look say_table[] = {
    [SAY_TITLE] = {STYLE_HEADING, "", NULL, false},
    [SAY_PROSE] = {STYLE_PLAIN, "", NULL, false},
    [SAY_QUESTION] = {STYLE_NOTICE, "question", NULL, false},
    [SAY_CHOICE] = {STYLE_PLAIN, "", NULL, false},
    [SAY_ECHO] = {STYLE_BOLD, "", NULL, true},
    [SAY_CALL] = {STYLE_COMMAND, "", NULL, false},
    [SAY_OUTPUT] = {STYLE_PLAIN, "", NULL, true},
    [SAY_INFO] = {STYLE_DIM, "", NULL, false},
    [SAY_GOOD] = {STYLE_GOOD, "", NULL, false},
    [SAY_BAD] = {STYLE_BAD, "", NULL, false},
    [SAY_ERROR] = {STYLE_BAD, "error", NULL, false},
    [SAY_HINT] = {STYLE_NOTICE, "hint", NULL, false},
    [SAY_WHY] = {STYLE_NOTICE, "why", NULL, false},
    [SAY_CHANGE] = {STYLE_DIM, "change", NULL, false},
    [SAY_RECORDED] = {STYLE_NOTICE, "", "REC| ", false},
};

const struct say_look *say_look(enum say kind)
{
    static const struct say_look plain = {STYLE_PLAIN, "", NULL, false};
    return (size_t)kind < COUNT(say_table) ? &say_table[kind] : &plain;
}

void say_prefix(struct str *out, enum say kind, const char *text)
{
    const char *word = say_look(kind)->word;
    if (*word && strncasecmp(text, word, strlen(word)) != 0)
        str_addf(out, "%s: ", word);
}
