/* Who gets a key.
 *
 *     the prompt has the focus:  ^C, ^Z, PgUp, PgDn are ours, the rest is readline's; the prefix makes the next key
 * ours a pane has the focus:      every key is ours, by the same table, until Enter or Esc a line is running: ours as
 * before; what would be readline's waits until the line has ended
 *
 * One table says what our keys do; the dispatcher and the help both read it. */
#include "base/text.h"
#include "screen/screen_private.h"
#include "screen/tree.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chord {
    enum key_id id;
    unsigned cp; /* K_CHAR */
    void (*run)(struct screen *s, int arg);
    int arg;
    const char *name, *help; /* NULL: an alias, not listed */
};

/* The pane that scrolling and searching are about. */
static enum pane_id screen_subject(const struct screen *s)
{
    return s->focus != PANE_NONE ? s->focus : PANE_TRANSCRIPT;
}

static void screen_chord_focus(struct screen *s, int pane)
{
    s->focus = (enum pane_id)pane;
    if (s->zoom != PANE_NONE && s->focus != PANE_NONE)
        s->zoom = s->focus;
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
    if (s->focus == PANE_HOST || s->focus == PANE_CONTAINER)
        screen_reveal_selected(s); /* its rows are no longer folded: the place is another one */
}

static void screen_chord_next(struct screen *s, int by)
{
    int panes = PANE_COUNT + 1; /* the prompt is one of them */
    screen_chord_focus(s, ((int)s->focus + 1 + by + panes) % panes - 1);
}

static void screen_chord_zoom(struct screen *s, int unused)
{
    s->zoom = s->zoom != PANE_NONE ? PANE_NONE : screen_subject(s);
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}

static void screen_scroll(struct screen *s, enum pane_id id, int by)
{
    struct pane *p = s->overlay == OVERLAY_HELP ? &s->help : &s->pane[id];
    pane_scroll(p, by);
    if (p == &s->pane[PANE_TRANSCRIPT])
        p->follow = pane_below(p) == 0;
    screen_touch(s, p == &s->help ? DIRTY_LAYOUT : DIRTY_STATUS);
}

static void screen_chord_lines(struct screen *s, int by)
{
    screen_scroll(s, screen_subject(s), by);
}

static void screen_chord_pages(struct screen *s, int by)
{
    const struct pane *p = s->overlay == OVERLAY_HELP ? &s->help : &s->pane[screen_subject(s)];
    int page = pane_height(p) - 1;
    screen_chord_lines(s, by * (page > 0 ? page : 1));
}

static void screen_chord_end(struct screen *s, int dir)
{
    screen_chord_lines(s, dir * 1000000);
}

static void screen_chord_select(struct screen *s, int by)
{
    shell_select(s->sh, by);
    screen_reveal_selected(s);
}

/* In a tree the arrows move the selection, elsewhere they scroll. */
static void screen_chord_arrow(struct screen *s, int by)
{
    if (s->overlay == OVERLAY_NONE && (s->focus == PANE_HOST || s->focus == PANE_CONTAINER))
        screen_chord_select(s, by);
    else
        screen_chord_lines(s, by);
}

static void screen_chord_find(struct screen *s, int unused)
{
    s->finding = true;
    s->find[0] = '\0';
    s->find_pane = screen_subject(s);
    s->find_at = -1;
    screen_touch(s, DIRTY_LAYOUT | DIRTY_PROMPT);
}

/* The transcript is searched backwards from its end, as one reads it; the others downwards. */
static void screen_chord_again(struct screen *s, int sense)
{
    struct pane *p = &s->pane[s->find_pane];
    int dir = (s->find_pane == PANE_TRANSCRIPT ? -1 : 1) * sense;
    if (!s->find[0]) {
        screen_notice(s, "nothing was searched for yet: / first");
        return;
    }
    long from = s->find_at >= 0 ? s->find_at : dir < 0 ? (long)p->lines.n : -1;
    long at = pane_search(p, s->find, from, dir);
    if (at < 0) {
        autofree char *text = xasprintf("not found: %s", s->find);
        screen_notice(s, text);
        return;
    }
    s->find_at = at;
    pane_show(p, (size_t)at);
    if (s->find_pane == PANE_TRANSCRIPT)
        p->follow = pane_below(p) == 0;
    screen_touch(s, DIRTY_LAYOUT);
}

static void screen_chord_help_open(struct screen *s, int unused)
{
    screen_overlay_open(s, OVERLAY_HELP);
}

static void screen_chord_suspend(struct screen *s, int unused)
{
    screen_suspend(s);
}

static void screen_chord_quit(struct screen *s, int unused)
{
    s->quit = true;
    if (s->running)
        shell_interrupt(s->sh);
}

static void screen_chord_repaint(struct screen *s, int unused)
{
    frame_repaint(s->frame);
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}

static const struct chord screen_chords[] = {
    {K_CHAR, '1', screen_chord_focus, PANE_HOST, "1 2 3 4", "go to host, container, lesson, transcript"},
    {K_CHAR, '2', screen_chord_focus, PANE_CONTAINER, NULL, NULL},
    {K_CHAR, '3', screen_chord_focus, PANE_LESSON, NULL, NULL},
    {K_CHAR, '4', screen_chord_focus, PANE_TRANSCRIPT, NULL, NULL},
    {K_CHAR, '0', screen_chord_focus, PANE_NONE, NULL, NULL},
    {K_CHAR, '\t', screen_chord_next, 1, "Tab", "go to the next pane"},
    {K_BACKTAB, 0, screen_chord_next, -1, NULL, NULL},
    {K_CHAR, '\r', screen_chord_focus, PANE_NONE, "Enter, Esc", "back to the prompt"},
    {K_CHAR, '\n', screen_chord_focus, PANE_NONE, NULL, NULL},
    {K_ESC, 0, screen_chord_focus, PANE_NONE, NULL, NULL},
    {K_CHAR, 'z', screen_chord_zoom, 0, "z", "this pane alone, and back"},
    {K_F1 + 1, 0, screen_chord_zoom, 0, NULL, NULL},
    {K_CHAR, 'j', screen_chord_select, 1, "j k", "select the next, the previous process, in both columns"},
    {K_CHAR, 'k', screen_chord_select, -1, NULL, NULL},
    {K_CHAR, ']', screen_chord_select, 1, NULL, NULL},
    {K_CHAR, '[', screen_chord_select, -1, NULL, NULL},
    {K_UP, 0, screen_chord_arrow, -1, "Up Down", "scroll by a line; in a tree: select"},
    {K_DOWN, 0, screen_chord_arrow, 1, NULL, NULL},
    {K_PGUP, 0, screen_chord_pages, -1, "PgUp PgDn", "scroll by a page"},
    {K_PGDN, 0, screen_chord_pages, 1, NULL, NULL},
    {K_CHAR, 'b', screen_chord_pages, -1, NULL, NULL},
    {K_CHAR, ' ', screen_chord_pages, 1, NULL, NULL},
    {K_CHAR, 'g', screen_chord_end, -1, "g G", "to the first, the last line"},
    {K_CHAR, 'G', screen_chord_end, 1, NULL, NULL},
    {K_HOME, 0, screen_chord_end, -1, NULL, NULL},
    {K_END, 0, screen_chord_end, 1, NULL, NULL},
    {K_CHAR, '/', screen_chord_find, 0, "/", "search in this pane (at the prompt: in the transcript)"},
    {K_CHAR, 'n', screen_chord_again, 1, "n N", "next match, previous match"},
    {K_CHAR, 'N', screen_chord_again, -1, NULL, NULL},
    {K_CHAR, 'l', screen_chord_repaint, 0, "l", "draw the screen anew"},
    {K_CHAR, 'd', screen_chord_suspend, 0, "d", "suspend porthole, as ^Z does"},
    {K_CHAR, 'q', screen_chord_quit, 0, "q", "quit, as ^D on an empty line does"},
    {K_CHAR, '?', screen_chord_help_open, 0, "?", "this help (F1 too)"},
    {K_CHAR, 'h', screen_chord_help_open, 0, NULL, NULL},
    {K_F1, 0, screen_chord_help_open, 0, NULL, NULL},
};

static const struct chord *screen_chord_find_key(const struct key *key)
{
    for (size_t i = 0; i < COUNT(screen_chords); i++) {
        const struct chord *c = &screen_chords[i];
        if (c->id == key->id && (key->id != K_CHAR || (c->cp == key->cp && !(key->mods & K_ALT))))
            return c;
    }
    return NULL;
}

void screen_chord_help(struct lines *out, const struct screen *s, int width)
{
    char key[8], text[160];
    keys_control_name(s->prefix, key);
    for (size_t i = 0; i < COUNT(screen_chords); i++)
        if (screen_chords[i].name) {
            snprintf(text, sizeof text, "  %-3s %-10s  %s", key, screen_chords[i].name, screen_chords[i].help);
            lines_add_wrapped(out, STYLE_PLAIN, text, width, "                  ");
        }
    snprintf(text, sizeof text, "  %-3s %-10s  the key itself, for the prompt", key, key);
    lines_add_wrapped(out, STYLE_PLAIN, text, width, "                  ");
}

const char *screen_focus_help(const struct screen *s)
{
    if (s->focus == PANE_HOST || s->focus == PANE_CONTAINER)
        return "Up Down select  PgUp PgDn scroll  / search  z zoom  ? help  Enter: prompt";
    return "Up Down PgUp PgDn scroll  / search  z zoom  ? help  Enter: prompt";
}

/* ---- typing what to search for ---- */

static void screen_find_key(struct screen *s, const struct key *key)
{
    size_t n = strlen(s->find);
    if (key->id == K_ESC || (key->id == K_CHAR && (key->cp == 3 || key->cp == 7))) {
        s->finding = false;
        s->find[0] = '\0';
    } else if (key->id == K_CHAR && (key->cp == '\r' || key->cp == '\n')) {
        s->finding = false;
        if (n)
            screen_chord_again(s, 1);
    } else if (key->id == K_CHAR && (key->cp == 8 || key->cp == 127)) {
        while (n && ((unsigned char)s->find[n - 1] & 0xc0) == 0x80)
            n--;
        if (n)
            s->find[n - 1] = '\0';
    } else if (key->id == K_CHAR && key->cp >= 0x20 && !key->mods && n + key->n < sizeof s->find) {
        memcpy(s->find + n, key->raw, key->n);
        s->find[n + key->n] = '\0';
    }
    screen_touch(s, DIRTY_LAYOUT | DIRTY_PROMPT);
}

/* ---- the prompt's keys ---- */

static void screen_page(struct screen *s, enum pane_id id, int dir)
{
    int page = pane_height(&s->pane[id]) - 1;
    screen_scroll(s, id, dir * (page > 0 ? page : 1));
}

/* Down: first the transcript to its end, then the lesson on. Up: the same way back. */
static void screen_page_prompt(struct screen *s, int dir)
{
    struct pane *lesson = &s->pane[PANE_LESSON], *said = &s->pane[PANE_TRANSCRIPT];
    bool at_end = pane_below(said) == 0;
    screen_page(s, at_end && (dir > 0 || lesson->top) ? PANE_LESSON : PANE_TRANSCRIPT, dir);
}

static void screen_cancel(struct screen *s)
{
    if (*prompt_line()) {
        autostr struct str text = {0};
        shell_prompt(s->sh, &text);
        text_sanitise(&text, prompt_line(), strlen(prompt_line()), TEXT_LINE);
        str_add(&text, "^C");
        transcript_add(s->transcript, SAY_ECHO, str_c(&text));
    }
    prompt_cancel();
    s->pane[PANE_TRANSCRIPT].follow = true;
    screen_touch(s, DIRTY_PROMPT | DIRTY_TRANSCRIPT);
}

static void screen_interrupt(struct screen *s)
{
    for (size_t i = 0; i < s->nheld; i++)
        free((void *)(uintptr_t)s->held[i].raw);
    s->nheld = 0;
    s->stopped = true;
    if (s->running)
        shell_interrupt(s->sh);
    else if (s->focus != PANE_NONE)
        screen_chord_focus(s, PANE_NONE);
    else
        screen_cancel(s);
}

/* A key for readline, which shall never see a sequence that it would take for typed letters. */
static void screen_edit(struct screen *s, const struct key *key)
{
    if (key->id == K_PASTE) {
        prompt_paste(key->raw, key->n);
        if (key->n >= KEYS_PASTE_MAX)
            screen_notice(s, "the paste was too long: only its beginning was taken");
        else if (memchr(key->raw, '\n', key->n) || memchr(key->raw, '\r', key->n))
            screen_notice(s, "pasted, not run: Enter runs it line by line");
    } else if (key->id == K_CHAR || key->id == K_ESC || prompt_binds(key->raw, key->n)) {
        prompt_key(key->raw, key->n);
    }
    if (prompt_wants_repaint())
        screen_chord_repaint(s, 0);
    const char *const *list;
    if (prompt_candidates(&list))
        screen_overlay_open(s, OVERLAY_CANDIDATES);
    screen_touch(s, DIRTY_PROMPT);
}

static void screen_entered(struct screen *s)
{
    char *taken;
    if (!prompt_take(&taken))
        return;
    autofree char *line = taken;
    s->pane[PANE_TRANSCRIPT].follow = true;
    screen_overlay_close(s);
    if (!line) { /* ^D */
        s->quit = true;
        return;
    }
    if (!*line && *shell_offer(s->sh)) {
        prompt_insert(shell_take_offer(s->sh));
        screen_touch(s, DIRTY_PROMPT);
        return;
    }
    screen_run_text(s, line);
}

static void screen_hold(struct screen *s, const struct key *key)
{
    if (s->nheld >= 4096)
        return;
    char *raw = xmalloc(key->n + 1);
    memcpy(raw, key->raw, key->n);
    raw[key->n] = '\0';
    GROW(s->held, s->nheld, s->capheld);
    s->held[s->nheld] = *key;
    s->held[s->nheld++].raw = raw;
    screen_touch(s, DIRTY_PROMPT);
}

/* Keys of ours that need no prefix. F-keys only where the user's inputrc has not bound them. */
static bool screen_direct_key(struct screen *s, const struct key *key)
{
    if (key->id == K_CHAR && key->cp == 3 && !key->mods)
        screen_interrupt(s);
    else if (key->id == K_CHAR && key->cp == 26 && !key->mods)
        screen_suspend(s);
    else if (key->id == K_PGUP || key->id == K_PGDN)
        screen_page_prompt(s, key->id == K_PGUP ? -1 : 1);
    else if (key->id == K_CHAR && key->cp == ' ' && !key->mods && !*prompt_line() && !prompt_searching() &&
             !s->running && pane_below(&s->pane[PANE_LESSON]))
        screen_page(s, PANE_LESSON, 1); /* as in every pager; on an empty line a blank means nothing else */
    else if ((key->id == K_F1 || key->id == K_F1 + 1) && !prompt_binds(key->raw, key->n))
        screen_chord_find_key(key)->run(s, screen_chord_find_key(key)->arg);
    else
        return false;
    return true;
}

/* The help scrolls; any other key closes it. */
static bool screen_help_key(struct screen *s, const struct key *key)
{
    const struct chord *c = screen_chord_find_key(key);
    bool scrolls = c && (c->run == screen_chord_arrow || c->run == screen_chord_pages || c->run == screen_chord_end);
    if (c && (c->run == screen_chord_select))
        screen_chord_lines(s, c->arg);
    else if (scrolls)
        c->run(s, c->arg);
    else
        screen_overlay_close(s);
    return true;
}

static void screen_pane_key(struct screen *s, const struct key *key, bool prefixed)
{
    const struct chord *c = screen_chord_find_key(key);
    char name[8];
    if (prefixed && key->id == K_CHAR && (int)key->cp == s->prefix && s->focus == PANE_NONE && !s->running)
        screen_edit(s, key);
    else if (c)
        c->run(s, c->arg);
    else if (prefixed && !(key->id == K_CHAR && (key->cp == 3 || key->cp == 7))) {
        autofree char *text = xasprintf("%s ? lists what can follow %s", keys_control_name(s->prefix, name), name);
        screen_notice(s, text);
    } else if (!prefixed)
        screen_notice(s, "Enter or Esc goes back to the prompt");
}

void screen_key(struct screen *s, const struct key *key)
{
    s->notice[0] = '\0';
    screen_touch(s, DIRTY_PROMPT);
    if (key->id == K_UNKNOWN)
        return;
    if (s->overlay == OVERLAY_CANDIDATES && !s->prefixed)
        screen_overlay_close(s);
    if (s->finding) {
        screen_find_key(s, key);
    } else if (s->prefixed) {
        s->prefixed = false;
        screen_pane_key(s, key, true);
    } else if (key->id == K_CHAR && (int)key->cp == s->prefix && !key->mods) {
        s->prefixed = true;
    } else if (s->overlay == OVERLAY_HELP && screen_help_key(s, key)) {
        return;
    } else if (s->focus != PANE_NONE && !(key->id == K_CHAR && (key->cp == 3 || key->cp == 26))) {
        screen_pane_key(s, key, false);
    } else if (screen_direct_key(s, key)) {
        return;
    } else if (s->running) {
        screen_hold(s, key);
    } else {
        screen_edit(s, key);
        screen_entered(s);
    }
}
