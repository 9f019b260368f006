/* Terminals in panes: bytes of a side's pty go into an emulator, its cells are drawn, keys go back.
 *
 * While a terminal has the focus every key is its program's, but for the prefix. Looking back is a mode: porthole's
 * keys scroll until one of them leaves it, since a program may have a use for each key. */
#include "base/text.h"
#include "screen/screen_private.h"
#include "shell/slow.h"
#include "shell/terminals.h"
#include <stdio.h>
#include <string.h>

int screen_term_side(enum pane_id id)
{
    return id == PANE_HOST_TERM ? SIDE_HOST : id == PANE_CONTAINER_TERM ? SIDE_CONTAINER : -1;
}

static enum pane_id screen_term_pane(enum side side)
{
    return side == SIDE_HOST ? PANE_HOST_TERM : PANE_CONTAINER_TERM;
}

bool screen_term_has_focus(const struct screen *s)
{
    return screen_term_side(s->focus) >= 0;
}

/* From the program. */

static void screen_term_on_answer(void *arg, const char *bytes, size_t n)
{
    const struct screen_term *t = arg;
    if (!pty_put(shell_session(t->screen->sh), t->side, bytes, n) &&
        pty_state(shell_session(t->screen->sh), t->side) == PTY_RUNNING)
        screen_notice(t->screen, "the program does not read what is typed: its terminal takes no more");
}

/* A program was started there: the screen is a new one. */
static void screen_term_begin(struct screen *s, enum side side)
{
    struct screen_term *t = &s->term[side];
    struct term *old = t->term;
    int rows = old ? term_rows(old) : 24, cols = old ? term_cols(old) : 80;
    t->screen = s;
    t->side = side;
    t->term = term_new(rows, cols, &(struct term_events){.answer = screen_term_on_answer, .arg = t});
    term_free(old);
    if (!old)
        s->last_term = screen_term_pane(side);
}

static void screen_term_drop(struct screen *s, enum side side)
{
    term_free(s->term[side].term);
    s->term[side].term = NULL;
    if (s->zoom == screen_term_pane(side))
        s->zoom = PANE_NONE;
    if (s->focus == screen_term_pane(side))
        s->focus = PANE_NONE;
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}

/* A command that was there to be watched goes with its stage; a shell comes back on the next one. */
void screen_terminal(void *arg, enum side side, const char *bytes, size_t n)
{
    struct screen *s = arg;
    struct screen_term *t = &s->term[side];
    enum pty_state state = pty_state(shell_session(s->sh), side);
    if (!n && state == PTY_RUNNING)
        screen_term_begin(s, side);
    else if (!n && (state == PTY_NONE || (state == PTY_LOST && !pty_is_shell(shell_session(s->sh), side))))
        screen_term_drop(s, side);
    else if (n && t->term)
        term_feed(t->term, bytes, n);
    screen_touch(s, n ? DIRTY_TERMS : DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}

void screen_terminal_focus(void *arg, enum side side)
{
    struct screen *s = arg;
    if (s->term[side].term)
        screen_focus(s, screen_term_pane(side));
}

const char *screen_layout(void *arg, const char *name)
{
    struct screen *s = arg;
    enum layout_choice found = layout_choice_find(name);
    if (name && found == LAYOUT_CHOICES)
        return NULL;
    if (name)
        screen_choose_layout(s, found);
    return layout_choice_name(s->choice);
}

/* The layout, and what follows from it. */

void screen_wish_terms(const struct screen *s, struct layout_wish *wish)
{
    wish->choice = s->choice;
    wish->last_term = s->last_term;
    for (int side = 0; side < 2; side++)
        wish->term[side] = s->term[side].term;
}

void screen_fit_terms(struct screen *s)
{
    for (int side = 0; side < 2; side++) {
        struct term *t = s->term[side].term;
        const struct pane *p = &s->pane[screen_term_pane((enum side)side)];
        if (!t || p->at.h < 2)
            continue;
        if (pane_height(p) != term_rows(t) || p->at.w != term_cols(t))
            term_resize(t, pane_height(p), p->at.w);
        pty_resize(shell_session(s->sh), (enum side)side, term_rows(t), term_cols(t));
    }
}

static void screen_term_title(struct screen *s, enum side side, struct pane *p)
{
    const struct term *t = s->term[side].term;
    autostr struct str title = {0};
    shell_terminal_title(s->sh, side, &title);
    if (pty_state(shell_session(s->sh), side) != PTY_RUNNING && s->focus == screen_term_pane(side))
        str_add(&title, "  Enter: a new shell  x: close");
    else if (term_scrolled(t))
        str_addf(&title, "  %zu of %zu lines back", term_scrolled(t), term_history(t));
    else if (*term_title(t) && p->at.w >= 60)
        str_addf(&title, " · %s", term_title(t));
    snprintf(p->title, sizeof p->title, "%.*s", (int)text_cut(str_c(&title), title.len, sizeof p->title - 1),
             str_c(&title));
}

void screen_draw_terms(struct screen *s, bool all)
{
    for (int side = 0; side < 2; side++) {
        struct term *t = s->term[side].term;
        struct pane *p = &s->pane[screen_term_pane((enum side)side)];
        if (!t || p->at.h <= 0)
            continue;
        screen_term_title(s, (enum side)side, p);
        pane_draw_title(p, s->frame, (int)screen_term_pane((enum side)side) + 1,
                        s->focus == screen_term_pane((enum side)side));
        struct term_cell row[TERM_COLS_MAX];
        int cols = p->at.w < term_cols(t) ? p->at.w : term_cols(t);
        for (int y = 0; y < pane_height(p); y++) {
            if (!all && !term_row_dirty(t, y))
                continue;
            int n = y < term_rows(t) ? cols : 0;
            term_cells(t, y, row, n);
            frame_cells(s->frame, p->at.y + 1 + y, p->at.x, p->at.w, row, n);
        }
        term_clean(t);
    }
}

bool screen_term_cursor(const struct screen *s, int *y, int *x)
{
    int side = screen_term_side(s->focus);
    const struct pane *p = &s->pane[s->focus];
    if (!s->term[side].term || p->at.h <= 0 || !term_cursor(s->term[side].term, y, x))
        return false;
    bool in = *y < pane_height(p) && *x < p->at.w;
    *y += p->at.y + 1;
    *x += p->at.x;
    return in;
}

/* Keys. */

void screen_term_scroll(struct screen *s, int by)
{
    struct term *t = s->term[screen_term_side(s->focus)].term;
    if (by < 0 && !term_history(t))
        screen_notice(s, term_alternate(t) ? "a program that takes the whole screen has nothing to scroll back to"
                                           : "nothing has scrolled away yet");
    term_scroll(t, by);
    screen_touch(s, DIRTY_TERMS | DIRTY_LAYOUT);
}

static void screen_term_close(struct screen *s, enum side side)
{
    pty_close(shell_session(s->sh), side);
    if (pty_state(shell_session(s->sh), side) != PTY_RUNNING) /* else it is hung up, and ends in a moment */
        screen_term_drop(s, side);
}

void screen_chord_close(struct screen *s, int unused)
{
    int side = screen_term_side(s->focus);
    if (side < 0)
        screen_notice(s, "x closes a terminal that has the focus; this is none");
    else
        screen_term_close(s, (enum side)side);
}

/* What ran there has ended. */
static void screen_term_key_ended(struct screen *s, enum side side, const struct key *key)
{
    unsigned cp = key->id == K_CHAR && !key->mods ? key->cp : 0;
    if (cp == '\r' || cp == '\n') {
        if (s->running)
            screen_notice(s, "a line still runs at the prompt: when it has ended");
        else
            shell_terminal_open(s->sh, side);
    } else if (cp == 'x' || cp == 'q' || cp == 4)
        screen_term_close(s, side);
    else if (key->id == K_ESC || cp == 3)
        screen_focus(s, PANE_NONE);
    else
        screen_notice(s, "its program has ended. Enter: a new shell  x: close  Esc: the prompt");
}

/* Looking back: scrolls, or leaves and is swallowed. */
static void screen_term_key_back(struct screen *s, struct term *t, const struct key *key)
{
    int page = term_rows(t) - 1, all = (int)term_history(t), by = all; /* anything else: to the end */
    unsigned cp = key->id == K_CHAR && !key->mods ? key->cp : 0;
    if (key->id == K_PGUP || cp == 'b')
        by = -page;
    else if (key->id == K_PGDN || cp == ' ')
        by = page;
    else if (key->id == K_UP || cp == 'k')
        by = -1;
    else if (key->id == K_DOWN || cp == 'j')
        by = 1;
    else if (key->id == K_HOME || cp == 'g')
        by = -all;
    screen_term_scroll(s, by);
}

void screen_term_key(struct screen *s, const struct key *key)
{
    enum side side = (enum side)screen_term_side(s->focus);
    struct term *t = s->term[side].term;
    struct session *session = shell_session(s->sh);
    if (pty_state(session, side) != PTY_RUNNING) {
        screen_term_key_ended(s, side, key);
    } else if ((key->mods & K_SHIFT) && (key->id == K_PGUP || key->id == K_PGDN)) {
        screen_term_scroll(s, (key->id == K_PGUP ? -1 : 1) * (term_rows(t) - 1));
    } else if (term_scrolled(t)) {
        screen_term_key_back(s, t, key);
    } else {
        if (key->id == K_CHAR && key->cp == 3 && !key->mods)
            pty_forget(session, side); /* it must not wait behind what was pasted */
        term_key(t, key);
        if (key->id == K_PASTE && key->n >= KEYS_PASTE_MAX)
            screen_notice(s, "the paste was too long: only its beginning was taken");
    }
}

void screen_free_terms(struct screen *s)
{
    for (int side = 0; side < 2; side++)
        term_free(s->term[side].term);
}
