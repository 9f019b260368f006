/* What the panes show, made anew when it may have changed: rows of the view, the lesson's text, the transcript. */
#include "base/text.h"
#include "screen/screen_private.h"
#include "screen/tree.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCREEN_UNWRAPPED 1000000 /* columns: paragraphs come as one line each, and are wrapped here */
#define SCREEN_FADE_MS   1100    /* marks of new and dead rows last a second */

static void screen_fade(void *arg)
{
    struct screen *s = arg;
    s->fade_timer = 0;
    screen_touch(s, DIRTY_TREES);
}

static long screen_selected_line(const struct pane *p)
{
    for (size_t i = 0; i < p->lines.n; i++)
        if (p->lines.v[i].style == STYLE_LINKED)
            return (long)i;
    return -1;
}

/* A tree with the focus shows every process; without it, what fits, the rest counted.
 * While it has the focus, the selected row stays where it is on the screen, whatever comes and goes above it. */
static void screen_read_tree(struct screen *s, enum pane_id id, bool *fading)
{
    struct pane *p = &s->pane[id];
    const struct view *view = shell_view(s->sh);
    if (!view || p->at.h <= 0)
        return;
    struct view_input in = {0};
    shell_view_input(s->sh, &in, pane_height(p));
    bool focused = s->focus == id;
    in.max_rows = focused ? 0 : pane_height(p);
    struct view_rows rows = {0};
    view->rows(&in, id == PANE_HOST ? SIDE_HOST : SIDE_CONTAINER, &rows);
    snprintf(p->title, sizeof p->title, "%s", rows.title);
    long before = screen_selected_line(p) - (long)p->top;
    lines_clear(&p->lines);
    tree_lines(&rows, p->at.w, &p->lines, fading);
    view_rows_free(&rows);
    long now = screen_selected_line(p);
    if (focused && before >= 0 && before < pane_height(p) && now >= before)
        p->top = (size_t)(now - before);
    pane_settle(p);
    if (!focused)
        pane_show_heaviest(p);
}

void screen_reveal_selected(struct screen *s)
{
    bool fading = false;
    for (enum pane_id id = PANE_HOST; id <= PANE_CONTAINER; id++) {
        screen_read_tree(s, id, &fading);
        long at = screen_selected_line(&s->pane[id]);
        if (at >= 0)
            pane_show(&s->pane[id], (size_t)at);
    }
    screen_touch(s, DIRTY_TREES);
}

void screen_read_trees(struct screen *s)
{
    bool fading = false;
    screen_read_tree(s, PANE_HOST, &fading);
    screen_read_tree(s, PANE_CONTAINER, &fading);
    if (fading && !s->fade_timer)
        s->fade_timer = loop_timer(s->loop, SCREEN_FADE_MS, screen_fade, s);
}

/* The engine marks each line with a byte: what it looks like, and the sign that says so without colour. */
static const struct {
    char byte;
    enum style style;
    const char *sign;
} screen_lesson_styles[] = {
    {' ', STYLE_PLAIN, "  "}, {'#', STYLE_HEADING, ""}, {'$', STYLE_COMMAND, "  "}, {'?', STYLE_NOTICE, "? "},
    {'+', STYLE_GOOD, "+ "},  {'-', STYLE_BAD, "- "},   {'!', STYLE_NOTICE, "! "},  {'v', STYLE_DIM, "✓ "},
};

/* One paragraph, list item or command. What belongs to an item stands under its text, prose stands flush. */
static void screen_add_lesson_line(struct lines *out, const char *line, size_t n, int columns)
{
    size_t k = 0;
    for (size_t i = 0; i < COUNT(screen_lesson_styles); i++)
        if (n && screen_lesson_styles[i].byte == *line)
            k = i;
    autostr struct str text = {0};
    str_add(&text, screen_lesson_styles[k].sign);
    if (n)
        str_addn(&text, line + 1, n - 1);
    const char *body = str_c(&text) + strlen(screen_lesson_styles[k].sign);
    size_t item = strspn(body, " ");
    bool numbered = isdigit((unsigned char)body[item]) && strspn(body + item, "0123456789.)") > 1;
    bool bullet = (body[item] == '-' || body[item] == '*') && body[item + 1] == ' ';
    char indent[16];
    size_t deep = (item + (numbered ? 3 : bullet ? 2 : 0)) + (k == 1 ? 0 : 2);
    snprintf(indent, sizeof indent, "%*s", (int)(deep > 12 ? 12 : deep), "");
    lines_add_wrapped(out, screen_lesson_styles[k].style, str_c(&text), columns, indent);
}

static size_t screen_first_difference(const struct lines *a, const struct lines *b)
{
    size_t i = 0;
    while (i < a->n && i < b->n && !strcmp(a->v[i].text, b->v[i].text))
        i++;
    return i;
}

/* Wraps the lesson's text for its pane. A new step starts at its top; when more of a step is revealed, the pane scrolls
 * to where the new part begins. */
size_t screen_read_lesson(struct screen *s)
{
    struct pane *p = &s->pane[PANE_LESSON];
    struct engine *e = shell_engine(s->sh);
    const struct lesson *lesson = e ? engine_lesson(e) : NULL;
    autostr struct str text = {0}, title = {0};
    struct layout_wish wish;
    screen_wish(s, &wish);
    int columns = layout_lesson_columns(frame_rows(s->frame), frame_cols(s->frame), &wish);
    if (lesson) {
        engine_step_text(e, SCREEN_UNWRAPPED, &text);
        text_sanitise(&title, lesson->title, strlen(lesson->title), TEXT_LINE);
    }
    snprintf(p->title, sizeof p->title, "lesson%s%.120s", title.len ? ": " : "", str_c(&title));
    struct lines old = p->lines;
    p->lines = (struct lines){0};
    for (const char *line = str_c(&text); *line;) {
        size_t n = strcspn(line, "\n");
        screen_add_lesson_line(&p->lines, line, n, columns - 1);
        line += n + (line[n] == '\n');
    }
    size_t changed = screen_first_difference(&old, &p->lines);
    bool same = changed == old.n && changed == p->lines.n;
    lines_free(&old);
    p->dirty = true;
    bool other = lesson != s->lesson || (lesson && engine_step(e) != s->step);
    if (other)
        s->welcome = !s->lesson;
    s->lesson = lesson;
    s->step = lesson ? engine_step(e) : 0;
    if (other) {
        p->top = 0;
        s->unread = true;
    }
    return same || s->unread ? p->lines.n : changed;
}

/* After the layout is known: the line `changed` and what follows it shall be seen. */
void screen_place_lesson(struct screen *s, size_t changed)
{
    struct pane *p = &s->pane[PANE_LESSON];
    pane_settle(p);
    if (changed >= p->lines.n || !pane_height(p))
        return;
    s->paged = false;
    pane_show(p, p->lines.n - 1);
    if (p->top > changed)
        p->top = changed ? changed - 1 : 0;
}

void screen_read_transcript(struct screen *s)
{
    struct pane *p = &s->pane[PANE_TRANSCRIPT];
    int columns = p->at.w > 0 ? p->at.w : frame_cols(s->frame);
    size_t dropped = transcript_wrap(s->transcript, columns, &p->lines);
    p->top = p->top > dropped ? p->top - dropped : 0;
    pane_settle(p);
}
