/* The list of steps over the panes: what was done, how long it took, and jumping to one by its number. */
#include "screen/present_private.h"
#include <stdio.h>
#include <string.h>

void screen_steps_open(void *arg)
{
    struct screen *s = arg;
    s->step_at = engine_step(shell_engine(s->sh));
    s->step_number = 0;
    screen_overlay_open(s, OVERLAY_STEPS);
}

void screen_steps_lines(const struct screen *s, struct lines *out, int width)
{
    for (size_t i = 0; i < shell_steps(s->sh); i++) {
        autostr struct str text = {0};
        shell_step_line(s->sh, i, &text);
        lines_add(out, i == s->step_at ? STYLE_LINKED : STYLE_PLAIN, text.s, text.len);
    }
}

static void steps_select(struct screen *s, long at)
{
    long last = (long)shell_steps(s->sh) - 1;
    s->step_at = (size_t)(at < 0 ? 0 : at > last ? last : at);
    pane_show(&s->help, s->step_at);
    screen_touch(s, DIRTY_LAYOUT);
}

static void steps_jump(struct screen *s)
{
    char line[32];
    if (s->running) {
        screen_notice(s, "a line still runs: ^C stops it");
        return;
    }
    snprintf(line, sizeof line, ":goto %zu", s->step_at + 1);
    screen_overlay_close(s);
    screen_focus(s, PANE_NONE);
    screen_run_text(s, line);
}

/* A number that cannot go on jumps at once; 1 of twelve steps waits for Enter, or for the next digit. */
static void steps_digit(struct screen *s, size_t digit)
{
    size_t n = shell_steps(s->sh), number = s->step_number * 10 + digit;
    if (number > n)
        number = digit;
    if (!number || number > n)
        return;
    s->step_number = number;
    steps_select(s, (long)number - 1);
    if (number * 10 > n)
        steps_jump(s);
}

void screen_steps_key(struct screen *s, const struct key *key)
{
    unsigned cp = key->id == K_CHAR && !key->mods ? key->cp : 0;
    int page = pane_height(&s->help);
    if (cp >= '0' && cp <= '9') {
        steps_digit(s, cp - '0');
        return;
    }
    s->step_number = 0;
    if (key->id == K_DOWN || cp == 'j')
        steps_select(s, (long)s->step_at + 1);
    else if (key->id == K_UP || cp == 'k')
        steps_select(s, (long)s->step_at - 1);
    else if (key->id == K_PGDN || key->id == K_PGUP)
        steps_select(s, (long)s->step_at + (key->id == K_PGDN ? page : -page));
    else if (key->id == K_HOME || key->id == K_END)
        steps_select(s, key->id == K_HOME ? 0 : (long)shell_steps(s->sh));
    else if (cp == '\r' || cp == '\n')
        steps_jump(s);
    else
        screen_overlay_close(s);
}
