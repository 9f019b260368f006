/* Keys while a call is held: the next step of slow motion is one key, and an errno is typed where the prompt is. */
#include "base/text.h"
#include "screen/completer.h"
#include "screen/screen_private.h"
#include "shell/slow.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define HELD_LATE_MS 400 /* so long after a line with stops Enter was meant for another stop */

/* The keys are the call's while a line runs. A call of the background may be held while a line is being typed: that
 * line is finished, or given up, first. */
bool screen_held_has_keys(const struct screen *s)
{
    return shell_held(s->sh) && (s->running || !*prompt_line());
}

void screen_held_changed(void *arg)
{
    struct screen *s = arg;
    const struct watched *w = shell_held(s->sh);
    uint64_t now = w ? w->call : 0;
    if (now != s->held_call)
        s->denying = false;
    s->held_call = now;
    s->stops |= now && s->running;
    screen_touch(s, DIRTY_CALLS | DIRTY_PROMPT | DIRTY_STATUS);
}

static void held_answer(struct screen *s, const char *answer)
{
    struct outcome o = {0};
    if (shell_held_answer(s->sh, answer, &o) == SHELL_QUIT)
        s->quit = true;
    if (o.step[0]) {
        autostr struct str text = {0};
        outcome_print(&text, &o);
        screen_notice(s, str_c(&text));
    } else
        s->denying = false;
    screen_held_changed(s);
}

/* The errno of a denied call. */

static void held_complete(struct screen *s)
{
    char **list = shell_complete_errno(s->err);
    size_t n = 0, same = 0;
    autostr struct str text = {0};
    for (; list && list[n]; n++)
        str_addf(&text, "%s%s", n ? " " : "", list[n]);
    for (bool more = n > 0; more; same += more) /* as far as all begin alike */
        for (size_t i = 0; i < n && more; i++)
            more = list[i][same] && list[i][same] == list[0][same];
    if (n && same < sizeof s->err)
        snprintf(s->err, sizeof s->err, "%.*s", (int)same, list[0]);
    if (n != 1)
        screen_notice(s, n ? str_c(&text) : "no error's name begins so");
    completer_free_list(list);
}

static void held_deny_key(struct screen *s, const struct key *key)
{
    size_t n = strlen(s->err);
    unsigned cp = key->id == K_CHAR && !key->mods ? key->cp : 0;
    if (key->id == K_ESC || cp == 7) {
        s->denying = false;
    } else if (cp == '\r' || cp == '\n') {
        autofree char *answer = xasprintf("d %s", s->err);
        held_answer(s, answer);
    } else if (cp == '\t') {
        held_complete(s);
    } else if (cp == 8 || cp == 127) {
        s->err[n ? n - 1 : 0] = '\0';
    } else if (cp == 21) {
        s->err[0] = '\0';
    } else if (cp < 0x80 && isalnum((int)cp) && n + 1 < sizeof s->err) {
        s->err[n] = (char)toupper((int)cp);
        s->err[n + 1] = '\0';
    }
    screen_touch(s, DIRTY_PROMPT);
}

bool screen_held_key(struct screen *s, const struct key *key)
{
    unsigned cp = key->id == K_CHAR && !key->mods ? key->cp : 0;
    bool others = cp == 3 || cp == 26 || (cp < 0x20 && cp != '\r' && cp != '\n' && cp != '\t' && cp);
    if (s->denying && cp != 3 && cp != 26)
        held_deny_key(s, key);
    else if (cp == '\r' || cp == '\n')
        held_answer(s, "");
    else if (cp == 's' || cp == 'c' || cp == '?')
        held_answer(s, (char[]){(char)cp, 0});
    else if (cp == 'd') {
        s->denying = true;
        s->err[0] = '\0';
        screen_touch(s, DIRTY_PROMPT);
    } else if (!cp || others)
        return false;
    else
        screen_notice(s, "A call is held. Enter makes it, c runs on, ^C cancels; ? opens its manual page.");
    return true;
}

/* Who presses Enter from stop to stop presses it between two stops, too, and once more after the last one: that must
 * not run the lesson's next line. */
bool screen_held_swallows(const struct screen *s, const struct key *key)
{
    bool enter = key->id == K_CHAR && (key->cp == '\r' || key->cp == '\n');
    if (!s->running)
        return enter && !*prompt_line() && s->stops_ms && now_ms() - s->stops_ms < HELD_LATE_MS;
    return shell_is_slow(s->sh) && !s->nheld && key->id == K_CHAR && key->cp && key->cp < 0x80 &&
           strchr("\r\nscd?", (int)key->cp);
}

/* Where the prompt is otherwise. */
void screen_held_prompt(const struct screen *s, struct str *out)
{
    const struct watched *w = shell_held(s->sh);
    if (!w)
        return;
    if (s->denying)
        str_addf(out, "deny %s with (EPERM): %s", w->row->name, s->err);
    else if (s->layout.calls.h > 1)
        str_add(out, "held> ");
    else
        str_addf(out, "held: %s ", w->text);
}

const char *screen_held_help(const struct screen *s)
{
    return s->denying ? "Enter: this error, EPERM when empty  Tab completes  Esc: do not deny" : shell_held_keys();
}
