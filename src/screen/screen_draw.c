/* From dirt to a frame.
 *
 * Callbacks only say what is dirty. The first change is drawn at once, further ones at most 60 times a second, and
 * never while the terminal has not taken the last frame: a terminal that reads slowly sees fewer frames, not older
 * ones. */
#include "base/text.h"
#include "call/call.h"
#include "screen/glyph.h"
#include "screen/screen_private.h"
#include "screen/tree.h"
#include "screen/tty.h"
#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCREEN_FRAME_MS  16
#define SCREEN_UNWRAPPED 1000000       /* columns: paragraphs come as one line each, and are wrapped here */
#define SCREEN_FADE_MS   1100          /* marks of new and dead rows last a second */
#define SCREEN_BEGIN     "\033[?2026h" /* synchronized update: the terminal shows a frame at once */
#define SCREEN_END       "\033[?2026l"

static void screen_frame(void *arg);

void screen_touch(struct screen *s, unsigned dirt)
{
    s->dirty |= dirt;
    if (s->frame_timer || s->away || s->stuck || !s->frame)
        return;
    int64_t wait = s->last_frame + SCREEN_FRAME_MS - now_ms();
    s->frame_timer = loop_timer(s->loop, wait > 0 ? wait : 0, screen_frame, s);
}

void screen_notice(struct screen *s, const char *text)
{
    snprintf(s->notice, sizeof s->notice, "%s", text);
    s->notice[text_fit(s->notice, 158)] = '\0';
    screen_touch(s, DIRTY_PROMPT);
}

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
    view->rows(&in, id == PANE_HOST ? VIEW_HOST : VIEW_CONTAINER, &rows);
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

static void screen_read_trees(struct screen *s)
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
static size_t screen_read_lesson(struct screen *s)
{
    struct pane *p = &s->pane[PANE_LESSON];
    struct engine *e = shell_engine(s->sh);
    const struct lesson *lesson = e ? engine_lesson(e) : NULL;
    autostr struct str text = {0}, title = {0};
    int columns = layout_lesson_columns(frame_rows(s->frame), frame_cols(s->frame), s->zoom);
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
    s->lesson = lesson;
    s->step = lesson ? engine_step(e) : 0;
    if (other) {
        p->top = 0;
        s->unread = true;
    }
    return same || s->unread ? p->lines.n : changed;
}

/* After the layout is known: the line `changed` and what follows it shall be seen. */
static void screen_place_lesson(struct screen *s, size_t changed)
{
    struct pane *p = &s->pane[PANE_LESSON];
    pane_settle(p);
    if (changed >= p->lines.n || !pane_height(p))
        return;
    pane_show(p, p->lines.n - 1);
    if (p->top > changed)
        p->top = changed ? changed - 1 : 0;
}

static void screen_read_transcript(struct screen *s)
{
    struct pane *p = &s->pane[PANE_TRANSCRIPT];
    int columns = p->at.w > 0 ? p->at.w : frame_cols(s->frame);
    size_t dropped = transcript_wrap(s->transcript, columns, &p->lines);
    p->top = p->top > dropped ? p->top - dropped : 0;
    pane_settle(p);
}

static void screen_draw_status(struct screen *s)
{
    int cols = frame_cols(s->frame);
    autostr struct str left = {0};
    char key[8], right[32] = "";
    if (s->layout.kind == LAYOUT_SMALL)
        str_addf(&left, "too small: %dx%d, needs %dx%d · ", cols, frame_rows(s->frame), LAYOUT_MIN_COLS,
                 LAYOUT_MIN_ROWS);
    shell_header(s->sh, &left);
    snprintf(right, sizeof right, " %s ? help ", keys_control_name(s->prefix, key));
    int tail = text_width(right);
    frame_text(s->frame, 0, 0, cols, "", STYLE_STATUS);
    frame_text(s->frame, 0, 1, cols - 1 - tail, str_c(&left), STYLE_STATUS);
    if (cols > 3 * tail)
        frame_text(s->frame, 0, cols - tail, tail, right, STYLE_STATUS);
}

/* What the last row says, most urgent first. from..to is the argument being typed. */
static void screen_help_text(struct screen *s, struct str *out, size_t *from, size_t *to)
{
    char key[8];
    const char *line = prompt_line(), *hint;
    if (s->notice[0])
        str_add(out, s->notice);
    else if (s->prefixed)
        str_addf(out, "%s -: 1-4 focus  Tab next  z zoom  / search  j k select  PgUp PgDn scroll  d suspend  ? help",
                 keys_control_name(s->prefix, key));
    else if (s->focus != PANE_NONE)
        str_add(out, screen_focus_help(s));
    else if (s->running)
        str_addf(out, "running: ^C stops it%s", s->nheld ? "; what you type waits" : "");
    else if (prompt_searching())
        str_add(out, "Enter runs the line found, Esc edits it, ^R looks further back, ^G gives up");
    else if (*line && call_looks_like(line) && (hint = call_hint(line, prompt_point(), from, to)))
        str_add(out, hint);
    else if (*line)
        return;
    else {
        str_add(out, pane_below(&s->pane[PANE_LESSON]) ? "Space reads on. " : "");
        if (*shell_offer(s->sh))
            str_addf(out, "Enter types: %s", shell_offer(s->sh));
        else
            str_add(out, shell_awaits(s->sh));
    }
}

static void screen_draw_prompt(struct screen *s)
{
    const struct rect *at = &s->layout.prompt;
    int rows = at->h - 1, skip = 0;
    if (s->running) {
        frame_fill(s->frame, at->y, at->x, rows, at->w);
        s->prompt.y = s->prompt.x = 0;
    } else {
        if (s->prompt.y >= rows)
            skip = s->prompt.y - rows + 1;
        static const struct line blank = {0};
        for (int i = 0; i < rows; i++) {
            size_t k = (size_t)(i + skip);
            frame_line(s->frame, at->y + i, at->x, at->w, k < s->prompt.lines.n ? &s->prompt.lines.v[k] : &blank, NULL);
        }
    }
    autostr struct str help = {0};
    size_t from = 0, to = 0;
    if (s->finding)
        str_addf(&help, "/%s", s->find);
    else
        screen_help_text(s, &help, &from, &to);
    struct line line = {
        .text = help.s, .style = s->notice[0] ? STYLE_NOTICE : STYLE_DIM, .from = from, .to = to, .mark = STYLE_MARKED};
    frame_line(s->frame, at->y + rows, at->x, at->w, &line, NULL);
    if (s->finding)
        frame_cursor(s->frame, at->y + rows, at->x + text_width(str_c(&help)));
    else if (s->focus != PANE_NONE || s->overlay == OVERLAY_HELP)
        frame_cursor(s->frame, -1, 0);
    else
        frame_cursor(s->frame, at->y + s->prompt.y - skip, at->x + s->prompt.x);
}

static void screen_draw_rules(struct screen *s)
{
    for (size_t i = 0; i < COUNT(s->layout.rule); i++) {
        const struct rect *r = &s->layout.rule[i];
        for (int y = 0; y < r->h; y++)
            frame_text(s->frame, r->y + y, r->x, 1, "│", STYLE_TITLE);
    }
}

static void screen_draw_tiny(struct screen *s)
{
    frame_fill(s->frame, 0, 0, frame_rows(s->frame), frame_cols(s->frame));
    frame_text(s->frame, 0, 0, frame_cols(s->frame), "too small", STYLE_BOLD);
    frame_cursor(s->frame, -1, 0);
}

/* Rectangles for the contents as they are now. true when they changed. */
static bool screen_lay_out(struct screen *s)
{
    struct layout old = s->layout;
    struct layout_wish wish = {.zoom = s->zoom,
                               .focus = s->focus,
                               .prompt_rows = (int)s->prompt.lines.n,
                               .lesson_rows = (int)s->pane[PANE_LESSON].lines.n,
                               .reading = s->unread};
    layout_compute(&s->layout, frame_rows(s->frame), frame_cols(s->frame), &wish);
    for (int id = 0; id < PANE_COUNT; id++)
        s->pane[id].at = s->layout.pane[id];
    return memcmp(&old, &s->layout, sizeof old) != 0;
}

/* Brings contents up to date, in the order in which they decide each other's place. */
static void screen_refresh(struct screen *s)
{
    if (s->dirty & DIRTY_SIZE) {
        int rows, cols;
        tty_size(&rows, &cols);
        frame_resize(s->frame, rows, cols);
        s->dirty = DIRTY_ALL;
    }
    if (s->dirty & DIRTY_PROMPT) {
        autostr struct str prompt = {0};
        shell_prompt(s->sh, &prompt);
        prompt_set(str_c(&prompt));
        prompt_draw(&s->prompt, frame_cols(s->frame), s->utf8);
    }
    size_t changed = s->pane[PANE_LESSON].lines.n;
    bool lesson = s->dirty & (DIRTY_LESSON | DIRTY_LAYOUT);
    if (lesson)
        changed = screen_read_lesson(s);
    if (screen_lay_out(s))
        s->dirty |= DIRTY_ALL & ~(unsigned)DIRTY_SIZE;
    if (lesson)
        screen_place_lesson(s, changed);
    if (s->dirty & DIRTY_TREES)
        screen_read_trees(s);
    if (s->dirty & DIRTY_TRANSCRIPT)
        screen_read_transcript(s);
}

static void screen_draw_panes(struct screen *s)
{
    bool all = s->dirty & DIRTY_LAYOUT;
    if (all) {
        frame_fill(s->frame, 0, 0, frame_rows(s->frame), frame_cols(s->frame));
        screen_draw_rules(s);
    }
    for (int id = 0; id < PANE_COUNT; id++) {
        struct pane *p = &s->pane[id];
        if (p->at.h > 0 && (all || p->dirty))
            pane_draw(p, s->frame, id + 1, (int)s->focus == id, s->find_pane == (enum pane_id)id ? s->find : NULL);
    }
    if (all || (s->dirty & DIRTY_STATUS))
        screen_draw_status(s);
    /* The help line talks about panes and the lesson: it is drawn whenever anything is. */
    screen_draw_prompt(s);
    if (s->overlay != OVERLAY_NONE) {
        screen_overlay_place(s);
        pane_draw(&s->help, s->frame, 0, true, NULL);
    }
}

static void screen_drained(void *arg, int fd, short revents)
{
    struct screen *s = arg;
    if (!tty_flush())
        return;
    loop_unwatch(s->loop, fd);
    s->stuck = false;
    if (s->dirty)
        screen_touch(s, 0);
}

static void screen_frame(void *arg)
{
    struct screen *s = arg;
    s->frame_timer = 0;
    if (s->away || s->stuck || !s->dirty)
        return;
    screen_refresh(s);
    if (s->layout.kind == LAYOUT_TINY)
        screen_draw_tiny(s);
    else
        screen_draw_panes(s);
    s->dirty = 0;
    s->last_frame = now_ms();
    autostr struct str bytes = {0};
    frame_take(s->frame, &bytes);
    if (!bytes.len)
        return;
    tty_put(SCREEN_BEGIN, strlen(SCREEN_BEGIN));
    tty_put(bytes.s, bytes.len);
    tty_put(SCREEN_END, strlen(SCREEN_END));
    if (!tty_flush()) {
        s->stuck = true;
        loop_watch(s->loop, tty_fd(), POLLOUT, screen_drained, s);
    }
}
