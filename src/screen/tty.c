#include "screen/tty.h"
#include "base/die.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "screen/signals.h"
#include "session/terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#define TTY_PATIENCE_MS 500 /* how long the end waits for a terminal that does not read */
#define TTY_PIECE       256 /* bytes */
#define TTY_TAPS        4
#define TTY_LOG_MAX     16384 /* bytes of standard error shown after the end */

static struct {
    int fd, log, err; /* own description of the terminal; memory file; the real standard error */
    struct termios before, raw;
    struct str out;
    size_t sent;
    bool blocking; /* fd is shared: it is written to in pieces that a terminal ready for writing takes at once */
    bool up;
    struct tty_tap {
        tty_tap_fn fn;
        void *arg;
    } taps[TTY_TAPS];
    size_t ntaps;
} tty = {.fd = -1, .log = -1, .err = -1};

/* Runs in crash handlers: only async-signal-safe calls. */
static void tty_crash(void)
{
    if (tty.err >= 0)
        dup2(tty.err, STDERR_FILENO);
    if (tty.up)
        terminal_restore(terminal_saved());
}

static void tty_set_raw(void)
{
    tty.raw = tty.before;
    tty.raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON | PARMRK);
    tty.raw.c_oflag &= ~(tcflag_t)OPOST; /* ncurses uses line feeds that must not return the carriage */
    tty.raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    tty.raw.c_cc[VMIN] = 1;
    tty.raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &tty.raw);
}

int tty_open(struct outcome *o)
{
    terminal_prepare(); /* main has done it before the warden was forked; in tests it is the first time */
    if (tcgetattr(STDIN_FILENO, &tty.before) < 0)
        return outcome_set(o, errno, "read the terminal's modes", "standard input", "use --plain without a terminal");
    char path[128];
    if (ttyname_r(STDIN_FILENO, path, sizeof path) == 0)
        tty.fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (tty.fd < 0) /* no name in this mount namespace, or not ours since su: the controlling terminal then */
        tty.fd = open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    tty.blocking = tty.fd < 0;
    if (tty.fd < 0) /* `su -c` took both: the user's own description, which must stay blocking */
        tty.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (tty.fd < 0)
        return outcome_set(o, errno, "open the terminal", "/dev/tty", "use --plain");
    tty.err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    tty.log = memfd_create("porthole-stderr", MFD_CLOEXEC);
    if (tty.log >= 0)
        dup2(tty.log, STDERR_FILENO);
    signals_on_crash(tty_crash);
    tty.up = true;
    tty_set_raw();
    return 0;
}

void tty_size(int *rows, int *cols)
{
    struct winsize w = {0};
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_row || !w.ws_col)
        w = (struct winsize){.ws_row = 24, .ws_col = 80};
    *rows = w.ws_row;
    *cols = w.ws_col;
}

int tty_fd(void)
{
    return tty.fd;
}

int tty_stderr(void)
{
    return tty.err >= 0 ? tty.err : STDERR_FILENO;
}

void tty_put(const char *bytes, size_t n)
{
    str_addn(&tty.out, bytes, n);
    for (size_t i = 0; i < tty.ntaps; i++)
        tty.taps[i].fn(tty.taps[i].arg, bytes, n);
}

void tty_tap_add(tty_tap_fn fn, void *arg)
{
    ASSERT(tty.ntaps < TTY_TAPS);
    tty.taps[tty.ntaps++] = (struct tty_tap){fn, arg};
}

void tty_tap_remove(tty_tap_fn fn, void *arg)
{
    for (size_t i = 0; i < tty.ntaps; i++)
        if (tty.taps[i].fn == fn && tty.taps[i].arg == arg) {
            memmove(&tty.taps[i], &tty.taps[i + 1], (--tty.ntaps - i) * sizeof *tty.taps);
            return;
        }
}

bool tty_flush(void)
{
    while (tty.sent < tty.out.len) {
        struct pollfd ready = {.fd = tty.fd, .events = POLLOUT};
        size_t some = tty.out.len - tty.sent;
        if (tty.blocking && poll(&ready, 1, 0) == 0)
            return false;
        if (tty.blocking && some > TTY_PIECE)
            some = TTY_PIECE;
        ssize_t n = write(tty.fd, tty.out.s + tty.sent, some);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return false;
        if (n < 0) { /* hung up: nobody will read it */
            tty.sent = tty.out.len;
            break;
        }
        tty.sent += (size_t)n;
    }
    str_cut(&tty.out, 0);
    tty.sent = 0;
    return true;
}

void tty_lend(const char *leave, size_t n)
{
    tty_put(leave, n);
    int64_t end = now_ms() + TTY_PATIENCE_MS;
    while (!tty_flush() && now_ms() < end) {
        struct pollfd p = {.fd = tty.fd, .events = POLLOUT};
        if (poll(&p, 1, 50) > 0 && (p.revents & (POLLHUP | POLLERR)))
            break;
    }
    str_cut(&tty.out, 0);
    tty.sent = 0;
    tty.up = false;
    /* TCSANOW: waiting for the output to drain would hang on the terminal that does not read. */
    if (tty_place() == TTY_FOREGROUND)
        tcsetattr(STDIN_FILENO, TCSANOW, &tty.before);
}

/* After SIGSTOP and SIGCONT nobody may have touched the modes: then they are still our own, and none to go back to. */
static bool tty_is_raw(const struct termios *now)
{
    return now->c_iflag == tty.raw.c_iflag && now->c_oflag == tty.raw.c_oflag && now->c_lflag == tty.raw.c_lflag;
}

void tty_take(void)
{
    struct termios now;
    if (tcgetattr(STDIN_FILENO, &now) == 0 && !tty_is_raw(&now))
        tty.before = now; /* what the shell, or stty in between, has made of it */
    tty.up = true;
    tty_set_raw();
}

/* What libraries and our own messages said on standard error while nobody could see it. */
static void tty_show_log(void)
{
    char bytes[TTY_LOG_MAX];
    ssize_t n = tty.log < 0 ? 0 : pread(tty.log, bytes, sizeof bytes, 0);
    if (n > 0) {
        autostr struct str safe = {0};
        text_sanitise(&safe, bytes, (size_t)n, TEXT_BLOCK);
        fputs(str_c(&safe), stderr);
    }
}

void tty_close(const char *leave, size_t n)
{
    if (tty.fd < 0)
        return;
    tty_lend(leave, n);
    signals_on_crash(NULL);
    if (tty.err >= 0)
        dup2(tty.err, STDERR_FILENO);
    tty_show_log();
    close_fd(&tty.err);
    close_fd(&tty.log);
    close_fd(&tty.fd);
    str_free(&tty.out);
}

enum tty_place tty_place(void)
{
    pid_t group = tcgetpgrp(STDIN_FILENO);
    if (group < 0 && errno == ENOTTY && isatty(STDIN_FILENO))
        return TTY_FOREGROUND; /* a terminal that is not our controlling one (su -c): nobody else is on it */
    if (group < 0)
        return TTY_GONE;
    return group == getpgrp() ? TTY_FOREGROUND : TTY_BACKGROUND;
}
