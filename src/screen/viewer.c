#include "screen/viewer.h"
#include "screen/glyph.h"
#include "screen/signals.h"
#include "screen/tty.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VIEWER_FRAME_MS 16
#define VIEWER_PLACE_MS 300 /* how often a background viewer asks whether it has the terminal back */
#define VIEWER_BEGIN    "\033[?2026h"
#define VIEWER_END      "\033[?2026l"

struct viewer {
    struct loop *loop;
    struct viewer_look look;
    struct frame *frame;
    struct keys *keys;
    int64_t last_frame;
    int frame_timer, escape_timer, place_timer;
    bool stuck, away, quit, resized;
};

/* Frames. */

static void viewer_drained(void *arg, int fd, short revents)
{
    struct viewer *v = arg;
    if (!tty_flush())
        return;
    loop_unwatch(v->loop, fd);
    v->stuck = false;
    viewer_touch(v);
}

static void viewer_frame(void *arg)
{
    struct viewer *v = arg;
    int rows, cols;
    autostr struct str bytes = {0};
    v->frame_timer = 0;
    if (v->away || v->stuck)
        return;
    tty_size(&rows, &cols);
    if (v->resized || rows != frame_rows(v->frame) || cols != frame_cols(v->frame))
        frame_resize(v->frame, rows, cols);
    v->resized = false;
    v->look.draw(v->look.arg, v->frame);
    v->last_frame = now_ms();
    str_add(&bytes, VIEWER_BEGIN);
    size_t before = bytes.len;
    frame_take(v->frame, &bytes);
    if (bytes.len == before)
        return;
    str_add(&bytes, VIEWER_END);
    tty_put(bytes.s, bytes.len);
    if (!tty_flush()) {
        v->stuck = true;
        loop_watch(v->loop, tty_fd(), POLLOUT, viewer_drained, v);
    }
}

void viewer_touch(struct viewer *v)
{
    if (v->frame_timer || v->away || v->stuck)
        return;
    int64_t wait = v->last_frame + VIEWER_FRAME_MS - now_ms();
    v->frame_timer = loop_timer(v->loop, wait > 0 ? wait : 0, viewer_frame, v);
}

/* Having the terminal, and not having it. */

static void viewer_on_input(void *arg, int fd, short revents);

static void viewer_lend(struct viewer *v)
{
    autostr struct str leave = {0};
    frame_leave(v->frame, &leave);
    if (v->stuck)
        loop_unwatch(v->loop, tty_fd());
    v->stuck = false;
    v->away = true;
    loop_unwatch(v->loop, STDIN_FILENO);
    tty_lend(str_c(&leave), leave.len);
}

static void viewer_retake(struct viewer *v)
{
    tty_take();
    v->away = false;
    v->resized = true; /* and all is drawn anew */
    loop_watch(v->loop, STDIN_FILENO, POLLIN, viewer_on_input, v);
    viewer_touch(v);
}

static void viewer_check_place(void *arg)
{
    struct viewer *v = arg;
    loop_cancel(v->loop, v->place_timer);
    v->place_timer = 0;
    enum tty_place place = tty_place();
    if (place == TTY_GONE)
        v->quit = true;
    else if (place == TTY_FOREGROUND)
        viewer_retake(v);
    else
        v->place_timer = loop_timer(v->loop, VIEWER_PLACE_MS, viewer_check_place, v);
}

static void viewer_suspend(struct viewer *v)
{
    if (!v->away)
        viewer_lend(v);
    signals_stop_self();
    signals_take(); /* SIGCONT has done its work */
    viewer_check_place(v);
}

/* Somebody else stopped and continued us. */
static void viewer_continued(struct viewer *v)
{
    if (!v->away && tty_place() != TTY_FOREGROUND) {
        loop_unwatch(v->loop, STDIN_FILENO);
        v->away = true;
    }
    viewer_check_place(v);
}

static void viewer_on_signal(void *arg, int fd, short revents)
{
    struct viewer *v = arg;
    unsigned events = signals_take();
    if (events & (SIGNALLED_QUIT | SIGNALLED_INTERRUPT))
        v->quit = true;
    if (events & SIGNALLED_STOP)
        viewer_suspend(v);
    else if (events & SIGNALLED_CONTINUE)
        viewer_continued(v);
    if (events & SIGNALLED_RESIZE) {
        v->resized = true;
        viewer_touch(v);
    }
}

/* Keys. */

static void viewer_key(struct viewer *v, const struct key *key)
{
    unsigned cp = key->id == K_CHAR && !key->mods ? key->cp : 0;
    if (cp == 3 || cp == 4 || cp == 'q')
        v->quit = true;
    else if (cp == 26)
        viewer_suspend(v);
    else if (key->id != K_UNKNOWN)
        v->look.key(v->look.arg, key);
    viewer_touch(v);
}

static void viewer_pump(struct viewer *v)
{
    struct key key;
    while (!v->quit && keys_next(v->keys, &key))
        viewer_key(v, &key);
}

static void viewer_escape_timeout(void *arg)
{
    struct viewer *v = arg;
    v->escape_timer = 0;
    keys_expire(v->keys);
    viewer_pump(v);
}

static void viewer_on_input(void *arg, int fd, short revents)
{
    struct viewer *v = arg;
    char bytes[256];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) { /* hung up */
        v->quit = true;
        loop_unwatch(v->loop, fd);
        return;
    }
    keys_feed(v->keys, bytes, (size_t)n);
    viewer_pump(v);
    loop_cancel(v->loop, v->escape_timer);
    int patience = keys_patience(v->keys);
    v->escape_timer = patience >= 0 ? loop_timer(v->loop, patience, viewer_escape_timeout, v) : 0;
}

/* Start and end. */

int viewer_open(struct viewer **out, struct loop *l, const struct viewer_look *look, struct outcome *o)
{
    int rows, cols;
    const char *no_color = getenv("NO_COLOR");
    if (tty_open(o) < 0)
        return -1;
    tty_size(&rows, &cols);
    struct frame *frame = frame_new(rows, cols, glyph_utf8(), !no_color || !*no_color);
    if (!frame) {
        tty_close("", 0);
        return outcome_set(o, 0, "start the full screen", getenv("TERM"), "use --plain");
    }
    struct viewer *v = xcalloc(1, sizeof *v);
    *v = (struct viewer){.loop = l, .look = *look, .frame = frame, .keys = keys_new()};
    loop_watch(l, signals_open(), POLLIN, viewer_on_signal, v);
    loop_watch(l, STDIN_FILENO, POLLIN, viewer_on_input, v);
    viewer_touch(v);
    *out = v;
    return 0;
}

void viewer_quit(struct viewer *v)
{
    v->quit = true;
}

void viewer_run(struct viewer *v)
{
    while (!v->quit)
        loop_once(v->loop, -1);
}

void viewer_close(struct viewer *v)
{
    int timers[] = {v->frame_timer, v->escape_timer, v->place_timer};
    for (size_t i = 0; i < COUNT(timers); i++)
        loop_cancel(v->loop, timers[i]);
    if (!v->away)
        viewer_lend(v);
    loop_unwatch(v->loop, signals_fd());
    frame_free(v->frame);
    tty_close("", 0);
    signals_close();
    keys_free(v->keys);
    free(v);
}
