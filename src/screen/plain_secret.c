/* A password at the linear prompt: the kernel edits the line, without an echo, and readline, which would remember it,
 * does not get it. */
#include "base/text.h"
#include "screen/glyph.h"
#include "screen/plain_private.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

static void plain_hide(struct plain *p)
{
    if (p->hides || !p->tty || tcgetattr(STDIN_FILENO, &p->echoes) < 0)
        return;
    struct termios t = p->echoes;
    t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    t.c_lflag |= ICANON | ISIG;
    p->hides = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
}

static void plain_show(struct plain *p)
{
    if (p->hides)
        tcsetattr(STDIN_FILENO, TCSANOW, &p->echoes);
    p->hides = false;
}

void plain_unhide(struct plain *p)
{
    if (!p->hides)
        return;
    tcflush(STDIN_FILENO, TCIFLUSH); /* what was typed unseen shall not be seen now */
    if (p->in.s)
        explicit_bzero(p->in.s, p->in.cap);
    str_free(&p->in);
    plain_show(p);
}

void plain_ask_secret(struct plain *p)
{
    autostr struct str prompt = {0};
    shell_prompt(p->sh, &prompt);
    str_cut(&p->prompt, 0);
    glyph_text(&p->prompt, str_c(&prompt), p->utf8);
    p->type_offer = false;
    plain_hide(p);
    plain_put(p, str_c(&p->prompt));
}

void plain_run_secret(struct plain *p, char *line)
{
    plain_put(p, *line ? "********\n" : "\n");
    p->echoed = *line;
    p->running = true;
    loop_unwatch(p->loop, STDIN_FILENO);
    plain_show(p);
    if (shell_secret_line(p->sh, line) == SHELL_QUIT)
        p->quit = true;
    p->running = p->echoed = false;
    explicit_bzero(line, strlen(line));
    plain_tell_changes(p);
}

/* While a line runs only the echo is at stake. At the prompt the line that was begun is put aside, and comes back. */
void plain_changed(void *arg)
{
    struct plain *p = arg;
    bool secret = shell_secret(p->sh);
    if (!p->tty || p->asking || secret == p->hides)
        return;
    if (p->running) {
        if (!secret) {
            plain_unhide(p);
            return;
        }
        plain_hide(p);
        if (!shell_secret_reaches(p->sh))
            plain_say(p, SAY_INFO, "A password cannot be typed to a command here: ^C stops it.");
        return;
    }
    if (p->installed) {
        free(p->saved);
        p->saved = *rl_line_buffer ? xstrdup(rl_line_buffer) : NULL;
        rl_clear_visible_line();
        plain_leave_editor(p);
    }
    plain_unhide(p);
    plain_ask(p);
}
