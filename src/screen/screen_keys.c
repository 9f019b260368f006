/* Who gets a key.
 *
 *     the prompt has the focus   ^C, ^Z, PgUp, PgDn are ours, the rest is readline's
 *     the prefix was pressed     the next key is ours
 *     a pane has the focus       every key is ours, until Enter or Esc
 *     a terminal has the focus   every key but the prefix is its program's, ^C and ^Z too
 *     a call is held             ours: Enter, s, c, d and ? answer it
 *     a password is asked for    the program's, unseen; readline does not get it
 *     a line is running          ours as before; what would be readline's waits until the line has ended
 */
#include "base/text.h"
#include "screen/present_private.h"
#include "shell/slow.h"
#include <stdlib.h>
#include <string.h>

/* Typing what to search for. */

static void screen_find_key(struct screen *s, const struct key *key)
{
    size_t n = strlen(s->find);
    if (key->id == K_ESC || (key->id == K_CHAR && (key->cp == 3 || key->cp == 7))) {
        s->finding = false;
        s->find[0] = '\0';
    } else if (key->id == K_CHAR && (key->cp == '\r' || key->cp == '\n')) {
        s->finding = false;
        if (n)
            screen_find_again(s, 1);
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

/* The prompt's keys. */

static void screen_page(struct screen *s, enum pane_id id, int dir)
{
    int page = pane_height(&s->pane[id]) - 1;
    s->paged |= id == PANE_LESSON && dir > 0;
    screen_scroll(s, id, dir * (page > 0 ? page : 1));
}

/* Down: first the transcript to its end, then the lesson on. Up: the same way back. */
static void screen_page_prompt(struct screen *s, int dir)
{
    struct pane *lesson = &s->pane[PANE_LESSON], *said = &s->pane[PANE_TRANSCRIPT];
    bool at_end = pane_below(said) == 0;
    screen_page(s, at_end && (dir > 0 || (s->paged && lesson->top)) ? PANE_LESSON : PANE_TRANSCRIPT, dir);
}

static void screen_cancel(struct screen *s)
{
    if (shell_secret(s->sh)) { /* whoever asks is told, too */
        screen_secret_forget(s);
        shell_interrupt(s->sh);
    } else if (*prompt_line()) {
        autostr struct str text = {0};
        shell_prompt(s->sh, &text);
        text_sanitise(&text, prompt_line(), strlen(prompt_line()), TEXT_LINE);
        str_add(&text, "^C");
        transcript_add(s->transcript, SAY_ECHO, str_c(&text));
    }
    prompt_cancel();
    screen_present_cancelled(s);
    s->pane[PANE_TRANSCRIPT].follow = true;
    screen_touch(s, DIRTY_PROMPT | DIRTY_TRANSCRIPT);
}

static void screen_interrupt(struct screen *s)
{
    for (size_t i = 0; i < s->nheld; i++)
        free((void *)(uintptr_t)s->held[i].raw);
    s->nheld = 0;
    s->stopped = true;
    if (s->running || screen_held_has_keys(s))
        shell_interrupt(s->sh);
    else if (s->focus != PANE_NONE)
        screen_focus(s, PANE_NONE);
    else
        screen_cancel(s);
}

/* A key for readline, which shall never see a sequence that it would take for typed letters. */
static void screen_edit(struct screen *s, const struct key *key)
{
    if (key->id == K_PASTE) {
        prompt_paste(key->raw, key->n < PROMPT_PASTE_MAX ? key->n : PROMPT_PASTE_MAX);
        if (key->n >= PROMPT_PASTE_MAX)
            screen_notice(s, "the paste was too long: only its beginning was taken");
        else if (memchr(key->raw, '\n', key->n) || memchr(key->raw, '\r', key->n))
            screen_notice(s, "pasted, not run: Enter runs it line by line");
    } else if (key->id == K_CHAR || key->id == K_ESC || prompt_binds(key->raw, key->n)) {
        prompt_key(key->raw, key->n);
    }
    if (prompt_wants_repaint())
        screen_repaint(s);
    const char *const *list;
    if (prompt_candidates(&list))
        screen_overlay_open(s, OVERLAY_CANDIDATES);
    screen_touch(s, DIRTY_PROMPT);
}

/* Nobody shall be led past text that they have not seen. true when there was more to read. */
bool screen_reads_on(struct screen *s)
{
    size_t below = pane_below(&s->pane[PANE_LESSON]);
    if (!below)
        return false;
    screen_page(s, PANE_LESSON, 1);
    return pane_below(&s->pane[PANE_LESSON]) < below; /* not in a pane that has no room at all */
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
    if (!*line && screen_reads_on(s))
        return;
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
    s->held[s->nheld].mods |= shell_secret(s->sh) ? SCREEN_SECRET : 0;
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
    else if (((key->id >= K_F1 && key->id <= K_F1 + 2) || key->id == K_F1 + 4 || key->id == K_F1 + 5) &&
             !prompt_binds(key->raw, key->n))
        screen_chord(s, key);
    else
        return false;
    return true;
}

static void screen_pane_key(struct screen *s, const struct key *key, bool prefixed)
{
    char name[8];
    if (prefixed && key->id == K_CHAR && (int)key->cp == s->prefix && screen_term_has_focus(s))
        screen_term_key(s, key);
    else if (prefixed && key->id == K_CHAR && (int)key->cp == s->prefix && s->focus == PANE_NONE && !s->running)
        screen_edit(s, key);
    else if (screen_chord(s, key))
        return;
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
    if (key->id == K_UNKNOWN || screen_present_lights(s, key))
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
    } else if (s->overlay == OVERLAY_STEPS) {
        screen_steps_key(s, key);
    } else if (screen_overlay_scrolls(s)) { /* it scrolls; any other key closes it */
        if (!screen_help_chord(s, key))
            screen_overlay_close(s);
    } else if (screen_term_has_focus(s)) {
        screen_term_key(s, key);
    } else if (s->focus != PANE_NONE && !(key->id == K_CHAR && (key->cp == 3 || key->cp == 26))) {
        screen_pane_key(s, key, false);
    } else if (screen_held_has_keys(s) && screen_held_key(s, key)) {
        return;
    } else if (shell_secret(s->sh) && screen_secret_key(s, key)) {
        return;
    } else if (screen_direct_key(s, key)) {
        return;
    } else if (screen_held_swallows(s, key) || screen_present_key(s, key)) {
        return;
    } else if (s->running) {
        screen_hold(s, key);
    } else {
        screen_edit(s, key);
        screen_entered(s);
    }
}
