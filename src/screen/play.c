/* The player's life: the terminal, the loop, giving it back. Time passes for the recording only while somebody can see
 * it: not while the terminal is stuck, or somebody else's. */
#include "screen/play.h"
#include "screen/glyph.h"
#include "screen/play_private.h"
#include "screen/signals.h"
#include "screen/tty.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAY_FRAME_MS 16
#define PLAY_CLOCK_MS 250 /* how often the time in the status is drawn */
#define PLAY_PLACE_MS 300 /* how often a background player asks whether it has the terminal back */

static void play_turn(void *arg);

static void play_wake(struct play *p, int64_t ms)
{
    int64_t soonest = p->last_frame + PLAY_FRAME_MS - now_ms();
    loop_cancel(p->loop, p->timer);
    p->timer = p->away || p->stuck ? 0
                                   : loop_timer(p->loop,
                                                ms > soonest  ? ms
                                                : soonest > 0 ? soonest
                                                              : 0,
                                                play_turn, p);
}

void play_touch(struct play *p)
{
    play_wake(p, 0);
}

static void play_advance(struct play *p)
{
    int64_t now = now_us();
    player_advance(p->player, now - p->last_us);
    p->last_us = now;
}

static void play_drained(void *arg, int fd, short revents)
{
    struct play *p = arg;
    if (!tty_flush())
        return;
    loop_unwatch(p->loop, fd);
    p->stuck = false;
    p->last_us = now_us();
    play_touch(p);
}

static void play_show(struct play *p)
{
    play_draw(p);
    p->last_frame = now_ms();
    if (!tty_flush()) {
        p->stuck = true;
        loop_watch(p->loop, tty_fd(), POLLOUT, play_drained, p);
    }
}

static void play_turn(void *arg)
{
    struct play *p = arg;
    p->timer = 0;
    play_advance(p);
    if (!player_seeking(p->player) || now_ms() - p->last_frame >= PLAY_CLOCK_MS)
        play_show(p);
    int64_t wait = player_wait_us(p->player);
    bool told = now_ms() < p->told_until; /* it must go away again */
    if (wait < 0 && !told)
        return;
    wait = wait < 0 ? PLAY_CLOCK_MS : (wait + 999) / 1000;
    play_wake(p, wait < PLAY_CLOCK_MS ? wait : PLAY_CLOCK_MS);
}

/* Having the terminal, and not having it. */

static void play_on_input(void *arg, int fd, short revents);

static void play_lend(struct play *p)
{
    autostr struct str leave = {0};
    frame_leave(p->frame, &leave);
    if (p->stuck)
        loop_unwatch(p->loop, tty_fd());
    p->stuck = false;
    p->away = true;
    loop_unwatch(p->loop, STDIN_FILENO);
    tty_lend(str_c(&leave), leave.len);
}

static void play_resize(struct play *p)
{
    int rows, cols;
    tty_size(&rows, &cols);
    frame_resize(p->frame, rows, cols);
    p->repaint = true;
    p->told_until = now_ms() + PLAY_TOLD_MS; /* it may not have room for all any more */
    play_touch(p);
}

static void play_retake(struct play *p)
{
    tty_take();
    p->away = false;
    p->last_us = now_us();
    loop_watch(p->loop, STDIN_FILENO, POLLIN, play_on_input, p);
    play_resize(p);
}

static void play_check_place(void *arg)
{
    struct play *p = arg;
    loop_cancel(p->loop, p->place_timer);
    p->place_timer = 0;
    enum tty_place place = tty_place();
    if (place == TTY_GONE)
        p->quit = true;
    else if (place == TTY_FOREGROUND)
        play_retake(p);
    else
        p->place_timer = loop_timer(p->loop, PLAY_PLACE_MS, play_check_place, p);
}

void play_suspend(struct play *p)
{
    if (!p->away)
        play_lend(p);
    signals_stop_self();
    signals_take(); /* SIGCONT has done its work */
    play_check_place(p);
}

/* Somebody else stopped and continued us: the screen may hold anything, the modes too. */
static void play_continued(struct play *p)
{
    if (!p->away && tty_place() != TTY_FOREGROUND) {
        loop_unwatch(p->loop, STDIN_FILENO);
        p->away = true;
    }
    play_check_place(p);
}

static void play_on_signal(void *arg, int fd, short revents)
{
    struct play *p = arg;
    unsigned events = signals_take();
    if (events & (SIGNALLED_QUIT | SIGNALLED_INTERRUPT))
        p->quit = true;
    if (events & SIGNALLED_STOP)
        play_suspend(p);
    else if (events & SIGNALLED_CONTINUE)
        play_continued(p);
    if ((events & SIGNALLED_RESIZE) && !p->away)
        play_resize(p);
}

/* Keys. */

static void play_pump(struct play *p)
{
    struct key key;
    while (!p->quit && keys_next(p->keys, &key))
        play_key(p, &key);
}

static void play_escape_timeout(void *arg)
{
    struct play *p = arg;
    p->escape_timer = 0;
    keys_expire(p->keys);
    play_pump(p);
}

static void play_on_input(void *arg, int fd, short revents)
{
    struct play *p = arg;
    char bytes[256];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) { /* hung up */
        p->quit = true;
        loop_unwatch(p->loop, fd);
        return;
    }
    keys_feed(p->keys, bytes, (size_t)n);
    play_pump(p);
    loop_cancel(p->loop, p->escape_timer);
    int patience = keys_patience(p->keys);
    p->escape_timer = patience >= 0 ? loop_timer(p->loop, patience, play_escape_timeout, p) : 0;
}

/* Start and end. */

static int64_t play_idle_us(const struct cast *c, const struct play_options *opt)
{
    return (int64_t)((opt->idle < 0 ? c->idle_limit : opt->idle) * 1e6);
}

static int play_open(struct play *p, const struct play_options *opt, struct outcome *o)
{
    int rows, cols;
    if (tty_open(o) < 0)
        return -1;
    tty_size(&rows, &cols);
    p->frame = frame_new(rows, cols, glyph_utf8(), true);
    if (!p->frame) {
        tty_close("", 0);
        return outcome_set(o, 0, "start the full screen", getenv("TERM"), "use --text");
    }
    frame_theme(p->frame, opt->theme);
    loop_watch(p->loop, signals_open(), POLLIN, play_on_signal, p);
    loop_watch(p->loop, STDIN_FILENO, POLLIN, play_on_input, p);
    return 0;
}

static void play_close(struct play *p)
{
    int *timers[] = {&p->timer, &p->escape_timer, &p->place_timer};
    for (size_t i = 0; i < COUNT(timers); i++)
        loop_cancel(p->loop, *timers[i]);
    if (!p->away)
        play_lend(p);
    loop_unwatch(p->loop, signals_fd());
    frame_free(p->frame);
    tty_close("", 0);
    signals_close();
}

int play_run(struct loop *l, const struct cast *c, const struct play_options *opt, struct outcome *o)
{
    struct play p = {.loop = l, .keys = keys_new(), .player = player_new(c, play_idle_us(c, opt)), .repaint = true};
    player_set_speed(p.player, opt->speed);
    int result = play_open(&p, opt, o);
    if (result == 0) {
        p.last_us = now_us();
        p.told_until = now_ms() + PLAY_TOLD_MS;
        play_touch(&p);
        while (!p.quit)
            loop_once(l, -1);
        play_close(&p);
    }
    player_free(p.player);
    keys_free(p.keys);
    return result;
}
