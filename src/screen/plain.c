/* The same session as linear text: for pipes, scripts, screen readers and terminals without a full screen.
 *
 * Lines come from standard input, everything that is said goes to standard output, in order. Nothing is told by place
 * or colour: kinds have words, and what the trees would show is told as sentences after each line.
 *
 *     standard input is     prompt, editing            an empty line
 *     a terminal            readline                   types the lesson's next line, Enter runs it
 *     a dumb terminal       prompt, the kernel's       runs the lesson's next line
 *     anything else         neither                    runs the lesson's next line */
#include "base/file.h"
#include "base/text.h"
#include "screen/completer.h"
#include "screen/glyph.h"
#include "screen/history.h"
#include "screen/plain_private.h"
#include "screen/say.h"
#include "screen/signals.h"
#include "shell/slow.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <readline/readline.h>

#define PLAIN_WIDEST 100 /* columns prose is wrapped at, at most */

static struct plain *plain_current; /* readline's callbacks take no argument */

/* Saying. */

static int plain_columns(void)
{
    struct winsize w = {0};
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col < 20)
        return 0;
    return w.ws_col < PLAIN_WIDEST ? w.ws_col : PLAIN_WIDEST;
}

void plain_put(struct plain *p, const char *text)
{
    autostr struct str shown = {0};
    glyph_text(&shown, text, p->utf8);
    fputs(str_c(&shown), p->out);
    fflush(p->out);
    if (shown.len)
        p->open = shown.s[shown.len - 1] != '\n';
}

/* Text that arrives while the line is being edited goes above it. */
static void plain_hide_prompt(struct plain *p)
{
    if (p->installed)
        rl_clear_visible_line();
}

static void plain_show_prompt(struct plain *p)
{
    if (!p->installed)
        return;
    if (p->open)
        plain_put(p, "\n");
    rl_on_new_line();
    rl_redisplay();
}

void plain_say(void *arg, enum say kind, const char *text)
{
    struct plain *p = arg;
    const struct say_look *look = say_look(kind);
    if (kind == SAY_ECHO && p->echoed) {
        p->echoed = false;
        return;
    }
    plain_hide_prompt(p);
    if (kind == SAY_OUTPUT) {
        plain_put(p, text);
    } else {
        autostr struct str line = {0}, wrapped = {0};
        if (p->open)
            plain_put(p, "\n");
        say_prefix(&line, kind, text);
        str_add(&line, text);
        int columns = look->verbatim ? 0 : plain_columns();
        if (kind == SAY_TITLE || kind == SAY_PROSE || kind == SAY_QUESTION)
            plain_put(p, "\n");
        if (columns)
            text_wrap(&wrapped, str_c(&line), columns, look->indent ? look->indent : kind == SAY_PROSE ? "" : "  ");
        else
            str_add(&wrapped, str_c(&line));
        if (!wrapped.len || wrapped.s[wrapped.len - 1] != '\n')
            str_addc(&wrapped, '\n');
        plain_put(p, wrapped.s);
    }
    plain_show_prompt(p);
}

void plain_tell_changes(struct plain *p)
{
    struct view_input in = {0};
    autostr struct str text = {0};
    int64_t since = p->told;
    shell_scan(p->sh);
    shell_view_input(p->sh, &in, 0);
    p->told = now_ms() + 1;
    while (now_ms() < p->told) /* what happens from here on must carry a later millisecond, to be told next time */
        usleep(200);
    view_tell_changes(&in, since, &text);
    for (char *line = text.s, *end; line && *line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        plain_say(p, SAY_CHANGE, line);
    }
}

/* What Enter would do, when it has changed: on the full screen the help line says it. */
static void plain_tell_awaited(struct plain *p)
{
    const char *offer = shell_offer(p->sh);
    autofree char *now =
        *offer ? xasprintf("Enter %s: %s", p->edits ? "types" : "runs", offer) : xstrdup(shell_awaits(p->sh));
    if (!*now || (p->awaited && !strcmp(now, p->awaited)))
        return;
    free(p->awaited);
    p->awaited = steal_ptr(&now);
    autofree char *text = xasprintf("(%s)", p->awaited);
    plain_say(p, SAY_INFO, text);
}

/* The prompt. */

static void plain_entered(char *line)
{
    struct plain *p = plain_current;
    free(p->entered);
    p->entered = line;
    p->entered_any = true;
    rl_callback_handler_remove(); /* gives the terminal its modes back while the line runs */
    p->installed = false;
}

static const char *plain_begun; /* what the line begins with; the hook takes no argument */

static int plain_insert_begun(void)
{
    rl_startup_hook = NULL;
    rl_insert_text(plain_begun);
    return 0;
}

void plain_edit(struct plain *p, const char *prompt, const char *text)
{
    plain_begun = text;
    rl_startup_hook = text ? plain_insert_begun : NULL;
    rl_callback_handler_install(prompt, plain_entered);
    rl_startup_hook = NULL;
    p->installed = true;
}

/* The prompt is shown when a line is wanted: not for pipes, and not while one runs. */
void plain_ask(struct plain *p)
{
    if (p->quit)
        return;
    if (p->tty && p->open)
        plain_put(p, "\n");
    if (!p->type_offer)
        plain_tell_awaited(p);
    if (!p->tty)
        return;
    if (shell_secret(p->sh)) {
        plain_ask_secret(p);
        return;
    }
    plain_unhide(p);
    autofree char *saved = steal_ptr(&p->saved);
    autofree char *offer =
        xstrdup(p->type_offer ? shell_take_offer(p->sh) : saved); /* first: it decides the prompt's side */
    autostr struct str prompt = {0};
    shell_prompt(p->sh, &prompt);
    str_cut(&p->prompt, 0);
    glyph_text(&p->prompt, str_c(&prompt), p->utf8);
    if (p->edits) {
        p->type_offer = false;
        plain_edit(p, str_c(&p->prompt), offer);
    } else {
        fputs(str_c(&p->prompt), p->out);
        fflush(p->out);
    }
}

static void plain_on_input(void *arg, int fd, short revents)
{
    struct plain *p = arg;
    char bytes[4096];
    bool edits = p->edits && !p->hides;
    ssize_t n = edits ? 0 : read(fd, bytes, sizeof bytes);
    if (edits) {
        rl_callback_read_char();
    } else if (n > 0) {
        str_addn(&p->in, bytes, (size_t)n);
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        p->end = true;
        p->open = p->open || p->tty; /* the cursor stands behind the prompt */
    }
    if (p->running)
        plain_held(p);
}

void plain_watch(struct plain *p)
{
    loop_watch(p->loop, STDIN_FILENO, POLLIN, plain_on_input, p);
}

char *plain_next(struct plain *p)
{
    if (p->edits && !p->hides) {
        if (!p->entered_any)
            return NULL;
        p->entered_any = false;
        if (!p->entered) {
            p->end = true;
            plain_put(p, "\n");
        }
        return steal_ptr(&p->entered);
    }
    char *end = p->in.len ? memchr(p->in.s, '\n', p->in.len) : NULL;
    if (!end && (!p->end || !p->in.len))
        return NULL;
    size_t n = end ? (size_t)(end - p->in.s) : p->in.len, used = end ? n + 1 : n;
    char *line = xstrndup(p->in.s, n);
    memmove(p->in.s, p->in.s + used, p->in.len - used);
    str_cut(&p->in, p->in.len - used);
    return line;
}

/* Running. */

static void plain_run_line(struct plain *p, const char *line)
{
    if (p->edits && !*line && *shell_offer(p->sh)) {
        p->type_offer = true;
        return;
    }
    if (p->edits)
        history_enter(line);
    else if (p->tty)
        plain_out_typed(p, line);
    p->open = false; /* the terminal has moved on to a new line */
    p->echoed = p->tty && *line;
    p->running = true;
    loop_unwatch(p->loop, STDIN_FILENO); /* lines typed or piped meanwhile wait where they are */
    if (shell_line(p->sh, line) == SHELL_QUIT)
        p->quit = true;
    p->running = p->echoed = false;
    plain_tell_changes(p);
}

void plain_leave_editor(struct plain *p)
{
    rl_callback_sigcleanup();
    rl_free_line_state();
    rl_callback_handler_remove();
    p->installed = false;
}

/* ^C while a line is edited. */
static void plain_leave_line(struct plain *p)
{
    plain_put(p, "^C\n"); /* first: giving the terminal back returns the carriage */
    plain_leave_editor(p);
}

static void plain_interrupted(struct plain *p)
{
    if (p->hides && !p->running) { /* whoever asks is told, too */
        plain_put(p, "^C\n");
        plain_unhide(p);
        shell_interrupt(p->sh);
        plain_ask(p);
    } else if (p->running || p->asked) {
        if (p->installed)
            plain_leave_line(p);
        else
            p->open = p->open || p->tty; /* the terminal has echoed ^C */
        shell_interrupt(p->sh);
    } else if (p->installed) {
        plain_leave_line(p);
        plain_ask(p);
    } else if (p->tty) {
        plain_put(p, "\n");
        plain_ask(p);
    } else {
        p->quit = true;
    }
}

static void plain_on_signal(void *arg, int fd, short revents)
{
    struct plain *p = arg;
    unsigned events = signals_take();
    if (events & SIGNALLED_QUIT) {
        p->quit = true;
        if (p->running)
            shell_give_up(p->sh);
    }
    if (events & SIGNALLED_INTERRUPT)
        plain_interrupted(p);
    if (events & SIGNALLED_RESIZE)
        plain_out_resized(p);
    if ((events & SIGNALLED_RESIZE) && p->installed)
        rl_resize_terminal();
    if (events & SIGNALLED_STOP) {
        bool hid = p->hides;
        if (p->installed)
            rl_deprep_terminal();
        plain_unhide(p);
        signals_stop_self();
        if (hid)
            plain_changed(p);
    }
    if ((events & (SIGNALLED_STOP | SIGNALLED_CONTINUE)) && p->installed && tcgetpgrp(STDIN_FILENO) == getpgrp()) {
        rl_prep_terminal(1);
        rl_forced_update_display();
    }
}

/* Start and end. */

static char **plain_complete(void *arg, const char *line, size_t point, size_t *start)
{
    if (plain_current->asked)
        return plain_complete_held(line, point, start);
    return shell_complete(plain_current->sh, line, point, start);
}

static void plain_open_editor(struct plain *p)
{
    autofree char *dir = user_state_dir();
    autofree char *history = dir ? xasprintf("%s/history", dir) : NULL;
    history_open(history);
    rl_readline_name = "porthole";
    rl_catch_signals = rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    completer_install(&(struct completer){plain_complete, p});
    rl_initialize();
}

static void plain_open(struct plain *p)
{
    const char *term = getenv("TERM");
    p->tty = isatty(STDIN_FILENO);
    p->edits = p->tty && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
    p->utf8 = glyph_utf8();
    p->told = now_ms();
    plain_current = p;
    plain_out_open(p);
    loop_watch(p->loop, signals_open(), POLLIN, plain_on_signal, p);
    if (p->edits)
        plain_open_editor(p);
}

static void plain_close(struct plain *p)
{
    if (p->installed)
        rl_callback_handler_remove();
    plain_unhide(p);
    if (p->edits)
        history_close();
    if (p->open)
        plain_put(p, "\n");
    plain_out_close(p);
    loop_unwatch(p->loop, STDIN_FILENO);
    loop_unwatch(p->loop, signals_fd());
    signals_close();
    shell_set_ui(p->sh, &(struct shell_ui){0});
    free(p->entered);
    free(p->awaited);
    free(p->saved);
    str_free(&p->in);
    str_free(&p->prompt);
    plain_current = NULL;
}

static void plain_turn(struct plain *p)
{
    if (shell_held(p->sh)) { /* of a program in the background */
        plain_held(p);
        if (!p->quit && shell_held(p->sh))
            loop_once(p->loop, -1);
        if (!p->quit && !shell_held(p->sh))
            plain_ask(p);
        return;
    }
    autofree char *line = plain_next(p);
    if (line) {
        if (p->hides)
            plain_run_secret(p, line);
        else
            plain_run_line(p, line);
        if (!p->quit)
            plain_ask(p);
    } else if (p->end) {
        p->quit = true;
    } else {
        plain_watch(p);
        loop_once(p->loop, -1);
    }
}

int plain_run(struct loop *l, struct shell *sh, struct outcome *o)
{
    struct plain p = {.loop = l, .sh = sh};
    plain_open(&p);
    shell_set_ui(
        sh, &(struct shell_ui){
                .say = plain_say, .changed = plain_changed, .held = plain_held, .record = plain_record, .arg = &p});
    p.running = true;
    int result = shell_begin(sh, o);
    p.running = false;
    p.told = now_ms();
    if (result == 0)
        plain_ask(&p);
    while (result == 0 && !p.quit)
        plain_turn(&p);
    plain_close(&p);
    return result;
}
