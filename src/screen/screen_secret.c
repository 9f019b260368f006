/* A password for the driven program. It is edited here, by nobody else: readline would keep it, in its undo list and
 * for ^Y. As long as the program asks, the line that stands in the prompt waits. */
#include "base/text.h"
#include "screen/screen_private.h"
#include <string.h>

#define SECRET_MAX 1024 /* bytes; a terminal takes four times as many */

void screen_secret_forget(struct screen *s)
{
    if (s->secret.s)
        explicit_bzero(s->secret.s, s->secret.cap);
    str_free(&s->secret);
}

/* The first line of it: an end of line would be Enter. */
static void screen_secret_add(struct screen *s, const char *text, size_t n)
{
    size_t line = 0;
    while (line < n && text[line] && text[line] != '\n' && text[line] != '\r')
        line++;
    if (s->secret.len + line > SECRET_MAX)
        screen_notice(s, "that is too long for a password");
    else
        str_addn(&s->secret, text, line);
}

static void screen_secret_rub_out(struct screen *s)
{
    size_t n = s->secret.len;
    while (n && ((unsigned char)s->secret.s[n - 1] & 0xc0) == 0x80)
        n--;
    if (n)
        str_cut(&s->secret, n - 1);
}

/* A character, or one of the few keys with which such a line is edited. */
static void screen_secret_edit(struct screen *s, const struct key *key)
{
    unsigned cp = key->id == K_CHAR && !key->mods ? key->cp : 0;
    if (key->id == K_PASTE)
        screen_secret_add(s, key->raw, key->n);
    else if (cp == '\r' || cp == '\n')
        screen_run_secret(s);
    else if (cp == 8 || cp == 127)
        screen_secret_rub_out(s);
    else if (cp == 21 || cp == 23) /* ^U, ^W */
        screen_secret_forget(s);
    else if (cp >= 0x20)
        screen_secret_add(s, key->raw, key->n);
    else if (cp == 4 && !s->secret.len)
        s->quit = true;
}

/* Keys with which one scrolls, interrupts, suspends, mean what they always do; none reaches readline. */
bool screen_secret_key(struct screen *s, const struct key *key)
{
    bool control = key->id == K_CHAR && !key->mods && (key->cp == 3 || key->cp == 26);
    if (control || key->id == K_PGUP || key->id == K_PGDN || (key->id >= K_F1 && key->id <= K_F12))
        return false;
    screen_touch(s, DIRTY_PROMPT);
    if (s->running && shell_secret_reaches(s->sh))
        return false; /* it waits until the program has said all that it says */
    if (s->running)   /* it must not wait with what is typed ahead, to be run as a command one day */
        screen_notice(s, "not taken: a password cannot be typed to a command. ^C stops it, :shell gives it a terminal");
    else
        screen_secret_edit(s, key);
    return true;
}

void screen_secret_draw(struct screen *s, int width)
{
    autostr struct str prompt = {0}, mask = {0};
    shell_prompt(s->sh, &prompt);
    for (size_t i = 0; i < s->secret.len; i++)
        if (((unsigned char)s->secret.s[i] & 0xc0) != 0x80)
            str_add(&mask, s->utf8 ? "•" : "*");
    struct prompt_text t = {.before = str_c(&prompt),
                            .style = STYLE_BOLD,
                            .line = str_c(&mask),
                            .len = mask.len,
                            .point = mask.len,
                            .utf8 = s->utf8};
    prompt_shape(&s->prompt, &t, width);
}
