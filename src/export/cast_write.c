#include "export/cast_write.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static void cast_add_escape(struct str *out, unsigned cp)
{
    if (cp < 0x10000)
        str_addf(out, "\\u%04x", cp);
    else
        str_addf(out, "\\u%04x\\u%04x", 0xd7c0 + (cp >> 10), 0xdc00 + (cp & 0x3ff));
}

/* JSON wants the controls below space escaped. The others are, too: a recording is a text file that people look at in
 * their terminals. */
static void cast_add_char(struct str *out, unsigned cp)
{
    if (cp == '"' || cp == '\\')
        str_addf(out, "\\%c", (char)cp);
    else if (cp == '\n')
        str_add(out, "\\n");
    else if (cp == '\r')
        str_add(out, "\\r");
    else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || text_is_format(cp))
        cast_add_escape(out, cp);
    else
        text_encode(out, cp);
}

static void cast_add_string(struct str *out, const char *s, size_t n)
{
    str_addc(out, '"');
    for (size_t at = 0; at < n;) {
        unsigned cp;
        at += (size_t)text_decode(s + at, n - at, &cp);
        cast_add_char(out, cp);
    }
    str_addc(out, '"');
}

static void cast_add_member(struct str *out, const char *before, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    str_addf(out, "%s\"%s\": ", before, name);
    cast_add_string(out, value, strlen(value));
}

static void cast_add_env(struct str *out, const struct cast_head *head)
{
    autostr struct str env = {0};
    cast_add_member(&env, "", "TERM", head->term);
    cast_add_member(&env, env.len ? ", " : "", "SHELL", head->shell);
    if (env.len)
        str_addf(out, ", \"env\": {%s}", env.s);
}

void cast_begin(struct cast_writer *w, int64_t now_us, const struct cast_head *head, struct str *out)
{
    *w = (struct cast_writer){.begun = true, .zero_us = now_us};
    str_addf(out, "{\"version\": 2, \"width\": %d, \"height\": %d, \"timestamp\": %lld", head->cols, head->rows,
             (long long)head->when);
    cast_add_member(out, ", ", "title", head->title);
    cast_add_env(out, head);
    str_add(out, "}\n");
}

int64_t cast_time(const struct cast_writer *w, int64_t now_us)
{
    int64_t t = (w->paused ? w->pause_us : now_us) - w->zero_us;
    return t > 0 ? t : 0;
}

static void cast_event(const struct cast_writer *w, int64_t now_us, char kind, const char *s, size_t n, struct str *out)
{
    int64_t t = cast_time(w, now_us);
    str_addf(out, "[%lld.%06lld, \"%c\", ", (long long)(t / 1000000), (long long)(t % 1000000), kind);
    cast_add_string(out, s, n);
    str_add(out, "]\n");
}

/* How many bytes the character takes that begins with c; 1 for what begins none. */
static size_t cast_char_len(unsigned char c)
{
    return c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 1;
}

/* The bytes at the end of s[0..n) that may become a character. */
static size_t cast_half(const char *s, size_t n)
{
    size_t back = 1;
    while (back <= 3 && back <= n && ((unsigned char)s[n - back] & 0xc0) == 0x80)
        back++;
    return back <= 3 && back <= n && cast_char_len((unsigned char)s[n - back]) > back ? back : 0;
}

void cast_output(struct cast_writer *w, int64_t now_us, const char *bytes, size_t n, struct str *out)
{
    if (!w->begun || w->paused || !n)
        return;
    autostr struct str text = {0};
    str_addn(&text, w->rest, w->nrest);
    str_addn(&text, bytes, n);
    w->nrest = cast_half(text.s, text.len);
    memcpy(w->rest, text.s + text.len - w->nrest, w->nrest);
    if (text.len > w->nrest)
        cast_event(w, now_us, 'o', text.s, text.len - w->nrest, out);
}

void cast_resize(struct cast_writer *w, int64_t now_us, int cols, int rows, struct str *out)
{
    char size[32];
    int n = snprintf(size, sizeof size, "%dx%d", cols, rows);
    if (w->begun)
        cast_event(w, now_us, 'r', size, (size_t)n, out);
}

void cast_mark(struct cast_writer *w, int64_t now_us, const char *label, struct str *out)
{
    if (w->begun)
        cast_event(w, now_us, 'm', label, strlen(label), out);
}

/* Nothing completes it: what comes next is drawn anew. */
static void cast_give_up_half(struct cast_writer *w, int64_t now_us, struct str *out)
{
    if (w->nrest)
        cast_event(w, now_us, 'o', w->rest, w->nrest, out);
    w->nrest = 0;
}

void cast_pause(struct cast_writer *w, int64_t now_us, struct str *out)
{
    if (!w->begun || w->paused)
        return;
    cast_give_up_half(w, now_us, out);
    w->pause_us = now_us;
    w->paused = true;
}

void cast_resume(struct cast_writer *w, int64_t now_us)
{
    if (!w->paused)
        return;
    w->zero_us += now_us - w->pause_us;
    w->paused = false;
}

void cast_end(struct cast_writer *w, int64_t now_us, struct str *out)
{
    if (w->begun)
        cast_give_up_half(w, now_us, out);
    *w = (struct cast_writer){0};
}
