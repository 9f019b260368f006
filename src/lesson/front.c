/* The front matter: flat `key: value` lines between two `---` lines. A row per key says what its value must look like.
 */
#include "base/mem.h"
#include "base/text.h"
#include "lesson/parse.h"
#include "session/doctor.h"
#include "view/view.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct front_key {
    const char *name;
    void (*set)(struct parser *p, int line, char *value);
};

/* Names are stable keys of progress files and arguments on the command line. */
bool lesson_is_name(const char *s)
{
    return islower((unsigned char)*s) && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* Takes the next word of a comma-separated list; NULL at its end. */
static char *front_next(char **list)
{
    char *word;
    do {
        if (!*list)
            return NULL;
        word = text_trim(strsep(list, ","));
    } while (!*word);
    return word;
}

static void front_push(char ***words, const char *word)
{
    size_t n = 0;
    while ((*words)[n])
        n++;
    *words = xrealloc(*words, (n + 2) * sizeof **words);
    (*words)[n] = xstrdup(word);
    (*words)[n + 1] = NULL;
}

static void front_set_format(struct parser *p, int line, char *value)
{
    if (strcmp(value, "1") != 0)
        parse_error(p, line, "format is \"%s\"; this porthole reads format 1", value);
}

static void front_set_name(struct parser *p, int line, const char *key, char **field, const char *value)
{
    if (!lesson_is_name(value))
        parse_error(p, line, "%s is \"%s\"; use small letters, digits and '-', starting with a letter", key, value);
    free(*field);
    *field = xstrdup(value);
}

static void front_set_id(struct parser *p, int line, char *value)
{
    front_set_name(p, line, "id", &p->lesson->id, value);
}

static void front_set_after(struct parser *p, int line, char *value)
{
    front_set_name(p, line, "after", &p->lesson->after, value);
    p->lesson->after_line = line;
}

static void front_set_title(struct parser *p, int line, char *value)
{
    free(p->lesson->title);
    p->lesson->title = xstrdup(value);
}

static void front_set_minutes(struct parser *p, int line, char *value)
{
    char *end;
    long n = strtol(value, &end, 10);
    if (*end || n < 1 || n > 600)
        parse_error(p, line, "minutes is \"%s\"; write a whole number from 1 to 600", value);
    else
        p->lesson->minutes = (int)n;
}

static void front_set_view(struct parser *p, int line, char *value)
{
    if (!view_find(value))
        parse_error(p, line, "there is no view \"%s\"; `processes` is always there", value);
    free(p->lesson->view);
    p->lesson->view = xstrdup(value);
}

static void front_set_needs(struct parser *p, int line, char *value)
{
    const char *const *names = doctor_names();
    for (char *word; (word = front_next(&value));) {
        const char *const *known = names;
        while (*known && strcmp(*known, word) != 0)
            known++;
        if (!*known) {
            const char *near = text_nearest(word, names);
            parse_error(p, line, "needs \"%s\", which porthole cannot try%s%s; `porthole doctor` lists what it can",
                        word, near ? "; nearest: " : "", near ? near : "");
        }
        front_push(&p->lesson->needs, word);
    }
}

static void front_set_man(struct parser *p, int line, char *value)
{
    for (char *word; (word = front_next(&value));) {
        size_t n = strcspn(word, "( \t");
        if (!n || word[n] != '(' || !isdigit((unsigned char)word[n + 1]) || word[strlen(word) - 1] != ')')
            parse_error(p, line, "man has \"%s\"; write pages as chroot(2), kill(2)", word);
        front_push(&p->lesson->man, word);
    }
}

static const struct front_key front_keys[] = {
    {"format", front_set_format}, {"id", front_set_id},     {"title", front_set_title}, {"minutes", front_set_minutes},
    {"after", front_set_after},   {"view", front_set_view}, {"needs", front_set_needs}, {"man", front_set_man},
};

/* YAML readers need quotes around a value that holds ": "; we do without, and accept them. */
static char *front_unquote(char *value)
{
    size_t n = strlen(value);
    if (n >= 2 && (*value == '"' || *value == '\'') && value[n - 1] == *value) {
        value[n - 1] = '\0';
        value++;
    }
    return value;
}

static void front_unknown(struct parser *p, int line, const char *key)
{
    const char *names[COUNT(front_keys) + 1] = {0};
    for (size_t i = 0; i < COUNT(front_keys); i++)
        names[i] = front_keys[i].name;
    const char *near = text_nearest(key, names);
    parse_error(p, line, "unknown key \"%s\"%s%s; the keys are format, id, title, minutes, after, view, needs, man",
                key, near ? "; nearest: " : "", near ? near : "");
}

/* One line; seen[] remembers the line of each key. */
static void front_line(struct parser *p, int line, char *text, int *seen)
{
    char *key = text_trim(text);
    if (!*key || *key == '#')
        return;
    char *colon = strchr(key, ':');
    if (!colon) {
        parse_error(p, line, "\"%s\" is no `key: value` line", key);
        return;
    }
    *colon = '\0';
    key = text_trim(key);
    char *value = front_unquote(text_trim(colon + 1));
    for (size_t i = 0; i < COUNT(front_keys); i++) {
        if (strcmp(key, front_keys[i].name) != 0)
            continue;
        if (seen[i])
            parse_error(p, line, "%s is set twice, first in line %d", key, seen[i]);
        else if (!*value)
            parse_error(p, line, "%s has no value", key);
        else
            front_keys[i].set(p, line, value);
        seen[i] = line;
        return;
    }
    front_unknown(p, line, key);
}

static bool front_is_fence(const char *line, size_t n)
{
    while (n && isspace((unsigned char)line[n - 1]))
        n--;
    return n == 3 && !memcmp(line, "---", 3);
}

size_t front_parse(struct parser *p, const char *text, size_t len)
{
    size_t first = len ? (size_t)(strchrnul(text, '\n') - text) : 0;
    if (!front_is_fence(text, first)) {
        parse_error(p, 1,
                    "a lesson starts with front matter: `---`, then `format: 1`, `id: ...`, `title: ...`, then `---`");
        return 0;
    }
    int seen[COUNT(front_keys)] = {0};
    size_t at = first + 1;
    for (int line = 2; at < len; line++) {
        size_t n = strcspn(text + at, "\n");
        if (front_is_fence(text + at, n)) {
            at += n + (at + n < len);
            if (!seen[0])
                parse_error(p, line, "the front matter lacks `format: 1`");
            if (!seen[1])
                parse_error(p, line, "the front matter lacks `id:`, the name progress is kept under");
            return at;
        }
        autofree char *copy = xstrndup(text + at, n);
        front_line(p, line, copy, seen);
        at += n + 1;
    }
    parse_error(p, 1, "the front matter is not closed by a second `---` line");
    return len;
}
