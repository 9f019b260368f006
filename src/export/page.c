/* What is said is escaped at once and kept as HTML, so that the page is a matter of joining. */
#include "export/page.h"
#include "base/text.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct page_section {
    char *title; /* escaped, as all here */
    struct str said, trees;
    bool open; /* said ends within a <pre> of output */
    bool cut;
};

struct page {
    struct page_section *v;
    size_t n, cap;
    size_t bytes, dropped;
};

/* How each kind looks: its class, its element, and a word before it that says what colour would. */
static const struct {
    const char *class, *element, *word;
} page_looks[] = {
    [PAGE_PROSE] = {"prose", "div", ""},      [PAGE_QUESTION] = {"question", "div", ""},
    [PAGE_LINE] = {"line", "pre", ""},        [PAGE_CALL] = {"call", "pre", ""},
    [PAGE_OUTPUT] = {"output", "pre", ""},    [PAGE_NOTE] = {"note", "div", ""},
    [PAGE_GOOD] = {"good", "div", "✓ "},      [PAGE_BAD] = {"bad", "div", "✗ "},
    [PAGE_ERROR] = {"bad", "div", "error: "}, [PAGE_HINT] = {"hint", "div", "hint: "},
    [PAGE_WHY] = {"hint", "div", "why: "},
};

struct page *page_new(void)
{
    return xcalloc(1, sizeof(struct page));
}

static void page_section_free(struct page_section *s)
{
    free(s->title);
    str_free(&s->said);
    str_free(&s->trees);
}

void page_free(struct page *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        page_section_free(&p->v[i]);
    free(p->v);
    free(p);
}

/* Escaping. */

static void page_add_char(struct str *out, char c)
{
    switch (c) {
    case '&':
        str_add(out, "&amp;");
        break;
    case '<':
        str_add(out, "&lt;");
        break;
    case '>':
        str_add(out, "&gt;");
        break;
    case '"':
        str_add(out, "&quot;");
        break;
    case '\'':
        str_add(out, "&#39;");
        break;
    default:
        str_addc(out, c);
    }
}

static void page_add(struct str *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        page_add_char(out, s[i]);
}

static void page_add_safe(struct str *out, const char *text, enum text_safe how)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), how);
    page_add(out, str_c(&safe), safe.len);
}

/* The length of what stands between two equal marks at s, which begins with the first; 0: it is no mark. A mark opens
 * before a word and closes behind one, in the same line. */
static size_t page_span(const char *text, const char *s, const char *mark)
{
    size_t n = strlen(mark);
    bool code = *mark == '`', begins = s == text || !isalnum((unsigned char)s[-1]);
    if (strncmp(s, mark, n) != 0 || !begins || !s[n] || (!code && isspace((unsigned char)s[n])) || s[n] == *mark)
        return 0;
    for (const char *p = s + n + 1; *p && *p != '\n'; p++)
        if (!strncmp(p, mark, n) && (code || (!isspace((unsigned char)p[-1]) && !isalnum((unsigned char)p[n]))))
            return (size_t)(p - s) - n;
    return 0;
}

/* As much of Markdown as the lessons' text still has. */
static void page_add_prose(struct str *out, const char *text)
{
    static const struct {
        const char *mark, *element;
    } table[] = {{"`", "code"}, {"**", "strong"}, {"*", "em"}};
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_BLOCK);
    for (const char *s = str_c(&safe); *s;) {
        size_t i = 0, n = 0;
        while (i < COUNT(table) && !(n = page_span(str_c(&safe), s, table[i].mark)))
            i++;
        if (i == COUNT(table)) {
            page_add_char(out, *s++);
            continue;
        }
        size_t mark = strlen(table[i].mark);
        str_addf(out, "<%s>", table[i].element);
        page_add(out, s + mark, n);
        str_addf(out, "</%s>", table[i].element);
        s += n + 2 * mark;
    }
}

/* Sections. */

static void page_count(struct page *p)
{
    p->bytes = 0;
    for (size_t i = 0; i < p->n; i++)
        p->bytes += p->v[i].said.len + p->v[i].trees.len;
    size_t drop = 0;
    for (; drop + 1 < p->n && p->bytes > PAGE_MAX; drop++) {
        p->bytes -= p->v[drop].said.len + p->v[drop].trees.len;
        page_section_free(&p->v[drop]);
    }
    p->n -= drop;
    p->dropped += drop;
    memmove(p->v, p->v + drop, p->n * sizeof *p->v);
}

void page_step(struct page *p, const char *title)
{
    struct str safe = {0};
    if (p->n)
        page_count(p);
    page_add_safe(&safe, title, TEXT_LINE);
    GROW(p->v, p->n, p->cap);
    p->v[p->n++] = (struct page_section){.title = str_steal(&safe)};
}

static struct page_section *page_current(struct page *p)
{
    if (!p->n)
        page_step(p, "");
    return &p->v[p->n - 1];
}

static void page_close_output(struct page_section *s)
{
    if (s->open)
        str_add(&s->said, "</pre>\n");
    s->open = false;
}

/* The words that a kind begins with may be in the text already. */
static void page_add_word(struct str *out, const char *word, const char *text)
{
    if (strncasecmp(text, word, strlen(word) - 1) != 0)
        str_add(out, word);
}

static bool page_has_room(struct page_section *s, size_t n)
{
    if (!s->cut && s->said.len + n <= PAGE_STEP_MAX)
        return true;
    page_close_output(s);
    if (!s->cut)
        str_add(&s->said, "<div class=\"note\">(more was said in this step than is kept)</div>\n");
    s->cut = true;
    return false;
}

void page_say(struct page *p, enum page_kind kind, const char *text)
{
    struct page_section *s = page_current(p);
    size_t n = strlen(text);
    if (!n || !page_has_room(s, n))
        return;
    if (kind != PAGE_OUTPUT || !s->open) {
        page_close_output(s);
        str_addf(&s->said, "<%s class=\"%s\">", page_looks[kind].element, page_looks[kind].class);
        if (*page_looks[kind].word)
            page_add_word(&s->said, page_looks[kind].word, text);
    }
    if (kind == PAGE_PROSE || kind == PAGE_QUESTION)
        page_add_prose(&s->said, text);
    else
        page_add_safe(&s->said, text, TEXT_BLOCK);
    s->open = kind == PAGE_OUTPUT;
    if (!s->open)
        str_addf(&s->said, "</%s>\n", page_looks[kind].element);
}

/* Trees. */

static void page_add_tree(struct str *out, const struct page_tree *t)
{
    str_add(out, "<figure><figcaption>");
    page_add_safe(out, t->title, TEXT_LINE);
    str_add(out, "</figcaption><pre>");
    for (size_t i = 0; i < t->n; i++) {
        const char *mark = t->v[i].mark;
        if (*mark)
            str_add(out, "<b>");
        page_add_safe(out, t->v[i].text, TEXT_LINE);
        if (*mark) {
            str_add(out, "  (");
            page_add_safe(out, mark, TEXT_LINE);
            str_add(out, ")</b>");
        }
        str_addc(out, '\n');
    }
    str_add(out, "</pre></figure>\n");
}

void page_trees(struct page *p, const struct page_tree *host, const struct page_tree *container)
{
    struct page_section *s = page_current(p);
    str_cut(&s->trees, 0);
    str_add(&s->trees, "<div class=\"trees\">\n");
    page_add_tree(&s->trees, host);
    page_add_tree(&s->trees, container);
    str_add(&s->trees, "</div>\n");
}

/* The page. */

static const char page_style[] =
    ":root{color-scheme:light dark;--back:#fff;--text:#1a1a1a;--dim:#595959;--rule:#c8c8c8;--box:#f4f4f4;"
    "--good:#0a6b2d;--bad:#a31515;--mark:#0b4f8a}\n"
    "@media (prefers-color-scheme:dark){:root{--back:#16181c;--text:#e6e6e6;--dim:#a8a8a8;--rule:#44484f;"
    "--box:#1f2329;--good:#7bd88f;--bad:#ff8f8f;--mark:#8cc4ff}}\n"
    "body{background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;"
    "padding:0 1em}\n"
    "h1{font-size:1.6em}h2{font-size:1.2em;border-top:1px solid var(--rule);padding-top:1em;margin-top:2em}\n"
    "pre,code{font-family:ui-monospace,\"DejaVu Sans Mono\",monospace;font-size:.9em}\n"
    "pre{margin:.3em 0;white-space:pre-wrap;overflow-wrap:anywhere}\n"
    ".prose,.question{white-space:pre-wrap;margin:.8em 0;max-width:45em}\n"
    ".question{border-left:3px solid var(--rule);padding-left:.8em}\n"
    ".line{font-weight:bold;margin-top:.8em}.note,.meta{color:var(--dim);white-space:pre-wrap}\n"
    ".call{color:var(--mark)}.good{color:var(--good)}.bad{color:var(--bad)}.bad,.good,.hint{white-space:pre-wrap}\n"
    ".hint{border-left:3px solid var(--rule);padding-left:.8em;margin:.4em 0}\n"
    ".trees{display:grid;grid-template-columns:1fr 1fr;gap:1em;margin-top:1em}\n"
    "figure{margin:0;background:var(--box);border:1px solid var(--rule);padding:.6em;min-width:0}\n"
    "figcaption{font-weight:bold;border-bottom:1px solid var(--rule)}figure pre{white-space:pre;overflow-x:auto}\n"
    "@media (max-width:50em){.trees{grid-template-columns:1fr}}\n"
    "@media print{:root{--back:#fff;--text:#000;--dim:#444;--box:#fff;--good:#000;--bad:#000;--mark:#000}"
    "body{font-size:10pt;margin:0;max-width:none}figure pre{white-space:pre-wrap}"
    "figure,.line,.question{break-inside:avoid}h2{break-after:avoid}}\n";

size_t page_steps(const struct page *p)
{
    return p->n;
}

void page_print(const struct page *p, const char *title, time_t when, struct str *out)
{
    char date[64] = "";
    struct tm local;
    if (localtime_r(&when, &local))
        strftime(date, sizeof date, "%Y-%m-%d %H:%M", &local);
    autostr struct str name = {0};
    page_add_safe(&name, title, TEXT_LINE);
    str_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                 "style-src 'unsafe-inline'\">\n");
    str_addf(out, "<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>%s</h1>\n", str_c(&name), page_style,
             str_c(&name));
    str_addf(out, "<p class=\"meta\">%s</p>\n", date);
    if (p->dropped)
        str_addf(out, "<p class=\"meta\">(%zu earlier section%s no longer kept)</p>\n", p->dropped,
                 p->dropped == 1 ? " is" : "s are");
    for (size_t i = 0; i < p->n; i++) {
        const struct page_section *s = &p->v[i];
        str_add(out, "<section>\n");
        if (*s->title)
            str_addf(out, "<h2>%s</h2>\n", s->title);
        str_add(out, str_c(&s->said));
        str_add(out, s->open ? "</pre>\n" : "");
        str_add(out, str_c(&s->trees));
        str_add(out, "</section>\n");
    }
    str_add(out, "</body>\n</html>\n");
}
