/* Porthole's own keys. One table says what they do; the dispatcher (screen_keys.c) and the help both read it. */
#include "base/prefs.h"
#include "base/text.h"
#include "screen/present_private.h"
#include "shell/slow.h"
#include <stdio.h>
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

void screen_focus(struct screen *s, enum pane_id id)
{
    s->focus = id;
    if (screen_term_side(id) >= 0)
        s->last_term = id;
    if (s->zoom != PANE_NONE && s->focus != PANE_NONE)
        s->zoom = s->focus;
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
    if (s->focus == PANE_HOST || s->focus == PANE_CONTAINER)
        screen_reveal_selected(s); /* its rows are no longer folded: the place is another one */
}

static void screen_chord_focus(struct screen *s, int pane)
{
    if (pane == PANE_LESSON && !shell_teaches(s->sh))
        screen_notice(s, "there is no lesson here");
    else if (screen_term_side((enum pane_id)pane) >= 0 && !s->term[screen_term_side((enum pane_id)pane)].term)
        screen_notice(s, pane == PANE_HOST_TERM ? "the host side has no terminal yet: :shell host opens one"
                                                : "the container side has no terminal yet: :shell container opens one");
    else
        screen_focus(s, (enum pane_id)pane);
}

static bool screen_has_pane(const struct screen *s, enum pane_id id)
{
    int side = screen_term_side(id);
    return side >= 0 ? s->term[side].term != NULL : id != PANE_LESSON || shell_teaches(s->sh);
}

static void screen_chord_next(struct screen *s, int by)
{
    int panes = PANE_COUNT + 1; /* the prompt is one of them */
    int next = (int)s->focus;
    do
        next = (next + 1 + by + panes) % panes - 1;
    while (!screen_has_pane(s, (enum pane_id)next));
    screen_chord_focus(s, next);
}

static void screen_chord_zoom(struct screen *s, int unused)
{
    s->zoom = s->zoom != PANE_NONE ? PANE_NONE : screen_subject(s);
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}

void screen_scroll(struct screen *s, enum pane_id id, int by)
{
    struct pane *p = screen_overlay_scrolls(s) ? &s->help : &s->pane[id];
    pane_scroll(p, by);
    if (p == &s->pane[PANE_TRANSCRIPT])
        p->follow = pane_below(p) == 0;
    screen_touch(s, p == &s->help ? DIRTY_LAYOUT : DIRTY_STATUS);
}

static void screen_chord_lines(struct screen *s, int by)
{
    if (screen_term_has_focus(s) && !screen_overlay_scrolls(s)) {
        screen_term_scroll(s, by);
        return;
    }
    screen_scroll(s, screen_subject(s), by);
}

static void screen_chord_pages(struct screen *s, int by)
{
    const struct pane *p = screen_overlay_scrolls(s) ? &s->help : &s->pane[screen_subject(s)];
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
    if (screen_term_side(s->find_pane) >= 0) {
        s->finding = false;
        screen_notice(s, "terminals are looked back at with PgUp; search is for the other panes");
        return;
    }
    s->find_at = -1;
    screen_touch(s, DIRTY_LAYOUT | DIRTY_PROMPT);
}

/* The transcript is searched backwards from its end, as one reads it; the others downwards. */
void screen_find_again(struct screen *s, int sense)
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

static void screen_chord_calls(struct screen *s, int unused)
{
    screen_overlay_open(s, OVERLAY_CALLS);
}

static void screen_chord_suspend(struct screen *s, int unused)
{
    screen_suspend(s);
}

static void screen_chord_quit(struct screen *s, int unused)
{
    s->quit = true;
    if (s->running)
        shell_give_up(s->sh);
}

void screen_repaint(struct screen *s)
{
    frame_repaint(s->frame);
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}

static void screen_chord_repaint(struct screen *s, int unused)
{
    screen_repaint(s);
}

void screen_choose_layout(struct screen *s, enum layout_choice choice)
{
    s->choice = choice;
    prefs_set("layout", layout_choice_name(choice)); /* where that cannot be written, it holds for this session */
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}

static void screen_chord_layout(struct screen *s, int by)
{
    screen_choose_layout(s, (enum layout_choice)(((int)s->choice + by) % LAYOUT_CHOICES));
    autofree char *text = xasprintf("layout: %s", layout_choice_name(s->choice));
    screen_notice(s, text);
}

static void screen_chord_steps(struct screen *s, int unused)
{
    if (shell_steps(s->sh))
        screen_steps_open(s);
    else
        screen_notice(s, "there is no lesson here");
}

static void screen_chord_black(struct screen *s, int paused)
{
    if (!shell_presents(s->sh))
        screen_notice(s, "nothing is presented: porthole present LESSON");
    if (paused)
        shell_present_pause(s->sh, true);
    screen_present_black(s);
}

static const struct chord screen_chords[] = {
    {K_CHAR, '1', screen_chord_focus, PANE_HOST, "1 2 3 4", "go to host, container, lesson, transcript"},
    {K_CHAR, '5', screen_chord_focus, PANE_HOST_TERM, "5 6", "go to the host's, the container's terminal (F5, F6 too)"},
    {K_CHAR, '6', screen_chord_focus, PANE_CONTAINER_TERM, NULL, NULL},
    {K_F1 + 4, 0, screen_chord_focus, PANE_HOST_TERM, NULL, NULL},
    {K_F1 + 5, 0, screen_chord_focus, PANE_CONTAINER_TERM, NULL, NULL},
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
    {K_CHAR, 't', screen_chord_layout, 1, "t", "the next layout: lesson, terminals, both"},
    {K_CHAR, 'x', screen_chord_close, 0, "x", "close the terminal that has the focus"},
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
    {K_CHAR, 'n', screen_find_again, 1, "n N", "next match, previous match"},
    {K_CHAR, 'N', screen_find_again, -1, NULL, NULL},
    {K_CHAR, 'c', screen_chord_calls, 0, "c", "the calls of the last command, explained (F3 too)"},
    {K_F1 + 2, 0, screen_chord_calls, 0, NULL, NULL},
    {K_CHAR, 's', screen_chord_steps, 0, "s", "the steps of the lesson, to jump to one"},
    {K_CHAR, '.', screen_chord_black, 0, ". p",
     "presenting: black until a key is pressed; the same, and the clock stands"},
    {K_CHAR, 'p', screen_chord_black, 1, NULL, NULL},
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

bool screen_chord(struct screen *s, const struct key *key)
{
    const struct chord *c = screen_chord_find_key(key);
    if (c)
        c->run(s, c->arg);
    return c;
}

bool screen_help_chord(struct screen *s, const struct key *key)
{
    const struct chord *c = screen_chord_find_key(key);
    bool scrolls = c && (c->run == screen_chord_arrow || c->run == screen_chord_pages || c->run == screen_chord_end);
    if (c && c->run == screen_chord_select)
        screen_chord_lines(s, c->arg);
    else if (scrolls)
        c->run(s, c->arg);
    else
        return false;
    return true;
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
    if (screen_term_has_focus(s)) {
        static char text[120];
        char key[8];
        int side = screen_term_side(s->focus);
        if (side >= 0 && s->term[side].term && term_scrolled(s->term[side].term))
            return "PgUp PgDn Up Down g scroll, any other key goes back to the end";
        keys_control_name(s->prefix, key);
        snprintf(text, sizeof text, "%s%s Enter: prompt  %s PgUp: look back  %s z: zoom  %s ?: keys",
                 shell_held(s->sh) ? "A call is held.  " : "", key, key, key, key);
        return text;
    }
    return "Up Down PgUp PgDn scroll  / search  z zoom  ? help  Enter: prompt";
}
