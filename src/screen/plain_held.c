/* Slow motion as linear text. The call that is held is told with what it does, and a line answers it:
 *
 *     held: [host 4435] unshare(CLONE_NEWPID), by unshare
 *     unshare(2) gives the calling process namespaces of its own.
 *     held> s
 *
 * Mostly this happens while shell_line() waits for the program and pumps the loop, so standard input, which is left
 * alone meanwhile, is read again until the answer has come. */
#include "base/text.h"
#include "screen/glyph.h"
#include "screen/plain_private.h"
#include "shell/slow.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

static const char plain_held_prompt[] = "held> ";

static void plain_tell_held(struct plain *p, const struct watched *w)
{
    autostr struct str call = {0}, about = {0};
    size_t others = shell_held_others(p->sh);
    str_add(&call, "held: ");
    ticker_print_who(w, &call);
    str_add(&call, w->text);
    if (w->program && *w->program)
        str_addf(&call, ", by %s", w->program);
    plain_say(p, SAY_CALL, str_c(&call));
    shell_held_about(p->sh, &about);
    if (others)
        str_addf(&about, " %zu other%s wait%s.", others, others == 1 ? "" : "s", others == 1 ? "s" : "");
    plain_say(p, SAY_INFO, str_c(&about));
    if (!p->keys_told)
        plain_say(p, SAY_INFO, shell_held_keys());
    p->keys_told = true;
}

static void plain_ask_held(struct plain *p)
{
    if (p->installed) { /* the call is one of the background's: a line is being edited */
        free(p->saved);
        p->saved = xstrdup(rl_line_buffer);
        rl_clear_visible_line();
        rl_free_line_state();
        rl_callback_handler_remove();
        p->installed = false;
    }
    plain_tell_changes(p);
    const struct watched *w = shell_held(p->sh);
    if (!w)
        return;
    p->asked = w->call;
    plain_tell_held(p, w);
    if (p->edits)
        plain_edit(p, plain_held_prompt, NULL);
    else if (p->tty)
        plain_put(p, plain_held_prompt);
}

static void plain_answer(struct plain *p, const char *line)
{
    struct outcome o = {0};
    autostr struct str text = {0};
    p->open = false;
    if (!p->tty) {
        str_add(&text, plain_held_prompt);
        text_sanitise(&text, line, strlen(line), TEXT_LINE);
        plain_say(p, SAY_ECHO, str_c(&text));
        str_cut(&text, 0);
    }
    uint64_t call = p->asked;
    if (shell_held_answer(p->sh, line, &o) == SHELL_QUIT) {
        p->quit = true;
        if (p->running)
            shell_give_up(p->sh);
    }
    if (o.step[0]) {
        outcome_print(&text, &o);
        plain_say(p, SAY_ERROR, str_c(&text));
    }
    const struct watched *w = shell_held(p->sh);
    if (p->quit || !w || w->call != call)
        return;
    if (p->edits)
        plain_edit(p, plain_held_prompt, NULL);
    else if (p->tty)
        plain_put(p, plain_held_prompt);
}

char **plain_complete_held(const char *line, size_t point, size_t *start)
{
    size_t at = strspn(line, "d \t");
    if (line[0] != 'd' || at < 2 || at > point)
        return NULL;
    *start = at;
    autofree char *word = xstrndup(line + at, point - at);
    return shell_complete_errno(word);
}

/* Nothing is held any more: by an answer, or because the process has ended. */
static void plain_held_over(struct plain *p)
{
    p->asked = 0;
    if (p->installed) {
        rl_clear_visible_line();
        rl_free_line_state();
        rl_callback_handler_remove();
        p->installed = false;
    }
    if (p->running)
        loop_unwatch(p->loop, STDIN_FILENO);
}

void plain_held(void *arg)
{
    struct plain *p = arg;
    const struct watched *w;
    if (p->asking)
        return;
    p->asking = true;
    while (!p->quit && (w = shell_held(p->sh))) {
        if (p->asked != w->call)
            plain_ask_held(p);
        autofree char *line = plain_next(p);
        if (!line && !p->end) {
            plain_watch(p);
            break;
        }
        plain_answer(p, line ? line : "c"); /* nobody answers after the end of the input */
        if (p->tty)
            p->end = false; /* ^D was the answer */
    }
    p->asking = false;
    if (p->asked && !shell_held(p->sh))
        plain_held_over(p);
}
