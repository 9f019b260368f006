/* The full screen's life: taking the terminal, the loop, giving it back.
 *
 * Keys are read by a watch of the loop and cut into tokens there; what a token does happens at the top of the loop,
 * except while a line runs: then shell_line() pumps the loop itself, and the watch handles the keys that are meant for
 * us. */
#include "screen/screen.h"
#include "base/file.h"
#include "base/prefs.h"
#include "base/text.h"
#include "screen/glyph.h"
#include "screen/manpage.h"
#include "screen/present_private.h"
#include "screen/signals.h"
#include "screen/tty.h"
#include "shell/record.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCREEN_PLACE_MS 300           /* how often a background porthole asks whether it has the terminal back */
#define SCREEN_ENTER    "\033[?2004h" /* bracketed paste */
#define SCREEN_LEAVE    "\033[?2004l"

bool screen_possible(struct str *why)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        str_add(why, isatty(STDIN_FILENO) ? "standard output is no terminal" : "standard input is no terminal");
        return false;
    }
    return frame_terminal_can(getenv("TERM"), why);
}

/* The shell's presenter. */

/* The lesson's text has a pane of its own: it is not repeated in the transcript. */
static void screen_say(void *arg, enum say kind, const char *text)
{
    struct screen *s = arg;
    if (kind == SAY_TITLE || kind == SAY_PROSE || kind == SAY_QUESTION || kind == SAY_CHOICE)
        return;
    transcript_add(s->transcript, kind, text);
    screen_touch(s, DIRTY_TRANSCRIPT);
}

static void screen_step(void *arg)
{
    screen_present_changed(arg);
    screen_touch(arg, DIRTY_LESSON | DIRTY_STATUS | DIRTY_PROMPT);
}

static void screen_changed(void *arg)
{
    screen_present_changed(arg);
    screen_touch(arg, DIRTY_TREES | DIRTY_STATUS | DIRTY_PROMPT | DIRTY_LESSON);
}

static void screen_calls(void *arg)
{
    screen_touch(arg, DIRTY_CALLS);
}

static void screen_show_calls(void *arg)
{
    screen_overlay_open(arg, OVERLAY_CALLS);
}

static void screen_zoom(void *arg, const char *name)
{
    static const char *const names[PANE_COUNT] = {"host",       "container",     "lesson",
                                                  "transcript", "host-terminal", "container-terminal"};
    struct screen *s = arg;
    s->zoom = PANE_NONE;
    for (int id = 0; id < PANE_COUNT; id++)
        if (!strcmp(name, names[id]) &&
            (screen_term_side((enum pane_id)id) < 0 || s->term[screen_term_side((enum pane_id)id)].term))
            s->zoom = (enum pane_id)id;
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}

static void screen_theme(void *arg, enum theme theme)
{
    struct screen *s = arg;
    frame_theme(s->frame, theme);
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}

/* Recording. */

static void screen_put(void *arg, const char *bytes, size_t n)
{
    struct screen *s = arg;
    shell_shown(s->sh, bytes, n);
}

static void screen_record(void *arg, int *cols, int *rows, struct str *before)
{
    struct screen *s = arg;
    *cols = frame_cols(s->frame);
    *rows = frame_rows(s->frame);
    frame_enter(s->frame, before);
    screen_repaint(s);
}

/* Having the terminal, and not having it. */

static void screen_on_input(void *arg, int fd, short revents);

static void screen_lend(struct screen *s)
{
    autostr struct str leave = {0};
    shell_away(s->sh, true);
    screen_present_away(s, true);
    str_add(&leave, SCREEN_LEAVE);
    frame_leave(s->frame, &leave);
    s->away = true;
    if (s->stuck)
        loop_unwatch(s->loop, tty_fd());
    s->stuck = false;
    loop_unwatch(s->loop, STDIN_FILENO);
    tty_lend(str_c(&leave), leave.len);
    session_screen(shell_session(s->sh), false);
}

static void screen_retake(struct screen *s)
{
    tty_take();
    session_screen(shell_session(s->sh), true);
    shell_away(s->sh, false);
    tty_put(SCREEN_ENTER, strlen(SCREEN_ENTER));
    s->away = false;
    screen_present_away(s, false);
    loop_watch(s->loop, STDIN_FILENO, POLLIN, screen_on_input, s);
    frame_repaint(s->frame);
    screen_touch(s, DIRTY_ALL);
}

static void screen_check_place(void *arg)
{
    struct screen *s = arg;
    loop_cancel(s->loop, s->place_timer);
    s->place_timer = 0;
    switch (tty_place()) {
    case TTY_GONE:
        s->quit = true;
        break;
    case TTY_FOREGROUND:
        screen_retake(s);
        break;
    case TTY_BACKGROUND: /* after bg: the work goes on, without a terminal */
        s->place_timer = loop_timer(s->loop, SCREEN_PLACE_MS, screen_check_place, s);
    }
}

void screen_suspend(struct screen *s)
{
    if (!s->away)
        screen_lend(s);
    signals_stop_self();
    signals_take(); /* SIGCONT has done its work */
    screen_check_place(s);
}

/* Somebody else stopped and continued us (kill -STOP): the screen may hold anything, the modes too. */
static void screen_continued(struct screen *s)
{
    if (s->lent)
        return;
    if (!s->away && tty_place() != TTY_FOREGROUND) {
        loop_unwatch(s->loop, STDIN_FILENO);
        s->away = true;
    }
    screen_check_place(s);
}

static void screen_on_signal(void *arg, int fd, short revents)
{
    struct screen *s = arg;
    unsigned events = signals_take();
    if (events & SIGNALLED_QUIT) {
        s->quit = true;
        if (s->running)
            shell_give_up(s->sh);
    }
    if (events & SIGNALLED_STOP) {
        if (s->lent)
            signals_stop_self(); /* the pager has the terminal, and stops with us */
        else
            screen_suspend(s);
    } else if (events & SIGNALLED_CONTINUE) {
        screen_continued(s);
    }
    if (events & SIGNALLED_RESIZE)
        screen_touch(s, DIRTY_SIZE);
    if ((events & SIGNALLED_INTERRUPT) && !s->lent) {
        struct key c = {.id = K_CHAR, .cp = 3, .raw = "\003", .n = 1};
        screen_key(s, &c);
    }
}

static void screen_show_man(void *arg, const char *section, const char *name)
{
    struct screen *s = arg;
    struct outcome o = {0};
    screen_lend(s);
    s->lent = true;
    int result = manpage_show(s->loop, section, name, tty_stderr(), &o);
    s->lent = false;
    screen_check_place(s);
    if (result < 0) {
        autostr struct str text = {0};
        outcome_print(&text, &o);
        screen_say(s, SAY_ERROR, str_c(&text));
    }
}

/* Keys. */

/* Without a controlling terminal (su -c) no SIGWINCH tells of a new size: it is seen at the next key. */
static void screen_check_size(struct screen *s)
{
    int rows, cols;
    tty_size(&rows, &cols);
    if (rows != frame_rows(s->frame) || cols != frame_cols(s->frame))
        screen_touch(s, DIRTY_SIZE);
}

/* Cuts tokens while there are whole ones. While a line runs this happens inside the loop that the line pumps. */
static void screen_pump(struct screen *s)
{
    struct key key;
    while (!s->quit && !s->running && s->nheld) {
        struct key held = s->held[0];
        memmove(s->held, s->held + 1, --s->nheld * sizeof *s->held);
        bool secret = held.mods & SCREEN_SECRET;
        held.mods &= ~SCREEN_SECRET;
        if (!secret || shell_secret(s->sh))
            screen_key(s, &held);
        free((void *)(uintptr_t)held.raw);
    }
    while (!s->quit && keys_next(s->keys, &key)) {
        autofree char *raw = xmalloc(key.n + 1); /* a key may run a line, and that reads more keys */
        memcpy(raw, key.raw, key.n);
        key.raw = raw;
        screen_key(s, &key);
    }
}

static void screen_escape_timeout(void *arg)
{
    struct screen *s = arg;
    s->escape_timer = 0;
    keys_expire(s->keys);
    if (s->running)
        screen_pump(s);
}

static void screen_on_input(void *arg, int fd, short revents)
{
    struct screen *s = arg;
    char bytes[4096];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) { /* hung up */
        s->quit = true;
        loop_unwatch(s->loop, fd);
        if (s->running)
            shell_give_up(s->sh);
        return;
    }
    screen_check_size(s);
    keys_feed(s->keys, bytes, (size_t)n);
    if (s->running)
        screen_pump(s);
    loop_cancel(s->loop, s->escape_timer);
    int patience = keys_patience(s->keys);
    s->escape_timer = patience >= 0 ? loop_timer(s->loop, patience, screen_escape_timeout, s) : 0;
}

static void screen_line_begins(struct screen *s)
{
    s->running = true;
    s->stopped = s->unread = s->stops = false;
}

static void screen_line_ends(struct screen *s)
{
    s->running = false;
    s->stops_ms = s->stops ? now_ms() : 0;
    screen_touch(s, DIRTY_PROMPT | DIRTY_STATUS | DIRTY_TREES | DIRTY_LESSON);
}

void screen_run_secret(struct screen *s)
{
    struct str line = s->secret;
    s->secret = (struct str){0};
    s->pane[PANE_TRANSCRIPT].follow = true;
    screen_line_begins(s);
    if (shell_secret_line(s->sh, str_c(&line)) == SHELL_QUIT)
        s->quit = true;
    screen_line_ends(s);
    if (line.s)
        explicit_bzero(line.s, line.cap);
    str_free(&line);
}

void screen_run_text(struct screen *s, const char *text)
{
    autofree char *copy = xstrdup(text);
    screen_line_begins(s);
    for (char *line = copy, *end; line && !s->quit && !s->stopped; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        screen_touch(s, DIRTY_PROMPT);
        if (shell_line(s->sh, line) == SHELL_QUIT)
            s->quit = true;
    }
    screen_line_ends(s);
}

/* Start and end. */

static char **screen_complete(void *arg, const char *line, size_t point, size_t *start)
{
    struct screen *s = arg;
    return shell_complete(s->sh, line, point, start);
}

static void screen_open_prompt(struct screen *s)
{
    autofree char *dir = user_state_dir();
    autofree char *history = dir ? xasprintf("%s/history", dir) : NULL;
    prompt_open(&(struct completer){screen_complete, s}, history);
}

static bool screen_open_frame(struct screen *s)
{
    int rows, cols;
    tty_size(&rows, &cols);
    s->utf8 = glyph_utf8();
    s->frame = frame_new(rows, cols, s->utf8, true);
    if (s->frame)
        frame_theme(s->frame, shell_theme(s->sh));
    for (int i = 1; s->frame && i <= 12; i++) {
        const char *bytes = frame_function_key(s->frame, i);
        if (bytes)
            keys_learn(s->keys, bytes, K_F1 + (enum key_id)(i - 1));
    }
    return s->frame;
}

static int screen_open(struct screen *s, struct outcome *o)
{
    s->keys = keys_new();
    s->transcript = transcript_new();
    s->focus = s->zoom = s->find_pane = s->last_term = PANE_NONE;
    s->choice = layout_choice_find(prefs_get("layout")) % LAYOUT_CHOICES; /* none: the first, auto */
    s->pane[PANE_TRANSCRIPT].follow = true;
    snprintf(s->pane[PANE_TRANSCRIPT].title, sizeof s->pane[0].title, "transcript");
    int prefix = keys_parse_control(getenv("PORTHOLE_PREFIX"));
    s->prefix = prefix >= 0 ? prefix : '\\' & 0x1f;
    if (tty_open(o) < 0)
        return -1;
    if (!screen_open_frame(s)) {
        tty_close("", 0);
        return outcome_set(o, 0, "start the full screen", getenv("TERM"), "use --plain");
    }
    loop_watch(s->loop, signals_open(), POLLIN, screen_on_signal, s);
    screen_open_prompt(s);
    tty_tap_add(screen_put, s);
    session_screen(shell_session(s->sh), true);
    tty_put(SCREEN_ENTER, strlen(SCREEN_ENTER));
    loop_watch(s->loop, STDIN_FILENO, POLLIN, screen_on_input, s);
    screen_present_open(s);
    screen_touch(s, DIRTY_ALL);
    return 0;
}

static void screen_close(struct screen *s)
{
    shell_record_end(s->sh);
    tty_tap_remove(screen_put, s);
    shell_set_ui(s->sh, &(struct shell_ui){0});
    loop_cancel(s->loop, s->frame_timer);
    loop_cancel(s->loop, s->fade_timer);
    loop_cancel(s->loop, s->escape_timer);
    loop_cancel(s->loop, s->place_timer);
    screen_present_close(s);
    if (!s->away)
        screen_lend(s);
    loop_unwatch(s->loop, signals_fd());
    prompt_close();
    frame_free(s->frame);
    tty_close("", 0);
    signals_close();
}

static void screen_free(struct screen *s)
{
    for (size_t i = 0; i < s->nheld; i++)
        free((void *)(uintptr_t)s->held[i].raw);
    free(s->held);
    for (int id = 0; id < PANE_COUNT; id++)
        lines_free(&s->pane[id].lines);
    screen_free_terms(s);
    screen_secret_forget(s);
    lines_free(&s->help.lines);
    lines_free(&s->calls.lines);
    lines_free(&s->prompt.lines);
    transcript_free(s->transcript);
    keys_free(s->keys);
    free(s);
}

int screen_run(struct loop *l, struct shell *sh, struct outcome *o)
{
    struct screen *s = xcalloc(1, sizeof *s);
    s->loop = l;
    s->sh = sh;
    if (screen_open(s, o) < 0) {
        screen_free(s);
        return -1;
    }
    shell_set_ui(sh, &(struct shell_ui){.say = screen_say,
                                        .step = screen_step,
                                        .changed = screen_changed,
                                        .show_man = screen_show_man,
                                        .zoom = screen_zoom,
                                        .theme = screen_theme,
                                        .calls = screen_calls,
                                        .show_calls = screen_show_calls,
                                        .show_steps = screen_steps_open,
                                        .black = screen_present_black,
                                        .follow = screen_present_follow,
                                        .held = screen_held_changed,
                                        .terminal = screen_terminal,
                                        .terminal_focus = screen_terminal_focus,
                                        .layout = screen_layout,
                                        .record = screen_record,
                                        .arg = s});
    s->running = true;
    int result = shell_begin(sh, o);
    s->running = false;
    s->stops_ms = s->stops ? now_ms() : 0;
    screen_touch(s, DIRTY_ALL);
    while (result == 0 && !s->quit) {
        screen_pump(s);
        if (!s->quit)
            loop_once(l, -1);
    }
    screen_close(s);
    screen_free(s);
    return result;
}
