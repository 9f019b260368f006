/* The speaker's keys.
 *
 *     an empty line       any ordinary key types the lesson's next line, Enter does, too; Esc: the next line is the
 *                         speaker's own; : begins a command; a digit answers a question
 *     a line types itself further keys hurry it, Enter completes it, Esc stops it, a key that edits stops it and edits
 *     it has been typed   it is edited like any other; Enter runs it. Keys that were still meant for the typing, by
 *                         their time, are dropped: whoever hammers on the keyboard must not spoil the line
 *     a line runs         ordinary keys are dropped, not kept for later: a demo waits for what really happens */
#include "base/text.h"
#include "screen/present_private.h"
#include "screen/relay.h"
#include "screen/tty.h"
#include "shell/pace.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PRESENT_LATE_MS 400 /* keys so soon after the last one, or after the typing, belong to the typing */

struct screen_present {
    struct pace pace;
    struct str typed; /* by the pace so far: when the line differs, the speaker has taken over */
    int type_timer, tick_timer;
    bool own;           /* the line is the speaker's own */
    bool black, paused; /* nothing is shown; and the clock stands still */
    int64_t late;       /* keys until then belong to the typing */
    uint32_t seed;
    struct relay *relay; /* NULL: nobody can watch */
};

/* The line that types itself. */

static void present_tick_typing(void *arg);

static void present_insert(struct screen *s, char *text)
{
    struct screen_present *p = s->present;
    autofree char *owned = text;
    if (*owned) {
        prompt_insert(owned);
        str_add(&p->typed, owned);
    }
    loop_cancel(s->loop, p->type_timer);
    int wait = pace_wait(&p->pace, now_ms());
    p->type_timer = wait >= 0 ? loop_timer(s->loop, wait, present_tick_typing, s) : 0;
    if (wait < 0)
        p->late = now_ms() + PRESENT_LATE_MS;
    screen_touch(s, DIRTY_PROMPT);
}

static void present_stop(struct screen *s)
{
    struct screen_present *p = s->present;
    pace_stop(&p->pace);
    loop_cancel(s->loop, p->type_timer);
    p->type_timer = 0;
    screen_touch(s, DIRTY_PROMPT);
}

static void present_tick_typing(void *arg)
{
    struct screen *s = arg;
    struct screen_present *p = s->present;
    p->type_timer = 0;
    if (s->running || strcmp(prompt_line(), str_c(&p->typed)) != 0)
        present_stop(s);
    else
        present_insert(s, pace_take(&p->pace, now_ms()));
}

static void present_begin(struct screen *s)
{
    struct screen_present *p = s->present;
    str_cut(&p->typed, 0);
    s->pane[PANE_TRANSCRIPT].follow = true;
    pace_begin(&p->pace, shell_take_offer(s->sh), ++p->seed, now_ms());
    present_insert(s, pace_take(&p->pace, now_ms()));
}

/* Keys. */

static bool present_is_enter(const struct key *key)
{
    return key->id == K_CHAR && !key->mods && (key->cp == '\r' || key->cp == '\n');
}

static bool present_is_ordinary(const struct key *key)
{
    return key->id == K_CHAR && !key->mods && key->cp >= 0x20 && key->cp != 0x7f;
}

static bool present_key_typing(struct screen *s, const struct key *key)
{
    struct screen_present *p = s->present;
    if (present_is_ordinary(key))
        present_insert(s, pace_hurry(&p->pace, now_ms()));
    else if (present_is_enter(key))
        present_insert(s, pace_rest(&p->pace));
    else {
        present_stop(s);
        p->own = true;
        return key->id == K_ESC;
    }
    return true;
}

static bool present_key_typed(struct screen *s, const struct key *key)
{
    struct screen_present *p = s->present;
    int64_t now = now_ms();
    if (present_is_enter(key))
        p->own = false;
    else if (!present_is_ordinary(key))
        p->own = true; /* it is being edited */
    if (p->own || !present_is_ordinary(key) || now >= p->late)
        return false;
    p->late = now + PRESENT_LATE_MS;
    return true;
}

/* false: it is no answer. */
static bool present_answer(struct screen *s, const struct key *key)
{
    if (key->cp < '1' || key->cp > '9')
        return false;
    screen_run_text(s, (char[]){(char)key->cp, 0});
    return true;
}

static bool present_waits_for_enter(struct screen *s)
{
    autofree char *text = xasprintf("%c%s", toupper((unsigned char)shell_awaits(s->sh)[0]), shell_awaits(s->sh) + 1);
    screen_notice(s, text);
    return true;
}

static bool present_key_empty(struct screen *s, const struct key *key)
{
    struct screen_present *p = s->present;
    bool ordinary = present_is_ordinary(key), enter = present_is_enter(key);
    if (key->id == K_ESC && !key->mods) {
        p->own = true;
        return true;
    }
    if (enter && p->own) {
        p->own = false;
        return true;
    }
    if (p->own || !(ordinary || enter) || key->cp == ':')
        return false;
    if (screen_reads_on(s))
        return true;
    if (*shell_offer(s->sh)) {
        present_begin(s);
        return true;
    }
    if (enter)
        return false;
    if (engine_question(shell_engine(s->sh)) && present_answer(s, key))
        return true;
    return present_waits_for_enter(s);
}

bool screen_present_key(struct screen *s, const struct key *key)
{
    struct screen_present *p = s->present;
    if (!p)
        return false;
    if (s->running) {
        bool ours = present_is_ordinary(key) || present_is_enter(key);
        if (ours)
            screen_notice(s, "it still runs, and keys are not kept for later: ^C stops it");
        return ours;
    }
    if (pace_runs(&p->pace))
        return present_key_typing(s, key);
    if (prompt_searching())
        return false;
    return *prompt_line() ? present_key_typed(s, key) : present_key_empty(s, key);
}

void screen_present_cancelled(struct screen *s)
{
    if (!s->present)
        return;
    present_stop(s);
    s->present->own = false;
}

bool screen_present_help(struct screen *s, struct str *out)
{
    struct screen_present *p = s->present;
    if (!p)
        return false;
    if (pace_runs(&p->pace))
        str_add(out, "more keys hurry it, Enter completes it, Esc stops it");
    else if (*prompt_line())
        return false;
    else if (p->own)
        str_add(out, "a line of your own; Enter or ^C: back to the lesson's");
    else if (pane_below(&s->pane[PANE_LESSON]))
        str_add(out, "Any key: read on");
    else if (*shell_offer(s->sh))
        str_add(out, "Any key types the next line  Esc: your own line  : command");
    else
        return false;
    return true;
}

/* The clock. */

static void present_tick(void *arg)
{
    struct screen *s = arg;
    s->present->tick_timer = loop_timer(s->loop, 1000, present_tick, s);
    if (!shell_present_paused(s->sh) && !s->present->black)
        screen_touch(s, DIRTY_STATUS);
}

/* Black. */

void screen_present_black(void *arg)
{
    struct screen *s = arg;
    if (!s->present)
        return;
    s->present->black = true;
    s->present->paused = shell_present_paused(s->sh);
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}

bool screen_present_is_black(const struct screen *s)
{
    return s->present && s->present->black;
}

bool screen_present_lights(struct screen *s, const struct key *key)
{
    if (!screen_present_is_black(s))
        return false;
    s->present->black = false;
    if (s->present->paused)
        shell_present_pause(s->sh, false);
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
    return true;
}

void screen_present_draw_black(struct screen *s)
{
    int rows = frame_rows(s->frame), cols = frame_cols(s->frame);
    frame_fill(s->frame, 0, 0, rows, cols);
    if (s->present->paused && cols > 8)
        frame_text(s->frame, rows - 1, cols - 7, 6, "paused", STYLE_DIM);
    frame_cursor(s->frame, -1, 0);
}

/* Who watches. */

static void present_put(void *arg, const char *bytes, size_t n)
{
    struct screen *s = arg;
    relay_screen(s->present->relay, bytes, n, frame_rows(s->frame), frame_cols(s->frame));
}

void screen_present_changed(struct screen *s)
{
    if (s->present)
        relay_changed(s->present->relay);
}

void screen_present_away(struct screen *s, bool away)
{
    if (s->present)
        relay_away(s->present->relay, away);
}

bool screen_present_follow(void *arg, bool on, struct outcome *o)
{
    struct screen *s = arg;
    return relay_publish(s->present ? s->present->relay : NULL, on, o);
}

static void present_say_outcome(struct screen *s, const struct outcome *o)
{
    autostr struct str text = {0};
    outcome_print(&text, o);
    transcript_add(s->transcript, SAY_ERROR, str_c(&text));
}

static void present_open_relay(struct screen *s)
{
    struct outcome o = {0};
    struct screen_present *p = s->present;
    p->relay = relay_open(s->loop, s->sh, &o);
    if (p->relay)
        tty_tap_add(present_put, s);
    if (!p->relay || (shell_present_follow(s->sh) && !relay_publish(p->relay, true, &o)))
        present_say_outcome(s, &o);
}

/* Coming and going. */

void screen_present_open(struct screen *s)
{
    if (!shell_presents(s->sh))
        return;
    s->present = xcalloc(1, sizeof *s->present);
    s->present->seed = (uint32_t)now_us();
    present_open_relay(s);
    present_tick(s);
}

void screen_present_close(struct screen *s)
{
    struct screen_present *p = s->present;
    if (!p)
        return;
    present_stop(s);
    if (p->relay)
        tty_tap_remove(present_put, s);
    relay_close(p->relay);
    loop_cancel(s->loop, p->tick_timer);
    str_free(&p->typed);
    free_ptr(&s->present);
}
