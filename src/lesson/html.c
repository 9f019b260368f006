/* HTML in a lesson: comments that say something to porthole, and <details> asides.
 *
 * Markdown ends an HTML block of `<details>` at the first empty line, so what stands between the tags is Markdown again
 * and reaches us as ordinary blocks. An author who forgets that empty line gets everything as one HTML block; that is
 * the one trap worth a message of its own. */
#include "base/mem.h"
#include "base/text.h"
#include "lesson/parse.h"
#include "view/view.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

static int html_line(const struct node *n, const char *at)
{
    int line = n->line;
    for (const char *s = n->text.s; s < at; s++)
        line += *s == '\n';
    return line;
}

static void html_only(struct parser *p, int line, const char *value)
{
    enum block_only only = !strcmp(value, "real") ? ONLY_REAL : !strcmp(value, "practice") ? ONLY_PRACTICE : ONLY_BOTH;
    if (only == ONLY_BOTH) {
        parse_error(p, line, "only is \"%s\"; write `only: real` or `only: practice`", value);
    } else if (p->step && p->step_is_new) {
        p->step->only = only;
    } else {
        p->only = only;
        p->only_line = line;
    }
}

static void html_view(struct parser *p, int line, const char *value)
{
    if (!view_find(value))
        parse_error(p, line, "there is no view \"%s\"; `processes` is always there", value);
    if (!p->step)
        parse_error(p, line, "before the first step the view is set by `view:` in the front matter");
    else
        parse_add(p, (struct block){.kind = BLOCK_VIEW, .line = line, .text = xstrdup(value)});
}

static void html_pause(struct parser *p, int line, const char *value)
{
    if (*value)
        parse_error(p, line, "pause takes no value");
    if (!p->step || p->aside != ASIDE_NONE)
        parse_error(p, line, "a pause stands between the blocks of a step");
    else
        parse_add(p, (struct block){.kind = BLOCK_PAUSE, .line = line, .text = xstrdup("")});
}

static void html_note(struct parser *p, int line, const char *value)
{
    struct str text = {0};
    for (const char *s = value; *s;) { /* lines lose their indent, which follows the comment's, not the thought */
        size_t len = strcspn(s, "\n"), blank = strspn(s, " \t");
        if (blank > len)
            blank = len;
        str_addn(&text, s + blank, len - blank);
        if (s[len])
            str_addc(&text, '\n');
        s += len + (s[len] == '\n');
    }
    if (!text.len)
        parse_error(p, line, "the speaker note is empty");
    parse_add(p, (struct block){.kind = BLOCK_NOTE, .line = line, .text = str_steal(&text)});
}

static const struct html_order {
    const char *name;
    void (*run)(struct parser *p, int line, const char *value);
} html_orders[] = {{"speaker_note", html_note}, {"pause", html_pause}, {"only", html_only}, {"view", html_view}};

/* A comment is an order when it is one word, or a word and a colon. Other comments are the author's own. */
static void html_comment(struct parser *p, int line, char *text)
{
    text = text_trim(text);
    size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");
    char *rest = text + word;
    bool colon = *rest == ':';
    if (!word || (*rest && !colon))
        return;
    *rest = '\0';
    char *value = colon ? text_trim(rest + 1) : rest;
    const char *names[COUNT(html_orders) + 1] = {0};
    for (size_t i = 0; i < COUNT(html_orders); i++) {
        if (!strcmp(text, html_orders[i].name)) {
            html_orders[i].run(p, line, value);
            return;
        }
        names[i] = html_orders[i].name;
    }
    const char *near = text_nearest(text, names);
    parse_warn(p, line, "comment \"%s\" is ignored%s%s; porthole knows speaker_note, pause, only, view", text,
               near ? "; nearest: " : "", near ? near : "");
}

static void html_details_open(struct parser *p, int line, const char *summary)
{
    if (p->aside != ASIDE_NONE) {
        parse_error(p, line, "<details> inside <details>, opened in line %d", p->details.line);
        html_details_close(p, line);
    }
    static const char *const names[] = {"hint", "solution", NULL};
    p->details = (struct block){.kind = BLOCK_PROSE, .line = line};
    p->aside = ASIDE_OTHER;
    if (!strncasecmp(summary, "hint", 4)) {
        p->aside = ASIDE_HINT;
        p->details.kind = BLOCK_HINT;
    } else if (!strncasecmp(summary, "solution", 8)) {
        p->aside = ASIDE_SOLUTION;
        p->details.kind = BLOCK_SOLUTION;
    } else {
        const char *near = text_nearest(summary, names);
        if (near)
            parse_error(p, line, "summary \"%s\"; nearest: %s", summary, near);
        str_addf(&p->gathered, "%s", summary);
    }
    if (!p->step)
        parse_error(p, line, "<details> before the first step");
}

void html_details_close(struct parser *p, int line)
{
    if (p->aside == ASIDE_NONE) {
        parse_error(p, line, "</details> without <details>");
        return;
    }
    struct block b = p->details;
    b.text = str_steal(&p->gathered);
    p->details = (struct block){0};
    if (p->aside == ASIDE_HINT && !*b.text)
        parse_error(p, b.line, "the hint is empty");
    if (p->aside == ASIDE_SOLUTION && !b.nsub)
        parse_error(p, b.line, "the solution holds no command and no call, so nothing can replay it");
    p->aside = ASIDE_NONE;
    parse_add(p, b);
}

/* "<details open><summary>Hint</summary>": returns what follows, or NULL when it is not complete. */
static char *html_details(struct parser *p, int line, char *s)
{
    char *open = strchr(s, '>');
    char *from = open ? open + 1 + strspn(open + 1, " \t\n") : NULL;
    char *to = from ? strcasestr(from, "</summary>") : NULL;
    if (!to || strncasecmp(from, "<summary>", 9)) {
        parse_error(p, line, "<details> must go on with <summary>Hint</summary> or <summary>Solution</summary>");
        html_details_open(p, line, "hint");
        return s + strlen("<details");
    }
    autofree char *summary = xstrndup(from + 9, (size_t)(to - from - 9));
    html_details_open(p, line, text_trim(summary));
    return to + strlen("</summary>");
}

/* Text between tags: shown as a paragraph. */
static void html_words(struct parser *p, int line, const char *s, size_t n)
{
    struct str text = {0};
    for (size_t i = 0; i < n; i++)
        str_addc(&text, s[i] == '\n' ? ' ' : s[i]);
    if (strstr(str_c(&text), "```"))
        parse_error(p, line, "a fence right below an HTML tag is not seen: leave an empty line between them");
    autofree char *raw = str_steal(&text);
    char *words = text_trim(raw);
    if (*words)
        parse_add(p, (struct block){.kind = BLOCK_PROSE, .line = line, .text = xstrdup(words)});
}

void html_parse(struct parser *p, const struct node *n)
{
    autofree char *text = xstrdup(str_c(&n->text));
    for (char *s = text; *s;) {
        int line = html_line(n, n->text.s + (s - text));
        size_t words = strcspn(s, "<");
        if (words) {
            html_words(p, line + (int)(*s == '\n'), s, words);
            s += words;
        } else if (text_has_prefix(s, "<!--")) {
            char *end = strstr(s, "-->");
            if (!end) {
                parse_error(p, line, "the comment opened here is never closed by -->");
                return;
            }
            *end = '\0';
            html_comment(p, line, s + 4);
            s = end + 3;
        } else if (!strncasecmp(s, "<details", 8)) {
            s = html_details(p, line, s);
        } else if (!strncasecmp(s, "</details>", 10)) {
            html_details_close(p, line);
            s += 10;
        } else {
            char *end = strchr(s, '>'); /* another tag: dropped */
            s = end ? end + 1 : s + 1;
        }
    }
}
