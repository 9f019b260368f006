/* From dirt to a frame.
 *
 * Callbacks only say what is dirty. The first change is drawn at once, further ones at most 60 times a second, and
 * never while the terminal has not taken the last frame: a terminal that reads slowly sees fewer frames, not older
 * ones. */
#include "base/text.h"
#include "call/call.h"
#include "screen/glyph.h"
#include "screen/present_private.h"
#include "screen/tty.h"
#include "shell/record.h"
#include "shell/slow.h"
#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCREEN_FRAME_MS  16
#define SCREEN_SETTLE_MS 3 /* after Enter a call, its answer and the new row come within this, and share one frame */
#define SCREEN_BEGIN     "\033[?2026h" /* synchronized update: the terminal shows a frame at once */
#define SCREEN_END       "\033[?2026l"

static void screen_frame(void *arg);

void screen_touch(struct screen *s, unsigned dirt)
{
    s->dirty |= dirt;
    if (s->frame_timer || s->away || s->stuck || !s->frame)
        return;
    int64_t wait = s->last_frame + SCREEN_FRAME_MS - now_ms();
    s->frame_timer = loop_timer(s->loop, wait > SCREEN_SETTLE_MS ? wait : SCREEN_SETTLE_MS, screen_frame, s);
}

void screen_notice(struct screen *s, const char *text)
{
    snprintf(s->notice, sizeof s->notice, "%s", text);
    s->notice[text_fit(s->notice, 158)] = '\0';
    screen_touch(s, DIRTY_PROMPT);
}

static void screen_draw_status(struct screen *s)
{
    int cols = frame_cols(s->frame);
    autostr struct str left = {0}, fits = {0}, right = {0};
    char key[8];
    if (s->layout.kind == LAYOUT_SMALL)
        str_addf(&left, "too small: %dx%d, needs %dx%d · ", cols, frame_rows(s->frame), LAYOUT_MIN_COLS,
                 LAYOUT_MIN_ROWS);
    shell_header(s->sh, &left);
    if (shell_presents(s->sh))
        str_add(&right, " ");
    shell_present_time(s->sh, &right);
    if (!right.len || cols >= LAYOUT_MIN_COLS)
        str_addf(&right, " %s ? help", keys_control_name(s->prefix, key));
    str_add(&right, " ");
    int tail = text_width(right.s);
    frame_text(s->frame, 0, 0, cols, "", STYLE_STATUS);
    text_shorten(&fits, str_c(&left), cols - 1 - tail);
    frame_text(s->frame, 0, 1, cols - 1 - tail, str_c(&fits), STYLE_STATUS);
    if (cols > 3 * tail)
        frame_text(s->frame, 0, cols - tail, tail, right.s, STYLE_STATUS);
}

/* What the last row says, most urgent first. from..to is the argument being typed. */
static void screen_help_text(struct screen *s, struct str *out, size_t *from, size_t *to)
{
    char key[8];
    const char *line = prompt_line(), *hint;
    if (s->notice[0])
        str_add(out, s->notice);
    else if (s->prefixed)
        str_addf(out,
                 "%s -: 1-6 focus  Enter prompt  Tab next  z zoom  t layout  / search  PgUp scroll  d suspend  ? help",
                 keys_control_name(s->prefix, key));
    else if (s->focus != PANE_NONE)
        str_add(out, screen_focus_help(s));
    else if (screen_held_has_keys(s))
        str_add(out, screen_held_help(s));
    else if (shell_secret(s->sh))
        str_add(out, s->running && !shell_secret_reaches(s->sh)
                         ? "A password is asked for, which cannot be typed to a command: ^C stops it, :shell "
                           "gives it a terminal"
                         : "A password is asked for: what you type is not shown and not kept");
    else if (s->running)
        str_addf(out, "running: ^C stops it%s", s->nheld ? "; what you type waits" : "");
    else if (shell_held(s->sh))
        str_add(out, "A call is held, and waits until this line is entered, or given up by ^C");
    else if (screen_present_help(s, out))
        return;
    else if (prompt_searching())
        str_add(out, "Enter runs the line found, Esc edits it, ^R looks further back, ^G gives up");
    else if (*line && call_looks_like(line) && (hint = call_hint(line, prompt_point(), from, to)))
        str_add(out, hint);
    else if (*line)
        return;
    else {
        if (pane_below(&s->pane[PANE_LESSON]))
            str_add(out, "Enter: read on");
        else if (*shell_offer(s->sh))
            str_addf(out, "Enter types: %s", shell_offer(s->sh));
        else
            str_addf(out, "%c%s", toupper((unsigned char)shell_awaits(s->sh)[0]), shell_awaits(s->sh) + 1);
    }
}

static void screen_draw_prompt(struct screen *s)
{
    const struct rect *at = &s->layout.prompt;
    int rows = at->h - 1, skip = 0, y, x;
    if (s->running || screen_held_has_keys(s)) {
        autostr struct str held = {0};
        screen_held_prompt(s, &held);
        frame_fill(s->frame, at->y, at->x, rows, at->w);
        frame_text(s->frame, at->y, at->x, at->w, str_c(&held), STYLE_BOLD);
        s->prompt.y = 0;
        s->prompt.x = text_width(str_c(&held)) < at->w ? text_width(str_c(&held)) : at->w - 1;
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
    else if (screen_term_has_focus(s) && s->overlay == OVERLAY_NONE && screen_term_cursor(s, &y, &x))
        frame_cursor(s->frame, y, x);
    else if (s->focus != PANE_NONE || screen_overlay_scrolls(s))
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
    frame_text(s->frame, 0, 0, frame_cols(s->frame), shell_held(s->sh) ? "held (too small)" : "too small", STYLE_BOLD);
    frame_cursor(s->frame, -1, 0);
}

void screen_wish(struct screen *s, struct layout_wish *wish)
{
    *wish = (struct layout_wish){.zoom = s->zoom,
                                 .no_lesson = !shell_teaches(s->sh),
                                 .focus = s->focus,
                                 .prompt_rows = (int)s->prompt.lines.n,
                                 .lesson_rows = (int)s->pane[PANE_LESSON].lines.n,
                                 .reading = s->unread,
                                 .welcome = s->welcome};
    screen_wish_terms(s, wish);
}

/* Rectangles for the contents as they are now. true when they changed. */
static bool screen_lay_out(struct screen *s)
{
    struct layout old = s->layout;
    struct layout_wish wish;
    screen_wish(s, &wish);
    screen_wish_calls(s, &wish);
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
        shell_resized(s->sh, cols, rows);
        s->dirty = DIRTY_ALL;
    }
    if (s->dirty & DIRTY_PROMPT) {
        autostr struct str prompt = {0};
        shell_prompt(s->sh, &prompt);
        prompt_set(str_c(&prompt));
        if (!shell_secret(s->sh)) /* it does not ask any more */
            screen_secret_forget(s);
        if (shell_secret(s->sh) && !s->running)
            screen_secret_draw(s, frame_cols(s->frame));
        else
            prompt_draw(&s->prompt, frame_cols(s->frame), s->utf8);
    }
    bool read = pane_below(&s->pane[PANE_LESSON]) == 0; /* what has been read to its end is not asked for again */
    size_t changed = s->pane[PANE_LESSON].lines.n;
    bool lesson = s->dirty & (DIRTY_LESSON | DIRTY_LAYOUT);
    if (lesson)
        changed = screen_read_lesson(s);
    if (screen_lay_out(s))
        s->dirty |= DIRTY_ALL & ~(unsigned)DIRTY_SIZE;
    if (lesson)
        screen_place_lesson(s, changed);
    if (read && !s->unread && changed >= s->pane[PANE_LESSON].lines.n && changed)
        pane_show(&s->pane[PANE_LESSON], changed - 1);
    if (s->dirty & DIRTY_TREES)
        screen_read_trees(s);
    if (s->dirty & DIRTY_CALLS)
        screen_read_calls(s);
    screen_fit_terms(s);
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
        if (p->at.h > 0 && (all || p->dirty) && screen_term_side((enum pane_id)id) < 0)
            pane_draw(p, s->frame, id + 1, (int)s->focus == id, s->find_pane == (enum pane_id)id ? s->find : NULL);
    }
    screen_draw_terms(s, all);
    if (s->calls.at.h > 0 && (all || s->calls.dirty))
        screen_draw_calls(s);
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
    if (screen_present_is_black(s))
        screen_present_draw_black(s);
    else if (s->layout.kind == LAYOUT_TINY)
        screen_draw_tiny(s);
    else
        screen_draw_panes(s);
    s->dirty = 0;
    s->last_frame = now_ms();
    autostr struct str bytes = {0};
    str_add(&bytes, SCREEN_BEGIN);
    size_t before = bytes.len;
    frame_take(s->frame, &bytes);
    if (bytes.len == before)
        return;
    str_add(&bytes, SCREEN_END);
    tty_put(bytes.s, bytes.len);
    if (!tty_flush()) {
        s->stuck = true;
        loop_watch(s->loop, tty_fd(), POLLOUT, screen_drained, s);
    }
}
